import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of an ended process, what is kept of each of its outputs. */
const OUTPUT_MAX = 16 << 20;

/**
 * Runs programs, each in a process group of its own, so that all that it has started ends with it.
 */
export class Runner {
  readonly #running = new Set<ChildProcess>();
  #isStopped = false;

  /** Runs to the end; code 127 when the program cannot be started. */
  text(program: string, args: readonly string[], cwd: string): Promise<Outcome> {
    if (this.#isStopped) return new Promise(() => undefined);
    const child = spawn(program, [...args], { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#running.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < OUTPUT_MAX) stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < OUTPUT_MAX) stderr += text;
    });
    return new Promise((resolve) => {
      child.on('error', (error) => {
        this.#running.delete(child);
        resolve({ code: 127, stdout, stderr: error.message });
      });
      child.on('close', (code) => {
        this.#running.delete(child);
        // Once stopped, nobody goes on.
        if (!this.#isStopped) resolve({ code: code ?? 1, stdout, stderr });
      });
    });
  }

  /** Ends everything that runs, with all of its own processes. */
  stop(): void {
    this.#isStopped = true;
    for (const { pid } of this.#running) {
      try {
        if (pid !== undefined) process.kill(-pid, 'SIGKILL');
      } catch (error) {
        // Gone in between: what was wanted.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }
}
