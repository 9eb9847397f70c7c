/**
 * The market around the accounts: liquidity providers that quote about a moving fair price and take old quotes away, takers
 * who arrive at random, and takers who know something. All of it from one seeded generator an instrument.
 *
 * Invariants: the background never places an order that would trade (its takers do that), so the book cannot cross; each
 *             side keeps at least LEVELS_MIN levels after every event.
 * Cost:       one event is a handful of queue operations; about EVENTS_PER_SECOND of them a second of virtual time.
 */
import type { Random } from '../../base/random.ts';
import { Side } from '../../base/side.ts';
import type { Lots, Ticks } from '../../base/units.ts';
import type { FairPrice } from './fair-price.ts';
import { BookOrder, type Level } from './matching-book.ts';
import type { Matcher } from './matcher.ts';
import type { Market } from './market.ts';
import type { Timed } from './timer-queue.ts';

const EVENTS_PER_SECOND = 60;
/** Orders a side that adding and cancelling settle at. */
const ORDERS_TARGET = 450;
const LEVELS_MIN = 80;

/** Parts of the events; the rest adds or cancels an order. */
const TAKER_SHARE = 0.03;
const INFORMED_TAKER_SHARE = 0.3;
const NEAR_SHARE = 0.5;

// Distances from the fair price as parts of it (one basis point is 0.0001).
const HALF_SPREAD_RATIO = 0.000006;
const NEAR_RATIO = 0.00004;
const FAR_RATIO = 0.0012;
const TAKER_REACH_RATIO = 0.0005;
/** Standard deviation of an instrument's own premium over the coin's fair price, and how long it lasts. */
const PREMIUM_RATIO = 0.00004;
const PREMIUM_SECONDS = 30;

// Values in US dollars: medians of log-normal sizes.
const NEAR_VALUE = 4_000;
const FAR_VALUE = 15_000;
const TAKER_VALUE = 6_000;
const SIZE_SIGMA = 1;

/** Levels on the wrong side of the fair price that one event can clear. */
const STALE_LEVELS_MAX = 10;
/** Levels that the fair price overran by more than this go at once; a burst must not leave the book behind. */
const STALE_RATIO = 0.0001;

const EPSILON = 1e-6;

export class SeededFlow implements Timed {
  #market: Market;
  readonly #fair: FairPrice;
  readonly #matcher: Matcher;
  readonly #random: Random;
  readonly #schedule: (timeMs: number, item: Timed) => void;
  /** The background's resting orders of each side, in no order; an order knows its index. */
  readonly #orders: [BookOrder[], BookOrder[]] = [[], []];
  readonly #usdPerQuote: number;
  #usdPerLot: number;
  readonly #pauseMs: number;
  #premium = 0;
  #lastMs = 0;

  constructor(
    market: Market,
    fair: FairPrice,
    matcher: Matcher,
    random: Random,
    usdPerQuote: number,
    pace: number,
    schedule: (timeMs: number, item: Timed) => void,
  ) {
    this.#market = market;
    this.#fair = fair;
    this.#matcher = matcher;
    this.#random = random;
    this.#schedule = schedule;
    this.#pauseMs = 1_000 / (EVENTS_PER_SECOND * pace);
    market.book.filled = [];
    this.#usdPerQuote = usdPerQuote;
    this.#usdPerLot = usdValue(market, usdPerQuote);
  }

  /** Builds the book of the start and sets the flow going. */
  start(startMs: number): void {
    this.#lastMs = startMs;
    for (const side of [Side.buy, Side.sell]) {
      for (let index = 0; index < ORDERS_TARGET; index++) this.#addOrder(side, index % 2 === 0);
      this.#refill(side);
    }
    this.#market.flushQuietly();
    this.#schedule(startMs + this.#pause(), this);
  }

  /** What the instrument is worth now, in ticks with a fraction. */
  get fairTicks(): number {
    return this.#market.startTicks * this.#fair.ratio * (1 + this.#premium);
  }

