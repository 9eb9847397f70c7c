import { readFileSync } from 'node:fs';
import { SystemClock } from '../base/clock.ts';
import { BrokerError } from '../broker/broker-error.ts';
import { OPEN_REASONS, Reason } from '../broker/difference-reason.ts';
import { sumsOf } from '../broker/reconciliation.ts';
import type { ReconciledRow } from '../broker/reconciliation.ts';
import { keptReports, reportOfFile } from '../broker/report-store.ts';
import type { RebateReport } from '../broker/report-store.ts';
import { keepSettlement } from '../broker/settlement.ts';
import { reconciledRows, requireLedger } from './broker-ledger.ts';
import { writeRows } from './broker-output.ts';
import { ledgerRow, ORDER_COLUMNS } from './broker-rows.ts';
import { brokerScope, DAY_OPTIONS, DAY_USAGE, dayRange, SCOPE_OPTIONS, SCOPE_USAGE } from './broker-scope.ts';
import type { BrokerScope } from './broker-scope.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { parseOptions } from './options.ts';
import { UsageError } from './usage-error.ts';

export const USAGE = `npm run -s okx-mm -- broker reconcile [--day D | --from D --to D] [--report FILE ...] [--all] [--json] [--csv FILE]
                         [--config FILE] [--state DIR] [--account NAME]

Holds the ledger against the venue's reports, order by order, and says of each difference why it is.

  --report   a report as a file (CSV, zip or gzip); may be repeated (default: those that \`broker rebates\` has downloaded)
  --all      prints every order, not only those that differ
  --json     prints the rows as JSON, one a line
  --csv      writes the rows there instead
${DAY_USAGE}
${SCOPE_USAGE}

  matched         as expected               rounding       less apart than the venue rounds
  no fee          nothing is due            pending        no report of the day is there yet
  late            told on another day       capped         the month's end of a VIP5 or VIP6 account
  vip, msa, market maker, expired           nothing is paid for such accounts, or to the broker at that time
  price of coin   the fee was paid in a coin, which the venue reckons at another price
  fee base        a part of the fee went to counterparties, cards or inviters first
  affiliated      another share, since somebody else has invited the account
 to be looked at:
  no price        of its fee, which is in neither sum
  missing         in no report              extra          in a report, and not in the ledger
  tag missing     another code than yours   fee differs    the report counts another fee than the fills
  share differs   another share than configured            unexplained

What was reported less what was expected adds up, to the last digit. Ends with 1 when an order is to be looked at.`;

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, {
    ...SCOPE_OPTIONS,
    ...DAY_OPTIONS,
    report: { type: 'string', multiple: true, default: [] },
    all: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    csv: { type: 'string' },
  });
  if (positionals.length > 0) throw new UsageError(`expected options only, was "${positionals.join(' ')}"`);
  const range = dayRange(values);
  const scope = brokerScope(values);
  requireLedger(scope);
  const nowMs = Math.floor(new SystemClock().wallMs());
  const reports = readReports(scope, values.report, nowMs);
  if (reports.length === 0) {
    throw new CommandError(
      ExitCode.failed,
      `${scope.directory}: expected a rebate report, was none; download one by broker rebates, or name one with --report`,
    );
  }
  const found = reconciledRows(scope, range, reports);
  const rows = found.flatMap((each) => each.rows);
  const shown = values.all ? rows : rows.filter(isDifference);
  await writeRows(shown.map(ledgerRow), ORDER_COLUMNS, { isJson: values.json, csv: values.csv });
  // Beside rows for another program, the sums are for whoever watches.
  const out = values.json ? process.stderr : process.stdout;
  for (const line of sumLines(rows)) out.write(`${line}\n`);
  for (const { account, rows: own } of found) {
    const days = own.filter(({ difference }) => difference !== undefined).map(({ day }) => day);
    if (days.length === 0) continue;
    const { expected, reported, difference } = sumsOf(own.filter((row) => row.difference !== undefined));
    await keepSettlement(account.directory, {
      madeMs: nowMs,
      fromDay: days.reduce((first, day) => (day < first ? day : first)),
      toDay: days.reduce((last, day) => (day > last ? day : last)),
      expected: expected.toString(),
      reported: reported.toString(),
      difference: difference.toString(),
      open: own.filter(({ reason }) => OPEN_REASONS.has(reason)).length,
    });
  }
  return rows.some(({ reason }) => OPEN_REASONS.has(reason)) ? ExitCode.failed : ExitCode.done;
}

/** @throws CommandError for one that cannot be read */
function readReports(scope: BrokerScope, files: readonly string[], nowMs: number): RebateReport[] {
  const offsetHours = scope.accounts[0]!.config.broker.dayOffsetHours;
  try {
    if (files.length === 0) return keptReports(scope.directory);
    return files.map((file) => reportOfFile(file, readFileSync(file), offsetHours, nowMs));
  } catch (error) {
    if (error instanceof BrokerError)
      throw new CommandError(ExitCode.failed, error.message, { cause: error });
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new CommandError(ExitCode.failed, `--report: expected a file that can be read: ${error.message}`, {
      cause: error,
    });
  }
}

function isDifference({ reason, difference }: ReconciledRow): boolean {
  if (reason === Reason.pending || reason === Reason.matched) return false;
  return (
    OPEN_REASONS.has(reason) || (difference !== undefined && !difference.isZero) || reason === Reason.late
  );
}

function sumLines(rows: readonly ReconciledRow[]): string[] {
  const { expected, reported, difference, byReason, pending } = sumsOf(rows);
  const reasons = [...byReason].toSorted(([left], [right]) => (left < right ? -1 : 1));
  return [
    `orders ${rows.length}  expected ${expected.toString()}  reported ${reported.toString()}  difference ${difference.toString()}  not reported yet ${pending.toString()} USDT`,
    ...reasons.map(
      ([reason, sums]) =>
        `  ${reason.padEnd(14)} ${String(sums.rows).padStart(8)}  ${sums.difference.toString()}`,
    ),
  ];
}
