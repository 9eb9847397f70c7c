import { Side } from '../../engine/base/side.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import type { HedgeTerms, PortfolioGroup } from '../../engine/loop/loop-options.ts';
import type { TradeFact } from '../../engine/loop/loop-options.ts';
import { ClientOrderId } from '../../engine/okx/client-order-id.ts';
import { OrderPurpose } from '../../engine/base/order-purpose.ts';
import { NO_ORDER } from '../../engine/orders/order-table.ts';
import { PLAIN_LADDER } from '../workers/markets.ts';
import { EPOCH_MS, LoopWorld } from './loop-world.ts';
import type { LoopWorldOptions, SentMessage } from './loop-world.ts';
import { ack, depth, orderRow, ordersPush } from './messages.ts';
import { LOOSE_LIMITS, isAmend, isCancel, isPlace } from './scripted-venue.ts';
import { swap } from './swap-row.ts';

/** Places of the instruments. A lot is 0.01, 0.001 and, at 1,000 dollars, 0.1 coins. */
export const SWAP = 0;
export const SPOT = 1;
export const INVERSE = 2;

const SPOT_ROW = {
  instType: 'SPOT',
  instId: 'BTC-USDT',
  instIdCode: 3,
  baseCcy: 'BTC',
  quoteCcy: 'USDT',
  settleCcy: '',
  ctVal: '',
  ctMult: '',
  ctType: '',
  lotSz: '0.001',
  minSz: '0.001',
};
const INVERSE_ROW = {
  instId: 'BTC-USD-SWAP',
  instIdCode: 10_500,
  uly: 'BTC-USD',
  instFamily: 'BTC-USD',
  settleCcy: 'BTC',
  ctVal: '100',
  ctType: 'inverse',
};
export const INSTRUMENTS = [
  swap('BTC', SWAP),
  swap('BTC', SPOT, SPOT_ROW),
  swap('BTC', INVERSE, INVERSE_ROW),
];

export const HEDGE: HedgeTerms = {
  leg: SWAP,
  bandCoins: 0.5,
  targetCoins: 0.2,
  passiveNs: 5 * NS_PER_SECOND,
  slippageBps: 10,
  ordersPerMinute: 30,
  lossMax: 1_000,
};

export function group(
  changes: Partial<PortfolioGroup> = {},
  hedge: Partial<HedgeTerms> = {},
): PortfolioGroup {
  return {
    coin: 'BTC',
    members: [SWAP, SPOT, INVERSE],
    deltaCoinsMax: 100,
    skew: 1,
    hedge: { ...HEDGE, ...hedge },
    ...changes,
  };
}

/** An order as this world's venue has it. */
export interface WorldOrder {
  readonly clOrdId: string;
  readonly ordId: string;
  readonly instrument: number;
  readonly side: Side;
  readonly kind: string;
  ticks: number;
  lots: number;
  filled: number;
  isOpen: boolean;
}

/**
 * The loop with a swap, spot and an inverse contract of one coin around 1,000.0, and a venue that does what it is told when it
 * is told. Only instruments that are named have a worker that quotes.
 */
export class HedgeWorld extends LoopWorld {
  readonly orders = new Map<string, WorldOrder>();
  readonly bestTicks: [number, number][] = INSTRUMENTS.map(() => [9_999, 10_001]);
  /** What an order finds that takes. */
  foundLots = 10;
  /** Order messages that the venue has not taken yet, in the order in which they left. */
  readonly waiting: SentMessage[] = [];
  #seqId = 100;
  #tradeId = 1_000;
  #uTime = EPOCH_MS;

  constructor(groups: readonly PortfolioGroup[], changes: Partial<LoopWorldOptions> = {}) {
    super({
      instruments: INSTRUMENTS,
      ladder: PLAIN_LADDER,
      limits: LOOSE_LIMITS,
      portfolio: groups,
      ...changes,
    });
    this.timer();
  }

  /** Connected and recovered, with a book in every instrument. */
  begin(...workers: number[]): this {
    for (const connection of [Connection.public, Connection.private, Connection.trade]) {
      this.loop.onSessionUp(connection, this.nowNs);
    }
    this.loop.onWorkerReady(workers, this.nowNs);
    this.recover();
    for (const { index } of INSTRUMENTS) this.book(index, 9_999, 10_001, 'snapshot');
    this.calm();
    this.sent();
    return this;
  }

