/**
 * One socket of a session: open, log in, subscribe, be up, end. A session has one link, and two while it
 * moves to a new connection; a link is never used again.
 *
 * Owner:      the engine thread.
 * Invariants: `linkDown` is called exactly once, unless `close` was called first; nothing is called after
 *             either, but `linkEvent` with the event that led to it. Frames are handed over only between
 *             `release` and the end. Every stage has a timer.
 * Cost:       a frame costs one look at its first bytes here, and nothing is allocated.
 */
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { NS_PER_MS, type Milliseconds, type Nanoseconds } from '../base/units.ts';
import { FrameKind, frameKind } from '../okx/frame-kind.ts';
import { decodeEvent, type VenueEvent } from '../okx/event-decoder.ts';
import { OkxMessageError } from '../okx/okx-message-error.ts';
import { encodeLogin } from '../okx/request-encoder.ts';
import { PING_TEXT, WsEvent, WsOp, type ChannelArg } from '../okx/shapes.ts';
import { signLogin } from '../okx/sign.ts';
import { UPGRADE_NOTICE_CODE } from '../okx/venue-limits.ts';
import { ChannelRequests, ChannelVerdict, type ChannelAnswer } from './channel-requests.ts';
import type { Credentials } from './credentials.ts';
import { CloseStatus } from './frame-reader.ts';
import { SocketClient, type FrameSocket, type FrameSocketHandler } from './frame-socket.ts';
import { HeldFrames } from './held-frames.ts';
import { OwnSocket } from './own-socket.ts';
import { RequestBudget } from './request-budget.ts';
import { SessionError, SessionErrorCode, closeError, loginError, subscribeError } from './session-error.ts';
import { SessionState } from './session-state.ts';
import type { SessionCounters } from './session-counters.ts';
import type { SessionTimings } from './session-timings.ts';
import { WsSocket } from './ws-socket.ts';

/** The stages of a link are the session's states from `connecting` on. */
type LinkStage =
  | typeof SessionState.connecting
  | typeof SessionState.loggingIn
  | typeof SessionState.subscribing
  | typeof SessionState.up
  | typeof SessionState.closed;

export interface LinkOwner {
  linkStage(link: Link): void;
  linkUp(link: Link): void;
  linkDown(link: Link, error: SessionError): void;
  /** @hot */
  linkFrame(
    link: Link,
    kind: FrameKind,
    bytes: Uint8Array,
    start: number,
    end: number,
    recvNs: Float64Array,
  ): void;
  linkEvent(link: Link, event: VenueEvent): void;
  /** The venue will close this connection within a minute. */
  linkNotice(link: Link): void;
  /** Channels that the venue refused for good. False: the link cannot do without. */
  linkRefused(link: Link, args: readonly ChannelArg[], error: SessionError): boolean;
}

export interface LinkOptions {
  readonly url: string;
  readonly login: Credentials | undefined;
  readonly clock: Clock;
  readonly clockOffsetMs: () => Milliseconds;
  readonly timings: SessionTimings;
  readonly random: Random;
  readonly counters: SessionCounters;
  /** What to subscribe to, asked when it is time to. */
  readonly subscriptions: () => readonly ChannelArg[];
  readonly client: SocketClient;
  readonly ca: string | undefined;
}

export class Link implements FrameSocketHandler {
  readonly #owner: LinkOwner;
  readonly #options: LinkOptions;
  readonly #clock: Clock;
  readonly #socket: FrameSocket;
  readonly #requests = new ChannelRequests();
  readonly #requestTimers = new Map<string, NodeJS.Timeout>();
  readonly #budget = new RequestBudget();
  readonly #held = new HeldFrames();
  readonly #counters: SessionCounters;
  /** When the last bytes came. */
  readonly #recvNs = new Float64Array(1);
  /** When the held frame came that is being handed over: those that lie behind it in the socket came later. */
  readonly #heldNs = new Float64Array(1);
  /** When the last frame came. In an array, because a number in a field may be boxed at every write. */
  readonly #heardNs = new Float64Array(1);
  readonly #pingedNs = new Float64Array(1).fill(Number.NEGATIVE_INFINITY);
  #stage: LinkStage = SessionState.connecting;
  #isReleased = false;
  #stageTimer: NodeJS.Timeout | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  /** Resolves when the socket is gone. */
  readonly ended: Promise<void>;
  #end: () => void = () => undefined;
  upSinceNs: Nanoseconds = 0;

