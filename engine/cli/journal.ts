import type { Milliseconds } from '../base/units.ts';
import { JournalError } from '../journal/journal-error.ts';
import { JournalReader, RunEnd } from '../journal/journal-reader.ts';
import type { RunInfo } from '../journal/journal-reader.ts';
import { RecordKind, recordKindOf } from '../journal/record-kind.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { ExportTable, catLines, exportLines } from './journal-lines.ts';
import type { RecordFilter } from './journal-lines.ts';
import { runTable, runsJson } from './journal-list.ts';
import { JournalRun } from './journal-run.ts';
import { statsOf, statsTable } from './journal-stats.ts';
import { parseMarketTime } from './market-time.ts';
import { writeLines } from './output-lines.ts';
import { DEFAULT_JOURNAL, parseOptions, parseRun } from './options.ts';
import { UsageError } from './usage-error.ts';

export const USAGE = `npm run -s okx-mm -- journal ls [JOURNAL] [--json]
  journal cat [JOURNAL] [--run N] [--from TIME] [--to TIME] [--kind KIND,...] [--json] [--partial]
  journal stats [JOURNAL] [--run N] [--from TIME] [--to TIME] [--json] [--partial]
  journal export orders|fills|quotes|latencies [JOURNAL] [--run N] [--from TIME] [--to TIME]
                      [--format csv|ndjson] [--feed-ms N] [--partial]

What the engine has journaled: every input of its core, and every output.

  ls       the runs: when, how much, whether anything is missing
  cat      the records, one a line
  stats    how many of each kind
  export   orders (one row a command, with the venue's answer), fills (with the level, age, queue and versions of their quote
           and their markouts, by a replay), quotes (as the core took them from its workers) or latencies (of order
           operations, and of the public feed), for other programs and for \`okx-mm backtest\`

  JOURNAL    a journal's directory or one of its files (default ${DEFAULT_JOURNAL})
  --run      the number of the run (default: the newest)
  --from     only what came at that time or later: 2024-08-08T23:55:00Z, or milliseconds since the epoch
  --to       only what came at that time or before
  --kind     only records of these kinds: ${Object.keys(RecordKind).join(', ')}
  --json     for programs: one object a line, or one for all
  --format   csv (the default) or ndjson
  --feed-ms  of the public feed, one row in so many milliseconds (default 100; 0 for every message)
  --partial  read on behind damage: what is missing is a gap`;

const Action = { ls: 'ls', cat: 'cat', stats: 'stats', export: 'export' } as const;
type Action = (typeof Action)[keyof typeof Action];

interface Arguments {
  readonly action: Action;
  readonly table: ExportTable;
  readonly journal: string;
  readonly run: number | undefined;
  readonly fromMs: Milliseconds;
  readonly toMs: Milliseconds;
  readonly kinds: ReadonlySet<RecordKind> | undefined;
  readonly isJson: boolean;
  readonly format: 'csv' | 'ndjson';
  readonly feedMs: Milliseconds;
  readonly isPartial: boolean;
}

const OPTIONS = {
  run: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  kind: { type: 'string' },
  json: { type: 'boolean', default: false },
  format: { type: 'string', default: 'csv' },
  'feed-ms': { type: 'string', default: '100' },
  partial: { type: 'boolean', default: false },
} as const;

function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parseOptions(argv, OPTIONS);
  const [first = '', ...others] = positionals;
  const action = oneOf(Action, first, 'ls, cat, stats or export');
  const table =
    action === Action.export
      ? oneOf(ExportTable, others.shift() ?? '', 'export orders, fills, quotes or latencies')
      : ExportTable.orders;
  if (others.length > 1) throw new UsageError(`expected one journal, was "${others.join(' ')}"`);
  if (values.format !== 'csv' && values.format !== 'ndjson') {
    throw new UsageError(`--format: expected csv or ndjson, was "${values.format}"`);
  }
  if (!/^\d{1,8}$/.test(values['feed-ms'])) {
    throw new UsageError(`--feed-ms: expected a whole number, was "${values['feed-ms']}"`);
  }
  return {
    action,
    table,
    journal: others[0] ?? DEFAULT_JOURNAL,
    run: parseRun(values.run),
    fromMs: values.from === undefined ? -Infinity : parseMarketTime(values.from, '--from'),
    toMs: values.to === undefined ? Infinity : parseMarketTime(values.to, '--to'),
    kinds: values.kind === undefined ? undefined : readKinds(values.kind),
    isJson: values.json,
    format: values.format,
    feedMs: Number(values['feed-ms']),
    isPartial: values.partial,
  };
}

function oneOf<Word extends string>(
  words: Readonly<Record<string, Word>>,
  word: string,
  expected: string,
): Word {
  if (Object.hasOwn(words, word)) return words[word]!;
  throw new UsageError(`expected ${expected}, was "${word}"`);
}

function readKinds(text: string): ReadonlySet<RecordKind> {
  return new Set(
    text.split(',').map((name) => {
      const kind = recordKindOf(name.trim());
      if (kind !== undefined) return kind;
      throw new UsageError(
        `--kind: expected names of ${Object.keys(RecordKind).join(', ')}, was "${name.trim()}"`,
      );
    }),
  );
}

/** What a reader of this run's records must know, on standard error: the rest of the command's output is for programs. */
function note(info: RunInfo): void {
  const notes: string[] = [];
  if (info.firstSequence > 0) {
    notes.push(
      `begins at record ${info.firstSequence}: older segments were deleted to keep within the bound`,
    );
  }
  if (info.lost > 0) notes.push(`${info.lost} records were lost when it was written`);
  if (info.end === RunEnd.torn) {
    notes.push('its end is torn: the engine was killed while it wrote, or writes now');
  }
  for (const text of notes) process.stderr.write(`run ${info.run}: ${text}\n`);
}

/** What is known only by the run's first record. */
function needInstruments(table: ExportTable, { info }: JournalRun): void {
  const why = `run ${info.run}: expected its first record to name its instruments, was another build's or damaged`;
  if (table === ExportTable.quotes) {
    throw new CommandError(ExitCode.failed, `${why}; quotes are in steps of instruments that nothing tells`);
  }
  process.stderr.write(`${why}; instruments are shown by the venue's codes\n`);
}

async function act(args: Arguments): Promise<ExitCode> {
  const reader = JournalReader.open(args.journal, { damage: args.isPartial ? 'skip' : 'throw' });
  if (args.action === Action.ls) {
    const runs = reader.runs();
    await writeLines(args.isJson ? runsJson(runs) : runTable(args.journal, runs));
    return ExitCode.done;
  }
  const run = new JournalRun(reader, args.run ?? reader.newestRun());
  const filter: RecordFilter = {
    fromNs: run.timeNs(args.fromMs),
    toNs: run.timeNs(args.toMs),
    kinds: args.kinds,
  };
  note(run.info);
  if (run.instruments.length === 0 && args.action === Action.export) needInstruments(args.table, run);
  if (args.action === Action.cat) await writeLines(catLines(reader, run, filter, args.isJson));
  else if (args.action === Action.export) {
    await writeLines(exportLines(reader, run, filter, args));
  } else {
    const stats = statsOf(reader, run, filter);
    await writeLines(args.isJson ? [JSON.stringify(stats)] : statsTable(stats));
  }
  return ExitCode.done;
}

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const args = readArguments(argv);
  try {
    return await act(args);
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    throw new CommandError(ExitCode.failed, error.message, { cause: error });
  }
}
