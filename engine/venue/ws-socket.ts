import { WebSocket } from 'ws';
import {
  PAYLOAD_BYTES_MAX,
  SEND_BUFFER_BYTES_MAX,
  type FrameSocket,
  type FrameSocketHandler,
  type FrameSocketOptions,
} from './frame-socket.ts';

const SEND_OPTIONS = { binary: false, compress: false, fin: true, mask: true } as const;

/**
 * The package `ws`: the fallback of our own client, and its judge.
 *
 * Owner:      the engine thread.
 * Invariants: as FrameSocket says.
 * Cost:       about a dozen objects a message in, and as many a message out.
 */
export class WsSocket implements FrameSocket {
  readonly #socket: WebSocket;

  constructor(options: FrameSocketOptions, handler: FrameSocketHandler) {
    const { clock, recvNs, random, ca } = options;
    // The types do not know closeTimeout yet.
    const extra = { closeTimeout: options.closeTimeoutMs };
    this.#socket = new WebSocket(options.url, {
      perMessageDeflate: false,
      skipUTF8Validation: true,
      maxPayload: PAYLOAD_BYTES_MAX,
      handshakeTimeout: options.connectTimeoutMs,
      followRedirects: false,
      // Said, because otherwise NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would turn it off.
      rejectUnauthorized: true,
      // The seeded generator saves the refill of 8 KiB of system randomness, which is a spike on the path. Never
      // zero: `ws` would then send the caller's bytes without a copy.
      generateMask: (mask: Buffer) => {
        mask.writeUInt32LE(random.uint32() || 1, 0);
      },
      ...(ca === undefined ? {} : { ca }),
      ...extra,
    });
    this.#socket.on('open', () => handler.socketOpened());
    this.#socket.on('message', (frame: Buffer) => {
      // First of all: everything after this counts into the latency that is measured from it.
      clock.readNs(recvNs, 0);
      handler.socketFrame(frame, 0, frame.length);
    });
    this.#socket.on('error', (error) => handler.socketBroke(error));
    this.#socket.on('close', (code, reason) => handler.socketClosed(code, reason.toString('utf8')));
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** @hot `ws` masks into a copy of its own. */
  send(bytes: Uint8Array, length: number): boolean {
    if (!this.isOpen || this.#socket.bufferedAmount > SEND_BUFFER_BYTES_MAX) return false;
    this.#socket.send(Buffer.from(bytes.buffer, bytes.byteOffset, length), SEND_OPTIONS);
    return true;
  }

  sendText(text: string): void {
    if (this.isOpen) this.#socket.send(text);
  }

  close(code: number): void {
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#socket.terminate();
    // `ws` itself destroys the socket when the peer's answer does not come within its closeTimeout.
    else this.#socket.close(code);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
