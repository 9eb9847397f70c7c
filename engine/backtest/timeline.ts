import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import { EventHeap } from './event-heap.ts';

/** A time of zero stands for "never" in places, so virtual time does not begin there. */
const START_NS: Nanoseconds = 1_000_000_000_000;

/**
 * Virtual time. The only clock of a backtest, and everything that happens in one is an event of this queue or of the venue's
 * own.
 */
export class Timeline {
  nowNs: Nanoseconds;
  /** The wall clock at the origin of time, whole milliseconds. */
  readonly originMs: Milliseconds;
  readonly #events = new EventHeap<() => void>();

  /** @param sinceOriginNs where it begins */
  constructor(originMs: Milliseconds, sinceOriginNs: Nanoseconds) {
    this.originMs = originMs;
    this.nowNs = START_NS + sinceOriginNs;
  }

  /** Time since the origin. */
  get sinceOriginNs(): Nanoseconds {
    return this.nowNs - START_NS;
  }

  /** The wall clock, with a fraction; to a quarter of a microsecond. */
  get nowMs(): Milliseconds {
    return this.originMs + this.sinceOriginNs / NS_PER_MS;
  }

  /** When the first event is due; Infinity when there is none. */
  get nextNs(): Nanoseconds {
    return this.#events.nextNs;
  }

  /** The first nanosecond at which the wall clock shows `timeMs`. */
  nsOf(timeMs: Milliseconds): Nanoseconds {
    return START_NS + Math.ceil((timeMs - this.originMs) * NS_PER_MS);
  }

  /** The time of so much since the origin. */
  since(sinceOriginNs: Nanoseconds): Nanoseconds {
    return START_NS + sinceOriginNs;
  }

  after(delayNs: Nanoseconds, run: () => void): void {
    this.at(this.nowNs + delayNs, run);
  }

  /** What is due in the past comes now, after what is due now already. */
  at(atNs: Nanoseconds, run: () => void): void {
    this.#events.push(Math.round(Math.max(atNs, this.nowNs)), run);
  }

  /** Runs the first event at its time. There must be one. */
  runNext(): void {
    const { atNs, value: run } = this.#events.pop();
    this.nowNs = atNs;
    run();
  }
}
