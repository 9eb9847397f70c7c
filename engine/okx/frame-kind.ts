/**
 * Which kind of message a text frame is, from its first bytes: decides who decodes it.
 *
 * Owner:      the engine thread.
 * Invariants: the kind is decided by the first deciding root key; a frame that is illegal before that key is `other`.
 * Cost:       a push of OKX's shape is recognised after its `arg`, about 60 bytes; nothing allocates.
 */
import { JsonCursor, JsonKind, asciiBytes, rangeIs } from './json-cursor.ts';

export const FrameKind = {
  /** The text `pong`. */
  pong: 0,
  /** A control message: login, subscribe, unsubscribe, error, notice, channel-conn-count. */
  event: 1,
  /** Data of a channel. */
  push: 2,
  /** The answer to an order operation. */
  ack: 3,
  other: 4,
} as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** Channels by number, for dispatch without text. */
export const PushChannel = {
  other: 0,
  books: 1,
  booksL2Tbt: 2,
  books50L2Tbt: 3,
  books5: 4,
  bboTbt: 5,
  trades: 6,
  tickers: 7,
  instruments: 8,
  status: 9,
  markPrice: 10,
  fundingRate: 11,
  priceLimit: 12,
  orders: 13,
  fills: 14,
  account: 15,
  positions: 16,
  balanceAndPosition: 17,
  indexTickers: 18,
  optSummary: 19,
} as const;
export type PushChannel = (typeof PushChannel)[keyof typeof PushChannel];

const PONG = asciiBytes('pong');
const ARG = asciiBytes('arg');
const DATA = asciiBytes('data');
const EVENT = asciiBytes('event');
const OP = asciiBytes('op');
const CHANNEL = asciiBytes('channel');

/** OKX's usual beginning of a push, and what follows its `arg`. */
const PUSH_HEAD = asciiBytes('{"arg":{"channel":"');
const AFTER_ARG_ACTION = asciiBytes(',"action":"');
const AFTER_ARG_DATA = asciiBytes(',"data":[');
/** An `arg` of a known channel is shorter than this; a longer one takes the general way. */
const ARG_BYTES_MAX = 256;

const CLOSE_OBJECT = 0x7d;
const QUOTE = 0x22;

/** In the order of PushChannel. */
const CHANNEL_NAMES: readonly Uint8Array[] = [
  '',
  'books',
  'books-l2-tbt',
  'books50-l2-tbt',
  'books5',
  'bbo-tbt',
  'trades',
  'tickers',
  'instruments',
  'status',
  'mark-price',
  'funding-rate',
  'price-limit',
  'orders',
  'fills',
  'account',
  'positions',
  'balance_and_position',
  'index-tickers',
  'opt-summary',
].map(asciiBytes);

const cursor = new JsonCursor();

/** @hot The kind of the frame in bytes[start, end). */
export function frameKind(bytes: Uint8Array, start: number, end: number): FrameKind {
  if (isUsualPush(bytes, start, end)) return FrameKind.push;
  if (rangeIs(bytes, start, end, PONG)) return FrameKind.pong;
  cursor.reset(bytes, start, end);
  if (!cursor.enterObject()) return FrameKind.other;
  let hasArg = false;
  let hasData = false;
  while (cursor.nextKey()) {
    if (cursor.keyIs(EVENT)) return FrameKind.event;
    if (cursor.keyIs(OP)) return FrameKind.ack;
    if (cursor.keyIs(ARG)) hasArg = true;
    else if (cursor.keyIs(DATA)) hasData = true;
    if (hasArg && hasData) return FrameKind.push;
    cursor.skipValue();
  }
  return FrameKind.other;
}

/** @hot The channel of a push; `other` for channels this engine does not know and for frames that are no pushes. */
export function pushChannel(bytes: Uint8Array, start: number, end: number): PushChannel {
  if (startsWith(bytes, start, end, PUSH_HEAD)) {
    const nameStart = start + PUSH_HEAD.length;
    let nameEnd = nameStart;
    const limit = Math.min(end, nameStart + ARG_BYTES_MAX);
    while (nameEnd < limit && bytes[nameEnd] !== QUOTE) nameEnd++;
    return channelOf(bytes, nameStart, nameEnd);
  }
  cursor.reset(bytes, start, end);
  if (!cursor.enterObject()) return PushChannel.other;
  while (cursor.nextKey()) {
    if (cursor.keyIs(ARG) && cursor.peekKind() === JsonKind.object) return channelOfArg();
    cursor.skipValue();
  }
  return PushChannel.other;
}

function channelOfArg(): PushChannel {
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs(CHANNEL) && cursor.peekKind() === JsonKind.string) {
      cursor.readValue();
      return channelOf(cursor.bytes, cursor.valueStart, cursor.valueEnd);
    }
    cursor.skipValue();
  }
  return PushChannel.other;
}

function channelOf(bytes: Uint8Array, start: number, end: number): PushChannel {
  for (let channel = 1; channel < CHANNEL_NAMES.length; channel++) {
    if (rangeIs(bytes, start, end, CHANNEL_NAMES[channel]!)) return channel as PushChannel;
  }
  return PushChannel.other;
}

function isUsualPush(bytes: Uint8Array, start: number, end: number): boolean {
  if (!startsWith(bytes, start, end, PUSH_HEAD)) return false;
  const limit = Math.min(end, start + ARG_BYTES_MAX);
  let position = start + PUSH_HEAD.length;
  while (position < limit && bytes[position] !== CLOSE_OBJECT) position++;
  return (
    startsWith(bytes, position + 1, end, AFTER_ARG_ACTION) ||
    startsWith(bytes, position + 1, end, AFTER_ARG_DATA)
  );
}

function startsWith(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  return end - start >= expected.length && rangeIs(bytes, start, start + expected.length, expected);
}
