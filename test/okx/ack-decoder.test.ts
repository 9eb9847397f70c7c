import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AckDecoder, AckFrame, AckOp } from '../../engine/okx/ack-decoder.ts';
import { ClientOrderId, clientOrderIdText } from '../../engine/okx/client-order-id.ts';
import { bytesOf, documentationExamples } from './okx-fixtures.ts';
import { truncationsAndFlips } from './mutations.ts';

type Json = Record<string, unknown>;

const TAG = '7001';

const OPS = [
  'order',
  'batch-orders',
  'amend-order',
  'batch-amend-orders',
  'cancel-order',
  'batch-cancel-orders',
  'mass-cancel',
];

/** The frame as plain values, for comparison. */
function shown(ack: AckFrame): Json {
  return {
    requestId: ack.requestId,
    op: ack.op,
    code: ack.code,
    inTimeUs: ack.inTimeUs,
    outTimeUs: ack.outTimeUs,
    items: Array.from({ length: ack.itemCount }, (_, item) => ({
      isOurs: ack.isOurs[item],
      run: ack.run[item],
      slot: ack.slot[item],
      generation: ack.generation[item],
      hasTag: ack.hasTag[item],
      sCode: ack.sCode[item],
      subCode: ack.subCode[item],
      tsMs: ack.tsMs[item],
      reqId: ack.reqId[item],
    })),
  };
}

function whole(value: unknown, digitsMax: number): number {
  const text = typeof value === 'string' ? value : typeof value === 'number' ? JSON.stringify(value) : '';
  const isWhole = new RegExp(`^-?\\d{1,${digitsMax}}$`).test(text);
  return isWhole && Number.isSafeInteger(Number(text)) ? Number(text) + 0 : -1;
}

/** The decoder's naive twin: JSON.parse, then the same rules. Undefined is malformed. */
function naiveAck(bytes: Uint8Array): Json | undefined {
  let root: Json;
  try {
    root = JSON.parse(Buffer.from(bytes).toString('utf8')) as Json;
  } catch {
    return undefined;
  }
  if (typeof root !== 'object' || root === null || Array.isArray(root)) return undefined;
  const data = root['data'];
  if (typeof root['op'] !== 'string' || root['event'] === 'error') return undefined;
  if (!Array.isArray(data) || data.length > 20) return undefined;
  const code = whole(root['code'], 9);
  const id = new ClientOrderId(TAG, true);
  const items: Json[] = [];
  for (const item of data as (Json | null)[]) {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined;
    const clOrdId = item['clOrdId'];
    const isOurs = typeof clOrdId === 'string' && id.parseText(clOrdId);
    const sCode = whole(item['sCode'], 9);
    items.push({
      isOurs: isOurs ? 1 : 0,
      run: isOurs ? id.run : 0,
      slot: isOurs ? id.slot : 0,
      generation: isOurs ? id.generation : 0,
      hasTag: item['tag'] === TAG ? 1 : 0,
      sCode: sCode === -1 ? code : sCode,
      subCode: whole(item['subCode'], 9),
      tsMs: whole(item['ts'], 16),
      reqId: whole(item['reqId'], 16),
    });
  }
  const op = OPS.indexOf(root['op']);
  return {
    requestId: whole(root['id'], 16),
    op: op < 0 ? AckOp.other : op,
    code,
    inTimeUs: whole(root['inTime'], 16),
    outTimeUs: whole(root['outTime'], 16),
    items,
  };
}

function acceptedItems(count: number): Json[] {
  return Array.from({ length: count }, () => ({ sCode: '0' }));
}

function decoded(bytes: Uint8Array, decoder = new AckDecoder(TAG, true)): Json | undefined {
  const ack = new AckFrame();
  return decoder.decode(bytes, 0, bytes.length, ack) ? shown(ack) : undefined;
}

/** By a decoder that has just seen another ack, whose items' shape it looks for. */
function decodedAfter(former: Uint8Array, bytes: Uint8Array): Json | undefined {
  LEARNED.decode(former, 0, former.length, new AckFrame());
  return decoded(bytes, LEARNED);
}

const LEARNED = new AckDecoder(TAG, true);

