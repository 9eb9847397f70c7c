/**
 * How one instrument is quoted: its fair value, its model's distances from it, and a ladder on both sides, with the reasons.
 *
 * Owner:      the quoter that made it.
 * Invariants: the same markets, calibrated parameters and times give the same quotes: there is no clock and no chance;
 *             every bid is below the best ask and every ask above the best bid (our own orders removed), every bid
 *             below every ask; no quote lies where its own guard would pull it.
 * Cost:       one pass over the levels that the fair value reads, one over the wanted ones; nothing allocates.
 *
 *     fair, halves, skew ──▶ distance of the first level, by side, at our inventory
 *                            at least the floor: a quarter more than the guard's edge
 *     guard's edge           edgeMinRatio half spreads; on the side that reduces a position it shrinks with that position,
 *                            twice as fast as the floor, to minus as much at the soft limit; beyond that there is no
 *                            floor: only the best price of the other side is a bound
 */
import {
  EXPLAIN_DOUBLES,
  ExplainField,
  LevelAbsence,
  LevelClamp,
  QuoteFallback,
} from '../../engine/base/explain-record.ts';
import { microPrice } from '../../engine/base/micro-price.ts';
import { ModelField } from '../../engine/base/model-record.ts';
import { Side } from '../../engine/base/side.ts';
import { QuoteDouble } from '../../engine/handoff/layout.ts';
import type { MarketView } from '../../engine/handoff/market-slot.ts';
import type { QuoteView } from '../../engine/handoff/quote-slot.ts';
import { explainHead } from './explain-head.ts';
import { FairValue } from './fair/fair-value.ts';
import { INNER_TO_EDGE, fixedHalves, sampleHalves } from './fixed-distances.ts';
import { LadderSide } from './ladder/ladder-side.ts';
import { Lattice } from './ladder/lattice.ts';
import { LevelSizes, sharesByInventory } from './ladder/level-sizes.ts';
import { QuoteCell } from './ladder/quote-cells.ts';
import { CurveCell } from './models/distance-curve.ts';
import { FittedModel } from './models/fitted-model.ts';
import { assertStrategy } from './parameters.ts';
import type { StrategyParameters } from './parameters.ts';

const BPS = 1e-4;

export class Strategy {
  readonly parameters: StrategyParameters;
  readonly model: FittedModel;
  readonly fairValue: FairValue;
  readonly #explain = new Float64Array(EXPLAIN_DOUBLES);
  /** Whether the explanation's head is not of the quote computed last yet. */
  #isHeadDue = false;
  readonly #isFixed: boolean;
  readonly #isSample: boolean;
  readonly #cells = new Float64Array(QuoteCell.count);
  readonly #parts: Float64Array;
  readonly #half = new Float64Array(1);
  readonly #question = new Float64Array(2);
  readonly #inventory = new Float64Array(2);
  readonly #lattice: Lattice;
  readonly #bids: LadderSide;
  readonly #asks: LadderSide;

  /**
   * @param marketLevels levels a side that the markets carry: at least levelsReadOf()
   * @param fairValue of the strategy before this one, where its parameters are the same: its signals have been warmed up
   */
  constructor(
    parameters: StrategyParameters,
    marketLevels: number,
    fairValue: FairValue = new FairValue(parameters.fair, marketLevels),
  ) {
    assertStrategy(parameters);
    this.parameters = parameters;
    this.model = new FittedModel(parameters);
    this.fairValue = fairValue;
    this.#isFixed = parameters.model === 'fixed';
    this.#isSample = parameters.model === 'okx-sample';
    this.#parts = this.#explain.subarray(ExplainField.parts, ExplainField.sigma);
    this.#lattice = new Lattice(parameters.latticeRatio);
    const explain = this.#explain;
    const sizes = new LevelSizes(parameters);
    const parts = {
      cells: this.#cells,
      explain,
      curve: this.model.curve,
      sizes,
      lattice: this.#lattice,
    };
    this.#bids = new LadderSide(true, parameters, parts);
    this.#asks = new LadderSide(false, parameters, parts);
  }

  /** Takes newly calibrated parameters (ModelField). */
  setModelRow(row: Float64Array): void {
    this.model.setRow(row);
  }

