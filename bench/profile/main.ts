/**
 * `npm run bench:profile`: where the time of a path goes. Two processes, one after the other: one without a profiler, for the
 * stages and the compiler's trace; one with, for a flame graph and the time by room and function.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Histogram } from '../../engine/metrics/histogram.ts';
import { machineText } from '../report.ts';
import { runSteady } from '../steady/steady-run.ts';
import type { SteadyOrder } from '../steady/steady-run.ts';
import { summarise } from './cpu-profile.ts';
import type { CpuProfile } from './cpu-profile.ts';
import { flameGraph } from './flame-graph.ts';
import { profileText } from './profile-text.ts';
import type { ProfileReport } from './profile-text.ts';

const PATHS = ['tick-to-trade', 'tick-to-trade:guard', 'book-update'] as const;
const FEEDS = ['recorded', 'generated-books', 'generated-tbt'] as const;
const WARM_UP_TURNS = 150_000;
const TURNS = 300_000;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const USAGE =
  'usage: npm run bench:profile -- [NAME] [--feed FEED] [--turns N] [--out FOLDER]\n' +
  `  NAME is one of ${PATHS.join(', ')}; FEED one of ${FEEDS.join(', ')}; files go to dist/profile unless told`;

interface ProfileArguments {
  readonly path: SteadyOrder['path'];
  readonly feed: SteadyOrder['feed'];
  readonly turns: number;
  readonly folder: string;
}

function parse(): ProfileArguments {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { feed: { type: 'string' }, turns: { type: 'string' }, out: { type: 'string' } },
    });
    const name = positionals[0] ?? PATHS[0];
    const path = PATHS.find((known) => known === name);
    const feed = FEEDS.find((known) => known === (values.feed ?? 'generated-books'));
    if (path === undefined || positionals.length > 1)
      throw new Error(`expected a known NAME, was "${positionals.join(' ')}"`);
    if (feed === undefined)
      throw new Error(`--feed: expected one of ${FEEDS.join(', ')}, was "${values.feed}"`);
    const turns = Number(values.turns ?? (path === 'book-update' ? 10 * TURNS : TURNS));
    if (!Number.isInteger(turns) || turns < 1)
      throw new Error(`--turns: expected a whole number above 0, was "${values.turns}"`);
    return { path, feed, turns, folder: resolve(values.out ?? 'dist/profile') };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(EXIT_USAGE);
  }
}

async function profile({ path, feed, turns, folder }: ProfileArguments): Promise<ProfileReport> {
  mkdirSync(folder, { recursive: true });
  const base = join(folder, `${path.replace(':', '-')}-${feed}`);
  const order: SteadyOrder = {
    path,
    feed,
    warmUpTurns: Math.min(WARM_UP_TURNS, turns),
    turns,
    rate: 0,
    cpuProfile: '',
  };
  const { outcome, trace } = await runSteady(order);
  await runSteady({ ...order, cpuProfile: `${base}.cpuprofile` });
  const summary = summarise(JSON.parse(readFileSync(`${base}.cpuprofile`, 'utf8')) as CpuProfile);
  writeFileSync(`${base}.folded`, `${summary.folded}\n`);
  writeFileSync(
    `${base}.svg`,
    flameGraph(summary.flame, `${path}, ${feed}: ${turns} turns, Node ${process.version}`),
  );
  const latencies = new Histogram(outcome.latencies);
  const report: ProfileReport = {
    path,
    feed,
    turns,
    machine: machineText(),
    node: process.version,
    date: new Date().toISOString(),
    p50: latencies.percentile(0.5),
    p99: latencies.percentile(0.99),
    stages: outcome.stages,
    deoptimisations: trace.deoptimisations,
    optimised: trace.optimised,
    collections: outcome.pauses,
    rooms: summary.rooms,
    functions: summary.functions.slice(0, 40),
  };
  writeFileSync(`${base}.json`, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\nwritten: ${base}.{svg,folded,cpuprofile,json}`);
  return report;
}

const args = parse();
console.log(`${machineText()}; Node ${process.version}; load ${loadavg()[0]!.toFixed(1)}`);
try {
  const report = await profile(args);
  console.log(`\n${profileText(report)}`);
  const bailouts = report.deoptimisations.reduce((sum, { count }) => sum + count, 0);
  if (bailouts > 0) {
    console.error(`failed: expected no deoptimisation in steady state, were ${bailouts}`);
    process.exit(EXIT_FAILED);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(EXIT_FAILED);
}
