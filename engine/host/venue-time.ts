/**
 * What time it is at the venue, at every moment: measured, and carried on by the monotonic clock, which nobody sets.
 *
 * Owner:      the engine thread.
 * Invariants: a step of the machine's clock changes nothing here; it is measured anew at once, and told as a step.
 * Cost:       a subtraction a timer; three short questions a minute.
 */
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { Clock } from '../base/clock.ts';
import type { ClockPort } from './engine-world.ts';
import { textOf } from './text-of.ts';

const PERIOD_NS = 60 * NS_PER_SECOND;
/** After a failure, or a step that may not be over. */
const AGAIN_NS = 10 * NS_PER_SECOND;
/** The two clocks of this machine drift apart by less than this between two timers. */
const STEP_MS = 50;

export interface VenueTimeOptions {
  readonly clock: Clock;
  readonly venueClock: ClockPort;
  readonly log: (line: string) => void;
  /** How far the offset has moved since it was measured before, and within which bound that is right. */
  readonly onMeasured: (stepMs: Milliseconds, errorMs: Milliseconds) => void;
}

export class VenueTime {
  readonly #options: VenueTimeOptions;
  /** The venue's clock less the monotonic one. */
  #epochMs: Milliseconds;
  /** This machine's wall clock less the monotonic one, at the last timer. */
  #ownEpochMs: Milliseconds;
  #offsetMs: Milliseconds;
  #errorMs: Milliseconds;
  #nextNs: Nanoseconds;
  #isMeasuring = false;
  #isFailing = false;
  #isClosed = false;

  /** The venue's clock has been measured just now. */
  constructor(options: VenueTimeOptions) {
    const { clock, venueClock } = options;
    this.#options = options;
    this.#offsetMs = venueClock.offsetMs;
    this.#errorMs = venueClock.offsetErrorMs;
    this.#ownEpochMs = ownEpochMs(clock);
    this.#epochMs = this.#ownEpochMs + this.#offsetMs;
    this.#nextNs = clock.nowNs() + PERIOD_NS;
  }

  /** @hot */
  at(nowNs: Nanoseconds): Milliseconds {
    return this.#epochMs + nowNs / NS_PER_MS;
  }

  /** Whether it is time to measure: resolves when that is done, one way or the other. */
  async onTimer(nowNs: Nanoseconds): Promise<void> {
    const epochMs = ownEpochMs(this.#options.clock);
    const hasStepped = Math.abs(epochMs - this.#ownEpochMs) > STEP_MS;
    this.#ownEpochMs = epochMs;
    if (hasStepped) this.#nextNs = nowNs;
    if (nowNs < this.#nextNs || this.#isMeasuring || this.#isClosed) return;
    this.#isMeasuring = true;
    await this.#measure();
    this.#isMeasuring = false;
  }

  close(): void {
    this.#isClosed = true;
  }

  async #measure(): Promise<void> {
    const { clock, venueClock, log, onMeasured } = this.#options;
    // A step after this is one that was not measured.
    this.#nextNs = clock.nowNs() + PERIOD_NS;
    try {
      await venueClock.measureClockOffset();
    } catch (error) {
      if (!this.#isFailing && !this.#isClosed) log(`clock: ${textOf(error)}`);
      this.#isFailing = true;
      this.#nextNs = clock.nowNs() + AGAIN_NS;
      return;
    }
    if (this.#isClosed) return;
    if (this.#isFailing) log('clock: measured again');
    this.#isFailing = false;
    const { offsetMs, offsetErrorMs } = venueClock;
    const stepMs = offsetMs - this.#offsetMs;
    const doubtMs = STEP_MS + offsetErrorMs + this.#errorMs;
    this.#offsetMs = offsetMs;
    this.#errorMs = offsetErrorMs;
    this.#epochMs = ownEpochMs(clock) + offsetMs;
    if (Math.abs(stepMs) > doubtMs) {
      log(`clock: moved by ${Math.round(stepMs)} ms against the venue's`);
      this.#nextNs = Math.min(this.#nextNs, clock.nowNs() + AGAIN_NS);
    }
    onMeasured(stepMs, offsetErrorMs);
  }
}

function ownEpochMs(clock: Clock): Milliseconds {
  return clock.wallMs() - clock.nowNs() / NS_PER_MS;
}
