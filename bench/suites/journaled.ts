import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { measureContenders } from '../contender.ts';
import { AnswerPath } from '../rig/engine-rig.ts';
import { TickToTrade } from './tick-to-trade.ts';

/**
 * Both paths with the journal and without, in alternation, in a process of its own: where both kinds of the core live, the
 * compiler knows each of them less well, and the rows of the other benchmark shall not pay for this question.
 *
 * A frame is copied when it has been answered. Here the quoter runs inline, after that: its rows hold the copy, which a live
 * engine makes while its worker computes; the guard's do not.
 */
export const journaled: Benchmark = {
  name: 'journaled',
  about: 'tick to trade with the journal on, beside the same without',
  usesFeeds: true,
  run({ feeds, effort }: BenchContext): Promise<BenchResult[]> {
    // One path after the other: four kinds of turn at once are more than the compiler keeps apart.
    const results = [AnswerPath.quote, AnswerPath.guard].flatMap((path) => {
      const contenders = [false, true].flatMap((isJournaled) =>
        feeds.map((feed) => new TickToTrade(feed, path, true, isJournaled)),
      );
      const rows = measureContenders(contenders, effort);
      // By then the compiler has met other rigs, and gives up inlining where a number is then boxed, with and without.
      return path === AnswerPath.quote ? rows : rows.map((row) => ({ ...row, bytesPerOp: -1 }));
    });
    return Promise.resolve(results);
  },
};
