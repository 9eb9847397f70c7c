import { beforeEach, expect, test } from 'vitest';
import { Instrument } from '../../engine/base/instrument.ts';
import { OrderCategory } from '../../engine/base/order-category.ts';
import { PositionSide } from '../../engine/base/position-side.ts';
import { Side } from '../../engine/base/side.ts';
import { Settlements } from '../../engine/host/settlements.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { PositionLedger } from '../../engine/orders/position-ledger.ts';
import { TradeLog } from '../../engine/orders/trade-log.ts';
import type { DeliveryBill, DeliveryRow } from '../../engine/venue/settlement-rest.ts';
import { swapRow } from '../loop/swap-row.ts';

const EXPIRY_MS = 1_790_323_200_000;
const ENDS = { expTime: String(EXPIRY_MS), uly: 'BTC-USD', instFamily: 'BTC-USD', settleCcy: 'BTC' };
const CALL = { ...ENDS, instType: 'OPTION', instId: 'CALL', ctType: 'inverse', optType: 'C', stk: '60000' };
const rows = [
  swapRow('BTC', { ...CALL, tickSz: '0.0001' }),
  swapRow('BTC', { ...ENDS, instType: 'FUTURES', instId: 'FUTURE', settleCcy: 'USDT' }),
  swapRow('BTC'),
];
const instruments = parseInstruments(rows).fields.map((fields, index) => new Instrument(index, fields));

let ledger: PositionLedger;
let trades: TradeLog;
let nowMs: number;
let asked: string[];
let deliveries: DeliveryRow[];
let bills: DeliveryBill[];

beforeEach(() => {
  ledger = new PositionLedger(instruments);
  trades = new TradeLog(16);
  nowMs = EXPIRY_MS + 1_000;
  asked = [];
  deliveries = [
    { instId: 'CALL', px: '80000', tsMs: EXPIRY_MS },
    { instId: 'FUTURE', px: '80000.05', tsMs: EXPIRY_MS },
  ];
  bills = [{ instId: 'CALL', billId: '1', fee: '-0.0002', tsMs: EXPIRY_MS }];
});

function settlements(): Settlements {
  const account = {
    fetchDeliveries: (type: string, family: string) => {
      asked.push(`${type} ${family}`);
      return Promise.resolve(deliveries);
    },
    fetchDeliveryBills: () => Promise.resolve(bills),
  };
  return new Settlements({ account, instruments, ledger, trades, venueMs: () => nowMs });
}

test('nothing is asked while nothing has ended, or nothing is held of it', async () => {
  ledger.onTrade(2, Side.buy, 10_000, 3);
  expect(await settlements().after([])).toEqual([]);
  nowMs = EXPIRY_MS - 1;
  ledger.onTrade(0, Side.buy, 500, 3);
  expect(await settlements().after([])).toEqual([]);
  expect(asked).toEqual([]);
});

test('what has ended is closed at the price that its underlying had, with the fee of its bill', async () => {
  ledger.onTrade(0, Side.buy, 500, 3);
  const [fact] = await settlements().after([]);
  // (80,000 - 60,000) / 80,000 = 0.25 coins, in ticks of 0.0001.
  expect(fact).toMatchObject({ instrument: 0, side: Side.sell, lots: 3, fee: -0.000_2, tsMs: EXPIRY_MS });
  expect(fact!.ticks).toBeCloseTo(2_500, 9);
  expect(fact!.category).toBe(OrderCategory.delivery);
  expect(asked).toEqual(['OPTION BTC-USD']);
  expect((await settlements().after([]))[0]!.tradeId, 'by the same name again').toBe(fact!.tradeId);
});

test('a price that is not told yet is waited for, and a bill for a while', async () => {
  ledger.onTrade(0, Side.buy, 500, 3);
  deliveries = [];
  expect(await settlements().after([])).toEqual([]);
  deliveries = [{ instId: 'CALL', px: '50000', tsMs: EXPIRY_MS }];
  bills = [];
  expect(await settlements().after([])).toEqual([]);
  nowMs = EXPIRY_MS + 10_000;
  expect(await settlements().after([])).toMatchObject([{ ticks: 0, fee: 0 }]);
});

test('trades that are told with it are in what ends, those that are known already are', async () => {
  ledger.onTrade(0, Side.buy, 500, 3);
  const trade = {
    instrument: 0,
    side: Side.buy,
    ticks: 500,
    lots: 2,
    tradeId: 5,
    tsMs: EXPIRY_MS - 5,
    fee: 0,
  };
  const told = { ...trade, isBaseFee: false, run: -1, slot: -1, generation: 0 };
  const [first, close] = await settlements().after([told]);
  expect(first).toBe(told);
  expect(close).toMatchObject({ lots: 5 });
  trades.add(0, 5, EXPIRY_MS - 5, true);
  expect((await settlements().after([told]))[1]).toMatchObject({ lots: 3 });
});

test('of two legs each is closed, and the fee is charged once', async () => {
  ledger.onTrade(1, Side.buy, 10_000, 7, PositionSide.long);
  ledger.onTrade(1, Side.sell, 10_000, 7, PositionSide.short);
  bills = [{ instId: 'FUTURE', billId: '2', fee: '-0.5', tsMs: EXPIRY_MS }];
  const facts = await settlements().after([]);
  expect(facts).toMatchObject([
    { side: Side.sell, leg: PositionSide.long, lots: 7, fee: -0.5 },
    { side: Side.buy, leg: PositionSide.short, lots: 7, fee: 0 },
  ]);
  expect(facts[0]!.ticks).toBeCloseTo(800_000.5, 6);
  expect(new Set(facts.map(({ tradeId }) => tradeId)).size).toBe(2);
  expect(facts.every(({ tradeId }) => Number.isSafeInteger(tradeId))).toBe(true);
});

test('of a leg as much is closed as trades have told, and what comes with it counts once', async () => {
  ledger.onTrade(1, Side.buy, 10_000, 7, PositionSide.long);
  ledger.onTrade(1, Side.sell, 10_000, 3, PositionSide.short);
  // Totals tell that 2 more were bought and 3 bought back: the trade of the first is found now, that of the other is not.
  ledger.addUntold(1, Side.buy, 2, PositionSide.long);
  ledger.addUntold(1, Side.buy, 3, PositionSide.short);
  const found = { instrument: 1, side: Side.buy, leg: PositionSide.long, ticks: 10_000, lots: 2, tradeId: 9 };
  const told = { ...found, tsMs: EXPIRY_MS - 5, fee: 0, isBaseFee: false, run: -1, slot: -1, generation: 0 };
  bills = [{ instId: 'FUTURE', billId: '2', fee: '-0.5', tsMs: EXPIRY_MS }];
  expect(await settlements().after([told])).toMatchObject([
    told,
    { side: Side.sell, leg: PositionSide.long, lots: 9 },
    { side: Side.buy, leg: PositionSide.short, lots: 3 },
  ]);
});
