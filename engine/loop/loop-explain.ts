/**
 * How the levels of an instrument stand, and why those without an order have none: the questions of the way out, asked again
 * for somebody who wants to know, in the order in which the way out asks them.
 *
 * Owner:      the engine thread.
 * Invariants: it changes nothing that anybody else reads, counts nothing and sends nothing; it may be asked in every state,
 *             a halted engine's too; what it says is true of the moment of the last input.
 * Cost:       some microseconds an instrument; nothing allocates once constructed.
 */
import { CommandOp } from '../base/command-op.ts';
import { ExplainField, LevelAbsence } from '../base/explain-record.ts';
import type { Instrument } from '../base/instrument.ts';
import { OrderPurpose } from '../base/order-purpose.ts';
import { Side } from '../base/side.ts';
import {
  LevelState,
  STANDING_LEVELS,
  StandingField,
  StandingLevel,
  Withheld,
} from '../base/standing-record.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Lots, Ticks } from '../base/units.ts';
import type { LoopAccount } from './loop-account.ts';
import type { LoopCommands } from './loop-commands.ts';
import type { LoopConfiguration } from './loop-configuration.ts';
import type { LoopFlatten } from './loop-flatten.ts';
import { LoopHolds, absenceOf } from './loop-holds.ts';
import type { LoopKill } from './loop-kill.ts';
import type { LoopMarket } from './loop-market.ts';
import type { LoopOptions } from './loop-options.ts';
import type { LoopQuoting } from './loop-quoting.ts';
import type { LoopRests } from './loop-rests.ts';
import { LoopShape } from './loop-shape.ts';
import type { LoopState } from './loop-state.ts';
import { OrderState } from '../orders/order-state.ts';
import { NO_ORDER } from '../orders/order-table.ts';
import type { OrderTable } from '../orders/order-table.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';
import type { QueueWatch } from '../orders/queue-watch.ts';
import type { Gate } from '../risk/gate.ts';
import { GateReason } from '../risk/gate.ts';
import { KillLevel } from '../risk/kill-ladder.ts';
import type { Throttle } from '../risk/throttle.ts';

export interface ExplainParts {
  readonly table: OrderTable;
  readonly ledger: PositionLedger;
  readonly gate: Gate;
  readonly throttle: Throttle;
  readonly rests: LoopRests;
  readonly market: LoopMarket;
  readonly commands: LoopCommands;
  readonly kill: LoopKill;
  readonly account: LoopAccount;
  readonly flatten: LoopFlatten;
  readonly quoting: LoopQuoting;
  readonly queues: QueueWatch;
  readonly configuration: LoopConfiguration;
}

/** The rows of one side, as they are compared with the orders. */
interface Rows {
  readonly ticks: Int32Array;
  readonly lots: Float64Array;
  readonly count: number;
}

export class LoopExplain {
  readonly #instruments: readonly Instrument[];
  readonly #state: LoopState;
  readonly #parts: ExplainParts;
  readonly #shape: LoopShape;
  readonly #holds: LoopHolds;

  constructor(options: LoopOptions, state: LoopState, parts: ExplainParts) {
    this.#instruments = options.instruments;
    this.#state = state;
    this.#parts = parts;
    this.#shape = new LoopShape(options.handoff.quoteLevels);
    this.#holds = new LoopHolds(state, parts);
  }

  /**
   * Fills `out` in (StandingField).
   *
   * @param quoter the quoter's own row (ExplainField), all NaN while there is none
   * @param isHeldUp whether the last timer is too long ago
   */
  fill(instrument: number, quoter: Float64Array, isHeldUp: boolean, out: Float64Array): void {
    out.fill(0);
    this.#fillHead(instrument, out);
    out[StandingField.holds] = this.#holds.of(instrument, isHeldUp, quoter, out);
    this.#fillSide(instrument, Side.buy, quoter, out);
    this.#fillSide(instrument, Side.sell, quoter, out);
  }

