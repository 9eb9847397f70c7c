/**
 * Algo orders of this engine at the venue: the stops that protect positions, and the exits that an operator has begun.
 *
 *     timer ──▶ what is due ──▶ REST, one call after the other
 *     /business ──▶ onFrame ──▶ both desks; where it is not up, the venue's list is read more often
 *
 * Owner:      the engine thread.
 * Invariants: nothing is asked while the account is not recovered, and nothing at all where nothing is to be protected and
 *             no run has ever placed one; what comes of a trigger for the core is an input of the core.
 * Cost:       ten looks a second; the venue's list every half minute, every five seconds without /business.
 */
import type { Instrument } from '../base/instrument.ts';
import { PositionSide } from '../base/position-side.ts';
import type { ExitTerms } from '../base/exit-terms.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import type { Loop } from '../loop.ts';
import type { CommandResult } from '../loop/loop-options.ts';
import type { MetricsWriter } from '../metrics/cells.ts';
import { OkxMessageError } from '../okx/okx-message-error.ts';
import { KillLevel, KillTrigger } from '../risk/kill-ladder.ts';
import { RestError } from '../venue/rest-error.ts';
import { algoRowsOf } from './algo-push.ts';
import type { AccountPort, EngineWorld } from './engine-world.ts';
import { ExitDesk, sellableLots, type ExitPosition } from './exit-desk.ts';
import { OwnAlgos } from './own-algos.ts';
import { ProtectionDesk } from './protection-desk.ts';
import type { Held } from './stop-terms.ts';
import { textOf } from './text-of.ts';

const LOOK_NS = 100 * NS_PER_MS;
const LIST_NS = 30 * NS_PER_SECOND;
/** Without pushes. */
const BLIND_LIST_NS = 5 * NS_PER_SECOND;
const RETRY_NS = NS_PER_SECOND;
/** While it is not known what waits. */
const DOUBT_NS = 2 * NS_PER_SECOND;
const MISSING_NS = 10 * NS_PER_SECOND;
/** The engine stops: so long for the last requests. */
const STOP_MS_MAX = 3_000;
const STOP_LOOK_MS = 20;

export interface AlgoDeskOptions {
  readonly world: Pick<EngineWorld, 'account' | 'clock' | 'waitMs' | 'log'>;
  readonly loop: Loop;
  readonly instruments: readonly Instrument[];
  readonly config: () => Config;
  readonly tag: string;
  readonly run: number;
  /** Those of this state, `run` the last of them. */
  readonly runs: readonly number[];
  /** The account's mode, as it was at the start: it cannot change while anything is open. */
  readonly acctLv: string;
  readonly isHedged: boolean;
  readonly writer: MetricsWriter;
  /** A former run has placed some. */
  readonly mayWait: boolean;
  /** When that run wrote down what it knew, by the venue's clock: what was triggered since, it did not know. */
  readonly savedMs: Milliseconds;
  /** From now on some may wait: a restart must know. */
  readonly onFirst: () => Promise<unknown>;
}

export class AlgoDesk {
  readonly protection: ProtectionDesk;
  readonly exits: ExitDesk;
  /** Whether some of ours may wait at the venue, of this run or a former one. */
  mayWait: boolean;

  readonly #options: AlgoDeskOptions;
  readonly #account: AccountPort;
  /** By instrument and leg, of an account with two: the average entry in ticks, as the venue tells it. */
  readonly #entries = new Map<string, number>();
  /** Whether a former run's stops may have been triggered while no engine ran. */
  #mayHaveMissed: boolean;
  #isPushed = false;
  #isWorking = false;
  #isClosed = false;
  #isFailing = false;
  #lookNs: Nanoseconds = -Infinity;
  #listNs: Nanoseconds = -Infinity;
  #retryNs: Nanoseconds = -Infinity;

  constructor(options: AlgoDeskOptions) {
    const { world, loop, instruments, config, tag, run, runs, acctLv, isHedged } = options;
    const { account, clock } = world;
    this.#options = options;
    this.#account = account;
    this.mayWait = options.mayWait;
    this.#mayHaveMissed = options.mayWait;
    const tradeModes = config().instruments.map(({ tradeMode }) => tradeMode);
    const log = (line: string): void => world.log(line);
    const onTagLost = (): void => loop.pause(KillTrigger.tagMismatch, clock.nowNs());
    const own = new OwnAlgos({ tag, runs, onTagLost });
    const beforeFirst = (): Promise<void> => this.#beforeFirst();
    this.protection = new ProtectionDesk({
      account,
      instruments,
      tradeModes,
      config: () => config().protection,
      clock,
      tag,
      run,
      isHedged,
      mayCloseAll: acctLv !== '4',
      heldOf: (instrument, leg) => this.#heldOf(instrument, leg),
      log,
      onTriggered: () => loop.pause(KillTrigger.protection, clock.nowNs()),
      own,
      beforeFirst,
    });
    this.exits = new ExitDesk({
      account,
      instruments,
      tradeModes,
      clock,
      tag,
      run,
      positions: () => this.#positions(),
      markTicks: (instrument) => loop.priceTicks(instrument),
      openOrders: () => loop.openOrders,
      isPaused: () => loop.ladder.accountLevel >= KillLevel.paused,
      beforeFirst,
      own,
      waitMs: (ms) => world.waitMs(ms),
      log,
    });
  }

