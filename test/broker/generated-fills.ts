import { ContractKind, InstrumentType } from '../../engine/base/instrument.ts';
import { Random } from '../../engine/base/random.ts';
import { Side } from '../../engine/base/side.ts';
import type { Trader } from '../../engine/broker/fill-entry.ts';
import type { ValueTerms } from '../../engine/broker/fill-value.ts';
import type { FillRow } from '../../engine/venue/account-rows.ts';

/**
 * Fills by the number, and beside them what they come to by plain whole numbers: counts of ticks, lots and fee units are drawn
 * first, and neither side is made from the other.
 */

export const TAG = 'OURBROKER0000001';
export const OTHER_TAG = 'ANOTHER';
const DAY_MS = 86_400_000;
export const FIRST_MS = Date.parse('2026-11-01T00:00:00Z');

/** Everything the independent sums count in: 10^-36 USDT. */
export const UNIT_DECIMALS = 36;
const UNIT = 10n ** BigInt(UNIT_DECIMALS);

interface Market {
  readonly instId: string;
  readonly instType: string;
  readonly terms: ValueTerms;
  /** Decimals of tick and lot, both 1 of the last place. */
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
  readonly priceTicks: number;
  /** Coins (or dollars) of a contract as a fraction. */
  readonly value: readonly [bigint, bigint];
  /** The index, in cents of a dollar; 0 where none is needed. */
  readonly indexCents: bigint;
  /** In which currency a buy, and a sale, pays. */
  readonly feeCcy: readonly [string, string];
}

const spot = (base: string, quote: string): ValueTerms => ({
  type: InstrumentType.spot,
  kind: ContractKind.spot,
  baseCcy: base,
  quoteCcy: quote,
  settleCcy: quote,
  contractValue: 1,
});
const contract = (
  kind: ContractKind,
  settleCcy: string,
  contractValue: number,
  type: InstrumentType,
): ValueTerms => ({
  type,
  kind,
  baseCcy: 'BTC',
  quoteCcy: kind === ContractKind.inverse ? 'USD' : settleCcy,
  settleCcy,
  contractValue,
});

export const MARKETS: readonly Market[] = [
  {
    instId: 'BTC-USDT',
    instType: 'SPOT',
    terms: spot('BTC', 'USDT'),
    priceDecimals: 1,
    sizeDecimals: 8,
    priceTicks: 650_000,
    value: [1n, 1n],
    indexCents: 0n,
    feeCcy: ['BTC', 'USDT'],
  },
  {
    instId: 'ETH-BTC',
    instType: 'SPOT',
    terms: spot('ETH', 'BTC'),
    priceDecimals: 5,
    sizeDecimals: 6,
    priceTicks: 3_500,
    value: [1n, 1n],
    indexCents: 227_513n,
    feeCcy: ['ETH', 'BTC'],
  },
  {
    instId: 'BTC-USDT-SWAP',
    instType: 'SWAP',
    terms: contract(ContractKind.linear, 'USDT', 0.01, InstrumentType.swap),
    priceDecimals: 1,
    sizeDecimals: 2,
    priceTicks: 650_100,
    value: [1n, 100n],
    indexCents: 0n,
    feeCcy: ['USDT', 'USDT'],
  },
  {
    instId: 'BTC-USD-SWAP',
    instType: 'SWAP',
    terms: contract(ContractKind.inverse, 'BTC', 100, InstrumentType.swap),
    priceDecimals: 1,
    sizeDecimals: 0,
    priceTicks: 649_900,
    value: [100n, 1n],
    indexCents: 0n,
    feeCcy: ['BTC', 'BTC'],
  },
  {
    instId: 'BTC-USD-261225-70000-C',
    instType: 'OPTION',
    // Priced in its coin.
    terms: { ...contract(ContractKind.linear, 'BTC', 0.01, InstrumentType.option), quoteCcy: 'BTC' },
    priceDecimals: 4,
    sizeDecimals: 0,
    priceTicks: 415,
    value: [1n, 100n],
    indexCents: 6_500_123n,
    feeCcy: ['BTC', 'BTC'],
  },
];

export const TRADERS: readonly Trader[] = [
  { account: '1001', key: 'aaaaaaaa', level: 'Lv1' },
  { account: '1002', key: 'bbbbbbbb', level: 'VIP5' },
  { account: '1003', key: 'cccccccc', level: 'VIP7' },
];

/** One order and day by the independent sums. */
export interface TrueOrder {
  readonly trader: Trader;
  readonly market: Market;
  readonly ordId: string;
  readonly tag: string;
  readonly day: string;
  lastMs: number;
  fills: number;
  /** In 10^-36 USDT. */
  volume: bigint;
  /** Negative is paid. */
  fee: bigint;
}

export interface Generated {
  readonly row: FillRow;
  readonly trader: Trader;
  readonly market: Market;
}

const FEE_DECIMALS = 12;

/** `count` fills over five days, by time; each order has a few. */
export class FillGenerator {
  readonly orders = new Map<string, TrueOrder>();
  readonly #random: Random;
  readonly #count: number;

