import {
  BATCH_ITEMS_MAX,
  BATCH_ORDERS_PER_WINDOW,
  ORDER_WINDOW_MS,
  SINGLE_REQUESTS_PER_WINDOW,
} from '../../okx/venue-limits.ts';
import type { Exchange, ItemResult } from '../exchange/exchange.ts';
import type { Inspection } from './inspection.ts';
import { fieldOf } from './instrument-directory.ts';
import type { InstrumentDirectory } from './instrument-directory.ts';
import { RateLimits, SlidingWindow } from './rate-limits.ts';
import { isRefusalCode, Refusal } from './refusal.ts';

export type OrderKind = 'place' | 'amend' | 'cancel';

/** How an order names its instrument: WebSocket by integer code only (since 2026-03-26), REST by name. */
export type InstrumentNaming = 'instIdCode' | 'instId';

export type Item = Readonly<Record<string, unknown>>;

/** The root of an answer to order requests: "0" all went through, "1" none, "2" some; else the whole was refused. */
export interface EntryAnswer {
  readonly code: string;
  readonly msg: string;
  readonly data: readonly Item[];
}

/**
 * What a test does to one item of an order request: it is answered with `sCode`, and carried out all the same when
 * `isApplied`. A code of the whole request (50001, 50004, 50011, 50013, 50026, 50061, 51054, 51149) refuses it at the root,
 * with `data` empty; the first such item decides for all of them. Null leaves the item to the venue. The item has its
 * `instId`, however the request named the instrument.
 */
export type Interference = (kind: OrderKind, uid: string, item: Item) => Fault | null;

export interface Fault {
  readonly sCode: string;
  readonly isApplied: boolean;
}

/** Codes that OKX gives for a request as a whole, and the HTTP status that REST gives with them (D, "Error Code"). */
const WHOLE_REQUEST_STATUS = {
  '50001': 503,
  '50004': 400,
  '50011': 429,
  '50013': 429,
  '50026': 500,
  '50061': 200,
  '51054': 500,
  '51149': 500,
} as const;

interface NamedItem {
  /** With its `instId`, where there is one. */
  readonly item: Item;
  readonly instId: string | Refusal;
  fault: Fault | null;
}

const BATCH_TOO_LARGE = { place: '51111', amend: '51501', cancel: '51406' } as const;

/**
 * The way into the exchange that REST and WebSocket share: instruments by name or code, message budgets, batches.
 * Items of a batch are independent, and answered in their order.
 */
export class OrderEntry {
  readonly #venue: OrderVenue;
  readonly #singles: Record<OrderKind, RateLimits>;
  readonly #batches: Record<OrderKind, RateLimits>;
  readonly #massCancels = new RateLimits(MASS_CANCELS_PER_WINDOW, ORDER_WINDOW_MS);
  readonly #subAccounts = new Map<string, SlidingWindow>();

  constructor(venue: OrderVenue) {
    this.#venue = venue;
    this.#singles = limitsByKind(SINGLE_REQUESTS_PER_WINDOW);
    this.#batches = limitsByKind(BATCH_ORDERS_PER_WINDOW);
  }

  /**
   * @param expTime what the request said about its own end, if anything: milliseconds as text. Cancels do not know it
   * @param isBatch whether the operation was a batch, whatever the number of items
   */
  submit(
    uid: string,
    kind: OrderKind,
    items: readonly unknown[],
    naming: InstrumentNaming,
    isBatch: boolean,
    expTime: unknown,
    nowMs: number,
  ): EntryAnswer | Refusal {
    if (items.length === 0 || !items.every(isItem)) return new Refusal('60013');
    if (!isBatch && items.length !== 1) return new Refusal('60013');
    if (items.length > BATCH_ITEMS_MAX) return new Refusal(BATCH_TOO_LARGE[kind]);
    if (expTime !== undefined && kind !== 'cancel') {
      if (typeof expTime !== 'string' || !/^\d{1,16}$/.test(expTime)) {
        return new Refusal('51000', 200, 'Parameter expTime error');
      }
    }

    const named = (items as readonly Item[]).map((item) => {
      const instId = this.#instIdOf(item, naming);
      const isNamed = instId instanceof Refusal || item.instId === instId;
      return { item: isNamed ? item : { ...item, instId }, instId, fault: null as Fault | null };
    });
    if (expTime !== undefined && kind !== 'cancel' && Number(expTime) < nowMs) {
      this.#noteRefused(uid, kind, named, '50036');
      return new Refusal('50036');
    }
    const { interfere } = this.#venue;
    if (interfere !== null) {
      for (const entry of named) entry.fault = interfere(kind, uid, entry.item);
    }
    const whole = named.find(
      ({ fault }) => fault !== null && Object.hasOwn(WHOLE_REQUEST_STATUS, fault.sCode),
    );
    if (whole === undefined) return this.#submitItems(uid, kind, named, nowMs);
    const { sCode, isApplied } = whole.fault!;
    if (isApplied) {
      for (const entry of named) entry.fault = null;
      this.#submitItems(uid, kind, named, nowMs);
    } else this.#noteRefused(uid, kind, named, sCode);
    const code = sCode as keyof typeof WHOLE_REQUEST_STATUS;
    return new Refusal(code, WHOLE_REQUEST_STATUS[code]);
  }

