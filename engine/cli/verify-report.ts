import type { VerifiedFile, VerifiedLevel, VerifyResult } from './verify-replay.ts';

export interface VerifyReport {
  readonly files: readonly VerifiedFile[];
  readonly results: readonly VerifyResult[];
  readonly ok: boolean;
}

const COLUMNS: readonly (readonly [title: string, isText: boolean, cell: (row: VerifyResult) => string])[] = [
  ['instrument', true, (row) => row.instId],
  ['channel', true, (row) => row.channel],
  ['frames', false, (row) => String(row.frames)],
  ['updates', false, (row) => String(row.updates)],
  ['sums equal', false, (row) => String(row.checksums.equal)],
  ['unequal', false, (row) => String(row.checksums.unequal)],
  ['zero', false, (row) => String(row.checksums.zero)],
  ['gaps', false, (row) => String(row.gaps)],
  ['resets', false, (row) => String(row.resets)],
  ['crossed', false, (row) => String(row.crossed)],
  ['slow', false, (row) => String(row.slowPath)],
  ['malformed', false, (row) => String(row.malformed)],
  ['best bid', false, (row) => levelText(row.bestBid)],
  ['best ask', false, (row) => levelText(row.bestAsk)],
];

/** The report as a table a file, with a line for whatever is wrong, and the verdict at the end. */
export function formatVerifyReport(report: VerifyReport): string {
  const lines: string[] = [];
  for (const file of report.files) {
    const results = report.results.filter((result) => result.file === file.file);
    lines.push(`${file.file}: ${file.lines} lines, ${file.depthFrames} depth frames`);
    if (results.length > 0) lines.push(...table(results));
    if (file.error !== null) lines.push(`  error: ${file.error}`);
    if (file.malformed > 0)
      lines.push(`  ${file.malformed} lines are no frames, or broken ones of no instrument`);
    for (const result of results) lines.push(...complaints(result).map((text) => `  ${text}`));
    lines.push('');
  }
  lines.push(report.ok ? 'ok: every book verified' : 'MISMATCH: see above');
  return `${lines.join('\n')}\n`;
}

function complaints(result: VerifyResult): string[] {
  const name = `${result.instId} ${result.channel}`;
  const lines: string[] = [];
  if (result.missingSequences > 0) {
    lines.push(
      `${name}: ${result.missingSequences} messages lack seqId or prevSeqId, which others here have`,
    );
  }
  if (!result.isSynced)
    lines.push(`${name}: no book at the end, expected a snapshot and an unbroken chain after it`);
  if (result.unsynced > 0)
    lines.push(`${name}: ${result.unsynced} messages passed over for want of a snapshot`);
  return lines;
}

function table(results: readonly VerifyResult[]): string[] {
  const rows = [
    COLUMNS.map(([title]) => title),
    ...results.map((result) => COLUMNS.map(([, , cell]) => cell(result))),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      COLUMNS[column]![1] ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
    return `  ${cells.join('  ').trimEnd()}`;
  });
}

function levelText(level: VerifiedLevel | null): string {
  return level === null ? '-' : `${level.price} × ${level.size}`;
}
