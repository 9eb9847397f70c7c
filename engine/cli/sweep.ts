import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import {
  OBJECTIVES,
  latestRows,
  rankCorrelation,
  runSweep,
  sortRows,
  timeBounds,
} from '../backtest/sweep.ts';
import type { Objective, SweepPoint, SweepProgress, SweepRow } from '../backtest/sweep.ts';
import {
  SweepError,
  configAt,
  gridPoints,
  parseChoice,
  parseRange,
  randomPoints,
} from '../backtest/sweep-space.ts';
import type { Parameters } from '../backtest/sweep-space.ts';
import { SweepStore } from '../backtest/sweep-store.ts';
import type { Milliseconds } from '../base/units.ts';
import { loadConfig } from '../config/load-config.ts';
import { RecordingError } from '../recording/recording-error.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { readInstrumentRows } from './instrument-rows.ts';
import { parseMarketTime } from './market-time.ts';
import { parseOptions } from './options.ts';
import { ProgressLine } from './progress-line.ts';
import { isoOf, sweepTable } from './sweep-table.ts';
import { UsageError } from './usage-error.ts';

export const USAGE = `npm run -s okx-mm -- sweep --config FILE --data FILES... --grid KEY=V1,V2,... [--grid ...] [--objective NAME]
                        sweep --config FILE --data FILES... --random N --range KEY=MIN:MAX[:log|:int] [--range ...] [--seed S]

Backtests of the same data with other parameters, on all cores. The data is cut in time: points are sorted by what they did in the
first part, and what they did in the second stands beside it.

  --grid         a key of the configuration with its values: strategy.levels=1,2,3 (every instrument), instruments.0.limits.position=5,10
                 (one), backtest.queueExponent=2,3; several make every combination
  --random       so many draws instead: from --range, and from the values of --grid; with --seed (default 1) always the same
  --objective    ${Object.keys(OBJECTIVES).join(', ')} (default profit)
  --split        the share of the time that the first part is (default 0.7; 1 for no second part)
  --out          results, a line a point; when it is there, the sweep goes on where it was (default sweep.ndjson)
  --json         all points, sorted, with the figures of both parts
  --top          so many are shown (default 20)
  --threads      default: the number of cores
  --from, --to, --instruments, --partial, --mixed   as in backtest

exit: 0 done, 1 the data cannot be played, a point failed, or it was interrupted (Ctrl-C; the same command goes on), 2 wrong arguments, 78 a point is no configuration`;

interface Arguments {
  readonly config: string;
  readonly files: readonly string[];
  readonly points: readonly Parameters[];
  readonly objective: Objective;
  readonly split: number;
  readonly fromMs: Milliseconds | undefined;
  readonly toMs: Milliseconds | undefined;
  readonly instruments: readonly string[];
  readonly isPartial: boolean;
  readonly isMixed: boolean;
  readonly out: string;
  readonly json: string | undefined;
  readonly top: number;
  readonly threads: number;
}

function parse(argv: readonly string[]) {
  return parseOptions(argv, {
    config: { type: 'string' },
    data: { type: 'string', multiple: true },
    grid: { type: 'string', multiple: true },
    range: { type: 'string', multiple: true },
    random: { type: 'string' },
    seed: { type: 'string', default: '1' },
    objective: { type: 'string', default: 'profit' },
    split: { type: 'string', default: '0.7' },
    from: { type: 'string' },
    to: { type: 'string' },
    instruments: { type: 'string', multiple: true },
    partial: { type: 'boolean', default: false },
    mixed: { type: 'boolean', default: false },
    out: { type: 'string', default: 'sweep.ndjson' },
    json: { type: 'string' },
    top: { type: 'string', default: '20' },
    threads: { type: 'string', default: String(availableParallelism()) },
  });
}

function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parse(argv);
  const { config, data = [], objective, json } = values;
  if (config === undefined) throw new UsageError('--config: expected a configuration file, was absent');
  if (data.length === 0) throw new UsageError('--data: expected files of a recording, was absent');
  if (!Object.hasOwn(OBJECTIVES, objective)) {
    throw new UsageError(
      `--objective: expected one of ${Object.keys(OBJECTIVES).join(', ')}, was "${objective}"`,
    );
  }
  const split = Number(values.split);
  if (!(split > 0 && split <= 1))
    throw new UsageError(`--split: expected a share above 0 and at most 1, was "${values.split}"`);
  return {
    config,
    files: [...new Set([...data, ...positionals])],
    points: pointsOf(values),
    objective: objective as Objective,
    split,
    fromMs: values.from === undefined ? undefined : parseMarketTime(values.from, '--from'),
    toMs: values.to === undefined ? undefined : parseMarketTime(values.to, '--to'),
    instruments: values.instruments ?? [],
    isPartial: values.partial,
    isMixed: values.mixed,
    out: values.out,
    json,
    top: count(values.top, '--top', 1_000_000),
    threads: count(values.threads, '--threads', 1_024),
  };
}

