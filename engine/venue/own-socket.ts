/**
 * A WebSocket client on node:net and node:tls, as little of RFC 6455 as talking to the venue needs: the
 * client's side, no extensions, no subprotocols, no proxy.
 *
 * Owner:      the engine thread.
 * Invariants: `socketClosed` is called exactly once, as the last call. Everything written to the socket has been
 *             counted by the frame writer, so that no frame is changed while the socket still holds it. After
 *             the peer's goodbye nothing is read.
 * Cost:       a read is one clock reading into a cell and one pass over the frames' headers, in one buffer that
 *             is used for every read; a message out is one pass over its bytes and one write. Nothing is
 *             allocated here; Node allocates some 300 B a write.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Milliseconds } from '../base/units.ts';
import { CloseStatus, FrameReader, Opcode, type FrameError, type FrameSink } from './frame-reader.ts';
import {
  PAYLOAD_BYTES_MAX,
  SEND_BUFFER_BYTES_MAX,
  type FrameSocket,
  type FrameSocketHandler,
  type FrameSocketOptions,
} from './frame-socket.ts';
import { FrameWriter } from './frame-writer.ts';
import { HandshakeError, HandshakeReader, handshakeKey, handshakeRequest } from './handshake.ts';
import { TLS_TICKETS, ticketKey } from './tls-tickets.ts';

/** libuv asks for as much a read by itself, and it holds a snapshot of 400 levels a side. */
const RECEIVE_BYTES = 64 * 1024;
const TLS_PORT = 443;
const TCP_PORT = 80;

