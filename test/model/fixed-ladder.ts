/**
 * The obvious twin of the model `fixed`: the engine's first strategy, as it was, a ladder of bids and asks around the
 * size-weighted mid, shifted against our position. What `fixed` quotes must be this to the last bit.
 *
 *     fair    = micro-price of the best levels                       res = fair − skew · position / positionLotsMax
 *     bid i   = floor(min(res − half, fair − inner) − i · step)      at most best ask − 1, below bid i − 1
 *     ask i   = ceil (max(res + half, fair + inner) + i · step)      at least best bid + 1, above ask i − 1
 *
 * Bids round down and asks up, always: rounding to the nearest tick would give edge away on books one tick wide. A quote
 * may improve on the best price; what it earns is bounded by half and inner, not by where others stand.
 */
import { microPrice } from '../../engine/base/micro-price.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import type { Lots } from '../../engine/base/units.ts';
import type { MarketView } from '../../engine/handoff/market-slot.ts';
import type { QuoteView } from '../../engine/handoff/quote-slot.ts';
import { assertStrategy } from '../../workers/strategy/parameters.ts';
import type { StrategyParameters } from '../../workers/strategy/parameters.ts';

/** Half spreads below this, in ticks, would drown in rounding at the largest prices. */
const HALF_TICKS_MIN = 0.01;

/**
 * A wanted quote keeps this much more than the least edge, or the guard would pull at the next flicker of the fair price
 * what has just been placed. With the usual ratio of 0.4 a strong skew may then bring a side to half the half spread.
 */
const INNER_TO_EDGE = 1.25;

const BPS = 1e-4;

export class FixedLadder {
  readonly parameters: StrategyParameters;

  constructor(parameters: StrategyParameters) {
    assertStrategy(parameters);
    this.parameters = parameters;
  }

  /**
   * @hot Fills in the wanted ladder and the guard for this market: zero levels when it cannot be quoted. The caller
   * fills in the rest of `quote` (version, epoch, times).
   */
  compute(market: MarketView, quote: QuoteView): void {
    quote.bidCount = 0;
    quote.askCount = 0;
    quote.fairTicks = 0;
    quote.referenceTicks = 0;
    quote.bidEdgeTicks = 0;
    quote.askEdgeTicks = 0;
    if (!market.isQuotable || market.bidCount === 0 || market.askCount === 0) return;
    const bestBid = market.bidTicks[0];
    const bestAsk = market.askTicks[0];
    const bidLots = market.bidLots[0];
    const askLots = market.askLots[0];
    const position = market.positionLots;
    if (bestBid >= bestAsk || !(bidLots > 0) || !(askLots > 0) || !Number.isFinite(position)) return;

    const parameters = this.parameters;
    const fair = microPrice(bestBid, bidLots, bestAsk, askLots);
    const half = Math.max(
      fair * parameters.halfSpreadBps * BPS,
      parameters.halfSpreadTicksMin,
      HALF_TICKS_MIN,
    );
    const edgeMin = half * parameters.edgeMinRatio;
    const inner = Math.min(edgeMin * INNER_TO_EDGE, half);
    const inventory = Math.max(-1, Math.min(1, position / parameters.positionLotsMax));
    const reservation = fair - fair * parameters.skewBpsAtMax * BPS * inventory;
    quote.fairTicks = fair;
    quote.referenceTicks = fair;
    quote.bidEdgeTicks = edgeMin;
    quote.askEdgeTicks = edgeMin;
    this.#fillBids(quote, Math.min(reservation - half, fair - inner), bestAsk, fair, position);
    this.#fillAsks(quote, Math.max(reservation + half, fair + inner), bestBid, fair, position);
  }

  /** @hot */
  #fillBids(quote: QuoteView, first: number, bestAsk: number, fair: number, position: Lots): void {
    const parameters = this.parameters;
    const levels = Math.min(parameters.levels, quote.bidTicks.length);
    const step = fair * parameters.levelStepBps * BPS;
    // What may still be bought: far levels are trimmed first, so that the worst case stays within the limit.
    let room = Math.floor(parameters.positionLotsMax - position);
    let ticksMax = bestAsk - 1;
    let count = 0;
    for (; count < levels; count++) {
      const ticks = Math.min(Math.floor(first - count * step), ticksMax);
      const lots = Math.min(parameters.lots + count * parameters.lotsStep, room);
      if (ticks < 1 || lots < parameters.minLots) break;
      quote.bidTicks[count] = ticks;
      quote.bidLots[count] = lots;
      ticksMax = ticks - 1;
      room -= lots;
    }
    quote.bidCount = count;
  }

  /** @hot */
  #fillAsks(quote: QuoteView, first: number, bestBid: number, fair: number, position: Lots): void {
    const parameters = this.parameters;
    const levels = Math.min(parameters.levels, quote.askTicks.length);
    const step = fair * parameters.levelStepBps * BPS;
    let room = Math.floor(parameters.positionLotsMax + position);
    let ticksMin = bestBid + 1;
    let count = 0;
    for (; count < levels; count++) {
      const ticks = Math.max(Math.ceil(first + count * step), ticksMin);
      const lots = Math.min(parameters.lots + count * parameters.lotsStep, room);
      if (ticks > TICKS_MAX || lots < parameters.minLots) break;
      quote.askTicks[count] = ticks;
      quote.askLots[count] = lots;
      ticksMin = ticks + 1;
      room -= lots;
    }
    quote.askCount = count;
  }
}
