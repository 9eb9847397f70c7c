/**
 * The market of one instrument as its quote worker sees it: the best levels without our own orders, our position, and
 * the version of both. A seqlock: only the newest market counts, so a slot with a version beats a queue.
 *
 * Owner:      MarketWriter belongs to the engine thread, MarketReader to the one thread that made it.
 * Invariants: the sequence is odd while the slot is being written and even when it is whole; a MarketView holds one
 *             published market, never parts of two; versions grow by one a publish and never repeat.
 * Cost:       the writer fills the slot in place; the reader copies the counted levels only; nothing allocates.
 *
 *     writer   sequence → odd      payload …           sequence → even
 *     reader   sequence is even?   copy the payload    sequence is the same?   otherwise again, at most 64 times
 *
 * The payload is read and written plainly between atomic accesses of the sequence, which in Node 20 are calls of a builtin
 * (7 to 8 ns each, loads too) that the compiler moves nothing across. That is sound on x86-64, where loads are not reordered
 * with loads nor stores with stores; elsewhere the reader's second look is a read-modify-write (seqlock.ts).
 */
import { assert } from '../base/assert.ts';
import type { Lots, Milliseconds, Nanoseconds } from '../base/units.ts';
import type { Handoff } from './handoff-memory.ts';
import { MARKET_DOUBLES, MarketDouble, MarketWord, SlotViews, copyDoubles, copyRows } from './layout.ts';
import { sequenceAfterCopy } from './seqlock.ts';

/**
 * A write takes about 100 ns and a copy no more, so a reader needs a second try now and then; after 64 the writer was
 * descheduled half-way, and it rings the reader's bell when it is done.
 */
const READ_ATTEMPTS_MAX = 64;

/** A private copy of one market. Doubles live in a typed array: as fields they would be boxed when written. */
export class MarketView {
  readonly bidTicks: Int32Array;
  readonly bidLots: Float64Array;
  readonly askTicks: Int32Array;
  readonly askLots: Float64Array;
  bidCount = 0;
  askCount = 0;
  isQuotable = false;
  /** The book's: quotes from an older epoch are void. */
  epoch = 0;
  readonly doubles = new Float64Array(MARKET_DOUBLES);

  constructor(levels: number) {
    this.bidTicks = new Int32Array(levels);
    this.bidLots = new Float64Array(levels);
    this.askTicks = new Int32Array(levels);
    this.askLots = new Float64Array(levels);
  }

  /** 1 for the first market published. */
  get version(): number {
    return this.doubles[MarketDouble.version];
  }
  get seqId(): number {
    return this.doubles[MarketDouble.seqId];
  }
  get tsMs(): Milliseconds {
    return this.doubles[MarketDouble.tsMs];
  }
  /** When the frame that made this market arrived. */
  get recvNs(): Nanoseconds {
    return this.doubles[MarketDouble.recvNs];
  }
  /** Our position, signed. */
  get positionLots(): Lots {
    return this.doubles[MarketDouble.positionLots];
  }
  /** Net delta of the other instruments of its underlying, in lots of this one; 0 where none is counted with it. */
  get groupLots(): number {
    return this.doubles[MarketDouble.groupLots];
  }
  /** Order-flow imbalance of the best levels, added up since the start (models.md par. 4.3); readers take differences. */
  get ofiLots(): number {
    return this.doubles[MarketDouble.ofiLots];
  }
  /** What takers have bought and sold since the start, added up; readers take differences. */
  get boughtLots(): number {
    return this.doubles[MarketDouble.boughtLots];
  }
  get soldLots(): number {
    return this.doubles[MarketDouble.soldLots];
  }
  /** The venue's mark price and index price, with a fraction; 0 while they are not known. */
  get markTicks(): number {
    return this.doubles[MarketDouble.markTicks];
  }
  get indexTicks(): number {
    return this.doubles[MarketDouble.indexTicks];
  }
}

/**
 * Publishes one instrument's market:
 *
 *     writer.begin();
 *     writer.bidTicks[0] = …; writer.recvNs = …;      // rows in place, best first; every double set each time
 *     version = writer.publish(bidCount, askCount, isQuotable, epoch);
 *     bells.ring(instrument);
 *
 * Doubles are set through accessors, which V8 always inlines, and not passed to publish(), where they would be boxed
 * whenever it is not inlined.
 */
export class MarketWriter {
  /** The slot's own rows: write them between begin() and publish() only. */
  readonly bidTicks: Int32Array;
  readonly bidLots: Float64Array;
  readonly askTicks: Int32Array;
  readonly askLots: Float64Array;
  readonly levels: number;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  #sequence: number;

  constructor(handoff: Handoff, instrument: number) {
    assert(instrument >= 0 && instrument < handoff.instrumentCount, 'the instrument has a market slot');
    const slotAt = handoff.layout.marketSlotAt(instrument);
    const views = new SlotViews(handoff.memory, slotAt, MARKET_DOUBLES, handoff.marketLevels);
    this.bidTicks = views.bidTicks;
    this.bidLots = views.bidLots;
    this.askTicks = views.askTicks;
    this.askLots = views.askLots;
    this.levels = handoff.marketLevels;
    this.#words = views.words;
    this.#doubles = views.doubles;
    this.#sequence = Atomics.load(views.words, MarketWord.sequence);
  }

