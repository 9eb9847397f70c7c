/** One example of each product, worked by hand: the sums stand beside what is expected. */
import { describe, expect, test } from 'vitest';
import { Instrument, InstrumentType } from '../../engine/base/instrument.ts';
import { OrderCategory } from '../../engine/base/order-category.ts';
import { Side } from '../../engine/base/side.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import type { TradeFact } from '../../engine/loop/loop-options.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { settlementTicks } from '../../engine/okx/settlement-price.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import { PLAIN_LADDER } from '../workers/markets.ts';
import { LoopWorld } from './loop-world.ts';
import { orderRow, ordersPush } from './messages.ts';
import { LOOSE_LIMITS } from './scripted-venue.ts';

/** A recorded row, as the engine loads it. */
function recorded(instId: string, isMargin = false): Instrument {
  const row = recordedInstruments().find((each) => each.instId === instId)!;
  const fields = parseInstruments([row]).fields[0]!;
  return new Instrument(0, isMargin ? { ...fields, type: InstrumentType.margin } : fields);
}

/** The loop of one instrument, and what the venue tells it. */
class Example extends LoopWorld {
  readonly instrument: Instrument;
  #tradeId = 0;

  constructor(instrument: Instrument) {
    super({ instruments: [instrument], ladder: PLAIN_LADDER, limits: LOOSE_LIMITS });
    this.instrument = instrument;
    this.timer();
  }

