import type { MarketView } from '../../engine/handoff/market-slot.ts';
import { QuoteCell } from './ladder/quote-cells.ts';
import { HALF_TICKS_MIN } from './models/fitted-model.ts';
import type { StrategyParameters } from './parameters.ts';

/** Distances that no model computes: those of `fixed` and of `okx-sample`, for every quote anew. */

/**
 * A wanted quote keeps this much more than the least edge, or the guard would pull at the next flicker of the fair price
 * what has just been placed. With the usual ratio of 0.4 a strong skew may then bring a side to half the half spread.
 */
export const INNER_TO_EDGE = 1.25;
const BPS = 1e-4;

/** @hot At fixed distances, shifted as a whole. */
export function fixedHalves(cells: Float64Array, parameters: StrategyParameters): void {
  const fair = cells[QuoteCell.fair];
  const half = Math.max(fair * parameters.halfSpreadBps * BPS, parameters.halfSpreadTicksMin, HALF_TICKS_MIN);
  const edgeMin = half * parameters.edgeMinRatio;
  const inner = Math.min(edgeMin * INNER_TO_EDGE, half);
  const reservation = fair - fair * parameters.skewBpsAtMax * BPS * cells[QuoteCell.share];
  cells[QuoteCell.halfMin] = Math.max(parameters.halfSpreadTicksMin, HALF_TICKS_MIN);
  cells[QuoteCell.bidHalf] = half;
  cells[QuoteCell.askHalf] = half;
  cells[QuoteCell.bidFirst] = reservation - half;
  cells[QuoteCell.askFirst] = -reservation - half;
  cells[QuoteCell.bidFloor] = inner;
  cells[QuoteCell.askFloor] = inner;
  cells[QuoteCell.bidEdge] = edgeMin;
  cells[QuoteCell.askEdge] = edgeMin;
}

/** @hot OKX's sample: at steps of the best prices, which inventory leaves where they are. It has no guard of its own. */
export function sampleHalves(cells: Float64Array, parameters: StrategyParameters, market: MarketView): void {
  const fair = cells[QuoteCell.fair];
  const step = parameters.levelStepBps * BPS;
  cells[QuoteCell.bidFirst] = market.bidTicks[0] * (1 - step);
  cells[QuoteCell.askFirst] = -market.askTicks[0] * (1 + step);
  cells[QuoteCell.bidHalf] = fair - cells[QuoteCell.bidFirst];
  cells[QuoteCell.askHalf] = -cells[QuoteCell.askFirst] - fair;
  cells[QuoteCell.bidFloor] = -Infinity;
  cells[QuoteCell.askFloor] = -Infinity;
  cells[QuoteCell.bidEdge] = 0;
  cells[QuoteCell.askEdge] = 0;
}
