import { Random } from '../../base/random.ts';
import { Channel, WsOp } from '../../okx/shapes.ts';
import {
  SUB_ACCOUNT_ORDERS_PER_WINDOW,
  UPGRADE_NOTICE_CODE,
  UPGRADE_NOTICE_MS,
} from '../../okx/venue-limits.ts';
import { Exchange } from '../exchange/exchange.ts';
import type { AccountOptions, ExchangeOptions, ExchangeSink } from '../exchange/exchange.ts';
import { BrokerOffice } from './broker-office.ts';
import type { BrokerOptions } from './broker-office.ts';
import type { SocketPath, Subscription } from './channels.ts';
import { Inspection } from './inspection.ts';
import { InstrumentDirectory } from './instrument-directory.ts';
import { KeyRing } from './key-ring.ts';
import type { ApiKey } from './key-ring.ts';
import { MarketStreams } from './market-streams.ts';
import { OrderEntry } from './order-entry.ts';
import type { Interference, OrderKind } from './order-entry.ts';
import { OAuthGrants } from './oauth-grants.ts';
import type { OAuthOptions } from './oauth-grants.ts';
import { PrivateStreams } from './private-streams.ts';
import { Refusal } from './refusal.ts';
import { ReportDesk } from './report-desk.ts';
import { Session } from './session.ts';
import type { SessionHost, Transport } from './session.ts';
import { SubAccounts } from './sub-accounts.ts';
import { SystemStatus } from './system-status.ts';
import { Topics } from './topics.ts';

/** An account and the key that trades it. */
export interface VenueAccount extends AccountOptions {
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string;
  /** New and amended orders in 2 s (50061), by the account's fill ratio from VIP5 up; default 1,000. */
  readonly orderRateMax?: number;
  /** How its master calls it; default sub1, sub2 and so on. */
  readonly subAcct?: string;
}

export interface VenueOptions extends Omit<ExchangeOptions, 'accounts' | 'startMs'> {
  readonly accounts: readonly VenueAccount[];
  /** Time now, milliseconds since the epoch with a fraction. The only clock of the venue; a test moves it by hand. */
  readonly time: () => number;
  /**
   * How often an order's pushes come before the ack of the operation that caused them. Nothing is promised about the
   * order of the two, so a client that relies on one is found out by the other; default 0.02.
   */
  readonly pushBeforeAckShare?: number;
  /** Who may be let in by token, and for how long. */
  readonly oauth?: OAuthOptions;
  /** What brokers are given of fees. */
  readonly broker?: BrokerOptions;
}

/** What is wrong with the token endpoints: they do not work, or what they did is not told. */
export type OAuthFault = 'none' | 'outage' | 'lostAnswer';

const DEFAULT_PUSH_BEFORE_ACK_SHARE = 0.02;

/** From which VIP level up full depth and fills are for an account. */
const FULL_DEPTH_TIER = 4;

const SOCKET_PATHS: Readonly<Record<string, SocketPath>> = {
  '/ws/v5/public': 'public',
  '/ws/v5/private': 'private',
  '/ws/v5/business': 'business',
};

const ORDER_KINDS: Readonly<Record<string, { readonly kind: OrderKind; readonly isBatch: boolean }>> = {
  [WsOp.order]: { kind: 'place', isBatch: false },
  [WsOp.batchOrders]: { kind: 'place', isBatch: true },
  [WsOp.amendOrder]: { kind: 'amend', isBatch: false },
  [WsOp.batchAmendOrders]: { kind: 'amend', isBatch: true },
  [WsOp.cancelOrder]: { kind: 'cancel', isBatch: false },
  [WsOp.batchCancelOrders]: { kind: 'cancel', isBatch: true },
};

/**
 * The whole venue without a socket: text in, text out, and `advance` to let time pass. A server, a test or a simulation
 * drives it.
 */
