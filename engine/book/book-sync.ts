/**
 * Continuity and bootstrap of one book on one channel: the recovery state machine. Pure: no clock, no socket.
 *
 *     phase       in-band snapshot   update                        REST snapshot        image
 *     fresh       → synced           → buffering, needsSnapshot    ignored              → synced
 *     waiting     → synced           ignored                       ignored              → synced
 *     buffering   → synced           buffered, or begins again     replay → synced,     → synced
 *                                    (needsSnapshot)               or needsSnapshot
 *     synced      replaces           chain holds: applied          ignored              replaces
 *                                    else broke → waiting, or
 *                                    buffering without snapshots
 *
 * `waiting` is where the feed has shown that it sends snapshots: the loop subscribes anew, and updates of the old
 * subscription, which may still be under way, are passed over until the snapshot comes. `fresh` is right after a
 * subscription, when the first message tells which of OKX's two procedures applies (OKX documentation, "Building a local
 * book", paths A and B; documentation read 2026-07-28).
 *
 * Owner:      the engine thread.
 * Invariants: book.state is `synced` exactly in phase `synced`; a break is returned once, then nothing is applied
 *             until a snapshot.
 * Cost:       a few compares over the book's own cost; memory for buffering is made when first needed.
 */
import { DepthAction, NO_SEQUENCE, type DepthRows } from '../base/depth-rows.ts';
import { BookState, type Book } from './book.ts';
import { UpdateBuffer } from './update-buffer.ts';

/**
 * What a message meant. `ignored`: an idle keep-alive, an image older than the book, or a message passed over while a
 * snapshot is awaited. `broke`: withdraw what rests on this book, then subscribe anew. `needsSnapshot`: the feed gives
 * none, ask the venue's REST for one now (and withdraw, if the book was synced).
 */
export const SyncResult = { applied: 0, ignored: 1, broke: 2, needsSnapshot: 3 } as const;
export type SyncResult = (typeof SyncResult)[keyof typeof SyncResult];

const SyncPhase = { fresh: 0, waiting: 1, buffering: 2, synced: 3 } as const;
type SyncPhase = (typeof SyncPhase)[keyof typeof SyncPhase];

/** Before every time of the venue. */
const NO_RESET = -1;

/**
 * How much later than a REST snapshot an update may be that the snapshot already holds: the feed stamps an update when it
 * sends it, up to 100 ms after the change, and clocks differ.
 */
const REST_LAG_MS_MAX = 1_000;

export interface BookSyncOptions {
  /** False for captures of before 2023-06-20, which have no sequence numbers: whatever comes is applied. */
  readonly requireSequence: boolean;
}

export class BookSync {
  readonly book: Book;
  /** Messages applied, by kind. */
  snapshots = 0;
  updates = 0;
  images = 0;
  /** Messages that said that nothing changed. */
  keepAlives = 0;
  /** Breaks of the chain: prevSeqId was not the last seqId. */
  gaps = 0;
  /** Messages without the sequence numbers that they must have. */
  missingSequences = 0;
  /** The venue began to number anew (maintenance): seqId below prevSeqId. */
  resets = 0;
  /** Messages after which the best ask was not above the best bid. */
  crossed = 0;
  /** Images older than the book. */
  staleImages = 0;
  /** Times that buffering had to begin again: no room, a gap, or a reset. */
  bufferRestarts = 0;

  readonly #requireSequence: boolean;
  #phase: SyncPhase = SyncPhase.fresh;
  /** After a REST snapshot the first update need only straddle its number, not equal it. */
  #isFirstAfterRest = false;
  /** A REST snapshot made at or before this venue time is too old, whatever its number: a reset came since. */
  #resetTsMs = NO_RESET;
  /** prevSeqId of the first update kept: a REST snapshot below it leaves a hole. */
  #restSeqIdMin: number = NO_SEQUENCE;
  /** seqId of the last update kept, which the next must name. */
  #bufferedSeqId: number = NO_SEQUENCE;
  /** The feed has no snapshots of its own: the last subscription began with an update. */
  #isSnapshotFromRest = false;
  #buffer: UpdateBuffer | undefined = undefined;

  constructor(book: Book, options: BookSyncOptions = { requireSequence: true }) {
    this.book = book;
    this.#requireSequence = options.requireSequence;
  }

  /** No book yet, or none any more: nothing will be applied before a snapshot, from the feed or from REST. */
  get isAwaitingSnapshot(): boolean {
    return this.#phase !== SyncPhase.synced;
  }

