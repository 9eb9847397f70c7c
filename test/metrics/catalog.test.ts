import { definitionOf, METRIC_IDS, namesOf } from '../../engine/metrics/catalog.ts';
import { describe, expect, test } from 'vitest';

describe('the catalogue', () => {
  test.each(METRIC_IDS)('%s follows the naming rules', (id) => {
    const { name, kind, help, labels, owner, source } = definitionOf(id);
    expect(name).toMatch(/^okxmm_[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
    expect(name.endsWith('_total')).toBe(kind === 'counter');
    // Durations and instants leave in seconds, and say so.
    const isTime = ['nanoseconds', 'instant', 'deadline'].includes(source);
    expect(name.endsWith('_seconds') || !isTime).toBe(true);
    expect(source === 'nanoseconds' || kind !== 'histogram').toBe(true);
    expect(help).toMatch(/^[A-Z1].*\.$/);
    expect(new Set(labels).size).toBe(labels.length);
    // A worker's own number chooses its block, so it has to come first.
    expect(labels[0] === 'worker' || owner !== 'worker').toBe(true);
  });

  test('no two metrics share a name, nor a name with a part of a histogram', () => {
    const names = METRIC_IDS.flatMap((id) => {
      const { name, kind } = definitionOf(id);
      return kind === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
    });
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('namesOf', () => {
  test('gives the keys in the order of their values', () => {
    expect(namesOf({ second: 1, first: 0 })).toEqual(['first', 'second']);
  });

  test.each([{ first: 0, third: 2 }, { first: 1 }, { first: 0, again: 0 }])('refuses %o', (table) => {
    expect(() => namesOf(table)).toThrow(RangeError);
  });
});
