/**
 * From what the workers want to what is asked of the venue: quotes are taken, guarded against the book as it is now, cut to
 * what the kill ladder leaves, and compared with the orders that live.
 *
 * Owner:      the engine thread.
 * Invariants: nothing is wanted of a market that cannot be quoted, of an instrument without its worker, or beyond the
 *             instrument's kill level; reduce only, the orders left of the shrinking side never add up to more than the
 *             position; what the guard finds bad is moved or cancelled in the same turn.
 * Cost:       the guard is two comparisons a book update; a comparison of orders and rows only where something happened.
 */
import { CommandOp } from '../base/command-op.ts';
import { OrderPurpose } from '../base/order-purpose.ts';
import { REQUOTE_VERDICTS } from '../base/requote-verdict.ts';
import { Side } from '../base/side.ts';
import type { Instrument } from '../base/instrument.ts';
import { TICKS_MAX } from '../base/units.ts';
import type { Lots, Nanoseconds, TimeCell } from '../base/units.ts';
import { BookState } from '../book/book.ts';
import { QuoteBell } from '../handoff/doorbell.ts';
import { QuoteDouble } from '../handoff/layout.ts';
import { QuoteReader } from '../handoff/quote-slot.ts';
import { keepToBands } from './band-rows.ts';
import type { LoopCommands } from './loop-commands.ts';
import type { LoopParameters } from './loop-configuration.ts';
import type { LoopKill } from './loop-kill.ts';
import type { LoopMarket } from './loop-market.ts';
import type { LoopMetrics } from './loop-metrics.ts';
import type { LoopOptions } from './loop-options.ts';
import { LoopShape } from './loop-shape.ts';
import type { LoopState } from './loop-state.ts';
import { GuardResult, TakeResult, WantedLadder } from './loop-wanted.ts';
import type { CommandBatch } from '../orders/command-batch.ts';
import { CommandReason, KEEP_LOTS } from '../orders/command-batch.ts';
import { NO_ORDER } from '../orders/order-table.ts';
import type { OrderTable } from '../orders/order-table.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';
import type { QueueWatch } from '../orders/queue-watch.ts';
import { QuoteDiff } from '../orders/quote-diff.ts';
import type { Requotes } from '../orders/quote-diff.ts';
import { RequoteRule, RequoteTerm } from '../orders/requote-rule.ts';
import type { Gate } from '../risk/gate.ts';
import { KillLevel } from '../risk/kill-ladder.ts';

export class LoopQuoting {
  readonly wanted: readonly WantedLadder[];
  readonly bell: QuoteBell;
  /** By instrument × REQUOTE_VERDICTS + RequoteVerdict (Requotes.counts). */
  readonly requoteCounts: Float64Array;

  readonly #state: LoopState;
  readonly #instruments: readonly Instrument[];
  readonly #table: OrderTable;
  readonly #ledger: PositionLedger;
  readonly #gate: Gate;
  readonly #market: LoopMarket;
  readonly #commands: LoopCommands;
  readonly #kill: LoopKill;
  readonly #metrics: LoopMetrics;
  readonly #readers: readonly QuoteReader[];
  #diff: QuoteDiff;
  readonly #requotes: Requotes;
  readonly #shape: LoopShape;
  #quoteAgeNsMax: Nanoseconds;
  readonly #levels: number;
  /** By instrument: 1 while its worker runs. */
  readonly #hasWorker: Uint8Array;
  /** By instrument: when the oldest market that its worker has not answered was published; 0 when it has answered all. */
  readonly #unansweredNs: Float64Array;
  /** None of an instrument that is quoted is older; Infinity where there is none. May be too early, never too late. */
  readonly #unansweredSince: TimeCell = Float64Array.of(Infinity);
  /** By instrument: the position that was published last, and the first market version that carried it. */
  readonly #publishedLots: Float64Array;
  readonly #positionVersion: Float64Array;
  /** By instrument: the fair price that the brakes were told last; one that stands still is told by the timer. */
  readonly #fairSeen: Float64Array;

