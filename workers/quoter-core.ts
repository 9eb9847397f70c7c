/**
 * The quoter: takes the markets that moved, computes their quotes, publishes them. The same class runs on a quote worker's
 * thread and, through workers/inline.ts, on the calling thread.
 *
 * Owner:      the thread that made it.
 * Invariants: it alone writes the quote slots of its worker's instruments while it lives; an instrument's quote is of
 *             the newest market that could be read; the bell rings after the slot is whole.
 * Cost:       a copy of the market, the strategy, a copy of the quote; nothing allocates once constructed.
 */
import type { Clock } from '../engine/base/clock.ts';
import { assert } from '../engine/base/assert.ts';
import { ConfigurationReader } from '../engine/handoff/configuration-slot.ts';
import { BellRinger, BellWaiter } from '../engine/handoff/doorbell.ts';
import type { WaitStrategy } from '../engine/handoff/doorbell.ts';
import type { Handoff } from '../engine/handoff/handoff-memory.ts';
import { QuoteDouble } from '../engine/handoff/layout.ts';
import { MarketReader, MarketView } from '../engine/handoff/market-slot.ts';
import { QuoteView, QuoteWriter } from '../engine/handoff/quote-slot.ts';
import { WorkerStatus } from '../engine/handoff/worker-status.ts';
import { Histogram } from '../engine/metrics/histogram.ts';
import { Ladder } from './strategy/ladder.ts';
import type { StrategyConfiguration } from './strategy/parameters.ts';

export class Quoter {
  readonly status: WorkerStatus;
  readonly #clock: Clock;
  readonly #bell: BellWaiter;
  readonly #quoteBell: BellRinger;
  readonly #instruments: readonly number[];
  /** By instrument; other workers' places stay empty and are never looked at. */
  readonly #readers: MarketReader[] = [];
  readonly #ladders: Ladder[] = [];
  readonly #writers: QuoteWriter[] = [];
  /** Time from reading a market to its quote being ready. */
  readonly #compute: Histogram;
  readonly #configuration: ConfigurationReader;
  readonly #instrumentCount: number;
  readonly #market: MarketView;
  readonly #quote: QuoteView;
  /** When computing began: a time in a field, or passed on, would be boxed. */
  readonly #startedNs = new Float64Array(1);

  /** The configuration must have been published before. */
  constructor(handoff: Handoff, worker: number, clock: Clock, compute: Histogram = new Histogram()) {
    this.status = new WorkerStatus(handoff, worker);
    this.#clock = clock;
    this.#compute = compute;
    this.#bell = new BellWaiter(handoff, handoff.layout.marketBellAt(worker));
    this.#quoteBell = new BellRinger(handoff, handoff.layout.quoteBellAt);
    this.#instruments = handoff.instrumentsOf(worker);
    for (const instrument of this.#instruments) {
      this.#readers[instrument] = new MarketReader(handoff, instrument);
      this.#writers[instrument] = new QuoteWriter(handoff, instrument);
    }
    this.#market = new MarketView(handoff.marketLevels);
    this.#quote = new QuoteView(handoff.quoteLevels);
    this.#configuration = new ConfigurationReader(handoff);
    this.#instrumentCount = handoff.instrumentCount;
    this.#configure();
    assert(this.#configuration.version > 0, 'the configuration was published before its quoters start');
  }

  /** Makes the strategies anew when another configuration has been published. */
  #configure(): void {
    const value = this.#configuration.read();
    if (value === undefined) return;
    const { strategies } = value as StrategyConfiguration;
    assert(strategies.length === this.#instrumentCount, 'every instrument has strategy parameters');
    for (const instrument of this.#instruments) {
      this.#ladders[instrument] = new Ladder(strategies[instrument]);
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
   * @hot Quotes one instrument. False when its market is no news, or is being written: then the bell will ring again.
   */
  quote(instrument: number): boolean {
    const market = this.#market;
    const quote = this.#quote;
    if (!this.#readers[instrument].read(market)) return false;
    if (this.#configuration.hasChanged()) this.#configure();
    this.#clock.readNs(this.#startedNs, 0);
    this.#ladders[instrument].compute(market, quote);
    quote.epoch = market.epoch;
    quote.configVersion = this.#configuration.version;
    quote.marketVersion = market.version;
    quote.recvNs = market.recvNs;
    this.#clock.readNs(quote.doubles, QuoteDouble.computedNs);
    this.#compute.record(quote.computedNs - this.#startedNs[0]);
    this.#writers[instrument].publish(quote);
    this.#quoteBell.ring(instrument);
    this.status.addQuote();
    return true;
  }
}
