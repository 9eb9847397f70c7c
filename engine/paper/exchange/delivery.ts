/**
 * The ends of contracts, and the daily settlement of futures, at the times that their rows give.
 *
 *     futures     delivered at expTime: the mean of the index over the last half hour, to a tick; an order of category
 *                 delivery each position, its orders cancelled with cancelSource 7
 *     options     exercised at that mean when they are worth something, else gone without a word; cancelSource 10
 *     settlement  at 08:00 UTC, of futures that have it: their profit at the mark price is paid out, and counted from there
 */
import { assert } from '../../base/assert.ts';
import { CancelSource } from '../../okx/shapes.ts';
import type { Milliseconds, Ticks } from '../../base/units.ts';
import type { Account } from './account.ts';
import { divideRounded, multiplyAmounts, numberText, parseAmount, type Amount } from './amount.ts';
import { billPosition, BillSubType, BillType, type Bill } from './bills.ts';
import type { ExchangeSink, Row } from './exchange-contract.ts';
import type { ForcedTrades } from './forced-trades.ts';
import type { Holding } from './holding.ts';
import type { Market } from './market.ts';
import type { Matcher } from './matcher.ts';
import type { Position } from './position.ts';
import { isDollar } from './start-prices.ts';
import type { Timed } from './timer-queue.ts';

const DAY_MS = 86_400_000;
const SETTLEMENT_HOUR_MS = 8 * 3_600_000;
const WINDOW_MS = 30 * 60_000;
const SAMPLE_MS = 200;
const HISTORY_MAX = 1_000;
export interface DeliveryParts {
  readonly markets: ReadonlyMap<string, Market>;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly trades: ForcedTrades;
  readonly matcher: Matcher;
  readonly sink: ExchangeSink;
  readonly indexOf: (ccy: string) => number;
  readonly schedule: (timeMs: number, item: Timed) => void;
  readonly startMs: Milliseconds;
  /** At a slow pace the index is looked at less often. */
  readonly pace: number;
}

/** The mean of an index so far, over the last half hour of those that expire together. */
interface Fixing {
  readonly ccy: string;
  readonly endMs: Milliseconds;
  sum: number;
  count: number;
}

