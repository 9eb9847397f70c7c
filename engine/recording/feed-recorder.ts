/**
 * The public feed to rows: what the venue pushes about some instruments, with the books kept so that every file can begin
 * with one. Pure: no clock, no socket.
 *
 * Of each book:
 *
 *     phase       in-band snapshot   update                          REST snapshot
 *     fresh       → synced           → buffering, asks REST          ignored
 *     waiting     → synced           ignored                         ignored
 *     buffering   → synced           kept, or begins again           kept ones follow → synced, or asks again
 *     synced      → synced           chain holds: recorded           ignored
 *                                    else gap row, resubscribes → waiting
 *
 * (OKX documentation, "Building a local book", paths A and B; read 2026-07-28.)
 *
 * Owner:      the recorder's thread.
 * Invariants: between a gap row of an instrument and the next snapshot there is no update of it; every row can be read
 *             again.
 */
import type { Milliseconds } from '../base/units.ts';
import { bookMessage, levelsOf, type BookMessage, type Receipt, type VenueRow } from './book-message.ts';
import type { DayRows } from './day-rows.ts';
import { isDecimal, isTime } from './row-values.ts';
import { NO_PREVIOUS_SEQUENCE } from './recorded-row.ts';

/** What a recorder asks of whoever has the sessions. */
export interface FeedPort {
  /** Leaves and enters the book's channel, so that its snapshot comes again. */
  resubscribe(instId: string): void;
  /** Asks REST for the book, and hands the answer to `onRestBook`; without one `tick` asks again. */
  fetchBook(instId: string): void;
  log(line: string): void;
}

