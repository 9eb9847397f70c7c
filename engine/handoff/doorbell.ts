/**
 * Bells: how one thread tells another that a slot changed, and which one.
 *
 * Owner:      a ringer belongs to the thread that made it, and a bell may have several (all workers ring the engine's);
 *             a waiter belongs to one thread, and a bell has one.
 * Invariants: a ring is never lost: after it, the waiter's hasRung() is true until take() has begun a round, and that
 *             round or a later one gives the instrument. Rings of one instrument that nobody heard yet count as one.
 * Cost:       atomic accesses are calls of 7 to 8 ns each in Node 20, loads too, so there are few: ring() is one, take()
 *             one a round that gives something and none otherwise; with more than FLAGS instruments both are one more.
 *             Only a sleeping waiter costs a wake-up. Nothing allocates but listen(), whose every wake-up makes a promise.
 *
 *     the word     | isSleeping | wake | 30 flags |       a flag is an instrument; or, when there are more than 30 of them,
 *     the groups   | 32 instruments | ...                 a group that has rung, whose word then says which instruments
 *
 * Why no ring is lost. The word is state and not an event: a flag stays up until the waiter takes it down. The ringer: slot,
 * group, flag or-ed into the word, which also tells it whether the waiter sleeps. The waiter: flags taken out of the word,
 * groups emptied, slots. A ring before the flags were taken is among them, since all accesses of the word have one order,
 * and then the group and the slot that were written before it are seen; a ring after it leaves its flag up. When the waiter
 * wants to sleep it sets isSleeping only if no flag is up, in one compare-and-exchange: a later ring finds isSleeping set,
 * and either wakes the waiter or has changed the word that the wait compares before it begins.
 */
import { assert } from '../base/assert.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Handoff } from './handoff-memory.ts';
import { FLAGS } from './layout.ts';

/**
 * How a worker waits for its bell. `spin` answers in about a microsecond and takes a core; `block` takes none and
 * answers in ten to fifty; `spinThenBlock` spins a little first, which wins where markets come in bursts.
 */
export const WaitStrategy = { spin: 0, spinThenBlock: 1, block: 2 } as const;
export type WaitStrategy = (typeof WaitStrategy)[keyof typeof WaitStrategy];

const WORD = 0;
const GROUPS_AT = 1;
/** Set while the waiter sleeps, or awaits the bell. */
const SLEEPING = 1 << 31;
/** Rung without an instrument. */
const WAKE = 1 << 30;
const FLAG_BITS = (1 << FLAGS) - 1;

/** Looks at the bell per call of wait(): some 10 ns each, together about what one wake-up of a sleeping thread costs. */
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

function wordsOf(handoff: Handoff, bellAt: number): Int32Array {
  return new Int32Array(handoff.memory, bellAt, GROUPS_AT + handoff.layout.bellGroups);
}

/** One end of a bell: says that an instrument's slot changed. */
export class BellRinger {
  readonly #words: Int32Array;
  readonly #hasGroups: boolean;

  constructor(handoff: Handoff, bellAt: number) {
    this.#words = wordsOf(handoff, bellAt);
    this.#hasGroups = handoff.layout.bellGroups > 0;
  }

