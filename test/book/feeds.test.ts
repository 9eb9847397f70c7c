import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Instrument } from '../../engine/base/instrument.ts';
import { bookChecksum } from '../../engine/book/book-checksum.ts';
import { BookSync, SyncResult } from '../../engine/book/book-sync.ts';
import { Book } from '../../engine/book/book.ts';
import { DepthDecoder } from '../../engine/okx/depth-decoder.ts';
import { DepthFrame, DepthResult } from '../../engine/okx/depth-frame.ts';
import { BookEquality } from '../model/book-equality.ts';
import { NaiveBook } from '../model/naive-book.ts';
import { testInstrument } from '../okx/depth-test-instrument.ts';
import { message } from './message.ts';

interface Replayed {
  frames: number;
  checksums: number;
  slow: number;
  differences: string[];
  syncs: BookSync[];
}

/** Decodes and applies every depth frame, and compares book and twin, and book and checksum, after each. */
function replay(
  frames: Iterable<string>,
  grids: readonly (readonly [string, string, string])[],
  requireSequence: boolean,
): Replayed {
  const instruments = grids.map(([instId, tickSz, lotSz], index) =>
    testInstrument(index, instId, tickSz, lotSz),
  );
  const decoder = new DepthDecoder(instruments);
  const frame = new DepthFrame();
  const syncs = instruments.map(() => new BookSync(new Book(), { requireSequence }));
  const twins = instruments.map(() => new NaiveBook());
  const equalities = instruments.map((instrument: Instrument) => new BookEquality(instrument));
  const outcome: Replayed = { frames: 0, checksums: 0, slow: 0, differences: [], syncs };
  for (const text of frames) {
    const bytes = Buffer.from(text);
    const result = decoder.decode(bytes, 0, bytes.length, frame);
    if (result === DepthResult.other) continue;
    outcome.frames++;
    const index = frame.instrument;
    if (result !== DepthResult.depth || syncs[index]!.apply(frame) !== SyncResult.applied) {
      outcome.differences.push(`frame ${outcome.frames} was not applied`);
      continue;
    }
    const parsed = JSON.parse(text);
    const [entry] = parsed.data;
    if (parsed.action === 'snapshot') twins[index]!.clear();
    // What the decoder leaves out, as too far for 32 bits, the twin is not given either.
    const near = entry.asks.filter(
      (row: string[]) => Number(row[0]) / instruments[index]!.tick.value < 2 ** 31,
    );
    twins[index]!.update(near, entry.bids);
    const { book } = syncs[index]!;
    const difference = equalities[index]!.difference(book, twins[index]!);
    if (difference !== '') outcome.differences.push(`frame ${outcome.frames}: ${difference}`);
    if (frame.checksum !== 0) {
      outcome.checksums++;
      const own = bookChecksum(book, instruments[index]!.tick, instruments[index]!.lot);
      if (own !== frame.checksum) outcome.differences.push(`frame ${outcome.frames}: checksum ${own}`);
    }
  }
  outcome.slow = decoder.slowFrames;
  return outcome;
}

function lines(name: string): string[] {
  const bytes = readFileSync(new URL(`../fixtures/feeds/${name}`, import.meta.url));
  const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  return text.split('\n').filter((line) => line !== '');
}