  set seqId(value: number) {
    this.#doubles[MarketDouble.seqId] = value;
  }
  set tsMs(value: Milliseconds) {
    this.#doubles[MarketDouble.tsMs] = value;
  }
  set recvNs(value: Nanoseconds) {
    this.#doubles[MarketDouble.recvNs] = value;
  }
  set positionLots(value: Lots) {
    this.#doubles[MarketDouble.positionLots] = value;
  }
  set groupLots(value: number) {
    this.#doubles[MarketDouble.groupLots] = value;
  }
  set ofiLots(value: number) {
    this.#doubles[MarketDouble.ofiLots] = value;
  }
  set boughtLots(value: number) {
    this.#doubles[MarketDouble.boughtLots] = value;
  }
  set soldLots(value: number) {
    this.#doubles[MarketDouble.soldLots] = value;
  }
  set markTicks(value: number) {
    this.#doubles[MarketDouble.markTicks] = value;
  }
  set indexTicks(value: number) {
    this.#doubles[MarketDouble.indexTicks] = value;
  }
  /** The version published last; 0 before the first. */
  get version(): number {
    return this.#doubles[MarketDouble.version];
  }

  /** @hot Readers keep off from here to publish(). */
  begin(): void {
    this.#sequence = (this.#sequence + 1) | 1;
    Atomics.exchange(this.#words, MarketWord.sequence, this.#sequence);
  }

  /** @hot Makes what was written since begin() the newest market, and returns its version. */
  publish(bidCount: number, askCount: number, isQuotable: boolean, epoch: number): number {
    const words = this.#words;
    assert((this.#sequence & 1) === 1, 'publish() follows begin()');
    assert(bidCount <= this.levels && askCount <= this.levels, 'the market fits its slot');
    const version = this.#doubles[MarketDouble.version] + 1;
    this.#doubles[MarketDouble.version] = version;
    words[MarketWord.bidCount] = bidCount;
    words[MarketWord.askCount] = askCount;
    words[MarketWord.isQuotable] = isQuotable ? 1 : 0;
    words[MarketWord.epoch] = epoch;
    this.#sequence = (this.#sequence + 1) | 0;
    Atomics.store(words, MarketWord.sequence, this.#sequence);
    return version;
  }
}

/** Reads one instrument's market, each version at most once. */
export class MarketReader {
  /** Copies that were thrown away because the writer was at work. */
  tornReads = 0;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #bidTicks: Int32Array;
  readonly #bidLots: Float64Array;
  readonly #askTicks: Int32Array;
  readonly #askLots: Float64Array;
  #lastSequence = 0;

  constructor(handoff: Handoff, instrument: number) {
    assert(instrument >= 0 && instrument < handoff.instrumentCount, 'the instrument has a market slot');
    const slotAt = handoff.layout.marketSlotAt(instrument);
    const views = new SlotViews(handoff.memory, slotAt, MARKET_DOUBLES, handoff.marketLevels);
    this.#words = views.words;
    this.#doubles = views.doubles;
    this.#bidTicks = views.bidTicks;
    this.#bidLots = views.bidLots;
    this.#askTicks = views.askTicks;
    this.#askLots = views.askLots;
  }

  /**
   * @hot Whether read() would find a market that it has not given yet. A plain load: who was told by a bell has taken it
   * atomically, and so sees at least the market that it rang for; who was not sees it the next time.
   */
  hasChanged(): boolean {
    return this.#words[MarketWord.sequence] !== this.#lastSequence;
  }

  /**
   * @hot Copies the newest market into `out`. False when there is none newer than the last one read, or when the writer
   * would not hold still; `out` then means nothing.
   */
  read(out: MarketView): boolean {
    const words = this.#words;
    for (let attempt = 0; attempt < READ_ATTEMPTS_MAX; attempt++) {
      const sequence = Atomics.load(words, MarketWord.sequence);
      if (sequence === this.#lastSequence) return false;
      if ((sequence & 1) === 1) continue;
      this.#copy(out);
      if (sequenceAfterCopy(words, MarketWord.sequence) === sequence) {
        this.#lastSequence = sequence;
        return true;
      }
      this.tornReads++;
    }
    return false;
  }

  /** @hot A count may belong to another version than the rows, but a word is never torn: it is within the capacity. */
  #copy(out: MarketView): void {
    const words = this.#words;
    const doubles = this.#doubles;
    const bidCount = words[MarketWord.bidCount];
    const askCount = words[MarketWord.askCount];
    copyRows(this.#bidTicks, this.#bidLots, out.bidTicks, out.bidLots, bidCount);
    copyRows(this.#askTicks, this.#askLots, out.askTicks, out.askLots, askCount);
    copyDoubles(doubles, out.doubles, MARKET_DOUBLES);
    out.bidCount = bidCount;
    out.askCount = askCount;
    out.isQuotable = words[MarketWord.isQuotable] === 1;
    out.epoch = words[MarketWord.epoch];
  }
}
