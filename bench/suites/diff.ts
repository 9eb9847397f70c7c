import { Side } from '../../engine/base/side.ts';
import { CommandBatch } from '../../engine/orders/command-batch.ts';
import { AckOutcome, AmendResult, UpdateState } from '../../engine/orders/order-state.ts';
import { OrderTable } from '../../engine/orders/order-table.ts';
import { QuoteDiff } from '../../engine/orders/quote-diff.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { Checksum } from '../checksum.ts';
import { measureMicros } from '../micro-contender.ts';
import type { MicroWork } from '../micro-contender.ts';

const SLOTS = 256;
const FIRST_TICKS = 650_000;
const LEVEL_STEP = 10;
const LOTS = 100;
const CHECKSUM_DIFFS = 200;

/** One side of one instrument: orders that rest, and the ladder that is wanted. */
class DiffScene {
  readonly levels: number;
  readonly ticks: Int32Array;
  readonly lots: Float64Array;
  readonly batch = new CommandBatch(SLOTS);
  readonly #table = new OrderTable(1, SLOTS);
  readonly #diff: QuoteDiff;

  constructor(levels: number) {
    this.levels = levels;
    this.#diff = new QuoteDiff(this.#table, [{ priceToleranceTicks: 2, sizeToleranceRatio: 0.2 }], levels);
    this.ticks = Int32Array.from({ length: levels }, (_, level) => FIRST_TICKS - level * LEVEL_STEP);
    this.lots = new Float64Array(levels).fill(LOTS);
    for (let level = 0; level < levels; level++) this.#rest(this.ticks[level]!);
  }

  #rest(ticks: number): void {
    const slot = this.#table.open(0, Side.buy, ticks, LOTS, Float64Array.of(1));
    const generation = this.#table.generation[slot]!;
    this.#table.onPlaceAck(slot, generation, AckOutcome.accepted);
    this.#table.onUpdate(
      {
        slot: Int32Array.of(slot),
        generation: Int32Array.of(generation),
        state: Uint8Array.of(UpdateState.live),
        priceTicks: Int32Array.of(ticks),
        sizeLots: Float64Array.of(LOTS),
        accFillLots: Float64Array.of(0),
        uTimeMs: Float64Array.of(1),
        reqId: Float64Array.of(-1),
        amendResult: Int8Array.of(AmendResult.none),
      },
      0,
    );
  }

  /** Compares with the ladder moved by some ticks; how many commands that takes. */
  diff(moveTicks: number): number {
    const { batch } = this;
    for (let level = 0; level < this.levels; level++) {
      this.ticks[level] = FIRST_TICKS - level * LEVEL_STEP + moveTicks;
    }
    batch.clear();
    this.#diff.diff(0, Side.buy, this.ticks, this.lots, this.levels, batch);
    return batch.amends.count + batch.cancels.count + batch.places.count;
  }
}

/** @param moveTicks how far the wanted ladder lies from the orders; within the tolerance everything is kept */
function microOf(levels: number, moveTicks: number, what: string): MicroWork {
  const scene = new DiffScene(levels);
  let sign = 1;
  return {
    name: 'diff',
    feed: `${levels} levels ${what}`,
    note: 'one side',
    work(count: number): number {
      let commands = 0;
      for (let index = 0; index < count; index++) {
        sign = -sign;
        commands += scene.diff(sign * moveTicks);
      }
      return commands;
    },
    checksum(): string {
      const checksum = new Checksum();
      const fresh = new DiffScene(levels);
      for (let diff = 0; diff < CHECKSUM_DIFFS; diff++) {
        fresh.diff((diff % 41) - 20);
        for (const group of fresh.batch.inSendOrder) {
          checksum.addByte(group.count);
          for (let row = 0; row < group.count; row++) {
            checksum.addNumber(group.slot[row]! + 1);
            checksum.addNumber(group.ticks[row]!);
            checksum.addNumber(group.lots[row]!);
          }
        }
      }
      return checksum.text;
    },
  };
}

export const diff: Benchmark = {
  name: 'diff',
  about: 'the orders of one side compared with the ladder that is wanted',
  usesFeeds: false,
  run({ effort }: BenchContext): Promise<BenchResult[]> {
    const micros = [
      microOf(3, 1, 'kept'),
      microOf(3, 5, 'amended'),
      microOf(10, 1, 'kept'),
      microOf(10, 5, 'amended'),
    ];
    return Promise.resolve(measureMicros(micros, effort));
  },
};
