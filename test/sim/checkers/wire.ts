import type { ClientOrder } from '../../../engine/paper/exchange/client-order.ts';
import type { ReceivedRequest } from '../../../engine/paper/gateway/inspection.ts';
import type { SimWorldView } from '../sim-types.ts';
import type { SentItem, Traffic } from './traffic.ts';
import { BUY, SELL } from './venue-truth.ts';
import type { InstrumentTruth, VenueTruth, Way } from './venue-truth.ts';

/** A place that has left and of which the venue knows nothing yet. */
interface FlyingPlace {
  readonly clOrdId: string;
  readonly way: Way;
  readonly px: number;
  readonly lots: number;
  readonly untilMs: number;
}

/** An amend that has left and has not had its turn at the venue. 0 leaves price or size. */
interface FlyingAmend {
  readonly px: number;
  readonly lots: number;
  readonly untilMs: number;
  isAccepted: boolean;
}

/** What one side of an instrument may come to. */
export interface Exposure {
  lots: number;
  orders: number;
  /** The most aggressive price that an order has or may have; 0 when there is none. */
  best: number;
}

/** An order without a time of expiry is on its way for so long at most; one with it until then. */
const FLIGHT_MS = 5_000;

/**
 * What is on its way to the venue, by what was sent, less what the venue says it has received. A message that was lost is
 * on its way until the venue would refuse it as too late.
 */
export class Wire {
  readonly #truth: VenueTruth;
  readonly #traffic: Traffic;
  readonly #places = new Map<string, Map<string, FlyingPlace>>();
  readonly #amends = new Map<string, FlyingAmend[]>();
  #received = 0;
  #stepNumber = -1;

  constructor(truth: VenueTruth, traffic: Traffic) {
    this.#truth = truth;
    this.#traffic = traffic;
  }

  /** To be called in every step, before anything else here. */
  follow(world: SimWorldView): void {
    if (world.stepNumber === this.#stepNumber) return;
    this.#stepNumber = world.stepNumber;
    this.#truth.look(world);
    if (this.#traffic.read(world)) for (const item of this.#traffic.items) this.#add(world, item);
    if (this.#truth.mayHaveMoved(world)) this.#readReceived(world);
  }

  /** Of one side: what rests at the venue and, unless `isArrivedOnly`, what is on its way there. */
  exposure(world: SimWorldView, truth: InstrumentTruth, way: Way, isArrivedOnly: boolean): Exposure {
    const total: Exposure = { lots: 0, orders: 0, best: 0 };
    const account = this.#truth.look(world);
    for (const order of account.openOrders.values()) {
      if (order.market.listing.instId !== truth.instId || wayOf(order) !== way) continue;
      if (this.#truth.isOurs(order, world)) this.#addResting(world, order, total, isArrivedOnly);
    }
    if (isArrivedOnly) return total;
    const places = this.#places.get(truth.instId);
    if (places === undefined) return total;
    for (const place of places.values()) {
      if (place.untilMs < world.nowMs) places.delete(place.clOrdId);
      else if (place.way === way) {
        total.lots += place.lots;
        total.orders++;
        widen(total, way, place.px);
      }
    }
    return total;
  }

  #addResting(world: SimWorldView, order: ClientOrder, total: Exposure, isArrivedOnly: boolean): void {
    const way = wayOf(order);
    const tick = order.market.listing.tick.value;
    let { lots } = order;
    widen(total, way, order.ticks * tick);
    const amends = isArrivedOnly ? undefined : this.#amends.get(order.terms.clOrdId);
    if (amends !== undefined) {
      this.#settle(amends, order.amendsInFlight, world.nowMs);
      for (const amend of amends) {
        lots = Math.max(lots, amend.lots);
        if (amend.px > 0) widen(total, way, amend.px);
      }
      if (amends.length === 0) this.#amends.delete(order.terms.clOrdId);
    }
    total.lots += Math.max(0, lots - order.filledLots);
    total.orders++;
  }

  /** Takes out what has had its turn: the venue works off what it has accepted in order, and says how many are left. */
  #settle(amends: FlyingAmend[], left: number, nowMs: number): void {
    let accepted = 0;
    for (const { isAccepted } of amends) if (isAccepted) accepted++;
    for (let index = 0; index < amends.length;) {
      const amend = amends[index]!;
      const isOver = amend.isAccepted ? accepted > left : amend.untilMs < nowMs;
      if (!isOver) index++;
      else {
        if (amend.isAccepted) accepted--;
        amends.splice(index, 1);
      }
    }
  }

  #add(world: SimWorldView, item: SentItem): void {
    const truth = this.#truth.of(item.instId);
    if (truth === undefined || item.op === 'cancel') return;
    const { orderExpiryMs } = world.config.engine;
    const lots = item.sz === '' ? 0 : truth.lotsOf(item.sz);
    const px = Number(item.px);
    // The engine's clock may be wrong; what it meant is so long after now.
    const untilMs = world.nowMs + (orderExpiryMs === 0 ? FLIGHT_MS : orderExpiryMs);
    if (item.op === 'place') {
      let places = this.#places.get(item.instId);
      if (places === undefined) this.#places.set(item.instId, (places = new Map()));
      const way = item.side === 'buy' ? BUY : SELL;
      places.set(item.clOrdId, { clOrdId: item.clOrdId, way, px, lots, untilMs });
      return;
    }
    const amends = this.#amends.get(item.clOrdId);
    const amend = { px, lots, untilMs, isAccepted: false };
    if (amends === undefined) this.#amends.set(item.clOrdId, [amend]);
    else amends.push(amend);
  }

  #readReceived(world: SimWorldView): void {
    const report = world.venue.inspection.report(true) as {
      counts: { dropped: number };
      received: readonly ReceivedRequest[];
    };
    const { received } = report;
    const end = report.counts.dropped + received.length;
    for (; this.#received < end; this.#received++) {
      const { kind, instId, clOrdId, ordId, sCode } = received[this.#received - report.counts.dropped]!;
      if (kind === 'place') this.#places.get(instId)?.delete(clOrdId);
      else if (kind === 'amend') this.#receiveAmend(world, clOrdId, ordId, sCode);
    }
  }

  #receiveAmend(world: SimWorldView, clOrdId: string, ordId: string, sCode: string): void {
    const amends = this.#amends.get(clOrdId);
    const first = amends?.findIndex(({ isAccepted }) => !isAccepted) ?? -1;
    if (amends === undefined || first < 0) return;
    const isOpen = this.#truth.look(world).openOrders.has(ordId);
    if (sCode === '0' && isOpen) amends[first]!.isAccepted = true;
    else amends.splice(first, 1);
    if (amends.length === 0) this.#amends.delete(clOrdId);
  }
}

function wayOf(order: ClientOrder): Way {
  // Sides at the venue are 0 and 1.
  return order.terms.side === 0 ? BUY : SELL;
}

function widen(total: Exposure, way: Way, px: number): void {
  if (total.best === 0) total.best = px;
  else total.best = way === BUY ? Math.max(total.best, px) : Math.min(total.best, px);
}
