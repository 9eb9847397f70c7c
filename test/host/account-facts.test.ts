import { describe, expect, it } from 'vitest';
import { TradeLog } from '../../engine/orders/trade-log.ts';
import { OrderCategory } from '../../engine/base/order-category.ts';
import { PositionSide } from '../../engine/base/position-side.ts';
import { Side } from '../../engine/base/side.ts';
import { AccountFacts } from '../../engine/host/account-facts.ts';
import { clientOrderIdText } from '../../engine/okx/client-order-id.ts';
import type { PositionRow } from '../../engine/venue/account-rows.ts';
import { instrumentsOf } from '../okx/okx-fixtures.ts';
import { TAG, TinyAccount, idOf } from './tiny-account.ts';

const instruments = instrumentsOf('BTC-USDT', 'BTC-USDT-SWAP', 'BTC-USD-SWAP');
const log = new TradeLog(16);
const facts = new AccountFacts(instruments, TAG, log);
const rows = new TinyAccount(() => 1_000);

describe('trades', () => {
  it('are told with the name of their order, fees with their currency', () => {
    const spot = rows.trade('BTC-USDT', Side.buy, 0.5, 60_000.1, idOf(7, 12, 34));
    const swap = rows.trade('BTC-USDT-SWAP', Side.sell, 2, 60_000);
    expect(facts.trades([spot, swap])).toEqual([
      {
        instrument: 0,
        side: Side.buy,
        ticks: 600_001,
        lots: 50_000_000,
        tradeId: Number(spot.tradeId),
        tsMs: 1_000,
        fee: -0.000_5,
        isBaseFee: true,
        run: 7,
        slot: 12,
        generation: 34,
      },
      {
        instrument: 1,
        side: Side.sell,
        ticks: 600_000,
        lots: 200,
        tradeId: Number(swap.tradeId),
        tsMs: 1_000,
        fee: -0.01,
        isBaseFee: false,
        run: -1,
        slot: -1,
        generation: 0,
      },
    ]);
  });

  it.each([
    ['BTC-USDT-SWAP', 'USDC', -2, false],
    ['BTC-USD-SWAP', 'BTC', -2, false],
    ['BTC-USDT', 'USDT', -2, false],
    ['BTC-USDT', 'OKB', 0, false],
    ['BTC-USDT', '', -2, false],
  ])('of %s have a fee in %s', (instId, feeCcy, fee, isBaseFee) => {
    const row = { ...rows.trade('BTC-USDT-SWAP', Side.buy, 1, 60_000), instId, feeCcy, fee: '-2' };
    expect(facts.trades([row])[0]).toMatchObject({ fee, isBaseFee });
  });

  it('between ticks keep their fraction', () => {
    const row = { ...rows.trade('BTC-USDT-SWAP', Side.buy, 1, 60_000), fillPx: '60000.05' };
    expect(facts.trades([row])[0]!.ticks).toBeCloseTo(600_000.5, 6);
  });

  it('without an id go by the bill, which is another one each time', () => {
    const row = rows.trade('BTC-USDT-SWAP', Side.buy, 1, 60_000);
    const [first, second] = facts.trades([
      { ...row, tradeId: '', billId: '3059871300000000001' },
      { ...row, tradeId: '0', billId: '3059871300000000002' },
    ]);
    expect(first!.tradeId).toBeLessThan(0);
    expect(second!.tradeId).not.toBe(first!.tradeId);
  });

  it('of other instruments are none of ours, and sizes off the lot are refused', () => {
    const row = rows.trade('BTC-USDT-SWAP', Side.buy, 1, 60_000);
    expect(facts.trades([{ ...row, instId: 'DOGE-USDT' }])).toEqual([]);
    expect(() => facts.trades([{ ...row, fillSz: '0.0001' }])).toThrow(
      'a fill of BTC-USDT-SWAP in lots of 0.01',
    );
  });

  it('of a former lot are left out once they are booked, so that a coarser lot stops no recovery', () => {
    const row = { ...rows.trade('BTC-USDT-SWAP', Side.buy, 77, 60_000), fillSz: '0.0001' };
    const { instrument, tradeId } = facts.trades([{ ...row, fillSz: '0.01' }])[0]!;
    log.add(instrument, tradeId, 1, true);
    expect(facts.trades([row])).toEqual([]);
  });
});

describe('open orders', () => {
  it('are those with our tag and an id of our plan', () => {
    const ours = rows.place(idOf(7, 1, 2), { px: '59999.9', sz: '3', accFillSz: '1' });
    const others = [
      rows.place('manual'),
      rows.place(idOf(7, 1, 2), { tag: 'OTHER' }),
      rows.place(`2${idOf(7, 1).slice(1)}`),
      rows.place(idOf(7, 1, 0)),
    ];
    expect(others.filter((row) => facts.isOurs(row))).toEqual([]);
    expect(facts.openOrders([ours, ...others])).toMatchObject([
      { instrument: 1, run: 7, slot: 1, generation: 2, ticks: 599_999, lots: 300, filledLots: 100 },
    ]);
  });
});

