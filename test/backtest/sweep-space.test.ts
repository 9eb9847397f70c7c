import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  configAt,
  gridPoints,
  parseChoice,
  parseRange,
  randomPoints,
  textOfPoint,
} from '../../engine/backtest/sweep-space.ts';
import { loadConfig } from '../../engine/config/load-config.ts';

const FILE = new URL('../../engine/config/paper.yaml', import.meta.url).pathname;
const TEXT = readFileSync(FILE, 'utf8');
const BASE = loadConfig(FILE);

describe('a grid', () => {
  it('is every combination, the last key fastest', () => {
    const points = gridPoints([parseChoice('strategy.levels=1,2'), parseChoice('engine.closeBps=10,20,30')]);
    expect(points.map(textOfPoint)).toEqual([
      'strategy.levels=1 engine.closeBps=10',
      'strategy.levels=1 engine.closeBps=20',
      'strategy.levels=1 engine.closeBps=30',
      'strategy.levels=2 engine.closeBps=10',
      'strategy.levels=2 engine.closeBps=20',
      'strategy.levels=2 engine.closeBps=30',
    ]);
  });

  it.each([
    ['levels', 'expected --grid KEY=V1,V2,..., was "levels"'],
    ['=1', 'expected --grid KEY=V1,V2,...'],
    ['a b=1', 'expected --grid KEY=V1,V2,...'],
    ['levels=1,,2', 'one is empty'],
    ['levels=', 'one is empty'],
    ['levels=1,1', '"1" is there again'],
  ])('refuses %s', (text, message) => {
    expect(() => parseChoice(text)).toThrow(message);
  });

  it('refuses nothing to vary, a key twice, and more points than anybody wants', () => {
    expect(() => gridPoints([])).toThrow('expected something to vary');
    const choice = parseChoice('a=1,2');
    expect(() => gridPoints([choice, choice])).toThrow('expected each key once, "a" is given again');
    const many = ['a', 'b', 'c'].map((key) => ({
      key,
      values: Array.from({ length: 100 }, (_, i) => String(i)),
    }));
    expect(() => gridPoints(many)).toThrow('expected at most 100000 points, was 1000000');
  });
});

describe('draws', () => {
  it.each([
    ['a=1', 'expected KEY=MIN:MAX'],
    ['a=5:1', 'expected KEY=MIN:MAX with MIN below MAX'],
    ['a=1:2:3', 'expected log, int or nothing after MAX, was "3"'],
    ['a=1:2:log:log', 'expected KEY=MIN:MAX'],
    ['a=0:2:log', 'expected MIN above 0 for log, was 0'],
    ['a=0.5:2:int', 'expected whole numbers for int'],
    ['a=x:2', 'expected KEY=MIN:MAX'],
    ['a=:2', 'expected KEY=MIN:MAX'],
  ])('refuse %s', (text, message) => {
    expect(() => parseRange(text)).toThrow(message);
  });

  it('stay within their bounds, repeat with their seed, and begin alike whatever their number', () => {
    const scale = fc.constantFrom('linear', 'log', 'int');
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 1_000 }),
        scale,
        fc.nat(),
        (min, more, kind, seed) => {
          const range = parseRange(`k=${min}:${min + more}${kind === 'linear' ? '' : `:${kind}`}`);
          const choice = parseChoice('c=x,y,z');
          const points = randomPoints([choice], [range], 20, seed);
          for (const { k, c } of points) {
            expect(Number(k)).toBeGreaterThanOrEqual(min);
            expect(Number(k)).toBeLessThanOrEqual(min + more);
            expect(['x', 'y', 'z']).toContain(c);
            if (kind === 'int') expect(Number.isInteger(Number(k))).toBe(true);
            expect(k).toMatch(/^\d+(\.\d+)?$/);
          }
          expect(randomPoints([choice], [range], 20, seed)).toEqual(points);
          expect(randomPoints([choice], [range], 7, seed)).toEqual(points.slice(0, 7));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('write small numbers out', () => {
    const [point] = randomPoints([], [parseRange('k=1e-9:2e-9:log')], 1, 1);
    expect(point!['k']).toMatch(/^0\.000000001\d+$/);
  });

  it('reach every whole number of their bounds', () => {
    const drawn = new Set(randomPoints([], [parseRange('k=1:3:int')], 100, 7).map(({ k }) => k));
    expect([...drawn].toSorted()).toEqual(['1', '2', '3']);
  });
});

describe('a configuration at a point', () => {
  it('has the value in every instrument, or in the one that is named', () => {
    const all = configAt(TEXT, BASE, FILE, { 'strategy.halfSpreadBps': '7.5' });
    expect(all.instruments.map(({ strategy }) => strategy.halfSpreadBps)).toEqual(
      BASE.instruments.map(() => 7.5),
    );
    const one = configAt(TEXT, BASE, FILE, { 'instruments.1.strategy.levels': '2' });
    expect(one.instruments.map(({ strategy }) => strategy.levels)).toEqual(
      BASE.instruments.map(({ strategy }, index) => (index === 1 ? 2 : strategy.levels)),
    );
  });

  it('keeps everything else', () => {
    const changed = configAt(TEXT, BASE, FILE, { 'engine.closeBps': '33' });
    expect(changed).toEqual({ ...BASE, engine: { ...BASE.engine, closeBps: 33 } });
  });

  it('takes what is decimal text in the file as text', () => {
    const { instruments } = configAt(TEXT, BASE, FILE, { 'strategy.sizeStep': '0.000' });
    expect(instruments[0]!.strategy.sizeStep).toBe('0.000');
  });

  it('sets what the file leaves out', () => {
    const least = TEXT.slice(0, TEXT.indexOf('\nbacktest:'));
    expect(least).not.toContain('\nmetrics:');
    expect(configAt(least, BASE, FILE, { 'backtest.queueModel': 'log' }).backtest.queueModel).toBe('log');
  });

  it.each([
    ['strategy.levls', '1', 'strategy.levls: expected no such key'],
    ['instruments.9.strategy.levels', '1', 'expected the number of an instrument from 0 to'],
    ['instruments.x.strategy.levels', '1', 'expected the number of an instrument from 0 to'],
    ['strategy', '1', 'expected a key with a single value'],
    ['strategy.levels', '99', 'levels'],
  ])('refuses %s=%s', (key, value, message) => {
    expect(() => configAt(TEXT, BASE, FILE, { [key]: value })).toThrow(message);
  });

  it('names the point in the error of the configuration', () => {
    expect(() => configAt(TEXT, BASE, FILE, { 'strategy.levels': '99' })).toThrow('with strategy.levels=99');
  });
});
