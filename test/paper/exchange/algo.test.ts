import { describe, expect, it } from 'vitest';
import type { ExchangeSink, Row } from '../../../engine/paper/exchange/exchange.ts';
import { accountOptions, START_MS, World } from './recording-world.ts';

const SWAP = 'BTC-USDT-SWAP';
const TAG = 'TAG1';
/** Stops of a long position: sold when the last price falls to `slTriggerPx`. */
const STOP = {
  instId: SWAP,
  tdMode: 'cross',
  side: 'sell',
  ordType: 'conditional',
  reduceOnly: true,
  tag: TAG,
  slTriggerPxType: 'last',
  slOrdPx: '-1',
};

/** "a" is long two contracts, bought at 78,000 from "b". */
function longWorld(options: ConstructorParameters<typeof World>[0] = {}, open: Row = {}): World {
  const world = new World(options);
  world.place('a', 'buy', '78000', '2', open);
  world.place('b', 'sell', '78000', '2');
  return world;
}

/** "b" sells to "c", so that the last price is this; what is left rests for whoever takes next. */
function trade(world: World, px: string): void {
  world.place('c', 'buy', px, '1');
  world.place('b', 'sell', px, '1');
}

function advance(world: World, ms: number): void {
  world.exchange.advance(world.exchange.nowMs + ms);
}

const rowOf = (world: World, algoClOrdId: string): Row => world.exchange.algoRow('a', { algoClOrdId })!;
const positionOf = (world: World): string =>
  (world.exchange.positions('a', {})[0]?.['pos'] as string | undefined) ?? '0';
/** The orders that algo orders made, by their first push. */
const children = (world: World): Row[] => [
  ...new Map(
    world.sink.orders.filter((row) => row['algoId'] !== '').map((row) => [row['ordId'], row]),
  ).values(),
];

