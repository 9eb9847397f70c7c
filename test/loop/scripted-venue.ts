import { Side } from '../../engine/base/side.ts';
import { Connection, LoopRequest } from '../../engine/loop/loop-options.ts';
import type { AuditedAccount, OpenOrderFact, TradeFact } from '../../engine/loop/loop-options.ts';
import { ClientOrderId } from '../../engine/okx/client-order-id.ts';
import { PLAIN_LADDER } from '../workers/markets.ts';
import type { RiskLimits } from '../../engine/risk/gate.ts';
import { EPOCH_MS, LoopWorld, TAG } from './loop-world.ts';
import type { LoopWorldOptions, SentMessage } from './loop-world.ts';
import { ack, depth, orderRow, ordersPush } from './messages.ts';
import type { Level } from './messages.ts';
import { swap } from './swap-row.ts';

export const LOOSE_LIMITS: RiskLimits = {
  positionLotsMax: 1_000,
  orderLotsMax: 100,
  orderNotionalMax: 1e9,
  notionalMax: Infinity,
  openOrdersMax: 60,
  collarBps: 500,
  notionalRate: 1,
};

/** An order as the script's venue holds it: what the engine asked for, and what the script did to it. */
export interface HeldOrder {
  readonly clOrdId: string;
  readonly ordId: string;
  readonly side: string;
  px: string;
  sz: string;
  filled: number;
  isOpen: boolean;
}

const TRADE_OPS = ['order', 'batch-orders'];
const AMEND_OPS = ['amend-order', 'batch-amend-orders'];
const CANCEL_OPS = ['cancel-order', 'batch-cancel-orders'];

export const isPlace = ({ op }: SentMessage): boolean => TRADE_OPS.includes(op);
export const isAmend = ({ op }: SentMessage): boolean => AMEND_OPS.includes(op);
export const isCancel = ({ op }: SentMessage): boolean => CANCEL_OPS.includes(op);

/**
 * The loop with one instrument, BTC-USDT-SWAP, and a venue that does what the test says when it says so. At a fair price of
 * 1000.0 a basis point is a tick of 0.1, and the ladder is bids 999.5 999.3 999.1 and asks 1000.5 1000.7 1000.9 of
 * 10, 15 and 20 contracts, with a guard of two ticks.
 */
export class ScriptedWorld extends LoopWorld {
  readonly orders = new Map<string, HeldOrder>();
  seqId = 100;
  #ordId = 1_000;
  #uTime = EPOCH_MS;

  constructor(changes: Partial<LoopWorldOptions> = {}) {
    super({ instruments: [swap('BTC')], ladder: PLAIN_LADDER, limits: LOOSE_LIMITS, ...changes });
    this.timer();
  }

  /** Sessions up, worker ready, account recovered and flat; no book yet. */
  connect(): this {
    for (const connection of [Connection.public, Connection.private, Connection.trade]) {
      this.loop.onSessionUp(connection, this.nowNs);
    }
    this.loop.onWorkerReady(
      this.loop.instruments.map(({ index }) => index),
      this.nowNs,
    );
    this.recover();
    return this;
  }

  /** Nothing of ours is left at the venue, and this is the position; the trades' own unless it is given. */
  recover(lots?: number, entryTicks = 10_000, trades: readonly TradeFact[] = []): void {
    for (const order of this.orders.values()) order.isOpen = false;
    const positions = this.loop.instruments.map(({ index }) => ({
      instrument: index,
      lots: index === 0 && lots !== undefined ? lots : this.loop.ledger.positionLots[index]!,
      entryTicks,
    }));
    this.loop.onRecovered({ positions, trades, verifiedMs: this.nowMs }, this.nowNs);
  }

  /** What an audit asked for now would find: the script's orders, and what is given. */
  audit(found: Partial<AuditedAccount> = {}): void {
    const openOrders = [...this.orders.values()]
      .filter(({ isOpen }) => isOpen)
      .map((each) => this.factOf(each));
    const positions = this.loop.instruments.map(({ index }) => ({
      instrument: index,
      lots: this.loop.ledger.positionLots[index]!,
      entryTicks: 10_000,
    }));
    this.loop.onAudited(
      {
        positions,
        trades: [],
        verifiedMs: this.nowMs,
        openOrders,
        askedNs: this.nowNs,
        strayCount: 0,
        ...found,
      },
      this.nowNs,
    );
  }

  factOf(order: HeldOrder): OpenOrderFact {
    const id = idOf(order.clOrdId);
    return {
      instrument: 0,
      ...id,
      ticks: Math.round(Number(order.px) * 10),
      lots: Number(order.sz),
      filledLots: order.filled,
      updatedMs: this.nowMs,
      createdMs: this.nowMs,
      instId: 'BTC-USDT-SWAP',
      ordId: order.ordId,
    };
  }

  /** The last trade of an order as REST tells it. */
  tradeOf(order: HeldOrder, lots: number, changes: Partial<TradeFact> = {}): TradeFact {
    return {
      instrument: 0,
      side: order.side === 'buy' ? Side.buy : Side.sell,
      ticks: Math.round(Number(order.px) * 10),
      lots,
      tradeId: this.lastTradeId,
      tsMs: this.nowMs,
      fee: -0.01,
      isBaseFee: false,
      ...idOf(order.clOrdId),
      ...changes,
    };
  }

  get lastTradeId(): number {
    return this.#ordId;
  }

