import { describe, expect, test } from 'vitest';
import { MessageRates } from './message-rates.ts';
import { OthersOrders } from './others-orders.ts';
import { OwnMarks } from './own-marks.ts';
import { PositionLimit } from './position-limit.ts';
import { SelfCross } from './self-cross.ts';
import { Shared } from './shared.ts';
import { exact, inexact, ofFloat } from './units.ts';
import { HandWorld, INVERSE, SPOT, SWAP, change, nameOf, place } from '../hand-world.ts';
import { StepKind } from '../sim-types.ts';

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
