import { describe, expect, test } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { DepthAction } from '../../engine/base/depth-rows.ts';
import { BookState } from '../../engine/book/book.ts';
import type { Book } from '../../engine/book/book.ts';
import { blankState } from '../../engine/host/engine-state.ts';
import { MetricsWriter } from '../../engine/metrics/cells.ts';
import { AckOutcome } from '../../engine/orders/order-state.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { Balances } from './checkers/balances.ts';
import { BookTruth } from './checkers/book-truth.ts';
import { SwitchArmed } from './checkers/dead-mans-switch.ts';
import { Healed } from './checkers/healed.ts';
import { KillLevels } from './checkers/kill-levels.ts';
import { KillState } from './checkers/kill-state.ts';
import { LossLimit } from './checkers/loss-limit.ts';
import { MessageRates } from './checkers/message-rates.ts';
import { Money } from './checkers/money.ts';
import { OthersOrders } from './checkers/others-orders.ts';
import { OwnMarks } from './checkers/own-marks.ts';
import { PositionLimit } from './checkers/position-limit.ts';
import { SelfCross } from './checkers/self-cross.ts';
import { Shared } from './checkers/shared.ts';
import { UnknownOrders } from './checkers/unknown-orders.ts';
import { exact, inexact, ofFloat } from './checkers/units.ts';
import { HandEngine, HandWorld, INVERSE, SPOT, SWAP, change, nameOf, place } from './hand-world.ts';
import { StepKind } from './sim-types.ts';

/** One level a side. */
function fillBook(book: Book, bidTicks: number, askTicks: number, bidLots = 10): void {
  book.replace({
    action: DepthAction.snapshot,
    askTicks: Int32Array.of(askTicks),
    askLots: Float64Array.of(20),
    askCount: 1,
    bidTicks: Int32Array.of(bidTicks),
    bidLots: Float64Array.of(bidLots),
    bidCount: 1,
    tsMs: 0,
    seqId: 0,
    prevSeqId: -1,
  });
  book.state = BookState.synced;
}

const [A, B, C] = [nameOf(1), nameOf(2), nameOf(3)];

describe('exact numbers', () => {
  test.each([
    ['0', 0n],
    ['1', 10n ** 18n],
    ['-0.1', -(10n ** 17n)],
    ['0.000000000000000001', 1n],
    ['1e-8', 10n ** 10n],
    ['123.450', 12_345n * 10n ** 16n],
  ])('%s', (text, value) => expect(exact(text)).toBe(value));

  test('no decimal, or too fine a one, is refused', () => {
    for (const text of ['', '1,5', '0.0000000000000000001']) expect(() => exact(text)).toThrow(RangeError);
  });

  test('a float is what it stands for, not what it prints', () => {
    expect(ofFloat(-3)).toBe(-3n * 10n ** 30n);
    expect(ofFloat(0.5)).toBe(5n * 10n ** 29n);
    expect(ofFloat(0.1)).toBe(100_000_000_000_000_005_551_115_123_125n);
    expect(inexact(exact('-12.5'))).toBe(-12.5);
  });
});

describe('position limit: 1 contract is 100 lots', () => {
  const made = (): [HandWorld, PositionLimit] => [new HandWorld(), new PositionLimit(new Shared())];

  test('what is on its way counts, on its side', () => {
    const [world, checker] = made();
    world.say('order', [place(A, 'buy', '0.5', '78000')]);
    expect(world.look(checker)).toBe(null);
    world.say('order', [place(B, 'sell', '0.5', '79000')]);
    expect(world.look(checker)).toBe(null);
    world.say('order', [place(C, 'buy', '0.51', '78000')]);
    expect(world.look(checker)).toMatch(
      /position 0 lots and 101 to buy with what is in flight, of at most 100/,
    );
  });

  test('what has arrived counts once, fills with what is left of their order', () => {
    const [world, checker] = made();
    world.say('order', [place(A, 'buy', '0.6', '78000')]);
    world.arrive('place', [place(A, 'buy', '0.6', '78000')]);
    expect(world.look(checker)).toBe(null);
    world.take(SWAP, 'sell', '0.4', '78000');
    expect(world.look(checker, StepKind.venue)).toBe(null);
    world.say('order', [place(B, 'buy', '0.4', '78000')]);
    expect(world.look(checker)).toBe(null);
    world.say('order', [place(C, 'buy', '0.01', '78000')]);
    expect(world.look(checker)).toMatch(/position 40 lots and 61 to buy/);
  });

  test('the larger size of an amend counts until the venue has decided', () => {
    const [world, checker] = made();
    const bigger = change(A, { newSz: '0.9', reqId: '1' });
    world.arrive('place', [place(A, 'buy', '0.2', '78000')]);
    world.arrive('place', [place(B, 'buy', '0.2', '78000')]);
    world.say('amend-order', [bigger]);
    expect(world.look(checker)).toMatch(/and 110 to buy/);
    world.interfereOnce('51500');
    world.arrive('amend', [bigger]);
    expect(world.look(checker)).toBe(null);
    world.say('cancel-order', [change(B, {})]);
    expect(world.look(checker)).toBe(null);
  });

  test('what was lost is waited for until the venue would refuse it', () => {
    const [world, checker] = made();
    world.say('order', [place(A, 'buy', '0.6', '78000')]);
    expect(world.look(checker)).toBe(null);
    world.pass(1_900);
    world.say('order', [place(B, 'buy', '0.6', '78000')]);
    expect(world.look(checker)).toMatch(/120 to buy/);
    world.pass(200);
    world.say('order', [place(C, 'buy', '0.4', '78000')]);
    expect(world.look(checker)).toBe(null);
  });

  test('what the venue has refused is no longer on its way', () => {
    const [world, checker] = made();
    const item = place(A, 'buy', '0.6', '78000');
    world.say('order', [item]);
    world.interfereOnce('50011');
    expect(world.arrive('place', [item])).toBe('50011');
    expect(world.look(checker)).toBe(null);
    world.say('order', [place(B, 'buy', '0.6', '78000')]);
    expect(world.look(checker)).toBe(null);
  });

  test('the size of one order, and how many are open', () => {
    const [world, checker] = made();
    world.say('order', [place(A, 'buy', '0.61', '78000')]);
    expect(world.look(checker)).toMatch(/61 lots, of at most 60/);
    const [many, other] = made();
    for (let slot = 0; slot < 6; slot++) {
      many.say('order', [place(nameOf(slot), 'buy', '0.01', '78000')]);
      expect(many.look(other)).toBe(null);
    }
    many.say('order', [place(nameOf(6), 'buy', '0.01', '78000')]);
    expect(many.look(other)).toMatch(/7 open orders of at most 6/);
  });
});

