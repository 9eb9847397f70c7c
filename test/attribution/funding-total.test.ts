import { describe, expect, it } from 'vitest';
import { FundingTotal } from '../../engine/attribution/funding-total.ts';

describe('funding', () => {
  // [opened at, total told, what was settled by that]
  const WORDS: readonly (readonly [string, boolean, readonly (readonly [number, bigint, bigint])[]])[] = [
    [
      'is what the total of a position grows by',
      true,
      [
        [100, 0n, 0n],
        [100, -5n, -5n],
        [100, -5n, 0n],
        [100, 2n, 7n],
      ],
    ],
    [
      'counts from the beginning of a position of our own whose beginning nobody told',
      true,
      [[100, -5n, -5n]],
    ],
    [
      'counts from the first word about a position that was found',
      false,
      [
        [100, -5n, 0n],
        [100, -6n, -1n],
        // Another one, which cannot have been there before.
        [200, -3n, -3n],
      ],
    ],
    [
      'goes on where a position turns and keeps its total',
      true,
      [
        [100, -5n, -5n],
        [200, -5n, 0n],
        [200, -6n, -1n],
      ],
    ],
    [
      'begins anew with another position',
      true,
      [
        [100, -5n, -5n],
        [200, 0n, 0n],
        [200, -1n, -1n],
      ],
    ],
    [
      'is not counted again by a word that was overtaken',
      true,
      [
        [200, -1n, -1n],
        [100, -5n, 0n],
        [200, -2n, -1n],
      ],
    ],
  ];
  it.each(WORDS)('%s', (_, isOwn, words) => {
    const total = new FundingTotal();
    expect(words.map(([openedMs, told]) => total.onTold(openedMs, told, isOwn))).toEqual(
      words.map(([, , settled]) => settled),
    );
  });

  it('goes on where a former run has ended', () => {
    const total = new FundingTotal();
    total.restore(100, -5n);
    expect(total.onTold(100, -7n, false)).toBe(-2n);
  });
});
