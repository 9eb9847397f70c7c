import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { FrameFeed } from '../../bench/feeds/frame-feed.ts';
import {
  GENERATED_BOOKS,
  GENERATED_MOVES,
  GENERATED_TBT,
  generateFeed,
} from '../../bench/feeds/generated-feed.ts';
import { RECORDED_CUT, feedNameOf, readRecordedFeed } from '../../bench/feeds/recorded-feed.ts';
import { CaptureError } from '../../engine/cli/verify-capture.ts';
import { Book } from '../../engine/book/book.ts';
import { BookSync, SyncResult } from '../../engine/book/book-sync.ts';
import { DepthDecoder } from '../../engine/okx/depth-decoder.ts';
import { DepthFrame, DepthResult } from '../../engine/okx/depth-frame.ts';

const folder = mkdtempSync(join(tmpdir(), 'bench-feed-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Plays a feed through the engine's decoder and book; what happened, counted. */
function play(feed: FrameFeed) {
  const decoder = new DepthDecoder(feed.instruments);
  const frame = new DepthFrame();
  const syncs = feed.instruments.map(() => new BookSync(new Book()));
  let rows = 0;
  let unquotable = 0;
  for (let index = 0; index < feed.count; index++) {
    expect(decoder.decode(feed.bytes, feed.starts[index]!, feed.starts[index + 1]!, frame)).toBe(
      DepthResult.depth,
    );
    const sync = syncs[frame.instrument]!;
    expect(sync.apply(frame)).toBe(SyncResult.applied);
    if (feed.isSnapshot[index] === 0) rows += frame.askCount + frame.bidCount;
    if (!sync.book.isQuotable()) unquotable++;
  }
  return { decoder, syncs, rows, unquotable };
}

function row(fields: Record<string, unknown>): string {
  return JSON.stringify({ recvNs: '1723161255319702566', instId: 'BTC-USDT-SWAP', ...fields });
}

const SNAPSHOT = row({
  action: 'snapshot',
  ts: '1723161256501',
  asks: [['61800.3', '107.2', '1']],
  bids: [['61800.2', '5', '2']],
});
const UPDATE = row({ action: 'update', ts: '1723161256602', asks: [['61800.3', '0', '0']], bids: [] });
const TRADES = row({ side: 'buy', px: '61800.3', sz: '1', ts: '1723161256603' });

describe('a recorded feed', () => {
  it('becomes the pushes of the venue, with a chain of sequence numbers, and leaves trades out', async () => {
    const file = join(folder, 'three.ndjson');
    writeFileSync(file, [UPDATE, TRADES, SNAPSHOT, TRADES, UPDATE].join('\n'));
    const feed = await readRecordedFeed(file, 'three', Infinity);
    const texts = Array.from({ length: feed.count }, (_, index) =>
      feed.bytes.toString('latin1', feed.starts[index], feed.starts[index + 1]),
    );
    expect(texts).toHaveLength(2);
    expect([...feed.isSnapshot]).toEqual([1, 0]);
    expect(texts[0]).toMatch(/"asks":\[\["61800\.3","107\.2","0","1"\]\].*"checksum":0,.*"prevSeqId":-1}]}$/);
    const snapshot = JSON.parse(texts[0]!) as { data: { seqId: number }[] };
    const update = JSON.parse(texts[1]!) as { data: { seqId: number; prevSeqId: number; ts: string }[] };
    expect(update.data[0]!.prevSeqId).toBe(snapshot.data[0]!.seqId);
    expect(update.data[0]!.seqId).toBeGreaterThan(snapshot.data[0]!.seqId);
    expect(update.data[0]!.ts).toBe('1723161256602');
    expect(feed.instruments[0]).toMatchObject({
      instId: 'BTC-USDT-SWAP',
      tick: { step: '0.1' },
      lot: { step: '0.1' },
    });
  });

  it('is the same packed as plain', async () => {
    const plain = join(folder, 'plain.ndjson');
    const packed = join(folder, 'packed.ndjson.gz');
    writeFileSync(plain, `${SNAPSHOT}\n${UPDATE}\n`);
    writeFileSync(packed, gzipSync(`${SNAPSHOT}\n${UPDATE}\n`));
    const [a, b] = [
      await readRecordedFeed(plain, 'x', Infinity),
      await readRecordedFeed(packed, 'x', Infinity),
    ];
    expect(a.bytes.equals(b.bytes)).toBe(true);
  });

  it('says what is wrong with a file that is missing or holds no book', async () => {
    await expect(readRecordedFeed(join(folder, 'none.ndjson'), 'none', Infinity)).rejects.toThrow(
      /none\.ndjson/,
    );
    const file = join(folder, 'trades.ndjson');
    writeFileSync(file, TRADES);
    await expect(readRecordedFeed(file, 'trades', Infinity)).rejects.toThrow(
      `${file}: expected rows of a book, a snapshot and its updates, found no snapshot`,
    );
  });

  it.each([
    ['a line cut off', UPDATE.slice(0, 40), 'line 3: expected JSON'],
    ['a line that is no row', 'null', 'line 3: expected an object'],
    [
      'rows that are no levels',
      row({ action: 'update', ts: '1723161256602', asks: [1], bids: [] }),
      'in asks and bids',
    ],
    [
      'a price that is none',
      row({ action: 'update', ts: '1723161256602', asks: [['x', '1', '1']], bids: [] }),
      'in asks and bids',
    ],
    ['a time that is none', row({ action: 'update', ts: 5, asks: [], bids: [] }), 'as ts'],
    [
      'an action that is none',
      row({ action: 'trade', ts: '1723161256602', asks: [], bids: [] }),
      'as action',
    ],
    [
      'a price beyond what the engine takes',
      row({ action: 'update', ts: '1723161256602', asks: [], bids: [['99999999999999999999.3', '1', '1']] }),
      'book row 3: expected what the engine takes',
    ],
  ])('says where there is %s', async (_, line, text) => {
    const file = join(folder, 'bad.ndjson');
    writeFileSync(file, [SNAPSHOT, UPDATE, line].join('\n'));
    const reading = readRecordedFeed(file, 'bad', Infinity);
    await expect(reading).rejects.toThrow(CaptureError);
    await expect(reading).rejects.toThrow(text);
  });

  it('needs updates, and all of a packed file', async () => {
    const file = join(folder, 'bad.ndjson');
    writeFileSync(file, `${SNAPSHOT}\n${TRADES}\n${SNAPSHOT}`);
    await expect(readRecordedFeed(file, 'bad', Infinity)).rejects.toThrow('found nothing behind it');
    writeFileSync(file, gzipSync(`${SNAPSHOT}\n${UPDATE}\n`).subarray(0, 100));
    await expect(readRecordedFeed(file, 'bad', Infinity)).rejects.toThrow(CaptureError);
  });

  it('of the project rebuilds its book without a gap, on the fast road', async () => {
    const feed = await readRecordedFeed(RECORDED_CUT, 'recorded', 5_000);
    const { decoder, syncs } = play(feed);
    expect(feed.count).toBe(5_000);
    expect(decoder.slowFrames).toBe(0);
    expect(syncs[0]!.gaps).toBe(0);
  });

  it('is named for its file', () => {
    expect(feedNameOf('/somewhere/btc-usdt-swap-2024-08-08.ndjson.gz')).toBe('btc-usdt-swap-2024-08-08');
    // Never as a generated feed that is measured beside it.
    expect(feedNameOf('generated-tbt.json')).toBe('recorded generated-tbt');
  });
});

