import { NS_PER_MS } from '../../engine/base/units.ts';
import type { Milliseconds, Nanoseconds } from '../../engine/base/units.ts';
import { StepKind } from './sim-types.ts';

interface Event {
  readonly atNs: Nanoseconds;
  /** Of two at the same time, the one that was asked for first comes first. */
  readonly number: number;
  readonly kind: StepKind;
  readonly run: () => void;
}

/** The true time at which every world begins: Tuesday, 2026-07-28, 10:00 UTC. */
export const EPOCH_MS: Milliseconds = Date.UTC(2026, 6, 28, 10, 0, 0);
/** A time of zero stands for "never" in places. */
const START_NS: Nanoseconds = 1_000_000_000_000;

/**
 * Virtual time: what is to happen, by when, in a binary heap. The only clock of a world, and everything that happens in it
 * is an event of this queue or of the venue's own.
 */
export class Timeline {
  nowNs: Nanoseconds = START_NS;
  /** Promises were resolved: what hangs on them has to run before time goes on. */
  isSettling = false;
  readonly #heap: Event[] = [];
  #count = 0;

  /** Time since the world began. */
  get passedNs(): Nanoseconds {
    return this.nowNs - START_NS;
  }

  /** The true wall clock, with a fraction: the venue's. */
  get nowMs(): Milliseconds {
    return EPOCH_MS + this.passedNs / NS_PER_MS;
  }

  /** When the first event is due; Infinity when there is none. */
  get nextNs(): Nanoseconds {
    return this.#heap.length === 0 ? Infinity : this.#heap[0]!.atNs;
  }

  nsOf(timeMs: Milliseconds): Nanoseconds {
    return START_NS + Math.ceil((timeMs - EPOCH_MS) * NS_PER_MS);
  }

  after(delayNs: Nanoseconds, kind: StepKind, run: () => void): void {
    this.at(this.nowNs + delayNs, kind, run);
  }

  at(atNs: Nanoseconds, kind: StepKind, run: () => void): void {
    const heap = this.#heap;
    const event = { atNs: Math.round(Math.max(atNs, this.nowNs)), number: this.#count++, kind, run };
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

  /** Runs the first event at its time; returns its kind. There must be one. */
  runNext(): StepKind {
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
    return first.kind;
  }

  /** A promise that is resolved by an event; never, when `isWanted` says no by then. */
  wait(delayNs: Nanoseconds, isWanted: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayNs, StepKind.answer, () => {
        if (!isWanted()) return;
        this.isSettling = true;
        resolve();
      });
    });
  }
}

function isBefore(left: Event, right: Event): boolean {
  return left.atNs < right.atNs || (left.atNs === right.atNs && left.number < right.number);
}
