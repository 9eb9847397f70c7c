import * as fc from 'fast-check';
import type { PlainInstrument } from './depth-plain-decoder.ts';

/** Frames as OKX writes them, frames that only a lenient writer would make, and ways to damage either. */

const CHANNELS = ['books', 'books-l2-tbt', 'books50-l2-tbt', 'books5', 'bbo-tbt', 'trades', 'books-rpi'];

const digits = (max: number): fc.Arbitrary<string> => fc.nat(max).map(String);

/** A count of steps, spelled on the grid of the frame's instrument with so many zeros after it. */
class Steps {
  readonly count: number;
  readonly zeros: number;

  constructor(count: number, zeros: number) {
    this.count = count;
    this.zeros = zeros;
  }

  text(step: string): string {
    const decimals = (step.split('.')[1] ?? '').length;
    const units = String(BigInt(this.count) * BigInt(step.replace('.', ''))).padStart(decimals + 1, '0');
    const whole = units.slice(0, units.length - decimals);
    const fraction = units.slice(units.length - decimals).replace(/0+$/, '');
    // Zeros at the end are legal; only beyond the grid's last digit they are unusual.
    const spelled = fraction + '0'.repeat(this.zeros);
    return spelled === '' ? whole : `${whole}.${spelled}`;
  }
}

/** Mostly on the grid of the frame's instrument, sometimes on none. */
const decimal: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 60, arbitrary: fc.nat(2_000_000).map((count) => new Steps(count + 1, 0)) },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.nat(2_147_483_647), fc.nat(2)).map(([count, zeros]) => new Steps(count, zeros)),
  },
  { weight: 1, arbitrary: fc.bigInt(0n, 10n ** 18n).map(String) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(digits(99_999), fc.constantFrom('', '.5', '.25', '.0005'))
      .map((parts) => parts.join('')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '0',
      '00',
      '007',
      '0.0',
      '1.',
      '.5',
      '',
      '-1',
      '1e3',
      '+1',
      ' 1',
      '0x10',
      '1.2.3',
      'NaN',
      '2147483647',
      '2147483648',
      '214748364.7',
      '214748364.8',
      '9007199254740991',
      '9007199254740993',
      '900719925474099.1',
      '1000000000000000',
      '99999999999999999999999',
      '1.00000000000000000',
      '0.000000000000000001',
    ),
  },
);

const size = fc.oneof({ weight: 1, arbitrary: fc.constant('0') }, { weight: 5, arbitrary: decimal });

const row: fc.Arbitrary<unknown[]> = fc.oneof(
  { weight: 80, arbitrary: fc.tuple(decimal, size, fc.constant('0'), digits(70_000)) },
  { weight: 8, arbitrary: fc.tuple(decimal, size, digits(9)) },
  { weight: 1, arbitrary: fc.tuple(decimal, size) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown[]>(
      [],
      ['1'],
      [1, 2],
      ['1', '2', null],
      ['1', '2', '3', '4', '5', ['6']],
      ['1', '2', '\u00e9'],
    ),
  },
);

const rows = fc.oneof(
  { weight: 80, arbitrary: fc.array(row, { maxLength: 4, size: 'max' }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, {}, '', [[]], ['1']) },
);

const sequence = fc.oneof(
  { weight: 40, arbitrary: fc.nat().map((value) => value + 80_274_874_800) },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(-1, 0, 1, 12) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(-2, 1.5, 2 ** 53, 1e15, 123456789012345, '5', null, undefined, -0),
  },
);

const checksum = fc.oneof(
  { weight: 20, arbitrary: fc.constant(0) },
  { weight: 20, arbitrary: fc.integer() },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(2 ** 31, -(2 ** 31), 2 ** 31 - 1, 0.5, '7', null, undefined),
  },
);

const ts = fc.oneof(
  { weight: 60, arbitrary: fc.nat().map((value) => String(1_700_000_000_000 + value)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      '',
      '0',
      '-1',
      '1.5',
      '999999999999999',
      '9999999999999999',
      5,
      undefined,
    ),
  },
);

interface Shape {
  readonly channel: string;
  readonly instId: unknown;
  readonly action: unknown;
  readonly asks: unknown;
  readonly bids: unknown;
  readonly ts: unknown;
  readonly checksum: unknown;
  readonly seqId: unknown;
  readonly prevSeqId: unknown;
  /** How the fields are ordered, spaced and added to; 0 to 4 is as the venue does. */
  readonly style: number;
}

