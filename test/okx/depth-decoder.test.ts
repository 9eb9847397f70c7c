import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { DEPTH_ROWS_MAX, DepthAction, NO_SEQUENCE } from '../../engine/base/depth-rows.ts';
import { DepthDecoder } from '../../engine/okx/depth-decoder.ts';
import {
  DEPTH_CHANNEL_NAMES,
  DepthChannel,
  DepthFrame,
  DepthResult,
  NO_INSTRUMENT,
} from '../../engine/okx/depth-frame.ts';
import { decodeRestBook } from '../../engine/okx/depth-slow-decoder.ts';
import { decodePlainly } from './depth-plain-decoder.ts';
import { testInstrument } from './depth-test-instrument.ts';

const GRIDS = [
  { instId: 'BTC-USDT', tickSz: '0.1', lotSz: '0.00000001' },
  { instId: 'BTC-USDT-SWAP', tickSz: '0.1', lotSz: '0.01' },
];
const INSTRUMENTS = GRIDS.map((grid, index) => testInstrument(index, grid.instId, grid.tickSz, grid.lotSz));

// The venue's messages as its documentation and the protocol page print them, read 2026-07-28.
const SNAPSHOT =
  '{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"snapshot","data":[{"asks":[["65010.1","12.4","0","5"],["65010.3","0.8","0","1"]],"bids":[["65010","33.1","0","9"],["65009.8","4","0","2"]],"ts":"1763676600105","checksum":0,"seqId":81234567001,"prevSeqId":-1}]}';
const UPDATE =
  '{"arg":{"channel":"books-l2-tbt","instId":"BTC-USDT-SWAP"},"action":"update","data":[{"asks":[["65010.1","0","0","0"],["65010.2","3.5","0","2"]],"bids":[],"ts":"1763676600205","checksum":-855196043,"seqId":81234567044,"prevSeqId":81234567001}]}';
const BBO =
  '{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT-SWAP"},"data":[{"asks":[["65010.2","3.5","0","2"]],"bids":[["65010","33.1","0","9"]],"ts":"1763676600207","seqId":81234567046}]}';
const BOOKS5 =
  '{"arg":{"channel":"books5","instId":"BTC-USDT-SWAP"},"data":[{"asks":[["65010.2","3.5","0","2"]],"bids":[["65010","33.1","0","9"]],"instId":"BTC-USDT-SWAP","ts":"1763676600300","seqId":81234567052}]}';
const LEGACY =
  '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["30249.4","0","0","0"]],"bids":[["30182.6","0.00276686","0","1"]],"ts":"1652459225464","checksum":-914047754}]}';
const GOLDEN = [SNAPSHOT, UPDATE, BBO, BOOKS5, LEGACY];

const KINDS = ['depth', 'other', 'malformed', 'unknownInstrument'];

function decode(
  text: string | Buffer,
  entry = 0,
): { result: DepthResult; frame: DepthFrame; decoder: DepthDecoder } {
  const decoder = new DepthDecoder(INSTRUMENTS);
  const frame = new DepthFrame();
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return { result: decoder.decode(bytes, 0, bytes.length, frame, entry), frame, decoder };
}

function rows(ticks: Int32Array, lots: Float64Array, count: number): number[][] {
  return Array.from({ length: count }, (_, row) => [ticks[row]!, lots[row]!]);
}

