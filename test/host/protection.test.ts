import { describe, expect, it } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import type { Config } from '../../engine/config/schema.ts';
import type { Engine } from '../../engine/host/engine.ts';
import { AlgoState } from '../../engine/okx/shapes.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { Connection, OperatorCommand } from '../../engine/loop/loop-options.ts';
import { algoOrderIdText } from '../../engine/okx/algo-order-id.ts';
import { TAG, TinyAccount, restError } from './tiny-account.ts';
import { Machine, TinyWorld, testConfig } from './tiny-world.ts';

const SWAP = 'BTC-USDT-SWAP';
const SWAP_INDEX = 1;

function machine(): Machine {
  return new Machine((nowMs) => new TinyAccount(nowMs));
}

function protectedConfig(changes: Partial<Config['protection']> = {}): Config {
  const config = testConfig();
  return { ...config, protection: { ...config.protection, isOn: true, instruments: [], ...changes } };
}

/** A mark price of the swap, as the venue pushes it. */
function mark(engine: Engine, world: TinyWorld, price: number): void {
  const text = JSON.stringify({
    arg: { channel: 'mark-price', instId: SWAP },
    data: [{ instType: 'SWAP', instId: SWAP, markPx: String(price), ts: String(world.clock.wallMs()) }],
  });
  const bytes = Buffer.from(text);
  engine.onFrame(Connection.public, bytes, 0, bytes.length, new Float64Array([world.clock.nowNs()]));
}

/** Time passes, with a mark price every now and then, so that one is known. */
async function pass(engine: Engine, world: TinyWorld, ms: number, price = 50_000): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    mark(engine, world, price);
    await world.pass(Math.min(500, ms - passed), engine);
  }
}

/** An engine that found two contracts, bought at 50,000, and has protected them. */
async function holding(box: Machine, config = protectedConfig()): Promise<[Engine, TinyWorld]> {
  if (!box.account.positions.has(SWAP)) box.account.trade(SWAP, Side.buy, 2, 50_000);
  const world = new TinyWorld(box);
  const engine = await world.recovered(config);
  await pass(engine, world, 3_000);
  return [engine, world];
}

/** The account's position is another one now, and the engine finds out. */
async function trade(
  engine: Engine,
  world: TinyWorld,
  side: Side,
  size: number,
  price: number,
): Promise<void> {
  world.machine.account.trade(SWAP, side, size, price);
  world.down(engine, Connection.private);
  world.up(engine, Connection.private);
  await pass(engine, world, 6_000);
}

