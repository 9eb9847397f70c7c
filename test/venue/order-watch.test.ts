import { describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../engine/base/units.ts';
import { OrderWatch } from '../../engine/venue/order-watch.ts';
import { quantityText, unitsOf } from '../../engine/venue/quantity.ts';
import type { RestRow } from '../../engine/venue/rest-rows.ts';

const ORDER = {
  instType: 'SWAP',
  instId: 'BTC-USDT-SWAP',
  ordId: '900',
  clOrdId: '1000',
  side: 'buy',
  tag: 'T1',
};

function row(changes: RestRow = {}): RestRow {
  return {
    ...ORDER,
    px: '100',
    sz: '3',
    accFillSz: '0',
    state: 'live',
    uTime: '1000',
    cancelSource: '',
    ...changes,
  };
}

function fill(tradeId: string, fillSz: string, ts: string, changes: RestRow = {}): RestRow {
  const { instType, instId, ordId, clOrdId, side } = ORDER;
  const trade = { tradeId, fillPx: '100', fillSz, fee: '-0.01', feeCcy: 'USDT', execType: 'M', billId: ts };
  return { instType, instId, ordId, clOrdId, side, ...trade, ts, fillTime: ts, ...changes };
}

class Watched {
  readonly pushes: string[] = [];
  readonly watch = new OrderWatch((pushed) => this.pushes.push(shown(pushed)));
  ms = 0;

  /** A look in which this was answered; what was pushed by it. */
  look(rows: readonly RestRow[], fills: readonly RestRow[] = [], afterMs = 100): string[] {
    this.ms += afterMs;
    const nowNs = this.ms * NS_PER_MS;
    for (const each of rows) this.watch.onOrder(each, nowNs);
    this.watch.onFills(fills, nowNs);
    this.watch.settle(nowNs);
    return this.pushes.splice(0);
  }

  placed(): this {
    this.watch.placed(ORDER.instId, ORDER.ordId, ORDER.clOrdId, this.ms * NS_PER_MS);
    return this;
  }

  amended(reqId: string, newPx: string, newSz = ''): this {
    this.watch.amended(ORDER.ordId, { reqId, newPx, newSz }, this.ms * NS_PER_MS);
    return this;
  }
}

function shown(pushed: RestRow): string {
  const { state, px, accFillSz, tradeId, fillSz, reqId, amendResult, uTime } = pushed as Record<
    string,
    string
  >;
  const trade = tradeId === '' ? '' : ` trade ${tradeId}: ${fillSz}`;
  const amend = reqId === '' ? '' : ` amend ${reqId}: ${amendResult}`;
  return `${state} at ${px}, filled ${accFillSz}${trade}${amend}, ${uTime}`;
}

describe('quantities', () => {
  it.each([
    ['0', 0n, '0'],
    ['', 0n, '0'],
    ['1.50', 1_500_000_000_000_000_000n, '1.5'],
    ['0.000000000000000001', 1n, '0.000000000000000001'],
    ['-12.3', -12_300_000_000_000_000_000n, '-12.3'],
    ['123456789012345678.9', 123_456_789_012_345_678_900_000_000_000_000_000n, '123456789012345678.9'],
  ])('%s is %s units', (text, units, back) => {
    expect(unitsOf(text)).toBe(units);
    expect(quantityText(units)).toBe(back);
  });

  it('add up exactly where floats do not', () => {
    expect(quantityText(unitsOf('0.1') + unitsOf('0.2'))).toBe('0.3');
  });
});

describe('an order’s life', () => {
  it('is shown once, and again with each fill, the last of which ends it', () => {
    const watched = new Watched().placed();
    expect(watched.look([row()])).toEqual(['live at 100, filled 0, 1000']);
    expect(watched.look([row()])).toEqual([]);
    const half = row({ accFillSz: '1.5', state: 'partially_filled', uTime: '1200' });
    expect(watched.look([half], [fill('7', '0.5', '1200'), fill('6', '1', '1100')])).toEqual([
      'partially_filled at 100, filled 1 trade 6: 1, 1100',
      'partially_filled at 100, filled 1.5 trade 7: 0.5, 1200',
    ]);
    const end = row({ accFillSz: '3', state: 'filled', uTime: '1300' });
    expect(watched.look([end], [fill('6', '1', '1100'), fill('8', '1.5', '1300')])).toEqual([
      'filled at 100, filled 3 trade 8: 1.5, 1300',
    ]);
    expect(watched.look([end], [fill('8', '1.5', '1300')])).toEqual([]);
  });

  it('that is over at its first sight is told from its fills to its end', () => {
    const watched = new Watched().placed();
    const end = row({ accFillSz: '1', state: 'canceled', uTime: '1300', cancelSource: '14' });
    expect(watched.look([end], [fill('6', '1', '1250')])).toEqual([
      'partially_filled at 100, filled 1 trade 6: 1, 1250',
      'canceled at 100, filled 1, 1300',
    ]);
  });

  it('waits with its end for fills that are told later, and not for ever', () => {
    const end = row({ accFillSz: '3', state: 'filled', uTime: '1300' });
    const watched = new Watched().placed();
    watched.look([row()]);
    expect(watched.look([end])).toEqual([]);
    expect(watched.look([end], [fill('6', '3', '1300')])).toEqual([
      'filled at 100, filled 3 trade 6: 3, 1300',
    ]);
    const patient = new Watched().placed();
    patient.look([row()]);
    expect(patient.look([end], [fill('6', '1', '1250')])).toEqual([
      'partially_filled at 100, filled 1 trade 6: 1, 1250',
    ]);
    expect(patient.look([end], [], 1_400)).toEqual([]);
    expect(patient.look([end], [], 200)).toEqual(['filled at 100, filled 3, 1300']);
    // The rest is told after all: its trades, and nothing that goes back.
    expect(patient.look([], [fill('7', '2', '1290')])).toEqual(['filled at 100, filled 3 trade 7: 2, 1300']);
  });

  it('never goes back: an old row changes nothing, nor does what an order did before its end', () => {
    const watched = new Watched().placed();
    watched.look([row({ px: '101', uTime: '1500' })], []);
    expect(watched.look([row({ px: '100', uTime: '1400' })])).toEqual([]);
    // Filled a moment ago, says the fill; the row does not know yet.
    expect(watched.look([row({ px: '101', uTime: '1500' })], [fill('6', '1', '1600')])).toEqual([
      'partially_filled at 101, filled 1 trade 6: 1, 1600',
    ]);
    expect(watched.look([row({ px: '102', uTime: '1550' })])).toEqual([
      'partially_filled at 102, filled 1, 1600',
    ]);
    watched.look([row({ state: 'canceled', accFillSz: '1', uTime: '1700' })]);
    expect(watched.look([row({ px: '103', uTime: '1800' })])).toEqual([]);
  });

  it('of an order that rested before is told from what it has filled since', () => {
    const watched = new Watched();
    const half = row({ accFillSz: '2', state: 'partially_filled', uTime: '1200' });
    expect(watched.look([half], [fill('6', '0.5', '1200')])).toEqual([
      'partially_filled at 100, filled 2 trade 6: 0.5, 1200',
    ]);
  });

  it('of an order that rested before is not filled twice by a trade that is told late', () => {
    const watched = new Watched();
    const before = row({ accFillSz: '2', state: 'partially_filled', uTime: '1500' });
    const [first] = watched.look([before], [fill('1', '1', '1400')]);
    expect(first).toBe('partially_filled at 100, filled 2 trade 1: 1, 1400');
    // It is one of the two: a third lot rests, and must not be taken for filled.
    const [late] = watched.look([before], [fill('2', '1', '1500')]);
    expect(late).toBe('partially_filled at 100, filled 2 trade 2: 1, 1500');
    const after = row({ accFillSz: '3', state: 'filled', uTime: '1600' });
    const [last] = watched.look([after], [fill('3', '1', '1600')]);
    expect(last).toBe('filled at 100, filled 3 trade 3: 1, 1600');
  });

  it('that only its fills tell of is asked for, and told by them in the end', () => {
    const watched = new Watched();
    const liquidation = fill('-5', '2', '1200', { clOrdId: '' });
    expect(watched.watch.onFills([liquidation], 0)).toEqual([
      expect.objectContaining({ instId: 'BTC-USDT-SWAP', ordId: '900' }),
    ]);
    watched.watch.onUnknown('900', 1_000 * NS_PER_MS);
    expect(watched.look([])).toEqual([]);
    watched.watch.onUnknown('900', 6_000 * NS_PER_MS);
    expect(watched.look([])).toEqual(['filled at 100, filled 2 trade -5: 2, 1200']);
  });
});

describe('amends', () => {
  it('are done when a row shows their terms, the earlier ones with them', () => {
    const watched = new Watched().placed();
    watched.look([row()]);
    watched.amended('51', '101').amended('52', '102').amended('53', '', '5');
    expect(watched.look([row()])).toEqual([]);
    expect(watched.look([row({ px: '102', uTime: '1100' })])).toEqual([
      'live at 101, filled 0 amend 51: 0, 1100',
      'live at 102, filled 0 amend 52: 0, 1100',
    ]);
    expect(watched.look([row({ px: '102.0', sz: '5', uTime: '1200' })])).toEqual([
      'live at 102.0, filled 0 amend 53: 0, 1200',
    ]);
    expect(watched.look([row({ px: '102.0', sz: '5', uTime: '1200' })])).toEqual([]);
  });

  it('that no row shows have failed after a while, and leave the order as it is', () => {
    const watched = new Watched().placed();
    watched.look([row()]);
    watched.amended('51', '101');
    expect(watched.look([row()], [], 1_400)).toEqual([]);
    expect(watched.look([row()], [], 200)).toEqual(['live at 100, filled 0 amend 51: -1, 1000']);
    // It was only late: what it did is told like anybody's doing.
    expect(watched.look([row({ px: '101', uTime: '1900' })])).toEqual(['live at 101, filled 0, 1900']);
  });

  it('end with their order', () => {
    const watched = new Watched().placed();
    watched.look([row()]);
    watched.amended('51', '101');
    expect(watched.look([row({ state: 'canceled', uTime: '1100' })])).toEqual([
      'canceled at 100, filled 0, 1100',
    ]);
    expect(watched.look([], [], 2_000)).toEqual([]);
  });
});

describe('orders that are missed', () => {
  it('are those that the venue took before the question, and that no list has', () => {
    const watched = new Watched().placed();
    expect(watched.watch.onOpen([], 0)).toEqual([]);
    expect(watched.watch.onOpen([], 1)).toHaveLength(1);
    expect(watched.watch.onOpen([row()], 2)).toEqual([]);
    watched.look([row({ state: 'canceled' })]);
    expect(watched.watch.onOpen([], watched.ms * NS_PER_MS + 1)).toEqual([]);
    expect(watched.watch.openCount).toBe(0);
  });

  it('are given up when the venue has not known them for so long', () => {
    const watched = new Watched().placed();
    watched.watch.onUnknown('900', 4_000 * NS_PER_MS);
    expect(watched.watch.openCount).toBe(1);
    watched.watch.onUnknown('900', 5_001 * NS_PER_MS);
    expect(watched.watch.openCount).toBe(0);
  });
});
