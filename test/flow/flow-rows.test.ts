import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { FLOW_DOUBLES, FlowField, FlowHistogram } from '../../engine/base/flow-record.ts';
import { FlowRows } from '../../engine/flow/flow-rows.ts';

it('counts are what forgetting each by its age gives, within a second over the time constant', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(gaps, (tenths) => {
      const rows = new FlowRows(2, 10);
      rows.begin(1, Float64Array.of(0, 100));
      const now = Float64Array.of(1e9);
      const times: number[] = [];
      for (let tenth = 0, next = 0; next < tenths.length; tenth++) {
        now[0]! += 1e8;
        // As sampling does, once a second.
        if (tenth % 10 === 0) rows.forget(1, now);
        if (tenth < tenths.slice(0, next + 1).reduce((sum, gap) => sum + gap, 0)) continue;
        next++;
        times.push(now[0]! / 1e9);
        rows.distance[0] = 2;
        rows.amount[0] = 3;
        rows.count(FlowHistogram.askSweeps, 1);
        rows.values[FLOW_DOUBLES + FlowField.exposureS]! += 1;
        rows.values[FLOW_DOUBLES + FlowField.sweepLots]! += 7;
        rows.divisors[FLOW_DOUBLES + FlowField.sweepLots]! += 1;
      }
      const row = new Float64Array(FLOW_DOUBLES);
      rows.write(1, row);
      const exact = times.reduce((sum, time) => sum + Math.exp((time - now[0]! / 1e9) / 10), 0);
      const count = row[FlowHistogram.askSweeps + 8]! / 3;
      expect(count / exact).toBeGreaterThan(0.9);
      expect(count / exact).toBeLessThan(1.11);
      // Time and means forget as counts do: rates and means are right to the last digit.
      expect(row[FlowField.exposureS]).toBeCloseTo(count, 9);
      expect(row[FlowField.sweepLots]).toBeCloseTo(7, 9);
      rows.write(0, row);
      expect(row[FlowHistogram.askSweeps + 8]).toBe(0);
    }),
  );
});