  /** A push of an order that traded; `changes` are of its row. */
  fill(
    side: 'buy' | 'sell',
    fillSz: string,
    fillPx: string,
    fillFee: string,
    fillFeeCcy: string,
    changes: Readonly<Record<string, unknown>> = {},
  ): this {
    const { instId } = this.instrument;
    const order = {
      clOrdId: 'x',
      instId,
      side,
      sz: fillSz,
      accFillSz: fillSz,
      state: 'filled',
      execType: 'M',
    };
    const fill = { fillSz, fillPx, fillFee, fillFeeCcy, tradeId: String(++this.#tradeId) };
    this.frame(Connection.private, ordersPush(orderRow({ ...order, ...fill, ...changes })));
    return this;
  }

  /** A push of the position's row. */
  position(changes: Readonly<Record<string, unknown>>): this {
    const { instId } = this.instrument;
    const row = { instType: 'SWAP', instId, posSide: 'net', mgnMode: 'cross', cTime: '1000', ...changes };
    const arg = { channel: 'positions', instType: 'ANY', uid: '1' };
    this.frame(Connection.private, JSON.stringify({ arg, eventType: 'event_update', data: [row] }));
    return this;
  }

  /** The contract has ended, at this price of its underlying or its own. */
  end(settlePx: number, fee: number): this {
    const lots = this.loop.ledger.bookedLots[0]!;
    const fact: TradeFact = {
      instrument: 0,
      side: lots > 0 ? Side.sell : Side.buy,
      category: OrderCategory.delivery,
      ticks: settlementTicks(this.instrument, settlePx),
      lots: Math.abs(lots),
      tradeId: -17,
      tsMs: this.nowMs,
      fee,
      isBaseFee: false,
      run: -1,
      slot: -1,
      generation: 0,
    };
    const account = {
      positions: [],
      trades: [fact],
      openOrders: [],
      verifiedMs: 0,
      askedNs: 0,
      strayCount: 0,
    };
    this.loop.onAudited(account, this.nowNs);
    return this;
  }

  /** In units of what is traded, signed. */
  get held(): number {
    return this.loop.ledger.positionLots[0]! * this.instrument.lot.value;
  }

  /** With everything, in the currency of settlement, the position at this price. */
  profitAt(price: number): number {
    return this.loop.ledger.netProfit(0, price / this.instrument.tick.value);
  }
}

describe('spot', () => {
  test('in cash, with the fee of a buy in the coin', () => {
    const spot = new Example(recorded('BTC-USDT'))
      .fill('buy', '0.5', '60000', '-0.0005', 'BTC')
      .fill('sell', '0.2', '61000', '-12.2', 'USDT');
    expect(spot.held).toBeCloseTo(0.3, 12);
    // -0.5 × 60,000 + 0.2 × 61,000 = -17,800 was paid; 0.3 coins are worth 18,600 at 62,000: 800.
    // Fees: -12.2, and -0.0005 coins, at 62,000 -31.
    expect(spot.profitAt(62_000)).toBeCloseTo(800 - 12.2 - 31, 9);
    expect(spot.loop.ledger.baseFees[0]).toBe(-0.000_5);
  });

  test('a maker’s rebate in the coin, where the fee of the sell is in dollars', () => {
    // Since 2025-09-17 a maker sell is charged in the quote and its rebate comes in the coin: a push for each part.
    const spot = new Example(recorded('BTC-USDT'))
      .fill('buy', '0.5', '60000', '0', 'BTC')
      .fill('sell', '0.5', '60100', '0.00001', 'BTC');
    expect(spot.held).toBe(0);
    // 0.5 × 100 = 50, and 0.00001 coins at 60,000: 0.6.
    expect(spot.profitAt(60_000)).toBeCloseTo(50.6, 9);
  });

  test('borrowed in cross mode is what was traded, below zero too', () => {
    const spot = new Example(recorded('BTC-USDT'))
      .fill('sell', '0.3', '60000', '-18', 'USDT')
      .fill('buy', '0.1', '59000', '-0.0001', 'BTC');
    expect(spot.held).toBeCloseTo(-0.2, 12);
    // +18,000 - 5,900 = 12,100; 0.2 coins to give back cost 11,600 at 58,000: 500. Fees: -18, and -0.0001 coins: -5.8.
    expect(spot.profitAt(58_000)).toBeCloseTo(500 - 18 - 5.8, 9);
  });
});

test('a pair on margin: position and profit by its trades, its liquidation price by the venue', () => {
  const margin = new Example(recorded('BTC-USDT', true))
    .fill('sell', '0.3', '60000', '-18', 'USDT')
    .position({
      instType: 'MARGIN',
      pos: '18000',
      posCcy: 'USDT',
      liab: '-0.300004',
      liabCcy: 'BTC',
      liqPx: '66000',
      markPx: '60000',
    });
  expect(margin.held).toBeCloseTo(-0.3, 12);
  // 0.3 × (60,000 - 59,000) = 300, less the fee.
  expect(margin.profitAt(59_000)).toBeCloseTo(300 - 18, 9);
  // (66,000 - 60,000) / 60,000 = 10 %.
  expect(margin.loop.kill.margin.distanceBps[0]).toBeCloseTo(1_000, 9);
});

describe('a linear swap', () => {
  test('of 0.01 coins a contract, with funding', () => {
    const swap = new Example(recorded('BTC-USDT-SWAP'))
      .fill('buy', '10', '60000', '-1.2', 'USDT')
      .fill('sell', '4', '61000', '-0.488', 'USDT')
      .position({ pos: '6', fundingFee: '-0.36', liqPx: '48000', markPx: '60000' });
    expect(swap.held).toBeCloseTo(6, 12);
    // 4 × 0.01 × 1,000 = 40 closed, 6 × 0.01 × 500 = 30 open at 60,500; fees -1.688, funding -0.36.
    expect(swap.profitAt(60_500)).toBeCloseTo(40 + 30 - 1.688 - 0.36, 9);
    // (60,000 - 48,000) / 60,000 = 20 %.
    expect(swap.loop.kill.margin.distanceBps[0]).toBeCloseTo(2_000, 9);
  });

  test('partly liquidated: at its price, with fee and penalty, and the rest goes on', () => {
    const swap = new Example(recorded('BTC-USDT-SWAP'))
      .fill('buy', '10', '60000', '-1.2', 'USDT')
      .fill('sell', '7', '54321.5', '-1.9', 'USDT', {
        clOrdId: '',
        category: 'partial_liquidation',
        tradeId: '-5',
      })
      .position({ pos: '3', fundingFee: '0', liqPenalty: '-2.5' });
    expect(swap.held).toBeCloseTo(3, 12);
    // 7 × 0.01 × (54,321.5 - 60,000) = -397.495 closed, 3 × 0.01 × (54,000 - 60,000) = -180 open;
    // fees -1.2 - 1.9, penalty -2.5.
    expect(swap.profitAt(54_000)).toBeCloseTo(-397.495 - 180 - 3.1 - 2.5, 9);
  });
});

test('an inverse swap of 100 dollars a contract pays in coins', () => {
  const swap = new Example(recorded('BTC-USD-SWAP'))
    .fill('buy', '60', '60000', '-0.00002', 'BTC')
    .fill('sell', '30', '75000', '-0.00002', 'BTC');
  expect(swap.held).toBeCloseTo(30, 12);
  // 30 × 100 × (1/60,000 - 1/75,000) = 0.01 closed, 30 × 100 × (1/60,000 - 1/50,000) = -0.01 open; fees -0.00004.
  expect(swap.loop.ledger.realised(0)).toBeCloseTo(0.01, 12);
  expect(swap.profitAt(50_000)).toBeCloseTo(-0.000_04, 12);
  // At 100,000: 0.01 + 3,000 × (1/60,000 - 1/100,000) = 0.03 coins.
  expect(swap.profitAt(100_000)).toBeCloseTo(0.03 - 0.000_04, 12);
});

test('a swap margined in dollars is paid in those that the account has chosen', () => {
  const swap = new Example(recorded('BTC-USD_UM-SWAP'));
  const { contractValue } = swap.instrument;
  swap.fill('buy', '10', '60000', '-1.5', 'USDC').fill('sell', '10', '60100', '-1.5', 'USDC');
  expect(swap.held).toBe(0);
  // 10 contracts × 100 dollars a coin, less the fees, which count one for one.
  expect(swap.profitAt(0)).toBeCloseTo(10 * contractValue * 100 - 3, 9);
});

test('an X-Perp is a future with funding, by the hour', () => {
  const xperp = new Example(recorded('BTC-USD_UM_XPERP-310404'));
  expect(xperp.instrument.isFunded).toBe(true);
  const { contractValue } = xperp.instrument;
  xperp.fill('sell', '10', '60000', '0', 'USDC');
  const hour = (fundingFee: string): Example =>
    xperp.position({ instType: 'FUTURES', pos: '-10', fundingFee });
  // Running totals: 0.06 in the first hour, 0.04 in the second, -0.02 in the third; one is told twice.
  hour('0.06');
  hour('0.1');
  hour('0.1');
  hour('0.08');
  expect(xperp.loop.ledger.funding[0]).toBeCloseTo(0.08, 15);
  expect(xperp.profitAt(59_990)).toBeCloseTo(10 * contractValue * 10 + 0.08, 9);
});

describe('a future', () => {
  test('with daily settlement earns what it would without', () => {
    const future = new Example(recorded('BTC-USDT-260626'));
    expect(future.instrument.isFuturesSettled).toBe(true);
    const { contractValue } = future.instrument;
    future.fill('buy', '10', '60000', '-1', 'USDT');
    // Settled at 61,000: the venue pays 10 contracts × 1,000 and counts from 61,000 on.
    future.position({
      instType: 'FUTURES',
      pos: '10',
      avgPx: '61000',
      nonSettleAvgPx: '60000',
      settledPnl: '100',
    });
    expect(future.profitAt(61_000)).toBeCloseTo(10 * contractValue * 1_000 - 1, 9);
    future.fill('sell', '10', '60500', '-1', 'USDT');
    // The venue: 10 × 1,000 settled and 10 × (60,500 - 61,000) closed, which is 10 × (60,500 - 60,000).
    expect(future.profitAt(0)).toBeCloseTo(10 * contractValue * 500 - 2, 9);
  });

  test('inverse, delivered at the mean of the index', () => {
    const future = new Example(recorded('BTC-USD-261225')).fill('buy', '80', '80000', '-0.00002', 'BTC');
    future.end(100_000.05, -0.000_01);
    expect(future.held).toBe(0);
    // 80 × 100 × (1/80,000 - 1/100,000.05); fees -0.00002 - 0.00001.
    expect(future.profitAt(0)).toBeCloseTo(8_000 * (1 / 80_000 - 1 / 100_000.05) - 0.000_03, 12);
  });
});

describe('an option on 0.01 coins', () => {
  const call = (): Example => new Example(recorded('BTC-USD-261225-80000-C'));
  const put = (): Example => new Example(recorded('BTC-USD-261225-80000-P'));

  test('bought, and worth something at its end', () => {
    const option = call().fill('buy', '5', '0.05', '-0.0000375', 'BTC');
    // 5 × 0.01 × 0.05 = 0.0025 coins of premium; at a mark of 0.06 it has gained 5 × 0.01 × 0.01 = 0.0005.
    expect(option.profitAt(0.06)).toBeCloseTo(0.000_5 - 0.000_037_5, 12);
    option.end(100_000, -0.000_01);
    expect(option.held).toBe(0);
    // It pays (100,000 - 80,000) / 100,000 = 0.2 coins a coin: 5 × 0.01 × 0.2 = 0.01.
    expect(option.profitAt(0)).toBeCloseTo(0.01 - 0.002_5 - 0.000_047_5, 12);
  });

  test('sold, and worth something at its end', () => {
    const option = put().fill('sell', '5', '0.05', '-0.0000375', 'BTC').end(64_000, -0.000_01);
    // It pays (80,000 - 64,000) / 64,000 = 0.25 coins a coin: 0.0125 of which 0.0025 were received.
    expect(option.profitAt(0)).toBeCloseTo(0.002_5 - 0.012_5 - 0.000_047_5, 12);
  });

  test('worthless at its end, the buyer has lost the premium and the seller keeps it', () => {
    expect(call().fill('buy', '5', '0.05', '0', 'BTC').end(80_000, 0).profitAt(0)).toBeCloseTo(-0.002_5, 12);
    expect(put().fill('sell', '5', '0.05', '0', 'BTC').end(80_001, 0).profitAt(0)).toBeCloseTo(0.002_5, 12);
  });
});
