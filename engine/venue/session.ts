import type { Clock } from '../base/clock.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { ChannelArg, EventMessage } from '../okx/shapes.ts';
import type { ConnectLimiter } from './connect-limiter.ts';
import type { Credentials } from './credentials.ts';
import type { SessionError } from './session-error.ts';
import type { SessionState } from './session-state.ts';

/**
 * Who is told what a session hears. All calls come from socket callbacks and timers of this thread, one after another.
 *
 *     onUp  (onFrame | onSwitched | onEvent)*  onDown  ...
 *
 * Frames come only between onUp and onDown, in the order received: what arrives while the last subscriptions are still
 * being confirmed (a book's snapshot, for instance) is held and handed over right after onUp.
 */
export interface SessionHandler {
  /**
   * @hot A push, an ack, or an answer to a request that the session did not make itself (an error event with the id of
   * an order operation). The bytes are only lent for the call.
   */
  onFrame(connection: number, bytes: Uint8Array, start: number, end: number, recvNs: Nanoseconds): void;
  /** Logged in and subscribed as asked. Recover, then quote. */
  onUp(connection: number): void;
  /** Nothing more can be heard or sent. Whatever was sent and not answered has an unknown outcome. */
  onDown(connection: number, reason: string): void;
  /**
   * Without a gap in between, pushes now come from another socket that is logged in and subscribed as well (the venue gave notice of
   * an upgrade): every book begins again with its snapshot, which follows; updates of orders may come twice. Acks of
   * what was sent before still come.
   */
  onSwitched?(connection: number): void;
  /** A control message, after the session has dealt with it. Cold. */
  onEvent?(connection: number, event: EventMessage): void;
  /** The session has given up: a wrong key, a refused channel. Follows onDown. Nothing is tried again. */
  onFailed?(connection: number, error: SessionError): void;
}

export interface SessionOptions {
  /** The small integer by which the handler knows this session. */
  readonly connection: number;
  /** For messages: 'public', 'private', 'trade'. */
  readonly name: string;
  readonly url: string;
  readonly login?: Credentials;
  readonly subscriptions: readonly ChannelArg[];
  readonly clock: Clock;
  /** The venue's clock less ours in ms, asked at each login: `() => rest.offsetMs`. */
  readonly clockOffsetMs?: () => Milliseconds;
  /** Shared by all sessions of the process: the venue counts connections by address. */
  readonly limiter?: ConnectLimiter;
  /** Of the jitter between tries, and of the masks of frames. */
  readonly seed: number;
  readonly timings?: Partial<SessionTimings>;
}

/** Every wait for the world has its end. */
export interface SessionTimings {
  readonly connectTimeoutMs: Milliseconds;
  readonly loginTimeoutMs: Milliseconds;
  readonly subscribeTimeoutMs: Milliseconds;
  /** After this much silence a ping is sent; the venue closes at 30 s. */
  readonly pingAfterMs: Milliseconds;
  /** The peer is dead when nothing at all came within this after the ping. */
  readonly pongWithinMs: Milliseconds;
  readonly backoffMinMs: Milliseconds;
  readonly backoffMaxMs: Milliseconds;
  /** A session that stayed up this long starts again with the shortest wait. */
  readonly stableAfterMs: Milliseconds;
  /** How long the old socket of a switch is kept for its last acks. */
  readonly lingerMs: Milliseconds;
  /** How long a close waits for the peer's. */
  readonly closeTimeoutMs: Milliseconds;
}

export declare class Session {
  constructor(options: SessionOptions, handler: SessionHandler);
  get state(): SessionState;
  get isUp(): boolean;
  start(): void;
  /** @hot */
  send(bytes: Uint8Array, length: number): boolean;
  subscribe(args: readonly ChannelArg[]): boolean;
  unsubscribe(args: readonly ChannelArg[]): boolean;
  resubscribe(args: readonly ChannelArg[]): boolean;
  reconnect(reason: string): void;
  close(): Promise<void>;
}
