/**
 * The long and the short leg of each contract, of an account that holds them apart.
 *
 * Owner:      the position ledger. Arrays are read in place by whoever chooses which leg an order is about.
 * Invariants: a leg is what the trades told for it add up to, and what orders' totals tell beyond them; the net position is
 *             the long leg less the short one. In net mode both stay 0. A leg may be below zero for the moment in which a
 *             trade that closes is told before the one that opened.
 * Cost:       a few stores a trade; nothing allocates once constructed.
 */
import { PositionSide } from '../base/position-side.ts';
import { Side } from '../base/side.ts';
import type { Lots } from '../base/units.ts';

export class PositionLegs {
  // By instrument: what is held as far as anything has told.
  readonly longLots: Float64Array;
  readonly shortLots: Float64Array;

  /** The part of them without a trade yet. */
  readonly #untoldLong: Float64Array;
  readonly #untoldShort: Float64Array;

  /** By instrument × 2 + leg - 1: 1 when all of it was opened since it was flat here. */
  readonly #isOwn: Uint8Array;

  constructor(instrumentCount: number) {
    this.#isOwn = new Uint8Array(instrumentCount * 2).fill(1);
    this.longLots = new Float64Array(instrumentCount);
    this.shortLots = new Float64Array(instrumentCount);
    this.#untoldLong = new Float64Array(instrumentCount);
    this.#untoldShort = new Float64Array(instrumentCount);
  }

  /** @hot Lots on `side` of a leg; of the net position it is no business of the legs. */
  add(instrument: number, side: Side, lots: Lots, leg: PositionSide): void {
    if (leg === PositionSide.net) return;
    if (leg === PositionSide.long) this.longLots[instrument]! += side === Side.buy ? lots : -lots;
    else this.shortLots[instrument]! += side === Side.sell ? lots : -lots;
    const held = leg === PositionSide.long ? this.longLots[instrument]! : this.shortLots[instrument]!;
    if (held === 0) this.#isOwn[instrument * 2 + leg - 1] = 1;
  }

  /** @hot The same for lots that no trade has told yet, or that one has told now: then `lots` is below zero. */
  addUntold(instrument: number, side: Side, lots: Lots, leg: PositionSide): void {
    this.add(instrument, side, lots, leg);
    if (leg === PositionSide.long) this.#untoldLong[instrument]! += side === Side.buy ? lots : -lots;
    else if (leg === PositionSide.short) this.#untoldShort[instrument]! += side === Side.sell ? lots : -lots;
  }

  /** Untold lots are no more. */
  clearUntold(instrument: number): void {
    this.longLots[instrument]! -= this.#untoldLong[instrument]!;
    this.shortLots[instrument]! -= this.#untoldShort[instrument]!;
    this.#untoldLong[instrument] = 0;
    this.#untoldShort[instrument] = 0;
  }

  /** The venue's word on both, when nothing is untold. What it knows better was not opened here. */
  set(instrument: number, longLots: Lots, shortLots: Lots): void {
    if (longLots !== this.longLots[instrument]) this.#isOwn[instrument * 2] = longLots === 0 ? 1 : 0;
    if (shortLots !== this.shortLots[instrument]) this.#isOwn[instrument * 2 + 1] = shortLots === 0 ? 1 : 0;
    this.longLots[instrument] = longLots;
    this.shortLots[instrument] = shortLots;
    this.#untoldLong[instrument] = 0;
    this.#untoldShort[instrument] = 0;
  }

  /** What of the long leg trades have told. */
  bookedLong(instrument: number): Lots {
    return this.longLots[instrument]! - this.#untoldLong[instrument]!;
  }

  /** And of the short one. */
  bookedShort(instrument: number): Lots {
    return this.shortLots[instrument]! - this.#untoldShort[instrument]!;
  }

  isOwn(instrument: number, leg: PositionSide): boolean {
    return this.#isOwn[instrument * 2 + leg - 1] === 1;
  }
}
