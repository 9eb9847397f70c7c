import { MarketDouble } from '../../engine/handoff/layout.ts';
import { MarketView } from '../../engine/handoff/market-slot.ts';
import { FIXED_STRATEGY } from '../../workers/strategy/parameters.ts';
import type { StrategyParameters } from '../../workers/strategy/parameters.ts';

/** A fair price near 10,000 ticks makes a basis point one tick. */
export const PLAIN_LADDER: StrategyParameters = {
  ...FIXED_STRATEGY,
  levels: 3,
  halfSpreadBps: 5,
  halfSpreadTicksMin: 1,
  levelStepBps: 2,
  lots: 10,
  lotsStep: 5,
  skewBpsAtMax: 4,
  positionLotsMax: 100,
  edgeMinRatio: 0.4,
  minLots: 1,
};

export interface BestLevels {
  readonly bid: number;
  readonly bidLots: number;
  readonly ask: number;
  readonly askLots: number;
  readonly position?: number;
}

export function marketOf(best: BestLevels): MarketView {
  const market = new MarketView(1);
  market.bidTicks[0] = best.bid;
  market.bidLots[0] = best.bidLots;
  market.askTicks[0] = best.ask;
  market.askLots[0] = best.askLots;
  market.bidCount = 1;
  market.askCount = 1;
  market.isQuotable = true;
  market.doubles[MarketDouble.version] = 1;
  market.doubles[MarketDouble.positionLots] = best.position ?? 0;
  return market;
}
