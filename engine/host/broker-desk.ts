/**
 * Commission beside the engine: every fill that REST tells, whoever asked for it, comes to the ledger on disk once; the
 * venue is asked whether the account brings rebates; what a reconciliation came to is shown.
 *
 *     AccountRest.onFillRows ──▶ entries ──▶ <state>/broker/fills-DAY.ndjson, metrics
 *
 * Owner:      the engine thread.
 * Invariants: nothing here is an input of the loop, and nothing that fails here ends the engine: orders go on, and it is
 *             said.
 * Cost:       a comparison of some times each timer; a fill costs some microseconds and a line on disk, never on the path.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Instrument } from '../base/instrument.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { BrokerRest } from '../broker/broker-rest.ts';
import { eligibilityWords, IfRebate, keepEligibility } from '../broker/eligibility.ts';
import { fillEntry } from '../broker/fill-entry.ts';
import type { Trader } from '../broker/fill-entry.ts';
import { FillRecorder } from '../broker/fill-recorder.ts';
import { readSettlement } from '../broker/settlement.ts';
import type { Config } from '../config/schema.ts';
import type { MetricsWriter } from '../metrics/cells.ts';
import { INST_TYPES } from '../okx/instrument-rows.ts';
import type { AccountRest, RestPort } from '../venue/account-rest.ts';
import type { FillRow } from '../venue/account-rows.ts';
import type { Secret } from '../venue/credentials.ts';
import { RestError } from '../venue/rest-error.ts';
import { BrokerFigures } from './broker-figures.ts';
import { textOf } from './text-of.ts';

/** The start asks for what was traded while nobody looked once its own questions are over. */
const CATCH_UP_NS: Nanoseconds = 10 * NS_PER_SECOND;
const ELIGIBILITY_NS: Nanoseconds = 86_400 * NS_PER_SECOND;
const RETRY_NS: Nanoseconds = 3_600 * NS_PER_SECOND;
const FLUSH_RETRY_NS: Nanoseconds = 5 * NS_PER_SECOND;
const SETTLEMENT_NS: Nanoseconds = 30 * NS_PER_SECOND;
/** The venue tells fills of three days, and by another road those of three months. */
const FILLS_MS_MAX: Milliseconds = 71 * 3_600_000;
const OLD_FILLS_MS_MAX: Milliseconds = 89 * 86_400_000;
/** Fills of the same moment may be told one after the other. */
const OVERLAP_MS: Milliseconds = 60_000;
const KEY_LETTERS = 8;

export interface BrokerDeskOptions {
  /** Where the ledger is. */
  readonly directory: string;
  readonly config: Config['broker'];
  readonly tag: string;
  readonly account: Pick<AccountRest, 'fetchFills' | 'fetchOldFills' | 'fetchAccountConfig'>;
  /** By the broker's own key, if there is one, else by the account's. */
  readonly brokerRest: RestPort;
  /** The account's; not there where it trades by tokens. */
  readonly apiKey?: Secret | undefined;
  readonly instruments: readonly Instrument[];
  readonly writer: MetricsWriter;
  readonly clock: Clock;
  readonly venueMs: () => Milliseconds;
  readonly log: (line: string) => void;
}

export class BrokerDesk {
  readonly #options: BrokerDeskOptions;
  readonly #recorder: FillRecorder;
  readonly #figures: BrokerFigures;
  readonly #rest: BrokerRest;
  readonly #byName: ReadonlyMap<string, Instrument>;
  readonly #beganMs: Milliseconds;
  #catchUpNs: Nanoseconds;
  #isBehind = false;
  /** Who trades; until it is known, rows wait. */
  #trader: Trader | undefined;
  #unread: FillRow[] = [];
  #hasCaughtUp = false;
  #eligibilityNs: Nanoseconds = -Infinity;
  #flushNs: Nanoseconds = -Infinity;
  #settlementNs: Nanoseconds = -Infinity;
  #settledMs: Milliseconds = 0;
  #isAsking = false;
  #isFailing = false;
  #toldType = '';
  #isClosed = false;

  /** @throws BrokerError when a file of the ledger is not what was written */
  constructor(options: BrokerDeskOptions) {
    const { directory, config, tag, instruments, writer, brokerRest, clock } = options;
    this.#options = options;
    this.#recorder = new FillRecorder(directory);
    this.#figures = new BrokerFigures(writer, config, tag, instruments);
    this.#rest = new BrokerRest(brokerRest, config.mode);
    this.#byName = new Map(instruments.map((instrument) => [instrument.instId, instrument]));
    this.#beganMs = options.venueMs();
    this.#catchUpNs = clock.nowNs() + CATCH_UP_NS;
  }

