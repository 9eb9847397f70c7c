import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Histogram } from '../../engine/metrics/histogram.ts';
import type { BenchResult } from '../benchmark.ts';
import type { Contender } from '../contender.ts';
import type { FrameFeed } from '../feeds/frame-feed.ts';
import { feedFileBytes } from './feed-file.ts';

const RUN_TIMEOUT_MS = 60_000;

/** What the program does with a frame: book-update's work, or tick-to-trade's. */
export type CppTask = 'book' | 'trade';

/** The feeds of one benchmark, written for the C++ programs; `close` removes the files. */
export class FeedFiles {
  readonly #folder = mkdtempSync(join(tmpdir(), 'okx-mm-feeds-'));

  write(feed: FrameFeed, halfSpreadTicks: readonly number[]): string {
    const file = join(this.#folder, `${feed.name}.feed`);
    writeFileSync(file, feedFileBytes(feed, halfSpreadTicks));
    return file;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * The C++ program on one feed. A round is a process of its own, so that nothing of it is there while others run; before it
 * counts it plays the whole feed, and it has no just-in-time compiler to warm.
 */
export class CppContender implements Contender {
  readonly name: string;
  readonly feed: string;
  readonly note =
    'C++ -O3 -march=native, a process a round, the whole feed played before it counts; two readings of the clock in each value';
  readonly share = 1;
  /** Starting the process is not the operation. */
  readonly hasUntimedWork = true;
  readonly #program: string;
  readonly #file: string;
  readonly #task: CppTask;
  readonly #count: number;
  #next = 0;

  constructor(name: string, program: string, file: string, task: CppTask, feed: FrameFeed) {
    this.name = name;
    this.feed = feed.name;
    this.#program = program;
    this.#file = file;
    this.#task = task;
    this.#count = feed.count;
  }

  /** Without a histogram there is nothing to measure: it has no JavaScript heap. */
  run(ops: number, latencies: Histogram | null): number {
    if (latencies === null) return 0;
    const warm = this.#count + this.#next;
    this.#next = (this.#next + ops) % this.#count;
    const output = this.#spawn('run', String(warm), String(ops));
    const count = output.length >> 2;
    for (let index = 0; index < count; index++) latencies.record(output.readUInt32LE(4 * index));
    return count;
  }

  checksum(): string {
    return this.#spawn('checksum').toString('latin1').trim();
  }

  /** @throws Error with what the program said */
  #spawn(...args: readonly string[]): Buffer {
    const { status, stdout, stderr, error } = spawnSync(this.#program, [this.#file, this.#task, ...args], {
      maxBuffer: 1 << 26,
      timeout: RUN_TIMEOUT_MS,
    });
    if (status === 0) return stdout;
    throw new Error(`${this.name} (${this.feed}): ${error?.message ?? stderr.toString().trim()}`);
  }
}

/** The C++ programs have no JavaScript heap: their rows say that it is not measured. */
export function withoutHeap(results: readonly BenchResult[]): BenchResult[] {
  return results.map((result) => (result.name.includes('cpp') ? { ...result, bytesPerOp: -1 } : result));
}