  /** Nothing of ours is left, what was on its way has not arrived, and the positions are those of the ledger. */
  recover(trades: readonly TradeFact[] = []): void {
    this.orderMessages();
    for (const order of this.orders.values()) order.isOpen = false;
    this.waiting.length = 0;
    const positions = [SWAP, INVERSE].map((instrument) => ({
      instrument,
      lots: this.loop.ledger.positionLots[instrument]!,
      entryTicks: 10_000,
    }));
    this.loop.onRecovered({ positions, trades, verifiedMs: this.nowMs }, this.nowNs);
  }

  /** A book of one level a side, so large that what is ours there makes no difference. */
  book(instrument: number, bid: number, ask: number, action: 'snapshot' | 'update' = 'update'): void {
    const { instId, tick } = INSTRUMENTS[instrument]!;
    const [bidBefore, askBefore] = this.bestTicks[instrument]!;
    const level = (ticks: number, lots: number) => [tick.toText(ticks), String(lots)] as const;
    const bids = [level(bid, 10_000)];
    const asks = [level(ask, 10_000)];
    if (action === 'update' && bidBefore !== bid) bids.unshift(level(bidBefore, 0));
    if (action === 'update' && askBefore !== ask) asks.unshift(level(askBefore, 0));
    this.bestTicks[instrument] = [bid, ask];
    const prevSeqId = action === 'snapshot' ? -1 : this.#seqIds[instrument]!;
    const seqId = ++this.#seqId;
    this.#seqIds[instrument] = seqId;
    this.frame(Connection.public, depth({ instId, action, bids, asks, seqId, prevSeqId }));
  }
  readonly #seqIds = INSTRUMENTS.map(() => 0);

  /** Worker, loop and venue until nothing more is asked for. */
  calm(): SentMessage[] {
    const all: SentMessage[] = [];
    for (let round = 0; round < 6; round++) {
      this.quote();
      all.push(...this.settle());
    }
    return all;
  }

  /** Time, with a venue that answers at once. */
  run(durationMs: number): SentMessage[] {
    const all: SentMessage[] = [];
    for (let leftMs = durationMs; leftMs > 0; leftMs -= 20) {
      this.pass(20);
      this.quote();
      all.push(...this.settle());
    }
    return all;
  }

  settle(): SentMessage[] {
    const all: SentMessage[] = [];
    for (let round = 0; round < 20; round++) {
      this.waiting.push(...this.orderMessages());
      if (this.waiting.length === 0) return all;
      all.push(...this.waiting);
      while (this.waiting.length > 0) this.accept(this.waiting.shift()!);
    }
    throw new Error('expected the loop to come to rest, was still sending after twenty rounds');
  }

  /** The venue takes a message: the answer, and the pushes of what it did. */
  accept(message: SentMessage): void {
    this.frame(Connection.trade, ack(message));
    for (const arg of message.args) this.#act(message, arg);
  }

