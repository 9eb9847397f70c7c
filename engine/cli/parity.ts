import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BacktestError } from '../backtest/backtest-error.ts';
import { runParity } from '../backtest/parity.ts';
import { parityHtml } from '../backtest/parity-html.ts';
import type { ParityResult } from '../backtest/parity.ts';
import type { MatchedFills } from '../backtest/parity-fills.ts';
import type { ParityRow } from '../backtest/parity-figures.ts';
import type { ModelScore, TrialResult } from '../backtest/queue-scores.ts';
import { loadConfig } from '../config/load-config.ts';
import { HostError } from '../host/host-error.ts';
import { JournalError } from '../journal/journal-error.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { RecordingError } from '../recording/recording-error.ts';
import { ReplayError } from '../replay/replay-error.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { DEFAULT_JOURNAL, parseOptions, parseRun } from './options.ts';
import { ProgressLine } from './progress-line.ts';
import { textTable } from './text-table.ts';
import { UsageError } from './usage-error.ts';

export const USAGE = `npm run -s okx-mm -- parity [JOURNAL] [--run N] [--config FILE] [--report OUT.html] [--json OUT] [--market FILE]

Trades a journaled day once more in the backtest's models, and compares it with what really happened: fills, profit and its parts,
inventory, orders and latencies; and each order that rested with what every queue model says would have become of it.

  JOURNAL   a journal's directory or one of its files (default ${DEFAULT_JOURNAL})
  --run     the number of the run (default: the newest; \`okx-mm journal ls\` lists them)
  --config  takes the section backtest (latencies, queue model, fees, balances) from this file, not from the journal
  --report  writes the comparison there, one HTML file
  --json    writes everything there, both results whole
  --market  keeps the market without our orders there, as a recording that backtest and sweep read (FILE.ndjson.gz)

exit: 0 done, 1 the journal cannot be replayed or its market not be played, 2 wrong arguments, 78 wrong configuration`;

interface Arguments {
  readonly journal: string;
  readonly run: number | undefined;
  readonly config: string | undefined;
  readonly json: string | undefined;
  readonly report: string | undefined;
  readonly market: string | undefined;
}

function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parseOptions(argv, {
    run: { type: 'string' },
    config: { type: 'string' },
    json: { type: 'string' },
    report: { type: 'string' },
    market: { type: 'string' },
  });
  if (positionals.length > 1) throw new UsageError(`expected one journal, was "${positionals.join(' ')}"`);
  if (values.market !== undefined && !values.market.endsWith('.gz')) {
    throw new UsageError(`--market: expected a name that ends in .ndjson.gz, was "${values.market}"`);
  }
  const { config, json, report, market } = values;
  const run = parseRun(values.run);
  return { journal: positionals[0] ?? DEFAULT_JOURNAL, run, config, json, report, market };
}

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const args = readArguments(argv);
  const folder = mkdtempSync(join(tmpdir(), 'okx-mm-parity-'));
  const progress = new ProgressLine(process.stderr);
  try {
    const reader = JournalReader.open(args.journal);
    const result = await runParity({
      reader,
      run: args.run ?? reader.newestRun(),
      marketFile: args.market ?? join(folder, 'market.ndjson.gz'),
      ...(args.config === undefined ? {} : { backtest: loadConfig(args.config).backtest }),
      environment: { node: process.version },
      onReplay: (wallMs) => progress.show(`replay: ${new Date(wallMs).toISOString().slice(0, 19)}`),
      onProgress: ({ events, marketSeconds, wallSeconds }) =>
        progress.show(
          `model: ${events} events, ${(marketSeconds / wallSeconds).toFixed(0)} times as fast as it was`,
        ),
    });
    progress.end();
    process.stdout.write(textOf(result));
    if (args.json !== undefined) write(args.json, '--json', `${JSON.stringify(result)}\n`);
    if (args.report !== undefined) write(args.report, '--report', parityHtml(result));
    return ExitCode.done;
  } catch (error) {
    throw commandError(error);
  } finally {
    progress.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(file: string, option: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(ExitCode.failed, `${option}: expected a file that can be written: ${reason}`, {
      cause,
    });
  }
}

function commandError(error: unknown): unknown {
  if (error instanceof HostError) return new CommandError(ExitCode.config, error.message, { cause: error });
  const isData =
    error instanceof JournalError ||
    error instanceof ReplayError ||
    error instanceof RecordingError ||
    error instanceof BacktestError ||
    // The file of --market, or the disk of the temporary folder.
    (error instanceof Error && 'syscall' in error);
  return isData ? new CommandError(ExitCode.failed, error.message, { cause: error }) : error;
}

function textOf({ run: number, real, rows, fills, queue, notes }: ParityResult): string {
  const from = new Date(real.fromMs).toISOString();
  const lines = [
    `run ${number}, ${from} to ${new Date(real.toMs).toISOString()}: real and model`,
    '',
    ...textTable(['', 'real', 'model', ''], rows.map(cellsOf), 'lrrr'),
    '',
    ...fillLines(fills),
    '',
    ...(queue === null ? [] : queueLines(queue)),
    ...notes,
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function fillLines({ real, model, matched, withinMs, ...of }: MatchedFills): string[] {
  const both = `${real} real fills, ${model} of the model: ${matched} real ones are in the model within ${withinMs / 1_000} s`;
  if (of.realShare === null || of.modelShare === null) return [both];
  const shares = `${percent(of.realShare)} of what really traded, ${percent(of.modelShare)} of what the model traded`;
  const off =
    of.laterMs === null || of.betterBps === null
      ? ''
      : `; of these the model fills ${numberText(of.laterMs)} ms later, ${numberText(of.betterBps)} bps better`;
  return [`${both}: ${shares}${off}`];
}

function cellsOf({ name, unit, real, model }: ParityRow): string[] {
  return [
    unit === '' ? name : `${name}, ${unit}`,
    numberText(real),
    numberText(model),
    changeText(real, model),
  ];
}

function queueLines({ orders, filledShare, groups, models }: TrialResult): string[] {
  const fronts = groups.map(({ frontMax }) => (frontMax === 0 ? 'none' : `to ${numberText(frontMax)}`));
  const real = [
    'real',
    '',
    percent(filledShare),
    '',
    '',
    '',
    ...groups.map((group) => percent(group.filledShare)),
  ];
  return [
    `${orders} orders in their queues; share filled, by what was in front when they joined, in sizes of their own`,
    ...textTable(
      ['', 'score', 'filled', 'both', 'model only', 'real only', ...fronts],
      [real, ...models.map(modelCells)],
      `l${'r'.repeat(5 + fronts.length)}`,
    ),
    'score: mean squared difference of the shares filled, 0 at best',
    '',
  ];
}

function modelCells({ model, exponent, score, filledShare, groupShares, ...counts }: ModelScore): string[] {
  const name = model.startsWith('power') ? `${model}, exponent ${exponent}` : model;
  const { both, modelOnly, realOnly } = counts;
  const numbers = [both, modelOnly, realOnly].map(String);
  return [name, score.toFixed(4), percent(filledShare), ...numbers, ...groupShares.map(percent)];
}

function numberText(value: number | null): string {
  return value === null ? '-' : Number(value.toPrecision(5)).toString();
}

function changeText(real: number | null, model: number | null): string {
  if (real === null || model === null || real === 0) return '';
  const change = (model - real) / Math.abs(real);
  return `${change < 0 ? '' : '+'}${(change * 100).toFixed(0)} %`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
