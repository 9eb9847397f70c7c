/**
 * The opening handshake of a WebSocket client (RFC 6455, section 4.1): no extensions, no subprotocols, no redirects.
 */
import { createHash } from 'node:crypto';
import type { Random } from '../base/random.ts';

/** RFC 6455, section 1.3. */
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** As much of an answer's head as is read: also node:http's limit. */
const HEAD_BYTES_MAX = 16 * 1024;
const HEAD_END = '\r\n\r\n';
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})(?: |$)/;
const SWITCHING_PROTOCOLS = 101;
const FIRST_FINAL_STATUS = 200;
const NO_BYTES = Buffer.alloc(0);

/** The venue does not speak WebSocket with us here and now. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
  /** HTTP status of the refusal; 0 when the answer was no legal one. */
  readonly status: number;

  constructor(message: string, status = 0) {
    super(message);
    this.status = status;
  }
}

/** Sixteen bytes in base64. They are no secret: they prove that the answer is to this request. */
export function handshakeKey(random: Random): string {
  const bytes = Buffer.alloc(16);
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(random.uint32(), at);
  return bytes.toString('base64');
}

export function handshakeRequest(url: URL, key: string): Buffer {
  return Buffer.from(
    `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    'latin1',
  );
}

function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}${KEY_SUFFIX}`).digest('base64');
}

/** Reads the answer's head, in as many pieces as it comes. */
export class HandshakeReader {
  readonly #accept: string;
  #head: Buffer = NO_BYTES;

  constructor(key: string) {
    this.#accept = acceptOf(key);
  }

  /**
   * Takes bytes[start, end). Returns where the frames begin, when the answer is complete and accepts us; -1 when
   * more of it must come.
   *
   * @throws HandshakeError when it does not accept us, or is no answer
   */
  take(bytes: Buffer, start: number, end: number): number {
    const before = this.#head.length;
    this.#head = Buffer.concat([this.#head, bytes.subarray(start, end)]);
    let from = 0;
    for (;;) {
      const headEnd = this.#head.indexOf(HEAD_END, from, 'latin1');
      if (headEnd === -1 ? this.#head.length - from > HEAD_BYTES_MAX : headEnd - from > HEAD_BYTES_MAX) {
        throw new HandshakeError(`expected an answer of at most ${HEAD_BYTES_MAX} bytes to the handshake`);
      }
      // What is plainly no HTTP shall not wait for an end that never comes.
      if (!'HTTP/1.'.startsWith(this.#head.toString('latin1', from, from + 7))) {
        throw new HandshakeError('expected an HTTP answer to the handshake');
      }
      if (headEnd === -1) {
        this.#head = this.#head.subarray(from);
        return -1;
      }
      const [statusLine = '', ...lines] = this.#head.toString('latin1', from, headEnd).split('\r\n');
      const status = Number(STATUS_LINE.exec(statusLine)?.[1] ?? 0);
      from = headEnd + HEAD_END.length;
      if (status === SWITCHING_PROTOCOLS) {
        this.#check(lines);
        return start + from - before;
      }
      // Only 1xx may come before the answer proper.
      if (status === 0 || status >= FIRST_FINAL_STATUS) throw refused(status);
    }
  }

  #check(lines: readonly string[]): void {
    const headers = headersOf(lines);
    if (headers.get('upgrade')?.toLowerCase() !== 'websocket') {
      throw new HandshakeError('expected the header Upgrade: websocket');
    }
    const connection =
      headers
        .get('connection')
        ?.toLowerCase()
        .split(/\s*,\s*/) ?? [];
    if (!connection.includes('upgrade')) throw new HandshakeError('expected the header Connection: Upgrade');
    if (headers.get('sec-websocket-accept') !== this.#accept) {
      throw new HandshakeError('expected the header Sec-WebSocket-Accept to answer our key');
    }
    for (const name of ['sec-websocket-extensions', 'sec-websocket-protocol']) {
      if (headers.has(name)) throw new HandshakeError(`expected no header ${name}: nothing was asked for`);
    }
  }
}

function refused(status: number): HandshakeError {
  return new HandshakeError(
    status === 0
      ? 'expected an HTTP status in answer to the handshake'
      : `Unexpected server response: ${status}`,
    status,
  );
}

/** By name in lower case; one that comes twice is a list (RFC 9110, section 5.3). */
function headersOf(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0 || /[^!-9;-~]/.test(line.slice(0, colon))) {
      throw new HandshakeError('expected lines of the form name: value in answer to the handshake');
    }
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}
