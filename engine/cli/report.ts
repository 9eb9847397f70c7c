import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Milliseconds } from '../base/units.ts';
import { JournalError } from '../journal/journal-error.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { ReplayEnd } from '../replay/replay.ts';
import { ReplayError } from '../replay/replay-error.ts';
import { ResultError, parseResult } from '../report/parse-result.ts';
import { reportHtml } from '../report/report-html.ts';
import { resultCsv } from '../report/result-csv.ts';
import type { FillRow, RunResult } from '../report/run-result.ts';
import { backtestSummary } from './backtest-summary.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { journalResult } from './journal-result.ts';
import { parseMarketTime } from './market-time.ts';
import { DEFAULT_JOURNAL, parseOptions, parseRun } from './options.ts';
import { UsageError } from './usage-error.ts';

export const USAGE = `npm run -s okx-mm -- report [JOURNAL|RESULT.json] [--run N] [--until TIME] [--html OUT] [--json OUT] [--csv DIR]

What a run came to: profit and its parts, inventory, drawdown, fills, markouts, quotes, orders, latencies.

  JOURNAL      a journal's directory or one of its files (default ${DEFAULT_JOURNAL}); it is replayed
  RESULT.json  what backtest --json, or this command, has written
  --run        the number of the run of a journal (default: the newest; okx-mm journal ls lists them)
  --until      stop there: 2024-08-08T23:55:00Z, or milliseconds since the epoch
  --html       writes the report there: one file that needs no network
  --json       writes the result there
  --csv        writes summary, series, fills, markouts and latencies into this directory

Without --html, --json and --csv it prints a summary. Exit code 1 when a journal is not whole or replays differently.`;

interface Arguments {
  readonly input: string;
  readonly run: number | undefined;
  readonly untilMs: Milliseconds | undefined;
  readonly html: string | undefined;
  readonly json: string | undefined;
  readonly csv: string | undefined;
}

interface Source {
  readonly result: RunResult;
  readonly fills: readonly FillRow[];
  readonly exitCode: ExitCode;
}

function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parseOptions(argv, {
    run: { type: 'string' },
    until: { type: 'string' },
    html: { type: 'string' },
    json: { type: 'string' },
    csv: { type: 'string' },
  });
  if (positionals.length > 1)
    throw new UsageError(`expected one journal or result, was "${positionals.join(' ')}"`);
  return {
    input: positionals[0] ?? DEFAULT_JOURNAL,
    run: parseRun(values.run),
    untilMs: values.until === undefined ? undefined : parseMarketTime(values.until, '--until'),
    html: values.html,
    json: values.json,
    csv: values.csv,
  };
}

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const args = readArguments(argv);
  let source: Source;
  try {
    source = read(args);
  } catch (error) {
    const isExpected =
      error instanceof JournalError || error instanceof ReplayError || error instanceof ResultError;
    if (!isExpected) throw error;
    throw new CommandError(ExitCode.failed, `${args.input}: ${error.message}`, { cause: error });
  }
  const { result, fills, exitCode } = source;
  process.stdout.write(backtestSummary(result));
  if (args.json !== undefined) write('--json', args.json, `${JSON.stringify(result)}\n`);
  if (args.html !== undefined) write('--html', args.html, reportHtml(result));
  if (args.csv !== undefined) {
    for (const [name, text] of Object.entries(resultCsv(result, fills)))
      write('--csv', join(args.csv, name), text);
  }
  return exitCode;
}

function read({ input, run: chosen, untilMs }: Arguments): Source {
  if (!existsSync(input)) {
    throw new CommandError(
      ExitCode.failed,
      `${input}: expected a journal or a result, was nothing; name another, or run the engine with journal.isOn`,
    );
  }
  if (statSync(input).isFile() && !/\.okxj(\.gz)?$/.test(input)) {
    const result = parseResult(readFileSync(input, 'utf8'));
    return { result, fills: result.fillRows, exitCode: ExitCode.done };
  }
  const reader = JournalReader.open(input);
  const { result, replay, fills } = journalResult(
    reader,
    chosen ?? reader.newestRun(),
    untilMs === undefined ? {} : { untilMs },
  );
  const isWhole = [ReplayEnd.complete, ReplayEnd.open, ReplayEnd.until].some((end) => end === replay.end);
  return { result, fills, exitCode: isWhole ? ExitCode.done : ExitCode.failed };
}

function write(option: string, file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(ExitCode.failed, `${option}: expected a place that can be written: ${reason}`, {
      cause,
    });
  }
}
