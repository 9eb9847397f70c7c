import { describe, expect, it } from 'vitest';
import { CommandOp } from '../../engine/base/command-op.ts';
import type { Instrument } from '../../engine/base/instrument.ts';
import { Side } from '../../engine/base/side.ts';
import { AckDecoder, AckFrame } from '../../engine/okx/ack-decoder.ts';
import { OrderEncoder } from '../../engine/okx/order-encoder.ts';
import { ackText, restOperation } from '../../engine/okx/rest-operation.ts';
import { instrumentsOf } from './okx-fixtures.ts';

const [BTC_USDT, BTC_SWAP] = instrumentsOf('BTC-USDT', 'BTC-USDT-SWAP') as [Instrument, Instrument];

const NAMES = new Map([BTC_USDT, BTC_SWAP].map(({ instIdCode, instId }) => [instIdCode, instId]));
const instIdOf = (code: number): string | undefined => NAMES.get(code);

function encoded(fill: (encoder: OrderEncoder) => void): string {
  const encoder = new OrderEncoder({
    instruments: [BTC_USDT, BTC_SWAP],
    tag: 'TAG1',
    tradeModes: ['cash', 'cross'],
    run: 42,
  });
  fill(encoder);
  return Buffer.from(encoder.buffer.subarray(0, encoder.finish())).toString('latin1');
}

describe('the REST twin of an order operation', () => {
  it('of a batch of places has names for codes, and the expTime beside it', () => {
    const text = encoded((encoder) => {
      encoder.begin(CommandOp.place, 17, 2, 1_763_676_600_900);
      encoder.addPlace(0, Side.buy, 650_001, 100_000, 7, 3, false);
      encoder.addPlace(1, Side.sell, 650_011, 10, 8, 1, true);
    });
    const operation = restOperation(text, instIdOf);
    const { id, op, path, expTime, body } = operation;
    expect([id, op, path, expTime]).toEqual([
      '17',
      'batch-orders',
      '/api/v5/trade/batch-orders',
      '1763676600900',
    ]);
    const sent = (JSON.parse(text) as { args: { instIdCode: number; clOrdId: string; tag: string }[] }).args;
    const names = [BTC_USDT.instId, BTC_SWAP.instId];
    const expected = sent.map(({ instIdCode: _code, ...fields }, index) => ({
      instId: names[index],
      ...fields,
    }));
    expect(JSON.parse(body)).toEqual(expected);
    expect(expected.every(({ tag }) => tag === 'TAG1')).toBe(true);
    expect(operation.items.map(({ instId, clOrdId }) => [instId, clOrdId])).toEqual(
      sent.map(({ clOrdId }, index) => [names[index], clOrdId]),
    );
  });

  it('of one amend and of one cancel is an object', () => {
    const amend = encoded((encoder) => {
      encoder.begin(CommandOp.amend, 18, 1, 0);
      encoder.addAmend(1, 650_001, 0, 8, 1, 55);
    });
    const operation = restOperation(amend, instIdOf);
    expect([operation.path, operation.expTime]).toEqual(['/api/v5/trade/amend-order', '']);
    expect(JSON.parse(operation.body)).toMatchObject({
      instId: BTC_SWAP.instId,
      reqId: '55',
      cxlOnFail: false,
    });
    expect(operation.items[0]).toMatchObject({ reqId: '55', newSz: '' });
    const cancel = encoded((encoder) => {
      encoder.begin(CommandOp.cancel, 19, 1, 0);
      encoder.addCancel(0, 7, 3);
    });
    expect(restOperation(cancel, instIdOf).path).toBe('/api/v5/trade/cancel-order');
  });

  it('of a mass cancel names its family as it was', () => {
    const text =
      '{"id":"1","op":"mass-cancel","args":[{"instType":"OPTION","instFamily":"BTC-USD","lockInterval":"0"}]}';
    const { path, body } = restOperation(text, instIdOf);
    expect([path, body]).toEqual([
      '/api/v5/trade/mass-cancel',
      '{"instType":"OPTION","instFamily":"BTC-USD","lockInterval":"0"}',
    ]);
  });

  it('of another message, or of an instrument without a name, is a mistake', () => {
    expect(() => restOperation('{"op":"subscribe","args":[]}', instIdOf)).toThrow('an order operation');
    expect(() => restOperation('{"id":"1","op":"order","args":[{"instIdCode":5}]}', instIdOf)).toThrow(
      'the code',
    );
  });

  it('has an answer that the decoder of acks reads', () => {
    const text = encoded((encoder) => {
      encoder.begin(CommandOp.cancel, 20, 2, 0);
      encoder.addCancel(0, 7, 3);
      encoder.addCancel(1, 8, 1);
    });
    const operation = restOperation(text, instIdOf);
    const [first, second] = operation.items;
    const envelope =
      ` {"code":"2","msg":"","data":[{"clOrdId":"${first!.clOrdId}","ordId":"1","sCode":"0","sMsg":""},` +
      `{"clOrdId":"${second!.clOrdId}","ordId":"","sCode":"51400","sMsg":"gone"}],"inTime":"1700000000000001","outTime":"1700000000000002"}`;
    const bytes = Buffer.from(ackText(operation, envelope));
    const ack = new AckFrame();
    expect(new AckDecoder().decode(bytes, 0, bytes.length, ack)).toBe(true);
    expect([ack.requestId, ack.code, ack.itemCount, ack.inTimeUs]).toEqual([20, 2, 2, 1_700_000_000_000_001]);
    expect([...ack.sCode.subarray(0, 2)]).toEqual([0, 51_400]);
    expect([...ack.slot.subarray(0, 2)]).toEqual([7, 8]);
    const refused = Buffer.from(ackText(operation, '{"code":"50011","msg":"Too Many Requests","data":[]}'));
    expect(new AckDecoder().decode(refused, 0, refused.length, ack)).toBe(true);
    expect([ack.requestId, ack.code, ack.itemCount]).toEqual([20, 50_011, 0]);
  });
});
