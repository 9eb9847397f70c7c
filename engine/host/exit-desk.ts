/**
 * Ways out of positions that the venue works off by itself: TWAP, iceberg, a trailing stop, a trigger. The engine is paused
 * meanwhile; these go on though it dies, and the next start takes them over.
 *
 * Owner:      the engine thread.
 * Invariants: one for an instrument at a time; the venue takes no `reduceOnly` with them, so that one which would close more
 *             than is held is taken back, and begun again for what is left; what the operator says next ends them first,
 *             those on their way to the venue too; none goes on beside quotes. Ended is one once the venue says so.
 * Cost:       nothing while there is none; a question each two seconds for each that there is.
 */
import { ContractKind } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { ExitWay, type ExitTerms } from '../base/exit-terms.ts';
import { PositionSide } from '../base/position-side.ts';
import { Side } from '../base/side.ts';
import type { Clock } from '../base/clock.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Lots, Milliseconds, Nanoseconds } from '../base/units.ts';
import type { CommandResult } from '../loop/loop-options.ts';
import { AlgoPurpose, algoOrderIdText } from '../okx/algo-order-id.ts';
import type { AlgoCancel } from '../okx/algo-requests.ts';
import { OrderSide, PosSide, type TdMode } from '../okx/shapes.ts';
import type { AlgoResult, AlgoRow } from '../venue/algo-rows.ts';
import { ALGO_FINAL, ALGO_GONE, type AlgoPort } from './algo-port.ts';
import { exitBody, exitText } from './exit-body.ts';
import type { OwnAlgos } from './own-algos.ts';
import { placedAlgo } from './placed-algo.ts';
import { textOf } from './text-of.ts';

/** Orders of ours have so long to be off the books before it begins. */
const WITHDRAW_MS = 5_000;
const LOOK_MS = 100;
const ASK_NS = 2 * NS_PER_SECOND;
/** Begun again so often at most for what its first try has left. */
const ROUNDS_MAX = 10;
const OVERTAKEN: CommandResult = {
  isDone: false,
  text: 'another word of the operator came in between: not begun',
};

/** A position to be closed, in lots with its sign. */
export interface ExitPosition {
  readonly instrument: Instrument;
  readonly leg: PositionSide;
  readonly lots: Lots;
}

export interface ExitDeskOptions {
  readonly account: AlgoPort;
  readonly instruments: readonly Instrument[];
  readonly tradeModes: readonly TdMode[];
  readonly clock: Clock;
  readonly tag: string;
  readonly run: number;
  /** All that is held: one for a net position, one for each leg. */
  readonly positions: () => readonly ExitPosition[];
  readonly markTicks: (instrument: number) => number;
  /** Orders of the core that rest. */
  readonly openOrders: () => number;
  /** Whether nothing is quoted: else nobody wants what a former run began. */
  readonly isPaused: () => boolean;
  readonly beforeFirst: () => Promise<void>;
  readonly own: OwnAlgos;
  readonly waitMs: (ms: Milliseconds) => Promise<void>;
  readonly log: (line: string) => void;
}

interface Exit {
  readonly instrument: Instrument;
  readonly leg: PositionSide;
  readonly terms: ExitTerms | null;
  readonly side: Side;
  readonly totalLots: Lots;
  readonly startedNs: Nanoseconds;
  readonly rounds: number;
  row: AlgoRow;
}

export class ExitDesk {
  readonly #options: ExitDeskOptions;
  /** By instrument and leg. */
  readonly #exits = new Map<string, Exit>();
  #number = 0;
  /** Words of the operator so far: what was begun under one ends with the next. */
  #word = 0;
  /** What is on its way to the venue; never fails. */
  #underway: Promise<unknown> = Promise.resolve();
  /** How often it became unknown what waits at the venue, and up to which of them its list has told since. */
  #doubts = 0;
  #settled = 0;
  #askNs: Nanoseconds = 0;
  #isBusy = false;
  #isClosed = false;

  constructor(options: ExitDeskOptions) {
    this.#options = options;
  }

  get isActive(): boolean {
    return this.#exits.size > 0;
  }

  /** One of ours may wait that is not known of: the venue's list has to be read. */
  get isInDoubt(): boolean {
    return this.#doubts > this.#settled;
  }

  /** For `reconcile`: to be read before the list is asked for. */
  get doubts(): number {
    return this.#doubts;
  }

