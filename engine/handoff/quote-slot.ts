/**
 * The quote of one instrument, from its worker to the engine: the wanted ladder, the guard, and the market version that
 * both were computed from. A seqlock like the market slot, whose head says why its plain copies are sound.
 *
 * Owner:      QuoteWriter belongs to the worker that quotes the instrument (to the supervisor while that worker is
 *             gone); QuoteReader belongs to the engine thread.
 * Invariants: the sequence is odd while the slot is being written and even when it is whole; a QuoteView holds one
 *             published quote, never parts of two.
 * Cost:       one copy of the counted levels on each side; nothing allocates.
 *
 * The guard: a resting bid at p has its edge while p <= reference - bidEdgeTicks, a resting ask while p >= reference +
 * askEdgeTicks, the reference being the engine's own fair price (base/micro-price.ts) of the book as it is now.
 * `referenceTicks` is that price in the market that was quoted, and `fairTicks` what the strategy made of it: what the
 * two differ by is in the edges.
 */
import { assert } from '../base/assert.ts';
import type { Nanoseconds } from '../base/units.ts';
import type { Handoff } from './handoff-memory.ts';
import { QUOTE_DOUBLES, QuoteDouble, QuoteWord, SlotViews, copyDoubles, copyRows } from './layout.ts';
import { sequenceAfterCopy } from './seqlock.ts';

/** As for the market slot: after this many tries the worker was stopped half-way, and either rings or is replaced. */
const READ_ATTEMPTS_MAX = 64;

/** A private copy of one quote: what the strategy fills and the engine reads. Rows are best first. */
export class QuoteView {
  readonly bidTicks: Int32Array;
  readonly bidLots: Float64Array;
  readonly askTicks: Int32Array;
  readonly askLots: Float64Array;
  bidCount = 0;
  askCount = 0;
  /** Of the book that the quote was computed from. */
  epoch = 0;
  /** Whether the requote rule has anything to reckon with: else the doubles from `bidRate` on are 0, and not handed over. */
  isWeighed = false;
  readonly doubles = new Float64Array(QUOTE_DOUBLES);

  constructor(levels: number) {
    this.bidTicks = new Int32Array(levels);
    this.bidLots = new Float64Array(levels);
    this.askTicks = new Int32Array(levels);
    this.askLots = new Float64Array(levels);
  }

  /** @hot There is nothing to weigh orders by. */
  clearWeights(): void {
    this.isWeighed = false;
    for (let index = QuoteDouble.bidRate; index < QUOTE_DOUBLES; index++) this.doubles[index] = 0;
  }

  /** For who has written `doubles` himself: whether there is something to weigh orders by is read off them. */
  findWeights(): void {
    this.isWeighed = false;
    for (let index = QuoteDouble.bidRate; index < QUOTE_DOUBLES; index++) {
      if (this.doubles[index] !== 0) this.isWeighed = true;
    }
  }

  /** The market's version that was quoted; 0 in an empty quote put there for a lost worker. */
  get marketVersion(): number {
    return this.doubles[QuoteDouble.marketVersion];
  }
  set marketVersion(value: number) {
    this.doubles[QuoteDouble.marketVersion] = value;
  }
  /** When the frame behind that market arrived. */
  get recvNs(): Nanoseconds {
    return this.doubles[QuoteDouble.recvNs];
  }
  set recvNs(value: Nanoseconds) {
    this.doubles[QuoteDouble.recvNs] = value;
  }
  get computedNs(): Nanoseconds {
    return this.doubles[QuoteDouble.computedNs];
  }
  set computedNs(value: Nanoseconds) {
    this.doubles[QuoteDouble.computedNs] = value;
  }
  /** Ticks with a fraction. */
  get fairTicks(): number {
    return this.doubles[QuoteDouble.fairTicks];
  }
  set fairTicks(value: number) {
    this.doubles[QuoteDouble.fairTicks] = value;
  }
  /** The engine's fair price in the market that was quoted: what the guard measures moves from. */
  get referenceTicks(): number {
    return this.doubles[QuoteDouble.referenceTicks];
  }
  set referenceTicks(value: number) {
    this.doubles[QuoteDouble.referenceTicks] = value;
  }
  /** What a resting bid must keep below the reference, a resting ask above it; ticks with a fraction, may be negative. */
  get bidEdgeTicks(): number {
    return this.doubles[QuoteDouble.bidEdgeTicks];
  }
  set bidEdgeTicks(value: number) {
    this.doubles[QuoteDouble.bidEdgeTicks] = value;
  }
  get askEdgeTicks(): number {
    return this.doubles[QuoteDouble.askEdgeTicks];
  }
  set askEdgeTicks(value: number) {
    this.doubles[QuoteDouble.askEdgeTicks] = value;
  }
  /** Of the calibrated parameters in it; 0 for none. */
  get modelVersion(): number {
    return this.doubles[QuoteDouble.modelVersion];
  }
  set modelVersion(value: number) {
    this.doubles[QuoteDouble.modelVersion] = value;
  }
  /** Of the strategy parameters in it. */
  get configVersion(): number {
    return this.doubles[QuoteDouble.configVersion];
  }
  set configVersion(value: number) {
    this.doubles[QuoteDouble.configVersion] = value;
  }
  /** What the requote rule reckons with, by side (models.md par. 3, 5.2): fills a second at no distance, ... */
  get bidRate(): number {
    return this.doubles[QuoteDouble.bidRate];
  }
  set bidRate(value: number) {
    this.isWeighed = true;
    this.doubles[QuoteDouble.bidRate] = value;
  }
  /** ... their decay with the distance from `fairTicks`, a tick; 0 where no calibration is trusted. */
  get bidDecay(): number {
    return this.doubles[QuoteDouble.bidDecay];
  }
  set bidDecay(value: number) {
    this.isWeighed = true;
    this.doubles[QuoteDouble.bidDecay] = value;
  }
  get askRate(): number {
    return this.doubles[QuoteDouble.askRate];
  }
  set askRate(value: number) {
    this.isWeighed = true;
    this.doubles[QuoteDouble.askRate] = value;
  }
  get askDecay(): number {
    return this.doubles[QuoteDouble.askDecay];
  }
  set askDecay(value: number) {
    this.isWeighed = true;
    this.doubles[QuoteDouble.askDecay] = value;
  }
  /** What a fill costs: the maker's fee and the expected adverse move, in ticks. */
  get bidCostTicks(): number {
    return this.doubles[QuoteDouble.bidCostTicks];
  }
  set bidCostTicks(value: number) {
    this.isWeighed = true;
    this.doubles[QuoteDouble.bidCostTicks] = value;
  }
  get askCostTicks(): number {
    return this.doubles[QuoteDouble.askCostTicks];
  }
  set askCostTicks(value: number) {
    this.isWeighed = true;
    this.doubles[QuoteDouble.askCostTicks] = value;
  }
}

