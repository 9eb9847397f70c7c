import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../engine/config/package-root.ts';
import type { EchoOrder, EchoPorts } from './echo-side.ts';

const START_TIMEOUT_MS = 20_000;
const TLS_FILES = ['localhost.key', 'localhost.crt'].map((name) =>
  join(packageRoot(), 'test/fixtures/tls', name),
);

/** The echo's process, seen from the benchmark's. */
export class EchoProcess {
  readonly ports: EchoPorts;
  /** The certificate to trust, PEM. */
  readonly ca: string = readFileSync(TLS_FILES[1]!, 'latin1');
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, ports: EchoPorts) {
    this.#child = child;
    this.ports = ports;
  }

  static async start(): Promise<EchoProcess> {
    const child = fork(echoFile(), TLS_FILES, { execArgv: [] });
    try {
      const ports = await new Promise<EchoPorts>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`echo: expected its ports within ${START_TIMEOUT_MS} ms`)),
          START_TIMEOUT_MS,
        );
        child.once('exit', (code) => reject(new Error(`echo: ended by itself with code ${code}`)));
        child.once('message', (message) => {
          clearTimeout(timer);
          resolve(message as EchoPorts);
        });
      });
      return new EchoProcess(child, ports);
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  spin(isSpinning: boolean): void {
    this.#child.send({ isSpinning } satisfies EchoOrder);
  }

  async close(): Promise<void> {
    if (!this.#child.connected) return;
    const ended = new Promise((resolve) => {
      this.#child.once('exit', resolve);
    });
    this.#child.disconnect();
    await ended;
  }
}

/** The compiled far side: beside this file, or in dist/ when this file runs as TypeScript (tests). */
function echoFile(): string {
  const file = import.meta.url.endsWith('.ts')
    ? join(packageRoot(), 'dist/bench/sockets/echo-side.js')
    : join(import.meta.dirname, 'echo-side.js');
  if (!existsSync(file)) throw new Error(`echo: expected ${file}, was missing; run npm run build`);
  return file;
}
