/**
 * Keeps a stop at the venue for each contract with a position: the last net, which holds when everything of ours is down.
 *
 *     positions, marks, configuration ──▶ look() ──▶ work(): one request after the other ──▶ venue
 *     pushes of /business, the venue's list ─────▶ what stands, what was triggered
 *
 * Owner:      the engine thread.
 * Invariants: one request at a time; exactly one stop of ours stands for a position once it has settled, and none without a
 *             position; after an outcome that is not known, and of what a former run has left, the venue's list is asked
 *             before anything else; a stop that was triggered pauses the account by an input of the core.
 * Cost:       ten comparisons an instrument and second; a request when a position turns, opens, closes, or its entry moves.
 */
import type { Clock } from '../base/clock.ts';
import type { Instrument } from '../base/instrument.ts';
import { PositionSide } from '../base/position-side.ts';
import { Side } from '../base/side.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import { protectionOf, type ProtectionConfig } from '../config/protection-schema.ts';
import { AlgoPurpose, algoOrderIdText } from '../okx/algo-order-id.ts';
import { stopBody, trailingBody, type AlgoPlace } from '../okx/algo-requests.ts';
import { AlgoState, OrderSide, type TdMode } from '../okx/shapes.ts';
import type { AlgoResult, AlgoRow } from '../venue/algo-rows.ts';
import { ALGO_FINAL, ALGO_GONE, type AlgoPort } from './algo-port.ts';
import type { OwnAlgos } from './own-algos.ts';
import { placedAlgo } from './placed-algo.ts';
import type { Held } from './stop-terms.ts';
import { StopAction, StopKeeper, timingOf } from './stop-keeper.ts';

/** An unknown outcome is looked into after this long: what was on its way has arrived or never will. */
const DOUBT_NS = NS_PER_SECOND;
/** How far back final words are remembered, for one that comes before the answer to its request. */
const FINALS_MAX = 100;

export interface ProtectionDeskOptions {
  readonly account: AlgoPort;
  readonly instruments: readonly Instrument[];
  readonly tradeModes: readonly TdMode[];
  readonly config: () => ProtectionConfig;
  readonly clock: Clock;
  readonly tag: string;
  readonly run: number;
  /** The account holds long and short legs apart. */
  readonly isHedged: boolean;
  /** Stops may close all of a position: in every account mode but portfolio margin (51332). */
  readonly mayCloseAll: boolean;
  /** Null while flat. */
  readonly heldOf: (instrument: number, leg: PositionSide) => Held | null;
  readonly log: (line: string) => void;
  /** A stop has closed a position, or tried to. */
  readonly onTriggered: () => void;
  readonly own: OwnAlgos;
  /** Before the first of the run: a restart must know that there may be some. */
  readonly beforeFirst: () => Promise<void>;
}

export class ProtectionDesk {
  // For metrics and status.
  requests = 0;
  refusals = 0;
  triggers = 0;
  readonly keepers: readonly StopKeeper[];

  readonly #options: ProtectionDeskOptions;
  /** Final states by name, of the last ones told. */
  readonly #finals = new Map<string, AlgoRow>();
  #number = 0;
  /** Nothing changes any more: there is nothing to wait for. */
  #isLast = false;
  #hasPlaced = false;
  /** The venue's list has to be read before the next request; from when on. */
  #doubtNs: Nanoseconds = Infinity;

  constructor(options: ProtectionDeskOptions) {
    this.#options = options;
    const legs = options.isHedged ? [PositionSide.long, PositionSide.short] : [PositionSide.net];
    this.keepers = options.instruments
      .filter((each) => StopKeeper.isFor(each))
      .flatMap((each) => legs.map((leg) => new StopKeeper(each, leg)));
  }

  get isOn(): boolean {
    const config = this.#options.config();
    return this.keepers.some(({ instrument }) => protectionOf(config, instrument.instId).isOn);
  }

  get hasStanding(): boolean {
    return this.keepers.some(({ row }) => row !== null);
  }

