import { afterEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { SystemClock, processOriginMs } from '../../engine/base/clock.ts';
import { parseConfig } from '../../engine/config/load-config.ts';
import { ControlClient } from '../../engine/control/control-client.ts';
import { EmbeddedVenue } from '../../engine/host/embedded-venue.ts';
import { Host } from '../../engine/host/host.ts';
import { Log } from '../../engine/host/log.ts';
import { LoopRequest } from '../../engine/loop/loop-options.ts';
import { Credentials, Secret } from '../../engine/venue/credentials.ts';
import { exampleConfig, newState } from '../e2e/engine-process.ts';
import type { ConfigFile, ControlStatus } from '../e2e/engine-process.ts';
import { RunningProcess, descendantsOf, until } from '../e2e/running-process.ts';
import { KEY, PASSPHRASE, SECRET, VenueProcess } from '../e2e/venue-process.ts';

/** An engine that is replaced in place, because its instruments are not any more what they were when it started. */

const log: string[] = [];
const fatal: Error[] = [];
let state = '';

afterEach(async () => {
  await RunningProcess.endAll();
  log.length = 0;
  expect(fatal.splice(0)).toEqual([]);
});

function startHost(config: ConfigFile, credentials: Credentials): Promise<Host> {
  // Close to the market, so that there is something to carry over in seconds.
  for (const { strategy } of config.instruments) {
    Object.assign(strategy, { halfSpreadBps: 0.1, levelStepBps: 0.5 });
  }
  const clock = new SystemClock();
  state = newState();
  return Host.start({
    config: parseConfig(stringify(config), 'test'),
    credentials,
    tag: 'E2ETAG05',
    stateDirectory: state,
    clock,
    processOriginMs: processOriginMs(),
    version: '0.0.0',
    nodeVersion: process.version,
    log: new Log(clock, (line) => log.push(line)),
    onFatal: (error) => fatal.push(error),
  });
}

const ownKeys = new Credentials(KEY, new Secret(SECRET), new Secret(PASSPHRASE));
const CONFIRMED = { isConfirmed: true, detail: 'all orders cancelled and confirmed' };

/** As `ctl status` shows it: the socket stays through all of it. */
const status = async (): Promise<ControlStatus> =>
  (await new ControlClient(state).status()) as unknown as ControlStatus;

const fills = ({ instruments }: ControlStatus): number =>
  instruments.reduce((sum, instrument) => sum + instrument.fills, 0);

/** Every instrument has orders. */
function quoted(): Promise<ControlStatus> {
  return until('every instrument to be quoted', async () => {
    const now = await status();
    const isQuoted = now.phase === 'quoting' && now.instruments.every(({ openOrders }) => openOrders > 0);
    return isQuoted ? now : undefined;
  });
}

async function tradedSome(): Promise<ControlStatus> {
  return until('some fills', async () => (fills(await status()) >= 5 ? status() : undefined), 60_000);
}

describe('a reload', () => {
  it('stops the engine as on exit and starts another, with what the first one earned', async () => {
    const venue = await VenueProcess.start();
    const host = await startHost(exampleConfig(venue.config), ownKeys);
    const { engine, metricsPort } = host;
    await quoted();
    const before = await tradedSome();
    engine.request(LoopRequest.reload, 0);
    await until('another engine', () => host.engine !== engine || undefined);
    const after = await quoted();
    expect(log.filter((line) => line.includes('reload: '))).toEqual([
      expect.stringContaining('reload: grid or code of BTC-USDT is another one now'),
      expect.stringContaining('reload: all orders cancelled and confirmed'),
    ]);
    expect(after.run).toBeGreaterThan(before.run);
    expect(after.pid).toBe(process.pid);
    expect(fills(after)).toBeGreaterThanOrEqual(fills(before));
    expect(host.metricsPort).toBe(metricsPort);
    const positions = (await venue.call('GET', '/api/v5/account/positions')) as { pos: string }[];
    expect(positions.length).toBeGreaterThan(0);
    expect(await host.stop()).toEqual(CONFIRMED);
    expect(await venue.resting()).toEqual([]);
  }, 120_000);

  it('that the stop overtakes ends with it', async () => {
    const venue = await VenueProcess.start();
    const host = await startHost(exampleConfig(venue.config), ownKeys);
    await quoted();
    host.engine.request(LoopRequest.reload, 1);
    await until('the reload to begin', () => log.some((line) => line.includes('reload: ')) || undefined);
    const client = new ControlClient(state);
    expect(await client.status()).toMatchObject({ phase: 'starting' });
    await expect(client.command('halt')).rejects.toThrow('just starting or stopping; again in a moment');
    expect(await host.stop()).toMatchObject({ isConfirmed: true });
    expect(await venue.resting()).toEqual([]);
  }, 60_000);

  it('leaves the embedded venue as it is, with the positions there', async () => {
    const host = await startHost(exampleConfig(), EmbeddedVenue.credentials());
    const { engine } = host;
    await quoted();
    const before = await tradedSome();
    const venue = descendantsOf(process.pid);
    expect(venue).toHaveLength(1);
    engine.request(LoopRequest.reload, 2);
    await until('another engine', () => host.engine !== engine || undefined);
    const after = await quoted();
    expect(descendantsOf(process.pid)).toEqual(venue);
    expect(fills(after)).toBeGreaterThanOrEqual(fills(before));
    expect((await host.stop()).isConfirmed).toBe(true);
  }, 120_000);
});
