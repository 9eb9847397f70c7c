/**
 * The quote workers: permanent piscina tasks, one a thread, and their supervisor. It has no timer and no clock: its owner
 * calls check() with the time, every 20 to 100 ms, on the engine thread.
 *
 * Each worker has a seat. A seat's states:
 *
 *     state      until                                              then
 *     resting    its back-off is over (none before the first term)  starting: a task of the next term
 *     starting   the worker says that its term runs                 running: onWorkerReady
 *     starting   it did not within startTimeoutMs                   ending: onWorkerLost
 *     running    its heart stood still for stuckAfterMs             ending: onWorkerLost
 *     running, starting   its task ended (an error, an exit)        resting: onWorkerLost
 *     ending     the aborted thread has really exited               resting
 *     any        close()                                            closed
 *
 * A new worker starts only after its predecessor's thread is gone: a thread that was merely slow could otherwise wake up
 * and write the slots of its successor. In between, the supervisor owns those slots and empties them.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { processOriginMs } from '../engine/base/clock.ts';
import { NS_PER_MS } from '../engine/base/units.ts';
import type { Milliseconds, Nanoseconds } from '../engine/base/units.ts';
import { MarketBells } from '../engine/handoff/doorbell.ts';
import type { WaitStrategy } from '../engine/handoff/doorbell.ts';
import type { Handoff } from '../engine/handoff/handoff-memory.ts';
import { QuoteView, QuoteWriter } from '../engine/handoff/quote-slot.ts';
import { WorkerControl, WorkerWatch } from '../engine/handoff/worker-status.ts';
import type { MetricsShare } from '../engine/metrics/cells.ts';
import type { QuoterTask, QuoterWorkerData } from './quoter.ts';

/** @testonly Exported so that a drill can wait for a state. */
export const SeatState = { resting: 0, starting: 1, running: 2, ending: 3, closed: 4 } as const;
export type SeatState = (typeof SeatState)[keyof typeof SeatState];

/** The pool cannot start: the compiled worker is not there. */
export class QuoterPoolError extends Error {
  override readonly name = 'QuoterPoolError';
  readonly code = 'QUOTER_NOT_BUILT';
}

export interface QuoterPoolOptions {
  /** With the configuration published in it. */
  readonly handoff: Handoff;
  readonly wait: WaitStrategy;
  /** By worker: the cores its threads are pinned to; undefined, and not given, for none. */
  readonly cores?: readonly (readonly number[] | undefined)[];
  /** A heart that stands still this long is a stuck worker's. It beats every 50 ms when idle. */
  readonly stuckAfterMs?: Milliseconds;
  readonly startTimeoutMs?: Milliseconds;
  /** Rest before a seat's next term: doubles with every failure in a row, from the first to the second. */
  readonly backoffMinMs?: Milliseconds;
  readonly backoffMaxMs?: Milliseconds;
  /** `performance.timeOrigin` of the thread whose clock stamps the frames; the calling thread's if not given. */
  readonly processOriginMs?: number;
  /** Where the workers post how long they compute. */
  readonly metrics?: MetricsShare;
}

/** Called on the thread that owns the pool. */
export interface QuoterPoolHandler {
  /**
   * The worker's quotes of these instruments are void from now on, also those that still turn up in the slots: a slow
   * thread may write until it is gone. May come again without a ready in between.
   */
  onWorkerLost(worker: number, instruments: readonly number[], reason: string): void;
  /**
   * The worker runs. Publish these instruments' markets again: what it quoted while it started counts as void, and it
   * quotes no market twice.
   */
  onWorkerReady(worker: number, instruments: readonly number[]): void;
}

/** A worker that ran this long without failing begins again with the shortest rest. */
const STEADY_AFTER_NS: Nanoseconds = 10_000 * NS_PER_MS;

/** close() waits this long for workers to stop by themselves; a healthy one needs at most 50 ms. */
const CLOSE_TIMEOUT_MS: Milliseconds = 2_000;

/**
 * One check adds at most this share of stuckAfterMs to a silence: after a pause of the whole process (a suspended machine)
 * a worker has as many checks as this to show that it lives.
 */
const SILENCE_SHARE_MAX = 0.25;