  /** The snapshot must come from REST. Stays true until `applySnapshot` succeeds, so that a failed call is repeated. */
  get isAwaitingRestSnapshot(): boolean {
    return this.#phase === SyncPhase.buffering;
  }

  /** @hot Takes one decoded message. */
  apply(rows: DepthRows): SyncResult {
    if (rows.action === DepthAction.update) {
      return this.#phase === SyncPhase.synced ? this.#update(rows) : this.#updateUnsynced(rows);
    }
    return rows.action === DepthAction.image ? this.#image(rows) : this.#snapshot(rows);
  }

  /**
   * A snapshot from REST, for a feed without any. Kept updates that it already holds are dropped, the others replayed;
   * `needsSnapshot` when it is too old for them, `ignored` when none was wanted.
   */
  applySnapshot(rows: DepthRows): SyncResult {
    const buffer = this.#buffer;
    if (this.#phase !== SyncPhase.buffering || buffer === undefined) return SyncResult.ignored;
    if (rows.seqId === NO_SEQUENCE) {
      this.missingSequences++;
      return SyncResult.needsSnapshot;
    }
    if (rows.seqId < this.#restSeqIdMin || rows.tsMs <= this.#resetTsMs) return SyncResult.needsSnapshot;
    const book = this.book;
    book.replace(rows);
    book.seqId = rows.seqId;
    book.tsMs = rows.tsMs;
    this.#isFirstAfterRest = true;
    for (let message = 0; message < buffer.count; message++) {
      if (buffer.seqIds[message]! <= rows.seqId) continue;
      buffer.replay(message, book);
      book.seqId = buffer.seqIds[message]!;
      book.tsMs = buffer.tsMs[message]!;
      this.#isFirstAfterRest = false;
      this.updates++;
    }
    buffer.clear();
    this.snapshots++;
    this.#becomeSynced();
    this.#countCrossed();
    return SyncResult.applied;
  }

  /**
   * The book can no longer be believed: a malformed message, silence, the session lost. The caller withdraws and
   * subscribes anew.
   */
  breakNow(): void {
    if (this.#phase === SyncPhase.fresh) return;
    if (this.#phase === SyncPhase.synced) this.book.state = BookState.broken;
    this.#phase = this.#isSnapshotFromRest ? SyncPhase.fresh : SyncPhase.waiting;
  }

  /** A new subscription is confirmed: the next message is its first, and tells where the snapshot comes from. */
  restart(): void {
    this.breakNow();
    this.#phase = SyncPhase.fresh;
  }

  /** @hot */
  #update(rows: DepthRows): SyncResult {
    const book = this.book;
    const isNumbered = rows.seqId !== NO_SEQUENCE && rows.prevSeqId !== NO_SEQUENCE;
    if (isNumbered) {
      if (this.#isFirstAfterRest) {
        // What the REST snapshot already held may still come in; the first that goes past it must not leave a hole.
        if (rows.seqId <= book.seqId && rows.seqId >= rows.prevSeqId) {
          const isIdle = rows.seqId === rows.prevSeqId;
          if (isIdle || rows.tsMs <= book.tsMs + REST_LAG_MS_MAX) return SyncResult.ignored;
          // Later than the snapshot in time though not in number: the snapshot is of before a reset. Passing over what
          // comes until its number is reached would leave a book that stands still and is believed.
          this.resets++;
          return this.#break(rows);
        }
        if (rows.prevSeqId > book.seqId) return this.#gap(rows);
        this.#isFirstAfterRest = false;
      } else if (rows.prevSeqId !== book.seqId && (this.#requireSequence || book.seqId !== NO_SEQUENCE)) {
        return this.#gap(rows);
      }
      if (rows.seqId < rows.prevSeqId) this.resets++;
    } else if (this.#requireSequence) {
      this.missingSequences++;
      return this.#break(rows);
    }
    book.tsMs = rows.tsMs;
    if (isNumbered) {
      book.seqId = rows.seqId;
      if (rows.seqId === rows.prevSeqId && rows.askCount === 0 && rows.bidCount === 0) {
        this.keepAlives++;
        return SyncResult.ignored;
      }
    }
    book.update(rows);
    this.updates++;
    this.#countCrossed();
    return SyncResult.applied;
  }

  /** An update without a book to apply it to. */
  #updateUnsynced(rows: DepthRows): SyncResult {
    if (this.#phase === SyncPhase.waiting) return SyncResult.ignored;
    if (rows.seqId === NO_SEQUENCE || rows.prevSeqId === NO_SEQUENCE) {
      if (this.#requireSequence) this.missingSequences++;
      return SyncResult.ignored;
    }
    this.#buffer ??= new UpdateBuffer();
    if (this.#phase === SyncPhase.fresh) {
      this.#isSnapshotFromRest = true;
      this.#resetTsMs = NO_RESET;
      return this.#beginBuffering(rows);
    }
    if (rows.prevSeqId !== this.#bufferedSeqId) {
      this.gaps++;
      this.bufferRestarts++;
      return this.#beginBuffering(rows);
    }
    if (rows.seqId < rows.prevSeqId) {
      this.resets++;
      this.bufferRestarts++;
      return this.#beginBuffering(rows);
    }
    this.#bufferedSeqId = rows.seqId;
    if (rows.seqId === rows.prevSeqId && rows.askCount === 0 && rows.bidCount === 0) {
      this.keepAlives++;
      return SyncResult.ignored;
    }
    if (this.#buffer.add(rows)) return SyncResult.ignored;
    this.bufferRestarts++;
    return this.#beginBuffering(rows);
  }

  /** Begins to keep updates with this one as the first. */
  #beginBuffering(rows: DepthRows): SyncResult {
    this.#phase = SyncPhase.buffering;
    this.#bufferedSeqId = rows.seqId;
    this.#buffer!.clear();
    if (rows.seqId < rows.prevSeqId) {
      // Numbers before and after a reset cannot be compared, so this message is not kept: only a snapshot that the
      // venue made no earlier than it, in the new numbering, will do.
      this.#restSeqIdMin = rows.seqId;
      this.#resetTsMs = rows.tsMs;
    } else {
      this.#restSeqIdMin = rows.prevSeqId;
      if (!this.#buffer!.add(rows)) this.#restSeqIdMin = rows.seqId;
    }
    return SyncResult.needsSnapshot;
  }

  #snapshot(rows: DepthRows): SyncResult {
    if (rows.seqId === NO_SEQUENCE && this.#requireSequence) {
      this.missingSequences++;
      return this.#phase === SyncPhase.synced ? this.#break(rows) : SyncResult.ignored;
    }
    this.#replace(rows);
    this.#isFirstAfterRest = false;
    this.#isSnapshotFromRest = false;
    this.#buffer?.clear();
    this.snapshots++;
    this.#becomeSynced();
    return SyncResult.applied;
  }

  /**
   * @hot A full image replaces the book. One with a lower number is older than what is known, unless the venue's time
   * says that it is newer: then the numbering began anew.
   */
  #image(rows: DepthRows): SyncResult {
    const book = this.book;
    const isSynced = this.#phase === SyncPhase.synced;
    if (isSynced && rows.seqId !== NO_SEQUENCE && rows.seqId < book.seqId) {
      if (rows.tsMs <= book.tsMs) {
        this.staleImages++;
        return SyncResult.ignored;
      }
      this.resets++;
    }
    this.#replace(rows);
    this.images++;
    if (!isSynced) this.#becomeSynced();
    return SyncResult.applied;
  }

  #replace(rows: DepthRows): void {
    this.book.replace(rows);
    this.book.seqId = rows.seqId;
    this.book.tsMs = rows.tsMs;
    this.#countCrossed();
  }

  #becomeSynced(): void {
    this.#phase = SyncPhase.synced;
    this.book.state = BookState.synced;
    this.book.epoch++;
  }

  #countCrossed(): void {
    if (this.book.isCrossed()) this.crossed++;
  }

  #gap(rows: DepthRows): SyncResult {
    this.gaps++;
    return this.#break(rows);
  }

  /** Where the feed itself gave a snapshot it will again; where REST gave it, buffering begins with this message. */
  #break(rows: DepthRows): SyncResult {
    this.book.state = BookState.broken;
    const isNumbered = rows.seqId !== NO_SEQUENCE && rows.prevSeqId !== NO_SEQUENCE;
    if (this.#isSnapshotFromRest && isNumbered) {
      this.#resetTsMs = NO_RESET;
      return this.#beginBuffering(rows);
    }
    this.#phase = this.#isSnapshotFromRest ? SyncPhase.fresh : SyncPhase.waiting;
    return SyncResult.broke;
  }
}
