import { describe, expect, it } from 'vitest';
import { BENCHMARKS } from '../../bench/benchmark-list.ts';
import { WATCHED } from '../../bench/gate/gate-rows.ts';
import { allowedBy, judge } from '../../bench/gate/judge.ts';
import { LimitKind, limitsFile, limitsOf, readLimits } from '../../bench/gate/limits.ts';
import type { GateRow, Limit } from '../../bench/gate/limits.ts';

const LIMIT: Limit = {
  name: 'book-update',
  feed: 'recorded',
  kind: LimitKind.ratio,
  measured: 0.1,
  factor: 1.5,
  least: 0.005,
};

function row(value: number, over: Partial<GateRow> = {}): GateRow {
  return { name: 'book-update', feed: 'recorded', kind: LimitKind.ratio, value, ...over };
}

function problemOf(rows: readonly GateRow[], limits: readonly Limit[]): string | undefined {
  const verdicts = judge(rows, limits);
  expect(verdicts).toHaveLength(1);
  return verdicts[0]!.problem;
}

describe('the judgement of the gate', () => {
  it.each([
    [0, true],
    [0.1, true],
    [0.149, true],
    [0.151, false],
    [10, false],
    [Number.NaN, false],
    [Infinity, false],
  ])('of a ratio of %d against 0.1 times 1.5', (value, passes) => {
    expect(problemOf([row(value)], [LIMIT]) === undefined).toBe(passes);
  });

  it('names what was measured, what is allowed and what to do', () => {
    const problem = problemOf([row(0.4)], [LIMIT])!;
    expect(problem).toContain('expected at most 0.15 times the calibration work');
    expect(problem).toContain('was 0.4');
    expect(problem).toContain('npm run bench:compare');
    expect(problem).toContain('--update');
  });

  it('allows noise where the limit is about nothing', () => {
    const limit = { ...LIMIT, kind: LimitKind.bytes, measured: 0, least: 0.5 };
    expect(allowedBy(limit)).toBe(0.5);
    expect(problemOf([row(0.4, { kind: LimitKind.bytes })], [limit])).toBeUndefined();
    expect(problemOf([row(16, { kind: LimitKind.bytes })], [limit])).toContain(
      'at most 0.5 B a turn, was 16 B',
    );
  });

  it('allows not one of what is not to happen', () => {
    const limit = { ...LIMIT, kind: LimitKind.count, measured: 0, factor: 1, least: 0 };
    expect(problemOf([row(0, { kind: LimitKind.count })], [limit])).toBeUndefined();
    expect(problemOf([row(1, { kind: LimitKind.count })], [limit])).toContain('at most 0, was 1');
  });

  it('fails a row without a limit and a limit without a row', () => {
    expect(problemOf([row(0.1)], [])).toContain('has no limit');
    expect(problemOf([], [LIMIT])).toContain('was not measured');
    expect(judge([row(0.1, { feed: 'other' })], [LIMIT]).every(({ problem }) => problem !== undefined)).toBe(
      true,
    );
  });

  it('passes what has just been measured', () => {
    const rows = [row(0.1), row(3, { feed: 'b' }), row(0, { feed: 'c', kind: LimitKind.bytes })];
    expect(judge(rows, limitsOf(rows).limits).map(({ problem }) => problem)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('the limits', () => {
  const { limits } = readLimits(limitsFile());

  it('are of what is watched, each once', () => {
    const benchmarks = new Set(limits.map(({ name }) => name.split(':')[0]));
    expect([...benchmarks].toSorted()).toEqual(WATCHED.map(({ benchmark }) => benchmark).toSorted());
    expect(new Set(limits.map(({ name, feed }) => `${name} ${feed}`)).size).toBe(limits.length);
  });

  it('are of benchmarks that exist', () => {
    const names = BENCHMARKS.map(({ name }) => name);
    for (const { benchmark } of WATCHED) expect(names).toContain(benchmark);
  });

  it('leave room, but not so much that nothing would fail', () => {
    for (const { factor } of limits) {
      expect(factor).toBeGreaterThanOrEqual(1);
      expect(factor).toBeLessThanOrEqual(2);
    }
  });
});
