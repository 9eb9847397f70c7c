import { SystemClock } from '../../engine/base/clock.ts';
import { createMetricsMemory, MetricsWriter } from '../../engine/metrics/cells.ts';
import type { Exporter } from '../../monitoring/exporter.ts';
import { startExporter } from '../../monitoring/exporter.ts';
import { SAMPLE_DIMENSIONS } from '../metrics/sample-dimensions.ts';
import { parsePrometheusText } from './prometheus-text.ts';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';

const started: Exporter[] = [];
/** What SystemClock takes when it is given nothing, in this thread. */
const processOriginMs = performance.timeOrigin;
afterEach(async () => {
  for (const exporter of started.splice(0)) await exporter.close();
});

/** The real thread from the compiled code (`npm test` compiles first). */
async function start(memory = createMetricsMemory(SAMPLE_DIMENSIONS), port = 0): Promise<Exporter> {
  const exporter = await startExporter({ ...memory.share, host: '127.0.0.1', port, processOriginMs });
  started.push(exporter);
  return exporter;
}

describe('startExporter', () => {
  test('another thread serves what this one counts, with ages by the same clock', async () => {
    const memory = createMetricsMemory(SAMPLE_DIMENSIONS);
    const exporter = await start(memory);
    const writer = new MetricsWriter(memory);
    writer.increment(writer.cell('turns'), 42);
    writer.set(writer.cell('engineHeartbeat'), new SystemClock().nowNs());
    const base = `http://127.0.0.1:${exporter.port}`;
    const families = parsePrometheusText(await (await fetch(`${base}/metrics`)).text());
    expect(families.get('okxmm_turns_total')!.samples[0].value).toBe(42);
    // The age is right only when both threads' clocks count from the same origin.
    const age = families.get('okxmm_engine_heartbeat_age_seconds')!.samples[0].value;
    expect(age).toBeGreaterThanOrEqual(0);
    expect(age).toBeLessThan(5);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  });

  test('a scrape is answered while this thread stands still', async () => {
    const exporter = await start();
    const answer = new Int32Array(new SharedArrayBuffer(4));
    const source = `
      const { workerData } = require('node:worker_threads');
      fetch(workerData.url).then((response) => {
        Atomics.store(workerData.answer, 0, response.status);
        Atomics.notify(workerData.answer, 0);
      });
    `;
    const url = `http://127.0.0.1:${exporter.port}/metrics`;
    const scraper = new Worker(source, { eval: true, workerData: { url, answer } });
    // From here to the answer this thread runs nothing at all: no event loop, no callback.
    expect(Atomics.wait(answer, 0, 0, 10_000)).toBe('ok');
    expect(answer[0]).toBe(200);
    await scraper.terminate();
  });

  test('closing ends the thread and frees the port', async () => {
    const exporter = await start();
    await exporter.close();
    await exporter.close();
    expect(await exporter.ended).toBeNull();
    const again = await start(undefined, exporter.port);
    expect(again.port).toBe(exporter.port);
  });

  test('a taken port is refused with what to change', async () => {
    const occupant = createServer();
    occupant.listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const { port } = occupant.address() as AddressInfo;
    await expect(start(undefined, port)).rejects.toMatchObject({
      code: 'EXPORTER_PORT_TAKEN',
      message: `exporter: expected 127.0.0.1:${port} to be free, but another process listens there; stop it or change metrics.port`,
    });
    occupant.close();
    await once(occupant, 'close');
  });

  test('an address that is not this machine’s is refused', async () => {
    const memory = createMetricsMemory(SAMPLE_DIMENSIONS);
    const outcome = startExporter({ ...memory.share, host: '203.0.113.1', port: 0, processOriginMs });
    await expect(outcome).rejects.toMatchObject({ code: 'EXPORTER_FAILED' });
    await expect(outcome).rejects.toThrow(/EADDRNOTAVAIL.*metrics\.host/);
  });

  test('memory of another layout is refused instead of being read wrongly', async () => {
    const { sab } = createMetricsMemory(SAMPLE_DIMENSIONS).share;
    const dimensions = { ...SAMPLE_DIMENSIONS, connections: ['public', 'private'] };
    const outcome = startExporter({ sab, dimensions, host: '127.0.0.1', port: 0, processOriginMs });
    await expect(outcome).rejects.toThrow(/same catalogue and dimensions/);
  });
});
