import { describe, expect, it } from 'vitest';
import { CommandOp } from '../../engine/base/command-op.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../../engine/base/units.ts';
import { Explainer } from '../../engine/host/explainer.ts';
import { Connection, OperatorCommand } from '../../engine/loop/loop-options.ts';
import { GateReason } from '../../engine/risk/gate.ts';
import { KillTrigger, TRIGGER_RULES } from '../../engine/risk/kill-ladder.ts';
import type { Explanation, LevelExplanation } from '../../monitoring/explanation.ts';
import { GATE_TEXTS, TRIGGER_TEXTS } from '../../monitoring/explanation-words.ts';
import { FIXED_STRATEGY } from '../../workers/strategy/parameters.ts';
import type { StrategyParameters } from '../../workers/strategy/parameters.ts';
import { PLAIN_LADDER } from '../workers/markets.ts';
import { HedgeWorld, SPOT, SWAP, group } from './hedge-world.ts';
import { ACCOUNT_LIMITS } from './loop-world.ts';
import type { LoopWorld, LoopWorldOptions } from './loop-world.ts';
import { ack, instrumentsPush, markPrice, priceLimit } from './messages.ts';
import { LOOSE_LIMITS, ScriptedWorld, isPlace } from './scripted-venue.ts';
import { swapRow } from './swap-row.ts';

/** The whole way: the loop, the quoter's own row through the hand-off, and the words of the monitor. */
function explain(world: LoopWorld): Explanation {
  return new Explainer(world).explain(world.loop.instruments[0]!, world.nowNs);
}

function level(world: LoopWorld, side: 'buy' | 'sell', index: number): LevelExplanation {
  const { levels } = explain(world);
  const found = levels.find((each) => each.side === side && each.level === index);
  if (found === undefined)
    throw new Error(`expected level ${index} of ${side}, was ${JSON.stringify(levels)}`);
  return found;
}

function why(world: LoopWorld, side: 'buy' | 'sell' = 'buy', index = 0): string {
  return level(world, side, index).why;
}

/** A world in which only some of the wanted levels get their orders, with nothing unanswered. */
function limited(limits: object, options: Partial<LoopWorldOptions> = {}): ScriptedWorld {
  return new ScriptedWorld({ limits: { ...LOOSE_LIMITS, ...limits }, ...options }).quoting();
}

