import { NS_PER_MS } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { Clock } from '../base/clock.ts';
import type { AuditedAccount, OpenOrderFact } from '../loop/loop-options.ts';
import type { Reconciliation } from '../orders/reconciliation.ts';
import type { CancelRequest } from '../venue/account-rest.ts';
import type { OrderRow } from '../venue/account-rows.ts';
import type { AccountFacts } from './account-facts.ts';
import type { AccountPort } from './engine-world.ts';
import type { OpenOrders } from './open-orders.ts';
import { fillsSinceMs, verifiedBy } from './recovery.ts';
import type { Settlements } from './settlements.ts';

/** An order that nobody here knows is left alone for so long: its own words may still be on their way. */
const STRAY_AGE_MS = 3_000;

export interface AuditOptions {
  readonly account: Pick<AccountPort, 'fetchOpenOrders' | 'fetchFills' | 'fetchPositions'>;
  readonly facts: AccountFacts;
  readonly openOrders: OpenOrders;
  readonly settlements: Settlements;
  readonly reconciliation: Reconciliation;
  readonly run: number;
  readonly clock: Clock;
  readonly venueMs: () => Milliseconds;
}

/**
 * Looks at the account while orders rest, and cancels nothing that we know of: what rests, what was traded, what is held. A
 * stray, which is an order of ours that the table does not hold, is cancelled: it came late from a former run, or its
 * end was told in error. Strays of instruments that are not configured now are none the less ours.
 */
export class Audit {
  readonly #options: AuditOptions;

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  /**
   * Undefined when it is no longer wanted: a recovery finds all that an audit finds, and empties the table.
   *
   * @throws RestError when the venue does not answer
   */
  async run(verifiedMs: Milliseconds, isWanted: () => boolean): Promise<AuditedAccount | undefined> {
    const { account, facts, openOrders, settlements, clock, venueMs } = this.#options;
    const askedNs = clock.nowNs();
    const askedMs = venueMs();
    const rows = await account.fetchOpenOrders();
    if (!isWanted()) return undefined;
    const orders = facts.openOrders(rows);
    const strays = this.#strays(rows, orders, askedNs, askedMs);
    const strayCount = await openOrders.cancelThese(strays);
    if (!isWanted()) return undefined;
    const found = facts.trades(await account.fetchFills(fillsSinceMs(verifiedMs, askedMs)));
    if (!isWanted()) return undefined;
    const positions = facts.positions(await account.fetchPositions());
    if (!isWanted()) return undefined;
    const trades = await settlements.after(found);
    if (!isWanted()) return undefined;
    return { openOrders: orders, trades, positions, verifiedMs: verifiedBy(askedMs), askedNs, strayCount };
  }

  #strays(
    rows: readonly OrderRow[],
    orders: readonly OpenOrderFact[],
    askedNs: Nanoseconds,
    askedMs: Milliseconds,
  ): CancelRequest[] {
    const { facts, reconciliation, run } = this.#options;
    const beforeNs = askedNs - STRAY_AGE_MS * NS_PER_MS;
    const known = new Set(orders.map(({ ordId }) => ordId));
    const strays = new Set(reconciliation.compare(orders, run, beforeNs).strays.map(({ ordId }) => ordId));
    return rows
      .filter((row) => row.cTimeMs < askedMs - STRAY_AGE_MS && facts.isOurs(row))
      .filter(({ ordId }) => strays.has(ordId) || !known.has(ordId))
      .map(({ instId, ordId }) => ({ instId, ordId }));
  }
}
