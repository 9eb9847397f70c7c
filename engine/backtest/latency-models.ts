import type { Milliseconds } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import { ConstantLatency } from './latency-model.ts';
import type { LatencyModel } from './latency-model.ts';

/** What lies between us and the venue, by what is on its way. */
export interface Latencies {
  /** Public market data, from the venue. */
  readonly feed: LatencyModel;
  /** Orders and questions, to the venue. */
  readonly entry: LatencyModel;
  /** Acks, private pushes and answers, from the venue. */
  readonly response: LatencyModel;
}

/** By the configuration's section `backtest`. */
export function latenciesOf(backtest: Config['backtest'], _originMs: Milliseconds): Latencies {
  const constant = (ms: Milliseconds): LatencyModel => new ConstantLatency(Math.round(ms * NS_PER_MS));
  return {
    feed: constant(backtest.feedLatencyMs),
    entry: constant(backtest.entryLatencyMs),
    response: constant(backtest.responseLatencyMs),
  };
}