describe('a level that has its order', () => {
  it('says where that is, and how its price came about', () => {
    const world = new ScriptedWorld().quoting();
    world.pass(1_500);
    const explanation = explain(world);
    expect(explanation).toMatchObject({
      instrument: 'BTC-USDT-SWAP',
      summary: '6 of 6 levels have their order',
      holds: [],
      kill: { level: 'quoting', reason: 'none', text: '' },
      configuration: { version: 1, quoted: 1 },
      market: { bookState: 'synced', mid: 1_000, reference: 1_000, bidEdge: 0.2, askEdge: 0.2 },
      position: { size: '0', limit: '1000', buyOpen: '45', sellOpen: '45', groupSize: 0 },
      quote: { model: 'fixed', fallback: '', fairPrice: 1_000, halfSpread: 0.5, inventory: 0, skew: 0 },
    });
    expect(Object.values(explanation.quote!.parts).reduce((sum, part) => sum + part, 0)).toBe(1_000);
    expect(
      explanation.levels.map(({ side, level: each, price, size, state }) => [side, each, price, size, state]),
    ).toEqual([
      ['buy', 0, 999.5, '10', 'resting'],
      ['buy', 1, 999.3, '15', 'resting'],
      ['buy', 2, 999.1, '20', 'resting'],
      ['sell', 0, 1000.5, '10', 'resting'],
      ['sell', 1, 1000.7, '15', 'resting'],
      ['sell', 2, 1000.9, '20', 'resting'],
    ]);
    expect(level(world, 'buy', 0)).toMatchObject({
      idealPrice: 999.5,
      clamps: [],
      order: { price: 999.5, size: '10', filled: '0', secondsAtPrice: 1.5 },
    });
    expect(why(world)).toMatch(/^rests at its price: 10 at 999\.5 for 1\.5 s.*; fair 1000 − 0\.5 = 999\.5$/);
    expect(why(world, 'sell', 2)).toContain('; fair 1000 + 0.9 = 1000.9');
  });

  it('tells rounding and the skew of a position', () => {
    const world = new ScriptedWorld().quoting();
    world.frame(Connection.private, world.fill(world.open('buy')[0]!));
    world.quote();
    world.settle();
    world.quote();
    const { quote, position } = explain(world);
    expect(position).toMatchObject({ size: '10' });
    expect(quote).toMatchObject({ inventory: 1, skewPerUnit: 0.04, skew: -0.04 });
    // 1000 - 0.04 - 0.5 lies between two ticks.
    expect(level(world, 'buy', 0)).toMatchObject({ idealPrice: 999.46 });
    expect(why(world)).toContain('fair 1000 − 0.54 = 999.46, down to 999.4');
    expect(why(world, 'sell')).toContain('fair 1000 + 0.46 = 1000.46, up to 1000.5');
  });

  it('is on its way, is being moved, or is kept where it is near enough', () => {
    const world = new ScriptedWorld({ tolerance: { priceToleranceTicks: 4, sizeToleranceRatio: 0.1 } });
    world.connect().snapshot();
    world.quote();
    expect(level(world, 'buy', 0)).toMatchObject({ state: 'placing', price: 999.5 });
    expect(why(world)).toContain('is on its way to the venue: 10 at 999.5');
    world.settle();
    world.quote();
    world.move('999.9', '1000.1', '1000.1', '1000.3');
    world.quote();
    expect(level(world, 'buy', 0)).toMatchObject({ state: 'kept', price: 999.6, order: { price: 999.5 } });
    expect(why(world)).toContain(
      'keeps an order that is near enough to its price, or whose place in the queue is worth more: 10 at 999.5 for 0.0 s',
    );
    expect(why(world)).toContain('wanted at 999.6');
    world.move('1000.1', '1000.3', '1000.9', '1001.1');
    world.quote();
    expect(level(world, 'buy', 0)).toMatchObject({ state: 'moving', price: 1000.4, order: { price: 999.5 } });
    expect(why(world)).toContain('is being moved to its price: 10 at 999.5');
  });

  it('tells the least edge that keeps it from where the skew would have it', () => {
    // Reservation 999.64: the first ask would be 1000.14, less than the guard's 0.2 and a quarter from the fair price.
    const world = holding(90, PLAIN_LADDER);
    expect(level(world, 'sell', 0)).toMatchObject({ idealPrice: 1000.14, price: 1000.3, clamps: ['edge'] });
    expect(why(world, 'sell')).toContain(
      'fair 1000 + 0.14 = 1000.14, up to 1000.3, kept at its least distance from the fair price (strategy.edgeMinRatio)',
    );
  });

  it('stepped back by the guard says so', () => {
    const world = new ScriptedWorld().quoting();
    world.move('999.9', '1000.1', '999.5', '999.7');
    world.settle();
    expect(explain(world).market).toMatchObject({ bidStep: 0.4, askStep: 0 });
    expect(why(world)).toContain('stepped to 999.1 by guard or kill ladder since');
  });

  it('is quoted wider while a brake holds it', () => {
    const world = new ScriptedWorld({ brakes: { volatilityBps: 5 } }).quoting();
    world.move('999.9', '1000.1', '999.2', '999.4');
    world.quote();
    world.settle();
    expect(explain(world).summary).toBe(
      '6 of 6 levels have their order; wider: the fair price moved by brakes.volatilityBps within its window (volatility)',
    );
    expect(why(world)).toContain('by guard or kill ladder since');
  });
});

