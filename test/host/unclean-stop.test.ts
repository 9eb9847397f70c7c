import { expect, it } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { TinyAccount, idOf } from './tiny-account.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
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

it('what throws while it stops makes the stop no clean one: the switch runs out, and the next start is halted', async () => {
  const box = new Machine((nowMs) => new TinyAccount(nowMs));
  const world = new TinyWorld(box);
  const engine = await world.recovered();
  await world.pass(2_000, engine);
  const stopping = engine.stop();
  const broken = new AssertionError('the test’s own');
  engine.noteFailure(broken);
  await expect(world.within(20_000, stopping, engine)).rejects.toBe(broken);
  expect(box.account.switchSeconds).toBe(10);
  expect((await new TinyWorld(box).recovered()).loop.ladder.isHalted).toBe(true);
});

it('a disk that has taken nothing for a minute pauses, and one that takes again lets it go on', async () => {
  const box = new Machine((nowMs) => new TinyAccount(nowMs));
  const world = new TinyWorld(box);
  const engine = await world.recovered();
  const { ladder } = engine.loop;
  const { save } = world.state;
  world.state.save = () => Promise.reject(new Error('no space left on device'));
  engine.keeper.saveSoon();
  await world.pass(55_000, engine);
  expect(ladder.held(KillTrigger.stateUnsaved, ACCOUNT)).toBe(KillLevel.quoting);
  await world.pass(10_000, engine);
  expect(ladder.held(KillTrigger.stateUnsaved, ACCOUNT)).toBe(KillLevel.paused);
  world.state.save = save;
  await world.pass(3_000, engine);
  expect(ladder.held(KillTrigger.stateUnsaved, ACCOUNT)).toBe(KillLevel.quoting);
});