  /** Takes its orders over to the market on new grids: prices away from the fair price, sizes down to a whole lot. */
  moveTo(market: Market): void {
    const old = this.#market.listing;
    const tickRatio = old.tick.value / market.listing.tick.value;
    const lotRatio = old.lot.value / market.listing.lot.value;
    this.#market = market;
    market.book.filled = [];
    this.#usdPerLot = usdValue(market, this.#usdPerQuote);
    for (const side of [Side.buy, Side.sell]) {
      for (const { ticks, lots, level } of this.#orders[side].splice(0)) {
        if (level === null) continue;
        // Texts of grids are decimals: what the division of floats adds must not push a price to the next step.
        const exact = ticks * tickRatio;
        const moved = side === Side.buy ? Math.floor(exact + EPSILON) : Math.ceil(exact - EPSILON);
        const size = Math.max(market.listing.minLots, Math.floor(lots * lotRatio + EPSILON));
        this.#insert(side, moved, size);
      }
      this.#refill(side);
    }
  }

  run(timeMs: number): void {
    const random = this.#random;
    this.#movePremium(timeMs);
    const { state } = this.#market.listing;
    // While an instrument is suspended nothing moves in it; after that, what has become stale goes as in a burst.
    if (state !== 'live' && state !== 'post_only') {
      this.#schedule(timeMs + this.#pause(), this);
      return;
    }
    this.#clearStale(Side.buy, timeMs);
    this.#clearStale(Side.sell, timeMs);
    const draw = random.unit();
    const direction = this.#fair.burstDirection;
    if (state === 'post_only') {
      this.#quote(random.unit() < 0.5 ? Side.buy : Side.sell);
    } else if (direction !== 0 && draw < INFORMED_TAKER_SHARE) {
      this.#take(direction > 0 ? Side.buy : Side.sell, timeMs);
    } else if (draw < TAKER_SHARE) {
      this.#take(random.unit() < 0.5 ? Side.buy : Side.sell, timeMs);
    } else {
      this.#quote(random.unit() < 0.5 ? Side.buy : Side.sell);
    }
    this.#refill(Side.buy);
    this.#refill(Side.sell);
    this.#market.flushBook();
    this.#schedule(timeMs + this.#pause(), this);
  }