describe('a level that the engine withholds', () => {
  it.each<[string, (world: ScriptedWorld) => void, string]>([
    [
      'paused by the operator',
      (world) => command(world, OperatorCommand.pause),
      'paused: an operator asked for it (operator)',
    ],
    [
      'halted',
      (world) => world.loop.halt(KillTrigger.invariant, world.nowNs),
      'halted: a rule of the engine itself did not hold (invariant)',
    ],
    [
      'whose loss is reached',
      (world) => world.loop.halt(KillTrigger.loss, world.nowNs),
      'halted: the loss since the baseline reached account.lossMax (loss)',
    ],
    [
      'of a session that is down',
      (world) => world.loop.onSessionDown(Connection.trade, world.nowNs),
      'a session with the venue is down: trade',
    ],
    [
      'while the account is in doubt',
      (world) => world.loop.account.recover(),
      'orders, trades and positions are being taken up from the venue',
    ],
    ['of an engine that stops', (world) => world.loop.stop(world.nowNs), 'the engine is stopping'],
    [
      'of a suspended instrument',
      (world) => world.frame(Connection.public, instrumentsPush(swapRow('BTC', { state: 'suspend' }))),
      'the venue has suspended it',
    ],
    ['of a book with a gap', (world) => gap(world), 'its book is not whole: '],
    [
      'of a one-sided book',
      (world) =>
        world.update(
          [],
          [
            ['1000.1', '0'],
            ['1000.5', '0'],
            ['1000.7', '0'],
            ['1000.9', '0'],
          ],
        ),
      'its book is crossed or one-sided',
    ],
    [
      'without its worker',
      (world) => world.loop.onWorkerLost([0], world.nowNs),
      'its quote worker does not run',
    ],
    [
      'whose worker is late',
      (world) => late(world),
      'its quote worker has not answered for longer than engine.quoteAgeMsMax',
    ],
    ['after the thread was held up', (world) => heldUp(world), 'the engine thread was held up'],
  ])('%s says so, on both sides', (_what, bring, text) => {
    const world = new ScriptedWorld({ timings: { quoteAgeNsMax: NS_PER_SECOND } }).quoting();
    bring(world);
    const { summary, holds, levels } = explain(world);
    expect(summary).toMatch(/^not quoted: /);
    expect(holds.some((hold) => hold.startsWith(text))).toBe(true);
    expect(levels).toHaveLength(6);
    for (const { why: each } of levels) expect(each).toContain(text);
    // And as long as it lasts, whether what rested is gone by then or waits for a session to be cancelled by.
    for (const message of world.orderMessages()) world.accept(message);
    for (const { order, state, why: each } of explain(world).levels) {
      expect(state).toBe(order === null ? 'absent' : 'resting');
      expect(each).toMatch(order === null ? /^absent: / : /; it is being withdrawn: /);
      expect(each).toContain(text);
    }
  });

  it('without the venue’s switch behind it', () => {
    const world = new ScriptedWorld({ timings: { switchNs: 10 * NS_PER_SECOND } });
    world.connect().snapshot();
    world.quote();
    world.pass(20);
    expect(explain(world).holds).toEqual([
      'the venue’s dead man’s switch is not armed',
      'paused: the dead man’s switch is not armed at the venue (switchLapsed)',
    ]);
    expect(why(world)).toMatch(/^absent: the venue’s dead man’s switch is not armed; paused: /);
  });

  it('of a book whose news come too late', () => {
    const world = new ScriptedWorld({ timings: { bookAgeNsMax: 5 * NS_PER_SECOND } });
    world.connect();
    world.pass(6_000);
    world.snapshot();
    world.quote();
    expect(why(world)).toContain(
      'the newest word about its book was too old when it came (engine.bookAgeMsMax)',
    );
  });

  it('names every cause at once, and the levels that still rest as being withdrawn', () => {
    const world = new ScriptedWorld().quoting();
    world.loop.halt(KillTrigger.invariant, world.nowNs);
    world.loop.onWorkerLost([0], world.nowNs);
    gap(world);
    expect(explain(world).holds).toHaveLength(3);
    expect(explain(world).summary).toMatch(/^not quoted: halted: .*; and 2 more$/);
    // Its cancel is in flight.
    expect(level(world, 'buy', 0).why).toContain('halted: ');
  });

  it('after parameters have changed, until the worker has quoted by them', () => {
    const world = new ScriptedWorld().quoting();
    const { version, parameters } = world.loop.configuration;
    world.loop.configure({ version: version + 1, withdrawn: [0], parameters, changes: [] }, world.nowNs);
    for (const message of world.orderMessages()) world.accept(message);
    expect(explain(world)).toMatchObject({ configuration: { version: 2, quoted: 1 } });
    expect(why(world)).toBe(
      'absent: its quotes of before are void, and no quote of this book and these parameters has come yet',
    );
  });

  it('while only reducing is left, and nothing is held', () => {
    const world = new ScriptedWorld().quoting();
    command(world, OperatorCommand.reduce);
    world.settle();
    expect(explain(world).holds).toEqual([]);
    expect(explain(world).summary).toBe(
      '0 of 6 levels have their order; reduceOnly: an operator asked for it (operator)',
    );
    expect(why(world)).toMatch(/^absent: only orders that make the position smaller are allowed/);
  });

  it('while only reducing is left, on the side that would add, and beyond the position', () => {
    const world = new ScriptedWorld().quoting();
    world.frame(Connection.private, world.fill(world.open('buy')[0]!));
    world.quote();
    world.settle();
    world.quote();
    command(world, OperatorCommand.reduce);
    world.settle();
    expect(why(world, 'buy')).toContain('only orders that make the position smaller are allowed');
    expect(level(world, 'sell', 0)).toMatchObject({ state: 'resting', size: '10' });
    expect(why(world, 'sell', 1)).toContain('only orders that make the position smaller are allowed');
  });

  it('while its position is being closed', () => {
    const world = new ScriptedWorld().quoting();
    world.frame(Connection.private, world.fill(world.open('buy')[0]!));
    world.frame(Connection.public, markPrice('1000'));
    command(world, OperatorCommand.flatten);
    world.settle();
    world.pass(1_000);
    expect(explain(world).holds).toEqual([
      'paused: an operator had the positions closed (flatten)',
      'its position is being closed',
    ]);
  });
});

