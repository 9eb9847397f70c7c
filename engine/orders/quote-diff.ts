/**
 * From the ladder that is wanted and the orders that live to the smallest set of commands: keep, amend, cancel, place.
 *
 * Owner:      the engine thread. Scratch is reused for every side.
 * Invariants: every order gets one command at most; every wanted level has one order at most; an order that is on its way,
 *             being amended or already in the batch is not amended; nothing is asked for twice while it is in flight.
 * Cost:       orders are sorted by insertion and merged with the levels; nothing allocates once constructed.
 *
 * Four passes, each over what the one before left. Orders are judged at the price they will have when everything in
 * flight is done.
 *
 *   1  an order at exactly a level's price keeps it       so a ladder that moves by a step moves one order, not all
 *   2  an order within tolerance of a level keeps it      a dead band around the price that was last asked for
 *   3  best order left ─▶ best level left                 keeps it while to move is not worth its place (requote-rule.ts)
 *   4  the same                                           amended; levels left over are placed, orders left over cancelled
 *
 * What is no quote (OrderPurpose) is left alone: who placed it moves it and takes it out. Only when its fate is unknown it
 * is cancelled as any other.
 *
 * The band is narrower where an order is more aggressive than wanted: there it loses money, on the other side only rank.
 */
import { assert } from '../base/assert.ts';
import { OrderPurpose } from '../base/order-purpose.ts';
import { REQUOTE_VERDICTS, RequoteVerdict } from '../base/requote-verdict.ts';
import { Side } from '../base/side.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Lots, Milliseconds, Nanoseconds, Ticks, TimeCell } from '../base/units.ts';
import type { CommandBatch } from './command-batch.ts';
import { CommandReason, KEEP_LOTS } from './command-batch.ts';
import { OrderState } from './order-state.ts';
import { NO_ORDER } from './order-table.ts';
import type { OrderTable } from './order-table.ts';
import { QueueWatch } from './queue-watch.ts';
import { RequoteRule, RequoteTerm } from './requote-rule.ts';

export interface DiffTolerance {
  /** How far an order may lie from its level and stay, when it is less aggressive; half of it when it is more so. */
  readonly priceToleranceTicks: Ticks;
  /** How far its open size may differ from the level's, as a part of the level's. */
  readonly sizeToleranceRatio: number;
  /**
   * An order is so old at its price, at least, before it moves towards the market; 0 without. Only where the quote says how
   * often it would be filled.
   */
  readonly orderLifeMsMin?: Milliseconds;
}

/** What the diff weighs an order by that lies beyond the tolerance. */
export interface Requotes {
  /** Its terms of a side are written before that side is compared. */
  readonly rule: RequoteRule;
  readonly queues: QueueWatch;
  readonly now: TimeCell;
  /** By instrument × REQUOTE_VERDICTS + RequoteVerdict: prices that orders were weighed against, with that outcome. */
  readonly counts: Float64Array;
}

/** Not matched with a level. */
const UNMATCHED = -1;

export class QuoteDiff {
  /** Orders left so since it was last taken back: what keeps them may be over with the next look. */
  keptCount = 0;

  readonly #table: OrderTable;
  readonly #requotes: Requotes;
  /** By instrument. */
  readonly #priceToleranceTicks: Int32Array;
  readonly #sizeToleranceRatio: Float64Array;
  readonly #orderLifeNsMin: Float64Array;
  // The orders that take part, best first.
  /** Per slot: the price that its order was weighed against last, and the verdict, as one number. */
  readonly #weighed: Float64Array;
  readonly #slot: Int32Array;
  readonly #level: Int32Array;
  #count = 0;
  readonly #isLevelTaken: Uint8Array;
  /** Orders that hold a level, so far. */
  #matched = 0;

