import type { FeeRates } from '../base/fee-rates.ts';
import { Side } from '../base/side.ts';
import type { Milliseconds } from '../base/units.ts';
import { OrderSide } from '../okx/shapes.ts';
import { RestError, RestErrorCode } from './rest-error.ts';

/** The account's settings that decide how it may trade. */
export interface AccountConfig {
  readonly uid: string;
  readonly mainUid: string;
  /** "1" spot, "2" futures, "3" multi-currency margin, "4" portfolio margin. */
  readonly acctLv: string;
  /** "net_mode" or "long_short_mode". */
  readonly posMode: string;
  readonly acctStpMode: string;
  /** Fee tier, such as "Lv1". */
  readonly level: string;
  /** KYC level; live trading needs 2. "" when not stated. */
  readonly kycLv: string;
  /** "read_only", "trade", "withdraw". */
  readonly permissions: readonly string[];
  /**
   * Whether the key works from certain addresses only. Keys that trade and are not bound die after 14 idle
   * days.
   */
  readonly isIpBound: boolean;
}

/**
 * An order as the venue holds it. Prices and sizes stay text: only an instrument's grid can read them
 * exactly.
 */
export interface OrderRow {
  readonly instType: string;
  readonly instId: string;
  readonly ordId: string;
  readonly clOrdId: string;
  readonly tag: string;
  readonly side: Side;
  readonly px: string;
  readonly sz: string;
  readonly accFillSz: string;
  readonly state: string;
  readonly ordType: string;
  readonly tdMode: string;
  readonly posSide: string;
  readonly isReduceOnly: boolean;
  /** Integer as text, "" when none. */
  readonly cancelSource: string;
  readonly uTimeMs: Milliseconds;
  readonly cTimeMs: Milliseconds;
}

export interface PositionRow {
  readonly instType: string;
  readonly instId: string;
  readonly posId: string;
  readonly posSide: string;
  readonly mgnMode: string;
  /** Signed in net mode. Decimal text, as all amounts here; "" when the venue gives none. */
  readonly pos: string;
  /** On margin: what `pos` is held in, and what is owed. "" elsewhere. */
  readonly posCcy: string;
  readonly liab: string;
  readonly liabCcy: string;
  readonly avgPx: string;
  readonly markPx: string;
  readonly upl: string;
  readonly realizedPnl: string;
  readonly lever: string;
  readonly liqPx: string;
  readonly mgnRatio: string;
  readonly uTimeMs: Milliseconds;
}

export interface BalanceRow {
  readonly ccy: string;
  readonly eq: string;
  readonly cashBal: string;
  readonly availBal: string;
  readonly frozenBal: string;
  readonly upl: string;
  readonly liab: string;
}

export interface Balances {
  readonly totalEq: string;
  readonly adjEq: string;
  readonly imr: string;
  readonly mmr: string;
  readonly mgnRatio: string;
  readonly uTimeMs: Milliseconds;
  readonly details: readonly BalanceRow[];
}

export interface FillRow {
  readonly instType: string;
  readonly instId: string;
  readonly tradeId: string;
  readonly ordId: string;
  readonly clOrdId: string;
  readonly billId: string;
  readonly tag: string;
  readonly side: Side;
  readonly posSide: string;
  /** What kind of bill it made: 100 to 107 liquidations, 125 to 128 deleveraging, 112 and 113 deliveries. */
  readonly subType: string;
  readonly fillPx: string;
  readonly fillSz: string;
  /** OKX's sign: negative is paid. */
  readonly fee: string;
  readonly feeCcy: string;
  readonly isMaker: boolean;
  /** The index at that moment; of a spot pair that is not quoted in dollars the base coin's in USDT. "" when not told. */
  readonly fillIdxPx: string;
  readonly fillTimeMs: Milliseconds;
  readonly tsMs: Milliseconds;
}

/** By the fill ratio of the sub-account: more fills for each order allow more orders. */
export interface RateLimit {
  /** Orders and amends in 2 s; 0 where the venue states none. */
  readonly ordersMax: number;
  /** The same from 08:00 UTC on. */
  readonly nextOrdersMax: number;
  /** "" where it does not apply. */
  readonly fillRatio: string;
}

/** What the account pays, by fee group of one type of instruments. Our sign: positive is paid, negative is a rebate. */
export interface TradeFees {
  readonly groups: readonly FeeGroup[];
  /** The rates of all groups, as they were told before there were groups (2025-11-25); undefined where they are not told. */
  readonly all: FeeRates | undefined;
}

