/**
 * Bells: how one thread tells another that a slot changed, and which one.
 *
 * Owner:      a ringer belongs to the thread that made it, and a bell may have several (all workers ring the engine's);
 *             a waiter belongs to one thread, and a bell has one.
 * Invariants: a ring is never lost: after it, the waiter's hasRung() is true until take() has begun a round, and that
 *             round or a later one gives the instrument. Rings of one instrument that nobody heard yet count as one.
 * Cost:       ring() is an or, an add and a load, atomically; only a sleeping waiter costs a wake-up. take() looks at
 *             one word for 32 instruments. Nothing allocates but listen(), whose every wake-up makes a promise.
 *
 * Why no ring is lost. The ringer: slot, pending bit, count + 1, isSleeping? The waiter: seen := count, pending bits,
 * slots; and when it wants to sleep: isSleeping := 1, wait while count = seen. A ring after `seen` was read makes the
 * wait return at once. A ringer that saw isSleeping = 0 had raised the count before the waiter announced its sleep (these
 * accesses have one order for all threads), and so, again, the wait returns at once.
 */
import { assert } from '../base/assert.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Handoff } from './handoff-memory.ts';

/**
 * How a worker waits for its bell. `spin` answers in about a microsecond and takes a core; `block` takes none and
 * answers in ten to fifty; `spinThenBlock` spins a little first, which wins where markets come in bursts.
 */
export const WaitStrategy = { spin: 0, spinThenBlock: 1, block: 2 } as const;
export type WaitStrategy = (typeof WaitStrategy)[keyof typeof WaitStrategy];

const COUNT = 0;
const PENDING_AT = 1;

/** Looks at the bell per call of wait(): 12 ns each, together about what one wake-up of a sleeping thread costs. */
const SPINS_MAX = 4_096;
/** A sleep ends after this long even unrung, so that an idle worker's heart goes on beating (at least every 100 ms). */
const BLOCK_MS_MAX: Milliseconds = 50;
/** The engine looks again after this long, should a notification be missed. */
const LISTEN_MS_MAX: Milliseconds = 1_000;

type WaitAsync = (
  words: Int32Array,
  index: number,
  value: number,
  timeoutMs: number,
) => { readonly async: boolean; readonly value: unknown };
// In every supported Node, but not yet in the ES2023 library's types.
const waitAsync = (Atomics as unknown as { waitAsync: WaitAsync }).waitAsync;

class BellViews {
  readonly words: Int32Array;
  readonly sleeping: Int32Array;
  readonly pendingWords: number;

  constructor(handoff: Handoff, bellAt: number) {
    const { layout } = handoff;
    this.pendingWords = layout.pendingWords;
    this.words = new Int32Array(handoff.memory, bellAt, PENDING_AT + layout.pendingWords);
    this.sleeping = new Int32Array(handoff.memory, bellAt + layout.bellSleepingOffset, 1);
  }
}

/** One end of a bell: says that an instrument's slot changed. */
export class BellRinger {
  readonly #words: Int32Array;
  readonly #sleeping: Int32Array;

  constructor(handoff: Handoff, bellAt: number) {
    const views = new BellViews(handoff, bellAt);
    this.#words = views.words;
    this.#sleeping = views.sleeping;
  }

