import { expect, it } from 'vitest';
import { Instrument, InstrumentType, RpiPermission } from '../../engine/base/instrument.ts';
import type { InstrumentFields } from '../../engine/base/instrument.ts';
import type { InstrumentConfig } from '../../engine/config/schema.ts';
import { tradeModeProblem } from '../../engine/host/trade-modes.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import { testConfig } from './tiny-world.ts';

const ROWS = new Map(parseInstruments(recordedInstruments()).fields.map((each) => [each.instId, each]));
const SWAP = 'BTC-USDT-SWAP';
const SPOT = 'BTC-USDT';
const OPTION = 'BTC-USD-261225-80000-C';

function problem(
  level: string,
  instId: string,
  config: Partial<InstrumentConfig>,
  fields: Partial<InstrumentFields> = {},
): string {
  const instrument = new Instrument(0, { ...ROWS.get(instId)!, ...fields });
  return tradeModeProblem(level, instrument, { ...testConfig().instruments[0]!, instId, ...config });
}

/** By level, what may be. */
const MATRIX: readonly (readonly [string, string, readonly string[]])[] = [
  ['1', SPOT, ['cash']],
  ['1', SWAP, []],
  ['1', OPTION, []],
  ['2', SPOT, ['cash']],
  ['2', SWAP, ['cross', 'isolated']],
  ['2', OPTION, ['cross', 'isolated']],
  ['3', SPOT, ['cross']],
  ['3', SWAP, ['cross', 'isolated']],
  ['3', OPTION, ['cross', 'isolated']],
  ['4', SPOT, ['cross']],
  ['4', SWAP, ['cross', 'isolated']],
  ['4', OPTION, ['cross', 'isolated']],
];

it.each(MATRIX)('level %s trades %s in modes %j and no other', (level, instId, allowed) => {
  for (const tradeMode of ['cash', 'cross', 'isolated'] as const) {
    expect(problem(level, instId, { tradeMode }) === '').toBe(allowed.includes(tradeMode));
  }
});

const MARGIN = { type: InstrumentType.margin };

it('has margin pairs in level 2, with a currency that backs them', () => {
  const margin = { product: 'margin', tradeMode: 'isolated', marginCcy: 'USDT' } as const;
  expect(problem('2', SPOT, margin, MARGIN)).toBe('');
  expect(problem('2', SPOT, { ...margin, tradeMode: 'cash' }, MARGIN)).toContain(
    'tradeMode: expected "cross"',
  );
  const { marginCcy: _, ...without } = margin;
  expect(problem('2', SPOT, without, MARGIN)).toContain('marginCcy: expected the currency that backs');
  expect(problem('3', SPOT, margin, MARGIN)).toContain(
    'spot in mode cross borrows by itself: remove product',
  );
  expect(problem('1', SPOT, margin, MARGIN)).toContain('switch the account to futures mode');
  expect(problem('2', SWAP, { tradeMode: 'cross', marginCcy: 'USDT' })).toContain('marginCcy: expected none');
});

it('lets options in level 4 alone have their market maker protection, and be priced in something else', () => {
  const { mmp, strategy } = testConfig().instruments[0]!;
  const on = { tradeMode: 'cross', mmp: { ...mmp, isOn: true } } as const;
  expect(problem('4', OPTION, on)).toBe('');
  expect(problem('3', OPTION, on)).toContain('mmp.isOn: expected false but for options in account level 4');
  expect(problem('4', SWAP, on)).toContain('mmp.isOn: ');
  const inVolatility = { tradeMode: 'cross', strategy: { ...strategy, priceIn: 'volatility' } } as const;
  expect(problem('3', OPTION, inVolatility)).toBe('');
  expect(problem('3', SWAP, inVolatility)).toContain('strategy.priceIn: expected "coin"');
});

it('wants the permission for RPI orders', () => {
  const { strategy } = testConfig().instruments[0]!;
  const levels = { tradeMode: 'cross', strategy: { ...strategy, rpiLevels: 1 } } as const;
  expect(problem('2', SWAP, levels)).toContain('the pair has none');
  expect(problem('2', SWAP, levels, { rpi: RpiPermission.pairOnly })).toContain('this account may not');
  expect(problem('2', SWAP, levels, { rpi: RpiPermission.allowed })).toBe('');
});
