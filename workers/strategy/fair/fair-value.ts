/**
 * What one instrument is worth at this moment: an estimate from its book, and what signals add to it (models.md par. 4.5).
 *
 *     fair = base + signals, within ±signalHalvesMax half spreads of base, then within the caps of the mid: capSpreads
 *            spreads, and capBps or the best prices, whichever is wider
 *
 * Owner:      the quoter that made it.
 * Invariants: the same markets in the same order give the same values: time is the markets' receive time, and there is no
 *             chance; without signals it keeps no state; a mirrored history gives mirrored values; the parts add up to the
 *             fair price.
 * Cost:       one pass over the levels read, and O(1) for each signal in use; nothing allocates.
 *
 * Signals begin at nothing and count in full after a minute: nobody knows yet what is usual for them.
 */
import { assert } from '../../../engine/base/assert.ts';
import { FAIR_PARTS, FairPart } from '../../../engine/base/explain-record.ts';
import { microPrice } from '../../../engine/base/micro-price.ts';
import { NS_PER_SECOND } from '../../../engine/base/units.ts';
import { MarketDouble } from '../../../engine/handoff/layout.ts';
import type { MarketView } from '../../../engine/handoff/market-slot.ts';
import { BasisSignal } from './basis-signal.ts';
import { bookImbalance, effectiveVamp, impactMid, mid, vamp, weightedDepth } from './book-estimates.ts';
import type { Depth } from './book-estimates.ts';
import { fairLevelsRead, leadOf } from './fair-value-parameters.ts';
import type { FairBase, FairValueParameters } from './fair-value-parameters.ts';
import { OrderFlowSignal, TradeFlowSignal } from './flow-signals.ts';
import { MicroPrice } from './micro-price.ts';
import { StandardScore } from './standard-score.ts';
import { VenuePriceSignal } from './venue-price.ts';

/** The bases as numbers: what is decided for every quote. */
const Base = {
  mid: 0,
  micro: 1,
  vamp: 2,
  'weighted-depth': 3,
  'effective-vamp': 4,
  'impact-mid': 5,
  stoikov: 6,
} as const satisfies Record<FairBase, number>;

const BPS = 1e-4;

export class FairValue {
  readonly parameters: FairValueParameters;
  /** The fair price, in ticks with a fraction; 0 when the market cannot be valued. A cell: a field would be boxed. */
  readonly fair = new Float64Array(1);
  /** Whether the lead is configured and too old to be heard: the price is from the others alone. */
  isLeadStale = false;
  readonly #base: number;
  readonly #depth: Depth;
  readonly #microPrice: MicroPrice | null;
  readonly #imbalanceDepth: Depth;
  readonly #isLog: boolean;
  /** The newest receive time, and the seconds between it and the one before it. */
  readonly #nowNs = new Float64Array(1);
  readonly #elapsedS = new Float64Array(1);
  readonly #estimate = new Float64Array(1);
  readonly #imbalance: StandardScore | null;
  readonly #orderFlow: OrderFlowSignal | null;
  readonly #tradeFlow: TradeFlowSignal | null;
  readonly #lead: BasisSignal | null;
  readonly #mark: VenuePriceSignal | null;
  readonly #index: VenuePriceSignal | null;
  readonly #hasSignals: boolean;

  /** @param marketLevels levels a side that the markets carry: at least fairLevelsRead() */
  constructor(parameters: FairValueParameters, marketLevels: number) {
    assert(fairLevelsRead(parameters) <= marketLevels, 'markets carry the levels that the fair value reads');
    assert(
      (parameters.base === 'stoikov') === (parameters.microPrice !== null),
      'a micro-price table is given for stoikov, and only then',
    );
    this.parameters = parameters;
    const { depthLevels, depthBps, depthLots, standardiseSeconds } = parameters;
    this.#base = Base[parameters.base];
    this.#depth = { levels: depthLevels, withinBps: depthBps, lots: depthLots };
    this.#microPrice = parameters.microPrice === null ? null : new MicroPrice(parameters.microPrice);
    const imbalance = parameters.bookImbalance;
    this.#imbalanceDepth = { levels: imbalance.levels, withinBps: imbalance.withinBps, lots: 0 };
    this.#isLog = imbalance.kind === 'log';
    const elapsed = this.#elapsedS;
    const { orderFlow, tradeFlow, mark, index } = parameters;
    this.#imbalance = imbalance.weightBps === 0 ? null : new StandardScore(standardiseSeconds, elapsed);
    this.#orderFlow =
      orderFlow.weightBps === 0
        ? null
        : new OrderFlowSignal(orderFlow.halfLifeSeconds, standardiseSeconds, elapsed);
    this.#tradeFlow =
      tradeFlow.weightBps === 0
        ? null
        : new TradeFlowSignal(tradeFlow.halfLifeSeconds, standardiseSeconds, elapsed);
    this.#lead = leadOf(parameters) === -1 ? null : new BasisSignal(parameters.lead, elapsed);
    this.#mark = mark.weight === 0 ? null : new VenuePriceSignal(mark, elapsed);
    this.#index = index.weight === 0 ? null : new VenuePriceSignal(index, elapsed);
    const ofBook = this.#imbalance ?? this.#orderFlow ?? this.#tradeFlow;
    this.#hasSignals = (ofBook ?? this.#lead ?? this.#mark ?? this.#index) !== null;
  }

