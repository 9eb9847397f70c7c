import type { Nanoseconds } from '../base/units.ts';

/** What is due, and when. */
export interface DueEvent<Value> {
  readonly atNs: Nanoseconds;
  /** Of two at the same time, the one that was asked for first comes first. */
  readonly number: number;
  readonly value: Value;
}

/**
 * A binary heap of what is to happen in virtual time.
 *
 * Cost: an object an event; it holds what is on its way and the timers, some tens of events.
 */
export class EventHeap<Value> {
  readonly #heap: DueEvent<Value>[] = [];
  #count = 0;

  /** When the first is due; Infinity when there is none. */
  get nextNs(): Nanoseconds {
    return this.#heap.length === 0 ? Infinity : this.#heap[0]!.atNs;
  }

  push(atNs: Nanoseconds, value: Value): void {
    const heap = this.#heap;
    const event = { atNs, number: this.#count++, value };
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

  /** Takes the first out. There must be one. */
  pop(): DueEvent<Value> {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let index = 0;
    for (let child = 1; child < heap.length; child = index * 2 + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(left: DueEvent<unknown>, right: DueEvent<unknown>): boolean {
  return left.atNs < right.atNs || (left.atNs === right.atNs && left.number < right.number);
}
