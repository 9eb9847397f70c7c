import { describe, expect, it } from 'vitest';
import { FrameKind, PushChannel, frameKind, pushChannel } from '../../engine/okx/frame-kind.ts';
import { Channel } from '../../engine/okx/shapes.ts';
import { bytesOf, documentationExamples, fixtureLines } from './okx-fixtures.ts';
import { truncationsAndFlips } from './mutations.ts';

function kindOf(value: unknown): FrameKind {
  const bytes = bytesOf(value);
  return frameKind(bytes, 0, bytes.length);
}

function channelOf(value: unknown): PushChannel {
  const bytes = bytesOf(value);
  return pushChannel(bytes, 0, bytes.length);
}

type Json = Record<string, unknown>;

describe('the kind of a frame', () => {
  it('is right for every message of the documentation, in any order of fields and spacing', () => {
    for (const { json, line } of documentationExamples()) {
      const expected = json['event'] ? FrameKind.event : json['op'] ? FrameKind.ack : FrameKind.push;
      const reversed = Object.fromEntries(Object.entries(json).toReversed());
      for (const shape of [JSON.stringify(json), JSON.stringify(json, null, 2), JSON.stringify(reversed)]) {
        expect(kindOf(shape), `line ${line}: ${shape}`).toBe(expected);
      }
    }
  });

  it('is right for real private sessions', () => {
    const kinds = fixtureLines<Json>('okx_account.jsonl').map(kindOf);
    expect(kinds.slice(0, 4)).toEqual([FrameKind.event, FrameKind.event, FrameKind.event, FrameKind.push]);
  });

  it.each([
    ['pong', FrameKind.pong],
    ['pong ', FrameKind.other],
    ['ping', FrameKind.other],
    ['', FrameKind.other],
    ['{}', FrameKind.other],
    ['[]', FrameKind.other],
    ['{"arg":{"channel":"books"}}', FrameKind.other],
    ['{"data":[],"arg":{"channel":"books"}}', FrameKind.push],
    ['{"arg":{"channel":"x},\\"data\\":["},"event":"subscribe"}', FrameKind.event],
    ['{"id":"1","code":"60012","event":"error"}', FrameKind.event],
    ['{"data":[{"op":"x","event":"y"}],"code":"0","op":"order","id":"1"}', FrameKind.ack],
    ['{"id" "x"}', FrameKind.other],
  ])('of %j', (text, kind) => {
    expect(kindOf(text)).toBe(kind);
  });

  it('never throws, and stays inside its range', () => {
    const push = bytesOf('{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[],"bids":[]}]}');
    for (const bytes of truncationsAndFlips(push)) {
      expect(Object.values(FrameKind)).toContain(frameKind(bytes, 0, bytes.length));
      expect(Object.values(PushChannel)).toContain(pushChannel(bytes, 0, bytes.length));
    }
    const inside = bytesOf(`xx{"op":"order","data":[]}`);
    expect(frameKind(inside, 2, inside.length)).toBe(FrameKind.ack);
    expect(frameKind(inside, 2, 4)).toBe(FrameKind.other);
  });
});

describe('the channel of a push', () => {
  // Of trades there is one channel for the engine; those of algo orders never reach it.
  const elsewhere = ['tradesAll', 'ordersAlgo', 'algoAdvance'];
  it.each(Object.entries(Channel).filter(([name]) => !elsewhere.includes(name)))('%s', (name, channel) => {
    const expected = PushChannel[name as keyof typeof PushChannel];
    expect(expected).toBeGreaterThan(0);
    expect(channelOf({ arg: { channel, instId: 'BTC-USDT' }, data: [] })).toBe(expected);
    expect(channelOf({ data: [{ arg: { channel: 'x' } }], arg: { instId: 'BTC-USDT', channel } })).toBe(
      expected,
    );
  });

  it('is other for channels this engine does not know', () => {
    for (const arg of [{ channel: 'candle1D' }, { channel: '' }, { channel: 5 }, {}, 'books']) {
      expect(channelOf({ arg, data: [] })).toBe(PushChannel.other);
    }
    expect(channelOf('nonsense')).toBe(PushChannel.other);
  });
});
