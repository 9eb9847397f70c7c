import fastJson from 'fast-json-stringify';
import { CommandOp } from '../../engine/base/command-op.ts';
import { Side } from '../../engine/base/side.ts';
import { clientOrderIdText } from '../../engine/okx/client-order-id.ts';
import { OrderEncoder } from '../../engine/okx/order-encoder.ts';
import { OrdType, OrderSide, StpMode, TdMode, WsOp } from '../../engine/okx/shapes.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { Checksum } from '../checksum.ts';
import { benchInstrument } from '../feeds/bench-instrument.ts';
import { GENERATED_INST_ID } from '../feeds/generated-feed.ts';
import { measureMicros } from '../micro-contender.ts';
import type { MicroWork } from '../micro-contender.ts';
import { BENCH_RUN, BENCH_TAG } from '../rig/engine-rig.ts';

const INSTRUMENT = benchInstrument(0, GENERATED_INST_ID, 1, 2);
const EXPIRY_MS = 1_763_676_602_000;
const CHECKSUM_MESSAGES = 100;
/** Prices and sizes come round after this many messages. */
const PERIOD = 1_024;

/** What the two JSON ways are given: the message as an object. */
interface OrderMessage {
  readonly id: string;
  readonly op: string;
  readonly expTime: string;
  readonly args: readonly object[];
}

/** The same messages, one after the other, in one way of writing them. Returns the length in bytes. */
type Writer = (message: number, into: Buffer) => number;

const textProperty = { type: 'string' } as const;
/** The same fields in the same order, so that the bytes must be the same. */
const stringify = fastJson({
  type: 'object',
  required: ['id', 'op', 'expTime', 'args'],
  properties: {
    id: textProperty,
    op: textProperty,
    expTime: textProperty,
    args: {
      type: 'array',
      items: {
        type: 'object',
        required: ['instIdCode', 'tdMode', 'side', 'ordType', 'px', 'sz', 'clOrdId', 'tag', 'stpMode'],
        properties: {
          instIdCode: { type: 'integer' },
          tdMode: textProperty,
          side: textProperty,
          ordType: textProperty,
          px: textProperty,
          sz: textProperty,
          clOrdId: textProperty,
          tag: textProperty,
          stpMode: textProperty,
        },
      },
    },
  },
});

function ticksOf(message: number, item: number): number {
  return 650_000 + ((message * 7 + item * 13) & 511);
}

function lotsOf(message: number, item: number): number {
  return 1 + ((message * 31 + item * 17) & 4_095);
}

function generationOf(message: number): number {
  return 1 + message;
}

function messageObject(message: number, items: number): OrderMessage {
  const args: object[] = [];
  for (let item = 0; item < items; item++) {
    args.push({
      instIdCode: INSTRUMENT.instIdCode,
      tdMode: TdMode.cross,
      side: (item & 1) === 0 ? OrderSide.buy : OrderSide.sell,
      ordType: OrdType.postOnly,
      px: INSTRUMENT.tick.toText(ticksOf(message, item)),
      sz: INSTRUMENT.lot.toText(lotsOf(message, item)),
      clOrdId: clientOrderIdText(BENCH_RUN, item, generationOf(message)),
      tag: BENCH_TAG,
      stpMode: StpMode.cancelMaker,
    });
  }
  const op = items === 1 ? WsOp.order : WsOp.batchOrders;
  return { id: String(1 + message), op, expTime: String(EXPIRY_MS + message), args };
}

function encoderWriter(items: number): { writer: Writer; bytes: Uint8Array } {
  const encoder = new OrderEncoder({
    instruments: [INSTRUMENT],
    tag: BENCH_TAG,
    tradeModes: [TdMode.cross],
    run: BENCH_RUN,
  });
  const writer: Writer = (message) => {
    encoder.begin(CommandOp.place, 1 + message, items, EXPIRY_MS + message);
    for (let item = 0; item < items; item++) {
      const side = (item & 1) === 0 ? Side.buy : Side.sell;
      encoder.addPlace(
        0,
        side,
        ticksOf(message, item),
        lotsOf(message, item),
        item,
        generationOf(message),
        false,
      );
    }
    return encoder.finish();
  };
  return { writer, bytes: encoder.buffer };
}

/** The encoder starts from ticks and lots; the other two are given texts, made before: only their writing is timed. */
function jsonWriter(items: number, write: (message: OrderMessage) => string): Writer {
  const messages = Array.from({ length: PERIOD }, (_, message) => messageObject(message, items));
  return (message, into) => into.write(write(messages[message]!), 'latin1');
}

function microOf(name: string, items: number, note: string, writer: Writer, bytes: Uint8Array): MicroWork {
  let next = 0;
  return {
    name,
    feed: items === 1 ? 'single' : `batch-${items}`,
    note,
    work(count: number): number {
      let length = 0;
      for (let index = 0; index < count; index++) {
        length += writer(next, bytes as Buffer);
        next = (next + 1) & (PERIOD - 1);
      }
      return length;
    },
    checksum(): string {
      const checksum = new Checksum();
      for (let message = 0; message < CHECKSUM_MESSAGES; message++) {
        checksum.addBytes(bytes, 0, writer(message, bytes as Buffer));
      }
      return checksum.text;
    },
  };
}

function microsOf(items: number): MicroWork[] {
  const own = encoderWriter(items);
  const into = Buffer.alloc(16_384);
  const json = jsonWriter(items, (message) => JSON.stringify(message));
  const fast = jsonWriter(items, (message) => stringify(message));
  return [
    microOf('encode', items, 'OrderEncoder, from ticks and lots', own.writer, own.bytes),
    microOf('encode:json-stringify', items, 'from texts', json, into),
    microOf('encode:fast-json-stringify', items, 'from texts', fast, into),
  ];
}

export const encode: Benchmark = {
  name: 'encode',
  about: 'a place message as bytes; equal checksums say that all three wrote the same bytes',
  usesFeeds: false,
  run({ effort }: BenchContext): Promise<BenchResult[]> {
    return Promise.resolve(
      measureMicros([...microsOf(1), ...microsOf(20)], { ...effort, roundOps: effort.roundOps >> 2 }),
    );
  },
};
