import type { Milliseconds, Nanoseconds } from './units.ts';

/**
 * Where the time comes from. Only the threads' outermost code reads it; the core is given the time as an input.
 */
export interface Clock {
  /** Monotonic nanoseconds since an arbitrary origin that is the same for every thread of the process. */
  nowNs(): Nanoseconds;
  /**
   * @hot The same reading, into a cell. A time that a call returns is boxed, 16 B, wherever V8 does not inline the call; one
   * that is stored where it is read allocates nothing.
   */
  readNs(into: Float64Array, at: number): void;
  /** Wall-clock milliseconds since the epoch, as this machine believes it. */
  wallMs(): Milliseconds;
}

/** `performance.timeOrigin` of the calling thread: the main thread's is given to the others' clocks. */
export function processOriginMs(): Milliseconds {
  return performance.timeOrigin;
}

/** Taken out of `process` once: looked up there at every reading, it costs a fifth of the reading. */
const { hrtime } = process;
/** Of so many readings of both clocks side by side, the closest pair tells how far they are apart. */
const PAIRS = 16;

/**
 * The machine's clock. `performance.now()` counts from each thread's own time origin, so the origins are added: all
 * threads of one process then share one time line, to the microsecond or so that `timeOrigin` is good for.
 *
 * It is read by `process.hrtime()`, which is the same counter without the origin: 33 ns against the 45 of
 * `performance.now()`, and once optimised its pair of numbers never becomes an array.
 */
export class SystemClock implements Clock {
  /** What `hrtime` shows at the origin of the time line: whole seconds, and the nanoseconds beside them. */
  readonly #originSeconds: number;
  readonly #originNs: number;

  /** @param processOriginMs `performance.timeOrigin` of the main thread; 0 gives nanoseconds since the epoch's day */
  constructor(processOriginMs: number = performance.timeOrigin) {
    const shiftNs = (performance.timeOrigin - processOriginMs) * 1e6;
    const aheadNs = hrtimeAheadNs() - shiftNs;
    this.#originSeconds = Math.floor(aheadNs / 1e9);
    this.#originNs = aheadNs - this.#originSeconds * 1e9;
  }

  nowNs(): Nanoseconds {
    const time = hrtime();
    return (time[0] - this.#originSeconds) * 1e9 + (time[1] - this.#originNs);
  }

  readNs(into: Float64Array, at: number): void {
    const time = hrtime();
    into[at] = (time[0] - this.#originSeconds) * 1e9 + (time[1] - this.#originNs);
  }

  wallMs(): Milliseconds {
    return Date.now();
  }
}

/** How far `hrtime` is ahead of this thread's `performance.now()`. */
function hrtimeAheadNs(): Nanoseconds {
  let aheadNs = 0;
  let gapNs = Infinity;
  for (let pair = 0; pair < PAIRS; pair++) {
    const before = performance.now() * 1e6;
    const [seconds, ns] = hrtime();
    const after = performance.now() * 1e6;
    if (after - before >= gapNs) continue;
    gapNs = after - before;
    aheadNs = seconds * 1e9 + ns - (before + after) / 2;
  }
  return aheadNs;
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

  readNs(into: Float64Array, at: number): void {
    into[at] = this.#nowNs;
  }

  wallMs(): Milliseconds {
    return this.#epochMs + Math.floor(this.#nowNs / 1e6);
  }
}
