import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { assert } from '../../engine/base/assert.ts';
import { LoopMode } from '../../engine/base/loop-mode.ts';
import { ConfigurationWriter } from '../../engine/handoff/configuration-slot.ts';
import { MarketBells, QuoteBell, WaitStrategy } from '../../engine/handoff/doorbell.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { MarketWriter } from '../../engine/handoff/market-slot.ts';
import { QuoteReader, QuoteView } from '../../engine/handoff/quote-slot.ts';
import { LoopPace } from '../../engine/host/loop-pace.ts';
import { Histogram } from '../../engine/metrics/histogram.ts';
import { InlineQuoter } from '../../workers/inline.ts';
import { QuoterPool } from '../../workers/pool.ts';
import { FIXED_STRATEGY, levelsReadOf } from '../../workers/strategy/parameters.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { BenchClock } from '../bench-clock.ts';
import { Calibration } from '../calibration.ts';
import { Checksum } from '../checksum.ts';
import { percentilesOf } from '../contender.ts';
import type { Effort } from '../effort.ts';
import { HeapMeter, collectGarbage } from '../heap-meter.ts';
import { saySkipped } from '../peers/availability.ts';
import { AnswerPath, ladderParameters } from '../rig/engine-rig.ts';

const QUOTE_LEVELS = 10;
const MARKET_LEVELS = levelsReadOf(FIXED_STRATEGY);
const HALF_SPREAD_TICKS = 32;
const CHECKSUM_QUOTES = 200;
/** The trip is given up after this long: the worker is gone. The clock is looked at rarely, not to be what is measured. */
const LOST_AFTER_MS = 2_000;
const LOOKS_PER_CLOCK = 65_536;
const READY_WAIT_MS = 15_000;
const HEAP_WINDOW_TRIPS_MAX = 500;
/** Between trips: long enough for a worker that sleeps to have fallen asleep, and to find a spinning one spinning. */
const REST_US = 10;
const REST_US_ASLEEP = 150;
/** How long nothing happens while the cost of waiting is taken. */
const IDLE_MS_MIN = 20;
/** Markets that move at once, for the workers to share. */
const SHARED_INSTRUMENTS = 16;
/** The shared markets are measured in fewer rounds: their trips are longer and their rows more. */
const SHARED_ROUNDS_MAX = 2;

/** How the engine waits for quotes: it looks at the bell and does nothing else, or as LoopPace does. */
const EngineWait = { looks: 'looks', turns: 'turns', sleeps: 'sleeps' } as const;
type EngineWait = (typeof EngineWait)[keyof typeof EngineWait];

interface HandoffVariant {
  readonly name: string;
  readonly feed: string;
  readonly instruments: number;
  readonly workers: number;
  /** undefined: the quoter on the same thread, for comparison. */
  readonly wait: WaitStrategy | undefined;
  readonly engine: EngineWait;
}

const WAIT_TEXTS = [
  ['spin', WaitStrategy.spin],
  ['spin-then-block', WaitStrategy.spinThenBlock],
  ['block', WaitStrategy.block],
] as const;
const ENGINE_TEXTS = { looks: 'looks', turns: 'turns', sleeps: 'waitAsync' } as const;

function oneWorker(wait: string, engine: EngineWait): HandoffVariant {
  return {
    name: 'handoff',
    feed: `worker ${wait}, engine ${ENGINE_TEXTS[engine]}`,
    instruments: 1,
    workers: 1,
    wait: new Map<string, WaitStrategy>(WAIT_TEXTS).get(wait)!,
    engine,
  };
}

function shared(workers: number, wait: string): HandoffVariant {
  return {
    ...oneWorker(wait, EngineWait.looks),
    // Rows that not every machine can have are named apart.
    name: wait === 'spin' && workers > 1 ? 'handoff:shared-spin' : 'handoff:shared',
    feed: `${SHARED_INSTRUMENTS} markets, ${workers} ${workers === 1 ? 'worker' : 'workers'} ${wait}`,
    instruments: SHARED_INSTRUMENTS,
    workers,
  };
}