describe('a stop', () => {
  it('sells the whole position at the market when its price is reached, with the tag and its own name', () => {
    const world = longWorld();
    const placed = world.exchange.placeAlgo('a', {
      ...STOP,
      closeFraction: '1',
      slTriggerPx: '77000',
      algoClOrdId: 'P1',
    });
    expect(placed).toMatchObject({ sCode: '0', algoClOrdId: 'P1', tag: TAG });
    world.place('c', 'buy', '76990', '5');
    trade(world, '77000.1');
    advance(world, 500);
    expect(rowOf(world, 'P1')).toMatchObject({ state: 'live', closeFraction: '1', sz: '' });
    trade(world, '77000');
    advance(world, 200);
    expect(rowOf(world, 'P1')).toMatchObject({ state: 'effective', actualSide: 'sl', actualSz: '2' });
    expect(positionOf(world)).toBe('0');
    expect(children(world)).toMatchObject([
      { source: '7', tag: TAG, algoId: placed.algoId, algoClOrdId: 'P1', clOrdId: '', reduceOnly: 'true' },
    ]);
  });

  it('is reached by a trade between two looks', () => {
    const world = longWorld();
    world.exchange.placeAlgo('a', { ...STOP, closeFraction: '1', slTriggerPx: '77000', algoClOrdId: 'P1' });
    world.place('c', 'buy', '76000', '5');
    trade(world, '76999');
    trade(world, '78000');
    advance(world, 200);
    expect(rowOf(world, 'P1')['state']).toBe('effective');
  });

  it('with a target: the first that is reached ends both', () => {
    const world = longWorld();
    const both = { ...STOP, ordType: 'oco', sz: '2', slTriggerPx: '77000', algoClOrdId: 'P1' };
    const target = { tpTriggerPx: '79000', tpTriggerPxType: 'last', tpOrdPx: '-1' };
    expect(world.exchange.placeAlgo('a', { ...both, ...target }).sCode).toBe('0');
    world.place('c', 'buy', '78900', '5');
    trade(world, '79000');
    advance(world, 200);
    expect(rowOf(world, 'P1')).toMatchObject({ state: 'effective', actualSide: 'tp' });
    expect(positionOf(world)).toBe('0');
  });

  it('of a closed position goes with it when it closes all, and waits on when it has a size', () => {
    const world = longWorld();
    world.exchange.placeAlgo('a', { ...STOP, closeFraction: '1', slTriggerPx: '77000', algoClOrdId: 'P1' });
    world.exchange.placeAlgo('a', { ...STOP, sz: '2', slTriggerPx: '77000', algoClOrdId: 'P2' });
    world.place('c', 'buy', '78000', '2');
    world.place('a', 'sell', '78000', '2');
    advance(world, 200);
    expect(rowOf(world, 'P1')['state']).toBe('canceled');
    expect(rowOf(world, 'P2')['state']).toBe('live');
    trade(world, '76000');
    advance(world, 200);
    // There is nothing to close, and it opens nothing.
    expect(rowOf(world, 'P2')).toMatchObject({ state: 'order_failed', failCode: '51169' });
    expect(positionOf(world)).toBe('0');
  });

  it('never sells more than the position, whatever its size', () => {
    const world = longWorld();
    world.exchange.placeAlgo('a', { ...STOP, sz: '5', slTriggerPx: '77000', algoClOrdId: 'P1' });
    world.place('c', 'buy', '76000', '9');
    trade(world, '77000');
    advance(world, 200);
    expect(positionOf(world)).toBe('0');
  });

  it('of one leg closes that leg', () => {
    const accounts = [
      accountOptions('a', { positionMode: 'long_short_mode' }),
      accountOptions('b'),
      accountOptions('c'),
    ];
    const world = longWorld({ accounts }, { posSide: 'long' });
    world.place('a', 'sell', '78000', '1', { posSide: 'short' });
    world.place('b', 'buy', '78000', '1');
    const stop = { ...STOP, closeFraction: '1', posSide: 'long', reduceOnly: undefined };
    expect(world.exchange.placeAlgo('a', { ...stop, slTriggerPx: '77000' }).sCode).toBe('0');
    world.place('c', 'buy', '76000', '5');
    trade(world, '77000');
    advance(world, 200);
    expect(world.exchange.positions('a', {})).toMatchObject([{ posSide: 'short', pos: '1' }]);
  });

  it('is amended in price and size; one that closes all has none', () => {
    const world = longWorld();
    const named = { instId: SWAP, algoClOrdId: 'P1' };
    world.exchange.placeAlgo('a', { ...STOP, sz: '2', slTriggerPx: '77000', algoClOrdId: 'P1' });
    const amend = { ...named, reqId: 'r1', newSz: '1.5', newSlTriggerPx: '77100' };
    expect(world.exchange.amendAlgo('a', amend)).toMatchObject({ sCode: '0', reqId: 'r1' });
    expect(rowOf(world, 'P1')).toMatchObject({ sz: '1.5', slTriggerPx: '77100' });
    expect(world.exchange.amendAlgo('a', named).sCode).toBe('51500');
    expect(world.exchange.cancelAlgo('a', named).sCode).toBe('0');
    expect(world.exchange.amendAlgo('a', { ...amend }).sCode).toBe('51503');
    expect(world.exchange.cancelAlgo('a', named).sCode).toBe('51400');
    world.exchange.placeAlgo('a', { ...STOP, closeFraction: '1', slTriggerPx: '77000', algoClOrdId: 'P1' });
    expect(world.exchange.amendAlgo('a', amend).sCode).toBe('51524');
  });

  it.each([
    ['beyond the price of now', { slTriggerPx: '78001' }, '51280'],
    ['a target short of it', { tpTriggerPx: '77000', tpOrdPx: '-1', slTriggerPx: '' }, '51279'],
    ['off the grid', { slTriggerPx: '77000.05' }, '51150'],
    ['without the price of its order', { slOrdPx: '' }, '50014'],
    ['of another fraction', { closeFraction: '0.5' }, '51000'],
    ['of all, and of a size', { sz: '1' }, '51000'],
    ['of all, that may open', { reduceOnly: false }, '51328'],
    ['of all, at a limit', { slOrdPx: '76000' }, '51330'],
    ['on no instrument', { instId: 'NONE-USDT-SWAP' }, '51001'],
    ['of no type', { ordType: 'hope' }, '51000'],
    ['on the side of the position', { side: 'buy', slTriggerPx: '79000' }, '51023'],
    ['with a tag that is none', { tag: 'no tag' }, '51000'],
    ['of spot', { instId: 'BTC-USDT', tdMode: 'cash', reduceOnly: false, slTriggerPx: '77000' }, '51327'],
  ])('%s is refused', (_what, changes, sCode) => {
    const world = longWorld();
    const request = { ...STOP, closeFraction: '1', slTriggerPx: '77000', ...changes };
    expect(world.exchange.placeAlgo('a', request).sCode).toBe(sCode);
  });

  it('of all is none in portfolio margin, and a name is free once', () => {
    const accounts = [accountOptions('a', { accountLevel: '4' }), accountOptions('b'), accountOptions('c')];
    const world = longWorld({ accounts });
    const all = { ...STOP, closeFraction: '1', slTriggerPx: '77000' };
    expect(world.exchange.placeAlgo('a', all).sCode).toBe('51332');
    const sized = { ...STOP, sz: '2', slTriggerPx: '77000', algoClOrdId: 'P1' };
    expect(world.exchange.placeAlgo('a', sized).sCode).toBe('0');
    expect(world.exchange.placeAlgo('a', sized).sCode).toBe('51065');
  });

  it('is one of a hundred at most', () => {
    const world = longWorld();
    const codes = Array.from(
      { length: 101 },
      () => world.exchange.placeAlgo('a', { ...STOP, sz: '1', slTriggerPx: '77000' }).sCode,
    );
    expect([codes.filter((code) => code === '0').length, codes.at(-1)]).toEqual([100, '51025']);
  });
});

