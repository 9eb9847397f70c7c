import { NS_PER_MS, NS_PER_SECOND } from '../../../engine/base/units.ts';
import type { Milliseconds, Nanoseconds } from '../../../engine/base/units.ts';
import type { Book } from '../../../engine/book/book.ts';
import { BookState } from '../../../engine/book/book.ts';
import type { BookSide } from '../../../engine/book/book-side.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import { engineOf } from './engine-view.ts';
import type { EngineView } from './engine-view.ts';
import type { Shared } from './shared.ts';
import type { SentItem } from './traffic.ts';

/** Levels a side that are compared, and how often each book is. */
const LEVELS = 10;
const COMPARE_NS: Nanoseconds = 10 * NS_PER_SECOND;
/** A book that is found wrong, and not right once within this, is wrong. */
const WRONG_NS: Nanoseconds = 8 * NS_PER_SECOND;
/** The venue's sequence numbers are noted so often, and so many are kept. */
const NOTE_NS: Nanoseconds = NS_PER_SECOND / 2;
const NOTES = 256;
/** Updates that may be lost one after the other: skipped by the venue, lost on the way, or cut. */
const LOST_MAX = 3;
/**
 * A connection that went silent is found out by its missing pong within this, what was on its way included; books by a
 * channel that is told nothing new stay as they are.
 */
const SILENCE_MS: Milliseconds = 12_000;
/** The book of an option may stand still: then only the venue's word of once a minute tells that a frame was lost. */
const STILL_MS = 70_000;

/** What the venue's sequence number was, some time back. */
class SequenceNotes {
  readonly #times = new Float64Array(NOTES);
  readonly #sequences = new Float64Array(NOTES);
  #count = 0;
  #newest = -1;

  /** @returns whether the numbers were started anew since the last look: then what was noted says nothing any more */
  look(sequence: number): boolean {
    const isNew = sequence < this.#newest;
    if (isNew) this.#count = 0;
    this.#newest = sequence;
    return isNew;
  }

  note(nowNs: Nanoseconds): void {
    this.#times[this.#count % NOTES] = nowNs;
    this.#sequences[this.#count % NOTES] = this.#newest;
    this.#count++;
  }

