import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { FLEET_METRICS } from '../../engine/metrics/fleet-metrics.ts';
import { FleetServer } from '../../monitoring/fleet-server.ts';
import type { FleetAccountStatus, FleetStatus } from '../../monitoring/fleet-status.ts';
import { fetchStatus } from '../../monitoring/status-client.ts';
import { parsePrometheusText } from './prometheus-text.ts';

const UP: FleetAccountStatus = {
  account: 'desk-1',
  phase: 'running',
  pid: 7,
  restarts: 2,
  lastEnd: 'signal SIGKILL',
  pending: null,
  metricsPort: 9_461,
  silenceSeconds: 0.25,
  state: 'reducing',
  level: 'reduceOnly',
  reason: 'operator',
  isReady: false,
  openOrders: 4,
  profit: -12.5,
  held: 300,
};
const DOWN: FleetAccountStatus = {
  ...UP,
  account: 'desk-2',
  phase: 'down',
  pid: null,
  metricsPort: null,
  silenceSeconds: null,
  state: null,
  level: null,
  reason: null,
  openOrders: null,
  profit: null,
  held: null,
};
const STATUS: FleetStatus = {
  timeMs: 1,
  version: '0.1.0',
  isReady: false,
  reasons: ['desk-2: expected quoting, was down'],
  accounts: [UP, DOWN],
  group: {
    profit: -12.5,
    held: 300,
    loss: 12.5,
    drawdown: 20,
    limits: { loss: 10, drawdown: null, notional: 500 },
    exceeded: { limit: 'loss', command: 'halt', text: 'too much' },
  },
};

let server: FleetServer | undefined;
afterEach(() => server?.close());

async function served(status = STATUS): Promise<(path: string) => Promise<Response>> {
  server = await FleetServer.open({ host: '127.0.0.1', port: 0, look: () => status });
  return (path) => fetch(`http://127.0.0.1:${server!.port}${path}`);
}

describe('the supervisor’s port', () => {
  it('has every metric of the list, and what is not known is absent', async () => {
    const get = await served();
    const families = parsePrometheusText(await (await get('/metrics')).text());
    const definitions = Object.values(FLEET_METRICS);
    expect([...families.keys()].sort()).toEqual(definitions.map(({ name }) => name).sort());
    const samples = (name: string) =>
      families.get(name)!.samples.map(({ labels, value }) => [Object.values(labels).join(), value]);
    expect(samples('okxmm_fleet_account_up')).toEqual([
      ['desk-1', 1],
      ['desk-2', 0],
    ]);
    expect(samples('okxmm_fleet_account_final')).toEqual([
      ['desk-1', 0],
      ['desk-2', 1],
    ]);
    // Levels count as okxmm_kill_level does: 2 is reduce only.
    expect(samples('okxmm_fleet_account_level')).toEqual([['desk-1', 2]]);
    expect(samples('okxmm_fleet_account_profit_quote')).toEqual([['desk-1', -12.5]]);
    expect(samples('okxmm_fleet_account_silence_seconds')).toEqual([['desk-1', 0.25]]);
    expect(samples('okxmm_fleet_account_restarts_total')).toEqual([
      ['desk-1', 2],
      ['desk-2', 2],
    ]);
    expect(samples('okxmm_fleet_limit_quote')).toEqual([
      ['loss', 10],
      ['notional', 500],
    ]);
    expect(samples('okxmm_fleet_limit_exceeded')).toEqual([
      ['loss', 1],
      ['drawdown', 0],
      ['notional', 0],
    ]);
    expect(samples('okxmm_fleet_drawdown_quote')).toEqual([['', 20]]);
  });

  it('lives while it answers, and is ready when every account is', async () => {
    const get = await served();
    expect((await get('/healthz')).status).toBe(200);
    const notReady = await get('/readyz');
    expect([notReady.status, await notReady.json()]).toEqual([
      503,
      { isReady: false, reasons: ['desk-2: expected quoting, was down'] },
    ]);
    await server!.close();
    const ready = await (await served({ ...STATUS, isReady: true, reasons: [] }))('/readyz');
    expect(ready.status).toBe(200);
  });

  it('says how all stand', async () => {
    const get = await served();
    expect(await (await get('/status')).json()).toEqual(STATUS);
    expect((await get('/none')).status).toBe(404);
  });

  it('is refused with what to change when it is taken', async () => {
    await served();
    const taken = FleetServer.open({ host: '127.0.0.1', port: server!.port, look: () => STATUS });
    await expect(taken).rejects.toThrow(/EADDRINUSE.*fleet\.metrics\.port/);
  });
});

describe('an account’s figures', () => {
  it('are not waited for longer than is said, and only taken from who answers as an exporter', async () => {
    const silent = createServer((request, response) => {
      if (request.url !== '/status') response.end();
    });
    await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    await expect(fetchStatus('127.0.0.1', port, 100)).rejects.toThrow(/abort/i);
    silent.closeAllConnections();
    silent.close();
    // Nobody listens there any more.
    await expect(fetchStatus('127.0.0.1', port, 100)).rejects.toThrow(/ECONNREFUSED/);
  });
});
