/**
 * Algo orders: taken, looked at ten times a second while any waits, and turned into orders of the account when their time
 * has come. What they make carries their tag and their id.
 */
import { Side } from '../../base/side.ts';
import type { Milliseconds } from '../../base/units.ts';
import { AlgoState, AlgoType } from '../../okx/shapes.ts';
import { ALGO_ORDERS_MAX } from '../../okx/venue-limits.ts';
import type { Account, Valuation } from './account.ts';
import { readAlgoAmend } from './algo-amend.ts';
import { AlgoOrder, type AlgoTrigger } from './algo-order.ts';
import { AlgoOrders, type AlgoFilter } from './algo-orders.ts';
import { AlgoPieces } from './algo-pieces.ts';
import { algoPushRow, algoQueryRow } from './algo-rows.ts';
import { readAlgo } from './algo-terms.ts';
import { isReached, referenceTicks, ticksOf, trail } from './algo-triggers.ts';
import type { RequestItem, Row } from './exchange-contract.ts';
import { field } from './listing.ts';
import type { Market } from './market.ts';
import type { Matcher } from './matcher.ts';
import type { OrderDesk } from './order-desk.ts';
import type { AlgoWatch } from './algo-watch.ts';
import { firstId } from './first-id.ts';
import { refusal, type OrderRefusal } from './refusals.ts';
import type { Timed } from './timer-queue.ts';

/** How often prices are compared. */
const LOOK_MS = 100;
/** A market order is cut where it is larger than one may be; a position of more than so many of them stays in part. */
const PARTS_MAX = 50;

/** The result of one item; see `AlgoDesk`. */
export interface AlgoItem {
  readonly algoId: string;
  readonly algoClOrdId: string;
  readonly tag: string;
  readonly reqId: string;
  readonly sCode: string;
  readonly sMsg: string;
}

export interface AlgoDeskParts {
  readonly markets: ReadonlyMap<string, Market>;
  readonly orders: OrderDesk;
  readonly matcher: Matcher;
  readonly valuation: Valuation;
  readonly watch: AlgoWatch;
  readonly startMs: Milliseconds;
  readonly schedule: (timeMs: number, item: Timed) => void;
  /** A row of `orders-algo` or `algo-advance`. */
  readonly tell: (uid: string, row: Row) => void;
}

export class AlgoDesk implements Timed {
  readonly #parts: AlgoDeskParts;
  readonly #algos = new AlgoOrders();
  readonly #pieces: AlgoPieces;
  #lastAlgoId: bigint;
  #isScheduled = false;

