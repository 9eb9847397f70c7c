/**
 * What the engine reads of margin, worked by hand for each product and leg: the account's ratio against its limits, and how
 * far the mark may go until the venue closes a position.
 */
import { describe, expect, test } from 'vitest';
import { Instrument, InstrumentType } from '../../engine/base/instrument.ts';
import { PositionMode } from '../../engine/base/position-side.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import { KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { PLAIN_LADDER } from '../workers/markets.ts';
import { LoopWorld } from './loop-world.ts';
import { accountPush } from './messages.ts';
import { LOOSE_LIMITS } from './scripted-venue.ts';

/** The loop of one recorded instrument: 200 bps to liquidation and a ratio of 3 are asked for, 100 and 1.5 pause. */
class Example extends LoopWorld {
  readonly #instId: string;

  constructor(instId: string, isMargin = false, positionMode: PositionMode = PositionMode.net) {
    const row = recordedInstruments().find((each) => each.instId === instId)!;
    const fields = parseInstruments([row]).fields[0]!;
    const instrument = new Instrument(0, isMargin ? { ...fields, type: InstrumentType.margin } : fields);
    const watches = { marginRatioMin: 3, liquidationDistanceBps: 200 };
    super({ instruments: [instrument], ladder: PLAIN_LADDER, limits: LOOSE_LIMITS, watches, positionMode });
    this.#instId = instId;
    this.timer();
  }

