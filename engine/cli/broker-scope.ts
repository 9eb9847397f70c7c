import { existsSync } from 'node:fs';
import { CommissionLedger } from '../broker/commission-ledger.ts';
import type { OrderDay } from '../broker/commission-ledger.ts';
import { readEligibility } from '../broker/eligibility.ts';
import type { RebateTerms } from '../broker/expected-rebate.ts';
import { brokerDirectory, DAY_MS, ledgerDays, readEntries, utcDay } from '../broker/ledger-files.ts';
import { processEnvironment, readTag } from '../config/environment.ts';
import { defaultConfigFile, loadConfig, loadFleet } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';
import { accountState, STATE_DIRECTORY } from './state-directory.ts';
import { UsageError } from './usage-error.ts';

/** The options that every subcommand has, and how they are explained. */
export const SCOPE_OPTIONS = {
  config: { type: 'string' },
  state: { type: 'string', default: STATE_DIRECTORY },
  account: { type: 'string', default: '' },
} as const;

export const DAY_OPTIONS = {
  day: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
} as const;

export const SCOPE_USAGE = `  --config   a YAML configuration (default: the embedded paper venue, engine/config/paper.yaml)
  --state    the state directory of the engine, or of several (default ${STATE_DIRECTORY})
  --account  of a configuration with several accounts, one of them (default: all)`;

export const DAY_USAGE = `  --day      one day, YYYY-MM-DD
  --from     the first day, and --to the last`;

/** One account's part: its ledger, and by which terms it earns. */
export interface BrokerAccount {
  readonly name: string;
  readonly config: Config;
  readonly tag: string;
  readonly directory: string;
}

export interface BrokerScope {
  readonly accounts: readonly BrokerAccount[];
  /** Where what concerns all accounts is kept: the reports. */
  readonly directory: string;
}

interface ScopeValues {
  readonly config?: string | undefined;
  readonly state: string;
  readonly account: string;
}

/** @throws ConfigError for a configuration that is none; UsageError for a state directory that is not there */
export function brokerScope({
  config: file = defaultConfigFile(),
  state,
  account,
}: ScopeValues): BrokerScope {
  if (state === '') throw new UsageError('--state: expected a directory, was ""');
  const fleet = account === '' ? loadFleet(file) : undefined;
  const named = fleet?.accounts ?? [{ name: account, config: loadConfig(file, account) }];
  const accounts = named.map(({ name, config }) => ({
    name,
    config,
    tag: readTag(config, processEnvironment(), name),
    directory: brokerDirectory(accountState(state, name)),
  }));
  return { accounts, directory: brokerDirectory(state) };
}

export interface DayRange {
  readonly fromDay: string;
  readonly toDay: string;
}

/** All days, where none is named. @throws UsageError for what is no day */
export function dayRange(values: {
  readonly day?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}): DayRange {
  const { day, from, to } = values;
  if (day !== undefined && (from !== undefined || to !== undefined))
    throw new UsageError('--day: expected no --from or --to beside it');
  const fromDay = checkedDay(day ?? from ?? '0000-01-01', day === undefined ? '--from' : '--day');
  const toDay = checkedDay(day ?? to ?? '9999-12-31', day === undefined ? '--to' : '--day');
  if (toDay < fromDay) throw new UsageError(`--to: expected a day from ${fromDay} on, was ${toDay}`);
  return { fromDay, toDay };
}

function checkedDay(text: string, option: string): string {
  const timeMs = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  // 2026-02-30 is read as the second of March.
  if (!Number.isNaN(timeMs) && utcDay(timeMs) === text) return text;
  throw new UsageError(`${option}: expected a day such as 2026-11-21, was "${text}"`);
}

export function isInRange(day: string, { fromDay, toDay }: DayRange): boolean {
  return day >= fromDay && day <= toDay;
}

export function termsOf({ config, tag, directory }: BrokerAccount): RebateTerms {
  const { share, affiliatedShare, isMarketMaker, monthlyCap } = config.broker;
  return { tag, share, affiliatedShare, isMarketMaker, monthlyCap, eligibility: readEligibility(directory) };
}

/** Rows of a week before and after: those that were told late belong to them. */
const AROUND_MS = 7 * DAY_MS;

/**
 * What an account traded, order by order: the days of the range, a week around it, and from the begin of the month on, by
 * which a month's cap is used up.
 *
 * @throws BrokerError for a ledger that is not what the engine wrote
 */
export function ledgerRows({ config, directory }: BrokerAccount, { fromDay, toDay }: DayRange): OrderDay[] {
  const ledger = new CommissionLedger(config.broker.dayOffsetHours);
  const days = ledgerDays(directory);
  const first = shifted(fromDay, -AROUND_MS);
  const month = `${fromDay.slice(0, 7)}-01`;
  const from = shifted(first < month ? first : month, -DAY_MS);
  if (days.length === 0) return [];
  for (const entry of readEntries(directory, from, shifted(toDay, AROUND_MS))) ledger.add(entry);
  return ledger.rows();
}

/** Days of the first and the last years are what they are. */
function shifted(day: string, byMs: number): string {
  if (day < '1000' || day > '9000') return day;
  return utcDay(Date.parse(`${day}T00:00:00Z`) + byMs);
}

/** Whether an engine ever kept a ledger there. */
export function hasLedger({ directory }: BrokerAccount): boolean {
  return existsSync(directory) && ledgerDays(directory).length > 0;
}