  /**
   * @hot Fills in the wanted ladder and the guard for this market: zero levels when it cannot be quoted. The caller
   * fills in the rest of `quote` (versions, epoch, times).
   *
   * @param lead market of the instrument that leads this one, or null
   */
  compute(market: MarketView, lead: MarketView | null, quote: QuoteView): void {
    quote.bidCount = 0;
    quote.askCount = 0;
    if (quote.isWeighed) quote.clearWeights();
    if (!isQuotable(market) || !this.#value(market, lead)) {
      for (let index = QuoteDouble.fairTicks; index < QuoteDouble.bidRate; index++) quote.doubles[index] = 0;
      this.#explain.fill(0, ExplainField.model, ExplainField.bids);
      this.#isHeadDue = false;
      this.#bids.close(LevelAbsence.marketNotQuotable);
      this.#asks.close(LevelAbsence.marketNotQuotable);
      return;
    }
    const cells = this.#cells;
    this.#measureInventory(market);
    if (this.#isFixed) fixedHalves(cells, this.parameters);
    else if (this.#isSample) sampleHalves(cells, this.parameters, market);
    else this.#curveHalves();
    cells[QuoteCell.step] = cells[QuoteCell.fair] * this.parameters.levelStepBps * BPS;
    sharesByInventory(this.parameters, this.#inventory, cells, QuoteCell.bidShare);
    this.#half[0] = (cells[QuoteCell.bidHalf] + cells[QuoteCell.askHalf]) / 2;
    this.#lattice.update(this.#half, cells, QuoteCell.now);
    this.#fillSides(market, quote);
    this.#fillGuard(quote);
    this.#isHeadDue = true;
  }

  /** Why the quote computed last is what it is: ExplainField. Ask before the model gets another row. */
  get explain(): Float64Array {
    if (this.#isHeadDue) this.#explainHead();
    return this.#explain;
  }

  /** Most quotes are not asked for their reasons: what can be told afterwards is written when it is. */
  #explainHead(): void {
    const explain = this.#explain;
    this.#isHeadDue = false;
    explain[ExplainField.halfLimitedTicks] = this.#half[0];
    explainHead(explain, this.#cells, this.model, this.parameters);
    if (this.fairValue.isLeadStale && this.model.fallback === QuoteFallback.none) {
      explain[ExplainField.fallback] = QuoteFallback.leadStale;
    }
  }

  /** @hot What only the caller knows of the quote computed last: versions and times, for its explanation. */
  stamp(quote: QuoteView): void {
    const explain = this.#explain;
    explain[ExplainField.computedNs] = quote.computedNs;
    explain[ExplainField.marketVersion] = quote.marketVersion;
    explain[ExplainField.modelVersion] = quote.modelVersion;
    explain[ExplainField.configVersion] = quote.configVersion;
  }

  /** @hot Fair price and what it is measured against; false where there is none. */
  #value(market: MarketView, lead: MarketView | null): boolean {
    const cells = this.#cells;
    const { parameters, model } = this;
    const bestBid = market.bidTicks[0];
    const bestAsk = market.askTicks[0];
    const reference = microPrice(bestBid, market.bidLots[0], bestAsk, market.askLots[0]);
    cells[QuoteCell.reference] = reference;
    cells[QuoteCell.mid] = (bestBid + bestAsk) / 2;
    cells[QuoteCell.now] = market.recvNs;
    const limit = parameters.markDeviationBpsMax;
    const mark = market.markTicks;
    if (limit > 0 && mark > 0 && Math.abs(mark - reference) > reference * limit * BPS) return false;
    model.update(cells, QuoteCell.now, cells, QuoteCell.reference);
    const half = this.#half;
    if (model.isCurve) half[0] = model.halfTicks[0];
    else half[0] = Math.max(reference * parameters.halfSpreadBps * BPS, parameters.halfSpreadTicksMin);
    this.fairValue.compute(market, lead, half, this.#parts);
    const fair = this.fairValue.fair[0];
    cells[QuoteCell.fair] = fair;
    return fair > 0;
  }

  /** @hot */
  #measureInventory(market: MarketView): void {
    const cells = this.#cells;
    const { positionLotsMax, lots } = this.parameters;
    const position = market.positionLots;
    const inventory = position + market.groupLots;
    const share = Math.max(-1, Math.min(1, inventory / positionLotsMax));
    cells[QuoteCell.position] = position;
    cells[QuoteCell.inventory] = inventory;
    cells[QuoteCell.ownShare] = position / positionLotsMax;
    cells[QuoteCell.share] = share;
    cells[QuoteCell.units] = (share * positionLotsMax) / Math.max(1, lots);
    this.#inventory[0] = share;
    this.#inventory[1] = cells[QuoteCell.units];
  }

  /** @hot By the model's curve at our inventory. */
  #curveHalves(): void {
    const cells = this.#cells;
    const { curve } = this.model;
    const question = this.#question;
    const fair = cells[QuoteCell.fair];
    question[0] = cells[QuoteCell.units];
    curve.bid(question);
    cells[QuoteCell.bidFirst] = fair - question[1];
    curve.ask(question);
    cells[QuoteCell.askFirst] = -fair - question[1];
    cells[QuoteCell.halfMin] = this.model.halfMin[0];
    cells[QuoteCell.bidHalf] = curve.cells[CurveCell.bidHalf];
    cells[QuoteCell.askHalf] = curve.cells[CurveCell.askHalf];
    this.#edgeOf(Side.buy);
    this.#edgeOf(Side.sell);
  }

  /**
   * @hot What a side keeps at the least: less where it brings a position down, nothing beyond the soft limit. And what the
   * guard lets it keep: that, less what the position has taken of it already, so as much less than nothing in the end.
   */
  #edgeOf(side: Side): void {
    const cells = this.#cells;
    const { edgeMinRatio, softLimitRatio } = this.parameters;
    const reducing = side === Side.buy ? -cells[QuoteCell.ownShare] : cells[QuoteCell.ownShare];
    const isBeyond = reducing > 0 && reducing >= softLimitRatio;
    const kept = isBeyond ? 0 : reducing > 0 ? 1 - reducing / softLimitRatio : 1;
    const half = cells[QuoteCell.bidHalf + side];
    const edge = half * edgeMinRatio;
    cells[QuoteCell.bidFloor + side] = isBeyond ? -Infinity : Math.min(edge * kept * INNER_TO_EDGE, half);
    // A skew that has brought the side to its floor would be pulled at every flicker if the guard stood right behind it.
    cells[QuoteCell.bidEdge + side] = edge * kept - edge * (1 - kept);
  }

  /** @hot */
  #fillSides(market: MarketView, quote: QuoteView): void {
    const cells = this.#cells;
    const { softLimitRatio, levelStepBps } = this.parameters;
    const share = cells[QuoteCell.ownShare];
    // The sample's step is a share of each side's own best price.
    if (this.#isSample) cells[QuoteCell.step] = market.bidTicks[0] * levelStepBps * BPS;
    const hasSoftLimit = !this.#isFixed && !this.#isSample && softLimitRatio < 1;
    if (hasSoftLimit && share >= softLimitRatio) this.#bids.close(LevelAbsence.softLimit);
    else {
      const clamps = this.#clampsOf(QuoteCell.bidShare, CurveCell.bidHalf, CurveCell.bidHalfFree);
      quote.bidCount = this.#bids.fill(market, quote, clamps);
    }
    if (this.#isSample) cells[QuoteCell.step] = market.askTicks[0] * levelStepBps * BPS;
    if (hasSoftLimit && -share >= softLimitRatio) this.#asks.close(LevelAbsence.softLimit);
    else {
      const clamps = this.#clampsOf(QuoteCell.askShare, CurveCell.askHalf, CurveCell.askHalfFree);
      quote.askCount = this.#asks.fill(market, quote, clamps);
    }
  }

  /** @hot What holds for a whole side. */
  #clampsOf(share: number, limited: number, free: number): number {
    let clamps = this.#cells[share] === 1 ? 0 : LevelClamp.sizeSkew;
    if (!this.model.isCurve) return clamps;
    const { cells } = this.model.curve;
    if (cells[limited] > cells[free]) clamps |= LevelClamp.halfMin;
    else if (cells[limited] < cells[free]) clamps |= LevelClamp.halfMax;
    return clamps;
  }

  /**
   * @hot What the engine guards and requotes by. Its own fair price is the reference: what ours differs by is in the edges.
   */
  #fillGuard(quote: QuoteView): void {
    const cells = this.#cells;
    const { model } = this;
    const fair = cells[QuoteCell.fair];
    const reference = cells[QuoteCell.reference];
    let bidEdge = cells[QuoteCell.bidEdge];
    let askEdge = cells[QuoteCell.askEdge];
    // Beyond the soft limit a side may stand at the fair price, or behind it: the guard leaves it there.
    if (cells[QuoteCell.bidFloor] === -Infinity && quote.bidCount > 0) {
      bidEdge = Math.min(bidEdge, fair - quote.bidTicks[0] - this.#slack(QuoteCell.bidHalf));
    }
    if (cells[QuoteCell.askFloor] === -Infinity && quote.askCount > 0) {
      askEdge = Math.min(askEdge, quote.askTicks[0] - fair - this.#slack(QuoteCell.askHalf));
    }
    quote.fairTicks = fair;
    quote.referenceTicks = reference;
    quote.bidEdgeTicks = bidEdge + (reference - fair);
    quote.askEdgeTicks = askEdge - (reference - fair);
    quote.modelVersion = 0;
    if (!model.isCurve) return;
    const { row, costs } = model;
    if (model.usesRow) quote.modelVersion = row[ModelField.version];
    if (!model.isCalibrated) return;
    quote.bidRate = row[ModelField.bidRate];
    quote.bidDecay = row[ModelField.bidDecay];
    quote.askRate = row[ModelField.askRate];
    quote.askDecay = row[ModelField.askDecay];
    quote.bidCostTicks = costs[0] + costs[1];
    quote.askCostTicks = costs[0] + costs[2];
  }

  /** @hot What the fair price may move before the guard acts on a side that has no floor. The sample is guarded at it. */
  #slack(half: number): number {
    return this.#isSample ? 0 : this.#cells[half] * this.parameters.edgeMinRatio;
  }
}

/** @hot Whole, two-sided and not crossed, with a position that is known. */
function isQuotable(market: MarketView): boolean {
  return (
    market.isQuotable &&
    market.bidCount > 0 &&
    market.askCount > 0 &&
    market.bidTicks[0] < market.askTicks[0] &&
    market.bidLots[0] > 0 &&
    market.askLots[0] > 0 &&
    Number.isFinite(market.positionLots) &&
    Number.isFinite(market.groupLots)
  );
}
