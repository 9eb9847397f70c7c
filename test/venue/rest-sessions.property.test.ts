import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/base/random.ts';
import { INSTRUMENTS, RestSessionWorld } from './rest-session-world.ts';
import type { Row } from './rest-session-world.ts';

/**
 * An account that trades at random, asked for by REST alone, against what the venue pushes over a socket: each trade told
 * once, each order's life the same in the end, nothing back in time. With answers that lag behind, too.
 */

const STEPS = 60;
const OVER = ['filled', 'canceled'];

interface Order {
  readonly instId: string;
  readonly clOrdId: string;
}

class Trader {
  readonly #world: RestSessionWorld;
  readonly #random: Random;
  #id = 0;
  #reqId = 0;
  readonly #orders: Order[] = [];
  readonly amends = new Map<string, string>();

  constructor(world: RestSessionWorld, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  #pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.#random.unit() * values.length)]!;
  }

  /** Near the touch, so that the market comes by; a fifth of them takes at once. */
  place(count: number): void {
    const args = Array.from({ length: count }, () => {
      const instId = this.#pick(INSTRUMENTS);
      const isBuy = this.#random.unit() < 0.5;
      const isSpot = instId === 'BTC-USDT';
      const ordType = this.#pick(['post_only', 'post_only', 'limit', 'limit', 'ioc']);
      const clOrdId = `1${String(++this.#id).padStart(18, '0')}`;
      this.#orders.push({ instId, clOrdId });
      return {
        instIdCode: this.#world.codeOf(instId),
        tdMode: isSpot ? 'cash' : 'cross',
        side: isBuy ? 'buy' : 'sell',
        ordType,
        px: this.#price(instId, isBuy),
        sz: isSpot ? this.#pick(['0.0123', '0.05']) : this.#pick(['0.7', '3']),
        clOrdId,
        tag: 'T1',
      };
    });
    this.#send(count === 1 ? 'order' : 'batch-orders', args);
  }

  amend(): void {
    const order = this.#some();
    if (order === undefined) return;
    const reqId = String(++this.#reqId);
    const newPx = this.#price(order.instId, this.#random.unit() < 0.5);
    const arg = { ...this.#name(order), reqId, newPx, cxlOnFail: false };
    this.amends.set(reqId, order.clOrdId);
    this.#send('amend-order', [arg]);
  }

  cancel(): void {
    const order = this.#some();
    if (order !== undefined) this.#send('cancel-order', [this.#name(order)]);
  }

  cancelAll(): void {
    for (let first = 0; first < this.#orders.length; first += 20) {
      this.#send(
        'batch-cancel-orders',
        this.#orders.slice(first, first + 20).map((order) => this.#name(order)),
      );
    }
  }

  #some(): Order | undefined {
    return this.#orders.length === 0 ? undefined : this.#pick(this.#orders.slice(-8));
  }

  #name({ instId, clOrdId }: Order): { instIdCode: number; clOrdId: string } {
    return { instIdCode: this.#world.codeOf(instId), clOrdId };
  }

  #price(instId: string, isBuy: boolean): string {
    const { bids, asks } = this.#world.oauth.venue.exchange.book(instId)!;
    const [touch] = isBuy ? bids[0]! : asks[0]!;
    const tenths = Math.round(Number(touch) * 10) + Math.round((this.#random.unit() - 0.5) * 40);
    return (tenths / 10).toFixed(1);
  }

  #send(op: string, args: readonly unknown[]): void {
    this.#world.say({ id: String(++this.#id), op, args });
  }
}

async function live(seed: number, staleShare: number): Promise<{ world: RestSessionWorld; trader: Trader }> {
  const random = new Random(seed);
  const world = await RestSessionWorld.start(random, { seed: seed % 7 });
  const trader = new Trader(world, random);
  await world.look();
  world.staleShare = staleShare;
  for (let step = 0; step < STEPS; step++) {
    const what = random.unit();
    if (what < 0.4) trader.place(1 + Math.floor(random.unit() * 3));
    else if (what < 0.65) trader.amend();
    else if (what < 0.8) trader.cancel();
    await world.advance(20 + Math.floor(random.unit() * 250));
    if (random.unit() < 0.8) await world.look();
  }
  trader.cancelAll();
  // It heals, and everything is told.
  world.staleShare = 0;
  for (let look = 0; look < 40; look++) {
    await world.advance(100);
    await world.look();
  }
  return { world, trader };
}

