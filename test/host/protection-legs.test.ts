import { describe, expect, it } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { readExitTerms } from '../../engine/base/exit-terms.ts';
import type { ExitTerms } from '../../engine/base/exit-terms.ts';
import type { Config } from '../../engine/config/schema.ts';
import type { Engine } from '../../engine/host/engine.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import { AlgoState } from '../../engine/okx/shapes.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { TinyAccount, restError } from './tiny-account.ts';
import { Machine, TinyWorld, testConfig } from './tiny-world.ts';

/** Stops and exits of an account that holds long and short legs apart. */

const SWAP = 'BTC-USDT-SWAP';

interface Leg {
  lots: number;
  avgPx: number;
}

/** Three contracts long from 50,000 and one short from 51,000, unless it is changed. */
function machine(): { box: Machine; long: Leg; short: Leg } {
  const box = new Machine((nowMs) => new TinyAccount(nowMs));
  const { account } = box;
  account.config = { ...account.config, posMode: 'long_short_mode' };
  const long: Leg = { lots: 3, avgPx: 50_000 };
  const short: Leg = { lots: 1, avgPx: 51_000 };
  account.positions.set(SWAP, { lots: 1, avgPx: 50_000 });
  const net = account.answers.fetchPositions;
  account.answers.fetchPositions = (...args) => {
    const [row] = net(...args) as object[];
    return [
      { ...row, posSide: 'long', pos: String(long.lots), avgPx: String(long.avgPx) },
      { ...row, posSide: 'short', pos: String(short.lots), avgPx: String(short.avgPx) },
    ].filter(({ pos }) => pos !== '0');
  };
  return { box, long, short };
}

function protectedConfig(changes: Partial<Config['protection']> = {}): Config {
  const config = testConfig();
  return { ...config, protection: { ...config.protection, isOn: true, instruments: [], ...changes } };
}

function mark(engine: Engine, world: TinyWorld): void {
  const text = JSON.stringify({
    arg: { channel: 'mark-price', instId: SWAP },
    data: [{ instType: 'SWAP', instId: SWAP, markPx: '50500', ts: String(world.clock.wallMs()) }],
  });
  const bytes = Buffer.from(text);
  engine.onFrame(Connection.public, bytes, 0, bytes.length, new Float64Array([world.clock.nowNs()]));
}

async function pass(engine: Engine, world: TinyWorld, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    mark(engine, world);
    await world.pass(500, engine);
  }
}

async function started(box: Machine, config = protectedConfig()): Promise<[Engine, TinyWorld]> {
  const world = new TinyWorld(box);
  const engine = await world.recovered(config);
  await pass(engine, world, 3_000);
  return [engine, world];
}

/** The engine finds out what is held now. */
async function findOut(engine: Engine, world: TinyWorld): Promise<void> {
  world.down(engine, Connection.private);
  world.up(engine, Connection.private);
  await pass(engine, world, 6_000);
}

/** A trade of the short leg, as it is told. */
function tradeShort({ account }: Machine, side: Side, size: number, price: number): void {
  const fill = account.trade(SWAP, side, size, price);
  account.fills[account.fills.length - 1] = { ...fill, posSide: 'short' };
}

const LONG_STOP = { posSide: 'long', side: Side.sell, closeFraction: '1', slTriggerPx: '47500' };
// 5 % above 51,000.
const SHORT_STOP = { posSide: 'short', side: Side.buy, closeFraction: '1', slTriggerPx: '53550' };

describe('legs', () => {
  it('have a stop each, from their own entry, which the venue is not told to reduce by', async () => {
    const { box } = machine();
    await started(box);
    expect(box.account.algos.waiting).toMatchObject([LONG_STOP, SHORT_STOP]);
    // 51000: reduceOnly is refused with a leg.
    for (const body of box.account.algos.bodies) expect(body).not.toHaveProperty('reduceOnly');
  });

  it('lose and get theirs one by one', async () => {
    const { box, short } = machine();
    const [engine, world] = await started(box);
    tradeShort(box, Side.buy, 1, 50_500);
    short.lots = 0;
    await findOut(engine, world);
    expect(engine.loop.ledger.shortLots[1]).toBe(0);
    expect(box.account.algos.waiting).toMatchObject([LONG_STOP]);
    tradeShort(box, Side.sell, 2, 52_000);
    short.lots = 2;
    short.avgPx = 52_000;
    await findOut(engine, world);
    expect(box.account.algos.waiting).toMatchObject([LONG_STOP, { ...SHORT_STOP, slTriggerPx: '54600' }]);
  });

  it('have theirs taken over by the next engine, each its own', async () => {
    const { box } = machine();
    const [, first] = await started(box);
    first.crash();
    await started(box);
    expect(box.account.algos.rows.size).toBe(2);
    expect(box.account.algos.waiting).toMatchObject([LONG_STOP, SHORT_STOP]);
  });

  it('are told apart when one of their stops was triggered while nobody ran', async () => {
    const { box, short } = machine();
    const [, first] = await started(box);
    first.crash();
    box.clock.advanceNs(5_000_000_000);
    short.lots = 0;
    const stop = box.account.algos.waiting.find(({ posSide }) => posSide === 'short')!;
    box.account.algos.end(stop.algoId, AlgoState.effective, box.clock.wallMs());
    const [engine, second] = await started(box);
    expect(second.said(`${SWAP} short: the stop at the venue was triggered at 53550`)).toBe(1);
    expect(engine.loop.ladder.held(KillTrigger.protection, ACCOUNT)).toBe(KillLevel.paused);
    expect(box.account.algos.waiting).toMatchObject([LONG_STOP]);
  });

  it('have one each though an answer was lost, and what looks into it fails, too', async () => {
    const { box } = machine();
    const [engine, world] = await started(box);
    // With pushes the list is read each half minute only.
    engine.algos.onUp();
    await pass(engine, world, 1_000);
    const [long, short] = box.account.algos.waiting;
    const lost = (): never => {
      throw restError('REST_TIMEOUT');
    };
    // Both are taken back by hand; the engine hears of the short one, and its next one is taken, but the answer is lost.
    for (const { algoId } of [long!, short!]) box.account.algos.end(algoId, AlgoState.canceled);
    const row = { ...box.account.algos.rows.get(short!.algoId)!, side: 'buy', uTime: '1', cTime: '1' };
    engine.algos.onFrame(JSON.stringify({ arg: { channel: 'orders-algo' }, data: [row] }));
    world.script('placeAlgo', (answer) => {
      answer();
      return lost();
    });
    // Then the list tells that the long one is gone, and what became of it is not told.
    world.script('fetchAlgo', lost);
    let most = 0;
    for (let half = 0; half < 20; half++) {
      await pass(engine, world, 500);
      most = Math.max(most, box.account.algos.waiting.filter(({ posSide }) => posSide === 'short').length);
    }
    expect(most).toBe(1);
    expect(box.account.algos.waiting).toHaveLength(2);
  });

  it('are closed each by an exit of its own', async () => {
    const { box } = machine();
    const [engine, world] = await started(box, testConfig());
    const terms = readExitTerms(new Map([['by', 'twap']])) as ExitTerms;
    expect((await world.within(5_000, engine.exit(terms), engine))!.isDone).toBe(true);
    expect(box.account.algos.waiting).toMatchObject([
      { ordType: 'twap', posSide: 'long', side: Side.sell, sz: '3' },
      { ordType: 'twap', posSide: 'short', side: Side.buy, sz: '1' },
    ]);
  });
});
