/**
 * `npm run bench:compare -- BASE`: the benchmarks of two revisions in alternation, and the ratio of their figures with its
 * spread. BASE is any revision; the other side is the working tree as it is now.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchResult } from '../benchmark.ts';
import { cacheRoot } from '../peers/cache-folder.ts';
import { machineText } from '../report.ts';
import type { BenchReport } from '../report.ts';
import { VERDICT_ROUNDS_MIN, compare, comparisonText } from './ratios.ts';
import type { Round } from './ratios.ts';
import { CompareError, findRepository, lastLine, prepareBase, prepareTree } from './revision.ts';
import type { Tree } from './revision.ts';
import { Runner } from './runner.ts';

const ROUNDS = 6;
const ROUNDS_MAX = 100;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;
const USAGE =
  'usage: npm run bench:compare -- BASE [--only NAME]... [--feed FILE] [--rounds N] [--json FILE] [--smoke]\n' +
  '  BASE is a git revision; it is compared with the working tree. Without --only: one thread, no sockets';
/** What is compared when nothing is named: all that needs neither sockets nor a second thread, and minutes, not an hour. */
const USUAL = ['tick-to-trade', 'book-update', 'encode', 'gate', 'diff', 'throttle', 'histogram'];

interface CompareArguments {
  readonly base: string;
  readonly only: readonly string[];
  readonly feed: string | undefined;
  readonly rounds: number;
  readonly json: string | undefined;
  readonly isSmoke: boolean;
}

function parse(): CompareArguments {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        only: { type: 'string', multiple: true },
        feed: { type: 'string' },
        rounds: { type: 'string' },
        json: { type: 'string' },
        smoke: { type: 'boolean' },
      },
    });
    if (positionals.length !== 1)
      throw new Error(`expected one BASE, was ${positionals.join(' ') || 'none'}`);
    const rounds = Number(values.rounds ?? ROUNDS);
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX) {
      throw new Error(`--rounds: expected a whole number from 1 to ${ROUNDS_MAX}, was "${values.rounds}"`);
    }
    const { only = [], feed, json, smoke = false } = values;
    const feedFile = feed === undefined ? undefined : resolve(feed);
    if (feedFile !== undefined && !existsSync(feedFile))
      throw new Error(`--feed: ${feedFile} does not exist`);
    return { base: positionals[0]!, only, feed: feedFile, rounds, json, isSmoke: smoke };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(EXIT_USAGE);
  }
}

/** The names that both know; what only one knows is said. @throws CompareError when there is none */
function chosenOf(only: readonly string[], base: Tree, tree: Tree): string[] {
  const unknown = only.find((name) => !base.benchmarks.includes(name) && !tree.benchmarks.includes(name));
  if (unknown !== undefined) {
    throw new CompareError(`--only: expected one of ${tree.benchmarks.join(', ')}, was "${unknown}"`);
  }
  const wanted = only.length > 0 ? only : USUAL;
  for (const name of wanted) {
    if (!base.benchmarks.includes(name)) console.log(`${name}: left out, ${base.title} does not have it`);
    else if (!tree.benchmarks.includes(name))
      console.log(`${name}: left out, ${tree.title} does not have it`);
  }
  const chosen = wanted.filter((name) => base.benchmarks.includes(name) && tree.benchmarks.includes(name));
  if (chosen.length === 0) throw new CompareError('expected a benchmark that both sides have, there is none');
  return chosen;
}

/** Runs one benchmark of a tree. What it gave before it failed counts. @throws CompareError when it gave nothing */
async function measure(
  run: Runner,
  tree: Tree,
  name: string,
  args: CompareArguments,
): Promise<BenchResult[]> {
  const file = join(tree.folder, 'bench-result.json');
  rmSync(file, { force: true });
  const benchArgs = ['--expose-gc', join(tree.folder, 'dist/bench/main.js'), '--only', name, '--json', file];
  if (args.feed !== undefined) benchArgs.push('--feed', args.feed);
  if (args.isSmoke) benchArgs.push('--smoke');
  if (tree.flags.has('--no-peers')) benchArgs.push('--no-peers');
  const { code, stderr } = await run.text(process.execPath, benchArgs, tree.folder);
  if (!existsSync(file)) {
    throw new CompareError(`${tree.title}: ${name} failed with exit code ${code}: ${lastLine(stderr)}`);
  }
  const { results } = JSON.parse(readFileSync(file, 'utf8')) as BenchReport;
  return [...results];
}

/** A B B A A B: each side is as often the first of a round as the other. */
async function playRounds(
  run: Runner,
  base: Tree,
  tree: Tree,
  name: string,
  args: CompareArguments,
): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < args.rounds; round++) {
    const isBaseFirst = round % 2 === 0;
    const first = await measure(run, isBaseFirst ? base : tree, name, args);
    const second = await measure(run, isBaseFirst ? tree : base, name, args);
    rounds.push(isBaseFirst ? { base: first, tree: second } : { base: second, tree: first });
  }
  return rounds;
}

async function runComparison(run: Runner, args: CompareArguments, folder: string): Promise<void> {
  const repository = await findRepository(run, process.cwd(), args.base);
  console.log(`${machineText()}; Node ${process.version}; load ${loadavg()[0]!.toFixed(1)}; building both`);
  const base = await prepareBase(run, repository, args.base, join(folder, 'base'));
  const tree = await prepareTree(run, repository, join(folder, 'tree'));
  console.log(
    `${tree.title} over ${base.title}: below 1 the working tree is faster; ${args.rounds} rounds in alternation`,
  );
  if (args.rounds < VERDICT_ROUNDS_MIN) console.log(`no verdict is given below ${VERDICT_ROUNDS_MIN} rounds`);
  const byName: Record<string, readonly Round[]> = {};
  const failures: string[] = [];
  for (const name of chosenOf(args.only, base, tree)) {
    try {
      const rounds = await playRounds(run, base, tree, name, args);
      byName[name] = rounds;
      console.log(`\n${comparisonText(compare(rounds))}`);
    } catch (error) {
      if (!(error instanceof CompareError)) throw error;
      failures.push(error.message);
      console.error(`\n${error.message}`);
    }
  }
  const all = Object.values(byName);
  const comparisons = all.map((rounds) => compare(rounds));
  if (args.json !== undefined) {
    const report = {
      base: { revision: args.base, commit: repository.commit },
      tree: tree.title,
      machine: machineText(),
      node: process.version,
      date: new Date().toISOString(),
      rounds: args.rounds,
      rows: comparisons.flatMap(({ rows }) => rows),
      onlyInBase: comparisons.flatMap(({ onlyInBase }) => onlyInBase),
      onlyInTree: comparisons.flatMap(({ onlyInTree }) => onlyInTree),
      failures,
    };
    writeFileSync(args.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  if (failures.length > 0) throw new CompareError(`${failures.length} benchmarks failed`);
}

const args = parse();
// What is kept from run to run must not go with the folder.
process.env['XDG_CACHE_HOME'] = cacheRoot();
const folder = mkdtempSync(join(tmpdir(), 'bench-compare-'));
// A benchmark that is ended leaves its temporary files where they are removed with all else.
process.env['TMPDIR'] = folder;
const run = new Runner();

/** However it ends: no process is left, and no folder. */
function end(code: number): never {
  run.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => end(EXIT_INTERRUPTED));
try {
  await runComparison(run, args, folder);
  end(0);
} catch (error) {
  console.error(error instanceof CompareError ? error.message : error);
  end(EXIT_FAILED);
}
