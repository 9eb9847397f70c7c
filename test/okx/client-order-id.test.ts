import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ClientOrderId,
  GENERATION_MAX,
  RUN_MAX,
  clientOrderIdText,
  writeSlotAndGeneration,
} from '../../engine/okx/client-order-id.ts';
import { CLIENT_ID_PATTERN } from '../../engine/okx/venue-limits.ts';

const parts = fc.record({
  run: fc.integer({ min: 0, max: RUN_MAX }),
  slot: fc.integer({ min: 0, max: 9_999 }),
  generation: fc.integer({ min: 1, max: GENERATION_MAX }),
});

describe('client order ids', () => {
  it('parse back to what was written, and stay below 2^63', () => {
    fc.assert(
      fc.property(parts, fc.nat(20), ({ run, slot, generation }, offset) => {
        const text = clientOrderIdText(run, slot, generation);
        expect(text).toHaveLength(19);
        const bytes = Buffer.alloc(64);
        const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        const start = offset + bytes.write(text.slice(0, 9), offset, 'latin1');
        const end = writeSlotAndGeneration(words, start, slot, generation);
        expect(bytes.toString('latin1', offset, end)).toBe(text);
        const id = new ClientOrderId();
        expect(id.parse(bytes, offset, end)).toBe(true);
        expect([id.run, id.slot, id.generation]).toEqual([run, slot, generation]);
        expect(BigInt(text) < 2n ** 63n).toBe(true);
        expect(BigInt(text).toString()).toBe(text);
        expect(CLIENT_ID_PATTERN.test(text)).toBe(true);
      }),
    );
  });

  it.each([
    ['too short', '100000042000700000'],
    ['too long', '10000004200070000031'],
    ['another leading digit', '2000000420007000003'],
    ['a letter', '1000000420007a00003'],
    ['generation zero', '1000000420007000000'],
    ['a sign', '-000000420007000003'],
    ['empty', ''],
  ])('of others are not ours: %s', (_name, text) => {
    const id = new ClientOrderId();
    expect(id.parseText(text)).toBe(false);
    expect([id.run, id.slot, id.generation]).toEqual([0, 0, 0]);
  });

  it('are drawn as the head comment says', () => {
    expect(clientOrderIdText(42, 7, 3)).toBe('1000000420007000003');
  });
});