export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #fixings = new Map<string, Fixing>();
  readonly #delivered: { readonly ts: Milliseconds; readonly family: string; readonly detail: Row }[] = [];
  readonly #settled: { readonly ts: Milliseconds; readonly family: string; readonly detail: Row }[] = [];

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    const { markets, startMs, schedule } = parts;
    let hasSettlement = false;
    for (const { listing } of markets.values()) {
      hasSettlement ||= isSettledDaily(listing.row);
      if (listing.expiryMs === Infinity || listing.state === 'expired') continue;
      this.#watch(listing.instId, listing.baseCcy, listing.expiryMs);
    }
    if (!hasSettlement) return;
    const today = Math.floor(startMs / DAY_MS) * DAY_MS + SETTLEMENT_HOUR_MS;
    const settle: Timed = {
      run: (timeMs) => {
        this.settleAll(Math.floor(timeMs));
        schedule(timeMs + DAY_MS, settle);
      },
    };
    schedule(today > startMs ? today : today + DAY_MS, settle);
  }

  /** Ends a contract now, at the mean so far, or at the index where its last half hour has not begun. */
  deliver(market: Market, nowMs: Milliseconds, price = this.settlementPrice(market)): void {
    const { listing } = market;
    if (listing.state === 'expired') return;
    listing.change({ state: 'expired' });
    this.#parts.sink.instrument(listing.row);
    const source = listing.isOption ? CancelSource.optionExpiry : CancelSource.futuresExpiry;
    const ticks = Math.max(1, Math.round(price / listing.tick.value));
    let type = 'delivery';
    if (listing.isOption) type = payoff(market, 1, price) > 0n ? 'exercised' : 'expired_otm';
    for (const account of this.#parts.accounts.values()) {
      const holding = account.holdings.get(listing.instId);
      if (holding === undefined) continue;
      this.#parts.trades.cancel(account, (order) => order.holding === holding, source, nowMs);
      for (const position of holding.positions) {
        if (position.lots === 0) continue;
        if (listing.isOption) this.#exercise(account, holding, position, price, nowMs);
        else this.#take(account, holding, position, ticks, nowMs);
      }
    }
    const px = listing.isOption ? numberText(price, 2) : listing.priceText(ticks);
    note(this.#delivered, nowMs, listing.instFamily, { type, insId: listing.instId, px });
  }

  /** Daily settlement of all futures that have it. */
  settleAll(nowMs: Milliseconds): void {
    for (const market of this.#parts.markets.values()) {
      const { listing } = market;
      // What ends now is delivered, not settled.
      if (!isSettledDaily(listing.row) || listing.state === 'expired' || listing.expiryMs <= nowMs) continue;
      this.settle(market, market.markTicks, nowMs);
    }
  }

  settle(market: Market, ticks: Ticks, nowMs: Milliseconds): void {
    const { listing } = market;
    for (const account of this.#parts.accounts.values()) {
      const holding = account.holdings.get(listing.instId);
      if (holding?.hasPosition() !== true) continue;
      for (const position of holding.positions) {
        if (position.lots === 0) continue;
        const change = position.settle(listing, ticks, nowMs);
        account.book(holding.settleCcy, change, nowMs);
        this.#bill(account, holding, position, {
          type: BillType.settlement,
          subType: BillSubType.settlement,
          change,
          fee: 0n,
          pnl: change,
          sz: listing.sizeText(Math.abs(position.lots)),
          px: listing.priceText(ticks),
          timeMs: nowMs,
        });
      }
      this.#parts.matcher.reporter.positionsChanged(account, holding, 'settlement');
    }
    note(this.#settled, nowMs, listing.instFamily, {
      instId: listing.instId,
      settlePx: listing.priceText(ticks),
    });
  }

  /** The mean of the index so far, in the unit of a strike or of a linear future's price. */
  settlementPrice({ listing }: Market): number {
    const fixing = this.#fixings.get(keyOf(listing.baseCcy, listing.expiryMs));
    return fixing === undefined || fixing.count === 0
      ? this.#parts.indexOf(listing.baseCcy)
      : fixing.sum / fixing.count;
  }

  /** Rows of GET /public/estimated-price and of the channel: none before the last half hour. */
  estimates(nowMs: Milliseconds, isMeant: (market: Market) => boolean): Row[] {
    const rows: Row[] = [];
    for (const market of this.#parts.markets.values()) {
      const { listing } = market;
      const left = listing.expiryMs - nowMs;
      if (left > WINDOW_MS || left <= 0 || !isMeant(market)) continue;
      rows.push({
        instId: listing.instId,
        instType: listing.instType,
        settlePx: numberText(this.settlementPrice(market), 8),
        settleType: listing.isOption ? 'exercise' : 'delivery',
        ts: String(nowMs),
      });
    }
    return rows;
  }

  /** Rows of GET /public/delivery-exercise-history, newest first. */
  history(instType: string, family: string): Row[] {
    return grouped(
      this.#delivered.filter((each) => {
        const isOption = each.detail['type'] !== 'delivery';
        return each.family === family && isOption === (instType === 'OPTION');
      }),
    );
  }

  /** Rows of GET /public/settlement-history, newest first. */
  settlements(family: string): Row[] {
    return grouped(this.#settled.filter((each) => each.family === family));
  }

  #bill(
    account: Account,
    holding: Holding,
    position: Position,
    bill: Pick<Bill, 'type' | 'subType' | 'change' | 'fee' | 'pnl' | 'sz' | 'px' | 'timeMs'>,
  ): void {
    const billId = this.#parts.matcher.nextBillId();
    billPosition(account, holding, position.marginMode, { ...bill, billId });
  }

  #watch(instId: string, ccy: string, expiryMs: Milliseconds): void {
    const { schedule, startMs, markets } = this.#parts;
    const key = keyOf(ccy, expiryMs);
    if (!this.#fixings.has(key)) {
      const fixing = { ccy, endMs: expiryMs, sum: 0, count: 0 };
      this.#fixings.set(key, fixing);
      schedule(Math.max(startMs, expiryMs - WINDOW_MS), { run: (timeMs) => this.#sample(fixing, timeMs) });
    }
    schedule(expiryMs, {
      run: (timeMs) => {
        const market = markets.get(instId);
        if (market !== undefined) this.deliver(market, Math.floor(timeMs));
      },
    });
  }

  #sample(fixing: Fixing, timeMs: number): void {
    const { indexOf, schedule, sink, pace } = this.#parts;
    if (timeMs >= fixing.endMs) return;
    fixing.sum += indexOf(fixing.ccy);
    fixing.count++;
    if (sink.product !== undefined) {
      const isMeant = ({ listing }: Market): boolean =>
        listing.baseCcy === fixing.ccy && listing.expiryMs === fixing.endMs;
      for (const row of this.estimates(Math.floor(timeMs), isMeant)) {
        const { listing } = this.#parts.markets.get(row['instId'] as string)!;
        const { instType, instFamily, instId } = listing;
        sink.product({ channel: 'estimated-price', instType, instFamily }, [row]);
        sink.product({ channel: 'estimated-price', instType, instId }, [row]);
      }
    }
    const everyMs = Math.min(10 * SAMPLE_MS, SAMPLE_MS * Math.max(1, 1 / pace));
    schedule(timeMs + everyMs, { run: (atMs) => this.#sample(fixing, atMs) });
  }

  #take(account: Account, holding: Holding, position: Position, ticks: Ticks, nowMs: Milliseconds): void {
    const rate = parseAmount(account.options.deliveryFeeRate ?? '0');
    const lots = Math.abs(position.lots);
    this.#parts.trades.close(account, holding, position, lots, ticks, 'delivery', rate, nowMs);
  }

  /** No order, and of what is worth nothing no event either (D: expired options leave silently). */
  #exercise(
    account: Account,
    holding: Holding,
    position: Position,
    price: number,
    nowMs: Milliseconds,
  ): void {
    const { listing, market } = holding;
    const lots = Math.abs(position.lots);
    const isLong = position.lots > 0;
    const worth = payoff(market, lots, price);
    const pnl = position.close(listing, lots, worth);
    position.updatedMs = nowMs;
    assert(position.lots === 0, 'an option is exercised as a whole');
    const bill = {
      type: BillType.delivery,
      pnl,
      sz: listing.sizeText(lots),
      px: numberText(price, 2),
      timeMs: nowMs,
    };
    if (worth === 0n) {
      const subType = BillSubType.expiredOtm;
      this.#bill(account, holding, position, { ...bill, subType, change: 0n, fee: 0n });
      return;
    }
    const rate = parseAmount(account.options.exerciseFeeRate ?? '0');
    const coins = listing.units(lots);
    const isInDollars = isDollar(listing.settleCcy);
    const underlying = isInDollars ? multiplyAmounts(coins, parseAmount(numberText(price, 2))) : coins;
    const fee = multiplyAmounts(underlying, rate);
    position.fee += fee;
    const change = (isLong ? worth : -worth) + fee;
    account.book(holding.settleCcy, change, nowMs);
    const subType = isLong ? BillSubType.exercised : BillSubType.counterpartyExercised;
    this.#bill(account, holding, position, { ...bill, subType, change, fee });
    this.#parts.matcher.reporter.positionsChanged(account, holding, 'exercised');
  }
}

