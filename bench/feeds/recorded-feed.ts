import { basename, join } from 'node:path';
import type { Instrument } from '../../engine/base/instrument.ts';
import { CaptureError, readCaptureLines } from '../../engine/cli/verify-capture.ts';
import { packageRoot } from '../../engine/config/package-root.ts';
import { BooksFrameWriter } from './books-frame.ts';
import type { FrameRow } from './books-frame.ts';
import { FeedBuilder } from './frame-feed.ts';
import type { FrameFeed } from './frame-feed.ts';
import { benchInstrument } from './bench-instrument.ts';
import { GENERATED_BOOKS, GENERATED_TBT } from './generated-feed.ts';
import { Book } from '../../engine/book/book.ts';
import { BookSync, SyncResult } from '../../engine/book/book-sync.ts';
import { DepthDecoder } from '../../engine/okx/depth-decoder.ts';
import { DepthFrame, DepthResult } from '../../engine/okx/depth-frame.ts';

/** The recorded market that comes with the project: 40,000 rows of a BTC perpetual. */
export const RECORDED_CUT = join(packageRoot(), 'test/fixtures/feeds/btc-usdt-swap-2024-08-08-cut.ndjson.gz');

/** A row of a recording that holds a book's change. */
interface RecordedRow {
  readonly instId: string;
  readonly action: string;
  readonly ts: string;
  readonly asks: readonly (readonly string[])[];
  readonly bids: readonly (readonly string[])[];
}

/** Milliseconds, as long as they are from 2001 to 2286. */
const TIME = /^\d{13}$/;
const INST_ID = /^[A-Za-z0-9-]+$/;
const DECIMAL = /^\d+(\.\d+)?$/;
const COUNT = /^\d+$/;

/** What is wrong with a line, in words; the row when nothing is; undefined for a row of another kind, such as a trade. */
function rowOf(line: Buffer): RecordedRow | string | undefined {
  let row: unknown;
  try {
    row = JSON.parse(line.toString());
  } catch (error) {
    return `expected JSON, ${(error as Error).message}`;
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return 'expected an object';
  const { instId, action, ts, asks, bids } = row as Record<string, unknown>;
  if (asks === undefined || bids === undefined) return undefined;
  if (typeof instId !== 'string' || !INST_ID.test(instId))
    return 'expected the name of an instrument as instId';
  if (action !== 'snapshot' && action !== 'update') return 'expected "snapshot" or "update" as action';
  if (typeof ts !== 'string' || !TIME.test(ts)) return 'expected milliseconds as text as ts';
  if (!areLevels(asks) || !areLevels(bids)) return 'expected [price, size, orders] as texts in asks and bids';
  return { instId, action, ts, asks, bids };
}

function areLevels(rows: unknown): rows is RecordedRow['asks'] {
  return Array.isArray(rows) && rows.every((level) => Array.isArray(level) && isLevel(level));
}

function isLevel([price, size, orders = '1']: readonly unknown[]): boolean {
  if (typeof price !== 'string' || typeof size !== 'string' || typeof orders !== 'string') return false;
  return DECIMAL.test(price) && DECIMAL.test(size) && COUNT.test(orders);
}

/** The finest steps that the prices and sizes of one instrument need. */
class Decimals {
  price = 0;
  size = 0;

  see(rows: readonly (readonly string[])[]): void {
    for (const row of rows) {
      this.price = Math.max(this.price, decimalsOf(row[0]!));
      this.size = Math.max(this.size, decimalsOf(row[1]!));
    }
  }
}

/**
 * A recording as the pushes that the venue would have sent for it: NDJSON, plain or gzip, rows of {recvNs, instId, action,
 * ts, asks, bids} with price, size and number of orders, other rows between. Updates before an instrument's first
 * snapshot are left out.
 *
 * @throws CaptureError when the file cannot be read, holds a line that is no row, or no book that can be played
 */
export async function readRecordedFeed(file: string, name: string, framesMax: number): Promise<FrameFeed> {
  const writer = new BooksFrameWriter();
  const builder = new FeedBuilder();
  const decimals = new Map<string, Decimals>();
  let lines = 0;
  let updates = 0;
  for await (const line of readCaptureLines(file)) {
    if (builder.count === framesMax) break;
    lines++;
    const row = rowOf(line);
    if (typeof row === 'string') throw new CaptureError(file, `line ${lines}: ${row}`);
    if (row === undefined) continue;
    const { instId, action, ts, asks, bids } = row;
    const isSnapshot = action === 'snapshot';
    if (!isSnapshot && !decimals.has(instId)) continue;
    if (!isSnapshot) updates++;
    const seen = decimals.get(instId) ?? new Decimals();
    decimals.set(instId, seen);
    seen.see(asks);
    seen.see(bids);
    builder.add(writer.write(instId, isSnapshot, frameRows(asks), frameRows(bids), ts), isSnapshot);
  }
  if (updates === 0) {
    const found = builder.count === 0 ? 'no snapshot' : 'nothing behind it';
    throw new CaptureError(file, `expected rows of a book, a snapshot and its updates, found ${found}`);
  }
  const instruments: Instrument[] = [...decimals].map(([instId, { price, size }], index) =>
    benchInstrument(index, instId, price, size),
  );
  const feed = builder.build(name, instruments);
  checkPlayable(file, feed);
  return feed;
}

/** What the engine itself does not take cannot be measured. */
function checkPlayable(file: string, feed: FrameFeed): void {
  const decoder = new DepthDecoder(feed.instruments);
  const frame = new DepthFrame();
  const syncs = feed.instruments.map(() => new BookSync(new Book()));
  for (let index = 0; index < feed.count; index++) {
    const result = decoder.decode(feed.bytes, feed.starts[index]!, feed.starts[index + 1]!, frame);
    if (result === DepthResult.depth && syncs[frame.instrument]!.apply(frame) === SyncResult.applied)
      continue;
    const text = feed.bytes.toString('latin1', feed.starts[index], feed.starts[index + 1]).slice(0, 160);
    throw new CaptureError(file, `book row ${index + 1}: expected what the engine takes, was ${text}`);
  }
}

/** The feed's name in results: the file's, without what its endings say; never that of a generated one beside it. */
export function feedNameOf(file: string): string {
  const name = basename(file)
    .replace(/\.gz$/, '')
    .replace(/\.(ndjson|jsonl|json)$/, '');
  return [GENERATED_BOOKS.name, GENERATED_TBT.name].includes(name) ? `recorded ${name}` : name;
}

function frameRows(rows: readonly (readonly string[])[]): FrameRow[] {
  return rows.map((row) => [row[0]!, row[1]!, row[2] ?? '1']);
}

function decimalsOf(text: string): number {
  const point = text.indexOf('.');
  return point === -1 ? 0 : text.length - point - 1;
}