export class PaperVenue implements SessionHost {
  readonly exchange: Exchange;
  readonly instruments: InstrumentDirectory;
  readonly keys: KeyRing;
  readonly oauth: OAuthGrants;
  oauthFault: OAuthFault = 'none';
  readonly inspection = new Inspection();
  readonly broker: BrokerOffice;
  readonly reports = new ReportDesk();
  readonly orderEntry: OrderEntry;
  readonly market: MarketStreams;
  readonly privateStreams: PrivateStreams;
  readonly time: () => number;
  /** Accounts, in the order in which they were given, or opened since. */
  readonly uids: string[];
  readonly subAccounts: SubAccounts;
  readonly status = new SystemStatus();
  /** A fault hook of tests at the order entry, REST and WebSocket alike; null leaves everything to the venue. */
  interfere: Interference | null = null;
  readonly #topics = new Topics();
  readonly #sessions = new Set<Session>();
  readonly #random: Random;
  readonly #pushBeforeAckShare: number;
  /** Whether the books of a recorded feed are pushed event by event. */
  readonly #isByEvent: boolean;
  readonly #accounts: Map<string, AccountOptions & Pick<VenueAccount, 'orderRateMax'>>;
  /** Null while the exchange is being built. */
  #streams: { readonly market: MarketStreams; readonly account: PrivateStreams } | null = null;
  /** No connection has to be looked at for idleness before this. */
  #sessionsDueMs = Infinity;
  /** The time that is being lived through while `advance` runs; NaN else. */
  #stepMs = NaN;