/** A place in the pool, held by one worker after the other. */
class Seat {
  readonly worker: number;
  readonly instruments: readonly number[];
  readonly watch: WorkerWatch;
  state: SeatState = SeatState.resting;
  term = 0;
  /** Failures in a row. */
  failures = 0;
  /** Resting: when the rest is over. */
  restUntilNs: Nanoseconds = 0;
  /** Starting and running: since when. */
  sinceNs: Nanoseconds = 0;
  heartbeat = 0;
  silentNs: Nanoseconds = 0;
  abort = new AbortController();
  task: Promise<void> = Promise.resolve();

  constructor(handoff: Handoff, worker: number) {
    this.worker = worker;
    this.instruments = handoff.instrumentsOf(worker);
    this.watch = new WorkerWatch(handoff, worker);
  }
}

/** The compiled worker: beside this file, or in dist/ when this file runs as TypeScript (tests). */
function workerFile(): string {
  const url = import.meta.url.endsWith('.ts')
    ? new URL('../dist/workers/quoter.js', import.meta.url)
    : new URL('./quoter.js', import.meta.url);
  const file = fileURLToPath(url);
  if (!existsSync(file)) {
    throw new QuoterPoolError(
      `quote worker: expected the compiled file ${file}, was missing; run npm run build`,
    );
  }
  return file;
}

export class QuoterPool {
  readonly #options: Required<Omit<QuoterPoolOptions, 'processOriginMs' | 'metrics'>>;
  readonly #handler: QuoterPoolHandler;
  readonly #piscina: Piscina<QuoterTask, void>;
  readonly #seats: readonly Seat[];
  readonly #bells: MarketBells;
  readonly #emptyQuote: QuoteView;
  #checkedNs: Nanoseconds = -1;
  #isClosing = false;

