import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DepthDecoder } from '../../engine/okx/depth-decoder.ts';
import { DepthComparison } from './depth-comparison.ts';
import type { PlainInstrument } from './depth-plain-decoder.ts';
import { testInstrument } from './depth-test-instrument.ts';

/** What the depth decoder does by words, against the plain decoder: places, spellings, heads and tails. */

const GRIDS: readonly PlainInstrument[] = [
  ...['0.1', '0.01', '0.001', '0.0001', '1', '5', '0.5', '0.025'].flatMap((tickSz, place) =>
    ['1', '0.1', '0.01', '0.001', '0.00000001', '10', '0.05'].map((lotSz) => ({
      instId: `G${place}-${lotSz}`,
      tickSz,
      lotSz,
    })),
  ),
  { instId: 'BTC-USDT-SWAP', tickSz: '0.1', lotSz: '0.01' },
];

/** Grids of so many decimals that they have words of their own, to the last that has. */
const FINE_GRIDS: readonly PlainInstrument[] = [
  ['0.1', '0.00000001'],
  ['0.01', '0.00001'],
  ['0.001', '0.0001'],
  ['1', '0.00000005'],
  ['0.000001', '0.1'],
  ['0.0005', '1'],
  ['0.000000001', '1000'],
  ['0.00000000001', '0.000000001'],
  ['0.000000000001', '0.000000000001'],
  ['0.0000000000001', '1'],
].map(([tickSz, lotSz], place) => ({ instId: `F${place}`, tickSz: tickSz!, lotSz: lotSz! }));

type Row = readonly string[];

interface Tail {
  readonly ts: string;
  readonly checksum: string;
  readonly sequence: string;
}

const TAIL: Tail = {
  ts: '1763676600105',
  checksum: ',"checksum":0',
  sequence: ',"seqId":81234567044,"prevSeqId":81234567001',
};

function frameText(
  instId: string,
  asks: readonly Row[],
  bids: readonly Row[],
  tail: Partial<Tail> = {},
  channel = 'books',
  action = 'update',
): string {
  const { ts, checksum, sequence } = { ...TAIL, ...tail };
  const isImage = channel === 'books5' || channel === 'bbo-tbt';
  const head = `{"arg":{"channel":"${channel}","instId":"${instId}"},${isImage ? '' : `"action":"${action}",`}`;
  const name = channel === 'books5' ? `,"instId":"${instId}"` : '';
  return `${head}"data":[{"asks":${JSON.stringify(asks)},"bids":${JSON.stringify(bids)}${name},"ts":"${ts}"${checksum}${sequence}}]}`;
}

function comparison(grids: readonly PlainInstrument[] = GRIDS): DepthComparison {
  const instruments = grids.map(({ instId, tickSz, lotSz }, index) =>
    testInstrument(index, instId, tickSz, lotSz),
  );
  return new DepthComparison(new DepthDecoder(instruments), grids);
}

/** In a buffer of its own, without a byte before or after it. */
function checkText(compared: DepthComparison, text: string): boolean {
  const bytes = Buffer.alloc(text.length, text, 'latin1');
  return compared.check(bytes, 0, bytes.length);
}

const ASKS: readonly Row[] = [
  ['65010.1', '12.34', '0', '5'],
  ['65010.2', '0', '0', '0'],
  ['65011', '12345.67', '0', '12'],
  ['70000.3', '7', '0', '1'],
];
const BIDS: readonly Row[] = [
  ['65010', '0.5', '0', '9'],
  ['64999.9', '1234567', '0', '2'],
];
const USUAL = [
  frameText('BTC-USDT-SWAP', ASKS, BIDS),
  frameText('BTC-USDT-SWAP', [], BIDS, {}, 'books-l2-tbt'),
  frameText('BTC-USDT-SWAP', ASKS, [], {}, 'books50-l2-tbt'),
  frameText('BTC-USDT-SWAP', ASKS, BIDS, { checksum: '' }, 'books5'),
  frameText('BTC-USDT-SWAP', ASKS, BIDS, { checksum: '' }, 'bbo-tbt'),
  frameText(
    'BTC-USDT-SWAP',
    ASKS,
    BIDS,
    { sequence: ',"seqId":81234567001,"prevSeqId":-1' },
    'books',
    'snapshot',
  ),
];

