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

  let message: any;
  try {
    message = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return MALFORMED;
  }
  const arg = message.arg;
  if (!isObject(arg) || !CHANNELS.includes(arg.channel) || message.event !== undefined) return OTHER;
  if (typeof arg.instId !== 'string') return MALFORMED;
  const instrument = instruments.findIndex((candidate) => candidate.instId === arg.instId);
  if (instrument === -1) return { kind: 'unknownInstrument' };
  const isImage = arg.channel === 'books5' || arg.channel === 'bbo-tbt';
  if (!isImage && message.action !== 'snapshot' && message.action !== 'update') return MALFORMED;
  if (!Array.isArray(message.data) || message.data.length === 0) return MALFORMED;
  const entries = message.data.map((entry: any) => readEntry(entry, instruments[instrument]!));
  if (entries.includes(undefined)) return MALFORMED;
  return {
    kind: 'depth',
    instrument,
    channel: arg.channel,
    action: isImage ? 'image' : message.action,
    entries,
  };
}

function readEntry(entry: any, instrument: PlainInstrument): PlainEntry | undefined {
  if (!isObject(entry) || !Array.isArray(entry.asks) || !Array.isArray(entry.bids)) return undefined;
  const asks = entry.asks.map((row: any) => readRow(row, instrument));
  const bids = entry.bids.map((row: any) => readRow(row, instrument));
  if ([...asks, ...bids].includes(undefined)) return undefined;
  const isFar = (row: [number, number]): boolean => row[0] > TICKS_MAX;
  if (bids.some(isFar)) return undefined;
  if (typeof entry.ts !== 'string' || !/^[0-9]{1,15}$/.test(entry.ts)) return undefined;
  const seqId = entry.seqId ?? null;
  const prevSeqId = entry.prevSeqId ?? null;
  const checksum = entry.checksum ?? 0;
  if (seqId !== null && !(Number.isSafeInteger(seqId) && seqId >= -1)) return undefined;
  if (prevSeqId !== null && !(Number.isSafeInteger(prevSeqId) && prevSeqId >= -1)) return undefined;
  if (!Number.isInteger(checksum) || Math.abs(checksum + 0.5) > 2 ** 31) return undefined;
  return {
    asks: asks.filter((row: [number, number]) => !isFar(row)),
    bids,
    farAsks: asks.filter(isFar).length,
    tsMs: Number(entry.ts),
    seqId: seqId === null ? -2 : seqId + 0,
    prevSeqId: prevSeqId === null ? -2 : prevSeqId + 0,
    checksum: checksum + 0,
  };
}

/** [ticks, lots]; ticks are Infinity for a price too far to count. */
function readRow(row: any, instrument: PlainInstrument): [number, number] | undefined {
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

function isObject(value: any): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
