import { describe, expect, test } from 'vitest';
import { Instrument, InstrumentType } from '../../engine/base/instrument.ts';
import { PositionSide } from '../../engine/base/position-side.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { isPositionOf, legOf, positionLots } from '../../engine/okx/position-size.ts';
import type { PositionSize } from '../../engine/okx/position-size.ts';
import { swap, swapRow } from '../loop/swap-row.ts';

const SWAP = swap('BTC');
const PAIR = { instType: 'SPOT', instId: 'BTC-USDT', baseCcy: 'BTC', quoteCcy: 'USDT', lotSz: '0.001' };
const spotFields = parseInstruments([swapRow('BTC', { ...PAIR, minSz: '0.001' })]).fields[0]!;
const SPOT = new Instrument(0, spotFields);
const MARGIN = new Instrument(0, { ...spotFields, type: InstrumentType.margin });

const ROW: PositionSize = { instType: 'SWAP', posSide: 'net', pos: '', posCcy: '', liab: '', liabCcy: '' };
const ON_MARGIN: PositionSize = { ...ROW, instType: 'MARGIN' };

describe('of a contract', () => {
  test.each([
    ['net', '7', 7],
    ['net', '-7', -7],
    ['net', '0', 0],
    ['net', '', 0],
    ['long', '7', 7],
    ['short', '7', -7],
    ['short', '0', 0],
    // Some venues have signed it.
    ['short', '-7', -7],
    // What is off the grid is no number: its sign would be a short of one lot.
    ['net', '7.5', NaN],
    ['net', '-1', -1],
    ['short', '1', -1],
  ])('%s of %s is %d lots', (posSide, pos, lots) => {
    expect(positionLots(SWAP, { ...ROW, posSide, pos })).toBe(lots);
  });
});

describe('on margin', () => {
  test('long is what is held of the coin', () => {
    expect(
      positionLots(MARGIN, { ...ON_MARGIN, pos: '0.5', posCcy: 'BTC', liab: '-30000', liabCcy: 'USDT' }),
    ).toBe(500);
  });

  test('short is the coin that is owed, whatever was received for it; with interest it is rounded', () => {
    const short = { ...ON_MARGIN, pos: '30000', posCcy: 'USDT', liab: '-0.50000412', liabCcy: 'BTC' };
    expect(positionLots(MARGIN, short)).toBe(-500);
    expect(positionLots(MARGIN, { ...short, liab: '' })).toBe(0);
  });

  test('is told apart from spot of the same name', () => {
    expect(isPositionOf(MARGIN, ON_MARGIN)).toBe(true);
    expect(isPositionOf(SWAP, ON_MARGIN)).toBe(false);
    expect(isPositionOf(SWAP, ROW)).toBe(true);
    expect(isPositionOf(SPOT, ROW)).toBe(false);
  });
});

test('legs', () => {
  const legs = ['net', 'long', 'short', ''].map((posSide) => legOf({ posSide }));
  expect(legs).toEqual([PositionSide.net, PositionSide.long, PositionSide.short, PositionSide.net]);
});
