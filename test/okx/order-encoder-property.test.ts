import fastJson from 'fast-json-stringify';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandOp } from '../../engine/base/command-op.ts';
import { ContractKind, Instrument, InstrumentState, InstrumentType } from '../../engine/base/instrument.ts';
import { Side } from '../../engine/base/side.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { GENERATION_MAX, RUN_MAX, clientOrderIdText } from '../../engine/okx/client-order-id.ts';
import { OrderEncoder, OrderKind } from '../../engine/okx/order-encoder.ts';
import { BATCH_ITEMS_MAX } from '../../engine/okx/venue-limits.ts';

// The judge of the encoder: the same messages as plain objects, written by JSON.stringify and by fast-json-stringify, for
// instruments, grids, widths and sequences of messages that no fixture has. One encoder writes a whole sequence, so that
// what a message leaves behind in the buffer would show in the next.

const SINGLE_OPS = ['order', 'amend-order', 'cancel-order'];
const BATCH_OPS = ['batch-orders', 'batch-amend-orders', 'batch-cancel-orders'];
const SIDES = ['buy', 'sell'];
const KINDS = ['post_only', 'limit', 'ioc', 'fok', 'market', 'rpi', 'mmp', 'mmp_and_post_only'];
const TRADE_MODES = ['cash', 'cross', 'isolated'] as const;

const text = { type: 'string' } as const;
const stringify = fastJson({
  type: 'object',
  properties: {
    id: text,
    op: text,
    expTime: text,
    args: {
      type: 'array',
      items: {
        type: 'object',
        // Of all three operations: what an item does not have is left out. No field has two places among them.
        properties: {
          instIdCode: { type: 'integer' },
          tdMode: text,
          side: text,
          ordType: text,
          px: text,
          sz: text,
          clOrdId: text,
          tag: text,
          stpMode: text,
          tgtCcy: text,
          reduceOnly: { type: 'boolean' },
          reqId: text,
          newPx: text,
          newSz: text,
          cxlOnFail: { type: 'boolean' },
        },
      },
    },
  },
});

/** A venue's step: 10^-decimals, or 2, 5 or 25 of them, or whole ones such as 10. */
const step = fc
  .record({ mantissa: fc.constantFrom(1, 2, 5, 10, 25, 100), decimals: fc.nat(18) })
  .map(({ mantissa, decimals }) => {
    if (decimals === 0) return String(mantissa);
    const digits = String(mantissa).padStart(decimals + 1, '0');
    return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  });

const instruments = fc
  .array(
    fc.record({
      instIdCode: fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 2 ** 31 - 1 })),
      isSpot: fc.boolean(),
      tradeMode: fc.constantFrom(...TRADE_MODES),
      tickSz: step,
      lotSz: step,
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((rows) =>
    rows.map(({ isSpot, tradeMode, ...row }, index) => {
      const instrument = new Instrument(index, {
        ...row,
        instId: `COIN${index}-USDT${isSpot ? '' : '-SWAP'}`,
        type: isSpot ? InstrumentType.spot : InstrumentType.swap,
        kind: isSpot ? ContractKind.spot : ContractKind.linear,
        state: InstrumentState.live,
        baseCcy: `COIN${index}`,
        quoteCcy: 'USDT',
        settleCcy: 'USDT',
        instFamily: isSpot ? '' : `COIN${index}-USDT`,
        minSz: row.lotSz,
        maxLmtSz: '',
        contractValue: 1,
      });
      return { instrument, tradeMode };
    }),
  );

/** Every width alike: numbers drawn evenly from a range nearly all have the same one. */
function widths(max: number): fc.Arbitrary<number> {
  return fc
    .nat(Math.floor(Math.log10(max)))
    .chain((digits) => fc.integer({ min: 10 ** digits, max: Math.min(max, 10 ** (digits + 1) - 1) }));
}

interface Item {
  readonly instrument: number;
  readonly side: Side;
  readonly kind: OrderKind;
  readonly ticks: number;
  /** Before it is cut to what the instrument lets one order. */
  readonly lots: number;
  readonly changes: 'price' | 'size' | 'both';
  readonly slot: number;
  readonly generation: number;
  readonly reqId: number;
  readonly isReduceOnly: boolean;
}

interface Message {
  readonly op: CommandOp;
  readonly requestId: number;
  readonly expTimeMs: number;
  readonly items: readonly Item[];
}

const item: fc.Arbitrary<Item> = fc.record({
  instrument: fc.nat(3),
  side: fc.constantFrom(Side.buy, Side.sell),
  kind: fc.constantFrom(...Object.values(OrderKind)),
  ticks: widths(TICKS_MAX),
  lots: widths(Number.MAX_SAFE_INTEGER),
  changes: fc.constantFrom('price', 'size', 'both'),
  slot: fc.oneof(fc.nat(9_999), widths(9_999)),
  generation: widths(GENERATION_MAX),
  reqId: widths(Number.MAX_SAFE_INTEGER),
  isReduceOnly: fc.boolean(),
});

