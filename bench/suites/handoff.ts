import { assert } from '../../engine/base/assert.ts';
import { MarketBells, QuoteBell, WaitStrategy } from '../../engine/handoff/doorbell.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { MarketWriter } from '../../engine/handoff/market-slot.ts';
import { QuoteReader, QuoteView } from '../../engine/handoff/quote-slot.ts';
import { Histogram } from '../../engine/metrics/histogram.ts';
import { InlineQuoter } from '../../workers/inline.ts';
import { QuoterPool } from '../../workers/pool.ts';
import { MARKET_LEVELS_READ } from '../../workers/strategy/ladder.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { BenchClock } from '../bench-clock.ts';
import { Calibration } from '../calibration.ts';
import { Checksum } from '../checksum.ts';
import { percentilesOf } from '../contender.ts';
import type { Effort } from '../effort.ts';
import { HeapMeter, collectGarbage } from '../heap-meter.ts';
import { AnswerPath, ladderParameters } from '../rig/engine-rig.ts';

const QUOTE_LEVELS = 10;
const HALF_SPREAD_TICKS = 32;
const CHECKSUM_QUOTES = 200;
/** The trip is given up after this long: the worker is gone. Reading the clock allocates, so it is looked at rarely. */
const LOST_AFTER_MS = 2_000;
const LOOKS_PER_CLOCK = 65_536;
const READY_WAIT_MS = 15_000;
const HEAP_WINDOW_TRIPS = 500;

interface HandoffVariant {
  /** The feed's place in the results: how the worker waits, and how the engine does. */
  readonly feed: string;
  /** undefined: the quoter on the same thread, for comparison. */
  readonly wait: WaitStrategy | undefined;
  /** The engine awaits the bell and sleeps; otherwise it looks at the bell all the time. */
  readonly isListening: boolean;
  /** Between trips: long enough for a worker that sleeps to have fallen asleep. */
  readonly restUs: number;
}

const VARIANTS: readonly HandoffVariant[] = [
  { feed: 'inline', wait: undefined, isListening: false, restUs: 10 },
  { feed: 'worker spin, engine looks', wait: WaitStrategy.spin, isListening: false, restUs: 10 },
  {
    feed: 'worker spin-then-block, engine looks',
    wait: WaitStrategy.spinThenBlock,
    isListening: false,
    restUs: 10,
  },
  { feed: 'worker block, engine looks', wait: WaitStrategy.block, isListening: false, restUs: 150 },
  { feed: 'worker block, engine waitAsync', wait: WaitStrategy.block, isListening: true, restUs: 150 },
];

/** The engine's end of the memory: publishes markets, takes quotes. */
class HandoffTrips {
  readonly handoff = new Handoff(
    createHandoff({
      instrumentCount: 1,
      workerCount: 1,
      marketLevels: MARKET_LEVELS_READ,
      quoteLevels: QUOTE_LEVELS,
    }),
  );
  readonly bell = new QuoteBell(this.handoff);
  readonly #bells = new MarketBells(this.handoff);
  readonly #writer = new MarketWriter(this.handoff, 0);
  readonly #reader = new QuoteReader(this.handoff, 0);
  readonly #quote = new QuoteView(QUOTE_LEVELS);
  #trip = 0;

  /** A whole market, as the loop publishes one with every depth frame. */
  publish(): void {
    const trip = this.#trip++;
    const writer = this.#writer;
    const bid = 650_000 + (trip & 63);
    writer.begin();
    for (let level = 0; level < MARKET_LEVELS_READ; level++) {
      writer.bidTicks[level] = bid - level;
      writer.bidLots[level] = 1_000 + ((trip * 7 + level) & 255);
      writer.askTicks[level] = bid + 1 + level;
      writer.askLots[level] = 1_000 + ((trip * 11 + level) & 255);
    }
    writer.seqId = 8e10 + trip;
    writer.tsMs = 1.7e12 + trip;
    writer.recvNs = trip;
    writer.positionLots = 0;
    writer.publish(MARKET_LEVELS_READ, MARKET_LEVELS_READ, true, 1);
    this.#bells.ring(0);
  }

  /** Whether the quote of the market published last is there. Others are read and passed over. */
  take(): boolean {
    let isNewest = false;
    for (let instrument = this.bell.take(); instrument !== -1; instrument = this.bell.take()) {
      if (this.#reader.read(this.#quote)) isNewest = this.#quote.marketVersion === this.#trip;
    }
    return isNewest;
  }

  addQuote(checksum: Checksum): void {
    const quote = this.#quote;
    checksum.addNumber(quote.marketVersion);
    for (let level = 0; level < quote.bidCount; level++) checksum.addNumber(quote.bidTicks[level]!);
    for (let level = 0; level < quote.askCount; level++) checksum.addNumber(quote.askTicks[level]!);
  }
}

/** One variant with its thread, which lives for one round only: a spinning worker would disturb the others. */
class HandoffRound {
  readonly #variant: HandoffVariant;
  readonly #trips = new HandoffTrips();
  readonly #inline: InlineQuoter | undefined;
  readonly #pool: QuoterPool | undefined;
  readonly #clockMs = new Float64Array(3);
  #isReady = false;