describe('golden frames', () => {
  test('a snapshot', () => {
    const { result, frame } = decode(SNAPSHOT);
    expect(result).toBe(DepthResult.depth);
    expect(frame).toMatchObject({
      channel: DepthChannel.books,
      action: DepthAction.snapshot,
      instrument: 1,
      isSlowPath: false,
      entryCount: 1,
      tsMs: 1_763_676_600_105,
      seqId: 81_234_567_001,
      prevSeqId: -1,
      checksum: 0,
    });
    expect(rows(frame.askTicks, frame.askLots, frame.askCount)).toEqual([
      [650_101, 1_240],
      [650_103, 80],
    ]);
    expect(rows(frame.bidTicks, frame.bidLots, frame.bidCount)).toEqual([
      [650_100, 3_310],
      [650_098, 400],
    ]);
  });

  test('an update with a deletion, an empty side and a checksum', () => {
    const { result, frame } = decode(UPDATE);
    expect(result).toBe(DepthResult.depth);
    expect(frame).toMatchObject({
      channel: DepthChannel.booksL2Tbt,
      action: DepthAction.update,
      isSlowPath: false,
      bidCount: 0,
      seqId: 81_234_567_044,
      prevSeqId: 81_234_567_001,
      checksum: -855_196_043,
    });
    expect(rows(frame.askTicks, frame.askLots, frame.askCount)).toEqual([
      [650_101, 0],
      [650_102, 350],
    ]);
  });

  test.each([
    ['bbo-tbt', BBO, DepthChannel.bboTbt, 81_234_567_046],
    ['books5', BOOKS5, DepthChannel.books5, 81_234_567_052],
  ])('an image of %s, without action and prevSeqId', (_, text, channel, seqId) => {
    const { result, frame } = decode(text);
    expect(result).toBe(DepthResult.depth);
    expect(frame).toMatchObject({
      channel,
      action: DepthAction.image,
      isSlowPath: false,
      askCount: 1,
      bidCount: 1,
    });
    expect(frame).toMatchObject({ seqId, prevSeqId: NO_SEQUENCE, checksum: 0 });
  });

  test('a frame of before 2023, without sequence numbers', () => {
    const { result, frame } = decode(LEGACY);
    expect(result).toBe(DepthResult.depth);
    expect(frame).toMatchObject({
      isSlowPath: false,
      seqId: NO_SEQUENCE,
      prevSeqId: NO_SEQUENCE,
      checksum: -914_047_754,
    });
    expect(frame.bidLots[0]).toBe(276_686);
  });

  test('fields in the order of the documentation: prevSeqId before seqId', () => {
    const { result, frame } = decode(
      UPDATE.replace(/"seqId":(\d+),"prevSeqId":(\d+)/, '"prevSeqId":$2,"seqId":$1'),
    );
    expect(result).toBe(DepthResult.depth);
    expect(frame).toMatchObject({ isSlowPath: false, seqId: 81_234_567_044, prevSeqId: 81_234_567_001 });
  });

  test('every captured frame takes the fast path', () => {
    const lines = readFileSync(
      new URL('../fixtures/feeds/okx-books-2026-08-24.jsonl', import.meta.url),
      'utf8',
    );
    let frames = 0;
    for (const line of lines.trim().split('\n').slice(1)) {
      const { result, frame } = decode(line);
      expect([result, frame.isSlowPath]).toEqual([DepthResult.depth, false]);
      frames++;
    }
    expect(frames).toBe(7);
  });
});

describe('the slow path', () => {
  test.each([
    ['white space', JSON.stringify(JSON.parse(SNAPSHOT), null, 2)],
    ['another order', SNAPSHOT.replace(/("ts":"\d+"),("checksum":0)/, '$2,$1')],
    [
      'data before arg',
      '{"data":[{"bids":[],"asks":[],"ts":"1"}],"arg":{"instId":"BTC-USDT","channel":"books"},"action":"update"}',
    ],
    ['an unknown field', SNAPSHOT.replace('"action"', '"more":{"a":[1,"}]}"]},"action"')],
    ['an escape', SNAPSHOT.replace('BTC-USDT-SWAP', 'BTC\\u002dUSDT-SWAP')],
    ['zeros beyond the grid', SNAPSHOT.replace('65010.1"', '65010.100"')],
    ['a null checksum', SNAPSHOT.replace('"checksum":0', '"checksum":null')],
  ])('takes legal JSON of another shape: %s', (_, text) => {
    const { result, frame, decoder } = decode(text);
    expect([result, frame.isSlowPath, decoder.slowFrames]).toEqual([DepthResult.depth, true, 1]);
  });

  test('several messages in one frame come out one by one', () => {
    const message = JSON.parse(UPDATE);
    message.data.push({
      ...message.data[0],
      asks: [],
      bids: [['1', '0.01', '0', '1']],
      seqId: 9,
      prevSeqId: 8,
    });
    const first = decode(JSON.stringify(message));
    expect(first.result).toBe(DepthResult.depth);
    expect(first.frame).toMatchObject({ entryCount: 2, askCount: 2, bidCount: 0, seqId: 81_234_567_044 });
    const second = decode(JSON.stringify(message), 1);
    expect(second.result).toBe(DepthResult.depth);
    expect(second.frame).toMatchObject({ entryCount: 2, askCount: 0, bidCount: 1, seqId: 9, prevSeqId: 8 });
    expect(decode(JSON.stringify(message), 2).result).toBe(DepthResult.malformed);
  });

  test('a frame whose last message is broken is refused before its first is handed out', () => {
    const message = JSON.parse(UPDATE);
    message.data.push({ ...message.data[0], asks: [['-1', '1', '0', '1']] });
    expect(decode(JSON.stringify(message)).result).toBe(DepthResult.malformed);
  });
});

