/** What a position was from its opening to its end, or to now: a row of GET /account/positions-history. */
import type { Lots, Milliseconds } from '../../base/units.ts';
import type { Account } from './account.ts';
import { amountNumber, amountText, numberText, type Amount } from './amount.ts';
import type { Row } from './exchange-contract.ts';
import type { Listing } from './listing.ts';
import type { Position } from './position.ts';

/** Runs that an account can still be asked about: enough for days of a test, bounded for a long run. */
const RUNS_MAX = 2_000;
const PAGE_MAX = 100;

/** What a position has made since it was opened from nothing, however often it has turned since. */
interface Totals {
  readonly pnl: Amount;
  readonly fee: Amount;
  readonly fundingFee: Amount;
  readonly liqPenalty: Amount;
  readonly settledPnl: Amount;
  readonly updatedMs: Milliseconds;
}

/** Every scalar of it is as of the newest change; a run is told from its first close on. */
export class PositionRun {
  readonly position: Position;
  readonly isLong: boolean;
  readonly createdMs: Milliseconds;
  openedLots: Lots = 0;
  openedValue: Amount = 0n;
  closedLots: Lots = 0;
  closedValue: Amount = 0n;
  maxLots: Lots = 0;
  /** What closed it last: the category of that order. */
  category = 'normal';
  /** The mark price at which the venue closed it; '' for whoever did so by himself. */
  triggerPx = '';
  isOver = false;
  /** Where it was closed; null until then. */
  listing: Listing | null = null;
  readonly #before: Totals;
  #after: Totals | null = null;

  constructor(position: Position, isLong: boolean, nowMs: Milliseconds) {
    this.position = position;
    this.isLong = isLong;
    this.createdMs = nowMs;
    this.#before = totalsOf(position);
  }

  opened(lots: Lots, value: Amount, open: Lots): void {
    this.openedLots += lots;
    this.openedValue += value;
    this.maxLots = Math.max(this.maxLots, Math.abs(open));
  }

  closed(listing: Listing, lots: Lots, value: Amount, isOver: boolean): void {
    this.listing = listing;
    this.closedLots += lots;
    this.closedValue += value;
    this.isOver = isOver;
    this.category = 'normal';
    this.triggerPx = '';
  }

  /** The position starts anew: what it makes from here on is not this run's. */
  end(): void {
    this.#after = totalsOf(this.position);
  }

  /** The instrument's lots are others from now on. */
  rescale(ratio: number): void {
    this.openedLots = Math.round(this.openedLots * ratio);
    this.closedLots = Math.round(this.closedLots * ratio);
    this.maxLots = Math.round(this.maxLots * ratio);
  }

  get updatedMs(): Milliseconds {
    return (this.#after ?? this.position).updatedMs;
  }

  row(account: Account): Row {
    const { position, listing, isLong } = this;
    const now = this.#after ?? totalsOf(position);
    const before = this.#before;
    const pnl = now.pnl - before.pnl;
    const fee = now.fee - before.fee;
    const fundingFee = now.fundingFee - before.fundingFee;
    const liqPenalty = now.liqPenalty - before.liqPenalty;
    const settledPnl = now.settledPnl - before.settledPnl;
    const realized = pnl + fee + fundingFee + liqPenalty + settledPnl;
    const { instId, instType, isContract, row } = listing!;
    const lever = account.holdings.get(instId)?.lever(position.marginMode) ?? 1;
    const isSettled = row['futureSettlement'] === true;
    const openAvgPx = priceText(listing!, this.openedValue, this.openedLots);
    return {
      instType: isContract ? instType : 'MARGIN',
      instId,
      mgnMode: position.marginMode,
      type: this.#type(),
      cTime: String(this.createdMs),
      uTime: String(this.updatedMs),
      openAvgPx,
      nonSettleAvgPx: isSettled ? openAvgPx : '',
      closeAvgPx: priceText(listing!, this.closedValue, this.closedLots),
      posId: position.posId,
      openMaxPos: listing!.sizeText(this.maxLots),
      closeTotalPos: listing!.sizeText(this.closedLots),
      realizedPnl: amountText(realized),
      settledPnl: isSettled ? amountText(settledPnl) : '',
      pnlRatio: numberText((amountNumber(realized) * lever) / (amountNumber(this.openedValue) || 1), 10),
      fee: amountText(fee),
      fundingFee: amountText(fundingFee),
      liqPenalty: amountText(liqPenalty),
      pnl: amountText(pnl),
      posSide: position.posSide,
      lever: String(lever),
      direction: isLong ? 'long' : 'short',
      triggerPx: this.triggerPx,
      uly: isContract ? String(row['uly'] ?? '') : '',
      ccy: position.ccy,
    };
  }

  /** 1 closed in part, 2 closed, 3 liquidated, 4 liquidated in part, 5 and 6 deleveraged in part and as a whole (D). */
  #type(): string {
    switch (this.category) {
      case 'partial_liquidation':
        return '4';
      case 'full_liquidation':
        return '3';
      case 'adl':
        return this.isOver ? '6' : '5';
      default:
        return this.isOver ? '2' : '1';
    }
  }
}

/** Keeps a run that has been closed for the first time; the oldest go. */
export function keepRun(runs: PositionRun[], run: PositionRun): void {
  runs.push(run);
  if (runs.length > 2 * RUNS_MAX) runs.splice(0, RUNS_MAX);
}

/** Filters as OKX names them; `after` and `before` are times of the newest change, exclusive. */
export interface RunFilter {
  readonly instType?: string;
  readonly instId?: string;
  readonly mgnMode?: string;
  readonly type?: string;
  readonly posId?: string;
  readonly after?: string;
  readonly before?: string;
  readonly limit?: string;
}

/** Rows of GET /account/positions-history: what changed last comes first. */
export function runRows(account: Account, filter: RunFilter): Row[] {
  const sorted = account.positionRuns.toSorted((left, right) => right.updatedMs - left.updatedMs);
  const rows: Row[] = [];
  const limit = Math.min(Number(filter.limit || PAGE_MAX) || PAGE_MAX, PAGE_MAX);
  for (const run of sorted) {
    if (filter.after && run.updatedMs >= Number(filter.after)) continue;
    if (filter.before && run.updatedMs <= Number(filter.before)) continue;
    const row = run.row(account);
    const isAsked = (['instType', 'instId', 'mgnMode', 'type', 'posId'] as const).every(
      (name) => !filter[name] || filter[name] === row[name],
    );
    if (isAsked) rows.push(row);
    if (rows.length >= limit) break;
  }
  return rows;
}

function totalsOf({ pnl, fee, fundingFee, liqPenalty, settledPnl, updatedMs }: Totals): Totals {
  return { pnl, fee, fundingFee, liqPenalty, settledPnl, updatedMs };
}

/** To twelve decimals, as positions show their own. */
function priceText(listing: Listing, value: Amount, lots: Lots): string {
  if (lots === 0) return '';
  return amountText((listing.averagePrice(value, lots) / 1_000_000n) * 1_000_000n);
}
