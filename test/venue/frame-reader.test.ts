import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { control, cut, frameOf, goodbye, ourLog, text, wsLog, type FrameParts } from './wire-frames.ts';

const PAYLOAD_MAX = 200_000;
const NO_BYTES = new Uint8Array(0);

function bytesOf(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 0xff));
}

function binary(length: number, parts: Partial<FrameParts> = {}): Buffer {
  return frameOf({ opcode: 2, payload: bytesOf(length), ...parts });
}

/** Messages in one frame and in several, control frames between the fragments, every form of length. */
const MIXED = Buffer.concat([
  text('first'),
  text(''),
  control(9, 'are you there'),
  binary(125),
  binary(126),
  binary(127),
  text('in ', { isFin: false }),
  control(9),
  frameOf({ opcode: 0, payload: Buffer.from('three '), isFin: false }),
  control(10, 'unasked for'),
  control(9, bytesOf(125)),
  frameOf({ opcode: 0, payload: Buffer.from('parts') }),
  text('', { isFin: false }),
  frameOf({ opcode: 0, payload: NO_BYTES }),
  text('a length longer than need be', { lengthBytes: 2 }),
  text('and longer still', { lengthBytes: 8 }),
  goodbye(4004, 'No data received in 30s.'),
]);

describe('a stream of mixed frames', () => {
  it('is read as it was written', async () => {
    const log = ourLog([MIXED], PAYLOAD_MAX);
    expect(log).toEqual(await wsLog([MIXED], PAYLOAD_MAX));
    const texts = log
      .filter((line) => line.startsWith('message'))
      .map((line) => Buffer.from(line.slice(8), 'hex').toString('utf8'));
    expect(texts).toHaveLength(9);
    expect(texts).toContain('in three parts');
    expect(texts).toContain('and longer still');
    expect(log.at(-1)).toBe('goodbye 4004 No data received in 30s.');
  });

  it('says the same at every split point, at every two of them near each other, and byte by byte', () => {
    const whole = ourLog([MIXED], PAYLOAD_MAX);
    for (let at = 0; at <= MIXED.length; at++) {
      expect(ourLog(cut(MIXED, [at]), PAYLOAD_MAX), `split at ${at}`).toEqual(whole);
      const second = Math.min(MIXED.length, at + 1 + (at % 5));
      expect(ourLog(cut(MIXED, [at, second]), PAYLOAD_MAX), `split at ${at} and ${second}`).toEqual(whole);
    }
    const everywhere = Array.from({ length: MIXED.length - 1 }, (_, index) => index + 1);
    expect(ourLog(cut(MIXED, everywhere), PAYLOAD_MAX)).toEqual(whole);
  });

  it('hands over nothing behind the goodbye', () => {
    const whole = ourLog([MIXED], PAYLOAD_MAX);
    expect(ourLog([MIXED, text('late')], PAYLOAD_MAX)).toEqual(whole);
    expect(ourLog([Buffer.concat([MIXED, text('late'), control(9)])], PAYLOAD_MAX)).toEqual(whole);
  });

  it('is not judged as text: bytes that are no UTF-8 come as they are', () => {
    const payload = Uint8Array.of(0x7b, 0xc0, 0x80, 0xff, 0x7d);
    expect(ourLog([frameOf({ opcode: 1, payload })], PAYLOAD_MAX)).toEqual(['message 7bc080ff7d']);
  });
});

