import type { Instrument } from '../base/instrument.ts';
import { clientOrderIdText } from '../okx/client-order-id.ts';
import { OrderState } from '../orders/order-state.ts';
import type { OrderTable } from '../orders/order-table.ts';
import { Reconciliation } from '../orders/reconciliation.ts';
import { AccountDesk } from './account-desk.ts';
import type { AccountDeskOptions } from './account-desk.ts';
import { AccountFacts } from './account-facts.ts';
import { Audit } from './audit.ts';
import { OpenOrders } from './open-orders.ts';
import type { KnownOrder } from './open-orders.ts';
import { Recovery } from './recovery.ts';
import { Settlements } from './settlements.ts';

export interface AccountDeskParts extends Omit<AccountDeskOptions, 'openOrders' | 'recovery' | 'audit'> {
  readonly tag: string;
  readonly run: number;
  /** Those of this state, `run` the last of them. */
  readonly runs: readonly number[];
  readonly isFreshAccount: boolean;
}

/** The desk with what it works with: one reader of rows, one list of open orders. */
export function buildAccountDesk(parts: AccountDeskParts): AccountDesk {
  const { world, config, tag, run, runs, loop, lasting, isNew, isFreshAccount, venueMs } = parts;
  const prefixesIds = config.broker.clOrdIdPrefix;
  const { account, clock } = world;
  const { instruments, ledger, trades, holdings } = lasting;
  const facts = new AccountFacts(instruments, tag, trades, { runs, prefixesIds });
  const waitMs = (ms: number): Promise<void> => world.waitMs(ms);
  const openOrders = new OpenOrders({
    account,
    facts,
    clock,
    orderExpiryMs: config.engine.orderExpiryMs,
    known: () => knownOrders(loop.table, instruments, run, prefixesIds ? tag : ''),
    waitMs,
  });
  // The engine before us may have died a moment ago.
  if (!isFreshAccount) openOrders.expectStrangers(clock.nowNs());
  const settlements = new Settlements({ account, instruments, ledger, trades, venueMs });
  const recovery = new Recovery({
    account,
    facts,
    openOrders,
    settlements,
    instruments,
    ledger,
    trades,
    holdings,
    isNew,
    venueMs,
    waitMs,
    log: (line) => world.log(line),
  });
  const reconciliation = new Reconciliation(loop.table);
  const audit = new Audit({ account, facts, openOrders, settlements, reconciliation, run, clock, venueMs });
  return new AccountDesk({ ...parts, openOrders, recovery, audit });
}

/** What the table holds, by the names under which the venue knows it. */
function knownOrders(
  table: OrderTable,
  instruments: readonly Instrument[],
  run: number,
  idTag: string,
): KnownOrder[] {
  const orders: KnownOrder[] = [];
  for (let slot = 0; slot < table.capacity; slot++) {
    const state = table.state[slot]! as OrderState;
    if (state === OrderState.free) continue;
    // Whatever has rested, or was accepted, has arrived.
    const hasArrived =
      table.isResting[slot] === 1 || state === OrderState.accepted || state === OrderState.live;
    orders.push({
      instId: instruments[table.instrument[slot]!]!.instId,
      clOrdId: clientOrderIdText(run, slot, table.generation[slot]!, idTag),
      inFlightSinceNs: hasArrived ? -Infinity : table.openedNs[slot]!,
    });
  }
  return orders;
}
