import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineProcess, Scratch, ctl, exampleConfig } from './engine-process.ts';
import { RunningProcess, until } from './running-process.ts';
import { expectEqualMoney } from './venue-money.ts';
import { KEYS, KEYS_ENV, VenueProcess } from './venue-process.ts';

/** Stops that lie at the venue, and ways out that it works off, with engines that die. */

const INSTRUMENTS = ['BTC-USDT-SWAP', 'ETH-USDT-SWAP'];
const TAG = 'E2ETAG07';

const scratch = new Scratch();
let venue: VenueProcess;
let configFile = '';
let engine: EngineProcess;

afterEach(() => RunningProcess.endAll());

afterAll(() => scratch.remove());

interface AlgoRow {
  readonly instId: string;
  readonly algoId: string;
  readonly algoClOrdId: string;
  readonly tag: string;
  readonly side: string;
  readonly ordType: string;
  readonly closeFraction: string;
  readonly reduceOnly: string;
  readonly slTriggerPx: string;
  readonly state: string;
}

async function algos(ordType = 'conditional,oco'): Promise<AlgoRow[]> {
  return (await venue.call('GET', `/api/v5/trade/orders-algo-pending?ordType=${ordType}`)) as AlgoRow[];
}

/** By instrument, what the venue says is held. */
async function positions(): Promise<Map<string, number>> {
  const answer = await fetch(`${venue.rest}/paper/state`);
  const { accounts } = (await answer.json()) as {
    accounts: { positions: { instId: string; pos: string }[] }[];
  };
  return new Map(accounts[0]!.positions.map(({ instId, pos }) => [instId, Number(pos)]));
}

/** One stop of ours for each position, of all of it and on its other side; and none beside. */
async function isProtected(): Promise<AlgoRow[] | undefined> {
  const [stops, held] = [await algos(), await positions()];
  const isOne = [...held].every(([instId, size]) => {
    const own = stops.filter((stop) => stop.instId === instId);
    return own.length === 1 && own[0]!.side === (size > 0 ? 'sell' : 'buy');
  });
  return isOne && held.size === INSTRUMENTS.length && stops.length === held.size ? stops : undefined;
}

function start(state?: string): EngineProcess {
  const args = state === undefined ? [] : ['--state', state];
  return new EngineProcess(['--config', configFile, ...args], { env: KEYS_ENV });
}

async function kill(): Promise<void> {
  engine.process.kill('SIGKILL');
  await engine.process.ended();
  await until('the switch to fire', async () => (await venue.resting()).length === 0 || undefined, 20_000);
}

async function does(...args: string[]): Promise<string> {
  const answer = await ctl(...args, '--state', engine.state);
  expect(answer, answer.text).toMatchObject({ code: 0 });
  return answer.text;
}

async function isFlat(): Promise<true | undefined> {
  return (await positions()).size === 0 || undefined;
}

/** A thread that stood still on a busy machine may be the reason for a moment, too. */
async function isHeldByStop(): Promise<true | undefined> {
  const { level, reason } = await engine.controlStatus();
  return (level === 'paused' && reason === 'protection') || undefined;
}

async function stop(): Promise<void> {
  engine.process.kill('SIGTERM');
  expect(await engine.process.ended(), engine.process.output).toEqual({ code: 0, signal: null });
}

beforeEach(async () => {
  const markets = INSTRUMENTS.flatMap((instId) => ['--market', instId]);
  venue = await VenueProcess.start(0, markets);
  const config = exampleConfig(venue.config);
  config['tag'] = TAG;
  config.instruments = config.instruments.filter(({ instId }) => INSTRUMENTS.includes(instId));
  for (const { strategy } of config.instruments) {
    Object.assign(strategy, { halfSpreadBps: 0.1, levelStepBps: 0.5 });
  }
  config['protection'] = { isOn: true, stopLossBps: 100, triggerBy: 'mark' };
  config['portfolio'] = {};
  configFile = scratch.write(config);
  engine = start();
  await engine.quotesEverything();
});

