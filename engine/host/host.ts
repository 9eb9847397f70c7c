/**
 * The process around the loop: brings up venue, account, loop, workers, sessions and exporter in this order, feeds the
 * loop, answers its requests, and takes everything down again when no order is left.
 *
 * Owner:      the engine thread.
 * Invariants: the loop is called from this thread only, one input at a time; it is told the time, it never asks.
 * Cost:       beside the loop: a timer of 20 ms, and the status board four times a second.
 */
import type { Clock } from '../base/clock.ts';
import { ContractKind } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import { WaitStrategy } from '../handoff/doorbell.ts';
import { Handoff, createHandoff } from '../handoff/handoff-memory.ts';
import { Loop } from '../loop.ts';
import { Connection, LoopRequest } from '../loop-options.ts';
import type { LoopOutput } from '../loop-options.ts';
import { BookState } from '../book/book.ts';
import { namesOf } from '../metrics/catalog.ts';
import { MetricsWriter, createMetricsMemory } from '../metrics/cells.ts';
import type { MetricsMemory } from '../metrics/cells.ts';
import { DEPTH_CHANNEL_NAMES } from '../okx/depth-frame.ts';
import type { DepthChannel } from '../okx/depth-frame.ts';
import { RejectDecision } from '../okx/reject-codes.ts';
import { Channel } from '../okx/shapes.ts';
import type { ChannelArg } from '../okx/shapes.ts';
import { OrderState } from '../orders/order-state.ts';
import { GateReason } from '../risk/gate.ts';
import { KillReason } from '../risk/kill-switch.ts';
import { AccountRest } from '../venue/account-rest.ts';
import { ConnectLimiter } from '../venue/connect-limiter.ts';
import type { Credentials } from '../venue/credentials.ts';
import { RestClient } from '../venue/rest-client.ts';
import { RestError } from '../venue/rest-error.ts';
import { Session } from '../venue/session.ts';
import type { SessionHandler } from '../venue/session.ts';
import type { SessionError } from '../venue/session-error.ts';
import { startExporter } from '../../monitoring/exporter.ts';
import type { Exporter } from '../../monitoring/exporter.ts';
import type { TerminalOptions } from '../../monitoring/terminal.ts';
import { QuoterPool } from '../../workers/pool.ts';
import type { QuoterPoolHandler } from '../../workers/pool.ts';
import { BOARD_PERIOD_NS, Board } from './board.ts';
import { ChangeLog } from './change-log.ts';
import { EmbeddedVenue } from './embedded-venue.ts';
import { HostError } from './host-error.ts';
import type { Log } from './log.ts';
import { Recovery, SETTLE_MS } from './recovery.ts';
import { SteadyClock } from './steady-clock.ts';
import {
  answered,
  checkAccount,
  endpointsOf,
  ladderOf,
  limitsOf,
  instTypeOf,
  loadInstruments,
  startError,
} from './startup.ts';

/** Levels a side that workers see. The first strategy reads one; the others are for what comes. */
const MARKET_LEVELS = 20;
const QUOTE_LEVELS = 10;
const TIMER_MS = 20;
const REST_TIMEOUT_MS = 5_000;
const CLOCK_PERIOD_MS = 60_000;
/** The stop waits so long for the venue to confirm cancels by push before it asks by REST. */
const STOP_WAIT_MS = 3_000;
const RECOVERY_RETRY_MS_MIN = 250;
const RECOVERY_RETRY_MS_MAX = 10_000;
/** How often the stop asks the venue to cancel and confirm before it gives up; the wait doubles from the first. */
const CONFIRM_TRIES_MAX = 5;
const CONFIRM_RETRY_MS = 250;
const CONFIRM_NS_MAX = 30 * NS_PER_SECOND;
/** While the trade session is down, REST looks so often for orders that arrived late. */
const CANCEL_PERIOD_MS = 1_000;
/** A doubt so soon after a recovery is a relapse; after so many in a row the sessions are made anew: up, and deaf. */
const RELAPSE_NS = 10 * NS_PER_SECOND;
const RELAPSES_MAX = 2;
/**
 * A peer that says nothing for 3 s is asked, and one that does not answer within 2 s is given up: what rests must not stay
 * unseen for longer. OKX itself asks for a ping within 30 s only.
 */