describe.each([
  { shape: GENERATED_BOOKS, bytes: [650, 800], rows: [18, 25] },
  { shape: GENERATED_TBT, bytes: [230, 290], rows: [2, 4] },
  { shape: GENERATED_MOVES, bytes: [300, 420], rows: [4, 9] },
])('the generated feed $shape.name', ({ shape, bytes, rows }) => {
  const feed = generateFeed(shape, 3_000);

  it('is the same for the same seed, and another for another', () => {
    expect(generateFeed(shape, 3_000).bytes.equals(feed.bytes)).toBe(true);
    expect(generateFeed({ ...shape, seed: shape.seed + 1 }, 3_000).bytes.equals(feed.bytes)).toBe(false);
  });

  it('has frames of the size that it stands for', () => {
    const meanBytes = (feed.bytes.length - feed.starts[1]!) / (feed.count - 1);
    expect(meanBytes).toBeGreaterThan(bytes[0]!);
    expect(meanBytes).toBeLessThan(bytes[1]!);
    const meanRows = play(feed).rows / (feed.count - 1);
    expect(meanRows).toBeGreaterThan(rows[0]!);
    expect(meanRows).toBeLessThan(rows[1]!);
  });

  it('is a market that can always be quoted, within the window of the venue', () => {
    const { decoder, syncs, unquotable } = play(feed);
    expect(unquotable).toBe(0);
    expect(decoder.slowFrames).toBe(0);
    const { bids, asks } = syncs[0]!.book;
    expect(bids.trimmed + asks.trimmed).toBe(0);
    expect(bids.bestTicks + 1).toBe(asks.bestTicks);
  });
});
