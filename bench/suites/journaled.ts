import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { measureContenders } from '../contender.ts';
import { AnswerPath } from '../rig/engine-rig.ts';
import { TickToTrade } from './tick-to-trade.ts';

/**
 * The quoter's path with the journal and without, in alternation, in a process of its own: where both kinds of the core live,
 * the compiler knows each of them less well, and the rows of the other benchmark shall not pay for this question.
 */
export const journaled: Benchmark = {
  name: 'journaled',
  about: 'tick to trade with the journal on, beside the same without',
  usesFeeds: true,
  run({ feeds, effort }: BenchContext): Promise<BenchResult[]> {
    const contenders = [false, true].flatMap((isJournaled) =>
      feeds.map((feed) => new TickToTrade(feed, AnswerPath.quote, true, isJournaled)),
    );
    return Promise.resolve(measureContenders(contenders, effort));
  },
};
