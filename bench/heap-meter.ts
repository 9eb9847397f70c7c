import { getHeapStatistics } from 'node:v8';

/**
 * Bytes that operations leave on the JavaScript heap: the growth of the heap over short windows, less what a window
 * without any operation costs. A window in which the collector ran shows a fall, or too little, and the median ignores it.
 */
export class HeapMeter {
  readonly #windowsBytes: number[] = [];
  readonly #ownBytes: number;

  constructor() {
    const empty: number[] = [];
    for (let window = 0; window < 50; window++) {
      const before = usedBytes();
      empty.push(usedBytes() - before);
    }
    this.#ownBytes = median(empty);
  }

  /** Measures one window of `ops` operations, done by `run`. */
  measure(ops: number, run: (ops: number) => unknown): void {
    const before = usedBytes();
    run(ops);
    this.add(usedBytes() - before, ops);
  }

  /** Adds a window that was measured elsewhere with `usedBytes`. */
  add(grownBytes: number, ops: number): void {
    // A collection inside the window: how much was allocated cannot be told.
    if (grownBytes < 0) return;
    this.#windowsBytes.push(Math.max(0, grownBytes - this.#ownBytes) / ops);
  }

  /** Bytes an operation by window, sorted. */
  get windows(): readonly number[] {
    return this.#windowsBytes.toSorted((a, b) => a - b);
  }

  /** Median of the windows, to a tenth of a byte; -1 without any. */
  get bytesPerOp(): number {
    return this.#windowsBytes.length === 0 ? -1 : Math.round(median(this.#windowsBytes) * 10) / 10;
  }
}

export function usedBytes(): number {
  return getHeapStatistics().used_heap_size;
}

/** Collects by hand, when Node was started with --expose-gc; a run without it measures no allocation well. */
export function collectGarbage(): void {
  globalThis.gc?.();
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
