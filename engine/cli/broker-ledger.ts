import { keptReports } from '../broker/report-store.ts';
import { reconcile } from '../broker/reconciliation.ts';
import type { ReconciledRow } from '../broker/reconciliation.ts';
import type { RebateReport } from '../broker/report-store.ts';
import { BrokerError } from '../broker/broker-error.ts';
import {
  GROUP_COLUMNS,
  Grouping,
  groupRows,
  ledgerRow,
  ORDER_COLUMNS,
  parseGrouping,
} from './broker-rows.ts';
import { writeRows } from './broker-output.ts';
import {
  brokerScope,
  DAY_OPTIONS,
  DAY_USAGE,
  dayRange,
  hasLedger,
  isInRange,
  ledgerRows,
  SCOPE_OPTIONS,
  SCOPE_USAGE,
  termsOf,
} from './broker-scope.ts';
import type { BrokerAccount, BrokerScope, DayRange } from './broker-scope.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { parseOptions } from './options.ts';
import { UsageError } from './usage-error.ts';

export const USAGE = `npm run -s okx-mm -- broker ledger [--day D | --from D --to D] [--by order] [--json] [--csv FILE]
                      [--config FILE] [--state DIR] [--account NAME]

What our own fills came to, and what rebate to expect of them. An engine that runs writes the ledger as it trades.

  --by       order (the default), key, account, instrument, day or subBroker
  --json     prints the rows as JSON, one a line
  --csv      writes the rows there instead
${DAY_USAGE}
${SCOPE_USAGE}

An order's row has ${ORDER_COLUMNS.join(', ')}. Amounts are in
USDT, to the last digit; a fee has the venue's sign: negative is paid. What is reported is known once \`broker rebates\` has
downloaded the report of that day.`;

/** Rows of all accounts, of the days of the range. @throws CommandError for a ledger or report that is broken */
export function reconciledRows(
  scope: BrokerScope,
  range: DayRange,
  reports: readonly RebateReport[] | undefined = undefined,
): { readonly account: BrokerAccount; readonly rows: readonly ReconciledRow[] }[] {
  try {
    const kept = reports ?? keptReports(scope.directory);
    const ledgers = scope.accounts.map((account) => ledgerRows(account, range));
    const known = new Set(ledgers.length > 1 ? ledgers.flat().map(({ ordId }) => ordId) : []);
    return scope.accounts.map((account, index) => {
      const rows = reconcile(
        ledgers[index]!,
        kept,
        termsOf(account),
        account.config.broker.dayOffsetHours,
        // A row without an account, of an order that no ledger has, is told of once: by the first.
        ({ ordId }) => index > 0 || known.has(ordId),
      );
      return { account, rows: rows.filter(({ day }) => isInRange(day, range)) };
    });
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    throw new CommandError(ExitCode.failed, error.message, { cause: error });
  }
}

/** @throws CommandError saying where an engine would have written it */
export function requireLedger(scope: BrokerScope): void {
  if (scope.accounts.some((account) => hasLedger(account))) return;
  throw new CommandError(
    ExitCode.failed,
    `${scope.accounts.map(({ directory }) => directory).join(', ')}: expected a ledger of fills, was none; name the engine's directory with --state, or let it trade first`,
  );
}

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, {
    ...SCOPE_OPTIONS,
    ...DAY_OPTIONS,
    by: { type: 'string', default: Grouping.order },
    json: { type: 'boolean', default: false },
    csv: { type: 'string' },
  });
  if (positionals.length > 0) throw new UsageError(`expected options only, was "${positionals.join(' ')}"`);
  const by = parseGrouping(values.by);
  const range = dayRange(values);
  const scope = brokerScope(values);
  requireLedger(scope);
  const found = reconciledRows(scope, range);
  const rows = found.flatMap((each) => each.rows);
  const isByOrder = by === Grouping.order;
  const subBrokers = new Map(
    found.flatMap(({ account, rows: own }) =>
      own.map((row) => [row, account.config.broker.subBrokers] as const),
    ),
  );
  const shown = isByOrder ? rows.map(ledgerRow) : groupRows(rows, by, (row) => subBrokers.get(row) ?? []);
  await writeRows(shown, isByOrder ? ORDER_COLUMNS : GROUP_COLUMNS, { isJson: values.json, csv: values.csv });
  return ExitCode.done;
}
