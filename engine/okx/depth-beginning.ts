/**
 * Tells from the first bytes whether a frame is a depth push, somebody else's, or has to be looked at closely.
 *
 * Owner:      pure functions.
 * Invariants: `other` is only said of frames that begin as the venue begins them.
 * Cost:       some twenty byte compares; nothing allocates.
 */
import { DEPTH_CHANNEL_NAMES } from './depth-frame.ts';

/** What a scanning step gives instead of an offset when the frame is not of the usual shape. */
export const UNUSUAL = -1;

const ENCODER = new TextEncoder();
/** How every push of the venue begins; the channel's name follows. */
export const HEAD = ENCODER.encode('{"arg":{"channel":"');
/** The channels' names as bytes, by DepthChannel. */
export const CHANNEL_BYTES: readonly Uint8Array[] = DEPTH_CHANNEL_NAMES.map((name) => ENCODER.encode(name));
const EVENT_HEADS: readonly Uint8Array[] = ['{"event":', '{"id":', '{"op":'].map((head) =>
  ENCODER.encode(head),
);

const QUOTE = 0x22;
const MINUS = 0x2d;
const DIGIT_0 = 0x30;
const OPEN_BRACE = 0x7b;

/** What the first bytes of a frame say, where they do not name a depth channel. */
export const DepthBeginning = { other: -1, unclear: -2 } as const;

/** @hot The depth channel that a frame of the usual beginning is about, or a DepthBeginning. */
export function channelAt(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return DepthBeginning.other;
  if (!startsWith(bytes, start, end, HEAD)) {
    for (let head = 0; head < EVENT_HEADS.length; head++) {
      if (startsWith(bytes, start, end, EVENT_HEADS[head]!)) return DepthBeginning.other;
    }
    return firstIsBrace(bytes, start, end) ? DepthBeginning.unclear : DepthBeginning.other;
  }
  const nameStart = start + HEAD.length;
  for (let channel = 0; channel < CHANNEL_BYTES.length; channel++) {
    const name = CHANNEL_BYTES[channel]!;
    if (!startsWith(bytes, nameStart, end, name)) continue;
    if (nameStart + name.length < end && bytes[nameStart + name.length] === QUOTE) return channel;
  }
  // A name of plain letters, digits and dashes that is not in the list is another channel's; an escape hides a name.
  let index = nameStart;
  while (index < end && isNameByte(bytes[index]!)) index++;
  return index < end && bytes[index] === QUOTE ? DepthBeginning.other : DepthBeginning.unclear;
}

function isNameByte(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= DIGIT_0 && byte <= 0x39) || byte === MINUS;
}

/** Whether the first byte that is not JSON white space opens an object. */
function firstIsBrace(bytes: Uint8Array, start: number, end: number): boolean {
  let index = start;
  while (index < end && isWhiteSpace(bytes[index]!)) index++;
  return index < end && bytes[index] === OPEN_BRACE;
}

function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function startsWith(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  return end - start >= expected.length && matches(bytes, start, expected);
}

/** @hot Whether the bytes at `start` are `expected`. Reads no further than the first that differs. */
export function matches(bytes: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index++) {
    if (bytes[start + index] !== expected[index]) return false;
  }
  return true;
}