describe('frames at the limits of a length', () => {
  const lengths = [65_535, 65_536, 65_537, 131_072];

  it.each(lengths)('of %i bytes are read however they are cut', (length) => {
    const stream = Buffer.concat([text('before'), binary(length), text('after')]);
    const whole = ourLog([stream], PAYLOAD_MAX);
    expect(whole).toEqual([
      `message ${Buffer.from('before').toString('hex')}`,
      `message ${bytesOf(length).toString('hex')}`,
      `message ${Buffer.from('after').toString('hex')}`,
    ]);
    const edges = [...Array(24).keys(), ...Array.from({ length: 16 }, (_, index) => stream.length - index)];
    for (const at of edges) expect(ourLog(cut(stream, [at]), PAYLOAD_MAX)).toEqual(whole);
    // As the TLS layer gives it.
    const records = Array.from(
      { length: Math.floor(stream.length / 16_384) },
      (_, index) => (index + 1) * 16_384,
    );
    expect(ourLog(cut(stream, records), PAYLOAD_MAX)).toEqual(whole);
  });

  it('are bounded: the largest comes, one byte more does not, in one frame or in many', () => {
    const tooLong = ['fault WS_ERR_UNSUPPORTED_MESSAGE_LENGTH 1009'];
    expect(ourLog([binary(1_000)], 1_000)).toHaveLength(1);
    expect(ourLog([binary(1_001)], 1_000)).toEqual(tooLong);
    const parts = [binary(600, { isFin: false }), frameOf({ opcode: 0, payload: bytesOf(400) })];
    expect(ourLog(parts, 1_000)).toHaveLength(1);
    const more = [binary(600, { isFin: false }), frameOf({ opcode: 0, payload: bytesOf(401) })];
    expect(ourLog(more, 1_000)).toEqual(tooLong);
    // The header is enough: nobody waits for what would be refused.
    expect(ourLog([binary(1_001).subarray(0, 4)], 1_000)).toEqual(tooLong);
    // The next message begins at nothing.
    expect(ourLog([...parts, ...parts, ...more], 1_000)).toHaveLength(3);
  });
});

