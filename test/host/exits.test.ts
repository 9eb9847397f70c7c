import { describe, expect, it } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { readExitTerms } from '../../engine/base/exit-terms.ts';
import type { ExitTerms } from '../../engine/base/exit-terms.ts';
import type { Engine } from '../../engine/host/engine.ts';
import { Connection, OperatorCommand } from '../../engine/loop/loop-options.ts';
import { algoOrderIdText } from '../../engine/okx/algo-order-id.ts';
import { AlgoState } from '../../engine/okx/shapes.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { TAG, TinyAccount, restError } from './tiny-account.ts';
import { Machine, TinyWorld } from './tiny-world.ts';

const SWAP = 'BTC-USDT-SWAP';

function terms(...told: [string, string][]): ExitTerms {
  const read = readExitTerms(new Map([['by', 'twap'], ...told]));
  if (read === null || typeof read === 'string') throw new Error(`expected terms, was ${String(read)}`);
  return read;
}

/** An engine that holds twelve contracts, bought at 50,000, where the mark price is. */
async function holding(box: Machine): Promise<[Engine, TinyWorld]> {
  if (!box.account.positions.has(SWAP)) box.account.trade(SWAP, Side.buy, 12, 50_000);
  const world = new TinyWorld(box);
  const engine = await world.recovered();
  mark(engine, world);
  return [engine, world];
}

function mark(engine: Engine, world: TinyWorld): void {
  const text = JSON.stringify({
    arg: { channel: 'mark-price', instId: SWAP },
    data: [{ instType: 'SWAP', instId: SWAP, markPx: '50000', ts: String(world.clock.wallMs()) }],
  });
  const bytes = Buffer.from(text);
  engine.onFrame(Connection.public, bytes, 0, bytes.length, new Float64Array([world.clock.nowNs()]));
}

async function pass(engine: Engine, world: TinyWorld, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    mark(engine, world);
    await world.pass(1_000, engine);
  }
}

function machine(): Machine {
  return new Machine((nowMs) => new TinyAccount(nowMs));
}

