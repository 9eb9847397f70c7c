import type { BenchResult } from '../benchmark.ts';

/** Rounds below which no verdict is given: with fewer, chance puts all of them on one side too often (5: one in 16). */
export const VERDICT_ROUNDS_MIN = 5;
/** A median nearer to 1 than this is nobody's concern, and order in memory alone makes as much. */
const LEAST_CHANGE = 0.02;

export const Verdict = {
  faster: 'faster',
  slower: 'slower',
  same: 'same',
  /** The rounds contradict each other. */
  open: '-',
  tooFew: 'too few rounds',
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** The tree's figure over the base's, round by round: below 1 the tree is faster. */
export interface Ratio {
  readonly median: number;
  /** Quartiles; the range, when there are fewer than four rounds. */
  readonly low: number;
  readonly high: number;
  readonly rounds: readonly number[];
}

/** One row of the comparison: what both have. */
export interface ComparedRow {
  readonly name: string;
  readonly feed: string;
  readonly p50: Ratio;
  readonly p99: Ratio;
  readonly verdict: Verdict;
  /** Medians of the rounds, bytes an operation; -1 where not measured. */
  readonly bytesPerOp: { readonly base: number; readonly tree: number };
  readonly checksum: { readonly base: string; readonly tree: string };
}

export interface Comparison {
  readonly rows: readonly ComparedRow[];
  /** Rows by name and feed that only one side has. */
  readonly onlyInBase: readonly string[];
  readonly onlyInTree: readonly string[];
}

/** What one round of both gave. */
export interface Round {
  readonly base: readonly BenchResult[];
  readonly tree: readonly BenchResult[];
}

function keyOf({ name, feed }: BenchResult): string {
  return `${name} (${feed})`;
}

/** Compares by round, so that what a slow minute does to both is in neither. */
export function compare(rounds: readonly Round[]): Comparison {
  const baseKeys = new Set(rounds.flatMap(({ base }) => base.map(keyOf)));
  const treeKeys = new Set(rounds.flatMap(({ tree }) => tree.map(keyOf)));
  const rows: ComparedRow[] = [];
  for (const key of treeKeys) {
    if (!baseKeys.has(key)) continue;
    const pairs = rounds.flatMap(({ base, tree }) => {
      const before = base.find((result) => keyOf(result) === key);
      const after = tree.find((result) => keyOf(result) === key);
      return before === undefined || after === undefined ? [] : [{ before, after }];
    });
    if (pairs.length > 0) rows.push(rowOf(pairs));
  }
  return {
    rows,
    onlyInBase: [...baseKeys].filter((key) => !treeKeys.has(key)),
    onlyInTree: [...treeKeys].filter((key) => !baseKeys.has(key)),
  };
}

interface Pair {
  readonly before: BenchResult;
  readonly after: BenchResult;
}

function rowOf(pairs: readonly Pair[]): ComparedRow {
  const { name, feed } = pairs[0]!.after;
  const p50 = ratioOf(pairs.map(({ before, after }) => quotientOf(after.p50, before.p50)));
  return {
    name,
    feed,
    p50,
    p99: ratioOf(pairs.map(({ before, after }) => quotientOf(after.p99, before.p99))),
    verdict: verdictOf(p50),
    bytesPerOp: {
      base: quantileOf(
        pairs.map(({ before }) => before.bytesPerOp),
        0.5,
      ),
      tree: quantileOf(
        pairs.map(({ after }) => after.bytesPerOp),
        0.5,
      ),
    },
    checksum: {
      base: [...new Set(pairs.map(({ before }) => before.checksum))].join(' '),
      tree: [...new Set(pairs.map(({ after }) => after.checksum))].join(' '),
    },
  };
}

/** Nothing against nothing is the same. */
function quotientOf(after: number, before: number): number {
  return after === before ? 1 : after / before;
}

export function ratioOf(rounds: readonly number[]): Ratio {
  const isFew = rounds.length < 4;
  return {
    median: quantileOf(rounds, 0.5),
    low: quantileOf(rounds, isFew ? 0 : 0.25),
    high: quantileOf(rounds, isFew ? 1 : 0.75),
    rounds,
  };
}

/**
 * A verdict is given when the spread allows one: all rounds but at most one in six on the same side of 1, and the quartiles
 * too, and the median far enough from it; or, for `same`, the quartiles within what is nobody's concern.
 */
export function verdictOf({ median, low, high, rounds }: Ratio): Verdict {
  if (rounds.length < VERDICT_ROUNDS_MIN) return Verdict.tooFew;
  const dissentersMax = Math.floor(rounds.length / 6);
  const above = rounds.filter((ratio) => ratio >= 1).length;
  const below = rounds.filter((ratio) => ratio <= 1).length;
  if (median <= 1 - LEAST_CHANGE && high < 1 && above <= dissentersMax) return Verdict.faster;
  if (median >= 1 + LEAST_CHANGE && low > 1 && below <= dissentersMax) return Verdict.slower;
  return low > 1 - LEAST_CHANGE && high < 1 + LEAST_CHANGE ? Verdict.same : Verdict.open;
}

/** Between neighbours in proportion. */
function quantileOf(values: readonly number[], quantile: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * quantile;
  const below = sorted[Math.floor(at)]!;
  const above = sorted[Math.ceil(at)]!;
  return below + (above - below) * (at - Math.floor(at));
}

/** The rows as text, and below them what needs saying. */
export function comparisonText({ rows, onlyInBase, onlyInTree }: Comparison): string {
  const cells = rows.map((row) => [
    row.name,
    row.feed,
    ratioText(row.p50),
    row.verdict,
    ratioText(row.p99),
    bytesText(row),
    row.checksum.base === row.checksum.tree ? 'same' : 'DOES SOMETHING ELSE',
  ]);
  const headings = ['name', 'feed', 'p50 (quartiles)', 'verdict', 'p99 (quartiles)', 'B/op', 'checksum'];
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  const lines = [line(headings), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)];
  for (const { name, feed, checksum } of rows) {
    if (checksum.base === checksum.tree) continue;
    lines.push(
      `${name} (${feed}) does something else: checksum ${checksum.base} before, ${checksum.tree} now`,
    );
  }
  if (onlyInBase.length > 0) lines.push(`only in the base: ${onlyInBase.join(', ')}`);
  if (onlyInTree.length > 0) lines.push(`only in the tree: ${onlyInTree.join(', ')}`);
  return lines.join('\n');
}

function ratioText({ median, low, high }: Ratio): string {
  return `${median.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

function bytesText({ bytesPerOp: { base, tree } }: ComparedRow): string {
  const text = (bytes: number): string => (bytes < 0 ? '-' : String(Math.round(bytes * 10) / 10));
  return base === tree ? text(tree) : `${text(base)} -> ${text(tree)}`;
}
