/**
 * How the engine thread waits: asleep in epoll, or with its event loop kept turning.
 *
 *     mode    between two inputs                                          a quote of a worker is seen
 *     sleep   epoll blocks; the thread takes no core                      by waitAsync, which wakes the thread
 *     poll    a chain of setImmediate: epoll only looks, never blocks     once a turn, a microsecond or two apart
 *     spin    as poll                                                     also: after a market was published the thread
 *                                                                         looks at nothing but the bell for a while
 *
 * A turn of the chain is one pass of libuv's loop: timers that are due, sockets that are readable, then this. So a loop
 * that is kept turning starves nothing, and hears of everything as soon as it would asleep, less the wake-up.
 *
 * Owner:      the engine thread.
 * Invariants: one of the two looks at the bell, the listener or the chain, never both; a bell that rang while one took
 *             over from the other is heard by the next; onQuotes is called from the event loop only, never from within
 *             another input.
 * Cost:       poll and spin take a whole core and allocate some 340 B a turn: the Immediate and what Node makes around
 *             it, which die at once (monitoring/tuning.md says what that means to the collector). Sleep adds some 45 µs
 *             to an input that finds it asleep.
 */
import { LoopMode } from '../base/loop-mode.ts';
import type { QuoteBell } from '../handoff/doorbell.ts';

/** Looks at the bell after a market was published: at 8 to 12 ns each some 20 µs, in which a spinning worker answers. */
const LOOKS_MAX = 2_048;

export interface LoopPaceOptions {
  readonly bell: QuoteBell;
  /** Quotes changed: take() until -1. In poll and spin it is called from an Immediate, so what it throws is uncaught. */
  readonly onQuotes: () => void;
  /** Asleep: what onQuotes threw. */
  readonly onFailed: (error: unknown) => void;
}

export class LoopPace {
  /** In a cell: a field would change its kind when it passes 2^31, after an hour of turning, and cost a deoptimisation. */
  readonly #turns = new Float64Array(1);
  readonly #options: LoopPaceOptions;
  readonly #bell: QuoteBell;
  readonly #onTurn: () => void;
  #mode: LoopMode = LoopMode.sleep;
  #isRunning = false;
  #isChained = false;
  #isListening = false;
  #isExpecting = false;

  constructor(options: LoopPaceOptions) {
    this.#options = options;
    this.#bell = options.bell;
    // One function for all turns, so that a turn makes nothing but its Immediate.
    this.#onTurn = () => this.#turn();
  }

  /** Passes of the event loop that were made by the chain. */
  get turns(): number {
    return this.#turns[0]!;
  }

  get mode(): LoopMode {
    return this.#mode;
  }

  /** Starts, or goes on in another mode. */
  run(mode: LoopMode): void {
    this.#mode = mode;
    this.#isRunning = true;
    if (mode === LoopMode.sleep) this.#listen();
    else {
      if (this.#isListening) this.#bell.stop();
      this.#chain();
    }
  }

  /** The bell is looked at no more. */
  stop(): void {
    this.#isRunning = false;
    if (this.#isListening) this.#bell.stop();
  }

  /** @hot A market may have been published: spinning, the end of this turn waits a little for its quotes. */
  expectQuotes(): void {
    this.#isExpecting = true;
  }

  #listen(): void {
    // The chain ends by itself; a listener that was told to end, and has not yet, begins anew when it has.
    if (this.#isListening) return;
    this.#isListening = true;
    this.#bell
      .listen(this.#options.onQuotes, loopTurned)
      .catch((error: unknown) => {
        this.#isRunning = false;
        this.#options.onFailed(error);
      })
      .finally(() => {
        this.#isListening = false;
        if (this.#isRunning && this.#mode === LoopMode.sleep) this.#listen();
      });
  }

  #chain(): void {
    if (this.#isChained) return;
    this.#isChained = true;
    setImmediate(this.#onTurn);
  }

  /** @hot */
  #turn(): void {
    this.#isChained = false;
    if (!this.#isRunning || this.#mode === LoopMode.sleep) return;
    this.#turns[0]!++;
    if (this.#mode === LoopMode.spin && this.#isExpecting) this.#spin();
    this.#isExpecting = false;
    if (this.#bell.hasRung()) this.#options.onQuotes();
    // Last: a turn that throws ends the chain, as it ends the listener.
    this.#chain();
  }

  /** @hot The sockets wait meanwhile; the bound is what they can wait for. */
  #spin(): void {
    const bell = this.#bell;
    for (let look = 0; look < LOOKS_MAX; look++) if (bell.hasRung()) return;
  }
}

function loopTurned(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
