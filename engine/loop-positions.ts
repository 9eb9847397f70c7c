/**
 * The venue's position of every contract beside the one that our trades make.
 *
 * Owner:      the engine thread.
 * Invariants: a difference is booked at recovery only, and only when two recoveries in a row have found the same one, but for
 *             the position that a ledger without any history finds; an audit never changes a position.
 * Cost:       cold.
 *
 * Spot has no position at the venue but a holding, which other things change too: its position is what was traded.
 */
import { ContractKind } from './base/instrument.ts';
import type { Instrument } from './base/instrument.ts';
import type { PositionFact } from './loop-options.ts';
import type { LoopState } from './loop-state.ts';
import type { PositionLedger } from './orders/position-ledger.ts';
import type { Gate } from './risk/gate.ts';

/** The same difference in so many audits is one, whatever was traded meanwhile. */
const SAME_AUDITS = 3;

export class LoopPositions {
  /** False while a recovery has found a difference that is to be seen once more. */
  isSettled = true;
  /** Whether the last audit found a difference that is to be seen once more. */
  isInQuestion = false;

  readonly #instruments: readonly Instrument[];
  readonly #state: LoopState;
  readonly #ledger: PositionLedger;
  readonly #gate: Gate;
  /** By instrument: the difference that the last recovery found, and the last audit with how often and at which fill. */
  readonly #recoveredLots: Float64Array;
  readonly #auditedLots: Float64Array;
  readonly #auditedTimes: Int32Array;
  readonly #auditedFills: Float64Array;
  /** By instrument: 1 once a recovery has settled it. */
  readonly #isKnown: Uint8Array;

  constructor(instruments: readonly Instrument[], state: LoopState, ledger: PositionLedger, gate: Gate) {
    const count = instruments.length;
    this.#instruments = instruments;
    this.#state = state;
    this.#ledger = ledger;
    this.#gate = gate;
    this.#recoveredLots = new Float64Array(count);
    this.#auditedLots = new Float64Array(count);
    this.#auditedTimes = new Int32Array(count);
    this.#auditedFills = new Float64Array(count);
    this.#isKnown = new Uint8Array(count);
  }

  /**
   * Positions when nothing of ours rests and every trade that the venue tells is booked. Returns how many differ. While
   * `isSettled` is false nothing was booked: REST tells a position sooner than its trade, and the trade, told later, would
   * count twice.
   */
  recovered(facts: readonly PositionFact[]): number {
    const ledger = this.#ledger;
    let differences = 0;
    this.isSettled = true;
    this.isInQuestion = false;
    this.#auditedLots.fill(0);
    this.#auditedTimes.fill(0);
    for (const instrument of this.#instruments) {
      if (instrument.kind === ContractKind.spot) continue;
      const { index } = instrument;
      const fact = facts.find((each) => each.instrument === index);
      const difference = (fact?.lots ?? 0) - ledger.positionLots[index]!;
      const isSeenBefore = difference === this.#recoveredLots[index];
      this.#recoveredLots[index] = difference;
      if (difference === 0) this.#isKnown[index] = 1;
      else if (this.#isFresh(index)) this.#book(index, fact, fact?.entryTicks ?? 0);
      else {
        differences++;
        if (isSeenBefore) this.#book(index, fact, this.#markOf(index));
        else this.isSettled = false;
      }
    }
    return differences;
  }

  /** A ledger without any history: it begins with what the account holds, at the price at which that was opened. */
  #isFresh(index: number): boolean {
    const { fillCount, bookedLots } = this.#ledger;
    return this.#isKnown[index] === 0 && fillCount[index] === 0 && bookedLots[index] === 0;
  }

  #book(index: number, fact: PositionFact | undefined, ticks: number): void {
    const candidates = [ticks, fact?.entryTicks ?? 0, this.#ledger.entryTicks[index]!, this.#markOf(index)];
    this.#ledger.setPosition(index, fact?.lots ?? 0, candidates.find((each) => each > 0) ?? 1);
    this.#recoveredLots[index] = 0;
    this.#isKnown[index] = 1;
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
      const difference = (fact?.lots ?? 0) - ledger.positionLots[index]!;
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
}
