import { expect, test } from 'vitest';
import { Instrument } from '../../engine/base/instrument.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { settlementTicks } from '../../engine/okx/settlement-price.ts';
import { swapRow } from '../loop/swap-row.ts';

function contract(changes: Readonly<Record<string, unknown>>): Instrument {
  return new Instrument(0, parseInstruments([swapRow('BTC', changes)]).fields[0]!);
}

function option(optType: string, stk: string, isInCoins: boolean): Instrument {
  const terms = { instType: 'OPTION', optType, stk, expTime: '1790323200000', tickSz: '0.0001' };
  const inCoins = { ctType: 'inverse', settleCcy: 'BTC', uly: 'BTC-USD', instFamily: 'BTC-USD' };
  const inDollars = { settleCcy: 'USD', uly: 'BTC-USD', instFamily: 'BTC-USD_UM', tickSz: '0.1' };
  return contract({ ...terms, ...(isInCoins ? inCoins : inDollars) });
}

test('a future ends at the price that is told, between ticks too', () => {
  expect(settlementTicks(contract({ instType: 'FUTURES', expTime: '1790323200000' }), 1_012.34)).toBeCloseTo(
    10_123.4,
    9,
  );
});

// What one unit of the underlying pays: of the coin's price 80,000 over a strike of 60,000 it is a quarter of a coin.
test.each([
  ['C', '60000', true, 80_000, 20_000 / 80_000],
  ['C', '60000', false, 80_000, 20_000],
  ['P', '60000', true, 48_000, 12_000 / 48_000],
  ['P', '60000', false, 48_000, 12_000],
  ['C', '60000', true, 60_000, 0],
  ['C', '60000', true, 59_999, 0],
  ['P', '60000', false, 60_001, 0],
] as const)('an option %s of %s (in coins: %s) at %d pays %d', (optType, stk, isInCoins, settlePx, pays) => {
  const instrument = option(optType, stk, isInCoins);
  expect(settlementTicks(instrument, settlePx) * instrument.tick.value).toBeCloseTo(pays, 12);
});
