import { Side, sideSign } from '../../base/side.ts';
import type { Lots, Ticks } from '../../base/units.ts';
import { amountNumber } from './amount.ts';
import type { ClientOrder, PosSide } from './client-order.ts';
import type { Listing } from './listing.ts';
import type { Market } from './market.ts';
import { optionInitialMargin, optionMaintenanceMargin } from './option-margin.ts';
import type { MarginMode, Position } from './position.ts';
import { tierOf } from './position-tiers.ts';

/** Leverage that an account starts with, or the instrument's greatest if that is less. */
const LEVER_START = 10;

// What is added up of each margin mode.
const LONG = 0;
const SHORT = 1;
const BUYS = 2;
const SELLS = 3;
const HEDGED = 4;
const SUMS_PER_MODE = 5;

/** An order that is not there yet, or a size change of one that is. */
export interface ExtraOrder {
  readonly side: Side;
  readonly lots: Lots;
  readonly ticks: Ticks;
  readonly mode: MarginMode;
}

/** What one account has in one instrument: positions, open orders and leverage. */
export class Holding {
  readonly market: Market;
  readonly listing: Listing;
  /** What profit is paid in. */
  readonly settleCcy: string;
  readonly orders = new Set<ClientOrder>();
  readonly positions: Position[] = [];
  readonly #lever: Record<MarginMode, number>;
  /** Scratch of `initialMargin`: lots of each kind, for cross and then for isolated margin. */
  readonly #sums = new Float64Array(2 * SUMS_PER_MODE);

  constructor(market: Market, settleCcy: string) {
    this.market = market;
    this.listing = market.listing;
    this.settleCcy = settleCcy;
    const lever = this.listing.isOption ? 1 : Math.min(LEVER_START, this.listing.maxLever);
    this.#lever = { cross: lever, isolated: lever };
  }

  lever(mode: MarginMode): number {
    return this.#lever[mode];
  }

  setLever(mode: MarginMode, lever: number): void {
    this.#lever[mode] = lever;
  }

  /** @param ccy of the margin; '' finds the first of that mode and side */
  find(mode: MarginMode, posSide: PosSide, ccy = ''): Position | null {
    for (const position of this.positions) {
      if (position.marginMode !== mode || position.posSide !== posSide) continue;
      if (ccy === '' || position.ccy === ccy) return position;
    }
    return null;
  }

  hasPosition(): boolean {
    return this.positions.some((position) => position.lots !== 0);
  }

  /** Whether anything of it needs margin: contracts always, spot pairs with margin positions or orders. */
  get needsMargin(): boolean {
    if (this.listing.isContract) return this.orders.size > 0 || this.hasPosition();
    if (this.hasPosition()) return true;
    for (const order of this.orders) if (order.terms.isMargin) return true;
    return false;
  }

  /** The currencies that its margin may be in. */
  get marginCurrencies(): readonly string[] {
    return this.listing.isContract ? [this.settleCcy] : [this.listing.quoteCcy, this.listing.baseCcy];
  }

  /** Lots that an order of this side could close; 0 when it would open. */
  closableLots(mode: MarginMode, posSide: PosSide, side: Side, ccy = ''): Lots {
    const lots = this.find(mode, posSide, ccy)?.lots ?? 0;
    return lots !== 0 && lots > 0 === (side === Side.sell) ? Math.abs(lots) : 0;
  }

  /** Lots of a position that no open order is about to close. */
  availableLots(position: Position): Lots {
    let lots = Math.abs(position.lots);
    for (const order of this.orders) {
      const { terms } = order;
      const isOfPosition = order.marginMode === position.marginMode && terms.posSide === position.posSide;
      if (isOfPosition && order.isReducing) lots -= order.entry.lots;
    }
    return Math.max(0, lots);
  }

