/**
 * Parameters that change while the core runs: all of a change, or nothing of it.
 *
 *     configure ─▶ looked at as a whole ─▶ every room takes its share ─▶ new version
 *                    │ refused               │ one throws: every room is given the former ones again
 *                    ▼                       ▼
 *                  as it was               as it was
 *
 * Owner:      the engine thread.
 * Invariants: a room's `configure` only takes numbers over: it sends, raises and withdraws nothing, so that giving it the
 *             former ones is the way back; from a new version on no quote of an older one is taken; what instruments rest
 *             that the change concerns is withdrawn in the turn of the change, before anything else is asked for.
 * Cost:       cold: an operator's hand, or a fee of the venue.
 */
import { LoopRequest } from './loop-options.ts';
import type { CommandResult, LoopOptions, LoopOutput } from './loop-options.ts';
import type { LoopQuoting } from './loop-quoting.ts';

/** What of the core's options may change while it runs. Plain data. */
export type LoopParameters = Required<
  Pick<
    LoopOptions,
    'limits' | 'account' | 'brakes' | 'watches' | 'portfolio' | 'closeBps' | 'tolerances' | 'timings'
  >
> &
  Pick<LoopOptions, 'models'>;

/** A change as it is handed in: always all parameters, whichever of them are new. */
export interface ParameterChange {
  /** The one before plus one: a change that was made for another state of things is not taken. */
  readonly version: number;
  /** Instruments whose orders rest by what is no longer true; their workers quote anew. */
  readonly withdrawn: readonly number[];
  readonly parameters: LoopParameters;
  /** What differs, a line each, also of what the core does not read: for who reads the journal. */
  readonly changes: readonly string[];
}

/** A part of the core that has parameters. */
export interface ConfiguredRoom {
  /** Why it cannot take these; '' when it can. Changes nothing. */
  refusal?(next: LoopParameters): string;
  configure(next: LoopParameters): void;
}

/** Of the timings that sockets, orders on their way and the venue's switch hang on: another one takes a restart. */
const FIXED_TIMINGS = ['orderExpiryMs', 'heartbeatNs', 'switchNs', 'privateStaleNs'] as const;
/** One row an instrument. */
const ROWS = ['limits', 'brakes', 'tolerances'] as const;

export class LoopConfiguration {
  /** Of the parameters in force; 1 are those that the core was built with. */
  version = 1;
  #parameters: LoopParameters;
  readonly #instrumentCount: number;
  readonly #rooms: readonly ConfiguredRoom[];
  readonly #quoting: LoopQuoting;
  readonly #output: LoopOutput;

  constructor(options: LoopOptions, quoting: LoopQuoting, rooms: readonly ConfiguredRoom[]) {
    const { limits, account, brakes, watches, portfolio = [], closeBps } = options;
    const { tolerances, timings, models = [] } = options;
    this.#parameters = {
      limits,
      account,
      brakes,
      watches,
      portfolio,
      closeBps,
      tolerances,
      timings,
      models,
    };
    this.#instrumentCount = options.instruments.length;
    this.#rooms = rooms;
    this.#quoting = quoting;
    this.#output = options.output;
  }

  get parameters(): LoopParameters {
    return this.#parameters;
  }

  /** Applies the change, or leaves everything as it is and says why. */
  configure(change: ParameterChange): CommandResult {
    const refusal = this.refusalOf(change);
    if (refusal !== '') return { isDone: false, text: refusal };
    try {
      for (const room of this.#rooms) room.configure(change.parameters);
    } catch (error) {
      // What a room asserts of its numbers; the ones before have passed it, so that this does not throw.
      for (const room of this.#rooms) room.configure(this.#parameters);
      return { isDone: false, text: error instanceof Error ? error.message : String(error) };
    }
    this.#parameters = change.parameters;
    this.version = change.version;
    this.#quoting.onConfigured(change.version, change.withdrawn);
    // The workers' parameters, before the markets that they are to quote by them.
    this.#output.request(LoopRequest.parameters, -1);
    for (let instrument = 0; instrument < this.#instrumentCount; instrument++) {
      this.#quoting.republish(instrument);
    }
    return { isDone: true, text: `version ${change.version}` };
  }

  /** Why this could not be applied; '' when it could. Changes nothing. */
  refusalOf({ version, withdrawn, parameters }: ParameterChange): string {
    if (version !== this.version + 1) {
      return `expected version ${this.version + 1}, was ${version}; another change came first, look at it anew`;
    }
    const count = this.#instrumentCount;
    for (const key of ROWS) {
      const rows = parameters[key];
      if (rows.length !== count) return `${key}: expected ${count} rows, was ${rows.length}`;
    }
    const { timings } = this.#parameters;
    for (const key of FIXED_TIMINGS) {
      if (parameters.timings[key] === timings[key]) continue;
      return `timings.${key}: expected ${timings[key]} as at the start, was ${parameters.timings[key]}; restart for another`;
    }
    const isKnown = (instrument: number): boolean =>
      Number.isInteger(instrument) && instrument >= 0 && instrument < count;
    if (!withdrawn.every(isKnown))
      return `withdrawn: expected instruments below ${count}, was ${withdrawn.join(', ')}`;
    const wrong = wrongNumber(parameters);
    if (wrong !== '') return wrong;
    for (const room of this.#rooms) {
      const refusal = room.refusal?.(parameters) ?? '';
      if (refusal !== '') return refusal;
    }
    return '';
  }
}

/** The first number that is none, or below zero: no parameter is; '' without. */
function wrongNumber(parameters: LoopParameters): string {
  const keys: readonly (keyof LoopParameters)[] = [
    'limits',
    'account',
    'brakes',
    'watches',
    'portfolio',
    'closeBps',
    'tolerances',
    'timings',
  ];
  for (const key of keys) {
    const wrong = wrongIn(key, parameters[key]);
    if (wrong !== '') return wrong;
  }
  return '';
}

function wrongIn(path: string, value: unknown): string {
  if (typeof value === 'number') {
    return value >= 0 ? '' : `${path}: expected a number that is not below zero, was ${value}`;
  }
  if (typeof value !== 'object' || value === null) return '';
  for (const [key, each] of Object.entries(value)) {
    const wrong = wrongIn(`${path}.${key}`, each);
    if (wrong !== '') return wrong;
  }
  return '';
}
