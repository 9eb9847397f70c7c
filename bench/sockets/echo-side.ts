/**
 * The far side of the socket benchmark, in a process of its own: sends every message back, on a plain port and on one with
 * TLS. While it is told to spin its event loop is kept turning by setImmediate, so that its wake-up is not what is measured.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { FarConnection } from '../wire/far-connection.ts';

/** From the benchmark: spin from now on, or sleep. */
export interface EchoOrder {
  readonly isSpinning: boolean;
}

/** Told to the benchmark once. */
export interface EchoPorts {
  readonly plain: number;
  readonly tls: number;
}

const HANDLER = {
  opened: (): void => undefined,
  message: (connection: FarConnection, bytes: Buffer, start: number, end: number): void => {
    connection.send(bytes, start, end);
  },
  pong: (): void => undefined,
};

let isSpinning = false;

function turn(): void {
  if (isSpinning) setImmediate(turn);
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

process.on('message', (order: EchoOrder) => {
  const wasSpinning = isSpinning;
  isSpinning = order.isSpinning;
  if (isSpinning && !wasSpinning) setImmediate(turn);
});
process.on('disconnect', () => process.exit(0));

const [keyFile, certFile] = process.argv.slice(2);
const accept = (socket: Socket): FarConnection => new FarConnection(socket, HANDLER);
const plain = await listen(createServer(accept));
const tls = await listen(
  createTlsServer({ key: readFileSync(keyFile!), cert: readFileSync(certFile!) }, accept),
);
process.send!({ plain, tls } satisfies EchoPorts);