describe('a position', () => {
  it('has one stop of ours, reduce-only, of all of it, with our tag', async () => {
    const box = machine();
    await holding(box);
    expect(box.account.algos.waiting).toMatchObject([
      {
        instId: SWAP,
        ordType: 'conditional',
        side: Side.sell,
        closeFraction: '1',
        isReduceOnly: true,
        tag: TAG,
        // 5 % below 50,000
        slTriggerPx: '47500',
      },
    ]);
    expect(box.account.algos.waiting[0]!.algoClOrdId).toMatch(/^P\d{14}$/);
  });

  it('keeps the stop where it lies when the price has come there: the venue is to trigger it', async () => {
    const box = machine();
    // By the last price, which may be a little behind the mark that we see.
    const [engine, world] = await holding(box, protectedConfig({ triggerBy: 'last' }));
    for (const price of [47_600, 47_501, 47_499, 47_000]) await pass(engine, world, 2_000, price);
    expect(box.account.algos.asked).toEqual(['place conditional sell 47500']);
  });

  it('is triggered by another price once the configuration says so: placed anew, and then there is one', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    const { config } = engine;
    const changed: Config = { ...config, protection: { ...config.protection, triggerBy: 'last' } };
    expect(engine.configure(changed)).toMatchObject({ isDone: true });
    await pass(engine, world, 2_000);
    expect(box.account.algos.waiting).toMatchObject([{ triggerBy: 'last', slTriggerPx: '47500' }]);
    expect(box.account.algos.bodies).toHaveLength(2);
  });

  it('has none while protection is off, and nothing is ever asked', async () => {
    const box = machine();
    const [, world] = await holding(box, testConfig());
    expect(box.account.algos.rows.size).toBe(0);
    expect(world.count('fetchAlgosPending')).toBe(0);
  });

  it('that grows needs no request, one that turns gets a stop on the other side', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    await trade(engine, world, Side.buy, 1, 50_000);
    expect(box.account.algos.asked).toHaveLength(1);
    await trade(engine, world, Side.sell, 5, 50_000);
    expect(engine.loop.ledger.positionLots[SWAP_INDEX]).toBe(-200);
    expect(box.account.algos.waiting).toMatchObject([{ side: Side.buy, slTriggerPx: '52500' }]);
  });

  it('of portfolio margin has one of its size, amended as it changes', async () => {
    const box = machine();
    box.account.config = { ...box.account.config, acctLv: '4' };
    const [engine, world] = await holding(box, crossSpot(protectedConfig()));
    expect(box.account.algos.waiting).toMatchObject([{ closeFraction: '', sz: '2' }]);
    await trade(engine, world, Side.buy, 1.5, 50_000);
    expect(box.account.algos.waiting).toMatchObject([{ sz: '3.5' }]);
    expect(box.account.algos.rows.size).toBe(1);
  });

  it('that is closed has none any more', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    await trade(engine, world, Side.sell, 2, 50_000);
    expect(box.account.algos.waiting).toEqual([]);
    expect(box.account.algos.asked).toEqual(['place conditional sell 47500', 'cancel']);
  });

  it('has one that trails, placed anew with its size, where the configuration says so', async () => {
    const box = machine();
    const [engine, world] = await holding(box, protectedConfig({ trailingRatio: 0.02 }));
    expect(box.account.algos.waiting).toMatchObject([
      { ordType: 'move_order_stop', callbackRatio: '0.02', sz: '2' },
    ]);
    await trade(engine, world, Side.buy, 1, 50_000);
    expect(box.account.algos.waiting).toMatchObject([{ ordType: 'move_order_stop', sz: '3' }]);
  });

  it('has a target beside the stop where one is configured', async () => {
    const box = machine();
    await holding(box, protectedConfig({ takeProfitBps: 1_000 }));
    expect(box.account.algos.waiting).toMatchObject([
      { ordType: 'oco', slTriggerPx: '47500', tpTriggerPx: '55000' },
    ]);
  });

  it('loses its stop when protection is switched off while the engine runs', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    const off = { ...engine.config, protection: { ...engine.config.protection, isOn: false } };
    expect(engine.configure(off)).toMatchObject({ isDone: true });
    await pass(engine, world, 1_000);
    expect(box.account.algos.waiting).toEqual([]);
  });
});

