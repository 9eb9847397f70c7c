/**
 * Commission beside the engine: every fill that REST tells, whoever asked for it, comes to the ledger on disk once; the
 * venue is asked whether the account brings rebates; what a reconciliation came to is shown.
 *
 *     AccountRest.onFillRows ──▶ entries ──▶ <state>/broker/fills-DAY.ndjson, metrics
 *
 * Owner:      the engine thread.
 * Invariants: nothing here is an input of the loop, and nothing that fails here ends the engine or keeps it from its end:
 *             orders go on, and it is said. What is on disk has no gap before its last fill: until a start has asked for
 *             what was traded before it, what is told waits.
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
import type { AccountRest, RestPort } from '../venue/account-rest.ts';
import type { FillRow } from '../venue/account-rows.ts';
import type { Secret } from '../venue/credentials.ts';
import { RestError } from '../venue/rest-error.ts';
import { BrokerFigures } from './broker-figures.ts';
import { FillCatchUp } from './fill-catch-up.ts';
import { textOf } from './text-of.ts';

const ELIGIBILITY_NS: Nanoseconds = 86_400 * NS_PER_SECOND;
const RETRY_NS: Nanoseconds = 3_600 * NS_PER_SECOND;
const FLUSH_RETRY_NS: Nanoseconds = 5 * NS_PER_SECOND;
const SETTLEMENT_NS: Nanoseconds = 30 * NS_PER_SECOND;
/** So many fills wait for what came before them at most. */
const HELD_MAX = 100_000;
/** The last question is not worth more of a stop's time. */
const CLOSE_MS = 10_000;
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
  readonly #catchUp: FillCatchUp;
  /** Who trades; until it is known, rows wait. */
  #trader: Trader | undefined;
  #unread: FillRow[] = [];
  #eligibilityNs: Nanoseconds = -Infinity;
  #flushNs: Nanoseconds = -Infinity;
  #settlementNs: Nanoseconds = -Infinity;
  #settledMs: Milliseconds = 0;
  #isAsking = false;
  #isFailing = false;
  #isMistaken = false;
  #toldType = '';
  #isClosed = false;

  constructor(options: BrokerDeskOptions) {
    const { directory, config, tag, instruments, writer, brokerRest } = options;
    this.#options = options;
    this.#figures = new BrokerFigures(writer, config, tag, instruments);
    this.#recorder = new FillRecorder(directory);
    if (this.#recorder.unread !== '')
      options.log(`commission: ${this.#recorder.unread}; new fills are kept all the same`);
    this.#catchUp = new FillCatchUp(options, this.#recorder.lastMs);
    this.#rest = new BrokerRest(brokerRest, config.mode);
    this.#byName = new Map(instruments.map((instrument) => [instrument.instId, instrument]));
    this.#beganMs = options.venueMs();
  }

  /** For `AccountRest`: in the middle of an answer, so that nothing here takes its time. */
  onFillRows(rows: readonly FillRow[]): void {
    for (const row of rows) this.#unread.push(row);
    try {
      if (this.#trader !== undefined) this.#read(this.#trader);
    } catch (error) {
      this.#onMistake(error);
    }
  }

  #read(trader: Trader): void {
    const rows = this.#unread;
    this.#unread = [];
    const entries = rows.map((row) => fillEntry(row, this.#byName.get(row.instId)?.fields, trader));
    for (const entry of this.#recorder.take(entries)) this.#figures.onFill(entry);
  }

  async onTimer(nowNs: Nanoseconds): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.#work(nowNs);
    } catch (error) {
      this.#onMistake(error);
    }
  }

  async #work(nowNs: Nanoseconds): Promise<void> {
    if (nowNs >= this.#settlementNs) this.#showSettlement(nowNs);
    if (this.#mayFlush && nowNs >= this.#flushNs) {
      this.#flushNs = nowNs + FLUSH_RETRY_NS;
      await this.#flush();
    }
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      if (nowNs >= this.#eligibilityNs) await this.#askAccount(nowNs);
      else await this.#catchUp.onTimer(nowNs);
    } finally {
      this.#isAsking = false;
    }
  }

  /** The last fills, on disk. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      const isTold = await within(CLOSE_MS, this.#askLast());
      // Of what is not written the next start is told again, with what came before it.
      if (isTold || this.#catchUp.isDone) await this.#flush();
    } catch (error) {
      this.#onMistake(error);
    }
  }

  /** Whether the venue told all since the last entry. */
  async #askLast(): Promise<boolean> {
    const { lastMs } = this.#recorder;
    try {
      const isTold = await this.#catchUp.askSince(lastMs === 0 ? this.#beganMs : lastMs);
      if (!isTold) return false;
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      return false;
    }
    if (this.#trader === undefined && this.#unread.length > 0) await this.#readTrader();
    return true;
  }

  /** A later crash must not leave fills on disk with a gap before them: the next start would not look for it. */
  get #mayFlush(): boolean {
    const { hasWaiting, waitingCount } = this.#recorder;
    return hasWaiting && (this.#catchUp.isDone || waitingCount > HELD_MAX);
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
    this.#figures.onFailing(this.#isMistaken);
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

  /** Orders go on. */
  #onMistake(error: unknown): void {
    this.#figures.onFailing(true);
    if (!this.#isMistaken)
      this.#options.log(`commission: a mistake of this program: ${textOf(error)}; trading goes on`);
    this.#isMistaken = true;
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

/** False when it takes longer, or what it comes to. */
function within(ms: Milliseconds, work: Promise<boolean>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function eligibilityLine(type: string): string {
  const { text, advice } = eligibilityWords(type);
  return type === IfRebate.eligible ? `commission: ${text}` : `commission: ${text}; ${advice}`;
}

/** Tells keys apart without naming them. */
function keyName(apiKey: Secret | undefined): string {
  if (apiKey === undefined) return 'token';
  return createHash('sha256').update(apiKey.reveal()).digest('hex').slice(0, KEY_LETTERS);
}