/** `epoch: {...}` lines of what the venue sent. */
function received(name: string): string[] {
  return lines(name)
    .filter((line) => /^[\d.]+: \{/.test(line))
    .map((line) => line.slice(line.indexOf('{')));
}

describe('captured feeds', () => {
  test('books of 2022: every checksum, every level', () => {
    const outcome = replay(
      received('okx-books-2022-05-13.ws'),
      [
        ['BTC-USDT', '0.1', '0.00000001'],
        ['UNI-USD-SWAP', '0.001', '1'],
        ['BTC-USD-220527', '0.1', '1'],
      ],
      false,
    );
    expect(outcome.differences).toEqual([]);
    expect([outcome.frames, outcome.checksums, outcome.slow]).toEqual([290, 290, 0]);
  });

  test('books-l2-tbt of 2021: every checksum, every level', () => {
    const fine = ['FUN-BTC', 'OKT-BTC', 'PAY-BTC'];
    const coarse = ['DHT-USDT', 'ONT-USDT', 'AUCTION-USDT', 'TRX-USDT-210924', 'XMR-USDT-SWAP'];
    const options = ['BTC-USD-210924-42000-P', 'BTC-USD-210924-66000-C'];
    const outcome = replay(
      received('okx-books-l2-tbt-2021-07-22.ws'),
      [
        ...fine.map((name) => [name, '0.000000001', '0.00000001'] as const),
        ...coarse.map((name) => [name, '0.00001', '0.00000001'] as const),
        ...options.map((name) => [name, '0.0005', '1'] as const),
      ],
      false,
    );
    expect(outcome.differences).toEqual([]);
    expect([outcome.frames, outcome.checksums, outcome.slow]).toEqual([1_504, 1_504, 0]);
  });

  test('books of 2026: the chain of sequence numbers, every level, the last best', () => {
    const outcome = replay(lines('okx-books-2026-08-24.jsonl'), [['BTC-USDT', '0.1', '0.00000001']], true);
    expect(outcome.differences).toEqual([]);
    expect([outcome.frames, outcome.checksums, outcome.slow]).toEqual([7, 0, 0]);
    const { book, updates, gaps } = outcome.syncs[0]!;
    expect([updates, gaps, book.isQuotable()]).toEqual([6, 0, true]);
    expect([book.bids.bestTicks, book.bids.bestLots]).toEqual([787_222, 35_528_063]);
    expect([book.asks.bestTicks, book.asks.bestLots]).toEqual([787_223, 44_699_492]);
  });

  test('the recorded market: equal to its twin after every line', { timeout: 60_000 }, () => {
    const rows = lines('btc-usdt-swap-2024-08-08-cut.ndjson.gz').filter((line) => line.includes('"action"'));
    const outcome = replay(asPushes(rows), [['BTC-USDT-SWAP', '0.1', '0.1']], false);
    expect(outcome.differences).toEqual([]);
    expect(outcome.frames).toBe(rows.length);
    expect(outcome.frames).toBeGreaterThan(30_000);
    const { book, snapshots } = outcome.syncs[0]!;
    expect([snapshots, outcome.slow, book.asks.trimmed, book.bids.trimmed]).toEqual([1, 0, 0, 0]);
    expect([book.asks.count, book.bids.count]).toEqual([400, 400]);
  });
});

/** Rows of the recording as the pushes that the venue would have sent. */
function* asPushes(rows: readonly string[]): Generator<string> {
  for (const row of rows) {
    const { instId, action, ts, asks, bids } = JSON.parse(row);
    yield JSON.stringify({ arg: { channel: 'books', instId }, action, data: [{ asks, bids, ts }] });
  }
}

// The documentation's own examples (OKX v5 "Checksum", until 2026-06); the last value computed from its prose example.
test.each([
  [
    [
      ['3366.1', '7'],
      ['3366', '6'],
    ],
    [
      ['3366.8', '9'],
      ['3368', '8'],
    ],
    -1_881_014_294,
  ],
  [
    [['3366.1', '7']],
    [
      ['3366.8', '9'],
      ['3368', '8'],
      ['3372', '8'],
    ],
    831_078_360,
  ],
  [
    [
      ['43231.1', '4'],
      ['43231', '6'],
    ],
    [
      ['43232.8', '9'],
      ['43232.9', '8'],
    ],
    -1_504_501_796,
  ],
])('the checksum of %j and %j', (bids, asks, checksum) => {
  const { tick, lot } = testInstrument(0, 'BTC-USDT', '0.1', '1');
  const counted = (rows: string[][]): [number, number][] =>
    rows.map((row) => [tick.fromText(row[0]!), lot.fromText(row[1]!)]);
  const book = new Book();
  book.replace(message(0, -1, 1, counted(asks), counted(bids)));
  expect(bookChecksum(book, tick, lot)).toBe(checksum);
});
