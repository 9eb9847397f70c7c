/**
 * Pauses while the engine itself cannot be trusted: its thread stood still, its clock moved against the venue's, or the
 * dead man's switch is not armed behind it.
 *
 * Owner:      the engine thread.
 * Invariants: unarmed means paused, from the first timer on, where the switch is used; each goes back by itself once the
 *             fault is over with some margin, never at its limit.
 * Cost:       a few comparisons a timer; nothing allocates once constructed.
 */
import { NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds, TimeCell } from '../base/units.ts';
import { HeldLevels } from './held-levels.ts';
import { ACCOUNT, KillLevel, KillTrigger } from './kill-ladder.ts';
import type { KillLadder } from './kill-ladder.ts';

/** A switch that lapsed counts as armed again when it holds for at least this. */
const REARMED_NS = 2 * NS_PER_SECOND;

export interface HealthWatchOptions {
  readonly ladder: KillLadder;
  /** Longest time between two timers; Infinity for no limit. */
  readonly stallNsMax: Nanoseconds;
  /** Timers must come in time for so long before quoting goes on. */
  readonly stallHoldNs: Nanoseconds;
  /** Largest step of the clock's offset between two measurements. */
  readonly clockOffsetMsMax: Milliseconds;
  /** Whether the dead man's switch must be armed. */
  readonly needsSwitch: boolean;
}

export class HealthWatch {
  /** The longest time between two timers since the start. */
  stallNsLongest: Nanoseconds = 0;
  /** How often timers were further apart than allowed. */
  stalls = 0;
  /** Until when the venue holds our switch armed, at least; 0 before the first time. */
  armedUntilNs: Nanoseconds = 0;

  readonly #needsSwitch: boolean;
  #stallNsMax: Nanoseconds;
  #clockOffsetMsMax: Milliseconds;
  readonly #ladder: KillLadder;
  readonly #stall: HeldLevels;
  #lastTimerNs: Nanoseconds = -1;

  constructor(options: HealthWatchOptions) {
    this.#needsSwitch = options.needsSwitch;
    this.#stallNsMax = options.stallNsMax;
    this.#clockOffsetMsMax = options.clockOffsetMsMax;
    this.#ladder = options.ladder;
    this.#stall = new HeldLevels(options.ladder, KillTrigger.stall, ACCOUNT, [options.stallHoldNs]);
  }

  /** Other limits, from the next timer and measurement on. As the options. */
  configure(stallNsMax: Nanoseconds, clockOffsetMsMax: Milliseconds): void {
    this.#stallNsMax = stallNsMax;
    this.#clockOffsetMsMax = clockOffsetMsMax;
  }

  /** @hot The timer's own time: first of all in its turn. */
  onTimer(now: TimeCell): void {
    const nowNs = now[0]!;
    const gapNs = this.#lastTimerNs < 0 ? 0 : nowNs - this.#lastTimerNs;
    this.#lastTimerNs = nowNs;
    if (gapNs > this.stallNsLongest) this.stallNsLongest = gapNs;
    const isStalled = gapNs > this.#stallNsMax;
    if (isStalled) this.stalls++;
    this.#stall.ask(isStalled ? KillLevel.paused : KillLevel.quoting, ACCOUNT, now);
    if (this.#needsSwitch) this.#checkSwitch(now);
  }

  /**
   * The venue's clock has been measured against ours. What was measured is what is counted with from then on, so that a step
   * is over when the next measurement confirms it.
   *
   * @param stepMs how far the offset has moved since it was measured before; 0 for the first
   * @param errorMs how far off the measurement may be: one that may be off by more than the limit is no news
   */
  onClock(stepMs: Milliseconds, errorMs: Milliseconds): void {
    const max = this.#clockOffsetMsMax;
    if (!(errorMs <= max) || Number.isNaN(stepMs)) return;
    const distance = Math.abs(stepMs);
    if (distance > max) this.#ladder.raise(KillTrigger.clockOffset, KillLevel.paused, ACCOUNT);
    else if (distance <= max / 2) this.#ladder.clear(KillTrigger.clockOffset, ACCOUNT);
  }

  /** The venue has confirmed the switch: it fires no earlier than this. */
  onSwitch(armedUntilNs: Nanoseconds): void {
    this.armedUntilNs = armedUntilNs;
  }

  #checkSwitch(now: TimeCell): void {
    const leftNs = this.armedUntilNs - now[0]!;
    if (leftNs <= 0) this.#ladder.raise(KillTrigger.switchLapsed, KillLevel.paused, ACCOUNT);
    else if (leftNs >= REARMED_NS) this.#ladder.clear(KillTrigger.switchLapsed, ACCOUNT);
  }
}