  /** Mass cancel of protected orders: once for REST and WebSocket together, five requests in 2 s by user. */
  massCancel(uid: string, item: Item, nowMs: number): readonly Item[] | Refusal {
    if (!this.#massCancels.take(uid, nowMs)) return new Refusal('50011', 429);
    const result = this.#venue.exchange.massCancel(uid, item);
    if (!('sCode' in result)) return result;
    const { sCode, sMsg } = result;
    return isRefusalCode(sCode) ? new Refusal(sCode, 200, sMsg) : new Refusal('51000', 200, sMsg);
  }

  #submitItems(
    uid: string,
    kind: OrderKind,
    named: readonly NamedItem[],
    nowMs: number,
  ): EntryAnswer | Refusal {
    const results: Item[] = [];
    const seen = new Set<string>();
    let accepted = 0;
    let throttled = 0;
    for (const { item, instId, fault } of named) {
      if (fault !== null && !fault.isApplied) {
        const result = faulty(item, fault, this.#venue.exchange.nowMs);
        this.#venue.inspection.received(uid, kind, typeof instId === 'string' ? instId : '', item, result);
        results.push(shaped(kind, item, result));
        continue;
      }
      const refusal =
        instId instanceof Refusal
          ? instId
          : this.#refusalOf(uid, kind, item, instId, named.length, seen, nowMs);
      if (refusal?.code === '50011' || refusal?.code === '50061') throttled++;
      const result =
        refusal === null
          ? this.#execute(uid, kind, item)
          : refused(item, refusal, this.#venue.exchange.nowMs);
      if (result.sCode === '0' && fault === null) accepted++;
      this.#venue.inspection.received(uid, kind, typeof instId === 'string' ? instId : '', item, result);
      results.push(
        shaped(kind, item, fault === null ? result : faulty(item, fault, this.#venue.exchange.nowMs)),
      );
    }
    // A request that is over its budget as a whole is refused as a whole.
    if (throttled === named.length) return new Refusal(results[0]!.sCode === '50061' ? '50061' : '50011');
    const code = accepted === named.length ? '0' : accepted === 0 ? '1' : '2';
    return { code, msg: '', data: results };
  }

  /** What came and was turned down as a whole is seen by inspection all the same. */
  #noteRefused(uid: string, kind: OrderKind, named: readonly NamedItem[], sCode: string): void {
    for (const { item, instId } of named) {
      const result = faulty(item, { sCode, isApplied: false }, this.#venue.exchange.nowMs);
      this.#venue.inspection.received(uid, kind, typeof instId === 'string' ? instId : '', item, result);
    }
  }

  #execute(uid: string, kind: OrderKind, request: Item): ItemResult {
    switch (kind) {
      case 'place':
        return this.#venue.exchange.place(uid, request);
      case 'amend':
        return this.#venue.exchange.amend(uid, request);
      case 'cancel':
        return this.#venue.exchange.cancel(uid, request);
    }
  }

  /** The instrument that the item means; the other way of naming one is ignored, as the venue does. */
  #instIdOf(item: Item, naming: InstrumentNaming): string | Refusal {
    const value = item[naming];
    if (value === undefined || value === null || value === '') {
      return new Refusal('50014', 200, `Parameter ${naming} can not be empty`);
    }
    if (naming === 'instId') {
      return typeof value === 'string' && this.#venue.instruments.has(value) ? value : new Refusal('51001');
    }
    if (typeof value !== 'number') return new Refusal('51000', 200, `Parameter ${naming} error`);
    return this.#venue.instruments.instIdOfCode(value) ?? new Refusal('51001');
  }

  #refusalOf(
    uid: string,
    kind: OrderKind,
    item: Item,
    instId: string,
    itemCount: number,
    seen: Set<string>,
    nowMs: number,
  ): Refusal | null {
    const instType = this.#venue.instruments.instType(instId);
    // Budgets are by user and instrument, of options by user and family; a batch of one counts as a single request.
    const name = instType === 'OPTION' ? this.#venue.instruments.instFamily(instId) : instId;
    const limits = itemCount === 1 ? this.#singles[kind] : this.#batches[kind];
    if (!limits.take(`${uid} ${name}`, nowMs)) return new Refusal('50011');
    const { ordType } = item;
    const isProtected = ordType === 'mmp' || ordType === 'mmp_and_post_only';
    const countsForAccount = kind !== 'cancel' && instType !== 'SPOT' && !isProtected;
    if (countsForAccount && !this.#takeOfAccount(uid, nowMs)) return new Refusal('50061');
    if (kind === 'amend' && itemCount > 1) {
      const ordId = fieldOf(item, 'ordId');
      const clOrdId = fieldOf(item, 'clOrdId');
      const named = ordId === '' ? `${instId} c${clOrdId}` : `${instId} ${ordId}`;
      // One item may name the order by its ordId and another by its clOrdId.
      const open = this.#venue.exchange.openOrderId(uid, instId, ordId, clOrdId);
      if (seen.has(named) || seen.has(open)) return new Refusal('51512');
      seen.add(named);
      if (open !== '') seen.add(open);
    }
    return null;
  }

  #takeOfAccount(uid: string, nowMs: number): boolean {
    let window = this.#subAccounts.get(uid);
    if (window === undefined) {
      window = new SlidingWindow(this.#venue.orderRateMax(uid), ORDER_WINDOW_MS);
      this.#subAccounts.set(uid, window);
    }
    return window.take(nowMs);
  }
}

const MASS_CANCELS_PER_WINDOW = 5;

/** What the order entry needs of its venue. */
interface OrderVenue {
  readonly exchange: Exchange;
  readonly instruments: InstrumentDirectory;
  readonly inspection: Inspection;
  readonly interfere: Interference | null;
  orderRateMax(uid: string): number;
}

/** Placing, amending and cancelling do not use up each other's budgets. */
function limitsByKind(limit: number): Record<OrderKind, RateLimits> {
  return {
    place: new RateLimits(limit, ORDER_WINDOW_MS),
    amend: new RateLimits(limit, ORDER_WINDOW_MS),
    cancel: new RateLimits(limit, ORDER_WINDOW_MS),
  };
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function faulty(item: Item, { sCode }: Fault, nowMs: number): ItemResult {
  return refused(item, { code: sCode, msg: 'Operation failed.' }, nowMs);
}

function refused(item: Item, refusal: Pick<Refusal, 'code' | 'msg'>, nowMs: number): ItemResult {
  return {
    ordId: fieldOf(item, 'ordId'),
    clOrdId: fieldOf(item, 'clOrdId'),
    tag: fieldOf(item, 'tag'),
    reqId: fieldOf(item, 'reqId'),
    ts: String(Math.floor(nowMs)),
    sCode: refusal.code,
    sMsg: refusal.msg,
  };
}

/** The fields of an answer's item, by operation (docs-v5, read 2026-07-28): cancels have no subCode. */
function shaped(kind: OrderKind, item: Item, result: ItemResult): Item {
  const { ordId, clOrdId, ts, sCode, sMsg, subCode = '' } = result;
  switch (kind) {
    case 'place':
      return { clOrdId, ordId, tag: result.tag ?? fieldOf(item, 'tag'), ts, sCode, sMsg, subCode };
    case 'amend':
      return { clOrdId, ordId, ts, reqId: result.reqId ?? fieldOf(item, 'reqId'), sCode, sMsg, subCode };
    case 'cancel':
      return { clOrdId, ordId, ts, sCode, sMsg };
  }
}
