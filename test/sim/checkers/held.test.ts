import { describe, expect, test } from 'vitest';
import { Side } from '../../../engine/base/side.ts';
import { blankState } from '../../../engine/host/engine-state.ts';
import { MetricsWriter } from '../../../engine/metrics/cells.ts';
import { AckOutcome } from '../../../engine/orders/order-state.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../../engine/risk/kill-ladder.ts';
import { SwitchArmed } from './dead-mans-switch.ts';
import { KillLevels } from './kill-levels.ts';
import { KillState } from './kill-state.ts';
import { Shared } from './shared.ts';
import { UnknownOrders } from './unknown-orders.ts';
import { HandEngine, HandWorld, SWAP, change, nameOf, place } from '../hand-world.ts';
import { StepKind } from '../sim-types.ts';
import { at } from '../../time-cell.ts';

const [A, B, C] = [nameOf(1), nameOf(2), nameOf(3)];

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

  test('an engine has its own time to take out what another left', () => {
    const { world, engine, checker } = made();
    world.arrive('place', [place(A, 'buy', '0.1', '78000')]);
    engine.loop.ladder.raise(KillTrigger.operator, KillLevel.paused, ACCOUNT);
    const said = (seconds: number): string | null => {
      let last: string | null = null;
      for (let second = 0; second < seconds; second++) {
        world.pass(1_000);
        last ??= world.look(checker, StepKind.engineTimer);
      }
      return last;
    };
    expect(said(15)).toBe(null);
    const next = world.start(new HandEngine(8, world.instIds));
    next.loop.ladder.raise(KillTrigger.operator, KillLevel.paused, ACCOUNT);
    expect(said(15)).toBe(null);
    expect(said(10)).toMatch(/1 orders rest on and on/);
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
    const slot = table.open(0, Side.buy, 780_000, 10, at(world.nowNs));
    world.arrive('place', [place(nameOf(slot, table.generation[slot]), 'buy', '0.1', '78000')]);
    expect(seconds(world, checker, 200)).toBe(null);
    expect(checker.end(world)).toBe(null);
  });

  test('one that only the engine has', () => {
    const { world, engine, checker } = made();
    engine.loop.table.open(0, Side.buy, 780_000, 10, at(world.nowNs));
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
    const slot = table.open(0, Side.buy, 780_000, 10, at(world.nowNs));
    const generation = table.generation[slot]!;
    world.arrive('place', [place(nameOf(slot, generation), 'buy', '0.1', '78000')]);
    table.onPlaceAck(slot, generation, AckOutcome.unknown);
    expect(seconds(world, checker, 60)).toBe(null);
    expect(seconds(world, checker, 2)).toMatch(/has been in doubt for 6\d s/);
  });
});
