/**
 * Closes every position when the operator asks for it: cancels first, then orders that take what they find and rest nowhere,
 * once a second until all is flat. Then the engine stays paused.
 *
 * Owner:      the engine thread.
 * Invariants: nothing is sent while any order of ours may rest, while the account is in doubt, or halted; an order is never
 *             larger than the position it closes, nor further from the mark than `closeBps` (of an option: than such a
 *             move of its underlying would bring it, or a step); one order an instrument.
 * Cost:       cold: a second's timer.
 *
 * It is a level of the kill ladder like any other (trigger flatten, paused), so that it survives a restart and nothing else
 * is quoted meanwhile.
 */
import { ContractKind } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { Side } from '../base/side.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Lots, Nanoseconds, Ticks } from '../base/units.ts';
import type { LoopCommands } from './loop-commands.ts';
import type { LoopParameters } from './loop-configuration.ts';
import type { LoopLegs } from './loop-legs.ts';
import type { LoopMarket } from './loop-market.ts';
import type { LoopOptions } from './loop-options.ts';
import type { LoopRests } from './loop-rests.ts';
import type { LoopState } from './loop-state.ts';
import { OrderState } from '../orders/order-state.ts';
import { NO_ORDER } from '../orders/order-table.ts';
import type { OrderTable } from '../orders/order-table.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';
import type { Gate, RiskLimits } from '../risk/gate.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../risk/kill-ladder.ts';
import type { KillLadder } from '../risk/kill-ladder.ts';

const PERIOD_NS = NS_PER_SECOND;

export class LoopFlatten {
  readonly #instruments: readonly Instrument[];
  #limits: readonly RiskLimits[];
  #closeBps: number;
  /** OKX knows `reduceOnly` for swaps and futures, and not in portfolio margin (51205); it adds to what is kept here. */
  readonly #mayReduceOnly: boolean;
  readonly #state: LoopState;
  readonly #table: OrderTable;
  readonly #ledger: PositionLedger;
  readonly #gate: Gate;
  readonly #market: LoopMarket;
  readonly #commands: LoopCommands;
  readonly #ladder: KillLadder;
  readonly #rests: LoopRests;
  readonly #legs: LoopLegs;
  /** By instrument: the closing order that was sent last, by slot and generation; NO_ORDER before the first. */
  readonly #slot: Int32Array;
  readonly #generation: Int32Array;
  #nextNs: Nanoseconds = 0;
  /** As of the last timer. */
  #isRecovered = false;

  constructor(
    options: LoopOptions,
    state: LoopState,
    parts: {
      readonly table: OrderTable;
      readonly ledger: PositionLedger;
      readonly gate: Gate;
      readonly market: LoopMarket;
      readonly commands: LoopCommands;
      readonly ladder: KillLadder;
      readonly rests: LoopRests;
      readonly legs: LoopLegs;
    },
  ) {
    const { instruments } = options;
    this.#instruments = instruments;
    this.#limits = options.limits;
    this.#closeBps = options.closeBps;
    this.#mayReduceOnly = options.isPortfolioMargin !== true;
    this.#state = state;
    this.#table = parts.table;
    this.#ledger = parts.ledger;
    this.#gate = parts.gate;
    this.#market = parts.market;
    this.#commands = parts.commands;
    this.#ladder = parts.ladder;
    this.#rests = parts.rests;
    this.#legs = parts.legs;
    this.#slot = new Int32Array(instruments.length).fill(NO_ORDER);
    this.#generation = new Int32Array(instruments.length);
  }

  configure({ limits, closeBps }: LoopParameters): void {
    this.#limits = limits;
    this.#closeBps = closeBps;
  }

  get isActive(): boolean {
    return this.#ladder.held(KillTrigger.flatten, ACCOUNT) > KillLevel.quoting && !this.#ladder.isHalted;
  }

