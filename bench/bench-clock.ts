import type { Clock } from '../engine/base/clock.ts';
import type { Nanoseconds } from '../engine/base/units.ts';

/**
 * The machine's clock, moved ahead between frames: message budgets refill in the time that is skipped, while every
 * reading costs what a reading costs. Standing still, it gives the same times in every run: for checksums.
 *
 * Owner:      the benchmark's thread.
 * Cost:       a reading is `process.hrtime()`, as SystemClock's, and an addition; nothing allocates.
 */
export class BenchClock implements Clock {
  readonly #isRunning: boolean;
  /** In an array, because a number in a field would be boxed at every write. */
  readonly #skippedNs = Float64Array.of(FIRST_NS);

  constructor(isRunning: boolean) {
    this.#isRunning = isRunning;
  }

  nowNs(): Nanoseconds {
    if (!this.#isRunning) return this.#skippedNs[0]!;
    const time = hrtime();
    return time[0] * 1e9 + time[1] + this.#skippedNs[0]!;
  }

  readNs(into: Float64Array, at: number): void {
    if (this.#isRunning) {
      const time = hrtime();
      into[at] = time[0] * 1e9 + time[1] + this.#skippedNs[0]!;
    } else into[at] = this.#skippedNs[0]!;
  }

  wallMs(): number {
    return EPOCH_MS + Math.floor(this.nowNs() / 1e6);
  }

  skip(durationNs: Nanoseconds): void {
    this.#skippedNs[0]! += durationNs;
  }
}

const { hrtime } = process;
/** No time is 0, which the engine takes for none. */
const FIRST_NS: Nanoseconds = 1e9;
/** A moment of the generated feeds' year, so that texts of times have the length they have at the venue. */
const EPOCH_MS = 1_763_676_600_000;