  constructor(variant: HandoffVariant) {
    this.#variant = variant;
    const parameters = [ladderParameters(AnswerPath.quote, HALF_SPREAD_TICKS)];
    const { handoff } = this.#trips;
    if (variant.wait === undefined) {
      this.#inline = new InlineQuoter(handoff, parameters, new BenchClock(true));
      this.#isReady = true;
    } else {
      this.#pool = new QuoterPool(
        { handoff, parameters, wait: variant.wait },
        {
          onWorkerLost: (_worker, _instruments, reason) => {
            throw new Error(`handoff: the quote worker was lost: ${reason}`);
          },
          onWorkerReady: () => {
            this.#isReady = true;
          },
        },
      );
    }
  }

  async open(): Promise<void> {
    const endMs = performance.now() + READY_WAIT_MS;
    while (!this.#isReady) {
      assert(performance.now() < endMs, 'a quote worker starts within fifteen seconds');
      this.#pool?.check(performance.now() * 1e6);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }

  async run(trips: number, latencies: Histogram | null, checksum?: Checksum): Promise<number> {
    if (this.#variant.isListening) return this.#runListening(trips, latencies, checksum);
    for (let trip = 0; trip < trips; trip++) {
      this.#rest();
      this.#clockMs[0] = performance.now();
      this.#trips.publish();
      this.#spinForQuote();
      this.#clockMs[1] = performance.now();
      if (latencies !== null) latencies.record((this.#clockMs[1]! - this.#clockMs[0]!) * 1e6);
      if (checksum !== undefined) this.#trips.addQuote(checksum);
    }
    return trips;
  }

  #spinForQuote(): void {
    const { bell } = this.#trips;
    for (let looks = 1; ; looks++) {
      if (this.#inline !== undefined) this.#inline.turn();
      if (bell.hasRung() && this.#trips.take()) return;
      if (looks % LOOKS_PER_CLOCK !== 0) continue;
      assert(performance.now() < this.#clockMs[0]! + LOST_AFTER_MS, 'a published market is quoted');
    }
  }

  /** Trips without rests and readings of the clock between them: those would be what is measured. */
  runForHeap(trips: number): void {
    this.#clockMs[0] = performance.now();
    for (let trip = 0; trip < trips; trip++) {
      this.#trips.publish();
      this.#spinForQuote();
    }
  }

  /** The engine's loop sleeps until the bell wakes it: each trip begins when the one before has ended and rested. */
  async #runListening(trips: number, latencies: Histogram | null, checksum?: Checksum): Promise<number> {
    const { bell } = this.#trips;
    let onQuote: () => void = () => undefined;
    const listening = bell.listen(() => {
      if (!this.#trips.take()) return;
      this.#clockMs[1] = performance.now();
      onQuote();
    });
    for (let trip = 0; trip < trips; trip++) {
      this.#rest();
      const quoted = new Promise<void>((resolve) => {
        onQuote = resolve;
      });
      this.#clockMs[0] = performance.now();
      this.#trips.publish();
      await quoted;
      if (latencies !== null) latencies.record((this.#clockMs[1]! - this.#clockMs[0]!) * 1e6);
      if (checksum !== undefined) this.#trips.addQuote(checksum);
    }
    bell.stop();
    await listening;
    return trips;
  }

  #rest(): void {
    const untilMs = performance.now() + this.#variant.restUs / 1_000;
    while (performance.now() < untilMs);
  }
}

/** All rounds of one variant. */
class HandoffTally {
  readonly latencies = new Histogram();
  readonly heap = new HeapMeter();
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
      this.samples += await round.run(effort.handoffTrips, this.latencies);
      if (variant.isListening) return;
      for (let window = 0; window < effort.heapWindows / effort.rounds; window++) {
        this.heap.measure(HEAP_WINDOW_TRIPS, (trips) => round.runForHeap(trips));
      }
    } finally {
      await round.close();
    }
  }

  result(variant: HandoffVariant, calibrationNs: number): BenchResult {
    return {
      name: 'handoff',
      feed: variant.feed,
      unit: 'ns',
      ...percentilesOf(this.latencies),
      opsPerSecond: Math.round(1e9 / this.latencies.mean),
      bytesPerOp: this.heap.bytesPerOp,
      checksum: this.checksum,
      samples: this.samples,
      calibrationNs,
      note: `round trip; ${variant.restUs} us from one to the next; ops/s is 1 / mean`,
    };
  }
}

export const handoff: Benchmark = {
  name: 'handoff',
  about: 'a market published -> read, quoted and published by the worker -> its quote read',
  usesFeeds: false,
  async run({ effort, isOneThread }: BenchContext): Promise<BenchResult[]> {
    const variants = VARIANTS.filter(({ wait }) => isOneThread !== true || wait === undefined);
    const calibration = new Calibration();
    const tallies = variants.map(() => new HandoffTally());
    for (let round = 0; round < effort.rounds; round++) {
      for (const [index, variant] of variants.entries()) {
        calibration.sample();
        await tallies[index]!.round(variant, effort);
      }
    }
    return variants.map((variant, index) => tallies[index]!.result(variant, calibration.medianNs));
  },
};
