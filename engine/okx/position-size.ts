import { OFF_GRID } from '../base/decimal.ts';
import { ContractKind } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { PositionSide } from '../base/position-side.ts';
import type { Lots } from '../base/units.ts';
import { InstType, PosSide } from './shapes.ts';

/** What of a position's row tells how much is held, as channel and REST bring it. '' where it is not said. */
export interface PositionSize {
  readonly instType: string;
  readonly posSide: string;
  /** Contracts; on margin what is held of `posCcy`. */
  readonly pos: string;
  readonly posCcy: string;
  /** On margin what is owed, of `liabCcy`. */
  readonly liab: string;
  readonly liabCcy: string;
}

/** The leg that a row tells of. */
export function legOf({ posSide }: Pick<PositionSize, 'posSide'>): PositionSide {
  if (posSide === PosSide.long) return PositionSide.long;
  return posSide === PosSide.short ? PositionSide.short : PositionSide.net;
}

/** Whether the row is of this instrument and not of margin on the same pair, or of spot beside margin. */
export function isPositionOf(instrument: Instrument, row: Pick<PositionSize, 'instType'>): boolean {
  return (instrument.kind === ContractKind.spot) === (row.instType === InstType.margin);
}

/**
 * Lots held, signed: above zero is long. A leg of long/short mode comes without a sign, and has one here. Short on margin is
 * told as what was received for the coins, with the coins as a debt: the debt is the position. Interest and fees make it no
 * whole number of lots: it is rounded to one.
 *
 * @returns NaN when it is no whole number of lots, and not on margin: OFF_GRID is -1, which is a short of one lot
 */
export function positionLots(instrument: Instrument, row: PositionSize): Lots {
  const { lot, baseCcy } = instrument;
  if (row.instType === InstType.margin) {
    const isLong = row.posCcy === baseCcy;
    const size = isLong ? row.pos : row.liabCcy === baseCcy ? row.liab : '0';
    const lots = Math.round(Math.abs(Number(size)) / lot.value);
    return isLong || lots === 0 ? lots : -lots;
  }
  const isNegative = row.pos.startsWith('-');
  const lots = row.pos === '' ? 0 : lot.fromText(isNegative ? row.pos.slice(1) : row.pos);
  if (lots === OFF_GRID) return NaN;
  if (lots === 0) return 0;
  return isNegative || row.posSide === PosSide.short ? -lots : lots;
}
