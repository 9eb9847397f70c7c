/**
 * The exporter's thread: listens, says so, and serves until it is ended. Started by exporter.ts.
 */

import { assert } from '../engine/base/assert.ts';
import { SystemClock } from '../engine/base/clock.ts';
import { MetricsMemory } from '../engine/metrics/cells.ts';
import { createExporterServer } from './exporter-server.ts';
import type { ExporterMessage, ExporterOptions } from './exporter.ts';
import { StatusReader } from './status.ts';
import { Terminal } from './terminal.ts';
import { writeSync } from 'node:fs';
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
const clock = new SystemClock(options.processOriginMs);
const server = createExporterServer(memory, clock);
server.once('error', (error: NodeJS.ErrnoException) => {
  say({ type: 'failed', errorCode: error.code ?? 'UNKNOWN', message: error.message });
});
server.listen(options.port, options.host, () => {
  say({ type: 'listening', port: (server.address() as AddressInfo).port });
});

const STANDARD_OUTPUT = 1;

/** Straight to the file: a thread's process.stdout goes through the engine thread. A slow reader loses what it misses. */
function writeOut(text: string): void {
  try {
    writeSync(STANDARD_OUTPUT, text);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code !== 'EAGAIN' && code !== 'EPIPE') throw error;
  }
}

if (options.terminal !== undefined) {
  const terminal = new Terminal(new StatusReader(memory, clock), options.terminal, writeOut);
  terminal.start();
  port.on('message', (line: string) => terminal.log(line));
}