describe('a trailing stop', () => {
  it('follows the best price, and sells when the last has come back by its share', () => {
    const world = longWorld();
    const trailing = { ...STOP, ordType: 'move_order_stop', sz: '2', callbackRatio: '0.01' };
    expect(world.exchange.placeAlgo('a', { ...trailing, algoClOrdId: 'P1' }).sCode).toBe('0');
    world.place('c', 'buy', '70000', '5');
    trade(world, '79000');
    advance(world, 200);
    // 79,000 less one in a hundred.
    expect(rowOf(world, 'P1')).toMatchObject({ state: 'live', moveTriggerPx: '78210' });
    trade(world, '78211');
    advance(world, 200);
    expect(rowOf(world, 'P1')['state']).toBe('live');
    trade(world, '78210');
    advance(world, 200);
    expect(rowOf(world, 'P1')['state']).toBe('effective');
    expect(children(world)).toMatchObject([{ source: '25' }]);
  });
});

describe('a trigger', () => {
  it.each([
    ['79000', '78999', '79000'],
    ['77000', '77001', '77000'],
  ])('at %s is reached from where the price was', (triggerPx, before, after) => {
    const world = longWorld();
    const request = { ...STOP, ordType: 'trigger', sz: '1', triggerPx, triggerPxType: 'last', orderPx: '-1' };
    expect(world.exchange.placeAlgo('a', { ...request, algoClOrdId: 'P1' }).sCode).toBe('0');
    world.place('c', 'buy', '70000', '5');
    trade(world, before);
    advance(world, 200);
    expect(rowOf(world, 'P1')['state']).toBe('live');
    trade(world, after);
    advance(world, 200);
    expect(rowOf(world, 'P1')['state']).toBe('effective');
    expect(children(world)).toMatchObject([{ source: '6', tag: TAG }]);
  });
});

describe('orders in pieces', () => {
  const TWAP = { ...STOP, ordType: 'twap', sz: '2', szLimit: '0.5', pxLimit: '70000', pxVar: '0.001' };

  it('of a TWAP are taken from the book every so often, until all is sold', () => {
    const world = longWorld();
    world.place('b', 'buy', '77900', '9');
    const request = { ...TWAP, timeInterval: '10', algoClOrdId: 'X1' };
    expect(world.exchange.placeAlgo('a', request).sCode).toBe('0');
    const sold: string[] = [];
    for (let second = 0; second < 40; second += 10) {
      advance(world, 200);
      sold.push(positionOf(world));
      advance(world, 9_800);
    }
    expect(sold).toEqual(['1.5', '1', '0.5', '0']);
    advance(world, 200);
    expect(rowOf(world, 'X1')).toMatchObject({ state: 'effective', actualSz: '2', actualPx: '77900' });
    expect(children(world).map((row) => [row['source'], row['category'], row['tag']])).toEqual(
      Array.from({ length: 4 }, () => ['13', 'twap', TAG]),
    );
  });

  it('wait while the market is beyond their limit, and end with a cancel', () => {
    const world = longWorld();
    world.place('b', 'buy', '69000', '9');
    const named = { instId: SWAP, algoClOrdId: 'X1' };
    world.exchange.placeAlgo('a', { ...TWAP, timeInterval: '10', algoClOrdId: 'X1' });
    advance(world, 30_000);
    expect(positionOf(world)).toBe('2');
    expect(world.exchange.algoRows('a', true, { ordType: 'twap' })).toHaveLength(1);
    expect(world.exchange.cancelAlgo('a', named).sCode).toBe('0');
    expect(world.exchange.algoRows('a', true, { ordType: 'twap' })).toEqual([]);
    expect(world.exchange.algoRows('a', false, { ordType: 'twap', state: 'canceled' })).toHaveLength(1);
  });

  it('of an iceberg rest at the best price, follow it, and go with it', () => {
    const world = longWorld();
    world.place('b', 'sell', '78100', '1');
    const iceberg = { ...STOP, ordType: 'smart_iceberg', sz: '2', szLimit: '0.5', pxLimit: '70000' };
    const request = { ...iceberg, lmtOrderNumber: '1', algoClOrdId: 'X1' };
    expect(world.exchange.placeAlgo('a', request).sCode).toBe('0');
    advance(world, 200);
    expect(world.exchange.pendingOrders('a', {})).toMatchObject([{ px: '78100', sz: '0.5', source: '13' }]);
    world.place('b', 'sell', '78050', '1');
    advance(world, 2_200);
    expect(world.exchange.pendingOrders('a', {})).toMatchObject([{ px: '78050', sz: '0.5' }]);
    world.place('c', 'buy', '78050', '1.5');
    advance(world, 2_200);
    expect(rowOf(world, 'X1')).toMatchObject({ state: 'partially_effective', actualSz: '0.5' });
    expect(world.exchange.pendingOrders('a', {})).toHaveLength(1);
    world.exchange.cancelAlgo('a', { instId: SWAP, algoClOrdId: 'X1' });
    expect(world.exchange.pendingOrders('a', {})).toEqual([]);
  });
});

