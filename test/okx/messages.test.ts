import { describe, expect, it } from 'vitest';
import { decodeEvent } from '../../engine/okx/event-decoder.ts';
import { OkxMessageError } from '../../engine/okx/okx-message-error.ts';
import { decodePush } from '../../engine/okx/push-decoder.ts';
import { Channel } from '../../engine/okx/shapes.ts';
import { documentationExamples, fixtureLines } from './okx-fixtures.ts';
import { truncationsAndFlips } from './mutations.ts';

type Json = Record<string, unknown>;

/** A fill of ours on the fills channel. */
const FILL =
  '{"arg":{"channel":"fills","instId":"BTC-USDT-SWAP","uid":"446556789012345678"},"data":[{"instId":"BTC-USDT-SWAP","fillSz":"0.4","fillPx":"65000.1","side":"buy","ts":"1763676603207","ordId":"3059871234567890432","clOrdId":"1000000420007000003","tradeId":"1544789377","execType":"M","count":"1"}]}';

const examples = documentationExamples();
const events = examples.filter(({ json }) => json['event']);
const pushes = examples.filter(({ json }) => json['arg'] && json['data']);

function example(channel: string): string {
  const found = pushes.find(({ json }) => (json['arg'] as Json)['channel'] === channel);
  return JSON.stringify(found!.json);
}

describe('events', () => {
  it('of the documentation all decode', () => {
    expect(events.length).toBeGreaterThan(60);
    for (const { json } of events) {
      const event = decodeEvent(JSON.stringify(json)) as unknown as Json;
      const code = json['code'] === undefined ? undefined : Number(json['code']);
      const connCount = json['connCount'] === undefined ? undefined : Number(json['connCount']);
      expect([event['event'], event['arg'], event['code'], event['connCount']]).toEqual([
        json['event'],
        json['arg'],
        code,
        connCount,
      ]);
    }
  });

  it('carry what a session needs', () => {
    expect(decodeEvent('{"event":"login","code":"0","msg":"","connId":"a4d3ae55"}')).toEqual({
      event: 'login',
      code: 0,
      msg: '',
      id: '',
      connId: 'a4d3ae55',
    });
    expect(decodeEvent('{"event":"notice","code":"64008","msg":"soon","connId":"a"}')).toMatchObject({
      event: 'notice',
      code: 64_008,
    });
    expect(
      decodeEvent('{"event":"channel-conn-count-error","channel":"orders","connCount":"30","connId":"a"}'),
    ).toMatchObject({ event: 'channel-conn-count-error', channel: 'orders', connCount: 30 });
  });

  it('of a kind unknown today are not errors', () => {
    expect(decodeEvent('{"event":"celebration","id":"5"}')).toMatchObject({
      event: 'other',
      name: 'celebration',
      id: '5',
    });
  });

  it.each(['', '{', '[]', 'null', '{"event":""}', '{"event":"subscribe"}', '{"event":"login","code":"x"}'])(
    'that are not: %j',
    (text) => {
      expect(() => decodeEvent(text)).toThrow(OkxMessageError);
    },
  );
});

describe('pushes', () => {
  it('of the documentation all decode', () => {
    expect(pushes.length).toBeGreaterThan(30);
    const known = new Set<string>();
    for (const { json } of pushes) {
      const push = decodePush(JSON.stringify(json));
      const name = push.channel === 'other' ? push.name : push.channel;
      expect(name).toBe((json['arg'] as Json)['channel']);
      if (push.channel !== 'other') known.add(push.channel);
    }
    expect([...known].sort()).toEqual(
      [
        Channel.account,
        Channel.optSummary,
        Channel.balanceAndPosition,
        Channel.fills,
        Channel.fundingRate,
        Channel.indexTickers,
        Channel.instruments,
        Channel.markPrice,
        Channel.positions,
        Channel.priceLimit,
        Channel.status,
        Channel.tickers,
        Channel.trades,
        Channel.tradesAll,
      ].sort(),
    );
  });

  it('of real private sessions all decode, empty texts where numbers could be', () => {
    const counts: Record<string, number> = {};
    let details = 0;
    for (const name of ['okx_account.jsonl', 'okx_positions.jsonl', 'okx_position_account_ws01.jsonl']) {
      for (const line of fixtureLines<Json>(name)) {
        const text = JSON.stringify(line);
        const message = line['event'] ? decodeEvent(text) : decodePush(text);
        const kind = 'event' in message ? 'event' : message.channel;
        counts[kind] = (counts[kind] ?? 0) + 1;
        if ('rows' in message && message.channel === 'account') details += message.rows[0]!.details.length;
      }
    }
    expect(counts).toEqual({ event: 6, account: 7, positions: 30 });
    expect(details).toBeGreaterThan(30);
  });

  it('give the fields that the engine reads', () => {
    const limit =
      '{"arg":{"channel":"price-limit","instId":"BTC-USDT-SWAP"},"data":[{"instId":"BTC-USDT-SWAP","buyLmt":"66960.4","sellLmt":"63059.8","ts":"1763676600200","enabled":true}]}';
    expect(decodePush(limit)).toMatchObject({
      channel: 'price-limit',
      rows: [
        {
          instId: 'BTC-USDT-SWAP',
          buyLmt: '66960.4',
          sellLmt: '63059.8',
          isEnabled: true,
          tsMs: 1763676600200,
        },
      ],
    });
    expect(decodePush(limit.replace('"66960.4"', '""').replace('true', 'false'))).toMatchObject({
      rows: [{ buyLmt: '', isEnabled: false }],
    });
    expect(decodePush(example('trades'))).toMatchObject({
      rows: [{ instId: 'BTC-USDT', side: expect.any(String) as string }],
    });
    expect(decodePush(example('positions'))).toMatchObject({ eventType: 'snapshot', isLastPage: true });
    expect(decodePush(example('balance_and_position'))).toMatchObject({
      rows: [{ eventType: 'snapshot', balances: [{ ccy: 'BTC', cashBal: '1' }], positions: [{ pos: '10' }] }],
    });
    expect(decodePush(FILL)).toMatchObject({
      rows: [{ tradeId: '1544789377', execType: 'M', clOrdId: '1000000420007000003', tsMs: 1763676603207 }],
    });
    expect(decodePush(example('status'))).toMatchObject({ rows: [{ serviceType: '0', state: 'completed' }] });
    expect(decodePush(example('instruments'))).toMatchObject({
      instruments: { fields: [{ instId: 'BTC-USDT', instIdCode: 1_000_000_000 }], refused: [] },
    });
  });

  it.each([
    '{"arg":{"channel":"trades"},"data":{}}',
    '{"arg":{},"data":[]}',
    '{"data":[]}',
    '{"arg":{"channel":"trades"},"data":[1]}',
    '{"arg":{"channel":"trades"},"data":[{"instId":""}]}',
    '{"arg":{"channel":"trades"},"data":[{"instId":"X","px":"1,5"}]}',
    '{"arg":{"channel":"trades"},"data":[{"instId":"X","ts":"1.5"}]}',
  ])('that are not: %j', (text) => {
    expect(() => decodePush(text)).toThrow(OkxMessageError);
  });

  it('cut or flipped anywhere decode, or are refused with the one error', () => {
    const decoder = new TextDecoder();
    let refused = 0;
    for (const channel of ['trades', 'fills', 'mark-price', 'balance_and_position']) {
      for (const bytes of truncationsAndFlips(new TextEncoder().encode(example(channel)))) {
        try {
          decodePush(decoder.decode(bytes));
        } catch (error) {
          if (!(error instanceof OkxMessageError)) throw error;
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(1_000);
  });
});
