import { describe, expect, it } from 'vitest';
import { accountOptions, START_MS, World } from './recording-world.ts';

/** Two orders at one price: the older is "a"'s. */
function queue(): { world: World; first: string; second: string } {
  const world = new World();
  const first = world.place('a', 'buy', '77990', '2').ordId;
  const second = world.place('b', 'buy', '77990', '2').ordId;
  return { world, first, second };
}

/** Which of the two a sale of one contract reaches. */
function firstFilled(world: World): string {
  world.place('c', 'sell', '77990', '1');
  return world.sink.fills[0]!['uid'] as string;
}

describe('queue priority', () => {
  it('a smaller size keeps its place', () => {
    const { world, first } = queue();
    expect(world.amend('a', first, { newSz: '1.5', reqId: 'r1' })).toMatchObject({ sCode: '0', reqId: 'r1' });
    expect(world.lastPush(first)).toMatchObject({
      state: 'live',
      sz: '1.5',
      reqId: 'r1',
      amendResult: '0',
      amendSource: '1',
    });
    expect(firstFilled(world)).toBe('a');
  });

  it('a greater size goes to the end', () => {
    const { world, first } = queue();
    world.amend('a', first, { newSz: '3' });
    expect(firstFilled(world)).toBe('b');
  });

  it('a price that changes and comes back goes to the end', () => {
    const { world, first } = queue();
    world.amend('a', first, { newPx: '77980' });
    world.amend('a', first, { newPx: '77990' });
    expect(firstFilled(world)).toBe('b');
  });
});

describe('amend results', () => {
  it('newSz is the total with what is filled; equal to it ends the order as filled', () => {
    const { world, first } = queue();
    world.place('c', 'sell', '77990', '1');
    expect(world.amend('a', first, { newSz: '0.5' }).sCode).toBe('51000');
    expect(world.amend('a', first, { newSz: '1', reqId: 'end' }).sCode).toBe('0');
    expect(world.lastPush(first)).toMatchObject({
      state: 'filled',
      accFillSz: '1',
      sz: '1',
      reqId: 'end',
      amendResult: '0',
      fillSz: '0',
    });
    expect(world.exchange.pendingOrders('a', {})).toHaveLength(0);
  });

  it('a limit order that is amended across takes, at the maker’s price', () => {
    const { world, first } = queue();
    world.place('c', 'sell', '78000', '1');
    world.amend('a', first, { newPx: '78010', reqId: 'x' });
    expect(world.pushes(first).map((row) => [row['state'], row['reqId'], row['fillPx']])).toEqual([
      ['live', '', ''],
      ['live', 'x', ''],
      ['partially_filled', '', '78000'],
    ]);
    expect(world.exchange.book('BTC-USDT-SWAP')!.bids[0]).toEqual(['78010', '1', '1']);
  });

  it('a post-only order that would cross is refused up front, and cancelled with cxlOnFail', () => {
    const world = new World();
    const { ordId } = world.place('a', 'buy', '77990', '2', { ordType: 'post_only' });
    world.place('c', 'sell', '78000', '1');
    expect(world.amend('a', ordId, { newPx: '78000' }).sCode).toBe('51511');
    expect(world.states(ordId)).toEqual(['live']);
    expect(world.amend('a', ordId, { newPx: '78000', cxlOnFail: true }).sCode).toBe('51511');
    expect(world.lastPush(ordId)).toMatchObject({ state: 'canceled', cancelSource: '31', amendResult: '' });
  });

  it.each([
    ['nothing to change', {}, '51500'],
    ['the same terms', { newPx: '77990', newSz: '2' }, '51500'],
    ['an exponent', { newPx: '7e4' }, '51000'],
    ['a price off the grid', { newPx: '77990.05' }, '51150'],
    ['a size off the grid', { newSz: '1.005' }, '51121'],
    ['a size below the least', { newSz: '0.001' }, '51020'],
    ['a price beyond the limit', { newPx: '90000' }, '51006'],
    ['a reqId with a hyphen', { newPx: '77991', reqId: 'a-b' }, '51000'],
    ['more than the margin allows', { newSz: '100000' }, '51502'],
  ])('refuses %s', (_name, changes, code) => {
    const { world, first } = queue();
    expect(world.amend('a', first, changes).sCode).toBe(code);
    expect(world.states(first)).toEqual(['live']);
  });

  it('refuses orders that are gone, unknown or somebody else’s, and requests without a name', () => {
    const { world, first } = queue();
    world.cancel('a', first);
    expect(world.amend('a', first, { newPx: '77991' }).sCode).toBe('51503');
    expect(world.amend('a', '39', { newPx: '77991' }).sCode).toBe('51503');
    expect(world.amend('a', '', { newPx: '77991' }).sCode).toBe('51003');
  });

  it('raises what a spot order has reserved, or refuses with 51502', () => {
    const world = new World();
    const { ordId } = world.place('a', 'buy', '78000', '1', { instId: 'BTC-USDT' });
    const amend = (newSz: string): string =>
      world.exchange.amend('a', { instId: 'BTC-USDT', ordId, newSz }).sCode;
    expect(amend('12')).toBe('0');
    expect(world.exchange.balances('a', 'USDT')['details']).toMatchObject([{ ordFrozen: '936000' }]);
    expect(amend('13')).toBe('51502');
    expect(amend('2')).toBe('0');
    expect(world.exchange.balances('a', 'USDT')['details']).toMatchObject([{ ordFrozen: '156000' }]);
  });

  it('does not raise it into the margin of contracts', () => {
    const accounts = [accountOptions('a', { balances: { USDT: '1000' } }), accountOptions('b')];
    const world = new World({ accounts });
    // 936 USDT of margin leave 64.
    expect(world.place('a', 'buy', '78000', '12').sCode).toBe('0');
    const { ordId } = world.place('a', 'buy', '78000', '0.0005', { instId: 'BTC-USDT' });
    const amend = (newSz: string): string =>
      world.exchange.amend('a', { instId: 'BTC-USDT', ordId, newSz }).sCode;
    expect(amend('0.001')).toBe('51502');
    expect(amend('0.0008')).toBe('0');
    expect(amend('0.0004')).toBe('0');
  });
});

