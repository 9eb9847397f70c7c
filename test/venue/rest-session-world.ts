import type { Random } from '../../engine/base/random.ts';
import { signLogin } from '../../engine/okx/sign.ts';
import type { VenueOptions } from '../../engine/paper/gateway/venue.ts';
import { RestClient } from '../../engine/venue/rest-client.ts';
import { RestPrivateSession } from '../../engine/venue/rest-private-session.ts';
import type { SessionHandler } from '../../engine/venue/session.ts';
import { RestTradeSession } from '../../engine/venue/rest-trade-session.ts';
import type { RestAnswer, RestTransport } from '../../engine/venue/rest-transport.ts';
import { TokenKeeper } from '../../engine/venue/token-keeper.ts';
import { Peer } from '../paper/gateway/paper-world.ts';
import { OAuthWorld } from './oauth-world.ts';

export const INSTRUMENTS = ['BTC-USDT', 'BTC-USDT-SWAP'] as const;
export type Row = Readonly<Record<string, string>>;

/** How long an answer may be the one to an earlier question of the same words. */
const STALE_MS = 800;

/**
 * The REST sessions of an account that is let in by token, on a venue with a market, without a socket; and beside them, as
 * the truth, a socket of the same account that hears what the venue pushes. Nothing happens but by its calls.
 */
export class RestSessionWorld implements SessionHandler {
  readonly oauth: OAuthWorld;
  readonly asking: RestPrivateSession;
  readonly trading: RestTradeSession;
  readonly truth: Peer;
  /** Everything that was told, as text with its connection in front. */
  readonly told: string[] = [];
  readonly #pushes: Row[] = [];
  readonly #truths: Row[] = [];
  readonly #acks: Record<string, unknown>[] = [];
  /** Answers of before, by path: what a venue that lags behind tells. */
  readonly #answers = new Map<string, { readonly atMs: number; readonly answer: RestAnswer }[]>();
  /** The share of questions that are answered with an earlier answer. */
  staleShare = 0;
  /** What the next order operations meet: the connection breaks before or after they were carried out. */
  fault: 'none' | 'before' | 'after' = 'none';
  readonly #random: Random;

  static async start(random: Random, changes: Partial<VenueOptions> = {}): Promise<RestSessionWorld> {
    const oauth = new OAuthWorld(3_600, '', { flow: 'seeded', flowInstruments: INSTRUMENTS, ...changes });
    const pair = await oauth.login();
    const tokens = new TokenKeeper(
      { file: oauth.file(), client: oauth.client(), clock: oauth.clock, log: () => {} },
      pair,
    );
    return new RestSessionWorld(oauth, tokens, random);
  }

  private constructor(oauth: OAuthWorld, tokens: TokenKeeper, random: Random) {
    this.oauth = oauth;
    this.#random = random;
    const { clock } = oauth;
    const rest = new RestClient({
      baseUrl: 'https://venue.example',
      auth: tokens,
      tag: 'T1',
      isDemo: false,
      clock,
      timeoutMs: 1_000,
      transport: this.#transport(),
    });
    const names = new Map(INSTRUMENTS.map((instId) => [this.codeOf(instId), instId]));
    this.asking = new RestPrivateSession(
      {
        connection: 1,
        accountConnection: 2,
        rest,
        clock,
        obstacle: () => '',
        onAlive: (isAlive, reason) => this.trading.setAlive(isAlive, reason),
      },
      this,
    );
    this.trading = new RestTradeSession(
      { connection: 2, rest, clock, instIdOf: (code) => names.get(code), watch: this.asking.watch },
      this,
    );
    this.trading.start();
    this.truth = new Peer();
    this.truth.session = oauth.venue.open('/ws/v5/private', this.truth);
    const timestamp = String(Math.floor(clock.wallMs() / 1_000));
    const sign = signLogin({ timestampSeconds: timestamp, secret: 'secret1' });
    this.truth.say({ op: 'login', args: [{ apiKey: 'key1', passphrase: 'pass1', timestamp, sign }] });
    this.truth.say({ op: 'subscribe', args: [{ channel: 'orders', instType: 'ANY' }] });
  }

  codeOf(instId: string): number {
    return this.oauth.venue.instruments.row(instId)!.instIdCode as number;
  }

  remove(): void {
    this.oauth.remove();
  }

  /** A message of the trade connection; false when it was not taken. */
  say(message: Readonly<Record<string, unknown>>): boolean {
    const bytes = Buffer.from(JSON.stringify(message));
    const isSent = this.trading.send(bytes, bytes.length);
    // The caller's memory is its own again.
    bytes.fill(0);
    return isSent;
  }

  async advance(ms: number): Promise<void> {
    const endMs = this.oauth.clock.wallMs() + ms;
    while (this.oauth.clock.wallMs() < endMs)
      this.oauth.advanceMs(Math.min(10, endMs - this.oauth.clock.wallMs()));
    await settled();
    this.#read();
  }

  async look(): Promise<void> {
    await this.asking.look();
    await settled();
    this.#read();
  }

  /** What the sessions told of orders, and what the venue pushed of them; and the acks. */
  get pushes(): readonly Row[] {
    return this.#pushes;
  }

  get truths(): readonly Row[] {
    return this.#truths;
  }

  get acks(): readonly Readonly<Record<string, unknown>>[] {
    return this.#acks;
  }

  onFrame(connection: number, bytes: Uint8Array, start: number, end: number): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
    this.told.push(`${connection} ${text}`);
    const message = JSON.parse(text) as { arg?: { channel: string }; op?: string; data: Row[] };
    if (message.op !== undefined) this.#acks.push(message as unknown as Record<string, unknown>);
    else if (message.arg?.channel === 'orders') this.#pushes.push(...message.data);
  }

  onUp(connection: number): void {
    this.told.push(`${connection} up`);
  }

  onDown(connection: number, reason: string): void {
    this.told.push(`${connection} down ${reason}`);
  }

  #read(): void {
    for (const { arg, data } of this.truth.heard()) {
      if (arg?.['channel'] === 'orders' && data !== undefined) this.#truths.push(...(data as Row[]));
    }
  }

  #transport(): RestTransport {
    const inner = this.oauth.transport();
    return {
      call: async (request) => {
        const isOperation = request.method === 'POST';
        if (isOperation && this.fault === 'before') throw errorOf('ECONNRESET');
        if (!isOperation && this.#random.unit() < this.staleShare) {
          const stale = this.#staleAnswer(request.path);
          if (stale !== undefined) return stale;
        }
        const answer = await inner.call(request);
        if (isOperation && this.fault === 'after') throw errorOf('ECONNRESET');
        if (!isOperation) this.#remember(request.path, answer);
        return answer;
      },
      close: () => Promise.resolve(),
    };
  }

  #remember(path: string, answer: RestAnswer): void {
    const name = nameOf(path);
    const before = this.#answers.get(name) ?? [];
    this.#answers.set(name, [...before.slice(-20), { atMs: this.oauth.clock.wallMs(), answer }]);
  }

  #staleAnswer(path: string): RestAnswer | undefined {
    const sinceMs = this.oauth.clock.wallMs() - STALE_MS;
    const young = (this.#answers.get(nameOf(path)) ?? []).filter(({ atMs }) => atMs >= sinceMs);
    return young[Math.floor(this.#random.unit() * young.length)]?.answer;
  }
}

/** The words of a question but for the time from which on it asks. */
function nameOf(path: string): string {
  return path.replace(/begin=\d+&?/, '');
}

function errorOf(code: string): Error {
  return Object.assign(new Error('the connection broke'), { code });
}

/** Everything that was started has ended: nothing here waits for a socket or a timer. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
