import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../engine/base/clock.ts';
import { TradeLog } from '../../engine/orders/trade-log.ts';
import { AccountFacts } from '../../engine/host/account-facts.ts';
import { OpenOrders } from '../../engine/host/open-orders.ts';
import type { KnownOrder } from '../../engine/host/open-orders.ts';
import type { CancelRequest } from '../../engine/venue/account-rest.ts';
import type { OrderRow } from '../../engine/venue/account-rows.ts';
import { swap } from '../loop/swap-row.ts';
import { TAG, TinyAccount, idOf } from './tiny-account.ts';

const SWAP = 'BTC-USDT-SWAP';
const always = (): boolean => true;

/**
 * An account whose list of open orders is what `looks` says, look after look and then empty; cancels are answered by `codes`, a
 * round each, with '0' where nothing is said. Everything that was asked, in order.
 */
function deskOf(
  looks: readonly (readonly OrderRow[])[],
  codes: readonly (readonly string[])[] = [],
  known: readonly KnownOrder[] = [],
) {
  const calls: string[] = [];
  const clock = new ManualClock();
  let look = 0;
  let round = 0;
  const openOrders = new OpenOrders({
    account: {
      fetchOpenOrders: () => {
        calls.push('look');
        return Promise.resolve([...(looks[look++] ?? [])]);
      },
      cancelOrders: (requests: readonly CancelRequest[]) => {
        calls.push(`cancel ${requests.map(({ ordId, clOrdId }) => ordId ?? clOrdId).join(' ')}`);
        const answers = codes[round++] ?? [];
        return Promise.resolve(
          requests.map((_, index) => ({ ordId: '', clOrdId: '', sCode: answers[index] ?? '0', sMsg: '' })),
        );
      },
    },
    facts: new AccountFacts([swap('BTC')], TAG, new TradeLog(16)),
    clock,
    orderExpiryMs: 2_000,
    known: () => known,
    waitMs: (ms) => {
      calls.push(`wait ${ms}`);
      clock.advanceNs(ms * 1e6);
      return Promise.resolve();
    },
  });
  return { calls, openOrders, clock };
}

const rows = new TinyAccount(() => 0);
const order = (ordId: string, slot: number, changes: Partial<OrderRow> = {}): OrderRow =>
  rows.place(idOf(5, slot), { ordId, ...changes });

describe('cancelling all of ours', () => {
  it('takes one look where there is nothing', async () => {
    const foreign = [order('1', 1, { tag: 'OTHER' }), order('2', 2, { clOrdId: 'manual' })];
    const { calls, openOrders } = deskOf([foreign]);
    expect(await openOrders.cancelAll(always)).toBe(0);
    expect(calls).toEqual(['look']);
  });

  it('looks again, and once more when what was filled before has settled', async () => {
    const { calls, openOrders } = deskOf([[order('1', 1)]]);
    expect(await openOrders.cancelAll(always)).toBe(1);
    expect(calls).toEqual(['look', 'cancel 1', 'look', 'wait 500', 'look']);
  });

  it('ends a list that goes on showing what is over', async () => {
    const old = [order('1', 1)];
    const { calls, openOrders } = deskOf([old, old, old], [['0'], ['51400']]);
    await openOrders.cancelArrived(always);
    expect(calls).toEqual(['look', 'cancel 1', 'look', 'wait 100', 'cancel 1', 'look']);
  });

  it('cancels by name what the list does not show yet', async () => {
    const known = { instId: SWAP, clOrdId: idOf(9, 1), inFlightSinceNs: -Infinity };
    const { calls, openOrders } = deskOf([], [], [known]);
    expect(await openOrders.cancelArrived(always)).toBe(1);
    expect(calls).toEqual(['look', `cancel ${known.clOrdId}`, 'look']);
  });

  it('asks once only about a known order that is over', async () => {
    const known = { instId: SWAP, clOrdId: idOf(9, 1), inFlightSinceNs: -Infinity };
    const { calls, openOrders } = deskOf([], [['51400']], [known]);
    await openOrders.cancelArrived(always);
    await openOrders.cancelArrived(always);
    expect(calls).toEqual(['look', `cancel ${known.clOrdId}`, 'look', 'look']);
  });

  it('waits for a place that may still arrive, and does not take "unknown" for an answer before', async () => {
    const known = { instId: SWAP, clOrdId: idOf(9, 1), inFlightSinceNs: 0 };
    const { calls, openOrders } = deskOf([], [['51603'], ['0']], [known]);
    expect(await openOrders.cancelAll(always)).toBe(1);
    const cancel = `cancel ${known.clOrdId}`;
    expect(calls).toEqual(['look', cancel, 'look', 'wait 2500', 'look', cancel, 'look']);
  });

  it('waits for what an engine before may have sent, once', async () => {
    const { calls, openOrders, clock } = deskOf([[], [order('1', 1)]]);
    openOrders.expectStrangers(clock.nowNs());
    expect(await openOrders.cancelAll(always)).toBe(1);
    await openOrders.cancelAll(always);
    expect(calls).toEqual(['look', 'wait 2500', 'look', 'cancel 1', 'look', 'look']);
  });

  it('gives up after ten rounds', async () => {
    const old = [order('1', 1)];
    const { openOrders } = deskOf(
      Array.from({ length: 20 }, () => old),
      Array.from({ length: 20 }, () => ['51404']),
    );
    await expect(openOrders.cancelAll(always)).rejects.toThrow('1 may remain');
  });

  it('stops where it is no longer wanted', async () => {
    const { calls, openOrders } = deskOf([[order('1', 1)]]);
    let asked = 0;
    expect(await openOrders.cancelAll(() => ++asked < 2)).toBe(0);
    expect(calls).toEqual(['look']);
  });
});
