/**
 * A lasting session with the venue over changing sockets: connects, logs in, subscribes, notices when the
 * peer is dead, comes back, and moves to a new connection ahead of an announced upgrade.
 *
 * Owner:      the engine thread.
 * Invariants: the handler hears onUp and onDown in turn, beginning with onUp; frames only in between. One
 *             link is active; a second one exists only while moving; old ones linger for acks and are heard
 *             for nothing else.
 * Cost:       send() and a frame are passed on by one call; nothing is allocated.
 */
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { Random } from '../base/random.ts';
import { NS_PER_MS, type Milliseconds } from '../base/units.ts';
import { FrameKind } from '../okx/frame-kind.ts';
import type { VenueEvent } from '../okx/event-decoder.ts';
import { WsOp, type ChannelArg } from '../okx/shapes.ts';
import { Backoff } from './backoff.ts';
import { isEqualChannel } from './channel-requests.ts';
import { ConnectLimiter } from './connect-limiter.ts';
import type { Credentials } from './credentials.ts';
import { SocketClient } from './frame-socket.ts';
import { Link, type LinkOwner } from './link.ts';
import { SessionCounters } from './session-counters.ts';
import { SessionError, SessionErrorCode } from './session-error.ts';
import { SessionState, mayFollow } from './session-state.ts';
import { SESSION_TIMINGS, type SessionTimings } from './session-timings.ts';

/**
 * Who is told what a session hears. All calls come from socket callbacks and timers of this thread, one after
 * another.
 *
 *     onUp  (onFrame | onSwitched | onEvent)*  onDown  ...
 *
 * Frames come only between onUp and onDown, in the order received: what arrives while the last subscriptions
 * are still being confirmed (a book's snapshot, for instance) is held and handed over right after onUp.
 */
export interface SessionHandler {
  /**
   * @hot A push, an ack, or a refusal of a request that the session did not make itself (an error event with
   * the id of an order operation). recvNs[0] was read once, when the frame came; frames of one read share it. A
   * cell, because a number in this place would be boxed. The bytes and the cell are only lent for the call.
   */
  onFrame(connection: number, bytes: Uint8Array, start: number, end: number, recvNs: Float64Array): void;
  /** Logged in and subscribed as asked. Recover, then quote. */
  onUp(connection: number): void;
  /** Nothing more can be heard or sent. Whatever was sent and not answered has an unknown outcome. */
  onDown(connection: number, reason: string): void;
  /**
   * Without being down in between, pushes now come from another socket (the venue gave notice of an upgrade).
   * Every book begins again with a snapshot, which follows; updates of orders may come twice. Acks of what
   * was sent before still come, for `lingerMs`. A handler without this method hears onDown and onUp instead.
   */
  onSwitched?(connection: number): void;
  /** A control message, after the session has dealt with it; also before onUp. Cold. */
  onEvent?(connection: number, event: VenueEvent): void;
  /**
   * The venue refuses these channels for good (no such instrument, fee tier). They are dropped and the
   * session goes on with the others. A handler without this method cannot do without: then the session fails.
   */
  onRefused?(connection: number, args: readonly ChannelArg[], error: SessionError): void;
  /** The session has given up (wrong key, refused channel) and tries no more. Follows onDown if it was up. */
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
  /** Who speaks WebSocket; ours without being told. */
  readonly client?: SocketClient;
  /** Certificates, PEM, that are trusted in place of the system's. */
  readonly ca?: string;
}

export class Session implements LinkOwner {
  readonly name: string;
  readonly counters = new SessionCounters();
  readonly #connection: number;
  readonly #options: SessionOptions;
  readonly #handler: SessionHandler;
  readonly #timings: SessionTimings;
  readonly #limiter: ConnectLimiter;
  readonly #random: Random;
  readonly #backoff: Backoff;
  /** What we want to be subscribed to, now and after every reconnect. */
  #wanted: ChannelArg[];
  #state: SessionState = SessionState.idle;
  #active: Link | undefined;
  #successor: Link | undefined;
  readonly #lingering = new Map<Link, NodeJS.Timeout>();
  /** Those whose sockets are not gone yet, whatever has become of them. */
  readonly #links = new Set<Link>();
  #connectTimer: NodeJS.Timeout | undefined;
  #lastError: SessionError | undefined;

