import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LISTED_REJECT_CODES, RejectDecision, rejectDecision } from '../../engine/okx/reject-codes.ts';
import {
  encodeLogin,
  encodeMassCancel,
  encodeRestCancels,
  encodeSubscribe,
  encodeUnsubscribe,
  splitChannels,
} from '../../engine/okx/request-encoder.ts';
import { documentedRejectCodes } from './okx-fixtures.ts';
import { assertTag } from '../../engine/okx/tag.ts';
import { ENDPOINTS, HEADER_DEMO } from '../../engine/okx/venue-limits.ts';

const books = { channel: 'books', instId: 'BTC-USDT' };

function batch<Item>(item: fc.Arbitrary<Item>): fc.Arbitrary<Item[]> {
  return fc.array(item, { minLength: 1, maxLength: 20 });
}

describe('requests', () => {
  it('have the shapes of the documentation', () => {
    expect(encodeLogin({ apiKey: 'k', passphrase: 'p"', timestampSeconds: '1763676600', sign: 's=' })).toBe(
      '{"op":"login","args":[{"apiKey":"k","passphrase":"p\\"","timestamp":"1763676600","sign":"s="}]}',
    );
    expect(encodeSubscribe('b1', [books])).toBe(
      '{"id":"b1","op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}',
    );
    expect(encodeUnsubscribe('b2', [books])).toContain('"op":"unsubscribe"');
    expect(encodeMassCancel('m1', 'BTC-USD', 0)).toBe(
      '{"id":"m1","op":"mass-cancel","args":[{"instType":"OPTION","instFamily":"BTC-USD","lockInterval":"0"}]}',
    );
  });

  it('that OKX would refuse are refused here', () => {
    expect(() => encodeSubscribe('has-hyphen', [books])).toThrow(/expected/);
    expect(() => encodeSubscribe('', [books])).toThrow(/expected/);
    expect(() => encodeSubscribe('a', [])).toThrow(/expected/);
    const many = Array.from({ length: 2_000 }, () => books);
    expect(() => encodeSubscribe('a', many)).toThrow(/65536/);
    expect(() => encodeRestCancels([])).toThrow(/expected/);
    expect(() =>
      encodeRestCancels(Array.from({ length: 21 }, () => ({ instId: 'X', clOrdId: '1' }))),
    ).toThrow(/expected/);
  });

  it('of many channels are cut to 64 KB each, and lose none', () => {
    const many = Array.from({ length: 4_000 }, (_, index) => ({ ...books, instId: `X${index}` }));
    const requests = splitChannels(many);
    expect(requests.length).toBe(3);
    for (const request of requests) expect(() => encodeSubscribe('a', request)).not.toThrow();
    expect(requests.flat()).toEqual(many);
    expect(splitChannels([])).toEqual([]);
  });

  it('by REST parse back to what went in', () => {
    const word = fc.string({ minLength: 1 });
    const cancel = fc.record({ instId: word, ordId: word, clOrdId: word }, { requiredKeys: ['instId'] });
    fc.assert(
      fc.property(batch(cancel), (items) => {
        expect(JSON.parse(encodeRestCancels(items))).toEqual(items);
      }),
    );
  });
});

describe('tags', () => {
  it('are 1 to 16 letters and digits', () => {
    for (const tag of ['7', 'abcDEF0123456789']) {
      expect(() => assertTag(tag)).not.toThrow();
    }
    for (const tag of ['', 'abcDEF01234567890', 'a-b', 'a b', 'é', 'a\n']) {
      expect(() => assertTag(tag)).toThrow(/tag: expected/);
    }
  });
});

describe('endpoints', () => {
  it('never name port 8443, and are all secure', () => {
    const urls = Object.values(ENDPOINTS).flatMap((kinds) =>
      [kinds.live, kinds.demo].flatMap((each) => Object.values(each)),
    );
    expect(urls.length).toBe(32);
    for (const url of urls as string[]) {
      expect(new URL(url).port).toBe('');
      expect(['https:', 'wss:']).toContain(new URL(url).protocol);
    }
    expect(ENDPOINTS.global.demo.rest).toBe(ENDPOINTS.global.live.rest);
    expect(HEADER_DEMO).toBe('x-simulated-trading');
  });
});

describe('reject codes', () => {
  it('are listed once each', () => {
    expect(new Set(LISTED_REJECT_CODES).size).toBe(LISTED_REJECT_CODES.length);
    expect(LISTED_REJECT_CODES.length).toBeGreaterThan(180);
  });

  it('that the documentation names are all decided, none by the default', () => {
    const listed = new Set(LISTED_REJECT_CODES);
    const classes = Object.entries(documentedRejectCodes());
    expect(classes.length).toBe(22);
    for (const [about, codes] of classes) {
      expect(
        codes.filter((code) => !listed.has(code)),
        about,
      ).toEqual([]);
      for (const code of codes) expect(rejectDecision(code), `${code}`).not.toBe(RejectDecision.none);
    }
    const unknown = documentedRejectCodes()['unknown outcome']!;
    expect(unknown.map(rejectDecision)).toEqual(unknown.map(() => RejectDecision.unknownOutcome));
  });

  it.each([
    [0, 'none'],
    [2, 'none'],
    [50_011, 'retryLater'],
    [50_061, 'retryLater'],
    [51_149, 'unknownOutcome'],
    [50_036, 'drop'],
    [51_137, 'reprice'],
    [51_008, 'shrink'],
    [51_400, 'resync'],
    [51_503, 'resync'],
    [51_511, 'reprice'],
    [51_513, 'retryLater'],
    [51_016, 'unknownOutcome'],
    [50_113, 'halt'],
    [59_113, 'halt'],
    [60_011, 'retryLater'],
    [51_001, 'pauseInstrument'],
  ] as const)('%d means %s', (code, decision) => {
    expect(rejectDecision(code)).toBe(RejectDecision[decision]);
  });

  it('that nobody listed pause their instrument', () => {
    for (const code of [3, 51_999, 65_535, 65_536, -1, 1e9, Number.NaN]) {
      expect(rejectDecision(code)).toBe(RejectDecision.pauseInstrument);
    }
  });
});
