/**
 * Makes a client's frames: header, mask and masked payload in one pass over the bytes, in buffers made before.
 *
 *     slot:  | ....header mask | payload, masked ...  |
 *            0                16: aligned for words
 *
 * Owner:      the socket that it writes for.
 * Invariants: a slot is used again only when the socket has nothing of its frame left: the bytes written in all,
 *             less those that the socket still holds, have passed the frame's end. Every frame of that socket
 *             must come from here, or be told by `skip`. Words are little-endian, as on every machine that Node
 *             has a build for that this engine runs on.
 * Cost:       one load, one exclusive or and one store a word. Nothing is allocated once frames of a length have
 *             been made: the view that a socket wants is kept for every length (about 100 B each). Frames too
 *             long for a slot, or made while all slots wait for a peer that does not read, are allocated.
 */
import type { Random } from '../base/random.ts';
import type { Opcode } from './frame-reader.ts';

const FIN = 0x80;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
/** Room before the payload: two bytes, up to eight more of the length, four of the mask, rounded up to whole words. */
const HEAD_BYTES = 16;
const WORD_BYTES = 4;
/** A socket takes a frame at once or holds it for a turn of the event loop: more than a few wait only behind a dead peer. */
const SLOTS = 8;
/** Payloads of a slot: a batch of twenty orders is 4 KB. */
const SLOT_PAYLOAD_BYTES = 8 * 1024;
const SLOT_BYTES = HEAD_BYTES + SLOT_PAYLOAD_BYTES;

export class FrameWriter {
  readonly #random: Random;
  readonly #slots = Buffer.allocUnsafeSlow(SLOTS * SLOT_BYTES);
  readonly #slotWords = new Int32Array(this.#slots.buffer, 0, (SLOTS * SLOT_BYTES) / WORD_BYTES);
  /** By slot, then by the length of the payload. */
  readonly #views: (Buffer | undefined)[][] = Array.from({ length: SLOTS }, () => []);
  /** Where in the stream of all bytes written the slot's frame ended. Arrays: a number this large boxes in a field. */
  readonly #slotEnds = new Float64Array(SLOTS);
  readonly #written = new Float64Array(1);
  /** The caller's buffer of the last time, and its words. */
  #source: Uint8Array = this.#slots;
  #sourceWords: Int32Array | undefined = this.#slotWords;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Counts bytes that the socket was given besides our frames. */
  skip(count: number): void {
    this.#written[0]! += count;
  }

  /**
   * @hot The whole frame of payload bytes[0, length), to be written to the socket at once.
   * @param heldBytes what the socket still holds of everything written to it
   */
  frame(opcode: Opcode, bytes: Uint8Array, length: number, heldBytes: number): Buffer {
    const slot = length <= SLOT_PAYLOAD_BYTES ? this.#freeSlot(heldBytes) : -1;
    if (slot === -1) return this.#largeFrame(opcode, bytes, length);
    const at = slot * SLOT_BYTES + HEAD_BYTES;
    const mask = this.#random.uint32() | 0;
    const start = writeHead(this.#slots, at, opcode, length, mask);
    this.#mask(bytes, length, at, mask);
    this.#written[0]! += at + length - start;
    this.#slotEnds[slot] = this.#written[0]!;
    return this.#views[slot]![length] ?? this.#newView(slot, start, at, length);
  }

  /** The first one, so that one is used over and over, and stays in the cache; -1 when all are held. */
  #freeSlot(heldBytes: number): number {
    const taken = this.#written[0]! - heldBytes;
    for (let slot = 0; slot < SLOTS; slot++) {
      if (this.#slotEnds[slot]! <= taken) return slot;
    }
    return -1;
  }

  /** @hot Copies and masks in one pass: the caller's bytes stay plain, and may be changed at once. */
  #mask(bytes: Uint8Array, length: number, at: number, mask: number): void {
    if (bytes !== this.#source) this.#lookAt(bytes);
    const from = this.#sourceWords;
    const into = this.#slotWords;
    let done = 0;
    if (from !== undefined) {
      const words = length >> 2;
      const offset = at >> 2;
      let word = 0;
      // Four words a turn: a quarter less time than one, at the length of a batch. By hand, because V8 does not.
      for (; word + 3 < words; word += 4) {
        into[offset + word] = from[word]! ^ mask;
        into[offset + word + 1] = from[word + 1]! ^ mask;
        into[offset + word + 2] = from[word + 2]! ^ mask;
        into[offset + word + 3] = from[word + 3]! ^ mask;
      }
      for (; word < words; word++) into[offset + word] = from[word]! ^ mask;
      done = words << 2;
    }
    const slots = this.#slots;
    for (let index = done; index < length; index++) {
      slots[at + index] = bytes[index]! ^ (mask >>> ((index & 3) << 3));
    }
  }

  /** The words of a buffer that does not lie at a word's edge cannot be had. */
  #lookAt(bytes: Uint8Array): void {
    this.#source = bytes;
    this.#sourceWords =
      bytes.byteOffset % WORD_BYTES === 0
        ? new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
        : undefined;
  }

  #newView(slot: number, start: number, at: number, length: number): Buffer {
    const view = this.#slots.subarray(start, at + length);
    let views = this.#views[slot]!;
    if (views.length === 0) {
      // At its full length at once: an array with large gaps would become a hash table.
      views = Array.from<Buffer | undefined>({ length: SLOT_PAYLOAD_BYTES + 1 });
      this.#views[slot] = views;
    }
    views[length] = view;
    return view;
  }

  #largeFrame(opcode: Opcode, bytes: Uint8Array, length: number): Buffer {
    const large = Buffer.allocUnsafeSlow(HEAD_BYTES + length);
    const mask = this.#random.uint32() | 0;
    const start = writeHead(large, HEAD_BYTES, opcode, length, mask);
    for (let index = 0; index < length; index++) {
      large[HEAD_BYTES + index] = bytes[index]! ^ (mask >>> ((index & 3) << 3));
    }
    this.#written[0]! += HEAD_BYTES + length - start;
    return large.subarray(start);
  }
}

/** @hot Writes what stands before a payload at `at`; returns where that begins. The mask's low byte comes first. */
function writeHead(into: Buffer, at: number, opcode: Opcode, length: number, mask: number): number {
  into[at - 4] = mask;
  into[at - 3] = mask >>> 8;
  into[at - 2] = mask >>> 16;
  into[at - 1] = mask >>> 24;
  if (length < LENGTH_16) {
    into[at - 6] = FIN | opcode;
    into[at - 5] = MASKED | length;
    return at - 6;
  }
  if (length <= 0xffff) {
    into[at - 8] = FIN | opcode;
    into[at - 7] = MASKED | LENGTH_16;
    into[at - 6] = length >>> 8;
    into[at - 5] = length;
    return at - 8;
  }
  into[at - 14] = FIN | opcode;
  into[at - 13] = MASKED | LENGTH_64;
  into.writeUInt32BE(Math.floor(length / 2 ** 32), at - 12);
  into.writeUInt32BE(length >>> 0, at - 8);
  return at - 14;
}
