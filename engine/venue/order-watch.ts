/**
 * Orders and fills as REST tells them, turned into what the orders channel would have pushed: one push for each fill, with
 * its trade, and one for each change of an order's life or terms.
 *
 *     acks ──placed, amended──▶ ┌───────┐
 *     open orders, orders ────▶ │ watch │ ──▶ pushes, an order's in the order of its life
 *     fills ──────────────────▶ └───────┘ ──▶ orders to ask for by name: gone from the list, or known by a fill alone
 *
 * Owner:      one private session.
 * Invariants: a fill is pushed once; what an order has filled only grows, and it ends once; a row that is older than what
 *             was pushed of its order changes nothing; an end is pushed after the fills that led to it, unless they stay
 *             away.
 * Cost:       a look at each open order a poll; JSON for each push.
 */
import type { Nanoseconds } from '../base/units.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import { AmendResult, OrderStateText } from '../okx/shapes.ts';
import { quantityText, unitsOf } from './quantity.ts';
import { NO_FILL, byAge, isEqualOrAbsent, rowOfFills, textOf, uTimeOf } from './rest-rows.ts';
import type { RestRow } from './rest-rows.ts';

/** An order to ask for by its names. */
export interface OrderQuery {
  readonly instId: string;
  readonly ordId: string;
}

interface Amend {
  readonly reqId: string;
  readonly newPx: string;
  readonly newSz: string;
  readonly ackedNs: Nanoseconds;
}

interface WatchedOrder extends OrderQuery {
  readonly clOrdId: string;
  /** When the venue took it, or when it was first seen. */
  readonly sinceNs: Nanoseconds;
  /** The newest row; what was pushed of it is in the fields below. */
  row: RestRow | undefined;
  px: string;
  sz: string;
  uTimeMs: number;
  /** Filled, by the fills that were pushed; undefined until the first row says what was filled before. */
  told: bigint | undefined;
  /** Of that, by trades of up to `beforeMs` that no list has told yet: told late, they are in it already. */
  before: bigint;
  beforeMs: number;
  /** The most that a push has said to be filled. */
  said: bigint;
  fills: RestRow[];
  amends: Amend[];
  isShown: boolean;
  /** A cancel of it was accepted. */
  isEnding: boolean;
  /** A push has said that it is filled. */
  isFilled: boolean;
  /** When it ended; -1 while it has not. */
  endedNs: Nanoseconds;
  /** Since when it lacks fills that its row tells of; -1 while it does not. */
  lackingNs: Nanoseconds;
}

/** An amend that was accepted, and that no row shows for so long, has failed; before the loop gives it up by itself. */
const AMEND_NS_MAX = 1_500 * NS_PER_MS;
/** An order's fills may be told later than its end; after this it ends without them, and an audit will find them. */
const FILLS_NS_MAX = 1_500 * NS_PER_MS;
/** Ended orders are remembered for fills that come late. */
const ENDED_NS_MAX = 30 * NS_PER_SECOND;
/** REST may not know an order yet that it took a moment ago; after this it never was, for what we can say. */
const UNKNOWN_NS_MAX = 5 * NS_PER_SECOND;

const OVER: ReadonlySet<string> = new Set([
  OrderStateText.filled,
  OrderStateText.canceled,
  OrderStateText.mmpCanceled,
]);

export class OrderWatch {
  readonly #push: (row: RestRow) => void;
  readonly #orders = new Map<string, WatchedOrder>();
  /** Fills that were taken, with their time. */
  readonly #seen = new Map<string, number>();

  constructor(push: (row: RestRow) => void) {
    this.#push = push;
  }

