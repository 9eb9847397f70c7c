/** Results as tables for other programs: one file a table, a head line, commas, decimal points, times in ms of the epoch. */
import { HORIZONS_SECONDS } from '../base/fill-groups.ts';
import type { FillRow, RunResult, Series } from './run-result.ts';

/** Files by name, in no order. */
export type CsvFiles = Readonly<Record<string, string>>;

const FILL_COLUMNS: readonly (keyof FillRow)[] = [
  'timeMs',
  'venueMs',
  'instId',
  'side',
  'price',
  'size',
  'value',
  'fee',
  'feeCcy',
  'isMaker',
  'tradeId',
  'clOrdId',
  'mid',
  'position',
];

/**
 * `summary.csv` (a figure a line, nested names with dots), `series.csv`, `series-<instId>.csv`, `markouts.csv`,
 * `latencies.csv`, `groups.csv` and `fills.csv`.
 *
 * @param fills all of them, where the result holds only every so many
 */
export function resultCsv(result: RunResult, fills: readonly FillRow[] = result.fillRows): CsvFiles {
  const { series, instrumentSeries, fillRows: _, markouts, latencies, ...figures } = result;
  const files: Record<string, string> = {
    'summary.csv': csv(['name', 'value'], flat('', figures)),
    'series.csv': seriesCsv(series),
    'fills.csv': csv(
      FILL_COLUMNS,
      fills.map((row) => FILL_COLUMNS.map((name) => row[name])),
    ),
    'markouts.csv': recordsCsv('horizonSeconds', markouts),
    'latencies.csv': recordsCsv('latency', latencies),
    'groups.csv': groupsCsv(result),
  };
  for (const [instId, each] of Object.entries(instrumentSeries)) {
    files[`series-${instId.replaceAll(/[^A-Za-z0-9_-]/g, '_')}.csv`] = seriesCsv(each);
  }
  return files;
}

/** Fills by group: side, level, age of the quote, place in the queue, model, version. */
function groupsCsv({ attribution }: RunResult): string {
  const horizons = HORIZONS_SECONDS.map(String);
  const kinds = ['sides', 'levels', 'ages', 'queues', 'models', 'versions'] as const;
  const rows = kinds.flatMap((kind) =>
    (attribution?.[kind] ?? []).map(({ group, fills, value, spreadBps, feeBps, markoutBps }) => [
      kind,
      group,
      fills,
      value,
      spreadBps,
      feeBps,
      ...horizons.map((seconds) => markoutBps[seconds]),
    ]),
  );
  const heads = ['kind', 'group', 'fills', 'value', 'spreadBps', 'feeBps'];
  return csv([...heads, ...horizons.map((seconds) => `markoutBps${seconds}s`)], rows);
}

function seriesCsv({ timeMs, columns }: Series): string {
  const names = Object.keys(columns);
  const rows = timeMs.map((ms, index) => [ms, ...names.map((name) => columns[name]![index]!)]);
  return csv(['timeMs', ...names], rows);
}

/** Objects of the same kind by a key: of each what is a single value. */
function recordsCsv(key: string, records: Readonly<Record<string, object>>): string {
  const entries = Object.entries(records).map(([name, record]) => [name, flat('', record)] as const);
  const names = entries[0]?.[1].map(([name]) => name!) ?? [];
  return csv(
    [key, ...names.map(String)],
    entries.map(([name, values]) => [name, ...values.map(([, value]) => value)]),
  );
}

/** Values with their dotted names; lists are left out but for lists of texts. */
function flat(prefix: string, value: object): unknown[][] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const full = prefix === '' ? name : `${prefix}.${name}`;
    if (Array.isArray(inner))
      return inner.every((each) => typeof each === 'string') ? [[full, inner.join('; ')]] : [];
    if (typeof inner === 'object' && inner !== null) return flat(full, inner);
    return [[full, inner]];
  });
}

function csv(heads: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return `${[heads, ...rows].map((row) => row.map(cell).join(',')).join('\n')}\n`;
}

/** RFC 4180; what a spreadsheet would take for a formula begins with an apostrophe. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = /^[=@\t\r]/.test(text) || /^[+-](?![\d.])/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
