/**
 * The thread of one quote worker: a piscina task that ends only when it is told to. Everything it needs to know arrives
 * through shared memory; it never returns to its event loop in between.
 */
import { workerData } from 'node:worker_threads';
import { SystemClock } from '../engine/base/clock.ts';
import type { WaitStrategy } from '../engine/handoff/doorbell.ts';
import { Handoff } from '../engine/handoff/handoff-memory.ts';
import { WorkerControl } from '../engine/handoff/worker-status.ts';
import { MetricsMemory, MetricsWriter } from '../engine/metrics/cells.ts';
import type { MetricsShare } from '../engine/metrics/cells.ts';
import { Histogram } from '../engine/metrics/histogram.ts';
import { pinThread } from './pin-thread.ts';
import { Quoter } from './quoter-core.ts';

/** The same for all workers of a pool. */
export interface QuoterWorkerData {
  readonly handoff: SharedArrayBuffer;
  /** `performance.timeOrigin` of the engine thread, so that all threads tell one time. */
  readonly processOriginMs: number;
  /** Where the workers post how long they compute; not given where nobody looks. */
  readonly metrics?: MetricsShare;
}

export interface QuoterTask {
  readonly worker: number;
  /** Counts the workers that had this place, from 1. */
  readonly term: number;
  readonly wait: WaitStrategy;
  /** What the thread is pinned to, if it is. */
  readonly cores: readonly number[] | undefined;
}

/** For drills: what a worker does that was told to hang. It stays interruptible from outside, like any endless loop. */
function hang(): never {
  for (;;);
}

function serve(task: QuoterTask): void {
  const { handoff: memory, processOriginMs, metrics } = workerData as QuoterWorkerData;
  if (task.cores !== undefined) pinThread(task.cores);
  const clock = new SystemClock(processOriginMs);
  const writer =
    metrics === undefined ? undefined : new MetricsWriter(new MetricsMemory(metrics), task.worker);
  const quotes = writer?.cell('workerQuotes') ?? 0;
  const compute = writer?.histogram('workerCompute') ?? new Histogram();
  const quoter = new Quoter(new Handoff(memory), task.worker, clock, compute);
  const { status } = quoter;
  quoter.quoteAll();
  status.begin(task.term);
  for (;;) {
    const control = status.control();
    if (control === WorkerControl.stop) return;
    if (control === WorkerControl.fail) throw new Error('the quote worker was told to fail');
    if (control === WorkerControl.hang) hang();
    if (quoter.wait(task.wait)) {
      const published = quoter.pass();
      writer?.increment(quotes, published);
    }
    status.beat();
  }
}

/**
 * The task. An error is thrown again outside of it, so that it ends the thread and not only the task: whatever state led
 * to it is gone with the isolate, and piscina rejects the task with it.
 */
export function runQuoter(task: QuoterTask): Promise<void> {
  try {
    serve(task);
    return Promise.resolve();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
    return new Promise(() => {});
  }
}
