/**
 * Brings one group's net delta back into its band, with one order at a time on one instrument of the group.
 *
 *     inside ──net beyond bandCoins──▶ resting ──passiveNs──▶ taking ──over, still beyond target──▶ resting ...
 *        ▲                                │                      │
 *        ╰──── net within targetCoins, or on the other side ─────╯        waiting: beyond, and something is in the way
 *                                                                         stopped: its loss limit; an operator resumes
 *
 * Owner:      the engine thread.
 * Invariants: its order is never larger than the net delta of all that is known to be held, and is on the other side of it;
 *             there is one at most, in whatever state; what it may send is asked of gate and throttle as for any other
 *             order, and of a budget of its own; without a reason to be there its order is cancelled in the turn in which
 *             that ended.
 * Cost:       some fifty operations a timer, and nothing between timers while it has no order; nothing allocates.
 *
 * It joins the best price of its side, and follows it at most every half second: it saves the spread where it can. What
 * rests for too long is cancelled and, when it is known to be over, an order takes what there is within slippageBps of the
 * middle of the book; where that is too dear it rests on. While it takes, our own quotes on the other side of that book are
 * withheld: we would trade with ourselves. Where quotes on its own side leave it no room in a limit, they are withheld until
 * its order has left.
 */
import { HedgePhase } from '../base/hedge-phase.ts';
import { OrderPurpose } from '../base/order-purpose.ts';
import { Side } from '../base/side.ts';
import { NS_PER_MS, NS_PER_SECOND, TICKS_MAX } from '../base/units.ts';
import type { Lots, Nanoseconds } from '../base/units.ts';
import { NO_LEG } from './hedge-legs.ts';
import type { HedgeLegs } from './hedge-legs.ts';
import type { LoopCommands } from './loop-commands.ts';
import type { LoopGroups } from './loop-groups.ts';
import type { LoopMarket } from './loop-market.ts';
import type { HedgeTerms, PortfolioGroup } from './loop-options.ts';
import type { LoopState } from './loop-state.ts';
import { OrderKind } from '../okx/order-encoder.ts';
import { CommandReason, KEEP_LOTS } from '../orders/command-batch.ts';
import type { CommandBatch } from '../orders/command-batch.ts';
import { OrderState } from '../orders/order-state.ts';
import { NO_ORDER } from '../orders/order-table.ts';
import type { OrderTable } from '../orders/order-table.ts';
import type { Gate } from '../risk/gate.ts';
import type { HedgeLoss } from '../risk/hedge-loss.ts';
import { SendWindow } from '../risk/send-window.ts';

/** What a hedger waits for. */
export const HedgeWait = { nothing: 0, engine: 1, price: 2, leg: 3, limits: 4, budget: 5, gate: 6 } as const;
export type HedgeWait = (typeof HedgeWait)[keyof typeof HedgeWait];

/** The venue's widest budget that a configuration may ask for. */
const ORDERS_PER_MINUTE_MAX = 600;
const BUDGET_SPAN_NS = 60 * NS_PER_SECOND;
/** The best price is followed at most so often: a book that flickers would use up the budget in seconds. */
const REPRICE_NS = 500 * NS_PER_MS;
/** Of a lot: what sums of floats are off by. */
const ROUNDING = 1e-6;
/** After an order that was not let out; after one that took, and while to take is too dear. */
const RETRY_NS = 100 * NS_PER_MS;
const PAUSE_NS = NS_PER_SECOND;
/** Quotes are held off for so long at most, and then left alone for a while: their cancels may not come through. */
const ROOM_NS_MAX = NS_PER_SECOND;
const ROOM_PAUSE_NS = 5 * NS_PER_SECOND;

export interface HedgerParts {
  readonly state: LoopState;
  readonly table: OrderTable;
  readonly gate: Gate;
  readonly market: LoopMarket;
  readonly commands: LoopCommands;
  readonly groups: LoopGroups;
  readonly legs: HedgeLegs;
}

