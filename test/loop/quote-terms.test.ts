import { expect, test } from 'vitest';
import { IndexSet } from '../../engine/base/index-set.ts';
import { Instrument } from '../../engine/base/instrument.ts';
import type { InstrumentFields } from '../../engine/base/instrument.ts';
import { Side } from '../../engine/base/side.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import type { QuoteKinds } from '../../engine/loop/loop-options.ts';
import { LoopQuoteTerms } from '../../engine/loop/loop-quote-terms.ts';
import { LoopState } from '../../engine/loop/loop-state.ts';
import { LoopUnderlyings } from '../../engine/loop/loop-underlyings.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { OrderKind } from '../../engine/okx/order-encoder.ts';
import { KEEP_LOTS } from '../../engine/orders/command-batch.ts';
import { OrderTable } from '../../engine/orders/order-table.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import { Gate } from '../../engine/risk/gate.ts';
import { KillLadder } from '../../engine/risk/kill-ladder.ts';

const ROWS = new Map(parseInstruments(recordedInstruments()).fields.map((each) => [each.instId, each]));
const LIMITS = {
  positionLotsMax: 1e9,
  orderLotsMax: 1e9,
  orderNotionalMax: 1e9,
  notionalMax: 1e9,
  openOrdersMax: 100,
  collarBps: 10_000,
  notionalRate: 1,
};

function desk(instId: string, changes: Partial<InstrumentFields>, rpiLevels = 0) {
  const instruments = [new Instrument(0, { ...ROWS.get(instId)!, ...changes })];
  const inputs = {
    positionLots: new Float64Array(1),
    entryTicks: new Float64Array(1),
    exposureLots: new Float64Array(2),
    bestTicks: Int32Array.of(0, TICKS_MAX),
    openCounts: new Int32Array(1),
    openTotals: new Int32Array(1),
    changed: new IndexSet(1),
  };
  const account = { notionalMax: 1e9, openOrdersMax: 100, lossMax: 1e9 };
  const gate = new Gate(instruments, [LIMITS], account, inputs, true, new KillLadder(instruments));
  const state = new LoopState(1);
  const table = new OrderTable(1, 4);
  const underlyings = new LoopUnderlyings(instruments, state, gate);
  const quoteKinds: QuoteKinds[] = [{ rpiLevels, isMmp: false, mmpFrozenMs: 0 }];
  const priceIns = [instruments[0]!.option === null ? 'coin' : 'usd'] as const;
  const terms = new LoopQuoteTerms({ instruments, quoteKinds, priceIns }, state, {
    table,
    gate,
    underlyings,
  });
  return { state, table, underlyings, terms };
}

test('what the venue rounds to another step of its band stands as it was asked for, and is not asked for again', () => {
  // Steps of five ticks from 50 on.
  const priceBands = [
    { minPx: '0', maxPx: '0.005', tickSz: '0.0001' },
    { minPx: '0.005', maxPx: '', tickSz: '0.0005' },
  ];
  const { state, table, underlyings, terms } = desk('BTC-USD-261225-80000-C', { priceBands });
  underlyings.forward[0] = 80_000;
  const slot = table.open(0, Side.buy, 480, 1, state.now);
  // 480.25 x 0.0001 x 80,000 = 3,842 dollars.
  expect(terms.priceOf(slot, 0, Side.buy, 480)).toBe(384_200);
  // The venue's own forward is a little lower by then: it makes 479.9 of it, so 475.
  table.priceTicks[slot] = 475;
  expect(terms.isSaid(slot, 0, Side.buy, 480, KEEP_LOTS)).toBe(true);
  expect(terms.isSaid(slot, 0, Side.buy, 485, KEEP_LOTS), 'another opinion').toBe(false);
  table.priceTicks[slot] = 465;
  expect(terms.isSaid(slot, 0, Side.buy, 480, KEEP_LOTS), 'no rounding').toBe(false);
});

test('an RPI order is worth five hundred dollars, in whatever currency it is priced', () => {
  const kindOf = (instId: string, usdRate: number, ticks: number, lots: number): OrderKind => {
    const { state, table, terms } = desk(instId, { usdRate }, 1);
    const slot = table.open(0, Side.buy, ticks, lots, state.now);
    terms.onPlaced(slot, 0, 0, ticks, lots);
    return terms.kindOf(slot);
  };
  // 2,000,000 lira for a coin, forty to the dollar: 0.001 coins are 2,000 lira and 50 dollars, 0.0105 are 525.
  expect(kindOf('BTC-USDT', 0.025, 20_000_000, 100_000)).toBe(OrderKind.postOnly);
  expect(kindOf('BTC-USDT', 0.025, 20_000_000, 1_050_000)).toBe(OrderKind.rpi);
  // 0.03 BTC for an ETH, 80,000 dollars each: 0.2 ETH are 480 dollars, 0.3 are 720.
  const lot = new Instrument(0, ROWS.get('ETH-BTC')!).lot.value;
  expect(kindOf('ETH-BTC', 80_000, 3_000, Math.round(0.2 / lot))).toBe(OrderKind.postOnly);
  expect(kindOf('ETH-BTC', 80_000, 3_000, Math.round(0.3 / lot))).toBe(OrderKind.rpi);
});