describe('a way out by algo order', () => {
  it('pauses the engine and places one for the position, with our tag', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    const result = await world.within(5_000, engine.exit(terms(['minutes', '2'])), engine);
    expect(result).toEqual({
      isDone: true,
      text: `paused; closing ${SWAP} 12 by a TWAP over 2 minutes`,
    });
    expect(engine.loop.ladder.held(KillTrigger.operator, ACCOUNT)).toBe(KillLevel.paused);
    expect(box.account.algos.waiting).toMatchObject([
      { instId: SWAP, ordType: 'twap', side: Side.sell, sz: '12', tag: TAG },
    ]);
    // Two minutes are twelve pieces of ten seconds; nothing is sold below 3 % under the mark.
    expect(box.account.algos.bodies.at(-1)).toMatchObject({
      szLimit: '1',
      timeInterval: '10',
      pxLimit: '48500',
      pxVar: '0.002',
    });
    expect(engine.status()['protection']).toMatchObject({
      exits: [{ instId: SWAP, size: '12', closed: '0' }],
    });
  });

  it.each([
    [[['by', 'iceberg']], { ordType: 'smart_iceberg', szLimit: '0.6', lmtOrderNumber: '2' }],
    [
      [
        ['by', 'trailing'],
        ['ratio', '0.01'],
      ],
      { ordType: 'move_order_stop', callbackRatio: '0.01', reduceOnly: true },
    ],
    [
      [
        ['by', 'trigger'],
        ['price', '49000'],
        ['instrument', SWAP],
      ],
      { ordType: 'trigger', triggerPx: '49000', orderPx: '-1' },
    ],
  ] as const)('comes in other ways too: %j', async (told, body) => {
    const box = machine();
    const [engine, world] = await holding(box);
    const result = await world.within(
      5_000,
      engine.exit(terms(...(told as unknown as [string, string][]))),
      engine,
    );
    expect(result!.isDone, result!.text).toBe(true);
    expect(box.account.algos.bodies.at(-1)).toMatchObject({ tag: TAG, side: 'sell', sz: '12', ...body });
  });

  it.each([OperatorCommand.resume, OperatorCommand.pause, OperatorCommand.flatten, OperatorCommand.halt])(
    'ends with the next word: %s',
    async (word) => {
      const box = machine();
      const [engine, world] = await holding(box);
      await world.within(5_000, engine.exit(terms()), engine);
      expect((await world.within(5_000, engine.command(word), engine))!.isDone).toBe(true);
      expect(box.account.algos.waiting).toEqual([]);
      expect(engine.algos.exits.isActive).toBe(false);
    },
  );

  it('holds a resume back that could not end it', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    await world.within(5_000, engine.exit(terms()), engine);
    world.script('cancelAlgos', () => {
      throw restError('REST_TIMEOUT');
    });
    const result = await world.within(5_000, engine.command(OperatorCommand.resume), engine);
    expect(result!.isDone).toBe(false);
    expect(engine.loop.ladder.held(KillTrigger.operator, ACCOUNT)).toBe(KillLevel.paused);
  });

  it('is not over while the venue refuses to take it back: the resume is held back, and it is still known', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    await world.within(5_000, engine.exit(terms()), engine);
    box.account.algos.nextCode = '50013';
    const result = await world.within(5_000, engine.command(OperatorCommand.resume), engine);
    expect(result).toMatchObject({ isDone: false, text: expect.stringContaining(`${SWAP} 50013`) });
    expect(engine.loop.ladder.held(KillTrigger.operator, ACCOUNT)).toBe(KillLevel.paused);
    expect(engine.algos.exits.isActive).toBe(true);
    expect((await world.within(5_000, engine.command(OperatorCommand.resume), engine))!.isDone).toBe(true);
    expect(box.account.algos.waiting).toEqual([]);
  });

  it('is never two: what closes too much and cannot be taken back is not begun again beside it', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    await world.within(5_000, engine.exit(terms()), engine);
    box.account.trade(SWAP, Side.sell, 5, 50_000);
    box.account.algos.nextCode = '50013';
    world.down(engine, Connection.private);
    world.up(engine, Connection.private);
    const most: number[] = [];
    for (let second = 0; second < 8; second++) {
      await pass(engine, world, 1_000);
      most.push(box.account.algos.waiting.length);
    }
    expect(Math.max(...most)).toBe(1);
    expect(world.said('not taken back yet')).toBe(1);
    expect(box.account.algos.waiting).toMatchObject([{ ordType: 'twap', sz: '7' }]);
  });

  it.each([OperatorCommand.resume, OperatorCommand.halt])(
    'that is on its way to the venue ends with the next word: %s',
    async (word) => {
      const box = machine();
      const [engine, world] = await holding(box);
      const exit = engine.exit(terms());
      const placed = (): boolean => box.account.algos.bodies.length > 0;
      while (!placed()) await world.pass(1, engine);
      // The venue has it, and we do not know yet.
      expect(engine.algos.exits.isActive).toBe(false);
      const told = engine.command(word);
      expect((await world.within(5_000, told, engine))!.isDone).toBe(true);
      expect(await world.within(5_000, exit, engine)).toBeDefined();
      expect(box.account.algos.waiting).toEqual([]);
      expect(engine.algos.exits.isActive).toBe(false);
    },
  );

  it('is not begun when the operator resumes before it is', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    const orders = { isThere: true };
    Object.defineProperty(engine.loop, 'openOrders', { get: () => (orders.isThere ? 1 : 0) });
    const exit = engine.exit(terms());
    await pass(engine, world, 1_000);
    const told = engine.command(OperatorCommand.resume);
    await pass(engine, world, 1_000);
    orders.isThere = false;
    expect((await world.within(5_000, told, engine))!.isDone).toBe(true);
    expect(await world.within(5_000, exit, engine)).toMatchObject({
      isDone: false,
      text: expect.stringContaining('another word of the operator'),
    });
    expect(box.account.algos.rows.size).toBe(0);
  });

  it('whose answer was lost, and its look too, is found and ended by a resume', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    const lost = (answer: () => unknown): never => {
      answer();
      throw restError('REST_TIMEOUT');
    };
    world.script('placeAlgo', lost);
    world.script('fetchAlgo', lost);
    const result = await world.within(5_000, engine.exit(terms()), engine);
    expect(result).toMatchObject({ isDone: false, text: expect.stringContaining('look at the venue') });
    expect(box.account.algos.waiting).toHaveLength(1);
    expect((await world.within(5_000, engine.command(OperatorCommand.resume), engine))!.isDone).toBe(true);
    expect(box.account.algos.waiting).toEqual([]);
  });

  it('that a former run has left is taken back where quoting goes on, refused once or not', async () => {
    const box = machine();
    const [engine, first] = await holding(box);
    await first.within(5_000, engine.exit(terms()), engine);
    const [exit] = box.account.algos.waiting;
    await first.within(5_000, engine.command(OperatorCommand.resume), engine);
    first.crash();
    // As one whose cancel was never done.
    box.account.algos.rows.set(exit!.algoId, exit!);
    box.account.algos.nextCode = '50013';
    const [next, second] = await holding(box);
    await pass(next, second, 6_000);
    expect(box.account.algos.waiting).toEqual([]);
  });

  it('is begun again for what is left when something else has closed a part of it', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    await world.within(5_000, engine.exit(terms()), engine);
    box.account.trade(SWAP, Side.sell, 5, 50_000);
    world.down(engine, Connection.private);
    world.up(engine, Connection.private);
    await pass(engine, world, 8_000);
    expect(box.account.algos.waiting).toMatchObject([{ ordType: 'twap', sz: '7' }]);
    expect(world.said('more was left of it than is held; begun again')).toBe(1);
  });

  it('is said to have ended, and how', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    await world.within(5_000, engine.exit(terms()), engine);
    box.account.algos.end(box.account.algos.waiting[0]!.algoId, AlgoState.effective);
    await pass(engine, world, 3_000);
    expect(engine.algos.exits.isActive).toBe(false);
    expect(world.said('ended, effective; 12 left')).toBe(1);
  });

  it('goes on without its engine, and is taken over by the next one that is still paused', async () => {
    const box = machine();
    const [engine, first] = await holding(box);
    await first.within(5_000, engine.exit(terms()), engine);
    first.crash();
    const [next, second] = await holding(box);
    await pass(next, second, 3_000);
    expect(second.said('of a former run goes on')).toBe(1);
    await second.within(5_000, next.command(OperatorCommand.resume), next);
    expect(box.account.algos.waiting).toEqual([]);
  });

  it.each(['', 'OTHER'])('that comes back with "%s" for its tag is said, and goes on', async (tag) => {
    const box = machine();
    const [engine, world] = await holding(box);
    await world.within(5_000, engine.exit(terms()), engine);
    const [exit] = box.account.algos.waiting;
    box.account.algos.rows.set(exit!.algoId, { ...exit!, tag, uTimeMs: 1 });
    await pass(engine, world, 5_000);
    expect(engine.loop.ladder.held(KillTrigger.tagMismatch, ACCOUNT)).toBe(KillLevel.paused);
    expect(engine.status()['tag']).toMatchObject({ mismatches: { algo: 1 } });
    expect(engine.algos.exits.isActive).toBe(true);
  });

  it('of an engine with another tag is not taken back', async () => {
    const box = machine();
    const [engine, first] = await holding(box);
    await first.within(5_000, engine.exit(terms()), engine);
    const [exit] = box.account.algos.waiting;
    const theirs = {
      ...exit!,
      algoId: '1',
      algoClOrdId: algoOrderIdText('X', engine.run - 7, 1),
      tag: 'OTHER',
    };
    box.account.algos.rows.set('1', theirs);
    await first.within(5_000, engine.command(OperatorCommand.resume), engine);
    first.crash();
    const [next, second] = await holding(box);
    await pass(next, second, 3_000);
    expect(box.account.algos.waiting).toEqual([theirs]);
    expect(next.loop.ladder.held(KillTrigger.tagMismatch, ACCOUNT)).toBe(KillLevel.quoting);
  });

  it('is none for what is not held, not traded, or off the grid', async () => {
    const box = machine();
    const [engine, world] = await holding(box);
    const exit = (...told: [string, string][]) => world.within(5_000, engine.exit(terms(...told)), engine);
    expect((await exit(['instrument', 'NONE-USDT-SWAP']))!.text).toContain('expected one of');
    expect((await exit(['by', 'trigger'], ['price', '49000']))!.text).toContain('instrument: expected one');
    expect((await exit(['by', 'trigger'], ['price', '0.05'], ['instrument', SWAP]))!.text).toContain(
      'multiple of 0.1',
    );
    expect(await exit(['instrument', 'ETH-USDT-SWAP'])).toEqual({
      isDone: true,
      text: 'paused; nothing is held',
    });
    expect(box.account.algos.rows.size).toBe(0);
  });
});

describe('the terms of one', () => {
  it.each([
    [[['by', 'hope']], 'by: expected market, twap, iceberg, trailing, trigger, was "hope"'],
    [
      [
        ['by', 'twap'],
        ['minutes', '0'],
      ],
      'minutes: expected 1 to 1440, was "0"',
    ],
    [
      [
        ['by', 'iceberg'],
        ['limit-bps', '9000'],
      ],
      'limit-bps: expected more than 0, at most 5000, was "9000"',
    ],
    [[['by', 'trailing']], 'ratio: expected 0.001 to 1 with trailing, was "0"'],
    [
      [
        ['by', 'trigger'],
        ['price', 'high'],
      ],
      'price: expected a decimal with trigger, was "high"',
    ],
    [[['minutes', '5']], 'minutes: expected only with another way than market; leave it out'],
  ] as const)('%j are refused', (told, text) => {
    expect(readExitTerms(new Map(told as unknown as [string, string][]))).toBe(text);
  });

  it('of the engine’s own way are none', () => {
    expect(readExitTerms(new Map())).toBeNull();
    expect(readExitTerms(new Map([['by', 'market']]))).toBeNull();
  });
});
