/**
 * What quote currencies that are no dollars are worth: asked at the start, and every ten minutes, since what all instruments
 * together may hold and lose is counted in dollars.
 *
 * Owner:      the engine thread.
 * Invariants: one question at a time; a rate that cannot be had stays what it was, and that is said; what the configuration
 *             states is not asked for.
 * Cost:       a comparison each timer; every ten minutes one to four calls for each currency.
 */
import type { Instrument } from '../base/instrument.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import { RestError } from '../venue/rest-error.ts';
import type { AccountPort } from './engine-world.ts';
import { askRate, needsRate } from './instruments.ts';
import { textOf } from './text-of.ts';

const PERIOD_NS: Nanoseconds = 600 * NS_PER_SECOND;
/** A smaller change is left for later: each has quotes of its instruments made anew. */
const CHANGE_MIN = 0.01;

export interface RateDeskOptions {
  readonly account: Pick<AccountPort, 'fetchIndexPrice'>;
  readonly instruments: readonly Instrument[];
  /** As it is in force. */
  readonly config: () => Config;
  readonly nowNs: Nanoseconds;
  readonly log: (line: string) => void;
  /** Instruments have another rate: limits are to be made anew. */
  readonly onChanged: () => void;
}

export class RateDesk {
  readonly #options: RateDeskOptions;
  #dueNs: Nanoseconds;
  #isAsking = false;
  #isClosed = false;
  /** Whose last answer was none: said once. */
  readonly #failing = new Set<string>();

  constructor(options: RateDeskOptions) {
    this.#options = options;
    this.#dueNs = options.nowNs + PERIOD_NS;
  }

  /** What this rejects with is a mistake of ours. */
  async onTimer(nowNs: Nanoseconds): Promise<void> {
    if (nowNs < this.#dueNs || this.#isAsking || this.#isClosed) return;
    this.#dueNs = nowNs + PERIOD_NS;
    const { instruments, config, onChanged } = this.#options;
    const asked = instruments.filter(({ index, fields }) => needsRate(fields, config().instruments[index]!));
    this.#isAsking = true;
    let isChanged = false;
    try {
      for (const ccy of new Set(asked.map(({ quoteCcy }) => quoteCcy))) {
        const rate = await this.#ask(ccy);
        if (rate === 0) continue;
        for (const instrument of asked) {
          if (instrument.quoteCcy !== ccy || Math.abs(rate / instrument.usdRate - 1) < CHANGE_MIN) continue;
          instrument.usdRate = rate;
          isChanged = true;
        }
      }
    } finally {
      this.#isAsking = false;
    }
    if (isChanged && !this.#isClosed) onChanged();
  }

  close(): void {
    this.#isClosed = true;
  }

  /** 0 where it cannot be had. */
  async #ask(ccy: string): Promise<number> {
    let reason = 'the venue has no index that tells';
    try {
      const rate = await askRate(this.#options.account, ccy);
      if (rate > 0) {
        this.#failing.delete(ccy);
        return rate;
      }
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      reason = textOf(error);
    }
    if (!this.#failing.has(ccy) && !this.#isClosed) {
      this.#options.log(`rate of ${ccy}: ${reason}; limits go on with what it was worth before`);
    }
    this.#failing.add(ccy);
    return 0;
  }
}
