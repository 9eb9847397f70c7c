import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BenchResult } from '../../bench/benchmark.ts';
import { reportOf } from '../../bench/report.ts';
import { outcomesOf } from '../../bench/results/goals.ts';
import { sectionsOf, withSections } from '../../bench/results/results-text.ts';
import { packageRoot } from '../../engine/config/package-root.ts';

function row(name: string, feed: string, p50: number, over: Partial<BenchResult> = {}): BenchResult {
  return {
    name,
    feed,
    unit: 'ns',
    p50,
    p90: p50,
    p99: p50,
    p999: p50,
    max: p50,
    opsPerSecond: 1,
    bytesPerOp: 0,
    checksum: 'aaaaaaaa',
    samples: 1,
    calibrationNs: 1,
    note: '',
    ...over,
  };
}

const ROWS = [
  row('book-update', 'recorded', 500),
  row('peer:cpp-scalar', 'recorded', 240),
  row('peer:cpp-simdjson', 'recorded', 580),
  row('peer:ccxt', 'recorded', 12_000),
  row('tick-to-trade', 'recorded', 1_900, { p99: 11_000 }),
  row('wire-to-wire', 'plain', 12_000),
  row('peer:cpp-spin', 'plain', 8_000),
  row('allocation', 'recorded', 276, { bytesPerOp: 276, failure: 'expected nothing' }),
  row('scale', '1 instrument', 1_000),
  row('scale', '100 instruments', 1_250),
];

describe('the goals', () => {
  const outcomes = outcomesOf(ROWS);

  function isMet(goal: string, allowed: string): boolean | undefined {
    const found = outcomes.filter((outcome) => outcome.goal === goal && outcome.allowed.startsWith(allowed));
    expect(found.length).toBeGreaterThan(0);
    return found[0]!.isMet;
  }

  it('are met or missed by the rows of the same feed', () => {
    expect(isMet('book update', 'at most 2.5')).toBe(true);
    expect(isMet('book update, then', 'at most 2 ')).toBe(false);
    expect(isMet('book update', 'faster than `peer:cpp-simdjson`')).toBe(true);
    expect(isMet('book update', 'at least 20')).toBe(true);
    expect(isMet('book update, then', 'at least 30')).toBe(false);
    expect(isMet('tick to trade', 'p50')).toBe(false);
    expect(isMet('wire to wire, turning, inline', 'at most 1.5')).toBe(true);
    expect(isMet('allocation on the path', '0 B')).toBe(false);
    expect(isMet('growth', 'at most 1.3')).toBe(true);
  });

  it('are not met by a tie where ours is to be the faster', () => {
    const rows = [row('book-update', 'recorded', 131), row('peer:cpp-simdjson', 'recorded', 131)];
    const goal = outcomesOf(rows).find(({ allowed }) => allowed === 'faster than `peer:cpp-simdjson`');
    expect(goal).toMatchObject({ measured: '131 ns / 131 ns = 1.00 ×', isMet: false });
  });

  it('are open when a row was not measured, and say which', () => {
    expect(isMet('tick to trade', 'at most 4')).toBeUndefined();
    const withoutSimdjson = outcomesOf(ROWS.filter(({ name }) => name !== 'peer:cpp-simdjson'));
    expect(withoutSimdjson.find(({ allowed }) => allowed.includes('simdjson'))).toMatchObject({
      measured: '`peer:cpp-simdjson` was not measured',
      isMet: undefined,
    });
    expect(outcomes.find(({ goal }) => goal === 'pauses')?.measured).toBe('`long-run` was not measured');
  });

  it.each([
    ['ten minutes', 3_000_000, 'none', undefined, true],
    ['two seconds', 10_000, 'none', undefined, undefined],
    [
      'two seconds and a pause',
      10_000,
      '2 of scavenge, longest 3.00 ms; 1 of mark, longest 0.10 ms',
      'one',
      false,
    ],
    ['ten minutes with a deoptimisation', 3_000_000, '2 of scavenge, longest 0.40 ms', 'one', true],
  ])('about pauses, of %s', (_, samples, collections, failure, met) => {
    const note = `600 s at 5000 frames/s; collections: ${collections}; deoptimisations: none`;
    const run = row('long-run', 'f', 1, { samples, note, ...(failure === undefined ? {} : { failure }) });
    const pauses = outcomesOf([run]).find(({ goal }) => goal === 'pauses')!;
    expect(pauses.isMet).toBe(met);
    expect(pauses.measured).toBe(`in 600 s: ${collections}${failure === undefined ? '' : `; ${failure}`}`);
  });

  it.each([
    ['a frame costs the same', 1_200, 900, true],
    ['a frame costs more', 1_400, 900, false],
    ['a rate is held above one that was not', 1_200, 2e6, true],
  ])('about growth in frames, when %s', (_, p50, p99, met) => {
    const note = 'x; 1 instrument: p99 below 1 ms up to 5000 frames/s of those tried; full at 70000 frames/s';
    const rows = [
      row('scale:open-loop', '1 instrument, 1k frames/s', 1_000, { p99: 900, note }),
      row('scale:open-loop', '1 instrument, 5k frames/s', p50, { p99, note }),
      row('scale:open-loop', '1 instrument, 20k frames/s', p50, { p99: p99 > 1e6 ? 900 : 2e6, note }),
      row('scale:open-loop', '1 instrument, as fast as it goes', 900, { note }),
    ];
    const growth = outcomesOf(rows).find(({ goal }) => goal === 'growth, in frames')!;
    expect(growth.isMet).toBe(met);
    expect(growth.measured).toContain('up to 5000 frames/s of those tried; full at 70000 frames/s');
  });
});

describe('the document', () => {
  it('has its marks, and takes the figures between them', () => {
    const document = readFileSync(join(packageRoot(), 'bench/RESULTS.md'), 'utf8');
    const sections = sectionsOf([reportOf(ROWS)], []);
    const text = withSections(document, sections);
    expect(text).toContain('500 ns / 240 ns = 2.08 ×');
    // A second time changes nothing, and what is written by hand stays.
    expect(withSections(text, sections)).toBe(text);
    expect(text.startsWith(document.slice(0, document.indexOf('<!-- begin')))).toBe(true);
  });

  it('without its marks is refused', () => {
    expect(() => withSections('# Results', new Map([['goals', 'x']]))).toThrow(
      'expected <!-- begin goals -->',
    );
  });
});
