import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineProcess, Scratch, ctl, exampleConfig } from './engine-process.ts';
import type { ConfigFile } from './engine-process.ts';
import { RunningProcess, until } from './running-process.ts';
import { KEYS_ENV, VenueProcess } from './venue-process.ts';

/** What survives a restart, and what the engine does with a state that it cannot trust. */

const CONFIG = 78;
const DONE = { code: 0, signal: null };

const scratch = new Scratch();
let venue: VenueProcess;
let state = '';
let states = 0;

beforeEach(async () => {
  venue = await VenueProcess.start();
  state = join(scratch.folder, `state-${++states}`);
});

afterEach(() => RunningProcess.endAll());

afterAll(() => scratch.remove());

const startWith = (config: ConfigFile, directory = state): EngineProcess =>
  new EngineProcess(['--config', scratch.write(config), '--state', directory], { env: KEYS_ENV });

const start = (): EngineProcess => startWith(exampleConfig(venue.config));

async function stop(engine: EngineProcess): Promise<void> {
  engine.process.kill('SIGTERM');
  expect(await engine.process.ended(), engine.process.output).toEqual(DONE);
  expect(await venue.resting()).toEqual([]);
}

/** The engine stands on a recovered account with every book synced, and does not quote. */
async function standsHalted(engine: EngineProcess): Promise<void> {
  await engine.process.said(/recovered/);
  await until('every book to be synced', async () => {
    const { instruments } = await engine.status();
    return instruments.every(({ book }) => book.isQuotable) || undefined;
  });
  expect(await venue.resting()).toEqual([]);
}

const placed = async (): Promise<number> =>
  (await venue.received()).filter(({ kind }) => kind === 'place').length;

describe('a damaged state', () => {
  it('is kept aside and said; the next start is halted until the operator resumes it', async () => {
    const first = start();
    await first.quotesEverything();
    await stop(first);
    const file = join(state, 'state.json');
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 4;
    writeFileSync(file, bytes);
    const before = await placed();

    const refused = start();
    expect((await refused.process.ended()).code, refused.process.output).toBe(CONFIG);
    expect(refused.process.stderr).toContain(
      `state ${file}: expected what the engine wrote there, was damaged;`,
    );
    expect(refused.process.stderr).toContain(`kept aside as ${file}.damaged-1`);
    expect(refused.process.stderr).toContain('It starts halted');
    expect(readFileSync(`${file}.damaged-1`)).toEqual(bytes);
    expect(await placed()).toBe(before);

    for (const _ of [1, 2]) {
      const halted = start();
      await standsHalted(halted);
      await halted.process.said(/halted: .*the saved state could not be read/);
      await stop(halted);
      expect(await placed()).toBe(before);
    }
    const resumed = start();
    await standsHalted(resumed);
    expect(await resumed.ctl('resume')).toMatchObject({ code: 0 });
    await resumed.quotesEverything();
    await stop(resumed);
    const after = start();
    await after.quotesEverything();
    await stop(after);
  }, 90_000);
});

describe('a state directory', () => {
  it('is one engine’s: a second one is refused and does not disturb the first', async () => {
    const first = start();
    await first.quotesEverything();
    const second = startWith(exampleConfig());
    expect((await second.process.ended()).code).toBe(CONFIG);
    expect(second.process.stderr).toContain(
      `state ${state}: expected to be free, another engine runs on it; stop that one, or name another directory with --state`,
    );
    await first.quotesEverything();
    await stop(first);
  });

  it('that cannot be made, or is too long for a socket, is refused before anything is asked', async () => {
    const file = join(scratch.folder, 'a-file');
    writeFileSync(file, '');
    const inFile = startWith(exampleConfig(venue.config), join(file, 'state'));
    expect((await inFile.process.ended()).code).toBe(CONFIG);
    expect(inFile.process.stderr).toMatch(
      /expected a directory that can be written, was ENOTDIR; name another/,
    );
    const long = startWith(exampleConfig(venue.config), join(scratch.folder, 'd'.repeat(100)));
    expect((await long.process.ended()).code).toBe(CONFIG);
    expect(long.process.stderr).toContain('expected a path short enough for a unix socket');
    expect(await venue.received()).toEqual([]);
  });

  it('of another tag is refused, and left as it is', async () => {
    const first = start();
    await first.quotesEverything();
    await stop(first);
    const before = readFileSync(join(state, 'state.json'));
    const second = startWith({ ...exampleConfig(venue.config), tag: 'ANOTHERTAG' });
    expect((await second.process.ended()).code, second.process.output).toBe(CONFIG);
    expect(second.process.stderr).toContain('PAPERTAG');
    expect(second.process.stderr).toContain('ANOTHERTAG');
    expect(second.process.stderr).toContain('--state');
    expect(readFileSync(join(state, 'state.json'))).toEqual(before);
  });

  it('that an engine left when it was killed is taken over by the next', async () => {
    const first = start();
    await first.quotesEverything();
    first.process.kill('SIGKILL');
    await first.process.ended();
    expect(readdirSync(state)).toContain('control.sock');
    expect(await ctl('status', '--state', state)).toMatchObject({ code: 75 });
    const second = start();
    await second.quotesEverything();
    await stop(second);
    expect(readdirSync(state)).toEqual(['broker', 'journal', 'state.json']);
  });
});

describe('the loss limit', () => {
  it('halts and cancels everything; a restart stays halted, whatever ends it, until the operator resumes', async () => {
    const config = exampleConfig(venue.config);
    // The first fee is a loss that is large enough.
    config.account['lossMax'] = 0.000_001;
    for (const { strategy } of config.instruments)
      Object.assign(strategy, { halfSpreadBps: 0.1, levelStepBps: 0.5 });
    const first = startWith(config);
    await first.process.said(/halted: .*account\.lossMax/, 30_000);
    await until('every order to be gone', async () => (await venue.resting()).length === 0 || undefined);
    const before = await placed();
    first.process.kill('SIGKILL');
    await first.process.ended();

    const second = startWith(config);
    await standsHalted(second);
    await stop(second);
    // A wider limit in the configuration is not the operator's word either.
    config.account['lossMax'] = 1_000;
    const third = startWith(config);
    await standsHalted(third);
    expect(await placed()).toBe(before);
    expect(await third.ctl('resume')).toMatchObject({ code: 0 });
    await third.quotesEverything();
    await stop(third);
  }, 90_000);
});
