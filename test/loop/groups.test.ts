import { expect, test } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { GateReason } from '../../engine/risk/gate.ts';
import { HedgeWorld, INVERSE, SPOT, SWAP, group } from './hedge-world.ts';

const UNHEDGED = { hedge: null };

test('a long position in spot leans the quotes of the swap down, and one of the swap itself as much', () => {
  const lean = (instrument: number, lots: number): number => {
    const world = new HedgeWorld([group(UNHEDGED)]).begin(SWAP);
    const { quote } = world.loop.wanted[SWAP]!;
    const before = quote.bidTicks[0]! + quote.askTicks[0]!;
    world.hold(instrument, lots);
    world.book(SWAP, 9_999, 10_001);
    world.calm();
    return quote.bidTicks[0]! + quote.askTicks[0]! - before;
  };
  // Half of what the swap may hold, in its own lots and in those of the others.
  expect(lean(SWAP, 50)).toBeLessThan(0);
  expect(lean(SPOT, 500)).toBe(lean(SWAP, 50));
  expect(lean(INVERSE, 5)).toBe(lean(SWAP, 50));
  expect(lean(SPOT, -500)).toBeGreaterThan(0);
});

test('what is bought in spot is told to the others of its coin in the turn that told of it', () => {
  const world = new HedgeWorld([group(UNHEDGED)]).begin(SWAP, SPOT);
  const versions = [...world.loop.market.version];
  world.fillOrder(world.open(SPOT, Side.buy)[0]!, 10);
  // 10 lots of spot are one lot of the swap.
  expect(world.loop.groups.netCoins[0]).toBe(0.01);
  expect(world.loop.market.version[SWAP]).toBe(versions[SWAP]! + 1);
  expect(world.loop.market.version[INVERSE], 'who holds nothing of it is told, too').toBe(
    versions[INVERSE]! + 1,
  );
  expect(world.loop.groups.groupLots[SWAP]).toBe(1);
});

test('the share counts, a flat group says exactly nothing, and another coin nothing at all', () => {
  const world = new HedgeWorld([group({ ...UNHEDGED, skew: 0.5, members: [SWAP, SPOT] })]).begin(SWAP);
  const { groupLots } = world.loop.groups;
  world.hold(SPOT, 100);
  expect([...groupLots]).toEqual([5, 0, 0]);
  world.hold(SWAP, -3);
  expect([...groupLots]).toEqual([5, -15, 0]);
  world.hold(SPOT, 0);
  world.hold(SWAP, 0);
  expect([...groupLots]).toEqual([0, 0, 0]);
});

test('a coin that gets dearer makes an inverse contract worth fewer of them, and the others are told with the timer', () => {
  const world = new HedgeWorld([group(UNHEDGED)]).begin(SWAP);
  const { groupLots } = world.loop.groups;
  world.hold(INVERSE, 10);
  expect(groupLots[SWAP]).toBeCloseTo(100, 9);
  world.book(INVERSE, 19_999, 20_001);
  world.pass(20);
  expect(groupLots[SWAP]).toBeCloseTo(50, 9);
});

test('the group’s limit holds over its instruments, and leaves what reduces', () => {
  const world = new HedgeWorld([group({ ...UNHEDGED, deltaCoinsMax: 0.5 })]).begin();
  world.hold(SPOT, 450);
  world.loop.onWorkerReady([SWAP], world.nowNs);
  world.calm();
  // 0.45 coins are held: 0.05 are left, and the levels are 0.1, 0.15 and 0.2.
  expect(world.open(SWAP, Side.buy)).toEqual([]);
  expect(world.open(SWAP, Side.sell)).toHaveLength(3);
  expect(world.metric('gateRejects', GateReason.groupDeltaMax)).toBeGreaterThan(0);
  world.hold(SPOT, 100);
  world.run(100);
  // Two of them are within 0.4.
  expect(world.open(SWAP, Side.buy)).toHaveLength(2);
});

test('other groups are in force from the turn in which they are given, and the former ones when one is refused', () => {
  const world = new HedgeWorld([group(UNHEDGED)]).begin(SWAP);
  world.hold(SPOT, 100);
  expect(world.loop.groups.groupLots[SWAP]).toBe(10);
  const { configuration } = world.loop;
  const change = (portfolio: ReturnType<typeof group>[]) =>
    world.loop.configure(
      {
        version: configuration.version + 1,
        withdrawn: [],
        changes: [],
        parameters: { ...configuration.parameters, portfolio },
      },
      world.nowNs,
    );
  expect(change([group({ ...UNHEDGED, skew: 0.1 })]).isDone).toBe(true);
  expect(world.loop.groups.groupLots[SWAP]).toBeCloseTo(1, 12);
  const wrong = change([group(UNHEDGED), group(UNHEDGED)]);
  expect(wrong.isDone).toBe(false);
  expect(world.loop.groups.groupLots[SWAP]).toBeCloseTo(1, 12);
  expect(change([]).isDone).toBe(true);
  expect(world.loop.groups.groupLots[SWAP]).toBe(0);
});
