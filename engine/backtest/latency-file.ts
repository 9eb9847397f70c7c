import { readFile } from 'node:fs/promises';
import type { Milliseconds } from '../base/units.ts';
import { BacktestError, BacktestErrorCode } from './backtest-error.ts';

/** What was measured at a time of the wall clock, in the order of time. */
export interface LatencySample {
  readonly atMs: Milliseconds;
  readonly ms: Milliseconds;
}

/** Latencies as they were measured live, by what was on its way. */
export interface LatencySamples {
  readonly feed: readonly LatencySample[];
  /** To the venue and through its gateway: where an order meets the market. */
  readonly entry: readonly LatencySample[];
  readonly response: readonly LatencySample[];
}

/** Of the file that `okx-mm journal export latencies` writes; others and their order do not matter. */
const COLUMNS = ['kind', 'timeMs', 'entryMs', 'gatewayMs', 'responseMs', 'feedMs'] as const;
type Column = (typeof COLUMNS)[number];

/**
 * Reads what `okx-mm journal export latencies` writes.
 *
 * How a round trip is split into its ways hangs on the offset between two clocks, which was known to half a round trip only.
 * The least time to the venue and the least one back are taken to be equal, as NTP does, and what was measured is moved by
 * what they differ (models.md par. 6.1). An order counts as in the market when the gateway lets it go (outTime): the venue
 * says nothing of the moment between.
 *
 * @throws BacktestError for a file that is none
 */
export async function readLatencyFile(file: string): Promise<LatencySamples> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw bad(file, 0, `expected a readable file: ${reason}`);
  }
  const lines = text.split('\n');
  const heads = lines[0]!.trim().split(',');
  const places = COLUMNS.map((column) => heads.indexOf(column));
  if (places.includes(-1)) {
    throw bad(file, 1, `expected the columns ${COLUMNS.join(', ')}, was "${lines[0]!.slice(0, 80)}"`);
  }
  const feed: LatencySample[] = [];
  const entry: LatencySample[] = [];
  const response: LatencySample[] = [];
  lines.forEach((line, index) => {
    if (index === 0 || line.trim() === '') return;
    const cells = line.trim().split(',');
    const cell = (column: Column): string => cells[places[COLUMNS.indexOf(column)]!] ?? '';
    const number = (column: Column): number => {
      const value = cell(column) === '' ? NaN : Number(cell(column));
      if (Number.isFinite(value)) return value;
      throw bad(file, index + 1, `expected a number as ${column}, was "${cell(column)}"`);
    };
    if (cell('kind') === 'feed') feed.push({ atMs: number('timeMs'), ms: number('feedMs') });
    // An operation that the venue did not time says nothing of its ways.
    else if (cell('kind') === 'order' && cell('entryMs') !== '') {
      const atMs = number('timeMs');
      entry.push({ atMs, ms: number('entryMs') + number('gatewayMs') });
      response.push({ atMs, ms: number('responseMs') });
    }
  });
  if (feed.length + entry.length === 0)
    throw bad(file, 0, 'expected latencies of orders or of the feed, found none');
  return aligned(feed, entry, response);
}

/** Moves the ways by what the clocks were off, and orders them by time; none takes less than nothing. */
function aligned(
  feed: readonly LatencySample[],
  entry: readonly LatencySample[],
  response: readonly LatencySample[],
): LatencySamples {
  const offMs = entry.length === 0 ? 0 : (least(entry) - least(response)) / 2;
  const moved = (samples: readonly LatencySample[], byMs: Milliseconds): LatencySample[] =>
    samples
      .map(({ atMs, ms }) => ({ atMs, ms: Math.max(0, ms + byMs) }))
      .toSorted((left, right) => left.atMs - right.atMs);
  return { feed: moved(feed, offMs), entry: moved(entry, -offMs), response: moved(response, offMs) };
}

function least(samples: readonly LatencySample[]): Milliseconds {
  return samples.reduce((ms, sample) => Math.min(ms, sample.ms), Infinity);
}

function bad(file: string, line: number, text: string): BacktestError {
  return new BacktestError(
    BacktestErrorCode.badLatencies,
    `${file}${line > 0 ? `:${line}` : ''}: ${text}; write it by: okx-mm journal export latencies > FILE`,
  );
}
