/**
 * What a lot is worth where that does not follow from its own price: inverse contracts have a value in dollars, and options
 * count with what their underlying is worth, and with how much of it they move.
 *
 * Owner:      the gate; the loop tells prices and deltas of underlyings.
 * Invariants: what was told once holds until something else is told; before that an option's worth is NaN, which is beyond
 *             every limit.
 * Cost:       one load.
 */
import { ContractKind } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';

export class LotWorth {
  /** By instrument: 1 where `unitPrice` counts, and not the own price. */
  readonly isFixed: Uint8Array;
  /** By instrument, where it counts: 1 for inverse contracts; of options what one of the underlying is worth in dollars. */
  readonly unitPrice: Float64Array;
  /** By instrument: 1 for options, which move by a share of what their underlying does. */
  readonly isOption: Uint8Array;
  /** By instrument: that share, negative for puts. */
  readonly delta: Float64Array;

  constructor(instruments: readonly Instrument[]) {
    this.isOption = Uint8Array.from(instruments, ({ countsByUnderlying }) => (countsByUnderlying ? 1 : 0));
    this.isFixed = Uint8Array.from(instruments, ({ kind, countsByUnderlying }) =>
      kind === ContractKind.inverse || countsByUnderlying ? 1 : 0,
    );
    this.unitPrice = Float64Array.from(this.isOption, (isOption) => (isOption === 1 ? NaN : 1));
    this.delta = Float64Array.from(this.isOption, (isOption) => (isOption === 1 ? NaN : 1));
  }
}
