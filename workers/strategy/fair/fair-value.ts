/**
 * What one instrument is worth at this moment: an estimate from its book, and what signals add to it.
 *
 * Owner:      the quoter that made it.
 * Invariants: the same markets in the same order give the same values (no clock, no chance); without signals it keeps no
 *             state; the parts add up to the fair price.
 * Cost:       one pass over the levels read; nothing allocates.
 */
import { FAIR_PARTS, FairPart } from '../../../engine/base/explain-record.ts';
import { microPrice } from '../../../engine/base/micro-price.ts';
import type { MarketView } from '../../../engine/handoff/market-slot.ts';
import type { FairValueParameters } from './fair-value-parameters.ts';

export class FairValue {
  readonly parameters: FairValueParameters;
  /** The fair price, in ticks with a fraction; 0 when the market cannot be valued. A cell: a field would be boxed. */
  readonly fair = new Float64Array(1);
  /** Whether the lead is configured and too old to be heard: the price is from the others alone. */
  isLeadStale = false;

  /** @param marketLevels levels a side that the markets carry: at least fairLevelsRead() */
  constructor(parameters: FairValueParameters, marketLevels: number) {
    this.parameters = parameters;
    void marketLevels;
  }

  /**
   * @hot Values a market. Each newest market once, in order; a lead's news may come with the same market again.
   *
   * @param lead market of the instrument that leads this one, or null
   * @param halfTicks half spread of the model, which bounds the signals
   * @param parts FAIR_PARTS doubles from index 0: what the price is made of, see FairPart
   */
  compute(market: MarketView, lead: MarketView | null, halfTicks: number, parts: Float64Array): void {
    void lead;
    void halfTicks;
    for (let part = 0; part < FAIR_PARTS; part++) parts[part] = 0;
    this.fair[0] = microPrice(market.bidTicks[0], market.bidLots[0], market.askTicks[0], market.askLots[0]);
    parts[FairPart.base] = this.fair[0];
  }
}
