import fastJson from 'fast-json-stringify';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { InstrumentType } from '../../engine/base/instrument.ts';
import { PositionSide } from '../../engine/base/position-side.ts';
import { Side } from '../../engine/base/side.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { clientOrderIdText, GENERATION_MAX, RUN_MAX } from '../../engine/okx/client-order-id.ts';
import { CommandOp } from '../../engine/base/command-op.ts';
import { OrderEncoder, OrderKind } from '../../engine/okx/order-encoder.ts';
import { instrumentsOf } from './okx-fixtures.ts';

const INSTRUMENTS = instrumentsOf('BTC-USDT', 'BTC-USDT-SWAP', 'ETH-USDT-SWAP', 'BTC-USD-SWAP', 'SHIB-USDT');
const MODES = ['cash', 'cross', 'isolated', 'cross', 'cash'] as const;
const RUN = 42;
const TAG = '1234567890abCDEF';

function encoderOf(run = RUN): OrderEncoder {
  return new OrderEncoder({ instruments: INSTRUMENTS, tag: TAG, tradeModes: MODES, run });
}

function textOf(encoder: OrderEncoder, length: number): string {
  return Buffer.from(encoder.buffer.subarray(0, length)).toString('utf8');
}

// The same messages by the shortest road: plain objects, in the order of the documentation's tables.
const SIDES = ['buy', 'sell'];
const KINDS = ['post_only', 'limit', 'ioc', 'fok', 'market', 'rpi', 'mmp', 'mmp_and_post_only'];

interface Place {
  readonly instrument: number;
  readonly side: Side;
  readonly ticks: number;
  readonly lots: number;
  readonly slot: number;
  readonly generation: number;
  readonly isReduceOnly: boolean;
  readonly kind: OrderKind;
}

function placeArg(place: Place, run: number): Record<string, unknown> {
  const instrument = INSTRUMENTS[place.instrument]!;
  const isMarket = place.kind === OrderKind.market;
  return {
    instIdCode: instrument.instIdCode,
    tdMode: MODES[place.instrument],
    side: SIDES[place.side],
    ordType: KINDS[place.kind],
    ...(isMarket ? {} : { px: instrument.tick.toText(place.ticks) }),
    sz: instrument.lot.toText(place.lots),
    clOrdId: clientOrderIdText(run, place.slot, place.generation),
    tag: TAG,
    stpMode: 'cancel_maker',
    ...(isMarket && instrument.type === InstrumentType.spot ? { tgtCcy: 'base_ccy' } : {}),
    ...(place.isReduceOnly ? { reduceOnly: true } : {}),
  };
}

const instrument = fc.nat(INSTRUMENTS.length - 1);
const slot = fc.integer({ min: 0, max: 9_999 });
const generation = fc.integer({ min: 1, max: GENERATION_MAX });
const ticks = fc.integer({ min: 1, max: TICKS_MAX });
const run = fc.integer({ min: 0, max: RUN_MAX });
const requestId = fc.maxSafeNat();
const expTimeMs = fc.oneof(fc.constant(0), fc.integer({ min: 1_763_676_600_900, max: 1_963_676_600_900 }));

function lotsOf(index: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 1, max: 100_000 }),
    fc.integer({ min: 1, max: Math.min(INSTRUMENTS[index]!.maxLots, 2 ** 53 - 1) }),
  );
}

const place: fc.Arbitrary<Place> = instrument.chain((index) =>
  fc.record({
    instrument: fc.constant(index),
    side: fc.constantFrom(Side.buy, Side.sell),
    ticks,
    lots: lotsOf(index),
    slot,
    generation,
    isReduceOnly: fc.boolean(),
    kind: fc.constantFrom(...Object.values(OrderKind)),
  }),
);

