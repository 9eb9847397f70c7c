/**
 * The venue's position of every contract beside the one that our trades make.
 *
 * Owner:      the engine thread.
 * Invariants: a difference is booked at recovery only, at the mark, but for what a ledger without any history finds, which
 *             is booked at its entry; an audit never changes a position.
 * Cost:       cold.
 *
 * A contract that has ended leaves at its price of settlement, as a trade; until that is told its position stays.
 *
 * Spot has no position at the venue but a holding, which other things change too: its position is what was traded.
 */
import { ContractKind, InstrumentState } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Lots } from '../base/units.ts';
import type { PositionFact } from './loop-options.ts';
import type { LoopState } from './loop-state.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';
import type { Gate } from '../risk/gate.ts';

/** The same difference in so many audits is one, whatever was traded meanwhile. */
const SAME_AUDITS = 3;
/** So long the venue has to tell the price at which a contract ended. */
const SETTLEMENT_WAIT_NS = 600 * NS_PER_SECOND;

export class LoopPositions {
  /** Whether the last audit found a difference that is to be seen once more. */
  isInQuestion = false;

  readonly #instruments: readonly Instrument[];
  readonly #state: LoopState;
  readonly #ledger: PositionLedger;
  readonly #gate: Gate;
  /** By instrument: the difference that the last audit found, how often, and after which trade. */
  readonly #auditedLots: Float64Array;
  readonly #auditedTimes: Int32Array;
  readonly #auditedFills: Float64Array;
  /** By instrument: 1 once a recovery has settled it. */
  readonly #isKnown: Uint8Array;
  /** By instrument: when it was first seen to have ended; 0 before. */
  readonly #endedNs: Float64Array;

  constructor(instruments: readonly Instrument[], state: LoopState, ledger: PositionLedger, gate: Gate) {
    const count = instruments.length;
    this.#instruments = instruments;
    this.#state = state;
    this.#ledger = ledger;
    this.#gate = gate;
    this.#auditedLots = new Float64Array(count);
    this.#auditedTimes = new Int32Array(count);
    this.#auditedFills = new Float64Array(count);
    this.#isKnown = new Uint8Array(count);
    this.#endedNs = new Float64Array(count);
  }

  /**
   * Positions when nothing of ours rests and every trade that the venue tells is booked: what still differs is taken over.
   * Returns how many did. The asker has looked again for as long as REST's own delays could explain a difference.
   */
  recovered(facts: readonly PositionFact[]): number {
    const ledger = this.#ledger;
    let differences = 0;
    this.isInQuestion = false;
    this.#auditedLots.fill(0);
    this.#auditedTimes.fill(0);
    for (const { index, kind } of this.#instruments) {
      if (kind === ContractKind.spot) continue;
      const fact = facts.find((each) => each.instrument === index);
      const isFresh = this.#isFresh(index);
      this.#isKnown[index] = 1;
      if (this.#isEnding(index, fact)) continue;
      this.#ledger.setLegs(index, fact?.longLots ?? 0, fact?.shortLots ?? 0);
      if ((fact?.lots ?? 0) === ledger.positionLots[index]) continue;
      if (!isFresh) differences++;
      this.#take(index, fact, isFresh ? (fact?.entryTicks ?? 0) : this.#markOf(index));
    }
    return differences;
  }

  /** Whether a contract that has ended is held here: audits ask for the price at which it did. */
  get hasEnded(): boolean {
    for (let index = 0; index < this.#instruments.length; index++) {
      if (this.#ledger.positionLots[index] !== 0 && this.#hasEnded(index)) return true;
    }
    return false;
  }

  /** By its own last moment, or before it because the venue says so. */
  #hasEnded(index: number): boolean {
    const { state, expiryMs } = this.#instruments[index]!;
    if (state !== InstrumentState.expired && !(this.#state.venueMs(this.#state.nowNs) >= expiryMs))
      return false;
    if (this.#endedNs[index] === 0) this.#endedNs[index] = this.#state.nowNs;
    return true;
  }

  /** Gone from the venue because it has ended: the price comes, as a trade, and a mark must not stand in for it. */
  #isEnding(index: number, fact: PositionFact | undefined): boolean {
    if ((fact?.lots ?? 0) !== 0 || !this.#hasEnded(index)) return false;
    return this.#state.nowNs - this.#endedNs[index]! < SETTLEMENT_WAIT_NS;
  }

  /** A ledger without any history: it begins with what the account holds, at the price at which that was opened. */
  #isFresh(index: number): boolean {
    const { fillCount, bookedLots } = this.#ledger;
    return this.#isKnown[index] === 0 && fillCount[index] === 0 && bookedLots[index] === 0;
  }

  /** @param ticks the price at which the difference counts as traded, when it is above zero */
  #take(index: number, fact: PositionFact | undefined, ticks: number): void {
    const candidates = [ticks, fact?.entryTicks ?? 0, this.#ledger.entryTicks[index]!, this.#markOf(index)];
    this.#ledger.setPosition(index, fact?.lots ?? 0, candidates.find((each) => each > 0) ?? 1);
  }

  #markOf(index: number): number {
    const mark = this.#state.markTicks[index]!;
    return mark > 0 ? mark : this.#gate.markTicks(index);
  }

  /**
   * Positions while orders rest. True when one differs for good: by the same lots in two audits in a row without a trade in
   * between, or in three whatever was traded. One alone may be a fill whose push is on its way.
   */
  audited(facts: readonly PositionFact[]): boolean {
    const ledger = this.#ledger;
    let isOff = false;
    this.isInQuestion = false;
    for (const { index, kind } of this.#instruments) {
      if (kind === ContractKind.spot) continue;
      const fact = facts.find((each) => each.instrument === index);
      if (this.#isEnding(index, fact)) continue;
      const difference = this.#differenceOf(index, fact);
      const isSame = difference !== 0 && difference === this.#auditedLots[index];
      const isQuiet = this.#auditedFills[index] === ledger.fillCount[index];
      this.#auditedLots[index] = difference;
      this.#auditedFills[index] = ledger.fillCount[index]!;
      this.#auditedTimes[index] = isSame ? this.#auditedTimes[index]! + 1 : difference === 0 ? 0 : 1;
      if (difference === 0) continue;
      this.isInQuestion = true;
      if ((isSame && isQuiet) || this.#auditedTimes[index]! >= SAME_AUDITS) isOff = true;
    }
    return isOff;
  }

  /** In lots: of the net position, or where that is as it should be, of a leg. */
  #differenceOf(index: number, fact: PositionFact | undefined): Lots {
    const { positionLots, longLots, shortLots } = this.#ledger;
    const net = (fact?.lots ?? 0) - positionLots[index]!;
    if (net !== 0) return net;
    // The legs differ alike, but where a trade has named none.
    const long = (fact?.longLots ?? 0) - longLots[index]!;
    return long === 0 ? (fact?.shortLots ?? 0) - shortLots[index]! : long;
  }
}