  #fillHead(instrument: number, out: Float64Array): void {
    const { market, kill, ledger, table, quoting, throttle, configuration } = this.#parts;
    const { ladder } = kill;
    const { now, groupLots } = this.#state;
    const wanted = quoting.wanted[instrument]!;
    const { quote } = wanted;
    out[StandingField.atNs] = now[0]!;
    out[StandingField.killLevel] = ladder.level(instrument);
    out[StandingField.killReason] = ladder.reason(instrument);
    out[StandingField.bookState] = market.books[instrument]!.state;
    out[StandingField.fairTicks] = market.fairTicks[instrument]!;
    out[StandingField.bidEdgeTicks] = quote.bidEdgeTicks;
    out[StandingField.askEdgeTicks] = quote.askEdgeTicks;
    out[StandingField.bidStepTicks] = quote.referenceTicks - wanted.fairOf(Side.buy);
    out[StandingField.askStepTicks] = wanted.fairOf(Side.sell) - quote.referenceTicks;
    out[StandingField.positionLots] = ledger.positionLots[instrument]!;
    out[StandingField.groupLots] = groupLots[instrument]!;
    out[StandingField.buyExposureLots] = table.exposureLots[instrument * 2]!;
    out[StandingField.sellExposureLots] = table.exposureLots[instrument * 2 + 1]!;
    out[StandingField.positionLotsMax] = configuration.parameters.limits[instrument]!.positionLotsMax;
    out[StandingField.configVersion] = configuration.version;
    out[StandingField.marketVersion] = market.version[instrument]!;
    out[StandingField.quoteMarketVersion] = quote.marketVersion;
    out[StandingField.quoteConfigVersion] = quote.configVersion;
    out[StandingField.unansweredNs] = quoting.unansweredNs(instrument);
    out[StandingField.budgetLeft] = throttle.ownAvailable(CommandOp.place, instrument, false, now);
    out[StandingField.accountBudgetLeft] = throttle.accountAvailable(now);
  }

  // -------------------------------------------------------------------------------------------------- a side

  #fillSide(instrument: number, side: Side, quoter: Float64Array, out: Float64Array): void {
    const firstAt = side === Side.buy ? StandingField.bids : StandingField.asks;
    const quoterAt = side === Side.buy ? ExplainField.bids : ExplainField.asks;
    const rows = this.#rowsOf(instrument, side);
    const wantedCount = this.#wantedCountOf(instrument, side);
    let row = 0;
    for (let level = 0; level < STANDING_LEVELS; level++) {
      const at = firstAt + level * StandingLevel.count;
      out.fill(NaN, at + StandingLevel.detail, at + StandingLevel.count);
      const absence = absenceOf(quoter, quoterAt, level);
      // Levels that the quoter wants are the rows, in order; without its word, the rows are all there is.
      const isRow = absence === LevelAbsence.none || Number.isNaN(absence);
      if (!isRow) {
        out[at + StandingLevel.withheld] = Withheld.notWanted;
        out[at + StandingLevel.detail] = absence;
        if (out[StandingField.holds] !== 0) out[at + StandingLevel.withheld] = Withheld.held;
        continue;
      }
      this.#fillRow(instrument, side, row, rows, wantedCount, at, out);
      row++;
    }
  }

  #fillRow(
    instrument: number,
    side: Side,
    row: number,
    rows: Rows,
    wantedCount: number,
    at: number,
    out: Float64Array,
  ): void {
    const slot = this.#orderOf(instrument, side, row);
    if (slot !== NO_ORDER) this.#fillOrder(slot, at, out);
    if (out[StandingField.holds] !== 0) {
      out[at + StandingLevel.withheld] = Withheld.held;
    } else if (row >= rows.count) {
      out[at + StandingLevel.withheld] = this.#lossOf(instrument, side, row, wantedCount);
    } else {
      const ticks = rows.ticks[row]!;
      const lots = rows.lots[row]!;
      out[at + StandingLevel.ticks] = ticks;
      out[at + StandingLevel.lots] = lots;
      if (slot === NO_ORDER) this.#fillAbsence(instrument, side, ticks, lots, at, out);
    }
    if (slot !== NO_ORDER)
      out[at + StandingLevel.state] = this.#stateOf(slot, out[at + StandingLevel.ticks]!);
  }

  /** What is wanted of the side, as it is compared with its orders. */
  #rowsOf(instrument: number, side: Side): Rows {
    const { quoting, kill, ledger } = this.#parts;
    const wanted = quoting.wanted[instrument]!;
    const { quote } = wanted;
    const level = kill.ladder.level(instrument);
    const isBuy = side === Side.buy;
    const isWithheld = this.#state.isWithheld[instrument * 2 + side] === 1;
    let from: Pick<LoopShape, 'bidTicks' | 'bidLots' | 'bidCount' | 'askTicks' | 'askLots' | 'askCount'> =
      quote;
    if (level !== KillLevel.quoting) {
      from = this.#shape;
      const positionLots = ledger.positionLots[instrument]!;
      if (level === KillLevel.wider) this.#shape.widen(wanted);
      else this.#shape.reduce(wanted, positionLots, this.#instruments[instrument]!.minLots);
    }
    const count = isBuy ? from.bidCount : from.askCount;
    return {
      ticks: isBuy ? from.bidTicks : from.askTicks,
      lots: isBuy ? from.bidLots : from.askLots,
      count: isWithheld || level >= KillLevel.paused ? 0 : count,
    };
  }

  /** Rows of the quote, whatever the kill ladder leaves of them. */
  #wantedCountOf(instrument: number, side: Side): number {
    const { quote } = this.#parts.quoting.wanted[instrument]!;
    return side === Side.buy ? quote.bidCount : quote.askCount;
  }

  /** Where a row went that the quoter wants and the comparison does not see. */
  #lossOf(instrument: number, side: Side, row: number, wantedCount: number): Withheld {
    if (this.#state.isWithheld[instrument * 2 + side] === 1) return Withheld.hedge;
    const isReduceOnly = this.#parts.kill.ladder.level(instrument) === KillLevel.reduceOnly;
    return isReduceOnly && row < wantedCount ? Withheld.reduceOnly : Withheld.offGrid;
  }

  // -------------------------------------------------------------------------------------------------- a level

  /** The order that serves this row of the side: the one that was matched with it last. */
  #orderOf(instrument: number, side: Side, row: number): number {
    const { table } = this.#parts;
    for (let slot = table.first(instrument, side); slot !== NO_ORDER; slot = table.next(slot)) {
      if (table.purpose[slot] !== OrderPurpose.quote || table.level[slot] !== row) continue;
      if (table.state[slot] !== OrderState.gone && table.isCancelInFlight[slot] === 0) return slot;
    }
    return NO_ORDER;
  }

  #fillOrder(slot: number, at: number, out: Float64Array): void {
    const { table, queues } = this.#parts;
    out[at + StandingLevel.orderTicks] = table.priceTicks[slot]!;
    out[at + StandingLevel.orderLots] = table.sizeLots[slot]!;
    out[at + StandingLevel.filledLots] = table.filledLots[slot]!;
    out[at + StandingLevel.ageNs] = this.#state.nowNs - table.placedNs[slot]!;
    out[at + StandingLevel.aheadLots] = queues.aheadLots(slot);
  }

  #stateOf(slot: number, wantedTicks: Ticks): LevelState {
    const { table } = this.#parts;
    const state = table.state[slot];
    if (state === OrderState.unknown) return LevelState.inDoubt;
    if (state === OrderState.pendingPlace) return LevelState.placing;
    if (table.priceTicks[slot] === wantedTicks || Number.isNaN(wantedTicks)) return LevelState.resting;
    return table.wantTicks[slot] === wantedTicks ? LevelState.moving : LevelState.kept;
  }

  /** As the way out asks: rests, fills not seen yet, budgets, the gate. */
  #fillAbsence(
    instrument: number,
    side: Side,
    ticks: Ticks,
    lots: Lots,
    at: number,
    out: Float64Array,
  ): void {
    const { rests, commands, gate } = this.#parts;
    const { nowNs } = this.#state;
    const list = instrument * 2 + side;
    const untilNs = Math.max(rests.untilNs[list]!, rests.placeUntilNs[list]!);
    let withheld: Withheld = Withheld.next;
    if (nowNs < untilNs) {
      withheld = Withheld.rest;
      out[at + StandingLevel.detail] = (untilNs - nowNs) / NS_PER_MS;
    } else if (commands.isBehind[instrument] === 1) withheld = Withheld.behindFill;
    else if (out[StandingField.accountBudgetLeft] === 0) withheld = Withheld.accountBudget;
    else if (out[StandingField.budgetLeft] === 0) withheld = Withheld.budget;
    else {
      const reason = gate.look(instrument, side, ticks, lots);
      if (reason !== GateReason.pass) {
        withheld = Withheld.gate;
        out[at + StandingLevel.detail] = reason;
      }
    }
    out[at + StandingLevel.withheld] = withheld;
  }
}