  constructor(parts: AlgoDeskParts) {
    this.#parts = parts;
    this.#lastAlgoId = BigInt(firstId(parts.startMs)) * 1_000n;
    this.#pieces = new AlgoPieces(parts.orders, parts.matcher);
    parts.watch.attach(this.#algos);
  }

  place(account: Account, request: RequestItem, nowMs: Milliseconds): AlgoItem {
    const answer = (algoId: string, refused: OrderRefusal | null): AlgoItem =>
      itemOf(algoId, field(request, 'algoClOrdId'), field(request, 'tag'), '', refused);
    const market = this.#parts.markets.get(field(request, 'instId'));
    if (market === undefined) return answer('', refusal('51001'));
    const terms = readAlgo(account, market, request, this.#parts.valuation);
    if ('sCode' in terms) return answer('', terms);
    if (terms.algoClOrdId !== '' && this.#algos.find(account, '', terms.algoClOrdId)?.isLive === true) {
      return answer('', refusal('51065'));
    }
    const { instId } = market.listing;
    if (this.#algos.count(account, instId, terms.type) >= ALGO_ORDERS_MAX[terms.type]!) {
      return answer('', refusal('51025'));
    }
    if (terms.endsWithPosition && !hasPosition(account, market, terms)) return answer('', refusal('51023'));
    const algo = new AlgoOrder(String(++this.#lastAlgoId), account, instId, terms, nowMs);
    algo.nextMs = nowMs;
    if (terms.trigger !== null) {
      algo.isFromAbove = ticksOf(market.listing, terms.trigger.px) < referenceTicks(market, terms.trigger.by);
    }
    this.#algos.add(algo);
    this.#tell(algo, market, nowMs);
    this.#look(nowMs);
    return answer(algo.algoId, null);
  }

  amend(account: Account, request: RequestItem, nowMs: Milliseconds): AlgoItem {
    const algo = this.#named(account, request);
    const answer = (refused: OrderRefusal | null): AlgoItem =>
      itemOf(
        algo?.algoId ?? field(request, 'algoId'),
        algo?.terms.algoClOrdId ?? field(request, 'algoClOrdId'),
        algo?.terms.tag ?? '',
        field(request, 'reqId'),
        refused,
      );
    if (algo === null || !algo.isLive) return answer(refusal('51503'));
    const market = this.#parts.markets.get(algo.instId);
    if (market === undefined) return answer(refusal('51001'));
    const terms = readAlgoAmend(algo, market, request);
    if ('sCode' in terms) return answer(terms);
    algo.terms = terms;
    algo.updatedMs = nowMs;
    algo.reqId = field(request, 'reqId');
    algo.amendResult = '0';
    this.#tell(algo, market, nowMs);
    algo.reqId = '';
    algo.amendResult = '';
    return answer(null);
  }

  cancel(account: Account, request: RequestItem, nowMs: Milliseconds): AlgoItem {
    const algo = this.#named(account, request);
    const isLive = algo?.isLive === true;
    if (isLive) this.#end(algo, AlgoState.canceled, nowMs);
    return itemOf(
      algo?.algoId ?? field(request, 'algoId'),
      algo?.terms.algoClOrdId ?? field(request, 'algoClOrdId'),
      algo?.terms.tag ?? '',
      '',
      isLive ? null : refusal('51400'),
    );
  }

  /** Rows of orders-algo-pending, or of orders-algo-history; newest first. */
  query(account: Account, isPending: boolean, filter: AlgoFilter): Row[] {
    return this.#algos
      .query(account, isPending, filter)
      .map((algo) => algoQueryRow(algo, this.#parts.markets.get(algo.instId)!));
  }

  /** The newest of that name, waiting or ended; null (51603) for none. */
  row(account: Account, algoId: string, algoClOrdId: string): Row | null {
    const algo = this.#algos.find(account, algoId, algoClOrdId);
    return algo === null ? null : algoQueryRow(algo, this.#parts.markets.get(algo.instId)!);
  }

  run(timeMs: number): void {
    this.#isScheduled = false;
    const nowMs = Math.floor(timeMs);
    for (const algo of this.#algos.live()) {
      const market = this.#parts.markets.get(algo.instId);
      if (market !== undefined && algo.isLive) this.#step(algo, market, nowMs);
    }
    this.#parts.watch.forget();
    this.#look(nowMs);
  }

  #look(nowMs: Milliseconds): void {
    if (this.#isScheduled || !this.#algos.hasLive) return;
    this.#isScheduled = true;
    this.#parts.schedule(nowMs + LOOK_MS, this);
  }

  #step(algo: AlgoOrder, market: Market, nowMs: Milliseconds): void {
    const { terms } = algo;
    const state = market.listing.state;
    // The instrument has come to its end, or goes on under another name.
    if (state === 'expired') {
      this.#end(algo, AlgoState.canceled, nowMs);
      return;
    }
    // Nothing is triggered in a market that stands still.
    if (state !== 'live' && state !== 'post_only') return;
    if (terms.endsWithPosition && !hasPosition(algo.account, market, terms)) {
      this.#end(algo, AlgoState.canceled, nowMs);
      return;
    }
    const traded = this.#parts.watch.range(algo.instId);
    const isSell = terms.side === Side.sell;
    if (terms.stop !== null && isReached(market, terms.stop, traded, isSell)) {
      this.#fire(algo, market, 'sl', terms.stop, nowMs);
    } else if (terms.target !== null && isReached(market, terms.target, traded, !isSell)) {
      this.#fire(algo, market, 'tp', terms.target, nowMs);
    } else if (terms.trigger !== null && isReached(market, terms.trigger, traded, algo.isFromAbove)) {
      this.#fire(algo, market, '', terms.trigger, nowMs);
    } else if (terms.type === AlgoType.trailing && trail(algo, market, traded)) {
      this.#fire(algo, market, '', null, nowMs);
    } else if (terms.slices !== null && nowMs >= algo.nextMs) {
      this.#work(algo, market, nowMs);
    }
  }

  /** The price is reached: the order that was promised. */
  #fire(
    algo: AlgoOrder,
    market: Market,
    side: string,
    trigger: AlgoTrigger | null,
    nowMs: Milliseconds,
  ): void {
    const { account, terms } = algo;
    const { listing } = market;
    algo.actualSide = side;
    algo.triggeredMs = nowMs;
    let left = terms.lots;
    if (terms.closesAll || terms.isReduceOnly || terms.posSide !== 'net') {
      const closable = account.holding(market).closableLots(algo.marginMode, terms.posSide, terms.side);
      left = terms.closesAll ? closable : Math.min(terms.lots, closable);
    }
    if (left === 0) {
      algo.failCode = '51169';
      this.#end(algo, AlgoState.orderFailed, nowMs);
      return;
    }
    const px = trigger === null || trigger.ordPx === '-1' ? '' : trigger.ordPx;
    const most = px === '' ? listing.maxMarketLots : listing.maxLimitLots;
    for (let part = 0; part < PARTS_MAX && left > 0; part++) {
      const lots = Math.min(left, most);
      const failCode = this.#pieces.place(algo, market, lots, px === '' ? 'market' : 'limit', px, nowMs);
      if (failCode !== '') {
        algo.failCode = failCode;
        break;
      }
      left -= lots;
    }
    const failed = algo.ordIds.length === 0 ? AlgoState.orderFailed : AlgoState.partiallyFailed;
    this.#end(algo, algo.failCode === '' ? AlgoState.effective : failed, nowMs);
  }

  #work(algo: AlgoOrder, market: Market, nowMs: Milliseconds): void {
    const before = algo.ordIds.length;
    const ended = this.#pieces.work(algo, market, nowMs);
    if (ended !== null) {
      this.#end(algo, ended, nowMs);
      return;
    }
    if (algo.ordIds.length === before) return;
    algo.state = AlgoState.partiallyEffective;
    if (algo.triggeredMs === 0) algo.triggeredMs = nowMs;
    algo.updatedMs = nowMs;
    this.#tell(algo, market, nowMs);
  }

  #end(algo: AlgoOrder, state: AlgoState, nowMs: Milliseconds): void {
    algo.state = state;
    algo.updatedMs = nowMs;
    this.#algos.end(algo);
    if (algo.terms.slices !== null) this.#pieces.cancel(algo, nowMs);
    const market = this.#parts.markets.get(algo.instId);
    if (market !== undefined) this.#tell(algo, market, nowMs);
  }

  #tell(algo: AlgoOrder, market: Market, nowMs: Milliseconds): void {
    this.#parts.tell(algo.account.uid, algoPushRow(algo, market, nowMs));
  }

  #named(account: Account, request: RequestItem): AlgoOrder | null {
    const algo = this.#algos.find(account, field(request, 'algoId'), field(request, 'algoClOrdId'));
    return algo?.instId === field(request, 'instId') ? algo : null;
  }
}

/** Whether there is a position that an order of these terms would make smaller. */
function hasPosition(account: Account, market: Market, terms: AlgoOrder['terms']): boolean {
  const mode = terms.tdMode === 'isolated' ? 'isolated' : 'cross';
  return account.holding(market).closableLots(mode, terms.posSide, terms.side) > 0;
}

function itemOf(
  algoId: string,
  algoClOrdId: string,
  tag: string,
  reqId: string,
  refused: OrderRefusal | null,
): AlgoItem {
  return { algoId, algoClOrdId, tag, reqId, sCode: refused?.sCode ?? '0', sMsg: refused?.sMsg ?? '' };
}
