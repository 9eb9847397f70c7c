import { Worker } from 'node:worker_threads';
import type { SimArguments } from './arguments.ts';
import type { SeedOrder, SeedReport } from './seed-thread.ts';

/**
 * Runs the seeds on threads, each thread one world at a time. Resolves when all have ended; `onReport` hears of each as it
 * ends, in no order.
 */
export function runSeeds(
  { seeds, hours, faults, broken, isJournaled, jobs }: SimArguments,
  onReport: (report: SeedReport) => void,
): Promise<void> {
  let next = 0;
  const runThread = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const thread = new Worker(new URL('./seed-thread.js', import.meta.url));
      const give = (): void => {
        if (next === seeds.length) {
          void thread.terminate();
          resolve();
          return;
        }
        const order: SeedOrder = { seed: seeds[next++]!, hours, faults, broken, isJournaled };
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
        thread.postMessage(order);
      };
      thread.on('message', (report: SeedReport) => {
        onReport(report);
        give();
      });
      thread.on('error', reject);
      give();
    });
  return Promise.all(Array.from({ length: jobs }, runThread)).then(() => undefined);
}