describe('a level that the gate strikes', () => {
  it.each<[string, ScriptedWorld, 'buy' | 'sell', number, string]>([
    [
      'its size',
      limited({ orderLotsMax: 12 }),
      'buy',
      1,
      'its size is beyond limits.orderSize, or the venue’s largest order (sizeMax): 15 at 999.3',
    ],
    [
      'its value',
      limited({ orderNotionalMax: 120 }),
      'buy',
      1,
      'its value is beyond limits.orderNotional (orderNotionalMax): 15 at 999.3',
    ],
    [
      'the number of orders',
      limited({ openOrdersMax: 5 }),
      'sell',
      2,
      'limits.openOrders are open (openOrdersMax)',
    ],
    [
      'the account’s number of orders',
      limited({}, { account: { ...ACCOUNT_LIMITS, openOrdersMax: 5 } }),
      'sell',
      2,
      'account.openOrdersMax are open (accountOpenOrdersMax)',
    ],
    [
      'the position',
      limited({ positionLotsMax: 30 }),
      'buy',
      2,
      'if all of its side filled, the position would be beyond limits.position (positionMax): position 0, 25 open on its side, 20 more, limit 30',
    ],
    [
      'the instrument’s worth',
      limited({ notionalMax: 260 }),
      'buy',
      2,
      'the position would be worth more than limits.notional (instrumentNotionalMax)',
    ],
    [
      'the account’s worth',
      limited({}, { account: { ...ACCOUNT_LIMITS, notionalMax: 260 } }),
      'buy',
      2,
      'would be worth more than account.notionalMax (accountNotionalMax)',
    ],
    [
      'the distance from the book',
      limited({ collarBps: 8 }),
      'buy',
      2,
      'its price is farther from the middle of the book than limits.collarBps (collarBook)',
    ],
  ])('for %s says by which limit', (_what, world, side, index, text) => {
    expect(level(world, side, index)).toMatchObject({ state: 'absent', order: null });
    expect(why(world, side, index)).toMatch(/^absent: the gate strikes it: /);
    expect(why(world, side, index)).toContain(text);
    expect(explain(world).summary).toMatch(/ of 6 levels have their order$/);
    // To ask is not to send: nothing is counted by it.
    const strikes = [...world.loop.gate.strikes];
    explain(world);
    expect([...world.loop.gate.strikes]).toEqual(strikes);
  });

  it('for the venue’s price limits and its mark price', () => {
    const world = new ScriptedWorld();
    world.connect();
    world.frame(Connection.public, priceLimit('1000.6', '999.2'));
    world.snapshot();
    world.quote();
    world.settle();
    expect(why(world, 'sell', 2)).toMatch(/^rests/);
    expect(why(world, 'buy', 2)).toMatch(/^rests/);
    world.frame(Connection.public, priceLimit('999.2', '1000.8'));
    world.frame(Connection.private, world.fill(world.open('buy')[0]!));
    world.quote();
    expect(why(world, 'buy', 0)).toContain('its price is beyond the venue’s price limits (priceLimit)');
    const marked = limited({ collarBps: 100 });
    marked.frame(Connection.public, markPrice('1020'));
    marked.frame(Connection.private, marked.fill(marked.open('sell')[0]!));
    marked.quote();
    expect(why(marked, 'sell')).toContain(
      'farther from the venue’s mark price than limits.collarBps (collarMark)',
    );
  });
});

