import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's folder: the commands run from there, compiled (`npm test` builds before it runs). */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const POLL_MS = 20;

/**
 * Asks until the answer is there, at most so long.
 *
 * @param probe gives undefined while what is waited for is not there; what it throws ends the wait
 */
export async function until<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  deadlineMs = 10_000,
  pollMs = POLL_MS,
): Promise<T> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (performance.now() > endMs) throw new Error(`expected ${what} within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** In a process group of its own, as a terminal's foreground job is. */
  readonly isGroup?: boolean;
}

/** A process of a test: what it says is kept, and `endAll` ends what a failed test left. */
export class RunningProcess {
  static readonly #all = new Set<RunningProcess>();

  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  stdout = '';
  stderr = '';
  exit: Exit | undefined;
  readonly #isGroup: boolean;

  constructor(command: string, args: readonly string[], options: ProcessOptions = {}) {
    this.#isGroup = options.isGroup ?? false;
    this.child = spawn(command, [...args], {
      cwd: ROOT,
      detached: this.#isGroup,
      // Keys and the tag of whoever runs the tests are no part of them.
      env: { ...withoutOkx(process.env), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // 'close' comes after the last output; 'exit' may come before it.
    this.exited = once(this.child, 'close').then(([code, signal]) => {
      this.exit = { code: code as number | null, signal: signal as NodeJS.Signals | null };
      RunningProcess.#all.delete(this);
      return this.exit;
    });
    RunningProcess.#all.add(this);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Everything it said. */
  get output(): string {
    return this.stdout + this.stderr;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** As a terminal sends Ctrl-C: to every process of the group. */
  killGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** The first match of the pattern in what it says. Fails at once if it ends without saying so. */
  said(pattern: RegExp, deadlineMs = 15_000): Promise<RegExpExecArray> {
    return until(
      `${pattern} to be said`,
      () => {
        const match = pattern.exec(this.output);
        if (match === null && this.exit !== undefined) {
          throw new Error(`expected ${pattern}, it ended with ${this.exit.code}: ${this.output}`);
        }
        return match ?? undefined;
      },
      deadlineMs,
    );
  }

  /** Its end, within a time. */
  ended(deadlineMs = 15_000): Promise<Exit> {
    return until(`process ${this.pid} to end; it said: ${this.output}`, () => this.exit, deadlineMs);
  }

  static async endAll(): Promise<void> {
    const left = [...RunningProcess.#all];
    for (const each of left) {
      for (const pid of descendantsOf(each.pid)) tryKill(pid);
      tryKill(each.#isGroup ? -each.pid : each.pid);
    }
    await Promise.all(left.map(({ exited }) => exited));
  }
}

function withoutOkx(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('OKX_')));
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Whether the process runs. One that has ended and only waits for its parent to notice does not. */
export function isRunning(pid: number): boolean {
  return parentOf().has(pid);
}

/** The process's children, theirs and so on, that run. */
export function descendantsOf(pid: number): number[] {
  const parents = parentOf();
  const found: number[] = [];
  const collect = (ancestor: number): void => {
    for (const [child, parent] of parents) {
      if (parent !== ancestor) continue;
      found.push(child);
      collect(child);
    }
  };
  collect(pid);
  return found;
}

/** Every running process of this machine and its parent. */
function parentOf(): Map<number, number> {
  return existsSync('/proc/self/stat') ? parentsInProc() : parentsByPs();
}

function parentsInProc(): Map<number, number> {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    let stat: string;
    try {
      stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    } catch {
      // It ended between the listing and the look.
      continue;
    }
    // "pid (name) state parent ...": the name may hold anything.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state !== 'Z') parents.set(Number(name), Number(parent));
  }
  return parents;
}

function parentsByPs(): Map<number, number> {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).split('\n');
  const fields = rows.map((row) => row.trim().split(/\s+/));
  return new Map(
    fields
      .filter(([, , stat]) => stat !== undefined && !stat.startsWith('Z'))
      .map(([a, b]) => [Number(a), Number(b)]),
  );
}