describe('a frame that is illegal', () => {
  const huge = Buffer.from('827f8000000000000000', 'hex');
  const beyondNumbers = Buffer.from('827f0020000000000000', 'hex');
  const closeCode = (code: number): Buffer => goodbye(code);
  const cases: readonly [string, Buffer[], string, number][] = [
    ['is masked by the server', [text('x', { mask: 0x01020304 })], 'WS_ERR_UNEXPECTED_MASK', 1002],
    ['has RSV1 set', [text('x', { reserved: 4 })], 'WS_ERR_UNEXPECTED_RSV_1', 1002],
    ['has RSV2 set', [text('x', { reserved: 2 })], 'WS_ERR_UNEXPECTED_RSV_2_3', 1002],
    ['has RSV3 set', [control(9, '', { reserved: 1 })], 'WS_ERR_UNEXPECTED_RSV_2_3', 1002],
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, Buffer[], string, number] => [
      `has the reserved opcode ${opcode}`,
      [frameOf({ opcode, payload: NO_BYTES })],
      'WS_ERR_INVALID_OPCODE',
      1002,
    ]),
    ['is a control frame in fragments', [control(9, 'x', { isFin: false })], 'WS_ERR_EXPECTED_FIN', 1002],
    [
      'is a control frame of 126 bytes',
      [control(9, bytesOf(126))],
      'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
      1002,
    ],
    ['is a goodbye of one byte', [control(8, 'x')], 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', 1002],
    ['continues nothing', [frameOf({ opcode: 0, payload: NO_BYTES })], 'WS_ERR_INVALID_OPCODE', 1002],
    [
      'continues what is finished',
      [
        text('a', { isFin: false }),
        frameOf({ opcode: 0, payload: NO_BYTES }),
        frameOf({ opcode: 0, payload: NO_BYTES }),
      ],
      'WS_ERR_INVALID_OPCODE',
      1002,
    ],
    [
      'begins within another message',
      [text('a', { isFin: false }), text('b')],
      'WS_ERR_INVALID_OPCODE',
      1002,
    ],
    ['has a length with its high bit set', [huge], 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', 1009],
    ['has a length beyond exact numbers', [beyondNumbers], 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', 1009],
    ...[0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535].map(
      (code): [string, Buffer[], string, number] => [
        `is a goodbye with code ${code}`,
        [closeCode(code)],
        'WS_ERR_INVALID_CLOSE_CODE',
        1002,
      ],
    ),
  ];

  it.each(cases)(
    'because it %s is refused, however it is cut, and nothing is read after it',
    async (_why, frames, code, closeCode) => {
      const stream = Buffer.concat([text('good'), ...frames, text('never read')]);
      const log = ourLog([stream], PAYLOAD_MAX);
      expect(log.at(-1)).toBe(`fault ${code} ${closeCode}`);
      expect(log[0]).toBe(`message ${Buffer.from('good').toString('hex')}`);
      expect(log.filter((line) => line.startsWith('fault'))).toHaveLength(1);
      expect(log).not.toContain(`message ${Buffer.from('never read').toString('hex')}`);
      expect(await wsLog([stream], PAYLOAD_MAX)).toEqual(log);
      for (let at = 0; at <= stream.length; at++) expect(ourLog(cut(stream, [at]), PAYLOAD_MAX)).toEqual(log);
      const everywhere = Array.from({ length: stream.length - 1 }, (_, index) => index + 1);
      expect(ourLog(cut(stream, everywhere), PAYLOAD_MAX)).toEqual(log);
    },
  );

  it.each([1000, 1001, 1014, 3000, 4999])('a goodbye with code %i is none', (code) => {
    expect(ourLog([goodbye(code, 'bye')], PAYLOAD_MAX)).toEqual([`goodbye ${code} bye`]);
  });
});

describe('any stream', () => {
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.constantFrom(124, 125, 126, 127, 300, 65_535, 65_536).map((length) => bytesOf(length)),
  );
  const legal = fc.oneof(
    { weight: 6, arbitrary: payload.map((content) => [frameOf({ opcode: 1, payload: content })]) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 125 }).map((content) => [control(9, content)]) },
    {
      weight: 3,
      arbitrary: fc
        .array(payload, { minLength: 2, maxLength: 4 })
        .map((parts) =>
          parts.flatMap((part, index) => [
            frameOf({ opcode: index === 0 ? 1 : 0, payload: part, isFin: index === parts.length - 1 }),
            ...(index < parts.length - 1 ? [control(9, 'between')] : []),
          ]),
        ),
    },
  );
  const wild = fc
    .record({
      opcode: fc.integer({ min: 0, max: 15 }),
      payload: fc.uint8Array({ maxLength: 140 }),
      isFin: fc.boolean(),
      reserved: fc.constantFrom(0, 0, 0, 0, 1, 2, 4),
      lengthBytes: fc.constantFrom(2 as const, 8 as const),
    })
    .map((parts) => [frameOf(parts)]);
  const stream = fc
    .array(fc.oneof({ weight: 8, arbitrary: legal }, { weight: 1, arbitrary: wild }), { maxLength: 8 })
    .map((frames) => Buffer.concat(frames.flat()));

  async function assertJudged(bytes: Uint8Array, cuts: readonly number[]): Promise<void> {
    const offsets = cuts.map((share) => Math.floor(share * bytes.length));
    const chunks = cut(bytes, offsets);
    const ours = ourLog(chunks, 70_000);
    // Pongs are of no use to anybody here, and are not told.
    expect(ours).toEqual(await wsLog(chunks, 70_000));
  }

  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });

  it('of frames, some of them illegal, says what ws says, cut anywhere', async () => {
    await fc.assert(fc.asyncProperty(stream, cuts, assertJudged), { numRuns: 200 });
  });

  it('with a byte turned says what ws says', async () => {
    const turned = fc
      .tuple(stream, fc.double({ min: 0, max: 0.999, noNaN: true }), fc.integer({ min: 1, max: 255 }))
      .map(([bytes, place, change]) => {
        if (bytes.length > 0) bytes[Math.floor(place * bytes.length)]! ^= change;
        return bytes;
      });
    await fc.assert(fc.asyncProperty(turned, cuts, assertJudged), { numRuns: 200 });
  });

  it('of any bytes says what ws says', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), cuts, assertJudged), {
      numRuns: 400,
    });
  });
});
