import type { RunResult } from '../../engine/report/run-result.ts';

/** What one run came to, of what strategies are compared by. Money in the result's currency. */
export interface RunFigures {
  readonly profit: number;
  readonly spread: number;
  readonly inventory: number;
  readonly fees: number;
  readonly drawdown: number;
  /** Standard deviation of the position's value. */
  readonly positionDeviation: number;
  readonly fills: number;
  readonly volume: number;
  readonly quotedShare: number;
  readonly markout1s: number;
  readonly markout5s: number;
  readonly markout30s: number;
}

/** A row of the table: mean of the runs, and of the profit how far they lie apart. */
export interface Row {
  readonly name: string;
  readonly runs: readonly RunFigures[];
}

export function figuresOf(result: RunResult): RunFigures {
  const markout = (seconds: string): number => result.markouts[seconds]?.bps ?? NaN;
  return {
    profit: result.profit.total,
    spread: result.profit.spread,
    inventory: result.profit.inventory,
    fees: result.profit.fees,
    drawdown: result.maxDrawdown,
    positionDeviation: result.inventory.standardDeviation,
    fills: result.fills,
    volume: result.volume,
    quotedShare: result.timeQuoted,
    markout1s: markout('1'),
    markout5s: markout('5'),
    markout30s: markout('30'),
  };
}

const COLUMNS: readonly (readonly [head: string, value: (of: RunFigures) => number, digits: number])[] = [
  ['spread', ({ spread }) => spread, 2],
  ['inventory', ({ inventory }) => inventory, 2],
  ['fees', ({ fees }) => fees, 2],
  ['drawdown', ({ drawdown }) => drawdown, 2],
  ['position s.d.', ({ positionDeviation }) => positionDeviation, 0],
  ['fills', ({ fills }) => fills, 0],
  ['profit bps', ({ profit, volume }) => (volume > 0 ? (profit / volume) * 1e4 : NaN), 3],
  ['markout 1 s', ({ markout1s }) => markout1s, 3],
  ['5 s', ({ markout5s }) => markout5s, 3],
  ['30 s', ({ markout30s }) => markout30s, 3],
  ['quoted', ({ quotedShare }) => quotedShare * 100, 1],
];

function meanOf(values: readonly number[]): number {
  const known = values.filter((value) => Number.isFinite(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

function text(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '–';
}

/** Of the mean of the runs; NaN with fewer than two. */
function standardErrorOf(values: readonly number[]): number {
  if (values.length < 2) return NaN;
  const mean = meanOf(values);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return Math.sqrt(variance / values.length);
}

/** Markdown, best profit first. */
export function tableOf(rows: readonly Row[]): string {
  const profits = (row: Row): number[] => row.runs.map(({ profit }) => profit);
  const sorted = rows.toSorted((a, b) => meanOf(profits(b)) - meanOf(profits(a)));
  const heads = ['strategy', 'profit', ...COLUMNS.map(([head]) => head)];
  const lines = sorted.map((row) => {
    const error = standardErrorOf(profits(row));
    const profit = text(meanOf(profits(row)), 2) + (Number.isFinite(error) ? ` ± ${text(error, 2)}` : '');
    const cells = COLUMNS.map(([, value, digits]) => text(meanOf(row.runs.map(value)), digits));
    return `| ${[`\`${row.name}\``, profit, ...cells].join(' | ')} |`;
  });
  return [`| ${heads.join(' | ')} |`, `|${' --- |'.repeat(heads.length)}`, ...lines].join('\n');
}
