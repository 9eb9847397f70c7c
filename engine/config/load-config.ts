import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { accountInput, fleetSchema, isFleet } from './accounts-schema.ts';
import type { AccountEntry, FleetSection } from './accounts-schema.ts';
import { accountsProblem } from './accounts-problem.ts';
import { ConfigError } from './config-error.ts';
import { packageRoot } from './package-root.ts';
import { portfolioProblem } from './portfolio-schema.ts';
import { protectionProblem } from './protection-schema.ts';
import { configSchema, type Config } from './schema.ts';

/** The configuration that `npm start` runs without --config: the commented paper example itself. */
export function defaultConfigFile(): string {
  return join(packageRoot(), 'engine', 'config', 'paper.yaml');
}

/**
 * Reads and validates a YAML 1.2 configuration file.
 *
 * @param account of a file with several `accounts`, the one whose configuration is wanted; '' for a file of one
 * @throws ConfigError naming the file, each wrong key, what was expected and what came
 */
export function loadConfig(file: string, account = ''): Config {
  return accountOf(readInput(file), file, account);
}

/**
 * As `loadConfig`, from text; `file` only names it in errors.
 *
 * @testonly Exported so that a table of wrong texts needs no files.
 */
export function parseConfig(text: string, file: string, account = ''): Config {
  return accountOf(parseInput(text, file), file, account);
}

/** A configuration of several accounts, each as it is for its own engine. */
export interface FleetConfig {
  readonly fleet: FleetSection;
  readonly accounts: readonly { readonly name: string; readonly config: Config }[];
}

/** The accounts of a configuration; undefined when it is of one alone. @throws ConfigError as `loadConfig` */
export function loadFleet(file: string): FleetConfig | undefined {
  return fleetOf(readInput(file), file);
}

/** As `loadFleet`, from text. @testonly As `parseConfig`. */
export function parseFleet(text: string, file: string): FleetConfig | undefined {
  return fleetOf(parseInput(text, file), file);
}

function readInput(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError(
      `configuration ${file}: expected a readable YAML file, was ${reason}; check --config`,
    );
  }
  return parseInput(text, file);
}

function parseInput(text: string, file: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { version: '1.2', uniqueKeys: true, lineCounter: lines });
  const problem = document.errors[0];
  if (problem !== undefined) {
    const at = lines.linePos(problem.pos[0]);
    throw new ConfigError(
      `configuration ${file}, line ${at.line}: expected YAML 1.2, was: ${problem.message.split('\n')[0]}`,
    );
  }
  return document.toJS({ maxAliasCount: 100 });
}

function fleetOf(input: unknown, file: string): FleetConfig | undefined {
  if (!isFleet(input)) return undefined;
  const where = `configuration ${file}`;
  const { fleet, accounts: entries } = checkedBy(fleetSchema, input, where);
  const accounts = entries.map((entry, index) => ({
    name: entry.name,
    config: entryOf(input, entry, index, fleet.metrics.port, where),
  }));
  const problem = accountsProblem(accounts, fleet);
  if (problem !== '') throw new ConfigError(`${where}:\n  ${problem}`);
  return { fleet, accounts };
}

/** What is wrong with other accounts of the file is nothing to this one: each runs by itself. */
function accountOf(input: unknown, file: string, account: string): Config {
  const where = `configuration ${file}`;
  if (!isFleet(input)) {
    if (account === '') return configOf(input, where);
    throw new ConfigError(
      `${where}: expected accounts, one of them "${account}", was the configuration of one alone; leave out --account`,
    );
  }
  const { fleet, accounts } = checkedBy(fleetSchema, input, where);
  const index = accounts.findIndex(({ name }) => name === account);
  if (index !== -1) return entryOf(input, accounts[index]!, index, fleet.metrics.port, where);
  const names = accounts.map(({ name }) => name).join(', ');
  throw new ConfigError(
    account === ''
      ? `${where}: expected the configuration of one account, was that of ${names}; name one with --account, or give a file of one`
      : `${where}: expected --account to be one of ${names}, was "${account}"`,
  );
}

function entryOf(
  input: Readonly<Record<string, unknown>>,
  entry: AccountEntry,
  index: number,
  fleetPort: number,
  where: string,
): Config {
  return configOf(
    accountInput(input, entry, index, fleetPort),
    `${where}, accounts[${index}] (${entry.name}) over what is shared`,
  );
}

/** @throws ConfigError; `where` begins each of its texts */
function configOf(input: unknown, where: string): Config {
  const config = checkedBy(configSchema, input, where);
  checkAcrossKeys(config, where);
  return config;
}

