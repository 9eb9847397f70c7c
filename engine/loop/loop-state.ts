/**
 * What every part of the loop reads and few write: the time, the sessions, and which instruments something happened to.
 *
 * Owner:      the engine thread.
 * Invariants: time never goes back; an instrument that is dirty is compared at the end of the input that made it so; who
 *             changes what a comparison reads makes the instrument dirty or due (an order's changes: the table).
 * Cost:       loads and stores; nothing allocates once constructed.
 */
import { IndexSet } from '../base/index-set.ts';
import { NS_PER_MS, TICKS_MAX } from '../base/units.ts';
import type { Milliseconds, Nanoseconds, TimeCell } from '../base/units.ts';
import { Connection } from './loop-options.ts';

export class LoopState {
  /** By connection. */
  readonly isUp = new Uint8Array(3);
  /** Instruments to compare at the end of this input. */
  readonly dirty: IndexSet;
  /**
   * By instrument: 0 when its last comparison asked for nothing, and nothing that it read has changed since. The timer
   * compares the others: what a budget, the gate or a rest has held back is among them.
   */
  readonly isDue: Uint8Array;
  /** Instruments about which the order path has learnt something since the loop last looked. */
  readonly touched: IndexSet;
  /** By instrument × 2 + side: the guard acted, so the diff's commands are the guard's. */
  readonly isGuarded: Uint8Array;
  /**
   * By instrument × 2 + side: 1 while a hedge is about to take from that side of the book; no quote of ours is wanted
   * there.
   */
  readonly isWithheld: Uint8Array;
  /** By instrument: another grid or code at the venue than the one loaded. Not quoted before a fresh start. */
  readonly isOutdated: Uint8Array;
  /** By instrument: the venue's mark price in ticks, with a fraction; 0 while it is not known. */
  readonly markTicks: Float64Array;
  /** By instrument: the index price of its underlying in its own ticks, with a fraction; 0 while it is not known. */
  readonly indexTicks: Float64Array;
  /** By instrument: net delta of the other instruments of its underlying, in lots of this one; 0 where none is counted. */
  readonly groupLots: Float64Array;
  /** By instrument: the venue's price limits; TICKS_MAX and 0 while there are none. */
  readonly buyTicksMax: Int32Array;
  readonly sellTicksMin: Int32Array;
  isStopping = false;
  /** The receive time of the input that is being handed in: whoever hands it in writes it first. */
  readonly input: TimeCell = new Float64Array(1);
  /** The newest time that came with an input. */
  readonly now: TimeCell = new Float64Array(1);
  /** The venue's wall clock less the monotonic clock, from the timer's pair of clocks. */
  venueEpochMs: Milliseconds = 0;

  constructor(instrumentCount: number) {
    this.dirty = new IndexSet(instrumentCount);
    this.isDue = new Uint8Array(instrumentCount).fill(1);
    this.touched = new IndexSet(instrumentCount);
    this.isGuarded = new Uint8Array(instrumentCount * 2);
    this.isWithheld = new Uint8Array(instrumentCount * 2);
    this.isOutdated = new Uint8Array(instrumentCount);
    this.markTicks = new Float64Array(instrumentCount);
    this.indexTicks = new Float64Array(instrumentCount);
    this.groupLots = new Float64Array(instrumentCount);
    this.buyTicksMax = new Int32Array(instrumentCount).fill(TICKS_MAX);
    this.sellTicksMin = new Int32Array(instrumentCount);
  }

  /** @hot */
  get nowNs(): Nanoseconds {
    return this.now[0]!;
  }

  /**
   * @hot Takes the time of the input. Frames that a session held while it came up are older than what was heard since:
   * commands must not leave with their time, which would be in the venue's past.
   */
  advance(): void {
    if (this.input[0]! > this.now[0]!) this.now[0] = this.input[0]!;
  }

  /** An input whose time comes beside it, off the path. */
  advanceTo(nowNs: Nanoseconds): void {
    this.input[0] = nowNs;
    this.advance();
  }

  /** @hot The venue's wall clock at a monotonic instant. */
  venueMs(atNs: Nanoseconds): Milliseconds {
    return this.venueEpochMs + atNs / NS_PER_MS;
  }

  /** @hot */
  get isEverySessionUp(): boolean {
    return (
      this.isUp[Connection.public] === 1 &&
      this.isUp[Connection.private] === 1 &&
      this.isUp[Connection.trade] === 1
    );
  }

  /** Whether recovery's answers could be followed, and cancels leave. */
  get isAccountUp(): boolean {
    return this.isUp[Connection.private] === 1 && this.isUp[Connection.trade] === 1;
  }
}