describe('an engine that is killed with a position', () => {
  it('leaves a stop for it, which is there until the next one has closed it', async () => {
    await until('a stop for each position', isProtected, 60_000, 250);
    // Else what rests may be filled after its death, and turn a position round: then the venue ends its stop.
    await does('pause');
    await until('a stop for each position', isProtected, 10_000, 250);
    await kill();
    for (const row of await algos()) {
      expect(row).toMatchObject({ closeFraction: '1', reduceOnly: 'true', tag: TAG });
      expect(row.algoClOrdId).toMatch(/^P\d{14}$/);
    }
    // Nobody of ours is there, and it is as it was.
    expect(await isProtected()).toBeDefined();
    const { state } = engine;
    engine = start(state);
    await engine.process.said(/recovered/, 30_000);
    await does('resume');
    await engine.quotesEverything();
    await until('a stop for each position again', isProtected, 60_000, 250);
    await does('flatten');
    await until('every position to be closed', isFlat, 30_000);
    await until('every stop to be gone', async () => (await algos()).length === 0 || undefined, 10_000);
    await expectEqualMoney(engine, venue, KEYS, TAG);
    await stop();
  }, 180_000);

  it('has its position closed by the venue when the market moves against it', async () => {
    await until('a stop for each position', isProtected, 60_000, 250);
    await kill();
    const stops = await algos();
    for (const { instId, side } of stops) {
      await venue.movePrice(instId, side === 'sell' ? -200 : 200);
    }
    const left = async (): Promise<true | undefined> => {
      const held = await positions();
      return stops.every(({ instId }) => !held.has(instId)) || undefined;
    };
    await until('the stops to close what they protect', left, 60_000);
    expect(await algos()).toEqual([]);
    const fills = await venue.fills();
    expect(fills.every(({ tag }) => tag === TAG)).toBe(true);
    const { state } = engine;
    engine = start(state);
    await engine.process.said(/the stop at the venue was triggered/, 30_000);
    await until('the engine to be held by it', isHeldByStop, 10_000);
    await expectEqualMoney(engine, venue, KEYS, TAG);
  }, 180_000);
});

it('a stop that is triggered while the engine lives pauses it, with the reason', async () => {
  const [first] = (await until('a stop for each position', isProtected, 60_000, 250))!;
  await venue.movePrice(first!.instId, first!.side === 'sell' ? -300 : 300);
  await engine.process.said(/the stop at the venue was triggered/, 60_000);
  await until('the engine to be held by it', isHeldByStop, 10_000);
  expect(await engine.controlStatus()).toMatchObject({ level: 'paused' });
  await expectEqualMoney(engine, venue, KEYS, TAG);
  await stop();
}, 180_000);

it('a TWAP closes while the engine is paused, outlives it, is taken over, and ends with resume', async () => {
  await until('a stop for each position', isProtected, 60_000, 250);
  const text = await does('flatten', '--by', 'twap', '--minutes', '60');
  expect(text).toMatch(/^paused; closing .*-SWAP .* by a TWAP over 60 minutes/);
  const twaps = await algos('twap');
  expect(twaps.length).toBeGreaterThan(0);
  for (const { tag, algoClOrdId } of twaps) {
    expect(tag).toBe(TAG);
    expect(algoClOrdId).toMatch(/^X\d{14}$/);
  }
  expect(await engine.controlStatus()).toMatchObject({ level: 'paused', reason: 'operator' });
  await kill();
  expect(await algos('twap')).toHaveLength(twaps.length);
  engine = start(engine.state);
  await engine.process.said(/of a former run goes on/, 30_000);
  await does('resume');
  expect(await algos('twap')).toEqual([]);
  await engine.quotesEverything(30_000);
  await expectEqualMoney(engine, venue, KEYS, TAG);
  await stop();
}, 180_000);