  /**
   * Starts the threads; the first check() gives them their tasks.
   *
   * @throws QuoterPoolError when the worker has not been compiled
   */
  constructor(options: QuoterPoolOptions, handler: QuoterPoolHandler) {
    const { handoff } = options;
    this.#options = {
      stuckAfterMs: 500,
      startTimeoutMs: 5_000,
      backoffMinMs: 100,
      backoffMaxMs: 10_000,
      cores: [],
      ...options,
    };
    this.#handler = handler;
    this.#bells = new MarketBells(handoff);
    this.#emptyQuote = new QuoteView(handoff.quoteLevels);
    this.#seats = Array.from({ length: handoff.workerCount }, (_, worker) => new Seat(handoff, worker));
    const workerData: QuoterWorkerData = {
      handoff: handoff.memory,
      processOriginMs: options.processOriginMs ?? processOriginMs(),
      ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
    };
    this.#piscina = new Piscina<QuoterTask, void>({
      filename: workerFile(),
      name: 'runQuoter',
      minThreads: handoff.workerCount,
      maxThreads: handoff.workerCount,
      idleTimeout: Infinity,
      atomics: 'disabled',
      closeTimeout: CLOSE_TIMEOUT_MS,
      recordTiming: false,
      // Workers compute from shared memory alone: no loader of the parent, and none of its environment (keys are there).
      execArgv: [],
      env: {},
      workerData,
    });
    // A thread that fails without a task fails its next task too, which is where it is dealt with.
    this.#piscina.on('error', (error: unknown) => this.#onThreadError(error));
  }

  /** What the last thread that failed outside of a task said, '' when none did. */
  threadError = '';

  /** Moves every seat on. Call it regularly, with a time that never goes back. */
  check(nowNs: Nanoseconds): void {
    if (this.#isClosing) return;
    const sinceCheckNs = this.#checkedNs === -1 ? 0 : nowNs - this.#checkedNs;
    this.#checkedNs = nowNs;
    for (const seat of this.#seats) {
      if (seat.state === SeatState.resting && nowNs >= seat.restUntilNs) this.#start(seat, nowNs);
      else if (seat.state === SeatState.starting) this.#checkStarting(seat, nowNs);
      else if (seat.state === SeatState.running) this.#checkRunning(seat, nowNs, sinceCheckNs);
    }
  }

  get workerCount(): number {
    return this.#seats.length;
  }

  state(worker: number): SeatState {
    return this.#seats[worker].state;
  }

  isReady(worker: number): boolean {
    return this.#seats[worker].state === SeatState.running;
  }

  /** How often the seat's worker was replaced. */
  restarts(worker: number): number {
    return Math.max(0, this.#seats[worker].term - 1);
  }

  /** How long the worker's heart has stood still, as the checks saw it. */
  heartbeatAgeNs(worker: number): Nanoseconds {
    return this.#seats[worker].silentNs;
  }

  /** Quotes that the seat's workers have published. */
  quotes(worker: number): number {
    return this.#seats[worker].watch.quotes;
  }

  /** For tests and drills: makes a worker fail, hang or stop. The seat's next worker runs normally. */
  setControl(worker: number, control: WorkerControl): void {
    this.#seats[worker].watch.setControl(control);
    this.#bells.wake(worker);
  }

  /** Stops the workers and ends their threads. Their last quotes stay in the slots: withdraw before. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    for (const seat of this.#seats) {
      seat.state = SeatState.closed;
      this.setControl(seat.worker, WorkerControl.stop);
    }
    await this.#piscina.close({ force: true });
    await Promise.allSettled(this.#seats.map((seat) => seat.task));
  }

  #start(seat: Seat, nowNs: Nanoseconds): void {
    seat.term++;
    seat.state = SeatState.starting;
    seat.sinceNs = nowNs;
    seat.silentNs = 0;
    seat.heartbeat = seat.watch.heartbeat;
    seat.abort = new AbortController();
    seat.watch.setControl(WorkerControl.run);
    const { wait, cores } = this.#options;
    const { term, worker } = seat;
    const task: QuoterTask = { worker, term, wait, cores: cores[worker] };
    seat.task = this.#piscina.run(task, { signal: seat.abort.signal }).then(
      () => this.#onTaskEnded(seat, term, 'the worker stopped'),
      (error: unknown) =>
        this.#onTaskEnded(seat, term, error instanceof Error ? error.message : String(error)),
    );
  }

  #checkStarting(seat: Seat, nowNs: Nanoseconds): void {
    if (seat.watch.term === seat.term) {
      seat.state = SeatState.running;
      seat.sinceNs = nowNs;
      seat.heartbeat = seat.watch.heartbeat;
      this.#handler.onWorkerReady(seat.worker, seat.instruments);
    } else if (nowNs - seat.sinceNs >= this.#options.startTimeoutMs * NS_PER_MS) {
      this.#end(seat, 'the worker did not start in time');
    }
  }

  #checkRunning(seat: Seat, nowNs: Nanoseconds, sinceCheckNs: Nanoseconds): void {
    const stuckAfterNs = this.#options.stuckAfterMs * NS_PER_MS;
    const { heartbeat } = seat.watch;
    if (heartbeat !== seat.heartbeat) {
      seat.heartbeat = heartbeat;
      seat.silentNs = 0;
      if (nowNs - seat.sinceNs >= STEADY_AFTER_NS) seat.failures = 0;
      return;
    }
    seat.silentNs += Math.min(sinceCheckNs, stuckAfterNs * SILENCE_SHARE_MAX);
    if (seat.silentNs >= stuckAfterNs) this.#end(seat, "the worker's heart stood still");
  }

  /** Ends a worker that does not end by itself. Quotes are void at once; the seat waits for the thread. */
  #end(seat: Seat, reason: string): void {
    seat.state = SeatState.ending;
    const before = this.#piscina.threads;
    seat.abort.abort();
    const after = new Set(this.#piscina.threads);
    const thread: Worker | undefined = before.find((candidate) => !after.has(candidate));
    // No thread is missing when the task was still queued.
    if (thread === undefined) this.#rest(seat);
    else thread.once('exit', () => this.#rest(seat));
    this.#handler.onWorkerLost(seat.worker, seat.instruments, reason);
  }

  /** The task of this term is over. What this class ended itself, and its closing, have been dealt with. */
  #onTaskEnded(seat: Seat, term: number, reason: string): void {
    if (term !== seat.term) return;
    if (seat.state !== SeatState.starting && seat.state !== SeatState.running) return;
    this.#rest(seat);
    this.#handler.onWorkerLost(seat.worker, seat.instruments, reason);
  }

  /** The seat's thread writes no more: empty its slots, and wait for the next term. */
  #rest(seat: Seat): void {
    if (seat.state === SeatState.closed) return;
    const { handoff, backoffMinMs, backoffMaxMs } = this.#options;
    for (const instrument of seat.instruments) new QuoteWriter(handoff, instrument).publish(this.#emptyQuote);
    const restMs = Math.min(backoffMinMs * 2 ** seat.failures, backoffMaxMs);
    seat.failures++;
    seat.state = SeatState.resting;
    seat.restUntilNs = this.#checkedNs + restMs * NS_PER_MS;
  }

  #onThreadError(error: unknown): void {
    this.threadError = error instanceof Error ? error.message : String(error);
  }
}
