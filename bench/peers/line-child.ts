import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

const CLOSE_TIMEOUT_MS = 2_000;

/** A program that is told lines and answers with lines, and ends when nobody can tell it anything any more. */
export class LineChild {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #waiting: ((line: string | undefined) => void) | undefined;
  #hasEnded = false;

  constructor(name: string, file: string, args: readonly string[]) {
    this.#name = name;
    this.#child = spawn(file, [...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#take(line));
    this.#child.on('error', () => this.#end());
    this.#child.on('exit', () => this.#end());
    // It may be gone before it has read what it was told; the missing answer says so.
    this.#child.stdin!.on('error', () => undefined);
  }

  say(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  /** The next line, in order. @throws Error when it ended, or said nothing in time */
  async line(timeoutMs: number): Promise<string> {
    const line = this.#lines.shift() ?? (await this.#wait(timeoutMs));
    if (line !== undefined) return line;
    const what = this.#hasEnded ? 'it ended' : `nothing came within ${timeoutMs} ms`;
    throw new Error(`${this.#name}: expected a line, ${what}`);
  }

  async close(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = new Promise<void>((resolve) => {
      this.#child.once('exit', () => resolve());
    });
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
    this.#child.stdin!.end();
    await ended;
    clearTimeout(timer);
  }

  #wait(timeoutMs: number): Promise<string | undefined> {
    if (this.#hasEnded) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer(undefined), timeoutMs);
      this.#waiting = (line) => {
        clearTimeout(timer);
        resolve(line);
      };
    });
  }

  #take(line: string): void {
    if (this.#waiting === undefined) this.#lines.push(line);
    else this.#answer(line);
  }

  #answer(line: string | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(line);
  }

  #end(): void {
    this.#hasEnded = true;
    this.#answer(undefined);
  }
}
