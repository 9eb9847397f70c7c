import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';

interface Event {
  readonly atNs: Nanoseconds;
  /** Of two at the same time, the one that was asked for first comes first. */
  readonly number: number;
  readonly run: () => void;
}

/** A time of zero stands for "never" in places, so virtual time does not begin there. */
const START_NS: Nanoseconds = 1_000_000_000_000;

/**
 * Virtual time: what is to happen, by when, in a binary heap. The only clock of a backtest, and everything that happens in
 * one is an event of this queue or of the venue's own.
 *
 * Cost: one object and one closure an event; the heap holds what is on its way and the timers, some tens of events.
 */
export class Timeline {
  nowNs: Nanoseconds;
  /** The wall clock at the origin of time, whole milliseconds. */
  readonly originMs: Milliseconds;
  readonly #heap: Event[] = [];
  #count = 0;

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
    return this.#heap.length === 0 ? Infinity : this.#heap[0]!.atNs;
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
    const heap = this.#heap;
    const event = { atNs: Math.round(Math.max(atNs, this.nowNs)), number: this.#count++, run };
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  /** Runs the first event at its time. There must be one. */
  runNext(): void {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      let index = 0;
      for (let child = 1; child < heap.length; child = index * 2 + 1) {
        if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
        if (!isBefore(heap[child]!, last)) break;
        heap[index] = heap[child]!;
        index = child;
      }
      heap[index] = last;
    }
    this.nowNs = first.atNs;
    first.run();
  }
}

function isBefore(left: Event, right: Event): boolean {
  return left.atNs < right.atNs || (left.atNs === right.atNs && left.number < right.number);
}
