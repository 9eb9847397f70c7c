import { EngineState } from '../../engine/metrics/catalog.ts';
import { createExporterServer } from '../../monitoring/exporter-server.ts';
import { parsePrometheusText } from './prometheus-text.ts';
import { SampleEngine } from './sample-engine.ts';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let engine: SampleEngine;
let server: Server;
let base: string;
beforeEach(async () => {
  engine = new SampleEngine();
  server = createExporterServer(engine.memory, engine.clock);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

describe('the exporter', () => {
  test('serves the metrics as text that a Prometheus accepts', async () => {
    const response = await fetch(`${base}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(parsePrometheusText(await response.text()).has('okxmm_build_info')).toBe(true);
  });

  test.each(['/healthz', '/readyz'])('%s turns from 503 to 200 and back', async (path) => {
    expect((await fetch(base + path)).status).toBe(503);
    engine.makeReady();
    expect((await fetch(base + path)).status).toBe(200);
    engine.clock.advanceNs(6e9);
    const late = await fetch(base + path);
    expect(late.status).toBe(503);
    expect(await late.json()).toBeTypeOf('object');
  });

  test('a halted engine is alive but not ready, and says why', async () => {
    engine.makeReady();
    engine.writer.set(engine.writer.cell('engineState'), EngineState.halted);
    engine.writer.set(engine.writer.cell('killReason'), 2);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    const response = await fetch(`${base}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      isReady: false,
      reasons: ['engine: expected quoting, was halted (loss)'],
    });
  });

  test('serves the status, with a query as without', async () => {
    engine.makeReady();
    const response = await fetch(`${base}/status?pretty`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toMatchObject({
      state: 'quoting',
      instruments: [{ name: 'BTC-USDT' }, {}],
    });
  });

  test.each(['/', '/metrics/', '/constructor', '/__proto__', '/../status/x'])(
    '%s is not found',
    async (path) => {
      const response = await fetch(base + path);
      expect(response.status).toBe(404);
      expect(await response.json()).toHaveProperty('error');
    },
  );

  test.each(['POST', 'PUT', 'DELETE', 'PATCH'])(
    '%s is not allowed, and the connection stays usable',
    async (method) => {
      const options: RequestInit = { method, body: 'x'.repeat(100_000) };
      const response = await fetch(`${base}/metrics`, options);
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD');
      expect((await fetch(`${base}/healthz`)).status).toBe(503);
    },
  );

  test('HEAD has the length of the body but no body', async () => {
    const response = await fetch(`${base}/healthz`, { method: 'HEAD' });
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(0);
    expect(await response.text()).toBe('');
  });

  test('many scrapes at once all get the whole text', async () => {
    const texts = await Promise.all(
      Array.from({ length: 20 }, async () => (await fetch(`${base}/metrics`)).text()),
    );
    expect(new Set(texts).size).toBe(1);
    parsePrometheusText(texts[0]);
  });
});
