/**
 * What everything held and in flight is worth, over all instruments: kept as a sum, and judged as if it were added up anew.
 *
 * Each instrument counts with the larger worst case of its two sides (all of one side fills and nothing of the other), at
 * the dearest price that is known; one whose market has not been seen yet at the entry of its position.
 *
 * Owner:      the gate.
 * Invariants: the answer is that of adding up all instruments in order, to the last bit. A sum that is kept drifts: an
 *             update is a subtraction and an addition, each off by at most half of 2^-52 of the largest value seen, so that
 *             4,096 of them are off by less than 2e-12 of it; adding up anew is off by less than 1e-13. Only where the limit
 *             lies within 1e-11 of the kept sum could the two disagree, and there (or where something is not a number) it is
 *             added up anew. The sum starts afresh with every timer; where 4,096 updates come before one, all is added up.
 * Cost:       some ten operations for each instrument that changed since the last question; nothing allocates.
 */
import type { Instrument } from '../base/instrument.ts';
import { Side } from '../base/side.ts';
import type { Lots, Ticks } from '../base/units.ts';
import type { GateInputs, RiskLimits } from './gate.ts';
import type { LotWorth } from './lot-worth.ts';

const UPDATES_MAX = 4_096;
/** Of the largest value seen: farther than this from the limit, the kept sum is right about it. */
const DOUBT = 1e-11;

export class AccountNotional {
  readonly #inputs: GateInputs;
  readonly #seenTicks: Float64Array;
  readonly #lotValue: Float64Array;
  readonly #tickValue: Float64Array;
  readonly #isFixed: Uint8Array;
  readonly #unitPrice: Float64Array;
  readonly #rate: Float64Array;
  /** By instrument: what it counts with in the sum. */
  readonly #worth: Float64Array;
  // In cells: a number in a field is read through a box.
  readonly #sum = new Float64Array(1);
  readonly #largest = new Float64Array(1);
  readonly #max = new Float64Array(1);
  #updates = 0;

  /** @param seenTicks by instrument: what a lot is valued at, 0 before a market has been seen; the gate's, read in place */
  constructor(
    instruments: readonly Instrument[],
    limits: readonly RiskLimits[],
    notionalMax: number,
    inputs: GateInputs,
    seenTicks: Float64Array,
    worth: LotWorth,
  ) {
    this.#inputs = inputs;
    this.#seenTicks = seenTicks;
    this.#lotValue = Float64Array.from(instruments, ({ lotValue }) => lotValue);
    this.#tickValue = Float64Array.from(instruments, ({ tick }) => tick.value);
    this.#isFixed = worth.isFixed;
    this.#unitPrice = worth.unitPrice;
    this.#rate = Float64Array.from(limits, ({ notionalRate }) => notionalRate);
    this.#worth = new Float64Array(instruments.length);
    this.#max[0] = notionalMax;
    inputs.changed.addAll();
  }

  /** Another limit, and what each instrument's worth counts with; all is taken up anew. */
  configure(limits: readonly RiskLimits[], notionalMax: number): void {
    for (const [each, { notionalRate }] of limits.entries()) this.#rate[each] = notionalRate;
    this.#max[0] = notionalMax;
    this.#inputs.changed.addAll();
  }

  /** @hot Whether the account stays within its limit with `addedLots` more on a side of one, at `ticks` if dearer. */
  isWithin(instrument: number, side: Side, ticks: Ticks, addedLots: Lots): boolean {
    this.#takeUp();
    const own = this.#worthOf(instrument, instrument, side, ticks, addedLots);
    const sum = this.#sum[0]! - this.#worth[instrument]! + own;
    const doubt = Math.max(this.#largest[0]!, own) * DOUBT;
    if (this.#updates < UPDATES_MAX) {
      if (sum + doubt < this.#max[0]!) return true;
      if (sum - doubt > this.#max[0]!) return false;
    }
    return this.#sumWith(instrument, side, ticks, addedLots) <= this.#max[0]!;
  }

  /** What is held is worth, long and short added up; what is only in flight does not count. For figures, not for limits. */
  held(): number {
    const { positionLots, entryTicks } = this.#inputs;
    let sum = 0;
    for (let each = 0; each < this.#worth.length; each++) {
      const lots = Math.abs(positionLots[each]!);
      if (lots === 0) continue;
      const value = this.#seenTicks[each]! > 0 ? this.#seenTicks[each]! : entryTicks[each]!;
      const isFixed = this.#isFixed[each] === 1;
      const price = isFixed ? this.#unitPrice[each]! : value * this.#tickValue[each]!;
      sum += lots * this.#lotValue[each]! * price * this.#rate[each]!;
    }
    return sum;
  }

  /** Takes up what has changed, and starts the sum afresh. For the timer. */
  settle(): void {
    this.#takeUp();
    this.#updates = 0;
    this.#sum[0] = 0;
    for (let each = 0; each < this.#worth.length; each++) this.#sum[0]! += this.#worth[each]!;
    this.#largest[0] = this.#sum[0]!;
  }

  /** @hot */
  #takeUp(): void {
    const { changed } = this.#inputs;
    for (let each = changed.take(0); each !== -1; each = changed.take(each + 1)) {
      const worth = this.#worthOf(each, -1, Side.buy, 0, 0);
      this.#sum[0]! += worth - this.#worth[each]!;
      this.#worth[each] = worth;
      this.#largest[0] = Math.max(this.#largest[0]!, this.#sum[0]!, worth);
      this.#updates++;
    }
  }

  /** All instruments added up in order. */
  #sumWith(instrument: number, side: Side, ticks: Ticks, addedLots: Lots): number {
    let sum = 0;
    for (let each = 0; each < this.#worth.length; each++) {
      sum += this.#worthOf(each, instrument, side, ticks, addedLots);
    }
    return sum;
  }

  /** What an instrument counts with; `grown` is the one that has `addedLots` more. */
  #worthOf(each: number, grown: number, side: Side, ticks: Ticks, addedLots: Lots): number {
    const { positionLots, exposureLots, entryTicks } = this.#inputs;
    const position = positionLots[each]!;
    let bought = position + exposureLots[each * 2]!;
    let sold = exposureLots[each * 2 + 1]! - position;
    let value = this.#seenTicks[each]! > 0 ? this.#seenTicks[each]! : entryTicks[each]!;
    if (each === grown) {
      if (side === Side.buy) bought += addedLots;
      else sold += addedLots;
      // A choice between a parameter and a float would box the float of every instrument; the maximum is arithmetic.
      value = Math.max(value, ticks);
    }
    const lots = bought > sold ? bought : sold;
    if (lots === 0) return 0;
    const isFixed = this.#isFixed[each] === 1;
    const price = isFixed ? this.#unitPrice[each]! : value * this.#tickValue[each]!;
    return lots * this.#lotValue[each]! * price * this.#rate[each]!;
  }
}