describe('refusals', () => {
  test.each([
    ['a price off the grid', SNAPSHOT.replace('65010.1', '65010.15')],
    ['a size off the grid', SNAPSHOT.replace('12.4', '12.405')],
    ['a price of zero', SNAPSHOT.replace('65010.1', '0')],
    ['a negative price', SNAPSHOT.replace('65010.1', '-65010.1')],
    ['a negative size', SNAPSHOT.replace('12.4', '-12.4')],
    ['an exponent', SNAPSHOT.replace('65010.1', '6.5e4')],
    ['an empty price', SNAPSHOT.replace('65010.1', '')],
    ['a price that is a number', SNAPSHOT.replace('"65010.1"', '65010.1')],
    ['a bid above 2^31 - 1 ticks', SNAPSHOT.replace('"65010"', '"214748364.8"')],
    ['a row without a size', SNAPSHOT.replace('["65010.1","12.4","0","5"]', '["65010.1"]')],
    ['no bids', SNAPSHOT.replace('"bids"', '"bid"')],
    ['no action', SNAPSHOT.replace('"action":"snapshot",', '')],
    ['an unknown action', SNAPSHOT.replace('snapshot', 'partial')],
    ['no data', SNAPSHOT.replace('"data"', '"date"')],
    ['empty data', '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[]}'],
    ['ts that is a number', SNAPSHOT.replace('"1763676600105"', '1763676600105')],
    ['a seqId past 2^53', SNAPSHOT.replace('81234567001', '9007199254740993')],
    ['a seqId with a fraction', SNAPSHOT.replace('81234567001', '81234567001.5')],
    ['a seqId of leading zeros', SNAPSHOT.replace('81234567001', '081234567001')],
    ['the number that stands for an absent seqId', SNAPSHOT.replace('"prevSeqId":-1', '"prevSeqId":-2')],
    ['a checksum past 32 bits', UPDATE.replace('-855196043', '4294967296')],
    ['text after the end', `${SNAPSHOT}}`],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from(SNAPSHOT.slice(0, -1)), Buffer.from(',"x":"\xff"}', 'latin1')]),
    ],
    ['more rows than any answer has', withAsks(DEPTH_ROWS_MAX + 1)],
  ])('%s is malformed', (_, text) => {
    const { result, decoder } = decode(text);
    expect([result, decoder.malformedFrames, decoder.slowFrames]).toEqual([DepthResult.malformed, 1, 0]);
  });

  test('a malformed frame still says which instrument it is about', () => {
    expect(decode(SNAPSHOT.slice(0, -9)).frame.instrument).toBe(1);
    expect(decode(SNAPSHOT.slice(0, 30)).frame.instrument).toBe(NO_INSTRUMENT);
  });

  test('as many rows as the deepest answer has are taken', () => {
    const { result, frame } = decode(withAsks(DEPTH_ROWS_MAX));
    expect([result, frame.askCount]).toEqual([DepthResult.depth, DEPTH_ROWS_MAX]);
  });

  test('asks too far for 32 bits are left out and counted', () => {
    for (const price of ['214748364.8', '999999999999', '99999999999999999999']) {
      const { result, frame } = decode(SNAPSHOT.replace('65010.3', price));
      expect(result).toBe(DepthResult.depth);
      expect(rows(frame.askTicks, frame.askLots, frame.askCount)).toEqual([[650_101, 1_240]]);
      expect(frame.farAskCount).toBe(1);
    }
    expect(decode(SNAPSHOT.replace('65010.3', '214748364.7')).frame.askTicks[1]).toBe(2_147_483_647);
  });

  test.each([
    ['an object that cannot become a text', '{"toString":1,"valueOf":null}'],
    ['nested beyond the stack', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['the name in an array', '["books"]'],
  ])("a channel that is no text is nobody's, and no throw: %s", (_, channel) => {
    expect(decode(`{"arg":{"channel":${channel},"instId":"BTC-USDT"},"data":[]}`).result).toBe(
      DepthResult.other,
    );
  });

  test('a frame of an instrument that is not ours', () => {
    const { result, decoder, frame } = decode(SNAPSHOT.replace('BTC-USDT-SWAP', 'ETH-USDT'));
    expect([result, decoder.unknownFrames]).toEqual([DepthResult.unknownInstrument, 1]);
    expect(frame.instrument).toBe(NO_INSTRUMENT);
  });

  test.each([
    'pong',
    '',
    '[]',
    '{"event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"32f4414f"}',
    '{"arg":{"channel":"books","instId":"BTC-USDT"},"event":"subscribe"}',
    '{"id":"1","op":"order","data":[],"code":"0"}',
    '{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"px":"1"}]}',
    '{"arg":{"channel":"books-rpi","instId":"BTC-USDT"},"data":[]}',
    '{"arg":{"channel":"trades","inst',
  ])('%s is not for this decoder', (text) => {
    const { result, decoder } = decode(text);
    expect([result, decoder.malformedFrames]).toEqual([DepthResult.other, 0]);
  });
});

