/**
 * Depth decoding by JSON.parse: the judge of every frame that is not of the usual shape, and of REST answers. Clear
 * rather than fast; what it accepts and what it gives is the definition that the fast scanner must equal.
 */
import { DEPTH_ROWS_MAX, DepthAction, NO_SEQUENCE } from '../base/depth-rows.ts';
import { OFF_GRID, type DecimalGrid } from '../base/decimal.ts';
import type { Instrument } from '../base/instrument.ts';
import { TICKS_MAX } from '../base/units.ts';
import { DEPTH_CHANNEL_NAMES, DepthChannel, DepthResult, type DepthFrame } from './depth-frame.ts';

type JsonObject = Readonly<Record<string, unknown>>;

const INT32_MIN = -2_147_483_648;
const INT32_MAX = 2_147_483_647;

export class DepthSlowDecoder {
  readonly #byName: ReadonlyMap<string, Instrument>;
  // Bytes that are not UTF-8 are refused as JSON would refuse them; a byte order mark is kept, for JSON to refuse.
  readonly #text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(instruments: readonly Instrument[]) {
    this.#byName = new Map(instruments.map((instrument) => [instrument.instId, instrument]));
  }

  decode(bytes: Uint8Array, start: number, end: number, frame: DepthFrame, entry: number): DepthResult {
    const message = this.#parse(bytes, start, end);
    if (message === undefined) return DepthResult.malformed;
    if (!isObject(message) || !isObject(message['arg'])) return DepthResult.other;
    // A name that is no text is nobody's channel. It must not be turned into one: an object's own toString may throw.
    const name = message['arg']['channel'];
    const channel = (typeof name === 'string' ? DEPTH_CHANNEL_NAMES.indexOf(name) : -1) as DepthChannel | -1;
    if (channel === -1) return DepthResult.other;
    // Answers to subscribe and unsubscribe carry the same `arg`, and an `event`.
    if (message['event'] !== undefined) return DepthResult.other;
    const instId = message['arg']['instId'];
    if (typeof instId !== 'string') return DepthResult.malformed;
    const instrument = this.#byName.get(instId);
    if (instrument === undefined) return DepthResult.unknownInstrument;
    frame.channel = channel;
    frame.instrument = instrument.index;
    frame.isSlowPath = true;
    if (channel === DepthChannel.books5 || channel === DepthChannel.bboTbt) frame.action = DepthAction.image;
    else if (message['action'] === 'snapshot') frame.action = DepthAction.snapshot;
    else if (message['action'] === 'update') frame.action = DepthAction.update;
    else return DepthResult.malformed;
    const data = message['data'];
    if (!Array.isArray(data) || entry >= data.length) return DepthResult.malformed;
    frame.entryCount = data.length;
    // All entries are judged before the first is handed out: a frame must not be applied by half.
    for (let index = data.length - 1; index > entry; index--) {
      if (!readEntry(data[index], instrument, frame)) return DepthResult.malformed;
    }
    return readEntry(data[entry], instrument, frame) ? DepthResult.depth : DepthResult.malformed;
  }

  /** The parsed JSON, or undefined (which no JSON text stands for) when it is not legal. */
  #parse(bytes: Uint8Array, start: number, end: number): unknown {
    try {
      return JSON.parse(this.#text.decode(bytes.subarray(start, end)));
    } catch (error) {
      // SyntaxError is JSON.parse's, TypeError the text decoder's for bytes that are not UTF-8; nothing else is caught.
      if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
      throw error;
    }
  }
}

/**
 * Decodes the answer to GET /api/v5/market/books into `frame` as a snapshot of `instrument` (the answer itself names
 * none). Cold: used to build a book where the feed gives no snapshot.
 */
export function decodeRestBook(text: string, instrument: Instrument, frame: DepthFrame): DepthResult {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return DepthResult.malformed;
    throw error;
  }
  if (!isObject(answer) || answer['code'] !== '0') return DepthResult.malformed;
  const data = answer['data'];
  if (!Array.isArray(data) || data.length !== 1) return DepthResult.malformed;
  frame.channel = DepthChannel.books;
  frame.action = DepthAction.snapshot;
  frame.instrument = instrument.index;
  frame.isSlowPath = true;
  frame.entryCount = 1;
  return readEntry(data[0], instrument, frame) ? DepthResult.depth : DepthResult.malformed;
}

function readEntry(entry: unknown, instrument: Instrument, frame: DepthFrame): boolean {
  if (!isObject(entry)) return false;
  frame.askCount = readRows(entry['asks'], instrument, frame.askTicks, frame.askLots, true);
  frame.bidCount = readRows(entry['bids'], instrument, frame.bidTicks, frame.bidLots, false);
  if (frame.askCount < 0 || frame.bidCount < 0) return false;
  frame.farAskCount = (entry['asks'] as readonly unknown[]).length - frame.askCount;
  const ts = entry['ts'];
  if (typeof ts !== 'string' || !/^\d{1,15}$/.test(ts)) return false;
  frame.tsMs = Number(ts);
  const seqId = entry['seqId'] ?? NO_SEQUENCE;
  const prevSeqId = entry['prevSeqId'] ?? NO_SEQUENCE;
  const checksum = entry['checksum'] ?? 0;
  // -2 written out is refused: it must stay distinct from an absent field.
  if (entry['seqId'] === NO_SEQUENCE || entry['prevSeqId'] === NO_SEQUENCE) return false;
  if (!isIntegerFrom(seqId, NO_SEQUENCE) || !isIntegerFrom(prevSeqId, NO_SEQUENCE)) return false;
  if (!isIntegerFrom(checksum, INT32_MIN) || checksum > INT32_MAX) return false;
  // Adding 0 turns the -0 that JSON can spell into 0.
  frame.seqId = seqId + 0;
  frame.prevSeqId = prevSeqId + 0;
  frame.checksum = checksum + 0;
  return true;
}

/**
 * The number of rows kept, or -1 when any of them is not a price and a size of the instrument. Asks beyond TICKS_MAX
 * are left out.
 */
function readRows(
  rows: unknown,
  instrument: Instrument,
  ticks: Int32Array,
  lots: Float64Array,
  isAsks: boolean,
): number {
  if (!Array.isArray(rows) || rows.length > DEPTH_ROWS_MAX) return -1;
  let count = 0;
  for (const row of rows as unknown[]) {
    if (!Array.isArray(row)) return -1;
    const size = readDecimal(row[1], instrument.lot);
    if (size === OFF_GRID) return -1;
    const price = readDecimal(row[0], instrument.tick);
    if (price >= 1 && price <= TICKS_MAX) {
      ticks[count] = price;
      lots[count] = size;
      count++;
    } else if (!isAsks || !(price > TICKS_MAX || isBeyondCounting(row[0], instrument.tick))) return -1;
  }
  return count;
}

/** A decimal of so many steps that the grid cannot count them. */
function isBeyondCounting(value: unknown, grid: DecimalGrid): boolean {
  if (typeof value !== 'string' || !/^\d+(\.\d+)?$/.test(value)) return false;
  return Number(value) > Number.MAX_SAFE_INTEGER * grid.value;
}

function readDecimal(value: unknown, grid: DecimalGrid): number {
  return typeof value === 'string' ? grid.fromText(value) : OFF_GRID;
}

function isIntegerFrom(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
