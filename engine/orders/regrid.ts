import { DecimalGrid } from '../base/decimal.ts';
import { ContractKind } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { ExactSums } from './exact-sums.ts';
import type { LedgerRow } from './position-ledger.ts';

/** A saved ledger that does not fit the instruments as they are now. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code = 'BAD_LEDGER';
}

/**
 * The row counted in the instrument's present ticks and lots. Money is as it was.
 *
 * @throws LedgerError when the position is no whole number of present lots
 */
export function regrid(row: LedgerRow, instrument: Instrument): LedgerRow {
  if (row.tickSz === instrument.tick.step && row.lotSz === instrument.lot.step) return row;
  const tick = ratioOf(new DecimalGrid(row.tickSz), instrument.tick);
  const lot = ratioOf(new DecimalGrid(row.lotSz), instrument.lot);
  const bookedLots = (row.bookedLots * lot.multiplier) / lot.divisor;
  if (!Number.isSafeInteger(bookedLots)) {
    const held = new DecimalGrid(row.lotSz).toText(row.bookedLots);
    throw new LedgerError(
      `${row.instId}: expected a position in multiples of lotSz ${instrument.lot.step}, was ${held}; close the position by hand and start with a new state directory`,
    );
  }
  const cash = new ExactSums(1);
  cash.set(0, row.cash, row.cashRest);
  cash.scale(0, lot.multiplier, lot.divisor);
  const isInverse = instrument.kind === ContractKind.inverse;
  if (isInverse) cash.scale(0, tick.divisor, tick.multiplier);
  else cash.scale(0, tick.multiplier, tick.divisor);
  return {
    ...row,
    tickSz: instrument.tick.step,
    lotSz: instrument.lot.step,
    bookedLots,
    // Should it be no whole number, the venue's own word on legs comes with the first recovery.
    ...(row.longLots === undefined ? {} : { longLots: (row.longLots * lot.multiplier) / lot.divisor }),
    cash: cash.high[0]!,
    cashRest: cash.low[0]!,
    entryTicks: (row.entryTicks * tick.multiplier) / tick.divisor,
    // Only reported: a sum of former lots need not be whole in present ones.
    boughtLots: (row.boughtLots * lot.multiplier) / lot.divisor,
    soldLots: (row.soldLots * lot.multiplier) / lot.divisor,
  };
}

/** How many steps of `next` one step of `former` is, as two whole numbers. */
function ratioOf(former: DecimalGrid, next: DecimalGrid): { multiplier: number; divisor: number } {
  const digits = next.decimals - former.decimals;
  return {
    multiplier: former.mantissa * 10 ** Math.max(0, digits),
    divisor: next.mantissa * 10 ** Math.max(0, -digits),
  };
}