export interface FeeGroup extends FeeRates {
  readonly groupId: string;
}

/** What one item of a batch of cancels came to. sCode "0": accepted, which is not yet cancelled. */
export interface CancelResult {
  readonly ordId: string;
  readonly clOrdId: string;
  readonly sCode: string;
  readonly sMsg: string;
}

/** Reads one row of an answer; says which field of which call was wrong. */
export class RowReader {
  readonly #row: Record<string, unknown>;
  readonly #method: string;
  readonly #path: string;

  /** @throws RestError REST_MALFORMED when the row is no object */
  constructor(row: unknown, method: string, path: string) {
    this.#method = method;
    this.#path = path;
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw this.#malformed('expected a row of "data" to be an object');
    }
    this.#row = row as Record<string, unknown>;
  }

  /** A text that must be there and not be empty. */
  text(name: string): string {
    const value = this.#row[name];
    if (typeof value !== 'string' || value === '') {
      throw this.#malformed(`expected "${name}" to be text, was ${kindOf(value)}`);
    }
    return value;
  }

  /** A text that may be missing or empty: OKX sends "" where a field does not apply. */
  optionalText(name: string): string {
    const value = this.#row[name];
    if (value === undefined || value === null) return '';
    if (typeof value !== 'string') {
      throw this.#malformed(`expected "${name}" to be text, was ${kindOf(value)}`);
    }
    return value;
  }

  /** Plain decimal text; "" only where it is optional. */
  decimal(name: string): string {
    const value = this.optionalDecimal(name);
    if (value === '') throw this.#malformed(`expected "${name}" to be a decimal, was empty`);
    return value;
  }

  optionalDecimal(name: string): string {
    const value = this.optionalText(name);
    // Ratios and profits may come with an exponent; amounts that reach a grid are refused there.
    if (value !== '' && !/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value)) {
      throw this.#malformed(`expected "${name}" to be a decimal, was other text`);
    }
    return value;
  }

  /** Milliseconds since the epoch as text; 0 when absent. */
  milliseconds(name: string): Milliseconds {
    const value = this.optionalText(name);
    if (value === '') return 0;
    const milliseconds = Number(value);
    if (!/^\d+$/.test(value) || !Number.isSafeInteger(milliseconds)) {
      throw this.#malformed(`expected "${name}" to be milliseconds, was other text`);
    }
    return milliseconds;
  }

  side(): Side {
    const value = this.text('side');
    if (value === OrderSide.buy) return Side.buy;
    if (value === OrderSide.sell) return Side.sell;
    throw this.#malformed('expected "side" to be "buy" or "sell", was other text');
  }

  /** "true" or true. */
  isTrue(name: string): boolean {
    const value = this.#row[name];
    return value === true || value === 'true';
  }

  /** A list of texts that may be missing. */
  optionalTexts(name: string): string[] {
    const value = this.#row[name];
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string' && each !== '') : [];
  }

  rows(name: string): RowReader[] {
    const value = this.#row[name];
    if (!Array.isArray(value))
      throw this.#malformed(`expected "${name}" to be an array, was ${kindOf(value)}`);
    return value.map((row: unknown) => new RowReader(row, this.#method, this.#path));
  }

  #malformed(message: string): RestError {
    return new RestError(RestErrorCode.malformed, message, { method: this.#method, path: this.#path });
  }
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (value === '') return 'empty';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

export function readAccountConfig(row: RowReader): AccountConfig {
  return {
    uid: row.text('uid'),
    mainUid: row.optionalText('mainUid'),
    acctLv: row.text('acctLv'),
    posMode: row.text('posMode'),
    acctStpMode: row.optionalText('acctStpMode'),
    level: row.optionalText('level'),
    kycLv: row.optionalText('kycLv'),
    permissions: row
      .optionalText('perm')
      .split(',')
      .filter((permission) => permission !== ''),
    isIpBound: row.optionalText('ip') !== '',
  };
}

export function readOrder(row: RowReader): OrderRow {
  return {
    instType: row.text('instType'),
    instId: row.text('instId'),
    ordId: row.text('ordId'),
    clOrdId: row.optionalText('clOrdId'),
    tag: row.optionalText('tag'),
    side: row.side(),
    px: row.optionalDecimal('px'),
    sz: row.decimal('sz'),
    accFillSz: row.decimal('accFillSz'),
    state: row.text('state'),
    ordType: row.text('ordType'),
    tdMode: row.optionalText('tdMode'),
    posSide: row.optionalText('posSide'),
    isReduceOnly: row.isTrue('reduceOnly'),
    cancelSource: row.optionalText('cancelSource'),
    uTimeMs: row.milliseconds('uTime'),
    cTimeMs: row.milliseconds('cTime'),
  };
}

export function readPosition(row: RowReader): PositionRow {
  return {
    instType: row.text('instType'),
    instId: row.text('instId'),
    posId: row.optionalText('posId'),
    posSide: row.optionalText('posSide'),
    mgnMode: row.optionalText('mgnMode'),
    pos: row.decimal('pos'),
    posCcy: row.optionalText('posCcy'),
    liab: row.optionalDecimal('liab'),
    liabCcy: row.optionalText('liabCcy'),
    avgPx: row.optionalDecimal('avgPx'),
    markPx: row.optionalDecimal('markPx'),
    upl: row.optionalDecimal('upl'),
    realizedPnl: row.optionalDecimal('realizedPnl'),
    lever: row.optionalDecimal('lever'),
    liqPx: row.optionalDecimal('liqPx'),
    mgnRatio: row.optionalDecimal('mgnRatio'),
    uTimeMs: row.milliseconds('uTime'),
  };
}

export function readBalances(row: RowReader): Balances {
  return {
    totalEq: row.optionalDecimal('totalEq'),
    adjEq: row.optionalDecimal('adjEq'),
    imr: row.optionalDecimal('imr'),
    mmr: row.optionalDecimal('mmr'),
    mgnRatio: row.optionalDecimal('mgnRatio'),
    uTimeMs: row.milliseconds('uTime'),
    details: row.rows('details').map((detail) => ({
      ccy: detail.text('ccy'),
      eq: detail.optionalDecimal('eq'),
      cashBal: detail.optionalDecimal('cashBal'),
      availBal: detail.optionalDecimal('availBal'),
      frozenBal: detail.optionalDecimal('frozenBal'),
      upl: detail.optionalDecimal('upl'),
      liab: detail.optionalDecimal('liab'),
    })),
  };
}

export function readFill(row: RowReader): FillRow {
  return {
    instType: row.optionalText('instType'),
    instId: row.text('instId'),
    tradeId: row.optionalText('tradeId'),
    ordId: row.text('ordId'),
    clOrdId: row.optionalText('clOrdId'),
    billId: row.text('billId'),
    tag: row.optionalText('tag'),
    side: row.side(),
    posSide: row.optionalText('posSide'),
    subType: row.optionalText('subType'),
    fillPx: row.decimal('fillPx'),
    fillSz: row.decimal('fillSz'),
    fee: row.optionalDecimal('fee'),
    feeCcy: row.optionalText('feeCcy'),
    isMaker: row.optionalText('execType') === 'M',
    fillIdxPx: row.optionalDecimal('fillIdxPx'),
    fillTimeMs: row.milliseconds('fillTime'),
    tsMs: row.milliseconds('ts'),
  };
}

export function readRateLimit(row: RowReader): RateLimit {
  return {
    ordersMax: Number(row.optionalDecimal('accRateLimit')),
    nextOrdersMax: Number(row.optionalDecimal('nextAccRateLimit')),
    fillRatio: row.optionalDecimal('fillRatio'),
  };
}

/** The one place where the venue's sign is turned round: it writes what is paid as negative. */
export function readTradeFees(row: RowReader): TradeFees {
  const groups = row.rows('feeGroup').flatMap((group) => {
    const rates = readFeeRates(group);
    return rates === undefined ? [] : [{ groupId: group.text('groupId'), ...rates }];
  });
  return { groups, all: readFeeRates(row) };
}

function readFeeRates(row: RowReader): FeeRates | undefined {
  const maker = row.optionalDecimal('maker');
  const taker = row.optionalDecimal('taker');
  return maker === '' || taker === ''
    ? undefined
    : { makerRate: 0 - Number(maker), takerRate: 0 - Number(taker) };
}

export function readCancelResult(row: RowReader): CancelResult {
  return {
    ordId: row.optionalText('ordId'),
    clOrdId: row.optionalText('clOrdId'),
    sCode: row.text('sCode'),
    sMsg: row.optionalText('sMsg'),
  };
}