const INLINE: HandoffVariant = { ...oneWorker('spin', EngineWait.looks), feed: 'inline', wait: undefined };

const VARIANTS: readonly HandoffVariant[] = [
  INLINE,
  oneWorker('spin', EngineWait.looks),
  oneWorker('spin', EngineWait.turns),
  oneWorker('spin-then-block', EngineWait.looks),
  oneWorker('block', EngineWait.looks),
  oneWorker('block', EngineWait.turns),
  oneWorker('block', EngineWait.sleeps),
  { ...shared(1, 'spin'), feed: `${SHARED_INSTRUMENTS} markets, inline`, wait: undefined },
  shared(1, 'spin'),
  shared(2, 'spin'),
  shared(4, 'spin'),
  shared(1, 'block'),
  shared(2, 'block'),
  shared(4, 'block'),
];

/** The engine's end of the memory: publishes markets, takes quotes. */
class HandoffTrips {
  readonly handoff: Handoff;
  readonly bell: QuoteBell;
  readonly #bells: MarketBells;
  readonly #writers: readonly MarketWriter[];
  readonly #readers: readonly QuoteReader[];
  readonly #quotes: readonly QuoteView[];
  #trip = 0;
  /** Markets of this trip whose quotes are not there yet. */
  #missing = 0;

  constructor(instruments: number, workers: number) {
    this.handoff = new Handoff(
      createHandoff({
        instrumentCount: instruments,
        workerCount: workers,
        marketLevels: MARKET_LEVELS,
        quoteLevels: QUOTE_LEVELS,
      }),
    );
    this.bell = new QuoteBell(this.handoff);
    this.#bells = new MarketBells(this.handoff);
    const indexes = Array.from({ length: instruments }, (_, instrument) => instrument);
    this.#writers = indexes.map((instrument) => new MarketWriter(this.handoff, instrument));
    this.#readers = indexes.map((instrument) => new QuoteReader(this.handoff, instrument));
    this.#quotes = indexes.map(() => new QuoteView(QUOTE_LEVELS));
  }

  /** A market of every instrument, each as the loop publishes one with a depth frame. */
  publish(): void {
    const trip = this.#trip++;
    const writers = this.#writers;
    this.#missing = writers.length;
    for (let instrument = 0; instrument < writers.length; instrument++) {
      this.#publishOne(writers[instrument]!, trip + instrument);
      this.#bells.ring(instrument);
    }
  }

