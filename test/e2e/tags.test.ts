import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineProcess, Scratch, exampleConfig, newState, sumOf } from './engine-process.ts';
import type { ConfigFile } from './engine-process.ts';
import { ROOT, RunningProcess, until } from './running-process.ts';
import { KEYS_ENV, VenueProcess } from './venue-process.ts';

/** The broker's tag on every order, and a venue that does not give it back: noticed on the first order, and nothing rests. */

const TAG = '6b9ad766b55dBCDE';
/** Both sides of three instruments, three levels each, and a side that moves before the first answer comes. */
const FIRST_LADDER = 18 + 3;
const STOPPED = { code: 0, signal: null };
const CONFIG_EXIT = { code: 78, signal: null };

const scratch = new Scratch();
let venue: VenueProcess;

beforeEach(async () => {
  venue = await VenueProcess.start();
});

afterEach(() => RunningProcess.endAll());

afterAll(() => scratch.remove());

function configOf(broker: Readonly<Record<string, unknown>> = {}): ConfigFile {
  const config = exampleConfig(venue.config);
  config['tag'] = TAG;
  config['broker'] = broker;
  return config;
}

const start = (config: ConfigFile, state = newState()): EngineProcess =>
  new EngineProcess(['--config', scratch.write(config), '--state', state], { env: KEYS_ENV });

const strip = (mode: 'strip' | 'change' | 'keep'): Promise<void> => venue.fault({ kind: 'tags', mode });

async function pausedByTag(engine: EngineProcess): Promise<void> {
  await engine.base();
  await until('the engine to pause', async () => {
    const { reason, openOrders } = await engine.controlStatus();
    return (reason === 'tagMismatch' && openOrders === 0) || undefined;
  });
  await engine.process.said(
    /paused: every order is cancelled, and none is placed: the venue gave an order of ours back/,
  );
  expect(await venue.resting()).toEqual([]);
}

async function stop(engine: EngineProcess): Promise<void> {
  engine.process.kill('SIGTERM');
  expect(await engine.process.ended(), engine.process.output).toEqual(STOPPED);
  expect(await venue.resting()).toEqual([]);
}

async function replay(state: string): Promise<{ code: number | null; text: string }> {
  const script = join(ROOT, 'dist', 'engine', 'cli', 'okx-mm.js');
  const command = new RunningProcess(process.execPath, [script, 'replay', join(state, 'journal')]);
  const { code } = await command.ended();
  return { code, text: command.output };
}

describe('a venue', () => {
  it('that strips tags is noticed on the first order: nothing rests, until the operator says so', async () => {
    await strip('strip');
    const engine = start(configOf());
    await pausedByTag(engine);
    const places = (): Promise<number> =>
      venue.received().then((all) => all.filter(({ kind }) => kind === 'place').length);
    const first = await places();
    expect(first).toBeLessThanOrEqual(FIRST_LADDER);
    // The tag is what was sent: it is the venue that lost it.
    expect(
      new Set((await venue.received()).filter(({ kind }) => kind === 'place').map(({ tag }) => tag)),
    ).toEqual(new Set([TAG]));
    const metrics = await until('metrics that say so', async () => {
      const told = await engine.metrics();
      // Answers and pushes come by two connections: either may be first.
      return sumOf(told, 'okxmm_tag_mismatches_total') > 0 ? told : undefined;
    });
    expect(sumOf(metrics, 'okxmm_kill_active', { trigger: 'tagMismatch' })).toBe(1);
    // However the market moves, and over a restart.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(await places()).toBe(first);
    await stop(engine);
    const second = start(configOf(), engine.state);
    await pausedByTag(second);
    expect(await places()).toBe(first);
    await strip('keep');
    expect((await second.ctl('resume')).code).toBe(0);
    await second.quotesEverything();
    expect(new Set((await venue.resting()).map(({ tag }) => tag))).toEqual(new Set([TAG]));
    await stop(second);
    const proof = await replay(engine.state);
    expect(proof.code, proof.text).toBe(0);
    expect(proof.text).toContain('the whole run is proven');
  }, 90_000);

  it('that changes tags while we trade is noticed on the next order', async () => {
    const engine = start(configOf());
    await engine.quotesEverything();
    await strip('change');
    await pausedByTag(engine);
    const mine = (await venue.received()).filter(({ kind }) => kind === 'place');
    expect(new Set(mine.map(({ tag }) => tag))).toEqual(new Set([TAG]));
    await stop(engine);
  }, 60_000);
});

describe('the probe of a start', () => {
  it('shows that the tag comes back, before anything is quoted', async () => {
    const engine = start(configOf({ probe: true }));
    await engine.quotesEverything();
    expect(engine.process.output).toMatch(
      new RegExp(`tag ${TAG}: the venue gives it back \\(order \\d+ of \\S+, cancelled\\)`),
    );
    const [probe, ...others] = await venue.received();
    expect(probe).toMatchObject({ kind: 'place', tag: TAG, sCode: '0' });
    expect(others[0]).toMatchObject({ kind: 'cancel', ordId: probe!.ordId, sCode: '0' });
    expect((await venue.resting()).some(({ ordId }) => ordId === probe!.ordId)).toBe(false);
    await stop(engine);
  }, 60_000);

  it.each(['strip', 'change'] as const)(
    'refuses to start where the venue would %s it',
    async (mode) => {
      await strip(mode);
      const engine = start(configOf({ probe: true }));
      expect(await engine.process.ended(), engine.process.output).toEqual(CONFIG_EXIT);
      expect(engine.process.output).toContain(`tag: expected the venue to give ${TAG} back, was `);
      expect(engine.process.output).toContain('ask OKX about the broker code');
      expect((await venue.received()).filter(({ kind }) => kind === 'place')).toHaveLength(1);
      expect(await venue.resting()).toEqual([]);
    },
    60_000,
  );
});

describe('ids that begin with the tag', () => {
  it('are traded with, found by the next start after a kill, and proven by a replay', async () => {
    const ids = new RegExp(`^${TAG}[0-9a-z]{6}\\d{10}$`);
    const prefixed = configOf({ clOrdIdPrefix: true });
    const engine = start(prefixed);
    await engine.quotesEverything();
    await until(
      'fills',
      async () => sumOf(await engine.metrics(), 'okxmm_fills_total') > 0 || undefined,
      40_000,
    );
    const places = (await venue.received()).filter(({ kind }) => kind === 'place');
    expect(places.filter(({ clOrdId }) => !ids.test(clOrdId))).toEqual([]);
    const status = await engine.controlStatus();
    expect(status.level).toBe('quoting');
    engine.process.kill('SIGKILL');
    await engine.process.ended();
    const left = (await venue.resting()).map(({ ordId }) => ordId);
    expect(left.length).toBeGreaterThan(0);
    // The next one names its orders otherwise, and takes these out all the same.
    const second = start(configOf(), engine.state);
    await second.quotesEverything();
    const resting = await venue.resting();
    expect(resting.filter(({ ordId }) => left.includes(ordId))).toEqual([]);
    expect(resting.filter(({ clOrdId }) => !/^1\d{18}$/.test(clOrdId))).toEqual([]);
    expect(sumOf(await second.metrics(), 'okxmm_recovery_differences_total')).toBe(0);
    await stop(second);
    const proof = await replay(engine.state);
    expect(proof.code, proof.text).toBe(0);
  }, 120_000);
});
