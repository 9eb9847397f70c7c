import { runQuotes } from '../backtest/quote-run.ts';
import type { QuoteRunResult } from '../backtest/quote-run.ts';
import { HostError } from '../host/host-error.ts';
import type { AccountLevel } from '../paper/exchange/exchange.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { readInstrumentRows } from './instrument-rows.ts';
import { parseMarketTime } from './market-time.ts';
import { parseOptions } from './options.ts';
import { ProgressLine } from './progress-line.ts';
import { UsageError } from './usage-error.ts';

export const USAGE = `npm run -s okx-mm -- quotable --instruments FILE... [--at TIME] [--seconds N] [--batch N] [--level 2|3|4]
  [--price-in coin|usd|volatility]

Whether the engine can quote what a venue lists: every instrument of the files is quoted on the paper venue for some seconds
of virtual time, with sizes and limits that follow from its row. Tells what was quoted on both sides, and each refusal.

  --instruments  answers of GET /api/v5/public/instruments, plain or gzip; may be repeated
  --at           the venue's time: what has expired by then is left out (default 2026-04-26T12:00:00Z)
  --seconds      how long each batch is quoted (default 4)
  --batch        how many instruments at once (default 50, at most 100)
  --level        of the account (default 2)
  --price-in     what quotes of options are priced in: coin (as their books are, the default), usd or volatility
  --verbose      shows what the engine logs, with the venue's time

exit: 0 all quoted and nothing refused, 1 otherwise, 2 wrong arguments`;

const LEVELS: readonly string[] = ['2', '3', '4'];
const UNITS = ['coin', 'usd', 'volatility'] as const;
const SEED = 1;

/** @throws UsageError, CommandError */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, {
    instruments: { type: 'string', multiple: true },
    at: { type: 'string', default: '2026-04-26T12:00:00Z' },
    seconds: { type: 'string', default: '4' },
    batch: { type: 'string', default: '50' },
    level: { type: 'string', default: '2' },
    'price-in': { type: 'string', default: 'coin' },
    verbose: { type: 'boolean', default: false },
  });
  const { instruments = [], level } = values;
  if (instruments.length === 0) {
    throw new UsageError('--instruments: expected files with rows of instruments, was absent');
  }
  if (!LEVELS.includes(level)) throw new UsageError(`--level: expected 2, 3 or 4, was ${level}`);
  const priceIn = UNITS.find((unit) => unit === values['price-in']);
  if (priceIn === undefined) {
    throw new UsageError(`--price-in: expected coin, usd or volatility, was ${values['price-in']}`);
  }
  const rows = await readInstrumentRows([...instruments, ...positionals]);
  const progress = new ProgressLine(process.stderr);
  let result;
  try {
    result = await runQuotes({
      rows,
      startMs: parseMarketTime(values.at, '--at'),
      seconds: wholeOf('--seconds', values.seconds, 600),
      batchSize: wholeOf('--batch', values.batch, 100),
      accountLevel: level as AccountLevel,
      priceIn,
      seed: SEED,
      onBatch: (done, all) => progress.show(`${done} of ${all} batches`),
      ...(values.verbose ? { log: (line: string) => void process.stderr.write(line) } : {}),
    });
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new CommandError(ExitCode.failed, error.message, { cause: error });
  } finally {
    progress.end();
  }
  process.stdout.write(textOf(result));
  return result.unquoted.length === 0 && result.refusals.length === 0 ? ExitCode.done : ExitCode.failed;
}

function wholeOf(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new UsageError(`${name}: expected a whole number from 1 to ${most}, was ${text}`);
}

function textOf({ quoted, unquoted, orders, refusals }: QuoteRunResult): string {
  const lines = [
    ...Object.entries(quoted).map(([type, count]) => `${type}: ${count} quoted on both sides`),
    ...unquoted.map(
      ({ instId, bids, asks }) => `${instId}: not quoted (${bids} bids and ${asks} asks rested)`,
    ),
    `${orders} commands answered`,
    ...(refusals.length === 0 ? ['none refused'] : []),
    ...refusals.map(({ sCode, sMsg, count }) => `${count} refused with ${sCode}: ${sMsg}`),
  ];
  return `${lines.join('\n')}\n`;
}