describe('places', () => {
  test('every beginning, with no byte after the end and with plausible ones', () => {
    const compared = comparison();
    for (const text of USUAL) {
      for (let start = 0; start < 16; start++) {
        const exact = Buffer.alloc(start + text.length, 0x30);
        exact.write(text, start, 'latin1');
        expect(compared.check(exact, start, exact.length)).toBe(true);
        const followed = Buffer.concat([exact, Buffer.from('0","0"]],"ts":"1","seqId":1}]}}]}')]);
        expect(compared.check(followed, start, exact.length)).toBe(true);
      }
    }
    expect(compared.slow).toBe(0);
  });

  test('a buffer that begins in the middle of its memory, and other bytes in the same buffer', () => {
    const compared = comparison();
    const memory = Buffer.alloc(4_096);
    for (const [index, text] of USUAL.entries()) {
      const view = memory.subarray(100 * index + 3, 2_048);
      view.write(text, 5, 'latin1');
      expect(compared.check(view, 5, 5 + text.length)).toBe(true);
      view.write(text.replace('12.34', '43.21'), 5, 'latin1');
      expect(compared.check(view, 5, 5 + text.length)).toBe(true);
    }
    expect(compared.slow).toBe(0);
  });

  test('every truncation, with nothing behind it and with the rest of the frame', () => {
    const compared = comparison();
    for (const text of USUAL) {
      const whole = Buffer.from(text);
      for (let end = 0; end < whole.length; end++) {
        expect(compared.check(whole, 0, end)).toBe(false);
        expect(compared.check(Buffer.from(whole.subarray(0, end)), 0, end)).toBe(false);
      }
    }
  });

  test('every byte replaced by every other', { timeout: 120_000 }, () => {
    const compared = comparison();
    const short = frameText('BTC-USDT-SWAP', [ASKS[2]!], [], { checksum: '' }, 'books5');
    for (const text of [USUAL[0]!, short]) {
      const bytes = Buffer.from(text);
      for (let index = 0; index < bytes.length; index++) {
        const original = bytes[index]!;
        for (let byte = 0; byte < 256; byte++) {
          bytes[index] = byte;
          compared.check(bytes, 0, bytes.length);
        }
        bytes[index] = original;
      }
    }
    // Digits for digits, mostly.
    expect(compared.depth - compared.slow).toBeGreaterThan(1_000);
    expect(compared.refused).toBeGreaterThan(100_000);
  });
});

