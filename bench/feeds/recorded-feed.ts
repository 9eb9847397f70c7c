import { basename, join } from 'node:path';
import type { Instrument } from '../../engine/base/instrument.ts';
import { readCaptureLines } from '../../engine/cli/verify-capture.ts';
import { packageRoot } from '../../engine/config/package-root.ts';
import { BooksFrameWriter } from './books-frame.ts';
import type { FrameRow } from './books-frame.ts';
import { FeedBuilder } from './frame-feed.ts';
import type { FrameFeed } from './frame-feed.ts';
import { benchInstrument } from './bench-instrument.ts';

/** The recorded market that comes with the project: 40,000 rows of a BTC perpetual. */
export const RECORDED_CUT = join(packageRoot(), 'test/fixtures/feeds/btc-usdt-swap-2024-08-08-cut.ndjson.gz');

/** A row of a recording. Trades stand between the books and are left out. */
interface RecordedRow {
  readonly instId?: string;
  readonly action?: string;
  readonly ts?: string;
  readonly asks?: readonly (readonly string[])[];
  readonly bids?: readonly (readonly string[])[];
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
 * @throws CaptureError when the file cannot be read; Error when it holds no book
 */
export async function readRecordedFeed(file: string, name: string, framesMax: number): Promise<FrameFeed> {
  const writer = new BooksFrameWriter();
  const builder = new FeedBuilder();
  const decimals = new Map<string, Decimals>();
  for await (const line of readCaptureLines(file)) {
    if (builder.count === framesMax) break;
    const row = JSON.parse(line.toString()) as RecordedRow;
    const { instId, action, ts, asks, bids } = row;
    if (instId === undefined || ts === undefined || asks === undefined || bids === undefined) continue;
    const isSnapshot = action === 'snapshot';
    if (!isSnapshot && !decimals.has(instId)) continue;
    const seen = decimals.get(instId) ?? new Decimals();
    decimals.set(instId, seen);
    seen.see(asks);
    seen.see(bids);
    builder.add(writer.write(instId, isSnapshot, frameRows(asks), frameRows(bids), ts), isSnapshot);
  }
  const instruments: Instrument[] = [...decimals].map(([instId, { price, size }], index) =>
    benchInstrument(index, instId, price, size),
  );
  return builder.build(name, instruments);
}

/** The feed's name in results: the file's, without what its endings say. */
export function feedNameOf(file: string): string {
  return basename(file)
    .replace(/\.gz$/, '')
    .replace(/\.(ndjson|jsonl|json)$/, '');
}

function frameRows(rows: readonly (readonly string[])[]): FrameRow[] {
  return rows.map((row) => [row[0]!, row[1]!, row[2] ?? '1']);
}

function decimalsOf(text: string): number {
  const point = text.indexOf('.');
  return point === -1 ? 0 : text.length - point - 1;
}
