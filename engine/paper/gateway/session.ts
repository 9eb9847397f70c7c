import {
  CLIENT_ID_PATTERN,
  CloseCode,
  CONNECTIONS_PER_PRIVATE_CHANNEL,
  CONTROL_REQUESTS_PER_HOUR,
  IDLE_CLOSE_MS,
  SUBSCRIBE_BYTES_MAX,
} from '../../okx/venue-limits.ts';
import { PING_TEXT, PONG_TEXT, WsOp } from '../../okx/shapes.ts';
import { readSubscription } from './channels.ts';
import type { SocketPath, SubscriberState, Subscription } from './channels.ts';
import { Refusal } from './refusal.ts';
import { SlidingWindow } from './rate-limits.ts';
import type { ApiKey } from './key-ring.ts';
import type { Subscriber } from './topics.ts';

/** The socket under a session. Both methods may be called when it is already gone: they do nothing then. */
export interface Transport {
  /** Sends a text frame; returns how many bytes now wait to be written. */
  send(text: string): number;
  /** 1006 drops the connection without a close frame, as a failing network does. */
  close(code: number, reason: string): void;
}

/** What a session asks of the venue that it is connected to. */
export interface SessionHost {
  checkLogin(arg: Readonly<Record<string, unknown>>): ApiKey | Refusal;
  hasInstrument(instId: string): boolean;
  hasIndex(index: string): boolean;
  hasTier(uid: string): boolean;
  /** Registers the subscription and pushes what comes first. */
  attach(session: Session, subscription: Subscription): void;
  detach(session: Session, subscription: Subscription): void;
  /** How many connections of the session's account hold the channel. */
  connectionCount(uid: string, channel: string): number;
  /** Answers an order operation, through `session.push`. */
  operate(session: Session, request: Readonly<Record<string, unknown>>, receivedMs: number): void;
  /** Time now, in milliseconds with a fraction. */
  time(): number;
}

/** The standard close code of an endpoint that goes away. */
const GOING_AWAY = 1001;

/** What a request has around its list of channels. The text is measured: writing the list anew may be too deep to do. */
const ENVELOPE_BYTES = 96;

/** A consumer that lets this much pile up is cut off (4005). */
const WRITE_BUFFER_BYTES_MAX = 8_388_608;

/** Order operations of the private endpoint. */
const ORDER_OPERATIONS: ReadonlySet<string> = new Set([
  WsOp.order,
  WsOp.batchOrders,
  WsOp.amendOrder,
  WsOp.batchAmendOrders,
  WsOp.cancelOrder,
  WsOp.batchCancelOrders,
  WsOp.massCancel,
]);

/**
 * One WebSocket connection, from its first text to its last: keep-alive, login, subscriptions, and the way in for
 * order operations.
 */
export class Session implements Subscriber, SubscriberState {
  readonly connId: string;
  readonly path: SocketPath;
  readonly subscriptions = new Map<string, Subscription>();
  /** The account that is logged in, '' before. */
  uid = '';
  isClosed = false;
  /** When the venue closes the connection, as it has announced; Infinity while it has not. */
  endsMs = Infinity;
  readonly #host: SessionHost;
  readonly #transport: Transport;
  readonly #requests = new SlidingWindow(CONTROL_REQUESTS_PER_HOUR, 3_600_000);
  readonly #openedMs: number;
  #lastActivityMs: number;
  #hasBeenUsed = false;

  constructor(connId: string, path: SocketPath, host: SessionHost, transport: Transport) {
    this.connId = connId;
    this.path = path;
    this.#host = host;
    this.#transport = transport;
    this.#openedMs = host.time();
    this.#lastActivityMs = this.#openedMs;
  }

  get isLoggedIn(): boolean {
    return this.uid !== '';
  }

  get hasTier(): boolean {
    return this.#host.hasTier(this.uid);
  }

  hasInstrument(instId: string): boolean {
    return this.#host.hasInstrument(instId);
  }

  hasIndex(index: string): boolean {
    return this.#host.hasIndex(index);
  }

