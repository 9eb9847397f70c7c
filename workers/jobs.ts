/**
 * The job pool: one thread for work that is nobody's hurry, piscina tasks that end. A job that does not is ended with its
 * thread, and the next one begins on another.
 *
 * Owner:      the engine thread.
 * Invariants: one calibration at a time: it is the only writer of the model slots.
 * Cost:       a message to the thread and one back.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { assert } from '../engine/base/assert.ts';
import { processOriginMs } from '../engine/base/clock.ts';
import type { Milliseconds, Nanoseconds } from '../engine/base/units.ts';
import type { Handoff } from '../engine/handoff/handoff-memory.ts';
import type { CalibrationDone, CalibrationJob, JobWorkerData } from './calibration-job.ts';

/** The pool cannot start: the compiled job is not there. */
export class JobPoolError extends Error {
  override readonly name = 'JobPoolError';
  readonly code = 'JOB_NOT_BUILT';
}

export interface JobPoolOptions {
  readonly handoff: Handoff;
  /** What the thread is pinned to; not given, and undefined, for nothing. */
  readonly cores?: readonly number[] | undefined;
  /** `performance.timeOrigin` of the thread whose clock stamps the frames; the calling thread's if not given. */
  readonly processOriginMs?: number;
  /** A job that takes longer is ended. It should take well under a millisecond an instrument. */
  readonly timeoutMs?: Milliseconds;
}

const TIMEOUT_MS: Milliseconds = 10_000;
const CLOSE_TIMEOUT_MS: Milliseconds = 2_000;

/** The compiled job: beside this file, or in dist/ when this file runs as TypeScript (tests). */
function jobFile(): string {
  const url = import.meta.url.endsWith('.ts')
    ? new URL('../dist/workers/calibration-job.js', import.meta.url)
    : new URL('./calibration-job.js', import.meta.url);
  const file = fileURLToPath(url);
  if (!existsSync(file)) {
    throw new JobPoolError(`job: expected the compiled file ${file}, was missing; run npm run build`);
  }
  return file;
}

export class JobPool {
  readonly #piscina: Piscina<CalibrationJob, CalibrationDone>;
  readonly #timeoutMs: Milliseconds;
  #isCalibrating = false;
  #isClosed = false;

  /** @throws JobPoolError when the job has not been compiled */
  constructor(options: JobPoolOptions) {
    const { handoff, cores } = options;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    const workerData: JobWorkerData = {
      handoff: handoff.memory,
      processOriginMs: options.processOriginMs ?? processOriginMs(),
      ...(cores === undefined ? {} : { cores }),
    };
    this.#piscina = new Piscina<CalibrationJob, CalibrationDone>({
      filename: jobFile(),
      name: 'runCalibration',
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Infinity,
      // A thread that waits by atomics would have its event loop stand still, and with it what ends it.
      atomics: 'disabled',
      closeTimeout: CLOSE_TIMEOUT_MS,
      recordTiming: false,
      execArgv: [],
      env: {},
      workerData,
    });
    // A thread that fails without a job fails its next job too, which is where it is dealt with.
    this.#piscina.on('error', (error: unknown) => {
      this.threadError = error instanceof Error ? error.message : String(error);
    });
  }

  /** What the last thread that failed outside of a job said, '' when none did. */
  threadError = '';

  /** Whether a calibration is under way. */
  get isCalibrating(): boolean {
    return this.#isCalibrating;
  }

  /**
   * Fits the models of all instruments.
   *
   * @throws what the job threw; an AbortError when it did not end in time, or the pool was closed
   */
  async calibrate(nowNs: Nanoseconds): Promise<CalibrationDone> {
    assert(!this.#isCalibrating, 'one calibration at a time');
    assert(!this.#isClosed, 'a closed pool takes no jobs');
    this.#isCalibrating = true;
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), this.#timeoutMs);
    try {
      return await this.#piscina.run({ nowNs }, { signal: abort.signal });
    } finally {
      clearTimeout(timer);
      this.#isCalibrating = false;
    }
  }

  /** Ends the thread, and with it what it is doing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#piscina.destroy();
  }
}
