import { expect, it } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { TinyAccount, idOf } from './tiny-account.ts';
import { Machine, TinyWorld } from './tiny-world.ts';

it('a stop of an engine that broke leaves the switch to run out: its table cannot name what an old list leaves out', async () => {
  const box = new Machine((nowMs) => new TinyAccount(nowMs));
  const world = new TinyWorld(box);
  const engine = await world.recovered();
  await world.pass(2_000, engine);
  box.account.place(idOf(engine.run, 1));
  // The venue's list is some seconds old all the while.
  world.script('fetchOpenOrders', ...Array.from({ length: 10 }, () => () => []));
  const report = await world.within(20_000, engine.stop(new AssertionError('the test’s own')), engine);
  expect(report).toMatchObject({ isConfirmed: true });
  expect(box.account.orders.size).toBe(1);
  expect(box.account.switchSeconds).toBe(10);
});
