import { describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../engine/base/units.ts';
import { ConfigurationWriter } from '../../engine/handoff/configuration-slot.ts';
import { LoopRequest } from '../../engine/loop/loop-options.ts';
import type { LoopParameters, ParameterChange } from '../../engine/loop/loop-configuration.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import type { StrategyParameters } from '../../workers/strategy/parameters.ts';
import { PLAIN_LADDER } from '../workers/markets.ts';
import { ScriptedWorld, isAmend, isCancel, isPlace, itemsOf } from './scripted-venue.ts';

/** A world whose workers' share of a change is published where the engine would. */
class ChangingWorld extends ScriptedWorld {
  next: StrategyParameters = PLAIN_LADDER;
  published = 0;

  override request(request: LoopRequest, instrument: number): void {
    super.request(request, instrument);
    if (request !== LoopRequest.parameters) return;
    this.published++;
    // The core has the new version already: the markets that follow are to be quoted by it.
    const { version } = this.loop.configuration;
    new ConfigurationWriter(this.handoff).publish({ strategies: [this.next] }, version);
  }

  changeOf(changes: Partial<LoopParameters> = {}, withdrawn = [0]): ParameterChange {
    const { version, parameters } = this.loop.configuration;
    return { version: version + 1, withdrawn, parameters: { ...parameters, ...changes }, changes: [] };
  }

  configure(changes: Partial<LoopParameters> = {}, withdrawn = [0]): ReturnType<typeof this.loop.configure> {
    return this.loop.configure(this.changeOf(changes, withdrawn), this.nowNs);
  }
}

const WIDER: StrategyParameters = { ...PLAIN_LADDER, halfSpreadBps: 10 };

function limitsWith(world: ScriptedWorld, change: object): Pick<LoopParameters, 'limits'> {
  const { limits } = world.loop.configuration.parameters;
  return { limits: limits.map((each) => ({ ...each, ...change })) };
}

describe('a change of parameters', () => {
  it('withdraws what rests by the former ones in its own turn, and is quoted by when the worker has answered', () => {
    const world = new ChangingWorld();
    world.quoting();
    expect(world.prices('buy')).toEqual(['999.5', '999.3', '999.1']);
    world.next = WIDER;
    expect(world.configure()).toEqual({ isDone: true, text: 'version 2' });
    const messages = world.orderMessages();
    expect(itemsOf(messages, isCancel)).toHaveLength(6);
    expect(itemsOf(messages, isPlace)).toHaveLength(0);
    for (const message of messages) world.accept(message);
    expect(world.published).toBe(1);
    world.quote();
    world.settle();
    expect(world.prices('buy')).toEqual(['999', '998.8', '998.6']);
    expect(world.prices('sell')).toEqual(['1001', '1001.2', '1001.4']);
  });

  it('leaves the orders of an instrument that it does not concern, and its quotes go on', () => {
    const world = new ChangingWorld();
    world.quoting();
    world.configure({}, []);
    expect(world.orderMessages()).toEqual([]);
    world.quote();
    expect(world.orderMessages()).toEqual([]);
    world.move('999.9', '1000.1', '999.8', '1000.0');
    world.quote();
    expect(itemsOf(world.orderMessages(), isAmend).length).toBeGreaterThan(0);
  });

  it('voids a quote that was computed before it and comes after it', () => {
    const world = new ChangingWorld();
    world.quoting();
    world.move('999.9', '1000.1', '999.8', '1000.0');
    // The worker has quoted this market by the former parameters; the engine has not looked yet.
    expect(world.quoter.turn()).toBeGreaterThan(0);
    world.next = WIDER;
    world.configure({}, []);
    const stale = world.metric('quotesStale', 0);
    world.loop.onQuotes(world.nowNs);
    expect(world.orderMessages()).toEqual([]);
    expect(world.metric('quotesStale', 0)).toBe(stale + 1);
    // Rung by the change itself, it quotes again without any new market.
    world.quote();
    world.settle();
    expect(world.prices('buy')[0]).toBe('998.9');
  });

  it('withdraws an instrument whose worker does not take the new version up', () => {
    const world = new ChangingWorld();
    world.quoting();
    world.configure({}, []);
    world.pass(1_100);
    expect(itemsOf(world.orderMessages(), isCancel)).toHaveLength(6);
  });

  it('asks for the worker’s share exactly once, after the rooms have taken theirs and before their markets', () => {
    const world = new ChangingWorld();
    world.quoting();
    const version = world.loop.market.version[0]!;
    let seen = 0;
    world.onRequest = (request) => {
      if (request !== LoopRequest.parameters) return;
      seen = world.loop.market.version[0]!;
      expect(world.loop.configuration.version).toBe(2);
    };
    world.configure();
    expect(seen).toBe(version);
    expect(world.loop.market.version[0]).toBe(version + 1);
  });

  it('reaches gate, brakes, watches and timings', () => {
    const world = new ChangingWorld();
    world.quoting();
    const { brakes, watches, timings } = world.loop.configuration.parameters;
    world.configure({
      ...limitsWith(world, { orderLotsMax: 12 }),
      brakes: brakes.map((each) => ({ ...each, volatilityBps: 5 })),
      watches: { ...watches, stallNsMax: 100 * NS_PER_MS },
      timings: { ...timings, quoteAgeNsMax: 200 * NS_PER_MS },
    });
    world.settle();
    world.quote();
    world.settle();
    // Of 10, 15 and 20 contracts only the first passes.
    expect(world.prices('buy')).toEqual(['999.5']);
    world.move('999.9', '1000.1', '999.2', '999.4');
    expect(world.loop.ladder.held(KillTrigger.volatility, 0)).toBe(KillLevel.wider);
    world.clock.advanceNs(150 * NS_PER_MS);
    world.timer();
    expect(world.loop.ladder.held(KillTrigger.stall, ACCOUNT)).toBe(KillLevel.paused);
  });
});

describe('a change that is refused', () => {
  it.each<[string, (change: ParameterChange) => ParameterChange, string]>([
    ['of another version', (change) => ({ ...change, version: 3 }), 'expected version 2, was 3'],
    ['of the version in force', (change) => ({ ...change, version: 1 }), 'expected version 2, was 1'],
    ['with too few rows', withParameters({ limits: [] }), 'limits: expected 1 rows, was 0'],
    ['of an instrument that is not there', (change) => ({ ...change, withdrawn: [1] }), 'below 1, was 1'],
    ['with a limit that is no number', withParameters({ closeBps: NaN }), 'closeBps: expected a number'],
    ['below zero', withParameters({ closeBps: -1 }), 'closeBps: expected a number'],
    [
      'of what the venue’s switch hangs on',
      (change) => withParameters({ timings: { ...change.parameters.timings, switchNs: 1 } })(change),
      'timings.switchNs: expected 0 as at the start, was 1; restart for another',
    ],
  ])('%s leaves everything as it is', (_what, of, text) => {
    const world = new ChangingWorld();
    world.quoting();
    const before = world.loop.configuration.parameters;
    const result = world.loop.configure(
      of(world.changeOf(limitsWith(world, { orderLotsMax: 1 }))),
      world.nowNs,
    );
    expect(result.isDone).toBe(false);
    expect(result.text).toContain(text);
    expectUntouched(world, before);
  });

  it('by a room in the middle of it is undone in those that had taken it', () => {
    const world = new ChangingWorld();
    world.quoting();
    const before = world.loop.configuration.parameters;
    const result = world.configure({
      // The gate takes this first; then the brake asserts that a window has a length.
      ...limitsWith(world, { orderLotsMax: 1, openOrdersMax: 1 }),
      account: { ...before.account, openOrdersMax: 1, notionalMax: 1 },
      brakes: before.brakes.map((each) => ({ ...each, volatilityWindowNs: 0 })),
      closeBps: 1,
    });
    expect(result).toEqual({ isDone: false, text: expect.stringContaining('a window has a length') });
    expectUntouched(world, before);
    // Nor does the gate remember anything of it.
    world.move('999.9', '1000.1', '989.9', '990.1');
    world.settle();
    world.quote();
    world.settle();
    expect(world.prices('buy')).toEqual(['989.5', '989.3', '989.1']);
  });

  it('is refused while the engine stops', () => {
    const world = new ChangingWorld();
    world.quoting();
    world.loop.stop(world.nowNs);
    expect(world.configure()).toEqual({ isDone: false, text: 'the engine is stopping' });
    expect(world.published).toBe(0);
  });
});

function withParameters(parameters: Partial<LoopParameters>) {
  return (change: ParameterChange): ParameterChange => ({
    ...change,
    parameters: { ...change.parameters, ...parameters },
  });
}

function expectUntouched(world: ChangingWorld, before: LoopParameters): void {
  const { configuration } = world.loop;
  expect(configuration.version).toBe(1);
  expect(configuration.parameters).toBe(before);
  expect(world.published).toBe(0);
  expect(world.orderMessages()).toEqual([]);
  expect(world.prices('buy')).toEqual(['999.5', '999.3', '999.1']);
  // The quotes of the version in force are still taken.
  world.move('999.9', '1000.1', '999.8', '1000.0');
  world.quote();
  expect(itemsOf(world.orderMessages(), isAmend).length).toBeGreaterThan(0);
  world.settle();
  world.move('999.8', '1000.0', '999.9', '1000.1');
  world.quote();
  world.settle();
}
