import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Milliseconds } from '../base/units.ts';

/** Which client speaks WebSocket: ours on net and tls, or the package `ws`. */
export const SocketClient = { own: 'own', ws: 'ws' } as const;
export type SocketClient = (typeof SocketClient)[keyof typeof SocketClient];

/** Larger messages are not the venue's: a snapshot of 400 levels a side is 40 KB. */
export const PAYLOAD_BYTES_MAX = 4 * 1024 * 1024;
/** Orders queued behind this much unsent data would arrive too late to be wanted. */
export const SEND_BUFFER_BYTES_MAX = 256 * 1024;

/**
 * One WebSocket of a client, from its opening handshake to its end.
 *
 *     socketOpened  socketFrame*  socketBroke?  socketClosed
 *
 * It is connecting when it is made. Whoever made it times the handshake and calls `terminate`.
 */
export interface FrameSocket {
  /** Messages can be sent: the handshake is done, and neither side has begun to close. */
  readonly isOpen: boolean;
  /**
   * @hot Sends bytes[0, length) as one text message, in one write to the socket; false when nothing was sent,
   * because the socket is not open or has more than SEND_BUFFER_BYTES_MAX unsent. The bytes may be changed at
   * once.
   */
  send(bytes: Uint8Array, length: number): boolean;
  /** The same for whoever does not mind what it costs; no limit on what is unsent. */
  sendText(text: string): void;
  /** Says goodbye, waits for the peer's goodbye no longer than `closeTimeoutMs`, and ends. Frames may still come. */
  close(code: number): void;
  /** Ends at once. */
  terminate(): void;
}

/** Who is told what a socket hears. Nothing is called within the constructor, `send`, `close` or `terminate`. */
export interface FrameSocketHandler {
  socketOpened(): void;
  /** @hot A whole message; the bytes are lent for the call. */
  socketFrame(bytes: Buffer, start: number, end: number): void;
  /** The connection could not be made, or the peer broke the protocol. `socketClosed` follows. */
  socketBroke(error: Error): void;
  /** The connection is gone; 1006 without a goodbye of the peer, 1005 with one that has no code. Called once. */
  socketClosed(code: number, reason: string): void;
}

export interface FrameSocketOptions {
  /** ws:// or wss:// */
  readonly url: string;
  readonly clock: Clock;
  /** Cell 0 takes the time of every read from the socket, before anything is done with what was read. */
  readonly recvNs: Float64Array;
  /** Of the masks of frames and of the key of the handshake. */
  readonly random: Random;
  readonly connectTimeoutMs: Milliseconds;
  readonly closeTimeoutMs: Milliseconds;
  /** Certificates, PEM, that are trusted in place of the system's. */
  readonly ca: string | undefined;
}
