import { PerformanceObserver, constants } from 'node:perf_hooks';
import { NS_PER_MS } from '../base/units.ts';
import { GcKind } from '../metrics/catalog.ts';
import type { MetricsWriter } from '../metrics/cells.ts';

/** What Node's types leave out: https://nodejs.org/api/perf_hooks.html#performancenodeentry, read 2026-11-21. */
interface GcEntry {
  readonly duration: number;
  readonly detail: { readonly kind: number; readonly flags: number };
}

const KIND_OF: ReadonlyMap<number, GcKind> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, GcKind.minor],
  [constants.NODE_PERFORMANCE_GC_MAJOR, GcKind.major],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, GcKind.incremental],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, GcKind.weakCallbacks],
]);

/**
 * Records how long the calling thread stands still to collect garbage, by kind. Collections by hand are not counted.
 *
 * Cost: nothing between collections; after one, an entry and a call of this function from an Immediate.
 */
export class GcWatch {
  readonly #observer: PerformanceObserver;

  private constructor(writer: MetricsWriter) {
    const pauses = Object.values(GcKind).map((kind) => writer.histogram('gcPause', kind));
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { duration, detail } = entry as unknown as GcEntry;
        if ((detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0) continue;
        const kind = KIND_OF.get(detail.kind);
        if (kind !== undefined) pauses[kind]!.record(duration * NS_PER_MS);
      }
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /**
   * Collects what the start has left, once and before the first quote, so that it is not collected while quoting; then
   * counts. Before that the young generation is filled with nothing, so that its pages are there: a page that the system
   * has yet to give costs half a microsecond, and a first collection takes a thousand of them. Without `--expose-gc` both
   * are left to V8.
   *
   * The watch is there before that collection and not after, for its first entry costs something: Node tells of it from an
   * Immediate, which stands in the queue beside that of the turning loop, and V8 takes back what it has compiled while there
   * was only one.
   */
  static open(writer: MetricsWriter): GcWatch {
    const { gc } = globalThis as { gc?: () => void };
    if (gc !== undefined) fillYoungGeneration();
    const watch = new GcWatch(writer);
    if (gc !== undefined) gc();
    return watch;
  }

  close(): void {
    this.#observer.disconnect();
  }
}

/** Once and again through both halves of the young generation that `npm start` sets (4 MiB each). */
const FILL_BYTES = 16 * 2 ** 20;
/** A list of eight numbers: its head, and its elements with theirs. */
const LIST_BYTES = 112;
/** Where each list is put, for what nobody could see V8 would not make. */
const kept: number[][] = [[]];

function fillYoungGeneration(): void {
  for (let bytes = 0; bytes < FILL_BYTES; bytes += LIST_BYTES) {
    kept[0] = [bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes];
  }
  kept[0] = [];
}
