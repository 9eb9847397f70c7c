import { expect, it } from 'vitest';
import type { OrderRow } from '../../engine/venue/account-rows.ts';
import { runsWith } from '../../engine/host/engine-state.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { TinyAccount, idOf } from './tiny-account.ts';
import { Machine, TinyWorld } from './tiny-world.ts';

const STRIPPED: Partial<OrderRow> = { tag: '' };

it('a start takes out what the run before has left without its tag, and touches no other program’s', async () => {
  const box = new Machine((nowMs) => new TinyAccount(nowMs));
  const first = new TinyWorld(box);
  const { run } = await first.recovered();
  first.crash();
  box.account.place(idOf(run, 1), STRIPPED);
  box.account.place(idOf(run, 2), { tag: 'OTHERBROKERCODE' });
  const others = [
    box.account.place(idOf(run - 1, 3), { tag: 'OTHERBROKERCODE' }),
    box.account.place('manual1', STRIPPED),
  ];
  const second = await new TinyWorld(box).recovered();
  expect([...box.account.orders.values()]).toEqual(others);
  expect(box.state).toMatchObject({ run: second.run, runs: [run, second.run] });
});

it('an audit that finds an order of ours without its tag pauses, and says so', async () => {
  const box = new Machine((nowMs) => new TinyAccount(nowMs));
  const world = new TinyWorld(box);
  const engine = await world.recovered();
  expect(engine.status()['tag']).toMatchObject({ mismatches: { ack: 0, push: 0, fill: 0, order: 0 } });
  box.account.place(idOf(engine.run, 1), STRIPPED);
  await world.within(2_000, engine.desk.runAudit(), engine);
  expect(engine.loop.ladder.held(KillTrigger.tagMismatch, ACCOUNT)).toBe(KillLevel.paused);
  expect(engine.status()).toMatchObject({
    level: 'paused',
    reason: 'tagMismatch',
    wayBack: 'operator',
    tag: { mismatches: { order: 1 } },
  });
  // Nobody here knows it, so that it goes as soon as it is old enough not to be on its way.
  await world.pass(4_000, engine);
  await world.within(2_000, engine.desk.runAudit(), engine);
  expect(box.account.orders.size).toBe(0);
  // It waits for a person, over restarts.
  world.crash();
  const next = await new TinyWorld(box).recovered();
  expect(next.loop.ladder.held(KillTrigger.tagMismatch, ACCOUNT)).toBe(KillLevel.paused);
});

it('a state names so many of its runs', () => {
  expect(runsWith(undefined, 5)).toEqual([5]);
  // Of before runs were kept.
  expect(runsWith({ run: 4 }, 5)).toEqual([4, 5]);
  expect(runsWith({ run: 4, runs: [2, 4] }, 5)).toEqual([2, 4, 5]);
  let runs: number[] = [];
  for (let run = 1; run <= 100; run++) runs = runsWith({ run: run - 1, runs }, run);
  expect(runs).toEqual(Array.from({ length: 32 }, (_, index) => 69 + index));
});
