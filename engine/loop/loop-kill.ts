/**
 * The kill ladder with everything that watches: what the loop learns goes to the watchers, and they raise and clear.
 *
 * Owner:      the engine thread.
 * Invariants: no watcher acts by itself: it holds a level of the ladder, and the ladder alone says what may be wanted; what
 *             the operator must undo is told to the state (`save`) in the turn in which it came up.
 * Cost:       a depth frame pays for the volatility of its instrument; all else is the timer's.
 */
import { ContractKind } from '../base/instrument.ts';
import { isTaken } from '../base/order-category.ts';
import type { OrderCategory } from '../base/order-category.ts';
import type { Instrument } from '../base/instrument.ts';
import type { Side } from '../base/side.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { TimeCell } from '../base/units.ts';
import type { LoopParameters } from './loop-configuration.ts';
import type { LoopOptions } from './loop-options.ts';
import type { LoopState } from './loop-state.ts';
import { LoopTags } from './loop-tags.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';
import { AdverseSelectionBrake } from '../risk/adverse-selection-brake.ts';
import type { Gate, RiskLimits } from '../risk/gate.ts';
import { HealthWatch } from '../risk/health-watch.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../risk/kill-ladder.ts';
import type { KillLadder } from '../risk/kill-ladder.ts';
import { LossWatch } from '../risk/loss-watch.ts';
import { MarginWatch } from '../risk/margin-watch.ts';
import { OrderToTrade } from '../risk/order-to-trade.ts';
import { VolatilityBrake } from '../risk/volatility-brake.ts';

/** Timers that must come in time before a stall is forgotten. */
const STALL_HOLD_NS = 2 * NS_PER_SECOND;
/** The ratio of orders to fills is that of a minute, and says nothing about fewer orders than these. */
const ORDER_TO_TRADE_WINDOW_NS = 60 * NS_PER_SECOND;
const ORDER_TO_TRADE_SAMPLE_MIN = 200;
const ORDER_TO_TRADE_HOLD_NS = 30 * NS_PER_SECOND;

/** A timer that is this late was held up with the thread, whatever stall is allowed for: nothing is quoted before it. */
const HELD_UP_NS_MAX = 5 * NS_PER_SECOND;

export class LoopKill {
  readonly ladder: KillLadder;
  readonly loss: LossWatch;
  readonly volatility: VolatilityBrake;
  readonly adverse: AdverseSelectionBrake;
  readonly margin: MarginWatch;
  readonly health: HealthWatch;
  readonly orderToTrade: OrderToTrade;
  readonly tags: LoopTags;
  /** By instrument, in the account's currency, as of the last timer; NaN where it hangs on a mark that is not known. */
  readonly profits: Float64Array;
  /** Their sum, in a cell. */
  readonly #profit = new Float64Array(1);
  readonly #mark = new Float64Array(1);

  readonly #instruments: readonly Instrument[];
  /** A timer that is later than this was held up with the thread. */
  readonly heldUp: TimeCell = new Float64Array(1);
  readonly #needsSwitch: boolean;
  readonly #ledger: PositionLedger;
  readonly #gate: Gate;
  /** By instrument: of its quote currency, where the profit is in that. */
  #usdRates: Float64Array;
  #changesSeen = 0;

  constructor(options: LoopOptions, ladder: KillLadder, ledger: PositionLedger, gate: Gate) {
    const { instruments, watches, brakes, timings } = options;
    this.ladder = ladder;
    this.tags = new LoopTags(ladder);
    this.#instruments = instruments;
    this.#ledger = ledger;
    this.#gate = gate;
    this.#needsSwitch = timings.switchNs > 0;
    this.heldUp[0] = Math.min(HELD_UP_NS_MAX, watches.stallNsMax);
    this.profits = new Float64Array(instruments.length);
    this.#usdRates = ratesOf(options.limits);
    this.loss = new LossWatch({
      instruments,
      ladder,
      lossMax: options.account.lossMax,
      drawdownMax: watches.drawdownMax,
      instrumentLossMax: brakes.map(({ lossMax }) => lossMax),
    });
    this.volatility = new VolatilityBrake({ ladder, limits: brakes });
    this.adverse = new AdverseSelectionBrake({ ladder, limits: brakes });
    this.margin = new MarginWatch({
      ladder,
      instrumentCount: instruments.length,
      marginRatioMin: watches.marginRatioMin,
      liquidationDistanceBps: watches.liquidationDistanceBps,
    });
    this.health = new HealthWatch({
      ladder,
      stallNsMax: watches.stallNsMax,
      stallHoldNs: STALL_HOLD_NS,
      clockOffsetMsMax: watches.clockOffsetMsMax,
      needsSwitch: this.#needsSwitch,
    });
    this.orderToTrade = new OrderToTrade({
      ladder,
      ratioMax: watches.orderToTradeMax,
      windowNs: ORDER_TO_TRADE_WINDOW_NS,
      sampleMin: ORDER_TO_TRADE_SAMPLE_MIN,
      holdNs: ORDER_TO_TRADE_HOLD_NS,
    });
  }

