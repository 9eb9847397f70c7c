/**
 * The thread that the engine runs on: how it waits, where it runs, and how long it stands still.
 *
 * Owner: the engine thread.
 * Cost:  on the path, a flag a public frame.
 */
import { NS_PER_MS } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import { LoopMode } from '../base/loop-mode.ts';
import type { Config } from '../config/schema.ts';
import type { Histogram } from '../metrics/histogram.ts';
import type { MetricsWriter } from '../metrics/cells.ts';
import { PinError, pinThread } from '../../workers/pin-thread.ts';
import { CoreWatch } from './core-watch.ts';
import { GcWatch } from './gc-watch.ts';
import { HostError } from './host-error.ts';
import { LoopPace } from './loop-pace.ts';
import type { LoopPaceOptions } from './loop-pace.ts';
import { PaceKeeper } from './pace-keeper.ts';
import type { ThreadCores } from './thread-cores.ts';

export interface EngineThreadOptions extends LoopPaceOptions {
  readonly engine: Config['engine'];
  readonly cores: ThreadCores;
  readonly writer: MetricsWriter;
  readonly log: (line: string) => void;
  readonly nowNs: Nanoseconds;
  /** Of the timer whose lateness is recorded. */
  readonly timerMs: number;
}

export class EngineThread {
  readonly #options: EngineThreadOptions;
  readonly #pace: LoopPace;
  readonly #keeper: PaceKeeper;
  readonly #lag: Histogram;
  #gc: GcWatch | undefined;
  #timerNs: Nanoseconds = 0;

  /**
   * Pins the thread and sets its pace. To be made last: what a pinned thread starts shares its core.
   *
   * @throws HostError when the thread cannot be pinned
   */
  constructor(options: EngineThreadOptions) {
    const { engine, cores, writer, log, nowNs } = options;
    this.#options = options;
    if (cores.engine !== undefined) pin(cores.engine);
    if (cores.allowed.length > 0) log(describeCores(cores));
    this.#lag = writer.histogram('eventLoopLag');
    this.#pace = new LoopPace(options);
    this.#keeper = new PaceKeeper({
      configured: LoopMode[engine.loop],
      pace: this.#pace,
      watch: CoreWatch.open(nowNs),
      writer,
      log,
      nowNs,
    });
  }

  /**
   * The start is over: nothing has been quoted yet. What the start has left is collected now, once, and from now on pauses
   * are counted.
   */
  onStarted(): void {
    this.#gc ??= GcWatch.open(this.#options.writer);
  }

  /** @hot A market may have been published. */
  expectQuotes(): void {
    this.#pace.expectQuotes();
  }

  onTimer(nowNs: Nanoseconds): void {
    if (this.#timerNs > 0) {
      const lateNs = nowNs - this.#timerNs - this.#options.timerMs * NS_PER_MS;
      this.#lag.record(Math.max(0, lateNs));
    }
    this.#timerNs = nowNs;
    this.#keeper.onTimer(nowNs);
  }

  close(): void {
    this.#keeper.close();
    this.#gc?.close();
    const { cores, log } = this.#options;
    if (cores.engine === undefined) return;
    try {
      // The next engine of this process starts its other threads before it pins this one again.
      pinThread(cores.allowed);
    } catch (error) {
      if (!(error instanceof PinError)) throw error;
      log(error.message);
    }
  }
}

function pin(cores: readonly number[]): void {
  try {
    pinThread(cores);
  } catch (error) {
    if (!(error instanceof PinError)) throw error;
    throw new HostError(
      'CORES_REFUSED',
      `engine.engineCore: ${error.message}; correct that, or leave engineCore and workerCores out`,
      { cause: error },
    );
  }
}

function describeCores({ engine, workers }: ThreadCores): string {
  const named = workers.map((cores, worker) => `quote worker ${worker} on ${cores?.join(',') ?? 'any'}`);
  return `cores: engine thread on ${engine?.join(',') ?? 'any'}, ${named.join(', ')}`;
}
