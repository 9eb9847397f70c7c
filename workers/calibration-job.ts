/**
 * The job of the pool that fits the models of all instruments: a piscina task that ends. What it must remember from one time
 * to the next is in the shared memory, so that any thread can do it.
 */
import { workerData } from 'node:worker_threads';
import { SystemClock } from '../engine/base/clock.ts';
import type { Nanoseconds } from '../engine/base/units.ts';
import { Handoff } from '../engine/handoff/handoff-memory.ts';
import { Calibrator } from './calibration/calibrator.ts';
import { pinThread } from './pin-thread.ts';

/** The same for all threads of the pool. */
export interface JobWorkerData {
  readonly handoff: SharedArrayBuffer;
  /** `performance.timeOrigin` of the engine thread, so that all threads tell one time. */
  readonly processOriginMs: number;
  /** What the threads are pinned to, if they are. */
  readonly cores?: readonly number[];
}

export interface CalibrationJob {
  readonly nowNs: Nanoseconds;
}

export interface CalibrationDone {
  /** False before a configuration has been published. */
  readonly hasFitted: boolean;
  readonly tookNs: Nanoseconds;
}

/** Of this thread. */
let calibrator: Calibrator | undefined;

export function runCalibration({ nowNs }: CalibrationJob): CalibrationDone {
  const { handoff, processOriginMs, cores } = workerData as JobWorkerData;
  if (calibrator === undefined) {
    if (cores !== undefined) pinThread(cores);
    calibrator = new Calibrator(new Handoff(handoff));
  }
  const clock = new SystemClock(processOriginMs);
  const startedNs = clock.nowNs();
  const hasFitted = calibrator.fitAll(nowNs);
  return { hasFitted, tookNs: clock.nowNs() - startedNs };
}
