import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EngineProcess, Scratch, exampleConfig } from './engine-process.ts';
import { RunningProcess, until } from './running-process.ts';
import { KEY, KEYS_ENV, PASSPHRASE, SECRET, VenueProcess } from './venue-process.ts';

/** The engine against a venue of its own, as with OKX: keys from the environment, endpoints from the configuration. */

const TAG = 'E2ETAG01';
/** What the first run sends before it is stopped: some seconds of it. */
const REQUESTS_MIN = 300;

const scratch = new Scratch();
let venue: VenueProcess;
let configFile = '';

beforeAll(async () => {
  venue = await VenueProcess.start();
  configFile = scratch.write({ ...exampleConfig(venue.config), tag: TAG });
});

const engines: EngineProcess[] = [];

afterEach(async () => {
  // What a test that failed has left running would trade against the next one's.
  for (const { process: engine } of engines.splice(0)) {
    if (engine.exit !== undefined) continue;
    engine.kill('SIGTERM');
    await engine.ended();
  }
  expect(await venue.resting()).toEqual([]);
});

afterAll(async () => {
  await venue.stop();
  await RunningProcess.endAll();
  scratch.remove();
});

function start(
  args: readonly string[] = [],
  config = configFile,
  env: Readonly<Record<string, string>> = KEYS_ENV,
): EngineProcess {
  const engine = new EngineProcess(['--config', config, ...args], { env });
  engines.push(engine);
  return engine;
}

const DONE = { code: 0, signal: null };

function expectSummary({ process: { stdout } }: EngineProcess): void {
  expect(stdout).toMatch(/ran \d+\.\d s; net profit -?\d+\.\d{4}/);
  for (const instId of ['BTC-USDT', 'BTC-USDT-SWAP', 'ETH-USDT-SWAP']) {
    expect(stdout).toMatch(new RegExp(`^  ${instId} +position .*fills .*volume .*profit .*USDT$`, 'm'));
  }
  expect(stdout).toContain('all orders cancelled and confirmed');
}

describe('the engine on a venue of its own', () => {
  it('quotes within 5 s, tags every order, shows no secret, and on SIGTERM leaves nothing behind', async () => {
    const engine = start();
    await engine.quotesEverything(5_000);
    expect(new Set((await venue.resting()).map(({ instId }) => instId))).toEqual(
      new Set(['BTC-USDT', 'BTC-USDT-SWAP', 'ETH-USDT-SWAP']),
    );
    const received = await until(
      'enough requests',
      async () => {
        const all = await venue.received();
        return all.length >= REQUESTS_MIN ? all : undefined;
      },
      30_000,
    );
    const base = await engine.base();
    const shown = await Promise.all(
      ['metrics', 'status', 'readyz', 'healthz'].map(async (path) => (await fetch(`${base}/${path}`)).text()),
    );
    engine.process.kill('SIGTERM');
    expect(await engine.process.ended(), engine.process.output).toEqual(DONE);
    expectSummary(engine);
    expect(new Set(received.map(({ kind }) => kind))).toContain('amend');
    const places = (await venue.received()).filter(({ kind }) => kind === 'place');
    expect(places.length).toBeGreaterThanOrEqual(18);
    expect(new Set(places.map(({ tag }) => tag))).toEqual(new Set([TAG]));
    expect(places.every(({ clOrdId }) => /^1\d{18}$/.test(clOrdId))).toBe(true);
    const everything = [engine.process.output, venue.process.output, ...shown].join('\n');
    for (const secret of [KEY, SECRET, PASSPHRASE]) expect(everything).not.toContain(secret);
    // Where the environment could leak by another road, it would be seen here.
    expect(everything).toContain(TAG);
  }, 60_000);

  it('stops the same way on SIGINT', async () => {
    const engine = start();
    await engine.quotesEverything();
    engine.process.kill('SIGINT');
    expect(await engine.process.ended(), engine.process.output).toEqual(DONE);
    expectSummary(engine);
  });

  it('stops the same way when the duration is over', async () => {
    const engine = start(['--duration', '8s']);
    await until('orders to rest', async () => (await venue.resting()).length > 0 || undefined);
    expect(await engine.process.ended(), engine.process.output).toEqual(DONE);
    expectSummary(engine);
  });

  it('stops the same way when it is told while it still starts', async () => {
    const engine = start();
    await engine.process.said(/metrics and status on/);
    engine.process.kill('SIGTERM');
    expect(await engine.process.ended(), engine.process.output).toEqual(DONE);
    expectSummary(engine);
  });

  it('runs on demo terms with a tag from the environment', async () => {
    const config = exampleConfig({ ...venue.config, kind: 'demo', depthChannel: 'books' });
    delete config['tag'];
    const engine = start([], scratch.write(config), { ...KEYS_ENV, OKX_BROKER_TAG: 'fromEnv16chars00' });
    await engine.quotesEverything();
    expect(new Set((await venue.resting()).map(({ tag }) => tag))).toEqual(new Set(['fromEnv16chars00']));
    engine.process.kill('SIGTERM');
    expect(await engine.process.ended(), engine.process.output).toEqual(DONE);
    expectSummary(engine);
  });
});
