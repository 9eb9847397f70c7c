/**
 * Of which kind a quote is placed: post-only, RPI (seen and met by takers of the venue's own front ends only), or under the
 * venue's market maker protection.
 *
 * Owner:      the engine thread.
 * Invariants: an RPI order is worth what the venue wants of one at the least (54051, since 2026-09-15), when it is placed
 *             and after each amend; a level that is not is placed post-only. What takes is of none of these kinds.
 * Cost:       two loads; for RPI levels a product.
 */
import { InstrumentType } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import type { Lots, Ticks } from '../base/units.ts';
import type { QuoteKinds } from './loop-options.ts';
import { OrderKind } from '../okx/order-encoder.ts';
import { RPI_USD_MIN } from '../okx/venue-limits.ts';
import type { Gate } from '../risk/gate.ts';

const PLAIN: QuoteKinds = { rpiLevels: 0, isMmp: false, mmpFrozenMs: 0 };
/** What an order is worth must not be below the least when the price has moved while it was on its way. */
const WORTH_MARGIN = 1.02;

export class LoopQuoteKinds {
  /** By instrument. */
  readonly #rpiLevels: Int32Array;
  readonly #isMmp: Uint8Array;
  /** In the currency of the worth, which need be no dollar. */
  readonly #rpiWorthMin: Float64Array;
  readonly #gate: Gate;

  constructor(instruments: readonly Instrument[], kinds: readonly QuoteKinds[] | undefined, gate: Gate) {
    const of = (index: number): QuoteKinds => kinds?.[index] ?? PLAIN;
    this.#rpiLevels = Int32Array.from(instruments, ({ index }) => of(index).rpiLevels);
    this.#isMmp = Uint8Array.from(instruments, ({ index }) => (of(index).isMmp ? 1 : 0));
    this.#rpiWorthMin = Float64Array.from(
      instruments,
      ({ type, fields }) => (WORTH_MARGIN * worthMinOf(type)) / (fields.usdRate ?? 1),
    );
    this.#gate = gate;
  }

  /** @hot */
  kindOf(instrument: number, level: number, ticks: Ticks, lots: Lots): OrderKind {
    if (this.#isMmp[instrument] === 1) return OrderKind.mmpAndPostOnly;
    const isRpi = level < this.#rpiLevels[instrument]! && this.isRpiWorth(instrument, ticks, lots);
    return isRpi ? OrderKind.rpi : OrderKind.postOnly;
  }

  /** @hot Whether the venue takes an RPI order of that size. */
  isRpiWorth(instrument: number, ticks: Ticks, lots: Lots): boolean {
    return lots * this.#gate.lotWorth(instrument, ticks) >= this.#rpiWorthMin[instrument]!;
  }
}

function worthMinOf(type: InstrumentType): number {
  if (type === InstrumentType.spot || type === InstrumentType.margin) return RPI_USD_MIN.spot;
  return type === InstrumentType.futures ? RPI_USD_MIN.futures : RPI_USD_MIN.swap;
}
