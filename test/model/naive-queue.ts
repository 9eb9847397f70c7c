/**
 * A recorded market with our orders in it, as one would write it first from models.md par. 6: plain maps, every order looked
 * at on every event, the formulas as they stand there. The twin of engine/paper/exchange/feed-flow.ts, with which it shares
 * nothing but the names of the models. Prices in ticks, sizes in lots.
 */
export interface NaiveRestingOrder {
  readonly name: string;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  remaining: number;
  /** F of the formulas. */
  front: number;
  /** cumTrade of the formulas. */
  traded: number;
}

export interface NaiveFill {
  readonly name: string;
  readonly price: number;
  readonly lots: number;
}

type Levels = Map<number, number>;

/** p of the formulas, by the model's name. */
const SHARES: Readonly<Record<string, (f: number, b: number, n: number) => number>> = {
  riskAverse: () => 1,
  power: (f, b, n) => b ** n / (b ** n + f ** n),
  power2: (f, b, n) => b ** n / (b + f) ** n,
  power3: (f, b, n) => 1 - (f / (f + b)) ** n,
  log: (f, b) => Math.log(1 + b) / (Math.log(1 + b) + Math.log(1 + f)),
  log2: (f, b) => Math.log(1 + b) / Math.log(1 + b + f),
};

export class NaiveQueue {
  readonly asks: Levels = new Map();
  readonly bids: Levels = new Map();
  /** In the order in which they came. */
  orders: NaiveRestingOrder[] = [];
  readonly fills: NaiveFill[] = [];
  readonly #shape: string;
  readonly #exponent: number;

  constructor(shape: string, exponent: number) {
    this.#shape = shape;
    this.#exponent = exponent;
  }

  get bestBid(): number {
    return Math.max(0, ...this.bids.keys());
  }

  get bestAsk(): number {
    return Math.min(Infinity, ...this.asks.keys());
  }

  /** Ours joins behind the whole level. */
  place(name: string, side: 'buy' | 'sell', price: number, lots: number): void {
    const front = this.#levels(side).get(price) ?? 0;
    this.orders.push({ name, side, price, remaining: lots, front, traded: 0 });
  }

  cancel(name: string): void {
    this.orders = this.orders.filter((order) => order.name !== name);
  }

  book(isSnapshot: boolean, asks: readonly [number, number][], bids: readonly [number, number][]): void {
    if (isSnapshot) {
      for (const [side, rows] of [
        ['sell', asks],
        ['buy', bids],
      ] as const) {
        const told = new Set(rows.map(([price]) => price));
        for (const price of this.#levels(side).keys()) if (!told.has(price)) this.#setLevel(side, price, 0);
      }
    }
    for (const [price, lots] of asks) if (lots === 0) this.#setLevel('sell', price, 0);
    for (const [price, lots] of bids) if (lots === 0) this.#setLevel('buy', price, 0);
    for (const [price, lots] of asks) if (lots > 0) this.#setLevel('sell', price, lots);
    for (const [price, lots] of bids) if (lots > 0) this.#setLevel('buy', price, lots);
  }

  trade(taker: 'buy' | 'sell', price: number, lots: number): void {
    const maker = taker === 'buy' ? 'sell' : 'buy';
    let left = lots;
    for (const order of this.#reached(maker, price)) {
      if (order.price === price) continue;
      left -= this.#fill(order, left);
    }
    for (const order of this.orders.filter((each) => each.side === maker && each.price === price)) {
      order.front -= left;
      order.traded += lots;
      if (order.front < 0) {
        // Sums of fractions: a billionth below a whole lot is the whole lot.
        left -= this.#fill(order, Math.floor(-order.front + 1e-9));
        order.front = 0;
      }
    }
  }

  /** A level of the recording, which fills what of ours it meets, and moves ours that stand at its own price. */
  #setLevel(side: 'buy' | 'sell', price: number, lots: number): void {
    let after = lots;
    if (lots > 0) {
      for (const order of this.#reached(side === 'buy' ? 'sell' : 'buy', price))
        after -= this.#fill(order, after);
    }
    const levels = this.#levels(side);
    const before = levels.get(price) ?? 0;
    let earlier = 0;
    for (const order of this.orders) {
      if (order.side !== side || order.price !== price) continue;
      // One of ours that came later never stands before one that came earlier.
      order.front = Math.max(earlier, this.#moved(order, before, after));
      order.traded = 0;
      earlier = order.front;
    }
    if (after > 0) levels.set(price, after);
    else levels.delete(price);
  }

  #moved({ front, traded }: NaiveRestingOrder, before: number, after: number): number {
    const chg = before - after - traded;
    if (chg <= 0) return Math.min(front, after);
    const back = before - front;
    const share = SHARES[this.#shape]!(front, back, this.#exponent);
    const p = Number.isNaN(share) ? 1 : share;
    return Math.max(0, Math.min(front - (1 - p) * chg + Math.min(back - p * chg, 0), after));
  }

  /** Ours that a taker or a level at that price reaches: the best price first, then the first come. */
  #reached(side: 'buy' | 'sell', price: number): NaiveRestingOrder[] {
    const sign = side === 'buy' ? 1 : -1;
    return this.orders
      .filter((order) => order.side === side && (order.price - price) * sign >= 0)
      .toSorted((left, right) => (right.price - left.price) * sign);
  }

  #fill(order: NaiveRestingOrder, lots: number): number {
    const filled = Math.min(order.remaining, lots);
    if (filled === 0) return 0;
    order.remaining -= filled;
    this.fills.push({ name: order.name, price: order.price, lots: filled });
    if (order.remaining === 0) this.cancel(order.name);
    return filled;
  }

  #levels(side: 'buy' | 'sell'): Levels {
    return side === 'buy' ? this.bids : this.asks;
  }
}
