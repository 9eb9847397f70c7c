/** Something that is due at a time. The same object may be scheduled again from its own `run`. */
export interface Timed {
  run(timeMs: number): void;
}

/** A binary heap of what is due, by time and then by the order of scheduling, so that equal times stay repeatable. */
export class TimerQueue {
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #items: Timed[] = [];
  #scheduled = 0;

  get nextMs(): number {
    return this.#items.length === 0 ? Infinity : this.#times[0]!;
  }

  schedule(timeMs: number, item: Timed): void {
    const order = this.#scheduled++;
    let index = this.#items.length;
    this.#times.push(timeMs);
    this.#orders.push(order);
    this.#items.push(item);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** Takes out the first item. Call only when `nextMs` is finite. */
  pop(): Timed {
    const first = this.#items[0]!;
    const last = this.#items.length - 1;
    this.#swap(0, last);
    this.#times.pop();
    this.#orders.pop();
    this.#items.pop();
    let index = 0;
    for (;;) {
      let least = index;
      const left = 2 * index + 1;
      if (left < last && this.#isBefore(left, least)) least = left;
      if (left + 1 < last && this.#isBefore(left + 1, least)) least = left + 1;
      if (least === index) return first;
      this.#swap(index, least);
      index = least;
    }
  }

  #isBefore(left: number, right: number): boolean {
    const difference = this.#times[left]! - this.#times[right]!;
    return difference < 0 || (difference === 0 && this.#orders[left]! < this.#orders[right]!);
  }

  #swap(left: number, right: number): void {
    const time = this.#times[left]!;
    this.#times[left] = this.#times[right]!;
    this.#times[right] = time;
    const order = this.#orders[left]!;
    this.#orders[left] = this.#orders[right]!;
    this.#orders[right] = order;
    const item = this.#items[left]!;
    this.#items[left] = this.#items[right]!;
    this.#items[right] = item;
  }
}
