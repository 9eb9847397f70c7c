/**
 * A recording as the modelled venue plays it: each event at the time at which the venue made it, and with it how long it was
 * on its way to us.
 *
 *     with recvNs      received at recvNs; made at recvNs less the modelled feed latency
 *     without          made at ts; received at ts plus the modelled feed latency
 *
 * With recvNs the recorder's clock is the clock of the backtest, whatever it was off the venue's: only what lay between two
 * events counts. In a gap of the recording, and before its first book, an instrument is suspended: its orders can only be
 * cancelled, since nobody knows the market that they would meet.
 *
 * Invariants: neither the time of an event nor that of its receipt ever falls; nothing that is read ahead is shown.
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

/**
 * So many events are ready before the venue goes on, and more than it takes in one step, which is all of one time. Few, so
 * that they die young.
 */
const READY_MIN = 256;
const READY_MAX = 1_024;
const STEP_NS: Nanoseconds = 2 * NS_PER_MS;
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
  /** Told when trading in an instrument ends and begins, from within `next`. */
  onTrading: (instId: string, isOn: boolean) => void = () => {};
  /** As the recording has them before their first book, and as the venue lists them. */
  readonly #rows: Map<string, InstrumentRow>;
  /** Rows that came later, of instruments that nobody had listed by then. */
  readonly #laterRows: RecordingEvent[] = [];
  /** Instruments with a book so far: of what was read, and of what was played. */
  readonly #begun = new Set<string>();
  readonly #trading = new Set<string>();
  /** Its book is whole again; its trading begins with whatever comes next, so that the book is known first. */
  #resuming = '';
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
    const hasNoSnapshot = instIds.some((instId) => others.has(instId));
    const was = hasNoSnapshot
      ? 'without a snapshot of it'
      : named === ''
        ? 'without any event'
        : `of ${named}`;
    throw new BacktestError(
      BacktestErrorCode.noMarket,
      `data: expected the book of ${instIds.join(' or ')}, was ${was}; name ${hasNoSnapshot ? 'a file of its book, too,' : 'other files'} with --data, or other instruments in --config`,
    );
  }

  private constructor(
    source: RecordedEvents,
    instIds: readonly string[],
    latency: LatencyModel,
    first: RecordingEvent,
    rows: Map<string, InstrumentRow>,
  ) {
    this.#rows = rows;
    this.#source = source;
    this.#latency = latency;
    this.originMs = source.originMs;
    this.hasReceipts = first.recvNs >= 0;
    this.startMs = source.originMs + Math.floor(this.#madeOf(first) / NS_PER_MS);
    for (const instId of instIds) this.counts.set(instId, { books: 0, trades: 0, gaps: 0 });
  }

  /** The instrument's row, if the recording has one at its beginning. */
  rowOf(instId: string): InstrumentRow | undefined {
    return this.#rows.get(instId);
  }

  /**
   * What the venue lists: rows that come later must have its grids.
   *
   * @throws BacktestError when one that was read already has not
   */
  list(instId: string, row: InstrumentRow): void {
    this.#rows.set(instId, row);
    for (const event of this.#laterRows) this.#compare(event);
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
    return !this.#isRead && this.#isShort(READY_MIN);
  }

  /** @throws what the source throws */
  async fill(): Promise<void> {
    const source = this.#source;
    this.#ready = this.#ready.slice(this.#at);
    this.#at = 0;
    while (this.#isShort(READY_MAX)) {
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
    this.#followTrading(playing);
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

  /** Whether fewer events are ready than that, or than there may be in the next step of the venue. */
  #isShort(count: number): boolean {
    const head = this.#ready[this.#at];
    return this.#ready.length - this.#at < count || this.#madeNs - head!.madeNs <= STEP_NS;
  }

  #take(event: RecordingEvent): void {
    const { instId, kind } = event;
    if (!this.counts.has(instId)) return;
    if (kind === 'instrument') {
      if (this.#begun.has(instId) || this.#rows.has(instId)) this.#compare(event);
      else this.#rows.set(instId, event.row!);
      return;
    }
    if (kind === 'snapshot') this.#begun.add(instId);
    const madeNs = Math.max(this.#madeNs, this.#madeOf(event));
    const receivedNs = Math.max(this.#receivedNs, madeNs, this.#receivedOf(event));
    this.#madeNs = madeNs;
    this.#receivedNs = receivedNs;
    const offsetMs = madeNs / NS_PER_MS + (this.originMs - this.startMs);
    this.#ready.push({
      event: feedEventOf(event, kind === 'gap' ? 'update' : kind, offsetMs, this.startMs),
      isGap: kind === 'gap',
      madeNs,
      receivedNs,
    });
  }

  /** Trading stops with a gap, and begins after a snapshot. */
  #followTrading({ event: { instId, kind }, isGap }: ReadyEvent): void {
    if (this.#resuming !== '') {
      this.#trading.add(this.#resuming);
      this.onTrading(this.#resuming, true);
      this.#resuming = '';
    }
    if (isGap && this.#trading.delete(instId)) this.onTrading(instId, false);
    else if (!isGap && kind === 'snapshot' && !this.#trading.has(instId)) this.#resuming = instId;
  }

  /** An instrument keeps its grids: everything else of its row may change. */
  #compare(event: RecordingEvent): void {
    const { instId, row, file, line } = event;
    const listed = this.#rows.get(instId);
    if (listed === undefined) this.#laterRows.push(event);
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

/** Always of one shape, which the venue reads often. A gap is a book without levels. */
function feedEventOf(
  event: RecordingEvent,
  kind: FeedEvent['kind'],
  offsetMs: Milliseconds,
  startMs: Milliseconds,
): FeedEvent {
  const { instId, asks, bids, px, sz, side } = event;
  const isFunding = kind === 'funding';
  return {
    offsetMs,
    instId,
    kind,
    asks,
    bids,
    px: isFunding ? '' : px,
    sz,
    side,
    rate: isFunding ? px : EMPTY_FEED_EVENT.rate,
    fundingOffsetMs: isFunding ? fundingOffsetMs(event, offsetMs, startMs) : 0,
  };
}

/**
 * The recorder's clock may be off the venue's, by which funding is settled: what lies between the two times of the event is
 * counted from when it was made. What the reader derived itself (the state at `from`) is older than it says.
 */
function fundingOffsetMs(
  { fundingTimeMs, tsMs, line }: RecordingEvent,
  offsetMs: Milliseconds,
  startMs: Milliseconds,
): Milliseconds {
  return line === 0 ? fundingTimeMs - startMs : offsetMs + fundingTimeMs - tsMs;
}
