/** What a sweep has found, as text: the best points, and how far their order held in the second part of the data. */
import { rankCorrelation, textOfFigure } from '../backtest/sweep.ts';
import type { Objective, SweepRow } from '../backtest/sweep.ts';
import { textOfPoint } from '../backtest/sweep-space.ts';
import type { Milliseconds } from '../base/units.ts';
import { textTable } from './text-table.ts';

/** Beside the objective, of the first part. */
const SHOWN: readonly Objective[] = ['profit', 'sharpe', 'fills', 'maxDrawdown', 'timeQuoted'];

/** Where the data is cut. */
interface Parts {
  readonly fromMs: Milliseconds;
  readonly splitMs: Milliseconds;
  readonly toMs: Milliseconds;
}

/** @param rows best first; `top` of them are shown */
export function sweepTable(
  rows: readonly SweepRow[],
  { objective, top }: { readonly objective: Objective; readonly top: number },
  parts: Parts,
): string {
  const { fromMs, splitMs, toMs } = parts;
  const hasSecond = splitMs < toMs;
  const others = SHOWN.filter((name) => name !== objective);
  const head = ['rank', objective, ...(hasSecond ? ['out of sample'] : []), ...others, 'parameters'];
  const body = rows
    .slice(0, top)
    .map(({ outcome, parameters, error }, index) => [
      String(index + 1),
      textOfFigure(outcome?.inSample, objective),
      ...(hasSecond ? [textOfFigure(outcome?.outOfSample, objective)] : []),
      ...others.map((name) => textOfFigure(outcome?.inSample, name)),
      error === '' ? textOfPoint(parameters) : `${textOfPoint(parameters)}: ${error}`,
    ]);
  const lines = textTable(head, body, `${'r'.repeat(head.length - 1)}l`);
  const correlation = rankCorrelation(rows, objective);
  const belief = Number.isNaN(correlation)
    ? hasSecond
      ? 'too few points to say how far the order held'
      : 'no second part to compare with'
    : `rank correlation of the two parts ${correlation.toFixed(2)}: 1 is the same order, 0 is chance`;
  const first = `sorted by ${objective} from ${isoOf(fromMs)} to ${isoOf(splitMs)}`;
  const second = hasSecond ? `; out of sample to ${isoOf(toMs)}` : '';
  return `${lines.join('\n')}\n\n${rows.length} points, ${first}${second}; ${belief}\n`;
}

export function isoOf(timeMs: Milliseconds): string {
  return new Date(timeMs).toISOString();
}
