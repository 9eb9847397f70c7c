/**
 * Keeps the state on disk no older than it may be: one write at a time, and the newest state wins.
 *
 * Owner:      the engine thread.
 * Invariants: a snapshot is taken at one instant, when its write begins; what was asked for during a write is written by
 *             the next one; a write that failed is tried again until it succeeds; a state that breaks a rule is no
 *             failure of the disk, and ends the run.
 * Cost:       a comparison of a few numbers each second; a snapshot only when they have changed.
 */
import { AssertionError } from '../base/assert.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import type { Clock } from '../base/clock.ts';
import type { EngineState } from './engine-state.ts';
import type { StateStore } from './engine-world.ts';
import { textOf } from './text-of.ts';

/** Changes that may be lost with a crash, because the venue tells them again, are written so often. */
const PERIOD_NS = NS_PER_SECOND;
/** After a write that failed. */
const RETRY_NS = NS_PER_SECOND;
/** A disk that has taken nothing for so long is not to be traded on: a restart would not know of a halt. */
const OVERDUE_NS = 60 * NS_PER_SECOND;

export interface StateKeeperOptions {
  readonly store: Pick<StateStore, 'save'>;
  readonly clock: Clock;
  readonly capture: () => EngineState;
  /** Another text whenever the state is worth writing anew. */
  readonly fingerprint: () => string;
  readonly log: (line: string) => void;
  /** The state itself is not as it must be: trying again would not help. */
  readonly fail: (error: Error) => void;
}

export class StateKeeper {
  saves = 0;
  failures = 0;
  /** When the state that is on disk was taken; -Infinity before the first. */
  savedNs: Nanoseconds = -Infinity;

  readonly #options: StateKeeperOptions;
  #writing: Promise<void> | undefined;
  /** Counts what was asked for, and up to where it is on disk. */
  #asked = 0;
  #saved = 0;
  #fingerprint = '';
  #lookedNs: Nanoseconds = -Infinity;
  #retryNs: Nanoseconds = -Infinity;
  /** Since when something has been asked for that is not on disk, as the timer saw it; Infinity while nothing has. */
  #unsavedNs: Nanoseconds = Infinity;
  #isFailing = false;
  #isClosed = false;
  #waiting: { readonly until: number; readonly settle: (isSaved: boolean) => void }[] = [];

  constructor(options: StateKeeperOptions) {
    this.#options = options;
  }

  /** Whether everything that was asked for is on disk. */
  get isSaved(): boolean {
    return this.#saved === this.#asked;
  }

  /** Whether something has waited for the disk for longer than it may. */
  isOverdue(nowNs: Nanoseconds): boolean {
    // A slow disk that takes one state after the other is not one that takes nothing.
    return !this.isSaved && nowNs - Math.max(this.#unsavedNs, this.savedNs) > OVERDUE_NS;
  }

  /** Something that must not be forgotten has changed. Safe inside a turn of the loop: the snapshot is taken after it. */
  saveSoon(): void {
    this.#asked++;
    this.#begin();
  }

  /**
   * As `saveSoon`; true when the state as it is now is on disk, false when a write failed first (it is tried again) or no
   * more is written.
   */
  save(): Promise<boolean> {
    this.saveSoon();
    if (this.#isClosed) return Promise.resolve(false);
    const until = this.#asked;
    return new Promise((settle) => {
      this.#waiting.push({ until, settle });
    });
  }

  /** The loop's timer: writes what has changed, and tries again what failed. */
  onTimer(nowNs: Nanoseconds): void {
    if (this.isSaved) this.#unsavedNs = Infinity;
    else if (this.#unsavedNs === Infinity) this.#unsavedNs = nowNs;
    if (!this.isSaved && nowNs >= this.#retryNs) this.#begin();
    if (nowNs - this.#lookedNs < PERIOD_NS) return;
    this.#lookedNs = nowNs;
    if (this.#options.fingerprint() !== this.#fingerprint) this.saveSoon();
  }

  /** Nothing is written any more; resolves when a write under way has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    this.#settle(false);
  }

  #begin(): void {
    if (this.#writing !== undefined || this.#isClosed) return;
    this.#writing = this.#write();
  }

  async #write(): Promise<void> {
    const { store, clock, capture, fingerprint, log, fail } = this.#options;
    // The turn that asked for it has to end first.
    await Promise.resolve();
    let failure: unknown;
    const asked = this.#asked;
    const takenNs = clock.nowNs();
    try {
      this.#fingerprint = fingerprint();
      await store.save(capture());
    } catch (error) {
      failure = error;
    }
    this.#writing = undefined;
    if (failure === undefined) {
      this.saves++;
      this.#saved = asked;
      this.savedNs = takenNs;
      if (this.#isFailing) log('state: saved again');
      this.#isFailing = false;
      this.#settle(true);
      if (!this.isSaved) this.#begin();
      return;
    }
    this.failures++;
    if (failure instanceof AssertionError) fail(failure);
    this.#retryNs = clock.nowNs() + RETRY_NS;
    if (!this.#isFailing) log(`state: could not be saved: ${textOf(failure)}; tried again until it can`);
    this.#isFailing = true;
    this.#settle(false);
  }

  /** Answers who waited: all of them when the write failed, those whose state it held when it did not. */
  #settle(isSaved: boolean): void {
    const answered = this.#waiting.filter(({ until }) => !isSaved || until <= this.#saved);
    this.#waiting = this.#waiting.filter(({ until }) => isSaved && until > this.#saved);
    for (const { settle } of answered) settle(isSaved);
  }
}
