import { assert } from '../../base/assert.ts';
import type { Lots, Milliseconds, Ticks } from '../../base/units.ts';
import { divideRounded, type Amount } from './amount.ts';
import type { PosSide } from './client-order.ts';
import { ListingKind, type Listing } from './listing.ts';
import { keepRun, PositionRun } from './position-run.ts';

export type MarginMode = 'cross' | 'isolated';

/** A position: signed lots and the exact value at which they were entered. */
export class Position {
  readonly posId: string;
  readonly marginMode: MarginMode;
  readonly posSide: PosSide;
  /** The currency of its margin: that of the settlement, of margin positions in spot pairs one of the two. */
  readonly ccy: string;
  /** Above zero long, below zero short, in every position mode. */
  lots: Lots = 0;
  /** Value of the open lots at which profit is counted from: the entry's, or the last daily settlement's. Never negative. */
  cost: Amount = 0n;
  /** Value of the open lots at their entry, whatever has been settled since. */
  entryCost: Amount = 0n;
  pnl: Amount = 0n;
  fee: Amount = 0n;
  fundingFee: Amount = 0n;
  liqPenalty: Amount = 0n;
  /** Profit that daily settlements have paid out. */
  settledPnl: Amount = 0n;
  createdMs: Milliseconds = 0;
  updatedMs: Milliseconds = 0;
  tradeId = '';
  /** From the opening on: what is open now, or was last. */
  run: PositionRun | null = null;
  readonly #runs: PositionRun[];

  /** @param runs where this one puts what it has closed */
  constructor(posId: string, marginMode: MarginMode, posSide: PosSide, ccy: string, runs: PositionRun[]) {
    this.#runs = runs;
    this.posId = posId;
    this.marginMode = marginMode;
    this.posSide = posSide;
    this.ccy = ccy;
  }

  /**
   * Adds a fill and gives the profit that it realises. What is closed takes its part of the entry value with it, so that
   * the profits of a position that is closed in pieces add up exactly.
   */
  apply(listing: Listing, signedLots: Lots, ticks: Ticks, nowMs: Milliseconds): Amount {
    if (this.lots === 0) this.#open(nowMs, signedLots > 0);
    this.updatedMs = nowMs;
    const isClosing = this.lots !== 0 && this.lots > 0 !== signedLots > 0;
    if (!isClosing) {
      const value = listing.value(ticks, Math.abs(signedLots));
      this.cost += value;
      this.entryCost += value;
      this.lots += signedLots;
      this.run?.opened(Math.abs(signedLots), value, this.lots);
      return 0n;
    }
    const closed = Math.min(Math.abs(signedLots), Math.abs(this.lots));
    const pnl = this.close(listing, closed, listing.value(ticks, closed));
    const opened = Math.abs(signedLots) - closed;
    if (opened > 0) {
      assert(this.lots === 0 && this.cost === 0n, 'a position is closed before it turns');
      this.cost = listing.value(ticks, opened);
      this.entryCost = this.cost;
      this.lots = signedLots > 0 ? opened : -opened;
      this.createdMs = nowMs;
      this.#begin(nowMs, signedLots > 0);
      this.run?.opened(opened, this.cost, this.lots);
    }
    return pnl;
  }

  /** Takes lots out at what they are worth together, and gives the profit that this realises. */
  close(listing: Listing, closed: Lots, exit: Amount): Amount {
    const all = BigInt(Math.abs(this.lots));
    const released = divideRounded(this.cost * BigInt(closed), all);
    const isLong = this.lots > 0;
    const gain = listing.kind === ListingKind.inverse ? released - exit : exit - released;
    const pnl = isLong ? gain : -gain;
    this.pnl += pnl;
    this.cost -= released;
    this.entryCost -= divideRounded(this.entryCost * BigInt(closed), all);
    this.lots += isLong ? -closed : closed;
    if (this.run !== null) {
      if (this.run.closedLots === 0) keepRun(this.#runs, this.run);
      this.run.closed(listing, closed, exit, this.lots === 0);
    }
    return pnl;
  }

  /** Pays out what the open lots have made at a price, and counts from there: daily settlement. */
  settle(listing: Listing, ticks: Ticks, nowMs: Milliseconds): Amount {
    const pnl = this.unrealised(listing, ticks);
    this.cost = listing.value(ticks, Math.abs(this.lots));
    this.settledPnl += pnl;
    this.updatedMs = nowMs;
    return pnl;
  }

  unrealised(listing: Listing, markTicks: Ticks): Amount {
    if (this.lots === 0) return 0n;
    const value = listing.value(markTicks, Math.abs(this.lots));
    const gain = listing.kind === ListingKind.inverse ? this.cost - value : value - this.cost;
    return this.lots > 0 ? gain : -gain;
  }

  /** What has been made until here is the run's before; of a trade that turns it the fee is the new one's. */
  #begin(nowMs: Milliseconds, isLong: boolean): void {
    this.run?.end();
    this.run = new PositionRun(this, isLong, nowMs);
  }

  #open(nowMs: Milliseconds, isLong: boolean): void {
    this.run?.end();
    this.run = null;
    this.createdMs = nowMs;
    this.pnl = 0n;
    this.fee = 0n;
    this.fundingFee = 0n;
    this.liqPenalty = 0n;
    this.settledPnl = 0n;
    this.#begin(nowMs, isLong);
  }
}
