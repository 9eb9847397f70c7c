import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { packageRoot } from './package-root.ts';
import { portfolioProblem } from './portfolio-schema.ts';
import { configSchema, type Config } from './schema.ts';

/** The configuration that `npm start` runs without --config: the commented paper example itself. */
export function defaultConfigFile(): string {
  return join(packageRoot(), 'engine', 'config', 'paper.yaml');
}

/**
 * Reads and validates a YAML 1.2 configuration file.
 *
 * @throws ConfigError naming the file, each wrong key, what was expected and what came
 */
export function loadConfig(file: string): Config {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError(
      `configuration ${file}: expected a readable YAML file, was ${reason}; check --config`,
    );
  }
  return parseConfig(text, file);
}

/**
 * As `loadConfig`, from text; `file` only names it in errors.
 *
 * @testonly Exported so that a table of wrong texts needs no files.
 */
export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { version: '1.2', uniqueKeys: true, lineCounter: lines });
  const problem = document.errors[0];
  if (problem !== undefined) {
    const at = lines.linePos(problem.pos[0]);
    throw new ConfigError(
      `configuration ${file}, line ${at.line}: expected YAML 1.2, was: ${problem.message.split('\n')[0]}`,
    );
  }
  const input: unknown = document.toJS({ maxAliasCount: 100 });
  const result = configSchema.safeParse(input);
  if (!result.success) {
    const rows = result.error.issues.flatMap((issue) => describe(issue, input));
    throw new ConfigError([`configuration ${file}:`, ...rows.map((row) => `  ${row}`)].join('\n'));
  }
  checkAcrossKeys(result.data, file);
  return result.data;
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
function checkAcrossKeys(config: Config, file: string): void {
  const seen = new Set<string>();
  config.instruments.forEach((instrument, index) => {
    const at = `configuration ${file}:\n  instruments[${index}]`;
    if (seen.has(instrument.instId)) {
      throw new ConfigError(
        `${at}.instId: expected each instrument once, was "${instrument.instId}" again; remove one`,
      );
    }
    seen.add(instrument.instId);
    // A spot position is read off the holding of its base coin, which two instruments would count twice.
    const [base, , more] = instrument.instId.split('-');
    const coin = more === undefined ? `spot of ${base}` : '';
    if (coin !== '' && seen.has(coin)) {
      throw new ConfigError(
        `${at}.instId: expected one spot instrument for each base coin, was "${instrument.instId}" beside another of ${base}; remove one`,
      );
    }
    if (coin !== '') seen.add(coin);
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
  const problem = portfolioProblem(
    config.portfolio,
    config.instruments.map(({ instId }) => instId),
  );
  if (problem !== '') throw new ConfigError(`configuration ${file}:\n  ${problem}`);
  if (config.venue.kind === 'live' && config.engine.deadMansSwitchSeconds === 0) {
    throw new ConfigError(
      `configuration ${file}:\n  engine.deadMansSwitchSeconds: expected 10 to 120 on a live venue, was 0; without it a dead engine leaves its orders`,
    );
  }
  const { kind, rest, public: publicUrl, private: privateUrl, business } = config.venue;
  const given = [rest, publicUrl, privateUrl].filter((url) => url !== undefined).length;
  if (kind === 'paper' && given !== 0 && given !== 3) {
    throw new ConfigError(
      `configuration ${file}:\n  venue: expected all of rest, public and private, or none (the embedded paper venue), was ${given} of 3`,
    );
  }
  const urls = Object.entries({ rest, public: publicUrl, private: privateUrl, business });
  for (const [key, url] of urls) {
    if (url === undefined || !OKX_HOST.test(new URL(url).hostname)) continue;
    // Real orders would carry the tag that stands in for a missing one, and no switch need stand behind them.
    if (kind === 'paper') {
      throw new ConfigError(
        `configuration ${file}:\n  venue.${key}: expected a paper venue of your own, was ${url}; set venue.kind to demo or live`,
      );
    }
    if (new URL(url).port !== '8443') continue;
    throw new ConfigError(
      `configuration ${file}:\n  venue.${key}: expected no port 8443 (OKX closed it on 2026-10-31), was ${url}; remove ":8443"`,
    );
  }
}
