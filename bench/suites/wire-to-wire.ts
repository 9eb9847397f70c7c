import { availableParallelism } from 'node:os';
import { WaitStrategy } from '../../engine/handoff/doorbell.ts';
import { Histogram } from '../../engine/metrics/histogram.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { Calibration } from '../calibration.ts';
import { percentilesOf } from '../contender.ts';
import type { Effort } from '../effort.ts';
import { GENERATED_MOVES } from '../feeds/generated-feed.ts';
import { HeapMeter, collectGarbage } from '../heap-meter.ts';
import { AnswerPath } from '../rig/engine-rig.ts';
import { EngineSide } from '../wire/engine-side.ts';
import type { Wiring } from '../wire/engine-side.ts';
import { FarProcess } from '../wire/far-process.ts';

/** The guard answers first with the side that is in danger, the quoter then with the other side. */
const BATCHES_PER_FRAME = [1, 2];
/** Threads that never sleep in the variant with a spinning worker: far side, engine, worker. */
const SPINNING_THREADS = 3;

interface WireVariant extends Wiring {
  readonly name: string;
  readonly note: string;
}

const VARIANTS: readonly WireVariant[] = [
  {
    name: 'wire-to-wire',
    path: AnswerPath.quote,
    isTurning: true,
    worker: undefined,
    note: 'engine: loop kept turning by setImmediate, quoter inline',
  },
  {
    name: 'wire-to-wire:guard',
    path: AnswerPath.guard,
    isTurning: true,
    worker: undefined,
    note: 'engine: loop kept turning by setImmediate, answered by the guard',
  },
  {
    name: 'wire-to-wire:sleep',
    path: AnswerPath.quote,
    isTurning: false,
    worker: undefined,
    note: 'engine: event loop sleeps in epoll, quoter inline',
  },
  {
    name: 'wire-to-wire:worker',
    path: AnswerPath.quote,
    isTurning: false,
    worker: WaitStrategy.block,
    note: 'engine: sleeps, woken by waitAsync; worker thread sleeps in Atomics.wait: as npm start',
  },
  {
    name: 'wire-to-wire:worker-turning',
    path: AnswerPath.quote,
    isTurning: true,
    worker: WaitStrategy.block,
    note: 'engine: loop kept turning, looks at the bell; worker thread sleeps in Atomics.wait',
  },
  {
    name: 'wire-to-wire:worker-spin',
    path: AnswerPath.quote,
    isTurning: true,
    worker: WaitStrategy.spin,
    note: 'engine: loop kept turning, looks at the bell; worker thread spins',
  },
];

/** One variant with both of its sides, and what its rounds gave. */
class WireContender {
  readonly variant: WireVariant;
  readonly latencies = new Histogram();
  readonly service = new Histogram();
  readonly heap = new HeapMeter();
  readonly rates: number[] = [];
  samples = 0;
  checksum = '';
  /** Times that this process was taken off its core while it wanted to go on. */
  switches = 0;
  #far: FarProcess | undefined;
  #engine: EngineSide | undefined;

  constructor(variant: WireVariant) {
    this.variant = variant;
  }

  async open(): Promise<void> {
    this.#far = await FarProcess.start();
    this.#engine = await EngineSide.connect(this.variant, this.#far.port);
  }

  /** Its latencies are not kept; its prices make the checksum. */
  async warmUp(effort: Effort): Promise<void> {
    const { checksum } = await this.#play(effort, Math.max(25, effort.wireFrames >> 1));
    this.checksum = checksum;
  }

  async round(effort: Effort): Promise<void> {
    const switchesBefore = process.resourceUsage().involuntaryContextSwitches;
    const { latenciesNs, serviceNs, rate } = await this.#play(effort, effort.wireFrames);
    this.switches += process.resourceUsage().involuntaryContextSwitches - switchesBefore;
    for (const latencyNs of latenciesNs) this.latencies.record(latencyNs);
    for (const latencyNs of serviceNs) this.service.record(latencyNs);
    this.samples += latenciesNs.length;
    this.rates.push(rate);
  }

  async measureHeap(effort: Effort): Promise<void> {
    collectGarbage();
    await this.#play(effort, effort.wireFrames, this.heap);
  }

  async close(): Promise<void> {
    await this.#engine?.close();
    await this.#far?.close();
  }

  async #play(effort: Effort, frames: number, heap?: HeapMeter) {
    this.#engine!.begin(heap);
    try {
      return await this.#far!.play({
        frames,
        intervalUs: effort.wireIntervalUs,
        batchesPerFrame: BATCHES_PER_FRAME[this.variant.path]!,
      });
    } finally {
      this.#engine!.end();
    }
  }

  result(effort: Effort, calibrationNs: number): BenchResult {
    const rates = this.rates.toSorted((a, b) => a - b);
    const service = percentilesOf(this.service);
    return {
      name: this.variant.name,
      feed: GENERATED_MOVES.name,
      unit: 'ns',
      ...percentilesOf(this.latencies),
      opsPerSecond: Math.round(rates[rates.length >> 1]!),
      bytesPerOp: this.heap.bytesPerOp,
      checksum: this.checksum,
      samples: this.samples,
      calibrationNs,
      note:
        `plain; far side: another process, spins by setImmediate; ${this.variant.note}; ` +
        `from the intended time, a frame every ${effort.wireIntervalUs} us; from the real time of writing: ` +
        `p50 ${service.p50}, p90 ${service.p90}, p99 ${service.p99}; ops/s is the rate played; taken off its core: ${this.switches} times`,
    };
  }
}

/** Idle variants sleep, but a spinning worker would not: it is there only during its own rounds. */
async function measureVariants(variants: readonly WireVariant[], effort: Effort): Promise<BenchResult[]> {
  const calibration = new Calibration();
  const contenders = variants.map((variant) => new WireContender(variant));
  try {
    await Promise.all(contenders.map((contender) => contender.open()));
    for (const contender of contenders) await contender.warmUp(effort);
    collectGarbage();
    for (let round = 0; round < effort.rounds; round++) {
      for (const contender of contenders) {
        calibration.sample();
        await contender.round(effort);
      }
    }
    for (const contender of contenders) await contender.measureHeap(effort);
  } finally {
    await Promise.all(contenders.map((contender) => contender.close()));
  }
  return contenders.map((contender) => contender.result(effort, calibration.medianNs));
}

export const wireToWire: Benchmark = {
  name: 'wire-to-wire',
  about: 'loopback: the venue writes a depth frame -> the venue has read the batch that answers it',
  usesFeeds: false,
  async run({ effort }: BenchContext): Promise<BenchResult[]> {
    const isSpinning = (variant: WireVariant): boolean => variant.worker === WaitStrategy.spin;
    const results = await measureVariants(
      VARIANTS.filter((variant) => !isSpinning(variant)),
      effort,
    );
    if (availableParallelism() < SPINNING_THREADS) {
      console.log(
        `wire-to-wire:worker-spin skipped: far side, engine and worker all spin, which needs ${SPINNING_THREADS} cores and there are ${availableParallelism()}`,
      );
      return results;
    }
    return [...results, ...(await measureVariants(VARIANTS.filter(isSpinning), effort))];
  },
};