function tradesOf(rows: readonly Row[]): string[] {
  return rows
    .filter(({ tradeId }) => tradeId !== '')
    .map((row) =>
      [
        row['instId'],
        row['tradeId'],
        row['ordId'],
        row['side'],
        row['fillPx'],
        row['fillSz'],
        row['fillFee'],
        row['fillFeeCcy'],
        row['execType'],
      ].join(' '),
    )
    .toSorted();
}

function byOrder(rows: readonly Row[]): Map<string, Row[]> {
  const orders = new Map<string, Row[]>();
  for (const row of rows) orders.set(row['ordId']!, [...(orders.get(row['ordId']!) ?? []), row]);
  return orders;
}

function endsOf(rows: readonly Row[]): string[] {
  return [...byOrder(rows)].map(([ordId, its]) => {
    const { state, accFillSz, cancelSource } = its.at(-1)!;
    return `${ordId} ${state} ${Number(accFillSz)} ${cancelSource}`;
  });
}

/** The prices that an order had, each as often as it came to it. */
function pricesOf(rows: readonly Row[]): string[] {
  return rows.map(({ px }) => String(Number(px))).filter((px, index, all) => px !== all[index - 1]);
}

/** Whether one list is another with some left out. */
function isWithin(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const each of whole) if (each === part[at]) at++;
  return at === part.length;
}

function checkLives(world: RestSessionWorld): void {
  const truths = byOrder(world.truths);
  for (const [ordId, rows] of byOrder(world.pushes)) {
    let filled = 0;
    let uTime = 0;
    for (const [index, row] of rows.entries()) {
      expect(Number(row['accFillSz']), ordId).toBeGreaterThanOrEqual(filled);
      expect(Number(row['uTime']), ordId).toBeGreaterThanOrEqual(uTime);
      filled = Number(row['accFillSz']);
      uTime = Number(row['uTime']);
      const isLast = index === rows.length - 1;
      if (filled > 0) expect(row['state'], ordId).not.toBe('live');
      if (OVER.includes(row['state']!)) expect(isLast, `${ordId} goes on after its end`).toBe(true);
    }
    // Between two looks prices may be passed over; none comes back.
    expect(
      isWithin(pricesOf(rows), pricesOf(truths.get(ordId)!)),
      `${ordId}: ${pricesOf(rows).join(' ')}`,
    ).toBe(true);
    const sum = rows.reduce((total, row) => total + Number(row['fillSz']), 0);
    expect(sum, `${ordId}: fills`).toBeCloseTo(filled, 9);
  }
}

async function prove(seed: number, staleShare: number): Promise<number> {
  const { world, trader } = await live(seed, staleShare);
  try {
    expect(tradesOf(world.pushes)).toEqual(tradesOf(world.truths));
    expect(endsOf(world.pushes).toSorted()).toEqual(endsOf(world.truths).toSorted());
    checkLives(world);
    // Every amend that was taken is decided once, or its order has ended.
    const decided = world.pushes.map(({ reqId }) => reqId!).filter((reqId) => reqId !== '');
    expect(new Set(decided).size).toBe(decided.length);
    expect(decided.every((reqId) => trader.amends.has(reqId))).toBe(true);
    return tradesOf(world.truths).length;
  } finally {
    world.remove();
  }
}

describe('an account that is asked by REST', () => {
  it('tells every trade once and every order to its end, as the socket does', async () => {
    let trades = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
        trades += await prove(seed, 0);
      }),
      { numRuns: 15 },
    );
    expect(trades).toBeGreaterThan(100);
  }, 60_000);

  it('the same where a third of the answers is up to 800 ms old', async () => {
    let trades = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
        trades += await prove(seed, 1 / 3);
      }),
      { numRuns: 15 },
    );
    expect(trades).toBeGreaterThan(100);
  }, 60_000);
});