  constructor(options: VenueOptions) {
    this.time = options.time;
    this.#random = new Random(options.seed);
    this.#pushBeforeAckShare = options.pushBeforeAckShare ?? DEFAULT_PUSH_BEFORE_ACK_SHARE;
    this.#isByEvent = options.recorded?.publish === 'event';
    this.uids = options.accounts.map(({ uid }) => uid);
    this.keys = new KeyRing(options.accounts);
    this.oauth = new OAuthGrants(options.oauth);
    this.#accounts = new Map(options.accounts.map((account) => [account.uid, account] as const));
    this.instruments = new InstrumentDirectory(options.instruments);
    this.exchange = new Exchange({ ...options, startMs: Math.floor(options.time()) }, this.#sink());
    this.market = new MarketStreams(this.exchange, this.instruments, this.#topics, this.#isByEvent);
    this.privateStreams = new PrivateStreams(this.exchange, this.instruments, () => this.#now());
    this.orderEntry = new OrderEntry(this);
    this.broker = new BrokerOffice(this, options.broker ?? {});
    this.#streams = { market: this.market, account: this.privateStreams };
    this.subAccounts = new SubAccounts(this, options.accounts);
  }

  /** Opens an account while the venue runs. It has no key yet. */
  openAccount(account: AccountOptions): void {
    this.exchange.openAccount(account);
    this.#accounts.set(account.uid, account);
    this.uids.push(account.uid);
  }

  /** A WebSocket connection to one of the three endpoints; null when the path is none of them. */
  open(path: string, transport: Transport): Session | null {
    const socketPath = Object.hasOwn(SOCKET_PATHS, path) ? SOCKET_PATHS[path]! : null;
    if (socketPath === null) return null;
    const connId = this.#random.uint32().toString(16).padStart(8, '0');
    const session = new Session(connId, socketPath, this, transport);
    this.#sessions.add(session);
    this.#sessionsDueMs = Math.min(this.#sessionsDueMs, session.dueMs);
    return session;
  }

  /**
   * Lets time pass up to now: the exchange lives on, and whatever is due is pushed, each thing at its own time. However the
   * calls are cut, the same is pushed in the same order with the same times.
   */
  advance(): void {
    // A peer that answers a push from within it must not move time under the push.
    if (!Number.isNaN(this.#stepMs)) return;
    const nowMs = this.time();
    try {
      for (let dueMs = this.nextDueMs(); dueMs <= nowMs; dueMs = this.nextDueMs()) {
        this.#stepMs = dueMs;
        this.exchange.advance(dueMs);
        if (this.market.dueMs <= dueMs) this.market.advance(dueMs);
        if (this.privateStreams.dueMs <= dueMs) this.privateStreams.advance(dueMs);
        if (this.#sessionsDueMs <= dueMs) this.#checkSessions(dueMs);
      }
    } finally {
      this.#stepMs = NaN;
    }
    this.exchange.advance(Math.floor(nowMs));
  }

  /**
   * When `advance` next has something to do, milliseconds since the epoch; Infinity when never. A whole number, but for a
   * recorded feed that is published by event. Nothing is lost by not calling `advance` before, and a call (an operation, a
   * subscription, a REST request) may bring it nearer.
   */
  nextDueMs(): number {
    const eventMs = this.exchange.nextEventMs();
    return Math.min(
      this.#isByEvent ? eventMs : Math.ceil(eventMs),
      this.market.dueMs,
      this.privateStreams.dueMs,
      this.#sessionsDueMs,
    );
  }

  /**
   * Maintenance of trading: while it is on, order operations and the trade routes of REST are refused with 50001. The
   * `status` channel tells its begin and its end (serviceType 5). Orders stay, are filled, and are cancelled by the timers
   * of cancel-all-after: the strictest a venue could be.
   */
  setMaintenance(isOn: boolean): void {
    const row = this.status.setMaintenance(isOn, this.time());
    if (row !== null) this.market.status(row, this.time());
  }

  /** Announces a service upgrade (64008): every connection that stands now is closed a minute later. */
  announceUpgrade(): void {
    const nowMs = this.time();
    const msg = 'The connection will soon be closed for a service upgrade. Please reconnect.';
    for (const session of this.#sessions) {
      const { connId } = session;
      session.push(
        JSON.stringify({ event: 'notice', code: String(UPGRADE_NOTICE_CODE), msg, connId }),
        nowMs,
      );
      session.endsMs = nowMs + UPGRADE_NOTICE_MS;
      this.#sessionsDueMs = Math.min(this.#sessionsDueMs, session.dueMs);
    }
  }

  /** Closes every connection, as a failing network does. */
  dropConnections(code: number, reason: string): void {
    for (const session of this.#sessions) session.close(code, reason);
    this.#sessions.clear();
  }

  /** Sizes of what there is, for tests and operators; see `GET /paper/state`. */
  facts(): Readonly<Record<string, unknown>> {
    return {
      ts: String(Math.floor(this.time())),
      isInMaintenance: this.status.isInMaintenance,
      connections: this.#sessions.size,
      accounts: this.uids.map((uid) => ({
        uid,
        openOrders: this.exchange.openOrderCount(uid),
        positions: this.exchange
          .positions(uid, {})
          .map(({ instId, posSide, pos }) => ({ instId, posSide, pos })),
        balances: this.exchange.cash(uid),
      })),
    };
  }

  checkLogin(arg: Readonly<Record<string, unknown>>): ApiKey | Refusal {
    return this.keys.checkLogin(arg, this.time());
  }

  hasInstrument(instId: string): boolean {
    return this.instruments.has(instId);
  }

  hasIndex(index: string): boolean {
    return this.instruments.indexSource(index) !== '';
  }

  hasTier(uid: string): boolean {
    return this.feeTier(uid) >= FULL_DEPTH_TIER;
  }

  /** 0 for regular users, else the number of the VIP level; the venue writes levels both as "VIP4" and as "Lv4". */
  feeTier(uid: string): number {
    return Number(/^(?:VIP|Lv)(\d+)$/.exec(this.#accounts.get(uid)?.feeTier ?? '')?.[1] ?? 0);
  }

  /** New and amended orders that the account may send in 2 s. */
  orderRateMax(uid: string): number {
    return this.#accounts.get(uid)?.orderRateMax ?? SUB_ACCOUNT_ORDERS_PER_WINDOW;
  }

  attach(session: Session, subscription: Subscription): void {
    // What is due before joins on to what was; the newcomer starts after it.
    this.advance();
    // That may have ended the newcomer's connection, and let go of its subscriptions already.
    if (session.isClosed) return;
    if (subscription.isPrivate) this.privateStreams.attach(session, subscription);
    else this.market.attach(session, subscription, this.#now());
  }

  detach(session: Session, subscription: Subscription): void {
    if (subscription.isPrivate) this.privateStreams.detach(session, subscription);
    else this.market.detach(session, subscription);
  }

  connectionCount(uid: string, channel: string): number {
    return this.privateStreams.connectionCount(uid, channel);
  }

  operate(session: Session, request: Readonly<Record<string, unknown>>, receivedMs: number): void {
    this.advance();
    const { uid } = session;
    const isPushFirst = this.#random.unit() < this.#pushBeforeAckShare;
    if (!isPushFirst) this.privateStreams.hold(uid);
    const answer = this.#answerOperation(uid, request, receivedMs);
    const nowMs = this.time();
    const text = JSON.stringify({
      id: request.id,
      op: request.op,
      data: answer instanceof Refusal ? [] : answer.data,
      code: answer.code,
      msg: answer.msg,
      inTime: microseconds(receivedMs),
      outTime: microseconds(nowMs),
    });
    session.push(text, nowMs);
    if (!isPushFirst) this.privateStreams.release(uid);
  }

  #answerOperation(
    uid: string,
    request: Readonly<Record<string, unknown>>,
    receivedMs: number,
  ): ReturnType<OrderEntry['submit']> {
    if (uid === '') return new Refusal('60011');
    if (!this.keys.mayTrade(uid)) return new Refusal('50120');
    if (this.status.isInMaintenance) return new Refusal('50001');
    const op = request.op as string;
    if (op === WsOp.massCancel) return this.#massCancel(uid, request, receivedMs);
    const { kind, isBatch } = ORDER_KINDS[op]!;
    const items = request.args as readonly unknown[];
    return this.orderEntry.submit(uid, kind, items, 'instIdCode', isBatch, request.expTime, receivedMs);
  }

  #massCancel(
    uid: string,
    request: Readonly<Record<string, unknown>>,
    receivedMs: number,
  ): ReturnType<OrderEntry['submit']> {
    const [item, ...others] = request.args as readonly unknown[];
    if (typeof item !== 'object' || item === null || others.length > 0) return new Refusal('60013');
    const result = this.orderEntry.massCancel(uid, item as Readonly<Record<string, unknown>>, receivedMs);
    return result instanceof Refusal ? result : { code: '0', msg: '', data: result };
  }

  #checkSessions(nowMs: number): void {
    this.#sessionsDueMs = Infinity;
    for (const session of this.#sessions) {
      if (!session.isClosed) session.checkTime(nowMs);
      if (session.isClosed) this.#sessions.delete(session);
      else this.#sessionsDueMs = Math.min(this.#sessionsDueMs, session.dueMs);
    }
  }

  /** The time of what happens: that of the step while `advance` lives through the past, else the clock's. */
  #now(): number {
    return Number.isNaN(this.#stepMs) ? this.time() : this.#stepMs;
  }

  /** What the exchange tells while it is being built is dropped here: it is read from it when it stands. */
  #sink(): ExchangeSink {
    const now = (): number => this.#now();
    return {
      order: (uid, row) => this.#streams?.account.order(uid, row),
      fill: (uid, row) => this.#streams?.account.fill(uid, row),
      algo: (uid, row) => this.#streams?.account.algo(uid, row),
      balanceAndPosition: (uid, event) => this.#streams?.account.balanceAndPosition(uid, event),
      account: (uid) => this.#streams?.account.account(uid),
      position: (uid, instId) => this.#streams?.account.position(uid, instId),
      trade: (instId, row) => this.#streams?.market.trade(instId, row, now()),
      singleTrade: (instId, row) => this.#streams?.market.singleTrade(instId, row, now()),
      bookLevel: (instId, side, px, sz, orders) =>
        this.#streams?.market.bookLevel(instId, side, px, sz, orders, now()),
      rpiLevel: (instId, side, px, sz, orders) =>
        this.#streams?.market.rpiLevel(instId, side, px, sz, orders, now()),
      bookEvent: (instId) => this.#streams?.market.bookEvent(instId, now()),
      markPrice: (instId, row) => this.#streams?.market.price(Channel.markPrice, instId, row, now()),
      priceLimit: (instId, row) => this.#streams?.market.price(Channel.priceLimit, instId, row, now()),
      fundingRate: (instId, row) => this.#streams?.market.price(Channel.fundingRate, instId, row, now()),
      listens: (arg) => this.#streams?.market.listens(arg) ?? false,
      product: (arg, rows) => this.#streams?.market.product(arg, rows, now()),
      liquidationWarning: (uid, row) => this.#streams?.account.liquidationWarning(uid, row),
      instrument: (row) => this.#streams?.market.instrument(row, now()),
      status: (row) => this.#streams?.market.status(row, now()),
    };
  }
}

/** Microseconds since the epoch, as the venue stamps its answers. */
export function microseconds(timeMs: number): string {
  return String(Math.floor(timeMs * 1_000));
}