/** Decimals as a venue, or a broken one, may spell them: any number of digits on both sides of a point or without one. */
const digitsText = (min: number, max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'00123456789'), minLength: min, maxLength: max });
const decimalText = fc.oneof(
  { weight: 8, arbitrary: digitsText(1, 7) },
  { weight: 8, arbitrary: fc.tuple(digitsText(1, 6), digitsText(1, 3)).map((parts) => parts.join('.')) },
  { weight: 2, arbitrary: digitsText(1, 16) },
  { weight: 2, arbitrary: fc.tuple(digitsText(0, 9), digitsText(0, 9)).map((parts) => parts.join('.')) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('0', '0.1', '5', '10', '25.5', '99999.9', '100000', '2147483648', '1'),
  },
);
const lastColumns = fc.oneof(
  { weight: 12, arbitrary: digitsText(1, 1).map((orders) => ['0', orders]) },
  { weight: 3, arbitrary: digitsText(0, 4).map((orders) => ['0', orders]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<string[]>([], ['3'], ['1', '2'], ['00', '1'], ['0', '1', '2'], ['0', '-1']),
  },
);
const rowOf = (price: fc.Arbitrary<string>): fc.Arbitrary<Row> =>
  fc.tuple(price, decimalText, lastColumns).map(([text, size, columns]) => [text, size, ...columns]);

/** As JSON makes a number of a text: so that most of the rows around the one in question are legal on the grid. */
const onGrid = (step: string): fc.Arbitrary<string> =>
  fc.nat(3_000_000).map((count) => {
    const decimals = (step.split('.')[1] ?? '').length;
    const units = String((count + 1) * Number(step.replace('.', ''))).padStart(decimals + 1, '0');
    const fraction = units.slice(units.length - decimals).replace(/0+$/, '');
    const whole = units.slice(0, units.length - decimals);
    return decimals === 0 || fraction === '' ? whole : `${whole}.${fraction}`;
  });

describe('spellings', () => {
  test('one number of any spelling, on any grid, first, last or between', { timeout: 120_000 }, () => {
    const compared = comparison();
    const frames = fc.constantFrom(...GRIDS).chain(({ instId, tickSz, lotSz }) => {
      const usual = fc.tuple(onGrid(tickSz), onGrid(lotSz)).map((row) => [...row, '0', '3']);
      const odd = fc.oneof(rowOf(decimalText), rowOf(onGrid(tickSz)));
      const side = fc.array(fc.oneof({ weight: 3, arbitrary: usual }, { weight: 1, arbitrary: odd }), {
        maxLength: 4,
      });
      return fc.tuple(side, side).map(([asks, bids]) => frameText(instId, asks, bids));
    });
    fc.assert(
      fc.property(frames, (text) => {
        checkText(compared, text);
      }),
      { numRuns: 10_000 },
    );
    expect(compared.depth - compared.slow).toBeGreaterThan(2_300);
    expect(compared.slow).toBeGreaterThan(30);
    expect(compared.refused).toBeGreaterThan(1_600);
  });

  test('every count of digits before and after the point, after a row with as many and one with others', () => {
    const compared = comparison();
    for (const { instId } of GRIDS) {
      for (let whole = 1; whole <= 16; whole++) {
        for (let fraction = 0; fraction <= 5; fraction++) {
          const text =
            '1234567890123456'.slice(0, whole) + (fraction > 0 ? `.${'50505'.slice(0, fraction)}` : '');
          for (const [price, size] of [
            [text, '1'],
            ['1', text],
          ]) {
            const row = [price!, size!, '0', '1'];
            checkText(compared, frameText(instId, [row, row], [['5', '10', '0', '1'], row]));
            checkText(compared, frameText(instId, [['100', '20', '0', '1'], row], [row]));
          }
        }
      }
    }
    expect(compared.depth - compared.slow).toBeGreaterThan(3_000);
    expect(compared.refused).toBeGreaterThan(3_000);
  });

  test('any number on grids of many decimals', { timeout: 120_000 }, () => {
    const compared = comparison(FINE_GRIDS);
    const manyDecimals = fc.tuple(digitsText(0, 9), digitsText(0, 13)).map((parts) => parts.join('.'));
    const leadingZeros = digitsText(1, 12).map((text) => `0.${text}`);
    const digitsAlone = digitsText(1, 16);
    const orders = fc.oneof(digitsText(1, 3), digitsText(0, 40));
    const frames = fc.constantFrom(...FINE_GRIDS).chain(({ instId, tickSz, lotSz }) => {
      const price = fc.oneof(
        { weight: 12, arbitrary: onGrid(tickSz) },
        { weight: 1, arbitrary: fc.oneof(manyDecimals, leadingZeros, digitsAlone) },
      );
      const size = fc.oneof(
        { weight: 8, arbitrary: onGrid(lotSz) },
        { weight: 3, arbitrary: fc.constantFrom('0', '0.0', '00.5', '1.', '.5', '1..5', '1.5.5', '"', '') },
        { weight: 1, arbitrary: fc.oneof(manyDecimals, leadingZeros, digitsAlone) },
      );
      const row = fc.oneof(
        {
          weight: 8,
          arbitrary: fc.tuple(onGrid(tickSz), onGrid(lotSz), fc.constant('0'), digitsText(1, 2)),
        },
        { weight: 1, arbitrary: fc.tuple(price, size, fc.constantFrom('0', '0', '0', '00', 'x'), orders) },
      );
      const side = fc.array(row, { maxLength: 5 });
      return fc.tuple(side, side).map(([asks, bids]) => frameText(instId, asks, bids));
    });
    fc.assert(
      fc.property(frames, (text) => {
        checkText(compared, text);
      }),
      { numRuns: 14_000 },
    );
    expect(compared.depth - compared.slow).toBeGreaterThan(3_500);
    expect(compared.refused).toBeGreaterThan(1_000);
  });

  test('every length of price, written out or cut, after every other', () => {
    const compared = comparison(FINE_GRIDS);
    const texts = Array.from({ length: 7 }, (_, whole) =>
      Array.from(
        { length: 13 },
        (__, decimals) => '1234567'.slice(0, whole + 1) + '.5678901234567'.slice(0, decimals + 1),
      ),
    )
      .flat()
      .map((text) => text.replace(/\.$/, ''));
    for (const { instId } of FINE_GRIDS.slice(0, -1)) {
      for (const before of texts) {
        for (const price of texts) {
          const rows = [before, price].map((text) => [text, '1000', '0', '1']);
          checkText(compared, frameText(instId, rows, []));
        }
      }
    }
    expect(compared.depth - compared.slow).toBeGreaterThan(3_000);
    expect(compared.refused).toBeGreaterThan(3_000);
  });

  test('prices that differ from the one before in one character', () => {
    const compared = comparison(FINE_GRIDS);
    for (const { instId, tickSz } of FINE_GRIDS) {
      const decimals = (tickSz.split('.')[1] ?? '').length;
      for (const whole of ['0', '1', '12', '1234', '65010']) {
        const price = decimals === 0 ? whole : `${whole}.${'000000123456'.slice(-decimals)}`;
        for (let place = 0; place < price.length; place++) {
          for (const character of '0159.x') {
            const other = price.slice(0, place) + character + price.slice(place + 1);
            const rows = [price, other, price].map((text) => [text, '1000', '0', '1']);
            checkText(compared, frameText(instId, rows, []));
            checkText(compared, frameText(instId, [], rows));
          }
        }
      }
    }
    expect(compared.depth - compared.slow).toBeGreaterThan(500);
    expect(compared.refused).toBeGreaterThan(500);
  });

  test('every byte of rows of many decimals replaced by every other', { timeout: 120_000 }, () => {
    const compared = comparison(FINE_GRIDS);
    const spot = [
      ['65010.1', '12.00345678', '0', '5'],
      ['65010.3', '0.5', '0', '12'],
      ['65011', '0', '0', '0'],
    ];
    const coin = [
      ['0.000010437', '1000', '0', '5'],
      ['0.000010438', '123456000', '0', '12'],
    ];
    for (const text of [frameText('F0', spot, spot.slice(0, 1)), frameText('F6', coin, coin.slice(0, 1))]) {
      const bytes = Buffer.from(text);
      const end = text.indexOf(',"ts"');
      for (let index = text.indexOf('[['); index < end; index++) {
        const original = bytes[index]!;
        for (let byte = 0; byte < 256; byte++) {
          bytes[index] = byte;
          compared.check(bytes, 0, bytes.length);
        }
        bytes[index] = original;
      }
    }
    expect(compared.depth - compared.slow).toBeGreaterThan(500);
    expect(compared.refused).toBeGreaterThan(30_000);
  });

  test('prices too far for 32 bits, one after the other', () => {
    const compared = comparison();
    const far = (instId: string, price: string): void => {
      const row = [price, '1', '0', '1'];
      expect(checkText(compared, frameText(instId, [row, row, row], []))).toBe(true);
      expect(compared.frame.farAskCount).toBe(3);
      expect(checkText(compared, frameText(instId, [], [row, row]))).toBe(false);
    };
    // Such as would come out positive if 32 bits ran over.
    for (const price of ['4294968.296', '9999999.999', '45000000.5']) far('G2-0.01', price);
    for (const price of ['43000000.01', '85900000.5']) far('G1-0.01', price);
    expect(compared.slow).toBe(0);
  });

  test('a last column that is no number is left to the slower road', () => {
    const compared = comparison();
    for (const orders of [':', '/', 'a', '5:', '']) {
      const row = ['65010.1', '1', '0', orders];
      expect(checkText(compared, frameText('BTC-USDT-SWAP', [row], []))).toBe(true);
      expect(checkText(compared, frameText('BTC-USDT-SWAP', [...ASKS, row, ...ASKS], []))).toBe(true);
      expect(checkText(compared, frameText('BTC-USDT-SWAP', [...ASKS, row], BIDS))).toBe(true);
    }
    // The empty text has always been taken for none.
    expect([compared.depth, compared.slow]).toEqual([15, 12]);
  });

  test('a price of zeros and an empty size are refused after rows that words took', () => {
    const compared = comparison();
    for (const row of [
      ['00000.0', '1', '0', '1'],
      ['00000', '1', '0', '1'],
      ['65010.1', '', '0', '1'],
      ['65010.1', '.', '0', '1'],
      ['', '1', '0', '1'],
    ]) {
      expect(checkText(compared, frameText('BTC-USDT-SWAP', [...ASKS, row, ...ASKS], BIDS))).toBe(false);
      expect(checkText(compared, frameText('BTC-USDT-SWAP', ASKS, BIDS))).toBe(true);
    }
  });

  test('more rows than words are used for', () => {
    const compared = comparison();
    const asks = Array.from({ length: 5_001 }, (_, row) => [String(1_000 + row), '1', '0', '1']);
    for (const lotSz of ['1', '0.00000001']) {
      const instId = `G4-${lotSz}`;
      expect(checkText(compared, frameText(instId, asks.slice(0, 5_000), []))).toBe(true);
      const bytes = Buffer.from(frameText(instId, asks, []));
      const decoder = new DepthDecoder([testInstrument(0, instId, '1', lotSz)]);
      expect(decoder.decode(bytes, 0, bytes.length, compared.frame)).toBe(2);
    }
    expect(compared.slow).toBe(0);
  });
});

describe('tails', () => {
  const INTEGERS = ['0', '-1', '-2', '7', '07', '-0', '-7', '1.5', '', 'null', '"5"'].concat(
    Array.from({ length: 16 }, (_, index) => '9182736450918273'.slice(0, index + 1)),
  );

  test('sequence numbers of any length, in both orders', () => {
    const compared = comparison();
    for (const seqId of INTEGERS) {
      for (const prevSeqId of INTEGERS) {
        for (const checksum of [',"checksum":0', ',"checksum":-5', '']) {
          for (const sequence of [
            `,"seqId":${seqId},"prevSeqId":${prevSeqId}`,
            `,"prevSeqId":${prevSeqId},"seqId":${seqId}`,
            `,"seqId":${seqId},"seqId":${prevSeqId}`,
          ]) {
            checkText(compared, frameText('BTC-USDT-SWAP', ASKS, BIDS, { checksum, sequence }));
          }
        }
      }
    }
    expect(compared.depth - compared.slow).toBeGreaterThan(1_500);
    expect(compared.refused).toBeGreaterThan(1_500);
  });

  test('numbers whose leading digits change, come back and are another instrument’s', () => {
    const compared = comparison();
    const numbers = [
      '81234569999',
      '81234570000',
      '81234570001',
      '99999999999',
      '100000000000',
      '100000000001',
      '999999999',
      '1000000000',
      '1000009999',
      '1000010000',
      '081234570001',
      '81234570002',
    ];
    for (const [index, seqId] of numbers.entries()) {
      for (const prevSeqId of numbers.slice(Math.max(0, index - 2), index + 2)) {
        for (const instId of ['BTC-USDT-SWAP', 'G0-0.1', 'BTC-USDT-SWAP']) {
          for (const ts of ['1763676609999', '1763676610000', '9763676610000', '0763676610000']) {
            const sequence = `,"seqId":${seqId},"prevSeqId":${prevSeqId}`;
            const isLegal = !`${seqId} ${prevSeqId}`.includes(' 0') && !seqId.startsWith('0');
            expect(checkText(compared, frameText(instId, [ASKS[3]!], [], { ts, sequence }))).toBe(isLegal);
          }
        }
      }
    }
    expect(compared.slow).toBe(0);
  });

  test('bytes that are the double 0 are no digits of a first frame', () => {
    for (const [digits, zeros] of [
      ['123456789012', '\0'.repeat(8)],
      ['123456789012', `${'\0'.repeat(7)}\u0080`],
    ] as const) {
      const seqId = zeros + digits.slice(8);
      const texts = [
        frameText('BTC-USDT-SWAP', ASKS, [], { sequence: `,"seqId":${seqId},"prevSeqId":${digits}` }),
        frameText('BTC-USDT-SWAP', ASKS, [], { sequence: `,"seqId":${digits},"prevSeqId":${seqId}` }),
        frameText('BTC-USDT-SWAP', ASKS, [], { ts: `1${zeros}0105` }),
        frameText('BTC-USDT-SWAP', ASKS, []).replace(',"ts":"176367660', zeros + zeros),
      ];
      for (const text of texts) expect(checkText(comparison(), text)).toBe(false);
    }
  });

  test('bytes between the rows and the time', () => {
    const compared = comparison();
    const usual = frameText('BTC-USDT-SWAP', ASKS, BIDS);
    for (const bytes of [',', ']', '0', '"', ',,', '00', '000', '0000']) {
      expect(checkText(compared, usual)).toBe(true);
      expect(checkText(compared, usual.replace(',"ts"', `${bytes},"ts"`))).toBe(false);
    }
    expect(compared.slow).toBe(0);
    expect(checkText(compared, usual.replace(',"ts"', ' ,"ts"'))).toBe(true);
    expect(compared.slow).toBe(1);
  });

  test('times of any length', () => {
    const compared = comparison();
    for (const ts of [...INTEGERS, '17636766001x5', '1763676600 05', '-763676600105']) {
      checkText(compared, frameText('BTC-USDT-SWAP', ASKS, BIDS, { ts: ts.replaceAll('"', '\\"') }));
    }
    expect([compared.depth, compared.refused]).toEqual([18, 12]);
  });

  test('rows that end a few bytes before the frame does', () => {
    const compared = comparison();
    for (const ts of ['1', '12345', '1234567890123']) {
      for (const sequence of ['', ',"seqId":1', ',"seqId":123456']) {
        const text = frameText('BTC-USDT-SWAP', ASKS, BIDS, { ts, checksum: '', sequence });
        expect(checkText(compared, text)).toBe(true);
      }
    }
    expect(compared.slow).toBe(0);
  });

  test('frames that end in the middle of a row, with nothing behind them', () => {
    const compared = comparison();
    const text = frameText('BTC-USDT-SWAP', [...ASKS, ['65012.1', '12.34', '0', '5']], []);
    const row = text.lastIndexOf('["65012.1"');
    for (let cut = row; cut < row + 27; cut++) {
      for (const end of ['', ']', ']]', '"]]', '1', '11111', '1.1111111', '","1234567', '],["65010.1']) {
        expect(checkText(compared, `${text.slice(0, cut)}${end}}]}`)).toBe(false);
      }
    }
  });
});

describe('heads', () => {
  const CHANNELS = ['books', 'books-l2-tbt', 'books50-l2-tbt', 'books5', 'bbo-tbt'];
  const named = (names: readonly string[]): PlainInstrument[] =>
    names.map((instId) => ({ instId, tickSz: '0.1', lotSz: '0.01' }));

  test.each([
    [
      'one the beginning of another',
      ['BTC-USD', 'BTC-USDT', 'BTC-USDT-SWAP', 'BTC-USD-SWAP', 'B', 'BTC-USDT-SWAPS'],
    ],
    [
      'one byte apart, at any place',
      Array.from({ length: 40 }, (_, place) => `${'A'.repeat(place)}B${'A'.repeat(39 - place)}`),
    ],
    // Only what stands in the first 28 bytes goes into the hash.
    [
      'equal in all bytes that are hashed',
      ['1', '2', '3', '4', '5'].map((end) => `${'LONG-NAME-'.repeat(4)}${end}`),
    ],
    ['a hundred', Array.from({ length: 100 }, (_, index) => `C${index}-USDT-SWAP`)],
  ])('names are told apart: %s', (_, names) => {
    const grids = named(names);
    const known = comparison(grids);
    const half = comparison(grids.filter((__, index) => index % 2 === 0));
    for (const channel of CHANNELS) {
      for (const action of ['update', 'snapshot', 'partial']) {
        for (const instId of names) {
          const text = frameText(instId, ASKS, BIDS, {}, channel, action);
          checkText(known, text);
          checkText(half, text);
          checkText(half, text.replace(instId, `${instId}X`));
        }
      }
    }
    expect(known.slow).toBe(0);
    expect(known.depth).toBeGreaterThan(names.length * 10);
    expect(half.refused).toBeGreaterThan(names.length * 10);
  });

  test('frames that are short, with names that are long', () => {
    const compared = comparison(named(['A', 'B'.repeat(60)]));
    for (const channel of CHANNELS) {
      for (const instId of ['A', 'B'.repeat(60)]) {
        const text = frameText(instId, [], [], { ts: '1', checksum: '', sequence: '' }, channel);
        expect(checkText(compared, text)).toBe(true);
        for (let end = 0; end < text.length; end++) {
          expect(checkText(compared, text.slice(0, end))).toBe(false);
        }
      }
    }
    expect(compared.slow).toBe(0);
  });
});
