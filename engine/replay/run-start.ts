import { Instrument } from '../base/instrument.ts';
import type { InstrumentFields } from '../base/instrument.ts';
import { PositionMode } from '../base/position-side.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import type { LoopOptions } from '../loop/loop-options.ts';
import { fromExactJson, toExactJson } from './exact-json.ts';

/** Raised by one whenever a core of this build could not be built from what an older one wrote. */
const START_VERSION = 1;

/** What a journal says of the run beside what its core was built from: for reports and people. No secret is among it. */
export interface RunAbout {
  readonly config: Config;
  /** Kind and region, such as "live/global". */
  readonly venue: string;
  readonly build: { readonly version: string; readonly node: string };
  /** Both clocks at the start, to tell the time of day of every record. */
  readonly nowNs: Nanoseconds;
  readonly wallMs: Milliseconds;
}

/** What of the loop's options is plain data. */
type LoopNumbers = Omit<
  LoopOptions,
  'instruments' | 'handoff' | 'metrics' | 'output' | 'stageClock' | 'quoteReaderOf'
>;

/** A run's first record: a core that is built from it and given the same inputs does the same. */
export interface RunStart {
  readonly version: typeof START_VERSION;
  readonly about: RunAbout;
  readonly instruments: readonly InstrumentFields[];
  readonly workerCount: number;
  readonly marketLevels: number;
  readonly quoteLevels: number;
  readonly options: LoopNumbers;
}

export function runStartOf(loop: LoopOptions, about: RunAbout): RunStart {
  // Named one by one: what a caller adds to its options must not get into a file by accident.
  const { depthChannel, tag, run, tradeModes, limits, account, brakes, watches, isDemo, closeBps } = loop;
  const { portfolio = [], models = [], tolerances, timings, handoff, prefixesIds = false } = loop;
  const { positionMode = PositionMode.net, isPortfolioMargin = false } = loop;
  const { marginCcys = [], quoteKinds = [], priceIns = [], stopBeforeExpiryMs } = loop;
  return {
    version: START_VERSION,
    about,
    instruments: loop.instruments.map(({ fields, state }) => ({ ...fields, state })),
    workerCount: handoff.workerCount,
    marketLevels: handoff.marketLevels,
    quoteLevels: handoff.quoteLevels,
    options: {
      depthChannel,
      tag,
      run,
      prefixesIds,
      tradeModes,
      positionMode,
      isPortfolioMargin,
      marginCcys,
      quoteKinds,
      priceIns,
      ...(stopBeforeExpiryMs === undefined ? {} : { stopBeforeExpiryMs }),
      limits,
      account,
      brakes,
      watches,
      portfolio,
      isDemo,
      closeBps,
      tolerances,
      models,
      timings,
    },
  };
}

export function runStartText(start: RunStart): string {
  return toExactJson(start);
}

/** Undefined when the text is none of this build's. */
export function parseRunStart(text: string): RunStart | undefined {
  let start;
  try {
    start = fromExactJson(text) as RunStart;
  } catch {
    return undefined;
  }
  return start?.version === START_VERSION ? start : undefined;
}

export function instrumentsOf(start: RunStart): Instrument[] {
  return start.instruments.map((fields, index) => new Instrument(index, fields));
}
