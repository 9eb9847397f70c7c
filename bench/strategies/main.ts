/**
 * `npm run bench:strategies`: quoting models side by side, on the same data, limits and fees: the paper venue with its partly
 * informed flow over several seeds, and a recorded market where one is given.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runBacktest } from '../../engine/backtest/run-backtest.ts';
import { configAt } from '../../engine/backtest/sweep-space.ts';
import type { Parameters } from '../../engine/backtest/sweep-space.ts';
import { loadConfig } from '../../engine/config/load-config.ts';
import { packageRoot } from '../../engine/config/package-root.ts';
import type { Config } from '../../engine/config/schema.ts';
import { CONTESTANTS } from './contestants.ts';
import type { Contestant } from './contestants.ts';
import { figuresOf, tableOf } from './figures.ts';
import type { Row, RunFigures } from './figures.ts';
import { runPaper } from './paper-market.ts';

const EXIT_USAGE = 2;
const USAGE = `npm run bench:strategies -- [--config FILE] [--seeds N] [--minutes N] [--data FILE]... [--only NAME]... [--set KEY=VALUE]... [--json FILE]

  --config   what all have in common (default engine/config/backtest.yaml)
  --seeds    markets of the paper venue, 1 to N (default 8; 0 for none), each --minutes long (default 30)
  --data     a recorded market; all of it is played
  --only     ${CONTESTANTS.map(({ name }) => name).join(', ')}
  --set      another value for a key, for all of them: strategy.halfSpreadBps=2`;

interface Arguments {
  readonly config: string;
  readonly seeds: number;
  readonly minutes: number;
  readonly data: readonly string[];
  readonly contestants: readonly Contestant[];
  readonly set: Parameters;
  readonly json: string | undefined;
}

function parse(): Arguments {
  const { values } = parseArgs({
    options: {
      config: { type: 'string', default: join(packageRoot(), 'engine/config/backtest.yaml') },
      seeds: { type: 'string', default: '8' },
      minutes: { type: 'string', default: '30' },
      data: { type: 'string', multiple: true, default: [] },
      only: { type: 'string', multiple: true, default: [] },
      set: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
    },
  });
  const whole = (name: 'seeds' | 'minutes', least: number): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < least)
      throw new Error(`--${name}: expected a whole number from ${least}, was "${values[name]}"`);
    return value;
  };
  for (const name of values.only) {
    if (CONTESTANTS.some((each) => each.name === name)) continue;
    throw new Error(`--only: expected ${CONTESTANTS.map((each) => each.name).join(', ')}, was "${name}"`);
  }
  const set = values.set.map((text): [string, string] => {
    const at = text.indexOf('=');
    if (at < 1) throw new Error(`--set: expected KEY=VALUE, was "${text}"`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return {
    config: values.config,
    seeds: whole('seeds', 0),
    minutes: whole('minutes', 1),
    data: values.data,
    contestants: CONTESTANTS.filter(({ name }) => values.only.length === 0 || values.only.includes(name)),
    set: Object.fromEntries(set),
    json: values.json,
  };
}

async function compare(
  args: Arguments,
  what: string,
  play: (config: Config) => Promise<RunFigures[]>,
): Promise<Row[]> {
  const base = loadConfig(args.config);
  const text = readFileSync(args.config, 'utf8');
  const rows: Row[] = [];
  for (const { name, keys } of args.contestants) {
    console.error(`${what}: ${name}`);
    rows.push({ name, runs: await play(configAt(text, base, args.config, { ...args.set, ...keys })) });
  }
  return rows;
}

async function run(args: Arguments): Promise<void> {
  const sections: { title: string; rows: Row[] }[] = [];
  if (args.seeds > 0) {
    const title = `Paper venue, ${args.seeds} seeds of ${args.minutes} minutes`;
    const rows = await compare(args, title, async (config) => {
      const runs: RunFigures[] = [];
      for (let seed = 1; seed <= args.seeds; seed++) {
        runs.push(figuresOf(await runPaper(config, seed, args.minutes)));
      }
      return runs;
    });
    sections.push({ title: `${title}; mean ± standard error`, rows });
  }
  if (args.data.length > 0) {
    const title = 'Backtest of the recorded market';
    const rows = await compare(args, title, async (config) => [
      figuresOf(await runBacktest({ config, files: args.data })),
    ]);
    sections.push({ title, rows });
  }
  for (const { title, rows } of sections) console.log(`\n${title}\n\n${tableOf(rows)}`);
  if (args.json !== undefined) writeFileSync(args.json, JSON.stringify({ sections }, null, 2));
}

let args: Arguments;
try {
  args = parse();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(EXIT_USAGE);
}
await run(args);