  /** Orders that have not ended. */
  get openCount(): number {
    let count = 0;
    for (const { endedNs } of this.#orders.values()) if (endedNs === -1) count++;
    return count;
  }

  /** The venue has taken an order: from here on it is missed when no list has it. */
  placed(instId: string, ordId: string, clOrdId: string, nowNs: Nanoseconds): void {
    if (ordId !== '' && !this.#orders.has(ordId)) this.#add(instId, ordId, clOrdId, nowNs).told = 0n;
  }

  /** The venue has taken an amend, which is not yet done. */
  amended(ordId: string, amend: Omit<Amend, 'ackedNs'>, nowNs: Nanoseconds): void {
    this.#orders.get(ordId)?.amends.push({ ...amend, ackedNs: nowNs });
  }

  /** The venue has taken a cancel: what came of it is worth a question of its own, before any list lacks it. */
  cancelled(ordId: string): void {
    const order = this.#orders.get(ordId);
    if (order !== undefined) order.isEnding = true;
  }

  /** Orders that are being cancelled. */
  get ending(): OrderQuery[] {
    return [...this.#orders.values()].filter(({ isEnding, endedNs }) => isEnding && endedNs === -1);
  }

  /** Whether something that the venue has taken was not told yet. */
  get isExpecting(): boolean {
    for (const { endedNs, amends, isEnding, isShown } of this.#orders.values()) {
      if (endedNs === -1 && (amends.length > 0 || isEnding || !isShown)) return true;
    }
    return false;
  }

  /** Every open order, by an answer to a question asked at `askedNs`. Returns those that should be there, and are not. */
  onOpen(rows: readonly RestRow[], askedNs: Nanoseconds): OrderQuery[] {
    const listed = new Set<string>();
    for (const row of rows) {
      listed.add(textOf(row, 'ordId'));
      this.onOrder(row, askedNs);
    }
    const missing: OrderQuery[] = [];
    for (const order of this.#orders.values()) {
      const isKnownOver = order.row !== undefined && OVER.has(textOf(order.row, 'state'));
      const isOpen = order.endedNs === -1 && !isKnownOver;
      if (isOpen && order.sinceNs < askedNs && !listed.has(order.ordId)) missing.push(order);
    }
    return missing;
  }

  /** What an answer says of one order. Told on with `settle`. */
  onOrder(row: RestRow, askedNs: Nanoseconds): void {
    const ordId = textOf(row, 'ordId');
    const order =
      this.#orders.get(ordId) ?? this.#add(textOf(row, 'instId'), ordId, textOf(row, 'clOrdId'), askedNs);
    // One that was asked for earlier, and is answered by what lags behind.
    const isOld = order.row !== undefined && uTimeOf(row) < uTimeOf(order.row);
    const wasOver = order.row !== undefined && OVER.has(textOf(order.row, 'state'));
    if (!isOld && !wasOver) order.row = row;
  }

  /** The venue does not know the order. */
  onUnknown(ordId: string, nowNs: Nanoseconds): void {
    const order = this.#orders.get(ordId);
    if (order === undefined || order.row !== undefined || nowNs - order.sinceNs <= UNKNOWN_NS_MAX) return;
    if (order.fills.length === 0) order.endedNs = nowNs;
    // Its trades are true all the same: a liquidation's, for one.
    else order.row = rowOfFills(order.fills);
  }

  /** Fills, in whatever order and however often. Returns the orders of which nothing else is known. */
  onFills(rows: readonly RestRow[], nowNs: Nanoseconds): OrderQuery[] {
    const unknown = new Map<string, OrderQuery>();
    for (const row of rows) {
      const ordId = textOf(row, 'ordId');
      const instId = textOf(row, 'instId');
      const name = `${instId} ${textOf(row, 'tradeId')} ${ordId} ${textOf(row, 'side')}`;
      if (this.#seen.has(name)) continue;
      this.#seen.set(name, Number(textOf(row, 'ts')));
      const order = this.#orders.get(ordId) ?? this.#add(instId, ordId, textOf(row, 'clOrdId'), nowNs);
      order.fills.push(row);
      if (order.row === undefined) unknown.set(ordId, order);
    }
    return [...unknown.values()];
  }

  /** Pushes what is new, order by order. */
  settle(nowNs: Nanoseconds): void {
    for (const order of this.#orders.values()) {
      if (order.row !== undefined) this.#settleOrder(order, order.row, nowNs);
      if (order.endedNs !== -1 && nowNs - order.endedNs > ENDED_NS_MAX) this.#orders.delete(order.ordId);
    }
  }

  /** Fills older than this are not asked for again. */
  forgetFills(beforeMs: number): void {
    for (const [name, tsMs] of this.#seen) if (tsMs < beforeMs) this.#seen.delete(name);
  }

  /** What happened while nobody listened is for the recovery to find. */
  clear(): void {
    this.#orders.clear();
    this.#seen.clear();
  }

  #add(instId: string, ordId: string, clOrdId: string, sinceNs: Nanoseconds): WatchedOrder {
    const order: WatchedOrder = {
      instId,
      ordId,
      clOrdId,
      sinceNs,
      row: undefined,
      px: '',
      sz: '',
      uTimeMs: 0,
      told: undefined,
      before: 0n,
      beforeMs: 0,
      said: 0n,
      fills: [],
      amends: [],
      isShown: false,
      isEnding: false,
      isFilled: false,
      endedNs: -1,
      lackingNs: -1,
    };
    this.#orders.set(ordId, order);
    return order;
  }

  #settleOrder(order: WatchedOrder, row: RestRow, nowNs: Nanoseconds): void {
    const total = unitsOf(textOf(row, 'accFillSz'));
    const isOver = OVER.has(textOf(row, 'state'));
    const fresh = order.fills.toSorted(byAge);
    // Seen for the first time, half filled: by fills of before this session, and by those that are told now.
    const isFirst = order.told === undefined;
    const before = fresh.reduce((left, fill) => left - unitsOf(textOf(fill, 'fillSz')), total);
    order.told ??= before > 0n ? before : 0n;
    order.fills = [];
    const wasEnded = order.endedNs !== -1;
    for (const fill of fresh) this.#pushFill(order, row, fill, total);
    if (isFirst && before > 0n) [order.before, order.beforeMs] = [before, uTimeOf(row)];
    if (wasEnded) return;
    const lacks = order.told < total;
    order.lackingNs = lacks ? (order.lackingNs === -1 ? nowNs : order.lackingNs) : -1;
    if (lacks && nowNs - order.lackingNs < FILLS_NS_MAX) return;
    if (isOver) this.#pushEnd(order, row, nowNs);
    else this.#pushTerms(order, row, fresh.length > 0, nowNs);
  }

  /** An order ends with the fill that brings what is filled to what it has filled in the end. */
  #pushFill(order: WatchedOrder, row: RestRow, fill: RestRow, total: bigint): void {
    const size = unitsOf(textOf(fill, 'fillSz'));
    const isOfBefore = Number(textOf(fill, 'ts')) <= order.beforeMs;
    const counted = !isOfBefore ? 0n : size < order.before ? size : order.before;
    order.before -= counted;
    order.told = order.told! + size - counted;
    const isLast = order.told >= total && textOf(row, 'state') === OrderStateText.filled;
    const isWhole = order.told === unitsOf(textOf(row, 'sz'));
    if (isLast || isWhole) order.isFilled = true;
    const state = order.isFilled ? OrderStateText.filled : OrderStateText.partiallyFilled;
    this.#emit(order, row, Number(textOf(fill, 'ts')), {
      state: order.endedNs === -1 ? state : textOf(row, 'state'),
      fillPx: fill['fillPx'],
      fillSz: fill['fillSz'],
      tradeId: fill['tradeId'],
      fillTime: textOf(fill, 'fillTime') === '' ? fill['ts'] : fill['fillTime'],
      fillFee: fill['fee'],
      fillFeeCcy: fill['feeCcy'],
      execType: fill['execType'],
    });
    order.isShown = true;
  }