  /** @hot Call it after the slot has been published. */
  ring(instrument: number): void {
    let flag = instrument;
    if (this.#hasGroups) {
      flag = instrument >>> 5;
      Atomics.or(this.#words, GROUPS_AT + flag, 1 << (instrument & 31));
    }
    this.#raise(1 << flag);
  }

  /** @hot Rings without naming an instrument: a control word has changed. */
  wake(): void {
    this.#raise(WAKE);
  }

  #raise(flag: number): void {
    // Negative: isSleeping is the sign.
    if (Atomics.or(this.#words, WORD, flag) < 0) Atomics.notify(this.#words, WORD, 1);
  }
}

/** The other end: hears that slots changed, and is told which. */
export class BellWaiter {
  readonly #words: Int32Array;
  readonly #hasGroups: boolean;
  /** Where take() is in its round: flags and instruments that it has taken out of the bell and not yet given. */
  #isInRound = false;
  #groups = 0;
  #bits = 0;
  /** The instrument of the lowest of `#bits`. */
  #base = 0;

  constructor(handoff: Handoff, bellAt: number) {
    this.#words = wordsOf(handoff, bellAt);
    this.#hasGroups = handoff.layout.bellGroups > 0;
    // A waiter that was killed in its sleep left the flag up, and every ring would go on to wake nobody.
    Atomics.and(this.#words, WORD, ~SLEEPING);
  }

  /** @hot Whether the bell rang since the last round of take() began. */
  hasRung(): boolean {
    return (Atomics.load(this.#words, WORD) & ~SLEEPING) !== 0;
  }

  /**
   * @hot The next instrument whose slot changed, or -1 when this round is over. The first call after a -1 begins a new
   * round; a round gives each instrument at most once, in ascending order.
   */
  take(): number {
    while (this.#bits === 0) {
      if (this.#groups === 0) {
        if (!this.#beginRound()) return -1;
        continue;
      }
      const group = lowestBit(this.#groups);
      this.#groups &= this.#groups - 1;
      this.#base = group * 32;
      this.#bits = Atomics.exchange(this.#words, GROUPS_AT + group, 0);
    }
    const bit = lowestBit(this.#bits);
    this.#bits &= this.#bits - 1;
    return this.#base + bit;
  }

  /** @hot Takes the flags out of the word; false when there is none, or when the round before ends here. */
  #beginRound(): boolean {
    if (this.#isInRound) {
      this.#isInRound = false;
      return false;
    }
    // A plain look first, at a tenth of the cost: what it misses is still there at the next, and wait() looks atomically.
    if ((this.#words[WORD] & ~SLEEPING) === 0) return false;
    this.#isInRound = true;
    // An `and` rather than an exchange: who awaits the bell stays announced until it is awake, whoever takes meanwhile.
    const flags = Atomics.and(this.#words, WORD, SLEEPING) & FLAG_BITS;
    this.#base = 0;
    if (this.#hasGroups) this.#groups = flags;
    else this.#bits = flags;
    return true;
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
    if (!this.#announceSleep()) return true;
    Atomics.wait(this.#words, WORD, SLEEPING, blockMs);
    Atomics.and(this.#words, WORD, ~SLEEPING);
    return this.hasRung();
  }

  /**
   * Waits without holding the thread; returns whether the bell rang. For the engine thread, when its event loop sleeps;
   * one that keeps turning asks hasRung() instead.
   */
  async waitAsync(timeoutMs: Milliseconds = LISTEN_MS_MAX): Promise<boolean> {
    if (!this.#announceSleep()) return true;
    const waiting = waitAsync(this.#words, WORD, SLEEPING, timeoutMs);
    if (waiting.async) await waiting.value;
    Atomics.and(this.#words, WORD, ~SLEEPING);
    return this.hasRung();
  }

  /** False when the bell has rung: then there is nothing to sleep for. */
  #announceSleep(): boolean {
    return Atomics.compareExchange(this.#words, WORD, 0, SLEEPING) === 0;
  }
}

/** @hot */
function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
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
   * with whatever `onRung` throws. However often it rings, and even if nobody takes, the event loop turns between two calls.
   *
   * @param loopTurned resolves when the event loop has turned once
   */
  async listen(onRung: () => void, loopTurned: () => Promise<void>): Promise<void> {
    assert(!this.#isListening, 'one listener at a time');
    this.#isListening = true;
    try {
      while (this.#isListening) {
        if (!(await this.#waiter.waitAsync()) || !this.#isListening) continue;
        onRung();
        // Rung again, or not taken since the engine has stopped: by promises alone nothing else would ever run.
        if (this.#waiter.hasRung()) await loopTurned();
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
