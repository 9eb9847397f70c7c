import { MarketDouble } from '../../engine/handoff/layout.ts';
import { MarketView } from '../../engine/handoff/market-slot.ts';
import { QuoteView } from '../../engine/handoff/quote-slot.ts';
import { MODEL_DOUBLES, ModelField } from '../../engine/base/model-record.ts';
import { FIXED_STRATEGY, MODEL_NAMES } from '../../workers/strategy/parameters.ts';
import type { ModelName } from '../../workers/strategy/parameters.ts';
import { Strategy } from '../../workers/strategy/strategy.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { Checksum } from '../checksum.ts';
import { measureMicros } from '../micro-contender.ts';
import type { MicroWork } from '../micro-contender.ts';

const LEVELS = 3;
const FIRST_TICKS = 650_000;
const CHECKSUM_QUOTES = 200;

/** Calibrated as a liquid swap is: ticks and seconds. */
function modelRow(): Float64Array {
  const row = new Float64Array(MODEL_DOUBLES);
  const { version, timeNs, isTrusted, sigma, rate, decay, bidRate, bidDecay, askRate, askDecay } = ModelField;
  for (const field of [version, timeNs, isTrusted]) row[field] = 1;
  row[sigma] = 60;
  for (const field of [rate, bidRate, askRate]) row[field] = 2;
  for (const field of [decay, bidDecay, askDecay]) row[field] = 0.04;
  return row;
}

/** One instrument's strategy, and a market that moves by ticks with a position that comes and goes. */
class QuoterScene {
  readonly quote = new QuoteView(10);
  readonly #market = new MarketView(1);
  readonly #strategy: Strategy;

  constructor(model: ModelName) {
    const parameters = {
      ...FIXED_STRATEGY,
      model,
      levels: LEVELS,
      halfSpreadBps: 2,
      levelStepBps: 0.5,
      spacing: 'model' as const,
      lots: 100,
      positionLotsMax: 2_000,
      skewBpsAtMax: 2,
      edgeMinRatio: 0.4,
      makerFeeRate: 1e-4,
    };
    this.#strategy = new Strategy(parameters, 1);
    this.#strategy.setModelRow(modelRow());
    const market = this.#market;
    market.bidCount = 1;
    market.askCount = 1;
    market.isQuotable = true;
  }

  quoteMarket(number: number): number {
    const market = this.#market;
    market.bidTicks[0] = FIRST_TICKS + (number & 63);
    market.bidLots[0] = 100 + ((number * 7) & 255);
    market.askTicks[0] = FIRST_TICKS + 1 + (number & 63);
    market.askLots[0] = 100 + ((number * 11) & 255);
    market.doubles[MarketDouble.positionLots] = ((number * 13) & 1_023) - 512;
    market.doubles[MarketDouble.recvNs] = number;
    this.#strategy.compute(market, null, this.quote);
    return this.quote.bidTicks[0]! + this.quote.askTicks[0]!;
  }
}

function microOf(model: ModelName): MicroWork {
  const scene = new QuoterScene(model);
  let number = 0;
  return {
    name: 'quoter',
    feed: model,
    note: `${LEVELS} levels a side, with its reasons`,
    work(count: number): number {
      let ticks = 0;
      for (let index = 0; index < count; index++) ticks += scene.quoteMarket(++number);
      return ticks;
    },
    checksum(): string {
      const checksum = new Checksum();
      const fresh = new QuoterScene(model);
      for (let quote = 0; quote < CHECKSUM_QUOTES; quote++) {
        fresh.quoteMarket(quote);
        const { bidCount, askCount, bidTicks, askTicks } = fresh.quote;
        for (let level = 0; level < bidCount; level++) checksum.addNumber(bidTicks[level]!);
        for (let level = 0; level < askCount; level++) checksum.addNumber(askTicks[level]!);
      }
      return checksum.text;
    },
  };
}

export const quoter: Benchmark = {
  name: 'quoter',
  about: 'one market into its quote, by each model',
  usesFeeds: false,
  run({ effort }: BenchContext): Promise<BenchResult[]> {
    return Promise.resolve(measureMicros(MODEL_NAMES.map(microOf), effort));
  },
};
