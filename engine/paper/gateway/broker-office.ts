/**
 * What the venue owes the brokers whose code orders carry: whether an account brings rebates, and a row an order and day of
 * what came of it, made of the accounts' own fills. Amounts are in USDT, rounded as a venue does.
 *
 * One broker has every code, unless `code` says which is known: whoever asks is told of the orders of all accounts.
 */
import { DOLLARS } from '../../okx/shapes.ts';
import { amountText, divideRounded, multiplyAmounts, parseAmount } from '../exchange/amount.ts';
import type { Amount } from '../exchange/amount.ts';
import type { Row } from '../exchange/exchange.ts';
import { fieldOf } from './instrument-directory.ts';
import type { PaperVenue } from './venue.ts';

export interface BrokerOptions {
  /** The code that is known; '' for every one. */
  readonly code?: string;
  /** Of the net fee, as decimals; default a half. */
  readonly share?: { readonly spot: string; readonly derivatives: string };
  /** What an account of VIP5 or VIP6 brings a month at most, in USDT; default without end. */
  readonly monthlyCap?: string;
  /** Accounts that are in a market maker programme, or are MSA accounts. */
  readonly marketMakers?: readonly string[];
  readonly msaAccounts?: readonly string[];
  /** Days of reports begin so many hours before midnight UTC; default 0. OKX's own examples begin at 16:00 UTC. */
  readonly dayOffsetHours?: number;
  /** How long a report takes; default 2 s. */
  readonly makingMs?: number;
}

/** What is wrong with the reports on purpose: so many orders of each kind, the oldest first; `mode` "keep" ends it. */
export interface RebateFault {
  readonly missing: number;
  readonly extra: number;
  readonly capped: number;
  /** Told of the day after. */
  readonly late: number;
  /** Another fee than was paid. */
  readonly fee: number;
  /** The broker's standing: no rebate for any, and none is told of any account. */
  readonly isExpired: boolean;
}

const NO_REBATE_FAULT: RebateFault = {
  missing: 0,
  extra: 0,
  capped: 0,
  late: 0,
  fee: 0,
  isExpired: false,
};

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** What a report shows of an amount. */
const SHOWN_UNIT = 10n ** 10n;
const VIP_NONE = 7;
const VIP_CAPPED = 5;

/** One order on one day. */
interface OrderDay {
  readonly uid: string;
  readonly tag: string;
  readonly instId: string;
  readonly ordId: string;
  readonly clOrdId: string;
  readonly isSpot: boolean;
  readonly day: number;
  tsMs: number;
  volume: Amount;
  /** Negative is paid. */
  fee: Amount;
}

const REPORT_COLUMNS =
  'brokerCode,level,uid,instId,ordId,clOrdId,spotTradeAmt,derivativeTradeAmt,fee,netFee,settlementFee,brokerRebate,suBrokerRebate,userRebate,affiliated,ts';

export class BrokerOffice {
  fault: RebateFault = NO_REBATE_FAULT;
  readonly makingMs: number;
  readonly #venue: PaperVenue;
  readonly #options: BrokerOptions;

  constructor(venue: PaperVenue, options: BrokerOptions) {
    this.#venue = venue;
    this.#options = options;
    this.makingMs = options.makingMs ?? 2_000;
  }

