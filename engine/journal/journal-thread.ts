/**
 * The thread of the journal: looks at the ring every few milliseconds until the engine closes it. It never returns to its
 * event loop in between; nobody rings for it, so that a record costs the engine no wake-up.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { SystemClock } from '../base/clock.ts';
import type { Milliseconds } from '../base/units.ts';
import { DirectoryDisk } from './journal-disk.ts';
import { RingMemory, RingWord } from './journal-ring.ts';
import { JournalStore } from './journal-store.ts';
import { SegmentWriter } from './segment-writer.ts';
import type { SegmentBounds } from './segment-writer.ts';

export interface JournalThreadData {
  readonly share: SharedArrayBuffer;
  readonly directory: string;
  readonly run: number;
  readonly bounds: SegmentBounds;
  /** `performance.timeOrigin` of the engine thread. */
  readonly processOriginMs: number;
}

export type JournalThreadMessage =
  | { readonly type: 'open' }
  /** It could not begin. */
  | { readonly type: 'refused'; readonly isRunThere: boolean; readonly text: string }
  /** The disk refuses from now on, or takes records again. */
  | { readonly type: 'trouble'; readonly text: string }
  | { readonly type: 'well' }
  | { readonly type: 'closed' };

/** How long it sleeps when there is nothing to do: a ring of 16 MB then holds what 3 GB a second bring. */
const POLL_MS: Milliseconds = 5;

function tell(message: JournalThreadMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort!.postMessage(message);
}

function begin(data: JournalThreadData): JournalStore | undefined {
  const { share, directory, run, bounds, processOriginMs } = data;
  const clock = new SystemClock(processOriginMs);
  const disk = new DirectoryDisk(directory);
  const segments = new SegmentWriter(disk, clock, run, bounds);
  const store = new JournalStore({
    share,
    segments,
    clock,
    onTrouble: (error) =>
      tell(error === undefined ? { type: 'well' } : { type: 'trouble', text: error.message }),
  });
  try {
    disk.makeDirectory();
    if (segments.hasRun()) {
      tell({ type: 'refused', isRunThere: true, text: '' });
      return undefined;
    }
    store.open();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    tell({ type: 'refused', isRunThere: false, text: error.message });
    return undefined;
  }
  tell({ type: 'open' });
  return store;
}

assert(parentPort !== null, 'the journal runs in a thread of its own');
const data = workerData as JournalThreadData;
const store = begin(data);
if (store !== undefined) {
  const { words } = new RingMemory(data.share);
  while (store.turn()) Atomics.wait(words, RingWord.closing, 0, POLL_MS);
  tell({ type: 'closed' });
}
