/**
 * The process of one account's engine: started with nothing but what is its own, its lines told with its name, and an end of
 * it noticed however it comes.
 *
 * Owner:      the supervisor.
 * Invariants: at most one process at a time. It is in a session of its own, so that Ctrl-C reaches the supervisor alone,
 *             which stops all; and has a channel to it, so that it stops by itself when the supervisor is no more.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { ProcessEnd } from './restart-policy.ts';

/** What an account's process tells its supervisor, once it runs. */
export interface AccountMessage {
  readonly metricsPort: number;
}

export interface AccountProcessOptions {
  /** The compiled command. */
  readonly script: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onLine: (line: string) => void;
  readonly onEnd: (end: ProcessEnd) => void;
}

const LINES_MS = 1_000;

export class AccountProcess {
  readonly #options: AccountProcessOptions;
  #child: ChildProcess | undefined;
  #metricsPort = 0;

  constructor(options: AccountProcessOptions) {
    this.#options = options;
  }

  /** 0 while there is none. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Where its exporter listens; 0 before it does. */
  get metricsPort(): number {
    return this.#metricsPort;
  }

  start(): void {
    if (this.#child !== undefined) return;
    const { script, args, environment, onEnd, onLine } = this.#options;
    this.#metricsPort = 0;
    const child = fork(script, [...args], {
      detached: true,
      env: environment as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) tellLines(stream!, onLine);
    child.on('message', (message) => {
      this.#metricsPort = (message as AccountMessage).metricsPort;
    });
    // A process that cannot even be started has no other end than this.
    child.on('error', (error) => {
      onLine(`process: ${error.message}`);
      if (child.pid === undefined) this.#end(child, { code: null, signal: 'none' }, onEnd);
    });
    // Its last lines come before 'close', which waits for whoever else has its output: a venue of its own that hangs.
    child.on('exit', (code, signal) => {
      setTimeout(() => this.#end(child, { code, signal }, onEnd), LINES_MS);
    });
    child.on('close', (code, signal) => this.#end(child, { code, signal }, onEnd));
  }

  /** Tells it to cancel everything and end. A second time within a second is the same word, later it ends at once. */
  stop(): void {
    this.#child?.kill('SIGTERM');
  }

  /** Ends it as it is. What it leaves at the venue is cancelled by the dead man's switch. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  #end(child: ChildProcess, end: ProcessEnd, onEnd: (end: ProcessEnd) => void): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#metricsPort = 0;
    onEnd(end);
  }
}

function tellLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine);
}