export class GroupHedger {
  readonly coin: string;
  readonly loss: HedgeLoss;
  phase: HedgePhase = HedgePhase.off;
  wait: HedgeWait = HedgeWait.nothing;
  /** The instrument on which it hedges now; -1 for none. */
  leg = NO_LEG;
  side: Side = Side.buy;
  /** What its order may leave open, as of the last review; 0 when it may have none. */
  lots: Lots = 0;
  /** Whether quotes on its side are in its way: they leave no room in a limit that holds for all that is in flight. */
  needsRoom = false;
  /** Places and amends so far. */
  orderCount = 0;

  readonly #parts: HedgerParts;
  readonly #legs: HedgeLegs;
  readonly #budget: SendWindow;
  #group = 0;
  #members: readonly number[] = [];
  #terms: HedgeTerms | null = null;
  #isActive = false;
  /** Since when an order could have rested; NaN while none could. */
  #restSinceNs: Nanoseconds = NaN;
  /** Since when its order waits for room; NaN while it does not. */
  #roomSinceNs: Nanoseconds = NaN;
  /** Nothing new, and no other price, before this. */
  #nextNs: Nanoseconds = -Infinity;
  /** The order that took last; NO_ORDER before the first, and once its end has been seen. */
  #takingSlot = NO_ORDER;
  #takingGeneration = 0;

  constructor(parts: HedgerParts, coin: string, loss: HedgeLoss) {
    this.coin = coin;
    this.loss = loss;
    this.#parts = parts;
    this.#legs = parts.legs;
    this.#budget = new SendWindow(ORDERS_PER_MINUTE_MAX, BUDGET_SPAN_NS);
  }

  /** Other terms, from the next review on; what it did for its budget and its loss limit still counts. */
  configure(group: number, { members, hedge }: PortfolioGroup): void {
    this.#group = group;
    this.#members = members;
    this.#terms = hedge;
    if (hedge === null) return;
    this.#budget.setLimit(Math.min(ORDERS_PER_MINUTE_MAX, hedge.ordersPerMinute));
    this.loss.setLimit(hedge.lossMax);
  }

  // --------------------------------------------------------------------------------------------------- review

