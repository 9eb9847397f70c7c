import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { SystemClock, processOriginMs } from '../../engine/base/clock.ts';
import { parseConfig } from '../../engine/config/load-config.ts';
import { Host } from '../../engine/host/host.ts';
import { Log } from '../../engine/host/log.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { Credentials, Secret } from '../../engine/venue/credentials.ts';
import { stringify } from 'yaml';
import { exampleConfig, newState } from '../e2e/engine-process.ts';
import { RunningProcess, until } from '../e2e/running-process.ts';
import { KEY, PASSPHRASE, SECRET, VenueProcess } from '../e2e/venue-process.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** The roads that are left when the trade session is gone, deaf, or the loop itself has failed: no order may stay behind. */

const TAG = 'E2ETAG04';

let venue: VenueProcess;
let proxy: TcpProxy;
let host: Host;
let log: string[] = [];
let fatal: Error[] = [];

beforeAll(async () => {
  venue = await VenueProcess.start();
});

afterAll(() => RunningProcess.endAll());

beforeEach(async () => {
  proxy = await TcpProxy.start(venue.port);
  const example = exampleConfig({
    ...venue.config,
    private: `ws://127.0.0.1:${proxy.port}/ws/v5/private`,
  });
  example.engine['ackTimeoutMs'] = 500;
  const clock = new SystemClock();
  log = [];
  fatal = [];
  host = await Host.start({
    config: parseConfig(stringify(example), 'test'),
    credentials: new Credentials(KEY, new Secret(SECRET), new Secret(PASSPHRASE)),
    tag: TAG,
    stateDirectory: newState(),
    clock,
    processOriginMs: processOriginMs(),
    version: '0.0.0',
    nodeVersion: process.version,
    log: new Log(clock, (line) => log.push(line)),
    onFatal: (error) => fatal.push(error),
  });
  await quoted();
});

afterEach(() => proxy.close());

const said = (text: string): number => log.filter((line) => line.includes(text)).length;

async function quoted(): Promise<void> {
  await until('every instrument to be quoted', async () => {
    const names = new Set((await venue.resting()).map(({ instId }) => instId));
    return names.size === 3 || undefined;
  });
}

describe('a trade session that cannot come back', () => {
  it('leaves nothing at the venue: REST cancels, and quoting goes on when the session is back', async () => {
    proxy.cut();
    await until(
      'the orders to be gone',
      async () => (await venue.resting()).length === 0 || undefined,
      5_000,
    );
    expect(said('trade: up')).toBe(1);
    proxy.mend();
    await quoted();
    expect(await host.stop()).toEqual({ isConfirmed: true, detail: 'all orders cancelled and confirmed' });
    expect(await venue.resting()).toEqual([]);
    expect(fatal).toEqual([]);
  });

  it('does not keep the stop from cancelling and confirming', async () => {
    proxy.cut();
    const report = await host.stop();
    expect(report.isConfirmed).toBe(true);
    expect(await venue.resting()).toEqual([]);
  });
});

describe('sessions that are up and deaf', () => {
  it('are made anew after a few recoveries', async () => {
    proxy.goDeaf();
    await until('new connections', () => said('trade: up') >= 2 || undefined, 12_000);
    await quoted();
    expect((await host.stop()).isConfirmed).toBe(true);
    expect(await venue.resting()).toEqual([]);
  });
});

describe('a loop that has failed', () => {
  it('is stopped by REST, and its error is what the stop ends with', async () => {
    const failure = new AssertionError('the test’s own');
    const stopped = vi.spyOn(host.loop, 'stop').mockImplementation((nowNs) => {
      host.loop.ladder.raise(KillTrigger.invariant, KillLevel.halted, ACCOUNT);
      // Nothing leaves by the trade session any more.
      host.loop.onSessionDown(2, nowNs);
      throw failure;
    });
    await expect(host.stop()).rejects.toBe(failure);
    stopped.mockRestore();
    expect(said('cancelled by REST and confirmed')).toBe(1);
    expect(await venue.resting()).toEqual([]);
  });

  it('by the answer of a recovery ends the run', async () => {
    const failure = new AssertionError('the test’s own');
    const recovered = vi.spyOn(host.loop, 'onRecovered').mockImplementation(() => {
      throw failure;
    });
    proxy.cut();
    proxy.mend();
    await until('the end of the run', () => fatal.length > 0 || undefined);
    recovered.mockRestore();
    expect(fatal).toEqual([failure]);
    expect((await host.stop()).isConfirmed).toBe(true);
    expect(await venue.resting()).toEqual([]);
  });
});