  /** What is watched for from the next look on; what is held meanwhile goes as it came. */
  configure({ account, brakes, limits, watches }: LoopParameters): void {
    this.#usdRates = ratesOf(limits);
    this.loss.configure(
      account.lossMax,
      watches.drawdownMax,
      brakes.map(({ lossMax }) => lossMax),
    );
    this.volatility.configure(brakes);
    this.adverse.configure(brakes);
    this.margin.configure(watches.marginRatioMin, watches.liquidationDistanceBps);
    this.health.configure(watches.stallNsMax, watches.clockOffsetMsMax);
    this.orderToTrade.configure(watches.orderToTradeMax);
    this.heldUp[0] = Math.min(HELD_UP_NS_MAX, watches.stallNsMax);
  }

  /** @hot Whether the dead man's switch stands behind what is quoted; a timer may be late to say that it lapsed. */
  isArmed(now: TimeCell): boolean {
    return !this.#needsSwitch || this.health.armedUntilNs > now[0]!;
  }

  /** @hot True when a level or a reason has changed since the last time this said so. */
  hasChanged(): boolean {
    if (this.ladder.changes === this.#changesSeen) return false;
    this.#changesSeen = this.ladder.changes;
    return true;
  }

  /** @hot A trade of ours that was told as it happened. */
  onFill(instrument: number, side: Side, ticks: number, now: TimeCell): void {
    this.adverse.onFill(instrument, side, ticks, now[0]!);
    this.orderToTrade.onFill(now);
  }

  /**
   * A trade that the venue made of a position of ours. One that it took from us is no business as usual: why it did must be
   * looked at by a person before anything is opened again.
   */
  onVenueFill(category: OrderCategory): void {
    if (isTaken(category)) this.ladder.raise(KillTrigger.liquidated, KillLevel.paused, ACCOUNT);
  }

  /** @param fairTicks by instrument, 0 where there is none now */
  onTimer(fairTicks: Float64Array, state: LoopState): void {
    const { now } = state;
    this.health.onTimer(now);
    // A price that stood still is where the next move begins.
    for (let index = 0; index < fairTicks.length; index++) {
      this.volatility.onFair(index, fairTicks, now);
    }
    this.volatility.onTimer(now);
    this.adverse.onTimer(now, fairTicks);
    this.orderToTrade.onTimer(now);
    this.#measure();
    this.loss.onProfit(this.#profit, this.profits);
  }

  /** Profit since the start in the account's currency, marked at the middle of the books; unmarked at its entry. */
  netProfit(): number {
    let profit = 0;
    for (let index = 0; index < this.#instruments.length; index++) profit += this.#profitOf(index);
    return profit;
  }

  /**
   * The same, by instrument. What is held and has no mark yet, as after a restart, is not a number: a gain that only waits
   * for its mark must not look like a fall from the peak.
   */
  #measure(): void {
    this.#profit[0] = 0;
    for (let index = 0; index < this.#instruments.length; index++) {
      this.#measureOne(index);
      this.#profit[0]! += this.profits[index]!;
    }
  }

  /** Into its cell: a profit that came back from a call would be boxed. */
  #measureOne(index: number): void {
    this.#gate.readMark(index, this.#mark);
    if (!(this.#mark[0]! > 0) && this.#needsMark(index)) {
      this.profits[index] = NaN;
      return;
    }
    this.#ledger.readNetProfit(index, this.#mark, this.profits);
    // Nothing is nothing in any currency, and its price need not be known.
    if (this.profits[index] !== 0) this.profits[index]! *= this.#dollarsOf(index, this.#mark[0]!);
  }

  /** What one of the currency that an instrument's profit is in is worth in dollars. */
  #dollarsOf(index: number, mark: number): number {
    const { kind, tick, settlesInBase } = this.#instruments[index]!;
    if (kind === ContractKind.inverse) return mark * tick.value;
    return settlesInBase ? this.#gate.worth.unitPrice[index]! : this.#usdRates[index]!;
  }

  #needsMark(index: number): boolean {
    const { bookedLots, baseFees, fillCount, funding } = this.#ledger;
    // Coins that a contract has made need their price, too.
    const { kind, settlesInBase } = this.#instruments[index]!;
    const hasCoins =
      (kind === ContractKind.inverse || settlesInBase) && (fillCount[index] !== 0 || funding[index] !== 0);
    return bookedLots[index] !== 0 || baseFees[index] !== 0 || hasCoins;
  }

  #profitOf(index: number): number {
    const mark = this.#gate.markTicks(index);
    const own = this.#ledger.netProfit(index, mark);
    return own === 0 ? 0 : own * this.#dollarsOf(index, mark);
  }

  /** The operator has seen losses and drawdown: they count anew from here. */
  rebase(): void {
    this.#measure();
    this.loss.rebase(this.#profit[0]!, this.profits);
  }
}

function ratesOf(limits: readonly RiskLimits[]): Float64Array {
  return Float64Array.from(limits, ({ notionalRate }) => notionalRate);
}