describe('a level of a group', () => {
  it('is struck for the net delta of its group', () => {
    // What is held in spot is half a coin of the 0.6 that are allowed; a bid of the swap is 0.1.
    const world = new HedgeWorld([group({ deltaCoinsMax: 0.6, hedge: null, skew: 0 })]).begin();
    world.hold(SPOT, 500);
    world.settle();
    world.loop.onWorkerReady([SWAP], world.nowNs);
    world.quote();
    world.settle();
    expect(why(world, 'buy', 2)).toContain(
      'the net delta of its group would be beyond portfolio.groups[].delta (groupDeltaMax)',
    );
    expect(explain(world).position.groupSize).toBe(0);
  });

  it('stands back while a hedge takes from the other side of it', () => {
    const world = new HedgeWorld([group({}, { targetCoins: 0.4 })]).begin(SWAP);
    world.hold(SPOT, 1_000);
    world.settle();
    world.run(4_900);
    world.pass(200);
    world.settle();
    expect(why(world, 'buy')).toMatch(/^absent: a hedge is about to take from the other side/);
    expect(why(world, 'sell')).toMatch(/^rests/);
  });
});

describe('a level that waits', () => {
  it('for what the venue refused', () => {
    const world = new ScriptedWorld();
    world.connect().snapshot();
    world.quote();
    for (const message of world.orderMessages()) {
      if (isPlace(message)) world.frame(Connection.trade, ack(message, [51_008]));
    }
    expect(why(world)).toMatch(
      /^absent: the venue has just refused or cancelled one there; again in \d+ ms; fair 1000 − 0\.5/,
    );
  });

  it('for its quote to see a fill', () => {
    const world = new ScriptedWorld().quoting();
    world.frame(Connection.private, world.fill(world.open('buy')[0]!));
    expect(why(world)).toMatch(/^absent: a fill has come that its quote has not seen/);
  });

  it('for its message budget, or the account’s', () => {
    const world = new ScriptedWorld();
    world.connect().snapshot();
    world.loop.throttle.block(CommandOp.place, 0, world.nowNs + NS_PER_SECOND);
    world.quote();
    expect(why(world)).toMatch(
      /^absent: the instrument’s message budget is used up, or what is left is kept for cancels/,
    );
    world.loop.throttle.blockAccount(world.nowNs + NS_PER_SECOND);
    expect(why(world)).toMatch(/^absent: the message budget of the account is used up/);
    world.pass(1_000 + 20);
    world.settle();
    expect(why(world)).toMatch(/^rests at its price/);
  });
});

