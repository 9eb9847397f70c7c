import type { GateRow, Limit } from './limits.ts';

/** What the gate says of one row. */
export interface Verdict {
  readonly name: string;
  readonly feed: string;
  readonly kind: string;
  readonly measured: number;
  /** NaN where no limit is known. */
  readonly allowed: number;
  /** undefined when the row passes; else what is wrong and what to do about it. */
  readonly problem: string | undefined;
}

/** @testonly The judgement uses it. */
export function allowedBy(limit: Limit): number {
  return Math.max(limit.least, limit.measured * limit.factor);
}

/**
 * Compares what was measured with what is allowed. A limit without a row fails: a benchmark that is gone, or has another
 * name, is not watched any more. A row without a limit fails too: a new one needs its limit.
 */
export function judge(rows: readonly GateRow[], limits: readonly Limit[]): Verdict[] {
  const verdicts = rows.map((row) =>
    verdictOf(
      row,
      limits.find((limit) => isSame(row, limit)),
    ),
  );
  for (const limit of limits) {
    if (rows.some((row) => isSame(row, limit))) continue;
    const { name, feed, kind } = limit;
    verdicts.push({
      name,
      feed,
      kind,
      measured: Number.NaN,
      allowed: allowedBy(limit),
      problem: 'has a limit but was not measured: if it is gone for good, run npm run bench:gate -- --update',
    });
  }
  return verdicts;
}

function verdictOf(row: GateRow, limit: Limit | undefined): Verdict {
  const { name, feed, kind, value } = row;
  const verdict = { name, feed, kind, measured: value };
  if (limit === undefined) {
    return {
      ...verdict,
      allowed: Number.NaN,
      problem: 'has no limit in bench/limits.json: set it by npm run bench:gate -- --update, and commit it',
    };
  }
  const allowed = allowedBy(limit);
  // Written so that a value that is no number fails.
  if (value <= allowed) return { ...verdict, allowed, problem: undefined };
  return { ...verdict, allowed, problem: `${texts[kind](value, allowed, limit)}; ${WHAT_TO_DO}` };
}

const texts: Readonly<Record<string, (value: number, allowed: number, limit: Limit) => string>> = {
  ratio: (value, allowed, { measured, factor }) =>
    `expected at most ${figure(allowed)} times the calibration work (${figure(measured)} when the limit was set, times ${factor}), was ${figure(value)}`,
  bytes: (value, allowed) => `expected at most ${figure(allowed)} B a turn, was ${figure(value)} B`,
  count: (value, allowed) => `expected at most ${figure(allowed)}, was ${figure(value)}`,
};

const WHAT_TO_DO =
  'see what changed it by npm run bench:compare -- BASE, and where the time goes by npm run bench:profile; ' +
  'if it is meant to cost more, set the limits anew by npm run bench:gate -- --update and say why in the commit';

function isSame(row: GateRow, limit: Limit): boolean {
  return row.name === limit.name && row.feed === limit.feed && row.kind === limit.kind;
}

export function figure(value: number): string {
  return Number.isNaN(value) ? '-' : String(Number(value.toPrecision(3)));
}
