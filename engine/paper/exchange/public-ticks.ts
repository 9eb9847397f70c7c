import type { Random } from '../../base/random.ts';
import type { Milliseconds, Ticks } from '../../base/units.ts';
import { field, type Listing } from './listing.ts';
import type { Market } from './market.ts';
import type { Timed } from './timer-queue.ts';

/** Mark prices and price limits are looked at this often, and pushed when they changed (D: 200 ms). */
const MARK_INTERVAL_MS = 200;
/** At a slow pace prices move seldom: they are looked at less often, but still often enough to be orders' limits. */
const MARK_INTERVAL_MS_MAX = 2_000;
/** An unchanged mark price is pushed again after this long (D: 10 s). */
const MARK_REPEAT_MS = 10_000;
/** D: every 30 to 90 seconds. */
const FUNDING_PUSH_MS = 60_000;

/** Gives the price that an instrument's mark follows now. */
export type MarkSource = (market: Market, nowMs: Milliseconds) => Ticks;

/** Moves the mark prices and price limits of all markets and says so; `after` all of them have been moved. */
export class MarkTicks implements Timed {
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #source: MarkSource;
  readonly #schedule: (timeMs: number, item: Timed) => void;
  readonly #intervalMs: number;
  readonly #after: (nowMs: Milliseconds) => void;

  constructor(
    markets: ReadonlyMap<string, Market>,
    source: MarkSource,
    pace: number,
    after: (nowMs: Milliseconds) => void,
    schedule: (timeMs: number, item: Timed) => void,
  ) {
    this.#markets = markets;
    this.#after = after;
    this.#source = source;
    this.#intervalMs = Math.min(MARK_INTERVAL_MS_MAX, MARK_INTERVAL_MS * Math.max(1, 1 / pace));
    this.#schedule = schedule;
  }

  start(startMs: Milliseconds): void {
    this.#schedule(startMs + this.#intervalMs, this);
  }

  run(timeMs: number): void {
    const nowMs = Math.floor(timeMs);
    for (const market of this.#markets.values()) {
      const hasMoved = market.setMark(this.#source(market, nowMs));
      if (!hasMoved && nowMs - market.markPushedMs < MARK_REPEAT_MS) continue;
      market.tellMark(hasMoved, nowMs);
    }
    this.#after(nowMs);
    this.#schedule(timeMs + this.#intervalMs, this);
  }
}

/** Pays what is due for the positions in a market. */
export type FundingSettlement = (market: Market, nowMs: Milliseconds) => void;

/**
 * Announces the funding rates, and settles them when their time has come. In an exchange with a recorded feed there is only
 * what the feed tells (`RecordedFunding`): rates are zero before, and nothing is paid of one's own accord.
 */
export class FundingTicks implements Timed {
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #random: Random | null;
  readonly #hours: Readonly<Record<string, number>>;
  readonly #settle: FundingSettlement;
  readonly #schedule: (timeMs: number, item: Timed) => void;

  /**
   * @param random draws the rates; null with a recorded feed
   * @param hours between fundings, by instrument; eight where it says nothing
   */
  constructor(
    markets: ReadonlyMap<string, Market>,
    random: Random | null,
    hours: Readonly<Record<string, number>>,
    settle: FundingSettlement,
    schedule: (timeMs: number, item: Timed) => void,
  ) {
    this.#markets = markets;
    this.#random = random;
    this.#hours = hours;
    this.#settle = settle;
    this.#schedule = schedule;
  }

  start(startMs: Milliseconds): void {
    let count = 0;
    for (const market of this.#markets.values()) {
      if (!hasFunding(market.listing)) continue;
      count++;
      const hours = this.#hours[market.listing.instId];
      market.fundingIntervalMs = hours === undefined ? FUNDING_INTERVAL_MS : hours * HOUR_MS;
      if (market.hasRecordedFunding) continue;
      market.nextFundingMs = (Math.floor(startMs / market.fundingIntervalMs) + 1) * market.fundingIntervalMs;
      market.fundingRate = this.#drawRate();
    }
    if (count > 0) this.#schedule(this.#nextMs(startMs), this);
  }

  run(timeMs: number): void {
    const nowMs = Math.floor(timeMs);
    for (const market of this.#markets.values()) {
      if (!hasFunding(market.listing) || market.listing.state === 'expired') continue;
      if (nowMs >= market.nextFundingMs && !market.hasRecordedFunding) {
        if (this.#random !== null) this.#settle(market, nowMs);
        market.nextFundingMs += market.fundingIntervalMs;
        market.fundingRate = this.#drawRate();
      }
      market.tellFunding(nowMs);
    }
    this.#schedule(this.#nextMs(timeMs), this);
  }

  /** Whole minutes, so that the times of funding are among them. */
  #nextMs(timeMs: number): number {
    return (Math.floor(timeMs / FUNDING_PUSH_MS) + 1) * FUNDING_PUSH_MS;
  }

  /** About one basis point for eight hours, to six decimals. */
  #drawRate(): number {
    if (this.#random === null) return 0;
    return Math.round((0.0001 + 0.00003 * this.#random.normal()) * 1e6) / 1e6;
  }
}

/** Funding as it was recorded: each settlement that is announced is paid once, at its time, by the rate told last. */
export class RecordedFunding {
  readonly #settle: FundingSettlement;
  readonly #schedule: (timeMs: number, item: Timed) => void;
  /** By market: the settlement that is waited for, and the last that was paid. */
  readonly #dueMs = new Map<Market, number>();
  readonly #paidMs = new Map<Market, number>();

  constructor(settle: FundingSettlement, schedule: (timeMs: number, item: Timed) => void) {
    this.#settle = settle;
    this.#schedule = schedule;
  }

  /** A rate told for a settlement that is over says nothing new: it has been paid. */
  tell(market: Market, rate: number, settlesMs: number, nowMs: Milliseconds): void {
    const paidMs = this.#paidMs.get(market) ?? -Infinity;
    if (settlesMs <= nowMs || settlesMs - paidMs < SETTLEMENTS_APART_MS) return;
    market.hasRecordedFunding = true;
    market.fundingRate = rate;
    market.nextFundingMs = settlesMs;
    if (this.#dueMs.get(market) !== settlesMs) {
      this.#dueMs.set(market, settlesMs);
      this.#schedule(settlesMs, { run: (timeMs) => this.#pay(market, settlesMs, timeMs) });
    }
    market.tellFunding(nowMs);
  }

  #pay(market: Market, settlesMs: number, timeMs: number): void {
    // The venue may have moved the settlement since.
    if (this.#dueMs.get(market) !== settlesMs) return;
    this.#dueMs.delete(market);
    this.#paidMs.set(market, settlesMs);
    this.#settle(market, Math.floor(timeMs));
    market.nextFundingMs += market.fundingIntervalMs;
  }
}

/** Swaps, and futures that work like them. */
export function hasFunding(listing: Listing): boolean {
  return listing.instType === 'SWAP' || field(listing.row, 'ruleType') === 'xperp';
}

const HOUR_MS = 3_600_000;
const FUNDING_INTERVAL_MS = 8 * HOUR_MS;

/**
 * No two settlements of a market are nearer: what is told for so soon after one is the same, on a clock that was read a
 * little differently. OKX settles every hour at most.
 */
const SETTLEMENTS_APART_MS = 60_000;
