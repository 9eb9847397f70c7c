import { assert } from '../../base/assert.ts';
import { Side, sideSign } from '../../base/side.ts';
import type { Lots, Milliseconds, Ticks } from '../../base/units.ts';
import { divideRounded, type Amount } from './amount.ts';
import type { ClientOrder, PosSide } from './client-order.ts';
import { ListingKind, type Listing } from './listing.ts';

export type MarginMode = 'cross' | 'isolated';

/** Leverage that an account starts with, or the instrument's greatest if that is less. */
const LEVER_START = 10;
/** Maintenance margin as a part of the value, a first position tier; nobody is liquidated here, it is only shown. */
export const MAINTENANCE_RATE = 0.004;

/** A position: signed lots and the exact value at which they were entered. */
export class Position {
  readonly posId: string;
  readonly marginMode: MarginMode;
  readonly posSide: PosSide;
  /** Above zero long, below zero short, in every position mode. */
  lots: Lots = 0;
  /** Entry value of the open lots, never negative. */
  cost: Amount = 0n;
  pnl: Amount = 0n;
  fee: Amount = 0n;
  fundingFee: Amount = 0n;
  createdMs: Milliseconds = 0;
  updatedMs: Milliseconds = 0;
  tradeId = '';

  constructor(posId: string, marginMode: MarginMode, posSide: PosSide) {
    this.posId = posId;
    this.marginMode = marginMode;
    this.posSide = posSide;
  }

  /**
   * Adds a fill and gives the profit that it realises. What is closed takes its part of the entry value with it, so that
   * the profits of a position that is closed in pieces add up exactly.
   */
  apply(listing: Listing, signedLots: Lots, ticks: Ticks, nowMs: Milliseconds): Amount {
    if (this.lots === 0) {
      this.createdMs = nowMs;
      this.pnl = 0n;
      this.fee = 0n;
      this.fundingFee = 0n;
    }
    this.updatedMs = nowMs;
    const isClosing = this.lots !== 0 && this.lots > 0 !== signedLots > 0;
    if (!isClosing) {
      this.cost += listing.value(ticks, Math.abs(signedLots));
      this.lots += signedLots;
      return 0n;
    }
    const closed = Math.min(Math.abs(signedLots), Math.abs(this.lots));
    const released = divideRounded(this.cost * BigInt(closed), BigInt(Math.abs(this.lots)));
    const exit = listing.value(ticks, closed);
    const isLong = this.lots > 0;
    const gain = listing.kind === ListingKind.inverse ? released - exit : exit - released;
    const pnl = isLong ? gain : -gain;
    this.pnl += pnl;
    this.cost -= released;
    this.lots += isLong ? -closed : closed;
    const opened = Math.abs(signedLots) - closed;
    if (opened > 0) {
      assert(this.lots === 0 && this.cost === 0n, 'a position is closed before it turns');
      this.cost = listing.value(ticks, opened);
      this.lots = signedLots > 0 ? opened : -opened;
      this.createdMs = nowMs;
    }
    return pnl;
  }

  unrealised(listing: Listing, markTicks: Ticks): Amount {
    if (this.lots === 0) return 0n;
    const value = listing.value(markTicks, Math.abs(this.lots));
    const gain = listing.kind === ListingKind.inverse ? this.cost - value : value - this.cost;
    return this.lots > 0 ? gain : -gain;
  }
}

// What is added up of each margin mode.
const LONG = 0;
const SHORT = 1;
const BUYS = 2;
const SELLS = 3;
const HEDGED = 4;
const SUMS_PER_MODE = 5;

/** What one account has in one instrument: positions, open orders and leverage. */
export class Holding {
  readonly listing: Listing;
  readonly orders = new Set<ClientOrder>();
  readonly positions: Position[] = [];
  readonly #lever: Record<MarginMode, number>;
  /** Scratch of `initialMargin`: lots of each kind, for cross and then for isolated margin. */
  readonly #sums = new Float64Array(2 * SUMS_PER_MODE);

  constructor(listing: Listing) {
    this.listing = listing;
    const lever = listing.instType === 'OPTION' ? 1 : Math.min(LEVER_START, listing.maxLever);
    this.#lever = { cross: lever, isolated: lever };
  }

  lever(mode: MarginMode): number {
    return this.#lever[mode];
  }

  setLever(mode: MarginMode, lever: number): void {
    this.#lever[mode] = lever;
  }

  find(mode: MarginMode, posSide: PosSide): Position | null {
    for (const position of this.positions) {
      if (position.marginMode === mode && position.posSide === posSide) return position;
    }
    return null;
  }

  hasPosition(): boolean {
    return this.positions.some((position) => position.lots !== 0);
  }

  /** Lots that an order of this side could close; 0 when it would open. */
  closableLots(mode: MarginMode, posSide: PosSide, side: Side): Lots {
    const lots = this.find(mode, posSide)?.lots ?? 0;
    return lots !== 0 && lots > 0 === (side === Side.sell) ? Math.abs(lots) : 0;
  }

  /**
   * Margin that positions and open orders need at the mark price, as a float: in each margin mode the greater of the two
   * positions that would result if all orders of one side were filled. `extra` lots of an order that is not there yet
   * count as well, and so does a size change of one that is.
   */
  initialMargin(
    markTicks: Ticks,
    extraSide: Side = Side.buy,
    extraLots: Lots = 0,
    extraMode?: MarginMode,
  ): number {
    if (!this.listing.isContract) return 0;
    const sums = this.#sums;
    sums.fill(0);
    for (const position of this.positions) {
      const at = position.marginMode === 'cross' ? 0 : SUMS_PER_MODE;
      if (position.lots > 0) sums[at + LONG]! += position.lots;
      else sums[at + SHORT]! -= position.lots;
    }
    for (const order of this.orders) {
      if (order.isReducing) continue;
      const at = order.marginMode === 'cross' ? 0 : SUMS_PER_MODE;
      sums[at + (order.terms.side === Side.buy ? BUYS : SELLS)]! += order.entry.lots;
      if (order.terms.posSide !== 'net') sums[at + HEDGED] = 1;
    }
    const at = extraMode === 'isolated' ? SUMS_PER_MODE : 0;
    sums[at + (extraSide === Side.buy ? BUYS : SELLS)]! += extraLots;
    return this.#marginOf('cross', 0, markTicks) + this.#marginOf('isolated', SUMS_PER_MODE, markTicks);
  }

  maintenanceMargin(markTicks: Ticks): number {
    let margin = 0;
    for (const position of this.positions) margin += this.maintenanceOf(position, markTicks);
    return margin;
  }

  maintenanceOf(position: Position, markTicks: Ticks): number {
    return this.valueNumber(markTicks, Math.abs(position.lots)) * MAINTENANCE_RATE;
  }

  positionMargin(position: Position, markTicks: Ticks): number {
    return this.valueNumber(markTicks, Math.abs(position.lots)) / this.#lever[position.marginMode];
  }

  valueNumber(ticks: Ticks, lots: Lots): number {
    return lots === 0 ? 0 : this.listing.valueNumber(ticks, lots);
  }

  #marginOf(mode: MarginMode, at: number, markTicks: Ticks): number {
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
    return this.valueNumber(markTicks, lots) / this.#lever[mode];
  }
}

/** Signed lots that a fill of this side adds to a position. */
export function signedFill(side: Side, lots: Lots): Lots {
  return sideSign(side) * lots;
}
