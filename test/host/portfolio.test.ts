import { expect, it } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { portfolio } from '../../engine/config/portfolio-schema.ts';
import { PortfolioBoard } from '../../engine/host/portfolio-board.ts';
import { portfolioOf } from '../../engine/host/portfolio.ts';
import { coinsOf } from '../../engine/metrics/catalog.ts';
import { MetricsWriter } from '../../engine/metrics/cells.ts';
import { PortfolioStatuses } from '../../monitoring/portfolio-status.ts';
import { HedgeWorld, INSTRUMENTS, SPOT, SWAP, group } from '../loop/hedge-world.ts';
import { swap } from '../loop/swap-row.ts';

it('makes groups of the instruments of a coin, with bands as shares of the limit', () => {
  const instruments = [...INSTRUMENTS, swap('ETH', 3)];
  const config = portfolio.parse({
    groups: [
      { coin: 'BTC', delta: '2', skew: 0.5, hedge: { isOn: true, instId: 'BTC-USDT-SWAP', bandRatio: 0.4 } },
      { coin: 'ETH', delta: '10' },
    ],
  });
  expect(portfolioOf(config, instruments)).toEqual([
    {
      coin: 'BTC',
      members: [0, 1, 2],
      deltaCoinsMax: 2,
      skew: 0.5,
      hedge: {
        leg: 0,
        bandCoins: 0.8,
        targetCoins: 0.5,
        passiveNs: 5e9,
        slippageBps: 5,
        ordersPerMinute: 30,
        lossMax: 100,
      },
    },
    { coin: 'ETH', members: [3], deltaCoinsMax: 10, skew: 1, hedge: null },
  ]);
  const anywhere = portfolio.parse({ groups: [{ coin: 'BTC', delta: '2', hedge: { isOn: true } }] });
  expect(portfolioOf(anywhere, instruments)[0]!.hedge!.leg).toBeNull();
});

it('refuses a coin that is not traded, and a leg of another one, and knows names of the configuration', () => {
  const groupsOf = (instId: string, coin = 'BTC') =>
    portfolio.parse({ groups: [{ coin, delta: '2', hedge: { isOn: true, instId } }] });
  expect(() => portfolioOf(groupsOf('BTC-USDT-SWAP', 'DOGE'), INSTRUMENTS)).toThrow(
    'portfolio.groups[0].coin: expected the coin of one of the instruments, was "DOGE"; remove the group',
  );
  expect(() => portfolioOf(groupsOf('ETH-USDT-SWAP'), [...INSTRUMENTS, swap('ETH', 3)])).toThrow(
    /portfolio\.groups\[0\]\.hedge\.instId: expected one of .*, was "ETH-USDT-SWAP"; change it, or leave it out/,
  );
  const names = INSTRUMENTS.map(({ instId }) => instId).with(0, 'FORMERLY-USDT-SWAP');
  expect(portfolioOf(groupsOf('FORMERLY-USDT-SWAP'), INSTRUMENTS, names)[0]!.hedge!.leg).toBe(0);
});

it('the board shows what the loop has, as long as there is a group', () => {
  const world = new HedgeWorld([group({ deltaCoinsMax: 3 })]).begin();
  const board = new PortfolioBoard(world.loop, world.memory, new MetricsWriter(world.memory));
  const statuses = new PortfolioStatuses(world.memory);
  expect(coinsOf(world.memory.dimensions)).toEqual(['BTC']);
  expect(statuses.all()).toEqual([]);
  world.hold(SPOT, 1_000);
  world.settle();
  board.post();
  expect(statuses.all()).toEqual([
    {
      coin: 'BTC',
      delta: 1,
      deltaMax: 3,
      worst: { buy: 1, sell: expect.closeTo(0.2, 9) as number },
      hedge: { phase: 'resting', orders: 1, cost: 0, costMax: 1_000 },
    },
  ]);
  expect(world.loop.table.exposureLots[SWAP * 2 + Side.sell]).toBe(80);
  const { configuration } = world.loop;
  const parameters = { ...configuration.parameters, portfolio: [] };
  world.loop.configure({ version: 2, withdrawn: [], changes: [], parameters }, world.nowNs);
  board.post();
  expect(statuses.all()).toEqual([]);
});
