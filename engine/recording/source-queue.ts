import type { Nanoseconds } from '../base/units.ts';
import type { RecordingSource } from './recording-source.ts';

interface Entry {
  readonly source: RecordingSource;
  /** When its next event is due; of a source that must be read on, when its last was. */
  dueNs: Nanoseconds;
  /** Of equal times the smaller goes first. */
  readonly order: number;
}

/** Sources by when their next event is due: a binary heap, the first on top. */
export class SourceQueue {
  readonly #heap: Entry[];

  /** @param sources in the order that decides between equal times, each with the time of its first event */
  constructor(sources: readonly { readonly source: RecordingSource; readonly firstNs: Nanoseconds }[]) {
    this.#heap = sources.map(({ source, firstNs }, order) => ({ source, dueNs: firstNs, order }));
    this.#heap.sort((left, right) => (isBefore(left, right) ? -1 : 1));
  }

  get first(): RecordingSource | undefined {
    return this.#heap[0]?.source;
  }

  /** After the first has gone on: finds its place, or lets it go when it has ended. */
  settle(): void {
    const top = this.#heap[0];
    if (top === undefined) return;
    if (top.source.isEnded && top.source.head === undefined) {
      void top.source.close();
      const last = this.#heap.pop()!;
      if (this.#heap.length === 0) return;
      this.#heap[0] = last;
    } else if (top.source.head !== undefined) {
      top.dueNs = top.source.head.timeNs;
    }
    this.#sink();
  }

  async close(): Promise<void> {
    await Promise.all(this.#heap.map(({ source }) => source.close()));
    this.#heap.length = 0;
  }

  #sink(): void {
    const heap = this.#heap;
    const entry = heap[0]!;
    let index = 0;
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, entry)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = entry;
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.dueNs === right.dueNs ? left.order < right.order : left.dueNs < right.dueNs;
}
