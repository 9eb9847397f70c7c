import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { BookImage, BookRow } from '../../../engine/paper/exchange/exchange-contract.ts';
import { DepthPublisher } from '../../../engine/paper/gateway/depth-publisher.ts';
import type { DepthChannel } from '../../../engine/paper/gateway/depth-publisher.ts';
import { Topics } from '../../../engine/paper/gateway/topics.ts';

interface Push {
  readonly arg: { readonly channel: string; readonly instId: string };
  readonly action?: 'snapshot' | 'update';
  readonly data: readonly {
    readonly asks: readonly string[][];
    readonly bids: readonly string[][];
    readonly ts: string;
    readonly seqId: number;
    readonly prevSeqId?: number;
    readonly checksum?: number;
    readonly instId?: string;
  }[];
}

function check(condition: boolean, rule: string): void {
  if (!condition) throw new Error(`expected that ${rule}`);
}

function bestOf(side: ReadonlyMap<number, string>, sign: 1 | -1, depth: number): string[] {
  return [...side]
    .sort(([a], [b]) => (a - b) * sign)
    .slice(0, depth)
    .map(([, row]) => row);
}

/** A client that trusts nothing: checks the chain, applies rows, and knows its book as sorted text rows. */
class Client {
  readonly texts: string[] = [];
  readonly #asks = new Map<number, string>();
  readonly #bids = new Map<number, string>();
  #seqId = -1;

