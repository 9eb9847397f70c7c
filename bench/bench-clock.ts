import { MonotonicCounter } from '../engine/base/clock.ts';
import type { Clock } from '../engine/base/clock.ts';
import type { Nanoseconds } from '../engine/base/units.ts';

/**
 * The machine's clock, moved ahead between frames: message budgets refill in the time that is skipped, while every
 * reading costs what a reading costs. Standing still, it gives the same times in every run: for checksums.
 *
 * Owner:      the benchmark's thread.
 * Cost:       a reading is SystemClock's, and an addition; nothing allocates.
 */
export class BenchClock implements Clock {
  readonly #isRunning: boolean;
  readonly #counter = new MonotonicCounter();
  readonly #readNs = new Float64Array(1);
  /** In an array, because a number in a field would be boxed at every write. */
  readonly #skippedNs = Float64Array.of(FIRST_NS);

  constructor(isRunning: boolean) {
    this.#isRunning = isRunning;
  }

  nowNs(): Nanoseconds {
    this.readNs(this.#readNs, 0);
    return this.#readNs[0]!;
  }

  readNs(into: Float64Array, at: number): void {
    if (this.#isRunning) this.#counter.read(into, at);
    else into[at] = 0;
    into[at]! += this.#skippedNs[0]!;
  }

  wallMs(): number {
    return EPOCH_MS + Math.floor(this.nowNs() / 1e6);
  }

  /** The same, into a cell. */
  readWallMs(into: Float64Array, at: number): void {
    this.readNs(into, at);
    into[at] = EPOCH_MS + Math.floor(into[at]! / 1e6);
  }

  skip(durationNs: Nanoseconds): void {
    this.#skippedNs[0]! += durationNs;
  }
}

/** No time is 0, which the engine takes for none. */
const FIRST_NS: Nanoseconds = 1e9;
/** A moment of the generated feeds' year, so that texts of times have the length they have at the venue. */
const EPOCH_MS = 1_763_676_600_000;
