import { assert } from './assert.ts';
import { DecimalGrid, OFF_GRID } from './decimal.ts';
import { PriceBands } from './price-bands.ts';
import type { PriceBandText } from './price-bands.ts';
import type { Lots, Milliseconds, Ticks } from './units.ts';

export const InstrumentType = { spot: 0, margin: 1, swap: 2, futures: 3, option: 4, events: 5 } as const;
export type InstrumentType = (typeof InstrumentType)[keyof typeof InstrumentType];

/**
 * How a contract's value follows from its price. Spot counts as linear with one base coin a unit, and every option is linear
 * in the currency it is priced in, which is a coin where the venue calls it inverse.
 */
export const ContractKind = { spot: 0, linear: 1, inverse: 2 } as const;
export type ContractKind = (typeof ContractKind)[keyof typeof ContractKind];

/** What the venue lets one do. Only `live` and `postOnly` are quoted. A `rebase` changes what a contract is worth. */
export const InstrumentState = {
  live: 0,
  postOnly: 1,
  preopen: 2,
  suspended: 3,
  other: 4,
  rebase: 5,
  expired: 6,
} as const;
export type InstrumentState = (typeof InstrumentState)[keyof typeof InstrumentState];

/** By which rules it is traded: before its market, with a rebased contract, or for ever though it is listed as a future. */
export const RuleType = { normal: 0, preMarket: 1, rebaseContract: 2, perpetual: 3, other: 4 } as const;
export type RuleType = (typeof RuleType)[keyof typeof RuleType];

/** Whether the pair has RPI orders, and this account may place them. */
export const RpiPermission = { none: 0, pairOnly: 1, allowed: 2 } as const;
export type RpiPermission = (typeof RpiPermission)[keyof typeof RpiPermission];

/** What an option gives the right to. */
export interface OptionTerms {
  readonly isCall: boolean;
  /** In the underlying's quote currency. */
  readonly strike: number;
}

export interface InstrumentFields {
  readonly instId: string;
  /** The venue's integer code, required by WebSocket order operations; 0 while the venue has not given one. */
  readonly instIdCode: number;
  readonly type: InstrumentType;
  readonly kind: ContractKind;
  readonly state: InstrumentState;
  readonly baseCcy: string;
  /** The currency of the price: an option that is priced in its coin has the coin here. */
  readonly quoteCcy: string;
  /** The currency of profit and fees: the quote of spot, the settlement currency of contracts. */
  readonly settleCcy: string;
  readonly instFamily: string;
  /** The index that a contract follows; not there for spot. */
  readonly underlying?: string;
  /** When it is first traded, and last; not there where the venue states none. */
  readonly listMs?: Milliseconds;
  readonly expiryMs?: Milliseconds;
  readonly ruleType?: RuleType;
  readonly option?: OptionTerms;
  /** Profit is paid every day, and positions go on from the settlement price. */
  readonly isFuturesSettled?: boolean;
  readonly rpi?: RpiPermission;
  /** When an announced change of tick, lot or least size takes effect; not there for none. */
  readonly changeMs?: Milliseconds;
  /** What one unit of the quote currency is worth in dollars, where that is no dollar itself. */
  readonly usdRate?: number;
  /** Where the tick grows with the price; from the lowest on. `tickSz` is the smallest of them. */
  readonly priceBands?: readonly PriceBandText[];
  readonly tickSz: string;
  readonly lotSz: string;
  readonly minSz: string;
  /** Largest limit order, "" when the venue states none. */
  readonly maxLmtSz: string;
  /** Underlying units of one contract, ctVal × ctMult; 1 for spot. */
  readonly contractValue: number;
  /** The venue's fee group; not there where it states none. */
  readonly groupId?: string;
}

