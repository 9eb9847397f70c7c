import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContractKind } from '../../engine/base/instrument.ts';
import { Side } from '../../engine/base/side.ts';
import { PositionLedger } from '../../engine/orders/position-ledger.ts';
import { LedgerError } from '../../engine/orders/regrid.ts';
import { INVERSE, LINEAR, gridded, ledgerInstruments as instruments } from './ledger-instruments.ts';

describe('the position ledger', () => {
  it('realises profit at the average entry', () => {
    const ledger = new PositionLedger(instruments);
    ledger.onTrade(LINEAR, Side.buy, 200, 10);
    ledger.onTrade(LINEAR, Side.buy, 260, 20);
    expect(ledger.entryTicks[LINEAR]).toBe(240);
    ledger.onTrade(LINEAR, Side.sell, 250, 15);
    // 15 contracts of 0.01, bought at 120.0 on the average and sold at 125.0.
    expect(ledger.realised(LINEAR)).toBeCloseTo(0.75, 12);
    expect(ledger.positionLots[LINEAR]).toBe(15);
    expect(ledger.unrealised(LINEAR, 230)).toBeCloseTo(-0.75, 12);
    expect(ledger.turnover[LINEAR]).toBeCloseTo(10 + 26 + 18.75, 12);
  });

  it('opens anew at the price that takes it through zero', () => {
    const ledger = new PositionLedger(instruments);
    ledger.onTrade(LINEAR, Side.sell, 200, 10);
    ledger.onTrade(LINEAR, Side.buy, 190, 25);
    expect([ledger.positionLots[LINEAR], ledger.entryTicks[LINEAR]]).toEqual([15, 190]);
    expect(ledger.realised(LINEAR)).toBeCloseTo(0.5, 12);
    ledger.onTrade(LINEAR, Side.sell, 190, 15);
    expect([ledger.positionLots[LINEAR], ledger.entryTicks[LINEAR]]).toEqual([0, 0]);
  });

  it('pays inverse contracts in coin, with the harmonic mean as entry', () => {
    const ledger = new PositionLedger(instruments);
    ledger.onTrade(INVERSE, Side.buy, 100_000, 10);
    ledger.onTrade(INVERSE, Side.buy, 120_000, 10);
    const entry = 20 / (10 / 100_000 + 10 / 120_000);
    expect(ledger.entryTicks[INVERSE]).toBeCloseTo(entry, 6);
    ledger.onTrade(INVERSE, Side.sell, 125_000, 20);
    const coins = 1_000 * (1 / 50_000 - 1 / 62_500) + 1_000 * (1 / 60_000 - 1 / 62_500);
    expect(ledger.realised(INVERSE)).toBeCloseTo(coins, 12);
  });

  it('keeps fees by their currency, with the sign of the venue', () => {
    const ledger = new PositionLedger(instruments);
    ledger.onFee(LINEAR, -0.25, false);
    ledger.onFee(LINEAR, 0.05, false);
    ledger.onFee(LINEAR, -0.001, true);
    expect(ledger.fees[LINEAR]).toBeCloseTo(-0.2, 12);
    expect(ledger.netProfit(LINEAR, 400)).toBeCloseTo(-0.2 - 0.001 * 200, 12);
  });

  it('takes over the position of the venue, and the difference is as if it had been traded', () => {
    const ledger = new PositionLedger(instruments);
    ledger.onTrade(LINEAR, Side.buy, 200, 10);
    ledger.onTrade(LINEAR, Side.sell, 300, 10);
    ledger.setPosition(LINEAR, -4, 310);
    expect(ledger.realised(LINEAR)).toBeCloseTo(5, 12);
    expect(ledger.unrealised(LINEAR, 300)).toBeCloseTo(0.2, 12);
    expect(ledger.unrealised(LINEAR, 0), 'no mark yet').toBe(0);
    ledger.setPosition(LINEAR, 0, 320);
    expect(ledger.entryTicks[LINEAR]).toBe(0);
    expect(ledger.netProfit(LINEAR, 0), 'what was closed unseen is not lost with the position').toBeCloseTo(
      4.8,
      12,
    );
    expect([ledger.fillCount[LINEAR], ledger.boughtLots[LINEAR], ledger.soldLots[LINEAR]]).toEqual([
      2, 10, 10,
    ]);
    expect(ledger.turnover[LINEAR]).toBeCloseTo(25, 12);
    ledger.addUntold(LINEAR, Side.buy, 3);
    ledger.setPosition(LINEAR, 3, 0);
    expect(ledger.bookedLots[LINEAR], 'untold lots are in the position').toBe(0);
  });

  it('counts untold lots in the position and not in the money', () => {
    const ledger = new PositionLedger(instruments);
    ledger.onTrade(LINEAR, Side.buy, 200, 10);
    ledger.addUntold(LINEAR, Side.sell, 4);
    expect([ledger.positionLots[LINEAR], ledger.bookedLots[LINEAR], ledger.untoldLots[LINEAR]]).toEqual([
      6, 10, -4,
    ]);
    expect(ledger.total(LINEAR, 300)).toBe(10 * 100 * (0.01 * 0.5));
    ledger.onTrade(LINEAR, Side.sell, 250, 4);
    ledger.addUntold(LINEAR, Side.sell, -4);
    expect([ledger.positionLots[LINEAR], ledger.untoldLots[LINEAR]]).toEqual([6, 0]);
    ledger.addUntold(LINEAR, Side.buy, 5);
    ledger.clearUntold(LINEAR);
    expect(ledger.positionLots[LINEAR]).toBe(6);
  });

  // More lots than a float can multiply with ticks: the sum must be exact all the same.
  const trade = fc.record({
    side: fc.constantFrom(Side.buy, Side.sell),
    ticks: fc.integer({ min: 1, max: 2_147_483_647 }),
    lots: fc.integer({ min: 1, max: 2 ** 45 }),
    fee: fc.integer({ min: -(10 ** 12), max: 10 ** 12 }),
  });
  const trades = fc.array(trade, { maxLength: 60 });

  it('equals a sum in whole numbers without end, for any trades at any mark', () => {
    fc.assert(
      fc.property(trades, fc.integer({ min: 1, max: 2_147_483_647 }), (list, mark) => {
        const ledger = new PositionLedger(instruments);
        let position = 0;
        let cash = 0n;
        let fees = 0n;
        for (const { side, ticks, lots, fee } of list) {
          const signed = side === Side.buy ? lots : -lots;
          ledger.onTrade(LINEAR, side, ticks, lots);
          ledger.onFee(LINEAR, fee / 1e8, false);
          position += signed;
          cash -= BigInt(signed) * BigInt(ticks);
          fees += BigInt(fee);
        }
        expect(ledger.positionLots[LINEAR]! + 0).toBe(position + 0);
        const unit = instruments[LINEAR]!.lotValue * 0.5;
        const profit = cash + BigInt(position) * BigInt(mark);
        expect(ledger.total(LINEAR, mark) + 0).toBe(Number(profit) * unit + 0);
        expect(Math.abs(ledger.fees[LINEAR]! - Number(fees) / 1e8)).toBeLessThanOrEqual(1e-10);
        const parts = ledger.realised(LINEAR) + ledger.unrealised(LINEAR, mark);
        const size = list.reduce((sum, { ticks, lots }) => sum + Math.max(ticks, mark) * lots, 1);
        expect(Math.abs(parts - ledger.total(LINEAR, mark))).toBeLessThanOrEqual(size * unit * 1e-14);
      }),
    );
  });

  it('equals the coins that went in and out, for any trades of an inverse contract', () => {
    // Whole numbers of 10^-60 coins.
    const scale = 10n ** 60n;
    const coinsOf = (lots: number, ticks: number): bigint => (BigInt(lots) * 200n * scale) / BigInt(ticks);
    fc.assert(
      fc.property(trades, fc.integer({ min: 100, max: 2_147_483_647 }), (list, mark) => {
        const ledger = new PositionLedger(instruments);
        let position = 0;
        let coins = 0n;
        for (const { side, ticks, lots } of list) {
          const signed = side === Side.buy ? lots : -lots;
          ledger.onTrade(INVERSE, side, ticks, lots);
          position += signed;
          coins += coinsOf(signed, ticks);
        }
        const expected = Number(coins - coinsOf(position, mark)) / 1e60;
        expect(Math.abs(ledger.total(INVERSE, mark) - expected)).toBeLessThanOrEqual(
          Math.abs(expected) * 1e-15,
        );
        expect(ledger.netProfit(INVERSE, mark)).toBe(ledger.total(INVERSE, mark));
      }),
    );
  });

  it('is the same in whatever order trades are booked', () => {
    const shown = (ledger: PositionLedger): number[] =>
      [LINEAR, INVERSE].flatMap((index) => [
        ledger.positionLots[index]!,
        ledger.fees[index]!,
        ledger.turnover[index]!,
        ledger.boughtLots[index]!,
        ledger.soldLots[index]!,
        ledger.total(index, 777),
      ]);
    const booked = (
      list: readonly (typeof trade extends fc.Arbitrary<infer Each> ? Each : never)[],
    ): number[] => {
      const ledger = new PositionLedger(instruments);
      for (const { side, ticks, lots, fee } of list) {
        for (const index of [LINEAR, INVERSE]) {
          ledger.onTrade(index, side, ticks, lots);
          ledger.onFee(index, fee / 1e8, false);
        }
      }
      return shown(ledger).map((value) => value + 0);
    };
    fc.assert(
      fc.property(
        trades.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          expect(booked(shuffled)).toEqual(booked(list));
        },
      ),
    );
  });

  it('goes on from its rows as if it had never stopped', () => {
    fc.assert(
      fc.property(trades, trades, (before, after) => {
        const whole = new PositionLedger(instruments);
        const first = new PositionLedger(instruments);
        const second = new PositionLedger(instruments);
        const book = (ledger: PositionLedger, list: typeof before): void => {
          for (const { side, ticks, lots, fee } of list) {
            ledger.onTrade(LINEAR, side, ticks, lots);
            ledger.onTrade(INVERSE, side, ticks, lots);
            ledger.onFee(INVERSE, fee, true);
          }
        };
        book(whole, [...before, ...after]);
        book(first, before);
        first.addUntold(LINEAR, Side.buy, 5);
        second.restore(JSON.parse(JSON.stringify(first.rows())) as ReturnType<typeof first.rows>);
        book(second, after);
        for (const index of [LINEAR, INVERSE]) {
          expect(second.total(index, 12_345)).toBe(whole.total(index, 12_345));
          expect(second.entryTicks[index]).toBe(whole.entryTicks[index]);
        }
        const rounded = (ledger: PositionLedger): object[] =>
          ledger.rows().map((row) => ({ ...row, turnover: row.turnover.toPrecision(12), cashRest: 0 }));
        expect(rounded(second)).toEqual(rounded(whole));
      }),
    );
  });

  it('keeps its money when the grid changes, and refuses lots that do not divide', () => {
    const now = (tickSz: string, lotSz: string): PositionLedger =>
      new PositionLedger([
        gridded(0, ContractKind.linear, 0.01, tickSz, lotSz),
        gridded(1, ContractKind.inverse, 100, tickSz, lotSz),
      ]);
    const former = now('0.1', '0.1');
    for (const index of [LINEAR, INVERSE]) {
      former.onTrade(index, Side.buy, 650_001, 120);
      former.onTrade(index, Side.sell, 650_103, 50);
      former.onFee(index, -0.25, false);
    }
    for (const [tickSz, lotSz, ticks] of [
      ['0.01', '0.05', 10],
      ['0.5', '1', 0.2],
    ] as const) {
      const ledger = now(tickSz, lotSz);
      ledger.restore(former.rows());
      for (const index of [LINEAR, INVERSE]) {
        expect(ledger.netProfit(index, 649_000 * ticks)).toBeCloseTo(former.netProfit(index, 649_000), 10);
        expect(ledger.realised(index)).toBeCloseTo(former.realised(index), 10);
        expect(ledger.positionLots[index]! * Number(lotSz)).toBeCloseTo(7, 12);
      }
    }
    expect(() => now('0.1', '2').restore(former.rows())).toThrow(LedgerError);
    expect(() => now('0.1', '2').restore(former.rows())).toThrow(/lotSz 2, was 7;/);
  });

  it('keeps the rows of instruments that are not traded now', () => {
    const both = new PositionLedger(instruments);
    both.onTrade(INVERSE, Side.sell, 100_000, 10);
    const one = new PositionLedger([instruments[LINEAR]!]);
    one.restore(both.rows());
    expect(one.rows()).toEqual(both.rows());
  });
});