describe('with a match delay', () => {
  it('acks first and pushes when the engine has its turn', () => {
    const world = new World({ matchDelayMs: 2 });
    const { ordId } = world.place('a', 'buy', '77990', '2', { ordType: 'post_only' });
    expect(world.states(ordId)).toEqual([]);
    expect(world.exchange.pendingOrders('a', {})).toHaveLength(1);
    world.exchange.advance(START_MS + 2);
    expect(world.states(ordId)).toEqual(['live']);
  });

  it('refuses a fourth amend while three are on their way (51513) and a second cancel (51410)', () => {
    const world = new World({ matchDelayMs: 2 });
    const { ordId } = world.place('a', 'buy', '77990', '2');
    for (const px of ['77991', '77992', '77993']) {
      expect(world.amend('a', ordId, { newPx: px, reqId: px }).sCode).toBe('0');
    }
    expect(world.amend('a', ordId, { newPx: '77994' }).sCode).toBe('51513');
    expect(world.cancel('a', ordId).sCode).toBe('0');
    expect(world.cancel('a', ordId).sCode).toBe('51410');
    world.exchange.advance(START_MS + 2);
    expect(world.pushes(ordId).map((row) => row['reqId'])).toEqual(['', '77991', '77992', '77993', '']);
    expect(world.lastPush(ordId)['state']).toBe('canceled');
  });

  it('reports an amend whose order was filled on the way as failed', () => {
    const world = new World({ matchDelayMs: 2 });
    const { ordId } = world.place('a', 'buy', '77990', '2');
    world.exchange.advance(START_MS + 2);
    world.place('b', 'sell', '77990', '2');
    expect(world.amend('a', ordId, { newPx: '77980', reqId: 'late' }).sCode).toBe('0');
    world.exchange.advance(START_MS + 4);
    expect(world.lastPush(ordId)).toMatchObject({
      state: 'filled',
      reqId: 'late',
      amendResult: '-1',
      code: '51503',
    });
  });

  it('fails an amend whose funds were spent on the way', () => {
    const world = new World({ matchDelayMs: 2 });
    const spot = { instId: 'BTC-USDT' };
    const { ordId } = world.place('a', 'buy', '78000', '1', spot);
    world.exchange.advance(START_MS + 2);
    expect(world.exchange.amend('a', { ...spot, ordId, newSz: '12', reqId: 'more' }).sCode).toBe('0');
    expect(world.place('a', 'buy', '78000', '11', spot).sCode).toBe('0');
    world.exchange.advance(START_MS + 4);
    const push = world.pushes(ordId).at(-1)!;
    expect(push).toMatchObject({ state: 'live', sz: '1', reqId: 'more', amendResult: '-1', code: '51502' });
  });

  it('cancels a post-only amend that has come to cross on the way', () => {
    const world = new World({ matchDelayMs: 2 });
    const { ordId } = world.place('a', 'buy', '77990', '2', { ordType: 'post_only' });
    world.exchange.advance(START_MS + 2);
    world.place('b', 'sell', '78000', '2');
    expect(world.amend('a', ordId, { newPx: '78000', reqId: 'late' }).sCode).toBe('0');
    world.exchange.advance(START_MS + 4);
    expect(world.lastPush(ordId)).toMatchObject({
      state: 'canceled',
      cancelSource: '31',
      reqId: 'late',
      amendResult: '1',
    });
  });
});
