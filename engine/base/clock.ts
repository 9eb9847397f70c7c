import type { Milliseconds, Nanoseconds } from './units.ts';

/**
 * Where the time comes from. Only the threads' outermost code reads it; the core is given the time as an input.
 */
export interface Clock {
  /** Monotonic nanoseconds since an arbitrary origin that is the same for every thread of the process. */
  nowNs(): Nanoseconds;
  /** Wall-clock milliseconds since the epoch, as this machine believes it. */
  wallMs(): Milliseconds;
}

/** `performance.timeOrigin` of the calling thread: the main thread's is given to the others' clocks. */
export function processOriginMs(): Milliseconds {
  return performance.timeOrigin;
}

/**
 * The machine's clock. `performance.now()` counts from each thread's own time origin, so the origins are added: all
 * threads of one process then share one time line, to the microsecond or so that `timeOrigin` is good for.
 */
export class SystemClock implements Clock {
  readonly #originMs: number;

  /** @param processOriginMs `performance.timeOrigin` of the main thread; 0 gives nanoseconds since the epoch's day */
  constructor(processOriginMs: number = performance.timeOrigin) {
    this.#originMs = performance.timeOrigin - processOriginMs;
  }

  nowNs(): Nanoseconds {
    return (performance.now() + this.#originMs) * 1e6;
  }

  wallMs(): Milliseconds {
    return Date.now();
  }
}

/**
 * A clock that is moved by hand.
 *
 * @testonly Tests drive the core with it.
 */
export class ManualClock implements Clock {
  #nowNs: Nanoseconds = 0;
  readonly #epochMs: Milliseconds;

  constructor(epochMs: Milliseconds = 0) {
    this.#epochMs = epochMs;
  }

  advanceNs(durationNs: Nanoseconds): void {
    this.#nowNs += durationNs;
  }

  nowNs(): Nanoseconds {
    return this.#nowNs;
  }

  wallMs(): Milliseconds {
    return this.#epochMs + Math.floor(this.#nowNs / 1e6);
  }
}