  /** A text frame has come. */
  receive(text: string): void {
    if (this.isClosed) return;
    const nowMs = this.#host.time();
    this.#lastActivityMs = nowMs;
    if (text === PING_TEXT) {
      this.push(PONG_TEXT, nowMs);
      return;
    }
    const request = parseObject(text);
    const op = request?.op;
    const args = request?.args;
    if (request === null || typeof op !== 'string' || !Array.isArray(args)) {
      this.#refuse(new Refusal('60012', 200, `Invalid request: ${text.slice(0, 256)}`), request?.id);
      return;
    }
    if (ORDER_OPERATIONS.has(op)) {
      if (!isRequestId(request.id)) {
        this.#refuse(
          new Refusal('60012', 200, 'Invalid request: id must be 1 to 32 letters or digits'),
          undefined,
        );
      } else if (this.path !== 'private') {
        this.#refuse(new Refusal('60028'), request.id);
      } else {
        this.#host.operate(this, request, nowMs);
      }
      return;
    }
    if (op !== 'login' && op !== 'subscribe' && op !== 'unsubscribe') {
      this.#refuse(new Refusal('60019', 200, `Invalid op: ${op}`), request.id);
      return;
    }
    if (request.id !== undefined && !isRequestId(request.id)) {
      this.#refuse(
        new Refusal('60012', 200, 'Invalid request: id must be 1 to 32 letters or digits'),
        undefined,
      );
    } else if (!this.#requests.take(nowMs)) {
      this.#refuse(new Refusal('60014'), request.id);
    } else if (op === 'login') {
      this.#login(args, request.id);
    } else if (Buffer.byteLength(text) > SUBSCRIBE_BYTES_MAX + ENVELOPE_BYTES) {
      this.close(CloseCode.requestTooLarge, 'Request is too large');
    } else {
      this.#changeSubscriptions(op, args, request.id);
    }
  }

  push(text: string, nowMs: number): void {
    if (this.isClosed) return;
    this.#lastActivityMs = nowMs;
    if (this.#transport.send(text) > WRITE_BUFFER_BYTES_MAX) {
      this.close(CloseCode.slowConsumer, 'Write buffer is full');
    }
  }

  /** When `checkTime` may next have something to do, a whole number of milliseconds. */
  get dueMs(): number {
    const usedMs = this.#hasBeenUsed ? this.#lastActivityMs : Math.min(this.#openedMs, this.#lastActivityMs);
    return Math.min(Math.ceil(this.endsMs), Math.floor(usedMs + IDLE_CLOSE_MS) + 1);
  }

  /** Closes the connection if it is idle by the venue's rules, or its announced end has come. */
  checkTime(nowMs: number): void {
    if (nowMs >= this.endsMs) {
      this.close(GOING_AWAY, 'service upgrade');
    } else if (!this.#hasBeenUsed && nowMs - this.#openedMs > IDLE_CLOSE_MS) {
      this.close(CloseCode.idle, 'No subscription in 30s.');
    } else if (nowMs - this.#lastActivityMs > IDLE_CLOSE_MS) {
      this.close(CloseCode.idle, 'No data received in 30s.');
    }
  }

  /** Ends the connection from the venue's side. */
  close(code: number, reason: string): void {
    if (this.isClosed) return;
    this.closed();
    this.#transport.close(code, reason);
  }

  /** The connection is gone: lets go of everything it held. */
  closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const subscription of this.subscriptions.values()) this.#host.detach(this, subscription);
    this.subscriptions.clear();
  }

  #login(args: readonly unknown[], id: unknown): void {
    const arg = args[0];
    if (args.length !== 1 || typeof arg !== 'object' || arg === null) {
      this.#refuse(new Refusal(args.length > 1 ? '60031' : '60013'), id);
      return;
    }
    if (this.isLoggedIn) {
      this.#refuse(new Refusal('60031'), id);
      return;
    }
    const key = this.#host.checkLogin(arg as Record<string, unknown>);
    if (key instanceof Refusal) {
      this.#refuse(key, id);
      this.close(CloseCode.loginFailed, 'Login failed.');
      return;
    }
    this.uid = key.uid;
    this.#hasBeenUsed = true;
    this.#event({ event: 'login', msg: '', code: '0', connId: this.connId });
  }

  #changeSubscriptions(op: 'subscribe' | 'unsubscribe', args: readonly unknown[], id: unknown): void {
    if (args.length === 0) {
      this.#refuse(new Refusal('60013'), id);
      return;
    }
    for (const arg of args) {
      if (this.isClosed) return;
      // An unsubscribe names what is held already, so the rules against holding two together do not apply to it.
      const state = op === 'subscribe' ? this : this.#withoutSubscriptions();
      const subscription = readSubscription(arg, state);
      if (subscription instanceof Refusal) this.#refuse(subscription, id);
      else if (op === 'subscribe') this.#subscribe(subscription, id);
      else this.#unsubscribe(subscription, id);
    }
  }

  #withoutSubscriptions(): SubscriberState {
    return {
      path: this.path,
      isLoggedIn: this.isLoggedIn,
      hasTier: true,
      subscriptions: NO_SUBSCRIPTIONS,
      hasInstrument: (instId) => this.hasInstrument(instId),
      hasIndex: (index) => this.hasIndex(index),
    };
  }

  #subscribe(subscription: Subscription, id: unknown): void {
    this.#hasBeenUsed = true;
    this.#event({ ...withId(id), event: 'subscribe', arg: subscription.arg, connId: this.connId });
    if (this.subscriptions.has(subscription.key)) return;
    const { channel, isCounted } = subscription;
    if (isCounted) {
      // Several subscriptions of one connection to the channel count once.
      const held = this.#holdsChannel(channel) ? 0 : 1;
      const connCount = this.#host.connectionCount(this.uid, channel) + held;
      if (connCount > CONNECTIONS_PER_PRIVATE_CHANNEL) {
        const count = String(CONNECTIONS_PER_PRIVATE_CHANNEL);
        this.#event({ event: 'channel-conn-count-error', channel, connCount: count, connId: this.connId });
        return;
      }
      this.#event({
        event: 'channel-conn-count',
        channel,
        connCount: String(connCount),
        connId: this.connId,
      });
    }
    // The ack may have found the connection too slow and ended it: nothing would let go of the subscription then.
    if (this.isClosed) return;
    this.subscriptions.set(subscription.key, subscription);
    this.#host.attach(this, subscription);
  }

  #unsubscribe(subscription: Subscription, id: unknown): void {
    const held = this.subscriptions.get(subscription.key);
    if (held !== undefined) {
      this.subscriptions.delete(held.key);
      this.#host.detach(this, held);
    }
    this.#event({ ...withId(id), event: 'unsubscribe', arg: subscription.arg, connId: this.connId });
    if (held?.isCounted === true) {
      const connCount = String(this.#host.connectionCount(this.uid, held.channel));
      this.#event({ event: 'channel-conn-count', channel: held.channel, connCount, connId: this.connId });
    }
  }

  #holdsChannel(channel: string): boolean {
    for (const held of this.subscriptions.values()) if (held.channel === channel) return true;
    return false;
  }

  #refuse(refusal: Refusal, id: unknown): void {
    const { code, msg } = refusal;
    this.#event({ ...withId(id), event: 'error', code, msg, connId: this.connId });
  }

  #event(event: Readonly<Record<string, unknown>>): void {
    this.push(JSON.stringify(event), this.#host.time());
  }
}

const NO_SUBSCRIPTIONS: ReadonlyMap<string, Subscription> = new Map();

function isRequestId(id: unknown): id is string {
  return typeof id === 'string' && CLIENT_ID_PATTERN.test(id);
}

/** An id is echoed if it was given, and only a proper one. */
function withId(id: unknown): Readonly<Record<string, unknown>> {
  return isRequestId(id) ? { id } : {};
}

/** The JSON object that the text is, or null. */
function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