  /**
   * What it wants as things are now: phase, leg, side and lots.
   *
   * @param isQuoting whether anything may be wanted at all
   */
  review(isQuoting: boolean): void {
    const terms = this.#terms;
    this.lots = 0;
    this.wait = HedgeWait.nothing;
    this.needsRoom = false;
    if (terms === null || this.loss.isStopped) {
      this.#end(terms === null ? HedgePhase.off : HedgePhase.stopped);
      return;
    }
    const net = this.#parts.groups.netCoins[this.#group]!;
    const size = Math.abs(net);
    const side = net > 0 ? Side.sell : Side.buy;
    if (Number.isNaN(net)) this.#stand(HedgeWait.price);
    else if (!this.#isWanted(terms, size, side)) this.#end(HedgePhase.inside);
    else if (!isQuoting) this.#stand(HedgeWait.engine);
    else if (!this.#findLeg(terms)) this.#stand(HedgeWait.leg);
    else this.#size(terms, size);
  }

  /** Hysteresis: it begins beyond the band, and ends within the target or where the net delta has turned round. */
  #isWanted(terms: HedgeTerms, size: number, side: Side): boolean {
    if (this.#isActive && (side !== this.side || size <= terms.targetCoins)) this.#end(HedgePhase.inside);
    if (!this.#isActive && !(size > terms.bandCoins)) return false;
    this.#isActive = true;
    this.side = side;
    return true;
  }

  #size(terms: HedgeTerms, size: number): void {
    const { index, minLots } = this.#legs.instruments[this.leg]!;
    const coins = this.#parts.gate.groups.coinsOf(index);
    // Beyond the band the least order is better than none, should it lead further in than to the target.
    const inner = Math.floor((size - terms.targetCoins) / coins + ROUNDING);
    const wanted = inner < minLots && size > terms.bandCoins ? minLots : inner;
    if (wanted < minLots) {
      this.#end(HedgePhase.inside);
      return;
    }
    // To zero at the most: what is hedged beyond it would be a delta on the other side.
    const most = Math.floor(size / coins);
    const lots = Math.min(wanted, most, this.#legs.lotsAllowed(index, this.side));
    if (!(lots >= minLots)) {
      this.#stand(HedgeWait.limits);
      return;
    }
    const { nowNs } = this.#parts.state;
    if (Number.isNaN(this.#restSinceNs)) this.#restSinceNs = nowNs;
    this.lots = lots;
    const isDue = nowNs - this.#restSinceNs >= terms.passiveNs;
    // Too dear, it would find nothing, and our quotes would make way for nothing: it rests for another moment.
    const isTooDear = isDue && this.#isTooDear(terms);
    if (isTooDear) this.#restSinceNs = nowNs - Math.max(0, terms.passiveNs - PAUSE_NS);
    this.phase = isDue && !isTooDear ? HedgePhase.taking : HedgePhase.resting;
  }

  #isTooDear(terms: HedgeTerms): boolean {
    const { leg, side } = this;
    const ticks = this.#legs.takingTicks(leg, side, this.#legs.slippageBps(leg, terms.slippageBps));
    const others = this.#parts.market.bestTicks[leg * 2 + 1 - side]!;
    return side === Side.sell ? others < ticks : others > ticks;
  }

  /** Beyond its band, with nothing that it may do. Resting begins anew after it. */
  #stand(wait: HedgeWait): void {
    this.phase = HedgePhase.waiting;
    this.wait = wait;
    this.#restSinceNs = NaN;
    // What prices do while it may not hedge is no cost of hedging: it begins anew, from the fair price of then.
    if (wait !== HedgeWait.limits) this.leg = NO_LEG;
  }

  #end(phase: HedgePhase): void {
    this.phase = phase;
    this.#isActive = false;
    this.#restSinceNs = NaN;
    this.leg = NO_LEG;
  }

  // ------------------------------------------------------------------------------------------------------ leg

  /** Keeps the leg while it can be traded; else the configured one, or the one with the tightest spread. */
  #findLeg(terms: HedgeTerms): boolean {
    const { leg } = this;
    // Where the venue refuses what it would send (no coins to sell, say), or its limits leave nothing, another one may do,
    // unless this one is configured.
    const isKept =
      leg !== NO_LEG && (terms.leg === null ? this.#legs.isUsable(leg, this.side) : terms.leg === leg);
    if (isKept && this.#members.includes(this.leg) && this.#legs.isTradable(this.leg)) return true;
    let found = NO_LEG;
    if (terms.leg === null) found = this.#legs.tightest(this.#members, this.side);
    else if (this.#legs.isTradable(terms.leg)) found = terms.leg;
    this.leg = found;
    this.#restSinceNs = NaN;
    if (found === NO_LEG) return false;
    this.#legs.arrivalTicks[found] = this.#parts.market.fairTicks[found]!;
    return true;
  }

  // --------------------------------------------------------------------------------------------------- orders

  /** Sends what is wanted, once nothing of ours is left from before. With the timer, after a review. True when it has. */
  act(): boolean {
    const { state, table } = this.#parts;
    const { nowNs } = state;
    if (this.#takingSlot !== NO_ORDER && this.#isOver()) {
      // Should what it found not have been enough: from the beginning, after a breath.
      this.#takingSlot = NO_ORDER;
      this.#restSinceNs = NaN;
      this.#nextNs = nowNs + PAUSE_NS;
      return false;
    }
    if (this.lots === 0 || nowNs < this.#nextNs || this.#hasOrders()) return false;
    if (this.#budget.available(state.now) < 1) {
      this.phase = HedgePhase.waiting;
      this.wait = HedgeWait.budget;
      return false;
    }
    if (!this.#hasRoom(nowNs)) return false;
    const isTaking = this.phase === HedgePhase.taking;
    const slot = isTaking ? this.#take() : this.#rest();
    if (slot === NO_ORDER) return false;
    this.#budget.take(1, state.now);
    this.orderCount++;
    this.#nextNs = nowNs + REPRICE_NS;
    if (!isTaking) return true;
    this.#takingSlot = slot;
    this.#takingGeneration = table.generation[slot]!;
    return true;
  }

  /** What our own quotes take up of its room they give up for the moment in which its order leaves. */
  #hasRoom(nowNs: Nanoseconds): boolean {
    const isRoomy = this.#legs.hasRoom(this.leg, this.side, this.lots);
    if (isRoomy || Number.isNaN(this.#roomSinceNs)) this.#roomSinceNs = isRoomy ? NaN : nowNs;
    if (isRoomy) return true;
    this.wait = HedgeWait.limits;
    this.needsRoom = nowNs - this.#roomSinceNs < ROOM_NS_MAX;
    if (!this.needsRoom) {
      this.#roomSinceNs = NaN;
      this.#nextNs = nowNs + ROOM_PAUSE_NS;
    }
    return false;
  }

  #isOver(): boolean {
    const slot = this.#takingSlot;
    return !this.#isTaker(slot) || this.#parts.table.state[slot] === OrderState.free;
  }

  #hasOrders(): boolean {
    const { table } = this.#parts;
    for (const member of this.#members) {
      for (let side = 0; side < 2; side++) {
        for (let slot = table.first(member, side as Side); slot !== NO_ORDER; slot = table.next(slot)) {
          if (table.purpose[slot] === OrderPurpose.hedge) return true;
        }
      }
    }
    return false;
  }

  #rest(): number {
    const { commands, market } = this.#parts;
    const { leg, side } = this;
    const ticks = market.bestTicks[leg * 2 + side]!;
    const slot = commands.sendHedge(leg, side, ticks, this.lots, OrderKind.postOnly, 0);
    if (slot === NO_ORDER) this.#refused();
    return slot;
  }

  #take(): number {
    const { commands, table } = this.#parts;
    const { leg, side } = this;
    const slippageBps = this.#legs.slippageBps(leg, this.#terms!.slippageBps);
    const ticks = this.#legs.takingTicks(leg, side, slippageBps);
    const own = table.bestTicks[leg * 2 + 1 - side]!;
    // Our own quotes are on their way out.
    if (side === Side.sell ? own >= ticks : own <= ticks && own < TICKS_MAX) return NO_ORDER;
    const slot = commands.sendHedge(leg, side, ticks, this.lots, OrderKind.ioc, slippageBps);
    if (slot === NO_ORDER) this.#refused();
    return slot;
  }

  #refused(): void {
    this.wait = HedgeWait.gate;
    this.#nextNs = this.#parts.state.nowNs + RETRY_NS;
  }

  /** Whether an order of the hedge's has a reason to be there. One that takes ends by itself. */
  keeps(slot: number, instrument: number, side: Side): boolean {
    if (this.#isTaker(slot)) return this.#parts.table.state[slot] !== OrderState.unknown;
    const isResting = this.phase === HedgePhase.resting && this.lots > 0;
    return isResting && instrument === this.leg && side === this.side;
  }

  #isTaker(slot: number): boolean {
    return slot === this.#takingSlot && this.#parts.table.generation[slot] === this.#takingGeneration;
  }

  /** Moves an order that is kept to the best price, and takes from its size what is not wanted any more. */
  adjust(slot: number, batch: CommandBatch): void {
    const { table, market, state } = this.#parts;
    if (this.#isTaker(slot)) return;
    const { leg, side } = this;
    const openLots = table.openLotsAfter(slot, KEEP_LOTS);
    const isTooLarge = openLots > this.lots;
    const asked = table.wantTicks[slot]!;
    const best = market.bestTicks[leg * 2 + side]!;
    const isDue = state.nowNs >= this.#nextNs && this.#budget.available(state.now) > 0;
    const moves = best !== asked && isDue;
    if (!isTooLarge && !moves) return;
    if (!table.isAmendable(slot)) {
      if (isTooLarge) {
        batch.addCancel(slot, leg, side, table.priceTicks[slot]!, CommandReason.surplus);
      }
      return;
    }
    // Never larger by an amend: that might not fit beside the quotes that have come back.
    const total = table.filledLots[slot]! + Math.min(openLots, this.lots);
    batch.addAmend(slot, leg, side, moves ? best : asked, total, CommandReason.price);
    if (!moves) return;
    this.#budget.take(1, state.now);
    this.orderCount++;
    this.#nextNs = state.nowNs + REPRICE_NS;
  }
}