  constructor(options: LinkOptions, owner: LinkOwner) {
    this.#owner = owner;
    this.#options = options;
    this.#clock = options.clock;
    this.#counters = options.counters;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#counters.connects++;
    this.#socket = openSocket(options, this.#recvNs, this);
    this.#stageTimer = setTimeout(
      () => this.#late(SessionErrorCode.connect, 'connect', options.timings.connectTimeoutMs),
      options.timings.connectTimeoutMs,
    );
  }

  get stage(): LinkStage {
    return this.#stage;
  }

  /**
   * @hot Sends bytes[0, length) as one text frame; false when nothing was sent. The bytes may be changed at
   * once.
   */
  send(bytes: Uint8Array, length: number): boolean {
    return this.#stage === SessionState.up && this.#socket.send(bytes, length);
  }

  /**
   * Asks for channels, or for their end. Before the link subscribes there is nothing to do: it will ask for
   * what is wanted then. False when the connection has no requests left in this hour.
   */
  request(op: typeof WsOp.subscribe | typeof WsOp.unsubscribe, args: readonly ChannelArg[]): boolean {
    if (this.#stage !== SessionState.up && this.#stage !== SessionState.subscribing) return true;
    const requests = this.#requests.open(op, args);
    for (let index = 0; index < requests.length; index++) {
      if (!this.#budget.take(this.#clock.nowNs())) {
        for (const { id } of requests.slice(index)) this.#requests.forget(id);
        return false;
      }
      const { id, text } = requests[index]!;
      this.#counters.requests++;
      this.#socket.sendText(text);
      const waitMs = this.#options.timings.subscribeTimeoutMs;
      this.#requestTimers.set(
        id,
        setTimeout(() => this.#unanswered(id), waitMs),
      );
    }
    return true;
  }

  /** Hands over what was held, and from now on every frame at once. */
  release(): void {
    // The owner may have ended the link when it was told that it is up.
    if (this.#stage !== SessionState.up) return;
    this.#isReleased = true;
    this.#held.drain((frame, recvNs) => {
      this.#heldNs[0] = recvNs;
      this.#owner.linkFrame(this, frameKind(frame, 0, frame.length), frame, 0, frame.length, this.#heldNs);
      return this.#stage === SessionState.up;
    });
  }

  /** Ends the link with an error, which the owner is told. */
  fail(error: SessionError): void {
    if (this.#stage === SessionState.closed) return;
    this.#stop();
    // Not a polite close: whoever is told now must be able to rely on hearing nothing more.
    this.#socket.terminate();
    this.#owner.linkDown(this, error);
  }

  /** Ends the link without a call to the owner; resolves when the socket is gone. */
  close(): Promise<void> {
    if (this.#stage !== SessionState.closed) {
      this.#stop();
      this.#socket.close(CloseStatus.normal);
    }
    return this.ended;
  }

  #stop(): void {
    this.#stage = SessionState.closed;
    clearTimeout(this.#stageTimer);
    clearTimeout(this.#silenceTimer);
    for (const timer of this.#requestTimers.values()) clearTimeout(timer);
    this.#requestTimers.clear();
  }

  #enter(stage: LinkStage): void {
    this.#stage = stage;
    clearTimeout(this.#stageTimer);
    this.#owner.linkStage(this);
  }

  /** @internal The calls of the socket: this one, `socketFrame`, `socketBroke` and `socketClosed`. */
  socketOpened(): void {
    if (this.#stage === SessionState.closed) return;
    this.#heardNs[0] = this.#clock.nowNs();
    this.#watchSilence(this.#options.timings.pingAfterMs);
    const { login, timings } = this.#options;
    if (login === undefined) {
      this.#subscribeAll();
      return;
    }
    this.#enter(SessionState.loggingIn);
    this.#budget.take(this.#clock.nowNs());
    this.#counters.requests++;
    this.#socket.sendText(loginText(login, this.#clock.wallMs() + this.#options.clockOffsetMs()));
    this.#stageTimer = setTimeout(
      () => this.#late(SessionErrorCode.login, 'login', timings.loginTimeoutMs),
      timings.loginTimeoutMs,
    );
  }

  #subscribeAll(): void {
    const args = this.#options.subscriptions();
    this.#enter(SessionState.subscribing);
    if (!this.request(WsOp.subscribe, args)) {
      this.fail(
        new SessionError(SessionErrorCode.limits, 'subscribe: too many requests for one connection', 0, true),
      );
      return;
    }
    this.#upIfDone();
  }

  #upIfDone(): void {
    if (this.#stage !== SessionState.subscribing || !this.#requests.isEmpty) return;
    this.upSinceNs = this.#clock.nowNs();
    this.#enter(SessionState.up);
    this.#owner.linkUp(this);
  }

  /** @hot */
  socketFrame(bytes: Buffer, start: number, end: number): void {
    if (this.#stage === SessionState.closed) return;
    this.#heardNs[0] = this.#recvNs[0]!;
    this.#counters.frames++;
    this.#counters.bytes += end - start;
    const kind = frameKind(bytes, start, end);
    if (kind === FrameKind.event) this.#control(bytes, start, end);
    else if (kind !== FrameKind.pong) this.#deliver(kind, bytes, start, end);
  }

  /** @hot */
  #deliver(kind: FrameKind, bytes: Buffer, start: number, end: number): void {
    if (this.#isReleased) this.#owner.linkFrame(this, kind, bytes, start, end, this.#recvNs);
    else if (!this.#held.push(bytes, start, end, this.#recvNs[0]!)) {
      this.fail(
        new SessionError(SessionErrorCode.limits, 'subscribe: too much arrived before it was confirmed'),
      );
    }
  }

  #control(bytes: Buffer, start: number, end: number): void {
    const event = readEvent(bytes, start, end);
    if (event === undefined) {
      this.#counters.malformed++;
      return;
    }
    // A refused login may come back with the login quoted in its text: nobody is shown that.
    const isSecret = this.#stage === SessionState.loggingIn && 'msg' in event;
    const isOurs = this.#handle(event);
    this.#owner.linkEvent(this, isSecret ? { ...event, msg: '' } : event);
    // A refusal that answers none of our requests answers an order operation: the core matches it by its id.
    if (!isOurs && this.#stage !== SessionState.closed) this.#deliver(FrameKind.event, bytes, start, end);
  }

  /** Does what the event asks for; false for a refusal of something that this link did not ask. */
  #handle(event: VenueEvent): boolean {
    switch (event.event) {
      case WsEvent.login:
        if (this.#stage !== SessionState.loggingIn) return true;
        if (event.code === 0) this.#subscribeAll();
        else this.fail(loginError(event.code));
        return true;
      case WsEvent.subscribe:
      case WsEvent.unsubscribe:
        this.#answered(event);
        return true;
      case WsEvent.error:
        if (this.#stage === SessionState.loggingIn) {
          this.fail(loginError(event.code));
          return true;
        }
        return this.#answered(event);
      case WsEvent.channelConnCountError:
        this.fail(
          new SessionError(
            SessionErrorCode.limits,
            `subscribe: expected room for another connection on channel ${event.channel}, ` +
              `there are ${event.connCount}; stop other programs of this account`,
          ),
        );
        return true;
      case WsEvent.notice:
        if (event.code === UPGRADE_NOTICE_CODE) this.#owner.linkNotice(this);
        return true;
      default:
        return true;
    }
  }

  #answered(event: ChannelAnswer): boolean {
    const verdict = this.#requests.answer(event);
    if (verdict === ChannelVerdict.foreign) return false;
    for (const [id, timer] of this.#requestTimers) {
      if (this.#requests.isWaiting(id)) continue;
      clearTimeout(timer);
      this.#requestTimers.delete(id);
    }
    if (verdict === ChannelVerdict.refused) {
      const { refusedArgs, refusal } = this.#requests;
      const error = subscribeError(refusal.code, refusal.msg);
      if (!error.isFatal || !this.#owner.linkRefused(this, refusedArgs, error)) {
        this.fail(error);
        return true;
      }
    }
    this.#upIfDone();
    return true;
  }

  #unanswered(id: string): void {
    const waitedMs = this.#options.timings.subscribeTimeoutMs;
    this.fail(
      new SessionError(
        SessionErrorCode.subscribe,
        `expected an answer within ${waitedMs} ms to ${this.#requests.describe(id)}`,
      ),
    );
  }

  #late(code: SessionErrorCode, what: string, waitedMs: Milliseconds): void {
    this.fail(new SessionError(code, `${what}: expected an answer within ${waitedMs} ms, none came`));
  }

  /** One timer that follows the silence, instead of one that is set anew by every frame. */
  #watchSilence(waitMs: Milliseconds): void {
    this.#silenceTimer = setTimeout(() => this.#checkSilence(), Math.max(1, waitMs));
  }

  #checkSilence(): void {
    const { pingAfterMs, pongWithinMs } = this.#options.timings;
    const silentMs = this.#silentMs();
    if (this.#isAnswered()) {
      if (silentMs < pingAfterMs) {
        this.#watchSilence(pingAfterMs - silentMs);
        return;
      }
      this.#counters.pings++;
      this.#pingedNs[0] = this.#clock.nowNs();
      this.#socket.sendText(PING_TEXT);
      this.#watchSilence(Math.min(pingAfterMs, pongWithinMs));
      return;
    }
    const waitedMs = (this.#clock.nowNs() - this.#pingedNs[0]!) / NS_PER_MS;
    if (waitedMs < pongWithinMs) this.#watchSilence(pongWithinMs - waitedMs);
    // If this thread was held up, the pong may lie unread in the socket while the timer is already due.
    // Sockets are read between timers and immediates: only then is silence proven.
    else setImmediate(() => this.#judgeSilence());
  }

  #judgeSilence(): void {
    if (this.#stage === SessionState.closed) return;
    if (this.#isAnswered()) {
      this.#watchSilence(this.#options.timings.pingAfterMs - this.#silentMs());
      return;
    }
    const { pongWithinMs } = this.#options.timings;
    this.fail(
      new SessionError(
        SessionErrorCode.silence,
        `expected a pong within ${pongWithinMs} ms, heard nothing for ${Math.round(this.#silentMs())} ms`,
      ),
    );
  }

  /** Anything that came since the last ping answers it. */
  #isAnswered(): boolean {
    return this.#heardNs[0]! >= this.#pingedNs[0]!;
  }

  #silentMs(): Milliseconds {
    return (this.#clock.nowNs() - this.#heardNs[0]!) / NS_PER_MS;
  }

  socketBroke(error: Error): void {
    const code = 'code' in error ? String(error.code) : error.message;
    this.fail(new SessionError(SessionErrorCode.connect, `connection failed (${code.slice(0, 120)})`));
  }

  socketClosed(code: number, reason: string): void {
    // As the answer to a login: its text may quote what was sent.
    this.fail(closeError(code, this.#stage === SessionState.loggingIn ? '' : reason));
    this.#end();
  }
}

function openSocket(options: LinkOptions, recvNs: Float64Array, handler: FrameSocketHandler): FrameSocket {
  const { url, clock, random, timings, ca } = options;
  const { connectTimeoutMs, closeTimeoutMs } = timings;
  const socketOptions = { url, clock, recvNs, random, connectTimeoutMs, closeTimeoutMs, ca };
  return options.client === SocketClient.own
    ? new OwnSocket(socketOptions, handler)
    : new WsSocket(socketOptions, handler);
}

/** The login: the signature covers the venue's time in whole seconds. */
function loginText(credentials: Credentials, venueMs: Milliseconds): string {
  const timestamp = String(Math.floor(venueMs / 1_000));
  const sign = signLogin({ timestampSeconds: timestamp, secret: credentials.secret.reveal() });
  const apiKey = credentials.apiKey.reveal();
  const passphrase = credentials.passphrase.reveal();
  return encodeLogin({ apiKey, passphrase, timestampSeconds: timestamp, sign });
}

/** The control message; undefined when it is none that we understand, which is counted. */
function readEvent(bytes: Buffer, start: number, end: number): VenueEvent | undefined {
  try {
    return decodeEvent(bytes.toString('utf8', start, end));
  } catch (error) {
    if (error instanceof OkxMessageError) return undefined;
    throw error;
  }
}