  push(text: string): void {
    this.texts.push(text);
    const push = JSON.parse(text) as Push;
    const data = push.data[0]!;
    if (push.action === 'update') {
      check(data.prevSeqId === this.#seqId, `prevSeqId ${data.prevSeqId} follows ${this.#seqId}`);
    } else {
      this.#asks.clear();
      this.#bids.clear();
    }
    this.#seqId = data.seqId;
    for (const [rows, side] of [
      [data.asks, this.#asks],
      [data.bids, this.#bids],
    ] as const) {
      for (const [px, sz, dead, orders] of rows) {
        check(dead === '0', 'the third column is dead');
        if (sz === '0') check(side.delete(Number(px)), `level ${px} was there to delete`);
        else side.set(Number(px), `${px} ${sz} ${orders}`);
      }
    }
  }

  book(): { asks: string[]; bids: string[] } {
    return { asks: bestOf(this.#asks, 1, Infinity), bids: bestOf(this.#bids, -1, Infinity) };
  }
}

const INST_ID = 'BTC-USDT';

describe('the publisher of one book', () => {
  let topics = new Topics();
  let seqId = 1_000;
  let naive = { asks: new Map<number, string>(), bids: new Map<number, string>() };
  let publisher = new DepthPublisher(INST_ID, topics, false, source);

  beforeEach(() => {
    topics = new Topics();
    seqId = 1_000;
    naive = { asks: new Map(), bids: new Map() };
    publisher = new DepthPublisher(INST_ID, topics, false, source);
  });

  /** The exchange's book. */
  function source(): BookImage {
    const rows = (rows: readonly string[]): BookRow[] => rows.map((row) => row.split(' ') as BookRow);
    const { asks, bids } = naiveBook(Infinity);
    return { asks: rows(asks), bids: rows(bids), ts: '0', seqId };
  }

  function change(side: 'asks' | 'bids', px: string, sz: string, orders: string): void {
    if (sz === '0') naive[side].delete(Number(px));
    else naive[side].set(Number(px), `${px} ${sz} ${orders}`);
    publisher.change(side, px, sz, orders, ++seqId);
  }

  function naiveBook(depth: number): { asks: string[]; bids: string[] } {
    return { asks: bestOf(naive.asks, 1, depth), bids: bestOf(naive.bids, -1, depth) };
  }

  function join(channel: DepthChannel, nowMs: number): Client {
    const client = new Client();
    client.push(publisher.firstPush(channel, nowMs));
    topics.add(`${channel}:${INST_ID}`, client);
    return client;
  }

  it('sends a snapshot and updates in the shape of the wire', () => {
    change('asks', '100.5', '2', '1');
    change('bids', '100', '1.5', '3');
    const client = join('books', 5_000.7);
    change('asks', '100.5', '0', '0');
    change('asks', '101', '0.25', '1');
    publisher.publishSlow(5_100.2);
    expect(client.texts).toEqual([
      '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[["100.5","2","0","1"]],' +
        '"bids":[["100","1.5","0","3"]],"ts":"5000","checksum":0,"seqId":1002,"prevSeqId":-1}]}',
      '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["100.5","0","0","0"],' +
        '["101","0.25","0","1"]],"bids":[],"ts":"5100","checksum":0,"seqId":1004,"prevSeqId":1002}]}',
    ]);
  });

  it('sends images without action, prevSeqId and checksum on bbo-tbt and books5', () => {
    change('asks', '100.5', '2', '1');
    const bbo = join('bbo-tbt', 1);
    const books5 = join('books5', 1);
    expect(bbo.texts[0]).toBe(
      '{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["100.5","2","0","1"]],"bids":[],"ts":"1","seqId":1001}]}',
    );
    expect(books5.texts[0]).toBe(
      '{"arg":{"channel":"books5","instId":"BTC-USDT"},"data":[{"asks":[["100.5","2","0","1"]],"bids":[],"instId":"BTC-USDT","ts":"1","seqId":1001}]}',
    );
  });

  it('keeps every client equal to the best levels of the book, whenever it joined', () => {
    const step = fc.record({
      side: fc.constantFrom('asks' as const, 'bids' as const),
      ticks: fc.integer({ min: 1, max: 130 }),
      lots: fc.integer({ min: 0, max: 3 }),
      after: fc.constantFrom('nothing', 'publish', 'join'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        topics = new Topics();
        naive = { asks: new Map(), bids: new Map() };
        publisher = new DepthPublisher(INST_ID, topics, false, source);
        const clients = [join('books50-l2-tbt', 0), join('books50-l2-tbt', 0)];
        const books: { asks: string[]; bids: string[] }[][] = [];
        let nowMs = 0;
        for (const { side, ticks, lots, after } of steps) {
          change(side, String(ticks / 2), String(lots), '1');
          if (after === 'join') clients.push(join('books50-l2-tbt', nowMs));
          if (after === 'publish') publisher.publishFast((nowMs += 10));
          if (after === 'publish') books.push([naiveBook(50), ...clients.map((client) => client.book())]);
        }
        for (const [expected, ...held] of books) for (const book of held) expect(book).toEqual(expected);
      }),
      { numRuns: 200, seed: 20_260_728 },
    );
  });

  it('does not publish a level that went and came back between two looks', () => {
    change('bids', '100', '1', '1');
    const client = join('books', 0);
    change('bids', '100', '2', '1');
    change('bids', '100', '1', '1');
    publisher.publishSlow(100);
    expect(client.texts).toHaveLength(1);
    change('bids', '99', '1', '1');
    publisher.publishSlow(200);
    expect(client.book().bids).toEqual(['100 1 1', '99 1 1']);
  });

  it('repeats itself when idle for a minute: an empty update with equal numbers, or the last image', () => {
    change('bids', '100', '1', '1');
    const books = join('books', 0);
    const bbo = join('bbo-tbt', 0);
    publisher.publishFast(59_999);
    publisher.publishSlow(59_999);
    expect([books.texts.length, bbo.texts.length]).toEqual([1, 1]);
    publisher.publishFast(60_000);
    publisher.publishSlow(60_000);
    expect(books.texts[1]).toContain(
      '"asks":[],"bids":[],"ts":"60000","checksum":0,"seqId":1001,"prevSeqId":1001',
    );
    expect(bbo.texts[1]).toContain('"bids":[["100","1","0","1"]],"ts":"60000","seqId":1001');
  });

  it('can start its numbers anew: seqId below prevSeqId, and the chain goes on', () => {
    change('bids', '100', '1', '1');
    const client = join('books', 0);
    publisher.resetSequence();
    change('bids', '100', '2', '1');
    publisher.publishSlow(100);
    expect(client.texts[1]).toContain('"seqId":1,"prevSeqId":1001');
    change('bids', '100', '3', '1');
    publisher.publishSlow(200);
    expect(client.book()).toEqual(naiveBook(400));
  });

  it('can lose an update, which breaks the chain for everybody', () => {
    change('bids', '100', '1', '1');
    const client = join('books', 0);
    publisher.loseUpdate();
    change('bids', '100', '2', '1');
    publisher.publishSlow(100);
    expect(client.texts).toHaveLength(1);
    change('bids', '100', '3', '1');
    expect(() => publisher.publishSlow(200)).toThrow('prevSeqId 1002 follows 1001');
  });

  it('loses nothing of those who come later', () => {
    publisher.loseUpdate();
    const client = join('books', 0);
    change('bids', '100', '1', '1');
    publisher.publishSlow(100);
    expect(client.texts).toHaveLength(2);
  });

  it('keeps up nothing while nobody listens, and starts afresh for the next', () => {
    change('bids', '100', '1', '1');
    const first = join('books', 0);
    topics.delete(`books:${INST_ID}`, first);
    change('bids', '100', '0', '0');
    publisher.publishSlow(100);
    change('bids', '98', '7', '2');
    const second = join('books', 150);
    expect(second.book()).toEqual(naiveBook(400));
    expect(first.texts).toHaveLength(1);
  });
});
