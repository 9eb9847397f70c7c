import { assert } from '../../base/assert.ts';
import { DecimalGrid, OFF_GRID } from '../../base/decimal.ts';
import type { Lots, Ticks } from '../../base/units.ts';
import { AMOUNT_ONE, amountNumber, divideRounded, parseAmount, type Amount } from './amount.ts';
import type { InstrumentRow, Row } from './exchange-contract.ts';

/**
 * How an instrument settles. Options count as linear in their settlement currency, whatever their row's `ctType` says:
 * price × contracts × multiplier, a price in coin for those that settle in coin.
 */
export const ListingKind = { spot: 'spot', linear: 'linear', inverse: 'inverse' } as const;
export type ListingKind = (typeof ListingKind)[keyof typeof ListingKind];

const TEXTS_MAX = 8_192;

/** A row that cannot be listed. */
export class ListingError extends Error {
  override readonly name = 'ListingError';
  readonly code = 'BAD_INSTRUMENT';
}

/** An instrument as the exchange trades it: its row, its grids and its exact value. */
export class Listing {
  readonly instId: string;
  readonly instType: string;
  readonly instFamily: string;
  readonly kind: ListingKind;
  readonly baseCcy: string;
  readonly quoteCcy: string;
  /** The currency of profit, margin and fees; of contracts that settle in USD each account has its own (`ledgerCcy`). */
  readonly settleCcy: string;
  readonly isOption: boolean;
  /** Options only: the right to buy; what it is exercised at in US dollars, 0 for all others. */
  readonly isCall: boolean;
  readonly strike: number;
  /** When a contract ends; Infinity for what has no end. */
  readonly expiryMs: number;
  readonly tick: DecimalGrid;
  readonly lot: DecimalGrid;
  readonly minLots: Lots;
  readonly maxLimitLots: Lots;
  readonly maxMarketLots: Lots;
  readonly maxLimitUsd: number;
  readonly maxLever: number;
  readonly isContract: boolean;
  #row: Row;
  /** Prices as text: a market comes back to the same ones all day. */
  readonly #priceTexts = new Map<Ticks, string>();
  /** Sizes as text: round ones come all the time. */
  readonly #sizeTexts = new Map<Lots, string>();
  readonly #tick: Amount;
  /** Base units (spot) or underlying units (contracts) of one lot, times 10^36. */
  readonly #lotUnits: bigint;
  /** Value of one lot at one tick, 0 where that is no whole amount or, as with inverse contracts, no product. */
  readonly #tickLotValue: Amount;
  readonly #tickLotFloat: number;

