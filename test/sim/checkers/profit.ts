import type { SimWorldView } from '../sim-types.ts';
import { ONE, inexact } from './units.ts';
import type { InstrumentTruth } from './venue-truth.ts';

export function markOf(world: SimWorldView, { instId }: InstrumentTruth): number {
  return Number(world.venue.exchange.markPrice(instId)?.['markPx'] ?? 0);
}

/** What the venue's fill rows have earned with the position at `mark`, fees included, in the currency of settlement. */
export function profitAt(world: SimWorldView, each: InstrumentTruth, mark: number): number {
  const { money } = each;
  const position = inexact(money.position);
  const cash = Number(money.cash / ONE) / 1e18;
  const trades = each.isInverse ? cash - position / mark : cash + position * mark;
  return trades * inexact(each.unitOf(world)) + inexact(money.fees) + inexact(money.baseFees) * mark;
}

/** What the position is worth, without its sign, in the currency of settlement. */
export function valueAt(world: SimWorldView, each: InstrumentTruth, mark: number): number {
  const size = Math.abs(inexact(each.money.position)) * inexact(each.unitOf(world));
  return each.isInverse ? size / mark : size * mark;
}
