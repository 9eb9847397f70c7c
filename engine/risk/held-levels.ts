/**
 * One trigger of the kill ladder with hysteresis: a level is raised at once, and lowered only after nothing has asked for
 * it for a while. Every watcher that could otherwise flap asks through this.
 *
 * Owner:      the engine thread.
 * Invariants: the trigger holds at least the level that was asked for last, and never less than was asked for within the
 *             hold.
 * Cost:       two comparisons; nothing allocates once constructed.
 */
import { assert } from '../base/assert.ts';
import type { Nanoseconds, TimeCell } from '../base/units.ts';
import { KillLevel } from './kill-ladder.ts';
import type { KillLadder, KillTrigger } from './kill-ladder.ts';

export class HeldLevels {
  readonly #ladder: KillLadder;
  readonly #trigger: KillTrigger;
  #holdNs: readonly Nanoseconds[];
  /** The scope of index 0; the others follow. */
  readonly #firstScope: number;
  /** By index: when the level that it stands at was last asked for. */
  readonly #askedNs: Float64Array;
  /** By index: the highest level asked for since then, so that it falls no further than that. */
  readonly #since: Uint8Array;

  /** @param holdNs by scope, counted from `firstScope` */
  constructor(ladder: KillLadder, trigger: KillTrigger, firstScope: number, holdNs: readonly Nanoseconds[]) {
    this.#ladder = ladder;
    this.#trigger = trigger;
    this.#firstScope = firstScope;
    this.#holdNs = holdNs;
    this.#askedNs = new Float64Array(holdNs.length);
    this.#since = new Uint8Array(holdNs.length);
  }

  /** Other holds, also for what is held already. */
  configure(holdNs: readonly Nanoseconds[]): void {
    assert(holdNs.length === this.#holdNs.length, 'every scope has its hold');
    this.#holdNs = holdNs;
  }

  /** @hot What the watcher finds right now. True when the trigger's own level changed. */
  ask(level: KillLevel, scope: number, now: TimeCell): boolean {
    const index = scope - this.#firstScope;
    const held = this.#ladder.held(this.#trigger, scope);
    if (level >= held) {
      this.#askedNs[index] = now[0]!;
      this.#since[index] = 0;
      if (level === held) return false;
      this.#ladder.raise(this.#trigger, level, scope);
      return true;
    }
    if (level > this.#since[index]!) this.#since[index] = level;
    if (now[0]! - this.#askedNs[index]! < this.#holdNs[index]!) return false;
    // Down to what was asked for meanwhile, and from there with a hold of its own.
    this.#ladder.raise(this.#trigger, this.#since[index]! as KillLevel, scope);
    this.#askedNs[index] = now[0]!;
    this.#since[index] = 0;
    return true;
  }

  /** Whether the trigger holds nothing in the scope. */
  isClear(scope: number): boolean {
    return this.#ladder.held(this.#trigger, scope) === KillLevel.quoting;
  }
}
