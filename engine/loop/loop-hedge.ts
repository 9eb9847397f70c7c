/**
 * The hedgers of all groups: what the loop learns goes to them, and what they want goes out with the turn.
 *
 *     timer ──▶ review ──▶ a place that is sent alone
 *     any turn with an order of theirs ──▶ review ──▶ cancels, amends
 *
 * Owner:      the engine thread.
 * Invariants: an order of the purpose `hedge` is there because a hedger keeps it, or it is cancelled in this turn; it goes
 *             with the quotes wherever those are withdrawn (QuoteDiff.withdraw), and here where they are not; a hedger that
 *             stopped for its loss is written down in the turn in which it did.
 * Cost:       without an order of theirs a load a turn; with one, a look at the heads of all lists of orders.
 */
import { ContractKind } from '../base/instrument.ts';
import { HedgePhase } from '../base/hedge-phase.ts';
import { OrderPurpose } from '../base/order-purpose.ts';
import { Side, sideSign } from '../base/side.ts';
import { GroupHedger, HedgeWait } from './group-hedger.ts';
import type { HedgerParts } from './group-hedger.ts';
import { HedgeLegs } from './hedge-legs.ts';
import type { LegParts } from './hedge-legs.ts';
import { LoopRequest } from './loop-options.ts';
import type { LoopOptions, LoopOutput, PortfolioGroup } from './loop-options.ts';
import { CommandReason } from '../orders/command-batch.ts';
import type { CommandBatch } from '../orders/command-batch.ts';
import type { Trade } from '../orders/fills.ts';
import { NO_ORDER } from '../orders/order-table.ts';
import { NO_GROUP } from '../risk/group-delta.ts';
import { HedgeLoss } from '../risk/hedge-loss.ts';
import type { HedgeLossState } from '../risk/hedge-loss.ts';

const WAIT_TEXTS: Readonly<Record<HedgeWait, string>> = {
  [HedgeWait.nothing]: 'waits',
  [HedgeWait.engine]: 'waits until the engine quotes',
  [HedgeWait.price]: 'waits for the price of what is held',
  [HedgeWait.leg]: 'waits for an instrument that can be traded, and has room in its limits',
  [HedgeWait.limits]:
    'waits for room in the limits of its instrument, or for its least order to be no more than the net delta',
  [HedgeWait.budget]: 'waits: hedge.ordersPerMinute are used up',
  [HedgeWait.gate]: 'waits: its order was not let out',
};

export class LoopHedge {
  /** By group. */
  hedgers: readonly GroupHedger[] = [];
  /** Whether any is configured: without, and without an order of theirs, a timer has nothing to ask. */
  isOn = false;
  /** Whether an order of theirs may be in the table: then every turn looks after it. */
  mayHold = false;

  readonly #parts: Omit<HedgerParts, 'legs'> & LegParts;
  readonly #legs: HedgeLegs;
  readonly #output: LoopOutput;
  /** By coin, those of groups that are no more included: a limit that was reached stays so. */
  readonly #losses = new Map<string, HedgeLoss>();
  /** By instrument × 2 + side: 1 where a hedger wants no quotes now. */
  readonly #withheld: Uint8Array;

  constructor(
    options: Pick<LoopOptions, 'instruments' | 'limits' | 'portfolio' | 'output'>,
    parts: Omit<HedgerParts, 'legs'> & LegParts,
  ) {
    const { instruments, limits, portfolio = [] } = options;
    this.#parts = parts;
    this.#output = options.output;
    this.#legs = new HedgeLegs(instruments, limits, parts);
    this.#withheld = new Uint8Array(instruments.length * 2);
    this.configure({ limits, portfolio });
  }

  /** Other groups and limits; an order that none of them keeps is cancelled in the next turn. */
  configure({ limits, portfolio }: Required<Pick<LoopOptions, 'limits' | 'portfolio'>>): void {
    this.#legs.configure(limits);
    const before = this.hedgers;
    this.hedgers = portfolio.map((terms, group) => {
      const known = before.find(({ coin }) => coin === terms.coin);
      const hedger = known ?? this.#hedgerOf(terms);
      hedger.configure(group, terms);
      // Until the next timer none wants anything.
      hedger.review(false);
      return hedger;
    });
    this.isOn = portfolio.some(({ hedge }) => hedge !== null);
    this.#withhold();
  }

  #hedgerOf({ coin, hedge }: PortfolioGroup): GroupHedger {
    return new GroupHedger({ ...this.#parts, legs: this.#legs }, coin, this.#lossOf(coin, hedge?.lossMax));
  }

  #lossOf(coin: string, lossMax = Infinity): HedgeLoss {
    const known = this.#losses.get(coin);
    if (known !== undefined) return known;
    const loss = new HedgeLoss(coin, lossMax);
    this.#losses.set(coin, loss);
    return loss;
  }

  // ---------------------------------------------------------------------------------------------------- orders

  /** @param isQuoting whether anything may be wanted at all */
  onTimer(isQuoting: boolean): void {
    for (const hedger of this.hedgers) {
      hedger.review(isQuoting);
      if (hedger.act()) this.mayHold = true;
    }
    this.#withhold();
  }

  /** @hot Cancels and amends of this turn: of every order of theirs, or of none. */
  compare(isQuoting: boolean, batch: CommandBatch): void {
    if (!this.mayHold) return;
    const { table } = this.#parts;
    for (const hedger of this.hedgers) hedger.review(isQuoting);
    let holds = false;
    for (let list = 0; list < table.exposureLots.length; list++) {
      const instrument = list >> 1;
      const side = (list & 1) as Side;
      for (let slot = table.first(instrument, side); slot !== NO_ORDER; slot = table.next(slot)) {
        if (table.purpose[slot] !== OrderPurpose.hedge) continue;
        holds = true;
        this.#compareOne(slot, instrument, side, batch);
      }
    }
    this.mayHold = holds;
  }

