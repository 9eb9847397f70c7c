/**
 * Cuts a client's incoming bytes into WebSocket messages (RFC 6455, section 5), without extensions.
 *
 * Owner:      the socket that it reads for.
 * Invariants: a message is handed over once, when its last byte is here, in order. After a fault or `stop`
 *             nothing is handed over. What is kept of an unfinished frame or message never exceeds the
 *             largest payload and a header.
 * Cost:       a frame that lies whole in the bytes given is handed on where it lies: no copy, and nothing
 *             allocated. A frame cut by the end of a read is copied once. Text is not checked to be UTF-8:
 *             the decoders judge bytes, and what is not ASCII there is refused by them.
 */
const FIN = 0x80;
const RESERVED_1 = 0x40;
const RESERVED_2_3 = 0x30;
const OPCODE = 0x0f;
const MASKED = 0x80;
const LENGTH = 0x7f;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
/** Of a frame without a mask: the server's have none. */
const HEADER_BYTES_MAX = 10;
/** High word of the longest length that a number holds exactly. */
const LENGTH_HIGH_MAX = 2 ** 21 - 1;
const CONTROL_BYTES_MAX = 125;
const PARTIAL_BYTES = 16 * 1024;

export const Opcode = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

export const CloseStatus = {
  normal: 1000,
  protocolError: 1002,
  /** Never on the wire: a goodbye without a code. */
  none: 1005,
  /** Never on the wire: gone without a goodbye. */
  abnormal: 1006,
  tooLarge: 1009,
} as const;

/** Who is told. The bytes are lent for the call. */
export interface FrameSink {
  /** @hot Text or binary. */
  message(bytes: Buffer, start: number, end: number): void;
  ping(bytes: Buffer, start: number, end: number): void;
  /** The peer's goodbye. `stop` is up to the sink; RFC 6455 allows nothing after it. */
  goodbye(code: number, reason: string): void;
  /** The peer broke the protocol; nothing more is read. */
  fault(error: FrameError): void;
}

/** What was wrong with a frame; the codes are those of `ws`. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly code: string;
  /** To say goodbye with. */
  readonly closeCode: number;

  constructor(code: string, message: string, closeCode: number = CloseStatus.protocolError) {
    super(`invalid WebSocket frame: ${message}`);
    this.code = code;
    this.closeCode = closeCode;
  }
}

export class FrameReader {
  readonly #sink: FrameSink;
  readonly #payloadBytesMax: number;
  #isStopped = false;
  /** The beginning of a frame whose end has not come yet: [0, length) of it. */
  #partial: Buffer = Buffer.allocUnsafeSlow(PARTIAL_BYTES);
  #partialLength = 0;
  /** The payloads so far of a message in several frames. */
  #message: Buffer = this.#partial.subarray(0, 0);
  #messageLength = 0;
  #isFragmented = false;
  /** Of the frame at hand, from its header. */
  #payloadLength = 0;

  constructor(sink: FrameSink, payloadBytesMax: number) {
    this.#sink = sink;
    this.#payloadBytesMax = payloadBytesMax;
  }