  /** Whether /business is needed: nothing is protected, and nothing waits, without it. */
  get isNeeded(): boolean {
    return this.protection.isOn || this.mayWait;
  }

  // ----------------------------------------------------------------------------------------------- /business

  onUp(): void {
    this.#isPushed = true;
    // What happened while nobody heard.
    this.#listNs = -Infinity;
  }

  onDown(): void {
    this.#isPushed = false;
  }

  onFrame(text: string): void {
    if (this.#isClosed) return;
    for (const row of algoRowsOf(text)) {
      this.protection.onRow(row);
      this.exits.onRow(row);
    }
  }

  // --------------------------------------------------------------------------------------------------- timer

  /** What this rejects with is a mistake of ours. */
  async onTimer(nowNs: Nanoseconds): Promise<void> {
    if (this.#isClosed || nowNs - this.#lookNs < LOOK_NS) return;
    this.#lookNs = nowNs;
    this.#show(nowNs);
    if (!this.#options.loop.account.isRecovered) return;
    await Promise.all([this.exits.onTimer(nowNs), this.#work(nowNs)]);
  }

  /** One at a time; a failure of the venue is left to the next. */
  async #work(nowNs: Nanoseconds): Promise<void> {
    if (this.#isWorking || nowNs < this.#retryNs) return;
    const { protection, exits } = this;
    if (!protection.isOn && !this.mayWait) return;
    const everyNs = this.#isPushed ? LIST_NS : BLIND_LIST_NS;
    const isWatching = protection.isOn || protection.hasStanding || exits.isActive;
    const isListDue =
      protection.isDoubtDue(nowNs) ||
      this.#listNs === -Infinity ||
      (exits.isInDoubt && nowNs - this.#listNs >= DOUBT_NS) ||
      (isWatching && nowNs - this.#listNs >= everyNs);
    if (!isListDue && !protection.look(nowNs)) return;
    this.#isWorking = true;
    try {
      if (isListDue) await this.#list(nowNs);
      else if (this.#options.isHedged) await this.#fetchEntries();
      await protection.work(() => !this.#isClosed);
      if (this.#isFailing) this.#options.world.log('algo orders: answered again');
      this.#isFailing = false;
    } catch (error) {
      if (!(error instanceof RestError || error instanceof OkxMessageError)) throw error;
      if (!this.#isFailing) this.#options.world.log(`algo orders: ${textOf(error)}; again in a second`);
      this.#isFailing = true;
      this.#retryNs = this.#options.world.clock.nowNs() + RETRY_NS;
    } finally {
      this.#isWorking = false;
    }
  }

  async #list(nowNs: Nanoseconds): Promise<void> {
    if (this.#mayHaveMissed) {
      const { savedMs } = this.#options;
      this.protection.onMissed(await this.#account.fetchStopsTriggered(savedMs));
      this.#mayHaveMissed = false;
    }
    const { doubts } = this.exits;
    const rows = await this.#account.fetchAlgosPending();
    if (this.#options.isHedged) await this.#fetchEntries();
    await this.protection.reconcile(rows);
    await this.exits.reconcile(rows, doubts);
    this.#listNs = nowNs;
  }

  async #beforeFirst(): Promise<void> {
    if (this.mayWait) return;
    this.mayWait = true;
    await this.#options.onFirst();
  }

  // ------------------------------------------------------------------------------------------------ positions

  #heldOf(index: number, leg: PositionSide): Held | null {
    const { loop } = this.#options;
    const { ledger } = loop;
    const markTicks = loop.priceTicks(index);
    const net = ledger.positionLots[index]!;
    if (leg === PositionSide.net) {
      if (net === 0) return null;
      return { isLong: net > 0, lots: Math.abs(net), entryTicks: ledger.entryTicks[index]!, markTicks };
    }
    const isLong = leg === PositionSide.long;
    const lots = isLong ? ledger.longLots[index]! : ledger.shortLots[index]!;
    if (!(lots > 0)) return null;
    const entryTicks = this.#entries.get(`${index} ${leg}`) ?? markTicks;
    return { isLong, lots, entryTicks, markTicks };
  }

  #positions(): ExitPosition[] {
    const { loop, instruments } = this.#options;
    const { ledger } = loop;
    return instruments.flatMap((instrument): ExitPosition[] => {
      const { index } = instrument;
      const longLots = ledger.longLots[index]!;
      const shortLots = ledger.shortLots[index]!;
      if (longLots > 0 || shortLots > 0) {
        return [
          { instrument, leg: PositionSide.long, lots: longLots },
          { instrument, leg: PositionSide.short, lots: -shortLots },
        ].filter(({ lots }) => lots !== 0);
      }
      const lots = sellableLots(instrument, ledger.positionLots[index]!, ledger.baseFees[index]!);
      return lots === 0 ? [] : [{ instrument, leg: PositionSide.net, lots }];
    });
  }

  /** The ledger keeps one entry an instrument; the venue knows that of each leg. */
  async #fetchEntries(): Promise<void> {
    const rows = await this.#account.fetchPositions();
    this.#entries.clear();
    for (const { instId, posSide, avgPx } of rows) {
      const instrument = this.#options.instruments.find((each) => each.instId === instId);
      if (instrument === undefined || !(Number(avgPx) > 0)) continue;
      const leg = posSide === 'long' ? PositionSide.long : PositionSide.short;
      this.#entries.set(`${instrument.index} ${leg}`, Number(avgPx) / instrument.tick.value);
    }
  }

  // ------------------------------------------------------------------------------------------------- operator

  /** Ends what an operator has begun, before the next word counts: '' or what could not be. */
  endExits(): Promise<string> {
    return this.exits.cancel();
  }

  /** The engine is paused by now. */
  startExit(terms: ExitTerms): Promise<CommandResult> {
    return this.exits.start(terms);
  }

  get status(): Record<string, unknown> {
    const stops = this.protection.keepers.flatMap(({ instrument, row, posSide }) =>
      row === null
        ? []
        : [
            {
              instId: instrument.instId,
              posSide,
              algoId: row.algoId,
              type: row.ordType,
              stop: row.slTriggerPx,
              target: row.tpTriggerPx,
              size: row.closeFraction === '1' ? 'all' : row.sz,
            },
          ],
    );
    const missing = this.protection.missing(this.#options.world.clock.nowNs(), 0);
    return { isOn: this.protection.isOn, stops, missing, exits: this.exits.status };
  }

  #show(nowNs: Nanoseconds): void {
    const { writer } = this.#options;
    const { protection, exits } = this;
    writer.set(writer.cell('protectionRequests'), protection.requests);
    writer.set(writer.cell('protectionRefusals'), protection.refusals);
    writer.set(writer.cell('protectionTriggers'), protection.triggers);
    writer.set(writer.cell('exitsActive'), exits.status.length);
    for (const { instrument } of protection.keepers) {
      const own = protection.keepers.filter((each) => each.instrument === instrument);
      const stops = own.filter(({ row }) => row !== null).length;
      const isMissing = own.some(({ row, offNs }) => row === null && nowNs - offNs >= MISSING_NS);
      writer.set(writer.cell('protectionStops', instrument.index), stops);
      writer.set(writer.cell('protectionMissing', instrument.index), isMissing ? 1 : 0);
    }
  }

  // ----------------------------------------------------------------------------------------------------- stop

  /**
   * When nothing of the engine's own rests any more: a position without a stop gets one, one without a position loses it.
   * Both stay as they are from here on, the net under an engine that is gone. '' or what is left, for whoever stops it.
   */
  async stop(): Promise<string> {
    const { world } = this.#options;
    const endNs = world.clock.nowNs() + STOP_MS_MAX * NS_PER_MS;
    this.protection.last();
    const waitFor = async (ms: Milliseconds): Promise<void> => world.waitMs(ms);
    while (this.#isWorking && world.clock.nowNs() < endNs) await waitFor(STOP_LOOK_MS);
    const isKnown = this.#options.loop.account.isRecovered;
    const isOpen = (): boolean => this.isNeeded && isKnown && !this.#isWorking && world.clock.nowNs() < endNs;
    // What was refused, failed or came to an unknown end is tried again, as far as the time reaches.
    while (isOpen()) {
      await Promise.race([this.#work(world.clock.nowNs()), waitFor(STOP_MS_MAX)]);
      this.protection.look(world.clock.nowNs());
      if (this.protection.isSettled) break;
      await waitFor(STOP_LOOK_MS);
    }
    this.#isClosed = true;
    this.exits.close();
    const stops = this.protection.keepers.filter(({ row }) => row !== null).length;
    const exits = this.exits.status.length;
    const parts = [
      stops === 0 ? '' : `${stops} stops for open positions wait at the venue`,
      exits === 0 ? '' : `${exits} exits go on at the venue`,
    ];
    return parts.filter((part) => part !== '').join('; ');
  }
}
