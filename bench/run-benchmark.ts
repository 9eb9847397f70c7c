import { resolve } from 'node:path';
import type { BenchArguments } from './arguments.ts';
import type { BenchContext, BenchResult, Benchmark } from './benchmark.ts';
import { FULL_EFFORT, SMOKE_EFFORT } from './effort.ts';
import type { FrameFeed } from './feeds/frame-feed.ts';
import { GENERATED_BOOKS, GENERATED_TBT, generateFeed } from './feeds/generated-feed.ts';
import type { OwnedProcesses } from './owned-processes.ts';
import { RECORDED_CUT, feedNameOf, readRecordedFeed } from './feeds/recorded-feed.ts';

/** Frames of the generated feeds, which are played in a circle. */
const GENERATED_FRAMES = 20_000;
/** Making feeds is most of a smoke run. No checksum looks at more frames than these. */
const SMOKE_GENERATED_FRAMES = 5_000;
const SMOKE_RECORDED_FRAMES = 10_000;

/**
 * Runs a benchmark in this process and checks that it gave what it must.
 *
 * @throws BenchmarkFailure when it did not, as on a feed too short to have an answer in it
 */
export async function runBenchmark(benchmark: Benchmark, context: BenchContext): Promise<BenchResult[]> {
  const results = await benchmark.run(context);
  if (results.length === 0) throw new BenchmarkFailure(`${benchmark.name}: expected results, there are none`);
  for (const { name, feed, samples, checksum } of results) {
    if (!(samples > 0)) throw new BenchmarkFailure(`${name} (${feed}): expected samples, there are none`);
    if (checksum === '') throw new BenchmarkFailure(`${name} (${feed}): expected a checksum, there is none`);
  }
  return results;
}

/** The context that the arguments describe, for one benchmark. */
export async function contextOf(benchmark: Benchmark, args: BenchArguments): Promise<BenchContext> {
  const effort = args.isSmoke ? SMOKE_EFFORT : FULL_EFFORT;
  const feeds: FrameFeed[] = [];
  if (benchmark.usesFeeds) {
    const frames = args.isSmoke ? SMOKE_GENERATED_FRAMES : GENERATED_FRAMES;
    const recorded = recordedOf(args);
    feeds.push(await recorded, generateFeed(GENERATED_BOOKS, frames), generateFeed(GENERATED_TBT, frames));
  }
  return {
    effort,
    feeds,
    withPeers: args.withPeers,
    isHeapProfiled: args.isHeapProfiled,
    ...(args.minutes === undefined ? {} : { minutes: args.minutes }),
  };
}

/** The recording that the arguments name, or the project's own. @throws CaptureError */
export function recordedOf({ feed, isSmoke }: BenchArguments): Promise<FrameFeed> {
  const framesMax = isSmoke ? SMOKE_RECORDED_FRAMES : Infinity;
  return feed === undefined
    ? readRecordedFeed(RECORDED_CUT, 'recorded', framesMax)
    : readRecordedFeed(resolve(feed), feedNameOf(feed), framesMax);
}

/** A benchmark's process failed; it has said why itself. */
export class BenchmarkFailure extends Error {
  override readonly name = 'BenchmarkFailure';
  readonly code = 'BENCHMARK_FAILED';
}

/** Runs a benchmark in a process of its own, with the same Node flags. */
export function runInChild(
  processes: OwnedProcesses,
  program: string,
  benchmark: Benchmark,
  args: BenchArguments,
): Promise<BenchResult[]> {
  const childArgs = ['--child', '--only', benchmark.name];
  if (args.isSmoke) childArgs.push('--smoke');
  if (args.feed !== undefined) childArgs.push('--feed', args.feed);
  if (!args.withPeers) childArgs.push('--no-peers');
  if (args.minutes !== undefined) childArgs.push('--minutes', String(args.minutes));
  if (args.isHeapProfiled) childArgs.push('--heap-profile');
  const child = processes.fork(program, childArgs);
  return new Promise((resolve, reject) => {
    let results: BenchResult[] | undefined;
    child.on('message', (message: BenchResult[]) => {
      results = message;
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code === 0 && results !== undefined) resolve(results);
      else reject(new BenchmarkFailure(`${benchmark.name}: failed (${signal ?? `exit code ${code}`})`));
    });
  });
}
