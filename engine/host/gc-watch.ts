import { PerformanceObserver, constants } from 'node:perf_hooks';
import { NS_PER_MS } from '../base/units.ts';
import { GcKind } from '../metrics/catalog.ts';
import type { MetricsWriter } from '../metrics/cells.ts';

/** What Node's types leave out: https://nodejs.org/api/perf_hooks.html#performancenodeentry, read 2026-11-21. */
interface GcEntry {
  readonly duration: number;
  readonly detail: { readonly kind: number };
}

const KIND_OF: ReadonlyMap<number, GcKind> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, GcKind.minor],
  [constants.NODE_PERFORMANCE_GC_MAJOR, GcKind.major],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, GcKind.incremental],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, GcKind.weakCallbacks],
]);

/**
 * Records how long the calling thread stands still to collect garbage, by kind.
 *
 * Cost: nothing between collections; after one, an entry and a call of this function from an Immediate.
 */
export class GcWatch {
  readonly #observer: PerformanceObserver;

  constructor(writer: MetricsWriter) {
    const pauses = Object.values(GcKind).map((kind) => writer.histogram('gcPause', kind));
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { duration, detail } = entry as unknown as GcEntry;
        const kind = KIND_OF.get(detail.kind);
        if (kind !== undefined) pauses[kind]!.record(duration * NS_PER_MS);
      }
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  close(): void {
    this.#observer.disconnect();
  }
}

/** Once and again through both halves of the young generation that `npm start` sets (16 MiB each). */
const WARM_BYTES = 64 * 2 ** 20;
/** A list of eight numbers: its head, and its elements with theirs. */
const LIST_BYTES = 112;
/** Where each list is put, for what nobody could see V8 would not make. */
const kept: number[][] = [[]];

/**
 * Collects what the start has left, once and before the first quote, so that it is not collected while quoting. Before that
 * the young generation is filled with nothing, so that its pages are there: a page that the system has yet to give costs
 * half a microsecond, and the first collections of 16 MiB, thousands of them, would take 3 to 10 ms each instead of 0.3.
 * Without `--expose-gc` both are left to V8.
 */
export function collectStart(): void {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) return;
  for (let bytes = 0; bytes < WARM_BYTES; bytes += LIST_BYTES) {
    kept[0] = [bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes];
  }
  kept[0] = [];
  gc();
}
