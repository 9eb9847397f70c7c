import { signLogin, signRest } from '../../../engine/okx/sign.ts';
import type { Session } from '../../../engine/paper/gateway/session.ts';
import { ACCOUNT_ROUTES } from '../../../engine/paper/gateway/rest-account.ts';
import { BROKER_ROUTES } from '../../../engine/paper/gateway/rest-broker.ts';
import { MARKET_ROUTES } from '../../../engine/paper/gateway/rest-market.ts';
import { answerPaper } from '../../../engine/paper/gateway/rest-paper.ts';
import { RestRouter } from '../../../engine/paper/gateway/rest-router.ts';
import { TRADE_ROUTES } from '../../../engine/paper/gateway/rest-trade.ts';
import { PaperVenue } from '../../../engine/paper/gateway/venue.ts';
import type { VenueAccount, VenueOptions } from '../../../engine/paper/gateway/venue.ts';
import { recordedInstruments } from '../../../engine/paper/instruments/recorded-instruments.ts';

export type Message = Record<string, unknown> & {
  readonly event?: string;
  readonly code?: string;
  readonly arg?: Record<string, unknown>;
  readonly data?: Record<string, unknown>[];
};

/** One side of a connection, without a socket: what the venue sent, and how it ended. */
export class Peer {
  session: Session | null = null;
  readonly texts: string[] = [];
  readonly closes: [number, string][] = [];
  buffered = 0;

  send(text: string): number {
    this.texts.push(text);
    return this.buffered;
  }

  close(code: number, reason: string): void {
    this.closes.push([code, reason]);
  }

  say(message: unknown): this {
    this.session!.receive(typeof message === 'string' ? message : JSON.stringify(message));
    return this;
  }

  /** Everything that has come since the last look. */
  heard(): Message[] {
    return this.texts
      .splice(0)
      .map((text) => (text === 'pong' ? { pong: true } : (JSON.parse(text) as Message)));
  }

  /** Pushes of a channel that have come since the last look; the rest is gone. */
  pushes(channel: string): Message[] {
    return this.heard().filter((message) => message.arg?.channel === channel && message.data !== undefined);
  }
}

export function accountOf(index: number, changes: Partial<VenueAccount> = {}): VenueAccount {
  return {
    uid: `uid${index}`,
    apiKey: `key${index}`,
    secret: `secret${index}`,
    passphrase: `pass${index}`,
    balances: { USDT: '1000000', BTC: '20', ETH: '400' },
    accountLevel: '2',
    positionMode: 'net_mode',
    makerFeeRate: '-0.00005',
    takerFeeRate: '-0.0003',
    feeTier: 'VIP4',
    ...changes,
  };
}

/** A venue whose time is moved by hand. */
export class PaperWorld {
  nowMs = Date.UTC(2026, 6, 28, 10, 0, 0);
  readonly venue: PaperVenue;
  readonly #router: RestRouter;

  constructor(changes: Partial<VenueOptions> = {}) {
    this.venue = new PaperVenue({
      instruments: recordedInstruments(),
      seed: 1,
      accounts: [accountOf(1), accountOf(2), accountOf(3, { feeTier: 'Lv1' })],
      flow: 'none',
      time: () => this.nowMs,
      pushBeforeAckShare: 0,
      ...changes,
    });
    this.#router = new RestRouter(this.venue, [
      ...MARKET_ROUTES,
      ...ACCOUNT_ROUTES,
      ...TRADE_ROUTES,
      ...BROKER_ROUTES,
    ]);
  }

  /** Lets time pass as a server does, a few milliseconds at a time. */
  advance(durationMs: number, stepMs = 5): void {
    const endMs = this.nowMs + durationMs;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(endMs, this.nowMs + stepMs);
      this.venue.advance();
    }
  }

  connect(path: 'public' | 'private' | 'business'): Peer {
    const peer = new Peer();
    peer.session = this.venue.open(`/ws/v5/${path}`, peer);
    return peer;
  }

  loginOf(index: number): Record<string, unknown> {
    const timestamp = String(Math.floor(this.nowMs / 1_000));
    const sign = signLogin({ timestampSeconds: timestamp, secret: `secret${index}` });
    return { op: 'login', args: [{ apiKey: `key${index}`, passphrase: `pass${index}`, timestamp, sign }] };
  }

  /** A connection that is logged in, with its subscriptions acked; what it heard so far is gone. */
  trader(index: number, ...args: Record<string, string>[]): Peer {
    const peer = this.connect('private').say(this.loginOf(index));
    if (args.length > 0) peer.say({ op: 'subscribe', args });
    peer.heard();
    return peer;
  }

  /** A REST answer; signed when an account is named. */
  rest(
    method: 'GET' | 'POST',
    target: string,
    {
      account = 0,
      body = '',
      headers = {},
    }: { account?: number; body?: unknown; headers?: Record<string, string> } = {},
  ): { status: number; answer: Message & { readonly msg?: string } } {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const [path, query = ''] = target.split('?', 2) as [string, string?];
    const timestamp = new Date(this.nowMs).toISOString();
    const secret = `secret${account}`;
    const signature =
      account === 0
        ? {}
        : {
            'ok-access-key': `key${account}`,
            'ok-access-passphrase': `pass${account}`,
            'ok-access-timestamp': timestamp,
            'ok-access-sign': signRest({ timestamp, method, requestPath: target, body: text, secret }),
          };
    const request = {
      method,
      path,
      query,
      headers: { ...signature, ...headers },
      body: text,
      remoteAddress: '127.0.0.1',
    };
    const response = path.startsWith('/paper/')
      ? answerPaper(this.venue, request)
      : this.#router.answer(request);
    return { status: response.status, answer: JSON.parse(response.body) as Message };
  }

  /** The integer code by which WebSocket operations name an instrument. */
  codeOf(instId: string): number {
    return this.venue.instruments.row(instId)!.instIdCode as number;
  }
}