  constructor(options: SessionOptions, handler: SessionHandler) {
    assert(/^wss?:\/\//.test(options.url), 'a session needs a ws:// or wss:// URL');
    this.name = options.name;
    this.#connection = options.connection;
    this.#options = options;
    this.#handler = handler;
    this.#timings = { ...SESSION_TIMINGS, ...options.timings };
    this.#limiter = options.limiter ?? new ConnectLimiter();
    this.#random = new Random(options.seed);
    this.#backoff = new Backoff(this.#timings.backoffMinMs, this.#timings.backoffMaxMs, this.#random);
    this.#wanted = [...options.subscriptions];
  }

  get state(): SessionState {
    return this.#state;
  }

  get isUp(): boolean {
    return this.#state === SessionState.up;
  }

  /** Why the last connection ended or was not made. */
  get lastError(): SessionError | undefined {
    return this.#lastError;
  }

  start(): void {
    assert(this.#state === SessionState.idle, 'a session is started once');
    this.#enter(SessionState.waiting);
    this.#connectAfter(0);
  }

  /**
   * @hot Sends bytes[0, length) as one text frame. False when the session is not up or is too far behind:
   * nothing was sent. True is no proof of arrival. The bytes may be changed at once.
   */
  send(bytes: Uint8Array, length: number): boolean {
    return this.#active !== undefined && this.#active.send(bytes, length);
  }

  /**
   * Adds channels, now if there is a connection and after every reconnect in any case. Unanswered or refused
   * for a time, the session reconnects. False when this connection has used up its requests of the hour:
   * `reconnect` helps.
   */
  subscribe(args: readonly ChannelArg[]): boolean {
    this.#wanted = [...this.#without(args), ...args];
    return this.#request(WsOp.subscribe, args);
  }

  unsubscribe(args: readonly ChannelArg[]): boolean {
    this.#wanted = this.#without(args);
    return this.#request(WsOp.unsubscribe, args);
  }

  /**
   * Leaves and enters channels anew: the venue sends their snapshots again. For a book that lost its
   * sequence.
   */
  resubscribe(args: readonly ChannelArg[]): boolean {
    return this.#request(WsOp.unsubscribe, args) && this.#request(WsOp.subscribe, args);
  }

  /** Drops the connection and makes a new one: for whoever knows better that this one is of no use. */
  reconnect(reason: string): void {
    this.#active?.fail(new SessionError(SessionErrorCode.requested, reason));
  }

  /** Ends the session for good; onDown is called at once if it was up. Resolves when every socket is gone. */
  async close(): Promise<void> {
    const wasUp = this.isUp;
    clearTimeout(this.#connectTimer);
    for (const timer of this.#lingering.values()) clearTimeout(timer);
    this.#lingering.clear();
    this.#active = undefined;
    this.#successor = undefined;
    if (this.#state !== SessionState.closed) this.#enter(SessionState.closed);
    if (wasUp) this.#tellDown('closed on request');
    await Promise.all(Array.from(this.#links, (link) => link.close()));
  }

  /** @internal The calls below are the links'. */
  linkStage(link: Link): void {
    if (link !== this.#active || link.stage === SessionState.up || link.stage === SessionState.closed) return;
    this.#enter(link.stage);
  }

  linkUp(link: Link): void {
    if (link === this.#active) {
      this.#enter(SessionState.up);
      this.#handler.onUp(this.#connection);
      link.release();
      return;
    }
    const old = this.#active;
    if (link !== this.#successor || old === undefined) return;
    this.counters.switches++;
    this.#linger(old);
    if (this.#handler.onSwitched === undefined) {
      this.#move(link);
      return;
    }
    this.#active = link;
    this.#successor = undefined;
    this.#handler.onSwitched(this.#connection);
    link.release();
  }

  /** Down and up again, for a handler that knows no switch: in between nothing is active, so nothing is sent. */
  #move(link: Link): void {
    this.#active = undefined;
    this.#enter(SessionState.waiting);
    this.#tellDown('moved to a new connection');
    // The handler may have closed the session when it was told.
    if (this.#state !== SessionState.waiting) return;
    this.#successor = undefined;
    this.#active = link;
    this.#enter(SessionState.connecting);
    this.#enter(SessionState.subscribing);
    this.linkUp(link);
  }

  linkDown(link: Link, error: SessionError): void {
    if (link === this.#successor) {
      this.#successor = undefined;
      // The old connection lasts until the venue closes it; until then the move is worth another try.
      if (!error.isFatal) this.#connectAfter(this.#backoff.next());
      return;
    }
    if (link !== this.#active) {
      clearTimeout(this.#lingering.get(link));
      this.#lingering.delete(link);
      return;
    }
    this.#lastError = error;
    const wasUp = this.isUp;
    this.#active = undefined;
    clearTimeout(this.#connectTimer);
    this.#enter(error.isFatal ? SessionState.failed : SessionState.waiting);
    if (wasUp) {
      const upMs = (this.#options.clock.nowNs() - link.upSinceNs) / NS_PER_MS;
      if (upMs >= this.#timings.stableAfterMs) this.#backoff.reset();
      this.#tellDown(error.message);
    }
    if (error.isFatal) this.#giveUp(error);
    else this.#comeBack();
  }

  /** @hot */
  linkFrame(
    link: Link,
    kind: FrameKind,
    bytes: Uint8Array,
    start: number,
    end: number,
    recvNs: Float64Array,
  ): void {
    // A socket that was left has been replaced in all but the acks of what went out on it.
    if (link !== this.#active && (kind === FrameKind.push || !this.isUp)) return;
    this.#handler.onFrame(this.#connection, bytes, start, end, recvNs);
  }

  linkEvent(_link: Link, event: VenueEvent): void {
    this.#handler.onEvent?.(this.#connection, event);
  }

  linkNotice(link: Link): void {
    if (link !== this.#active || !this.isUp || this.#successor !== undefined) return;
    this.#connectAfter(0);
  }

  linkRefused(link: Link, args: readonly ChannelArg[], error: SessionError): boolean {
    if (this.#handler.onRefused === undefined) return false;
    this.#wanted = this.#without(args);
    if (link === this.#active || link === this.#successor) {
      this.#handler.onRefused(this.#connection, args, error);
    }
    return true;
  }

  #enter(state: SessionState): void {
    assert(mayFollow(this.#state, state), 'a session changes state only as its table allows');
    this.#state = state;
  }

  #tellDown(reason: string): void {
    this.counters.downs++;
    this.#handler.onDown(this.#connection, reason);
  }

  #giveUp(error: SessionError): void {
    void this.#successor?.close();
    this.#successor = undefined;
    // The handler may have closed the session when it was told that it is down.
    if (this.#state === SessionState.failed) this.#handler.onFailed?.(this.#connection, error);
  }

  /**
   * After a loss: the link that was to follow takes over if there is one, else a new one is made after a
   * wait.
   */
  #comeBack(): void {
    // The handler may have closed the session when it was told.
    if (this.#state !== SessionState.waiting) return;
    const successor = this.#successor;
    if (successor === undefined) {
      this.#connectAfter(this.#backoff.next());
      return;
    }
    this.#successor = undefined;
    this.#active = successor;
    this.#enter(SessionState.connecting);
    if (successor.stage !== SessionState.connecting) this.#enter(successor.stage);
  }

  /** Opens a link after the wait and after its turn at the venue's limit on connections. */
  #connectAfter(waitMs: Milliseconds): void {
    clearTimeout(this.#connectTimer);
    this.#connectTimer = setTimeout(() => {
      const turnMs = this.#limiter.reserve(this.#options.clock.nowNs());
      if (turnMs > 0) this.#connectTimer = setTimeout(() => this.#connect(), turnMs);
      else this.#connect();
    }, waitMs);
  }

  #connect(): void {
    const link = new Link(
      {
        url: this.#options.url,
        login: this.#options.login,
        clock: this.#options.clock,
        clockOffsetMs: this.#options.clockOffsetMs ?? (() => 0),
        timings: this.#timings,
        random: this.#random,
        counters: this.counters,
        subscriptions: () => this.#wanted,
        client: this.#options.client ?? SocketClient.own,
        ca: this.#options.ca,
      },
      this,
    );
    this.#links.add(link);
    void link.ended.then(() => this.#links.delete(link));
    if (this.isUp) {
      this.#successor = link;
    } else {
      this.#active = link;
      this.#enter(SessionState.connecting);
    }
  }

  #linger(link: Link): void {
    const timer = setTimeout(() => {
      this.#lingering.delete(link);
      void link.close();
    }, this.#timings.lingerMs);
    this.#lingering.set(link, timer);
  }

  #request(op: typeof WsOp.subscribe | typeof WsOp.unsubscribe, args: readonly ChannelArg[]): boolean {
    const isActiveAsked = this.#active?.request(op, args) ?? true;
    const isSuccessorAsked = this.#successor?.request(op, args) ?? true;
    return isActiveAsked && isSuccessorAsked;
  }

  #without(args: readonly ChannelArg[]): ChannelArg[] {
    return this.#wanted.filter((wanted) => !args.some((arg) => isEqualChannel(wanted, arg)));
  }
}