  /**
   * What must have been noticed by then: a loss is seen by the update after it, unless that is lost as well, and so on for as
   * many as faults may take in a row. -1 when nothing must.
   */
  noticedBy(timeNs: Nanoseconds): number {
    let before = Infinity;
    let changes = 0;
    for (let back = 1; back <= Math.min(NOTES, this.#count); back++) {
      const index = (this.#count - back) % NOTES;
      const sequence = this.#sequences[index]!;
      if (this.#times[index]! > timeNs || sequence === before) continue;
      if (changes++ === LOST_MAX) return sequence;
      before = sequence;
    }
    return -1;
  }
}

/**
 * No order is placed or moved on a book that is broken, stale or crossed. Broken is judged by the venue: a book that the
 * engine takes for whole, at the sequence number at which the venue stands, has the venue's levels. Stale, too: the number
 * must not be older than what the venue had published some seconds ago.
 */
export class BookTruth implements Checker {
  readonly name = 'book';
  readonly #shared: Shared;
  readonly #notes: SequenceNotes[] = [];
  /** By instrument: when it was last found to be right, and since when it has been found wrong. */
  readonly #comparedNs: Nanoseconds[] = [];
  readonly #wrongNs: Nanoseconds[] = [];
  /** By instrument: the engine's number when the venue's were started anew; it may meet a new one by chance. */
  readonly #formerSequences: number[] = [];
  #engine: EngineView | null = null;
  #nextNs: Nanoseconds = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): string | null {
    const { traffic } = this.#shared;
    this.#look(world);
    const engine = engineOf(world);
    if (engine !== this.#engine) this.#wrongNs.fill(Infinity);
    this.#engine = engine;
    if (engine === null) return null;
    if (traffic.read(world)) {
      for (const item of traffic.items) {
        const wrong =
          item.op === 'cancel' || item.ordType === 'ioc' ? null : this.#checkSent(world, engine, item);
        if (wrong !== null) return wrong;
      }
    }
    for (const { index } of engine.instruments) {
      const comparedNs = this.#comparedNs[index] ?? 0;
      if (world.nowNs - comparedNs < COMPARE_NS) continue;
      const wrong = this.#compare(world, engine, index);
      if (wrong !== null) return wrong;
    }
    return null;
  }

  end(): null {
    return null;
  }

  /** In every step: numbers that were started anew may have grown past the old ones by the next note. */
  #look(world: SimWorldView): void {
    const isToNote = world.nowNs >= this.#nextNs;
    if (isToNote) this.#nextNs = world.nowNs + NOTE_NS;
    for (let index = 0; index < world.config.instruments.length; index++) {
      const { instId } = world.config.instruments[index]!;
      const notes = (this.#notes[index] ??= new SequenceNotes());
      const isNew = notes.look(world.venue.market.publisher(instId)?.seqId ?? 0);
      if (isNew) this.#formerSequences[index] = engineOf(world)?.loop.market.books[index]?.seqId ?? -1;
      if (isToNote) notes.note(world.nowNs);
    }
  }

  #checkSent(world: SimWorldView, engine: EngineView, item: SentItem): string | null {
    const instrument = engine.instruments.find(({ instId }) => instId === item.instId);
    if (instrument === undefined) return null;
    const book = engine.loop.market.books[instrument.index]!;
    if (item.op === 'amend' && !this.#isAdvance(world, item)) return null;
    const what = `${item.instId}: ${item.op} of ${item.clOrdId}`;
    if (book.state !== BookState.synced) return `${what} on a book that is not whole`;
    if (book.isCrossed()) return `${what} on a crossed book`;
    const silenceMs = instrument.option === null ? SILENCE_MS : STILL_MS;
    const ageMs = silenceMs + world.config.engine.bookAgeMsMax;
    const least = this.#notes[instrument.index]?.noticedBy(world.nowNs - ageMs * NS_PER_MS) ?? -1;
    return book.seqId < least
      ? `${what} on a book at ${book.seqId}, when the venue was past ${least} ${ageMs} ms before`
      : null;
  }

  /** Whether an amend leads towards the market; away from it an order may always be moved. */
  #isAdvance(world: SimWorldView, { clOrdId, px }: SentItem): boolean {
    const order = this.#shared.truth.look(world).openByClientId(clOrdId);
    if (order === null || px === '') return false;
    const now = order.ticks * order.market.listing.tick.value;
    return order.terms.side === 0 ? Number(px) > now : Number(px) < now;
  }

  /** Compares what can be compared now: a whole book at the very number at which the venue stands. */
  #compare(world: SimWorldView, engine: EngineView, index: number): string | null {
    const { instId, tick, lot } = engine.instruments[index]!;
    const book = engine.loop.market.books[index]!;
    const publisher = world.venue.market.publisher(instId);
    if (publisher === undefined || book.state !== BookState.synced || book.seqId !== publisher.seqId)
      return null;
    if (book.seqId === this.#formerSequences[index]) return null;
    const image = publisher.image(LEVELS, world.nowMs) as { asks: string[][]; bids: string[][] };
    const grid = { tick: tick.value, lot: lot.value };
    const wrong =
      sideDifference(`${instId}: bid`, image.bids, book.bids, grid) ??
      sideDifference(`${instId}: ask`, image.asks, book.asks, grid) ??
      crossing(instId, book);
    if (wrong === null) {
      this.#comparedNs[index] = world.nowNs;
      this.#wrongNs[index] = Infinity;
      return null;
    }
    // Frames that are still on their way from before new numbers may meet one of those by chance, and not for long.
    if (!(this.#wrongNs[index]! < Infinity)) this.#wrongNs[index] = world.nowNs;
    return world.nowNs - this.#wrongNs[index]! > WRONG_NS ? wrong : null;
  }
}

function crossing(instId: string, book: Book): string | null {
  return book.isCrossed() ? `${instId}: a crossed book that the venue does not have` : null;
}

function sideDifference(
  what: string,
  rows: readonly string[][],
  side: BookSide,
  { tick, lot }: { readonly tick: number; readonly lot: number },
): string | null {
  let ticks = side.bestTicks;
  for (const [level, [px, sz]] of rows.entries()) {
    const price = ticks > 0 ? ticks * tick : Number.NaN;
    const size = ticks > 0 ? side.lotsAt(ticks) * lot : Number.NaN;
    const isSame = Math.abs(price - Number(px)) < tick / 2 && Math.abs(size - Number(sz)) < lot / 2;
    if (!isSame)
      return `${what} ${level} is ${price} × ${size}, of the venue's ${px} × ${sz} at the same number`;
    ticks = side.nextTicks(ticks);
  }
  return null;
}