  /** @hot Call it after the slot has been published. */
  ring(instrument: number): void {
    Atomics.or(this.#words, PENDING_AT + (instrument >>> 5), 1 << (instrument & 31));
    this.wake();
  }

  /** @hot Rings without naming an instrument: a control word has changed. */
  wake(): void {
    Atomics.add(this.#words, COUNT, 1);
    if (Atomics.load(this.#sleeping, 0) !== 0) Atomics.notify(this.#words, COUNT, 1);
  }
}

/** The other end: hears that slots changed, and is told which. */
export class BellWaiter {
  readonly #words: Int32Array;
  readonly #sleeping: Int32Array;
  readonly #pendingWords: number;
  #seen = 0;
  /** Where take() is in its round: the word it has emptied, and the bits of it that it has not given yet. */
  #word = -1;
  #bits = 0;

  constructor(handoff: Handoff, bellAt: number) {
    const views = new BellViews(handoff, bellAt);
    this.#words = views.words;
    this.#sleeping = views.sleeping;
    this.#pendingWords = views.pendingWords;
    // A waiter that was killed in its sleep left the flag up, and every ring would go on to wake nobody.
    Atomics.store(this.#sleeping, 0, 0);
  }

  /** @hot Whether the bell rang since the last round of take() began. */
  hasRung(): boolean {
    return Atomics.load(this.#words, COUNT) !== this.#seen;
  }

  /**
   * @hot The next instrument whose slot changed, or -1 when this round is over. The first call after a -1 begins a new
   * round; a round gives each instrument at most once, in ascending order.
   */
  take(): number {
    const words = this.#words;
    // The count is read before the bits are emptied: a ring that comes in between is heard twice rather than never.
    if (this.#word === -1) this.#seen = Atomics.load(words, COUNT);
    while (this.#bits === 0) {
      this.#word++;
      if (this.#word === this.#pendingWords) {
        this.#word = -1;
        return -1;
      }
      // A plain load first: the exchange would take the line from the ringer though there is nothing to fetch. It cannot
      // miss the bit of a ring that `seen` counts, which was set before; a later ring makes another round.
      const index = PENDING_AT + this.#word;
      if (words[index] !== 0) this.#bits = Atomics.exchange(words, index, 0);
    }
    const bit = 31 - Math.clz32(this.#bits & -this.#bits);
    this.#bits &= this.#bits - 1;
    return this.#word * 32 + bit;
  }

  /**
   * Waits for a ring, for a bounded time: at most some 50 µs spinning, then (unless it only spins) `blockMs` asleep.
   * Returns whether the bell rang. For worker threads: the calling thread does nothing else meanwhile.
   */
  wait(strategy: WaitStrategy, blockMs: Milliseconds = BLOCK_MS_MAX): boolean {
    if (strategy !== WaitStrategy.block) {
      for (let spin = 0; spin < SPINS_MAX; spin++) if (this.hasRung()) return true;
      if (strategy === WaitStrategy.spin) return false;
    }
    Atomics.store(this.#sleeping, 0, 1);
    Atomics.wait(this.#words, COUNT, this.#seen, blockMs);
    Atomics.store(this.#sleeping, 0, 0);
    return this.hasRung();
  }

  /**
   * Waits without holding the thread; returns whether the bell rang. For the engine thread, when its event loop sleeps;
   * one that keeps turning asks hasRung() instead.
   */
  async waitAsync(timeoutMs: Milliseconds = LISTEN_MS_MAX): Promise<boolean> {
    Atomics.store(this.#sleeping, 0, 1);
    const waiting = waitAsync(this.#words, COUNT, this.#seen, timeoutMs);
    if (waiting.async) await waiting.value;
    Atomics.store(this.#sleeping, 0, 0);
    return this.hasRung();
  }
}

/** The engine's end of the market bells: finds the worker of an instrument. */
export class MarketBells {
  readonly #ringers: readonly BellRinger[];
  readonly #ringerOf: readonly BellRinger[];

  constructor(handoff: Handoff) {
    this.#ringers = Array.from(
      { length: handoff.workerCount },
      (_, worker) => new BellRinger(handoff, handoff.layout.marketBellAt(worker)),
    );
    this.#ringerOf = Array.from(
      { length: handoff.instrumentCount },
      (_, instrument) => this.#ringers[handoff.workerOf(instrument)],
    );
  }

  /** @hot Tells the instrument's worker that its market was published. */
  ring(instrument: number): void {
    this.#ringerOf[instrument].ring(instrument);
  }

  /** Wakes a worker to look at its control word. */
  wake(worker: number): void {
    assert(worker >= 0 && worker < this.#ringers.length, 'the worker has a bell');
    this.#ringers[worker].wake();
  }
}

/**
 * The engine's end of the quote bell: polled by a loop that keeps turning, listened to by one that sleeps.
 *
 *     if (bell.hasRung()) for (let i = bell.take(); i !== -1; i = bell.take()) …
 */
export class QuoteBell {
  readonly #waiter: BellWaiter;
  readonly #ringer: BellRinger;
  #isListening = false;

  constructor(handoff: Handoff) {
    this.#waiter = new BellWaiter(handoff, handoff.layout.quoteBellAt);
    this.#ringer = new BellRinger(handoff, handoff.layout.quoteBellAt);
  }

  /** @hot */
  hasRung(): boolean {
    return this.#waiter.hasRung();
  }

  /** @hot The next instrument whose quote changed, or -1 when there is no further one. */
  take(): number {
    return this.#waiter.take();
  }

  /**
   * Calls `onRung` whenever quotes changed, until stop(). It must take() until -1. The promise ends after stop(), or
   * with whatever `onRung` throws.
   */
  async listen(onRung: () => void): Promise<void> {
    assert(!this.#isListening, 'one listener at a time');
    this.#isListening = true;
    try {
      while (this.#isListening) {
        if ((await this.#waiter.waitAsync()) && this.#isListening) onRung();
      }
    } finally {
      this.#isListening = false;
    }
  }

  stop(): void {
    this.#isListening = false;
    this.#ringer.wake();
  }
}