/** An instrument as the engine uses it: exact grids and its place in every per-instrument array. */
export class Instrument {
  /** Position in the engine's list of instruments: the name by which every other array knows it. */
  readonly index: number;
  /** What it was made from. */
  readonly fields: InstrumentFields;
  readonly instId: string;
  readonly instIdCode: number;
  readonly type: InstrumentType;
  readonly kind: ContractKind;
  state: InstrumentState;
  readonly baseCcy: string;
  readonly quoteCcy: string;
  readonly settleCcy: string;
  readonly instFamily: string;
  /** The index that it follows, named by its two currencies: a spot pair's own name, and never a part of a contract's. */
  readonly underlying: string;
  /** The last moment of trading; Infinity where there is none. A delisting may be announced while we trade. */
  expiryMs: Milliseconds;
  readonly listMs: Milliseconds;
  readonly ruleType: RuleType;
  /** What an option gives the right to; null for everything else. */
  readonly option: OptionTerms | null;
  readonly isFuturesSettled: boolean;
  readonly rpi: RpiPermission;
  /** Dollars that one of the quote currency was worth when it was asked last; 1 where it is one. Limits are made with it. */
  usdRate: number;
  /** Funding is paid: perpetual swaps, and futures that are perpetual in all but their list. */
  readonly isFunded: boolean;
  /** Settled in dollars of the account's choice. */
  readonly isUsdMargined: boolean;
  /** Profit comes in the base coin: inverse contracts, and options that are priced in it. */
  readonly settlesInBase: boolean;
  /**
   * A lot is worth what its underlying is worth, whatever its own price: options, whose premium says little about what they
   * can cost.
   */
  readonly countsByUnderlying: boolean;
  readonly tick: DecimalGrid;
  /** Which ticks a price may stand on, where not on each. */
  readonly bands: PriceBands;
  readonly lot: DecimalGrid;
  readonly minLots: Lots;
  /** Largest order: the venue's limit, or less where a larger count could not be written exactly. */
  readonly maxLots: Lots;
  readonly contractValue: number;
  /** Underlying units of one lot: lot size × contract value. */
  readonly lotValue: number;

  /** @throws DecimalError when tickSz, lotSz or minSz is not a positive decimal */
  constructor(index: number, fields: InstrumentFields) {
    this.index = index;
    this.fields = fields;
    this.instId = fields.instId;
    this.instIdCode = fields.instIdCode;
    this.type = fields.type;
    this.kind = fields.kind;
    this.state = fields.state;
    this.baseCcy = fields.baseCcy;
    this.quoteCcy = fields.quoteCcy;
    this.settleCcy = fields.settleCcy;
    this.instFamily = fields.instFamily;
    this.underlying = fields.underlying ?? `${fields.baseCcy}-${fields.quoteCcy}`;
    this.expiryMs = fields.expiryMs ?? Infinity;
    this.listMs = fields.listMs ?? 0;
    this.ruleType = fields.ruleType ?? RuleType.normal;
    this.option = fields.option ?? null;
    this.isFuturesSettled = fields.isFuturesSettled ?? false;
    this.rpi = fields.rpi ?? RpiPermission.none;
    this.usdRate = fields.usdRate ?? 1;
    this.isFunded = fields.type === InstrumentType.swap || this.ruleType === RuleType.perpetual;
    this.isUsdMargined = fields.settleCcy === 'USD' && fields.kind === ContractKind.linear;
    this.settlesInBase = fields.kind !== ContractKind.spot && fields.settleCcy === fields.baseCcy;
    this.countsByUnderlying = this.option !== null;
    this.tick = new DecimalGrid(fields.tickSz);
    this.bands = new PriceBands(this.tick, fields.priceBands ?? []);
    this.lot = new DecimalGrid(fields.lotSz);
    const minLots = this.lot.fromText(fields.minSz);
    // A minimum that is no multiple of the lot is rounded up: the least size that satisfies both.
    this.minLots = minLots === OFF_GRID ? Math.ceil(Number(fields.minSz) / this.lot.value) : minLots;
    const exactMax = Math.floor(Number.MAX_SAFE_INTEGER / this.lot.mantissa);
    const venueMax = fields.maxLmtSz === '' ? exactMax : Math.floor(Number(fields.maxLmtSz) / this.lot.value);
    this.maxLots = Math.min(exactMax, venueMax);
    this.contractValue = fields.contractValue;
    this.lotValue = this.lot.value * fields.contractValue;
    assert(this.minLots > 0, 'the least order size is above zero lots');
  }

  /**
   * Value of `lots` at `ticks`, a float for limits and reports: in the quote currency for spot, linear contracts and options
   * (their premium), in the contract value's currency (USD) for inverse ones, whose value does not depend on the price.
   */
  notional(ticks: Ticks, lots: Lots): number {
    return this.kind === ContractKind.inverse
      ? lots * this.lotValue
      : lots * this.lotValue * ticks * this.tick.value;
  }

  /**
   * Profit in the settlement currency of `lots` bought at `entryTicks` and sold at `exitTicks` (negative lots: sold
   * first). Inverse contracts pay in coin: n·ctVal·(1/entry − 1/exit).
   */
  profit(entryTicks: number, exitTicks: number, lots: Lots): number {
    if (this.kind === ContractKind.inverse) {
      const entry = entryTicks * this.tick.value;
      const exit = exitTicks * this.tick.value;
      return lots * this.lotValue * (1 / entry - 1 / exit);
    }
    return lots * this.lotValue * (exitTicks - entryTicks) * this.tick.value;
  }
}
