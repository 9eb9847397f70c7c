import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineProcess, Scratch, exampleConfig, sumOf } from './engine-process.ts';
import { RunningProcess, until } from './running-process.ts';
import { KEYS_ENV, VenueProcess } from './venue-process.ts';

/** What a venue does to its clients while they trade: the engine withdraws where it must, and quotes again by itself. */

const INSTRUMENT = 'BTC-USDT-SWAP';
const OF_IT = { instrument: INSTRUMENT };

const scratch = new Scratch();
let venue: VenueProcess;
let engine: EngineProcess;

beforeEach(async () => {
  venue = await VenueProcess.start();
  const config = exampleConfig(venue.config);
  // Brakes that let go in time for a test.
  for (const instrument of config.instruments) {
    instrument['brakes'] = { volatilityBps: 100, volatilityWindowMs: 2_000, adverseBps: 20, holdMs: 2_000 };
  }
  engine = new EngineProcess(['--config', scratch.write(config)], { env: KEYS_ENV });
  await engine.quotesEverything();
});

afterEach(() => RunningProcess.endAll());

afterAll(() => scratch.remove());

const metric = async (name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> =>
  sumOf(await engine.metrics(), name, labels);

async function stop(): Promise<unknown> {
  engine.process.kill('SIGTERM');
  const exit = await engine.process.ended();
  return { exit, resting: await venue.resting() };
}

const CLEAN = { exit: { code: 0, signal: null }, resting: [] };

describe('the venue', () => {
  it('loses an update: the book is rebuilt from a new snapshot and quoted again', async () => {
    const { instruments } = await engine.status();
    const epoch = instruments.find(({ name }) => name === INSTRUMENT)!.book.epoch;
    await venue.fault({ kind: 'gap', instId: INSTRUMENT });
    await until(
      'the gap to be seen',
      async () => (await metric('okxmm_book_gaps_total', OF_IT)) === 1 || undefined,
    );
    const after = await engine.quotesEverything();
    for (const { name, book } of after.instruments) {
      expect(book.epoch - epoch, name).toBe(name === INSTRUMENT ? 1 : 0);
    }
    expect(await metric('okxmm_book_gaps_total')).toBe(1);
    await engine.process.said(
      new RegExp(`book ${INSTRUMENT}: broken: an update is missing;[\\s\\S]*synced again`),
    );
    expect(await metric('okxmm_session_reconnects_total')).toBe(0);
    expect(await stop()).toEqual(CLEAN);
  });

  it('starts its sequence numbers anew: no gap, and quoting goes on', async () => {
    await venue.fault({ kind: 'reset', instId: INSTRUMENT });
    await until(
      'the reset to be seen',
      async () => (await metric('okxmm_book_resets_total', OF_IT)) === 1 || undefined,
    );
    await engine.quotesEverything();
    expect(await metric('okxmm_book_gaps_total')).toBe(0);
    expect(await stop()).toEqual(CLEAN);
  });

  it('announces an upgrade: every session moves to a new connection, and none is down in between', async () => {
    await venue.fault({ kind: 'notice' });
    for (const name of ['public', 'private', 'trade']) {
      await engine.process.said(new RegExp(`${name}: switched to a new connection`));
    }
    await engine.quotesEverything();
    expect(await metric('okxmm_session_reconnects_total')).toBe(0);
    expect(await stop()).toEqual(CLEAN);
  });

  it('suspends an instrument: that one is withdrawn, the others are quoted on, and it comes back', async () => {
    await venue.fault({ kind: 'suspend', instId: INSTRUMENT });
    const restingOf = async (isIt: boolean): Promise<number> =>
      (await venue.resting()).filter(({ instId }) => (instId === INSTRUMENT) === isIt).length;
    await until('its orders to be gone', async () => (await restingOf(true)) === 0 || undefined);
    const { length } = await venue.received();
    await until('the others to be quoted on', async () => {
      const since = (await venue.received()).slice(length);
      expect(since.filter(({ kind, instId }) => kind === 'place' && instId === INSTRUMENT)).toEqual([]);
      return (await restingOf(false)) > 0 && since.length > 50 ? true : undefined;
    });
    await venue.fault({ kind: 'live', instId: INSTRUMENT });
    await engine.quotesEverything();
    expect(await stop()).toEqual(CLEAN);
  });

  it('goes into maintenance: paused for its time, and quoting again by itself', async () => {
    await venue.fault({ kind: 'maintenance', isOn: true });
    await until('the pause', async () => {
      const { level, reason } = await engine.controlStatus();
      return (level === 'paused' && reason === 'venueStatus') || undefined;
    });
    await venue.fault({ kind: 'maintenance', isOn: false });
    await engine.quotesEverything(30_000);
    expect(await engine.controlStatus()).toMatchObject({ level: 'quoting' });
    expect(await stop()).toEqual(CLEAN);
  }, 60_000);

  it('moves a market by far: its instruments are withdrawn, and quoted again when it is calm', async () => {
    const levels = async (): Promise<string[]> =>
      (await engine.controlStatus()).instruments.map(({ level }) => level);
    await venue.movePrice('BTC-USDT', 250);
    await until('the brake', async () => (await levels())[0] === 'paused' || undefined);
    await until(
      'its orders to be gone',
      async () => (await venue.resting()).every(({ instId }) => instId !== 'BTC-USDT') || undefined,
    );
    expect((await levels())[2]).toBe('quoting');
    await until(
      'the calm',
      async () => (await levels()).every((level) => level === 'quoting') || undefined,
      30_000,
    );
    await engine.quotesEverything();
    expect(await stop()).toEqual(CLEAN);
  }, 60_000);
});
