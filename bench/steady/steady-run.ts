import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readTrace } from './deoptimisations.ts';
import type { CompilerTrace } from './deoptimisations.ts';
import { startFlags } from './start-flags.ts';

/** What is played once everything is warm. */
export interface SteadyOrder {
  /** As `npm run bench` names it. */
  readonly path: 'tick-to-trade' | 'tick-to-trade:guard' | 'book-update';
  readonly feed: 'recorded' | 'generated-books' | 'generated-tbt';
  readonly warmUpTurns: number;
  /** Frames, after warming up. */
  readonly turns: number;
  /** Frames a second; 0 for one after the other. */
  readonly rate: number;
  /** Where a .cpuprofile of the turns goes; empty for none. */
  readonly cpuProfile: string;
}

/** One kind of collection, as the thread felt it. */
export interface CollectorPause {
  readonly kind: string;
  readonly count: number;
  readonly longestMs: number;
  readonly totalMs: number;
}

export interface StageTimes {
  readonly stage: string;
  readonly count: number;
  /** From the receipt of the frame, in nanoseconds. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

export interface SteadyOutcome {
  /** Cells of a histogram: from the time a frame was due, or was received where there is no rate, to the end of its turn. */
  readonly latencies: Float64Array;
  readonly pauses: readonly CollectorPause[];
  readonly stages: readonly StageTimes[];
  /** Times from one look at the clock to the next, a turn or nothing in between: those over a millisecond, and the longest. */
  readonly longGaps: number;
  readonly longestGapMs: number;
  /** What the scheduler kept this process waiting for a core, in milliseconds; -1 where the system does not say. */
  readonly runDelayMs: number;
  readonly switches: number;
  readonly seconds: number;
  /** In MB: after the collection that ends warming up, and after one at the end. */
  readonly heapMb: { readonly start: number; readonly end: number };
  readonly rssMb: { readonly start: number; readonly end: number };
  readonly checksum: string;
}

/**
 * Plays in a process of its own, under the flags of `npm start` and V8's traces of its compiler.
 *
 * @throws Error when that process fails
 */
export function runSteady(order: SteadyOrder): Promise<{ outcome: SteadyOutcome; trace: CompilerTrace }> {
  const flags = new Set(['--expose-gc', ...startFlags()]);
  // The profiler makes V8 compile otherwise: what is deoptimised under it is not what is deoptimised without.
  if (order.cpuProfile === '') for (const flag of ['--trace-deopt', '--trace-opt']) flags.add(flag);
  const child = fork(steadyFile(), [], {
    execArgv: [...flags],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let output = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    let outcome: SteadyOutcome | undefined;
    child.on('message', (message: SteadyOutcome) => {
      outcome = message;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (outcome !== undefined) resolve({ outcome, trace: readTrace(output) });
      else reject(new Error(`steady run: failed (${signal ?? `exit code ${code}`})`));
    });
    child.send(order);
  });
}

/** The compiled program: beside this file, or in dist/ when this file runs as TypeScript (tests). */
function steadyFile(): string {
  const url = import.meta.url.endsWith('.ts')
    ? new URL('../../dist/bench/steady/steady-process.js', import.meta.url)
    : new URL('./steady-process.js', import.meta.url);
  const file = fileURLToPath(url);
  if (!existsSync(file)) throw new Error(`steady run: expected ${file}, was missing; run npm run build`);
  return file;
}
