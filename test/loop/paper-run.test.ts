import { expect, test } from 'vitest';
import { BookState } from '../../engine/book/book.ts';
import { Connection } from '../../engine/loop-options.ts';
import { LoopPhase } from '../../engine/loop.ts';
import { check, expectCleanEnd, expectGoodOrders } from './paper-checks.ts';
import { PaperMarket } from './paper-market.ts';

test.each([1, 2, 3])('seed %i: a market without faults', async (seed) => {
  const market = new PaperMarket(seed);
  let compared = 0;
  await market.run(20_000, (passedMs) => {
    if (passedMs % 10 === 0 && check(market)) compared++;
  });
  expect(market.loop.phase).toBe(LoopPhase.quoting);
  expect(compared).toBeGreaterThan(50);
  expect(market.requests, 'one recovery, at the start').toHaveLength(1);
  expect(market.loop.table.illegalCount).toBe(0);
  expect(market.loop.commands.ledger.fillCount.every((fills) => fills > 0)).toBe(true);
  for (const { state } of market.loop.market.books) expect(state).toBe(BookState.synced);
  expectGoodOrders(market);
  await expectCleanEnd(market);
});

test('the same seed gives the same bytes at the same times', async () => {
  const run = async (): Promise<string> => {
    const market = new PaperMarket(5);
    await market.run(3_000);
    market.disconnect(Connection.trade);
    market.at(100, () => market.connect(Connection.trade));
    await market.run(3_000);
    await market.stop();
    return `${market.sentCount} ${market.digest()}`;
  };
  expect(await run()).toBe(await run());
});
