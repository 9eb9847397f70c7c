/**
 * The exporter's thread: listens, says so, and serves until it is ended. Started by exporter.ts.
 */

import { assert } from '../engine/base/assert.ts';
import { SystemClock } from '../engine/base/clock.ts';
import { MetricsMemory } from '../engine/metrics/cells.ts';
import { createExporterServer } from './exporter-server.ts';
import type { ExporterMessage, ExporterOptions } from './exporter.ts';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

assert(parentPort !== null, 'the exporter runs as a worker thread');
const port = parentPort;
const options = workerData as ExporterOptions;

function say(message: ExporterMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  port.postMessage(message);
}

const memory = new MetricsMemory({ sab: options.sab, dimensions: options.dimensions });
const server = createExporterServer(memory, new SystemClock(options.processOriginMs));
server.once('error', (error: NodeJS.ErrnoException) => {
  say({ type: 'failed', errorCode: error.code ?? 'UNKNOWN', message: error.message });
});
server.listen(options.port, options.host, () => {
  say({ type: 'listening', port: (server.address() as AddressInfo).port });
});
