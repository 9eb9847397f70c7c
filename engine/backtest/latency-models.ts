import type { Milliseconds } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import { readLatencyFile } from './latency-file.ts';
import type { LatencySample } from './latency-file.ts';
import { ConstantLatency, RecordedLatency } from './latency-model.ts';
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

/**
 * By the configuration's section `backtest`: sampled from its file, and constant where there is none or it has nothing.
 *
 * @param originMs of the recording's time line
 * @throws BacktestError for a file that is none
 */
export async function latenciesOf(backtest: Config['backtest'], originMs: Milliseconds): Promise<Latencies> {
  const { latencyFile, feedLatencyMs, entryLatencyMs, responseLatencyMs } = backtest;
  const measured = latencyFile === undefined ? undefined : await readLatencyFile(latencyFile);
  const modelOf = (ms: Milliseconds, samples: readonly LatencySample[] = []): LatencyModel =>
    samples.length === 0
      ? new ConstantLatency(Math.round(ms * NS_PER_MS))
      : new RecordedLatency(samples, originMs);
  return {
    feed: modelOf(feedLatencyMs, measured?.feed),
    entry: modelOf(entryLatencyMs, measured?.entry),
    response: modelOf(responseLatencyMs, measured?.response),
  };
}
