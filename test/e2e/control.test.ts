import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineProcess, Scratch, ctl, exampleConfig, sumOf } from './engine-process.ts';
import type { ControlStatus } from './engine-process.ts';
import { RunningProcess, until } from './running-process.ts';
import { KEYS_ENV, VenueProcess } from './venue-process.ts';

/** An operator at the control socket of a running engine, and what the venue sees of it. */

/**
 * What may be left of a spot position: less than the least order cannot be sold, and what fees took out of the coins that were
 * bought is not there to be sold. A tenth of the smallest order that is quoted.
 */
const DUST = 0.000_1;
const isFlat = (size: number | string): boolean => Math.abs(Number(size)) < DUST;

const DONE = { code: 0, signal: null };

const scratch = new Scratch();
let venue: VenueProcess;
let configFile = '';
let engine: EngineProcess;

afterEach(() => RunningProcess.endAll());

afterAll(() => scratch.remove());

const start = (state?: string): EngineProcess =>
  new EngineProcess(['--config', configFile, ...(state === undefined ? [] : ['--state', state])], {
    env: KEYS_ENV,
  });

const isEmpty = async (): Promise<true | undefined> => (await venue.resting()).length === 0 || undefined;

const placed = async (): Promise<number> =>
  (await venue.received()).filter(({ kind }) => kind === 'place').length;

/** The engine goes on seeing the market, and for so many updates of its books the venue sees no new order of it. */
async function placesNothing(updates = 100): Promise<void> {
  const count = async (): Promise<number> => sumOf(await engine.metrics(), 'okxmm_book_updates_total');
  const before = await placed();
  const first = await count();
  await until('the market to go on', async () => (await count()) > first + updates || undefined);
  expect(await placed()).toBe(before);
  expect(await venue.resting()).toEqual([]);
}

async function hasPositions(): Promise<ControlStatus> {
  return until(
    'a position in every instrument',
    async () => {
      const status = await engine.controlStatus();
      return status.instruments.some(({ position }) => isFlat(position)) ? undefined : status;
    },
    60_000,
  );
}

async function stop(): Promise<void> {
  engine.process.kill('SIGTERM');
  expect(await engine.process.ended(), engine.process.output).toEqual(DONE);
  expect(await venue.resting()).toEqual([]);
}

async function does(word: string): Promise<void> {
  const answer = await engine.ctl(word);
  expect(answer, answer.text).toMatchObject({ code: 0 });
}

describe('an operator', () => {
  beforeEach(async () => {
    venue = await VenueProcess.start();
    const config = exampleConfig(venue.config);
    // Close to the market, so that there are positions in seconds.
    for (const { strategy } of config.instruments) {
      Object.assign(strategy, { halfSpreadBps: 0.1, levelStepBps: 0.5 });
    }
    configFile = scratch.write(config);
    engine = start();
    await engine.quotesEverything();
  });

  it('asks how it stands, with npm as in the README', async () => {
    const npm = new RunningProcess('npm', ['run', '-s', 'ctl', '--', 'status', '--state', engine.state]);
    expect(await npm.ended()).toEqual(DONE);
    const status = JSON.parse(npm.stdout) as ControlStatus;
    expect(status).toMatchObject({ phase: 'quoting', level: 'quoting', pid: engine.process.pid });
    expect(status.instruments.map(({ instId }) => instId)).toEqual([
      'BTC-USDT',
      'BTC-USDT-SWAP',
      'ETH-USDT-SWAP',
    ]);
    expect(status.switchSecondsLeft).toBeGreaterThan(0);
    await stop();
  });

  it('pauses: everything is cancelled and nothing placed, until resume', async () => {
    await does('pause');
    await until('every order to be gone', isEmpty);
    expect(await engine.controlStatus()).toMatchObject({ level: 'paused', reason: 'operator' });
    await placesNothing();
    await does('resume');
    await engine.quotesEverything();
    await stop();
  }, 60_000);

  it('halts: nothing is placed, over a restart too, until resume', async () => {
    await does('halt');
    await until('every order to be gone', isEmpty);
    await placesNothing();
    await stop();
    engine = start(engine.state);
    await engine.process.said(/recovered/);
    await placesNothing();
    expect(await engine.controlStatus()).toMatchObject({ level: 'halted', reason: 'operator' });
    await does('resume');
    await engine.quotesEverything();
    await stop();
  }, 60_000);

  it('is not forgotten by a kill -9 right after the answer', async () => {
    await does('halt');
    engine.process.kill('SIGKILL');
    await engine.process.ended();
    engine = start(engine.state);
    await engine.process.said(/recovered/);
    await placesNothing();
    expect(await engine.controlStatus()).toMatchObject({ level: 'halted', reason: 'operator' });
    await stop();
  }, 60_000);

  it('reduces: from then on every order makes a position smaller', async () => {
    await hasPositions();
    await does('reduce');
    const before = (await venue.received()).length;
    await until('orders on one side only', async () => {
      const { instruments } = await engine.controlStatus();
      const resting = await venue.resting();
      const isShrinking = instruments.every(({ instId, position }) =>
        resting
          .filter((order) => order.instId === instId)
          .every(({ side }) =>
            Number(position) > 0 ? side === 'sell' : Number(position) < 0 && side === 'buy',
          ),
      );
      return (isShrinking && (await venue.received()).length > before) || undefined;
    });
    const sizes = async (): Promise<number[]> =>
      (await engine.controlStatus()).instruments.map(({ position }) => Number(position));
    let last = await sizes();
    await until(
      'every position to be closed',
      async () => {
        const now = await sizes();
        for (const [index, size] of now.entries()) {
          expect(Math.abs(size)).toBeLessThanOrEqual(Math.abs(last[index]!));
          expect(size * last[index]!).toBeGreaterThanOrEqual(0);
        }
        last = now;
        return now.every(isFlat) || undefined;
      },
      90_000,
    );
    await stop();
  }, 150_000);

  it('flattens: every position is closed at the venue, and nothing placed until resume', async () => {
    await hasPositions();
    await does('flatten');
    await until(
      'every position to be closed',
      async () => {
        const { instruments } = await engine.controlStatus();
        return instruments.every(({ position }) => isFlat(position)) || undefined;
      },
      30_000,
    );
    const rows = (await venue.call('GET', '/api/v5/account/positions')) as { pos: string }[];
    expect(rows.filter(({ pos }) => Number(pos) !== 0)).toEqual([]);
    await placesNothing();
    expect(await engine.controlStatus()).toMatchObject({ level: 'paused', reason: 'flatten' });
    await does('resume');
    await engine.quotesEverything();
    await stop();
  }, 120_000);
});