  /**
   * @hot Values a market. Each newest market once, in order; a lead's news may come with the same market again.
   *
   * @param lead market of the instrument that leads this one, or null
   * @param halfTicks [0]: half spread of the model, which bounds the signals; without one (0, NaN) they add nothing. A cell:
   *   a number would be boxed by the call
   * @param parts FAIR_PARTS doubles from index 0: what the price is made of, see FairPart
   */
  compute(market: MarketView, lead: MarketView | null, halfTicks: Float64Array, parts: Float64Array): void {
    for (let part = 0; part < FAIR_PARTS; part++) parts[part] = 0;
    this.fair[0] = 0;
    if (!isValued(market)) return;
    this.#estimateBase(market);
    const base = this.#estimate[0];
    parts[FairPart.base] = base;
    let signals = 0;
    if (this.#hasSignals) {
      this.#advance(market, lead);
      this.#addFlow(market, parts);
      this.#addPrices(market, lead, parts);
      for (let part = FairPart.bookImbalance; part < FairPart.cap; part++) signals += parts[part];
    }

    const { signalHalvesMax, capBps, capSpreads } = this.parameters;
    const signalsMax = halfTicks[0] > 0 ? signalHalvesMax * halfTicks[0] : 0;
    const middle = (market.bidTicks[0] + market.askTicks[0]) / 2;
    const spread = market.askTicks[0] - market.bidTicks[0];
    // Between the best prices capBps has nothing to say: in a wide market it would take the estimate itself away.
    let capTicks = capBps > 0 ? Math.max(middle * capBps * BPS, spread / 2) : Infinity;
    if (capSpreads > 0) capTicks = Math.min(capTicks, spread * capSpreads);
    const wanted = base + Math.max(-signalsMax, Math.min(signalsMax, signals));
    const fair = Math.max(middle - capTicks, Math.min(middle + capTicks, wanted));
    this.fair[0] = fair;
    parts[FairPart.cap] = fair - (base + signals);
  }

  /** @hot */
  #advance(market: MarketView, lead: MarketView | null): void {
    let now = market.recvNs;
    if (lead !== null && lead.recvNs > now) now = lead.recvNs;
    const before = this.#nowNs[0];
    this.#elapsedS[0] = before > 0 && now > before ? (now - before) / NS_PER_SECOND : 0;
    if (now > before) this.#nowNs[0] = now;
  }

  /** @hot */
  #estimateBase(market: MarketView): void {
    const estimate = this.#estimate;
    switch (this.#base) {
      case Base.micro:
        estimate[0] = microPrice(
          market.bidTicks[0],
          market.bidLots[0],
          market.askTicks[0],
          market.askLots[0],
        );
        return;
      case Base.vamp:
        return vamp(market, this.#depth, estimate);
      case Base['weighted-depth']:
        return weightedDepth(market, this.#depth, estimate);
      case Base['effective-vamp']:
        return effectiveVamp(market, this.#depth, estimate);
      case Base['impact-mid']:
        return impactMid(market, this.#depth, estimate);
      case Base.stoikov:
        return this.#microPrice!.compute(market, estimate);
      default:
        return mid(market, estimate);
    }
  }

  /** @hot Signals of its own book and trades: so many basis points a standard deviation. */
  #addFlow(market: MarketView, parts: Float64Array): void {
    const parameters = this.parameters;
    const bps = this.#estimate[0] * BPS;
    const imbalance = this.#imbalance;
    if (imbalance !== null) {
      bookImbalance(market, this.#imbalanceDepth, this.#isLog, imbalance.value);
      imbalance.update();
      parts[FairPart.bookImbalance] = imbalance.score[0] * parameters.bookImbalance.weightBps * bps;
    }
    const orderFlow = this.#orderFlow;
    if (orderFlow !== null) {
      orderFlow.update(market);
      parts[FairPart.orderFlow] = orderFlow.score.score[0] * parameters.orderFlow.weightBps * bps;
    }
    const tradeFlow = this.#tradeFlow;
    if (tradeFlow !== null) {
      tradeFlow.update(market);
      parts[FairPart.tradeFlow] = tradeFlow.score.score[0] * parameters.tradeFlow.weightBps * bps;
    }
  }

  /** @hot Signals from other prices. */
  #addPrices(market: MarketView, lead: MarketView | null, parts: Float64Array): void {
    const estimate = this.#estimate;
    const signal = this.#lead;
    if (signal !== null) {
      signal.ours[0] = estimate[0];
      signal.theirs[0] = 0;
      if (lead !== null && isValued(lead)) {
        signal.theirs[0] = microPrice(lead.bidTicks[0], lead.bidLots[0], lead.askTicks[0], lead.askLots[0]);
        signal.ageS[0] = (this.#nowNs[0] - lead.recvNs) / NS_PER_SECOND;
      }
      this.isLeadStale = !signal.update();
      parts[FairPart.lead] = signal.ticks[0];
    }
    const mark = this.#mark;
    if (mark !== null) {
      mark.update(estimate, market.doubles, MarketDouble.markTicks, this.#nowNs);
      parts[FairPart.mark] = mark.basis.ticks[0];
    }
    const index = this.#index;
    if (index !== null) {
      index.update(estimate, market.doubles, MarketDouble.indexTicks, this.#nowNs);
      parts[FairPart.index] = index.basis.ticks[0];
    }
  }
}

/** @hot Whether others rest on both sides, and the book is whole. */
function isValued(market: MarketView): boolean {
  return (
    market.isQuotable &&
    market.bidCount > 0 &&
    market.askCount > 0 &&
    market.bidTicks[0] < market.askTicks[0] &&
    market.bidLots[0] > 0 &&
    market.askLots[0] > 0
  );
}
