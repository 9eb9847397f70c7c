import { Instrument, InstrumentType } from '../../engine/base/instrument.ts';
import { Random } from '../../engine/base/random.ts';
import { NS_PER_MS } from '../../engine/base/units.ts';
import { Recovery } from '../../engine/host/recovery.ts';
import { Connection, LoopRequest } from '../../engine/loop-options.ts';
import { DepthChannel } from '../../engine/okx/depth-frame.ts';
import { FrameKind, frameKind } from '../../engine/okx/frame-kind.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { signLogin, signRest } from '../../engine/okx/sign.ts';
import { ACCOUNT_ROUTES } from '../../engine/paper/gateway/rest-account.ts';
import { MARKET_ROUTES } from '../../engine/paper/gateway/rest-market.ts';
import { RestRouter } from '../../engine/paper/gateway/rest-router.ts';
import { TRADE_ROUTES } from '../../engine/paper/gateway/rest-trade.ts';
import type { Session } from '../../engine/paper/gateway/session.ts';
import { PaperVenue } from '../../engine/paper/gateway/venue.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import { AccountRest } from '../../engine/venue/account-rest.ts';
import type { RestClient, RestQuery } from '../../engine/venue/rest-client.ts';
import type { LadderParameters } from '../../workers/strategy/ladder.ts';
import { EPOCH_MS, LoopWorld, TAG } from './loop-world.ts';
import type { RiskLimits } from '../../engine/risk/gate.ts';

export const UID = 'uid1';
const KEY = { apiKey: 'key1', secret: 'secret1', passphrase: 'pass1' };
const INST_IDS = ['BTC-USDT', 'BTC-USDT-SWAP', 'ETH-USDT-SWAP'];
const BALANCES = { USDT: '1000000', BTC: '20', ETH: '400' };
const PATHS = ['public', 'private', 'private'];
const PING_MS = 10_000;
const STEP_MS = 2;
/** Each way: uniform between the two, in order on each connection. */
const LATENCY_MS = [0.5, 6] as const;

/** By instrument, in its lots: 0.00000001 BTC, and 0.01 contracts. */
export const LOTS: readonly { readonly order: number; readonly position: number }[] = [
  { order: 200_000, position: 1_000_000 },
  { order: 100, position: 600 },
  { order: 100, position: 600 },
];
export const OPEN_ORDERS_MAX = 10;

interface Delivery {
  readonly atNs: number;
  readonly run: () => void;
}

/** A queue of one direction of one connection: what went in first comes out first. */
class Pipe {
  readonly #deliveries: Delivery[] = [];
  #lastNs = 0;
  #stalledNs = 0;

  push(atNs: number, run: () => void): void {
    this.#lastNs = Math.max(this.#lastNs, atNs);
    this.#deliveries.push({ atNs: this.#lastNs, run });
  }

  /** Nothing comes out before this. */
  stall(untilNs: number): void {
    this.#lastNs = Math.max(this.#lastNs, untilNs);
    this.#stalledNs = untilNs;
  }

  get isEmpty(): boolean {
    return this.#deliveries.length === 0;
  }

  clear(): void {
    this.#stalledNs = 0;
    this.#lastNs = 0;
    this.#deliveries.length = 0;
  }

