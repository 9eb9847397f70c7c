import { TICKS_MAX } from '../../engine/base/units.ts';

/**
 * The twin of the depth decoder: JSON.parse, objects and BigInt, straight from the protocol's description, sharing no
 * code with engine/okx.
 */
export interface PlainInstrument {
  readonly instId: string;
  readonly tickSz: string;
  readonly lotSz: string;
}

export interface PlainEntry {
  readonly asks: (readonly [ticks: number, lots: number])[];
  readonly bids: (readonly [ticks: number, lots: number])[];
  readonly farAsks: number;
  readonly tsMs: number;
  readonly seqId: number;
  readonly prevSeqId: number;
  readonly checksum: number;
}

export type PlainResult =
  | { readonly kind: 'other' | 'malformed' | 'unknownInstrument' }
  | {
      readonly kind: 'depth';
      readonly instrument: number;
      readonly channel: string;
      readonly action: 'snapshot' | 'update' | 'image';
      readonly entries: readonly PlainEntry[];
    };

const CHANNELS = ['books', 'books-l2-tbt', 'books50-l2-tbt', 'books5', 'bbo-tbt'];
const OTHER: PlainResult = { kind: 'other' };
const MALFORMED: PlainResult = { kind: 'malformed' };

export function decodePlainly(bytes: Uint8Array, instruments: readonly PlainInstrument[]): PlainResult {
  const latin = Buffer.from(bytes).toString('latin1');
  // The two rules by which a frame is somebody else's before it is looked into.
  if (!/^[ \t\r\n]*\{/.test(latin) || /^\{"(event|id|op)":/.test(latin)) return OTHER;
  const named = /^\{"arg":\{"channel":"([a-z0-9-]*)"/.exec(latin);
  if (named !== null && !CHANNELS.includes(named[1]!)) return OTHER;

  let message: unknown;
  try {
    message = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return MALFORMED;
  }
  if (!isObject(message)) return OTHER;
  const { arg, action, data } = message as { arg?: unknown; action?: 'snapshot' | 'update'; data?: unknown };
  if (!isObject(arg) || !CHANNELS.includes(arg['channel'] as string) || message['event'] !== undefined)
    return OTHER;
  if (typeof arg['instId'] !== 'string') return MALFORMED;
  const instrument = instruments.findIndex((candidate) => candidate.instId === arg['instId']);
  if (instrument === -1) return { kind: 'unknownInstrument' };
  const channel = arg['channel'] as string;
  const isImage = channel === 'books5' || channel === 'bbo-tbt';
  if (!isImage && action !== 'snapshot' && action !== 'update') return MALFORMED;
  if (!Array.isArray(data) || data.length === 0) return MALFORMED;
  const entries: PlainEntry[] = [];
  for (const item of data as unknown[]) {
    const entry = readEntry(item, instruments[instrument]!);
    if (entry === undefined) return MALFORMED;
    entries.push(entry);
  }
  return {
    kind: 'depth',
    instrument,
    channel,
    action: isImage ? 'image' : action!,
    entries,
  };
}

function readEntry(entry: unknown, instrument: PlainInstrument): PlainEntry | undefined {
  if (!isObject(entry)) return undefined;
  const asks = readRows(entry['asks'], instrument);
  const bids = readRows(entry['bids'], instrument);
  if (asks === undefined || bids === undefined) return undefined;
  if (bids.some(isFar)) return undefined;
  const { ts } = entry;
  if (typeof ts !== 'string' || !/^[0-9]{1,15}$/.test(ts)) return undefined;
  const seqId = readSequence(entry['seqId']);
  const prevSeqId = readSequence(entry['prevSeqId']);
  if (seqId === undefined || prevSeqId === undefined) return undefined;
  const checksum = (entry['checksum'] ?? 0) as number;
  if (!Number.isInteger(checksum) || Math.abs(checksum + 0.5) > 2 ** 31) return undefined;
  return {
    asks: asks.filter((row) => !isFar(row)),
    bids,
    farAsks: asks.filter(isFar).length,
    tsMs: Number(ts),
    seqId,
    prevSeqId,
    checksum: checksum + 0,
  };
}

function isFar(row: readonly [number, number]): boolean {
  return row[0] > TICKS_MAX;
}

/** -2 for none, undefined for what is no sequence number. */
function readSequence(value: unknown): number | undefined {
  if (value === undefined || value === null) return -2;
  return Number.isSafeInteger(value) && (value as number) >= -1 ? (value as number) + 0 : undefined;
}

function readRows(rows: unknown, instrument: PlainInstrument): [number, number][] | undefined {
  if (!Array.isArray(rows)) return undefined;
  const read = rows.map((row) => readRow(row, instrument));
  return read.includes(undefined) ? undefined : (read as [number, number][]);
}

/** [ticks, lots]; ticks are Infinity for a price too far to count. */
function readRow(row: unknown, instrument: PlainInstrument): [number, number] | undefined {
  if (!Array.isArray(row)) return undefined;
  const lots = stepsOf(row[1], instrument.lotSz);
  let ticks = stepsOf(row[0], instrument.tickSz);
  if (ticks === undefined && typeof row[0] === 'string' && /^[0-9]+(\.[0-9]+)?$/.test(row[0])) {
    if (Number(row[0]) > Number.MAX_SAFE_INTEGER * Number(instrument.tickSz)) ticks = Infinity;
  }
  if (lots === undefined || ticks === undefined || ticks === 0) return undefined;
  return [ticks, lots];
}

/** The exact number of steps, when it is whole and the decimal is below 2^53 of the step's last digit. */
function stepsOf(text: unknown, step: string): number | undefined {
  const match = typeof text === 'string' ? /^([0-9]+)(?:\.([0-9]+))?$/.exec(text) : null;
  if (match === null) return undefined;
  const stepDecimals = (step.split('.')[1] ?? '').length;
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > stepDecimals) return undefined;
  const units = BigInt(match[1]! + fraction.padEnd(stepDecimals, '0'));
  const stepUnits = BigInt(step.replace('.', ''));
  if (units > BigInt(Number.MAX_SAFE_INTEGER) || units % stepUnits !== 0n) return undefined;
  return Number(units / stepUnits);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
