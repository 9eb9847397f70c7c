import { describe, expect, it } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { HedgePhase } from '../../engine/base/hedge-phase.ts';
import { HedgeWait } from '../../engine/loop/group-hedger.ts';
import { Connection, LoopRequest, OperatorCommand } from '../../engine/loop/loop-options.ts';
import type { HedgeTerms } from '../../engine/loop/loop-options.ts';
import { OrderState } from '../../engine/orders/order-state.ts';
import { KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { HedgeWorld, INVERSE, SPOT, SWAP, group } from './hedge-world.ts';
import type { SentMessage } from './loop-world.ts';
import { ack } from './messages.ts';
import { LOOSE_LIMITS, isAmend, isCancel, isPlace, itemsOf } from './scripted-venue.ts';

/** 1 coin long in spot, the hedge resting on the swap. */
function hedging(hedge: Partial<HedgeTerms> = {}, ...workers: number[]): HedgeWorld {
  const world = new HedgeWorld([group({}, hedge)]).begin(...workers);
  world.hold(SPOT, 1_000);
  world.settle();
  expect(world.hedges()).toHaveLength(1);
  return world;
}

const hedger = (world: HedgeWorld) => world.loop.hedge.hedgers[0]!;

describe('a hedge', () => {
  it('begins beyond the band, joins the best price of the other side, and leads to the target', () => {
    const world = new HedgeWorld([group()]).begin();
    world.hold(SPOT, 500);
    world.run(1_000);
    expect(hedger(world).phase).toBe(HedgePhase.inside);
    expect(world.hedges()).toEqual([]);
    world.hold(SPOT, 510);
    expect(hedger(world).phase).toBe(HedgePhase.resting);
    const [message] = world.settle();
    expect(message!.args).toMatchObject([
      { instIdCode: 10_459, side: 'sell', ordType: 'post_only', px: '1000.1', sz: '31' },
    ]);
    world.fillOrder(world.hedges()[0]!, 30);
    world.run(1_000);
    expect(hedger(world).phase, 'still beyond the target').toBe(HedgePhase.resting);
    world.fillOrder(world.hedges()[0]!);
    world.run(1_000);
    expect(hedger(world).phase).toBe(HedgePhase.inside);
    expect(world.netCoins).toBeCloseTo(0.2, 9);
    // It begins again only beyond the band.
    world.hold(SPOT, 800);
    world.run(1_000);
    expect(world.hedges()).toEqual([]);
  });

  it('buys what is short', () => {
    const world = new HedgeWorld([group()]).begin();
    world.hold(INVERSE, -10);
    const [message] = world.settle();
    expect(message!.args).toMatchObject([{ side: 'buy', ordType: 'post_only', px: '999.9', sz: '80' }]);
  });

  it('follows the best price, at most every half second', () => {
    const world = hedging();
    world.run(600);
    const amends = [];
    for (let step = 0; step < 20; step++) {
      world.book(SWAP, 10_009 + step, 10_011 + step);
      amends.push(...itemsOf(world.run(100), isAmend));
    }
    expect(amends.length).toBeGreaterThanOrEqual(3);
    expect(amends.length).toBeLessThanOrEqual(5);
    world.run(600);
    expect(world.hedges()[0]!.ticks).toBe(10_030);
  });

  it('gives up in the same turn what a fill of a quote has done for it', () => {
    const world = hedging({}, SWAP);
    expect(world.hedges()[0]!.lots).toBe(80);
    const quote = world.open(SWAP, Side.sell).find(({ lots }) => lots === 10)!;
    world.sent();
    world.fillOrder(quote);
    const amends = itemsOf(world.orderMessages(), isAmend);
    expect(amends).toContainEqual(expect.objectContaining({ newSz: '70' }));
  });

  it('goes in the same turn when the net delta has turned round', () => {
    const world = hedging();
    const quote = placeOf(world, SPOT, Side.sell, 2_000);
    world.fillOrder(quote);
    expect(world.netCoins).toBeCloseTo(-1, 9);
    const messages = world.orderMessages();
    const cancels = itemsOf(messages, isCancel).filter(({ instIdCode }) => instIdCode === 10_459);
    expect(cancels).toHaveLength(1);
    world.waiting.push(...messages);
    world.settle();
    world.run(600);
    expect(world.hedges()).toMatchObject([{ side: Side.buy }]);
  });

  it('what rests for too long is taken, once the former order is known to be over', () => {
    const world = hedging();
    world.run(4_900);
    expect(world.hedges()).toMatchObject([{ kind: 'post_only' }]);
    world.pass(200);
    expect(hedger(world).phase).toBe(HedgePhase.taking);
    const cancels = world.orderMessages();
    expect(itemsOf(cancels, isCancel)).toHaveLength(1);
    world.pass(500);
    expect(itemsOf(world.orderMessages(), isPlace), 'while the former one may be filled').toEqual([]);
    for (const message of cancels) world.accept(message);
    world.pass(20);
    const [taking] = world.orderMessages();
    // Ten basis points below the middle of 1,000.0.
    expect(taking!.args).toMatchObject([{ side: 'sell', ordType: 'ioc', px: '999', sz: '80' }]);
    world.waiting.push(taking!);
    world.settle();
    expect(world.loop.ledger.positionLots[SWAP]).toBe(-10);
    // Ten were there. What is left rests again, a second later.
    world.run(900);
    expect(world.hedges()).toEqual([]);
    world.run(200);
    expect(world.hedges()).toMatchObject([{ kind: 'post_only', lots: 70 }]);
  });

  it('without a time to rest it takes at once, ten lots a second until the target', () => {
    const world = new HedgeWorld([group({}, { passiveNs: 0 })]).begin();
    world.hold(SPOT, 1_000);
    world.run(20_000);
    expect(world.netCoins).toBeCloseTo(0.2, 9);
    expect([...world.orders.values()].every(({ kind }) => kind === 'ioc')).toBe(true);
    expect(world.orders.size).toBe(8);
  });

  it('does not take further from the middle than it may: it rests on where it is, and no quote makes way', () => {
    const world = hedging({}, SWAP);
    world.book(SWAP, 9_980, 10_020);
    world.run(2_000);
    const messages = world.run(12_000);
    expect(itemsOf(messages, isPlace)).toEqual([]);
    expect(itemsOf(messages, isCancel)).toEqual([]);
    expect(world.hedges()).toHaveLength(1);
    expect(world.open(SWAP, Side.buy)).toHaveLength(3);
    expect(world.loop.ledger.positionLots[SWAP]).toBe(0);
    world.book(SWAP, 9_999, 10_001);
    world.run(1_500);
    expect(world.loop.ledger.positionLots[SWAP], 'as soon as it is not').toBeLessThanOrEqual(-10);
  });

  it('without a time to rest it rests while to take is too dear, and takes when it is not', () => {
    const world = new HedgeWorld([group({}, { passiveNs: 0 })]).begin(SWAP);
    world.book(SWAP, 9_980, 10_020);
    world.hold(SPOT, 1_000);
    world.run(3_000);
    expect(world.hedges()).toMatchObject([{ kind: 'post_only' }]);
    expect(world.open(SWAP, Side.buy)).toHaveLength(3);
    world.book(SWAP, 9_999, 10_001);
    world.run(1_000);
    expect(world.loop.ledger.positionLots[SWAP]).toBeLessThanOrEqual(-10);
  });

  it('our own quotes leave the side from which it takes, and come back', () => {
    const world = hedging({ targetCoins: 0.4 }, SWAP);
    expect(world.open(SWAP, Side.buy)).toHaveLength(3);
    world.run(4_900);
    world.pass(200);
    const messages = world.settle();
    expect(itemsOf(messages, isCancel).length).toBeGreaterThanOrEqual(4);
    expect(world.open(SWAP, Side.buy)).toEqual([]);
    expect(world.open(SWAP, Side.sell).length).toBeGreaterThan(0);
    world.run(1_500);
    expect(world.loop.ledger.positionLots[SWAP]).toBeLessThanOrEqual(-10);
    expect(hedger(world).phase).toBe(HedgePhase.resting);
    expect(world.open(SWAP, Side.buy).length).toBeGreaterThan(0);
  });

  it('is given room by our own quotes where they take up what the limit of its instrument leaves', () => {
    const limits = { ...LOOSE_LIMITS, positionLotsMax: 45 };
    const world = new HedgeWorld([group()], { limits: [limits, LOOSE_LIMITS, LOOSE_LIMITS] }).begin(SWAP);
    const { exposureLots } = world.loop.table;
    expect(exposureLots[SWAP * 2 + Side.sell]).toBe(45);
    world.hold(SPOT, 1_000);
    world.run(200);
    expect(world.hedges()).toMatchObject([{ side: Side.sell, instrument: SWAP, lots: 45 }]);
    expect(exposureLots[SWAP * 2 + Side.sell]).toBe(45);
    expect(world.open(SWAP, Side.buy)).toHaveLength(3);
  });

  it('is given room by quotes of another instrument that take up what the limit of its group leaves', () => {
    const world = new HedgeWorld([group({ deltaCoinsMax: 0.45 })]).begin(INVERSE);
    raise(world, SWAP, KillLevel.paused);
    world.hold(SPOT, 600);
    world.run(500);
    const { exposureLots } = world.loop.table;
    // A coin is offered, so that 0.05 are left: the hedge is 0.4.
    expect(exposureLots[INVERSE * 2 + Side.sell]).toBe(10);
    raise(world, SWAP, KillLevel.quoting);
    world.run(1_000);
    expect(world.hedges()).toMatchObject([{ side: Side.sell, instrument: SWAP, lots: 40 }]);
    expect(exposureLots[INVERSE * 2 + Side.sell]).toBe(0);
    world.fillOrder(world.hedges()[0]!);
    world.run(1_000);
    expect(hedger(world).phase).toBe(HedgePhase.inside);
  });

  it.each([
    ['orders of its instrument', { openOrdersMax: 6 }],
    ['worth of its instrument', { notionalMax: 455 }],
  ])('is given room by our own quotes where they take up the %s', (_, changes) => {
    const limits = { ...LOOSE_LIMITS, ...changes };
    const world = new HedgeWorld([group()], { limits: [limits, LOOSE_LIMITS, LOOSE_LIMITS] }).begin(SWAP);
    expect(world.open(SWAP, Side.sell)).toHaveLength(3);
    world.hold(SPOT, 1_000);
    world.run(500);
    expect(world.hedges()).toMatchObject([{ side: Side.sell, instrument: SWAP }]);
  });

  it('that gets no room leaves the quotes alone for a while', () => {
    const limits = { ...LOOSE_LIMITS, positionLotsMax: 45 };
    const world = new HedgeWorld([group()], { limits: [limits, LOOSE_LIMITS, LOOSE_LIMITS] }).begin(SWAP);
    world.hold(SPOT, 1_000);
    // Their cancels are not answered.
    world.orderMessages();
    world.pass(900);
    expect(hedger(world).needsRoom).toBe(true);
    world.pass(200);
    expect(hedger(world).needsRoom).toBe(false);
    world.pass(500);
    expect(hedger(world).needsRoom).toBe(false);
  });
});

describe('a hedge is withdrawn', () => {
  const reasons: readonly (readonly [string, (world: HedgeWorld) => void])[] = [
    ['by a pause', (world) => world.loop.command(OperatorCommand.pause, world.nowNs)],
    ['by a halt', (world) => world.loop.command(OperatorCommand.halt, world.nowNs)],
    ['by a flatten', (world) => world.loop.command(OperatorCommand.flatten, world.nowNs)],
    ['by a stop', (world) => world.loop.stop(world.nowNs)],
    ['when the public session goes', (world) => world.loop.onSessionDown(Connection.public, world.nowNs)],
    ['when the private session goes', (world) => world.loop.onSessionDown(Connection.private, world.nowNs)],
    ['when its instrument is paused', (world) => raise(world, SWAP, KillLevel.paused)],
    ['when its book breaks', (world) => world.book(SWAP, 10_000, 10_000)],
    ['when its order may not make the position larger', (world) => raise(world, SWAP, KillLevel.reduceOnly)],
    ['when the account is in doubt', (world) => world.loop.account.recover()],
    ['when it is switched off', (world) => configure(world, [group({ hedge: null })])],
    ['when its group is no more', (world) => configure(world, [])],
    ['when it is to trade elsewhere', (world) => configure(world, [group({}, { leg: INVERSE })])],
  ];

  it.each(reasons)('%s, in the same turn, and not placed while it lasts', (what, act) => {
    const world = hedging();
    const [order] = world.hedges();
    act(world);
    if (what.includes('may not make') || what.includes('doubt')) world.timer();
    const messages = world.orderMessages();
    expect(itemsOf(messages, isCancel)).toMatchObject([{ clOrdId: order!.clOrdId }]);
    world.waiting.push(...messages);
    world.settle();
    world.run(2_000);
    const later = [...world.orders.values()].filter(
      ({ clOrdId, instrument, kind }) => clOrdId !== order!.clOrdId && instrument === SWAP && kind !== 'ioc',
    );
    expect(later).toEqual([]);
  });

  it('by whoever cancels all while the trade session is down: recovery finds it over, and it begins anew', () => {
    const world = hedging();
    world.loop.onSessionDown(Connection.trade, world.nowNs);
    world.pass(1_000);
    expect(world.orderMessages()).toEqual([]);
    expect(world.hedgeSlots).toHaveLength(1);
    world.loop.onSessionUp(Connection.trade, world.nowNs);
    world.recover();
    expect(world.hedgeSlots).toEqual([]);
    world.run(100);
    expect(world.hedges()).toMatchObject([{ side: Side.sell, lots: 80, instrument: SWAP }]);
  });

  it('waiting, it says for what, and goes on by itself', () => {
    const world = hedging();
    raise(world, SWAP, KillLevel.paused);
    world.run(1_000);
    expect(hedger(world)).toMatchObject({ phase: HedgePhase.waiting, wait: HedgeWait.leg, lots: 0 });
    expect(world.loop.operator.text).toContain('hedge of BTC waits for an instrument that can be traded');
    raise(world, SWAP, KillLevel.quoting);
    world.run(100);
    expect(world.hedges()).toHaveLength(1);
    expect(world.loop.operator.text).toBe('quoting; hedge of BTC sells 80 BTC-USDT-SWAP, resting');
  });
});

describe('an order that hedges', () => {
  it('is found by an audit, and one whose place is never answered is settled by recovery', () => {
    const world = new HedgeWorld([group()]).begin();
    world.hold(SPOT, 1_000);
    world.orderMessages();
    expect(world.hedgeSlots, 'it is in the table before its bytes left').toHaveLength(1);
    const recoveries = world.requestCount(LoopRequest.recovery);
    world.pass(3_200);
    expect(world.loop.table.state[world.hedgeSlots[0]!]).not.toBe(OrderState.live);
    expect(world.requestCount(LoopRequest.recovery)).toBe(recoveries + 1);
    world.sent();
    world.recover();
    world.run(100);
    expect(world.hedges()).toHaveLength(1);
  });

  it('that was cancelled by the venue rests a while before it is placed again', () => {
    const world = hedging();
    const [order] = world.hedges();
    order!.isOpen = false;
    world.push(order!, { state: 'canceled', cancelSource: '31' });
    world.run(60);
    expect(world.hedges()).toEqual([]);
    world.run(5_000);
    expect(world.hedges().length + Math.abs(world.loop.ledger.positionLots[SWAP]!)).toBeGreaterThan(0);
  });

  it('keeps to the budget: so many orders and changes of price in any minute', () => {
    const world = hedging({ ordersPerMinute: 5, passiveNs: 600 * NS_PER_SECOND });
    const times: number[] = [];
    for (let step = 0; step < 300; step++) {
      world.book(SWAP, 9_999 + (step % 2) * 2, 10_001 + (step % 2) * 2);
      const messages = world.run(500);
      const sent = itemsOf(messages, isAmend).length + itemsOf(messages, isPlace).length;
      for (let index = 0; index < sent; index++) times.push(world.nowMs);
    }
    expect(times.length).toBeGreaterThan(9);
    for (let index = 5; index < times.length; index++) {
      expect(times[index]! - times[index - 5]!).toBeGreaterThan(59_000);
    }
    expect(world.hedges(), 'it stays where it is').toHaveLength(1);
  });

  it('is cut to what limits leave, and waits where they leave nothing', () => {
    const limits = { ...LOOSE_LIMITS, orderLotsMax: 25, positionLotsMax: 40 };
    const world = new HedgeWorld([group()], { limits: [limits, LOOSE_LIMITS, LOOSE_LIMITS] }).begin();
    world.hold(SPOT, 1_000);
    world.settle();
    expect(world.hedges()).toMatchObject([{ lots: 25 }]);
    world.fillOrder(world.hedges()[0]!);
    world.run(1_000);
    expect(world.hedges()).toMatchObject([{ lots: 15 }]);
    world.fillOrder(world.hedges()[0]!);
    world.run(1_000);
    expect(world.loop.ledger.positionLots[SWAP]).toBe(-40);
    expect(hedger(world)).toMatchObject({ phase: HedgePhase.waiting, wait: HedgeWait.limits });
    expect(world.hedges()).toEqual([]);
  });

  it('goes to the tightest spread where no instrument is named, and to the next when that one has no room', () => {
    const limits = { ...LOOSE_LIMITS, positionLotsMax: 5 };
    const world = new HedgeWorld([group({}, { leg: null })], {
      limits: [LOOSE_LIMITS, LOOSE_LIMITS, limits],
    }).begin();
    world.book(SWAP, 9_990, 10_010);
    world.book(SPOT, 9_980, 10_020);
    world.hold(SPOT, 1_000);
    world.settle();
    // 0.8 coins are 8 lots of the inverse contract, of which five are allowed.
    expect(world.hedges()).toMatchObject([{ instrument: INVERSE, lots: 5 }]);
    world.fillOrder(world.hedges()[0]!);
    world.run(1_000);
    expect(world.hedges()).toMatchObject([{ instrument: SWAP, lots: 30 }]);
  });
});

describe('an instrument on which the venue refuses the hedge', () => {
  const refuse = (world: HedgeWorld, message: SentMessage): void => {
    world.frame(Connection.trade, ack(message, [51_008]));
  };

  it('is left for another one, where none is configured', () => {
    const world = new HedgeWorld([group({}, { leg: null })]).begin();
    world.book(SPOT, 9_990, 10_010);
    world.book(INVERSE, 9_990, 10_010);
    world.book(SWAP, 9_999, 10_001);
    world.hold(SPOT, 1_000);
    const [message] = world.orderMessages();
    expect(message!.args).toMatchObject([{ instIdCode: 10_459 }]);
    refuse(world, message!);
    world.run(700);
    const [order] = world.hedges();
    expect(order!.instrument).not.toBe(SWAP);
    world.run(4_000);
    expect(world.hedges(), 'and kept').toEqual([order]);
  });

  it('is asked again after a while, where it is configured', () => {
    const world = new HedgeWorld([group()]).begin();
    world.hold(SPOT, 1_000);
    refuse(world, world.orderMessages()[0]!);
    world.run(1_500);
    expect(world.hedges()).toEqual([]);
    world.run(1_000);
    expect(world.hedges()).toMatchObject([{ instrument: SWAP }]);
  });
});

describe('the loss limit', () => {
  const FEE = '-1';

  it('counts the way from the fair price of the beginning and fees, and stops what is under way', () => {
    const world = hedging({ lossMax: 30 });
    const [order] = world.hedges();
    // The market falls by 20.0 before it is filled: 10 lots are a tenth of a coin.
    world.book(SWAP, 9_799, 9_801);
    world.run(600);
    world.fillOrder(order!, 10, 9_801, FEE);
    const { loss } = hedger(world);
    expect(loss.cost).toBeCloseTo((1_000 - 980.1) * 0.1 + 1, 9);
    expect(loss.isStopped).toBe(false);
    const saves = world.requestCount(LoopRequest.save);
    world.sent();
    world.fillOrder(order!, 10, 9_801, '-30');
    expect(loss.isStopped).toBe(true);
    expect(world.requestCount(LoopRequest.save)).toBe(saves + 1);
    expect(itemsOf(world.orderMessages(), isCancel)).toMatchObject([{ clOrdId: order!.clOrdId }]);
    expect(hedger(world).phase).toBe(HedgePhase.stopped);
    expect(world.loop.operator.text).toMatch(
      /^quoting; hedge of BTC stopped: its fills cost 34\.98, hedge\.lossMax is 30; resume/,
    );
  });

  it('does not count what prices did while it was not let', () => {
    const world = hedging({ lossMax: 30 });
    world.loop.command(OperatorCommand.pause, world.nowNs);
    world.run(1_000);
    world.book(SWAP, 9_499, 9_501);
    world.run(1_000);
    world.loop.command(OperatorCommand.resume, world.nowNs);
    world.run(1_000);
    world.fillOrder(world.hedges()[0]!, 10, 9_501, FEE);
    expect(hedger(world).loss.cost).toBeCloseTo(0.99, 9);
    expect(hedger(world).loss.isStopped).toBe(false);
  });

  it('lets it rest until an operator resumes, over a restart too', () => {
    const world = hedging({ lossMax: 30 });
    world.fillOrder(world.hedges()[0]!, 10, 10_001, '-40');
    world.settle();
    const memory = world.loop.hedge.memory();
    expect(memory).toMatchObject([{ coin: 'BTC', isStopped: true }]);
    const next = new HedgeWorld([group({}, { lossMax: 30 })]);
    next.loop.restore({ kill: [], ledger: [], loss: null, trades: [], hedges: memory });
    next.begin();
    next.hold(SPOT, 1_000);
    next.run(1_000);
    next.clock.advanceNs(2 * 86_400 * NS_PER_SECOND);
    next.timer();
    for (const instrument of [SWAP, SPOT, INVERSE]) next.book(instrument, 9_999, 10_001, 'snapshot');
    next.run(1_000);
    expect(next.hedges()).toEqual([]);
    expect(hedger(next).phase).toBe(HedgePhase.stopped);
    expect(next.loop.command(OperatorCommand.resume, next.nowNs).isDone).toBe(true);
    expect(hedger(next).loss).toMatchObject({ cost: 0, isStopped: false });
    next.run(100);
    expect(next.hedges()).toHaveLength(1);
  });

  it('gains of the day are set off, quotes cost it nothing', () => {
    const world = hedging({ lossMax: 30 }, SWAP);
    world.fillOrder(world.hedges()[0]!, 10, 10_101, '0');
    expect(hedger(world).loss.cost).toBeCloseTo(-1.01, 9);
    world.fillOrder(
      world.open(SWAP, Side.sell).find((order) => world.purposeOf(order) === 0)!,
      1,
      10_005,
      '-90',
    );
    expect(hedger(world).loss.cost).toBeCloseTo(-1.01, 9);
  });
});

function raise(world: HedgeWorld, scope: number, level: KillLevel): void {
  world.loop.ladder.raise(KillTrigger.margin, level, scope);
  world.timer();
}

function configure(world: HedgeWorld, portfolio: ReturnType<typeof group>[]): void {
  const { configuration } = world.loop;
  const parameters = { ...configuration.parameters, portfolio };
  const change = { version: configuration.version + 1, withdrawn: [], changes: [], parameters };
  const { isDone, text } = world.loop.configure(change, world.nowNs);
  expect(isDone, text).toBe(true);
}

/** An order of ours that nobody wanted: placed as the loop would. */
function placeOf(world: HedgeWorld, instrument: number, side: Side, lots: number) {
  const { loop } = world;
  const slot = loop.table.open(instrument, side, 10_001, lots, Float64Array.of(world.nowNs));
  const clOrdId = clOrdIdOf(world, slot);
  const order = {
    clOrdId,
    ordId: '77',
    instrument,
    side,
    kind: 'post_only',
    ticks: 10_001,
    lots,
    filled: 0,
    isOpen: true,
  };
  world.orders.set(clOrdId, order);
  world.push(order);
  return order;
}

function clOrdIdOf(world: HedgeWorld, slot: number): string {
  const [known] = world.orders.keys();
  const digits = known!.length;
  const head = known!.slice(0, digits - 10);
  const { generation } = world.loop.table;
  return `${head}${String(slot).padStart(4, '0')}${String(generation[slot]).padStart(6, '0')}`;
}