const Phase = { fresh: 0, waiting: 1, buffering: 2, synced: 3 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

interface BookFeed {
  readonly instId: string;
  phase: Phase;
  seqId: number;
  /** Of messages of the book, keep-alives too; and of the wait for a snapshot its beginning. -1 while not connected. */
  heardMs: Milliseconds;
  /** How often the snapshot was asked for in vain. */
  tries: number;
  /** Without a snapshot of the feed's own: updates since the subscription. */
  kept: BookMessage[];
  /** As text: rows come again with every subscription and need not be written again. */
  instrument: string;
}

/** The venue says that it is there every minute (books keep-alive; documentation, read 2026-07-28). */
const SILENCE_MS_MAX: Milliseconds = 75_000;
/** A snapshot comes with the subscription. */
const SNAPSHOT_MS_MAX: Milliseconds = 10_000;
/** The wait doubles with every try: an instrument that is gone must not use up its connection's requests (480 an hour). */
const RETRY_MS_MAX: Milliseconds = 600_000;
/** Of 100 ms each: far longer than REST takes. */
const KEPT_MAX = 600;

export class FeedRecorder {
  readonly #rows: DayRows;
  readonly #port: FeedPort;
  readonly #depthChannel: string;
  readonly #feeds = new Map<string, BookFeed>();
  /** Snapshots that began a book or began it again. */
  snapshots = 0;
  /** Breaks of a book: missed updates, silence, a lost session. */
  gaps = 0;
  /** Frames and rows that could not be understood. */
  malformed = 0;

  constructor(instIds: readonly string[], depthChannel: string, rows: DayRows, port: FeedPort) {
    this.#rows = rows;
    this.#port = port;
    this.#depthChannel = depthChannel;
    for (const instId of instIds) {
      this.#feeds.set(instId, {
        instId,
        phase: Phase.fresh,
        seqId: -1,
        heardMs: -1,
        tries: 0,
        kept: [],
        instrument: '',
      });
    }
  }

  /** Every book is known. */
  get isSynced(): boolean {
    return [...this.#feeds.values()].every(({ phase }) => phase === Phase.synced);
  }

  /** A row of GET /api/v5/public/instruments. */
  onInstrument(row: VenueRow, receipt: Receipt): void {
    const feed = this.#feeds.get(String(row['instId']));
    if (feed === undefined) return;
    const text = JSON.stringify(row);
    if (text === feed.instrument) return;
    feed.instrument = text;
    const { recvNs } = receipt;
    this.#rows.add({
      recvNs,
      ...row,
      instId: feed.instId,
      channel: 'instruments',
      ts: String(receipt.ms),
    });
  }

  /** One frame of the public feed. */
  onFrame(text: string, receipt: Receipt): void {
    let frame: { arg?: VenueRow; action?: unknown; data?: unknown };
    try {
      frame = JSON.parse(text) as typeof frame;
    } catch {
      this.malformed++;
      return;
    }
    const channel = frame.arg?.['channel'];
    if (typeof channel !== 'string' || !Array.isArray(frame.data)) return;
    for (const row of frame.data as unknown[]) {
      if (typeof row !== 'object' || row === null) this.malformed++;
      else if (channel === this.#depthChannel) {
        this.#onBook(String(frame.arg!['instId']), frame.action, row as VenueRow, receipt);
      } else this.#onOther(channel, row as VenueRow, receipt);
    }
  }

  /** The session is up and these are subscribed: their snapshots are due. */
  onUp(instIds: readonly string[], receipt: Receipt): void {
    for (const instId of instIds) {
      const feed = this.#feeds.get(instId);
      if (feed === undefined || feed.phase === Phase.synced) continue;
      feed.heardMs = receipt.ms;
      feed.tries = 0;
    }
  }

  /** The session is down, or another connection has taken over: nothing is known until the next snapshot. */
  onLost(instIds: readonly string[], reason: string, receipt: Receipt): void {
    for (const instId of instIds) {
      const feed = this.#feeds.get(instId);
      if (feed !== undefined) this.#break(feed, Phase.fresh, reason, receipt);
    }
  }

  /** The venue does not have this instrument any more. False when none is left. */
  drop(instId: string, reason: string, receipt: Receipt): boolean {
    const feed = this.#feeds.get(instId);
    if (feed !== undefined) this.#break(feed, Phase.fresh, reason, receipt);
    this.#feeds.delete(instId);
    return this.#feeds.size > 0;
  }

  /** An answer of GET /api/v5/market/books. */
  onRestBook(instId: string, row: VenueRow, receipt: Receipt): void {
    const feed = this.#feeds.get(instId);
    if (feed?.phase !== Phase.buffering) return;
    const seqId = row['seqId'];
    const asks = levelsOf(row['asks']);
    const bids = levelsOf(row['bids']);
    if (!Number.isSafeInteger(seqId) || asks === undefined || bids === undefined || !isTime(row['ts'])) {
      this.malformed++;
      return;
    }
    // Older than what was kept, there would be a hole between them: the next tick asks again.
    if (feed.kept.length > 0 && (seqId as number) < feed.kept[0]!.prevSeqId) {
      feed.heardMs = receipt.ms - SNAPSHOT_MS_MAX;
      return;
    }
    const { recvNs } = receipt;
    const kept = feed.kept.filter((message) => message.seqId > (seqId as number));
    feed.kept = [];
    this.#sync(feed, {
      row: {
        recvNs,
        instId,
        action: 'snapshot',
        ts: row['ts'],
        asks,
        bids,
        seqId: seqId as number,
        prevSeqId: NO_PREVIOUS_SEQUENCE,
      },
      seqId: seqId as number,
      prevSeqId: NO_PREVIOUS_SEQUENCE,
    });
    // Received before the answer and written after it: by their order the book is right, and their times are the answer's.
    for (const message of kept) {
      this.#rows.add({ ...message.row, recvNs, prevSeqId: feed.seqId });
      feed.seqId = message.seqId;
    }
  }

  /** To be called every second or so: books that are silent are begun anew, snapshots that do not come asked for again. */
  tick(receipt: Receipt): void {
    for (const feed of this.#feeds.values()) {
      if (feed.heardMs < 0) continue;
      const silentMs = receipt.ms - feed.heardMs;
      if (feed.phase === Phase.synced) {
        if (silentMs <= SILENCE_MS_MAX) continue;
        this.#break(feed, Phase.waiting, `no message for ${Math.round(silentMs / 1_000)} s`, receipt);
        this.#port.resubscribe(feed.instId);
      } else if (silentMs > Math.min(SNAPSHOT_MS_MAX * 2 ** feed.tries, RETRY_MS_MAX)) {
        feed.heardMs = receipt.ms;
        feed.tries++;
        if (feed.phase === Phase.buffering) this.#port.fetchBook(feed.instId);
        else this.#port.resubscribe(feed.instId);
      }
    }
  }

  #onBook(instId: string, action: unknown, row: VenueRow, receipt: Receipt): void {
    const feed = this.#feeds.get(instId);
    if (feed === undefined) return;
    const message = bookMessage(instId, action, row, receipt);
    if (message === undefined) {
      this.malformed++;
      if (feed.phase !== Phase.synced) return;
      this.#break(feed, Phase.waiting, 'a message that is none of a book', receipt);
      this.#port.resubscribe(instId);
      return;
    }
    if (message.row.action === 'snapshot') {
      this.#sync(feed, message);
      return;
    }
    if (feed.phase === Phase.synced) this.#onUpdate(feed, message, receipt);
    else this.#onUpdateUnsynced(feed, message, receipt);
  }

  #onUpdate(feed: BookFeed, message: BookMessage, receipt: Receipt): void {
    if (message.prevSeqId !== feed.seqId) {
      const reason = `expected prevSeqId ${feed.seqId}, was ${message.prevSeqId}`;
      this.#break(feed, Phase.waiting, reason, receipt);
      this.#port.resubscribe(feed.instId);
      return;
    }
    feed.heardMs = receipt.ms;
    feed.seqId = message.seqId;
    const { asks, bids } = message.row;
    const isKeepAlive = message.seqId === message.prevSeqId && asks!.length === 0 && bids!.length === 0;
    if (!isKeepAlive) this.#rows.add(message.row);
  }

  #onUpdateUnsynced(feed: BookFeed, message: BookMessage, receipt: Receipt): void {
    if (feed.phase === Phase.waiting) return;
    const last = feed.kept.at(-1);
    const isChained = last !== undefined && message.prevSeqId === last.seqId && feed.kept.length < KEPT_MAX;
    const isReset = message.seqId < message.prevSeqId;
    if (feed.phase === Phase.buffering && isChained && !isReset) {
      feed.kept.push(message);
      return;
    }
    // Numbers of before a reset cannot be compared with those after it: what is kept begins behind it.
    feed.kept = isReset ? [] : [message];
    feed.phase = Phase.buffering;
    feed.heardMs = receipt.ms;
    this.#port.fetchBook(feed.instId);
  }

  #sync(feed: BookFeed, message: BookMessage): void {
    feed.phase = Phase.synced;
    feed.tries = 0;
    feed.kept = [];
    feed.seqId = message.seqId;
    feed.heardMs = Number(message.row.recvNs!.slice(0, -6));
    this.snapshots++;
    this.#rows.add(message.row);
  }

  #break(feed: BookFeed, phase: Phase, reason: string, receipt: Receipt): void {
    const wasSynced = feed.phase === Phase.synced;
    feed.phase = phase;
    feed.kept = [];
    feed.heardMs = receipt.ms;
    if (!wasSynced) return;
    this.gaps++;
    const { instId } = feed;
    // What befalls all instruments of a session is told once, by whoever has the session.
    if (phase === Phase.waiting) this.#port.log(`${instId}: gap (${reason})`);
    this.#rows.add({ recvNs: receipt.recvNs, instId, channel: 'gap', reason, ts: String(receipt.ms) });
  }

  #onOther(channel: string, row: VenueRow, receipt: Receipt): void {
    const { instId, ts } = row;
    if (typeof instId !== 'string' || !this.#feeds.has(instId)) return;
    const { recvNs } = receipt;
    if (channel === 'instruments') {
      this.onInstrument(row, receipt);
    } else if (!isTime(ts)) {
      this.malformed++;
    } else if (channel === 'trades') {
      const { tradeId, px, sz, side } = row;
      const isTrade = typeof tradeId === 'string' && isDecimal(px) && isDecimal(sz);
      if (isTrade && (side === 'buy' || side === 'sell')) {
        this.#rows.add({ recvNs, instId, channel, tradeId, px, sz, side, ts });
      } else this.malformed++;
    } else if (channel === 'mark-price') {
      const { markPx } = row;
      if (isDecimal(markPx)) this.#rows.add({ recvNs, instId, channel, markPx, ts });
      else this.malformed++;
    } else if (channel === 'funding-rate') {
      const { fundingRate, fundingTime } = row;
      if (isDecimal(fundingRate, true) && isTime(fundingTime)) {
        this.#rows.add({ recvNs, instId, channel, fundingRate, fundingTime, ts });
      } else this.malformed++;
    }
  }
}