  constructor(row: InstrumentRow) {
    this.#row = { ...row };
    this.instId = field(row, 'instId');
    this.instType = field(row, 'instType');
    this.isOption = this.instType === 'OPTION';
    this.isCall = field(row, 'optType') === 'C';
    this.strike = Number(field(row, 'stk') || 0);
    this.expiryMs = Number(field(row, 'expTime') || Infinity);
    this.isContract = this.instType !== 'SPOT';
    this.instFamily = field(row, 'instFamily');
    // Of contracts the index names the two; names of instruments and families say nothing (BTC-USD_UM_XPERP-310404).
    const [base = '', quote = ''] = (field(row, 'uly') || this.instFamily || this.instId).split('-');
    this.baseCcy = field(row, 'baseCcy') || base;
    this.quoteCcy = field(row, 'quoteCcy') || quote;
    const isInverse = this.isContract && !this.isOption && field(row, 'ctType') === 'inverse';
    this.kind = !this.isContract ? ListingKind.spot : isInverse ? ListingKind.inverse : ListingKind.linear;
    this.settleCcy = field(row, 'settleCcy') || this.quoteCcy;
    try {
      this.tick = new DecimalGrid(field(row, 'tickSz'));
      this.lot = new DecimalGrid(field(row, 'lotSz'));
    } catch (cause) {
      throw new ListingError(`${this.instId}: expected tickSz and lotSz to be positive decimals`, { cause });
    }
    const minLots = this.lot.fromText(field(row, 'minSz'));
    this.minLots =
      minLots === OFF_GRID ? Math.ceil(Number(field(row, 'minSz')) / this.lot.value - 1e-9) : minLots;
    this.maxLimitLots = this.#lotsLimit('maxLmtSz');
    // For spot, maxMktSz is in USDT and not a size; market orders are held to maxMktAmt instead.
    this.maxMarketLots = this.isContract ? this.#lotsLimit('maxMktSz') : this.maxLimitLots;
    this.maxLimitUsd = Number(field(row, 'maxLmtAmt') || Infinity);
    this.maxLever = Number(field(row, 'lever') || 1);
    this.#tick = parseAmount(this.tick.step);
    const contract = this.isContract
      ? parseAmount(field(row, 'ctVal')) * parseAmount(field(row, 'ctMult') || '1')
      : AMOUNT_ONE * AMOUNT_ONE;
    this.#lotUnits = divideRounded(parseAmount(this.lot.step) * contract, AMOUNT_ONE);
    const product = this.#lotUnits * this.#tick;
    const isExact = this.kind !== ListingKind.inverse && product % (AMOUNT_ONE * AMOUNT_ONE) === 0n;
    this.#tickLotValue = isExact ? product / (AMOUNT_ONE * AMOUNT_ONE) : 0n;
    this.#tickLotFloat = Number(this.#tickLotValue) / 1e18;
    assert(this.minLots > 0 && this.#lotUnits > 0n, 'an instrument has a least size and a value');
  }

  get row(): Row {
    return this.#row;
  }

  get state(): string {
    return field(this.#row, 'state');
  }

  change(fields: Readonly<Record<string, unknown>>): void {
    this.#row = { ...this.#row, ...fields };
  }

  /** Base currency of `lots` of spot; underlying of contracts, in the contract value's currency. */
  units(lots: Lots): Amount {
    return divideRounded(BigInt(lots) * this.#lotUnits, AMOUNT_ONE);
  }

  /**
   * Value of `lots` at `ticks` in the settlement currency: quote currency for spot, coin for inverse contracts (where it
   * falls as the price rises).
   */
  value(ticks: Ticks, lots: Lots): Amount {
    if (this.#tickLotValue !== 0n) return BigInt(ticks) * BigInt(lots) * this.#tickLotValue;
    const units = BigInt(lots) * this.#lotUnits;
    if (this.kind === ListingKind.inverse) return divideRounded(units, BigInt(ticks) * this.#tick);
    return divideRounded(units * BigInt(ticks) * this.#tick, AMOUNT_ONE * AMOUNT_ONE);
  }

  /** `value` as a float, for limits and reports. */
  valueNumber(ticks: Ticks, lots: Lots): number {
    if (this.#tickLotFloat !== 0) return ticks * lots * this.#tickLotFloat;
    return amountNumber(this.value(ticks, lots));
  }

  /** The price at which `lots` have the given value: the average entry of a position. */
  averagePrice(value: Amount, lots: Lots): Amount {
    const units = BigInt(lots) * this.#lotUnits;
    if (this.kind === ListingKind.inverse) return value === 0n ? 0n : divideRounded(units, value);
    return divideRounded(value * AMOUNT_ONE * AMOUNT_ONE, units);
  }

  /** The size-weighted price of trades whose ticks × lots add up to `tickLots`. */
  meanPrice(tickLots: bigint, lots: Lots): Amount {
    return divideRounded(tickLots * this.#tick, BigInt(lots));
  }

  priceText(ticks: Ticks): string {
    let text = this.#priceTexts.get(ticks);
    if (text !== undefined) return text;
    text = this.tick.toText(ticks);
    if (this.#priceTexts.size === TEXTS_MAX) this.#priceTexts.clear();
    this.#priceTexts.set(ticks, text);
    return text;
  }

  sizeText(lots: Lots): string {
    let text = this.#sizeTexts.get(lots);
    if (text !== undefined) return text;
    text = this.lot.toText(lots);
    if (this.#sizeTexts.size === TEXTS_MAX) this.#sizeTexts.clear();
    this.#sizeTexts.set(lots, text);
    return text;
  }

  #lotsLimit(name: string): Lots {
    const limit = Number(field(this.#row, name) || Infinity) / this.lot.value;
    return Math.min(Math.floor(limit + 1e-9), Math.floor(Number.MAX_SAFE_INTEGER / this.lot.mantissa));
  }
}

/** A field of a row as text; "" when it is absent or null. */
export function field(row: Readonly<Record<string, unknown>>, name: string): string {
  const value = row[name];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}