  /** For the operator: what is closed, how, and how far it has come. */
  get status(): readonly Record<string, unknown>[] {
    return [...this.#exits.values()].map(({ instrument, leg, row, totalLots, startedNs }) => ({
      instId: instrument.instId,
      ...(leg === PositionSide.net ? {} : { posSide: posSideOf(leg) }),
      by: row.ordType,
      algoId: row.algoId,
      state: row.state,
      size: instrument.lot.toText(totalLots),
      closed: row.actualSz === '' ? '0' : row.actualSz,
      seconds: (this.#options.clock.nowNs() - startedNs) / NS_PER_SECOND,
    }));
  }

  close(): void {
    this.#isClosed = true;
  }

  /** What is asked for cannot be: '' when it can. */
  problem(terms: ExitTerms): string {
    const { instruments } = this.#options;
    if (terms.instId !== '' && !instruments.some(({ instId }) => instId === terms.instId)) {
      return `instrument: expected one of ${instruments.map(({ instId }) => instId).join(', ')}, was "${terms.instId}"`;
    }
    if (terms.by !== ExitWay.trigger) return '';
    const instrument = instruments.find(({ instId }) => instId === terms.instId);
    if (instrument === undefined) return 'instrument: expected one with trigger, for a price is of one';
    return instrument.tick.fromText(terms.price) < 0
      ? `price: expected a multiple of ${instrument.tick.step}, was ${terms.price}`
      : '';
  }

  /** Begins, once nothing of ours rests any more. The engine has been paused. */
  start(terms: ExitTerms): Promise<CommandResult> {
    const word = this.#word;
    return this.#alone(() => this.#start(terms, word));
  }

  async #start(terms: ExitTerms, word: number): Promise<CommandResult> {
    const { openOrders, waitMs, positions } = this.#options;
    const isWaiting = (): boolean => openOrders() > 0 && this.#isWanted(word);
    for (let waited = 0; isWaiting() && waited < WITHDRAW_MS; waited += LOOK_MS) await waitMs(LOOK_MS);
    if (!this.#isWanted(word)) return OVERTAKEN;
    if (openOrders() > 0) {
      return { isDone: false, text: `${openOrders()} orders still rest; paused, and nothing begun: again` };
    }
    const texts: string[] = [];
    let isDone = true;
    for (const position of positions()) {
      const { instrument, lots } = position;
      if (terms.instId !== '' && terms.instId !== instrument.instId) continue;
      if (Math.abs(lots) < instrument.minLots) continue;
      const problem = await this.#place(position, terms, 1, word);
      isDone &&= problem === '';
      const size = instrument.lot.toText(Math.abs(lots));
      texts.push(`${instrument.instId} ${size}${problem === '' ? '' : `: ${problem}`}`);
    }
    if (!this.#isWanted(word)) return OVERTAKEN;
    if (texts.length === 0) return { isDone: true, text: 'paused; nothing is held' };
    return { isDone, text: `paused; closing ${texts.join(', ')} by ${exitText(terms)}` };
  }

  /**
   * Takes all of them back, those on their way and those that are not known of too; '' or what could not be.
   */
  async cancel(): Promise<string> {
    const { account } = this.#options;
    this.#word++;
    await this.#underway;
    try {
      const { doubts } = this;
      if (this.isInDoubt) await this.reconcile(await account.fetchAlgosPending(), doubts);
      const exits = [...this.#exits];
      const left = this.isInDoubt ? 'one that should be gone still waits' : '';
      if (exits.length === 0) return left;
      const results = await account.cancelAlgos(exits.map(([, { row }]) => nameOf(row)));
      const problems = exits.map(([key, exit], at) => this.#takenBack(key, exit, results[at]!));
      return [...problems, left].filter((problem) => problem !== '').join(', ');
    } catch (error) {
      return textOf(error);
    }
  }

  /** '' once the venue says that it waits no more. */
  #takenBack(key: string, { instrument, row }: Exit, { sCode, sMsg }: AlgoResult): string {
    if (sCode !== '0' && !ALGO_GONE.includes(sCode)) return `${instrument.instId} ${sCode}: ${sMsg}`;
    if (this.#exits.get(key)?.row.algoId !== row.algoId) return '';
    this.#exits.delete(key);
    this.#options.log(`exit: ${instrument.instId}: ${row.ordType} ${row.algoId} is taken back`);
    return '';
  }

  /** Whether what was begun under that word of the operator is to go on: nothing else was said, and nothing is quoted. */
  #isWanted(word: number): boolean {
    return word === this.#word && !this.#isClosed && this.#options.isPaused();
  }

  /** One after the other, and known to whoever has to wait for it. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#underway.then(work);
    this.#underway = done.catch(() => {});
    return done;
  }

  /** What of a former run waits at the venue: taken over, or taken back where quoting goes on. @throws RestError */
  async reconcile(rows: readonly AlgoRow[], doubts: number): Promise<void> {
    const { account, instruments, isPaused, log, clock, own } = this.#options;
    const isKnown = (row: AlgoRow): boolean =>
      [...this.#exits.values()].some((exit) => exit.row.algoClOrdId === row.algoClOrdId);
    for (const row of rows) {
      if (!own.isOurs(row, AlgoPurpose.exit) || isKnown(row)) continue;
      const instrument = instruments.find(({ instId }) => instId === row.instId);
      if (instrument === undefined) continue;
      const leg = row.posSide === 'long' ? PositionSide.long : legOf(row);
      const key = keyOf(instrument, leg);
      if (!isPaused() || this.#exits.has(key)) {
        log(`exit: ${row.instId}: ${row.ordType} ${row.algoId} of a former run is taken back`);
        const [result] = await account.cancelAlgos([nameOf(row)]);
        if (result!.sCode !== '0' && !ALGO_GONE.includes(result!.sCode)) this.#doubts++;
        continue;
      }
      log(`exit: ${row.instId}: ${row.ordType} ${row.algoId} of a former run goes on`);
      const totalLots = lotsOf(instrument, row.sz);
      const startedNs = clock.nowNs();
      this.#exits.set(key, {
        instrument,
        leg,
        terms: null,
        side: row.side,
        totalLots,
        startedNs,
        rounds: 1,
        row,
      });
    }
    this.#settled = Math.max(this.#settled, doubts);
  }

  onRow(row: AlgoRow): void {
    for (const [key, exit] of this.#exits) {
      if (exit.row.algoId === row.algoId && row.uTimeMs >= exit.row.uTimeMs) this.#told(key, exit, row);
    }
  }

  /** Asks how they stand, and sees that none closes more than there is. */
  async onTimer(nowNs: Nanoseconds): Promise<void> {
    if (!this.isActive || this.#isBusy || this.#isClosed || nowNs < this.#askNs) return;
    this.#isBusy = true;
    this.#askNs = nowNs + ASK_NS;
    try {
      for (const [key, exit] of this.#exits) await this.#ask(key, exit);
    } catch (error) {
      // Asked again; it is worked off all the same.
      this.#options.log(`exit: ${textOf(error)}`);
    } finally {
      this.#isBusy = false;
    }
  }

  async #ask(key: string, exit: Exit): Promise<void> {
    const { account, log, isPaused } = this.#options;
    const word = this.#word;
    const told = await account.fetchAlgo(exit.row.algoClOrdId);
    if (told !== undefined && this.#exits.get(key) === exit) this.#told(key, exit, told);
    if (this.#exits.get(key) !== exit) return;
    const { instrument } = exit;
    const leftLots = exit.totalLots - lotsOf(instrument, exit.row.actualSz);
    const isTooMuch = leftLots - this.#heldOf(exit) >= instrument.minLots;
    if (told !== undefined && isPaused() && !isTooMuch) return;
    const [result] = await account.cancelAlgos([nameOf(exit.row)]);
    const problem = this.#takenBack(key, exit, result!);
    if (problem !== '') log(`exit: ${problem}: not taken back yet`);
    // One that was gone has ended by itself: what it has closed may not be known yet.
    else if (isTooMuch && result!.sCode === '0') await this.#alone(() => this.#again(exit, word));
  }

  #told(key: string, exit: Exit, row: AlgoRow): void {
    this.#options.own.isOurs(row, AlgoPurpose.exit);
    exit.row = row;
    if (!ALGO_FINAL.includes(row.state)) return;
    this.#exits.delete(key);
    const { instId, lot } = exit.instrument;
    const held = this.#heldOf(exit);
    const why = row.failCode === '' ? '' : ` (${row.failCode})`;
    const left = held === 0 ? 'flat' : `${lot.toText(held)} left`;
    this.#options.log(`exit: ${instId}: ${row.ordType} ${row.algoId} ended, ${row.state}${why}; ${left}`);
  }

  async #again(exit: Exit, word: number): Promise<void> {
    const { positions, log, clock } = this.#options;
    const { terms, rounds, startedNs, instrument } = exit;
    const position = positions().find((each) => each.instrument === instrument && each.leg === exit.leg);
    if (position === undefined || Math.abs(position.lots) < instrument.minLots || !this.#isWanted(word))
      return;
    const head = `exit: ${instrument.instId}: more was left of it than is held`;
    if (terms === null || rounds >= ROUNDS_MAX) {
      log(`${head}; the position is left as it is: flatten again`);
      return;
    }
    log(`${head}; begun again for that`);
    const passed = (clock.nowNs() - startedNs) / (60 * NS_PER_SECOND);
    const minutes = Math.max(1, Math.round(terms.minutes - passed));
    const problem = await this.#place(position, { ...terms, minutes }, rounds + 1, word);
    if (problem !== '') log(`exit: ${instrument.instId}: ${problem}`);
  }

  /** '' or what went wrong. */
  async #place(position: ExitPosition, terms: ExitTerms, rounds: number, word: number): Promise<string> {
    const { account, tag, run, clock, tradeModes, markTicks, beforeFirst, own } = this.#options;
    const { instrument, leg, lots } = position;
    const key = keyOf(instrument, leg);
    if (this.#exits.has(key)) return 'one is under way already';
    const mark = markTicks(instrument.index);
    if (!(mark > 0)) return 'no price is known';
    await beforeFirst();
    if (!this.#isWanted(word)) return OVERTAKEN.text;
    const side = lots > 0 ? Side.sell : Side.buy;
    const name = algoOrderIdText(AlgoPurpose.exit, run, ++this.#number);
    const { instId, index } = instrument;
    const head = {
      instId,
      tdMode: tradeModes[index]!,
      side: side === Side.sell ? OrderSide.sell : OrderSide.buy,
      posSide: posSideOf(leg),
      algoClOrdId: name,
      tag,
    };
    const body = exitBody(head, terms, instrument, Math.abs(lots), mark);
    let result;
    try {
      result = await account.placeAlgo(body);
    } catch (error) {
      // Perhaps it was taken: then it is found by its name in a moment.
      this.#doubts++;
      return this.#lookFor(name, position, terms, rounds, textOf(error));
    }
    if (result.sCode !== '0') return `refused with ${result.sCode}: ${result.sMsg}`;
    own.onTaken(name, result.tag, AlgoPurpose.exit);
    this.#begin(position, terms, rounds, placedAlgo(body, result.algoId, clock.wallMs()));
    return '';
  }

  async #lookFor(
    name: string,
    position: ExitPosition,
    terms: ExitTerms,
    rounds: number,
    problem: string,
  ): Promise<string> {
    await this.#options.waitMs(NS_PER_SECOND / NS_PER_MS);
    try {
      const row = await this.#options.account.fetchAlgo(name);
      if (row === undefined || ALGO_FINAL.includes(row.state)) return problem;
      this.#options.own.isOurs(row, AlgoPurpose.exit);
      this.#begin(position, terms, rounds, row);
      return '';
    } catch (error) {
      return `${problem}; and ${textOf(error)}: look at the venue`;
    }
  }

  #begin({ instrument, leg, lots }: ExitPosition, terms: ExitTerms, rounds: number, row: AlgoRow): void {
    const startedNs = this.#options.clock.nowNs();
    this.#exits.set(keyOf(instrument, leg), {
      instrument,
      leg,
      terms,
      side: row.side,
      totalLots: Math.abs(lots),
      startedNs,
      rounds,
      row,
    });
  }

  /** Lots that are still held on the side that it closes. */
  #heldOf(exit: Exit): Lots {
    const position = this.#options
      .positions()
      .find(({ instrument, leg }) => instrument === exit.instrument && leg === exit.leg);
    const lots = position?.lots ?? 0;
    return (exit.side === Side.sell ? lots > 0 : lots < 0) ? Math.abs(lots) : 0;
  }
}

function keyOf({ index }: Instrument, leg: PositionSide): string {
  return `${index} ${leg}`;
}

function posSideOf(leg: PositionSide): PosSide {
  return [PosSide.net, PosSide.long, PosSide.short][leg]!;
}

function nameOf({ instId, algoId }: AlgoRow): AlgoCancel {
  return { instId, algoId };
}

function legOf({ posSide }: AlgoRow): PositionSide {
  return posSide === 'short' ? PositionSide.short : PositionSide.net;
}

function lotsOf({ lot }: Instrument, size: string): Lots {
  return size === '' ? 0 : Math.round(Number(size) / lot.value);
}

/** Spot can be sold as far as fees have left it; everything else as it is. */
export function sellableLots(instrument: Instrument, positionLots: Lots, baseFees: number): Lots {
  if (instrument.kind !== ContractKind.spot || positionLots <= 0) return positionLots;
  return Math.max(0, Math.trunc(positionLots + baseFees / instrument.lotValue));
}
