/**
 * Instruments as legs of a hedge: whether one can be traded on now, how much of it, and how dear it may get.
 *
 * Owner:      the engine thread.
 * Invariants: it reads and decides; what it allows is within the limits that the gate will ask for, so that a hedge is cut
 *             to them instead of struck by them.
 * Cost:       a few comparisons; nothing allocates.
 */
import type { Instrument } from '../base/instrument.ts';
import { Side } from '../base/side.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Lots, Ticks } from '../base/units.ts';
import type { LoopCommands } from './loop-commands.ts';
import type { LoopMarket } from './loop-market.ts';
import type { LoopState } from './loop-state.ts';
import type { OrderTable } from '../orders/order-table.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';
import { GateReason } from '../risk/gate.ts';
import type { Gate, RiskLimits } from '../risk/gate.ts';
import { KillLevel } from '../risk/kill-ladder.ts';
import type { KillLadder } from '../risk/kill-ladder.ts';

export const NO_LEG = -1;
const BPS = 10_000;
/** Longer than a price that was refused, or a budget, has anybody wait. */
const MOMENT_NS = NS_PER_SECOND;

export interface LegParts {
  readonly state: LoopState;
  readonly table: OrderTable;
  readonly ledger: PositionLedger;
  readonly gate: Gate;
  readonly market: LoopMarket;
  readonly ladder: KillLadder;
  readonly commands: LoopCommands;
}

/** What our own quotes may be the cause of: they count all that is in flight. */
const ROOM_REASONS: ReadonlySet<GateReason> = new Set([
  GateReason.openOrdersMax,
  GateReason.accountOpenOrdersMax,
  GateReason.reduceOnly,
  GateReason.positionMax,
  GateReason.instrumentNotionalMax,
  GateReason.accountNotionalMax,
  GateReason.groupDeltaMax,
]);

export class HedgeLegs {
  /** By instrument: where the fair price was when hedging on it began last. */
  readonly arrivalTicks: Float64Array;
  readonly instruments: readonly Instrument[];
  readonly #parts: LegParts;
  #limits: readonly RiskLimits[];

  constructor(instruments: readonly Instrument[], limits: readonly RiskLimits[], parts: LegParts) {
    this.arrivalTicks = new Float64Array(instruments.length);
    this.instruments = instruments;
    this.#limits = limits;
    this.#parts = parts;
  }

  configure(limits: readonly RiskLimits[]): void {
    this.#limits = limits;
  }

  /** Whether anything may be sent on it, and its prices are good. */
  isTradable(instrument: number): boolean {
    const { state, gate, market, ladder } = this.#parts;
    return (
      ladder.level(instrument) < KillLevel.paused &&
      gate.isPaused[instrument] === 0 &&
      state.isOutdated[instrument] === 0 &&
      market.isQuotable(instrument) &&
      market.fairTicks[instrument]! > 0
    );
  }

  /**
   * Whether the limits leave an order on that side, and the venue has not refused what was sent there, so that nothing is
   * sent for more than a moment.
   */
  isUsable(instrument: number, side: Side): boolean {
    const isRefused = this.#parts.commands.restNs(instrument, side) > MOMENT_NS;
    return !isRefused && this.lotsAllowed(instrument, side) >= this.instruments[instrument]!.minLots;
  }

  /** The one with the tightest spread of those that can be traded and have room on that side; NO_LEG without one. */
  tightest(members: readonly number[], side: Side): number {
    const { bestTicks } = this.#parts.market;
    let found = NO_LEG;
    let least = Infinity;
    for (const member of members) {
      // An option's delta is not its own for long: it hedges nothing that lasts.
      if (this.instruments[member]!.option !== null || !this.isTradable(member)) continue;
      const bid = bestTicks[member * 2]!;
      const ask = bestTicks[member * 2 + 1]!;
      const spread = (ask - bid) / (ask + bid);
      if (!(spread < least) || !this.isUsable(member, side)) continue;
      found = member;
      least = spread;
    }
    return found;
  }

  /** By the limits of an order, and of the position with nothing else of ours in flight: quotes make room for a hedge. */
  lotsAllowed(leg: number, side: Side): Lots {
    const { ledger, gate, ladder } = this.#parts;
    const instrument = this.instruments[leg]!;
    const limits = this.#limits[leg]!;
    const position = ledger.positionLots[leg]!;
    const held = side === Side.buy ? position : -position;
    const most = ladder.level(leg) === KillLevel.reduceOnly ? 0 : limits.positionLotsMax;
    const worth = instrument.notional(Math.ceil(gate.markTicks(leg)) + 1, 1);
    const perOrder = limits.orderNotionalMax / worth;
    const room = Math.min(most, limits.notionalMax / worth) - held;
    return Math.floor(Math.min(room, limits.orderLotsMax, instrument.maxLots, perOrder));
  }

  /** Whether so much more fits beside everything that is in flight: by the gate, but for the price. */
  hasRoom(leg: number, side: Side, lots: Lots): boolean {
    const { gate, market } = this.#parts;
    return !ROOM_REASONS.has(gate.look(leg, side, market.bestTicks[leg * 2 + side]!, lots));
  }

  /** How far from the middle of the book an order may take: no further than the collar, either. */
  slippageBps(leg: number, termsBps: number): number {
    return Math.min(termsBps, this.#limits[leg]!.collarBps);
  }

  /** The worst price that is still good enough. */
  takingTicks(leg: number, side: Side, slippageBps: number): Ticks {
    const { gate, state } = this.#parts;
    const mark = gate.markTicks(leg);
    const reach = (mark * slippageBps) / BPS;
    return side === Side.sell
      ? Math.max(Math.ceil(mark - reach), state.sellTicksMin[leg]!, 1)
      : Math.min(Math.floor(mark + reach), state.buyTicksMax[leg]!);
  }
}
