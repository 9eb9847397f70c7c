import { expect, it } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { TinyAccount } from './tiny-account.ts';
import { Machine, TinyWorld, testConfig } from './tiny-world.ts';

const ETH = 'ETH-USDT-SWAP';
const ETH_INDEX = 2;

it('an instrument that is new to a state begins with what is held, also after a crash before its first recovery', async () => {
  const config = testConfig();
  const box = new Machine((nowMs) => new TinyAccount(nowMs));
  const before = new TinyWorld(box);
  await before.recovered({ ...config, instruments: config.instruments.slice(0, ETH_INDEX) });
  await before.pass(2_000);
  before.crash();
  box.account.trade(ETH, Side.buy, 2, 3_000);
  box.account.trade(ETH, Side.buy, 2, 3_000);
  box.account.positions.set(ETH, { lots: 10, avgPx: 2_000 });

  const crashing = new TinyWorld(box);
  await crashing.start(config);
  crashing.crash();

  const world = new TinyWorld(box);
  const { loop } = await world.recovered(config);
  expect(loop.ledger.positionLots[ETH_INDEX]).toBe(1_000);
  expect(loop.ledger.entryTicks[ETH_INDEX]).toBe(200_000);
  expect(loop.ledger.fees[ETH_INDEX]).toBe(0);
  expect(loop.ledger.fillCount[ETH_INDEX]).toBe(0);
  expect(loop.account.recoveryDifferences).toBe(0);
});

it('a position that is older than the last trades is not taken as the first one', async () => {
  const box = new Machine((nowMs) => new TinyAccount(nowMs));
  const world = new TinyWorld(box);
  box.account.trade(ETH, Side.buy, 2, 3_000);
  const old = box.account.answers.fetchPositions();
  box.account.trade(ETH, Side.buy, 1, 3_000);
  world.script('fetchPositions', () => old);
  const { loop } = await world.recovered();
  expect(loop.ledger.positionLots[ETH_INDEX]).toBe(300);
});

it('an instrument that the venue has renamed goes on with its position, though the configuration has the former name', async () => {
  const NOW = 'ETHER-USDT-SWAP';
  const box = new Machine((nowMs) => new TinyAccount(nowMs));
  const before = new TinyWorld(box);
  box.account.trade(ETH, Side.buy, 2, 3_000);
  const { loop: first } = await before.recovered();
  await before.pass(2_000);
  expect(first.ledger.positionLots[ETH_INDEX]).toBe(200);
  before.crash();

  const held = box.account.positions.get(ETH)!;
  box.account.positions.delete(ETH);
  box.account.positions.set(NOW, held);
  box.account.changes.set(ETH, { instId: NOW });
  const world = new TinyWorld(box);
  const { loop, instruments } = await world.recovered();
  expect(instruments[ETH_INDEX]!.instId).toBe(NOW);
  expect(world.said(`instruments: the venue calls ${ETH} ${NOW} now; the configuration may, too`)).toBe(1);
  expect(loop.ledger.positionLots[ETH_INDEX]).toBe(200);
  expect(loop.ledger.entryTicks[ETH_INDEX]).toBe(first.ledger.entryTicks[ETH_INDEX]);
  expect(loop.account.recoveryDifferences).toBe(0);
  world.crash();

  // The state has the new name by now; the configuration still the former one, and is told so with every start.
  const again = new TinyWorld(box);
  expect((await again.recovered()).loop.ledger.positionLots[ETH_INDEX]).toBe(200);
  expect(again.said('the venue calls')).toBe(1);
});