  constructor(seed: number, count: number) {
    this.#random = new Random(seed);
    this.#count = count;
  }

  *fills(): Generator<Generated> {
    let ordId = 5_000_000_000_000_000_000n;
    let left = 0;
    let [trader, market, isBuy, tag] = [TRADERS[0]!, MARKETS[0]!, true, TAG];
    for (let index = 0; index < this.#count; index++) {
      if (left === 0) {
        ordId++;
        left = 1 + this.#below(6);
        trader = TRADERS[this.#below(TRADERS.length)]!;
        market = MARKETS[this.#below(MARKETS.length)]!;
        isBuy = this.#below(2) === 0;
        tag = this.#below(100) === 0 ? OTHER_TAG : TAG;
      }
      left--;
      const tsMs = FIRST_MS + Math.floor((index / this.#count) * 5 * DAY_MS);
      yield this.#fill(index, { ordId: String(ordId), trader, market, isBuy, tag, tsMs });
    }
  }

  #fill(
    index: number,
    order: { ordId: string; trader: Trader; market: Market; isBuy: boolean; tag: string; tsMs: number },
  ): Generated {
    const { market, isBuy, tsMs } = order;
    const ticks = BigInt(market.priceTicks + this.#below(1_000) - 500);
    const lots = BigInt(1 + this.#below(5_000));
    // A maker's rebate now and then.
    const feeCcy = market.feeCcy[isBuy ? 0 : 1];
    // Up to four dollars, or as much of a coin.
    const largest = feeCcy === 'USDT' ? 4_000_000_000_000 : 60_000_000;
    const feeUnits = BigInt(
      this.#below(10) === 0 ? 1 + this.#below(largest / 4) : -(1 + this.#below(largest)),
    );
    this.#sumUp(order, ticks, lots, feeUnits, feeCcy);
    const row: FillRow = {
      instType: market.instType,
      instId: market.instId,
      tradeId: String(index + 1),
      ordId: order.ordId,
      clOrdId: `c${order.ordId}`,
      billId: String(7_000_000_000 + index),
      tag: order.tag,
      side: isBuy ? Side.buy : Side.sell,
      posSide: 'net',
      subType: '',
      fillPx: decimalText(ticks, market.priceDecimals),
      fillSz: decimalText(lots, market.sizeDecimals),
      fee: decimalText(feeUnits, FEE_DECIMALS),
      feeCcy,
      isMaker: feeUnits > 0n,
      fillIdxPx: market.indexCents === 0n ? '' : decimalText(market.indexCents, 2),
      fillTimeMs: tsMs,
      tsMs,
    };
    return { row, trader: order.trader, market };
  }

  /** Volume and fee by whole numbers alone. */
  #sumUp(
    {
      ordId,
      trader,
      market,
      tag,
      tsMs,
    }: { ordId: string; trader: Trader; market: Market; tag: string; tsMs: number },
    ticks: bigint,
    lots: bigint,
    feeUnits: bigint,
    feeCcy: string,
  ): void {
    const price = (ticks * UNIT) / 10n ** BigInt(market.priceDecimals);
    const index = (market.indexCents * UNIT) / 100n;
    const coins = (lots * UNIT * market.value[0]) / market.value[1] / 10n ** BigInt(market.sizeDecimals);
    const isInverse = market.instId === 'BTC-USD-SWAP';
    const coinPrice = market.indexCents === 0n ? price : index;
    const volume = isInverse ? coins : (coins * coinPrice) / UNIT;
    const fee = (feeUnits * UNIT) / 10n ** BigInt(FEE_DECIMALS);
    const isQuoteCoin = market.instId === 'ETH-BTC' && feeCcy === 'BTC';
    const value =
      feeCcy === 'USDT' ? fee : isQuoteCoin ? roundedTo18(fee * coinPrice, price) : (fee * coinPrice) / UNIT;
    const day = new Date(tsMs).toISOString().slice(0, 10);
    const name = `${ordId} ${day}`;
    const order = this.orders.get(name);
    if (order === undefined) {
      this.orders.set(name, { trader, market, ordId, tag, day, lastMs: tsMs, fills: 1, volume, fee: value });
      return;
    }
    order.lastMs = tsMs;
    order.fills++;
    order.volume += volume;
    order.fee += value;
  }

  #below(bound: number): number {
    return Math.floor(this.#random.unit() * bound);
  }
}

/** A quotient of two numbers of 10^-36, to 18 decimals, halves away from zero. */
function roundedTo18(over: bigint, under: bigint): bigint {
  const scale = 10n ** 18n;
  const isNegative = over < 0n;
  const [top, bottom] = [(isNegative ? -over : over) * 2n + under * scale, under * scale * 2n];
  const rounded = (top / bottom) * scale;
  return isNegative ? -rounded : rounded;
}

/** A whole number of 10^-decimals as the shortest decimal. */
export function decimalText(units: bigint, decimals: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

export function unitsText(units: bigint): string {
  return decimalText(units, UNIT_DECIMALS);
}
