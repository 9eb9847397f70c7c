import { assert } from './assert.ts';
import { DecimalGrid, OFF_GRID } from './decimal.ts';
import type { Lots, Ticks } from './units.ts';

export const InstrumentType = { spot: 0, margin: 1, swap: 2, futures: 3, option: 4, events: 5 } as const;
export type InstrumentType = (typeof InstrumentType)[keyof typeof InstrumentType];

/** How a contract's value follows from its price. Spot counts as linear with one base coin a unit. */
export const ContractKind = { spot: 0, linear: 1, inverse: 2 } as const;
export type ContractKind = (typeof ContractKind)[keyof typeof ContractKind];

/** What the venue lets one do. Only `live` is quoted. */
export const InstrumentState = { live: 0, postOnly: 1, preopen: 2, suspended: 3, other: 4 } as const;
export type InstrumentState = (typeof InstrumentState)[keyof typeof InstrumentState];

export interface InstrumentFields {
  readonly instId: string;
  /** The venue's integer code, required by WebSocket order operations; 0 while the venue has not given one. */
  readonly instIdCode: number;
  readonly type: InstrumentType;
  readonly kind: ContractKind;
  readonly state: InstrumentState;
  readonly baseCcy: string;
  readonly quoteCcy: string;
  /** The currency of profit and fees: the quote of spot, the settlement currency of contracts. */
  readonly settleCcy: string;
  readonly instFamily: string;
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
  readonly tick: DecimalGrid;
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
    this.tick = new DecimalGrid(fields.tickSz);
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
   * Value of `lots` at `ticks`, a float for limits and reports: in the quote currency for spot and linear contracts, in
   * the contract value's currency (USD) for inverse ones, whose value does not depend on the price.
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
