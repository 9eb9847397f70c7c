import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { CommandOp } from '../../engine/base/command-op.ts';
import { Side } from '../../engine/base/side.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { GENERATION_MAX, RUN_MAX, clientOrderIdText } from '../../engine/okx/client-order-id.ts';
import { OrderEncoder, OrderKind } from '../../engine/okx/order-encoder.ts';
import { TagProof, assertPostedTag } from '../../engine/okx/tag-proof.ts';
import { instrumentsOf } from './okx-fixtures.ts';

const tags = fc.stringMatching(/^[A-Za-z0-9]{1,16}$/);

describe('what leaves', () => {
  it('is counted as a search for the text would', () => {
    const pieces = (tag: string): fc.Arbitrary<string> =>
      fc.oneof(
        fc.constantFrom(
          `"tag":"${tag}"`,
          `"tag":"${tag}x"`,
          `"tag":"`,
          `"tag" :"${tag}"`,
          '"tag":""',
          tag,
          '"',
        ),
        fc.string({ unit: 'binary-ascii', maxLength: 30 }),
      );
    const texts = tags.chain((tag) =>
      fc.array(pieces(tag), { maxLength: 12 }).map((parts) => ({ tag, text: parts.join('') })),
    );
    let found = 0;
    fc.assert(
      fc.property(texts, fc.nat(40), ({ tag, text }, behind) => {
        const expected = text.split(`"tag":"${tag}"`).length - 1;
        found += expected;
        // What lies behind the message is of one before, and does not count.
        const bytes = Buffer.from(`${text}${`"tag":"${tag}"`.slice(0, behind)}`, 'latin1');
        expect(new TagProof(tag).count(bytes, text.length)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
    expect(found).toBeGreaterThan(300);
  });

  it('has the tag once for each order, of every kind and either plan of ids, and none where it only cancels', () => {
    const instruments = instrumentsOf('BTC-USDT', 'BTC-USDT-SWAP');
    const tag = '6b9ad766b55dBCDE';
    const proof = new TagProof(tag);
    for (const prefixesIds of [false, true]) {
      const encoder = new OrderEncoder({
        instruments,
        tag,
        tradeModes: ['cash', 'cross'],
        run: RUN_MAX,
        prefixesIds,
      });
      for (const kind of Object.values(OrderKind)) {
        for (const count of [1, 2, 20]) {
          encoder.begin(CommandOp.place, 1, count, 1_763_676_600_000);
          for (let item = 0; item < count; item++) {
            encoder.addPlace(item % 2, Side.sell, TICKS_MAX, 2 ** 53 - 1, item, GENERATION_MAX, true, kind);
          }
          const length = encoder.finish();
          expect(proof.count(encoder.buffer, length)).toBe(count);
          const { args } = JSON.parse(Buffer.from(encoder.buffer.subarray(0, length)).toString()) as {
            args: { clOrdId: string; tag: string }[];
          };
          expect(args.map((arg) => arg.tag)).toEqual(args.map(() => tag));
          expect(args.map(({ clOrdId }) => clOrdId)).toEqual(
            args.map((_, slot) => clientOrderIdText(RUN_MAX, slot, GENERATION_MAX, prefixesIds ? tag : '')),
          );
        }
      }
      encoder.begin(CommandOp.cancel, 1, 2, 0);
      encoder.addCancel(0, 1, 1);
      encoder.addCancel(1, 2, 1);
      expect(proof.count(encoder.buffer, encoder.finish())).toBe(0);
    }
  });
});

describe('what is posted', () => {
  const order = { instId: 'BTC-USDT', side: 'buy', tag: 'T1' };

  it.each([
    ['one order', '/api/v5/trade/order', order],
    ['a batch', '/api/v5/trade/batch-orders', [order, order]],
    ['a close', '/api/v5/trade/close-position', { instId: 'BTC-USDT-SWAP', mgnMode: 'cross', tag: 'T1' }],
    ['an algo order', '/api/v5/trade/order-algo', { ...order, ordType: 'oco' }],
    ['a cancel without one', '/api/v5/trade/cancel-order', { instId: 'BTC-USDT' }],
    ['an amend without one', '/api/v5/trade/amend-order', { instId: 'BTC-USDT' }],
  ])('passes: %s', (_name, path, body) => {
    expect(() => assertPostedTag(path, JSON.stringify(body), 'T1')).not.toThrow();
  });

  it.each([
    ['one order without', '/api/v5/trade/order', { instId: 'BTC-USDT' }, 'T1'],
    ['one of a batch without', '/api/v5/trade/batch-orders', [order, { instId: 'BTC-USDT' }], 'T1'],
    ['another’s', '/api/v5/trade/close-position', { ...order, tag: 'T2' }, 'T1'],
    ['a longer one', '/api/v5/trade/order-algo', { ...order, tag: 'T11' }, 'T1'],
    ['an order of a client that knows none', '/api/v5/trade/order', order, undefined],
    ['no object', '/api/v5/trade/order', null, 'T1'],
  ])('does not leave: %s', (_name, path, body, tag) => {
    expect(() => assertPostedTag(path, JSON.stringify(body), tag)).toThrow(AssertionError);
  });
});
