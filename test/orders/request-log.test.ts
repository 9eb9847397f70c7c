import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { BATCH_MAX, CommandOp } from '../../engine/base/command-op.ts';
import { NO_REQUEST, RequestLog } from '../../engine/orders/request-log.ts';
import { at } from '../time-cell.ts';

describe('the request log', () => {
  it('gives back what a request held', () => {
    const log = new RequestLog(4);
    const id = log.begin(CommandOp.amend, at(100));
    log.add(id, 7, 3, 55);
    log.add(id, 8, 1, 56);
    const entry = log.find(id);
    expect([log.op[entry], log.sentNs[entry], log.itemCount[entry], log.idOf(entry)]).toEqual([
      1,
      100,
      2,
      id,
    ]);
    expect(log.slot[entry * BATCH_MAX + 1]).toBe(8);
    expect(log.generation[entry * BATCH_MAX]).toBe(3);
    expect(log.amendId[entry * BATCH_MAX + 1]).toBe(56);
  });

  it('refuses another request while every entry is unanswered', () => {
    const log = new RequestLog(2);
    const first = log.begin(CommandOp.place, at(0));
    log.begin(CommandOp.place, at(0));
    expect(log.begin(CommandOp.place, at(0))).toBe(NO_REQUEST);
    log.release(log.find(first));
    expect(log.begin(CommandOp.place, at(0))).toBe(first + 2);
    expect(log.find(first)).toBe(NO_REQUEST);
  });

  it('goes past one that is not answered while others are', () => {
    const log = new RequestLog(4);
    const lost = log.begin(CommandOp.place, at(0));
    for (let time = 1; time <= 20; time++) {
      const id = log.begin(CommandOp.cancel, at(time));
      expect(id).not.toBe(NO_REQUEST);
      log.release(log.find(id));
    }
    expect(log.inFlightCount).toBe(1);
    expect(log.oldestExpired(at(3), at(3))).toBe(log.find(lost));
  });

  it('holds twenty commands a request', () => {
    const log = new RequestLog(1);
    const id = log.begin(CommandOp.cancel, at(0));
    for (let item = 0; item < BATCH_MAX; item++) log.add(id, item, 1, 0);
    expect(() => log.add(id, 20, 1, 0)).toThrow(AssertionError);
  });

  it('knows no request that was never sent', () => {
    const log = new RequestLog(3);
    log.begin(CommandOp.place, at(0));
    for (const id of [-1, 0, 2, 4, 1e15, NaN]) expect(log.find(id)).toBe(NO_REQUEST);
  });

  it('equals a list of what was sent and not released', () => {
    const step = fc.tuple(fc.constantFrom('begin', 'release', 'expire'), fc.nat({ max: 30 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 80 }), (capacity, steps) => {
        const log = new RequestLog(capacity);
        let open: { id: number; sentNs: number }[] = [];
        let lastId = 0;
        steps.forEach(([what, number], nowNs) => {
          if (what === 'begin') {
            const id = log.begin(CommandOp.place, at(nowNs));
            // The next id whose entry no open request has; only a full log has none.
            const isTaken = (next: number): boolean =>
              open.some((request) => request.id % capacity === next % capacity);
            let expected = lastId + 1;
            while (open.length < capacity && isTaken(expected)) expected++;
            expect(id).toBe(open.length < capacity ? expected : NO_REQUEST);
            if (open.length === capacity) return;
            lastId = id;
            open.push({ id, sentNs: nowNs });
          } else if (what === 'release' && open.length > 0) {
            const { id } = open[number % open.length]!;
            log.release(log.find(id));
            open = open.filter((request) => request.id !== id);
          } else if (what === 'expire') {
            const oldest = open[0];
            const isDue = oldest !== undefined && nowNs - oldest.sentNs >= number;
            expect(log.oldestExpired(at(nowNs), at(number))).toBe(isDue ? log.find(oldest.id) : NO_REQUEST);
            expect(log.oldest()).toBe(oldest === undefined ? NO_REQUEST : log.find(oldest.id));
          }
          expect(log.inFlightCount).toBe(open.length);
          for (const { id } of open) expect(log.find(id)).not.toBe(NO_REQUEST);
        });
      }),
      { numRuns: 500 },
    );
  });
});
