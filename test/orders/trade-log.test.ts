import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { TradeLog, TradeMark } from '../../engine/orders/trade-log.ts';
import type { TradeKey } from '../../engine/orders/trade-log.ts';

describe('the trade log', () => {
  it('tells whether a trade was booked, and whether its fee was', () => {
    const log = new TradeLog(4);
    log.add(1, 1_544_789_377, 1_000, false);
    expect(log.look(1, 1_544_789_377)).toBe(TradeMark.booked);
    expect(log.look(0, 1_544_789_377), 'ids are unique for an instrument only').toBe(TradeMark.none);
    log.markFee(1, 1_544_789_377);
    expect(log.look(1, 1_544_789_377)).toBe(TradeMark.withFee);
    expect(() => log.add(1, 1_544_789_377, 1_000, true)).toThrow(AssertionError);
    expect(() => log.markFee(1, 5)).toThrow(AssertionError);
  });

  it('knows ids of any size and sign apart', () => {
    const ids = [1, -1, 2 ** 32 + 1, 2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 31, -(2 ** 31)];
    const log = new TradeLog(ids.length);
    for (const id of ids) {
      expect(log.look(0, id)).toBe(TradeMark.none);
      log.add(0, id, 0, true);
    }
    expect(log.rowsSince(0).map(({ tradeId }) => tradeId)).toEqual(ids);
  });

  it('finds neighbours in short chains', () => {
    const count = 20_000;
    const log = new TradeLog(count);
    const started = performance.now();
    for (let id = 0; id < count; id++) log.add(id & 7, 9_000_000_000 + (id >> 3), 0, true);
    for (let id = 0; id < count; id++) expect(log.look(id & 7, 9_000_000_000 + (id >> 3))).toBe(2);
    // Chains as long as the log would take half a minute.
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('equals a list that loses its oldest entries', () => {
    const step = fc.record({
      instrument: fc.integer({ min: 0, max: 1 }),
      tradeId: fc.oneof(fc.integer({ min: -3, max: 30 }), fc.maxSafeInteger()),
      tsMs: fc.integer({ min: 0, max: 50 }),
      hasFee: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(step, { maxLength: 60 }), (capacity, steps) => {
        const log = new TradeLog(capacity);
        let rows: TradeKey[] = [];
        let evictedMs = -Infinity;
        for (const key of steps) {
          const known = rows.find((row) => row.instrument === key.instrument && row.tradeId === key.tradeId);
          const mark = known === undefined ? 'none' : known.hasFee ? 'withFee' : 'booked';
          expect(log.look(key.instrument, key.tradeId)).toBe(TradeMark[mark]);
          if (known === undefined) {
            log.add(key.instrument, key.tradeId, key.tsMs, key.hasFee);
            rows.push(key);
            if (rows.length > capacity) evictedMs = Math.max(evictedMs, rows.shift()!.tsMs);
          } else {
            log.markFee(key.instrument, key.tradeId);
            rows = rows.map((row) => (row === known ? { ...row, hasFee: true } : row));
          }
          expect([log.count, log.evictedMs]).toEqual([rows.length, evictedMs]);
          expect(log.rowsSince(key.tsMs)).toEqual(rows.filter(({ tsMs }) => tsMs >= key.tsMs));
        }
      }),
    );
  });
});
