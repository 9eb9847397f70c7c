/** Options have a coarser tick the dearer they are; the row's `tickSz` is that of the lowest band. */
import { Side } from '../../base/side.ts';
import type { Ticks } from '../../base/units.ts';
import type { Row } from './exchange-contract.ts';
import type { Listing } from './listing.ts';

/** From here on, in steps of the lowest band, prices are multiples of five of them (BTC-USD: 0.0005 from 0.005 on). */
const SECOND_BAND_FROM: Ticks = 50;
const SECOND_BAND_STEP: Ticks = 5;

/** Steps of the lowest band between two prices at this one. */
export function bandStep(listing: Listing, ticks: Ticks): Ticks {
  return listing.isOption && ticks >= SECOND_BAND_FROM ? SECOND_BAND_STEP : 1;
}

export function isOnBand(listing: Listing, ticks: Ticks): boolean {
  return ticks % bandStep(listing, ticks) === 0;
}

/** The nearest price of a band that is no better than this one for whoever quotes it: bids down, asks up. */
export function toBand(listing: Listing, side: Side, ticks: number): Ticks {
  const step = bandStep(listing, ticks);
  const steps = ticks / step;
  // What a division of floats adds must not push a price to the next step.
  return (side === Side.buy ? Math.floor(steps + 1e-9) : Math.ceil(steps - 1e-9)) * step;
}

/** An entry of GET /public/instrument-tick-bands. */
export function tickBandRow(listing: Listing): Row {
  const { instType, instFamily } = listing;
  const boundary = listing.priceText(SECOND_BAND_FROM);
  return {
    instType,
    instFamily,
    tickBand: [
      { minPx: '0', maxPx: boundary, tickSz: listing.tick.step },
      { minPx: boundary, maxPx: '', tickSz: listing.priceText(SECOND_BAND_STEP) },
    ],
  };
}