/** Publishes one instrument's quote. Make it when the slot's former writer is gone: it goes on from its sequence. */
export class QuoteWriter {
  readonly #views: SlotViews;
  readonly #levels: number;
  #sequence: number;

  constructor(handoff: Handoff, instrument: number) {
    assert(instrument >= 0 && instrument < handoff.instrumentCount, 'the instrument has a quote slot');
    const slotAt = handoff.layout.quoteSlotAt(instrument);
    this.#views = new SlotViews(handoff.memory, slotAt, QUOTE_DOUBLES, handoff.quoteLevels);
    this.#levels = handoff.quoteLevels;
    // Odd when the predecessor was killed half-way: the first publish() then goes on to the next odd number.
    this.#sequence = Atomics.load(this.#views.words, QuoteWord.sequence);
  }

  /** @hot Makes `quote` the newest one. */
  publish(quote: QuoteView): void {
    const views = this.#views;
    const words = views.words;
    const { bidCount, askCount } = quote;
    assert(bidCount <= this.#levels && askCount <= this.#levels, 'the quote fits its slot');
    const odd = (this.#sequence + 1) | 1;
    this.#sequence = (odd + 1) | 0;
    Atomics.exchange(words, QuoteWord.sequence, odd);
    copyRows(quote.bidTicks, quote.bidLots, views.bidTicks, views.bidLots, bidCount);
    copyRows(quote.askTicks, quote.askLots, views.askTicks, views.askLots, askCount);
    copyDoubles(quote.doubles, views.doubles, quote.isWeighed ? QUOTE_DOUBLES : QuoteDouble.bidRate);
    words[QuoteWord.bidCount] = bidCount;
    words[QuoteWord.askCount] = askCount;
    words[QuoteWord.epoch] = quote.epoch;
    words[QuoteWord.isWeighed] = quote.isWeighed ? 1 : 0;
    Atomics.store(words, QuoteWord.sequence, this.#sequence);
  }
}

/** Reads one instrument's quote, each one at most once. */
export class QuoteReader {
  /** Copies that were thrown away because the writer was at work. */
  tornReads = 0;
  readonly #views: SlotViews;
  #lastSequence = 0;

  constructor(handoff: Handoff, instrument: number) {
    assert(instrument >= 0 && instrument < handoff.instrumentCount, 'the instrument has a quote slot');
    const slotAt = handoff.layout.quoteSlotAt(instrument);
    this.#views = new SlotViews(handoff.memory, slotAt, QUOTE_DOUBLES, handoff.quoteLevels);
  }

  /**
   * @hot Whether read() would find a quote that it has not given yet. A plain load: who was told by a bell has taken it
   * atomically, and so sees at least the quote that it rang for; who was not sees it the next time.
   */
  hasChanged(): boolean {
    return this.#views.words[QuoteWord.sequence] !== this.#lastSequence;
  }

  /**
   * @hot Copies the newest quote into `out`. False when there is none newer than the last one read, or when the writer
   * would not hold still; `out` then means nothing.
   */
  read(out: QuoteView): boolean {
    const words = this.#views.words;
    for (let attempt = 0; attempt < READ_ATTEMPTS_MAX; attempt++) {
      const sequence = Atomics.load(words, QuoteWord.sequence);
      if (sequence === this.#lastSequence) return false;
      if ((sequence & 1) === 1) continue;
      this.#copy(out);
      if (sequenceAfterCopy(words, QuoteWord.sequence) === sequence) {
        this.#lastSequence = sequence;
        return true;
      }
      this.tornReads++;
    }
    return false;
  }

  /** @hot */
  #copy(out: QuoteView): void {
    const views = this.#views;
    const words = views.words;
    const bidCount = words[QuoteWord.bidCount];
    const askCount = words[QuoteWord.askCount];
    copyRows(views.bidTicks, views.bidLots, out.bidTicks, out.bidLots, bidCount);
    copyRows(views.askTicks, views.askLots, out.askTicks, out.askLots, askCount);
    const isWeighed = words[QuoteWord.isWeighed] === 1;
    if (!isWeighed && out.isWeighed) out.clearWeights();
    copyDoubles(views.doubles, out.doubles, isWeighed ? QUOTE_DOUBLES : QuoteDouble.bidRate);
    out.isWeighed = isWeighed;
    out.bidCount = bidCount;
    out.askCount = askCount;
    out.epoch = words[QuoteWord.epoch];
  }
}
