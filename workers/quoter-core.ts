/**
 * The quoter: takes the markets that moved, computes their quotes, publishes them. The same class runs on a quote worker's
 * thread and, through workers/inline.ts, on the calling thread.
 *
 * Owner:      the thread that made it.
 * Invariants: it alone writes the quote and explain slots of its worker's instruments while it lives; an instrument's
 *             quote is of the newest market that could be read, of the newest calibrated parameters and the newest
 *             configuration; the bell rings after the slots are whole.
 * Cost:       a copy of the market, the strategy, a copy of the quote, now and then one of its reasons; nothing allocates
 *             once constructed, unless a configuration is published.
 */
import { assert } from '../engine/base/assert.ts';
import type { Clock } from '../engine/base/clock.ts';
import { EXPLAIN_DOUBLES } from '../engine/base/explain-record.ts';
import { MODEL_DOUBLES } from '../engine/base/model-record.ts';
import { NS_PER_MS } from '../engine/base/units.ts';
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

/** A quote's reasons are published when there is nothing to quote, and after so much receive time at the latest. */
const EXPLAIN_NS_MAX = 50 * NS_PER_MS;

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
  /** By instrument: receive time of the first quote since its reasons were published; -1 when they are of the newest. */
  readonly #unexplainedNs: Float64Array;
  /** By instrument: of the reasons published last, how many levels there were and why they are not the model's. */
  readonly #explained: Int32Array;
  #unexplainedCount = 0;
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
    this.#unexplainedNs = new Float64Array(handoff.instrumentCount).fill(-1);
    this.#explained = new Int32Array(handoff.instrumentCount).fill(-1);
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
    // What is left to be told is of the strategies before.
    this.#explainAll();
    const { strategies } = value as StrategyConfiguration;
    assert(strategies.length === this.#handoff.instrumentCount, 'every instrument has strategy parameters');
    for (const instrument of this.#instruments) {
      const parameters = strategies[instrument];
      const text = JSON.stringify(parameters);
      this.#explained[instrument] = -1;
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
    let instrument = this.#bell.take();
    if (instrument === -1 && this.#unexplainedCount > 0) this.#explainAll();
    for (; instrument !== -1; instrument = this.#bell.take()) {
      if (this.quote(instrument)) published++;
    }
    return published;
  }

  /** Waits for a bell, for a bounded time; returns whether one rang. */
  wait(strategy: WaitStrategy): boolean {
    if (this.#unexplainedCount > 0 && !this.#bell.hasRung()) this.#explainAll();
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
    if (model.hasChanged() && model.read(this.#row)) {
      strategy.setModelRow(this.#row);
      this.#explained[instrument] = -1;
    }
    strategy.compute(market, source.leadView, quote);
    quote.epoch = market.epoch;
    quote.marketVersion = market.version;
    quote.recvNs = source.newestNs[0];
    quote.configVersion = this.#configuration.version;
    this.#clock.readNs(quote.doubles, QuoteDouble.computedNs);
    this.#compute.record(quote.computedNs - this.#startedNs[0]);
    this.#writers[instrument].publish(quote);
    this.#quoteBell.ring(instrument);
    strategy.stamp(quote);
    this.#explainLater(instrument, quote);
    this.status.addQuote();
    return true;
  }

  /** @hot Nobody waits for reasons but where they are others: as a rule they are left for when nothing is to be quoted. */
  #explainLater(instrument: number, quote: QuoteView): void {
    const { model, fairValue } = this.#strategies[instrument];
    const because = model.fallback * 2 + (fairValue.isLeadStale ? 1 : 0);
    const kind = (because << 24) | (quote.bidCount << 12) | quote.askCount;
    const since = this.#unexplainedNs;
    if (since[instrument] < 0) {
      since[instrument] = quote.recvNs;
      this.#unexplainedCount++;
    }
    const isLate = !(quote.recvNs - since[instrument] < EXPLAIN_NS_MAX);
    if (kind === this.#explained[instrument] && !isLate) return;
    this.#explained[instrument] = kind;
    this.#explain(instrument);
  }

  #explainAll(): void {
    for (const instrument of this.#instruments) {
      if (this.#unexplainedNs[instrument] >= 0) this.#explain(instrument);
    }
  }

  #explain(instrument: number): void {
    this.#explanations[instrument].publish(this.#strategies[instrument].explain);
    if (this.#unexplainedNs[instrument] >= 0) this.#unexplainedCount--;
    this.#unexplainedNs[instrument] = -1;
  }
}