const shape = (instIds: readonly string[]): fc.Arbitrary<Shape> =>
  fc.record({
    channel: fc.constantFrom('books', 'books', 'books', ...CHANNELS),
    instId: fc.oneof(
      { weight: 60, arbitrary: fc.constantFrom(...instIds) },
      { weight: 1, arbitrary: fc.constantFrom<unknown>('NOBODY-USDT', '', 5, undefined, `${instIds[0]!}X`) },
    ),
    action: fc.oneof(
      { weight: 60, arbitrary: fc.constantFrom('update', 'snapshot') },
      { weight: 1, arbitrary: fc.constantFrom<unknown>('partial', undefined, 1) },
    ),
    asks: rows,
    bids: rows,
    ts,
    checksum,
    seqId: sequence,
    prevSeqId: sequence,
    style: fc.nat(15),
  });

function spell(shape: Shape, grids: readonly PlainInstrument[]): string {
  const grid = grids.find((candidate) => candidate.instId === shape.instId) ?? grids[0]!;
  const onGrid = (rows: unknown): unknown =>
    Array.isArray(rows) ? rows.map((row) => (Array.isArray(row) ? row.map(spellCell) : row)) : rows;
  const spellCell = (cell: unknown, column: number): unknown =>
    cell instanceof Steps ? cell.text(column === 0 ? grid.tickSz : grid.lotSz) : cell;
  const { channel, style } = shape;
  const isImage = channel === 'books5' || channel === 'bbo-tbt';
  const arg = style === 5 ? { instId: shape.instId, channel } : { channel, instId: shape.instId };
  const { ts, seqId, prevSeqId } = shape;
  const asks = onGrid(shape.asks);
  const bids = onGrid(shape.bids);
  const sums = isImage ? {} : { checksum: shape.checksum };
  let entry: Record<string, unknown> = { asks, bids, ts, ...sums, seqId, prevSeqId };
  if (isImage)
    entry =
      channel === 'books5' ? { asks, bids, instId: shape.instId, ts, seqId } : { asks, bids, ts, seqId };
  else if (style === 1) entry = { asks, bids, ts, ...sums, prevSeqId, seqId };
  else if (style === 2) entry = { asks, bids, ts, ...sums };
  if (style === 6) entry = { seqId, ts, bids, asks, ...sums, prevSeqId };
  if (style === 7) entry = { ...entry, more: { nested: [1, 'x', null] } };
  const data =
    style === 8
      ? [entry, entry]
      : style === 9
        ? [entry, { ...entry, ts: '17', bids: [['1', '1', '0', '1']] }]
        : [entry];
  let push: Record<string, unknown> = { arg, action: shape.action, data };
  if (isImage && style !== 10) push = { arg, data };
  if (style === 11) push = { data, arg, action: shape.action };
  if (style === 12) push = { ...push, event: 'subscribe' };
  if (style === 13) return JSON.stringify(push, null, 1);
  if (style === 14) return ` ${JSON.stringify(push)}\n`;
  const text = JSON.stringify(push);
  return style === 15 ? text.replace('books', 'book\\u0073').replace('"ts"', '"\\u0074s"') : text;
}

interface Damage {
  readonly kind: number;
  readonly at: number;
  readonly length: number;
  readonly byte: number;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  // Half of the frames stay as they are.
  kind: fc.nat(13),
  at: fc.nat(100_000),
  length: fc.integer({ min: 1, max: 24 }),
  byte: fc.oneof(
    fc.nat(255),
    fc.constantFrom(...[...'0123456789.,"[]{}:-eE \\'].map((char) => char.charCodeAt(0))),
  ),
});

function inflict(bytes: Buffer, { kind, at, length, byte }: Damage): Buffer {
  if (bytes.length === 0) return bytes;
  const place = at % bytes.length;
  const before = bytes.subarray(0, place);
  if (kind === 0) return before;
  if (kind === 1) return Buffer.concat([before, bytes.subarray(place + length)]);
  if (kind === 2) return Buffer.concat([before, Buffer.of(byte), bytes.subarray(place)]);
  if (kind === 3) return Buffer.concat([bytes.subarray(0, place + length), bytes.subarray(place)]);
  if (kind <= 6) return Buffer.concat([before, Buffer.of(byte), bytes.subarray(place + 1)]);
  return bytes;
}

/** A frame, whole or damaged, of one of the instruments or of none. */
export function depthFrames(grids: readonly PlainInstrument[]): fc.Arbitrary<Buffer> {
  const instIds = grids.map((grid) => grid.instId);
  return fc
    .tuple(shape(instIds), damage)
    .map(([frame, hurt]) => inflict(Buffer.from(spell(frame, grids)), hurt));
}