  /** Positions that should have a stop and have none, for so long at least. */
  missing(nowNs: Nanoseconds, forNs: Nanoseconds): string[] {
    return this.keepers
      .filter((keeper) => keeper.row === null && nowNs - keeper.offNs >= forNs)
      .map(({ name }) => name);
  }

  get isInDoubt(): boolean {
    return this.#doubtNs < Infinity;
  }

  /** Nothing is to be asked for, nor will it be in a moment. As of the last look. */
  get isSettled(): boolean {
    return !this.isInDoubt && this.keepers.every(({ offNs }) => Number.isNaN(offNs));
  }

  /** The engine stops: what is due is due now. */
  last(): void {
    this.#isLast = true;
  }

  /** Whether the venue's list is due. */
  isDoubtDue(nowNs: Nanoseconds): boolean {
    return nowNs >= this.#doubtNs;
  }

  /** Whether anything has to be asked for now. Cheap: called ten times a second. */
  look(nowNs: Nanoseconds): boolean {
    let isDue = false;
    for (const keeper of this.keepers) isDue = this.#lookAt(keeper, nowNs) !== StopAction.none || isDue;
    return isDue && !this.isInDoubt;
  }

  /** Asks for what is due, until nothing is, or an outcome is not known. @throws RestError */
  async work(isWanted: () => boolean): Promise<void> {
    for (const keeper of this.keepers) {
      if (!isWanted() || this.isInDoubt) return;
      const action = this.#lookAt(keeper, this.#options.clock.nowNs());
      if (action === StopAction.none) continue;
      try {
        await this.#act(keeper, action);
      } catch (error) {
        // It may have been done.
        this.#doubtNs = this.#options.clock.nowNs() + DOUBT_NS;
        throw error;
      }
    }
  }

  /**
   * What of ours waits at the venue, all of it, as of a moment ago: one is taken over for each position, whichever run made
   * it; the others are cancelled. What is missing has ended.
   *
   * @throws RestError
   */
  async reconcile(rows: readonly AlgoRow[]): Promise<void> {
    // A list that is a moment old: what has ended since is not taken over again.
    const ours = rows.filter(
      (row) => this.#options.own.isOurs(row, AlgoPurpose.protection) && !this.#finals.has(row.algoClOrdId),
    );
    for (const keeper of this.keepers) {
      const own = ours.filter(
        (row) => row.instId === keeper.instrument.instId && (row.posSide || 'net') === keeper.posSide,
      );
      const known = own.find(({ algoId }) => algoId === keeper.row?.algoId);
      if (keeper.row !== null && known === undefined) await this.#settleGone(keeper);
      const kept = known ?? own.toSorted((left, right) => right.cTimeMs - left.cTimeMs)[0] ?? null;
      if (kept !== null && keeper.row?.algoId !== kept.algoId) {
        this.#options.log(`protection: ${keeper.name}: a stop that waits at the venue is taken over`);
      }
      keeper.row = kept ?? keeper.row;
      const extra = own.filter((row) => row !== kept);
      if (extra.length > 0) await this.#cancel(extra);
    }
    // Only now: what failed on the way is looked into again before anything is placed.
    this.#doubtNs = Infinity;
  }