const message: fc.Arbitrary<Message> = fc.record({
  op: fc.constantFrom(...Object.values(CommandOp)),
  requestId: widths(Number.MAX_SAFE_INTEGER),
  expTimeMs: fc.oneof(fc.constant(0), widths(Number.MAX_SAFE_INTEGER)),
  items: fc.array(item, { minLength: 1, maxLength: BATCH_ITEMS_MAX, size: 'max' }),
});

/** One order of the sequence, by both ways. */
class Twin {
  readonly #instruments: readonly Instrument[];
  readonly #tradeModes: readonly string[];
  readonly #run: number;
  readonly #tag: string;
  readonly #encoder: OrderEncoder;

  constructor(
    rows: readonly { instrument: Instrument; tradeMode: (typeof TRADE_MODES)[number] }[],
    run: number,
    tag: string,
  ) {
    this.#instruments = rows.map(({ instrument }) => instrument);
    const tradeModes = rows.map(({ tradeMode }) => tradeMode);
    this.#tradeModes = tradeModes;
    this.#run = run;
    this.#tag = tag;
    this.#encoder = new OrderEncoder({ instruments: this.#instruments, tag, tradeModes, run });
  }

  encoded({ op, requestId, expTimeMs, items }: Message): string {
    const encoder = this.#encoder;
    encoder.begin(op, requestId, items.length, expTimeMs);
    for (const each of items) {
      const instrument = each.instrument % this.#instruments.length;
      const { side, slot, generation } = each;
      if (op === CommandOp.place) {
        const { ticks, isReduceOnly, kind } = each;
        const lots = this.#lots(each);
        encoder.addPlace(instrument, side, ticks, lots, slot, generation, isReduceOnly, kind);
      } else if (op === CommandOp.amend) {
        const ticks = each.changes === 'size' ? 0 : each.ticks;
        const lots = each.changes === 'price' ? 0 : this.#lots(each);
        encoder.addAmend(instrument, ticks, lots, slot, generation, each.reqId);
      } else {
        encoder.addCancel(instrument, slot, generation);
      }
    }
    const length = encoder.finish();
    return Buffer.from(encoder.buffer.subarray(0, length)).toString('latin1');
  }

  object({ op, requestId, expTimeMs, items }: Message): object {
    return {
      id: String(requestId),
      op: (items.length === 1 ? SINGLE_OPS : BATCH_OPS)[op],
      ...(expTimeMs === 0 || op === CommandOp.cancel ? {} : { expTime: String(expTimeMs) }),
      args: items.map((each) => this.#argument(op, each)),
    };
  }

  #argument(op: CommandOp, each: Item): object {
    const index = each.instrument % this.#instruments.length;
    const instrument = this.#instruments[index]!;
    const px = instrument.tick.toText(each.ticks);
    const sz = instrument.lot.toText(this.#lots(each));
    const clOrdId = clientOrderIdText(this.#run, each.slot, each.generation);
    const { instIdCode } = instrument;
    if (op === CommandOp.cancel) return { instIdCode, clOrdId };
    if (op === CommandOp.amend) {
      return {
        instIdCode,
        clOrdId,
        reqId: String(each.reqId),
        ...(each.changes === 'size' ? {} : { newPx: px }),
        ...(each.changes === 'price' ? {} : { newSz: sz }),
        cxlOnFail: false,
      };
    }
    const isMarket = each.kind === OrderKind.market;
    return {
      instIdCode,
      tdMode: this.#tradeModes[index],
      side: SIDES[each.side],
      ordType: KINDS[each.kind],
      ...(isMarket ? {} : { px }),
      sz,
      clOrdId,
      tag: this.#tag,
      stpMode: 'cancel_maker',
      ...(isMarket && instrument.type === InstrumentType.spot ? { tgtCcy: 'base_ccy' } : {}),
      ...(each.isReduceOnly ? { reduceOnly: true } : {}),
    };
  }

  #lots(each: Item): number {
    return Math.min(each.lots, this.#instruments[each.instrument % this.#instruments.length]!.maxLots);
  }
}

describe('order messages, one after the other through one encoder', () => {
  it('equal JSON.stringify and fast-json-stringify of the same objects, byte for byte', () => {
    fc.assert(
      fc.property(
        instruments,
        fc.integer({ min: 0, max: RUN_MAX }),
        fc.stringMatching(/^[0-9A-Za-z]{1,16}$/),
        fc.array(message, { minLength: 1, maxLength: 6 }),
        (rows, run, tag, messages) => {
          const twin = new Twin(rows, run, tag);
          for (const each of messages) {
            const encoded = twin.encoded(each);
            const object = twin.object(each);
            expect(encoded).toBe(JSON.stringify(object));
            expect(encoded).toBe(stringify(object));
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});