describe('every truncation and every flipped byte of the golden frames', () => {
  const decoder = new DepthDecoder(INSTRUMENTS);
  const frame = new DepthFrame();

  test('truncated: never depth, never a throw', () => {
    for (const text of GOLDEN) {
      // The whole frame stays in memory behind the end, as it would in a receive buffer.
      const bytes = Buffer.from(text);
      for (let end = 0; end < bytes.length; end++) {
        const result = decoder.decode(bytes, 0, end, frame);
        expect(result === DepthResult.malformed || (end < 34 && result === DepthResult.other)).toBe(true);
      }
    }
  });

  test('flipped: what a plain decoder makes of it', () => {
    let flips = 0;
    let legal = 0;
    const differences: string[] = [];
    for (const text of GOLDEN) {
      const bytes = Buffer.from(text);
      for (let index = 0; index < bytes.length; index++) {
        const original = bytes[index]!;
        for (const byte of [
          original ^ 1,
          original ^ 2,
          original ^ 0x10,
          original ^ 0x80,
          0x22,
          0x30,
          0x5d,
          0x2e,
        ]) {
          bytes[index] = byte;
          const expected = decodePlainly(bytes, GRIDS);
          const result = decoder.decode(bytes, 0, bytes.length, frame);
          if (KINDS[result] !== expected.kind) differences.push(bytes.toString('latin1'));
          if (expected.kind === 'depth') {
            legal++;
            const [entry] = expected.entries;
            const { asks, bids, tsMs, seqId, prevSeqId, checksum } = entry!;
            const got = [
              DEPTH_CHANNEL_NAMES[frame.channel],
              rows(frame.askTicks, frame.askLots, frame.askCount),
              rows(frame.bidTicks, frame.bidLots, frame.bidCount),
              [frame.tsMs, frame.seqId, frame.prevSeqId, frame.checksum],
            ];
            const wanted = [expected.channel, asks, bids, [tsMs, seqId, prevSeqId, checksum]];
            if (!isDeepStrictEqual(got, wanted)) differences.push(bytes.toString('latin1'));
          }
          flips++;
        }
        bytes[index] = original;
      }
    }
    expect(differences).toEqual([]);
    expect(flips).toBeGreaterThan(8_000);
    expect(legal).toBeGreaterThan(500);
  });
});

describe('the REST book', () => {
  const ANSWER =
    '{"code":"0","msg":"","data":[{"asks":[["65010.2","3.5","0","2"]],"bids":[["65010","33.1","0","9"]],"ts":"1763676600150","seqId":81234567044}]}';
  const instrument = INSTRUMENTS[1]!;

  test('is a snapshot', () => {
    const frame = new DepthFrame();
    expect(decodeRestBook(ANSWER, instrument, frame)).toBe(DepthResult.depth);
    expect(frame).toMatchObject({
      action: DepthAction.snapshot,
      instrument: 1,
      seqId: 81_234_567_044,
      tsMs: 1_763_676_600_150,
    });
    expect([frame.askTicks[0], frame.askLots[0], frame.bidTicks[0], frame.bidLots[0]]).toEqual([
      650_102, 350, 650_100, 3_310,
    ]);
  });

  test.each([
    ['a refusal', '{"code":"50011","msg":"Too Many Requests","data":[]}'],
    ['no data', '{"code":"0","msg":"","data":[]}'],
    ['a cut answer', ANSWER.slice(0, -1)],
    ['a bad row', ANSWER.replace('65010.2', 'x')],
    ['a web page', '<html></html>'],
  ])('refuses %s', (_, text) => {
    expect(decodeRestBook(text, instrument, new DepthFrame())).toBe(DepthResult.malformed);
  });
});

test('a hundred instruments are told apart by their bytes', () => {
  const instruments = Array.from({ length: 100 }, (_, index) =>
    testInstrument(index, `C${index}-USDT`, '0.1', '1'),
  );
  const decoder = new DepthDecoder(instruments);
  const frame = new DepthFrame();
  for (const instrument of instruments) {
    const bytes = Buffer.from(SNAPSHOT.replace('BTC-USDT-SWAP', instrument.instId).replaceAll(/\.\d"/g, '"'));
    expect(decoder.decode(bytes, 0, bytes.length, frame)).toBe(DepthResult.depth);
    expect([frame.instrument, frame.isSlowPath]).toEqual([instrument.index, false]);
  }
});

function withAsks(count: number): string {
  const asks = Array.from({ length: count }, (_, row) => [String(row + 1), '1', '0', '1']);
  return `{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":${JSON.stringify(asks)},"bids":[],"ts":"1","checksum":0,"seqId":1,"prevSeqId":-1}]}`;
}
