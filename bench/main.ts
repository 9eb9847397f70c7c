/**
 * `npm run bench`: runs every benchmark in a process of its own, one after the other, prints a table and writes the results.
 * See README.md for what is in each figure.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CaptureError } from '../engine/cli/verify-capture.ts';
import { USAGE, UsageError, parseArguments } from './arguments.ts';
import type { BenchArguments } from './arguments.ts';
import { BENCHMARKS } from './benchmark-list.ts';
import type { BenchResult } from './benchmark.ts';
import { OwnedProcesses } from './owned-processes.ts';
import { failuresText, machineText, notesText, reportOf, tableText, writeReport } from './report.ts';
import { BenchmarkFailure, contextOf, recordedOf, runBenchmark, runInChild } from './run-benchmark.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

async function runAll(args: BenchArguments): Promise<void> {
  const chosen = BENCHMARKS.filter(({ name, isOnlyByName }) =>
    args.only.length === 0 ? args.isSmoke || isOnlyByName !== true : args.only.includes(name),
  );
  const smoke = args.isSmoke ? '; smoke: the figures mean little' : '';
  if (args.json !== undefined) checkWritable(args.json);
  console.log(`${machineText()}; Node ${process.version}; load ${loadavg()[0]!.toFixed(1)}${smoke}`);
  // What is wrong with it is said once, before anything is measured.
  if (args.feed !== undefined) await recordedOf(args);
  const processes = new OwnedProcesses();
  const results: BenchResult[] = [];
  const broken: string[] = [];
  for (const benchmark of chosen) {
    console.log(`\n${benchmark.name}: ${benchmark.about}`);
    try {
      const own = await runInChild(processes, fileURLToPath(import.meta.url), benchmark, args);
      console.log(tableText(own));
      console.log(notesText(own));
      results.push(...own);
    } catch (error) {
      // The others have results all the same.
      if (!(error instanceof BenchmarkFailure)) throw error;
      console.error(error.message);
      broken.push(error.message);
    }
  }
  if (chosen.length > 1 && results.length > 0) console.log(`\n${tableText(results)}`);
  if (args.json !== undefined && results.length > 0) writeReport(args.json, reportOf(results));
  // After the results are written: a row that misses its mark is a result too.
  const failures = [...broken, failuresText(results)].filter((text) => text !== '');
  if (failures.length > 0) throw new BenchmarkFailure(failures.join('\n'));
}

/** Said before anything is measured. @throws UsageError */
function checkWritable(file: string): void {
  try {
    accessSync(dirname(resolve(file)), constants.W_OK);
    if (existsSync(file)) accessSync(file, constants.W_OK);
  } catch (error) {
    throw new UsageError(`--json: expected a file that can be written, ${(error as Error).message}`);
  }
}

async function runChild(args: BenchArguments): Promise<void> {
  // Whoever wanted the results is gone.
  process.once('disconnect', () => process.exit(EXIT_FAILED));
  const benchmark = BENCHMARKS.find(({ name }) => name === args.only[0])!;
  const results = await runBenchmark(benchmark, await contextOf(benchmark, args));
  process.send!(results, () => process.exit(0));
}

try {
  const args = parseArguments(process.argv.slice(2));
  await (args.isChild ? runChild(args) : runAll(args));
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n${USAGE}`);
    process.exit(EXIT_USAGE);
  }
  // What the user can put right needs no stack; anything else is a bug here.
  const isExplained = error instanceof CaptureError || error instanceof BenchmarkFailure;
  console.error(isExplained ? error.message : error);
  process.exit(EXIT_FAILED);
}
