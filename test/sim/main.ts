/**
 * `npm run sim`: worlds by their seeds, each with its faults, checked at every step. Exit code 0 when every checker held, 1
 * when one did not, 2 when the command is not understood.
 */
import { SystemClock } from '../../engine/base/clock.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { USAGE, UsageError, parseArguments } from './arguments.ts';
import type { SimArguments } from './arguments.ts';
import { BROKEN_ENGINES } from './broken-engines.ts';
import { replayCommand, seedText, summaryText, writeResults } from './report.ts';
import { writeReport } from './seed-report.ts';
import { runSeeds } from './seed-pool.ts';
import type { SeedReport } from './seed-thread.ts';
import type { SeedResult } from './sim-types.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** Worlds that held are told one by one up to so many. */
const TOLD_MAX = 20;
const PROGRESS_NS = 10 * NS_PER_SECOND;

async function run(args: SimArguments): Promise<boolean> {
  const clock = new SystemClock();
  const startNs = clock.nowNs();
  const results: SeedResult[] = [];
  let toldNs = startNs;
  const onReport = ({ result, lines }: SeedReport): void => {
    results.push(result);
    if (result.failure !== null || args.seeds.length <= TOLD_MAX) console.log(seedText(result));
    if (result.failure !== null) {
      if (args.isVerbose) console.log(lines.map((line) => `  ${line}`).join('\n'));
      console.log(`  ${result.options}`);
      console.log(`  again: ${replayCommand(args, result.seed)}`);
    }
    const nowNs = clock.nowNs();
    if (nowNs - toldNs < PROGRESS_NS) return;
    toldNs = nowNs;
    const leftSeconds =
      ((nowNs - startNs) / NS_PER_SECOND / results.length) * (args.seeds.length - results.length);
    const failed = results.filter(({ failure }) => failure !== null).length;
    console.error(
      `${results.length} of ${args.seeds.length} seeds, ${failed} failed; about ${Math.ceil(leftSeconds)} s left`,
    );
  };
  await runSeeds(args, onReport);
  console.log(summaryText(results, (clock.nowNs() - startNs) / NS_PER_SECOND));
  if (args.json !== undefined) writeResults(args.json, args, results);
  if (args.report !== undefined) console.log(await writeReport(args.report, args));
  return results.every(({ failure }) => failure === null);
}

try {
  const args = parseArguments(process.argv.slice(2));
  if (args.broken !== '' && !BROKEN_ENGINES.some(({ name }) => name === args.broken)) {
    const known = BROKEN_ENGINES.map(({ name }) => name).join(', ');
    throw new UsageError(`--broken: expected one of ${known}, was "${args.broken}"`);
  }
  process.exitCode = (await run(args)) ? 0 : EXIT_FAILED;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n${USAGE}`);
  process.exitCode = EXIT_USAGE;
}
