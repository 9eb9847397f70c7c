import { parseAmount, type Amount } from './amount.ts';
import { field, type Listing } from './listing.ts';

/** What a tier pays for one kind of instruments: as GET /account/trade-fee tells it for an account of that tier. */
export interface FeeRow {
  /** SPOT, SWAP, FUTURES or OPTION. */
  readonly instType: string;
  /** One fee group of the type (the `groupId` of its instruments' rows); left out: all that have no row of their own. */
  readonly groupId?: string;
  /** OKX's sign: negative is paid, positive is a rebate. */
  readonly maker: string;
  readonly taker: string;
}

export interface FeeRates {
  readonly maker: Amount;
  readonly taker: Amount;
  /** As they were given. */
  readonly texts: { readonly maker: string; readonly taker: string };
}

/** An account's fees and rebates: by fee group, else by type, else the account's own two rates. */
export class FeeSchedule {
  readonly #rates = new Map<string, FeeRates>();
  readonly #others: FeeRates;
  readonly #byListing = new Map<Listing, FeeRates>();

  /** @throws RangeError when a rate is not a decimal */
  constructor(rows: readonly FeeRow[], maker: string, taker: string) {
    this.#others = ratesOf(maker, taker);
    for (const row of rows) {
      this.#rates.set(keyOf(row.instType, row.groupId ?? ''), ratesOf(row.maker, row.taker));
    }
  }

  of(listing: Listing): FeeRates {
    let rates = this.#byListing.get(listing);
    if (rates === undefined) {
      rates = this.ofGroup(listing.instType, field(listing.row, 'groupId'));
      this.#byListing.set(listing, rates);
    }
    return rates;
  }

  ofGroup(instType: string, groupId: string): FeeRates {
    return this.#rates.get(keyOf(instType, groupId)) ?? this.#rates.get(keyOf(instType, '')) ?? this.#others;
  }
}

function keyOf(instType: string, groupId: string): string {
  return `${instType}:${groupId}`;
}

function ratesOf(maker: string, taker: string): FeeRates {
  return { maker: parseAmount(maker), taker: parseAmount(taker), texts: { maker, taker } };
}