  #pushEnd(order: WatchedOrder, row: RestRow, nowNs: Nanoseconds): void {
    order.endedNs = nowNs;
    order.amends = [];
    // The fill that ended it has said so.
    if (order.isFilled && textOf(row, 'state') === OrderStateText.filled) return;
    order.said = unitsOf(textOf(row, 'accFillSz'));
    this.#emit(order, row, uTimeOf(row), {});
  }

  /** New, or with other terms: by an amend of ours that is done, or by somebody else's doing. */
  #pushTerms(order: WatchedOrder, row: RestRow, isPushed: boolean, nowNs: Nanoseconds): void {
    const px = textOf(row, 'px');
    const sz = textOf(row, 'sz');
    let done = -1;
    order.amends.forEach((amend, index) => {
      if (isEqualOrAbsent(amend.newPx, px) && isEqualOrAbsent(amend.newSz, sz)) done = index;
    });
    const total = unitsOf(textOf(row, 'accFillSz'));
    const isNews = total > order.said;
    if (isNews) order.said = total;
    for (const { reqId, newPx, newSz } of order.amends.splice(0, done + 1)) {
      const terms = { px: newPx === '' ? px : newPx, sz: newSz === '' ? sz : newSz };
      this.#emit(order, row, uTimeOf(row), { ...terms, reqId, amendResult: AmendResult.done });
    }
    const late = order.amends.findIndex(({ ackedNs }) => nowNs - ackedNs < AMEND_NS_MAX);
    const failed = order.amends.splice(0, late === -1 ? order.amends.length : late);
    for (const { reqId } of failed) {
      this.#emit(order, row, uTimeOf(row), { reqId, amendResult: AmendResult.failed });
    }
    const isTold = isPushed || done !== -1 || failed.length > 0;
    const isSame = order.isShown && px === order.px && sz === order.sz && !isNews;
    if (!isTold && !isSame) this.#emit(order, row, uTimeOf(row), {});
    order.isShown = true;
    order.px = px;
    order.sz = sz;
  }

  /** An order's pushes never go back, in time or in what is filled: the loop takes an older word for an overtaken one. */
  #emit(order: WatchedOrder, row: RestRow, atMs: number, changes: RestRow): void {
    order.uTimeMs = Math.max(order.uTimeMs, atMs);
    if (order.told! > order.said) order.said = order.told!;
    const state = textOf(row, 'state');
    const isLive = state === OrderStateText.live && order.said > 0n;
    this.#push({
      ...row,
      ...NO_FILL,
      state: isLive ? OrderStateText.partiallyFilled : state,
      accFillSz: quantityText(order.said),
      ...changes,
      uTime: String(order.uTimeMs),
    });
  }
}
