/**
 * A recording as the modelled venue plays it: each event at the time at which the venue made it, and with it how long it was
 * on its way to us.
 *
 *     with recvNs      received at recvNs; made at recvNs less the modelled feed latency
 *     without          made at ts; received at ts plus the modelled feed latency
 *
 * With recvNs the recorder's clock is the clock of the backtest, whatever it was off the venue's: only what lay between two
 * events counts. A gap in the recording is an empty book until the next snapshot: nothing is quoted on what nobody knows.
 *
 * Invariants: neither the time of an event nor that of its receipt ever falls; nothing that is read ahead is shown to anyone.
 */
import { assert } from '../base/assert.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { EMPTY_FEED_EVENT } from '../paper/exchange/feed-source.ts';
import type { FeedEvent, FeedSource } from '../paper/exchange/feed-source.ts';
import type { InstrumentRow } from '../paper/exchange/exchange.ts';
import type { RecordingEvent } from '../recording/recording-event.ts';
import { BacktestError, BacktestErrorCode } from './backtest-error.ts';
import type { LatencyModel } from './latency-model.ts';

/** Where recorded events come from: a reader of files, or a test's own list. Times are since `originMs`. */
export interface RecordedEvents {
  /** Milliseconds since the epoch, a whole number. */
  readonly originMs: Milliseconds;
  /** The next event without taking it; null at the end, and while the next one has to be read first. */
  peek(): RecordingEvent | null;
  next(): RecordingEvent | null;
  /** Whether there may be more than `next` gives. */
  readonly needsFill: boolean;
  fill(): Promise<void>;
}

/** So many events are ready before the venue goes on: more than there are with one and the same time. */
const READY_MIN = 4_096;
const READY_MAX = 8_192;
/** What prices and sizes are counted in. */
const GRID_FIELDS = ['tickSz', 'lotSz', 'ctVal', 'ctMult'] as const;
/** Instruments that are named when none of the wanted ones is there. */
const NAMES_SHOWN = 5;
/** The venue's clock counts in quarters of a microsecond. */
const PLAYING_NS: Nanoseconds = 1_000;

/** What the data held of one instrument, as far as it was played. */
export interface MarketCounts {
  books: number;
  trades: number;
  gaps: number;
}

interface ReadyEvent {
  readonly event: FeedEvent;
  readonly isGap: boolean;
  /** Since the origin. */
  readonly madeNs: Nanoseconds;
  readonly receivedNs: Nanoseconds;
}

export class RecordedFeed implements FeedSource, LatencyModel {
  readonly originMs: Milliseconds;
  /** The venue's wall clock when the recording begins, a whole millisecond. */
  readonly startMs: Milliseconds;
  /** Whether the recording has receive times. */
  readonly hasReceipts: boolean;
  /** By instrument, of the wanted ones. */
  readonly counts = new Map<string, MarketCounts>();
  /** As the recording has them. What the venue lists otherwise is added, so that a row that comes later can be compared. */
  readonly instruments: Map<string, InstrumentRow>;
  /** Events played so far. */
  events = 0;
  readonly #source: RecordedEvents;
  readonly #latency: LatencyModel;
  #ready: ReadyEvent[] = [];
  #at = 0;
  #isRead = false;
  /** Of the last event that was read. */
  #madeNs: Nanoseconds = -Infinity;
  #receivedNs: Nanoseconds = -Infinity;
  /** Of the event that is being played. */
  #playing: ReadyEvent | null = null;

  /**
   * Reads up to the first book of one of the instruments; what comes before is passed over.
   *
   * @throws BacktestError when there is none, and what the source throws
   */
  static async open(
    source: RecordedEvents,
    instIds: readonly string[],
    latency: LatencyModel,
  ): Promise<RecordedFeed> {
    const others = new Set<string>();
    const rows = new Map<string, InstrumentRow>();
    for (;;) {
      if (source.needsFill) await source.fill();
      const event = source.peek();
      if (event === null) break;
      if (event.kind === 'snapshot' && instIds.includes(event.instId)) {
        const feed = new RecordedFeed(source, instIds, latency, event, rows);
        await feed.fill();
        return feed;
      }
      if (event.row !== undefined) rows.set(event.instId, event.row);
      others.add(event.instId);
      source.next();
    }
    const named = [...others].slice(0, NAMES_SHOWN).join(', ');
    throw new BacktestError(
      BacktestErrorCode.noMarket,
      `data: expected the book of ${instIds.join(' or ')}, was ${named === '' ? 'without any event' : `of ${named}`}; name other files with --data, or other instruments in --config`,
    );
  }

