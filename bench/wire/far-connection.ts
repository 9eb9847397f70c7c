/**
 * The server end of one WebSocket, as little of RFC 6455 as a benchmark on loopback needs: the handshake, whole text frames
 * from the client (masked), text frames to it, pings answered, closes returned. A library's reader would be part of what
 * is measured.
 *
 * Owner:      the far process.
 * Invariants: a message is handed over unmasked, in the receive buffer, valid during the call.
 */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';

const HANDSHAKE_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const HANDSHAKE_BYTES_MAX = 8_192;
const RECEIVE_BYTES = 1 << 20;
const NO_BYTES = new Uint8Array(0);
const OP_TEXT = 0x1;
const OP_CLOSE = 0x8;
const OP_PING = 0x9;
const OP_PONG = 0xa;
const FIN = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASKED = 0x80;

/** Who is told what a connection hears. Messages are lent for the call. */
export interface FarHandler {
  opened(connection: FarConnection): void;
  message(connection: FarConnection, bytes: Buffer, start: number, end: number): void;
  /** The client has read everything up to the ping. */
  pong(): void;
}

export class FarConnection {
  /** The path that the client asked for; '' before the handshake. */
  path = '';
  readonly #socket: Socket;
  readonly #handler: FarHandler;
  readonly #received = Buffer.alloc(RECEIVE_BYTES);
  #length = 0;
  readonly #out = Buffer.alloc(1 << 17);

  constructor(socket: Socket, handler: FarHandler) {
    this.#socket = socket;
    this.#handler = handler;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    // The engine's side goes away when the benchmark is over: nothing is to be done about it.
    socket.on('error', () => socket.destroy());
  }

  /** Sends bytes[start, end) as one text frame. The bytes may be changed at once. */
  send(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    const out = this.#out;
    out[0] = FIN | OP_TEXT;
    let at = 2;
    if (length < LENGTH_16) out[1] = length;
    else {
      out[1] = LENGTH_16;
      out.writeUInt16BE(length, 2);
      at = 4;
    }
    for (let index = start; index < end; index++) out[at++] = bytes[index]!;
    // A copy: the socket may keep what it cannot write at once.
    this.#socket.write(Buffer.from(out.subarray(0, at)));
  }

  sendText(text: string): void {
    const bytes = Buffer.from(text);
    this.send(bytes, 0, bytes.length);
  }

  /** Asks the client to say when it has read what was sent before. */
  ping(): void {
    this.#control(OP_PING, NO_BYTES);
  }

  #take(chunk: Buffer): void {
    if (this.#length + chunk.length > RECEIVE_BYTES) throw new Error('far side: more came than can be held');
    chunk.copy(this.#received, this.#length);
    this.#length += chunk.length;
    if (this.path === '' && !this.#handshake()) return;
    let at = 0;
    for (let next = this.#frame(at); next > at; next = this.#frame(at)) at = next;
    this.#received.copyWithin(0, at, this.#length);
    this.#length -= at;
  }

  #handshake(): boolean {
    const head = this.#received.toString('latin1', 0, Math.min(this.#length, HANDSHAKE_BYTES_MAX));
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const key = /^sec-websocket-key:\s*(\S+)/im.exec(head)?.[1] ?? '';
    const path = /^GET (\S+)/.exec(head)?.[1];
    if (path === undefined || key === '') throw new Error('far side: expected a WebSocket handshake');
    const accept = createHash('sha1').update(`${key}${HANDSHAKE_SUFFIX}`).digest('base64');
    this.#socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    this.path = path;
    this.#received.copyWithin(0, end + 4, this.#length);
    this.#length -= end + 4;
    this.#handler.opened(this);
    return true;
  }

  /** Handles the frame at `at`; gives the offset after it, or `at` when it is not all here. */
  #frame(at: number): number {
    const bytes = this.#received;
    if (this.#length - at < 6) return at;
    const op = bytes[at]! & 0x0f;
    let length = bytes[at + 1]! & 0x7f;
    let maskAt = at + 2;
    if ((bytes[at]! & FIN) === 0 || (bytes[at + 1]! & MASKED) === 0 || length === LENGTH_64) {
      throw new Error('far side: expected whole, masked frames of at most 64 KiB');
    }
    if (length === LENGTH_16) {
      length = bytes.readUInt16BE(at + 2);
      maskAt = at + 4;
    }
    const start = maskAt + 4;
    const end = start + length;
    if (end > this.#length) return at;
    for (let index = 0; index < length; index++) bytes[start + index]! ^= bytes[maskAt + (index & 3)]!;
    if (op === OP_TEXT) this.#handler.message(this, bytes, start, end);
    else if (op === OP_PONG) this.#handler.pong();
    else if (op === OP_PING) this.#control(OP_PONG, bytes.subarray(start, end));
    else if (op === OP_CLOSE) {
      this.#control(OP_CLOSE, bytes.subarray(start, end));
      this.#socket.end();
    }
    return end;
  }

  #control(op: number, payload: Uint8Array): void {
    this.#socket.write(Buffer.concat([Buffer.from([FIN | op, payload.length]), payload]));
  }
}
