import { describe, expect, it } from 'vitest';
import { benchInstrument } from '../../bench/feeds/bench-instrument.ts';
import { VenueAnswers } from '../../bench/rig/venue-answers.ts';
import { CommandOp } from '../../engine/base/command-op.ts';
import { Side } from '../../engine/base/side.ts';
import { AckDecoder, AckFrame, AckOp } from '../../engine/okx/ack-decoder.ts';
import { OrderEncoder } from '../../engine/okx/order-encoder.ts';
import {
  OrderUpdateDecoder,
  OrderUpdateFrame,
  OrderUpdateState,
} from '../../engine/okx/order-update-decoder.ts';
import { TdMode } from '../../engine/okx/shapes.ts';

const instruments = [benchInstrument(0, 'BTC-USDT-SWAP', 1, 2), benchInstrument(1, 'ETH-USDT-SWAP', 2, 1)];

function scene() {
  const encoder = new OrderEncoder({
    instruments,
    tag: 'BENCHTAG',
    tradeModes: [TdMode.cross, TdMode.cross],
    run: 42,
  });
  const answers = new VenueAnswers(instruments);
  const ack = new AckFrame();
  const updates = new OrderUpdateFrame();
  const ackDecoder = new AckDecoder();
  const updateDecoder = new OrderUpdateDecoder(instruments, 'BENCHTAG');
  // The bytes of an earlier, longer message stay behind the present one, as in the benchmarks.
  const batch = Buffer.alloc(8_192, '{"clOrdId":"","newSz":"9","newPx":"9"}');
  return {
    encoder,
    answer(): { ack: AckFrame; pushes: OrderUpdateFrame[] } {
      const length = encoder.finish();
      batch.set(encoder.buffer.subarray(0, length));
      answers.answer(batch, length);
      expect(JSON.parse(answers.ack.toString('latin1', 0, answers.ackLength))).toBeTypeOf('object');
      expect(ackDecoder.decode(answers.ack, 0, answers.ackLength, ack)).toBe(true);
      const pushes: OrderUpdateFrame[] = [];
      for (let push = 0; push < answers.pushCount; push++) {
        const [start, end] = [answers.pushStarts[push]!, answers.pushStarts[push + 1]!];
        expect(JSON.parse(answers.pushes.toString('latin1', start, end))).toBeTypeOf('object');
        expect(updateDecoder.decode(answers.pushes, start, end, updates)).toBe(true);
        pushes.push(structuredClone(updates) as OrderUpdateFrame);
      }
      return { ack, pushes };
    },
    answers,
  };
}

describe('the answers of the venue', () => {
  it('accept a batch of places, and say that they rest', () => {
    const { encoder, answer, answers } = scene();
    encoder.begin(CommandOp.place, 17, 2, 1_763_676_602_000);
    encoder.addPlace(0, Side.buy, 650_001, 150, 3, 7, false);
    encoder.addPlace(1, Side.sell, 350_012, 12, 4, 1, false);
    const { ack, pushes } = answer();
    expect(ack).toMatchObject({ op: AckOp.batchOrders, code: 0, itemCount: 2, requestId: 17 });
    expect([ack.slot[0], ack.generation[0], ack.sCode[0]]).toEqual([3, 7, 0]);
    expect([ack.slot[1], ack.generation[1], ack.sCode[1]]).toEqual([4, 1, 0]);
    expect(
      pushes.map((push) => [
        push.instrument[0],
        push.side[0],
        push.state[0],
        push.priceTicks[0],
        push.sizeLots[0],
      ]),
    ).toEqual([
      [0, Side.buy, OrderUpdateState.live, 650_001, 150],
      [1, Side.sell, OrderUpdateState.live, 350_012, 12],
    ]);
    expect(pushes.every((push) => push.hasTag[0] === 1 && push.run[0] === 42)).toBe(true);
    expect([...answers.commands]).toEqual([2, 0, 0]);
  });

  it('keep what an amend leaves as it is, and name the amend', () => {
    const { encoder, answer, answers } = scene();
    encoder.begin(CommandOp.place, 1, 1, 0);
    encoder.addPlace(0, Side.sell, 650_100, 200, 9, 2, false);
    answer();
    encoder.begin(CommandOp.amend, 2, 1, 0);
    encoder.addAmend(0, 650_090, 0, 9, 2, 31);
    const { ack, pushes } = answer();
    expect(ack).toMatchObject({ op: AckOp.amend, itemCount: 1 });
    expect(ack.reqId[0]).toBe(31);
    expect(pushes[0]).toMatchObject({ count: 1 });
    expect([
      pushes[0]!.priceTicks[0],
      pushes[0]!.sizeLots[0],
      pushes[0]!.amendResult[0],
      pushes[0]!.reqId[0],
    ]).toEqual([650_090, 200, 0, 31]);
    expect([...answers.commands]).toEqual([1, 1, 0]);
  });

  it('end a cancelled order', () => {
    const { encoder, answer, answers } = scene();
    encoder.begin(CommandOp.place, 1, 1, 0);
    encoder.addPlace(0, Side.buy, 650_000, 200, 5, 1, false);
    answer();
    encoder.begin(CommandOp.cancel, 2, 1, 0);
    encoder.addCancel(0, 5, 1);
    const { ack, pushes } = answer();
    expect(ack.op).toBe(AckOp.cancel);
    expect([pushes[0]!.state[0], pushes[0]!.cancelSource[0]]).toEqual([OrderUpdateState.canceled, 1]);
    expect([...answers.commands]).toEqual([1, 0, 1]);
  });

  it('refuse what the encoder would not write', () => {
    const answers = new VenueAnswers(instruments);
    const batch = Buffer.from('{"op":"order"}');
    expect(() => answers.answer(batch, batch.length)).toThrow('expected "id":"');
  });
});
