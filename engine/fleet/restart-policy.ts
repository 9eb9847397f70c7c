import type { Milliseconds } from '../base/units.ts';

/** How a process ended: with a code, or by a signal. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface RestartOptions {
  /** Codes after which the same would come of it again: nothing is started until somebody has changed something. */
  readonly finalCodes: readonly number[];
  readonly waitMsMax: Milliseconds;
}

const WAIT_MS_MIN: Milliseconds = 1_000;
/** Who ran for so long had got over what ended it before: the next wait is a first one again. */
const STEADY_MS: Milliseconds = 120_000;

/**
 * When an account's process is started again after it ended: at once would hammer a venue that refuses, never would leave
 * an account out that only missed its venue for a minute. The wait doubles from a second to the maximum.
 */
export class RestartPolicy {
  readonly #options: RestartOptions;
  #nextMs: Milliseconds = WAIT_MS_MIN;

  constructor(options: RestartOptions) {
    this.#options = options;
  }

  /** How long to wait; undefined when it stays down. */
  waitMs({ code, signal }: ProcessEnd, ranMs: Milliseconds): Milliseconds | undefined {
    if (signal === null && code !== null && this.#options.finalCodes.includes(code)) return undefined;
    if (ranMs >= STEADY_MS) this.#nextMs = WAIT_MS_MIN;
    const waitMs = Math.min(this.#nextMs, this.#options.waitMsMax);
    this.#nextMs = Math.min(this.#nextMs * 2, this.#options.waitMsMax);
    return waitMs;
  }
}
