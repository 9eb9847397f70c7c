import type { BenchResult } from '../benchmark.ts';
import { profileText, table } from '../profile/profile-text.ts';
import type { ProfileReport } from '../profile/profile-text.ts';
import { notesText } from '../report.ts';
import type { BenchReport } from '../report.ts';
import { outcomesOf, timeText } from './goals.ts';

/** The parts of RESULTS.md that are figures, by the name of their marks. */
export function sectionsOf(
  reports: readonly BenchReport[],
  profiles: readonly ProfileReport[],
): Map<string, string> {
  const rows = reports.flatMap(({ results }) => results);
  return new Map([
    ['machine', machineSection(reports)],
    ['goals', goalsSection(rows)],
    ['table', tableSection(rows)],
    ['notes', notesSection(rows)],
    [
      'profile',
      profiles
        .map((profile) => `### ${profile.path}, ${profile.feed}\n\n${profileText(profile)}`)
        .join('\n\n'),
    ],
  ]);
}

function machineSection(reports: readonly BenchReport[]): string {
  return reports
    .map(({ machine, node, date, results }) => {
      const names = [...new Set(results.map(({ name }) => name.split(':')[0]!))].filter(
        (name) => name !== 'peer',
      );
      return `- ${machine}; Node ${node}; ${date.slice(0, 16).replace('T', ' ')} UTC: ${names.join(', ')}`;
    })
    .join('\n');
}

function goalsSection(rows: readonly BenchResult[]): string {
  const outcomes = outcomesOf(rows);
  const lines = outcomes.map(({ goal, feed, allowed, measured, isMet }) => [
    goal,
    feed,
    allowed,
    measured,
    isMet === undefined ? '–' : isMet ? 'met' : '**missed**',
  ]);
  const met = outcomes.filter(({ isMet }) => isMet === true).length;
  const open = outcomes.filter(({ isMet }) => isMet === undefined).length;
  return `${table(['goal', 'feed', 'allowed', 'measured', ''], lines, 5)}\n\n${met} of ${outcomes.length} met${open === 0 ? '' : `, ${open} not measured, or not for long enough`}.`;
}

function tableSection(rows: readonly BenchResult[]): string {
  const text = (value: number, unit: string): string =>
    unit === 'ns' ? timeText(value) : value.toLocaleString('en-US', { maximumFractionDigits: 1 });
  return table(
    ['name', 'feed', 'p50', 'p90', 'p99', 'p99.9', 'max', 'ops/s', 'B/op', 'checksum'],
    rows.map(({ name, feed, unit, p50, p90, p99, p999, max, opsPerSecond, bytesPerOp, checksum }) => [
      `\`${name}\``,
      feed,
      ...[p50, p90, p99, p999, max].map((value) => text(value, unit)),
      opsPerSecond.toLocaleString('en-US'),
      bytesPerOp < 0 ? '–' : bytesPerOp.toLocaleString('en-US', { maximumFractionDigits: 1 }),
      checksum,
    ]),
    2,
  );
}

function notesSection(rows: readonly BenchResult[]): string {
  return notesText(rows)
    .split('\n')
    .map((line) => (line.startsWith('    ') ? `  ${line.trim()}` : `- ${line}`))
    .join('\n');
}

/**
 * Puts each section between its marks, `<!-- begin NAME -->` and `<!-- end NAME -->`; what is written by hand stays.
 *
 * @throws Error when a mark is not there
 */
export function withSections(document: string, sections: ReadonlyMap<string, string>): string {
  let text = document;
  for (const [name, section] of sections) {
    // No profile given: what is there stays.
    if (section === '') continue;
    const begin = `<!-- begin ${name} -->`;
    const end = `<!-- end ${name} -->`;
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from === -1 || to < from) throw new Error(`expected ${begin} and ${end} in the document`);
    text = `${text.slice(0, from + begin.length)}\n\n${section}\n\n${text.slice(to)}`;
  }
  return text;
}
