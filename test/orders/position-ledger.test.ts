import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContractKind, Instrument, InstrumentState, InstrumentType } from '../../engine/base/instrument.ts';
import { Side } from '../../engine/base/side.ts';
import { PositionLedger } from '../../engine/orders/position-ledger.ts';

function instrument(index: number, kind: ContractKind, contractValue: number): Instrument {
  return new Instrument(index, {
    instId: 'BTC-USDT',
    instIdCode: 1,
    type: kind === ContractKind.spot ? InstrumentType.spot : InstrumentType.swap,
    kind,
    state: InstrumentState.live,
    baseCcy: 'BTC',
    quoteCcy: 'USDT',
    settleCcy: kind === ContractKind.inverse ? 'BTC' : 'USDT',
    instFamily: '',
    tickSz: '0.5',
    lotSz: '1',
    minSz: '1',
    maxLmtSz: '',
    contractValue,
  });
}

const LINEAR = 0;
const INVERSE = 1;
const instruments = [instrument(0, ContractKind.linear, 0.01), instrument(1, ContractKind.inverse, 100)];

describe('the position ledger', () => {
  it('realises profit at the average entry', () => {
    const ledger = new PositionLedger(instruments);
    ledger.onFill(LINEAR, Side.buy, 200, 10);
    ledger.onFill(LINEAR, Side.buy, 260, 20);
    expect(ledger.entryTicks[LINEAR]).toBe(240);
    ledger.onFill(LINEAR, Side.sell, 250, 15);
    // 15 contracts of 0.01, bought at 120.0 on the average and sold at 125.0.
    expect(ledger.realised[LINEAR]).toBeCloseTo(0.75, 12);
    expect(ledger.positionLots[LINEAR]).toBe(15);
    expect(ledger.unrealised(LINEAR, 230)).toBeCloseTo(-0.75, 12);
    expect(ledger.turnover[LINEAR]).toBeCloseTo(10 + 26 + 18.75, 12);
  });

  it('opens anew at the price that takes it through zero', () => {
    const ledger = new PositionLedger(instruments);
    ledger.onFill(LINEAR, Side.sell, 200, 10);
    ledger.onFill(LINEAR, Side.buy, 190, 25);
    expect([ledger.positionLots[LINEAR], ledger.entryTicks[LINEAR]]).toEqual([15, 190]);
    expect(ledger.realised[LINEAR]).toBeCloseTo(0.5, 12);
    ledger.onFill(LINEAR, Side.sell, 190, 15);
    expect([ledger.positionLots[LINEAR], ledger.entryTicks[LINEAR]]).toEqual([0, 0]);
  });

  it('pays inverse contracts in coin, with the harmonic mean as entry', () => {
    const ledger = new PositionLedger(instruments);
    ledger.onFill(INVERSE, Side.buy, 100_000, 10);
    ledger.onFill(INVERSE, Side.buy, 120_000, 10);
    const entry = 20 / (10 / 100_000 + 10 / 120_000);
    expect(ledger.entryTicks[INVERSE]).toBeCloseTo(entry, 6);
    ledger.onFill(INVERSE, Side.sell, 125_000, 20);
    const coins = 1_000 * (1 / 50_000 - 1 / 62_500) + 1_000 * (1 / 60_000 - 1 / 62_500);
    expect(ledger.realised[INVERSE]).toBeCloseTo(coins, 12);
  });

  it('keeps fees by their currency, with the sign of the venue', () => {
    const ledger = new PositionLedger(instruments);
    ledger.onFee(LINEAR, -0.25, false);
    ledger.onFee(LINEAR, 0.05, false);
    ledger.onFee(LINEAR, -0.001, true);
    expect(ledger.fees[LINEAR]).toBeCloseTo(-0.2, 12);
    expect(ledger.netProfit(LINEAR, 400)).toBeCloseTo(-0.2 - 0.001 * 200, 12);
  });

  it('takes over the position of the venue and keeps what was realised', () => {
    const ledger = new PositionLedger(instruments);
    ledger.onFill(LINEAR, Side.buy, 200, 10);
    ledger.onFill(LINEAR, Side.sell, 300, 10);
    ledger.setPosition(LINEAR, -4, 310);
    expect(ledger.realised[LINEAR]).toBeCloseTo(5, 12);
    expect(ledger.unrealised(LINEAR, 300)).toBeCloseTo(0.2, 12);
    expect(ledger.unrealised(LINEAR, 0), 'no mark yet').toBe(0);
    ledger.setPosition(LINEAR, 0, 310);
    expect(ledger.entryTicks[LINEAR]).toBe(0);
  });

  it('equals the cash that went in and out, for any fills, at any mark', () => {
    const fill = fc.record({
      side: fc.constantFrom(Side.buy, Side.sell),
      ticks: fc.integer({ min: 100, max: 10_000 }),
      lots: fc.integer({ min: 1, max: 500 }),
    });
    fc.assert(
      fc.property(fc.array(fill, { maxLength: 60 }), fc.integer({ min: 100, max: 10_000 }), (fills, mark) => {
        const ledger = new PositionLedger(instruments);
        let position = 0;
        let quoteCash = 0;
        let coinCash = 0;
        for (const { side, ticks, lots } of fills) {
          const signed = side === Side.buy ? lots : -lots;
          ledger.onFill(LINEAR, side, ticks, lots);
          ledger.onFill(INVERSE, side, ticks, lots);
          position += signed;
          quoteCash -= signed * 0.01 * ticks * 0.5;
          coinCash += (signed * 100) / (ticks * 0.5);
        }
        expect(ledger.positionLots[LINEAR]).toBe(position);
        const linear = quoteCash + position * 0.01 * mark * 0.5;
        const inverse = coinCash - (position * 100) / (mark * 0.5);
        expect(ledger.netProfit(LINEAR, mark)).toBeCloseTo(linear, 6);
        expect(ledger.netProfit(INVERSE, mark)).toBeCloseTo(inverse, 6);
      }),
    );
  });
});