describe('an instrument that ends', () => {
  const FUTURE = 'BTC-USD-261225';

  it.each([
    ['under that name', SWAP, (world: World) => world.exchange.rename(SWAP, 'XBT-USDT-SWAP')],
    ['by a delisting', SWAP, (world: World) => world.exchange.delist(SWAP, 50)],
    [
      'at its expiry',
      FUTURE,
      (world: World) => world.exchange.act((products, nowMs) => products.expire(FUTURE, '', nowMs)),
    ],
  ] as const)('%s takes with it what waits on it', (_, instId, end) => {
    const world = new World();
    const trigger = { instId, tdMode: 'cross', side: 'sell', ordType: 'trigger', sz: '1', orderPx: '-1' };
    expect(world.exchange.placeAlgo('a', { ...trigger, triggerPx: '60000', algoClOrdId: 'E1' }).sCode).toBe(
      '0',
    );
    advance(world, 500);
    expect(rowOf(world, 'E1')['state']).toBe('live');
    end(world);
    advance(world, 500);
    expect(rowOf(world, 'E1')['state']).toBe('canceled');
    expect(world.exchange.algoRows('a', true, {})).toEqual([]);
    expect(children(world)).toEqual([]);
  });
});

it('the value of what waits is in dollars, of inverse contracts too', () => {
  const told: Row[] = [];
  const world = new World();
  const sink: ExchangeSink = world.sink;
  sink.algo = (_uid, row): void => void told.push(row);
  const trigger = { tdMode: 'cross', side: 'sell', ordType: 'trigger', triggerPx: '60000', orderPx: '-1' };
  world.exchange.placeAlgo('a', { ...trigger, instId: SWAP, sz: '2' });
  world.exchange.placeAlgo('a', { ...trigger, instId: 'BTC-USD-SWAP', sz: '3' });
  // Two contracts of 0.01 BTC at 78,000, and three of 100 dollars each.
  expect(told).toMatchObject([{ notionalUsd: '1560' }, { notionalUsd: '300' }]);
});

it('the same is triggered however time is cut', () => {
  const end = (stepMs: number): number => {
    const world = new World({ flow: 'seeded', seed: 3 });
    world.place('a', 'buy', '79000', '2', { ordType: 'ioc' });
    const mark = world.exchange.markPrice(SWAP)!['markPx'] as string;
    world.exchange.placeAlgo('a', {
      ...STOP,
      closeFraction: '1',
      slTriggerPx: (Number(mark) - 2).toFixed(1),
      slTriggerPxType: 'mark',
      algoClOrdId: 'P1',
    });
    for (let ms = stepMs; ms <= 60_000; ms += stepMs) world.exchange.advance(START_MS + ms);
    expect(rowOf(world, 'P1')['state']).toBe('effective');
    return world.sink.hash;
  };
  expect(end(20_000)).toBe(end(50));
});
