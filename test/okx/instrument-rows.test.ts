import { describe, expect, it } from 'vitest';
import { DecimalGrid, OFF_GRID } from '../../engine/base/decimal.ts';
import { ContractKind, Instrument, InstrumentState } from '../../engine/base/instrument.ts';
import { parseInstrumentRow, parseInstruments, untradableReason } from '../../engine/okx/instrument-rows.ts';
import { OkxMessageError } from '../../engine/okx/okx-message-error.ts';
import { INSTRUMENT_FIXTURES, fixtureAnswer } from './okx-fixtures.ts';

const COUNTS = [1218, 312, 32, 768];

describe("OKX's own instrument answers", () => {
  it.each(INSTRUMENT_FIXTURES.map((name, index) => [name, COUNTS[index]!] as const))(
    '%s: all %d instruments load, and their texts round-trip',
    (name, count) => {
      const answer = fixtureAnswer(name);
      const { fields, refused } = parseInstruments(answer);
      expect(refused).toEqual([]);
      expect(fields.length).toBe(count);
      fields.forEach((field, index) => {
        const row = answer.data[index]!;
        const instrument = new Instrument(index, field);
        expect(untradableReason(field)).toBe('');
        expect(instrument.instId).toBe(row['instId']);
        expect(instrument.instIdCode).toBe(row['instIdCode']);
        for (const [grid, step] of [
          [instrument.tick, row['tickSz']],
          [instrument.lot, row['lotSz']],
        ] as const) {
          expect(grid.fromText(String(step))).toBe(1);
          for (const steps of [1, 2, 7, 10, 99, 12_345, 1_000_000]) {
            expect(grid.fromText(grid.toText(steps))).toBe(steps);
          }
        }
        const minimum = instrument.lot.fromText(String(row['minSz']));
        expect(minimum === OFF_GRID || minimum === instrument.minLots).toBe(true);
        expect(instrument.contractValue).toBeGreaterThan(0);
        expect(instrument.settleCcy).not.toBe('');
        expect(instrument.maxLots).toBeGreaterThanOrEqual(instrument.minLots);
      });
    },
  );

  it('give contract values that are exact decimals', () => {
    for (const name of INSTRUMENT_FIXTURES.slice(1)) {
      const answer = fixtureAnswer(name);
      parseInstruments(answer).fields.forEach((field, index) => {
        const row = answer.data[index]!;
        const value = new DecimalGrid(String(row['ctVal']));
        const multiplier = new DecimalGrid(String(row['ctMult']));
        const exact = BigInt(value.mantissa) * BigInt(multiplier.mantissa);
        expect(field.contractValue).toBe(Number(`${exact}e-${value.decimals + multiplier.decimals}`));
      });
    }
  });

  it('tell spot, linear and inverse apart', () => {
    const swaps = parseInstruments(fixtureAnswer('instruments-swap-2026-04-26.json.gz')).fields;
    const find = (instId: string) => swaps.find((field) => field.instId === instId);
    expect(find('BTC-USDT-SWAP')).toMatchObject({
      kind: ContractKind.linear,
      baseCcy: 'BTC',
      quoteCcy: 'USDT',
      settleCcy: 'USDT',
      contractValue: 0.01,
    });
    expect(find('BTC-USD-SWAP')).toMatchObject({
      kind: ContractKind.inverse,
      baseCcy: 'BTC',
      quoteCcy: 'USD',
      settleCcy: 'BTC',
      contractValue: 100,
    });
    const spots = parseInstruments(fixtureAnswer('instruments-spot-2026-04-26.json.gz')).fields;
    expect(spots.find((field) => field.instId === 'BTC-USDT')).toMatchObject({
      kind: ContractKind.spot,
      baseCcy: 'BTC',
      settleCcy: 'USDT',
      contractValue: 1,
    });
  });
});

describe('an instrument row', () => {
  const swap = fixtureAnswer('instruments-swap-2026-04-26.json.gz').data[0]!;

  it.each([
    ['an empty tick, as announced listings have', { tickSz: '' }, 'tickSz'],
    ['a tick of zero', { tickSz: '0' }, 'tickSz'],
    ['no lot', { lotSz: undefined }, 'lotSz'],
    ['an exponent', { minSz: '1e-5' }, 'minSz'],
    ['an unknown type', { instType: 'WARRANT' }, 'instType'],
    ['no name', { instId: '' }, 'instId'],
    ['no contract value', { ctVal: '' }, 'ctVal'],
    ['an unknown contract type', { ctType: 'quanto' }, 'ctType'],
    ['a code that is no number', { instIdCode: 'x' }, 'instIdCode'],
  ])('is refused with a reason for %s', (_name, change, reason) => {
    const parsed = parseInstrumentRow({ ...swap, ...change });
    expect('reason' in parsed && parsed.reason).toContain(reason);
  });

  it('loads without a code, and says why it cannot be quoted', () => {
    const parsed = parseInstrumentRow({ ...swap, instIdCode: null });
    expect(parsed).toMatchObject({ instIdCode: 0 });
    expect('instIdCode' in parsed && untradableReason(parsed)).toContain('instIdCode');
  });

  it.each([
    ['live', InstrumentState.live],
    ['post_only', InstrumentState.postOnly],
    ['preopen', InstrumentState.preopen],
    ['suspend', InstrumentState.suspended],
    ['rebase', InstrumentState.rebase],
    ['expired', InstrumentState.expired],
    ['a state of next year', InstrumentState.other],
  ])('has a state for "%s"', (state, expected) => {
    expect(parseInstrumentRow({ ...swap, state })).toMatchObject({ state: expected });
  });

  it('is refused whatever it is', () => {
    for (const row of [null, 1, 'x', [], {}]) expect(parseInstrumentRow(row)).toHaveProperty('reason');
    expect(() => parseInstruments({ code: '0' })).toThrow(OkxMessageError);
  });
});
