import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../../engine/base/units.ts';
import { EquityRatios } from '../../engine/report/equity-ratios.ts';
import { MarkoutWatch, markoutsOf } from '../../engine/report/markout-watch.ts';
import { Operation, OrderCounter, WindowPeak, orderCounts } from '../../engine/report/order-counter.ts';
import { OrderWatch } from '../../engine/report/order-watch.ts';
import { QuoteWatch } from '../../engine/report/quote-watch.ts';
import { SeriesRecorder } from '../../engine/report/series-recorder.ts';
import { TimeMoments } from '../../engine/report/time-moments.ts';

describe('markouts', () => {
  it('take the middle before the trade by the venue’s clock, not the one that shows it', () => {
    const watch = new MarkoutWatch();
    watch.onMid(1_000, 100);
    watch.onMid(1_010, 99);
    watch.onMid(1_020, 98);
    expect(watch.midBefore(1_010)).toBe(100);
    expect(watch.midBefore(1_011)).toBe(99);
    expect(watch.midBefore(5_000)).toBe(98);
    expect(watch.midBefore(1)).toBe(100);
    expect(new MarkoutWatch().midBefore(1)).toBeNaN();
  });

  it('are above zero when the market goes our way, weighted by value', () => {
    const watch = new MarkoutWatch();
    watch.onMid(0, 100);
    watch.onFill(Side.buy, 0, 100, 300);
    watch.onFill(Side.sell, 0, 100, 100);
    watch.onMid(90, 101);
    // The horizon of 0.1 s ends at 100, when 101 is still the middle.
    watch.onMid(101, 50);
    const { '0.1': first, '1': second } = markoutsOf(watch.sums);
    expect(first).toMatchObject({ n: 2, money: 2, bps: 50, buyBps: 100, sellBps: -100 });
    expect(first!.standardErrorBps).toBeCloseTo(100, 9);
    expect(second).toMatchObject({ n: 0, bps: null, standardErrorBps: null });
  });

  it('count a book of the horizon’s very millisecond', () => {
    const watch = new MarkoutWatch();
    watch.onMid(0, 100);
    watch.onFill(Side.buy, 0, 100, 1);
    watch.onMid(100, 110);
    expect(markoutsOf(watch.sums)['0.1']!.n).toBe(0);
    watch.onMid(150, 50);
    expect(markoutsOf(watch.sums)['0.1']!.bps).toBe(1_000);
  });

  it('of a fill that is told late end at what was, not at what is', () => {
    const watch = new MarkoutWatch();
    watch.onMid(0, 100);
    watch.onMid(50, 101);
    watch.onMid(500, 70);
    watch.onFill(Side.buy, 0, 100, 1);
    expect(markoutsOf(watch.sums)['0.1']!.bps).toBe(100);
  });

  it('of a fill of a time of which no middle is known are not known', () => {
    const watch = new MarkoutWatch();
    watch.onMid(3_600_000, 110);
    expect(watch.midBefore(1_000)).toBeNaN();
    watch.onFill(Side.buy, 1_000, 100, 1);
    expect(Object.values(markoutsOf(watch.sums)).map(({ n }) => n)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('do not count what the run does not reach', () => {
    const watch = new MarkoutWatch();
    watch.onMid(0, 100);
    watch.onFill(Side.buy, 0, 100, 1);
    watch.finish(2_000);
    const { '1': second, '5': fifth } = markoutsOf(watch.sums);
    expect([second!.n, fifth!.n]).toEqual([1, 0]);
  });
});

describe('curves', () => {
  const values = fc.array(
    fc.record({
      afterMs: fc.integer({ min: 0, max: 5_000 }),
      value: fc.integer({ min: -1_000, max: 1_000 }),
    }),
    { minLength: 1, maxLength: 400 },
  );

  it('keep the extremes and the last value in a bounded number of points, times rising', () => {
    fc.assert(
      fc.property(values, (steps) => {
        const recorder = new SeriesRecorder(['only'], 0, 16);
        let timeNs = 0;
        for (const { afterMs, value } of steps) {
          timeNs += afterMs * NS_PER_MS;
          recorder.record(timeNs, Float64Array.of(value));
        }
        recorder.finish(timeNs);
        const { timeMs, columns } = recorder.series((ns) => ns / NS_PER_MS);
        const points = columns['only']!.filter((value) => value !== null);
        const all = steps.map(({ value }) => value);
        expect(timeMs.length).toBeLessThanOrEqual(32);
        expect(columns['only']).toHaveLength(timeMs.length);
        expect(Math.min(...points)).toBe(Math.min(...all));
        expect(Math.max(...points)).toBe(Math.max(...all));
        for (let index = 1; index < timeMs.length; index++) {
          expect(timeMs[index]!).toBeGreaterThan(timeMs[index - 1]!);
        }
      }),
    );
  });

  it('tell nothing from something', () => {
    const recorder = new SeriesRecorder(['bid'], 0, 8);
    recorder.record(0, Float64Array.of(NaN));
    recorder.record(10 * NS_PER_MS, Float64Array.of(5));
    recorder.record(30 * NS_PER_MS, Float64Array.of(NaN));
    recorder.finish(40 * NS_PER_MS);
    const { columns } = recorder.series((ns) => ns / NS_PER_MS);
    expect(columns['bid']).toEqual([null, null, 5, 5, 5, 5, 5, 5, null, null]);
  });

  it('put what came first first', () => {
    const recorder = new SeriesRecorder(['up', 'down'], 0, 8);
    recorder.record(1, Float64Array.of(1, 9));
    recorder.record(2, Float64Array.of(2, 8));
    const { columns } = recorder.series((ns) => ns / NS_PER_MS);
    expect(columns).toEqual({ up: [1, 2], down: [9, 8] });
  });
});

describe('quotes', () => {
  it('are weighted by time', () => {
    const watch = new QuoteWatch();
    watch.onTime(6, 1.2, 4);
    watch.onTime(2, 2.2, NaN);
    watch.onTime(1, NaN, 0.1);
    watch.onTime(1, NaN, NaN);
    const quoted = watch.quoted();
    expect(quoted).toMatchObject({ both: 0.6, bidOnly: 0.2, askOnly: 0.1 });
    expect(quoted.none).toBeCloseTo(0.1, 12);
    expect(quoted.within).toMatchObject({ '1': 0, '2': 0, '5': 0.6, '50': 0.6 });
    const distance = watch.distance();
    expect(distance.bid[distance.edges.indexOf(1)]).toBe(0.75);
    expect(distance.bid[distance.edges.indexOf(2)]).toBe(0.25);
    expect(distance.ask[0]).toBeCloseTo(1 / 7, 12);
    expect(distance.meanBidBps).toBeCloseTo((6 * 1.2 + 2 * 2.2) / 8, 12);
  });

  it('of no time are no quotes', () => {
    expect(new QuoteWatch().quoted()).toMatchObject({ both: 0, none: 0 });
    expect(new QuoteWatch().distance().meanBidBps).toBeNull();
  });
});

describe('inventory', () => {
  it('is weighted by time, its largest value by size', () => {
    const moments = new TimeMoments();
    moments.onTime(3, 10);
    moments.onTime(1, -20);
    moments.onTime(0, -50);
    const { mean, standardDeviation, maximum } = moments.inventory('BTC');
    expect(mean).toBeCloseTo(2.5, 12);
    expect(standardDeviation).toBeCloseTo(Math.sqrt((3 * 7.5 ** 2 + 22.5 ** 2) / 4), 12);
    expect(maximum).toBe(50);
  });
});

describe('Sharpe and Sortino', () => {
  it('are those of the changes on equal intervals, a year', () => {
    const ratios = new EquityRatios(10);
    for (const equity of [1, 3, 2, 5]) ratios.onInterval(equity);
    // Changes 1, 2, −1, 3: mean 1.25, sample deviation √(8.75 / 3), downside √(1/4).
    const year = Math.sqrt((365 * 86_400) / 10);
    expect(ratios.sharpe()).toBeCloseTo((1.25 / Math.sqrt(8.75 / 3)) * year, 6);
    expect(ratios.sortino()).toBeCloseTo((1.25 / 0.5) * year, 6);
    expect(ratios.basis()).toEqual({ intervalSeconds: 10, intervals: 4, periodsPerYear: 3_153_600 });
  });

  it('are unknown where nothing changed, and of one interval', () => {
    const still = new EquityRatios(10);
    for (const equity of [0, 0, 0]) still.onInterval(equity);
    expect([still.sharpe(), still.sortino()]).toEqual([null, null]);
    const single = new EquityRatios(10);
    single.onInterval(5);
    expect(single.sharpe()).toBeNull();
  });
});

describe('orders', () => {
  const names = [{ instId: 'BTC-USDT-SWAP', instIdCode: 7 }];
  const watched = (): { watch: OrderWatch; counters: OrderCounter[]; account: WindowPeak } => {
    const account = new WindowPeak();
    const counters = [new OrderCounter(account), new OrderCounter(null)];
    return { watch: new OrderWatch(counters, names), counters, account };
  };
  const batch = (id: string, op: string, count: number): string =>
    JSON.stringify({ id, op, args: Array.from({ length: count }, () => ({ instIdCode: 7 })) });

  it('are counted by operation and item, with their answers', () => {
    const { watch, counters } = watched();
    watch.onSend(batch('1', 'batch-orders', 3), 0);
    watch.onSend(batch('2', 'cancel-order', 1), 0);
    watch.onSend('ping', 0);
    watch.onSend(JSON.stringify({ op: 'subscribe', args: [{ channel: 'orders' }] }), 0);
    const rows = [{ sCode: '0' }, { sCode: '51008' }, { sCode: '0' }];
    const answer = { id: '1', op: 'batch-orders', code: '2', data: rows, inTime: '1000', outTime: '1250' };
    watch.onAnswer(JSON.stringify(answer), 5 * NS_PER_MS);
    watch.onAnswer(JSON.stringify({ id: '2', op: 'cancel-order', code: '60013', data: [] }), 7 * NS_PER_MS);
    watch.onAnswer(JSON.stringify({ id: '9', op: 'order', code: '0', data: [] }), 7 * NS_PER_MS);
    expect(orderCounts(counters)).toMatchObject({
      place: 3,
      cancel: 1,
      messages: 2,
      refused: 2,
      refusedPlace: 1,
      refusedCancel: 1,
      refusedByCode: { '51008': 1, '60013': 1 },
    });
    expect(watch.roundTrips[Operation.place]!.max).toBe(5 * NS_PER_MS);
    expect(watch.gateway.max).toBe(250_000);
  });

  it('peak within the venue’s window, singles and batches apart', () => {
    const { watch, counters, account } = watched();
    for (let index = 0; index < 30; index++)
      watch.onSend(batch(String(index), 'order', 1), index * 50 * NS_PER_MS);
    watch.onSend(batch('b', 'batch-orders', 20), 10 * NS_PER_SECOND);
    const place = counters[0]!.budget(Operation.place, 20 * NS_PER_SECOND);
    expect(place).toEqual({ limit: 60, peak: 30, peakShare: 0.5, meanShare: 30 / 10 / 60 });
    expect(account.peak).toBe(30);
  });

  it('that are two seconds apart are of two windows', () => {
    const peak = new WindowPeak();
    for (const ms of [0, 1_999, 2_000, 3_999]) peak.add(ms * NS_PER_MS);
    expect(peak.peak).toBe(2);
  });
});