const SESSION_TIMINGS = { pingAfterMs: 3_000, pongWithinMs: 2_000 };
const CONNECTION_NAMES = ['public', 'private', 'trade'] as const;

export interface HostOptions {
  readonly config: Config;
  /** Of the account; the embedded venue has its own. */
  readonly credentials: Credentials;
  readonly tag: string;
  readonly clock: Clock;
  /** `performance.timeOrigin` of this thread, for clocks of other threads. */
  readonly processOriginMs: number;
  readonly version: string;
  readonly nodeVersion: string;
  /** How the status is shown on standard output; without it, it is not. */
  readonly terminal?: TerminalOptions;
  readonly log: Log;
  /** Something happened after which the process must stop: cancels first, then an exit with this error. */
  readonly onFatal: (error: Error) => void;
}

/** What is left when the host has stopped. */
export interface StopReport {
  /** The venue has confirmed that no order of ours rests. */
  readonly isConfirmed: boolean;
  readonly detail: string;
}

export class Host implements LoopOutput, SessionHandler, QuoterPoolHandler {
  readonly #options: HostOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #rest: RestClient;
  readonly #account: AccountRest;
  readonly #embedded: EmbeddedVenue | undefined;
  readonly #sessions: Session[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #instruments: readonly Instrument[] = [];
  #memory!: MetricsMemory;
  #writer!: MetricsWriter;
  #loop!: Loop;
  #board!: Board;
  #changes!: ChangeLog;
  #recovery!: Recovery;
  #pool!: QuoterPool;
  #exporter: Exporter | undefined;
  #recoveryTicket = 0;
  #recoveredNs: Nanoseconds = -Infinity;
  #relapses = 0;
  /** The cancel by REST that is under way while the trade session is down; recovery waits for it. */
  #cancelling: Promise<void> = Promise.resolve();
  #cancelTicket = 0;
  #isStopping = false;
  #lastTimerNs: Nanoseconds = 0;
  #lastBoardNs: Nanoseconds = 0;

