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

/**
 * Collects what the start has left, once and before the first quote, so that it is not collected while quoting. Without
 * `--expose-gc` it is left to V8.
 */
export function collectStart(): void {
  (globalThis as { gc?: () => void }).gc?.();
}