  /**
   * @hot Whether what the instrument has in the table is its closing order, which ends by itself: to cancel it would only
   * overtake it. One whose fate is unknown is cancelled as any other.
   */
  isClosing(instrument: number): boolean {
    const slot = this.#slot[instrument]!;
    if (slot === NO_ORDER || this.#ladder.isHalted || this.#state.isStopping) return false;
    if (this.#table.generation[slot] !== this.#generation[instrument]) return false;
    const state = this.#table.state[slot];
    return state !== OrderState.free && state !== OrderState.unknown;
  }

  /** Where it stands, for the operator. */
  get text(): string {
    if (!this.#isRecovered) return 'closing what is held as soon as the account is known';
    const open: string[] = [];
    const dust: string[] = [];
    for (const instrument of this.#instruments) {
      const { instId, lot, minLots } = instrument;
      for (const lots of this.#held(instrument)) {
        const text = `${instId} ${lots < 0 ? '-' : ''}${lot.toText(Math.abs(lots))}`;
        if (Math.abs(lots) >= minLots) open.push(text);
        else if (lots !== 0) dust.push(text);
      }
    }
    if (open.length > 0) return `closing ${open.join(', ')}`;
    return dust.length === 0 ? 'flat' : `flat but for ${dust.join(', ')}, less than the least order`;
  }

  /** @param isRecovered the account is known, and answers can be followed */
  onTimer(isRecovered: boolean): void {
    this.#isRecovered = isRecovered;
    if (!this.isActive || !isRecovered || this.#state.isStopping) return;
    const { nowNs } = this.#state;
    if (nowNs < this.#nextNs || this.#table.openTotal > 0) return;
    this.#nextNs = nowNs + PERIOD_NS;
    for (const instrument of this.#instruments) this.#close(instrument, nowNs);
  }

  #close(instrument: Instrument, nowNs: Nanoseconds): void {
    const { index } = instrument;
    const openLots = this.#openLots(instrument);
    if (openLots === 0) return;
    const side = openLots > 0 ? Side.sell : Side.buy;
    if (nowNs < this.#rests.untilNs[index * 2 + side]!) return;
    const ticks = this.#ticksOf(index, side);
    if (ticks === 0) return;
    const lots = this.#orderLots(instrument, Math.abs(openLots), ticks);
    const isReduceOnly =
      this.#mayReduceOnly && instrument.kind !== ContractKind.spot && instrument.option === null;
    const held = instrument.kind === ContractKind.spot ? this.#ledger.positionLots[index]! : openLots;
    const slot = this.#commands.sendClosing(index, side, ticks, lots, isReduceOnly, this.#closeBps, held);
    this.#slot[index] = slot;
    if (slot !== NO_ORDER) this.#generation[index] = this.#table.generation[slot]!;
  }

  /**
   * What is closed next, signed; 0 when nothing is left. One leg at a time, for orders that close both would cross each
   * other: first what makes the net position none, so that no leg that goes makes it larger.
   */
  #openLots(instrument: Instrument): Lots {
    const { minLots } = instrument;
    const held = this.#held(instrument).filter((lots) => Math.abs(lots) >= minLots);
    const net = this.#ledger.positionLots[instrument.index]!;
    const outer = held.find((lots) => lots * net > 0 && Math.abs(net) >= minLots);
    const first = outer ?? held[0] ?? 0;
    if (outer === undefined || held.length === 1 || Math.abs(outer) - Math.abs(net) < minLots) return first;
    return net;
  }

  /** What is left to close, signed: the net position, or each leg. */
  #held({ index }: Instrument): readonly Lots[] {
    const { longLots, shortLots } = this.#ledger;
    if (this.#legs.isLegged[index] === 0) return [this.#heldLots(index)];
    return [longLots[index]!, -shortLots[index]!];
  }

  /**
   * What is left to close of a net position, signed. Fees that spot buys paid in the base coin are no more there to be sold;
   * what was sold is bought back as it was, for to buy the fees too would be more than the position.
   */
  #heldLots(index: number): Lots {
    const instrument = this.#instruments[index]!;
    const positionLots = this.#ledger.positionLots[index]!;
    if (instrument.kind !== ContractKind.spot || positionLots <= 0) return positionLots;
    return Math.max(0, Math.trunc(positionLots + this.#ledger.baseFees[index]! / instrument.lotValue));
  }

  /** As much as the limits of an order allow, but never so much that less than the least order is left. */
  #orderLots(instrument: Instrument, openLots: Lots, ticks: Ticks): Lots {
    const { index, minLots, maxLots } = instrument;
    const { orderLotsMax, orderNotionalMax } = this.#limits[index]!;
    const most = Math.min(
      orderLotsMax,
      maxLots,
      Math.floor(orderNotionalMax / this.#gate.lotWorth(instrument.index, ticks)),
    );
    if (openLots <= most) return openLots;
    const shorter = openLots - minLots;
    return openLots - most >= minLots || shorter < minLots ? most : shorter;
  }

  /** The worst price that is still good enough; 0 while nothing says what is good. */
  #ticksOf(index: number, side: Side): Ticks {
    const { markTicks, buyTicksMax, sellTicksMin } = this.#state;
    const middle = this.#market.isQuotable(index) ? this.#gate.markTicks(index) : 0;
    const mark = markTicks[index]! > 0 ? markTicks[index]! : middle;
    if (!(mark > 0)) return 0;
    const reach = this.#gate.closingReach(index, mark, this.#closeBps);
    return side === Side.sell
      ? Math.max(Math.ceil(mark - reach), sellTicksMin[index]!, 1)
      : Math.min(Math.floor(mark + reach), buyTicksMax[index]!);
  }
}
