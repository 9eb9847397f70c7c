/** When an algo order's price is reached. Prices are compared in ticks, as floats: grids of an instrument may change. */
import { Side } from '../../base/side.ts';
import { TriggerBy } from '../../okx/shapes.ts';
import type { AlgoOrder, AlgoTrigger } from './algo-order.ts';
import type { Listing } from './listing.ts';
import type { Market } from './market.ts';
import { refusal, type OrderRefusal } from './refusals.ts';

const EPSILON = 1e-6;

/** The lowest and the highest trade since the last look, where there was one. */
export interface TradedRange {
  readonly lowTicks: number;
  readonly highTicks: number;
}

/** The index is the mark here, as it is in this venue's fills. */
export function referenceTicks(market: Market, by: TriggerBy): number {
  return by === TriggerBy.last ? market.lastTicks : market.markTicks;
}

export function ticksOf(listing: Listing, px: string): number {
  return Number(px) / listing.tick.value;
}

/** 51277 to 51280: a stop beyond the price of now, or a target short of it, would be reached at once. */
export function stopSideRefusal(
  market: Market,
  { px, by }: AlgoTrigger,
  isBuy: boolean,
  isStop: boolean,
): OrderRefusal | null {
  const ticks = ticksOf(market.listing, px);
  const now = referenceTicks(market, by);
  // A buy closes a short: its stop lies above, its target below.
  const liesAbove = isBuy === isStop;
  if (liesAbove ? ticks > now : ticks < now) return null;
  if (isBuy) return refusal(isStop ? '51278' : '51277');
  return refusal(isStop ? '51280' : '51279');
}

/** Whether a stop or a target is reached by now. */
export function isReached(
  market: Market,
  { px, by }: AlgoTrigger,
  traded: TradedRange | null,
  fromAbove: boolean,
): boolean {
  const ticks = ticksOf(market.listing, px);
  if (by === TriggerBy.last && traded !== null) {
    return fromAbove ? traded.lowTicks <= ticks + EPSILON : traded.highTicks >= ticks - EPSILON;
  }
  const now = referenceTicks(market, by);
  return fromAbove ? now <= ticks + EPSILON : now >= ticks - EPSILON;
}

/** Takes the last price into a trailing stop; true once the price has come back far enough. */
export function trail(algo: AlgoOrder, market: Market, traded: TradedRange | null): boolean {
  const { listing } = market;
  const { side, activePx, callbackRatio, callbackSpread } = algo.terms;
  const isSell = side === Side.sell;
  const best = traded === null ? market.lastTicks : isSell ? traded.highTicks : traded.lowTicks;
  if (Number.isNaN(algo.extremeTicks)) {
    const active = activePx === '' ? NaN : ticksOf(listing, activePx);
    const isActive = Number.isNaN(active) || (isSell ? best >= active : best <= active);
    if (!isActive) return false;
    algo.extremeTicks = best;
  }
  algo.extremeTicks = isSell ? Math.max(algo.extremeTicks, best) : Math.min(algo.extremeTicks, best);
  const stop = trailingTicks(algo, listing, callbackRatio, callbackSpread);
  return isSell ? market.lastTicks <= stop + EPSILON : market.lastTicks >= stop - EPSILON;
}

/** Where a trailing stop would be triggered, in ticks; NaN before it is active. */
export function trailingTicks(
  algo: AlgoOrder,
  listing: Listing,
  callbackRatio: string,
  callbackSpread: string,
): number {
  const sign = algo.terms.side === Side.sell ? -1 : 1;
  return callbackRatio === ''
    ? algo.extremeTicks + sign * ticksOf(listing, callbackSpread)
    : algo.extremeTicks * (1 + sign * Number(callbackRatio));
}
