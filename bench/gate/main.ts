/**
 * `npm run bench:gate`: fails when a row of the path costs more than bench/limits.json allows, in calibrations and never in
 * times. `--update` writes what is measured now as the new limits.
 */
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { OwnedProcesses } from '../owned-processes.ts';
import { figure, judge } from './judge.ts';
import type { Verdict } from './judge.ts';
import { WATCHED, measureWatched } from './gate-rows.ts';
import { limitsFile, limitsOf, readLimits, writeLimits } from './limits.ts';
import type { GateRow, Limit } from './limits.ts';

/** A row that fails is measured again: on a machine that does other work, the best of all tries is the code's own. */
const TRIES = 3;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const USAGE = 'usage: npm run bench:gate -- [--update] [--only BENCHMARK]...';

interface GateArguments {
  readonly isUpdate: boolean;
  readonly only: readonly string[];
  readonly child: string | undefined;
}

function parse(): GateArguments {
  try {
    const { values } = parseArgs({
      options: {
        update: { type: 'boolean' },
        only: { type: 'string', multiple: true },
        child: { type: 'string' },
      },
    });
    const unknown = values.only?.find((name) => !WATCHED.some(({ benchmark }) => benchmark === name));
    if (unknown !== undefined)
      throw new Error(`--only: expected a benchmark that is watched, was "${unknown}"`);
    return { isUpdate: values.update ?? false, only: values.only ?? [], child: values.child };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(EXIT_USAGE);
  }
}

/** Each in a process of its own, as in the full run. */
function measureInChild(processes: OwnedProcesses, name: string): Promise<GateRow[]> {
  const child = processes.fork(fileURLToPath(import.meta.url), ['--child', name]);
  return new Promise((resolve, reject) => {
    let rows: GateRow[] | undefined;
    child.on('message', (message: GateRow[]) => {
      rows = message;
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code === 0 && rows !== undefined) resolve(rows);
      else reject(new Error(`${name}: failed (${signal ?? `exit code ${code}`})`));
    });
  });
}

/** The lesser of both figures of each row. */
function bestOf(rows: readonly GateRow[], again: readonly GateRow[]): GateRow[] {
  return rows.map((row) => {
    const other = again.find(({ name, feed }) => name === row.name && feed === row.feed);
    return other === undefined || other.value >= row.value ? row : other;
  });
}

function secondsSince(startMs: number): string {
  return ((performance.now() - startMs) / 1_000).toFixed(0);
}

function report(verdicts: readonly Verdict[]): void {
  for (const { name, feed, kind, measured, allowed, problem } of verdicts) {
    const mark = problem === undefined ? 'ok    ' : 'FAILED';
    console.log(
      `${mark} ${name.padEnd(20)} ${feed.padEnd(18)} ${kind.padEnd(6)} ${figure(measured).padStart(8)}  allowed ${figure(allowed)}`,
    );
  }
}

/** Measures again what is above its limit. */
async function bestOfTries(
  processes: OwnedProcesses,
  benchmark: string,
  first: readonly GateRow[],
  limits: readonly Limit[],
): Promise<readonly GateRow[]> {
  const ownLimits = limits.filter(({ name }) => name.split(':')[0] === benchmark);
  let own = first;
  for (let tries = 1; tries < TRIES; tries++) {
    // A row that has no limit does not get one by being measured again.
    const isAbove = judge(own, ownLimits).some(
      ({ problem, measured, allowed }) => problem !== undefined && measured > allowed,
    );
    if (!isAbove) break;
    console.log(`${benchmark}: above its limit, measured again`);
    own = bestOf(own, await measureInChild(processes, benchmark));
  }
  return own;
}

async function gate({ isUpdate, only }: GateArguments): Promise<void> {
  const chosen = WATCHED.filter(({ benchmark }) => only.length === 0 || only.includes(benchmark));
  const isChosen = ({ name }: { readonly name: string }): boolean =>
    chosen.some(({ benchmark }) => name.split(':')[0] === benchmark);
  console.log(`the gate; Node ${process.version}; load ${loadavg()[0]!.toFixed(1)}`);
  const processes = new OwnedProcesses();
  const startMs = performance.now();
  const limits = isUpdate ? [] : readLimits(limitsFile()).limits.filter(isChosen);
  const rows: GateRow[] = [];
  for (const { benchmark } of chosen) {
    const startedMs = performance.now();
    const own = await measureInChild(processes, benchmark);
    rows.push(...(isUpdate ? own : await bestOfTries(processes, benchmark, own, limits)));
    console.log(`${benchmark}: ${secondsSince(startedMs)} s`);
  }
  const seconds = secondsSince(startMs);
  if (isUpdate) {
    const kept = only.length === 0 ? [] : readLimits(limitsFile()).limits.filter((limit) => !isChosen(limit));
    const fresh = limitsOf(rows);
    writeLimits(limitsFile(), { ...fresh, limits: [...kept, ...fresh.limits] });
    console.log(
      `${rows.length} limits written to bench/limits.json in ${seconds} s: look at them, and commit them`,
    );
    return;
  }
  const verdicts = judge(rows, limits);
  report(verdicts);
  const failures = verdicts.filter(({ problem }) => problem !== undefined);
  for (const { name, feed, problem } of failures) console.error(`\n${name} (${feed}) ${problem}`);
  console.log(
    `${verdicts.length - failures.length} of ${verdicts.length} rows within their limits, ${seconds} s`,
  );
  if (failures.length > 0) process.exit(EXIT_FAILED);
}

const args = parse();
try {
  if (args.child === undefined) {
    await gate(args);
  } else {
    const rows = await measureWatched(WATCHED.find(({ benchmark }) => benchmark === args.child)!);
    process.send!(rows, () => process.exit(0));
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(EXIT_FAILED);
}