  /** Hands over nothing more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** @hot Reads bytes[start, end), which go on where those of the last call ended. */
  take(bytes: Buffer, start: number, end: number): void {
    if (this.#isStopped) return;
    let at = start;
    if (this.#partialLength > 0) at = this.#complete(bytes, at, end);
    while (at < end && !this.#isStopped) {
      const headerLength = this.#header(bytes, at, end);
      const frameEnd = at + headerLength + this.#payloadLength;
      if (headerLength === 0 || frameEnd > end) {
        this.#keep(bytes, at, end, headerLength + this.#payloadLength);
        return;
      }
      this.#frame(bytes, at, at + headerLength, frameEnd);
      at = frameEnd;
    }
  }

  /**
   * @hot Checks as much as is here of the header at `at` and sets the length of its payload. Returns the header's
   * own length, 0 when it is not all here or is illegal: then the length of the payload is 0 too.
   */
  #header(bytes: Buffer, at: number, end: number): number {
    this.#payloadLength = 0;
    if (end - at < 2) return 0;
    const first = bytes[at]!;
    const second = bytes[at + 1]!;
    // Nearly all: a whole text frame that no other message is waiting for.
    const isPlain = first === (FIN | Opcode.text) && !this.#isFragmented && second < LENGTH_64;
    if (!isPlain && !this.#isLegal(first, second)) return 0;
    let headerLength = 2;
    let length = second & LENGTH;
    if (length === LENGTH_16) {
      if (end - at < 4) return 0;
      headerLength = 4;
      length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    } else if (length === LENGTH_64) {
      if (end - at < HEADER_BYTES_MAX) return 0;
      headerLength = HEADER_BYTES_MAX;
      const high = bytes.readUInt32BE(at + 2);
      if (high > LENGTH_HIGH_MAX) {
        this.#fault('WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', 'length over 2^53 - 1', CloseStatus.tooLarge);
        return 0;
      }
      length = high * 2 ** 32 + bytes.readUInt32BE(at + 6);
    }
    if ((first & 0x08) === 0 && this.#messageLength + length > this.#payloadBytesMax) {
      this.#fault('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'message too long', CloseStatus.tooLarge);
      return 0;
    }
    this.#payloadLength = length;
    return headerLength;
  }

  /** Whether a frame may begin with these two bytes. */
  #isLegal(first: number, second: number): boolean {
    const opcode = first & OPCODE;
    if ((first & RESERVED_2_3) !== 0)
      return this.#fault('WS_ERR_UNEXPECTED_RSV_2_3', 'RSV2 and RSV3 must be clear');
    if ((first & RESERVED_1) !== 0) return this.#fault('WS_ERR_UNEXPECTED_RSV_1', 'RSV1 must be clear');
    if (opcode === Opcode.continuation) {
      if (!this.#isFragmented) return this.#fault('WS_ERR_INVALID_OPCODE', 'nothing is to be continued');
    } else if (opcode === Opcode.text || opcode === Opcode.binary) {
      if (this.#isFragmented) return this.#fault('WS_ERR_INVALID_OPCODE', 'another message is not finished');
    } else if (opcode >= Opcode.close && opcode <= Opcode.pong) {
      if ((first & FIN) === 0) return this.#fault('WS_ERR_EXPECTED_FIN', 'FIN must be set');
      const length = second & LENGTH;
      if (length > CONTROL_BYTES_MAX || (opcode === Opcode.close && length === 1)) {
        return this.#fault('WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', `control payload of ${length} bytes`);
      }
    } else {
      return this.#fault('WS_ERR_INVALID_OPCODE', `opcode ${opcode}`);
    }
    if ((second & MASKED) !== 0) return this.#fault('WS_ERR_UNEXPECTED_MASK', 'MASK must be clear');
    return true;
  }

  /** @hot One whole frame: its header at `at`, its payload in [start, end). */
  #frame(bytes: Buffer, at: number, start: number, end: number): void {
    const first = bytes[at]!;
    const opcode = first & OPCODE;
    if (opcode >= Opcode.close) this.#control(opcode, bytes, start, end);
    else if ((first & FIN) !== 0 && !this.#isFragmented) this.#sink.message(bytes, start, end);
    else this.#fragment((first & FIN) !== 0, bytes, start, end);
  }

  #fragment(isLast: boolean, bytes: Buffer, start: number, end: number): void {
    const length = this.#messageLength + end - start;
    if (length > this.#message.length) {
      this.#message = grown(this.#message, this.#messageLength, length, this.#payloadBytesMax);
    }
    bytes.copy(this.#message, this.#messageLength, start, end);
    this.#messageLength = length;
    this.#isFragmented = !isLast;
    if (!isLast) return;
    this.#messageLength = 0;
    this.#sink.message(this.#message, 0, length);
  }

  #control(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === Opcode.ping) this.#sink.ping(bytes, start, end);
    if (opcode !== Opcode.close) return;
    if (start === end) {
      this.#sink.goodbye(CloseStatus.none, '');
      return;
    }
    const code = bytes.readUInt16BE(start);
    if (!isCloseCode(code)) {
      this.#fault('WS_ERR_INVALID_CLOSE_CODE', `close code ${code}`);
      return;
    }
    this.#sink.goodbye(code, bytes.toString('utf8', start + 2, end));
  }

  /**
   * Goes on with the frame that the last read left unfinished, and takes no more than that frame's bytes. Returns
   * where the next one begins.
   */
  #complete(bytes: Buffer, start: number, end: number): number {
    let at = start;
    // Every turn but the last takes at least one byte.
    for (;;) {
      const headerLength = this.#header(this.#partial, 0, this.#partialLength);
      if (this.#isStopped) return end;
      const wanted = headerLength + this.#payloadLength;
      if (headerLength > 0 && this.#partialLength === wanted) {
        this.#partialLength = 0;
        this.#frame(this.#partial, 0, headerLength, wanted);
        return at;
      }
      if (at === end) return end;
      // A header that is not all here is filled byte by byte: its second byte says how long it is.
      const missing = headerLength === 0 ? 1 : wanted - this.#partialLength;
      const taken = Math.min(missing, end - at);
      this.#append(bytes, at, at + taken, wanted);
      at += taken;
    }
  }

  /** Keeps the beginning of a frame of `wanted` bytes, 0 when that is not known yet. */
  #keep(bytes: Buffer, start: number, end: number, wanted: number): void {
    if (!this.#isStopped) this.#append(bytes, start, end, wanted);
  }

  #append(bytes: Buffer, start: number, end: number, wanted: number): void {
    const length = this.#partialLength + end - start;
    const room = Math.max(length, wanted);
    if (room > this.#partial.length) {
      this.#partial = grown(
        this.#partial,
        this.#partialLength,
        room,
        this.#payloadBytesMax + HEADER_BYTES_MAX,
      );
    }
    bytes.copy(this.#partial, this.#partialLength, start, end);
    this.#partialLength = length;
  }

  #fault(code: string, message: string, closeCode?: number): false {
    this.#isStopped = true;
    this.#sink.fault(new FrameError(code, message, closeCode));
    return false;
  }
}

/** A larger buffer with the same first `kept` bytes: at least doubled, so that many small steps cost little. */
function grown(buffer: Buffer, kept: number, wanted: number, max: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.min(max, Math.max(wanted, 2 * buffer.length)));
  buffer.copy(larger, 0, 0, kept);
  return larger;
}

/** RFC 6455, section 7.4, and IANA's registry: what may stand on the wire. */
function isCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}