  constructor(
    options: LoopOptions,
    state: LoopState,
    parts: {
      readonly table: OrderTable;
      readonly ledger: PositionLedger;
      readonly gate: Gate;
      readonly market: LoopMarket;
      readonly commands: LoopCommands;
      readonly kill: LoopKill;
      readonly metrics: LoopMetrics;
      readonly queues: QueueWatch;
    },
  ) {
    const { instruments, handoff } = options;
    this.wanted = instruments.map(() => new WantedLadder(handoff.quoteLevels));
    this.bell = new QuoteBell(handoff);
    this.#state = state;
    this.#instruments = instruments;
    this.#table = parts.table;
    this.#ledger = parts.ledger;
    this.#gate = parts.gate;
    this.#market = parts.market;
    this.#commands = parts.commands;
    this.#kill = parts.kill;
    this.#metrics = parts.metrics;
    const { quoteReaderOf = (instrument) => new QuoteReader(handoff, instrument) } = options;
    this.#readers = instruments.map(({ index }) => quoteReaderOf(index));
    this.requoteCounts = new Float64Array(instruments.length * REQUOTE_VERDICTS);
    this.#requotes = {
      rule: new RequoteRule(),
      queues: parts.queues,
      now: state.now,
      counts: this.requoteCounts,
    };
    this.#diff = new QuoteDiff(parts.table, options.tolerances, handoff.quoteLevels, this.#requotes);
    this.#levels = handoff.quoteLevels;
    this.#shape = new LoopShape(handoff.quoteLevels);
    this.#quoteAgeNsMax = options.timings.quoteAgeNsMax;
    this.#hasWorker = new Uint8Array(instruments.length);
    this.#unansweredNs = new Float64Array(instruments.length);
    this.#publishedLots = new Float64Array(instruments.length);
    this.#positionVersion = new Float64Array(instruments.length);
    this.#fairSeen = new Float64Array(instruments.length);
  }

  configure({ timings, tolerances }: LoopParameters): void {
    this.#quoteAgeNsMax = timings.quoteAgeNsMax;
    this.#diff = new QuoteDiff(this.#table, tolerances, this.#levels, this.#requotes);
  }

  /** Parameters of this version are in force: no quote of an older one is taken, and what these instruments want is void. */
  onConfigured(version: number, withdrawn: readonly number[]): void {
    for (const wanted of this.wanted) wanted.requireConfig(version);
    for (const instrument of withdrawn) this.wanted[instrument]!.withdraw();
    this.#state.dirty.addAll();
  }

  // -------------------------------------------------------------------------------------------------- market

  /** @hot The market as it is now, for the worker, the gate and the brakes. */
  publish(instrument: number, recv: TimeCell): void {
    const market = this.#market;
    market.publish(instrument, recv, this.#ledger.positionLots);
    const positionLots = this.#ledger.positionLots[instrument]!;
    if (positionLots !== this.#publishedLots[instrument]!) {
      this.#publishedLots[instrument] = positionLots;
      this.#positionVersion[instrument] = market.version[instrument]!;
    }
    const { now } = this.#state;
    const fair = market.fairTicks[instrument]!;
    this.#gate.setMarket(
      instrument,
      market.bestTicks[instrument * 2]!,
      market.bestTicks[instrument * 2 + 1]!,
      fair > 0,
    );
    if (fair !== this.#fairSeen[instrument]!) {
      this.#fairSeen[instrument] = fair;
      this.#kill.volatility.onFair(instrument, market.fairTicks, now);
    }
    if (this.#unansweredNs[instrument] === 0) this.#waits(instrument);
    this.#metrics.published();
  }

  /** Publishes what is whole: a position or an own order has changed, or a worker has come. */
  republish(instrument: number): void {
    this.#state.isDue[instrument] = 1;
    if (this.#market.books[instrument]!.state === BookState.synced) this.publish(instrument, this.#state.now);
  }

  /** @hot Steps a side back, at once, when the book has taken the edge of what rests there. */
  guard(instrument: number): void {
    const wanted = this.wanted[instrument]!;
    // A side of which nothing is wanted is not looked at here, though what still rests there may be bad by now.
    if (!wanted.isTwoSided && this.#table.openCounts[instrument]! > 0) this.#state.isDue[instrument] = 1;
    if (wanted.isEmpty) return;
    const { fairTicks, version } = this.#market;
    if (fairTicks[instrument] === 0) {
      this.withdraw(instrument);
      return;
    }
    const { bestTicks } = this.#table;
    const first = instrument * 2;
    const sellBest = bestTicks[first + Side.sell]!;
    const bids = wanted.guardBids(fairTicks, version, instrument, bestTicks[first]!);
    if (bids !== GuardResult.good && (bids !== GuardResult.ordersBad || this.#hasBad(instrument, Side.buy))) {
      this.#state.isGuarded[first] = 1;
      this.#state.dirty.add(instrument);
    }
    const ownBest = sellBest === TICKS_MAX ? 0 : sellBest;
    const asks = wanted.guardAsks(fairTicks, version, instrument, ownBest);
    if (
      asks !== GuardResult.good &&
      (asks !== GuardResult.ordersBad || this.#hasBad(instrument, Side.sell))
    ) {
      this.#state.isGuarded[first + Side.sell] = 1;
      this.#state.dirty.add(instrument);
    }
  }

  /** Whether a quote is without its edge: what is no quote has none to keep, and mostly rests nearer than any. */
  #hasBad(instrument: number, side: Side): boolean {
    const table = this.#table;
    const fair = this.#market.fairTicks[instrument]!;
    const { quote } = this.wanted[instrument]!;
    for (let slot = table.first(instrument, side); slot !== NO_ORDER; slot = table.next(slot)) {
      if (table.purpose[slot] !== OrderPurpose.quote) continue;
      const at = table.priceTicks[slot]!;
      const asked = table.wantTicks[slot]!;
      const isBad =
        side === Side.buy
          ? Math.max(at, asked) > fair - quote.bidEdgeTicks
          : Math.min(at, asked) < fair + quote.askEdgeTicks;
      if (isBad) return true;
    }
    return false;
  }

  /** Nothing is wanted of this book until it is whole again. */
  withdraw(instrument: number): void {
    this.wanted[instrument]!.withdraw();
    this.#state.dirty.add(instrument);
    if (!this.#market.isQuotable(instrument)) this.#gate.setMarket(instrument, 0, 0, false);
  }

  // -------------------------------------------------------------------------------------------------- quotes

  /** @hot Quote slots changed. */
  takeQuotes(): void {
    for (let instrument = this.bell.take(); instrument !== -1; instrument = this.bell.take()) {
      this.#take(instrument);
    }
  }

  /** @hot */
  #take(instrument: number): void {
    // A worker that is being ended may still write: what it wants counts no more.
    if (this.#hasWorker[instrument] === 0) return;
    const wanted = this.wanted[instrument]!;
    const result = wanted.take(this.#readers[instrument]!, this.#market.books[instrument]!.epoch);
    if (result === TakeResult.none) return;
    if (result === TakeResult.stale) {
      this.#metrics.quoteStale(instrument);
      return;
    }
    const { quote } = wanted;
    const isNewest = quote.marketVersion === this.#market.version[instrument];
    if (isNewest) this.#unansweredNs[instrument] = 0;
    else this.#waits(instrument);
    if (!this.#market.isQuotable(instrument)) {
      wanted.withdraw();
      this.#metrics.quoteDropped(instrument);
    } else {
      this.#metrics.quoted(instrument, quote.doubles, QuoteDouble.recvNs);
      // The book may have moved on while the worker computed.
      if (!isNewest) this.guard(instrument);
    }
    this.#state.dirty.add(instrument);
  }

  /** @hot The worker has a market to answer from now on. */
  #waits(instrument: number): void {
    const { now } = this.#state;
    this.#unansweredNs[instrument] = now[0]!;
    if (now[0]! < this.#unansweredSince[0]!) this.#unansweredSince[0] = now[0]!;
  }

  /** @hot A worker that is late with its answer loses its quotes. Most often none can be: times stay in their cells. */
  checkAges(): void {
    if (this.#state.now[0]! - this.#unansweredSince[0]! > this.#quoteAgeNsMax) this.#checkEveryAge();
  }

  #checkEveryAge(): void {
    const { nowNs } = this.#state;
    const since = this.#unansweredSince;
    since[0] = Infinity;
    for (let instrument = 0; instrument < this.wanted.length; instrument++) {
      const unansweredNs = this.#unansweredNs[instrument]!;
      if (unansweredNs === 0 || this.wanted[instrument]!.isEmpty) continue;
      if (nowNs - unansweredNs <= this.#quoteAgeNsMax) {
        if (unansweredNs < since[0]!) since[0] = unansweredNs;
        continue;
      }
      this.#metrics.quoteStale(instrument);
      this.wanted[instrument]!.withdraw();
      this.#state.dirty.add(instrument);
    }
  }

  /** Whether its worker runs, and since when a market waits for its answer; 0 when none does. For who explains. */
  hasWorker(instrument: number): boolean {
    return this.#hasWorker[instrument] === 1;
  }

  unansweredNs(instrument: number): Nanoseconds {
    return this.#unansweredNs[instrument]!;
  }

  onWorkerLost(instrument: number): void {
    this.#hasWorker[instrument] = 0;
    this.wanted[instrument]!.withdraw();
    this.#state.dirty.add(instrument);
  }

  /** It may have quoted this market before it was known to: it is published once more for it. */
  onWorkerReady(instrument: number): void {
    this.#hasWorker[instrument] = 1;
    this.#unansweredNs[instrument] = 0;
    this.republish(instrument);
  }

  // ----------------------------------------------------------------------------------------------- comparison

  /**
   * @hot Both sides of one instrument. Where that asks for nothing it would ask for nothing again, until something changes.
   *
   * @param isQuoting whether anything may be wanted at all
   */
  compare(instrument: number, isQuoting: boolean, batch: CommandBatch): void {
    const wanted = this.wanted[instrument]!;
    const { quote } = wanted;
    const level = this.#kill.ladder.level(instrument);
    const isWanted = isQuoting && level < KillLevel.paused && this.#gate.isPaused[instrument] === 0;
    this.#commands.modelVersion[instrument] = quote.modelVersion;
    this.#commands.configVersion[instrument] = quote.configVersion;
    this.#commands.isBehind[instrument] = quote.marketVersion < this.#positionVersion[instrument]! ? 1 : 0;
    const askedBefore = batch.askedCount;
    const amendsBefore = batch.amends.count;
    const cancelsBefore = batch.cancels.count;
    const { bands } = this.#instruments[instrument]!;
    if (!bands.isPlain) {
      quote.bidCount = keepToBands(quote.bidTicks, quote.bidLots, quote.bidCount, bands, true);
      quote.askCount = keepToBands(quote.askTicks, quote.askLots, quote.askCount, bands, false);
    }
    const isShaped = isWanted && level !== KillLevel.quoting;
    if (!isWanted) {
      this.#diff.withdraw(instrument, Side.buy, batch);
      this.#diff.withdraw(instrument, Side.sell, batch);
    } else if (!isShaped) {
      this.#setTerms(instrument, Side.buy);
      const bids = this.#countOf(instrument, Side.buy, quote.bidCount);
      this.#diff.diff(instrument, Side.buy, quote.bidTicks, quote.bidLots, bids, batch);
      this.#setTerms(instrument, Side.sell);
      const asks = this.#countOf(instrument, Side.sell, quote.askCount);
      this.#diff.diff(instrument, Side.sell, quote.askTicks, quote.askLots, asks, batch);
    } else this.#compareShaped(instrument, level, batch);
    this.#pullBad(instrument, Side.buy, batch);
    this.#pullBad(instrument, Side.sell, batch);
    const { isDue, isGuarded } = this.#state;
    // What is shaped hangs on the position, too; what is kept, on its age, its place and the budget.
    isDue[instrument] = isShaped || this.#diff.keptCount > 0 || batch.askedCount !== askedBefore ? 1 : 0;
    this.#diff.keptCount = 0;
    if (isGuarded[instrument * 2] === 0 && isGuarded[instrument * 2 + 1] === 0) return;
    const { amends, cancels } = batch;
    // By hand: fill() is a call out of compiled code, dearer than the few rows.
    for (let row = amendsBefore; row < amends.count; row++) amends.reason[row] = CommandReason.guard;
    for (let row = cancelsBefore; row < cancels.count; row++) cancels.reason[row] = CommandReason.guard;
    isGuarded[instrument * 2] = 0;
    isGuarded[instrument * 2 + 1] = 0;
  }

  /** @hot How many of a side's levels are wanted: none of one that stands in the way of a hedge. */
  #countOf(instrument: number, side: Side, count: number): number {
    return this.#state.isWithheld[instrument * 2 + side] === 1 ? 0 : count;
  }

  /**
   * @hot What the diff weighs this side's orders by. Nothing where its quote does not say how often they would be filled,
   * and where the guard moves it.
   */
  #setTerms(instrument: number, side: Side): void {
    const { rule } = this.#requotes;
    const { terms } = rule;
    const { quote } = this.wanted[instrument]!;
    const isBuy = side === Side.buy;
    const isGuarded = this.#state.isGuarded[instrument * 2 + side] === 1;
    terms[RequoteTerm.rate] = isGuarded ? 0 : isBuy ? quote.bidRate : quote.askRate;
    terms[RequoteTerm.decay] = isBuy ? quote.bidDecay : quote.askDecay;
    if (rule.isOn) this.#setWeights(instrument, side, isBuy);
  }

  #setWeights(instrument: number, side: Side, isBuy: boolean): void {
    const { rule, queues, now } = this.#requotes;
    const { terms } = rule;
    const wanted = this.wanted[instrument]!;
    const { quote } = wanted;
    const fair = this.#market.fairTicks[instrument]!;
    const takers = instrument * 2 + (isBuy ? Side.sell : Side.buy);
    terms[RequoteTerm.fairTicks] = quote.fairTicks + wanted.fairOf(side) - quote.referenceTicks;
    terms[RequoteTerm.costTicks] = isBuy ? quote.bidCostTicks : quote.askCostTicks;
    terms[RequoteTerm.limitTicks] = isBuy ? fair - quote.bidEdgeTicks : fair + quote.askEdgeTicks;
    terms[RequoteTerm.takerLots] = queues.takerLots[takers]!;
    terms[RequoteTerm.takerSquareLots] = queues.takerSquareLots[takers]!;
    const { throttle } = this.#commands;
    throttle.readUsed(CommandOp.amend, instrument, false, now, terms, RequoteTerm.singleUsed);
    throttle.readUsed(CommandOp.amend, instrument, true, now, terms, RequoteTerm.batchUsed);
  }

  /** @hot What the kill ladder leaves of it: there nothing is weighed. */
  #compareShaped(instrument: number, level: KillLevel, batch: CommandBatch): void {
    this.#requotes.rule.terms[RequoteTerm.rate] = 0;
    const shape = this.#shape;
    const positionLots = this.#ledger.positionLots[instrument]!;
    if (level === KillLevel.wider) shape.widen(this.wanted[instrument]!);
    else shape.reduce(this.wanted[instrument]!, positionLots, this.#instruments[instrument]!.minLots);
    const { bands } = this.#instruments[instrument]!;
    if (!bands.isPlain) {
      shape.bidCount = keepToBands(shape.bidTicks, shape.bidLots, shape.bidCount, bands, true);
      shape.askCount = keepToBands(shape.askTicks, shape.askLots, shape.askCount, bands, false);
    }
    const bids = this.#countOf(instrument, Side.buy, shape.bidCount);
    const asks = this.#countOf(instrument, Side.sell, shape.askCount);
    this.#diff.diff(instrument, Side.buy, shape.bidTicks, shape.bidLots, bids, batch);
    this.#diff.diff(instrument, Side.sell, shape.askTicks, shape.askLots, asks, batch);
    if (level === KillLevel.wider) return;
    this.#pullExcess(instrument, Side.buy, Math.max(0, -positionLots), batch);
    this.#pullExcess(instrument, Side.sell, Math.max(0, positionLots), batch);
  }

  /**
   * @hot Cancels what the diff's tolerance has kept and what together could turn the position round. One whose amend is on
   * its way, or in this batch, counts at what is asked for.
   */
  #pullExcess(instrument: number, side: Side, roomLots: Lots, batch: CommandBatch): void {
    const table = this.#table;
    let openLots = 0;
    for (let slot = table.first(instrument, side); slot !== NO_ORDER; slot = table.next(slot)) {
      if (!table.isCancellable(slot)) continue;
      const isTouched = batch.isTouched(slot);
      openLots += isTouched ? this.#openLotsIn(batch, slot) : table.openLotsAfter(slot, KEEP_LOTS);
      if (openLots <= roomLots || isTouched) continue;
      openLots -= table.openLotsAfter(slot, KEEP_LOTS);
      batch.addCancel(slot, instrument, side, table.priceTicks[slot]!, CommandReason.surplus);
    }
  }

  /** What the batch leaves open of an order that it touches. */
  #openLotsIn(batch: CommandBatch, slot: number): Lots {
    const { amends } = batch;
    for (let row = amends.count - 1; row >= 0; row--) {
      if (amends.slot[row] === slot) return this.#table.openLotsAfter(slot, amends.lots[row]!);
    }
    return 0;
  }

  /**
   * @hot Cancels what the guard finds bad and the diff has not moved: an order with an amend in flight to a price that is
   * bad by now, or one that the diff's tolerance keeps. One on its way to a good price is left: its amend arrives first.
   */
  #pullBad(instrument: number, side: Side, batch: CommandBatch): void {
    const table = this.#table;
    const fair = this.#market.fairTicks[instrument]!;
    if (fair === 0) return;
    const { quote } = this.wanted[instrument]!;
    const edge = side === Side.buy ? quote.bidEdgeTicks : quote.askEdgeTicks;
    const best = table.bestTicks[instrument * 2 + side]!;
    if (side === Side.buy ? best <= fair - edge : best >= fair + edge) return;
    for (let slot = table.first(instrument, side); slot !== NO_ORDER; slot = table.next(slot)) {
      // What is no quote has no quote's edge to keep.
      if (table.purpose[slot] !== OrderPurpose.quote) continue;
      const ticks = table.wantTicks[slot]!;
      const isBad = side === Side.buy ? ticks > fair - edge : ticks < fair + edge;
      if (!isBad || batch.isTouched(slot) || !table.isCancellable(slot)) continue;
      batch.addCancel(slot, instrument, side, table.priceTicks[slot]!, CommandReason.guard);
    }
  }
}