  /** When the day of that name (YYYYMMDD) begins; NaN when it is none. */
  dayBeginMs(day: string): number {
    const text = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00Z`;
    return /^\d{8}$/.test(day) ? Date.parse(text) - (this.#options.dayOffsetHours ?? 0) * HOUR_MS : NaN;
  }

  /** `type` of GET /broker/fd/if-rebate, and what goes with it. */
  eligibility(uid: string, nowMs: number): Row {
    const { code = '', msaAccounts = [] } = this.#options;
    const vip = this.#venue.feeTier(uid);
    const earned = this.#earnedInMonth(uid, nowMs);
    const isCapped = vip >= VIP_CAPPED && earned >= this.#cap();
    const isMsa = msaAccounts.includes(uid);
    const type = this.fault.isExpired ? '1' : isMsa ? '4' : vip >= VIP_NONE ? '3' : isCapped ? '2' : '0';
    const isTold = vip >= VIP_CAPPED && vip < VIP_NONE;
    const lastRebate = isTold ? amountText(shown(earned)) : '';
    return { type, brokerCode: code, affiliated: false, clientRebateRatio: '0', lastRebate };
  }

  /** The report of days from one begin to another, as CSV. */
  report(beginMs: number, endMs: number): string {
    const { missing, late, extra } = this.fault;
    // Of the day before some are told with the next; of the last day they are told with the one after it.
    const orders = this.#orders(beginMs - DAY_MS, endMs);
    const isLate = (index: number): boolean => index >= missing && index < missing + late;
    const rebates = this.#rebates(orders);
    const days = new Map<number, number>();
    const lines: string[] = [REPORT_COLUMNS];
    orders.forEach((order, at) => {
      const index = days.get(order.day) ?? 0;
      days.set(order.day, index + 1);
      if (index < missing) return;
      const tsMs = isLate(index) ? order.day + DAY_MS + 1_000 : order.tsMs;
      if (tsMs < beginMs || tsMs >= endMs) return;
      lines.push(this.#line(order, rebates[at]!, tsMs, index));
    });
    for (let each = 0; each < extra; each++) lines.push(this.#extraLine(each, endMs));
    return `${lines.join('\n')}\n`;
  }

  /** By day and within it by time. */
  #orders(fromMs: number, toMs: number): OrderDay[] {
    const { code = '' } = this.#options;
    const orders = new Map<string, OrderDay>();
    for (const uid of this.#venue.uids) {
      for (const row of this.#venue.exchange.accountOf(uid).fillRows) {
        const tsMs = Number(row['ts']);
        const tag = fieldOf(row, 'tag');
        if (tsMs < fromMs || tsMs >= toMs || tag === '' || (code !== '' && tag !== code)) continue;
        this.#add(orders, uid, row, tsMs);
      }
    }
    return [...orders.values()].toSorted((left, right) => left.tsMs - right.tsMs);
  }

  #add(orders: Map<string, OrderDay>, uid: string, row: Row, tsMs: number): void {
    const offsetMs = (this.#options.dayOffsetHours ?? 0) * HOUR_MS;
    const day = Math.floor((tsMs + offsetMs) / DAY_MS) * DAY_MS - offsetMs;
    const ordId = fieldOf(row, 'ordId');
    const name = `${uid} ${ordId} ${day}`;
    let order = orders.get(name);
    if (order === undefined) {
      const [instId, clOrdId, tag] = [fieldOf(row, 'instId'), fieldOf(row, 'clOrdId'), fieldOf(row, 'tag')];
      const isSpot = ['SPOT', 'MARGIN'].includes(fieldOf(row, 'instType'));
      order = { uid, tag, instId, ordId, clOrdId, isSpot, day, tsMs, volume: 0n, fee: 0n };
      orders.set(name, order);
    }
    const { volume, fee } = this.#valueOf(row);
    order.tsMs = Math.max(order.tsMs, tsMs);
    order.volume += volume;
    order.fee += fee;
  }

  #valueOf(row: Row): { volume: Amount; fee: Amount } {
    const listing = this.#venue.instruments.row(fieldOf(row, 'instId')) ?? {};
    const price = parseAmount(fieldOf(row, 'fillPx'));
    const index = parseAmount(fieldOf(row, 'fillIdxPx') || '0');
    const multiplier = multiplyAmounts(
      parseAmount(fieldOf(listing, 'ctVal') || '1'),
      parseAmount(fieldOf(listing, 'ctMult') || '1'),
    );
    const coins = multiplyAmounts(parseAmount(fieldOf(row, 'fillSz')), multiplier);
    const quoteCcy = fieldOf(listing, 'quoteCcy') || fieldOf(listing, 'settleCcy');
    const isOption = fieldOf(row, 'instType') === 'OPTION';
    const isInverse = fieldOf(listing, 'ctType') === 'inverse' && !isOption;
    const isOwnPrice = !isOption && (isInverse || DOLLARS.includes(quoteCcy));
    // A pair such as USDT-EUR.
    const otherPrice = DOLLARS.includes(fieldOf(listing, 'baseCcy')) ? parseAmount('1') : index;
    const coinPrice = isOwnPrice ? price : otherPrice;
    const fee = parseAmount(fieldOf(row, 'fee'));
    const feeCcy = fieldOf(row, 'feeCcy');
    const isQuoteFee = feeCcy === quoteCcy && price !== 0n && !isInverse && !isOption;
    const feeValue = DOLLARS.includes(feeCcy)
      ? fee
      : isQuoteFee
        ? divideRounded(fee * coinPrice, price)
        : multiplyAmounts(fee, coinPrice);
    return { volume: isInverse ? coins : multiplyAmounts(coins, coinPrice), fee: feeValue };
  }

  /** By order: what each brings, the month's end of an account taken into account. */
  #rebates(orders: readonly OrderDay[]): Amount[] {
    const earned = new Map<string, Amount>();
    return orders.map((order) => {
      const vip = this.#venue.feeTier(order.uid);
      const full = this.#share(order);
      if (vip < VIP_CAPPED) return full;
      const month = `${order.uid} ${new Date(order.tsMs).toISOString().slice(0, 7)}`;
      const before = earned.get(month) ?? 0n;
      const left = this.#cap() - before;
      const given = full < left ? full : left;
      earned.set(month, before + given);
      return given;
    });
  }

  #share({ uid, fee, isSpot }: OrderDay): Amount {
    const { marketMakers = [], msaAccounts = [], share } = this.#options;
    const isNone = this.fault.isExpired || marketMakers.includes(uid) || msaAccounts.includes(uid);
    if (isNone || fee >= 0n || this.#venue.feeTier(uid) >= VIP_NONE) return 0n;
    return multiplyAmounts(-fee, parseAmount((isSpot ? share?.spot : share?.derivatives) ?? '0.5'));
  }

  #cap(): Amount {
    const { monthlyCap } = this.#options;
    return monthlyCap === undefined ? 10n ** 60n : parseAmount(monthlyCap);
  }

  #earnedInMonth(uid: string, nowMs: number): Amount {
    const month = new Date(nowMs).toISOString().slice(0, 7);
    const orders = this.#orders(Date.parse(`${month}-01T00:00:00Z`), nowMs + 1);
    const rebates = this.#rebates(orders);
    return orders.reduce((sum, order, at) => (order.uid === uid ? sum + rebates[at]! : sum), 0n);
  }

  #line(order: OrderDay, rebate: Amount, tsMs: number, index: number): string {
    const { missing, late, capped, fee: falseFees } = this.fault;
    const afterLate = index - missing - late;
    const isCapped = afterLate >= 0 && afterLate < capped;
    const hasFalseFee = afterLate >= capped && afterLate < capped + falseFees;
    const fee = hasFalseFee ? order.fee * 2n : order.fee;
    const base = fee < 0n ? fee : 0n;
    const volume = amountText(shown(order.volume));
    return [
      order.tag,
      isCapped ? 'VIP5' : (this.#venue.exchange.accountOf(order.uid).options.feeTier ?? ''),
      order.uid,
      order.instId,
      order.ordId,
      order.clOrdId,
      order.isSpot ? volume : '0',
      order.isSpot ? '0' : volume,
      amountText(shown(fee)),
      amountText(shown(base)),
      amountText(shown(base)),
      amountText(isCapped ? 0n : shown(hasFalseFee ? rebate * 2n : rebate)),
      '0',
      '0',
      'false',
      String(tsMs),
    ].join(',');
  }

  #extraLine(index: number, endMs: number): string {
    const uid = this.#venue.uids[0] ?? '';
    const code = this.#options.code ?? 'EXTRA';
    const tsMs = endMs - HOUR_MS - index;
    return `${code},Lv1,${uid},BTC-USDT,${900_000_000_000_000_000n + BigInt(index)},,100,0,-0.1,-0.1,-0.1,0.05,0,0,false,${tsMs}`;
  }
}

function shown(amount: Amount): Amount {
  return divideRounded(amount, SHOWN_UNIT) * SHOWN_UNIT;
}
