/**
 * The venue's own switch: unless it hears from us again within the time-out, it cancels every order with our tag.
 *
 *     loop's timer ──heartbeat──▶ beat() ──cancel-all-after──▶ venue ──▶ onArmed(until)
 *
 * Owner:      the engine thread.
 * Invariants: it beats only when the loop says that a whole turn has gone by, never by itself: a loop that hangs, throws or
 *             stops lets the switch fire. It is put out once, after the venue has confirmed that nothing of ours rests.
 *             What it reports as armed ends before the venue's own count does.
 * Cost:       one REST call in two seconds.
 */
import type { Clock } from '../base/clock.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { AccountPort } from './engine-world.ts';
import { textOf } from './text-of.ts';

/** The venue takes one call a second for each tag; a little more, for what bunches up on the way. */
const BEAT_GAP_NS = 1.1 * NS_PER_SECOND;
/** The venue counts from when it heard us, which is after we spoke; a second more is for its clock and ours. */
const MARGIN_NS = NS_PER_SECOND;

export interface DeadMansSwitchOptions {
  readonly account: Pick<AccountPort, 'cancelAllAfter'>;
  readonly clock: Clock;
  readonly tag: string;
  /** 10 to 120; 0 for no switch: then nothing is ever sent. */
  readonly timeoutSeconds: number;
  readonly log: (line: string) => void;
  /** An engine with our tag may have beaten until now, and died. */
  readonly hasPredecessor: boolean;
  readonly waitMs: (ms: Milliseconds) => Promise<void>;
  /** The venue has confirmed: it does not fire before this. */
  readonly onArmed: (untilNs: Nanoseconds) => void;
}

export class DeadMansSwitch {
  /** Calls that the venue confirmed, and calls that failed. */
  beats = 0;
  failures = 0;
  /** It does not fire before this; 0 while it was never armed. */
  armedUntilNs: Nanoseconds = 0;

  readonly #options: DeadMansSwitchOptions;
  #inFlight: Promise<void> | undefined;
  #sentNs: Nanoseconds;
  #isFailing = false;
  #isClosed = false;

  constructor(options: DeadMansSwitchOptions) {
    this.#options = options;
    this.#sentNs = options.hasPredecessor ? options.clock.nowNs() : -Infinity;
  }

  /** The engine thread turns. Called from inside the loop's turn: the answer comes later, as an input of its own. */
  beat(): void {
    const { clock, timeoutSeconds } = this.#options;
    const nowNs = clock.nowNs();
    const isTooSoon = nowNs - this.#sentNs < BEAT_GAP_NS;
    if (timeoutSeconds === 0 || this.#isClosed || this.#inFlight !== undefined || isTooSoon) return;
    this.#sentNs = nowNs;
    this.#inFlight = this.#arm(nowNs);
  }

  /** As `beat`, with the venue's word waited for: whether the switch stands behind what is sent next. */
  async armed(): Promise<boolean> {
    const { clock, timeoutSeconds, waitMs } = this.#options;
    if (timeoutSeconds === 0) return true;
    const earlyNs = this.#sentNs + BEAT_GAP_NS - clock.nowNs();
    if (earlyNs > 0) await waitMs(Math.ceil(earlyNs / NS_PER_MS));
    this.beat();
    await this.#inFlight;
    return this.armedUntilNs > clock.nowNs();
  }

  /** From here on it is left to run out. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * Puts the switch out. Only for an engine that has stopped and knows from the venue that nothing of ours rests; until then
   * the switch is what stands behind it.
   *
   * @throws RestError when the venue does not confirm: then it fires, and finds nothing
   */
  async disarm(): Promise<void> {
    this.close();
    const { account, clock, tag, timeoutSeconds, waitMs } = this.#options;
    if (timeoutSeconds === 0) return;
    // A beat that overtook this would arm the switch again.
    await this.#inFlight;
    const earlyNs = this.#sentNs + BEAT_GAP_NS - clock.nowNs();
    if (earlyNs > 0) await waitMs(Math.ceil(earlyNs / NS_PER_MS));
    await account.cancelAllAfter(0, tag);
    this.armedUntilNs = 0;
  }

  async #arm(sentNs: Nanoseconds): Promise<void> {
    const { account, tag, timeoutSeconds, log, onArmed } = this.#options;
    let failure: unknown;
    try {
      const { triggerTimeMs } = await account.cancelAllAfter(timeoutSeconds, tag);
      if (triggerTimeMs === 0) failure = new Error('expected a time at which it fires, was none');
    } catch (error) {
      failure = error;
    }
    this.#inFlight = undefined;
    if (failure === undefined) {
      this.beats++;
      this.armedUntilNs = sentNs + timeoutSeconds * NS_PER_SECOND - MARGIN_NS;
      if (this.#isFailing) log('dead man’s switch: armed again');
      this.#isFailing = false;
      if (!this.#isClosed) onArmed(this.armedUntilNs);
      return;
    }
    this.failures++;
    if (!this.#isFailing) log(`dead man’s switch: ${textOf(failure)}`);
    this.#isFailing = true;
  }
}
