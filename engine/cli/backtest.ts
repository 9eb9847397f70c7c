import { constants, existsSync } from 'node:fs';
import { access, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AssertionError } from '../base/assert.ts';
import { BacktestError } from '../backtest/backtest-error.ts';
import { runBacktest } from '../backtest/run-backtest.ts';
import type { BacktestOptions, BacktestProgress } from '../backtest/run-backtest.ts';
import { loadConfig } from '../config/load-config.ts';
import { HostError } from '../host/host-error.ts';
import { ListingError } from '../paper/exchange/listing.ts';
import { RecordingError } from '../recording/recording-error.ts';
import { reportHtml } from '../report/report-html.ts';
import type { RunResult } from '../report/run-result.ts';
import { backtestSummary } from './backtest-summary.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { readInstrumentRows } from './instrument-rows.ts';
import { parseMarketTime } from './market-time.ts';
import { parseOptions } from './options.ts';
import { ProgressLine } from './progress-line.ts';
import { UsageError } from './usage-error.ts';

export const USAGE = `npm run -s okx-mm -- backtest --config FILE --data FILES... [--from TIME] [--to TIME] [--json OUT] [--report OUT.html]

The configured engine against recorded markets, in virtual time. The same command gives the same resultHash.

  --config       a YAML configuration; its section backtest has latencies, queue model, fees and balances
                 (engine/config/backtest.yaml fits a recording of BTC-USDT-SWAP)
  --data         recordings: files of \`okx-mm record\`, of \`record import\`, or OKX's historical order books with trades
  --from, --to   only this part: 2024-08-08T23:55:00Z, or milliseconds since the epoch
  --json         writes the result there
  --report       writes the report there, one HTML file
  --instruments  an answer of GET /api/v5/public/instruments, for recordings without instrument rows; may be repeated
  --partial      takes what there is of files that are cut off or broken
  --mixed        files may hold several instruments; those of the configuration are played
  --verbose      shows what the engine logs, with the market's time

exit: 0 done, 1 the data cannot be played, 2 wrong arguments, 78 the engine does not start with this configuration`;

interface Arguments extends Pick<BacktestOptions, 'files' | 'fromMs' | 'toMs' | 'isPartial' | 'isMixed'> {
  readonly config: string;
  readonly json: string | undefined;
  readonly report: string | undefined;
  readonly instruments: readonly string[];
  readonly isVerbose: boolean;
}

function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parseOptions(argv, {
    config: { type: 'string' },
    data: { type: 'string', multiple: true },
    from: { type: 'string' },
    to: { type: 'string' },
    json: { type: 'string' },
    report: { type: 'string' },
    instruments: { type: 'string', multiple: true },
    partial: { type: 'boolean', default: false },
    mixed: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  });
  const { config, data = [], from, to } = values;
  if (config === undefined) throw new UsageError('--config: expected a configuration file, was absent');
  // A list after one --data comes as positionals.
  if (data.length === 0) throw new UsageError('--data: expected files of a recording, was absent');
  const fromMs = from === undefined ? undefined : parseMarketTime(from, '--from');
  const toMs = to === undefined ? undefined : parseMarketTime(to, '--to');
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs)
    throw new UsageError(`--to: expected a time after --from (${from}), was ${to}`);
  return {
    config,
    files: [...new Set([...data, ...positionals])],
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
    isPartial: values.partial,
    isMixed: values.mixed,
    json: values.json,
    report: values.report,
    instruments: values.instruments ?? [],
    isVerbose: values.verbose,
  };
}

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const args = readArguments(argv);
  const config = loadConfig(args.config);
  for (const option of ['json', 'report'] as const) await checkPlace(args[option], `--${option}`);
  const progress = new ProgressLine(process.stderr);
  let result: RunResult;
  try {
    result = await runBacktest({
      ...args,
      config,
      instruments: await readInstrumentRows(args.instruments),
      environment: { node: process.version, config: args.config, data: args.files.join(' ') },
      ...(args.isVerbose ? { log: (line) => progress.line(line) } : {}),
      onProgress: (how) => progress.show(progressText(how)),
    });
  } catch (error) {
    throw commandError(error);
  } finally {
    progress.end();
  }
  process.stdout.write(backtestSummary(result));
  if (args.json !== undefined) await write(args.json, '--json', `${JSON.stringify(result)}\n`);
  if (args.report !== undefined) await write(args.report, '--report', reportHtml(result));
  return ExitCode.done;
}

function progressText({ events, marketMs, marketSeconds, wallSeconds }: BacktestProgress): string {
  const speed = marketSeconds / wallSeconds;
  return `${new Date(marketMs).toISOString().slice(0, 19)}  ${events} events  ${speed.toFixed(0)} times as fast as it was`;
}

/** Before the run, which may take hours. */
async function checkPlace(file: string | undefined, option: string): Promise<void> {
  if (file === undefined) return;
  try {
    await access(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (cause) {
    throw unwritable(option, cause);
  }
}

async function write(file: string, option: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw unwritable(option, cause);
  }
}

function unwritable(option: string, cause: unknown): CommandError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CommandError(ExitCode.failed, `${option}: expected a file that can be written: ${reason}`, {
    cause,
  });
}

/** What is wrong with the data or the configuration, as the end of the command; mistakes of ours go on as they are. */
function commandError(error: unknown): unknown {
  if (error instanceof AssertionError) {
    return new CommandError(ExitCode.internal, error.stack ?? error.message, { cause: error });
  }
  if (error instanceof HostError) return new CommandError(ExitCode.config, error.message, { cause: error });
  const isData =
    error instanceof RecordingError || error instanceof BacktestError || error instanceof ListingError;
  return isData ? new CommandError(ExitCode.failed, error.message, { cause: error }) : error;
}