  /** For `AccountRest`: in the middle of an answer, so that nothing here takes its time. */
  onFillRows(rows: readonly FillRow[]): void {
    this.#unread.push(...rows);
    if (this.#trader !== undefined) this.#read(this.#trader);
  }

  #read(trader: Trader): void {
    const rows = this.#unread;
    this.#unread = [];
    const entries = rows.map((row) => fillEntry(row, this.#byName.get(row.instId)?.fields, trader));
    for (const entry of this.#recorder.take(entries)) this.#figures.onFill(entry);
  }

  /** What this rejects with is a mistake of ours. */
  async onTimer(nowNs: Nanoseconds): Promise<void> {
    if (this.#isClosed) return;
    if (nowNs >= this.#settlementNs) this.#showSettlement(nowNs);
    if (this.#recorder.hasWaiting && nowNs >= this.#flushNs) {
      this.#flushNs = nowNs + FLUSH_RETRY_NS;
      await this.#flush();
    }
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      if (nowNs >= this.#eligibilityNs) await this.#askAccount(nowNs);
      else if (!this.#hasCaughtUp && nowNs >= this.#catchUpNs) await this.#catchUp();
    } finally {
      this.#isAsking = false;
    }
  }

  /** The last fills, on disk; within the bound of one question to the venue. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { account } = this.#options;
    const sinceMs = this.#recorder.lastMs === 0 ? this.#beganMs : this.#recorder.lastMs;
    try {
      await account.fetchFills(this.#since(sinceMs));
    } catch (error) {
      // The next start finds them.
      if (!(error instanceof RestError)) throw error;
    }
    if (this.#trader === undefined && this.#unread.length > 0) await this.#readTrader();
    await this.#flush();
  }

  #since(timeMs: Milliseconds): Milliseconds {
    return Math.floor(Math.max(timeMs - OVERLAP_MS, this.#options.venueMs() - FILLS_MS_MAX));
  }

  // ------------------------------------------------------------------------------------------------ questions

  /** Whose account it is, and whether it brings rebates: at the start, and once a day. */
  async #askAccount(nowNs: Nanoseconds): Promise<void> {
    this.#eligibilityNs = nowNs + RETRY_NS;
    if (!(await this.#readTrader())) return;
    if (await this.#askEligibility(this.#trader!.account)) this.#eligibilityNs = nowNs + ELIGIBILITY_NS;
  }

  async #readTrader(): Promise<boolean> {
    const { account, apiKey, log } = this.#options;
    try {
      const { uid, level } = await account.fetchAccountConfig();
      this.#trader = { account: uid, key: keyName(apiKey), level };
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      // Without it, fills wait: soon again.
      if (this.#trader === undefined) this.#eligibilityNs = this.#options.clock.nowNs() + NS_PER_SECOND;
      else log(`commission: ${textOf(error)}; the account is taken to be what it was`);
      return this.#trader !== undefined;
    }
    this.#read(this.#trader);
    return true;
  }

  /** False when it is to be asked again soon. */
  async #askEligibility(uid: string): Promise<boolean> {
    const { config, apiKey, directory, clock, venueMs, log } = this.#options;
    if (!config.asksEligibility || apiKey === undefined) return true;
    let told;
    try {
      told = await this.#rest.fetchEligibility(apiKey.reveal(), uid, Math.floor(venueMs()));
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      if (this.#toldType !== NOT_TOLD)
        log(`commission: whether rebates are paid is not told: ${textOf(error)}`);
      this.#toldType = NOT_TOLD;
      return !error.isRetryable;
    }
    this.#figures.onEligibility(told, clock.nowNs());
    if (told.type !== this.#toldType) log(eligibilityLine(told.type));
    this.#toldType = told.type;
    await keepEligibility(directory, told).catch((error: unknown) => this.#onFailed(error));
    return true;
  }

  /** What was traded since the last entry and before this start. */
  async #catchUp(): Promise<void> {
    const { account, log, venueMs, clock } = this.#options;
    this.#hasCaughtUp = true;
    const { lastMs } = this.#recorder;
    if (lastMs === 0) return;
    try {
      if (venueMs() - lastMs > FILLS_MS_MAX) await this.#fetchOld(lastMs);
      await account.fetchFills(this.#since(lastMs));
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      this.#hasCaughtUp = false;
      if (!this.#isBehind) log(`commission: ${textOf(error)}; what was traded meanwhile is asked for again`);
      this.#isBehind = true;
      this.#catchUpNs = clock.nowNs() + CATCH_UP_NS;
    }
  }

  /** Of an engine that was away for longer than fills are told: three months back, by type. */
  async #fetchOld(lastMs: Milliseconds): Promise<void> {
    const { account, instruments, log, venueMs } = this.#options;
    const firstMs = venueMs() - OLD_FILLS_MS_MAX;
    if (lastMs < firstMs) {
      log(
        `commission: the ledger ends on ${new Date(lastMs).toISOString()}, and the venue tells fills of three months: what was traded in between is missing`,
      );
    }
    const sinceMs = Math.floor(Math.max(lastMs - OVERLAP_MS, firstMs));
    for (const instType of new Set(instruments.map(({ type }) => INST_TYPES[type]))) {
      await account.fetchOldFills(instType, sinceMs);
    }
  }

  // ----------------------------------------------------------------------------------------------------- disk

  async #flush(): Promise<void> {
    try {
      await this.#recorder.flush();
    } catch (error) {
      this.#onFailed(error);
      return;
    }
    if (this.#isFailing) this.#options.log('commission: written again');
    this.#isFailing = false;
    this.#figures.onFailing(false);
  }

  #onFailed(error: unknown): void {
    this.#figures.onFailing(true);
    if (!this.#isFailing) {
      this.#options.log(
        `commission: the ledger could not be written: ${textOf(error)}; fills wait in memory until it can`,
      );
    }
    this.#isFailing = true;
  }

  #showSettlement(nowNs: Nanoseconds): void {
    this.#settlementNs = nowNs + SETTLEMENT_NS;
    const settlement = readSettlement(this.#options.directory);
    if (settlement === undefined || settlement.madeMs === this.#settledMs) return;
    this.#settledMs = settlement.madeMs;
    this.#figures.onSettled(settlement);
  }
}

const NOT_TOLD = 'not told';

function eligibilityLine(type: string): string {
  const { text, advice } = eligibilityWords(type);
  return type === IfRebate.eligible ? `commission: ${text}` : `commission: ${text}; ${advice}`;
}

/** Tells keys apart without naming them. */
function keyName(apiKey: Secret | undefined): string {
  if (apiKey === undefined) return 'token';
  return createHash('sha256').update(apiKey.reveal()).digest('hex').slice(0, KEY_LETTERS);
}
