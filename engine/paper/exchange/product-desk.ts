/** What only some products have: options and what they are worth, position tiers. */
import { assert } from '../../base/assert.ts';
import type { Milliseconds, Ticks } from '../../base/units.ts';
import type { Valuation } from './account.ts';
import type { ExchangeOptions, ExchangeSink, Row } from './exchange-contract.ts';
import type { Market } from './market.ts';
import type { Matcher } from './matcher.ts';
import { OptionBoard, summaryRow } from './option-board.ts';
import { tierRows } from './position-tiers.ts';
import { coinUsd } from './start-prices.ts';
import { tickBandRow } from './tick-bands.ts';

export interface ProductParts {
  readonly options: ExchangeOptions;
  readonly markets: ReadonlyMap<string, Market>;
  readonly matcher: Matcher;
  readonly valuation: Valuation;
  readonly sink: ExchangeSink;
  /** What a coin is worth, as a ratio to its price at the start. */
  readonly ratioOf: (ccy: string) => number;
}

export class ProductDesk {
  readonly #parts: ProductParts;
  readonly #board: OptionBoard;

  constructor(parts: ProductParts) {
    this.#parts = parts;
    const { options, markets, matcher, sink } = parts;
    const usd = (ccy: string): number => this.indexOf(ccy);
    this.#board = new OptionBoard(markets, options.startPrices ?? {}, matcher, sink, usd, options.startMs);
  }

  /** The index of a coin in US dollars: what its market says, else about what it costs. */
  indexOf(ccy: string): number {
    const { valuation, ratioOf } = this.#parts;
    return valuation.usd(ccy) || coinUsd(ccy) * ratioOf(ccy);
  }

  optionMark(market: Market, nowMs: Milliseconds): Ticks {
    return this.#board.markOf(market, nowMs);
  }

  /** All marks have been moved. */
  afterMarks(nowMs: Milliseconds): void {
    this.#board.tell(nowMs);
  }

  /** Rows of GET /public/opt-summary; of one expiry (as in names, 261225) when that is given. */
  optionSummary(family: string, expiry: string, nowMs: Milliseconds): Row[] {
    return this.#of('OPTION', family)
      .filter(({ listing }) => listing.state === 'live' && listing.instId.includes(`-${expiry}`))
      .map((market) => summaryRow(market, nowMs));
  }

  /** Rows of GET /public/instrument-tick-bands. */
  tickBands(family: string): Row[] {
    const families = new Map<string, Market>();
    for (const market of this.#of('OPTION', family)) families.set(market.listing.instFamily, market);
    return [...families.values()].map(({ listing }) => tickBandRow(listing));
  }

  /** Names of GET /public/underlying: of the families that are listed. */
  underlyings(instType: string): string[] {
    const names = this.#of(instType, '').map(({ listing }) => String(listing.row['uly'] ?? ''));
    return [...new Set(names)];
  }

  /** Rows of GET /public/position-tiers for families or, of pairs on margin, instruments (lists with commas). */
  positionTiers(instType: string, families: string, instIds: string, tier: string): Row[] {
    const wanted = new Set(
      (instType === 'MARGIN' ? instIds : families).split(',').filter((name) => name !== ''),
    );
    const rows: Row[] = [];
    for (const { listing, tiers } of this.#parts.markets.values()) {
      const isOfType = instType === 'MARGIN' ? !listing.isContract : listing.instType === instType;
      if (!isOfType || !wanted.delete(instType === 'MARGIN' ? listing.instId : listing.instFamily)) continue;
      rows.push(...tierRows(listing, tiers));
    }
    return tier === '' ? rows : rows.filter((row) => row['tier'] === tier);
  }

  #of(instType: string, family: string): Market[] {
    const markets: Market[] = [];
    for (const market of this.#parts.markets.values()) {
      const { listing } = market;
      if (listing.instType !== instType || (family !== '' && listing.instFamily !== family)) continue;
      assert(instType !== 'OPTION' || market.option !== null, 'every option has a model');
      markets.push(market);
    }
    return markets;
  }
}