  /**
   * @param tolerances one for each instrument
   * @param requotes without it nothing is weighed: tolerance alone decides
   */
  constructor(
    table: OrderTable,
    tolerances: readonly DiffTolerance[],
    levelsMax: number,
    requotes: Requotes = weighNothing(table, tolerances.length),
  ) {
    this.#table = table;
    this.#requotes = requotes;
    this.#priceToleranceTicks = Int32Array.from(tolerances, (each) => each.priceToleranceTicks);
    this.#sizeToleranceRatio = Float64Array.from(tolerances, (each) => each.sizeToleranceRatio);
    this.#orderLifeNsMin = Float64Array.from(
      tolerances,
      ({ orderLifeMsMin = 0 }): Nanoseconds => orderLifeMsMin * NS_PER_MS,
    );
    this.#weighed = new Float64Array(table.capacity);
    this.#slot = new Int32Array(table.capacity);
    this.#level = new Int32Array(table.capacity);
    this.#isLevelTaken = new Uint8Array(levelsMax);
  }

  /**
   * @hot Adds to `out` what brings one side of one instrument from the orders it has to the first `count` rows of `ticks`
   * and `lots`, best price first and strictly worsening. No rows withdraw the side.
   */
  diff(
    instrument: number,
    side: Side,
    ticks: Int32Array,
    lots: Float64Array,
    count: number,
    out: CommandBatch,
  ): void {
    assert(count <= this.#isLevelTaken.length, 'a ladder has no more levels than the diff was built for');
    this.#collect(instrument, side, count === 0, out);
    // Marked by hand: fill() is a call out of compiled code, dearer than the few levels.
    for (let level = 0; level < count; level++) this.#isLevelTaken[level] = 0;
    this.#matched = 0;
    this.#match(side, ticks, count, 0, 0);
    const tolerance = this.#priceToleranceTicks[instrument]!;
    // Mostly all moved, or none: then the second look finds nothing to match.
    const isOpen = this.#matched < this.#count && this.#matched < count;
    if (isOpen && tolerance > 0) this.#match(side, ticks, count, tolerance, tolerance >> 1);
    if (this.#matched < this.#count && this.#matched < count && this.#requotes.rule.isOn) {
      this.#weigh(instrument, side, ticks, count, tolerance >> 1, out);
    }
    if (this.#matched > 0) this.#keepSizes(instrument, side, lots, out);
    if (this.#matched === this.#count && this.#matched === count) return;
    this.#pairLeftOvers(instrument, side, ticks, lots, count, tolerance >> 1, out);
    for (let level = 0; level < count; level++) {
      if (this.#isLevelTaken[level] === 1) continue;
      out.addPlace(instrument, side, ticks[level]!, lots[level]!, CommandReason.newLevel, level);
    }
  }

  /** @hot Adds to `out` what takes every order out of one side of one instrument, whatever it is there for. */
  withdraw(instrument: number, side: Side, out: CommandBatch): void {
    const table = this.#table;
    for (let slot = table.first(instrument, side); slot !== NO_ORDER; slot = table.next(slot)) {
      if (!table.isCancellable(slot) || table.riskLots[slot] === 0 || out.isTouched(slot)) continue;
      const isUnknown = table.state[slot] === OrderState.unknown;
      const reason = isUnknown ? CommandReason.unknownFate : CommandReason.withdrawn;
      out.addCancel(slot, instrument, side, table.priceTicks[slot]!, reason);
    }
  }

  /** The orders that can hold a level, sorted best first. Cancels what cannot. */
  #collect(instrument: number, side: Side, isWithdrawn: boolean, out: CommandBatch): void {
    const table = this.#table;
    this.#count = 0;
    for (let slot = table.first(instrument, side); slot !== NO_ORDER; slot = table.next(slot)) {
      // One that is being cancelled or is gone holds nothing, but its risk stays counted. One that its trades have filled
      // holds nothing either, and its last push is on its way.
      if (!table.isCancellable(slot) || table.riskLots[slot] === 0) continue;
      // What is no quote is another's to move and to withdraw, as long as its fate is known.
      const isUnknown = table.state[slot] === OrderState.unknown;
      if (!isUnknown && table.purpose[slot] !== OrderPurpose.quote) continue;
      if (isUnknown || isWithdrawn) {
        const reason = isUnknown ? CommandReason.unknownFate : CommandReason.withdrawn;
        if (!out.isTouched(slot)) out.addCancel(slot, instrument, side, table.priceTicks[slot]!, reason);
        continue;
      }
      // Insertion keeps the older of two at one price first: it has the better place in the venue's queue.
      let row = this.#count++;
      while (
        row > 0 &&
        aggression(side, table.wantTicks[slot]!, table.wantTicks[this.#slot[row - 1]!]!) > 0
      ) {
        this.#slot[row] = this.#slot[row - 1]!;
        row--;
      }
      this.#slot[row] = slot;
      this.#level[this.#count - 1] = UNMATCHED;
    }
  }

  /**
   * Matches orders and levels that lie within tolerance, walking both from the best: on a line that gives the most
   * matches there can be.
   */
  #match(side: Side, ticks: Int32Array, count: number, behindTicks: Ticks, aheadTicks: Ticks): void {
    let row = 0;
    let level = 0;
    while (row < this.#count && level < count) {
      if (this.#level[row] !== UNMATCHED) {
        row++;
        continue;
      }
      if (this.#isLevelTaken[level] === 1) {
        level++;
        continue;
      }
      const ahead = aggression(side, this.#table.wantTicks[this.#slot[row]!]!, ticks[level]!);
      if (ahead > aheadTicks) row++;
      else if (-ahead > behindTicks) level++;
      else {
        this.#hold(row, level);
        level++;
        row++;
      }
    }
  }

  /** Orders that are not worth moving keep the levels that they would move to: those that `#pairLeftOvers` pairs. */
  #weigh(
    instrument: number,
    side: Side,
    ticks: Int32Array,
    count: number,
    aheadTicks: Ticks,
    out: CommandBatch,
  ): void {
    const { rule } = this.#requotes;
    rule.terms[RequoteTerm.lifeNs] = this.#orderLifeNsMin[instrument]!;
    const isBatch = out.amends.count + Math.min(this.#count, count) - this.#matched > 1;
    let level = 0;
    for (let row = 0; row < this.#count; row++) {
      if (this.#level[row] !== UNMATCHED) continue;
      while (level < count && this.#isLevelTaken[level] === 1) level++;
      if (level === count) return;
      const slot = this.#slot[row]!;
      if (!this.#isFree(slot, out)) {
        if (!this.#isAdverse(side, slot, ticks[level]!, aheadTicks)) level++;
        continue;
      }
      this.#setTerms(slot);
      const verdict = rule.verdict(side, this.#table.wantTicks[slot]!, ticks[level]!, isBatch);
      this.#countOnce(instrument, slot, ticks[level]!, verdict);
      if (verdict === RequoteVerdict.move) {
        level++;
        continue;
      }
      this.keptCount++;
      this.#hold(row, level);
    }
  }

  #setTerms(slot: number): void {
    const { rule, queues, now } = this.#requotes;
    rule.terms[RequoteTerm.ageNs] = now[0]! - this.#table.placedNs[slot]!;
    queues.read(slot, rule.terms, RequoteTerm.aheadLots);
  }

  /** The timer looks again at what is kept, and at what the budget holds back. */
  #countOnce(instrument: number, slot: number, ticks: Ticks, verdict: RequoteVerdict): void {
    const weighed = ticks * REQUOTE_VERDICTS + verdict;
    if (weighed === this.#weighed[slot]) return;
    this.#weighed[slot] = weighed;
    this.#requotes.counts[instrument * REQUOTE_VERDICTS + verdict]!++;
  }

  #hold(row: number, level: number): void {
    this.#isLevelTaken[level] = 1;
    this.#level[row] = level;
    this.#table.level[this.#slot[row]!] = level;
    this.#matched++;
  }

  /** Orders that keep their price: is the size still right? */
  #keepSizes(instrument: number, side: Side, lots: Float64Array, out: CommandBatch): void {
    const table = this.#table;
    for (let row = 0; row < this.#count; row++) {
      const level = this.#level[row]!;
      const slot = this.#slot[row]!;
      if (level === UNMATCHED || !this.#isFree(slot, out)) continue;
      if (this.#isSizeGood(instrument, slot, lots[level]!)) continue;
      const total = table.filledLots[slot]! + lots[level]!;
      out.addAmend(slot, instrument, side, table.wantTicks[slot]!, total, CommandReason.size);
    }
  }

  /** Orders that keep no level move to one that nobody holds, best to best, or go. */
  #pairLeftOvers(
    instrument: number,
    side: Side,
    ticks: Int32Array,
    lots: Float64Array,
    count: number,
    aheadTicks: Ticks,
    out: CommandBatch,
  ): void {
    const table = this.#table;
    let level = 0;
    for (let row = 0; row < this.#count; row++) {
      if (this.#level[row] !== UNMATCHED) continue;
      const slot = this.#slot[row]!;
      while (level < count && this.#isLevelTaken[level] === 1) level++;
      const isFree = this.#isFree(slot, out);
      if (level === count || (!isFree && this.#isAdverse(side, slot, ticks[level]!, aheadTicks))) {
        this.#cancelSurplus(instrument, side, slot, ticks, aheadTicks, out);
        continue;
      }
      // One on its way holds the level as it is; it moves when its answer is here, which is sooner than a new order.
      this.#isLevelTaken[level] = 1;
      table.level[slot] = level;
      if (!isFree) continue;
      const wanted = lots[level]!;
      const total = this.#isSizeGood(instrument, slot, wanted) ? KEEP_LOTS : table.filledLots[slot]! + wanted;
      out.addAmend(slot, instrument, side, ticks[level]!, total, CommandReason.price);
    }
  }

  /**
   * A place that is not answered yet is cancelled only where it is too aggressive for the best level: a cancel that
   * overtakes its place is told "no such order", which settles nothing.
   */
  #cancelSurplus(
    instrument: number,
    side: Side,
    slot: number,
    ticks: Int32Array,
    aheadTicks: Ticks,
    out: CommandBatch,
  ): void {
    if (out.isTouched(slot)) return;
    const table = this.#table;
    const isEarly = table.state[slot] === OrderState.pendingPlace;
    if (isEarly && !this.#isAdverse(side, slot, ticks[0]!, aheadTicks)) return;
    out.addCancel(slot, instrument, side, table.priceTicks[slot]!, CommandReason.surplus);
  }

  /** Whether it may be amended in this batch. */
  #isFree(slot: number, out: CommandBatch): boolean {
    return this.#table.isAmendable(slot) && this.#table.amendCount[slot] === 0 && !out.isTouched(slot);
  }

  #isAdverse(side: Side, slot: number, ticks: Ticks, aheadTicks: Ticks): boolean {
    return aggression(side, this.#table.wantTicks[slot]!, ticks) > aheadTicks;
  }

  #isSizeGood(instrument: number, slot: number, wanted: Lots): boolean {
    const open = this.#table.wantLots[slot]! - this.#table.filledLots[slot]!;
    return Math.abs(open - wanted) <= this.#sizeToleranceRatio[instrument]! * wanted;
  }
}

function weighNothing(table: OrderTable, instrumentCount: number): Requotes {
  return {
    rule: new RequoteRule(),
    queues: new QueueWatch(table),
    now: new Float64Array(1),
    counts: new Float64Array(instrumentCount * REQUOTE_VERDICTS),
  };
}

/** By how many ticks `ticks` is more aggressive than `other`. */
function aggression(side: Side, ticks: Ticks, other: Ticks): number {
  return side === Side.buy ? ticks - other : other - ticks;
}
