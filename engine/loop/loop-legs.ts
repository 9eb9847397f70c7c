/**
 * Which leg an order is about, of an account that holds long and short positions of a contract apart.
 *
 *     an order is covered by what it would close, beside all that may close it already   it closes the other leg
 *     it is not                                                                          it opens, or adds to, its own leg
 *
 * Owner:      the engine thread.
 * Invariants: orders that close a leg, in whatever state, are never larger together than what of the leg anything has told:
 *             the venue refuses what is; an order keeps its leg for its life.
 * Cost:       a few loads; nothing allocates. In net mode one load.
 *
 * To close comes first: what is opened on both legs is no position any more and holds margin all the same.
 */
import { InstrumentType } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { PositionMode, PositionSide, closingLeg, openingLeg } from '../base/position-side.ts';
import { Side } from '../base/side.ts';
import type { Lots } from '../base/units.ts';
import type { OrderTable } from '../orders/order-table.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';

/** Whether the venue holds the instrument's long and short positions apart, in this mode: swaps and futures only. */
export function hasLegs({ type }: Pick<Instrument, 'type'>, mode: PositionMode): boolean {
  const isContract = type === InstrumentType.swap || type === InstrumentType.futures;
  return mode === PositionMode.longShort && isContract;
}

export class LoopLegs {
  /** By instrument: 1 where the account holds legs apart. */
  readonly isLegged: Uint8Array;

  readonly #table: OrderTable;
  readonly #ledger: PositionLedger;

  constructor(
    instruments: readonly Instrument[],
    mode: PositionMode,
    table: OrderTable,
    ledger: PositionLedger,
  ) {
    this.isLegged = Uint8Array.from(instruments, (instrument) => (hasLegs(instrument, mode) ? 1 : 0));
    this.#table = table;
    this.#ledger = ledger;
  }

  /** @hot What a new order on that side is about. */
  legOf(instrument: number, side: Side, lots: Lots): PositionSide {
    if (this.isLegged[instrument] === 0) return PositionSide.net;
    return this.closableLots(instrument, side) >= lots ? closingLeg(side) : openingLeg(side);
  }

  /** What is held of a leg, or net, signed. */
  heldLots(instrument: number, leg: PositionSide): Lots {
    const { longLots, shortLots, positionLots } = this.#ledger;
    if (leg === PositionSide.long) return longLots[instrument]!;
    return leg === PositionSide.short ? -shortLots[instrument]! : positionLots[instrument]!;
  }

  /** @hot What of the other leg no order closes yet. */
  closableLots(instrument: number, side: Side): Lots {
    const { longLots, shortLots } = this.#ledger;
    const held = side === Side.sell ? longLots[instrument]! : shortLots[instrument]!;
    return held - this.#table.closingLots[instrument * 2 + side]!;
  }

  /** @hot Whether an order may grow by so much and keep to its leg. */
  mayGrow(slot: number, addedLots: Lots): boolean {
    const { leg, side, instrument } = this.#table;
    const orderSide = side[slot]! as Side;
    if (addedLots <= 0 || leg[slot] !== closingLeg(orderSide)) return true;
    return this.closableLots(instrument[slot]!, orderSide) >= addedLots;
  }
}