describe('encoded places', () => {
  const argSchema = {
    type: 'object',
    properties: {
      instIdCode: { type: 'integer' },
      tdMode: { type: 'string' },
      side: { type: 'string' },
      ordType: { type: 'string' },
      px: { type: 'string' },
      sz: { type: 'string' },
      clOrdId: { type: 'string' },
      tag: { type: 'string' },
      stpMode: { type: 'string' },
      tgtCcy: { type: 'string' },
      reduceOnly: { type: 'boolean' },
    },
  } as const;
  const stringify = fastJson({
    type: 'object',
    properties: {
      id: { type: 'string' },
      op: { type: 'string' },
      expTime: { type: 'string' },
      args: { type: 'array', items: argSchema },
    },
  });

  it('equal JSON.stringify and fast-json-stringify of the same objects, byte for byte', () => {
    fc.assert(
      fc.property(
        fc.array(place, { minLength: 1, maxLength: 20 }),
        run,
        requestId,
        expTimeMs,
        (places, run, requestId, expTimeMs) => {
          const encoder = encoderOf(run);
          encoder.begin(CommandOp.place, requestId, places.length, expTimeMs);
          for (const each of places) {
            encoder.addPlace(
              each.instrument,
              each.side,
              each.ticks,
              each.lots,
              each.slot,
              each.generation,
              each.isReduceOnly,
              each.kind,
            );
          }
          const text = textOf(encoder, encoder.finish());
          const message = {
            id: String(requestId),
            op: places.length === 1 ? 'order' : 'batch-orders',
            ...(expTimeMs === 0 ? {} : { expTime: String(expTimeMs) }),
            args: places.map((each) => placeArg(each, run)),
          };
          expect(text).toBe(JSON.stringify(message));
          expect(text).toBe(stringify(message));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are post-only unless asked otherwise', () => {
    const encoder = encoderOf();
    encoder.begin(CommandOp.place, 1, 1, 0);
    encoder.addPlace(1, Side.buy, 650_001, 150, 7, 3, false);
    expect(textOf(encoder, encoder.finish())).toBe(
      '{"id":"1","op":"order","args":[{"instIdCode":' +
        `${INSTRUMENTS[1]!.instIdCode},"tdMode":"cross","side":"buy","ordType":"post_only","px":"65000.1",` +
        `"sz":"1.5","clOrdId":"1000000420007000003","tag":"${TAG}","stpMode":"cancel_maker"}]}`,
    );
  });
});

describe('encoded places of a leg', () => {
  it.each([
    [PositionSide.long, false, ',"posSide":"long"}'],
    [PositionSide.short, false, ',"posSide":"short"}'],
    // To close a leg is reduce-only by itself: the venue takes the flag in net mode only.
    [PositionSide.short, true, ',"posSide":"short"}'],
    [PositionSide.net, true, ',"reduceOnly":true}'],
    [PositionSide.net, false, '}'],
  ])('%d, reduce-only %s, end in %s', (leg, isReduceOnly, end) => {
    const encoder = encoderOf();
    encoder.begin(CommandOp.place, 1, 1, 0);
    encoder.addPlace(1, Side.buy, 650_001, 150, 7, 3, isReduceOnly, OrderKind.postOnly, leg);
    expect(textOf(encoder, encoder.finish()).endsWith(`"stpMode":"cancel_maker"${end}]}`)).toBe(true);
  });
});

describe('encoded amends', () => {
  const amend = instrument.chain((index) =>
    fc
      .record({
        instrument: fc.constant(index),
        ticks: fc.oneof(fc.constant(0), ticks),
        lots: fc.oneof(fc.constant(0), lotsOf(index)),
        slot,
        generation,
        reqId: fc.nat(),
      })
      .filter((each) => each.ticks > 0 || each.lots > 0),
  );

  it('equal JSON.stringify of the same objects', () => {
    fc.assert(
      fc.property(
        fc.array(amend, { minLength: 1, maxLength: 20 }),
        requestId,
        expTimeMs,
        (amends, requestId, expTimeMs) => {
          const encoder = encoderOf();
          encoder.begin(CommandOp.amend, requestId, amends.length, expTimeMs);
          for (const each of amends) {
            encoder.addAmend(each.instrument, each.ticks, each.lots, each.slot, each.generation, each.reqId);
          }
          expect(textOf(encoder, encoder.finish())).toBe(
            JSON.stringify({
              id: String(requestId),
              op: amends.length === 1 ? 'amend-order' : 'batch-amend-orders',
              ...(expTimeMs === 0 ? {} : { expTime: String(expTimeMs) }),
              args: amends.map((each) => ({
                instIdCode: INSTRUMENTS[each.instrument]!.instIdCode,
                clOrdId: clientOrderIdText(RUN, each.slot, each.generation),
                reqId: String(each.reqId),
                ...(each.ticks > 0 ? { newPx: INSTRUMENTS[each.instrument]!.tick.toText(each.ticks) } : {}),
                ...(each.lots > 0 ? { newSz: INSTRUMENTS[each.instrument]!.lot.toText(each.lots) } : {}),
                cxlOnFail: false,
              })),
            }),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('encoded cancels', () => {
  it('equal JSON.stringify of the same objects, and never carry an expTime', () => {
    const cancel = fc.record({ instrument, slot, generation });
    fc.assert(
      fc.property(
        fc.array(cancel, { minLength: 1, maxLength: 20 }),
        requestId,
        expTimeMs,
        (cancels, requestId, expTimeMs) => {
          const encoder = encoderOf();
          encoder.begin(CommandOp.cancel, requestId, cancels.length, expTimeMs);
          for (const each of cancels) encoder.addCancel(each.instrument, each.slot, each.generation);
          expect(textOf(encoder, encoder.finish())).toBe(
            JSON.stringify({
              id: String(requestId),
              op: cancels.length === 1 ? 'cancel-order' : 'batch-cancel-orders',
              args: cancels.map((each) => ({
                instIdCode: INSTRUMENTS[each.instrument]!.instIdCode,
                clOrdId: clientOrderIdText(RUN, each.slot, each.generation),
              })),
            }),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the encoder refuses', () => {
  it('an instrument without the venue code', () => {
    const [spot] = instrumentsOf('BTC-USDT');
    const uncoded = Object.assign(Object.create(Object.getPrototypeOf(spot) as object), spot, {
      instIdCode: 0,
    }) as typeof spot;
    expect(
      () => new OrderEncoder({ instruments: [uncoded!], tag: TAG, tradeModes: ['cash'], run: 0 }),
    ).toThrow(AssertionError);
  });

  it.each(['', 'has space', 'hyphen-ated', '12345678901234567', 'ümlaut'])('the tag "%s"', (tag) => {
    expect(() => new OrderEncoder({ instruments: INSTRUMENTS, tag, tradeModes: MODES, run: 0 })).toThrow(
      /tag: expected/,
    );
  });

  it('a command of another operation, too many, too few, and an amend of nothing', () => {
    const encoder = encoderOf();
    encoder.begin(CommandOp.cancel, 1, 1, 0);
    expect(() => encoder.addPlace(0, Side.buy, 1, 1, 0, 1, false)).toThrow(AssertionError);
    expect(() => encoder.finish()).toThrow(AssertionError);
    encoder.addCancel(0, 0, 1);
    expect(() => encoder.addCancel(0, 0, 1)).toThrow(AssertionError);
    expect(() => encoder.begin(CommandOp.cancel, 1, 21, 0)).toThrow(AssertionError);
    encoder.begin(CommandOp.amend, 1, 1, 0);
    expect(() => encoder.addAmend(0, 0, 0, 0, 1, 1)).toThrow(AssertionError);
  });
});