describe('self-cross', () => {
  const made = (): [HandWorld, SelfCross] => [new HandWorld(), new SelfCross(new Shared())];

  test('a place against what is on its way', () => {
    const [world, checker] = made();
    world.say('order', [place(A, 'buy', '0.1', '78000')]);
    expect(world.look(checker)).toBe(null);
    world.say('order', [place(B, 'sell', '0.1', '78000.1')]);
    expect(world.look(checker)).toBe(null);
    world.say('order', [place(C, 'sell', '0.1', '78000')]);
    expect(world.look(checker)).toMatch(/to sell at 78000, where we may have 78000/);
  });

  test('against where an amend may take what rests', () => {
    const [world, checker] = made();
    world.arrive('place', [place(A, 'buy', '0.1', '78000')]);
    world.say('amend-order', [change(A, { newPx: '78010', reqId: '1' })]);
    expect(world.look(checker)).toBe(null);
    world.say('order', [place(B, 'sell', '0.1', '78005')]);
    expect(world.look(checker)).toMatch(/where we may have 78010/);
  });

  test('an amend itself', () => {
    const [world, checker] = made();
    world.arrive('place', [place(A, 'buy', '0.1', '78000')]);
    world.arrive('place', [place(B, 'sell', '0.1', '78020')]);
    world.say('amend-order', [change(B, { newPx: '78000.1', reqId: '1' })]);
    expect(world.look(checker)).toBe(null);
    world.say('amend-order', [change(B, { newPx: '77999', reqId: '2' })]);
    expect(world.look(checker)).toMatch(/amend of .* to sell at 77999/);
  });
});

