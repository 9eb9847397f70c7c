import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DecimalGrid } from '../../engine/base/decimal.ts';
import type { BenchResult } from '../../bench/benchmark.ts';
import { TINY_EFFORT } from '../../bench/effort.ts';
import { benchInstrument } from '../../bench/feeds/bench-instrument.ts';
import { FeedBuilder } from '../../bench/feeds/frame-feed.ts';
import {
  GENERATED_BOOKS,
  GENERATED_TBT,
  generateFeed,
  generateFleet,
} from '../../bench/feeds/generated-feed.ts';
import { RECORDED_CUT, readRecordedFeed } from '../../bench/feeds/recorded-feed.ts';
import { skipLine, unavailable } from '../../bench/peers/availability.ts';
import { FeedFiles } from '../../bench/peers/cpp-contender.ts';
import { feedFileBytes } from '../../bench/peers/feed-file.ts';
import { halfSpreads } from '../../bench/peers/half-spreads.ts';
import { peerPackage } from '../../bench/peers/packages.ts';
import { PlainBook } from '../../bench/peers/plain-book.ts';
import type { DepthPush } from '../../bench/peers/plain-book.ts';
import { FAR, SCANNER, SIMDJSON_DECODER, WIRE, compiled } from '../../bench/peers/toolchain.ts';
import { bookUpdate } from '../../bench/suites/book-update.ts';
import { tickToTrade } from '../../bench/suites/tick-to-trade.ts';
import { farFeed } from '../../bench/wire/far-feed.ts';
import { startFar } from '../../bench/wire/far-place.ts';
import { measureWire } from '../../bench/wire/wire-contender.ts';
import { wirePeers } from '../../bench/wire/wire-peers.ts';

const COMPILING_MS = 180_000;
const hasCompiler = compiled(SCANNER).isAvailable;
const hasSimdjson = compiled(SIMDJSON_DECODER).isAvailable;
const hasWire = compiled(FAR).isAvailable;
const feeds = [
  await readRecordedFeed(RECORDED_CUT, 'recorded', 1_500),
  generateFeed(GENERATED_BOOKS, 1_000),
  generateFeed(GENERATED_TBT, 1_000),
];

const CONTRACT_NAMES = new Set([
  'book-update',
  'peer:cpp-scalar',
  'peer:cpp-simdjson',
  'peer:json-parse',
  'peer:okx-api',
  'peer:ccxt',
]);
const TRADE_NAMES = new Set([
  'tick-to-trade',
  'tick-to-trade:guard',
  'tick-to-trade:peer-bare',
  'tick-to-trade:peer-cpp',
  'tick-to-trade:peer-json',
  'tick-to-trade:peer-ccxt',
]);

function checksumsOf(results: readonly BenchResult[], feed: string): Set<string> {
  return new Set(results.filter((result) => result.feed === feed).map(({ checksum }) => checksum));
}

describe('the feed file', () => {
  it('holds grids, places and bytes, all little-endian', () => {
    const builder = new FeedBuilder();
    builder.add('first', true);
    builder.add('second!', false);
    const feed = builder.build('x', [benchInstrument(0, 'A-USDT-SWAP', 1, 0)]);
    const bytes = feedFileBytes(feed, [39]);
    expect(bytes.toString('latin1', 0, 8)).toBe('OKXFEED1');
    expect(bytes.readUInt32LE(8)).toBe(1);
    expect(bytes.readUInt32LE(12)).toBe(11);
    expect(bytes.toString('latin1', 16, 27)).toBe('A-USDT-SWAP');
    const numbers = [1, 0, 10_458, 39, 2, 0, 5, 12];
    expect(numbers.map((_, index) => bytes.readUInt32LE(27 + 4 * index))).toEqual(numbers);
    expect([...bytes.subarray(59, 61)]).toEqual([1, 0]);
    expect(bytes.toString('latin1', 61)).toBe('firstsecond!');
  });

  it('takes no grid that the C++ peers could not count in', () => {
    const builder = new FeedBuilder();
    builder.add('first', true);
    const instrument = { ...benchInstrument(0, 'A-USDT-SWAP', 1, 0), tick: new DecimalGrid('0.5') };
    const feed = builder.build('x', [instrument as ReturnType<typeof benchInstrument>]);
    expect(() => feedFileBytes(feed, [39])).toThrow('expected grids of powers of ten');
  });
});

describe('the plain book', () => {
  const push = (
    action: string,
    asks: string[][],
    bids: string[][],
    seqId: number,
    prevSeqId: number,
  ): DepthPush => ({
    arg: { channel: 'books', instId: 'A' },
    action,
    data: [{ asks, bids, seqId, prevSeqId }],
  });

  it('sets, changes and deletes, best first', () => {
    const book = new PlainBook();
    book.apply(push('snapshot', [['3', '1'], ['5', '2']], [['2', '1'], ['1', '4']], 7, -1)); // prettier-ignore
    book.apply(push('update', [['4', '9'], ['5', '0'], ['6', '0']], [['2', '3'], ['1.5', '8']], 9, 7)); // prettier-ignore
    expect(book.asks).toEqual([[3, 1], [4, 9]]); // prettier-ignore
    expect(book.bids).toEqual([[2, 3], [1.5, 8], [1, 4]]); // prettier-ignore
  });

  it('refuses a push that does not continue it', () => {
    const book = new PlainBook();
    book.apply(push('snapshot', [], [], 7, -1));
    expect(() => book.apply(push('update', [], [], 9, 8))).toThrow('expected 7 before 9');
  });
});

