import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.ts';
import { Credentials, Secret } from '../venue/credentials.ts';
import { HostError } from './host-error.ts';

const LISTEN_TIMEOUT_MS = 15_000;
const EXIT_TIMEOUT_MS = 3_000;

/** The embedded account exists only on the loopback interface and only as long as this process. */
const PAPER_KEY = 'embedded-key';
const PAPER_SECRET = 'embedded-secret';
const PAPER_PASSPHRASE = 'embedded-passphrase';

/**
 * The paper venue as a child process of the engine, in a session of its own so that Ctrl-C reaches only the engine, which
 * still needs the venue to confirm its cancels. It ends when this process does, however that happens: its end of the IPC
 * channel closes.
 */
export class EmbeddedVenue {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static credentials(): Credentials {
    return new Credentials(PAPER_KEY, new Secret(PAPER_SECRET), new Secret(PAPER_PASSPHRASE));
  }

  /**
   * @param markets the instruments that get a market
   * @throws HostError when the venue does not listen within 15 s
   */
  static async start(seed: number, markets: readonly string[]): Promise<EmbeddedVenue> {
    const script = join(packageRoot(), 'dist', 'engine', 'cli', 'paper.js');
    const account = `${PAPER_KEY}:${PAPER_SECRET}:${PAPER_PASSPHRASE}`;
    const args = ['--port', '0', '--embedded', '--account', account, '--seed', String(seed)];
    const child = fork(script, [...args, ...markets.flatMap((instId) => ['--market', instId])], {
      detached: true,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const port = await new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(
          new HostError(
            'VENUE_UNREACHABLE',
            `embedded paper venue: expected to listen within ${LISTEN_TIMEOUT_MS} ms, was silent`,
          ),
        );
      }, LISTEN_TIMEOUT_MS);
      child.once('message', (message: unknown) => {
        clearTimeout(timer);
        resolve((message as { port: number }).port);
      });
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        reject(
          new HostError(
            'VENUE_UNREACHABLE',
            `embedded paper venue: expected to listen, was ended (${signal ?? code})`,
          ),
        );
      });
    });
    return new EmbeddedVenue(child, port);
  }

  /** Calls `onExit` with how, if the venue ends before `stop`. */
  watch(onExit: (how: string) => void): void {
    this.#child.once('exit', (code, signal) => onExit(String(signal ?? code)));
  }

  async stop(): Promise<void> {
    this.#child.removeAllListeners('exit');
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), EXIT_TIMEOUT_MS);
      this.#child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#child.kill('SIGTERM');
    });
  }
}
