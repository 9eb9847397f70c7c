import type { Clock } from '../base/clock.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';

/**
 * A clock whose wall time never steps: read once, and carried on by the monotonic time. The offset to the venue's clock is
 * measured against it once a minute, so a step of the machine's clock in between changes no signature and no expTime.
 */
export class SteadyClock implements Clock {
  readonly #clock: Clock;
  readonly #originMs: Milliseconds;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#originMs = clock.wallMs() - clock.nowNs() / NS_PER_MS;
  }

  nowNs(): Nanoseconds {
    return this.#clock.nowNs();
  }

  readNs(into: Float64Array, at: number): void {
    this.#clock.readNs(into, at);
  }

  wallMs(): Milliseconds {
    return Math.floor(this.#originMs + this.#clock.nowNs() / NS_PER_MS);
  }
}
