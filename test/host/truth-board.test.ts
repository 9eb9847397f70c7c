import { expect, it } from 'vitest';
import { TruthBoard } from '../../engine/host/truth-board.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import { MetricsWriter } from '../../engine/metrics/cells.ts';
import { AttributionStatuses } from '../../monitoring/attribution-status.ts';
import { ScriptedWorld } from '../loop/scripted-venue.ts';

it('shows what the loop has found, so that a reader in another thread sees the same', () => {
  const world = new ScriptedWorld().quoting();
  world.loop.truth.configure({ models: ['glft'] });
  const board = new TruthBoard(world.loop.truth, new MetricsWriter(world.memory));
  const reader = new AttributionStatuses(world.memory);
  board.post(0);
  expect(reader.of(0)).toMatchObject({ total: 0, residual: 0, levels: [], versions: [] });

  world.frame(Connection.private, world.fill(world.open('buy')[1]!, 10));
  world.pass(1_000);
  board.post(0);
  const status = reader.of(0);
  // Ten contracts of 0.01 BTC at 999.3, below a middle of 1000.0.
  expect(status.profit).toMatchObject({ spread: 0.07, adverseSelection: 0, fees: -0.01, rebates: 0 });
  expect(status.total).toBeCloseTo(0.06, 12);
  const group = { fills: 1, value: 99.93 };
  expect(status.levels).toMatchObject([{ group: '1', ...group }]);
  expect(status.levels[0]!.spreadBps).toBeCloseTo((0.07 / 99.93) * 10_000, 9);
  // A fee of 0.01.
  for (const [each] of [status.sides, status.levels, status.ages, status.queues, status.models]) {
    expect(each).toMatchObject(group);
    expect(each!.feeBps).toBeCloseTo((-0.01 / 99.93) * 10_000, 9);
  }
  expect(status.sides).toMatchObject([{ group: 'buy' }]);
  expect(status.versions[0]!.feeBps).toBeCloseTo((-0.01 / 99.93) * 10_000, 9);
  expect(status.models).toMatchObject([{ group: 'glft', ...group }]);
  expect(status.versions).toMatchObject([{ fills: 1 }]);
  expect(status.quoted.both).toBeGreaterThan(0.5);
  expect(status.quoted.buyBps).toBeGreaterThan(4);

  // What the middle does to the position shows with the next timer; markouts when their horizon is over.
  world.move('999.9', '1000.1', '999.7', '999.9');
  world.pass(20);
  board.post(0);
  expect(reader.of(0).profit.inventory).toBeCloseTo(-0.02, 12);
  world.pass(10_000);
  board.post(0);
  const { markouts, profit } = reader.of(0);
  expect(markouts['5s']!.buy.profit).toBeCloseTo(0.05, 12);
  expect(markouts['5s']!.sell).toEqual({ bps: null, profit: 0, value: 0 });
  expect(markouts['300s']!.bps).toBe(null);
  expect(profit.adverseSelection + profit.inventory).toBeCloseTo(-0.02, 12);
});

it('shows a residual as soon as a check has found one', () => {
  const world = new ScriptedWorld().quoting();
  const board = new TruthBoard(world.loop.truth, new MetricsWriter(world.memory));
  const reader = new AttributionStatuses(world.memory);
  world.frame(Connection.private, world.fill(world.open('buy')[0]!));
  // A fee that nobody told: the ledger and the parts are two accounts.
  world.loop.ledger.onFee(0, -0.5, false);
  world.pass(61_000);
  board.post(0);
  expect(reader.of(0).residual).toBeCloseTo(-0.5, 9);
  expect(world.metric('profitResidual', 0)).toBeCloseTo(-0.5, 9);
});