  private constructor(
    source: RecordedEvents,
    instIds: readonly string[],
    latency: LatencyModel,
    first: RecordingEvent,
    rows: Map<string, InstrumentRow>,
  ) {
    this.instruments = rows;
    this.#source = source;
    this.#latency = latency;
    this.originMs = source.originMs;
    this.hasReceipts = first.recvNs >= 0;
    this.startMs = source.originMs + Math.floor(this.#madeOf(first) / NS_PER_MS);
    for (const instId of instIds) this.counts.set(instId, { books: 0, trades: 0, gaps: 0 });
  }

  /** Everything has been played. */
  get isEnded(): boolean {
    return this.#isRead && this.#at === this.#ready.length;
  }

  /** When the last event that was read is received; once everything is played, that of the last one there is. */
  get lastReceivedNs(): Nanoseconds {
    return this.#receivedNs;
  }

  /** Whether `fill` has to be waited for before the venue goes on. */
  get needsFill(): boolean {
    return !this.#isRead && this.#ready.length - this.#at < READY_MIN;
  }

  /** @throws what the source throws */
  async fill(): Promise<void> {
    const source = this.#source;
    this.#ready = this.#ready.slice(this.#at);
    this.#at = 0;
    while (this.#ready.length < READY_MAX) {
      if (source.needsFill) await source.fill();
      const event = source.next();
      if (event === null) {
        this.#isRead = true;
        return;
      }
      this.#take(event);
    }
  }

  peek(): FeedEvent | null {
    if (this.#at === this.#ready.length) {
      assert(this.#isRead, 'events are read before the venue asks for them');
      return null;
    }
    return this.#ready[this.#at]!.event;
  }

  next(): FeedEvent | null {
    if (this.peek() === null) return null;
    const playing = this.#ready[this.#at++]!;
    this.#playing = playing;
    this.events++;
    const counts = this.counts.get(playing.event.instId)!;
    if (playing.isGap) counts.gaps++;
    else if (playing.event.kind === 'trade') counts.trades++;
    else if (playing.event.kind === 'snapshot' || playing.event.kind === 'update') counts.books++;
    return playing.event;
  }

  /** Of what is sent because of the event that is being played: it arrives exactly when that was received. */
  sampleNs(sinceOriginNs: Nanoseconds): Nanoseconds {
    const playing = this.#playing;
    if (playing === null || sinceOriginNs - playing.madeNs > PLAYING_NS)
      return this.#latency.sampleNs(sinceOriginNs);
    return playing.receivedNs - sinceOriginNs;
  }

  #take(event: RecordingEvent): void {
    if (!this.counts.has(event.instId)) return;
    if (event.kind === 'instrument') {
      this.#list(event);
      return;
    }
    const madeNs = Math.max(this.#madeNs, this.#madeOf(event));
    const receivedNs = Math.max(this.#receivedNs, madeNs, this.#receivedOf(event));
    this.#madeNs = madeNs;
    this.#receivedNs = receivedNs;
    const offsetMs = madeNs / NS_PER_MS + (this.originMs - this.startMs);
    this.#ready.push({
      event: feedEventOf(event, offsetMs),
      isGap: event.kind === 'gap',
      madeNs,
      receivedNs,
    });
  }

  /** An instrument keeps its grids: everything else of its row may change. */
  #list({ instId, row, file, line }: RecordingEvent): void {
    const listed = this.instruments.get(instId);
    if (listed === undefined) this.instruments.set(instId, row!);
    const changed =
      listed === undefined ? undefined : GRID_FIELDS.find((name) => listed[name] !== row![name]);
    if (changed === undefined) return;
    throw new BacktestError(
      BacktestErrorCode.otherGrid,
      `${file}:${line}: expected ${instId} with the ${changed} "${String(listed![changed])}" that it had before, was "${String(row![changed])}"; run the two parts by themselves, cut with --to and --from`,
    );
  }

  #madeOf({ recvNs, timeNs }: RecordingEvent): Nanoseconds {
    return recvNs < 0 ? timeNs : timeNs - this.#latency.sampleNs(timeNs);
  }

  #receivedOf({ recvNs, timeNs }: RecordingEvent): Nanoseconds {
    return recvNs < 0 ? timeNs + this.#latency.sampleNs(timeNs) : timeNs;
  }
}

function feedEventOf(event: RecordingEvent, offsetMs: Milliseconds): FeedEvent {
  const { instId, px, tsMs, fundingTimeMs } = event;
  const common = { ...EMPTY_FEED_EVENT, offsetMs, instId };
  switch (event.kind) {
    case 'snapshot':
    case 'update':
      return { ...common, kind: event.kind, asks: event.asks, bids: event.bids };
    case 'trade':
      return { ...common, kind: 'trade', px, sz: event.sz, side: event.side };
    case 'mark':
      return { ...common, kind: 'mark', px };
    case 'funding':
      return { ...common, kind: 'funding', rate: px, fundingOffsetMs: offsetMs + fundingTimeMs - tsMs };
    default:
      return { ...common, kind: 'snapshot' };
  }
}
