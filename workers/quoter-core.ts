/**
 * The quoter: takes the markets that moved, computes their quotes, publishes them. The same class runs on a quote worker's
 * thread and, through workers/inline.ts, on the calling thread.
 *
 * Owner:      the thread that made it.
 * Invariants: it alone writes the quote and explain slots of its worker's instruments while it lives; an instrument's
 *             quote is of the newest market that could be read, of the newest calibrated parameters and the newest
 *             configuration; the bell rings after the slots are whole.
 * Cost:       a copy of the market, the strategy, copies of the quote and of its reasons; nothing allocates once
 *             constructed, unless a configuration is published.
 */
import { assert } from '../engine/base/assert.ts';
import type { Clock } from '../engine/base/clock.ts';
import { EXPLAIN_DOUBLES, ExplainField } from '../engine/base/explain-record.ts';
import { MODEL_DOUBLES } from '../engine/base/model-record.ts';
import { ConfigurationReader } from '../engine/handoff/configuration-slot.ts';
import { BellRinger, BellWaiter } from '../engine/handoff/doorbell.ts';
import type { WaitStrategy } from '../engine/handoff/doorbell.ts';
import type { Handoff } from '../engine/handoff/handoff-memory.ts';
import { QuoteDouble } from '../engine/handoff/layout.ts';
import { QuoteView, QuoteWriter } from '../engine/handoff/quote-slot.ts';
import { RecordReader, RecordWriter } from '../engine/handoff/record-slot.ts';
import { WorkerStatus } from '../engine/handoff/worker-status.ts';
import { Histogram } from '../engine/metrics/histogram.ts';
import { QuotedMarket } from './quoted-market.ts';
import { leadOf } from './strategy/fair/fair-value-parameters.ts';
import type { StrategyConfiguration } from './strategy/parameters.ts';
import { Strategy } from './strategy/strategy.ts';

export class Quoter {
  readonly status: WorkerStatus;
  readonly #handoff: Handoff;
  readonly #clock: Clock;
  readonly #bell: BellWaiter;
  readonly #quoteBell: BellRinger;
  readonly #instruments: readonly number[];
  /** By instrument; other workers' places stay empty and are never looked at. */
  readonly #markets: QuotedMarket[] = [];
  readonly #strategies: Strategy[] = [];
  readonly #writers: QuoteWriter[] = [];
  readonly #models: RecordReader[] = [];
  readonly #explanations: RecordWriter[] = [];
  /** The configuration's text of each strategy: one that has not changed keeps what it has learnt. */
  readonly #texts: string[] = [];
  /** Time from reading a market to its quote being ready. */
  readonly #compute: Histogram;
  readonly #configuration: ConfigurationReader;
  readonly #quote: QuoteView;
  readonly #row = new Float64Array(MODEL_DOUBLES);
  /** When computing began: a time in a field, or passed on, would be boxed. */
  readonly #startedNs = new Float64Array(1);

  /** The configuration must have been published before. */
  constructor(handoff: Handoff, worker: number, clock: Clock, compute: Histogram = new Histogram()) {
    const { layout } = handoff;
    this.status = new WorkerStatus(handoff, worker);
    this.#handoff = handoff;
    this.#clock = clock;
    this.#compute = compute;
    this.#bell = new BellWaiter(handoff, layout.marketBellAt(worker));
    this.#quoteBell = new BellRinger(handoff, layout.quoteBellAt);
    this.#instruments = handoff.instrumentsOf(worker);
    for (const instrument of this.#instruments) {
      this.#writers[instrument] = new QuoteWriter(handoff, instrument);
      this.#models[instrument] = new RecordReader(handoff, layout.modelSlotAt(instrument), MODEL_DOUBLES);
      const explainAt = layout.explainSlotAt(instrument);
      this.#explanations[instrument] = new RecordWriter(handoff, explainAt, EXPLAIN_DOUBLES);
    }
    this.#quote = new QuoteView(handoff.quoteLevels);
    this.#configuration = new ConfigurationReader(handoff);
    this.#configure();
    assert(this.#configuration.version > 0, 'the configuration was published before its quoters start');
  }

  /** Makes the strategies anew whose parameters have changed. */
  #configure(): void {
    const value = this.#configuration.read();
    if (value === undefined) return;
    const { strategies } = value as StrategyConfiguration;
    assert(strategies.length === this.#handoff.instrumentCount, 'every instrument has strategy parameters');
    for (const instrument of this.#instruments) {
      const parameters = strategies[instrument];
      const text = JSON.stringify(parameters);
      if (text === this.#texts[instrument]) continue;
      const before = this.#strategies[instrument] as Strategy | undefined;
      const isSameFair =
        before !== undefined && JSON.stringify(before.parameters.fair) === JSON.stringify(parameters.fair);
      const fairValue = isSameFair ? before.fairValue : undefined;
      const strategy = new Strategy(parameters, this.#handoff.marketLevels, fairValue);
      if (before !== undefined) strategy.setModelRow(before.model.row);
      const market = this.#markets[instrument] as QuotedMarket | undefined;
      const lead = leadOf(parameters.fair);
      if (market?.lead !== lead) {
        this.#markets[instrument] = new QuotedMarket(this.#handoff, instrument, lead);
      }
      this.#strategies[instrument] = strategy;
      this.#texts[instrument] = text;
    }
  }

  /** Quotes every instrument of this worker: what a quoter does first, since its predecessor may have heard the bells. */
  quoteAll(): void {
    for (const instrument of this.#instruments) this.quote(instrument);
  }

  /** @hot Quotes the instruments whose bell rang, once each; returns how many quotes were published. */
  pass(): number {
    let published = 0;
    for (let instrument = this.#bell.take(); instrument !== -1; instrument = this.#bell.take()) {
      if (this.quote(instrument)) published++;
    }
    return published;
  }

  /** Waits for a bell, for a bounded time; returns whether one rang. */
  wait(strategy: WaitStrategy): boolean {
    return this.#bell.wait(strategy);
  }

  /**
   * @hot Quotes one instrument. False when its market and the one that leads it are no news, or are being written: then the
   * bell will ring again.
   */
  quote(instrument: number): boolean {
    if (this.#configuration.hasChanged()) this.#configure();
    const source = this.#markets[instrument];
    if (!source.read()) return false;
    const quote = this.#quote;
    const market = source.view;
    const strategy = this.#strategies[instrument];
    const model = this.#models[instrument];
    this.#clock.readNs(this.#startedNs, 0);
    if (model.hasChanged() && model.read(this.#row)) strategy.setModelRow(this.#row);
    strategy.compute(market, source.leadView, quote);
    quote.epoch = market.epoch;
    quote.marketVersion = market.version;
    quote.recvNs = source.newestNs[0];
    quote.configVersion = this.#configuration.version;
    this.#clock.readNs(quote.doubles, QuoteDouble.computedNs);
    this.#compute.record(quote.computedNs - this.#startedNs[0]);
    this.#writers[instrument].publish(quote);
    this.#quoteBell.ring(instrument);
    // After the quote is on its way: nobody waits for its reasons.
    const { explain } = strategy;
    explain[ExplainField.computedNs] = quote.computedNs;
    explain[ExplainField.marketVersion] = quote.marketVersion;
    explain[ExplainField.modelVersion] = quote.modelVersion;
    explain[ExplainField.configVersion] = quote.configVersion;
    this.#explanations[instrument].publish(explain);
    this.status.addQuote();
    return true;
  }
}
