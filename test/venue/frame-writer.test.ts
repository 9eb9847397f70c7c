import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/base/random.ts';
import { Opcode } from '../../engine/venue/frame-reader.ts';
import { FrameWriter } from '../../engine/venue/frame-writer.ts';
import { frameOf, wsLog } from './wire-frames.ts';

const LENGTHS = [0, 1, 2, 3, 4, 5, 125, 126, 127, 128, 8_191, 8_192, 8_193, 65_535, 65_536, 100_001];

function bytesOf(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + seed) & 0xff);
}

/** The frame as it must be, with the mask that it has. */
function plainFrame(frame: Buffer, opcode: number, payload: Uint8Array): Buffer {
  const lengthBytes = payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8;
  return frameOf({ opcode, payload, mask: frame.readUInt32LE(2 + lengthBytes) });
}

describe('a frame', () => {
  it.each(LENGTHS)('of %i bytes is what the standard says, and ws reads it', async (length) => {
    const writer = new FrameWriter(new Random(1));
    const payload = bytesOf(length, 3);
    for (const opcode of [Opcode.text, Opcode.pong]) {
      if (opcode === Opcode.pong && length > 125) continue;
      const frame = writer.frame(opcode, payload, length, 0);
      expect(frame.equals(plainFrame(frame, opcode, payload))).toBe(true);
    }
    const text = writer.frame(Opcode.text, payload, length, 0);
    expect(await wsLog([text], 1_000_000, true)).toEqual([`message ${Buffer.from(payload).toString('hex')}`]);
    expect([...payload]).toEqual([...bytesOf(length, 3)]);
  });

  it('is made of as many bytes as are asked for, from any place in memory, and these stay as they are', () => {
    const writer = new FrameWriter(new Random(2));
    const memory = bytesOf(400, 9).buffer;
    for (let offset = 0; offset < 9; offset++) {
      for (let length = 0; length < 300; length += 1 + (length % 7)) {
        const source = new Uint8Array(memory, offset, 300);
        const before = source.slice();
        const frame = writer.frame(Opcode.text, source, length, 0);
        expect(frame.equals(plainFrame(frame, 1, source.subarray(0, length)))).toBe(true);
        expect(source.every((byte, index) => byte === before[index])).toBe(true);
      }
    }
  });

  it('has a mask of its own, from the seed', () => {
    const masks = (seed: number): number[] => {
      const writer = new FrameWriter(new Random(seed));
      return Array.from({ length: 100 }, () =>
        writer.frame(Opcode.text, Uint8Array.of(0), 1, 0).readUInt32LE(2),
      );
    };
    expect(new Set(masks(5)).size).toBe(100);
    expect(masks(5)).toEqual(masks(5));
    expect(masks(6)).not.toEqual(masks(5));
  });
});

describe('a socket that holds frames', () => {
  it('finds them as they were when they were written', () => {
    const sends = fc.array(
      fc.record({
        length: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(8_192, 8_193, 20_000)),
        // How many of the frames held the socket gets rid of before this one.
        taken: fc.integer({ min: 0, max: 4 }),
        skipped: fc.integer({ min: 0, max: 3 }),
      }),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(sends, (all) => {
        const writer = new FrameWriter(new Random(3));
        const held: { frame: Buffer; before: Buffer }[] = [];
        const source = new Uint8Array(20_000);
        for (const [index, { length, taken, skipped }] of all.entries()) {
          for (const { frame, before } of held.splice(0, taken)) expect(frame.equals(before)).toBe(true);
          // Bytes that did not come from the writer, as the handshake's.
          writer.skip(skipped);
          const foreign = Buffer.alloc(skipped);
          if (skipped > 0) held.push({ frame: foreign, before: foreign });
          source.fill(index);
          const heldBytes = held.reduce((sum, { frame }) => sum + frame.length, 0);
          const frame = writer.frame(Opcode.text, source, length, heldBytes);
          held.push({ frame, before: Buffer.from(frame) });
        }
        for (const { frame, before } of held) expect(frame.equals(before)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('is given the same memory again as soon as it holds nothing', () => {
    const writer = new FrameWriter(new Random(4));
    const payload = bytesOf(300, 1);
    const first = writer.frame(Opcode.text, payload, 300, 0);
    const second = writer.frame(Opcode.text, payload, 300, first.length);
    expect(second).not.toBe(first);
    expect(writer.frame(Opcode.text, payload, 300, 0)).toBe(first);
    expect(writer.frame(Opcode.text, payload, 300, first.length)).toBe(second);
  });
});