  #compareOne(slot: number, instrument: number, side: Side, batch: CommandBatch): void {
    const { table, gate } = this.#parts;
    // One that its trades have filled waits for its last push.
    if (!table.isCancellable(slot) || table.riskLots[slot] === 0 || batch.isTouched(slot)) return;
    const group = gate.groups.groupOf[instrument]!;
    const hedger = group === NO_GROUP ? undefined : this.hedgers[group];
    if (hedger?.keeps(slot, instrument, side) === true) hedger.adjust(slot, batch);
    else batch.addCancel(slot, instrument, side, table.priceTicks[slot]!, CommandReason.withdrawn);
  }

  /**
   * Of the book from which a hedger is about to take, our own quotes on that side go first, and stay away; and those that
   * leave it no room.
   */
  #withhold(): void {
    const { state, gate } = this.#parts;
    const withheld = this.#withheld;
    withheld.fill(0);
    for (const [group, hedger] of this.hedgers.entries()) {
      if (hedger.lots === 0) continue;
      if (hedger.phase === HedgePhase.taking) withheld[hedger.leg * 2 + 1 - hedger.side] = 1;
      if (!hedger.needsRoom) continue;
      for (const member of gate.groups.members[group]!) withheld[member * 2 + hedger.side] = 1;
    }
    for (let list = 0; list < withheld.length; list++) {
      if (withheld[list] === state.isWithheld[list]) continue;
      state.isWithheld[list] = withheld[list]!;
      state.isDue[list >> 1] = 1;
      state.dirty.add(list >> 1);
    }
  }

  // ----------------------------------------------------------------------------------------------------- costs

  /** A trade that was booked just now, with its fee where it has one. */
  onTrade(trade: Trade): void {
    const hedger = this.#hedgerOfTrade(trade);
    if (hedger === undefined) return;
    const { instrument: index, side, ticks, lots } = trade;
    const instrument = this.#legs.instruments[index]!;
    const arrival = this.#legs.arrivalTicks[index]!;
    const isInverse = instrument.kind === ContractKind.inverse;
    // What the same at the fair price of the beginning would have brought.
    const way = instrument.profit(arrival, ticks, sideSign(side) * lots);
    const money = isInverse ? way * ticks * instrument.tick.value : way;
    this.#count(hedger, money + this.#feeOf(trade));
  }

  /** The fee of a trade that was booked without one. */
  onFee(trade: Trade): void {
    const hedger = this.#hedgerOfTrade(trade);
    if (hedger !== undefined) this.#count(hedger, this.#feeOf(trade));
  }

  #count(hedger: GroupHedger, cost: number): void {
    const { state } = this.#parts;
    if (!hedger.loss.onCost(cost, state.venueMs(state.nowNs))) return;
    this.#output.request(LoopRequest.save, -1);
  }

  /** What was paid, in the account's currency. */
  #feeOf({ instrument: index, ticks, fee, hasFee, isBaseFee }: Trade): number {
    if (!hasFee) return 0;
    const { kind, tick } = this.#legs.instruments[index]!;
    const isCoins = isBaseFee || kind === ContractKind.inverse;
    return isCoins ? -fee * ticks * tick.value : -fee;
  }

  #hedgerOfTrade({ instrument, slot, generation, isThisRun }: Trade): GroupHedger | undefined {
    const { table, gate } = this.#parts;
    if (!isThisRun || slot >= table.capacity || table.generation[slot] !== generation) return undefined;
    if (table.purpose[slot] !== OrderPurpose.hedge) return undefined;
    const group = gate.groups.groupOf[instrument]!;
    return group === NO_GROUP ? undefined : this.hedgers[group];
  }

  /** The operator's word: those that stopped go on. */
  resume(): void {
    for (const loss of this.#losses.values()) loss.resume();
  }

  // ----------------------------------------------------------------------------------------------------- state

  /** What a restart must keep. */
  memory(): HedgeLossState[] {
    return [...this.#losses.values()].map((loss) => loss.state());
  }

  restore(rows: readonly HedgeLossState[]): void {
    for (const row of rows) this.#lossOf(row.coin).restore(row);
  }

  /** Where the hedgers stand that do anything, for the operator; '' when none does. */
  get text(): string {
    const parts: string[] = [];
    for (const hedger of this.hedgers) {
      const text = this.#textOf(hedger);
      if (text !== '') parts.push(`hedge of ${hedger.coin} ${text}`);
    }
    return parts.join('; ');
  }

  #textOf({ phase, wait, leg, side, lots, loss }: GroupHedger): string {
    if (phase === HedgePhase.stopped) {
      return `stopped: its fills cost ${loss.cost.toFixed(2)}, hedge.lossMax is ${loss.lossMax}; resume lets it go on`;
    }
    if (phase === HedgePhase.waiting) return WAIT_TEXTS[wait];
    if (phase !== HedgePhase.resting && phase !== HedgePhase.taking) return '';
    const { instId, lot } = this.#legs.instruments[leg]!;
    const what = `${side === Side.buy ? 'buys' : 'sells'} ${lot.toText(lots)} ${instId}`;
    return phase === HedgePhase.resting ? `${what}, resting` : `${what}, taking`;
  }
}