function pointsOf({ grid = [], range = [], random, seed }: ReturnType<typeof parse>['values']): Parameters[] {
  try {
    const choices = grid.map(parseChoice);
    if (random !== undefined) {
      const ranges = range.map(parseRange);
      return randomPoints(
        choices,
        ranges,
        count(random, '--random', 100_000),
        count(seed, '--seed', 2 ** 32),
      );
    }
    if (range.length > 0)
      throw new UsageError('--range: expected --random N with it, which says how many to draw');
    return gridPoints(choices);
  } catch (error) {
    if (!(error instanceof SweepError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

function count(text: string, option: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
  throw new UsageError(`${option}: expected a whole number from 1 to ${max}, was "${text}"`);
}

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const args = readArguments(argv);
  try {
    return await sweep(args);
  } catch (error) {
    const isData = error instanceof SweepError || error instanceof RecordingError || isFileError(error);
    if (!isData) throw error;
    throw new CommandError(ExitCode.failed, error.message, { cause: error });
  }
}

/** A file that cannot be read or written, by the system's word. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

async function sweep(args: Arguments): Promise<ExitCode> {
  const { files, isPartial, isMixed, objective, split } = args;
  const points = readPoints(args);
  const instruments = await readInstrumentRows(args.instruments);
  const instIds = points[0]!.config.instruments.map(({ instId }) => instId);
  const bounds = await timeBounds(files, { instIds, isPartial, isMixed });
  const fromMs = Math.max(args.fromMs ?? -Infinity, bounds.firstMs);
  const toMs = Math.min(args.toMs ?? Infinity, bounds.endMs);
  if (fromMs >= toMs) {
    const { firstMs, endMs } = bounds;
    throw new SweepError(
      `--from, --to: expected a part of the data, which is from ${isoOf(firstMs)} to ${isoOf(endMs)}`,
    );
  }
  const splitMs = split === 1 ? toMs : Math.round(fromMs + (toMs - fromMs) * split);
  const parts = `${fromMs} ${splitMs} ${toMs}`;
  const store = new SweepStore<SweepRow>(args.out, { ...identityOf(points, files, instruments), parts });
  const progress = new ProgressLine(process.stderr);
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  // A second one ends the process as if there were no handler.
  process.once('SIGINT', interrupt);
  try {
    if (store.rows.length > 0)
      progress.line(`${args.out}: goes on after ${latestRows(store.rows).length} of ${points.length} points`);
    const onProgress = (how: SweepProgress): void => progress.show(progressText(how));
    const { threads } = args;
    const { signal } = stop;
    const data = { files, instruments, isPartial, isMixed, fromMs, splitMs, toMs };
    await runSweep({ points, ...data, threads, store, signal, onProgress });
  } finally {
    process.off('SIGINT', interrupt);
    progress.end();
    store.close();
  }
  const latest = latestRows(store.rows);
  if (stop.signal.aborted) {
    throw new CommandError(
      ExitCode.failed,
      `interrupted: ${latest.length} of ${points.length} points are in ${args.out}; the same command goes on from there`,
    );
  }
  const rows = sortRows(latest, objective);
  process.stdout.write(sweepTable(rows, args, { fromMs, splitMs, toMs }));
  if (args.json !== undefined) {
    const correlation = rankCorrelation(rows, objective);
    const outcome = { format: 'okx-mm-sweep/1', objective, fromMs, splitMs, toMs, rows };
    const rank = Number.isNaN(correlation) ? null : correlation;
    writeFileSync(args.json, `${JSON.stringify({ ...outcome, rankCorrelation: rank })}\n`);
  }
  return rows.some(({ error }) => error !== '') ? ExitCode.failed : ExitCode.done;
}

/** Every point is made and checked before the first is run. */
function readPoints({ config: file, points }: Arguments): SweepPoint[] {
  const base = loadConfig(file);
  const text = readFileSync(file, 'utf8');
  return points.map((parameters) => ({ parameters, config: configAt(text, base, file, parameters) }));
}

/** What makes results comparable: the same points, configuration and data. */
function identityOf(
  points: readonly SweepPoint[],
  files: readonly string[],
  instruments: readonly unknown[],
): Record<string, string> {
  return {
    data: hashOf(files.map(fileMark)),
    configuration: hashOf(points.map(({ config }) => config)),
    latencies: hashOf(latencyFilesOf(points).map(fileMark)),
    instruments: hashOf(instruments),
  };
}

function latencyFilesOf(points: readonly SweepPoint[]): string[] {
  const files = points.flatMap(({ config }) => config.backtest.latencyFile ?? []);
  return [...new Set(files)];
}

/** Changes with what is in the file. */
function fileMark(file: string): string {
  const { size, mtimeMs } = statSync(file);
  return `${basename(file)} ${size} ${mtimeMs}`;
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function progressText({ done, total, secondsLeft }: SweepProgress): string {
  const left = Number.isNaN(secondsLeft) ? '' : `, ${timeText(secondsLeft)} left`;
  return `${done} of ${total} points${left}`;
}

function timeText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5_400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
