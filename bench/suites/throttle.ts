import { CommandOp } from '../../engine/base/command-op.ts';
import { NS_PER_MS } from '../../engine/base/units.ts';
import { Throttle } from '../../engine/risk/throttle.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { Checksum } from '../checksum.ts';
import { measureMicros } from '../micro-contender.ts';
import type { MicroWork } from '../micro-contender.ts';

/** The venue's figures, as the loop gives them. */
const OPTIONS = {
  instrumentCount: 3,
  windowNs: 2_000 * NS_PER_MS,
  marginNs: 50 * NS_PER_MS,
  singleMax: 60,
  batchMax: 300,
  accountMax: 1_000,
  cancelReserveSingle: 10,
  cancelReserveBatch: 60,
};
/** Between two amends of one batch each: about half of what the budget allows. */
const STEP_NS = 15 * NS_PER_MS;
const CHECKSUM_TAKES = 5_000;

function microOf(): MicroWork {
  const throttle = new Throttle(OPTIONS);
  const nowNs = new Float64Array([1e9]);
  let next = 0;
  return {
    name: 'throttle',
    feed: 'amends',
    note: 'asked, booked, and a send that left the window forgotten',
    work(count: number): number {
      let sum = 0;
      for (let index = 0; index < count; index++) {
        nowNs[0]! += STEP_NS;
        next = next === 2 ? 0 : next + 1;
        sum += throttle.available(CommandOp.amend, next, true, nowNs);
        throttle.take(CommandOp.amend, next, 1, true, nowNs);
      }
      return sum;
    },
    /** Asked for more than is allowed, so that the refusals are in it. */
    checksum(): string {
      const checksum = new Checksum();
      const fresh = new Throttle(OPTIONS);
      for (let take = 0; take < CHECKSUM_TAKES; take++) {
        const cell = Float64Array.of(1e9 + take * 2.5 * NS_PER_MS);
        const instrument = take % 3;
        const available = fresh.available(CommandOp.amend, instrument, true, cell);
        checksum.addNumber(available);
        if (available > 0) fresh.take(CommandOp.amend, instrument, 1, true, cell);
      }
      return checksum.text;
    },
  };
}

export const throttle: Benchmark = {
  name: 'throttle',
  about: 'the budget of one amend asked for and booked',
  usesFeeds: false,
  run({ effort }: BenchContext): Promise<BenchResult[]> {
    return Promise.resolve(measureMicros([microOf()], effort));
  },
};
