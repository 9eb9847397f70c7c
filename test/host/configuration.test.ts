import { beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../engine/config/schema.ts';
import { ConfigurationReader } from '../../engine/handoff/configuration-slot.ts';
import { differenceOf, changeText, refusalsOf } from '../../engine/host/configuration-change.ts';
import type { Engine } from '../../engine/host/engine.ts';
import type { StrategyParameters } from '../../workers/strategy/parameters.ts';
import { TinyAccount } from './tiny-account.ts';
import { Machine, TinyWorld, testConfig } from './tiny-world.ts';

/** A copy of the configuration with values set at paths such as `instruments.0.strategy.levels`. */
function changed(config: Config, values: Readonly<Record<string, unknown>>): Config {
  const copy = structuredClone(config);
  for (const [path, value] of Object.entries(values)) {
    const keys = path.split('.');
    const last = keys.pop()!;
    const at = keys.reduce<Record<string, unknown>>(
      (map, key) => map[key] as Record<string, unknown>,
      copy as unknown as Record<string, unknown>,
    );
    if (value === undefined) delete at[last];
    else at[last] = value;
  }
  return copy;
}

let world: TinyWorld;
let engine: Engine;
let config: Config;

beforeEach(async () => {
  world = new TinyWorld(new Machine((nowMs) => new TinyAccount(nowMs)));
  config = testConfig();
  engine = (await world.start(config))!;
});

/** What quoters would read now. */
function published(): { version: number; strategies: readonly StrategyParameters[] } {
  const reader = new ConfigurationReader(engine.handoff);
  const { strategies } = reader.read() as { strategies: readonly StrategyParameters[] };
  return { version: reader.version, strategies };
}

describe('a changed configuration', () => {
  it('is taken up everywhere at once, with its difference in words', () => {
    const next = changed(config, {
      'instruments.0.strategy.halfSpreadBps': 7,
      'instruments.1.limits.position': '30',
      'account.openOrdersMax': 77,
      'engine.closeBps': 33,
    });
    const result = engine.configure(next);
    expect(result).toEqual({
      isDone: true,
      text: [
        'version 2:',
        `  instruments[0].strategy.halfSpreadBps (BTC-USDT): ${config.instruments[0]!.strategy.halfSpreadBps} -> 7`,
        '  instruments[1].limits.position (BTC-USDT-SWAP): "20" -> "30"',
        `  account.openOrdersMax: ${config.account.openOrdersMax} -> 77`,
        '  engine.closeBps: 50 -> 33',
      ].join('\n'),
    });
    expect(engine.config).toBe(next);
    const { version, parameters } = engine.loop.configuration;
    expect(version).toBe(2);
    expect(parameters.account.openOrdersMax).toBe(77);
    expect(parameters.closeBps).toBe(33);
    expect(parameters.limits[1]!.positionLotsMax).toBe(3_000);
    expect(published().version).toBe(2);
    expect(published().strategies[0]!.halfSpreadBps).toBe(7);
    expect(published().strategies[1]!.positionLotsMax).toBe(3_000);
    expect(engine.status()).toMatchObject({ configuration: { version: 2, secondsAgo: 0, refusal: null } });
    expect(world.said('configuration: version 2:')).toBe(1);
    expect(world.said('configuration: engine.closeBps: 50 -> 33')).toBe(1);
  });

  it('is only looked at in a dry run', () => {
    const next = changed(config, { 'instruments.0.strategy.halfSpreadBps': 7 });
    expect(engine.configure(next, true)).toEqual({
      isDone: true,
      text: expect.stringMatching(
        /^would be version 2, nothing is changed yet:\n {2}instruments\[0\]\.strategy\.halfSpreadBps/,
      ),
    });
    const wrong = engine.configure(changed(config, { 'metrics.port': 1 }), true);
    expect(wrong.isDone).toBe(false);
    expectAsBefore();
    expect(engine.configuration.refused).toBe(0);
  });

  it('that differs in nothing changes nothing', () => {
    expect(engine.configure(structuredClone(config))).toEqual({
      isDone: true,
      text: 'nothing differs: version 1 stays in force',
    });
    expect(world.said('configuration:')).toBe(0);
    expectAsBefore();
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    [
      'another venue',
      { 'venue.kind': 'demo' },
      'venue.kind: "paper" -> "demo": expected to stay as at the start',
    ],
    ['another port', { 'metrics.port': 1 }, 'metrics.port: 9464 -> 1: expected to stay as at the start'],
    ['another tag', { tag: 'OTHER' }, '-> "OTHER": expected to stay as at the start'],
    ['another trade mode', { 'instruments.0.tradeMode': 'cross' }, 'instruments[0].tradeMode (BTC-USDT): '],
    ['other workers', { 'engine.workers': 2 }, 'engine.workers: 1 -> 2: '],
    ['an expiry that orders on their way have', { 'engine.orderExpiryMs': 500 }, 'engine.orderExpiryMs: '],
    ['no switch', { 'engine.deadMansSwitchSeconds': 0 }, 'engine.deadMansSwitchSeconds: '],
    ['a journal elsewhere', { 'journal.directory': 'x' }, 'journal.directory: '],
    [
      'a size between two lots',
      { 'instruments.1.strategy.size': '0.0001' },
      "instruments[1].strategy.size: expected a multiple of BTC-USDT-SWAP's lot 0.01",
    ],
    [
      'more levels of a book than were laid out',
      { 'instruments.0.strategy.fair.base': 'vamp', 'instruments.0.strategy.fair.depthLevels': 20 },
      'restart the engine for more',
    ],
    [
      'an index that is not subscribed',
      { 'instruments.1.strategy.fair.index.weight': 1 },
      'was in need of index-tickers BTC-USDT; restart the engine to subscribe them',
    ],
    [
      'a lead that does not ring',
      {
        'instruments.1.strategy.fair.lead.instrument': 'BTC-USDT',
        'instruments.1.strategy.fair.lead.weight': 0.5,
      },
      'instruments[1].strategy.fair.lead: expected the instrument of the start, or none',
    ],
    [
      'a table that is not there',
      {
        'instruments.0.strategy.fair.base': 'stoikov',
        'instruments.0.strategy.fair.microPriceFile': '/nowhere.json',
      },
      'instruments[0].strategy.fair.microPriceFile: expected a readable file, was "/nowhere.json" (ENOENT)',
    ],
    [
      'fewer instruments',
      { 'instruments.length': 1 },
      'instruments: expected BTC-USDT, BTC-USDT-SWAP, ETH-USDT-SWAP in this order, as at the start, was BTC-USDT;',
    ],
  ])('with %s is refused as a whole', (_what, values, text) => {
    // With it, something that could have been taken up.
    const next = changed(config, { ...values, 'account.openOrdersMax': 77 });
    const result = engine.configure(next);
    expect(result.isDone).toBe(false);
    expect(result.text).toMatch(/^refused as a whole, version 1 stays in force:\n {2}/);
    expect(result.text).toContain(text);
    expectAsBefore();
    expect(engine.configuration.refused).toBe(1);
    expect(engine.status()).toMatchObject({ configuration: { version: 1, refusal: result.text } });
    // The next one is judged by itself.
    expect(engine.configure(changed(config, { 'account.openOrdersMax': 78 })).isDone).toBe(true);
    expect(engine.status()).toMatchObject({ configuration: { version: 2, refusal: null } });
  });

  it('that cannot be read is refused, with each of its lines', () => {
    const result = engine.refuseConfiguration(
      'configuration x.yaml:\n  account.lossMax: expected number, was "a"',
    );
    expect(result.isDone).toBe(false);
    expect(world.said('configuration: account.lossMax: expected number, was "a"')).toBe(1);
    expectAsBefore();
  });

  it('is refused while the engine stops', async () => {
    const stopping = engine.stop();
    expect(engine.configure(changed(config, { 'engine.closeBps': 33 }))).toEqual({
      isDone: false,
      text: 'the engine is stopping',
    });
    await world.within(60_000, stopping, engine);
  });

  function expectAsBefore(): void {
    expect(engine.config).toEqual(config);
    expect(engine.loop.configuration.version).toBe(1);
    expect(engine.loop.configuration.parameters.account.openOrdersMax).toBe(config.account.openOrdersMax);
    expect(published().version).toBe(1);
  }
});

describe('fees', () => {
  it('that the venue tells become a version like any other', () => {
    const fees = engine.instruments.map(() => ({ makerRate: 0.00015, takerRate: 0.0004 }));
    engine.onFees(fees);
    expect(published()).toMatchObject({ version: 2 });
    expect(published().strategies.map(({ makerFeeRate }) => makerFeeRate)).toEqual([
      0.00015, 0.00015, 0.00015,
    ]);
    expect(world.said('-> maker 0.00015, taker 0.0004')).toBe(3);
    engine.onFees(fees);
    expect(published().version).toBe(2);
    // A change of the file keeps them.
    engine.configure(changed(config, { 'instruments.0.strategy.halfSpreadBps': 7 }));
    expect(published().strategies[0]).toMatchObject({ makerFeeRate: 0.00015, halfSpreadBps: 7 });
  });
});

describe('a difference', () => {
  it('names every key with both values, and the instrument that it is about', () => {
    const next = changed(config, {
      'instruments.2.strategy.levels': 1,
      'account.drawdownMax': undefined,
      'portfolio.groups': [],
    });
    expect(differenceOf(config, next).map(changeText)).toEqual([
      `instruments[2].strategy.levels (ETH-USDT-SWAP): ${config.instruments[2]!.strategy.levels} -> 1`,
      ...config.portfolio.groups.map(
        (group, index) => `portfolio.groups[${index}]: ${JSON.stringify(group)} -> absent`,
      ),
      ...(config.account.drawdownMax === undefined
        ? []
        : [`account.drawdownMax: ${config.account.drawdownMax} -> absent`]),
    ]);
    expect(refusalsOf(config, next, differenceOf(config, next))).toEqual([]);
  });

  it('refuses to switch a limit on whose channel was not asked for', () => {
    const before = changed(config, { 'account.marginRatioMin': 0 });
    const refusals = refusalsOf(before, config, differenceOf(before, config));
    expect(refusals).toEqual([expect.stringContaining('account.marginRatioMin: 0 -> 3: expected to stay 0')]);
  });
});
