import { InstrumentState, InstrumentType } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import type { Milliseconds } from '../base/units.ts';
import type { RecoveredAccount } from '../loop/loop-options.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';
import { TradeMark } from '../orders/trade-log.ts';
import type { TradeLog } from '../orders/trade-log.ts';
import type { AccountConfig, Balances } from '../venue/account-rows.ts';
import type { AccountFacts } from './account-facts.ts';
import type { AccountPort } from './engine-world.ts';
import { signedLots } from './holdings.ts';
import type { Holdings } from './holdings.ts';
import type { OpenOrders } from './open-orders.ts';
import type { Settlements } from './settlements.ts';
import { findAgain, keyOf } from './instrument-lists.ts';
import { isSameGrid } from './instruments.ts';

/** Trades that are told by REST so long after they were made are still found. */
const VERIFY_LAG_MS = 5_000;
/** Asked for again with each question: what REST tells later than the lag above, up to this more. */
const OVERLAP_MS = 25_000;
/** A saved state names the trades from so long before `verifiedMs` on: more than is ever asked for again. */
export const TRADES_KEPT_MS = 90_000;
/** The venue keeps fills for three days. */
const FILLS_MS_MAX = 71 * 3_600_000;
/**
 * Waits before fills, positions and balances are asked for once more, because they do not add up: one of them is older than
 * the others. Together they outlast what REST lags behind.
 */
const LOOK_WAITS_MS = [250, 500, 1_000, 2_000, 4_000, 4_000];

export interface RecoveryOptions {
  readonly account: AccountPort;
  readonly facts: AccountFacts;
  readonly openOrders: OpenOrders;
  readonly settlements: Settlements;
  readonly instruments: readonly Instrument[];
  readonly ledger: PositionLedger;
  readonly trades: TradeLog;
  readonly holdings: Holdings;
  /** By instrument: 1 while its position was never taken from the venue, so that no difference can be told. */
  readonly isNew: Uint8Array;
  readonly venueMs: () => Milliseconds;
  readonly waitMs: (ms: Milliseconds) => Promise<void>;
  readonly log: (line: string) => void;
}

/** What recovery found. */
export interface Recovered {
  readonly config: AccountConfig;
  /** Instruments whose grid or code is another one than was loaded; '' when none is. */
  readonly outdated: string;
  readonly account: RecoveredAccount;
  readonly balances: Balances;
}

/** From when on fills have to be asked for, so that none is missed. */
export function fillsSinceMs(verifiedMs: Milliseconds, nowMs: Milliseconds): Milliseconds {
  return Math.floor(Math.max(verifiedMs - OVERLAP_MS, nowMs - FILLS_MS_MAX));
}

/**
 * As of when a state counts as verified whose log has forgotten trades up to `evictedMs`: told them again, a restart could
 * not know that they are booked. 0 stays 0: such a state says nothing.
 */
export function verifiedPast(verifiedMs: Milliseconds, evictedMs: Milliseconds): Milliseconds {
  return verifiedMs === 0 ? 0 : Math.max(verifiedMs, evictedMs + 1 + OVERLAP_MS);
}

/** Every trade before this is told by an answer to a question asked at `askedMs`. */
export function verifiedBy(askedMs: Milliseconds): Milliseconds {
  return askedMs - VERIFY_LAG_MS;
}

/**
 * The one routine of start, reconnect and doubt: cancel what is left of ours, by whatever run, see that nothing is left,
 * then see that the account is still the one that was started on, and only then take trades and positions. With nothing of
 * ours resting, no fill can come between the answers; where they still do not add up, one of them is old, and all are asked
 * for again.
 */
