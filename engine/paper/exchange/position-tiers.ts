/**
 * Position tiers: the larger a position, the more margin it needs. OKX publishes them by family and changes them at times;
 * these are made from the instrument alone, ten equal steps of about two million dollars each at the price of the start, and
 * the whole position stands on the rates of its tier, as at OKX (GET /public/position-tiers).
 */
import type { Lots } from '../../base/units.ts';
import { numberText } from './amount.ts';
import type { Row } from './exchange-contract.ts';
import type { Listing } from './listing.ts';

export interface PositionTier {
  readonly minLots: Lots;
  readonly maxLots: Lots;
  readonly maintenanceRate: number;
  readonly initialRate: number;
  readonly maxLever: number;
}

const STEP_USD = 2_000_000;
/** Maintenance margin of each tier as a part of the value. */
const MAINTENANCE_RATES: readonly number[] = [
  0.004, 0.006, 0.008, 0.012, 0.016, 0.02, 0.026, 0.032, 0.04, 0.05,
];
/** Initial margin is this many times the maintenance margin, unless the instrument's greatest leverage asks for more. */
const INITIAL_PER_MAINTENANCE = 2.5;

/** Borrowed money of a spot account: leverage ten, and three parts in a hundred to keep it. */
export const BORROW_INITIAL_RATE = 0.1;
export const BORROW_MAINTENANCE_RATE = 0.03;

/** @param usdPerLot what a lot is worth at the start */
export function tiersOf(listing: Listing, usdPerLot: number): readonly PositionTier[] {
  const step = roundStep(STEP_USD / usdPerLot);
  const least = 1 / Math.max(1, listing.maxLever);
  return MAINTENANCE_RATES.map((maintenanceRate, index) => {
    const initialRate = Math.max(least, maintenanceRate * INITIAL_PER_MAINTENANCE);
    return {
      minLots: index === 0 ? 0 : index * step + 1,
      maxLots: (index + 1) * step,
      maintenanceRate,
      initialRate,
      maxLever: Math.max(1, Math.floor(1 / initialRate + 1e-9)),
    };
  });
}

/** The tier of a position of that size; the last one for whatever is larger than all. */
export function tierOf(tiers: readonly PositionTier[], lots: Lots): PositionTier {
  for (const tier of tiers) if (lots <= tier.maxLots) return tier;
  return tiers[tiers.length - 1]!;
}

/** Rows of GET /public/position-tiers. */
export function tierRows(listing: Listing, tiers: readonly PositionTier[]): Row[] {
  return tiers.map((tier, index) => ({
    uly: listing.isContract ? String(listing.row['uly'] ?? '') : '',
    instFamily: listing.instFamily,
    instId: listing.isContract ? '' : listing.instId,
    tier: String(index + 1),
    minSz: listing.sizeText(tier.minLots),
    maxSz: listing.sizeText(tier.maxLots),
    mmr: numberText(tier.maintenanceRate),
    imr: numberText(tier.initialRate),
    maxLever: String(tier.maxLever),
    optMgnFactor: listing.isOption ? '1' : '0',
    quoteMaxLoan: '',
    baseMaxLoan: '',
  }));
}

/** To 1, 2 or 5 times a power of ten, as the venue's own tables are. */
function roundStep(lots: number): Lots {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, lots))));
  const digit = lots / power;
  return Math.max(1, (digit < 2 ? 1 : digit < 5 ? 2 : 5) * power);
}