  /** Stops of ours that were triggered while no engine ran. */
  onMissed(rows: readonly AlgoRow[]): void {
    for (const row of rows) {
      if (!this.#options.own.isOurs(row, AlgoPurpose.protection)) continue;
      const keeper = this.keepers.find(
        ({ instrument, posSide }) => instrument.instId === row.instId && posSide === (row.posSide || 'net'),
      );
      if (keeper !== undefined) this.#triggered(keeper, row);
    }
  }

  /** A row that was pushed. */
  onRow(row: AlgoRow): void {
    if (!this.#options.own.isOurs(row, AlgoPurpose.protection)) return;
    const keeper = this.keepers.find((each) => each.row?.algoId === row.algoId);
    if (ALGO_FINAL.includes(row.state)) {
      this.#finals.set(row.algoClOrdId, row);
      if (this.#finals.size > FINALS_MAX) this.#finals.delete(this.#finals.keys().next().value!);
      if (keeper !== undefined) this.#ended(keeper, row);
    } else if (keeper !== undefined && row.uTimeMs >= keeper.row!.uTimeMs) keeper.row = row;
  }

  // -------------------------------------------------------------------------------------------------- requests

  #lookAt(keeper: StopKeeper, nowNs: Nanoseconds): StopAction {
    const { config, heldOf } = this.#options;
    const all = config();
    const { index, instId } = keeper.instrument;
    const terms = protectionOf(all, instId);
    const timing = timingOf(this.#isLast ? 0 : all.settleMs, all.minChangeRatio);
    return keeper.look(heldOf(index, keeper.leg), terms, this.#options.mayCloseAll, timing, nowNs);
  }

  async #act(keeper: StopKeeper, action: StopAction): Promise<void> {
    const { row } = keeper;
    if (action === StopAction.place) await this.#place(keeper);
    else if (action === StopAction.amend) await this.#amend(keeper, row!);
    else if (action === StopAction.cancel) await this.#withdraw(keeper, row!);
    else if (row!.side === keeper.wanted!.side) {
      // The new one first: a position without a stop is worse than two that can only close.
      if (await this.#place(keeper)) await this.#retire(keeper, row!);
    } else {
      await this.#withdraw(keeper, row!);
      if (keeper.row === null) await this.#place(keeper);
    }
  }

  /** True when it stands. */
  async #place(keeper: StopKeeper): Promise<boolean> {
    const { account, run, clock, beforeFirst, heldOf } = this.#options;
    if (!this.#hasPlaced) {
      await beforeFirst();
      this.#hasPlaced = true;
    }
    const held = heldOf(keeper.instrument.index, keeper.leg);
    // Closed or turned round while the one before it was taken back: looked at anew in a moment.
    if (held === null || keeper.wanted!.side !== (held.isLong ? Side.sell : Side.buy)) return false;
    const name = algoOrderIdText(AlgoPurpose.protection, run, ++this.#number);
    const body = this.#bodyOf(keeper, held, name);
    this.requests++;
    const result = await account.placeAlgo(body);
    if (result.sCode !== '0') {
      this.#refused(keeper, 'a stop', result);
      return false;
    }
    this.#options.own.onTaken(name, result.tag, AlgoPurpose.protection);
    keeper.refusal = '';
    keeper.row = placedAlgo(body, result.algoId, clock.wallMs());
    const final = this.#finals.get(name);
    if (final !== undefined) this.#ended(keeper, final);
    return keeper.row !== null;
  }

  #bodyOf(keeper: StopKeeper, held: Held, algoClOrdId: string): AlgoPlace {
    const { config, tag, tradeModes, mayCloseAll } = this.#options;
    const { instrument, posSide } = keeper;
    const { instId, index, lot } = instrument;
    const terms = protectionOf(config(), instId);
    const side = held.isLong ? OrderSide.sell : OrderSide.buy;
    const head = { instId, tdMode: tradeModes[index]!, side, posSide, algoClOrdId, tag };
    const sz = lot.toText(held.lots);
    if (terms.trailingRatio > 0) {
      return trailingBody(head, { callbackRatio: String(terms.trailingRatio), sz });
    }
    return stopBody(head, {
      stopPx: this.#priceText(instrument, keeper.wanted!.stopTicks),
      targetPx: this.#priceText(instrument, keeper.wanted!.targetTicks),
      triggerBy: terms.triggerBy,
      size: mayCloseAll ? { closesAll: true } : { sz },
    });
  }

  async #amend(keeper: StopKeeper, row: AlgoRow): Promise<void> {
    const { account, heldOf } = this.#options;
    const { instrument, wanted } = keeper;
    const held = heldOf(instrument.index, keeper.leg);
    if (held === null) return;
    const slTriggerPx = this.#priceText(instrument, wanted!.stopTicks);
    const tpTriggerPx = this.#priceText(instrument, wanted!.targetTicks);
    const sz = row.closeFraction === '1' ? row.sz : instrument.lot.toText(held.lots);
    this.requests++;
    const result = await account.amendAlgo({
      instId: row.instId,
      algoId: row.algoId,
      reqId: String(++this.#number),
      ...(slTriggerPx === row.slTriggerPx ? {} : { newSlTriggerPx: slTriggerPx }),
      ...(tpTriggerPx === row.tpTriggerPx ? {} : { newTpTriggerPx: tpTriggerPx }),
      ...(sz === row.sz ? {} : { newSz: sz }),
    });
    if (ALGO_GONE.includes(result.sCode)) await this.#settleGone(keeper);
    else if (result.sCode !== '0') this.#refused(keeper, 'its stop’s amend', result);
    else if (keeper.row?.algoId === row.algoId) {
      keeper.refusal = '';
      keeper.row = { ...keeper.row, slTriggerPx, tpTriggerPx, sz };
    }
  }

  /** The one that stands is not wanted any more. */
  async #withdraw(keeper: StopKeeper, row: AlgoRow): Promise<void> {
    const [result] = await this.#cancel([row]);
    if (result!.sCode === '0') keeper.row = null;
    else if (ALGO_GONE.includes(result!.sCode)) await this.#settleGone(keeper);
    else this.#refused(keeper, 'its stop’s cancel', result!);
  }

  /** The one whose place another has taken. */
  async #retire(keeper: StopKeeper, row: AlgoRow): Promise<void> {
    const [result] = await this.#cancel([row]);
    if (!ALGO_GONE.includes(result!.sCode)) return;
    const told = await this.#options.account.fetchAlgo(row.algoClOrdId);
    if (told !== undefined && told.state !== AlgoState.canceled && ALGO_FINAL.includes(told.state)) {
      this.#triggered(keeper, told);
    }
  }

  #cancel(rows: readonly AlgoRow[]): Promise<AlgoResult[]> {
    this.requests++;
    return this.#options.account.cancelAlgos(rows.map(({ instId, algoId }) => ({ instId, algoId })));
  }

