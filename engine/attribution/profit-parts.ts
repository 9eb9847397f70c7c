/**
 * The profit of one instrument since the run began, in its parts, which add up to it to the last unit:
 *
 *     spread      Σ s·(m(t0⁻) − p)·n      what fills captured against the middle just before them
 *     adverse     Σ s·(m(t0+1 s) − m(t0⁻))·n   what the market did in the second after them, where somebody says so
 *     inventory   Σ q·Δm less adverse     what the position gained while the middle moved
 *     fees        as the venue books them: what was paid, negative
 *     rebates     what was received, positive
 *     funding     as the venue settles it
 *     hedging     spread and fees of fills that were to make a position smaller, and not to earn
 *
 * Source: models.md par. 7 (the identity to be asserted; s·(m(t0⁻) − m(t0+h)) is its adverse selection cost). A lot is
 * worth v(p) at the price p, a whole number of 10^-18 of the settlement currency; everything here is lots × v, so that the
 * identity holds in whole numbers, for inverse contracts too: there v(p) = −ctVal/p, rounded once a price and not once a
 * sum.
 *
 * Fees that spot buys pay in coins are taken at the middle of their moment; what these coins do later is inventory. A
 * position that the run found, or that changed by no trade, comes in at the middle: it brings no profit by coming.
 */
import { assert } from '../base/assert.ts';
import { ContractKind } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import type { Lots } from '../base/units.ts';
import { UNITS_PER_COIN, divideRounded, timesUnits, unitsOf, unitsOfText } from './exact-money.ts';

export class ProfitParts {
  readonly #isInverse: boolean;
  /** Underlying units (inverse: dollars) of one lot, in units. */
  readonly #lotUnits: bigint;
  spread = 0n;
  adverse = 0n;
  inventory = 0n;
  fees = 0n;
  rebates = 0n;
  funding = 0n;
  hedging = 0n;
  /** The middle now, and what a lot is worth there; 0 before there was one. */
  mark = 0n;
  #markValue = 0n;
  #lots = 0n;
  /** Coins that fees have taken (negative). */
  coins = 0n;
  /** What trades and fees have brought, less what was held before at its first middle. */
  cash = 0n;

  constructor(instrument: Instrument) {
    this.#isInverse = instrument.kind === ContractKind.inverse;
    this.#lotUnits = timesUnits(unitsOfText(instrument.lot.step), unitsOf(instrument.contractValue));
  }

  get lots(): Lots {
    return Number(this.#lots);
  }

  /** All parts together, from what was paid and is held: found another way than they are. */
  get total(): bigint {
    const held = this.#lots * this.#markValue + this.#coinsAt(this.mark);
    return this.cash + held + this.funding;
  }

  /** What cannot be explained: 0, or the accounting is wrong. */
  get residual(): bigint {
    const { spread, adverse, inventory, fees, rebates, funding, hedging } = this;
    return this.total - (spread + adverse + inventory + fees + rebates + funding + hedging);
  }

  /** What a lot is worth at a price, both in units. */
  valueAt(price: bigint): bigint {
    if (price === 0n) return 0n;
    if (this.#isInverse) return -divideRounded(this.#lotUnits * UNITS_PER_COIN, price);
    return timesUnits(this.#lotUnits, price);
  }

  /** The middle has moved. */
  onMark(price: bigint): void {
    if (price === this.mark) return;
    const value = this.valueAt(price);
    if (this.mark === 0n) {
      // What is held from before comes in at the first middle there is.
      this.cash -= this.#lots * value + this.#coinsAt(price);
    } else {
      this.inventory +=
        this.#lots * (value - this.#markValue) + this.#coinsAt(price) - this.#coinsAt(this.mark);
    }
    this.mark = price;
    this.#markValue = value;
  }

  /**
   * A trade.
   *
   * @param before the middle just before it; its own price where that is not known: then it captured nothing
   */
  onFill(signedLots: Lots, price: bigint, before: bigint, isHedge = false): void {
    if (this.mark === 0n) this.onMark(before);
    const lots = BigInt(signedLots);
    const fair = this.valueAt(before);
    const paid = this.valueAt(price);
    const captured = lots * (fair - paid);
    if (isHedge) this.hedging += captured;
    else this.spread += captured;
    // The position is in the book from the trade on: what the middle did since then is the position's.
    this.inventory += lots * (this.#markValue - fair);
    this.cash -= lots * paid;
    this.#lots += lots;
  }

  /** What the market did in the second after a trade: it was inventory's, and is told apart now. */
  onAdverse(signedLots: Lots, before: bigint, after: bigint): void {
    const moved = BigInt(signedLots) * (this.valueAt(after) - this.valueAt(before));
    this.adverse += moved;
    this.inventory -= moved;
  }

  /** A position that was found, or that changed by no trade of ours; with it, coins that fees had taken before. */
  onAdjustment(signedLots: Lots, coins = 0n): void {
    const lots = BigInt(signedLots);
    const before = this.#coinsAt(this.mark);
    this.#lots += lots;
    this.coins += coins;
    this.cash -= lots * this.#markValue + this.#coinsAt(this.mark) - before;
  }

  /** A fee or rebate in the settlement currency, with the venue's sign. */
  onFee(units: bigint, isHedge = false): void {
    this.#addFee(units, isHedge);
    this.cash += units;
  }

  /** A fee in the base coin: it is paid at the middle. */
  onCoinFee(units: bigint, isHedge = false): void {
    const before = this.#coinsAt(this.mark);
    this.coins += units;
    this.#addFee(this.#coinsAt(this.mark) - before, isHedge);
  }

  onFunding(units: bigint): void {
    this.funding += units;
  }

  /** @throws AssertionError when a unit is missing: the report would be a lie */
  check(): void {
    assert(this.residual === 0n, 'the parts of the profit add up to it');
  }

  #addFee(units: bigint, isHedge: boolean): void {
    if (isHedge) this.hedging += units;
    else if (units > 0n) this.rebates += units;
    else this.fees += units;
  }

  #coinsAt(price: bigint): bigint {
    return this.coins === 0n ? 0n : timesUnits(this.coins, price);
  }
}
