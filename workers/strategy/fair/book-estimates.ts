/**
 * What an instrument is worth by its book alone (models.md par. 4): pure functions of one market.
 *
 * Owner:      whoever calls; nothing is kept.
 * Invariants: the markets hold at least one level a side, every size above zero, our own orders taken out by the engine; a
 *             mirrored book gives the mirrored price; prices are measured from the best bid, so that where on the grid a
 *             book lies makes no difference beyond rounding.
 * Cost:       one pass over the levels looked at; results go into out[0], since a returned double would be boxed.
 */
import type { MarketView } from '../../../engine/handoff/market-slot.ts';

/** What an estimate of depth looks at. */
export interface Depth {
  readonly levels: number;
  /** Within so much of the mid; 0 for all. The best level always counts. */
  readonly withinBps: number;
  /** Size to be traded or gathered a side; 0 for all there is. */
  readonly lots: number;
}

const BPS = 1e-4;

/** @hot (Pb + Pa) / 2. */
export function mid(market: MarketView, out: Float64Array): void {
  out[0] = (market.bidTicks[0] + market.askTicks[0]) / 2;
}

/** @hot How far from the mid a level may be, in ticks. */
function reachOf(market: MarketView, withinBps: number): number {
  return withinBps > 0 ? (market.bidTicks[0] + market.askTicks[0]) * 0.5 * withinBps * BPS : Infinity;
}

/**
 * @hot VAMP_N: Σ(Pb_i·Qa_i + Pa_i·Qb_i) / Σ(Qb_i + Qa_i). Each level's price is weighed by the size of the other side,
 * so more bids lift it.
 */
export function vamp(market: MarketView, depth: Depth, out: Float64Array): void {
  const bidTicks = market.bidTicks;
  const bidLots = market.bidLots;
  const askTicks = market.askTicks;
  const askLots = market.askLots;
  const best = bidTicks[0];
  const middle = (best + askTicks[0]) / 2;
  const reach = reachOf(market, depth.withinBps);
  const levels = Math.min(depth.levels, market.bidCount, market.askCount);
  let lots = 0;
  let value = 0;
  for (let level = 0; level < levels; level++) {
    if (level > 0 && (middle - bidTicks[level] > reach || askTicks[level] - middle > reach)) break;
    lots += bidLots[level] + askLots[level];
    value += (bidTicks[level] - best) * askLots[level] + (askTicks[level] - best) * bidLots[level];
  }
  out[0] = best + value / lots;
}

/** Sums of both sides, for the estimates that weigh whole sides: where each stands in the cells given. */
const Sum = { bidLots: 0, bidValue: 1, askLots: 2, askValue: 3, count: 4 } as const;

/** Scratch of the functions below; each fills it before it reads it. */
const sums = new Float64Array(Sum.count);

/** @hot Adds up whole levels of both sides, until a side has depth.lots. */
function gather(market: MarketView, depth: Depth): void {
  const bidTicks = market.bidTicks;
  const bidLots = market.bidLots;
  const askTicks = market.askTicks;
  const askLots = market.askLots;
  const best = bidTicks[0];
  const middle = (best + askTicks[0]) / 2;
  const reach = reachOf(market, depth.withinBps);
  const wanted = depth.lots > 0 ? depth.lots : Infinity;
  let lots = 0;
  let value = 0;
  const bids = Math.min(depth.levels, market.bidCount);
  for (let level = 0; level < bids && lots < wanted; level++) {
    if (level > 0 && middle - bidTicks[level] > reach) break;
    lots += bidLots[level];
    value += (bidTicks[level] - best) * bidLots[level];
  }
  sums[Sum.bidLots] = lots;
  sums[Sum.bidValue] = value;
  lots = 0;
  value = 0;
  const asks = Math.min(depth.levels, market.askCount);
  for (let level = 0; level < asks && lots < wanted; level++) {
    if (level > 0 && askTicks[level] - middle > reach) break;
    lots += askLots[level];
    value += (askTicks[level] - best) * askLots[level];
  }
  sums[Sum.askLots] = lots;
  sums[Sum.askValue] = value;
}

/** @hot The mean price of what rests: same-side weights, so it leans towards the larger side, against the others. */
export function weightedDepth(market: MarketView, depth: Depth, out: Float64Array): void {
  gather(market, depth);
  const lots = sums[Sum.bidLots] + sums[Sum.askLots];
  out[0] = market.bidTicks[0] + (sums[Sum.bidValue] + sums[Sum.askValue]) / lots;
}

/** @hot Effective VAMP: (P̄b·ΣQa + P̄a·ΣQb) / (ΣQa + ΣQb), where P̄ is a side's mean price by size. */
export function effectiveVamp(market: MarketView, depth: Depth, out: Float64Array): void {
  gather(market, depth);
  const bids = sums[Sum.bidLots];
  const asks = sums[Sum.askLots];
  const value = (sums[Sum.bidValue] / bids) * asks + (sums[Sum.askValue] / asks) * bids;
  out[0] = market.bidTicks[0] + value / (bids + asks);
}

/**
 * @hot Impact mid: the middle of what selling and buying depth.lots would come to on average. Where a side does not hold so
 * much, both are traded for what the smaller one holds: else one side would count deeper than the other.
 */
export function impactMid(market: MarketView, depth: Depth, out: Float64Array): void {
  const bidTicks = market.bidTicks;
  const bidLots = market.bidLots;
  const askTicks = market.askTicks;
  const askLots = market.askLots;
  gather(market, depth);
  const wanted = depth.lots > 0 ? depth.lots : Infinity;
  const lots = Math.min(wanted, sums[Sum.bidLots], sums[Sum.askLots]);
  const best = bidTicks[0];
  let value = 0;
  for (let level = 0, left = lots; left > 0 && level < market.bidCount; level++) {
    const taken = Math.min(left, bidLots[level]);
    value += (bidTicks[level] - best) * taken;
    left -= taken;
  }
  for (let level = 0, left = lots; left > 0 && level < market.askCount; level++) {
    const taken = Math.min(left, askLots[level]);
    value += (askTicks[level] - best) * taken;
    left -= taken;
  }
  out[0] = best + value / (2 * lots);
}

/**
 * @hot Imbalance of the book, above zero for more bids: (ΣQb − ΣQa) / (ΣQb + ΣQa), or ln(ΣQb / ΣQa), which tells apart how
 * lopsided a lopsided book is.
 */
export function bookImbalance(market: MarketView, depth: Depth, isLog: boolean, out: Float64Array): void {
  gather(market, depth);
  const bids = sums[Sum.bidLots];
  const asks = sums[Sum.askLots];
  out[0] = isLog ? Math.log(bids / asks) : (bids - asks) / (bids + asks);
}