export class Recovery {
  readonly #options: RecoveryOptions;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /**
   * Undefined when it is no longer wanted, which is asked after every answer.
   *
   * @param verifiedMs every trade before this (the venue's clock) is in the ledger
   * @throws RestError when the venue does not answer, or orders of ours cannot be cancelled
   */
  async run(verifiedMs: Milliseconds, isWanted: () => boolean): Promise<Recovered | undefined> {
    const { account, openOrders } = this.#options;
    await openOrders.cancelAll(isWanted);
    if (!isWanted()) return undefined;
    const config = await account.fetchAccountConfig();
    if (!isWanted()) return undefined;
    const outdated = await this.#outdated();
    if (!isWanted()) return undefined;
    const taken = await this.#take(verifiedMs, isWanted);
    return taken === undefined ? undefined : { config, outdated, ...taken };
  }

  /** A grid that changed while the engine was not told. What is not listed is for the venue's push of states. */
  async #outdated(): Promise<string> {
    const { account, instruments } = this.#options;
    const { fields } = await findAgain(account, instruments);
    const names = instruments.filter((instrument) => {
      const { instId, type } = instrument;
      const now = fields.get(keyOf({ instId, isMargin: type === InstrumentType.margin }));
      return now !== undefined && !isSameGrid(instrument, now);
    });
    return names.map(({ instId }) => instId).join(', ');
  }

  /** Trades, positions and balances that add up; after some looks as they are, with what is missing said. */
  async #take(
    verifiedMs: Milliseconds,
    isWanted: () => boolean,
  ): Promise<{ account: RecoveredAccount; balances: Balances } | undefined> {
    const { account, facts, settlements, venueMs, waitMs, log } = this.#options;
    for (let look = 0; ; look++) {
      const askedMs = venueMs();
      const found = facts.trades(await account.fetchFills(fillsSinceMs(verifiedMs, askedMs)));
      if (!isWanted()) return undefined;
      const positions = facts.positions(await account.fetchPositions());
      if (!isWanted()) return undefined;
      const trades = await settlements.after(found);
      if (!isWanted()) return undefined;
      const balances = await account.fetchBalances();
      if (!isWanted()) return undefined;
      const recovered = { trades, positions, verifiedMs: verifiedBy(askedMs) };
      const difference = this.#difference(recovered, balances);
      if (difference === '') return { account: recovered, balances };
      const lookWaitMs = LOOK_WAITS_MS[look];
      if (lookWaitMs === undefined) {
        log(`recovery: ${difference}: taken from the venue`);
        return { account: recovered, balances };
      }
      await waitMs(lookWaitMs);
      if (!isWanted()) return undefined;
    }
  }

  /** What the venue says we hold, and trades do not explain. */
  #difference(recovered: RecoveredAccount, balances: Balances): string {
    const { instruments, ledger, trades, holdings, isNew, venueMs } = this.#options;
    const lots = Float64Array.from(ledger.bookedLots);
    for (const trade of recovered.trades) {
      const isKnown = trades.look(trade.instrument, trade.tradeId) !== TradeMark.none;
      if (!isKnown) lots[trade.instrument]! += signedLots(trade);
    }
    // Nothing but their age tells whether a position that is taken as it is holds them already.
    const young = recovered.trades.filter(
      ({ instrument, tsMs }) => isNew[instrument] === 1 && tsMs > recovered.verifiedMs,
    );
    const fresh = new Set(young.map(({ instrument }) => instruments[instrument]!.instId));
    const differences = [...fresh].map((instId) => `${instId} was traded a moment ago`);
    for (const { instrument, lots: held } of recovered.positions) {
      if (held === lots[instrument] || isNew[instrument] === 1) continue;
      const { instId, lot, expiryMs, state } = instruments[instrument]!;
      // It has ended: the price at which it did may take longer than anybody is kept waiting for it.
      const hasEnded = state === InstrumentState.expired || venueMs() >= expiryMs;
      if (held === 0 && hasEnded) continue;
      differences.push(
        `position of ${instId} is ${lot.toText(held)}, trades make it ${lot.toText(lots[instrument]!)}`,
      );
    }
    const ofHoldings = holdings.difference(recovered.trades, balances);
    if (ofHoldings !== '') differences.push(ofHoldings);
    return differences.join('; ');
  }
}