describe('message rates', () => {
  const made = (): [HandWorld, MessageRates] => [new HandWorld(), new MessageRates(new Shared())];

  test('sixty alone in two seconds, by operation, whoever of us sent them', () => {
    const [world, checker] = made();
    for (let count = 0; count < 60; count++) {
      world.engineNumber = count < 30 ? 0 : 1;
      world.say('cancel-order', [change(A, {})]);
      world.say('amend-order', [change(A, { newPx: '1' })]);
      expect(world.look(checker)).toBe(null);
      world.pass(20);
    }
    world.pass(2_000 - 60 * 20);
    world.say('cancel-order', [change(A, {})]);
    expect(world.look(checker)).toBe(null);
    world.say('cancel-order', [change(A, {})]);
    expect(world.look(checker)).toMatch(/more than 60 of cancel BTC-USDT-SWAP alone/);
  });

  test('three hundred in batches, REST and socket together', () => {
    const [world, checker] = made();
    const batch = Array.from({ length: 20 }, () => change(A, {}));
    for (let count = 0; count < 15; count++) {
      if (count % 2 === 0) world.say('batch-cancel-orders', batch);
      else world.rest('POST /api/v5/trade/cancel-batch-orders', batch);
      expect(world.look(checker)).toBe(null);
    }
    world.rest('POST /api/v5/trade/cancel-batch-orders', batch.slice(0, 2));
    expect(world.look(checker)).toMatch(/more than 300 of cancel BTC-USDT-SWAP in batches/);
  });

  test('a thousand places and amends of contracts, none of spot', () => {
    const world = new HandWorld([SWAP, INVERSE, SPOT]);
    const checker = new MessageRates(new Shared());
    const twenty = (instId: string): void => {
      const one = place(A, 'buy', '0.01', '1', { instId });
      world.say(
        'batch-orders',
        Array.from({ length: 20 }, () => one),
      );
      world.say(
        'batch-amend-orders',
        Array.from({ length: 20 }, () => ({ ...one, newPx: '2' })),
      );
    };
    for (let count = 0; count < 15; count++) twenty(SPOT);
    for (let count = 0; count < 15; count++) twenty(SWAP);
    for (let count = 0; count < 10; count++) twenty(INVERSE);
    expect(world.look(checker)).toBe(null);
    world.say('order', [place(A, 'buy', '0.01', '1', { instId: INVERSE })]);
    expect(world.look(checker)).toMatch(/more than 1000 places and amends/);
  });

  test('the switch once a second, questions by their own limits, unknown ones not at all', () => {
    const [world, checker] = made();
    const arm = (): void =>
      world.rest('POST /api/v5/trade/cancel-all-after', { timeOut: '10', tag: world.tag });
    arm();
    expect(world.look(checker)).toBe(null);
    world.pass(999);
    arm();
    expect(world.look(checker)).toMatch(/more than 1 of POST .*cancel-all-after in 1000 ms/);
    for (let count = 0; count < 5; count++) world.rest('GET /api/v5/account/config');
    expect(world.look(checker)).toBe(null);
    world.rest('GET /api/v5/account/config');
    expect(world.look(checker)).toMatch(/more than 5 of GET .*config in 2000 ms/);
    world.rest('POST /api/v5/account/set-leverage', {});
    expect(world.look(checker)).toMatch(/not a request whose limit is known/);
  });

  test('subscriptions by the hour', () => {
    const [world, checker] = made();
    for (let count = 0; count < 478; count++) world.control(count % 2 === 0 ? 'unsubscribe' : 'subscribe');
    expect(world.look(checker)).toBe(null);
    world.control('subscribe');
    expect(world.look(checker)).toMatch(/more than 478 of subscribe in an hour on connection 0/);
  });
});