  #act(message: SentMessage, arg: SentMessage['args'][number]): void {
    if (isPlace(message)) {
      this.#place(arg);
      return;
    }
    const order = this.orders.get(String(arg['clOrdId']))!;
    if (!order.isOpen) return;
    if (isCancel(message)) {
      order.isOpen = false;
      this.push(order, { state: 'canceled', cancelSource: '1' });
    } else if (isAmend(message)) {
      const { tick, lot } = INSTRUMENTS[order.instrument]!;
      if (arg['newPx'] !== undefined) order.ticks = tick.fromText(String(arg['newPx']));
      if (arg['newSz'] !== undefined) order.lots = lot.fromText(String(arg['newSz']));
      this.push(order, { reqId: arg['reqId'], amendResult: '0' });
    }
  }

  #place(arg: SentMessage['args'][number]): void {
    const instrument = INSTRUMENTS.findIndex(({ instIdCode }) => instIdCode === Number(arg['instIdCode']));
    const { tick, lot } = INSTRUMENTS[instrument]!;
    const order: WorldOrder = {
      clOrdId: String(arg['clOrdId']),
      ordId: String(++this.#tradeId),
      instrument,
      side: arg['side'] === 'buy' ? Side.buy : Side.sell,
      kind: String(arg['ordType']),
      ticks: tick.fromText(String(arg['px'])),
      lots: lot.fromText(String(arg['sz'])),
      filled: 0,
      isOpen: true,
    };
    this.orders.set(order.clOrdId, order);
    this.push(order);
    if (order.kind !== 'ioc') return;
    // It finds what lies at the best price of the other side, if its own price reaches it.
    const [bid, ask] = this.bestTicks[instrument]!;
    const isReached = order.side === Side.buy ? order.ticks >= ask : order.ticks <= bid;
    if (isReached)
      this.fillOrder(order, Math.min(this.foundLots, order.lots), order.side === Side.buy ? ask : bid);
    if (!order.isOpen) return;
    order.isOpen = false;
    this.push(order, { state: 'canceled', cancelSource: '14' });
  }

  /** Fills of an order what is given, or all. */
  fillOrder(order: WorldOrder, lots = order.lots - order.filled, ticks = order.ticks, fee = '-0.01'): void {
    const { tick, lot } = INSTRUMENTS[order.instrument]!;
    order.filled += lots;
    order.isOpen = order.filled < order.lots;
    this.push(order, {
      state: order.isOpen ? 'partially_filled' : 'filled',
      fillSz: lot.toText(lots),
      fillPx: tick.toText(ticks),
      tradeId: String(++this.#tradeId),
      execType: order.kind === 'ioc' ? 'T' : 'M',
      fillFee: fee,
      fillFeeCcy: INSTRUMENTS[order.instrument]!.settleCcy,
    });
  }

  push(order: WorldOrder, changes: Readonly<Record<string, unknown>> = {}): void {
    const { instId, tick, lot } = INSTRUMENTS[order.instrument]!;
    const row = orderRow({
      instType: order.instrument === SPOT ? 'SPOT' : 'SWAP',
      instId,
      clOrdId: order.clOrdId,
      ordId: order.ordId,
      ordType: order.kind,
      side: order.side === Side.buy ? 'buy' : 'sell',
      px: tick.toText(order.ticks),
      sz: lot.toText(order.lots),
      accFillSz: lot.toText(order.filled),
      state: order.filled > 0 ? 'partially_filled' : 'live',
      uTime: String(++this.#uTime),
      ...changes,
    });
    this.frame(Connection.private, ordersPush(row));
  }

  open(instrument: number, side: Side): WorldOrder[] {
    return [...this.orders.values()].filter(
      (order) => order.isOpen && order.instrument === instrument && order.side === side,
    );
  }

  /** A position that came by no order of ours, as a transfer does; the timer after it has seen it. */
  hold(instrument: number, lots: number): this {
    this.loop.ledger.setPosition(instrument, lots, 10_000);
    this.pass(20);
    return this;
  }

  /** Open orders that hedge, by the loop's own table. */
  hedges(): WorldOrder[] {
    return [...this.orders.values()].filter(
      (order) => order.isOpen && this.purposeOf(order) === OrderPurpose.hedge,
    );
  }

  purposeOf({ clOrdId }: Pick<WorldOrder, 'clOrdId'>): OrderPurpose {
    const id = new ClientOrderId();
    if (!id.parseText(clOrdId)) throw new Error(`expected an id of our plan, was ${clOrdId}`);
    return this.loop.table.purpose[id.slot]! as OrderPurpose;
  }

  /** Slots in the table whose purpose is to hedge. */
  get hedgeSlots(): number[] {
    const { table } = this.loop;
    const slots = [];
    for (let list = 0; list < INSTRUMENTS.length * 2; list++) {
      for (
        let slot = table.first(list >> 1, (list & 1) as Side);
        slot !== NO_ORDER;
        slot = table.next(slot)
      ) {
        if (table.purpose[slot] === OrderPurpose.hedge) slots.push(slot);
      }
    }
    return slots;
  }

  /** Net delta of all positions as the ledger has them. */
  get netCoins(): number {
    const { ledger, gate } = this.loop;
    return INSTRUMENTS.reduce(
      (net, { index }) => net + ledger.positionLots[index]! * gate.groups.coinsOf(index),
      0,
    );
  }
}