  /**
   * Margin in `ccy` that positions and open orders need at the mark price, as a float: in each margin mode the greater of
   * the two positions that would result if all orders of one side were filled.
   */
  initialMargin(ccy = this.settleCcy, extra: ExtraOrder | null = null): number {
    if (this.listing.isOption) return optionInitialMargin(this, extra);
    const sums = this.#sums;
    sums.fill(0);
    for (const position of this.positions) {
      if (position.ccy !== ccy) continue;
      const at = position.marginMode === 'cross' ? 0 : SUMS_PER_MODE;
      if (position.lots > 0) sums[at + LONG]! += position.lots;
      else sums[at + SHORT]! -= position.lots;
    }
    for (const order of this.orders) {
      if (order.isReducing || !order.hasPosition || order.marginCcy !== ccy) continue;
      const at = order.marginMode === 'cross' ? 0 : SUMS_PER_MODE;
      sums[at + (order.terms.side === Side.buy ? BUYS : SELLS)]! += order.entry.lots;
      if (order.terms.posSide !== 'net') sums[at + HEDGED] = 1;
    }
    if (extra !== null) {
      const at = extra.mode === 'isolated' ? SUMS_PER_MODE : 0;
      sums[at + (extra.side === Side.buy ? BUYS : SELLS)]! += extra.lots;
    }
    return this.#marginOf('cross', 0, ccy) + this.#marginOf('isolated', SUMS_PER_MODE, ccy);
  }

  maintenanceOf(position: Position): number {
    if (this.listing.isOption) return optionMaintenanceMargin(this, position);
    const rate = this.maintenanceRate(position);
    return this.valueIn(position.ccy, this.market.markTicks, Math.abs(position.lots)) * rate;
  }

  maintenanceRate(position: Position): number {
    return tierOf(this.market.tiers, Math.abs(position.lots)).maintenanceRate;
  }

  positionMargin(position: Position): number {
    const lots = Math.abs(position.lots);
    if (this.listing.isOption) return this.maintenanceOf(position);
    return this.valueIn(position.ccy, this.market.markTicks, lots) / this.#lever[position.marginMode];
  }

  /** What an isolated position stands on: a part of its entry value, which no price changes. */
  isolatedMargin(position: Position): number {
    return this.#inCcy(position.ccy, amountNumber(position.entryCost) / this.#lever.isolated);
  }

  /** Profit that is not realised, in the position's currency of margin. */
  profitOf(position: Position): number {
    return this.#inCcy(position.ccy, amountNumber(position.unrealised(this.listing, this.market.markTicks)));
  }

  /** What a position adds to the equity in its currency: its profit; of options, which are paid for, their value. */
  equityOf(position: Position): number {
    if (!this.listing.isOption) return this.profitOf(position);
    return Math.sign(position.lots) * this.valueNumber(this.market.markTicks, Math.abs(position.lots));
  }

  valueNumber(ticks: Ticks, lots: Lots): number {
    return lots === 0 ? 0 : this.listing.valueNumber(ticks, lots);
  }

  valueIn(ccy: string, ticks: Ticks, lots: Lots): number {
    return this.#inCcy(ccy, this.valueNumber(ticks, lots));
  }

  /** Spot pairs have margin in the base currency too. */
  #inCcy(ccy: string, value: number): number {
    if (ccy === this.settleCcy) return value;
    return value / (this.market.markTicks * this.listing.tick.value);
  }

  #marginOf(mode: MarginMode, at: number, ccy: string): number {
    const sums = this.#sums;
    const long = sums[at + LONG]!;
    const short = sums[at + SHORT]!;
    const buys = sums[at + BUYS]!;
    const sells = sums[at + SELLS]!;
    const isHedged = sums[at + HEDGED] === 1 || (long > 0 && short > 0);
    const net = long - short;
    const lots = isHedged
      ? long + short + buys + sells
      : Math.max(Math.abs(net + buys), Math.abs(net - sells), Math.abs(net));
    return this.valueIn(ccy, this.market.markTicks, lots) / this.#lever[mode];
  }
}

/** Signed lots that a fill of this side adds to a position. */
export function signedFill(side: Side, lots: Lots): Lots {
  return sideSign(side) * lots;
}
