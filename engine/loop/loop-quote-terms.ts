/**
 * How quotes are placed, beside price and size: of which kind (loop-quote-kinds.ts), and in which unit their price is said
 * (loop-option-prices.ts).
 *
 * Owner:      the engine thread; the way out asks, for quotes and nothing else.
 * Invariants: a quote stays of the kind and in the unit that it was placed with; what it may not become in them is cancelled
 *             and placed anew.
 * Cost:       a few loads where quotes are post-only and priced in ticks.
 */
import type { PriceBands } from '../base/price-bands.ts';
import type { Side } from '../base/side.ts';
import type { Lots, Ticks } from '../base/units.ts';
import { LoopOptionPrices } from './loop-option-prices.ts';
import type { LoopOptions } from './loop-options.ts';
import { LoopQuoteKinds } from './loop-quote-kinds.ts';
import type { LoopState } from './loop-state.ts';
import type { LoopUnderlyings } from './loop-underlyings.ts';
import { OrderKind } from '../okx/order-encoder.ts';
import { KEEP_LOTS } from '../orders/command-batch.ts';
import type { OrderTable } from '../orders/order-table.ts';
import type { Gate } from '../risk/gate.ts';

/** An order that is not priced in ticks may come out so many steps of its band off by the venue's rounding. */
const ROUNDING_STEPS = 2;

export class LoopQuoteTerms {
  readonly #table: OrderTable;
  readonly #kinds: LoopQuoteKinds;
  readonly #prices: LoopOptionPrices;
  readonly #bands: readonly PriceBands[];
  /** By slot: OrderKind of a quote. */
  readonly #kindOf: Uint8Array;
  /** By slot: what was last asked for of an order that is not priced in ticks, in its unit. */
  readonly #saidSteps: Float64Array;

  constructor(
    { instruments, quoteKinds, priceIns }: Pick<LoopOptions, 'instruments' | 'quoteKinds' | 'priceIns'>,
    state: LoopState,
    parts: { readonly table: OrderTable; readonly gate: Gate; readonly underlyings: LoopUnderlyings },
  ) {
    this.#table = parts.table;
    this.#bands = instruments.map(({ bands }) => bands);
    this.#kinds = new LoopQuoteKinds(instruments, quoteKinds, parts.gate);
    this.#prices = new LoopOptionPrices(instruments, priceIns, state, parts.underlyings);
    this.#kindOf = new Uint8Array(parts.table.capacity);
    this.#saidSteps = new Float64Array(parts.table.capacity);
  }

  /** @hot A quote has this slot now. */
  onPlaced(slot: number, instrument: number, level: number, ticks: Ticks, lots: Lots): void {
    const kind = this.#kinds.kindOf(instrument, level, ticks, lots);
    this.#kindOf[slot] = kind;
    if (kind === OrderKind.rpi) this.#table.hide(slot);
  }

  /** @hot Of a slot that a quote has. */
  kindOf(slot: number): OrderKind {
    return this.#kindOf[slot]! as OrderKind;
  }

  /** @hot Whether a price can be said in the instrument's unit. */
  mayBePlaced(instrument: number, side: Side, ticks: Ticks): boolean {
    return this.#prices.isFollowed[instrument] === 0 || this.#prices.stepsOf(instrument, side, ticks) > 0;
  }

  /** @hot A price as it is written: ticks, or steps of the unit's grid, which are remembered of the order. 0 stays 0. */
  priceOf(slot: number, instrument: number, side: Side, ticks: Ticks): number {
    if (this.#prices.isFollowed[instrument] === 0 || ticks === 0) return ticks;
    const steps = this.#prices.stepsOf(instrument, side, ticks);
    this.#saidSteps[slot] = steps;
    return steps;
  }

  /** @hot Whether it is at that price in the unit that it was given in already, though a tick or two off by rounding. */
  isSaid(slot: number, instrument: number, side: Side, ticks: Ticks, lots: Lots): boolean {
    if (this.#prices.isFollowed[instrument] === 0 || lots !== KEEP_LOTS) return false;
    const reach = ROUNDING_STEPS * this.#bands[instrument]!.stepAt(ticks);
    const isClose = Math.abs(this.#table.priceTicks[slot]! - ticks) <= reach;
    return isClose && this.#prices.stepsOf(instrument, side, ticks) === this.#saidSteps[slot];
  }

  /** @hot Whether an amend may make this of it; a size or a price of 0 stays as it is. */
  mayBecome(slot: number, instrument: number, side: Side, ticks: Ticks, lots: Lots): boolean {
    return this.#staysRpi(slot, instrument, ticks, lots) && this.#isSayable(instrument, side, ticks, lots);
  }

  /** What an RPI order becomes must be worth what one must be. */
  #staysRpi(slot: number, instrument: number, ticks: Ticks, lots: Lots): boolean {
    const table = this.#table;
    if (table.isHidden[slot] === 0) return true;
    const atTicks = ticks > 0 ? ticks : table.priceTicks[slot]!;
    const atLots = lots > 0 ? lots : table.sizeLots[slot]!;
    return this.#kinds.isRpiWorth(instrument, atTicks, atLots);
  }

  /** The venue moves the price of a quote that is not priced in ticks, and lets nobody change its size (51536). */
  #isSayable(instrument: number, side: Side, ticks: Ticks, lots: Lots): boolean {
    if (this.#prices.isFollowed[instrument] === 0) return true;
    return lots === KEEP_LOTS && this.#prices.stepsOf(instrument, side, ticks) > 0;
  }
}