describe('a stop that waits at the venue', () => {
  it('outlives an engine that dies, and is taken over by the next: there are never two', async () => {
    const box = machine();
    const [, first] = await holding(box);
    first.crash();
    const [, second] = await holding(box);
    expect(box.account.algos.rows.size).toBe(1);
    expect(second.said('is taken over')).toBe(1);
  });

  it('is found by the next engine that protects nothing, and taken back', async () => {
    const box = machine();
    const [, first] = await holding(box);
    first.crash();
    await holding(box, testConfig());
    expect(box.account.algos.waiting).toEqual([]);
  });

  it('stays when the engine stops with a position, which says so; without one it goes', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    const report = await world.within(10_000, engine.stop(), engine);
    expect(report!.detail).toContain('1 stops for open positions wait at the venue');
    expect(box.account.algos.waiting).toHaveLength(1);
    const [next, then] = await holding(box);
    await trade(next, then, Side.sell, 2, 50_000);
    expect((await then.within(10_000, next.stop(), next))!.detail).not.toContain('stops');
    expect(box.account.algos.waiting).toEqual([]);
  });

  it('is never doubled by a request whose answer was lost', async () => {
    const box = machine();
    box.account.trade(SWAP, Side.buy, 2, 50_000);
    const world = new TinyWorld(box);
    world.script('placeAlgo', (answer) => {
      answer();
      throw restError('REST_TIMEOUT');
    });
    const engine = await world.recovered(protectedConfig());
    await pass(engine, world, 5_000);
    expect(box.account.algos.rows.size).toBe(1);
    expect(box.account.algos.waiting).toHaveLength(1);
  });

  it('that ended while the list was read is not taken over from it, nor told twice', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    const [stop] = box.account.algos.waiting;
    box.account.trade(SWAP, Side.sell, 2, 47_500);
    world.script('fetchAlgosPending', (answer) => {
      const rows = answer();
      box.account.algos.end(stop!.algoId, AlgoState.effective);
      const row = { ...box.account.algos.rows.get(stop!.algoId)!, side: 'sell', uTime: '1', cTime: '1' };
      engine.algos.onFrame(JSON.stringify({ arg: { channel: 'orders-algo' }, data: [row] }));
      return rows;
    });
    await pass(engine, world, 40_000, 47_600);
    expect(engine.algos.protection.triggers).toBe(1);
  });

  it('that could not be taken back when the engine stops flat is taken back a moment later', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    box.account.trade(SWAP, Side.sell, 2, 50_000);
    world.down(engine, Connection.private);
    world.up(engine, Connection.private);
    await world.pass(300, engine);
    expect(engine.loop.ledger.positionLots[SWAP_INDEX]).toBe(0);
    world.script('cancelAlgos', () => {
      throw restError('REST_TIMEOUT');
    });
    const report = await world.within(20_000, engine.stop(), engine);
    expect(report!.detail).not.toContain('stops for open positions');
    expect(box.account.algos.waiting).toEqual([]);
  });

  it('pauses the account once it is triggered, told by push or found by REST, once', async () => {
    for (const isPushed of [true, false]) {
      const box = machine();
      const [engine, world] = await holding(box);
      const [stop] = box.account.algos.waiting;
      box.account.algos.end(stop!.algoId, AlgoState.effective);
      box.account.trade(SWAP, Side.sell, 2, 47_500);
      if (isPushed) {
        const row = { ...box.account.algos.rows.get(stop!.algoId)!, side: 'sell', uTime: '1', cTime: '1' };
        engine.algos.onFrame(JSON.stringify({ arg: { channel: 'orders-algo' }, data: [row] }));
      } else await pass(engine, world, 7_000);
      const { ladder } = engine.loop;
      expect(ladder.held(KillTrigger.protection, ACCOUNT)).toBe(KillLevel.paused);
      expect(world.said('was triggered at 47500')).toBe(1);
      await pass(engine, world, 40_000, 47_500);
      expect(world.said('was triggered')).toBe(1);
      expect(engine.algos.protection.triggers).toBe(1);
    }
  });

  it('that was triggered while no engine ran pauses the next one', async () => {
    const box = machine();
    const [, first] = await holding(box);
    first.crash();
    const [stop] = box.account.algos.waiting;
    box.account.trade(SWAP, Side.sell, 2, 47_500);
    box.clock.advanceNs(5_000_000_000);
    box.account.algos.end(stop!.algoId, AlgoState.effective, box.clock.wallMs());
    const world = new TinyWorld(box);
    const engine = await world.recovered(protectedConfig());
    await pass(engine, world, 1_000);
    expect(engine.loop.ladder.held(KillTrigger.protection, ACCOUNT)).toBe(KillLevel.paused);
    // The one after it knows that this one knew.
    await world.within(10_000, engine.stop(), engine);
    const last = new TinyWorld(box);
    const third = await last.recovered(protectedConfig());
    await pass(third, last, 1_000);
    expect(last.said('was triggered')).toBe(0);
  });

  it('that is taken back by hand is placed again; one that is refused is tried again, and said once', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    box.account.algos.end(box.account.algos.waiting[0]!.algoId, AlgoState.canceled);
    box.account.algos.nextCode = '51280';
    await pass(engine, world, 36_000);
    expect(world.said('was refused with 51280')).toBe(1);
    expect(box.account.algos.waiting).toHaveLength(1);
    expect(engine.loop.ladder.held(KillTrigger.protection, ACCOUNT)).toBe(KillLevel.quoting);
  });

  it('that comes back with another tag pauses the account', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    const [stop] = box.account.algos.waiting;
    box.account.algos.rows.set(stop!.algoId, { ...stop!, tag: 'OTHER' });
    await pass(engine, world, 7_000);
    expect(engine.loop.ladder.held(KillTrigger.tagMismatch, ACCOUNT)).toBe(KillLevel.paused);
  });

  it('that has lost its tag is told once: the operator’s resume holds while it waits', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    const [stop] = box.account.algos.waiting;
    box.account.algos.rows.set(stop!.algoId, { ...stop!, tag: '' });
    await pass(engine, world, 7_000);
    expect(engine.status()['tag']).toMatchObject({ mismatches: { ack: 0, algo: 1 } });
    await world.within(5_000, engine.command(OperatorCommand.resume), engine);
    await pass(engine, world, 70_000);
    expect(engine.loop.ladder.held(KillTrigger.tagMismatch, ACCOUNT)).toBe(KillLevel.quoting);
    expect(box.account.algos.waiting).toHaveLength(1);
    // Ours by its run, over a restart, too.
    world.crash();
    const [next] = await holding(box);
    expect(next.loop.ladder.held(KillTrigger.tagMismatch, ACCOUNT)).toBe(KillLevel.paused);
    expect(box.account.algos.waiting).toHaveLength(1);
  });

  it('of an engine with another tag is nothing to us, though its name is of our plan', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    const [stop] = box.account.algos.waiting;
    const theirs = {
      ...stop!,
      algoId: '1',
      algoClOrdId: algoOrderIdText('P', engine.run - 7, 1),
      tag: 'OTHER',
    };
    box.account.algos.rows.set('1', theirs);
    await pass(engine, world, 40_000);
    expect(engine.loop.ladder.held(KillTrigger.tagMismatch, ACCOUNT)).toBe(KillLevel.quoting);
    expect(box.account.algos.waiting).toEqual([stop, theirs]);
    // Nor is it ours when it was triggered while nobody of us ran.
    world.crash();
    box.account.algos.end('1', AlgoState.effective, world.clock.wallMs() + 1);
    const [next, second] = await holding(box);
    expect(second.said('was triggered')).toBe(0);
    expect(next.loop.ladder.held(KillTrigger.protection, ACCOUNT)).toBe(KillLevel.quoting);
    expect(next.loop.ladder.held(KillTrigger.tagMismatch, ACCOUNT)).toBe(KillLevel.quoting);
    expect(box.account.algos.waiting).toEqual([stop]);
  });

  it('of somebody else is nothing to us', async () => {
    const box = machine();
    const foreign = {
      instId: SWAP,
      side: 'sell',
      ordType: 'conditional',
      algoClOrdId: 'byhand',
      slTriggerPx: '1',
    };
    box.account.algos.place(foreign);
    const [engine, world] = await holding(box);
    await trade(engine, world, Side.sell, 2, 50_000);
    expect(box.account.algos.waiting).toMatchObject([{ algoClOrdId: 'byhand' }]);
  });
});

/** Spot trades by `cross` in the modes whose margin is shared. */
function crossSpot(config: Config): Config {
  return {
    ...config,
    instruments: config.instruments.map((each) => ({ ...each, tradeMode: 'cross' as const })),
  };
}