describe('own marks', () => {
  const made = (): [HandWorld, OwnMarks] => [new HandWorld(), new OwnMarks(new Shared())];

  test.each([
    ['no tag', { tag: undefined }, /has the tag ""/],
    ['another tag', { tag: 'OTHER' }, /has the tag "OTHER"/],
    ['no self-trade prevention', { stpMode: undefined }, /stpMode ""/],
    ['a type that may take', { ordType: 'limit' }, /type "limit"/],
    ['a name of no plan', { clOrdId: 'abc' }, /no name of our plan/],
  ])('%s', (_, changes, said) => {
    const [world, checker] = made();
    world.say('order', [place(A, 'buy', '0.1', '78000')]);
    expect(world.look(checker)).toBe(null);
    world.say('order', [place(B, 'buy', '0.1', '78000', changes)]);
    expect(world.look(checker)).toMatch(said);
  });

  test('a name is used once, a run by one engine, and runs grow', () => {
    const [world, checker] = made();
    world.say('order', [place(A, 'buy', '0.1', '78000')]);
    expect(world.look(checker)).toBe(null);
    world.say('order', [place(A, 'buy', '0.1', '78000')]);
    expect(world.look(checker)).toMatch(/used twice/);
    world.engineNumber = 1;
    world.say('order', [place(nameOf(1, 2, 7), 'buy', '0.1', '78000')]);
    expect(world.look(checker)).toMatch(/not above that of the engine before/);
    world.say('order', [place(nameOf(1, 1, 8), 'buy', '0.1', '78000')]);
    expect(world.look(checker)).toBe(null);
    world.say('order', [place(nameOf(1, 1, 9), 'buy', '0.1', '78000')]);
    expect(world.look(checker)).toMatch(/another run than its engine's others/);
  });

  test('the switch is for our tag', () => {
    const [world, checker] = made();
    world.rest('POST /api/v5/trade/cancel-all-after', { timeOut: '10', tag: world.tag });
    expect(world.look(checker)).toBe(null);
    world.rest('POST /api/v5/trade/cancel-all-after', { timeOut: '10' });
    expect(world.look(checker)).toMatch(/tag undefined/);
  });
});

describe("others' orders", () => {
  function made(): { world: HandWorld; checker: OthersOrders; ordId: string } {
    const world = new HandWorld();
    world.arrive('place', [place('other1', 'buy', '0.1', '78000')]);
    const [ordId] = world.venue.exchange.accountOf(world.uid).openOrders.keys();
    world.foreignOrderIds.add(ordId!);
    const checker = new OthersOrders(new Shared());
    expect(world.look(checker)).toBe(null);
    return { world, checker, ordId: ordId! };
  }

  test('are named by no message', () => {
    const { world, checker, ordId } = made();
    world.arrive('place', [place(A, 'buy', '0.1', '78000')]);
    world.say('cancel-order', [change(A, {})]);
    expect(world.look(checker)).toBe(null);
    world.say('amend-order', [change('other1', { newPx: '1' })]);
    expect(world.look(checker)).toMatch(/amend of an order that is not ours: other1/);
    world.rest('POST /api/v5/trade/cancel-batch-orders', [{ instId: SWAP, ordId }]);
    expect(world.look(checker)).toMatch(/cancel of an order that is not ours: \d{19}/);
  });

  test('go on resting, but for what the venue does itself', () => {
    const { world, checker } = made();
    world.arrive('cancel', [change('other1', {})]);
    expect(world.look(checker)).toMatch(/is gone, cancelSource 1/);
    const switched = made();
    switched.world.venue.exchange.cancelAllAfter(switched.world.uid, '10', switched.world.tag);
    switched.world.pass(11_000);
    expect(switched.world.venue.exchange.accountOf(switched.world.uid).openOrders.size).toBe(0);
    expect(switched.world.look(switched.checker, StepKind.venue)).toBe(null);
  });
});

describe('kill level', () => {
  function made(): { world: HandWorld; engine: HandEngine; checker: KillLevels } {
    const world = new HandWorld();
    const engine = world.start(new HandEngine(7, world.instIds));
    const checker = new KillLevels(new Shared());
    expect(world.look(checker)).toBe(null);
    return { world, engine, checker };
  }

  test.each([
    ['paused', KillLevel.paused],
    ['halted', KillLevel.halted],
  ])('%s: only cancels, from the step after', (name, level) => {
    const { world, engine, checker } = made();
    engine.loop.ladder.raise(KillTrigger.operator, level, ACCOUNT);
    world.say('order', [place(A, 'buy', '0.1', '78000')]);
    expect(world.look(checker)).toBe(null);
    world.say('cancel-order', [change(A, {})]);
    expect(world.look(checker)).toBe(null);
    world.say('amend-order', [change(A, { newPx: '1' })]);
    expect(world.look(checker)).toMatch(new RegExp(`^${name}, and yet a amend`));
  });

  test('what the ladder itself says of its level is not asked', () => {
    const { world, engine, checker } = made();
    engine.loop.ladder.raise(KillTrigger.operator, KillLevel.halted, ACCOUNT);
    expect(world.look(checker)).toBe(null);
    engine.loop.ladder.level = () => KillLevel.quoting;
    world.say('order', [place(A, 'buy', '0.1', '78000')]);
    expect(world.look(checker)).toMatch(/^halted/);
  });

  test('a flatten closes while paused, and not while halted', () => {
    const { world, engine, checker } = made();
    const close = place(A, 'sell', '0.1', '78000', { ordType: 'ioc' });
    world.arrive('place', [place(B, 'buy', '0.1', '78000')]);
    world.take(SWAP, 'sell', '0.1', '78000');
    engine.loop.ladder.raise(KillTrigger.flatten, KillLevel.paused, ACCOUNT);
    expect(world.look(checker)).toBe(null);
    world.say('order', [close]);
    expect(world.look(checker)).toBe(null);
    world.say('order', [place(C, 'sell', '0.1', '78000')]);
    expect(world.look(checker)).toMatch(/^paused/);
    engine.loop.ladder.raise(KillTrigger.loss, KillLevel.halted, ACCOUNT);
    expect(world.look(checker)).toBe(null);
    world.say('order', [{ ...close, clOrdId: C }]);
    expect(world.look(checker)).toMatch(/^halted/);
  });

  test('reduce only: no more than the position, on the side that shrinks it', () => {
    const { world, engine, checker } = made();
    world.arrive('place', [place(B, 'buy', '0.3', '78000')]);
    world.take(SWAP, 'sell', '0.3', '78000');
    engine.loop.ladder.raise(KillTrigger.margin, KillLevel.reduceOnly, 0);
    expect(world.look(checker)).toBe(null);
    world.say('order', [place(A, 'sell', '0.2', '78000')]);
    expect(world.look(checker)).toBe(null);
    world.say('order', [place(C, 'sell', '0.2', '78001')]);
    expect(world.look(checker)).toMatch(/reduce only.*position 30 lots, 40 in orders/);
    world.say('order', [place(nameOf(4), 'buy', '0.01', '75500')]);
    expect(world.look(checker)).toMatch(/reduce only.*buy/);
  });

  test('an operator takes a halt back, nobody else', () => {
    const { world, engine, checker } = made();
    const { ladder } = engine.loop;
    ladder.raise(KillTrigger.loss, KillLevel.halted, ACCOUNT);
    expect(world.look(checker)).toBe(null);
    world.commandsGiven = 1;
    ladder.resume();
    expect(world.look(checker)).toBe(null);
    world.commandDone = 'resume';
    expect(world.look(checker)).toBe(null);
    ladder.raise(KillTrigger.loss, KillLevel.halted, ACCOUNT);
    expect(world.look(checker)).toBe(null);
    ladder.resume();
    expect(world.look(checker)).toMatch(/without an operator/);
  });

  test('what rests is taken out', () => {
    const { world, engine, checker } = made();
    world.arrive('place', [place(A, 'buy', '0.1', '78000')]);
    engine.loop.ladder.raise(KillTrigger.operator, KillLevel.paused, ACCOUNT);
    const seconds = (count: number): (string | null)[] =>
      Array.from({ length: count }, () => {
        world.pass(1_000);
        return world.look(checker, StepKind.engineTimer);
      });
    expect(seconds(20).every((said) => said === null)).toBe(true);
    world.isNetworkDown = true;
    expect(seconds(100).every((said) => said === null)).toBe(true);
    world.isNetworkDown = false;
    expect(seconds(3).at(-1)).toMatch(/1 orders rest on and on/);
    world.arrive('cancel', [change(A, {})]);
    expect(seconds(100).every((said) => said === null)).toBe(true);
  });
});

describe('state survives', () => {
  const operator = { trigger: 'operator', level: 'halted', instId: '' };

  test('what was acknowledged is on disk when the engine dies', () => {
    const world = new HandWorld();
    const checker = new KillState();
    world.start(new HandEngine(7, world.instIds));
    world.commandDone = 'halt';
    expect(world.look(checker)).toBe(null);
    world.engine = null;
    expect(world.look(checker, StepKind.fault)).toMatch(/"halt" was acknowledged, and the disk says \[\]/);
    world.start(new HandEngine(8, world.instIds));
    world.look(checker);
    world.state = blankState([operator], 0);
    world.engine = null;
    expect(world.look(checker, StepKind.fault)).toBe(null);
  });

  test('the next engine stands where the disk says', () => {
    const world = new HandWorld();
    const checker = new KillState();
    world.start(new HandEngine(7, world.instIds));
    world.look(checker);
    world.engine = null;
    world.state = blankState([operator], 0);
    expect(world.look(checker, StepKind.fault)).toBe(null);
    const next = world.start(new HandEngine(8, world.instIds));
    expect(world.look(checker)).toMatch(/started without .*operator/);
    world.engine = null;
    world.look(checker, StepKind.fault);
    next.loop.ladder.raise(KillTrigger.operator, KillLevel.halted, ACCOUNT);
    const good = world.start(new HandEngine(9, world.instIds));
    good.loop.ladder.restore([operator]);
    expect(world.look(checker)).toBe(null);
  });

  test('a halt of its own is on disk after a while', () => {
    const world = new HandWorld();
    const checker = new KillState();
    const engine = world.start(new HandEngine(7, world.instIds));
    engine.loop.ladder.raise(KillTrigger.loss, KillLevel.halted, ACCOUNT);
    expect(world.look(checker)).toBe(null);
    world.pass(61_000);
    world.engine = null;
    expect(world.look(checker, StepKind.fault)).toMatch(/halted for a minute, and the disk does not know/);
  });

  test('runs grow', () => {
    const world = new HandWorld();
    const checker = new KillState();
    world.start(new HandEngine(7, world.instIds));
    expect(world.look(checker)).toBe(null);
    world.start(new HandEngine(7, world.instIds));
    expect(world.look(checker)).toBe('run 7 after run 7');
  });
});

describe("dead man's switch", () => {
  function made(): { world: HandWorld; engine: HandEngine; checker: SwitchArmed } {
    const world = new HandWorld();
    const engine = world.start(new HandEngine(7, world.instIds));
    return { world, engine, checker: new SwitchArmed(new Shared()) };
  }
  const arm = (world: HandWorld): void => {
    world.venue.exchange.cancelAllAfter(world.uid, '10', world.tag);
  };
  const seconds = (world: HandWorld, checker: SwitchArmed, count: number): string | null => {
    for (let second = 0; second < count; second++) {
      world.pass(1_000);
      const said = world.look(checker, StepKind.engineTimer);
      if (said !== null) return said;
    }
    return null;
  };

  test('is armed while an order of ours rests', () => {
    const { world, checker } = made();
    expect(seconds(world, checker, 60)).toBe(null);
    world.arrive('place', [place('other1', 'buy', '0.1', '78000', { tag: '' })]);
    expect(seconds(world, checker, 60)).toBe(null);
    world.arrive('place', [place(A, 'buy', '0.1', '78000')]);
    expect(seconds(world, checker, 9)).toBe(null);
    arm(world);
    expect(seconds(world, checker, 9)).toBe(null);
    arm(world);
    expect(seconds(world, checker, 9)).toBe(null);
    world.venue.exchange.cancelAllAfter(world.uid, '0', world.tag);
    expect(seconds(world, checker, 13)).toMatch(/rests, and no switch has been armed for 1\d s/);
  });

  test('takes out what a dead engine has left', () => {
    const { world, checker } = made();
    arm(world);
    world.arrive('place', [place(A, 'buy', '0.1', '78000')]);
    world.engine = null;
    world.crashedAtNs = world.nowNs;
    expect(seconds(world, checker, 30)).toBe(null);
    const late = made();
    late.world.arrive('place', [place(A, 'buy', '0.1', '78000')]);
    late.world.engine = null;
    late.world.crashedAtNs = late.world.nowNs;
    expect(seconds(late.world, late.checker, 15)).toBe(null);
    expect(seconds(late.world, late.checker, 1)).toMatch(/rests 16 s after its engine has died/);
  });

  test('is kept alive by turns of the loop alone', () => {
    const { world, engine, checker } = made();
    const writer = new MetricsWriter(engine.memory);
    const beat = (timeOut: string): string | null => {
      world.rest('POST /api/v5/trade/cancel-all-after', { timeOut, tag: world.tag });
      return world.look(checker, StepKind.engineTimer);
    };
    writer.increment(writer.cell('turns'));
    expect(beat('10')).toBe(null);
    writer.increment(writer.cell('turns'));
    expect(beat('10')).toBe(null);
    expect(beat('0')).toBe(null);
    expect(beat('10')).toMatch(/the loop has not turned/);
  });
});

describe('money', () => {
  function made(instId: string): { world: HandWorld; engine: HandEngine; checker: Money } {
    const world = new HandWorld([instId]);
    const engine = world.start(new HandEngine(7, world.instIds));
    const checker = new Money(new Shared());
    expect(world.look(checker)).toBe(null);
    return { world, engine, checker };
  }
  const sizes = {
    [SWAP]: { sz: '0.3', lots: 30 },
    [INVERSE]: { sz: '0.5', lots: 5 },
    [SPOT]: { sz: '0.3', lots: 30_000_000 },
  } as const;

  test.each([SWAP, INVERSE, SPOT] as const)('%s: each fill once, to the last unit', (instId) => {
    const { world, engine, checker } = made(instId);
    const { ledger } = engine.loop;
    const { sz, lots } = sizes[instId];
    const fillRows = world.venue.exchange.accountOf(world.uid).fillRows as unknown as Record<
      string,
      string
    >[];
    const tell = (side: Side): void => {
      const { fee, feeCcy, fillPx } = fillRows.at(-1)!;
      ledger.onTrade(0, side, Math.round(Number(fillPx) * 10), lots);
      ledger.onFee(0, Number(fee), instId === SPOT && feeCcy === 'BTC');
    };
    world.arrive('place', [place(A, 'buy', sz, '78000.1', { instId })]);
    world.take(instId, 'sell', sz, '78000.1');
    expect(world.look(checker)).toBe(null);
    expect(checker.end(world)).toMatch(/0 fills booked, of 1 that the venue knows/);
    tell(Side.buy);
    expect(world.look(checker)).toBe(null);
    expect(checker.end(world)).toBe(null);
    world.arrive('place', [place(B, 'sell', sz, '78100.3', { instId })]);
    world.take(instId, 'buy', sz, '78100.3');
    tell(Side.sell);
    expect(world.look(checker)).toBe(null);
    expect(checker.end(world)).toBe(null);
    tell(Side.sell);
    expect(world.look(checker)).toMatch(/3 fills booked, of 2/);
  });

  test.each([
    ['another price', 780_002, 30, /cash off by -0\.03 after 1 fills/],
    ['another size', 780_001, 29, /position 0\.29, of the venue's 0\.3/],
  ])('%s is seen at once', (_, ticks, lots, said) => {
    const { world, engine, checker } = made(SWAP);
    world.arrive('place', [place(A, 'buy', '0.3', '78000.1')]);
    world.take(SWAP, 'sell', '0.3', '78000.1');
    engine.loop.ledger.onTrade(0, Side.buy, ticks, lots);
    expect(world.look(checker)).toMatch(said);
  });

  test('a missing fee or fill is waited for, but not for ever', () => {
    const { world, engine, checker } = made(SWAP);
    world.arrive('place', [place(A, 'buy', '0.3', '78000.1')]);
    world.take(SWAP, 'sell', '0.3', '78000.1');
    engine.loop.ledger.onTrade(0, Side.buy, 780_001, 30);
    const seconds = (count: number): string | null => {
      let said = null;
      for (let second = 0; second < count; second++) {
        world.pass(1_000);
        said ??= world.look(checker, StepKind.engineTimer);
      }
      return said;
    };
    expect(seconds(60)).toBe(null);
    world.isNetworkDown = true;
    expect(seconds(300)).toBe(null);
    world.isNetworkDown = false;
    expect(seconds(5)).toMatch(/fees 0, of the venue's -0\.0468/);
  });
});

describe('balances', () => {
  test.each([SWAP, INVERSE, SPOT])('%s: what fills make them', (instId) => {
    const world = new HandWorld([instId]);
    const shared = new Shared();
    const checker = new Balances(shared);
    expect(world.look(checker)).toBe(null);
    const { exchange } = world.venue;
    world.arrive('place', [place(A, 'buy', '0.5', '78000.1', { instId })]);
    world.take(instId, 'sell', '0.5', '78000.1');
    expect(world.look(checker)).toBe(null);
    expect(checker.end(world)).toBe(null);
    world.arrive('place', [place(B, 'sell', '0.4', '78100.3', { instId })]);
    world.take(instId, 'buy', '0.4', '78100.3');
    expect(world.look(checker)).toBe(null);
    expect(exchange.accountOf(world.uid).fillRows.length).toBe(2);
    expect(checker.end(world)).toBe(null);
    exchange.accountOf(world.uid).book('BTC', 10n ** 9n, 0);
    expect(checker.end(world)).toMatch(/BTC: the balance is 1(\.0+1)?e-9 off/);
  });
});

describe('loss limit', () => {
  test('a loss by the venue’s fills halts, unless an operator has seen it', () => {
    const world = new HandWorld([SWAP], {}, { lossMax: 0.1 });
    const engine = world.start(new HandEngine(7, world.instIds));
    const checker = new LossLimit(new Shared());
    const seconds = (count: number): string | null => {
      let said = null;
      for (let second = 0; second < count; second++) {
        world.pass(1_000);
        said ??= world.look(checker, StepKind.engineTimer);
      }
      return said;
    };
    expect(seconds(100)).toBe(null);
    world.make(SWAP, '0.2', '77000', '79500');
    // A tenth of a contract of 0.01 BTC, bought dear and sold cheap.
    world.arrive('place', [place(A, 'buy', '0.1', '78500')]);
    world.take(SWAP, 'sell', '0.1', '78500');
    world.arrive('place', [place(B, 'sell', '0.1', '78000')]);
    world.take(SWAP, 'buy', '0.1', '78000');
    expect(seconds(60)).toBe(null);
    expect(seconds(5)).toMatch(/lost 0\.5\d of at most 0\.1, and not halted/);
    engine.loop.ladder.raise(KillTrigger.loss, KillLevel.halted, ACCOUNT);
    expect(seconds(100)).toBe(null);
    engine.loop.ladder.resume();
    world.commandsGiven = 1;
    world.commandDone = 'resume';
    expect(seconds(100)).toBe(null);
  });
});

describe('unknown orders', () => {
  function made(): { world: HandWorld; engine: HandEngine; checker: UnknownOrders } {
    const world = new HandWorld();
    const engine = world.start(new HandEngine(7, world.instIds));
    return { world, engine, checker: new UnknownOrders(new Shared()) };
  }
  const seconds = (world: HandWorld, checker: UnknownOrders, count: number): string | null => {
    let said = null;
    for (let second = 0; second < count; second++) {
      world.pass(1_000);
      said ??= world.look(checker, StepKind.engineTimer);
    }
    return said;
  };

  test('one that both have is none', () => {
    const { world, engine, checker } = made();
    const { table } = engine.loop;
    const slot = table.open(0, Side.buy, 780_000, 10, world.nowNs);
    world.arrive('place', [place(nameOf(slot, table.generation[slot]), 'buy', '0.1', '78000')]);
    expect(seconds(world, checker, 200)).toBe(null);
    expect(checker.end(world)).toBe(null);
  });

  test('one that only the engine has', () => {
    const { world, engine, checker } = made();
    engine.loop.table.open(0, Side.buy, 780_000, 10, world.nowNs);
    expect(seconds(world, checker, 60)).toBe(null);
    expect(checker.end(world)).toMatch(/only the engine has/);
    expect(seconds(world, checker, 2)).toMatch(/only the engine has, for 61 s/);
  });

  test('one that only the venue has, of this run or another', () => {
    const { world, checker } = made();
    world.arrive('place', [place(nameOf(1, 1, 6), 'buy', '0.1', '78000')]);
    expect(seconds(world, checker, 60)).toBe(null);
    expect(seconds(world, checker, 2)).toMatch(/only the venue has/);
  });

  test('one that the engine is in doubt about', () => {
    const { world, engine, checker } = made();
    const { table } = engine.loop;
    const slot = table.open(0, Side.buy, 780_000, 10, world.nowNs);
    const generation = table.generation[slot]!;
    world.arrive('place', [place(nameOf(slot, generation), 'buy', '0.1', '78000')]);
    table.onPlaceAck(slot, generation, AckOutcome.unknown);
    expect(seconds(world, checker, 60)).toBe(null);
    expect(seconds(world, checker, 2)).toMatch(/has been in doubt for 6\d s/);
  });
});

describe('book', () => {
  function made(): { world: HandWorld; engine: HandEngine; checker: BookTruth } {
    const world = new HandWorld([SWAP], { bookAgeMsMax: 5_000 });
    const engine = world.start(new HandEngine(7, world.instIds));
    world.arrive('place', [place('other1', 'buy', '0.1', '78000'), place('other2', 'sell', '0.2', '78010')]);
    return { world, engine, checker: new BookTruth(new Shared()) };
  }
  /** What the venue has, or something else. */
  function fill(world: HandWorld, engine: HandEngine, bidLots = 10, askTicks = 780_100): void {
    const book = engine.loop.market.books[0]!;
    fillBook(book, 780_000, askTicks, bidLots);
    book.seqId = world.venue.market.publisher(SWAP)!.seqId;
  }

  test('a whole book is the venue’s', () => {
    const { world, engine, checker } = made();
    fill(world, engine);
    expect(world.look(checker)).toBe(null);
    world.pass(20_000);
    fill(world, engine, 9);
    expect(world.look(checker)).toBe(null);
    world.pass(9_000);
    expect(world.look(checker)).toMatch(/bid 0 is 78000 × 0\.09, of the venue's 78000 × 0\.1/);
    engine.loop.market.books[0]!.seqId--;
    expect(world.look(checker)).toBe(null);
  });

  test('nothing is placed or moved towards the market on one that is not whole, or crossed', () => {
    const { world, engine, checker } = made();
    fill(world, engine);
    expect(world.look(checker)).toBe(null);
    world.arrive('place', [place(A, 'buy', '0.1', '77000')]);
    engine.loop.market.books[0]!.state = BookState.broken;
    world.say('amend-order', [change(A, { newPx: '76000' })]);
    expect(world.look(checker)).toBe(null);
    world.say('amend-order', [change(A, { newPx: '77500' })]);
    expect(world.look(checker)).toMatch(/amend of .* on a book that is not whole/);
    fill(world, engine, 10, 779_000);
    world.say('order', [place(B, 'buy', '0.1', '77000')]);
    expect(world.look(checker)).toMatch(/place of .* on a crossed book/);
  });

  test('nor on one that the venue has long left behind', () => {
    const { world, engine, checker } = made();
    fill(world, engine);
    const said: (string | null)[] = [];
    for (let second = 0; second < 26; second++) {
      if (second < 5) world.arrive('place', [place(`other${second + 3}`, 'buy', '0.1', '75000')]);
      world.say('order', [place(nameOf(second), 'buy', '0.01', '77000')]);
      said.push(world.look(checker));
      world.pass(1_000);
    }
    expect(said.slice(0, 18).every((each) => each === null)).toBe(true);
    expect(said.at(-1)).toMatch(/place of .* on a book at \d+, when the venue was past \d+ 17000 ms before/);
  });
});

describe('healed', () => {
  function made(): { world: HandWorld; engine: HandEngine; checker: Healed } {
    const world = new HandWorld();
    const engine = world.start(new HandEngine(7, world.instIds));
    return { world, engine, checker: new Healed(new Shared()) };
  }

  test('orders are the venue’s, with price and size', () => {
    const { world, engine, checker } = made();
    const { table } = engine.loop;
    const slot = table.open(0, Side.buy, 780_000, 10, world.nowNs);
    const name = nameOf(slot, table.generation[slot]);
    expect(checker.end(world)).toMatch(/the engine has 1\d{18} 0 10 of 10 at 780000; the venue no other/);
    world.arrive('place', [place(name, 'buy', '0.1', '78000')]);
    expect(checker.end(world)).toMatch(/nothing is offered/);
    world.arrive('amend', [change(name, { newPx: '78000.1' })]);
    expect(checker.end(world)).toMatch(/orders differ/);
  });

  test('quotes stand, unless the ladder forbids it', () => {
    const { world, engine, checker } = made();
    const { table } = engine.loop;
    expect(checker.end(world)).toMatch(/no quote stands/);
    const bid = table.open(0, Side.buy, 780_000, 10, world.nowNs);
    world.arrive('place', [place(nameOf(bid, table.generation[bid]), 'buy', '0.1', '78000')]);
    expect(checker.end(world)).toMatch(/nothing is offered/);
    const ask = table.open(0, Side.sell, 790_000, 10, world.nowNs);
    world.arrive('place', [place(nameOf(ask, table.generation[ask]), 'sell', '0.1', '79000')]);
    expect(checker.end(world)).toBe(null);
    const paused = made();
    paused.engine.loop.ladder.raise(KillTrigger.operator, KillLevel.paused, ACCOUNT);
    expect(paused.checker.end(paused.world)).toBe(null);
  });

  test('an engine runs, and knows its position', () => {
    const { world, engine, checker } = made();
    engine.loop.ledger.onTrade(0, Side.buy, 780_000, 3);
    expect(checker.end(world)).toMatch(/position 3 lots, of the venue's 0/);
    world.engine = null;
    expect(checker.end(world)).toBe('no engine runs');
    expect(world.nowNs).toBeGreaterThan(NS_PER_SECOND);
  });
});