  private constructor(options: HostOptions, embedded: EmbeddedVenue | undefined) {
    const { config } = options;
    const clock = new SteadyClock(options.clock);
    this.#options = options;
    this.#clock = clock;
    this.#log = options.log;
    this.#embedded = embedded;
    this.#rest = new RestClient({
      baseUrl: endpointsOf(config, embedded?.port ?? 0).rest,
      credentials: options.credentials,
      isDemo: config.venue.kind === 'demo',
      clock,
      timeoutMs: REST_TIMEOUT_MS,
    });
    this.#account = new AccountRest(this.#rest);
  }

  /**
   * Brings everything up and returns when sessions are connecting; quoting begins when the account is recovered.
   *
   * @throws HostError, RestError, QuoterPoolError or ExporterError when something is not there or not as it must be
   */
  static async start(options: HostOptions): Promise<Host> {
    const { venue, instruments } = options.config;
    const isEmbedded = venue.kind === 'paper' && venue.rest === undefined;
    const markets = instruments.map(({ instId }) => instId);
    const embedded = isEmbedded ? await EmbeddedVenue.start(venue.seed, markets) : undefined;
    const host = new Host(options, embedded);
    try {
      await host.#open();
    } catch (error) {
      await host.#close();
      throw error;
    }
    return host;
  }

  get loop(): Loop {
    return this.#loop;
  }

  get metricsPort(): number {
    return this.#exporter?.port ?? 0;
  }

  get pool(): QuoterPool {
    return this.#pool;
  }

  async #open(): Promise<void> {
    const { config, terminal } = this.#options;
    const { rest } = endpointsOf(config, this.#embedded?.port ?? 0);
    try {
      await answered(() => this.#rest.measureClockOffset());
      this.#instruments = await answered(() => loadInstruments(this.#account, config.instruments));
      checkAccount(await answered(() => this.#account.fetchAccountConfig()), config, this.#instruments);
    } catch (error) {
      throw error instanceof RestError ? startError(error, rest) : error;
    }
    this.#build();
    // Whoever looks as soon as the exporter listens finds an engine that starts, not one that is silent.
    this.#board.post(this.#clock.nowNs());
    this.#exporter = await startExporter({
      ...this.#memory.share,
      host: config.metrics.host,
      port: config.metrics.port,
      processOriginMs: this.#options.processOriginMs,
      ...(terminal === undefined ? {} : { terminal }),
    });
    const exporter = this.#exporter;
    if (terminal?.isTerminal) this.#log.redirect((line) => exporter.log(line));
    void this.#exporter.ended.then((error) => {
      if (error !== null) this.#log.line(`exporter: ${error.message}; trading goes on without it`);
    });
    this.#every(TIMER_MS, () => this.#onTimer());
    this.#every(CLOCK_PERIOD_MS, () => {
      this.#rest
        .measureClockOffset()
        .catch((error: unknown) => this.#log.line(`clock offset: ${textOf(error)}`));
    });
    this.#loop.quoteBell
      .listen(() => this.#loop.onQuotes(this.#clock.nowNs()))
      .catch((error: unknown) => {
        this.#fail(error);
      });
    this.#openSessions();
    this.#embedded?.watch((how) =>
      this.#fail(
        new HostError(
          'VENUE_UNREACHABLE',
          `embedded paper venue: expected to run until the engine stops, was ended (${how})`,
        ),
      ),
    );
  }

  #build(): void {
    const { config, tag, processOriginMs } = this.#options;
    const clock = this.#clock;
    const instruments = this.#instruments;
    const run = Math.floor(clock.wallMs() / 1_000) % 100_000_000;
    const handoff = new Handoff(
      createHandoff({
        instrumentCount: instruments.length,
        workerCount: Math.min(config.engine.workers, instruments.length),
        marketLevels: MARKET_LEVELS,
        quoteLevels: QUOTE_LEVELS,
      }),
    );
    this.#memory = createMetricsMemory({
      instruments: instruments.map((instrument) => ({
        name: instrument.instId,
        tickSz: instrument.tick.step,
        lotSz: instrument.lot.step,
        lotValue: instrument.lotValue,
        isInverse: instrument.kind === ContractKind.inverse,
        settleCcy: instrument.settleCcy,
      })),
      connections: CONNECTION_NAMES,
      workers: handoff.workerCount,
      bookStates: namesOf(BookState),
      orderStates: namesOf(OrderState),
      gateReasons: namesOf(GateReason),
      rejectDecisions: namesOf(RejectDecision),
      haltReasons: namesOf(KillReason),
      build: {
        version: this.#options.version,
        node: this.#options.nodeVersion,
        venue: config.venue.kind,
        run: String(run),
      },
    });
    const limits = instruments.map((each) => limitsOf(each, config.instruments[each.index]!));
    this.#loop = new Loop({
      instruments,
      depthChannel: DEPTH_CHANNEL_NAMES.indexOf(config.venue.depthChannel) as DepthChannel,
      tag,
      run,
      tradeModes: config.instruments.map(({ tradeMode }) => tradeMode),
      limits,
      account: config.account,
      tolerances: config.instruments.map(({ strategy }) => strategy),
      timings: {
        quoteAgeNsMax: config.engine.quoteAgeMsMax * NS_PER_MS,
        bookSilenceNsMax: config.engine.bookSilenceMsMax * NS_PER_MS,
        ackTimeoutNs: config.engine.ackTimeoutMs * NS_PER_MS,
        orderExpiryMs: config.engine.orderExpiryMs,
      },
      handoff,
      metrics: this.#memory,
      output: this,
      stageClock: clock,
    });
    this.#writer = new MetricsWriter(this.#memory);
    this.#writer.set(this.#writer.cell('startTime'), clock.wallMs() / 1_000);
    this.#writer.set(this.#writer.cell('buildInfo', 0, 0, 0, 0), 1);
    this.#board = new Board(this.#loop, this.#memory, limits, config.account);
    this.#changes = new ChangeLog(this.#loop, this.#log);
    this.#recovery = new Recovery(
      this.#account,
      instruments,
      tag,
      this.#loop.commands.ledger.baseFees,
      (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    );
    this.#pool = new QuoterPool(
      {
        handoff,
        parameters: instruments.map((each) => ladderOf(each, config.instruments[each.index]!)),
        wait: WaitStrategy[config.engine.wait],
        metrics: this.#memory.share,
        processOriginMs,
      },
      this,
    );
  }

  #openSessions(): void {
    const { config, credentials } = this.#options;
    const clock = this.#clock;
    const endpoints = endpointsOf(config, this.#embedded?.port ?? 0);
    const limiter = new ConnectLimiter();
    const { depthChannel } = config.venue;
    const depth: ChannelArg[] = this.#instruments.map(({ instId }) => ({ channel: depthChannel, instId }));
    const priceLimits: ChannelArg[] = this.#instruments.map(({ instId }) => ({
      channel: Channel.priceLimit,
      instId,
    }));
    const types = [...new Set(config.instruments.map(({ instId }) => instTypeOf(instId)))];
    const states: ChannelArg[] = types.map((instType) => ({ channel: Channel.instruments, instType }));
    const open = (
      connection: Connection,
      url: string,
      isLogin: boolean,
      subscriptions: ChannelArg[],
    ): void => {
      const session = new Session(
        {
          connection,
          name: CONNECTION_NAMES[connection],
          url,
          ...(isLogin ? { login: credentials } : {}),
          subscriptions,
          clock,
          clockOffsetMs: () => this.#rest.offsetMs,
          limiter,
          seed: Math.floor(clock.wallMs()) + connection,
          timings: SESSION_TIMINGS,
        },
        this,
      );
      this.#sessions[connection] = session;
      session.start();
    };
    open(Connection.public, endpoints.publicWs, depthChannel !== 'books', [
      ...depth,
      ...priceLimits,
      ...states,
    ]);
    open(Connection.private, endpoints.privateWs, true, [{ channel: Channel.orders, instType: 'ANY' }]);
    // The venue closes a connection on which nothing is subscribed after 30 s.
    open(Connection.trade, endpoints.privateWs, true, [
      { channel: Channel.account, extraParams: '{"updateInterval":"0"}' },
    ]);
  }

  // ------------------------------------------------------------------------------------------------- sessions

  /** @hot */
  onFrame(connection: number, bytes: Uint8Array, start: number, end: number, recvNs: Nanoseconds): void {
    if (connection === Connection.public) this.#loop.onPublicFrame(bytes, start, end, recvNs);
    else if (connection === Connection.private) this.#loop.onPrivateFrame(bytes, start, end, recvNs);
    else this.#loop.onTradeFrame(bytes, start, end, recvNs);
  }

  onUp(connection: number): void {
    this.#log.line(`${CONNECTION_NAMES[connection]}: up`);
    this.#writer.set(this.#writer.cell('sessionUp', connection), 1);
    // A recovery that a new connection brings is no relapse.
    if (connection !== Connection.public) this.#recoveredNs = -Infinity;
    this.#loop.onSessionUp(connection as Connection, this.#clock.nowNs());
  }

  onDown(connection: number, reason: string): void {
    this.#log.line(`${CONNECTION_NAMES[connection]}: down: ${reason}`);
    this.#writer.set(this.#writer.cell('sessionUp', connection), 0);
    this.#writer.increment(this.#writer.cell('sessionReconnects', connection));
    this.#loop.onSessionDown(connection as Connection, this.#clock.nowNs());
    if (connection === Connection.trade && !this.#isStopping) void this.#cancelByRest();
  }

  /** Snapshots and repeated updates follow by themselves, and the loop takes both as they come. */
  onSwitched(connection: number): void {
    this.#log.line(`${CONNECTION_NAMES[connection]}: switched to a new connection`);
  }

  /** Depth and orders the engine cannot do without; everything else only adds to what it knows. */
  onRefused(connection: number, args: readonly ChannelArg[], error: SessionError): void {
    const names = args.map(({ channel, instId }) => `${channel} ${instId ?? ''}`.trim()).join(', ');
    const { depthChannel } = this.#options.config.venue;
    const isNeeded = args.some(({ channel }) => channel === depthChannel || channel === Channel.orders);
    if (isNeeded) this.onFailed(connection, error);
    else this.#log.line(`${CONNECTION_NAMES[connection]}: goes on without ${names}: ${error.message}`);
  }

  onFailed(connection: number, error: SessionError): void {
    this.#fail(
      new HostError('ACCOUNT_REFUSED', `${CONNECTION_NAMES[connection]} session: ${error.message}`, {
        cause: error,
      }),
    );
  }

  // -------------------------------------------------------------------------------------------------- workers

  onWorkerLost(worker: number, instruments: readonly number[], reason: string): void {
    this.#log.line(`quote worker ${worker}: lost: ${reason}; its quotes are withdrawn`);
    this.#writer.increment(this.#writer.cell('workerRestarts', worker));
    this.#loop.onWorkerLost(instruments, this.#clock.nowNs());
  }

  onWorkerReady(worker: number, instruments: readonly number[]): void {
    this.#log.line(`quote worker ${worker}: ready`);
    this.#loop.onWorkerReady(instruments, this.#clock.nowNs());
  }

  // --------------------------------------------------------------------------------------------- loop outputs

  /** @hot */
  send(connection: Connection, bytes: Uint8Array, length: number): boolean {
    return this.#sessions[connection]!.send(bytes, length);
  }

  request(request: LoopRequest, instrument: number): void {
    const answer = request === LoopRequest.recovery ? this.#recover() : this.#fetchBook(instrument);
    // REST's errors are dealt with there: what comes here is an invariant of the loop that does not hold.
    answer.catch((error: unknown) => this.#fail(error));
  }

  /** Answers the loop's request for a recovery, trying until it succeeds or a newer request takes its place. */
  async #recover(): Promise<void> {
    const ticket = ++this.#recoveryTicket;
    const mayBeInFlight = this.#loop.openOrders > 0;
    this.#noteRelapse();
    for (let waitMs = RECOVERY_RETRY_MS_MIN; ticket === this.#recoveryTicket && !this.#isStopping;) {
      let positions;
      try {
        await this.#cancelling;
        positions = await this.#recovery.run(mayBeInFlight);
      } catch (error) {
        this.#log.line(`recovery: ${textOf(error)}; again in ${waitMs} ms`);
        await pass(waitMs);
        waitMs = Math.min(waitMs * 2, RECOVERY_RETRY_MS_MAX);
        continue;
      }
      if (ticket !== this.#recoveryTicket || this.#isStopping) return;
      this.#recoveredNs = this.#clock.nowNs();
      this.#loop.onRecovered(positions, this.#recoveredNs);
      this.#log.line('recovered: nothing of ours rests, positions taken from the venue');
      return;
    }
  }

  /** Doubts that come back at once: the sessions say that they are up, and bring no answers or no pushes. */
  #noteRelapse(): void {
    const isRelapse = this.#clock.nowNs() - this.#recoveredNs < RELAPSE_NS;
    this.#relapses = isRelapse ? this.#relapses + 1 : 0;
    if (this.#relapses < RELAPSES_MAX) return;
    this.#relapses = 0;
    this.#log.line('recovery: needed again and again; private and trade move to new connections');
    for (const connection of [Connection.private, Connection.trade]) {
      // Not from inside the loop's own input, which has to end first.
      setImmediate(() => this.#sessions[connection]!.reconnect('answers or pushes stayed away'));
    }
  }

  /**
   * Orders rest at a venue that no longer hears us by WebSocket. REST takes them out long before a new session can, and
   * looks again, for what was on its way, until the session is back and recovery does the same.
   */
  async #cancelByRest(): Promise<void> {
    const ticket = ++this.#cancelTicket;
    const trade = this.#sessions[Connection.trade]!;
    let waitMs = CANCEL_PERIOD_MS;
    while (ticket === this.#cancelTicket && !trade.isUp && !this.#isStopping) {
      this.#cancelling = this.#recovery.cancelOnce().then(
        (count) => {
          if (count > 0) this.#log.line(`trade: down; ${count} orders cancelled by REST`);
          waitMs = CANCEL_PERIOD_MS;
        },
        (error: unknown) => {
          this.#log.line(`trade: down; cancel by REST: ${textOf(error)}`);
          waitMs = Math.min(waitMs * 2, RECOVERY_RETRY_MS_MAX);
        },
      );
      await this.#cancelling;
      await pass(waitMs);
    }
  }

  async #fetchBook(instrument: number): Promise<void> {
    let text;
    try {
      text = await this.#account.fetchBook(this.#instruments[instrument]!.instId);
    } catch (error) {
      // The loop asks again by its timer.
      this.#log.line(`book of ${this.#instruments[instrument]!.instId}: ${textOf(error)}`);
      return;
    }
    this.#loop.onBookSnapshot(instrument, text, this.#clock.nowNs());
  }

  // ---------------------------------------------------------------------------------------------------- timer

  #every(periodMs: number, run: () => void): void {
    this.#timers.push(setInterval(run, periodMs));
  }

  #onTimer(): void {
    const nowNs = this.#clock.nowNs();
    if (this.#lastTimerNs > 0) {
      const lateNs = nowNs - this.#lastTimerNs - TIMER_MS * NS_PER_MS;
      this.#writer.histogram('eventLoopLag').record(Math.max(0, lateNs));
    }
    this.#lastTimerNs = nowNs;
    this.#pool.check(nowNs);
    this.#loop.onTimer(nowNs, this.#clock.wallMs() + this.#rest.offsetMs);
    if (nowNs - this.#lastBoardNs < BOARD_PERIOD_NS) return;
    this.#lastBoardNs = nowNs;
    this.#board.post(nowNs);
    this.#changes.look();
    this.#writer.set(this.#writer.cell('clockOffset'), this.#rest.offsetMs / 1_000);
    for (let worker = 0; worker < this.#pool.workerCount; worker++) {
      this.#writer.set(
        this.#writer.cell('workerHeartbeat', worker),
        nowNs - this.#pool.heartbeatAgeNs(worker),
      );
    }
  }

  // ----------------------------------------------------------------------------------------------------- stop

  #fail(error: unknown): void {
    if (this.#isStopping) return;
    this.#options.onFatal(error instanceof Error ? error : new Error(String(error)));
  }

  /**
   * Withdraws everything, sees that the venue has nothing of ours left, and takes everything down.
   *
   * @throws what the loop threw when it was told, once that is done: it may be the very thing that ends the run
   */
  async stop(): Promise<StopReport> {
    this.#isStopping = true;
    let failure: unknown;
    try {
      this.#loop.stop(this.#clock.nowNs());
      await this.#untilNoOrders();
    } catch (error) {
      failure = error;
      this.#log.line(`stop: ${textOf(error)}; cancelling by REST`);
    }
    const report = await this.#confirm(failure !== undefined);
    if (failure !== undefined) this.#log.line(report.detail);
    else this.#board.post(this.#clock.nowNs());
    await this.#close();
    if (failure !== undefined) throw failure;
    return report;
  }

  /** Without the trade session no cancel has left, and none will be confirmed: REST does both. */
  async #untilNoOrders(): Promise<void> {
    const endNs = this.#clock.nowNs() + STOP_WAIT_MS * NS_PER_MS;
    const trade = this.#sessions[Connection.trade]!;
    while (trade.isUp && this.#loop.openOrders > 0 && this.#clock.nowNs() < endNs) {
      await pass(TIMER_MS);
    }
  }

  /**
   * The venue's own list of open orders decides, not our table. A place without an answer may arrive until its expTime;
   * an exit before that would leave it alone.
   */
  async #confirm(isTableBroken: boolean): Promise<StopReport> {
    const inFlightMs = Math.max(SETTLE_MS, this.#options.config.engine.orderExpiryMs);
    const endNs = this.#clock.nowNs() + CONFIRM_NS_MAX;
    for (let tries = 1; ; tries++) {
      try {
        const mayBeInFlight = isTableBroken || this.#loop.openOrders > 0;
        const left = await this.#recovery.cancelOurs(mayBeInFlight ? inFlightMs : 0);
        const detail =
          left === 0
            ? 'all orders cancelled and confirmed'
            : `${left} orders cancelled by REST and confirmed`;
        return { isConfirmed: true, detail };
      } catch (error) {
        const text = textOf(error);
        if (tries === CONFIRM_TRIES_MAX || this.#clock.nowNs() > endNs) {
          return {
            isConfirmed: false,
            detail: `orders may be left at the venue: ${text}; check them there`,
          };
        }
        const waitMs = CONFIRM_RETRY_MS * 2 ** (tries - 1);
        this.#log.line(`stop: ${text}; again in ${waitMs} ms`);
        await pass(waitMs);
      }
    }
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#loop?.quoteBell.stop();
    await Promise.all(this.#sessions.map((session) => session.close()));
    await this.#pool?.close();
    this.#log.redirect(undefined);
    await this.#exporter?.close();
    await this.#rest.close();
    await this.#embedded?.stop();
  }
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