  /** Connected, with a book around 1000.0, and the first ladder resting. What was sent is forgotten. */
  quoting(): this {
    this.connect().snapshot();
    this.quote();
    this.settle();
    // The worker has seen what rests; else it would be late a second from now.
    this.quote();
    this.sent();
    return this;
  }

  snapshot(bids: readonly Level[] = [['999.9', '10']], asks: readonly Level[] = [['1000.1', '10']]): void {
    this.seqId += 10;
    this.frame(
      Connection.public,
      depth({ action: 'snapshot', bids, asks, seqId: this.seqId, prevSeqId: -1 }),
    );
  }

  update(bids: readonly Level[], asks: readonly Level[]): void {
    const prevSeqId = this.seqId++;
    this.frame(Connection.public, depth({ bids, asks, seqId: this.seqId, prevSeqId }));
  }

  /** The best prices move; others hold 10 at the new ones, beside what is ours there. */
  move(fromBid: string, fromAsk: string, toBid: string, toAsk: string): void {
    this.update(
      [
        [fromBid, '0'],
        [toBid, String(10 + this.#ownAt('buy', toBid))],
      ],
      [
        [fromAsk, '0'],
        [toAsk, String(10 + this.#ownAt('sell', toAsk))],
      ],
    );
  }

  #ownAt(side: 'buy' | 'sell', px: string): number {
    let lots = 0;
    for (const order of this.open(side)) if (order.px === px) lots += Number(order.sz) - order.filled;
    return lots;
  }

  /** Answers everything sent since the last look as a venue in good order does, acks first; returns what it was. */
  settle(): SentMessage[] {
    const all: SentMessage[] = [];
    for (let round = 0; round < 10; round++) {
      const messages = this.orderMessages();
      if (messages.length === 0) return all;
      all.push(...messages);
      for (const message of messages) this.accept(message);
    }
    throw new Error('expected the loop to come to rest, was still sending after ten rounds');
  }

  accept(message: SentMessage): void {
    this.frame(Connection.trade, ack(message));
    const texts = this.act(message);
    for (const text of texts) this.frame(Connection.private, text);
  }

  /** Does what the message asks for at the venue; returns the pushes, which the loop has not heard yet. */
  act(message: SentMessage): string[] {
    return message.args.map((arg) => {
      if (isPlace(message)) return this.#place(arg);
      const order = this.held(String(arg['clOrdId']));
      if (isCancel(message)) {
        order.isOpen = false;
        return this.pushOf(order, { state: 'canceled', cancelSource: '1' });
      }
      order.px = String(arg['newPx'] ?? order.px);
      order.sz = String(arg['newSz'] ?? order.sz);
      return this.pushOf(order, { reqId: arg['reqId'], amendResult: '0' });
    });
  }

  #place(arg: SentMessage['args'][number]): string {
    const order: HeldOrder = {
      clOrdId: String(arg['clOrdId']),
      ordId: String(++this.#ordId),
      side: String(arg['side']),
      px: String(arg['px']),
      sz: String(arg['sz']),
      filled: 0,
      isOpen: true,
    };
    this.orders.set(order.clOrdId, order);
    return this.pushOf(order);
  }

  pushOf(order: HeldOrder, changes: Readonly<Record<string, unknown>> = {}): string {
    const { clOrdId, ordId, side, px, sz, filled } = order;
    const state = filled > 0 ? 'partially_filled' : 'live';
    return ordersPush(
      orderRow({
        clOrdId,
        ordId,
        side,
        px,
        sz,
        accFillSz: String(filled),
        state,
        uTime: String(++this.#uTime),
        ...changes,
      }),
    );
  }

  /** Fills `lots` of an order, or all of it, and returns the push. */
  fill(order: HeldOrder, lots = Number(order.sz) - order.filled, px = order.px): string {
    order.filled += lots;
    const isDone = order.filled === Number(order.sz);
    order.isOpen = !isDone;
    return this.pushOf(order, {
      state: isDone ? 'filled' : 'partially_filled',
      fillSz: String(lots),
      fillPx: px,
      tradeId: String(++this.#ordId),
      execType: 'M',
      fillFee: '-0.01',
      fillFeeCcy: 'USDT',
    });
  }

  held(clOrdId: string): HeldOrder {
    const order = this.orders.get(clOrdId);
    if (order === undefined) throw new Error(`expected an order that was placed, was ${clOrdId}`);
    return order;
  }

  /** Open orders of a side at the venue, best first. */
  open(side: 'buy' | 'sell'): HeldOrder[] {
    return [...this.orders.values()]
      .filter((order) => order.isOpen && order.side === side)
      .sort((a, b) => (side === 'buy' ? -1 : 1) * (Number(a.px) - Number(b.px)));
  }

  prices(side: 'buy' | 'sell'): string[] {
    return this.open(side).map(({ px }) => px);
  }

  get recoveries(): number {
    return this.requestCount(LoopRequest.recovery);
  }
}

function idOf(clOrdId: string): { run: number; slot: number; generation: number } {
  const id = new ClientOrderId(TAG);
  if (!id.parseText(clOrdId)) throw new Error(`expected an id of our plan, was ${clOrdId}`);
  return { run: id.run, slot: id.slot, generation: id.generation };
}

/** Every item of these messages' kind. */
export function itemsOf(
  messages: readonly SentMessage[],
  isWanted: (message: SentMessage) => boolean,
): SentMessage['args'] {
  return messages.filter(isWanted).flatMap(({ args }) => args);
}
