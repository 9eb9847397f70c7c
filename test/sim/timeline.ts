import { EventHeap } from '../../engine/backtest/event-heap.ts';
import { NS_PER_MS } from '../../engine/base/units.ts';
import type { Milliseconds, Nanoseconds } from '../../engine/base/units.ts';
import { StepKind } from './sim-types.ts';

interface Event {
  readonly kind: StepKind;
  readonly run: () => void;
}

/** The true time at which every world begins: Tuesday, 2026-07-28, 10:00 UTC. */
export const EPOCH_MS: Milliseconds = Date.UTC(2026, 6, 28, 10, 0, 0);
/** A time of zero stands for "never" in places. */
const START_NS: Nanoseconds = 1_000_000_000_000;

/**
 * Virtual time. The only clock of a world, and everything that happens in it
 * is an event of this queue or of the venue's own.
 */
export class Timeline {
  nowNs: Nanoseconds = START_NS;
  /** Promises were resolved: what hangs on them has to run before time goes on. */
  isSettling = false;
  readonly #events = new EventHeap<Event>();

  /** Time since the world began. */
  get passedNs(): Nanoseconds {
    return this.nowNs - START_NS;
  }

  /** The true wall clock, with a fraction: the venue's. */
  get nowMs(): Milliseconds {
    return EPOCH_MS + this.passedNs / NS_PER_MS;
  }

  /** When the first event is due; Infinity when there is none. */
  get nextNs(): Nanoseconds {
    return this.#events.nextNs;
  }

  nsOf(timeMs: Milliseconds): Nanoseconds {
    return START_NS + Math.ceil((timeMs - EPOCH_MS) * NS_PER_MS);
  }

  after(delayNs: Nanoseconds, kind: StepKind, run: () => void): void {
    this.at(this.nowNs + delayNs, kind, run);
  }

  at(atNs: Nanoseconds, kind: StepKind, run: () => void): void {
    this.#events.push(Math.round(Math.max(atNs, this.nowNs)), { kind, run });
  }

  /** Runs the first event at its time; returns its kind. There must be one. */
  runNext(): StepKind {
    const { atNs, value } = this.#events.pop();
    this.nowNs = atNs;
    value.run();
    return value.kind;
  }

  /** A promise that is resolved by an event; never, when `isWanted` says no by then. */
  wait(delayNs: Nanoseconds, isWanted: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayNs, StepKind.answer, () => {
        if (!isWanted()) return;
        this.isSettling = true;
        resolve();
      });
    });
  }
}
