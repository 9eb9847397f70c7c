/**
 * What the venue settles of a position beside its trades, funding and the penalty of a liquidation: from what it says of
 * positions into ledger and attribution, each settlement once.
 *
 * Owner:      the engine thread.
 * Invariants: what was settled while nobody heard is booked with the next word about the same position; how far that was is
 *             kept with the ledger. A position that was found brings what is settled from then on. What was settled of a
 *             position that opened and closed while nobody heard is not known.
 * Cost:       cold: a word about a position.
 */
import { FundingTotal } from '../attribution/funding-total.ts';
import { numberOf, textOfUnits, unitsOfText } from '../attribution/exact-money.ts';
import { PositionSide } from '../base/position-side.ts';
import type { Milliseconds } from '../base/units.ts';
import type { LoopTruth } from './loop-truth.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';

/** The net position and two legs. */
const LEGS = Object.keys(PositionSide).length;

export class LoopFunding {
  readonly #ledger: PositionLedger;
  readonly #truth: LoopTruth;
  /** By instrument × LEGS + leg: each is a position of its own to the venue. */
  readonly #totals: readonly FundingTotal[];

  constructor(instrumentCount: number, ledger: PositionLedger, truth: LoopTruth) {
    this.#ledger = ledger;
    this.#truth = truth;
    this.#totals = Array.from({ length: instrumentCount * LEGS }, () => new FundingTotal());
  }

  /**
   * A position's running totals.
   *
   * @param openedMs when the position was opened; 0 where the venue does not say
   * @param texts decimals, '' where the venue says none
   */
  onTold(instrument: number, leg: PositionSide, openedMs: Milliseconds, texts: readonly string[]): void {
    const said = texts.filter((text) => text !== '');
    if (said.length === 0) return;
    let total = 0n;
    for (const text of said) total += unitsOfText(text);
    const ledger = this.#ledger;
    const cell = instrument * LEGS + leg;
    const told = this.#totals[cell]!;
    const saved = ledger.legFunding[cell]!;
    if (told.openedMs === 0 && saved.openedMs > 0) told.restore(saved.openedMs, unitsOfText(saved.total));
    const settled = told.onTold(openedMs, total, ledger.isOwn(instrument, leg));
    ledger.legFunding[cell] = { total: textOfUnits(told.total), openedMs: told.openedMs };
    if (settled === 0n) return;
    ledger.onFunding(instrument, numberOf(settled));
    this.#truth.onFunding(instrument, settled);
  }
}
