import type { Deoptimisation } from '../steady/deoptimisations.ts';
import type { CollectorPause, StageTimes } from '../steady/steady-run.ts';
import type { Share } from './cpu-profile.ts';

/** What `npm run bench:profile` writes beside the graph. */
export interface ProfileReport {
  readonly path: string;
  readonly feed: string;
  readonly turns: number;
  readonly machine: string;
  readonly node: string;
  readonly date: string;
  /** Of a whole turn, in nanoseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly stages: readonly StageTimes[];
  readonly deoptimisations: readonly Deoptimisation[];
  readonly optimised: number;
  readonly collections: readonly CollectorPause[];
  readonly rooms: readonly Share[];
  readonly functions: readonly Share[];
}

const FUNCTIONS_SHOWN = 20;

/** The summary as Markdown, for the terminal and for RESULTS.md alike. */
export function profileText(report: ProfileReport): string {
  const { path, feed, turns, p50, p99, stages, rooms, functions } = report;
  const parts = [
    `\`${path}\`, ${feed}: ${turns} turns one after the other, a turn p50 ${Math.round(p50)} ns, p99 ${Math.round(p99)} ns.`,
    compilerText(report),
  ];
  if (stages.length > 0) parts.push(stagesText(stages));
  parts.push(
    table(
      ['room', 'self time'],
      rooms.map(({ what, share }) => [what, percent(share)]),
    ),
    table(
      ['function', 'self time'],
      functions.slice(0, FUNCTIONS_SHOWN).map(({ what, share }) => [`\`${what}\``, percent(share)]),
    ),
  );
  return parts.join('\n\n');
}

function compilerText({ deoptimisations, optimised, collections }: ProfileReport): string {
  const bailouts = deoptimisations.map(({ what, count }) => `${count} × ${what}`).join('; ');
  const pauses = collections.map(
    ({ kind, count, longestMs }) => `${count} × ${kind}, longest ${longestMs.toFixed(2)} ms`,
  );
  return (
    `Deoptimisations after warming up: ${bailouts === '' ? '0' : bailouts}. ` +
    `Functions optimised after warming up: ${optimised}. Collections: ${pauses.join('; ') || '0'}.`
  );
}

/** Each stage is timed from the receipt of the frame; not every frame comes to the later ones. */
function stagesText(stages: readonly StageTimes[]): string {
  return table(
    ['stage, from receipt', 'times', 'p50 ns', 'p90 ns', 'p99 ns'],
    stages.map(({ stage, count, p50, p90, p99 }) => [
      stage,
      ...[count, p50, p90, p99].map((value) => figure(value)),
    ]),
  );
}

/** A Markdown table: text to the left in the first columns, figures to the right in the others. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns = 1,
): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, 3, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column < textColumns ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column < textColumns ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(headings), line(rule), ...rows.map(line)].join('\n');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

export function figure(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