describe('what a machine lacks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'okx-mm-empty-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is told in one line with the row that is not there', () => {
    expect(skipLine('peer:cpp-scalar', 'no C++ compiler (g++) on this machine')).toBe(
      'peer:cpp-scalar skipped: no C++ compiler (g++) on this machine',
    );
  });

  it('may be the compiler', () => {
    const path = process.env['PATH'];
    process.env['PATH'] = folder;
    try {
      expect(compiled(SCANNER)).toEqual(unavailable('no C++ compiler (g++) on this machine'));
    } finally {
      process.env['PATH'] = path;
    }
  });

  it.skipIf(!hasCompiler)("may be a library's header", () => {
    const library = { name: 'Nothing', header: 'no/such.h', debianPackage: 'libnothing-dev', flags: [] };
    expect(compiled({ ...SCANNER, library })).toEqual(
      unavailable('no Nothing headers (libnothing-dev) on this machine'),
    );
  });

  it('may be a package, which a smoke run does not fetch', () => {
    const outcome = peerPackage({ name: 'ccxt', version: '0.0.0' }, false);
    expect(outcome).toEqual(unavailable('ccxt@0.0.0 is not cached, and a smoke run fetches nothing'));
  });
});

describe('the peers in process', { timeout: COMPILING_MS }, () => {
  it('build the same books as ours from the same bytes', async () => {
    // Of two instruments one has no book yet when the other begins.
    const all = [...feeds, generateFleet(GENERATED_TBT, 2, 1_000)];
    const results = await bookUpdate.run({ effort: TINY_EFFORT, feeds: all });
    const names = new Set(results.map(({ name }) => name));
    expect([...names].filter((name) => !CONTRACT_NAMES.has(name))).toEqual([]);
    expect(names).toContain('peer:json-parse');
    expect(names.has('peer:cpp-scalar')).toBe(hasCompiler);
    expect(names.has('peer:cpp-simdjson')).toBe(hasSimdjson);
    for (const { name } of all) expect(checksumsOf(results, name).size).toBe(1);
    for (const { name, bytesPerOp } of results) expect(bytesPerOp >= 0).toBe(!name.includes('cpp'));
  });

  it('ask for the same prices as each other', async () => {
    const results = await tickToTrade.run({ effort: TINY_EFFORT, feeds });
    expect(results.filter(({ name }) => !TRADE_NAMES.has(name))).toEqual([]);
    const peers = results.filter(({ name }) => name.includes(':peer-'));
    expect(new Set(peers.map(({ name }) => name)).size).toBeGreaterThanOrEqual(2);
    for (const { name } of feeds) expect(checksumsOf(peers, name).size).toBe(1);
  });

  it.skipIf(!hasCompiler)('have C++ among them where there is a compiler', async () => {
    const results = await bookUpdate.run({ effort: TINY_EFFORT, feeds: feeds.slice(0, 1) });
    const [own, cpp] = ['book-update', 'peer:cpp-scalar'].map((wanted) =>
      results.find(({ name }) => name === wanted),
    );
    expect(cpp?.checksum).toBe(own?.checksum);
    expect(cpp?.samples).toBe(TINY_EFFORT.roundOps);
  });

  it.skipIf(!hasSimdjson)('have simdjson among them where its header is', async () => {
    const results = await bookUpdate.run({ effort: TINY_EFFORT, feeds });
    for (const { name: feed } of feeds) {
      const [own, simdjson] = ['book-update', 'peer:cpp-simdjson'].map((wanted) =>
        results.find((result) => result.name === wanted && result.feed === feed),
      );
      expect(simdjson?.checksum).toBe(own?.checksum);
      expect(simdjson?.samples).toBe(TINY_EFFORT.roundOps);
    }
  });
});

describe.skipIf(!hasWire)('the peers on the wire', { timeout: COMPILING_MS }, () => {
  it('answer the C++ venue with the same prices, plain and with TLS', async () => {
    const files = new FeedFiles();
    try {
      const feed = farFeed();
      const feedFile = files.write(feed, halfSpreads(feed));
      const sleeping = new Set(['peer:cpp-epoll', 'peer:ws-json']);
      const rows = wirePeers(compiled(WIRE), feedFile, false).filter(({ name }) => sleeping.has(name));
      const far = compiled(FAR);
      const farMaker = { note: '', start: (security: 'plain' | 'tls') => startFar(far, security, feedFile) };
      const results = await measureWire(rows, farMaker, TINY_EFFORT);
      expect(results.map(({ name, feed: security }) => `${name} ${security}`)).toEqual([
        'peer:cpp-epoll plain',
        'peer:cpp-epoll tls',
        'peer:ws-json plain',
        'peer:ws-json tls',
      ]);
      expect(new Set(results.map(({ checksum }) => checksum)).size).toBe(1);
      for (const { samples } of results) expect(samples).toBe(TINY_EFFORT.wireFrames);
    } finally {
      files.close();
    }
  });
});
