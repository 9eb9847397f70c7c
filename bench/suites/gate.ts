import { CommandOp } from '../../engine/base/command-op.ts';
import { IndexSet } from '../../engine/base/index-set.ts';
import { Side } from '../../engine/base/side.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { Gate, GateReason } from '../../engine/risk/gate.ts';
import { KillLadder } from '../../engine/risk/kill-ladder.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { Checksum } from '../checksum.ts';
import { benchInstrument } from '../feeds/bench-instrument.ts';
import { measureMicros } from '../micro-contender.ts';
import type { MicroWork } from '../micro-contender.ts';

const BID = 650_000;
const CHECKSUM_CHECKS = 10_000;

/** A gate for `count` instruments with positions and orders in all of them. */
function gateOf(count: number): Gate {
  const instruments = Array.from({ length: count }, (_, index) =>
    benchInstrument(index, `C${index}-USDT-SWAP`, 1, 2),
  );
  const limits = instruments.map(() => ({
    positionLotsMax: 10_000,
    orderLotsMax: 1_000,
    orderNotionalMax: 1e9,
    notionalMax: 1e12,
    openOrdersMax: 40,
    collarBps: 200,
    notionalRate: 1,
  }));
  const gate = new Gate(
    instruments,
    limits,
    { notionalMax: 1e12, openOrdersMax: 4_000, lossMax: 1e9 },
    {
      positionLots: Float64Array.from(instruments, ({ index }) => (index % 7) * 10 - 30),
      entryTicks: new Float64Array(count).fill(BID),
      exposureLots: new Float64Array(count * 2).fill(200),
      bestTicks: Int32Array.from({ length: count * 2 }, (_, list) => (list % 2 === 0 ? BID - 40 : BID + 41)),
      openCounts: new Int32Array(count).fill(4),
      openTotals: Int32Array.of(count * 4),
      changed: new IndexSet(count),
    },
    true,
    new KillLadder(instruments),
  );
  for (const { index } of instruments) {
    gate.setMarket(index, BID, BID + 1, true);
    gate.setPriceLimits(index, TICKS_MAX, 0);
    gate.setMarkPrice(index, BID + 0.5);
  }
  return gate;
}

/** Most checks pass; one in sixteen would cross, as after a jump of the book. */
function microOf(count: number): MicroWork {
  const gate = gateOf(count);
  let next = 0;
  const work = (checks: number): number => {
    let sum = 0;
    for (let index = 0; index < checks; index++) {
      next = (next + 1) & 1_023;
      const side: Side = (next & 1) as Side;
      const away = (next & 15) === 0 ? -5 : 30 + (next & 31);
      const ticks = side === Side.buy ? BID - away : BID + 1 + away;
      sum += gate.check(CommandOp.place, next % count, side, ticks, 1 + (next & 127), 1 + (next & 127));
    }
    return sum;
  };
  return {
    name: 'gate',
    feed: `${count} instrument${count === 1 ? '' : 's'}`,
    note: 'a place through every rule',
    work,
    checksum(): string {
      const fresh = gateOf(count);
      const checksum = new Checksum();
      for (let check = 1; check <= CHECKSUM_CHECKS; check++) {
        const side: Side = (check & 1) as Side;
        const away = (check % 97) - 8;
        const ticks = side === Side.buy ? BID - away : BID + 1 + away;
        const lots = check % 1_100;
        checksum.addByte(fresh.check(CommandOp.place, check % count, side, ticks, lots, lots));
      }
      checksum.addNumber(fresh.strikes[GateReason.pass]!);
      return checksum.text;
    },
  };
}

export const gate: Benchmark = {
  name: 'gate',
  about: 'the pre-trade check of one place',
  usesFeeds: false,
  run({ effort }: BenchContext): Promise<BenchResult[]> {
    return Promise.resolve(measureMicros([microOf(1), microOf(10), microOf(100)], effort));
  },
};
