/** The filters and paging of the order and fill queries (D: newest first, ids exclusive, times inclusive). */
import type { ClientOrder } from './client-order.ts';
import type { FillFilter, OrderFilter, Row } from './exchange-contract.ts';
import { orderQueryRow } from './order-rows.ts';

const PAGE_MAX = 100;

/** Paging and times of all queries. */
export interface Page {
  /** Older than this id, newer than this one. */
  readonly after?: string;
  readonly before?: string;
  readonly begin?: string;
  readonly end?: string;
  readonly limit?: string;
}

/** @param oldestFirst orders in the order of their ordIds or of their ends */
export function queryOrders(oldestFirst: readonly ClientOrder[], filter: OrderFilter): Row[] {
  const matches: ClientOrder[] = [];
  const types = filter.ordType ? filter.ordType.split(',') : null;
  for (const order of oldestFirst) {
    const { listing } = order.market;
    if (!isIn(filter, order.instType, listing.instFamily, listing.instId)) continue;
    if (types !== null && !types.includes(order.terms.type)) continue;
    if (filter.state && filter.state !== order.state) continue;
    if (!isPaged(filter, order.ordId) || !isTimed(filter, order.createdMs)) continue;
    matches.push(order);
  }
  // ordIds have one length, so that their texts sort as their numbers do.
  matches.sort((left, right) => (left.ordId < right.ordId ? 1 : -1));
  return page(matches, filter).map(orderQueryRow);
}

/** @param oldestFirst rows of GET /trade/fills */
export function queryFills(oldestFirst: readonly Row[], filter: FillFilter): Row[] {
  const matches: Row[] = [];
  const count = filter.before && !filter.after ? Infinity : pageSize(filter);
  for (let index = oldestFirst.length - 1; index >= 0 && matches.length < count; index--) {
    const row = oldestFirst[index]!;
    // Nothing older is asked for: polls of the last minutes do not read the whole day.
    if (filter.begin && Number(row['ts']) < Number(filter.begin)) break;
    if (filter.before && BigInt(row['billId'] as string) <= wholeNumber(filter.before)) break;
    const instId = row['instId'] as string;
    const family = instId.split('-').slice(0, 2).join('-');
    if (!isIn(filter, row['instType'] as string, family, instId)) continue;
    if (filter.ordId && filter.ordId !== row['ordId']) continue;
    if (!isPaged(filter, row['billId'] as string) || !isTimed(filter, Number(row['ts']))) continue;
    matches.push(row);
  }
  return page(matches, filter);
}

/** With `before` alone the rows next to it are wanted, not the newest ones (D, "Pagination"). */
export function page<Item>(newestFirst: Item[], filter: Page): Item[] {
  const limit = pageSize(filter);
  return filter.before && !filter.after ? newestFirst.slice(-limit) : newestFirst.slice(0, limit);
}

function pageSize(filter: Page): number {
  const asked = Number(filter.limit || PAGE_MAX);
  return Number.isInteger(asked) && asked > 0 ? Math.min(asked, PAGE_MAX) : PAGE_MAX;
}

function isIn(
  filter: { readonly instType?: string; readonly instFamily?: string; readonly instId?: string },
  instType: string,
  instFamily: string,
  instId: string,
): boolean {
  if (filter.instType && filter.instType !== 'ANY' && filter.instType !== instType) return false;
  if (filter.instFamily && filter.instFamily !== instFamily) return false;
  return !filter.instId || filter.instId === instId;
}

export function isPaged(filter: Page, id: string): boolean {
  if (filter.after && !(BigInt(id) < wholeNumber(filter.after))) return false;
  return !filter.before || BigInt(id) > wholeNumber(filter.before);
}

export function isTimed(filter: Page, timeMs: number): boolean {
  if (filter.begin && timeMs < Number(filter.begin)) return false;
  return !filter.end || timeMs <= Number(filter.end);
}

/** Ids that are no numbers are those of no order. */
function wholeNumber(text: string): bigint {
  return /^\d{1,30}$/.test(text) ? BigInt(text) : 0n;
}