const acks = documentationExamples().filter((example) => example.json['op'] && example.json['data']);

describe('acks of the documentation', () => {
  it.each(acks.map((example) => [example.line, example.json] as const))('line %d', (_line, json) => {
    const ack = decoded(bytesOf(json));
    expect(ack).toBeDefined();
    expect(ack).toEqual(naiveAck(bytesOf(json)));
    expect(ack!['op']).toBe(OPS.indexOf(json['op'] as string));
    expect(ack!['code']).toBe(Number(json['code']));
    expect((ack!['items'] as Json[]).length).toBe((json['data'] as Json[]).length);
  });

  it('were given in number', () => {
    expect(acks.length).toBe(23);
  });
});

const PARTIAL =
  '{"id":"9000000001","op":"batch-orders","data":[' +
  '{"clOrdId":"1000000420007000003","ordId":"3059871234567890432","tag":"7001","ts":"1763676600131","sCode":"0","sMsg":"","subCode":""},' +
  '{"clOrdId":"1000000420008000001","ordId":"","tag":"7001","ts":"1763676600131","sCode":"51008","sMsg":"Order failed. Insufficient \\"USDT\\" margin","subCode":"1001"}],' +
  '"code":"2","msg":"","inTime":"1763676600129881","outTime":"1763676600132410"}';

describe('an ack', () => {
  it('of a batch that partly failed names every item', () => {
    expect(decoded(bytesOf(PARTIAL))).toEqual({
      requestId: 9_000_000_001,
      op: AckOp.batchOrders,
      code: 2,
      inTimeUs: 1_763_676_600_129_881,
      outTimeUs: 1_763_676_600_132_410,
      items: [
        {
          isOurs: 1,
          run: 42,
          slot: 7,
          generation: 3,
          hasTag: 1,
          sCode: 0,
          subCode: -1,
          tsMs: 1763676600131,
          reqId: -1,
        },
        {
          isOurs: 1,
          run: 42,
          slot: 8,
          generation: 1,
          hasTag: 1,
          sCode: 51008,
          subCode: 1001,
          tsMs: 1763676600131,
          reqId: -1,
        },
      ],
    });
  });

  it('without sCodes takes the root code, as the documentation rules', () => {
    const ack = decoded(
      bytesOf('{"id":"1","op":"mass-cancel","data":[{"result":true}],"code":"0","msg":""}'),
    );
    expect(ack).toMatchObject({ op: AckOp.massCancel, items: [{ sCode: 0, isOurs: 0 }] });
  });

  it('of more items than a batch can have is malformed', () => {
    expect(
      decoded(bytesOf({ id: '1', op: 'batch-orders', code: '0', data: acceptedItems(20) })),
    ).toBeDefined();
    expect(
      decoded(bytesOf({ id: '1', op: 'batch-orders', code: '0', data: acceptedItems(21) })),
    ).toBeUndefined();
  });

  it('whose texts are escaped is read all the same, and counted', () => {
    const source = PARTIAL.replace('"51008"', '"5\\u0031008"').replace('"sCode":"0"', '"sC\\u006fde":"0"');
    const decoder = new AckDecoder(TAG, true);
    const ack = new AckFrame();
    const bytes = bytesOf(source);
    expect(decoder.decode(bytes, 0, bytes.length, ack)).toBe(true);
    expect(shown(ack)).toEqual(decoded(bytesOf(PARTIAL)));
    expect(decoder.slowFrames).toBe(1);
    expect(decoder.malformedFrames).toBe(0);
  });

  it('leaves nothing behind for the next one', () => {
    const decoder = new AckDecoder(TAG, true);
    const ack = new AckFrame();
    const first = bytesOf(PARTIAL);
    const second = bytesOf('{"op":"order","data":[{}]}');
    decoder.decode(first, 0, first.length, ack);
    expect(decoder.decode(second, 0, second.length, ack)).toBe(true);
    expect(shown(ack)).toEqual(naiveAck(second));
  });

  it('is one message in a larger buffer', () => {
    const bytes = bytesOf(`xx${PARTIAL}yy`);
    const ack = new AckFrame();
    expect(new AckDecoder(TAG, true).decode(bytes, 2, bytes.length - 2, ack)).toBe(true);
    expect(new AckDecoder(TAG, true).decode(bytes, 2, bytes.length - 1, ack)).toBe(false);
  });
});

