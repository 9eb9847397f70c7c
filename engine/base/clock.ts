import type { Milliseconds, Nanoseconds, TimeCell } from './units.ts';

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

/** Of so many readings of both clocks side by side, the closest pair tells how far they are apart. */
const PAIRS = 16;

/**
 * The machine's monotonic counter, read without allocating.
 *
 * `performance.now()` gives a number on the heap, 16 B, even where it is stored into a typed array at once, and
 * `process.hrtime()` two, 32 B. `process.hrtime.bigint()` only looks dear: in optimised code a bigint that goes from one
 * BigInt64Array into another stays 64 bits in a register. 30 ns a reading on Node 20, against 44 of `performance.now()`.
 */
export class MonotonicCounter {
  readonly #ns = new BigInt64Array(1);
  /** The same eight bytes, low word first: so on x86-64 and on ARM64. */
  readonly #words = new Uint32Array(this.#ns.buffer);

  /** @hot Nanoseconds since the machine came up, exact for 104 days, then to 2 ns. */
  read(into: Float64Array, at: number): void {
    this.#ns[0] = hrtimeBigInt();
    into[at] = this.#words[1]! * 0x1_0000_0000 + this.#words[0]!;
  }
}

/** Taken out of `process` once: to look it up there at every reading costs a fifth of the reading. */
const hrtimeBigInt = process.hrtime.bigint;

/**
 * The machine's clock. `performance.now()` counts from each thread's own time origin, so the origins are added: all
 * threads of one process then share one time line, to the microsecond or so that `timeOrigin` is good for.
 */
export class SystemClock implements Clock {
  readonly #counter = new MonotonicCounter();
  /** What the counter shows at the origin of the time line; and a reading. */
  readonly #originNs: TimeCell = new Float64Array(1);
  readonly #readNs: TimeCell = new Float64Array(1);

  /** @param processOriginMs `performance.timeOrigin` of the main thread; 0 gives nanoseconds since the epoch's day */
  constructor(processOriginMs: number = performance.timeOrigin) {
    const shiftNs = (performance.timeOrigin - processOriginMs) * 1e6;
    this.#originNs[0] = aheadNs(this.#counter) - shiftNs;
  }

  nowNs(): Nanoseconds {
    this.readNs(this.#readNs, 0);
    return this.#readNs[0]!;
  }

  readNs(into: Float64Array, at: number): void {
    this.#counter.read(into, at);
    into[at]! -= this.#originNs[0]!;
  }

  wallMs(): Milliseconds {
    return Date.now();
  }
}

/** How far the counter is ahead of this thread's `performance.now()`. */
function aheadNs(counter: MonotonicCounter): Nanoseconds {
  const readNs = new Float64Array(1);
  let ahead = 0;
  let gapNs = Infinity;
  for (let pair = 0; pair < PAIRS; pair++) {
    const before = performance.now() * 1e6;
    counter.read(readNs, 0);
    const after = performance.now() * 1e6;
    if (after - before >= gapNs) continue;
    gapNs = after - before;
    ahead = readNs[0]! - (before + after) / 2;
  }
  return ahead;
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
