import type { Random } from '../../base/random.ts';
import type { Milliseconds, Ticks } from '../../base/units.ts';
import type { ExchangeSink } from './exchange-contract.ts';
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
export type MarkSource = (market: Market) => Ticks;

/** Moves the mark prices and price limits of all markets and says so. */
export class MarkTicks implements Timed {
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #source: MarkSource;
  readonly #sink: ExchangeSink;
  readonly #schedule: (timeMs: number, item: Timed) => void;
  readonly #intervalMs: number;

  constructor(
    markets: ReadonlyMap<string, Market>,
    source: MarkSource,
    sink: ExchangeSink,
    pace: number,
    schedule: (timeMs: number, item: Timed) => void,
  ) {
    this.#markets = markets;
    this.#source = source;
    this.#intervalMs = Math.min(MARK_INTERVAL_MS_MAX, MARK_INTERVAL_MS * Math.max(1, 1 / pace));
    this.#sink = sink;
    this.#schedule = schedule;
  }

  start(startMs: Milliseconds): void {
    this.#schedule(startMs + this.#intervalMs, this);
  }

  run(timeMs: number): void {
    const nowMs = Math.floor(timeMs);
    for (const market of this.#markets.values()) {
      const hasMoved = market.setMark(this.#source(market));
      if (!hasMoved && nowMs - market.markPushedMs < MARK_REPEAT_MS) continue;
      market.markPushedMs = nowMs;
      this.#sink.markPrice(market.listing.instId, market.markRow(nowMs));
      if (hasMoved) this.#sink.priceLimit(market.listing.instId, market.limitRow(nowMs));
    }
    this.#schedule(timeMs + this.#intervalMs, this);
  }
}

/** Announces the funding rates, and settles them when their time has come. */
export class FundingTicks implements Timed {
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #random: Random;
  readonly #sink: ExchangeSink;
  readonly #settle: (market: Market, nowMs: Milliseconds) => void;
  readonly #schedule: (timeMs: number, item: Timed) => void;

  constructor(
    markets: ReadonlyMap<string, Market>,
    random: Random,
    sink: ExchangeSink,
    settle: (market: Market, nowMs: Milliseconds) => void,
    schedule: (timeMs: number, item: Timed) => void,
  ) {
    this.#markets = markets;
    this.#random = random;
    this.#sink = sink;
    this.#settle = settle;
    this.#schedule = schedule;
  }

  start(startMs: Milliseconds): void {
    let count = 0;
    for (const market of this.#markets.values()) {
      if (!hasFunding(market.listing)) continue;
      count++;
      market.fundingIntervalMs = FUNDING_INTERVAL_MS;
      market.nextFundingMs = (Math.floor(startMs / FUNDING_INTERVAL_MS) + 1) * FUNDING_INTERVAL_MS;
      market.fundingRate = this.#drawRate();
    }
    if (count > 0) this.#schedule(this.#nextMs(startMs), this);
  }

  run(timeMs: number): void {
    const nowMs = Math.floor(timeMs);
    for (const market of this.#markets.values()) {
      if (!hasFunding(market.listing)) continue;
      if (nowMs >= market.nextFundingMs) {
        this.#settle(market, nowMs);
        market.nextFundingMs += market.fundingIntervalMs;
        market.fundingRate = this.#drawRate();
      }
      this.#sink.fundingRate(market.listing.instId, market.fundingRow(nowMs));
    }
    this.#schedule(this.#nextMs(timeMs), this);
  }

  /** Whole minutes, so that the times of funding are among them. */
  #nextMs(timeMs: number): number {
    return (Math.floor(timeMs / FUNDING_PUSH_MS) + 1) * FUNDING_PUSH_MS;
  }

  /** About one basis point for eight hours, to six decimals. */
  #drawRate(): number {
    return Math.round((0.0001 + 0.00003 * this.#random.normal()) * 1e6) / 1e6;
  }
}

/** Swaps, and futures that work like them. */
export function hasFunding(listing: Listing): boolean {
  return listing.instType === 'SWAP' || field(listing.row, 'ruleType') === 'xperp';
}

const FUNDING_INTERVAL_MS = 28_800_000;