  #pause(): number {
    return this.#random.exponential(this.#pauseMs);
  }

  #movePremium(timeMs: number): void {
    const seconds = (timeMs - this.#lastMs) / 1_000;
    this.#lastMs = timeMs;
    const kick = PREMIUM_RATIO * Math.sqrt((2 * seconds) / PREMIUM_SECONDS) * this.#random.normal();
    this.#premium += kick - (this.#premium * seconds) / PREMIUM_SECONDS;
  }

  /** Adds or cancels: more adds when there are fewer orders than wanted, more cancels when there are more. */
  #quote(side: Side): void {
    const orders = this.#orders[side];
    const addShare = 0.5 + (ORDERS_TARGET - orders.length) / ORDERS_TARGET;
    if (orders.length === 0 || this.#random.unit() < addShare) {
      this.#addOrder(side, this.#random.unit() < NEAR_SHARE);
      return;
    }
    // Of two random orders the nearer goes: quotes near the price live shorter.
    const first = orders[this.#random.below(orders.length)]!;
    const second = orders[this.#random.below(orders.length)]!;
    const isFirstNearer = side === Side.buy ? first.ticks > second.ticks : first.ticks < second.ticks;
    this.#removeOrder(isFirstNearer ? first : second);
  }

  #addOrder(side: Side, isNear: boolean): void {
    const fair = this.fairTicks;
    const reach = Math.max(isNear ? 1.5 : 60, fair * (isNear ? NEAR_RATIO : FAR_RATIO));
    const distance = Math.max(0.5, fair * HALF_SPREAD_RATIO) + this.#random.exponential(reach);
    const lots = this.#size(isNear ? NEAR_VALUE : FAR_VALUE);
    this.#insert(side, side === Side.buy ? Math.floor(fair - distance) : Math.ceil(fair + distance), lots);
  }

  #insert(side: Side, wishTicks: Ticks, lots: Lots): void {
    const { book } = this.#market;
    const against = book.opposite(side).best;
    let ticks = wishTicks;
    if (against !== null) {
      ticks = side === Side.buy ? Math.min(ticks, against.ticks - 1) : Math.max(ticks, against.ticks + 1);
    }
    if (ticks < 1) return;
    const order = new BookOrder(side, ticks, lots, null);
    const orders = this.#orders[side];
    order.index = orders.length;
    orders.push(order);
    book.add(order);
  }

  #removeOrder(order: BookOrder): void {
    // A filled order has left the book by itself; only its place in the list is still held.
    if (order.level !== null) this.#market.book.remove(order);
    const orders = this.#orders[order.side];
    const last = orders[orders.length - 1]!;
    orders[order.index] = last;
    last.index = order.index;
    orders.pop();
    order.index = -1;
  }

  /** Quotes that the fair price has passed: their owners take them away, or somebody takes them first. */
  #clearStale(side: Side, timeMs: number): void {
    const { book } = this.#market;
    const bookSide = book.sideOf(side);
    const fair = this.fairTicks;
    for (let count = 0; count < STALE_LEVELS_MAX; count++) {
      const level = bookSide.best;
      if (level === null) return;
      const overrun = side === Side.buy ? level.ticks - fair : fair - level.ticks;
      if (overrun < 0) return;
      const isFar = overrun > fair * STALE_RATIO;
      if (this.#random.unit() < 0.35 || !this.#withdraw(level)) {
        // Where only accounts are left at the price, a taker comes for them, but not always at once.
        if (!isFar && this.#random.unit() < 0.5) return;
        if (this.#market.listing.state !== 'live') return;
        this.#takeFrom(side, level.ticks, Math.min(level.lots, this.#size(TAKER_VALUE)), timeMs);
        return;
      }
    }
  }

  /** Takes the background's orders off a level; false when it had none there. */
  #withdraw(level: Level): boolean {
    let hasAny = false;
    for (let order = level.head; order !== null;) {
      const next: BookOrder | null = order.next;
      if (order.client === null) {
        this.#removeOrder(order);
        hasAny = true;
      }
      order = next;
    }
    return hasAny;
  }

  #take(side: Side, timeMs: number): void {
    const reach = Math.max(3, this.fairTicks * TAKER_REACH_RATIO);
    const best = this.#market.book.opposite(side).best;
    if (best === null) return;
    const limit =
      side === Side.buy ? Math.ceil(best.ticks + reach) : Math.max(1, Math.floor(best.ticks - reach));
    this.#takeFrom(side === Side.buy ? Side.sell : Side.buy, limit, this.#size(TAKER_VALUE), timeMs);
  }

  #takeFrom(makerSide: Side, limitTicks: Ticks, lots: Lots, timeMs: number): void {
    const side = makerSide === Side.buy ? Side.sell : Side.buy;
    this.#matcher.takeBackground(this.#market, side, limitTicks, lots, Math.floor(timeMs));
    this.#dropFilled();
  }

  /** Filled orders leave the list, unless it was their turn to go in the meantime. */
  #dropFilled(): void {
    const { filled } = this.#market.book;
    for (const order of filled!.splice(0)) {
      if (order.index >= 0) this.#removeOrder(order);
    }
  }

  #refill(side: Side): void {
    const { levels } = this.#market.book.sideOf(side);
    for (let count = 0; levels.length < LEVELS_MIN && count < 2 * LEVELS_MIN; count++) {
      this.#addOrder(side, false);
      // On a coarse grid random distances meet; past the last level there is always room.
      if (count >= LEVELS_MIN && levels.length > 0) {
        const worst = levels[0]!.ticks;
        this.#insert(side, side === Side.buy ? worst - 1 : worst + 1, this.#size(FAR_VALUE));
      }
    }
  }

  #size(medianUsd: number): Lots {
    const usd = medianUsd * Math.exp(SIZE_SIGMA * this.#random.normal());
    return Math.max(this.#market.listing.minLots, Math.round(usd / this.#usdPerLot));
  }
}

/** Value of one lot in US dollars at the start price. */
function usdValue({ listing, startTicks }: Market, usdPerQuote: number): number {
  const ticks = Math.max(1, Math.round(startTicks));
  if (listing.kind === 'inverse') return Number(listing.units(1_000_000)) / 1e24;
  return (Number(listing.value(ticks, 1_000_000)) / 1e24) * usdPerQuote;
}
