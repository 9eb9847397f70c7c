import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { IndexSet } from '../../engine/base/index-set.ts';

const CAPACITY = 100;

function takeAll(set: IndexSet): number[] {
  const taken: number[] = [];
  for (let index = set.take(0); index !== -1; index = set.take(index + 1)) taken.push(index);
  return taken;
}

test('gives what was added once, in ascending order, and is empty then', () => {
  const index = fc.integer({ min: 0, max: CAPACITY - 1 });
  fc.assert(
    fc.property(fc.array(index), fc.array(index), (first, second) => {
      const set = new IndexSet(CAPACITY);
      for (const added of [first, second]) {
        for (const each of added) set.add(each);
        expect(set.isEmpty).toBe(added.length === 0);
        expect(takeAll(set)).toEqual([...new Set(added)].toSorted((a, b) => a - b));
        expect(set.isEmpty).toBe(true);
      }
    }),
  );
});

test.each([1, 31, 32, 33, 64, 100])('of %i, all are all', (capacity) => {
  const set = new IndexSet(capacity);
  set.addAll();
  expect(takeAll(set)).toEqual(Array.from({ length: capacity }, (_, index) => index));
});

test('what is added while it is gone through comes in this round ahead, and in the next behind', () => {
  const set = new IndexSet(CAPACITY);
  set.add(40);
  expect(set.take(0)).toBe(40);
  set.add(70);
  set.add(40);
  set.add(3);
  expect([set.take(41), set.take(71), set.isEmpty]).toEqual([70, -1, false]);
  expect(takeAll(set)).toEqual([3, 40]);
});
