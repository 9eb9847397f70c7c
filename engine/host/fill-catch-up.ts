/**
 * What was traded while no engine looked: from the last fill on disk up to this start.
 *
 * Owner:      the desk of commission; the answers come to it by `AccountRest.onFillRows`.
 * Invariants: it begins at what was on disk when the engine started, whatever was told since: a recovery tells of the last
 *             minutes only.
 */
import type { Clock } from '../base/clock.ts';
import type { Instrument } from '../base/instrument.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { INST_TYPES } from '../okx/instrument-rows.ts';
import type { AccountRest } from '../venue/account-rest.ts';
import { RestError } from '../venue/rest-error.ts';
import { textOf } from './text-of.ts';

/** The start asks once its own questions are over, and again when it was not answered. */
const PAUSE_NS: Nanoseconds = 10 * NS_PER_SECOND;
/** The venue tells fills of three days, and by another road those of three months. */
const FILLS_MS_MAX: Milliseconds = 71 * 3_600_000;
const OLD_FILLS_MS_MAX: Milliseconds = 89 * 86_400_000;
/** Fills of the same moment may be told one after the other. */
const OVERLAP_MS: Milliseconds = 60_000;

interface FillCatchUpOptions {
  readonly account: Pick<AccountRest, 'fetchFills' | 'fetchOldFills'>;
  readonly instruments: readonly Instrument[];
  readonly clock: Clock;
  readonly venueMs: () => Milliseconds;
  readonly log: (line: string) => void;
}

export class FillCatchUp {
  /** Nothing is missing before what was told since the start. */
  isDone: boolean;
  readonly #options: FillCatchUpOptions;
  readonly #keptMs: Milliseconds;
  #dueNs: Nanoseconds;
  #isBehind = false;

  /** @param keptMs the newest fill on disk; 0 when there is none */
  constructor(options: FillCatchUpOptions, keptMs: Milliseconds) {
    this.#options = options;
    this.#keptMs = keptMs;
    this.isDone = keptMs === 0;
    this.#dueNs = options.clock.nowNs() + PAUSE_NS;
  }

  async onTimer(nowNs: Nanoseconds): Promise<void> {
    if (this.isDone || nowNs < this.#dueNs) return;
    const { account, log, venueMs, clock } = this.#options;
    try {
      if (venueMs() - this.#keptMs > FILLS_MS_MAX) await this.#askOld();
      await account.fetchFills(this.#since(this.#keptMs));
      this.isDone = true;
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      if (!this.#isBehind) log(`commission: ${textOf(error)}; what was traded meanwhile is asked for again`);
      this.#isBehind = true;
    } finally {
      this.#dueNs = clock.nowNs() + PAUSE_NS;
    }
  }

  /**
   * A last question, of one who has no time: since that moment, or since what was on disk.
   *
   * @returns whether nothing is missing then
   * @throws RestError when the venue does not answer
   */
  async askSince(lastMs: Milliseconds): Promise<boolean> {
    const { account, venueMs } = this.#options;
    const sinceMs = this.isDone ? lastMs : this.#keptMs;
    if (!this.isDone && venueMs() - sinceMs > FILLS_MS_MAX) return false;
    await account.fetchFills(this.#since(sinceMs));
    return true;
  }

  #since(timeMs: Milliseconds): Milliseconds {
    return Math.floor(Math.max(timeMs - OVERLAP_MS, this.#options.venueMs() - FILLS_MS_MAX));
  }

  /** Of an engine that was away for longer than fills are told: three months back, by type. */
  async #askOld(): Promise<void> {
    const { account, instruments, log, venueMs } = this.#options;
    const firstMs = venueMs() - OLD_FILLS_MS_MAX;
    if (this.#keptMs < firstMs && !this.#isBehind) {
      log(
        `commission: the ledger ends on ${new Date(this.#keptMs).toISOString()}, and the venue tells fills of three months: what was traded in between is missing`,
      );
    }
    const sinceMs = Math.floor(Math.max(this.#keptMs - OVERLAP_MS, firstMs));
    for (const instType of new Set(instruments.map(({ type }) => INST_TYPES[type]))) {
      await account.fetchOldFills(instType, sinceMs);
    }
  }
}
