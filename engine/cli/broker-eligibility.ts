import { SystemClock } from '../base/clock.ts';
import { eligibilityWords, IfRebate, keepEligibility } from '../broker/eligibility.ts';
import type { Eligibility } from '../broker/eligibility.ts';
import { AccountRest } from '../venue/account-rest.ts';
import { writeRows } from './broker-output.ts';
import { brokerScope, SCOPE_OPTIONS, SCOPE_USAGE } from './broker-scope.ts';
import type { BrokerAccount } from './broker-scope.ts';
import { accountKey, brokerKey, withVenue } from './broker-venue.ts';
import { ExitCode } from './exit-code.ts';
import { parseOptions } from './options.ts';
import { UsageError } from './usage-error.ts';

export const USAGE = `npm run -s okx-mm -- broker eligibility [--json] [--csv FILE] [--config FILE] [--state DIR] [--account NAME]

Asks the venue whether the accounts bring rebates, and says what to do where they do not.

  --json     prints the rows as JSON, one a line
  --csv      writes the rows there instead
${SCOPE_USAGE}

What it says is kept beside the ledger: reports of later on are explained by what held then. Ends with 1 when an account
brings none. An engine that runs asks the same at its start and once a day.`;

const COLUMNS: readonly string[] = [
  'name',
  'account',
  'type',
  'meaning',
  'advice',
  'brokerCode',
  'affiliated',
  'clientRebateRatio',
  'lastRebate',
];

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, {
    ...SCOPE_OPTIONS,
    json: { type: 'boolean', default: false },
    csv: { type: 'string' },
  });
  if (positionals.length > 0) throw new UsageError(`expected options only, was "${positionals.join(' ')}"`);
  const { accounts } = brokerScope(values);
  const rows: Readonly<Record<string, string>>[] = [];
  let isAll = true;
  for (const account of accounts) {
    const told = await ask(account);
    await keepEligibility(account.directory, told);
    isAll &&= told.type === IfRebate.eligible;
    rows.push(rowOf(account.name, told));
  }
  await writeRows(rows, COLUMNS, { isJson: values.json, csv: values.csv });
  return isAll ? ExitCode.done : ExitCode.failed;
}

async function ask(account: BrokerAccount): Promise<Eligibility> {
  const key = accountKey(account);
  const { uid } = await withVenue(account, key, (rest) => new AccountRest(rest).fetchAccountConfig());
  const nowMs = Math.floor(new SystemClock().wallMs());
  return withVenue(account, brokerKey(account), (_, broker) =>
    broker.fetchEligibility(key.apiKey.reveal(), uid, nowMs),
  );
}

function rowOf(name: string, told: Eligibility): Readonly<Record<string, string>> {
  const { text, advice } = eligibilityWords(told.type);
  return {
    name,
    account: told.account,
    type: told.type,
    meaning: text,
    advice,
    brokerCode: told.brokerCode,
    affiliated: String(told.isAffiliated),
    clientRebateRatio: told.clientRebateRatio,
    lastRebate: told.lastRebate,
  };
}
