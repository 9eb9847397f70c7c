import { describe, expect, it } from 'vitest';
import { UsageError, parseArguments } from '../../bench/arguments.ts';
import type { BenchResult } from '../../bench/benchmark.ts';
import { Checksum } from '../../bench/checksum.ts';
import { HeapMeter } from '../../bench/heap-meter.ts';
import { failuresText, notesText, reportOf, tableText } from '../../bench/report.ts';

const RESULT: BenchResult = {
  name: 'book-update',
  feed: 'recorded',
  unit: 'ns',
  p50: 775,
  p90: 1_343,
  p99: 17_663,
  p999: 55_295,
  max: 237_994,
  opsPerSecond: 757_712,
  bytesPerOp: 0,
  checksum: 'f327495d',
  samples: 10_000,
  calibrationNs: 4_200,
  note: 'a note',
};

describe('the report', () => {
  it('has the fields that are promised', () => {
    const report = reportOf([RESULT]);
    expect(report.node).toBe(process.version);
    expect(report.machine).toMatch(/cores/);
    expect(Date.parse(report.date)).toBeGreaterThan(0);
    expect(Object.keys(report.results[0]!)).toEqual(
      expect.arrayContaining([
        'name',
        'feed',
        'unit',
        'p50',
        'p90',
        'p99',
        'p999',
        'max',
        'opsPerSecond',
        'bytesPerOp',
        'checksum',
      ]),
    );
  });

  it('is a table with a row a result, and - where nothing was measured', () => {
    const lines = tableText([RESULT, { ...RESULT, name: 'handoff', bytesPerOp: -1 }]).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[2]).toMatch(
      /^book-update\s+recorded\s+775\s+1,343\s+17,663\s+55,295\s+237,994\s+ns\s+757,712\s+0\s+10,000\s+f327495d$/,
    );
    expect(lines[3]).toMatch(/\s-\s+10,000/);
  });

  it('names the rows that miss what they were to hold', () => {
    expect(failuresText([RESULT])).toBe('');
    expect(failuresText([RESULT, { ...RESULT, feed: 'other', failure: 'too slow' }])).toBe(
      'failed: book-update (other): too slow',
    );
  });

  it('says each note once', () => {
    expect(notesText([RESULT, { ...RESULT, feed: 'other' }])).toBe(
      'book-update (recorded), book-update (other):\n    a note',
    );
  });
});

describe('the arguments', () => {
  it('are taken', () => {
    expect(
      parseArguments(['--json', 'x.json', '--only', 'gate', '--only', 'diff', '--feed', 'f', '--smoke']),
    ).toEqual({
      json: 'x.json',
      only: ['gate', 'diff'],
      feed: 'f',
      isSmoke: true,
      withPeers: true,
      minutes: undefined,
      isHeapProfiled: false,
      isChild: false,
    });
    expect(parseArguments(['--no-peers', '--minutes', '0.5', '--heap-profile'])).toMatchObject({
      withPeers: false,
      minutes: 0.5,
      isHeapProfiled: true,
    });
    expect(parseArguments([])).toMatchObject({ json: undefined, only: [], feed: undefined, isSmoke: false });
  });

  it('are refused with what was expected', () => {
    expect(() => parseArguments(['--only', 'everything'])).toThrow(
      /expected one of tick-to-trade, .* was "everything"/,
    );
    expect(() => parseArguments(['--fast'])).toThrow(UsageError);
    expect(() => parseArguments(['--minutes', '0'])).toThrow('expected a number above 0');
    expect(() => parseArguments(['--minutes', 'ten'])).toThrow('was "ten"');
  });
});

describe('the checksum', () => {
  it('depends on every number and its place', () => {
    const of = (...values: number[]): string => {
      const checksum = new Checksum();
      for (const value of values) checksum.addNumber(value);
      return checksum.text;
    };
    expect(of(1, 2)).toBe(of(1, 2));
    expect(new Set([of(1, 2), of(2, 1), of(1, 3), of(1), of(2 ** 52, 2), of(-1, 2)]).size).toBe(6);
  });
});

describe('the heap meter', () => {
  it('takes the median of windows in which nothing was collected', () => {
    const meter = new HeapMeter();
    expect(meter.bytesPerOp).toBe(-1);
    meter.add(-5_000_000, 10);
    expect(meter.bytesPerOp).toBe(-1);
    for (const grown of [1e6, 2e6, 9e6]) meter.add(grown, 1_000);
    expect(Math.round(meter.bytesPerOp / 100)).toBe(20);
  });
});
