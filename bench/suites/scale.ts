import { availableParallelism } from 'node:os';
import { Histogram } from '../../engine/metrics/histogram.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { Calibration } from '../calibration.ts';
import { measureContenders, percentilesOf } from '../contender.ts';
import type { Effort } from '../effort.ts';
import { EngineGroup, FLEET_SIZE } from '../scale/engine-group.ts';
import { Fleet } from '../scale/fleet.ts';

const FLEETS = [1, 10, 50, 100];
/** Frames a second of all instruments together; the last is as fast as it goes, which tells where the engine is full. */
const RATES = [1_000, 5_000, 20_000, 50_000, 100_000, 200_000, Infinity];
/** Each point is played so often, in alternation, for at most a second each. */
const ROUNDS_MAX = 3;
/** From here on an engine is called saturated: a thousand times what a quiet frame takes. */
const SATURATED_P99_NS = 1e6;
const ENGINES = [1, 2, 4];
const ENGINE_RATE = 5_000;

/** One fleet at one rate. */
class OpenLoop {
  readonly fleet: Fleet;
  readonly rate: number;
  readonly latencies = new Histogram();
  readonly rates: number[] = [];
  #leastP99Ns = Infinity;

  constructor(fleet: Fleet, rate: number) {
    this.fleet = fleet;
    this.rate = rate;
  }

  round(effort: Effort): void {
    const own = new Histogram();
    this.rates.push(this.fleet.playAt(this.rate, Math.min(effort.scaleFrames, this.rate), own));
    this.#leastP99Ns = Math.min(this.#leastP99Ns, own.percentile(0.99));
    this.latencies.merge(own);
  }

  get playedRate(): number {
    return this.rates.toSorted((a, b) => a - b)[this.rates.length >> 1]!;
  }

  /** By its best round: a neighbour makes some rounds late, saturation all. */
  get isSaturated(): boolean {
    return this.#leastP99Ns > SATURATED_P99_NS;
  }

  result(checksum: string, calibrationNs: number, saturation: string): BenchResult {
    return {
      name: 'scale:open-loop',
      feed: `${this.fleet.feed}, ${paceOf(this.rate)}`,
      unit: 'ns',
      ...percentilesOf(this.latencies),
      opsPerSecond: Math.round(this.playedRate),
      bytesPerOp: -1,
      checksum,
      samples: this.latencies.count,
      calibrationNs,
      note: `from the time a frame was due, acks, pushes and timers on the same thread; ${this.fleet.feed}: ${saturation}`,
    };
  }
}

function paceOf(rate: number): string {
  return rate === Infinity ? 'as fast as it goes' : `${rate / 1_000}k frames/s`;
}

/**
 * Where the engine is saturated, in words: the highest rate that it held, and what it plays when
 * frames never end.
 *
 * @testonly The rows' notes say it.
 */
export function saturationText(
  loops: readonly Pick<OpenLoop, 'rate' | 'isSaturated' | 'playedRate'>[],
): string {
  // Saturation grows with the rate: where a higher one was held, a lower one was late by the machine's other work.
  const held = loops.findLast(({ rate, isSaturated }) => rate !== Infinity && !isSaturated);
  const most =
    held === undefined
      ? 'p99 above 1 ms at every rate'
      : `p99 below 1 ms up to ${held.rate} frames/s of those tried`;
  const full = loops.find(({ rate }) => rate === Infinity);
  return full === undefined ? most : `${most}; full at ${Math.round(full.playedRate)} frames/s`;
}

function openLoops(
  fleets: readonly Fleet[],
  checksums: ReadonlyMap<string, string>,
  effort: Effort,
): BenchResult[] {
  const calibration = new Calibration();
  const loops = fleets.map((fleet) => RATES.map((rate) => new OpenLoop(fleet, rate)));
  for (let round = 0; round < Math.min(ROUNDS_MAX, effort.rounds); round++) {
    for (const ownLoops of loops) {
      calibration.sample();
      for (const loop of ownLoops) loop.round(effort);
    }
  }
  return loops.flatMap((ownLoops) => {
    const saturation = saturationText(ownLoops);
    return ownLoops.map((loop) =>
      loop.result(checksums.get(loop.fleet.feed)!, calibration.medianNs, saturation),
    );
  });
}

async function sideBySide(count: number, effort: Effort): Promise<BenchResult[]> {
  const calibration = new Calibration();
  calibration.sample();
  const group = await EngineGroup.open(
    count,
    effort.scaleFrames,
    Math.min(effort.roundOps, effort.scaleFrames),
  );
  const rows: BenchResult[] = [];
  try {
    for (const rate of [ENGINE_RATE, Infinity]) {
      const { latencies, rate: total } = await group.play(rate, effort.scaleFrames);
      const pace = rate === Infinity ? paceOf(rate) : `${paceOf(rate)} each`;
      rows.push({
        name: 'scale:processes',
        feed: `${count} engine${count === 1 ? '' : 's'}, ${pace}`,
        unit: 'ns',
        ...percentilesOf(latencies),
        opsPerSecond: Math.round(total),
        bytesPerOp: -1,
        checksum: group.checksum,
        samples: latencies.count,
        calibrationNs: calibration.medianNs,
        note: `engines of ${FLEET_SIZE} instruments in processes of their own on ${availableParallelism()} cores, which never sleep; ops/s is of all together`,
      });
    }
  } finally {
    await group.close();
  }
  return rows;
}

export const scale: Benchmark = {
  name: 'scale',
  about:
    'what a frame costs with 1 to 100 instruments on one engine, up to saturation, and engines side by side',
  usesFeeds: false,
  async run({ effort }: BenchContext): Promise<BenchResult[]> {
    const fleets = FLEETS.map((count) => new Fleet(count, effort.scaleFrames));
    const costs = measureContenders(fleets, effort);
    const checksums = new Map(costs.map(({ feed, checksum }) => [feed, checksum]));
    const results = [...costs, ...openLoops(fleets, checksums, effort)];
    for (const count of ENGINES) {
      if (count > effort.scaleEngines) continue;
      results.push(...(await sideBySide(count, effort)));
    }
    return results;
  },
};