describe('a level that the quoter does not want', () => {
  it('for the position that its side would come to', () => {
    const world = new ScriptedWorld({ ladder: { ...PLAIN_LADDER, positionLotsMax: 25 } }).quoting();
    expect(why(world, 'buy', 1)).toMatch(/^rests/);
    expect(why(world, 'buy', 2)).toBe(
      'absent: the quoter does not want it: if the levels before it fill, limits.position leaves no room for it (position 0 of 1000)',
    );
  });

  it('for the least order', () => {
    const world = new ScriptedWorld({
      ladder: { ...PLAIN_LADDER, lotsStep: 0, lots: 2, sizeDecay: 3 },
    }).quoting();
    expect(why(world, 'buy', 0)).toMatch(/^rests/);
    expect(why(world, 'buy', 1)).toBe(
      'absent: the quoter does not want it: its size would be below the venue’s least order',
    );
  });

  it('beyond the soft limit, on the side that would add', () => {
    const ladder: StrategyParameters = { ...PLAIN_LADDER, model: 'volatility', softLimitRatio: 0.9 };
    const world = holding(95, ladder);
    expect(why(world, 'buy', 1)).toBe(
      'absent: the quoter does not want it: the position is beyond strategy.softLimitRatio of its limit: only the side that reduces it is quoted (position 95 of 1000)',
    );
    expect(why(world, 'sell', 0)).toMatch(/^rests/);
  });

  it('for the inventory that takes levels from its side', () => {
    const world = holding(50, { ...PLAIN_LADDER, model: 'okx-sample' });
    expect(why(world, 'buy', 2)).toBe(
      'absent: the quoter does not want it: the inventory takes this level from its side',
    );
    expect(why(world, 'sell', 2)).toMatch(/^rests/);
  });

  it('of a model that is not calibrated says what stands in for it', () => {
    const world = new ScriptedWorld({ ladder: { ...PLAIN_LADDER, model: 'glft' } });
    world.connect().snapshot();
    world.quote();
    world.settle();
    expect(explain(world).quote!.fallback).toMatch(
      /^no volatility is known yet, .* strategy\.halfSpreadBps$/,
    );
  });

  it('for a market without a fair price by the venue’s mark', () => {
    const world = new ScriptedWorld({ ladder: { ...PLAIN_LADDER, markDeviationBpsMax: 10 } });
    world.connect();
    world.frame(Connection.public, markPrice('1010'));
    world.snapshot();
    world.quote();
    expect(explain(world).quote).toBeNull();
    expect(why(world)).toMatch(
      /^absent: the quoter does not want it: the market has no fair price, or the venue’s mark price is farther/,
    );
  });

  it('lists only what is configured', () => {
    const world = new ScriptedWorld({
      ladder: { ...FIXED_STRATEGY, levels: 1, lots: 10, positionLotsMax: 100 },
    });
    world.connect().snapshot();
    world.quote();
    world.settle();
    expect(explain(world).levels).toHaveLength(2);
  });
});

describe('before anything is known', () => {
  it('says what the engine waits for', () => {
    const world = new ScriptedWorld();
    const { holds, levels, quote, quoterAgeSeconds } = explain(world);
    expect(holds).toEqual([
      'a session with the venue is down: public, private, trade',
      'orders, trades and positions are being taken up from the venue',
      'its book is not whole: empty',
      'its quote worker does not run',
    ]);
    expect([levels, quote, quoterAgeSeconds]).toEqual([[], null, null]);
  });
});

describe('the words', () => {
  it('know every reason of the gate and every trigger, in the kill ladder’s own text', () => {
    expect(Object.keys(GATE_TEXTS)).toEqual(Object.keys(GateReason));
    const names = Object.keys(KillTrigger);
    expect(TRIGGER_TEXTS).toEqual(
      Object.fromEntries(TRIGGER_RULES.map(({ trigger, text }) => [names[trigger], text])),
    );
  });
});

/** Quoting, with a position that the venue told at the start. */
function holding(lots: number, ladder: StrategyParameters): ScriptedWorld {
  const world = new ScriptedWorld({ ladder });
  for (const connection of Object.values(Connection)) world.loop.onSessionUp(connection, world.nowNs);
  world.loop.onWorkerReady([0], world.nowNs);
  world.recover(lots);
  world.snapshot();
  world.quote();
  world.settle();
  return world;
}

function command(world: ScriptedWorld, word: OperatorCommand): void {
  world.loop.command(word, world.nowNs);
}

function gap(world: ScriptedWorld): void {
  world.seqId += 7;
  world.update([], [['1000.1', '11']]);
}

function late(world: ScriptedWorld): void {
  world.update([], [['1000.1', '11']]);
  world.pass(1_100);
}

function heldUp(world: ScriptedWorld): void {
  world.clock.advanceNs(6_000 * NS_PER_MS);
  world.update([], [['1000.1', '11']]);
}
