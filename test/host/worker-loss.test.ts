import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock, processOriginMs } from '../../engine/base/clock.ts';
import { parseConfig } from '../../engine/config/load-config.ts';
import { WorkerControl } from '../../engine/handoff/worker-status.ts';
import { Host } from '../../engine/host/host.ts';
import { Log } from '../../engine/host/log.ts';
import { Credentials, Secret } from '../../engine/venue/credentials.ts';
import { stringify } from 'yaml';
import { exampleConfig, newState, sumOf } from '../e2e/engine-process.ts';
import { RunningProcess, until } from '../e2e/running-process.ts';
import { KEY, PASSPHRASE, SECRET, VenueProcess } from '../e2e/venue-process.ts';
import type { ParsedFamily } from '../monitoring/prometheus-text.ts';
import { parsePrometheusText } from '../monitoring/prometheus-text.ts';

/**
 * A quote worker that dies or hangs while the engine runs, with real threads, sockets and a venue in another process. The
 * engine thread is this test's, so that a worker can be reached to be harmed.
 */

const TAG = 'E2ETAG03';
/** With two workers, the instruments of each. */
const OF_WORKER = [['BTC-USDT', 'ETH-USDT-SWAP'], ['BTC-USDT-SWAP']] as const;

let venue: VenueProcess;
let host: Host;
let log: string[] = [];
const fatal: Error[] = [];

beforeAll(async () => {
  venue = await VenueProcess.start();
});

afterAll(() => RunningProcess.endAll());

beforeEach(async () => {
  const example = exampleConfig(venue.config);
  example.engine['workers'] = OF_WORKER.length;
  const clock = new SystemClock();
  log = [];
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
  await quoted(OF_WORKER.flat());
});

afterEach(async () => {
  const report = await host.stop();
  expect(report).toEqual({ isConfirmed: true, detail: 'all orders cancelled and confirmed' });
  expect(await venue.resting()).toEqual([]);
  expect(fatal).toEqual([]);
});

const has = (text: string) => (log.some((line) => line.includes(text)) ? true : undefined);

async function restingInstruments(): Promise<Set<string>> {
  return new Set((await venue.resting()).map(({ instId }) => instId));
}

async function quoted(names: readonly string[]): Promise<void> {
  await until(`${names.join()} to be quoted`, async () => {
    const resting = await restingInstruments();
    return names.every((name) => resting.has(name)) || undefined;
  });
}

async function metrics(): Promise<Map<string, ParsedFamily>> {
  return parsePrometheusText(await (await fetch(`http://127.0.0.1:${host.metricsPort}/metrics`)).text());
}

const restarts = (families: ReadonlyMap<string, ParsedFamily>, worker: number): number =>
  sumOf(families, 'okxmm_worker_restarts_total', { worker: String(worker) });

describe.each([
  ['dies', WorkerControl.fail, 0],
  ['hangs', WorkerControl.hang, 1],
] as const)('a quote worker that %s', (_, control, worker) => {
  const itsOwn = OF_WORKER[worker]!;
  const others = OF_WORKER[1 - worker]!;

  it('loses its quotes at the venue, is replaced, and its successor quotes', async () => {
    const before = await metrics();
    expect(restarts(before, worker)).toBe(0);
    host.pool.setControl(worker, control);
    await until('the loss to be noticed', () => has(`quote worker ${worker}: lost: `));
    // Its orders leave the venue, while the other worker's stay.
    const resting = await until('its orders to be gone', async () => {
      const names = await restingInstruments();
      return itsOwn.some((name) => names.has(name)) ? undefined : names;
    });
    for (const name of others) expect(resting).toContain(name);

    await until(
      'the successor',
      () => log.filter((line) => line.includes(`worker ${worker}: ready`)).length === 2 || undefined,
    );
    await quoted(OF_WORKER.flat());
    expect(host.pool.restarts(worker)).toBe(1);
    const after = await until('the metric to say so', async () => {
      const families = await metrics();
      return restarts(families, worker) === 1 ? families : undefined;
    });
    expect(restarts(after, 1 - worker)).toBe(0);
    for (const name of itsOwn) {
      const labels = { instrument: name };
      expect(sumOf(after, 'okxmm_quotes_taken_total', labels)).toBeGreaterThan(
        sumOf(before, 'okxmm_quotes_taken_total', labels),
      );
    }
    const readiness = await fetch(`http://127.0.0.1:${host.metricsPort}/readyz`);
    expect(readiness.status).toBe(200);
  });
});