describe('orders of this state’s runs', () => {
  const own = new AccountFacts(instruments, TAG, log, { runs: [7, 9], prefixesIds: false });

  it('are ours whatever tag the venue has left them, and say so; those of other runs only with our tag', () => {
    const rested = [
      rows.place(idOf(9, 1)),
      rows.place(idOf(9, 2), { tag: '' }),
      rows.place(idOf(7, 3), { tag: 'OTHER' }),
      rows.place(idOf(8, 4), { tag: 'OTHER' }),
      rows.place(idOf(8, 5)),
      rows.place('manual', { tag: '' }),
    ];
    expect(rested.map((row) => own.isOurs(row))).toEqual([true, true, true, false, true, false]);
    expect(own.openOrders(rested).map(({ slot, isTagForeign }) => [slot, isTagForeign ?? false])).toEqual([
      [1, false],
      [2, true],
      [3, true],
      [5, false],
    ]);
  });

  it('have trades that say so; a trade of nobody we know says nothing of tags', () => {
    const ours = rows.trade('BTC-USDT-SWAP', Side.buy, 1, 60_000, idOf(9, 1));
    const others = rows.trade('BTC-USDT-SWAP', Side.buy, 1, 60_000);
    const told = own.trades([ours, { ...ours, tag: '' }, { ...others, tag: 'OTHER' }]);
    expect(told.map(({ run, isTagForeign }) => [run, isTagForeign ?? false])).toEqual([
      [9, false],
      [9, true],
      [-1, false],
    ]);
  });

  it('may have the tag in front of their ids', () => {
    const named = clientOrderIdText(9, 1, 2, TAG);
    expect(own.openOrders([rows.place(named)])).toMatchObject([{ run: 9, slot: 1, generation: 2 }]);
    expect(own.openOrders([rows.place(named, { tag: '' })])).toMatchObject([{ run: 9, isTagForeign: true }]);
  });
});

describe('positions', () => {
  it('are told of every contract, flat ones too, and of no spot', () => {
    rows.positions.clear();
    rows.positions.set('BTC-USDT-SWAP', { lots: -2.5, avgPx: 60_000.05 });
    expect(facts.positions(rows.answers.fetchPositions() as never)).toEqual([
      { instrument: 1, lots: -250, entryTicks: 600_000.5 },
      { instrument: 2, lots: 0, entryTicks: 0 },
    ]);
  });

  it('of both margin modes are one', () => {
    rows.positions.clear();
    rows.positions.set('BTC-USDT-SWAP', { lots: 1, avgPx: 60_000 });
    const [row] = rows.answers.fetchPositions() as never[];
    const [fact] = facts.positions([row!, { ...(row as object), pos: '3', avgPx: '50000' } as never]);
    expect(fact).toEqual({ instrument: 1, lots: 400, entryTicks: 525_000 });
  });

  it.each([
    // 10 at 60,000 less 9 at 62,000: (600,000 - 558,000) / 1.
    ['BTC-USDT-SWAP', 1, 100, 42_000],
    // In coins: 1 / (10 / 60,000 - 9 / 62,000) = 1 / (0.000166667 - 0.000145161) = 46,500.
    ['BTC-USD-SWAP', 2, 10, 46_500],
  ])('of two legs of %s break even where both together do', (instId, instrument, lots, entry) => {
    const row = { ...(rows.answers.fetchPositions() as PositionRow[])[0]!, instId };
    const legs = facts.positions([
      { ...row, posSide: 'long', pos: '10', avgPx: '60000' },
      { ...row, posSide: 'short', pos: '9', avgPx: '62000' },
    ]);
    const fact = legs.find((each) => each.instrument === instrument)!;
    expect(fact).toMatchObject({ lots, longLots: 10 * lots, shortLots: 9 * lots });
    expect(fact.entryTicks).toBeCloseTo(entry / instruments[instrument]!.tick.value, 6);
  });

  it('of two legs that cannot break even together have no entry', () => {
    const row = (rows.answers.fetchPositions() as PositionRow[])[0]!;
    const [fact] = facts.positions([
      { ...row, posSide: 'long', pos: '10', avgPx: '60000' },
      { ...row, posSide: 'short', pos: '9', avgPx: '70000' },
    ]);
    expect(fact).toMatchObject({ lots: 100, entryTicks: 0 });
  });
});

describe('what most trades have nothing of', () => {
  it.each([
    [{ posSide: 'long' }, { leg: PositionSide.long }],
    [{ posSide: 'short' }, { leg: PositionSide.short }],
    [{ subType: '101' }, { category: OrderCategory.partialLiquidation }],
    [{ subType: '106' }, { category: OrderCategory.fullLiquidation }],
    [{ subType: '127' }, { category: OrderCategory.adl }],
    [{ subType: '113' }, { category: OrderCategory.delivery }],
  ])('%j is told as %j', (changes, told) => {
    const row = { ...rows.trade('BTC-USDT-SWAP', Side.buy, 1, 60_000), ...changes };
    expect(facts.trades([row])[0]).toMatchObject(told);
  });

  it('is left out elsewhere', () => {
    const row = { ...rows.trade('BTC-USDT-SWAP', Side.buy, 1, 60_000), subType: '3' };
    expect(Object.keys(facts.trades([row])[0]!)).not.toEqual(expect.arrayContaining(['leg']));
    expect(Object.keys(facts.trades([row])[0]!)).not.toEqual(expect.arrayContaining(['category']));
  });
});

describe('positions of legs', () => {
  it('are told beside what they come to', () => {
    const world = new TinyAccount(() => 1_000);
    world.trade('BTC-USDT-SWAP', Side.buy, 3, 60_000);
    const [row] = world.answers.fetchPositions() as unknown as PositionRow[];
    const legs = [
      { ...row!, posSide: 'long', pos: '5' },
      { ...row!, posSide: 'short', pos: '2' },
    ];
    const [fact] = facts.positions(legs);
    expect(fact).toMatchObject({ instrument: 1, lots: 300, longLots: 500, shortLots: 200 });
  });
});