  /** The venue says that it waits no more: triggered, or gone with its position. */
  async #settleGone(keeper: StopKeeper): Promise<void> {
    const { row } = keeper;
    if (row === null) return;
    const told = await this.#options.account.fetchAlgo(row.algoClOrdId);
    if (keeper.row?.algoId !== row.algoId) return;
    // A list that is a moment old: it waits all the same.
    if (told !== undefined && !ALGO_FINAL.includes(told.state)) keeper.row = told;
    else this.#ended(keeper, told ?? { ...row, state: AlgoState.canceled });
  }

  // ------------------------------------------------------------------------------------------------- what happens

  #ended(keeper: StopKeeper, row: AlgoRow): void {
    if (keeper.row === null || keeper.row.algoClOrdId !== row.algoClOrdId) return;
    keeper.row = null;
    // Once only, whoever tells it first.
    if (row.state !== AlgoState.canceled) this.#triggered(keeper, row);
  }

  #triggered(keeper: StopKeeper, row: AlgoRow): void {
    const { log, onTriggered } = this.#options;
    this.triggers++;
    const at = row.actualSide === 'tp' ? row.tpTriggerPx : row.slTriggerPx;
    const what =
      row.state === AlgoState.effective
        ? 'closes the position'
        : `could not close all of the position (${row.failCode || row.state})`;
    log(
      `protection: ${keeper.name}: the stop at the venue was triggered${at === '' ? '' : ` at ${at}`} and ${what}`,
    );
    onTriggered();
  }

  #refused(keeper: StopKeeper, what: string, { sCode, sMsg }: AlgoResult): void {
    const { log, clock } = this.#options;
    this.refusals++;
    if (keeper.refused(`${what} ${sCode}`, clock.nowNs())) {
      log(`protection: ${keeper.name}: ${what} was refused with ${sCode}: ${sMsg}; again in a moment`);
    }
  }

  #priceText({ tick }: Instrument, ticks: number): string {
    return ticks === 0 ? '' : tick.toText(ticks);
  }
}
