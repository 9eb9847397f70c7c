/**
 * The venue's message budgets as exact sliding windows: how many commands may leave now without any window of the
 * venue's holding more than its limit, however that window lies.
 *
 * Owner:      the engine thread.
 * Invariants: each budget is a sliding window (send-window.ts); cancels draw on their own budgets only, and placing stops
 *             while they are low, so that there is always enough left to cancel what rests.
 * Cost:       an answer forgets the sends that left the window, each once; nothing allocates once constructed.
 *
 * The window is the venue's plus a margin: what leaves here a window apart may arrive a little closer together.
 */
import { assert } from '../base/assert.ts';
import { CommandOp } from '../base/command-op.ts';
import type { Nanoseconds, TimeCell } from '../base/units.ts';
import { SendWindow } from './send-window.ts';

export interface ThrottleOptions {
  readonly instrumentCount: number;
  /** By instrument: whose budgets it draws on. Options of a family share theirs. Without it, each has its own. */
  readonly budgetOf?: readonly number[];
  readonly windowNs: Nanoseconds;
  readonly marginNs: Nanoseconds;
  /** Messages with one command, by operation and budget, in a window. */
  readonly singleMax: number;
  /** Commands in batches of two and more, by operation and budget, in a window. */
  readonly batchMax: number;
  /**
   * Places and amends of the whole sub-account in a window, until `setAccountMax` says otherwise. All count, the exempt
   * spot orders too.
   */
  readonly accountMax: number;
  /** Placing stops when fewer cancels than this are left to the instrument, alone or in batches. */
  readonly cancelReserveSingle: number;
  readonly cancelReserveBatch: number;
}

const OPS = 3;
/** The highest fill-ratio tier of OKX's sub-account rate limit, for a ratio of 50 and more. */
const ACCOUNT_MAX = 10_000;

export class Throttle {
  /** By instrument: the number of its budgets. */
  readonly budgetOf: Int32Array;
  readonly #options: ThrottleOptions;
  /** By budget × 6 + operation × 2 + (batch ? 1 : 0). */
  readonly #windows: readonly SendWindow[];
  readonly #account: SendWindow;
  /** The venue refused for its rate limit: nothing of that kind before this. Per window, and the account's last. */
  readonly #blockedUntilNs: Float64Array;

  constructor(options: ThrottleOptions) {
    const spanNs = options.windowNs + options.marginNs;
    const { instrumentCount } = options;
    const count = instrumentCount * OPS * 2;
    this.budgetOf = Int32Array.from(
      { length: instrumentCount },
      (_, index) => options.budgetOf?.[index] ?? index,
    );
    assert(
      this.budgetOf.every((budget) => budget >= 0 && budget < instrumentCount),
      'budgets are as many as instruments at the most',
    );
    assert(
      options.cancelReserveSingle < options.singleMax && options.cancelReserveBatch < options.batchMax,
      'a reserve leaves room: a higher one would stop placing for good',
    );
    this.#options = options;
    this.#windows = Array.from(
      { length: count },
      (_, index) => new SendWindow(index % 2 === 0 ? options.singleMax : options.batchMax, spanNs),
    );
    this.#account = new SendWindow(options.accountMax, spanNs, Math.max(options.accountMax, ACCOUNT_MAX));
    this.#blockedUntilNs = new Float64Array(count + 1).fill(-Infinity);
  }

  /** @hot How many commands of this kind may leave now. `isBatch` means two or more to a message. */
  available(op: CommandOp, instrument: number, isBatch: boolean, now: TimeCell): number {
    const own = this.ownAvailable(op, instrument, isBatch, now);
    return op === CommandOp.cancel ? own : Math.min(own, this.accountAvailable(now));
  }

  /** @hot The same by the instrument's own budgets, whatever the sub-account has left. */
  ownAvailable(op: CommandOp, instrument: number, isBatch: boolean, now: TimeCell): number {
    const index = this.#indexOf(op, instrument, isBatch);
    if (now[0]! < this.#blockedUntilNs[index]!) return 0;
    if (op === CommandOp.place && this.#isCancelLow(instrument, now)) return 0;
    return this.#windows[index]!.available(now);
  }

  /** @hot What is left of the sub-account's budget for places and amends. */
  accountAvailable(now: TimeCell): number {
    if (now[0]! < this.#blockedUntilNs[this.#windows.length]!) return 0;
    return this.#account.available(now);
  }

  /**
   * @hot Which part of the budget is used that a command of this kind would draw on, the sub-account's included: 0 to 1,
   * into `out[at]`.
   */
  readUsed(
    op: CommandOp,
    instrument: number,
    isBatch: boolean,
    now: TimeCell,
    out: Float64Array,
    at: number,
  ): void {
    const ownMax = isBatch ? this.#options.batchMax : this.#options.singleMax;
    const own = this.ownAvailable(op, instrument, isBatch, now) / ownMax;
    const account = op === CommandOp.cancel ? 1 : this.accountAvailable(now) / this.#account.limit;
    out[at] = 1 - Math.min(own, account);
  }

  /** @hot Books `count` commands that are sent now; no more than are available. */
  take(op: CommandOp, instrument: number, count: number, isBatch: boolean, now: TimeCell): void {
    this.#windows[this.#indexOf(op, instrument, isBatch)]!.take(count, now);
    if (op !== CommandOp.cancel) this.#account.take(count, now);
  }

  /** What the venue grants the sub-account by its fill ratio (1,000 to 10,000); what is beyond the range is taken to it. */
  setAccountMax(count: number): void {
    if (Number.isNaN(count)) return;
    this.#account.setLimit(Math.min(Math.max(1, Math.floor(count)), ACCOUNT_MAX));
  }

  /** The venue refused this kind for its rate limit (50011): it counts otherwise than we do, so wait. */
  block(op: CommandOp, instrument: number, untilNs: Nanoseconds): void {
    for (const isBatch of [false, true]) {
      const index = this.#indexOf(op, instrument, isBatch);
      this.#blockedUntilNs[index] = Math.max(this.#blockedUntilNs[index]!, untilNs);
    }
  }

  /** The venue refused for the sub-account's limit (50061): no place and no amend before then. */
  blockAccount(untilNs: Nanoseconds): void {
    const index = this.#windows.length;
    this.#blockedUntilNs[index] = Math.max(this.#blockedUntilNs[index]!, untilNs);
  }

  #isCancelLow(instrument: number, now: TimeCell): boolean {
    return (
      this.available(CommandOp.cancel, instrument, false, now) < this.#options.cancelReserveSingle ||
      this.available(CommandOp.cancel, instrument, true, now) < this.#options.cancelReserveBatch
    );
  }

  #indexOf(op: CommandOp, instrument: number, isBatch: boolean): number {
    return (this.budgetOf[instrument]! * OPS + op) * 2 + (isBatch ? 1 : 0);
  }
}
