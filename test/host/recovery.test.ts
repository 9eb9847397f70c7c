import { expect, test } from 'vitest';
import { Recovery } from '../../engine/host/recovery.ts';
import type { AccountRest, CancelRequest } from '../../engine/venue/account-rest.ts';
import { swap } from '../loop/swap-row.ts';

const TAG = 'TESTTAG1';
const order = (ordId: string, clOrdId = '1000000010000000001', tag = TAG) => ({
  instId: 'BTC-USDT-SWAP',
  ordId,
  clOrdId,
  tag,
});

/** An account whose open orders are what `looks` says, look after look; everything that was asked, in order. */
function accountOf(looks: readonly (readonly ReturnType<typeof order>[])[]) {
  const calls: string[] = [];
  let look = 0;
  const account = {
    fetchOpenOrders: () => {
      calls.push('look');
      return Promise.resolve(looks[look++] ?? []);
    },
    cancelOrders: (requests: readonly CancelRequest[]) => {
      calls.push(`cancel ${requests.map(({ ordId }) => ordId).join(' ')}`);
      return Promise.resolve([]);
    },
    fetchPositions: () => {
      calls.push('positions');
      return Promise.resolve([]);
    },
    fetchBalances: () => Promise.resolve({ details: [] }),
  };
  const wait = (ms: number): Promise<void> => {
    calls.push(`wait ${ms}`);
    return Promise.resolve();
  };
  const instruments = [swap('BTC')];
  const rest = account as unknown as AccountRest;
  return { calls, recovery: new Recovery(rest, instruments, TAG, new Float64Array(1), wait) };
}

test('an account with nothing of ours is taken as it is', async () => {
  const { calls, recovery } = accountOf([[order('1', 'manual'), order('2', undefined, 'OTHER')]]);
  expect(await recovery.run(false)).toEqual([{ instrument: 0, lots: 0, entryTicks: 0 }]);
  expect(calls).toEqual(['look', 'positions']);
});

test('positions are asked for only when what was cancelled has had the time to settle', async () => {
  const { calls, recovery } = accountOf([[order('1')]]);
  await recovery.run(false);
  expect(calls).toEqual(['look', 'cancel 1', 'look', 'wait 500', 'look', 'positions']);
});

test('what was in flight and arrives late is found by the second look', async () => {
  const { calls, recovery } = accountOf([[], [order('7')]]);
  expect(await recovery.cancelOurs(2_000)).toBe(1);
  expect(calls).toEqual(['look', 'wait 2000', 'look', 'cancel 7', 'look']);
});