  #publishOne(writer: MarketWriter, number: number): void {
    const bid = 650_000 + (number & 63);
    writer.begin();
    for (let level = 0; level < MARKET_LEVELS; level++) {
      writer.bidTicks[level] = bid - level;
      writer.bidLots[level] = 1_000 + ((number * 7 + level) & 255);
      writer.askTicks[level] = bid + 1 + level;
      writer.askLots[level] = 1_000 + ((number * 11 + level) & 255);
    }
    writer.seqId = 8e10 + number;
    writer.tsMs = 1.7e12 + number;
    writer.recvNs = number;
    writer.positionLots = 0;
    writer.publish(MARKET_LEVELS, MARKET_LEVELS, true, 1);
  }

  /** Whether all quotes of the markets published last are there. Others are read and passed over. */
  take(): boolean {
    const quotes = this.#quotes;
    for (let instrument = this.bell.take(); instrument !== -1; instrument = this.bell.take()) {
      const quote = quotes[instrument]!;
      if (!this.#readers[instrument]!.read(quote)) continue;
      if (quote.marketVersion === this.#trip) this.#missing--;
    }
    return this.#missing === 0;
  }

  addQuotes(checksum: Checksum): void {
    for (const quote of this.#quotes) {
      checksum.addNumber(quote.marketVersion);
      for (let level = 0; level < quote.bidCount; level++) checksum.addNumber(quote.bidTicks[level]!);
      for (let level = 0; level < quote.askCount; level++) checksum.addNumber(quote.askTicks[level]!);
    }
  }
}

/** One variant with its threads, which live for one round only: spinning workers would disturb the others. */
class HandoffRound {
  readonly #variant: HandoffVariant;
  readonly #trips: HandoffTrips;
  readonly #inline: InlineQuoter | undefined;
  readonly #pool: QuoterPool | undefined;
  /** Undefined where the engine looks at the bell itself. */
  readonly #pace: LoopPace | undefined;
  /** When the trip began, when it ended, and when it was first found to take long. */
  readonly #clockMs = new Float64Array(3);
  #readyWorkers = 0;
  #onQuoted: () => void = () => undefined;

  constructor(variant: HandoffVariant) {
    this.#variant = variant;
    const { instruments, workers, wait, engine } = variant;
    this.#trips = new HandoffTrips(instruments, workers);
    const { handoff, bell } = this.#trips;
    const strategies = Array.from({ length: instruments }, () =>
      ladderParameters(AnswerPath.quote, HALF_SPREAD_TICKS),
    );
    new ConfigurationWriter(handoff).publish({ strategies }, 1);
    if (wait === undefined) {
      this.#inline = new InlineQuoter(handoff, new BenchClock(true));
      this.#readyWorkers = workers;
    } else {
      this.#pool = new QuoterPool(
        { handoff, wait },
        {
          onWorkerLost: (_worker, _instruments, reason) => {
            throw new Error(`handoff: the quote worker was lost: ${reason}`);
          },
          onWorkerReady: () => {
            this.#readyWorkers++;
          },
        },
      );
    }
    if (engine === EngineWait.looks) return;
    this.#pace = new LoopPace({
      bell,
      onQuotes: () => {
        if (!this.#trips.take()) return;
        this.#clockMs[1] = performance.now();
        this.#onQuoted();
      },
      onFailed: (error) => {
        throw error;
      },
    });
  }

  async open(): Promise<void> {
    const endMs = performance.now() + READY_WAIT_MS;
    while (this.#readyWorkers < this.#variant.workers) {
      assert(performance.now() < endMs, 'quote workers start within fifteen seconds');
      this.#pool?.check(performance.now() * 1e6);
      await sleep(5);
    }
    this.#pace?.run(this.#variant.engine === EngineWait.turns ? LoopMode.poll : LoopMode.sleep);
  }

  async close(): Promise<void> {
    this.#pace?.stop();
    await this.#pool?.close();
  }

  async run(trips: number, latencies: Histogram | null, checksum?: Checksum): Promise<number> {
    for (let trip = 0; trip < trips; trip++) {
      this.#rest();
      if (this.#pace === undefined) {
        this.#clockMs[0] = performance.now();
        this.#trips.publish();
        this.#spinForQuotes();
        this.#clockMs[1] = performance.now();
      } else {
        const quoted = new Promise<void>((resolve) => {
          this.#onQuoted = resolve;
        });
        this.#clockMs[0] = performance.now();
        this.#trips.publish();
        await quoted;
      }
      if (latencies !== null) latencies.record((this.#clockMs[1]! - this.#clockMs[0]!) * 1e6);
      if (checksum !== undefined) this.#trips.addQuotes(checksum);
    }
    return trips;
  }

  #spinForQuotes(): void {
    const { bell } = this.#trips;
    for (let looks = 1; ; looks++) {
      if (this.#inline !== undefined) this.#inline.turn();
      if (bell.hasRung() && this.#trips.take()) return;
      if (looks % LOOKS_PER_CLOCK !== 0) continue;
      if (looks === LOOKS_PER_CLOCK) this.#clockMs[2] = performance.now();
      assert(performance.now() < this.#clockMs[2]! + LOST_AFTER_MS, 'a published market is quoted');
    }
  }

  /** Trips without rests and readings of the clock between them: those would be what is measured. */
  runForHeap(trips: number): void {
    for (let trip = 0; trip < trips; trip++) {
      this.#trips.publish();
      this.#spinForQuotes();
    }
  }

  #rest(): void {
    const restUs = this.#variant.wait === WaitStrategy.block ? REST_US_ASLEEP : REST_US;
    const untilMs = performance.now() + restUs / 1_000;
    while (performance.now() < untilMs);
  }
}

/** How much processor time all threads of this process take while something happens: in cores. */
class CoreMeter {
  #cpuUs = 0;
  #wallUs = 0;

  async measure<Value>(happening: () => Promise<Value>): Promise<Value> {
    const startMs = performance.now();
    const start = process.cpuUsage();
    const value = await happening();
    const { user, system } = process.cpuUsage(start);
    this.#cpuUs += user + system;
    this.#wallUs += (performance.now() - startMs) * 1_000;
    return value;
  }

  get text(): string {
    return (this.#cpuUs / this.#wallUs).toFixed(2);
  }
}

/** All rounds of one variant. */
class HandoffTally {
  readonly latencies = new Histogram();
  readonly heap = new HeapMeter();
  readonly busy = new CoreMeter();
  readonly idle = new CoreMeter();
  samples = 0;
  checksum = '';

  async round(variant: HandoffVariant, effort: Effort): Promise<void> {
    const round = new HandoffRound(variant);
    try {
      await round.open();
      // The first trips warm up and make the checksum: the same markets give the same quotes, whoever computes them.
      const checksum = new Checksum();
      await round.run(CHECKSUM_QUOTES, null, checksum);
      this.checksum = checksum.text;
      await round.run(effort.handoffWarmUpTrips, null);
      collectGarbage();
      this.samples += await this.busy.measure(() => round.run(effort.handoffTrips, this.latencies));
      await this.idle.measure(() => sleep(Math.max(IDLE_MS_MIN, effort.warmUpMs / 5)));
      if (variant.engine !== EngineWait.looks) return;
      for (let window = 0; window < effort.heapWindows / effort.rounds; window++) {
        this.heap.measure(Math.min(HEAP_WINDOW_TRIPS_MAX, effort.heapWindowOps), (trips) =>
          round.runForHeap(trips),
        );
      }
    } finally {
      await round.close();
    }
  }

  result(variant: HandoffVariant, calibrationNs: number): BenchResult {
    return {
      name: variant.name,
      feed: variant.feed,
      unit: 'ns',
      ...percentilesOf(this.latencies),
      opsPerSecond: Math.round(1e9 / this.latencies.mean),
      bytesPerOp: this.heap.bytesPerOp,
      checksum: this.checksum,
      samples: this.samples,
      calibrationNs,
      note: `${this.busy.text} cores in trips, the resting engine's one among them; ${this.idle.text} while nothing happens`,
    };
  }
}

function hasItsCores({ name, feed, workers }: HandoffVariant): boolean {
  if (name !== 'handoff:shared-spin' || workers < availableParallelism()) return true;
  const needed = `the engine and ${workers} workers spin, which needs ${workers + 1} cores`;
  saySkipped(`${name} (${feed})`, `${needed} and there are ${availableParallelism()}`);
  return false;
}

export const handoff: Benchmark = {
  name: 'handoff',
  about:
    'markets published -> read, quoted and published by their workers -> all quotes read; ops/s is 1 / mean',
  usesFeeds: false,
  async run({ effort, isOneThread }: BenchContext): Promise<BenchResult[]> {
    const variants = VARIANTS.filter(
      (variant) => (isOneThread !== true || variant === INLINE) && hasItsCores(variant),
    );
    const calibration = new Calibration();
    const tallies = variants.map(() => new HandoffTally());
    for (let round = 0; round < effort.rounds; round++) {
      for (const [index, variant] of variants.entries()) {
        if (variant.instruments > 1 && round >= SHARED_ROUNDS_MAX) continue;
        calibration.sample();
        await tallies[index]!.round(variant, effort);
      }
    }
    return variants.map((variant, index) => tallies[index]!.result(variant, calibration.medianNs));
  },
};