/** What lots of an option pay at a price of the index: coins at that price, or dollars. */
function payoff({ listing }: Market, lots: number, price: number): Amount {
  const index = parseAmount(numberText(price, 2));
  const strike = parseAmount(numberText(listing.strike, 2));
  const gain = listing.isCall ? index - strike : strike - index;
  if (gain <= 0n) return 0n;
  const units = listing.units(lots);
  return isDollar(listing.settleCcy) ? multiplyAmounts(units, gain) : divideRounded(units * gain, index);
}

function isSettledDaily(row: Row): boolean {
  return row['futureSettlement'] === true;
}

function keyOf(ccy: string, expiryMs: Milliseconds): string {
  return `${ccy} ${expiryMs}`;
}

interface Noted {
  readonly ts: Milliseconds;
  readonly family: string;
  readonly detail: Row;
}

function note(notes: Noted[], ts: Milliseconds, family: string, detail: Row): void {
  notes.push({ ts, family, detail });
  if (notes.length > HISTORY_MAX) notes.shift();
}

/** One row a time, newest first. */
function grouped(notes: readonly Noted[]): Row[] {
  const byTime = new Map<number, Row[]>();
  for (const { ts, detail } of notes.toReversed()) {
    const details = byTime.get(ts);
    if (details === undefined) byTime.set(ts, [detail]);
    else details.push(detail);
  }
  return [...byTime].map(([ts, details]) => ({ ts: String(ts), details }));
}
