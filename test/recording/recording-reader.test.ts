import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { RecordingReader } from '../../engine/recording/recording-reader.ts';
import { readAll, withFiles } from './recording-files.ts';

const CUT = new URL('../fixtures/feeds/btc-usdt-swap-2024-08-08-cut.ndjson.gz', import.meta.url).pathname;
const LINES = gunzipSync(readFileSync(CUT)).toString('utf8').trimEnd().split('\n');
/** Enough to have seen every kind of row. */
const COMPARED = 4_000;

describe('the recording of the fixtures', () => {
  it('is read line by line, to the nanosecond', async () => {
    const reader = await RecordingReader.open([CUT]);
    const events = await readAll(reader);
    expect(events).toHaveLength(LINES.length);
    expect(reader.hasRecvNs).toBe(true);
    expect(reader.instIds).toEqual(['BTC-USDT-SWAP']);
    for (const [index, event] of events.slice(0, COMPARED).entries()) {
      const row = JSON.parse(LINES[index]!) as Record<string, unknown>;
      expect(String(BigInt(reader.originMs) * 1_000_000n + BigInt(event.recvNs))).toBe(row['recvNs']);
      expect(String(event.tsMs)).toBe(row['ts']);
      expect(event.timeNs).toBe(event.recvNs);
      expect(event.line).toBe(index + 1);
      if (event.kind === 'trade') {
        const { px, sz, side, tradeId } = event;
        expect({ px, sz, side, tradeId }).toEqual({
          px: row['px'],
          sz: row['sz'],
          side: row['side'],
          tradeId: row['tradeId'],
        });
      } else {
        expect(event.kind).toBe(row['action']);
        expect({ asks: event.asks, bids: event.bids }).toEqual({ asks: row['asks'], bids: row['bids'] });
      }
    }
  });

  it('is the same unpacked', async () => {
    await withFiles({ 'plain.ndjson': LINES.join('\n') }, async ([plain]) => {
      const packed = await readAll(await RecordingReader.open([CUT]));
      const unpacked = await readAll(await RecordingReader.open([plain!]));
      expect(unpacked.map((event) => ({ ...event, file: CUT }))).toEqual(packed);
    });
  });
});