function checkedBy<T>(schema: z.ZodType<T>, input: unknown, where: string): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const rows = result.error.issues.flatMap((issue) => describe(issue, input));
  throw new ConfigError([`${where}:`, ...rows.map((row) => `  ${row}`)].join('\n'));
}

/** One line for each wrong key. Values are shown, but never those of unknown keys: a secret may have been put there. */
function describe(issue: z.core.$ZodIssue, input: unknown): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) => `${pathText([...issue.path, key])}: expected no such key; remove it or check its spelling`,
    );
  }
  const value = issue.path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
  return [
    `${pathText(issue.path)}: ${issue.message.replace(/^Invalid \w+: /, '').replace(/, received .*$/, '')}, was ${shown(value)}`,
  ];
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return '(the whole file)';
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'a map';
  return `${JSON.stringify(value)} (${typeof value})`;
}

const OKX_HOST = /(^|\.)okx\.com$/;

/** Rules that tie several keys together. */
function checkAcrossKeys(config: Config, where: string): void {
  const seen = new Set<string>();
  config.instruments.forEach((instrument, index) => {
    const at = `${where}:\n  instruments[${index}]`;
    if (seen.has(instrument.instId)) {
      throw new ConfigError(
        `${at}.instId: expected each instrument once, was "${instrument.instId}" again; remove one`,
      );
    }
    seen.add(instrument.instId);
    if (instrument.strategy.rpiLevels > instrument.strategy.levels) {
      throw new ConfigError(
        `${at}.strategy.rpiLevels: expected at most strategy.levels (${instrument.strategy.levels}), was ${instrument.strategy.rpiLevels}`,
      );
    }
    if (instrument.mmp.isOn && instrument.strategy.rpiLevels > 0) {
      throw new ConfigError(
        `${at}.strategy.rpiLevels: expected 0 with mmp.isOn, since an order is of one kind, was ${instrument.strategy.rpiLevels}`,
      );
    }
    if (Number(instrument.strategy.size) > Number(instrument.limits.orderSize)) {
      throw new ConfigError(
        `${at}.strategy.size: expected at most limits.orderSize ("${instrument.limits.orderSize}"), was "${instrument.strategy.size}"`,
      );
    }
    const { levels, size, sizeStep } = instrument.strategy;
    const lastSize = Number(size) + (levels - 1) * Number(sizeStep);
    // Sizes are exact as lots, which are not known here; as floats they are to within far less than a lot.
    if (lastSize > Number(instrument.limits.orderSize) * (1 + 1e-9)) {
      throw new ConfigError(
        `${at}.strategy.sizeStep: expected a last level of at most limits.orderSize ("${instrument.limits.orderSize}"), was ${lastSize}; lower strategy.sizeStep or strategy.levels`,
      );
    }
    if (2 * instrument.strategy.levels > instrument.limits.openOrders) {
      throw new ConfigError(
        `${at}.limits.openOrders: expected at least 2 x strategy.levels (${2 * instrument.strategy.levels}), was ${instrument.limits.openOrders}`,
      );
    }
  });
  const instIds = config.instruments.map(({ instId }) => instId);
  const problem = portfolioProblem(config.portfolio) || protectionProblem(config.protection, instIds);
  if (problem !== '') throw new ConfigError(`${where}:\n  ${problem}`);
  if (config.venue.kind === 'live' && config.engine.deadMansSwitchSeconds === 0) {
    throw new ConfigError(
      `${where}:\n  engine.deadMansSwitchSeconds: expected 10 to 120 on a live venue, was 0; without it a dead engine leaves its orders`,
    );
  }
  const { kind, rest, public: publicUrl, private: privateUrl, business } = config.venue;
  const given = [rest, publicUrl, privateUrl].filter((url) => url !== undefined).length;
  if (kind === 'paper' && given !== 0 && given !== 3) {
    throw new ConfigError(
      `${where}:\n  venue: expected all of rest, public and private, or none (the embedded paper venue), was ${given} of 3`,
    );
  }
  const urls = Object.entries({ rest, public: publicUrl, private: privateUrl, business });
  for (const [key, url] of urls) {
    if (url === undefined || !OKX_HOST.test(new URL(url).hostname)) continue;
    // Real orders would carry the tag that stands in for a missing one, and no switch need stand behind them.
    if (kind === 'paper') {
      throw new ConfigError(
        `${where}:\n  venue.${key}: expected a paper venue of your own, was ${url}; set venue.kind to demo or live`,
      );
    }
    if (new URL(url).port !== '8443') continue;
    throw new ConfigError(
      `${where}:\n  venue.${key}: expected no port 8443 (OKX closed it on 2026-10-31), was ${url}; remove ":8443"`,
    );
  }
}