describe('error events', () => {
  it('give the request and the code', () => {
    const decoder = new AckDecoder(TAG, true);
    const ack = new AckFrame();
    const bytes = bytesOf(
      '{"id":"17","event":"error","code":"60012","msg":"Invalid request: {\\"op\\"}","connId":"a"}',
    );
    expect(decoder.decodeErrorEvent(bytes, 0, bytes.length, ack)).toBe(true);
    expect(shown(ack)).toMatchObject({ requestId: 17, code: 60012, items: [] });
    expect(decoder.decode(bytes, 0, bytes.length, ack)).toBe(false);
    const other = bytesOf('{"event":"subscribe","arg":{"channel":"books"}}');
    expect(decoder.decodeErrorEvent(other, 0, other.length, ack)).toBe(false);
  });
});

describe('the ack decoder and its naive twin agree', () => {
  it('on every truncation and flipped byte of golden acks, without a throw', () => {
    const golden = [PARTIAL, ...acks.slice(0, 8).map((example) => JSON.stringify(example.json))];
    const disagreements: string[] = [];
    let malformed = 0;
    let legal = 0;
    for (const source of golden) {
      const former = bytesOf(source);
      for (const bytes of truncationsAndFlips(former)) {
        const actual = decoded(bytes);
        const expected = JSON.stringify(naiveAck(bytes));
        // A thousand times cheaper than an assertion each.
        if (JSON.stringify(actual) !== expected || JSON.stringify(decodedAfter(former, bytes)) !== expected) {
          disagreements.push(Buffer.from(bytes).toString('latin1'));
        }
        if (actual === undefined) malformed++;
        else legal++;
      }
    }
    expect(disagreements).toEqual([]);
    expect(malformed).toBeGreaterThan(10_000);
    expect(legal).toBeGreaterThan(10_000);
  });

  it('on acks of any order of fields, spacing and content', () => {
    const id = fc
      .record({
        run: fc.nat(99_999_999),
        slot: fc.nat(9_999),
        generation: fc.integer({ min: 1, max: 999_999 }),
      })
      .chain(({ run, slot, generation }) =>
        fc.constantFrom('', TAG, 'X').map((tag) => clientOrderIdText(run, slot, generation, tag)),
      );
    const number = fc.oneof(
      fc.nat().map(String),
      fc.maxSafeInteger().map(String),
      fc.constant(''),
      fc.integer(),
    );
    const value = fc.oneof(
      id,
      fc.constantFrom(TAG, `${TAG}1`),
      number,
      fc.string(),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const item = fc.dictionary(
      fc.constantFrom('clOrdId', 'ordId', 'sCode', 'subCode', 'ts', 'reqId', 'sMsg', 'tag', 'new'),
      value,
    );
    const ack = fc.record(
      {
        msg: fc.string(),
        id: number,
        op: fc.oneof(fc.constantFrom(...OPS), fc.string()),
        data: fc.oneof({ weight: 20, arbitrary: fc.array(item, { maxLength: 21 }) }, fc.jsonValue()),
        code: number,
        inTime: number,
        outTime: number,
        extra: fc.jsonValue({ maxDepth: 3 }),
      },
      { requiredKeys: ['op', 'data'] },
    );
    const shuffled = ack.chain((object) =>
      fc
        .shuffledSubarray(Object.entries(object), { minLength: Object.keys(object).length })
        .map((entries) => Object.fromEntries(entries)),
    );
    fc.assert(
      fc.property(shuffled, fc.constantFrom(undefined, 1, '\t'), (object, space) => {
        const bytes = bytesOf(JSON.stringify(object, null, space));
        const expected = naiveAck(bytes);
        expect(decoded(bytes)).toEqual(expected);
        // Whatever this one learned from the run before, and then from the same bytes.
        expect(decoded(bytes, LEARNED)).toEqual(expected);
        expect(decoded(bytes, LEARNED)).toEqual(expected);
      }),
      { numRuns: 3_000 },
    );
  });
});
