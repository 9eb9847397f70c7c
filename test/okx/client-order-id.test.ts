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

  const tags = fc.stringMatching(/^[A-Za-z0-9]{1,16}$/);

  it('that begin with the tag parse back, keep to 32 letters and digits, and are nobody else’s', () => {
    fc.assert(
      fc.property(parts, tags, tags, fc.nat(20), ({ run, slot, generation }, tag, other, offset) => {
        const text = clientOrderIdText(run, slot, generation, tag);
        expect(text).toHaveLength(tag.length + 16);
        expect(text.startsWith(tag)).toBe(true);
        expect(CLIENT_ID_PATTERN.test(text)).toBe(true);
        const bytes = Buffer.alloc(64);
        const end = offset + bytes.write(text, offset, 'latin1');
        const id = new ClientOrderId(tag, true);
        expect(id.parse(bytes, offset, end)).toBe(true);
        expect([id.run, id.slot, id.generation]).toEqual([run, slot, generation]);
        // A reader of the other tag takes it for its own only where both spell the same.
        const others = new ClientOrderId(other);
        const isRead = others.parse(bytes, offset, end);
        const isDigits = /^1\d{18}$/.test(text);
        expect(isRead).toBe(other === tag || isDigits);
        if (isRead) expect([others.slot, others.generation]).toEqual([slot, generation]);
      }),
    );
  });

  it('of digits alone are read by a run that writes the tag in front, and the other way round', () => {
    for (const isTagFirst of [false, true]) {
      const id = new ClientOrderId('7001ABC', isTagFirst);
      for (const tag of ['', '7001ABC']) {
        expect(id.parseText(clientOrderIdText(42, 7, 3, tag))).toBe(true);
        expect([id.run, id.slot, id.generation]).toEqual([42, 7, 3]);
      }
    }
  });

  it('of a tag of three digits are of both plans: a run’s own plan decides, slot and generation are the same', () => {
    const text = clientOrderIdText(36, 7, 3, '100');
    expect(text).toBe('1000000100007000003');
    const own = new ClientOrderId('100', true);
    const former = new ClientOrderId('100');
    expect(own.parseText(text) && former.parseText(text)).toBe(true);
    expect([own.run, own.slot, own.generation]).toEqual([36, 7, 3]);
    expect([former.run, former.slot, former.generation]).toEqual([10, 7, 3]);
  });

  it.each([
    ['a large letter in the run', 'TAG00001A0007000003'],
    ['what lies between digits and letters', 'TAG0000:10007000003'],
    ['a run beyond all', 'TAGzzzzzz0007000003'],
    ['another tag', 'TAX0000160007000003'],
    ['one digit less', 'TAG000016000700003'],
    ['generation zero', 'TAG0000160007000000'],
  ])('behind a tag are not ours with %s', (_name, text) => {
    expect(new ClientOrderId('TAG', true).parseText(text)).toBe(false);
  });

  it('are drawn as the head comment says', () => {
    expect(clientOrderIdText(42, 7, 3, '6b9ad766b55dBCDE')).toBe('6b9ad766b55dBCDE0000160007000003');
    expect(clientOrderIdText(42, 7, 3)).toBe('1000000420007000003');
  });
});
