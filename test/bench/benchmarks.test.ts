import { describe, expect, it } from 'vitest';
import { BENCHMARKS } from '../../bench/benchmark-list.ts';
import type { BenchResult } from '../../bench/benchmark.ts';
import { TINY_EFFORT } from '../../bench/effort.ts';
import { GENERATED_BOOKS, GENERATED_TBT, generateFeed } from '../../bench/feeds/generated-feed.ts';
import { RECORDED_CUT, readRecordedFeed } from '../../bench/feeds/recorded-feed.ts';
import { runBenchmark } from '../../bench/run-benchmark.ts';
import { GROUP_OPS } from '../../bench/micro-contender.ts';

const FEEDS = ['recorded', 'generated-books', 'generated-tbt'];
/** Rows that each benchmark must give. */
const ROWS: Readonly<Record<string, number>> = {
  'tick-to-trade': 6,
  journaled: 12,
  'wire-to-wire': 10,
  'book-update': 3,
  handoff: 12,
  quoter: 6,
  encode: 6,
  socket: 20,
  gate: 3,
  diff: 4,
  throttle: 1,
  histogram: 2,
  allocation: 3,
  scale: 36,
  backtest: 2,
  'long-run': 1,
};
/** What rows begin with, where that is not the benchmark's name. */
const ROW_NAMES: Readonly<Record<string, string>> = { journaled: 'tick-to-trade' };
/** Values behind the percentiles of every row, where each operation gives one. */
const SAMPLES: Readonly<Record<string, number>> = {
  'wire-to-wire': TINY_EFFORT.wireFrames,
  // The first frame of a feed is a snapshot, which warming up has passed; the next comes after the whole feed.
  'book-update': TINY_EFFORT.roundOps,
  handoff: TINY_EFFORT.handoffTrips,
  quoter: Math.ceil(TINY_EFFORT.roundOps / GROUP_OPS),
  gate: Math.ceil(TINY_EFFORT.roundOps / GROUP_OPS),
  diff: Math.ceil(TINY_EFFORT.roundOps / GROUP_OPS),
  throttle: Math.ceil(TINY_EFFORT.roundOps / GROUP_OPS),
  histogram: Math.ceil(TINY_EFFORT.roundOps / GROUP_OPS),
};
/** Rows of a machine that has a core for every spinning thread. */
const SPARE_CORE_ROWS = ['wire-to-wire:worker-spin', 'handoff:shared-spin'];

const feeds = [
  await readRecordedFeed(RECORDED_CUT, FEEDS[0]!, 2_000),
  generateFeed(GENERATED_BOOKS, 1_000),
  generateFeed(GENERATED_TBT, 1_000),
];

function checksums(results: readonly BenchResult[]): string[] {
  return results.map(({ name, feed, checksum }) => `${name} ${feed} ${checksum}`);
}

describe('the benchmarks', () => {
  it('are those that the tests know', () => {
    expect(BENCHMARKS.map(({ name }) => name)).toEqual(Object.keys(ROWS));
  });

  it.each(BENCHMARKS)('$name runs, and does the same each time', { timeout: 180_000 }, async (benchmark) => {
    const context = { effort: TINY_EFFORT, feeds, withPeers: false };
    const first = await runBenchmark(benchmark, context);
    const second = await runBenchmark(benchmark, context);
    expect(checksums(second)).toEqual(checksums(first));
    expect(first.filter(({ name }) => !SPARE_CORE_ROWS.includes(name))).toHaveLength(ROWS[benchmark.name]!);
    for (const result of first) {
      expect(result.name.split(':')[0]).toBe(ROW_NAMES[benchmark.name] ?? benchmark.name);
      expect(result.checksum).toMatch(/^[0-9a-f]{8}$/);
      expect(result.p50).toBeLessThanOrEqual(result.p99);
      expect(result.p99).toBeLessThanOrEqual(result.max);
    }
    const count = SAMPLES[benchmark.name];
    if (count !== undefined) expect(new Set(first.map(({ samples }) => samples))).toEqual(new Set([count]));
    if (benchmark.usesFeeds) expect(new Set(first.map(({ feed }) => feed))).toEqual(new Set(FEEDS));
  });

  it('write the same bytes in all three ways of encoding', async () => {
    const encode = BENCHMARKS.find(({ name }) => name === 'encode')!;
    const results = await runBenchmark(encode, { effort: TINY_EFFORT, feeds });
    for (const feed of ['single', 'batch-20']) {
      const own = results.filter((result) => result.feed === feed);
      expect(own).toHaveLength(3);
      expect(new Set(own.map(({ checksum }) => checksum)).size).toBe(1);
    }
  });

  it('quote the same whoever computes, and however both wait', async () => {
    const handoff = BENCHMARKS.find(({ name }) => name === 'handoff')!;
    const results = await runBenchmark(handoff, { effort: TINY_EFFORT, feeds });
    for (const row of ['handoff', 'handoff:shared']) {
      const own = results.filter(({ name }) => name === row);
      expect(own.length).toBeGreaterThan(1);
      expect(new Set(own.map(({ checksum }) => checksum)).size).toBe(1);
    }
  });

  it('fail when one gives nothing', async () => {
    const nothing = { name: 'x', about: '', usesFeeds: false, run: () => Promise.resolve([]) };
    await expect(runBenchmark(nothing, { effort: TINY_EFFORT, feeds })).rejects.toThrow('expected results');
  });
});
