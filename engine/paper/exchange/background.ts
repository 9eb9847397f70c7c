import { assert } from '../../base/assert.ts';
import { Random } from '../../base/random.ts';
import type { Milliseconds, Ticks } from '../../base/units.ts';
import { DEFAULT_FLOW_INSTRUMENTS } from '../instruments/recorded-instruments.ts';
import type { Valuation } from './account.ts';
import type { ExchangeOptions } from './exchange-contract.ts';
import { FairPrice } from './fair-price.ts';
import { DEFAULT_RECORDED, FeedFlow, middle } from './feed-flow.ts';
import type { Matcher } from './matcher.ts';
import type { Market } from './market.ts';
import { OptionFlow } from './option-flow.ts';
import { RecordedFunding, type FundingSettlement } from './public-ticks.ts';
import { SeededFlow } from './seeded-flow.ts';
import type { Timed } from './timer-queue.ts';

/** Everybody who trades here but the accounts: seeded markets and what their coins are worth, or a recorded feed. */
export class Background {
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #flows = new Map<Market, SeededFlow>();
  readonly #optionFlows = new Map<Market, OptionFlow>();
  readonly #optionMark: (market: Market, nowMs: Milliseconds) => Ticks;
  /** By coin: its markets move together. */
  readonly #fairPrices = new Map<string, FairPrice>();

  /** @throws FeedError when a feed does not fit its instruments */
  constructor(
    options: ExchangeOptions,
    markets: ReadonlyMap<string, Market>,
    matcher: Matcher,
    valuation: Valuation,
    optionMark: (market: Market, nowMs: Milliseconds) => Ticks,
    settleFunding: FundingSettlement,
    schedule: (timeMs: number, item: Timed) => void,
  ) {
    this.#markets = markets;
    this.#optionMark = optionMark;
    if (options.flow === 'none') return;
    const { flow: kind, seed, startMs, flowPace: pace = 1, recorded = DEFAULT_RECORDED } = options;
    if (kind !== 'seeded') {
      const funding = new RecordedFunding(settleFunding, schedule);
      new FeedFlow({ source: kind, markets, matcher, funding, startMs, schedule, recorded }).start();
      return;
    }
    assert(pace > 0, 'flow has a pace');
    for (const instId of options.flowInstruments ?? DEFAULT_FLOW_INSTRUMENTS) {
      const market = markets.get(instId);
      if (market === undefined || market.listing.state !== 'live') continue;
      const { baseCcy, quoteCcy } = market.listing;
      let fair = this.#fairPrices.get(baseCcy);
      if (fair === undefined) {
        fair = new FairPrice(new Random(seed ^ hash(baseCcy)), pace, schedule);
        this.#fairPrices.set(baseCcy, fair);
        fair.start(startMs);
      }
      const random = new Random(seed ^ hash(instId));
      market.hasFlow = true;
      if (market.option !== null) {
        const options = new OptionFlow(market, matcher, random, pace, schedule);
        options.start(startMs);
        this.#optionFlows.set(market, options);
        continue;
      }
      const usd = valuation.usd(quoteCcy) || 1;
      const flow = new SeededFlow(market, fair, matcher, random, usd, pace, schedule);
      flow.start(startMs);
      this.#flows.set(market, flow);
    }
  }

  /**
   * Options follow their model, seeded markets follow their fair price, fed ones their book, the others the fair price of
   * their coin.
   */
  markOf(market: Market, nowMs: Milliseconds): Ticks {
    if (market.heldTicks > 0) return market.heldTicks;
    if (market.option !== null && !market.hasRecordedMark) return this.#optionMark(market, nowMs);
    const flow = this.#flows.get(market);
    if (flow !== undefined) return Math.max(1, Math.round(flow.fairTicks));
    if (market.hasRecordedMark) return market.markTicks;
    if (market.hasFlow) return middle(market);
    const fair = this.#fairPrices.get(market.listing.baseCcy);
    if (fair === undefined) return market.markTicks;
    return Math.max(1, Math.round(market.startTicks * fair.ratio));
  }

  /** What a coin is worth, as a ratio to its price at the start. */
  ratioOf(ccy: string): number {
    return this.#fairPrices.get(ccy)?.ratio ?? 1;
  }

  /** Moves what a seeded market's coin is worth; false when the instrument has no seeded market. */
  movePrice(instId: string, bps: number): boolean {
    assert(bps > -10_000, 'a price stays above zero');
    const market = this.#markets.get(instId);
    const fair = market?.hasFlow === true ? this.#fairPrices.get(market.listing.baseCcy) : undefined;
    fair?.move(bps / 10_000);
    return fair !== undefined;
  }

  /** Goes on in the market on new grids that takes this one's place. */
  moveTo(old: Market, next: Market): void {
    const options = this.#optionFlows.get(old);
    if (options !== undefined) {
      this.#optionFlows.delete(old);
      this.#optionFlows.set(next, options);
      options.moveTo(next);
    }
    const flow = this.#flows.get(old);
    if (flow === undefined) return;
    this.#flows.delete(old);
    this.#flows.set(next, flow);
    flow.moveTo(next);
  }

  /** Whether the market is played from a recording, whose prices and sizes are on the grids of then. */
  isRecorded(market: Market): boolean {
    return market.hasFlow && market.option === null && !this.#flows.has(market);
  }
}

/** FNV-1a: gives every instrument its own stream of chance, whatever others are listed. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value;
}
