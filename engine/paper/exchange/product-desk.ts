/** What only some products have: options and what they are worth, tiers and liquidation, deliveries and settlements. */
import { assert } from '../../base/assert.ts';
import type { Milliseconds, Ticks } from '../../base/units.ts';
import { CancelSource } from '../../okx/shapes.ts';
import type { Account, Valuation } from './account.ts';
import { Delivery } from './delivery.ts';
import type { ExchangeOptions, ExchangeSink, Row } from './exchange-contract.ts';
import { ForcedTrades } from './forced-trades.ts';
import type { Holding } from './holding.ts';
import { Liquidation } from './liquidation.ts';
import type { Market } from './market.ts';
import type { Matcher } from './matcher.ts';
import { OptionBoard, summaryRow } from './option-board.ts';
import type { OrderDesk } from './order-desk.ts';
import type { Position } from './position.ts';
import { tierRows } from './position-tiers.ts';
import { rpiPermission } from './rpi-rules.ts';
import { coinUsd } from './start-prices.ts';
import { tickBandRow } from './tick-bands.ts';
import type { Timed } from './timer-queue.ts';

export interface ProductParts {
  readonly options: ExchangeOptions;
  readonly markets: ReadonlyMap<string, Market>;
  readonly matcher: Matcher;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly orders: OrderDesk;
  readonly schedule: (timeMs: number, item: Timed) => void;
  readonly valuation: Valuation;
  readonly sink: ExchangeSink;
  /** What a coin is worth, as a ratio to its price at the start. */
  readonly ratioOf: (ccy: string) => number;
}

export class ProductDesk {
  readonly #parts: ProductParts;
  readonly #board: OptionBoard;
  readonly #trades: ForcedTrades;
  readonly #liquidation: Liquidation;
  readonly delivery: Delivery;
  readonly #rpiMarkets: readonly Market[];

  constructor(parts: ProductParts) {
    this.#parts = parts;
    const { options, markets, matcher, sink } = parts;
    const usd = (ccy: string): number => this.indexOf(ccy);
    this.#board = new OptionBoard(markets, options.startPrices ?? {}, matcher, sink, usd, options.startMs);
    const { accounts, valuation, schedule } = parts;
    const names = new Set(options.rpiInstruments ?? []);
    this.#rpiMarkets = [...markets.values()].filter(({ listing }) => names.has(listing.instId));
    for (const market of this.#rpiMarkets) market.hasRpi = !market.listing.isOption;
    this.#trades = new ForcedTrades(parts.orders, matcher, sink);
    this.#liquidation = new Liquidation(accounts, this.#trades, valuation, sink);
    this.delivery = new Delivery({
      markets,
      accounts,
      trades: this.#trades,
      matcher,
      sink,
      indexOf: usd,
      schedule,
      startMs: options.startMs,
      pace: options.flowPace ?? 1,
    });
  }

  /** Takes out a position whatever its margin: `lots` of it, or all. False when there is none. */
  liquidate(uid: string, instId: string, sz: string, nowMs: Milliseconds): boolean {
    return this.#onPositions(uid, instId, (account, holding, position) => {
      const lots = sz === '' ? Infinity : holding.listing.lot.fromText(sz);
      const all = Math.abs(position.lots);
      this.#liquidation.force(account, holding, position, lots > 0 ? Math.min(lots, all) : all, nowMs);
    });
  }

  /** Takes lots of a position, or all, at the mark price for somebody whose own could not be closed (ADL). */
  deleverage(uid: string, instId: string, sz: string, nowMs: Milliseconds): boolean {
    return this.#onPositions(uid, instId, (account, holding, position) => {
      this.#trades.cancel(account, (order) => order.holding === holding, CancelSource.adl, nowMs);
      const all = Math.abs(position.lots);
      const asked = sz === '' ? all : holding.listing.lot.fromText(sz);
      const lots = asked > 0 ? Math.min(asked, all) : all;
      this.#trades.close(account, holding, position, lots, holding.market.markTicks, 'adl', 0n, nowMs);
    });
  }

  /** Holds the mark price of an instrument where a test wants it, or lets it go again ("0"). False for what is no price. */
  holdMark(instId: string, px: string, nowMs: Milliseconds): boolean {
    const market = this.#parts.markets.get(instId);
    const ticks = market?.listing.tick.fromText(px) ?? -1;
    if (market === undefined || ticks < 0) return false;
    market.heldTicks = ticks;
    if (ticks > 0) market.tellMark(market.setMark(ticks), nowMs);
    return true;
  }

  /** Ends a contract before its time, at `px` where that is given. False when there is none that ends. */
  expire(instId: string, px: string, nowMs: Milliseconds): boolean {
    const market = this.#parts.markets.get(instId);
    if (market === undefined || market.listing.expiryMs === Infinity) return false;
    this.delivery.deliver(market, nowMs, ...(Number(px) > 0 ? [Number(px)] : []));
    return true;
  }

  /** Daily settlement of a future now, at `px` or the mark. False when there is no such instrument. */
  settle(instId: string, px: string, nowMs: Milliseconds): boolean {
    const market = this.#parts.markets.get(instId);
    if (market === undefined || !market.listing.isContract) return false;
    const ticks = px === '' ? market.markTicks : market.listing.tick.fromText(px);
    this.delivery.settle(market, ticks > 0 ? ticks : market.markTicks, nowMs);
    return true;
  }

  /** Restricts an account in delta-neutral mode, or lets it go. False for one that is in another mode. */
  restrictDelta(uid: string, isOn: boolean): boolean {
    const account = this.#parts.accounts.get(uid);
    if (account?.options.stgyType !== '1') return false;
    account.isDeltaRestricted = isOn;
    return true;
  }

  /** What GET /account/instruments says of an instrument beyond its public row. */
  permissions(uid: string, instId: string): Row {
    const market = this.#parts.markets.get(instId);
    const account = this.#parts.accounts.get(uid);
    if (market === undefined || account === undefined) return {};
    return { rpi: rpiPermission(account, market) };
  }

  #onPositions(
    uid: string,
    instId: string,
    act: (account: Account, holding: Holding, position: Position) => void,
  ): boolean {
    const account = this.#parts.accounts.get(uid);
    const holding = account?.holdings.get(instId);
    if (account === undefined || holding?.hasPosition() !== true) return false;
    for (const position of holding.positions) if (position.lots !== 0) act(account, holding, position);
    return true;
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
    this.#liquidation.look(nowMs);
    // The background's orders may have come to RPI orders since.
    for (const market of this.#rpiMarkets) this.#parts.matcher.checkRpi(market, nowMs);
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