  mark(markPx: string): this {
    const arg = { channel: 'mark-price', instId: this.#instId };
    this.frame(Connection.public, JSON.stringify({ arg, data: [{ instId: this.#instId, markPx, ts: '1' }] }));
    return this;
  }

  position(pos: string, liqPx: string, changes: Readonly<Record<string, string>> = {}): this {
    const base = { instType: 'SWAP', instId: this.#instId, posSide: 'net', mgnMode: 'cross', cTime: '1000' };
    const arg = { channel: 'positions', instType: 'ANY', uid: '1' };
    const data = [{ ...base, pos, liqPx, ...changes }];
    this.frame(Connection.private, JSON.stringify({ arg, eventType: 'event_update', data }));
    return this;
  }

  /** In hundredths of a percent of the mark. */
  get distanceBps(): number {
    return this.loop.kill.margin.distanceBps[0]!;
  }

  get level(): KillLevel {
    return this.loop.ladder.level(0);
  }
}

const { quoting, reduceOnly, paused } = KillLevel;

describe('the distance to liquidation', () => {
  test('of a linear swap, long', () => {
    // 10 contracts of 0.01 coins at 60,000, equity E and 0.4 % of maintenance: it goes at p where E + 0.1 × (p - 60,000) is
    // 0.004 × 0.1 × p. With E = 124.11: 0.0996 × p = 6,000 - 124.11, p = 58,994.8795.
    const liqPx = (6_000 - 124.11) / 0.0996;
    const swap = new Example('BTC-USDT-SWAP').mark('60000').position('10', liqPx.toFixed(4));
    // (60,000 - 58,994.8795) / 60,000 = 1.67520 %.
    expect(swap.distanceBps).toBeCloseTo(167.52, 2);
    expect(swap.level).toBe(reduceOnly);
    // (59,500 - 58,994.8795) / 59,500 = 0.84894 %, below the half.
    expect(swap.mark('59500').distanceBps).toBeCloseTo(84.894, 2);
    expect(swap.level).toBe(paused);
    // Held until a tenth beyond the limit: (60,320 - 58,994.8795) / 60,320 = 2.19682 %; at 60,400 it is 2.32636 %.
    expect(swap.mark('60320').level).toBe(reduceOnly);
    expect(swap.mark('60400').level).toBe(quoting);
  });

  test('of an inverse swap, short: it has a price as any other, though it is paid in coins', () => {
    // 60 contracts of 100 dollars at 60,000 with E coins, 0.4 %: E - 6,000 × (1/60,000 - 1/p) = 0.004 × 6,000 / p, so that
    // p = 6,000 × (1 - 0.004) / (0.1 - E). With E = 0.003: 5,976 / 0.097 = 61,608.2474.
    const swap = new Example('BTC-USD-SWAP').mark('60000').position('-60', (5_976 / 0.097).toFixed(4));
    // (61,608.2474 - 60,000) / 60,000 = 2.68041 %; at 60,500: 1,108.2474 / 60,500 = 1.83181 %.
    expect(swap.distanceBps).toBeCloseTo(268.041, 2);
    expect(swap.level).toBe(quoting);
    expect(swap.mark('60500').distanceBps).toBeCloseTo(183.181, 2);
    expect(swap.level).toBe(reduceOnly);
  });

  test.each([
    ['a swap margined in dollars', 'BTC-USD_UM-SWAP', 'SWAP'],
    ['an X-Perp', 'BTC-USD_UM_XPERP-310404', 'FUTURES'],
    ['an inverse future', 'BTC-USD-261225', 'FUTURES'],
  ])('of %s', (_, instId, instType) => {
    // (60,000 - 59,100) / 60,000 = 1.5 %.
    const future = new Example(instId).mark('60000').position('10', '59100', { instType });
    expect(future.distanceBps).toBeCloseTo(150, 9);
    expect(future.level).toBe(reduceOnly);
    expect(future.loop.ladder.reason(0)).toBe(KillTrigger.liquidation);
  });

  test('of an option that was sold is in its own price, of one that was bought is none', () => {
    const changes = { instType: 'OPTION' };
    const option = new Example('BTC-USD-261225-80000-C').mark('0.05').position('-5', '0.0505', changes);
    // (0.0505 - 0.05) / 0.05 = 1 %.
    expect(option.distanceBps).toBeCloseTo(100, 9);
    expect(option.level).toBe(reduceOnly);
    option.position('5', '', changes);
    expect([option.distanceBps, option.level]).toEqual([NaN, quoting]);
  });

  test('of two legs is that of the nearer one, and each has its own', () => {
    const swap = new Example('BTC-USDT-SWAP', false, PositionMode.longShort).mark('60000');
    // Long: (60,000 - 57,000) / 60,000 = 5 %. Short: (60,900 - 60,000) / 60,000 = 1.5 %. Legs have no sign.
    swap.position('10', '57000', { posSide: 'long' });
    expect(swap.distanceBps).toBeCloseTo(500, 9);
    swap.position('4', '60900', { posSide: 'short' });
    expect(swap.distanceBps).toBeCloseTo(150, 9);
    expect(swap.level).toBe(reduceOnly);
    // At 58,000 the long is the nearer one: 1,000 / 58,000 = 1.72414 %, the short has 2,900 / 58,000 = 5 %.
    expect(swap.mark('58000').distanceBps).toBeCloseTo(172.414, 3);
    swap.position('0', '', { posSide: 'long' });
    expect(swap.distanceBps).toBeCloseTo(500, 9);
    expect(swap.level).toBe(quoting);
  });
});

describe('a pair on margin', () => {
  const changes = { instType: 'MARGIN', posCcy: 'USDT', liab: '-0.3', liabCcy: 'BTC' };

  test('that is short is told by its debt', () => {
    const pair = new Example('BTC-USDT', true).mark('60000').position('18000', '61080', changes);
    // (61,080 - 60,000) / 60,000 = 1.8 %.
    expect(pair.distanceBps).toBeCloseTo(180, 9);
    expect(pair.level).toBe(reduceOnly);
  });

  test('closed while nobody heard is near no liquidation any more: the venue tells what there is', () => {
    const pair = new Example('BTC-USDT', true).mark('60000').position('18000', '60060', changes);
    expect(pair.level).toBe(paused);
    pair.loop.onSessionDown(Connection.private, pair.nowNs);
    expect([pair.distanceBps, pair.level]).toEqual([NaN, quoting]);
    pair.loop.onSessionUp(Connection.private, pair.nowNs);
    expect(pair.position('18000', '60060', changes).level, 'it was not').toBe(paused);
  });
});

test.each([
  // Equity over maintenance margin. 6,000 of linear position at 0.4 % need 24.
  ['72 over 24 is the limit', 72 / 24, quoting],
  ['71.76 over 24 is below it', 71.76 / 24, reduceOnly],
  ['36 over 24 is half of it', 36 / 24, reduceOnly],
  ['35.76 over 24 is below the half', 35.76 / 24, paused],
  // 0.1 coins of inverse position at 0.4 % need 0.0004: 0.00116 over that is 2.9.
  ['0.00116 over 0.0004 coins', 0.001_16 / 0.000_4, reduceOnly],
])('the account’s ratio: %s', (_, ratio, level) => {
  for (const push of [
    accountPush(ratio.toFixed(4)),
    accountPush('', { USDT: ratio.toFixed(4), BTC: '50' }),
  ]) {
    const swap = new Example('BTC-USDT-SWAP').mark('60000').position('10', '');
    swap.frame(Connection.private, push);
    expect(swap.loop.kill.margin.marginRatio).toBeCloseTo(ratio, 9);
    expect(swap.loop.ladder.accountLevel).toBe(level);
  }
});
