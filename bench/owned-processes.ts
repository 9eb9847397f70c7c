import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheRoot } from './peers/cache-folder.ts';

const SIGNAL_EXITS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * The processes that a command runs its benchmarks in, and the folder of their temporary files: gone however the command
 * ends. A benchmark's process cannot see to it: while it measures, its event loop stands still.
 */
export class OwnedProcesses {
  readonly #folder = mkdtempSync(join(tmpdir(), 'okx-mm-bench-'));
  readonly #running = new Set<ChildProcess>();

  constructor() {
    process.once('exit', () => rmSync(this.#folder, { recursive: true, force: true }));
    for (const [signal, code] of Object.entries(SIGNAL_EXITS))
      process.once(signal, () => void this.#end(code));
  }

  /** Runs a program of this project with the same Node flags; what it sends comes whole. */
  fork(program: string, args: readonly string[]): ChildProcess {
    const child = fork(program, [...args], {
      serialization: 'advanced',
      // What is kept from run to run must not go with the folder.
      env: { ...process.env, TMPDIR: this.#folder, XDG_CACHE_HOME: cacheRoot() },
    });
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    return child;
  }

  /** Its own children end when it is gone: they see it by their pipes. */
  async #end(code: number): Promise<never> {
    const ended = [...this.#running].map((child) => {
      // Whoever waits for its results would go on to the next.
      child.removeAllListeners();
      child.kill('SIGKILL');
      return new Promise((resolve) => child.once('exit', resolve));
    });
    await Promise.all(ended);
    process.exit(code);
  }
}