describe('a disk that takes nothing', () => {
  it('is told to the operator: done, but a restart would not know of it', async () => {
    venue = await VenueProcess.start();
    engine = new EngineProcess(['--config', scratch.write(exampleConfig(venue.config))], { env: KEYS_ENV });
    await engine.quotesEverything();
    const inTheWay = join(engine.state, 'state.json.tmp');
    await until('a moment between two saves', () => {
      try {
        mkdirSync(inTheWay);
        return true;
      } catch {
        return undefined;
      }
    });
    const answer = await engine.ctl('pause');
    expect(answer).toMatchObject({ code: 1 });
    expect(answer.text).toContain('it could not be written down, so that a restart would not know of it');
    // Safe first: paused it is.
    await until('every order to be gone', isEmpty);
    rmSync(inTheWay, { recursive: true });
    await does('pause');
    engine.process.kill('SIGKILL');
    await engine.process.ended();
    engine = new EngineProcess(
      ['--config', scratch.write(exampleConfig(venue.config)), '--state', engine.state],
      { env: KEYS_ENV },
    );
    await engine.process.said(/recovered/);
    expect(await engine.controlStatus()).toMatchObject({ level: 'paused', reason: 'operator' });
    await stop();
  }, 60_000);
});

describe('ctl', () => {
  it('says that no engine runs there, with 75', async () => {
    const nowhere = join(scratch.folder, 'nowhere');
    for (const word of ['status', 'halt']) {
      expect(await ctl(word, '--state', nowhere)).toEqual({
        code: 75,
        text: `state ${nowhere}: no engine runs there; name the directory that it was started with by --state\n`,
      });
    }
  });

  it.each([
    [[], 'expected one of pause, resume, reduce, flatten, halt, reload, status, was ""'],
    [['stop'], 'expected one of pause, resume, reduce, flatten, halt, reload, status, was "stop"'],
    [['halt', 'now'], 'was "halt now"'],
    [['halt', '--force'], "Unknown option '--force'"],
    [['halt', '--state', ''], '--state: expected a directory, was ""'],
  ])('refuses %j with 2 and the usage', async (args, text) => {
    const answer = await ctl(...args);
    expect(answer.code).toBe(2);
    expect(answer.text).toContain(text);
    expect(answer.text).toContain('npm run -s ctl -- pause|resume|reduce|flatten|halt|reload|status');
  });

  it('explains itself', async () => {
    const answer = await ctl('--help');
    expect(answer.code).toBe(0);
    expect(answer.text).toContain('close the positions within engine.closeBps');
  });
});