  runDue(nowNs: number): void {
    if (nowNs < this.#stalledNs) return;
    while (this.#deliveries.length > 0 && this.#deliveries[0]!.atNs <= nowNs) this.#deliveries.shift()!.run();
  }
}

/**
 * The loop trading on the paper venue, in virtual time and without a socket: every byte goes through the codecs of both
 * sides, with a latency drawn from the seed. Recovery is the host's own, its REST calls answered by the venue's router.
 */
export class PaperMarket extends LoopWorld {
  readonly venue: PaperVenue;
  readonly random: Random;
  readonly recovery: Recovery;
  readonly #router: RestRouter;
  readonly #sessions: (Session | undefined)[] = [];
  readonly #toVenue = [new Pipe(), new Pipe(), new Pipe()];
  readonly #toLoop = [new Pipe(), new Pipe(), new Pipe()];
  readonly #timers: Delivery[] = [];
  /** Recoveries under way: their promises need turns of the event loop. */
  #asking = 0;
  #ticket = 0;
  #isStopping = false;
  /** Another stream than the faults', so that a fault more does not change every latency after it. */
  readonly #latency: Random;

  constructor(seed: number) {
    const rows = recordedInstruments().filter(({ instId }) => INST_IDS.includes(String(instId)));
    const { fields } = parseInstruments(rows);
    const instruments = INST_IDS.map(
      (instId, index) =>
        new Instrument(
          index,
          fields.find((each) => each.instId === instId)!,
        ),
    );
    super({
      instruments,
      ladder: instruments.map(({ index, minLots }) => ladderOf(index, minLots)),
      limits: instruments.map(({ index }) => limitsOf(index)),
      account: { notionalMax: 1e7, lossMax: 1e6 },
      tolerance: { priceToleranceTicks: 4, sizeToleranceRatio: 0.2 },
      depthChannel: DepthChannel.booksL2Tbt,
    });
    this.random = new Random(seed ^ 0x5eed);
    this.#latency = new Random(seed ^ 0x1a7e);
    this.venue = new PaperVenue({
      instruments: rows,
      seed,
      accounts: [
        {
          uid: UID,
          ...KEY,
          balances: BALANCES,
          accountLevel: '2',
          positionMode: 'net_mode',
          makerFeeRate: '-0.00005',
          takerFeeRate: '-0.0003',
          feeTier: 'VIP4',
        },
      ],
      flow: 'seeded',
      flowInstruments: INST_IDS,
      matchDelayMs: 1,
      time: () => this.nowMs,
    });
    this.#router = new RestRouter(this.venue, [...MARKET_ROUTES, ...ACCOUNT_ROUTES, ...TRADE_ROUTES]);
    const rest = { get: this.#get, postText: this.#postText } as unknown as RestClient;
    this.recovery = new Recovery(
      new AccountRest(rest),
      instruments,
      TAG,
      this.loop.commands.ledger.baseFees,
      (ms) => new Promise((resolve) => this.at(ms, resolve)),
    );
    this.onRequest = (request, instrument) => {
      if (request === LoopRequest.recovery) void this.#recover();
      else throw new Error(`expected snapshots from the feed, was asked for one of ${instrument}`);
    };
    this.timer();
    this.loop.onWorkerReady([0, 1, 2], this.nowNs);
    for (const connection of [0, 1, 2] as const) this.connect(connection);
  }

  // -------------------------------------------------------------------------------------------- connections

  connect(connection: Connection): void {
    let isUp = false;
    const events: string[] = [];
    const session = this.venue.open(`/ws/v5/${PATHS[connection]!}`, {
      send: (text) => {
        if (text === 'pong') return 0;
        const bytes = Buffer.from(text);
        if (frameKind(bytes, 0, bytes.length) === FrameKind.event && !text.includes('"event":"error"'))
          return 0;
        if (isUp && this.#sessions[connection] === session) this.#deliver(connection, text);
        else events.push(text);
        return 0;
      },
      close: () => this.#lost(connection, session),
    })!;
    this.#sessions[connection] = session;
    // The public one, too: the fast channels are for accounts of a high fee tier.
    session.receive(JSON.stringify(this.#login()));
    session.receive(JSON.stringify({ op: 'subscribe', args: argsOf(connection) }));
    isUp = true;
    this.takes[connection] = true;
    this.#toLoop[connection]!.push(this.nowNs, () => {
      this.loop.onSessionUp(connection, this.nowNs);
    });
    for (const text of events) this.#deliver(connection, text);
  }

  /** The network fails: what is on its way is lost in both directions. */
  disconnect(connection: Connection): void {
    const session = this.#sessions[connection];
    session?.closed();
    this.#lost(connection, session);
  }

  /** The connection stands, and nothing moves on it, in one direction or the other. */
  stall(connection: Connection, isOutward: boolean, durationMs: number): void {
    (isOutward ? this.#toVenue : this.#toLoop)[connection]!.stall(this.nowNs + durationMs * NS_PER_MS);
  }

  isConnected(connection: Connection): boolean {
    return this.#sessions[connection] !== undefined;
  }

  #lost(connection: Connection, session: Session | undefined): void {
    if (session === undefined || this.#sessions[connection] !== session) return;
    this.#sessions[connection] = undefined;
    this.#toVenue[connection]!.clear();
    this.#toLoop[connection]!.clear();
    this.takes[connection] = false;
    this.loop.onSessionDown(connection, this.nowNs);
  }

  #deliver(connection: Connection, text: string): void {
    this.#toLoop[connection]!.push(this.#after(), () => this.frame(connection, text));
  }

  override send(connection: Connection, bytes: Uint8Array, length: number): boolean {
    const session = this.#sessions[connection];
    if (session === undefined || !super.send(connection, bytes, length)) return false;
    const { text } = this.sent()[0]!;
    this.#toVenue[connection]!.push(this.#after(), () => session.receive(text));
    return true;
  }

  #after(): number {
    const [least, most] = LATENCY_MS;
    return this.nowNs + (least + this.#latency.unit() * (most - least)) * NS_PER_MS;
  }

  #login(): object {
    const timestamp = String(Math.floor(this.nowMs / 1_000));
    const sign = signLogin({ timestampSeconds: timestamp, secret: KEY.secret });
    return { op: 'login', args: [{ apiKey: KEY.apiKey, passphrase: KEY.passphrase, timestamp, sign }] };
  }

  // --------------------------------------------------------------------------------------------------- REST

  readonly #get = (path: string, query: RestQuery = {}): Promise<unknown[]> => {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) parameters.set(name, String(value));
    }
    return this.#ask('GET', path, parameters.toString(), '');
  };

  readonly #postText = (path: string, body: string): Promise<unknown[]> => this.#ask('POST', path, '', body);

  async #ask(method: 'GET' | 'POST', path: string, query: string, body: string): Promise<unknown[]> {
    await new Promise<void>((resolve) => this.at(3, resolve));
    const timestamp = new Date(this.nowMs).toISOString();
    const requestPath = query === '' ? path : `${path}?${query}`;
    const { body: text } = this.#router.answer({
      method,
      path,
      query,
      headers: {
        'ok-access-key': KEY.apiKey,
        'ok-access-passphrase': KEY.passphrase,
        'ok-access-timestamp': timestamp,
        'ok-access-sign': signRest({ timestamp, method, requestPath, body, secret: KEY.secret }),
      },
      body,
      remoteAddress: '127.0.0.1',
    });
    await new Promise<void>((resolve) => this.at(3, resolve));
    const { code, data } = JSON.parse(text) as { code: string; data: unknown[] };
    if (!['0', '1', '2'].includes(code)) throw new Error(`expected an answer of ${path}, was ${text}`);
    return data;
  }

  /** As the host does. */
  async #recover(): Promise<void> {
    const ticket = ++this.#ticket;
    this.#asking++;
    const positions = await this.recovery.run(this.loop.openOrders > 0);
    this.#asking--;
    if (ticket === this.#ticket && !this.#isStopping) this.loop.onRecovered(positions, this.nowNs);
  }

  // --------------------------------------------------------------------------------------------------- time

  at(delayMs: number, run: () => void): void {
    this.#timers.push({ atNs: this.nowNs + delayMs * NS_PER_MS, run });
    this.#timers.sort((a, b) => a.atNs - b.atNs);
  }

  /** Runs for so long; `check` after every step of the world, with the time passed. */
  async run(durationMs: number, check: (passedMs: number) => void = () => {}): Promise<void> {
    for (let passedMs = 0; passedMs < durationMs; passedMs += STEP_MS) {
      this.clock.advanceNs(STEP_MS * NS_PER_MS);
      this.venue.advance();
      for (const pipe of this.#toVenue) pipe.runDue(this.nowNs);
      for (const pipe of this.#toLoop) pipe.runDue(this.nowNs);
      while (this.#timers.length > 0 && this.#timers[0]!.atNs <= this.nowNs) this.#timers.shift()!.run();
      const elapsedMs = Math.round(this.nowMs - EPOCH_MS);
      if (elapsedMs % 20 === 0) this.timer();
      if (elapsedMs % PING_MS === 0) for (const session of this.#sessions) session?.receive('ping');
      this.quote();
      if (this.#asking > 0) await new Promise((resolve) => setImmediate(resolve));
      check(passedMs);
    }
  }

  /** Nothing is on its way between loop and venue but market data, and every answer has been given. */
  get isQuiet(): boolean {
    const pipes = [this.#toVenue[1]!, this.#toVenue[2]!, this.#toLoop[1]!, this.#toLoop[2]!];
    return (
      pipes.every(({ isEmpty }) => isEmpty) && this.loop.commands.requestsInFlight === 0 && this.#asking === 0
    );
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.loop.stop(this.nowNs);
    await this.run(1_000);
  }

  // -------------------------------------------------------------------------------------------- the venue's truth

  resting(): Record<string, string>[] {
    return this.venue.exchange.pendingOrders(UID, {}) as Record<string, string>[];
  }

  /** The venue's position in lots: of spot, what was traded, from the balance less the fees that the ledger knows. */
  positionLots(index: number): number {
    const instrument = this.loop.instruments[index]!;
    if (instrument.type === InstrumentType.spot) {
      const balances = this.venue.exchange.balances(UID, 'BTC') as { details: { cashBal: string }[] };
      const fees = this.loop.commands.ledger.baseFees[index]!;
      return (Number(balances.details[0]!.cashBal) - Number(BALANCES.BTC) - fees) / instrument.lot.value;
    }
    const [row] = this.venue.exchange.positions(UID, { instId: instrument.instId }) as { pos: string }[];
    return row === undefined ? 0 : Number(row.pos) / instrument.lot.value;
  }
}

function argsOf(connection: Connection): Record<string, string>[] {
  if (connection === Connection.private) return [{ channel: 'orders', instType: 'ANY' }];
  if (connection === Connection.trade) return [{ channel: 'account' }];
  return INST_IDS.flatMap((instId) => [
    { channel: 'books-l2-tbt', instId },
    { channel: 'price-limit', instId },
  ]);
}

function ladderOf(index: number, minLots: number): LadderParameters {
  return {
    levels: 3,
    halfSpreadBps: 0.5,
    halfSpreadTicksMin: 1,
    levelStepBps: 0.7,
    lots: LOTS[index]!.order,
    lotsStep: LOTS[index]!.order / 2,
    skewBpsAtMax: 1,
    positionLotsMax: LOTS[index]!.position,
    edgeMinRatio: 0.4,
    minLots,
  };
}

function limitsOf(index: number): RiskLimits {
  return {
    positionLotsMax: LOTS[index]!.position,
    orderLotsMax: LOTS[index]!.order * 3,
    orderNotionalMax: 1e7,
    openOrdersMax: OPEN_ORDERS_MAX,
    collarBps: 100,
    notionalRate: 1,
  };
}