const Phase = { connecting: 0, open: 1, closing: 2, closed: 3 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

export class OwnSocket implements FrameSocket, FrameSink {
  readonly #handler: FrameSocketHandler;
  readonly #closeTimeoutMs: Milliseconds;
  readonly #socket: Socket;
  readonly #received = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
  readonly #reader: FrameReader;
  readonly #writer: FrameWriter;
  #handshake: HandshakeReader | undefined;
  #phase: Phase = Phase.connecting;
  /** Within a read: still set when the next one comes, a handler has thrown and the rest of that read is lost. */
  #isReading = false;
  #isBroken = false;
  #closeTimer: NodeJS.Timeout | undefined;
  #closeCode: number = CloseStatus.abnormal;
  #closeReason = '';

  constructor(options: FrameSocketOptions, handler: FrameSocketHandler) {
    this.#handler = handler;
    this.#closeTimeoutMs = options.closeTimeoutMs;
    this.#reader = new FrameReader(this, PAYLOAD_BYTES_MAX);
    this.#writer = new FrameWriter(options.random);
    const url = new URL(options.url);
    const key = handshakeKey(options.random);
    this.#handshake = new HandshakeReader(key);
    this.#socket = this.#connect(url, options);
    this.#socket.on(url.protocol === 'wss:' ? 'secureConnect' : 'connect', () => this.#connected(url, key));
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('error', (error) => this.#failed(error));
    this.#socket.on('close', () => this.#gone());
  }

  get isOpen(): boolean {
    return this.#phase === Phase.open;
  }

  /** @hot */
  send(bytes: Uint8Array, length: number): boolean {
    const socket = this.#socket;
    // `writable` is false from the moment on that the socket knows of its end, before it tells anybody.
    if (this.#phase !== Phase.open || !socket.writable) return false;
    const heldBytes = socket.writableLength;
    if (heldBytes > SEND_BUFFER_BYTES_MAX) return false;
    socket.write(this.#writer.frame(Opcode.text, bytes, length, heldBytes));
    return true;
  }

  sendText(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#phase === Phase.open) this.#write(Opcode.text, bytes, bytes.length);
  }

  close(code: number): void {
    if (this.#phase === Phase.connecting) {
      this.terminate();
      return;
    }
    if (this.#phase === Phase.open) this.#sayGoodbye(code);
  }

  terminate(): void {
    this.#phase = Phase.closed;
    this.#reader.stop();
    clearTimeout(this.#closeTimer);
    this.#socket.destroy();
  }

  /** `onread`: the kernel's (or the TLS layer's) bytes come in one buffer of ours, instead of a new one a read. */
  #connect(url: URL, { clock, recvNs, ca }: FrameSocketOptions): Socket {
    const isTls = url.protocol === 'wss:';
    // A literal IPv6 address stands in brackets.
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const port = url.port === '' ? (isTls ? TLS_PORT : TCP_PORT) : Number(url.port);
    const onread = {
      buffer: this.#received,
      callback: (count: number): boolean => {
        // First of all: everything after this counts into the latency that is measured from it. And here, because
        // the compiler makes one piece of this small function and the reading, which then allocates nothing.
        clock.readNs(recvNs, 0);
        this.#read(count);
        return true;
      },
    };
    if (!isTls) return connectTcp({ host, port, onread });
    const key = ticketKey(url.host, ca);
    const session = TLS_TICKETS.get(key);
    const options: ConnectionOptions & { onread: typeof onread } = {
      host,
      port,
      onread,
      // The server's name is sent and checked; an address is only checked.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ALPNProtocols: ['http/1.1'],
      // Said, because otherwise NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would turn it off.
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca }),
      // A connection that comes back saves a round trip of TLS 1.2, and the certificates' check of both versions.
      ...(session === undefined ? {} : { session }),
    };
    const socket = connectTls(options);
    socket.on('session', (ticket) => TLS_TICKETS.set(key, ticket));
    // A ticket with which nothing was opened is not tried again, whether that ended in an error or in silence.
    if (session !== undefined) {
      socket.once('close', () => {
        if (this.#handshake !== undefined) TLS_TICKETS.delete(key);
      });
    }
    return socket;
  }

  #connected(url: URL, key: string): void {
    // Else the second of two small messages would wait for the peer's acknowledgement of the first.
    this.#socket.setNoDelay(true);
    const request = handshakeRequest(url, key);
    this.#writer.skip(request.length);
    this.#socket.write(request);
  }

  /** @hot */
  #read(count: number): void {
    if (this.#isReading) {
      // A handler threw within the last read; what followed in it was not heard.
      this.terminate();
      return;
    }
    this.#isReading = true;
    let at = 0;
    if (this.#handshake !== undefined) at = this.#shakeHands(this.#handshake, count);
    if (at !== -1) this.#reader.take(this.#received, at, count);
    this.#isReading = false;
  }

  /** Where the frames begin; -1 when there are none yet, or never will be. */
  #shakeHands(handshake: HandshakeReader, count: number): number {
    if (this.#phase !== Phase.connecting) return -1;
    let at: number;
    try {
      at = handshake.take(this.#received, 0, count);
    } catch (error) {
      if (!(error instanceof HandshakeError)) throw error;
      this.#break(error);
      return -1;
    }
    if (at === -1) return -1;
    this.#handshake = undefined;
    this.#phase = Phase.open;
    this.#handler.socketOpened();
    return at;
  }

  // ---------------------------------------------------------------------------------------------- frames read

  /** @hot */
  message(bytes: Buffer, start: number, end: number): void {
    this.#handler.socketFrame(bytes, start, end);
  }

  /** A peer that asks and does not read the answers gets no more of them: the last one counts (section 5.5.3). */
  ping(bytes: Buffer, start: number, end: number): void {
    if (this.#phase !== Phase.open || this.#socket.writableLength > SEND_BUFFER_BYTES_MAX) return;
    this.#write(Opcode.pong, bytes.subarray(start, end), end - start);
  }

  goodbye(code: number, reason: string): void {
    this.#closeCode = code;
    this.#closeReason = reason;
    this.#reader.stop();
    if (this.#phase === Phase.open) this.#sayGoodbye(code);
    // Ended as soon as our goodbye has left. Section 7.1.1 would have the server close first, but until we tell,
    // a session that neither hears nor sends counts as up.
    this.#socket.destroySoon();
  }

  fault(error: FrameError): void {
    if (this.#phase === Phase.open) this.#sayGoodbye(error.closeCode);
    this.#break(error);
  }

  // ------------------------------------------------------------------------------------------------ the end

  #sayGoodbye(code: number): void {
    const payload = Buffer.alloc(code === CloseStatus.none ? 0 : 2);
    if (payload.length > 0) payload.writeUInt16BE(code, 0);
    this.#write(Opcode.close, payload, payload.length);
    this.#close();
  }

  /** From here on nothing is sent, and the end comes in time whatever the peer does. */
  #close(): void {
    this.#phase = Phase.closing;
    this.#closeTimer ??= setTimeout(() => this.#socket.destroy(), this.#closeTimeoutMs);
  }

  /** The peer sends nothing more; what we have written is still delivered. */
  #ended(): void {
    if (this.#phase === Phase.connecting) {
      this.#break(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
      return;
    }
    if (this.#phase === Phase.open) this.#close();
    this.#socket.end();
  }

  #failed(error: Error): void {
    // A connection that stood and broke is one that was closed without a goodbye.
    if (this.#phase === Phase.connecting) this.#break(error);
  }

  #break(error: Error): void {
    if (this.#isBroken || this.#phase === Phase.closed) return;
    this.#isBroken = true;
    this.#reader.stop();
    this.#close();
    this.#socket.destroySoon();
    this.#handler.socketBroke(error);
  }

  #gone(): void {
    this.#phase = Phase.closed;
    clearTimeout(this.#closeTimer);
    this.#reader.stop();
    this.#handler.socketClosed(this.#closeCode, this.#closeReason);
  }

  #write(opcode: Opcode, bytes: Uint8Array, length: number): void {
    this.#socket.write(this.#writer.frame(opcode, bytes, length, this.#socket.writableLength));
  }
}
