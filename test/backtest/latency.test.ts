import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../engine/base/units.ts';
import { readLatencyFile } from '../../engine/backtest/latency-file.ts';
import { RecordedLatency } from '../../engine/backtest/latency-model.ts';
import { latenciesOf } from '../../engine/backtest/latency-models.ts';
import { runMarket } from '../../engine/backtest/run-backtest.ts';
import { EventList, NotingWatcher, ORIGIN_MS, configOf, wanderingMarket } from './market.ts';

const folder = mkdtempSync(join(tmpdir(), 'latency-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** As `okx-mm journal export latencies` writes them. */
const HEAD = 'kind,op,timeMs,sentNs,inTimeUs,outTimeUs,ackNs,roundTripMs,entryMs,gatewayMs,responseMs,feedMs';

function fileOf(...rows: string[]): string {
  const file = join(folder, `${rows.length}-${Math.floor(rows.join().length)}.csv`);
  writeFileSync(file, `${[HEAD, ...rows].join('\n')}\n`);
  return file;
}

const orderRow = (timeMs: number, entry: number, gateway: number, response: number): string =>
  `order,order,${timeMs},0,0,0,0,${entry + gateway + response},${entry},${gateway},${response},`;
const feedRow = (timeMs: number, feed: number): string => `feed,books,${timeMs},,,,,,,,,${feed}`;

describe('recorded latencies', () => {
  it('lie on a straight line between measurements, and come again outside of them', () => {
    const atMs = ORIGIN_MS + 1_000;
    const samples = [
      { atMs, ms: 2 },
      { atMs: atMs + 100, ms: 4 },
      { atMs: atMs + 300, ms: 1 },
    ];
    const model = new RecordedLatency(samples, ORIGIN_MS);
    const at = (ms: number): number => model.sampleNs((1_000 + ms) * NS_PER_MS) / NS_PER_MS;
    expect([0, 50, 100, 200, 300].map(at)).toEqual([2, 3, 4, 2.5, 1]);
    expect([350, -250, 3_050].map(at)).toEqual([3, 3, 3]);
  });

  it('of one measurement are that', () => {
    const model = new RecordedLatency([{ atMs: ORIGIN_MS, ms: 7 }], ORIGIN_MS);
    expect([0, 5e12, 1].map((time) => model.sampleNs(time))).toEqual([7e6, 7e6, 7e6]);
  });

  it('are those of a plain search, in whatever order they are asked', () => {
    const sample = fc.record({ atMs: fc.nat(500), ms: fc.nat(50) });
    fc.assert(
      fc.property(
        fc.array(sample, { minLength: 2, maxLength: 12 }),
        fc.array(fc.nat(1_500)),
        (rows, times) => {
          const samples = rows.toSorted((left, right) => left.atMs - right.atMs);
          const model = new RecordedLatency(samples, 0);
          for (const time of times) {
            const ns = model.sampleNs(time * NS_PER_MS);
            expect(ns).toBe(naive(samples, time));
            const all = samples.map(({ ms }) => ms * NS_PER_MS);
            expect(ns).toBeGreaterThanOrEqual(Math.min(...all));
            expect(ns).toBeLessThanOrEqual(Math.max(...all));
          }
        },
      ),
    );
  });
});

function naive(samples: readonly { atMs: number; ms: number }[], timeMs: number): number {
  const first = samples[0]!.atMs;
  const span = samples.at(-1)!.atMs - first;
  if (span === 0) return samples[0]!.ms * NS_PER_MS;
  let time = timeMs - first;
  while (time < 0) time += span;
  if (time > span) while (time >= span) time -= span;
  const next = samples.findIndex(({ atMs }) => atMs - first > time);
  if (next === -1) return samples.at(-1)!.ms * NS_PER_MS;
  const before = samples[next - 1]!;
  const after = samples[next]!;
  const share = (time - (before.atMs - first)) / (after.atMs - before.atMs);
  return Math.round((before.ms + share * (after.ms - before.ms)) * NS_PER_MS);
}

describe('a file of latencies', () => {
  it('is split by the least way there and the least way back, which are taken to be equal', async () => {
    const file = fileOf(
      // The clocks are 3 ms off: to the venue seems to take -1 ms and more, back 5 ms and more.
      orderRow(ORIGIN_MS + 20, 0, 0.5, 5),
      feedRow(ORIGIN_MS + 5, 6),
      orderRow(ORIGIN_MS + 10, -1, 0, 7),
      'order,order,1,0,,,0,4,,,,',
    );
    const { feed, entry, response } = await readLatencyFile(file);
    expect(entry).toEqual([
      { atMs: ORIGIN_MS + 10, ms: 2 },
      { atMs: ORIGIN_MS + 20, ms: 3.5 },
    ]);
    expect(response).toEqual([
      { atMs: ORIGIN_MS + 10, ms: 4 },
      { atMs: ORIGIN_MS + 20, ms: 2 },
    ]);
    expect(feed).toEqual([{ atMs: ORIGIN_MS + 5, ms: 3 }]);
  });

  it('gives what it has, and the constants where it has nothing', async () => {
    const { backtest } = configOf({ backtest: { entryLatencyMs: 9, latencyFile: fileOf(feedRow(1, 4)) } });
    const { feed, entry, response } = await latenciesOf(backtest, ORIGIN_MS);
    expect([feed, entry, response].map((model) => model.sampleNs(0) / NS_PER_MS)).toEqual([4, 9, 2]);
  });

  it('is followed by the orders of a backtest', async () => {
    const rows = Array.from({ length: 50 }, (_, index) =>
      orderRow(ORIGIN_MS + index * 10, 2 + (index % 7), 0, 2 + (index % 5)),
    );
    const seen = new NotingWatcher();
    const config = configOf({ backtest: { latencyFile: fileOf(...rows) } });
    const result = await runMarket(new EventList(wanderingMarket(5, 3)), { config, watcher: seen });
    const sends = new Map(seen.sends.map((each) => [JSON.parse(each.text).id as string, each.timeNs]));
    const trips = seen.frames
      .filter(({ text }) => text.includes('"inTime"'))
      .map(({ text, timeNs }) => (timeNs - sends.get(JSON.parse(text).id as string)!) / NS_PER_MS);
    expect(trips.length).toBeGreaterThan(5);
    expect(trips.every((ms) => ms >= 4 && ms <= 20)).toBe(true);
    expect(new Set(trips).size).toBeGreaterThan(3);
    expect(result.notes.join()).toContain('sampled from');
  });

  it.each([
    ['no such file', join(folder, 'none.csv'), /none\.csv: expected a readable file/],
    ['no latencies', fileOf(), /found none; write it by: okx-mm journal export latencies/],
    [
      'a word for a number',
      fileOf(feedRow(1, 2), 'feed,books,soon,,,,,,,,,1'),
      /:3: expected a number as timeMs, was "soon"/,
    ],
    ['a missing cell', fileOf('feed,books,5'), /:2: expected a number as feedMs, was ""/],
  ])('with %s is refused', async (_, file, expected) => {
    await expect(readLatencyFile(file)).rejects.toThrow(expected);
  });

  it('with other columns is refused', async () => {
    const file = join(folder, 'other.csv');
    writeFileSync(file, 'a,b\n1,2\n');
    await expect(readLatencyFile(file)).rejects.toThrow(/:1: expected the columns kind, timeMs.*was "a,b"/);
  });
});
