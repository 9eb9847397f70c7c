/**
 * Which orders stand on which side of which instrument: one doubly linked list a side, oldest order first, all in the
 * same arrays.
 *
 * Owner:      the engine thread.
 * Invariants: a slot is in one list at most; walking a list ends after at most `capacity` steps.
 * Cost:       append and remove are a handful of stores; nothing allocates once constructed.
 */
import { assert } from '../base/assert.ts';

/** The end of a list, and "no slot". */
export const END = -1;

export class OrderLists {
  readonly head: Int32Array;
  readonly next: Int32Array;
  readonly #tail: Int32Array;
  readonly #previous: Int32Array;
  readonly #list: Int32Array;

  constructor(listCount: number, capacity: number) {
    this.head = new Int32Array(listCount).fill(END);
    this.#tail = new Int32Array(listCount).fill(END);
    this.next = new Int32Array(capacity).fill(END);
    this.#previous = new Int32Array(capacity).fill(END);
    this.#list = new Int32Array(capacity).fill(END);
  }

  /** @hot */
  append(list: number, slot: number): void {
    assert(this.#list[slot] === END, 'an order is in one list at most');
    const tail = this.#tail[list]!;
    this.#list[slot] = list;
    this.next[slot] = END;
    this.#previous[slot] = tail;
    if (tail === END) this.head[list] = slot;
    else this.next[tail] = slot;
    this.#tail[list] = slot;
  }

  /** @hot */
  remove(slot: number): void {
    const list = this.#list[slot]!;
    assert(list !== END, 'only an order that is in a list is taken out');
    const previous = this.#previous[slot]!;
    const next = this.next[slot]!;
    if (previous === END) this.head[list] = next;
    else this.next[previous] = next;
    if (next === END) this.#tail[list] = previous;
    else this.#previous[next] = previous;
    this.#list[slot] = END;
  }
}
