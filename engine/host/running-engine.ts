/**
 * One engine in the real world: sockets, threads, timers and the exporter around it, from its start to its stop.
 *
 * Owner:      the engine thread.
 * Invariants: the engine is called from this thread only, one input at a time.
 * Cost:       beside the engine: a timer of 20 ms, and the status board four times a second; and what the pace of the thread
 *             takes (loop-pace.ts).
 */
import type { Clock } from '../base/clock.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { brokerDirectory } from '../broker/ledger-files.ts';
import type { Config } from '../config/schema.ts';
import { WaitStrategy } from '../handoff/doorbell.ts';
import type { JournalWriter } from '../journal/journal-writer.ts';
import { Connection } from '../loop/loop-options.ts';
import { MetricsWriter } from '../metrics/cells.ts';
import type { ChannelArg } from '../okx/shapes.ts';
import type { Endpoints } from '../okx/venue-limits.ts';
import type { AccountRest } from '../venue/account-rest.ts';
import type { Credentials } from '../venue/credentials.ts';
import type { RestClient } from '../venue/rest-client.ts';
import type { SessionHandler } from '../venue/session.ts';
import { SessionErrorCode } from '../venue/session-error.ts';
import type { SessionError } from '../venue/session-error.ts';
import type { SessionPort } from '../venue/session-port.ts';
import { startExporter } from '../../monitoring/exporter.ts';
import type { Exporter } from '../../monitoring/exporter.ts';
import type { TerminalOptions } from '../../monitoring/terminal.ts';
import { JobPool } from '../../workers/jobs.ts';
import { QuoterPool } from '../../workers/pool.ts';
import type { QuoterPoolHandler } from '../../workers/pool.ts';
import { BOARD_PERIOD_NS, Board } from './board.ts';
import { BrokerDesk } from './broker-desk.ts';
import { BusinessSocket } from './business-socket.ts';
import { CalibrationDesk } from './calibration-desk.ts';
import { ChangeLog } from './change-log.ts';
import type { EngineJournal } from './engine-journal.ts';
import { CONNECTION_NAMES } from './engine-parts.ts';
import type { EngineWorld, StateStore } from './engine-world.ts';
import { Engine, TIMER_MS } from './engine.ts';
import { EngineThread } from './engine-thread.ts';
import type { StopReport } from './engine-stop.ts';
import { FairMetrics } from './fair-metrics.ts';
import { HostError } from './host-error.ts';
import type { Log } from './log.ts';
import { SESSION_TIMINGS, openSessions } from './session-set.ts';
import type { TokenAccess } from './session-set.ts';
import { accountAdvice } from './startup.ts';
import { TokenFigures } from './token-figures.ts';
import { readThreadCores } from './thread-cores.ts';
import type { ThreadCores } from './thread-cores.ts';

export interface RunningEngineOptions {
  readonly config: Config;
  /** Of a key; none where the account is let in by token. */
  readonly credentials: Credentials | undefined;
  readonly access: TokenAccess | undefined;
  readonly tag: string;
  readonly endpoints: Endpoints;
  /** The account was made for this process. */
  readonly isFreshAccount: boolean;
  readonly rest: RestClient;
  /** By the broker's own key, where there is one. */
  readonly brokerRest?: RestClient | undefined;
  readonly account: AccountRest;
  readonly stateDirectory: string;
  readonly state: StateStore;
  readonly journal: EngineJournal;
  readonly clock: Clock;
  readonly processOriginMs: Milliseconds;
  readonly build: { readonly version: string; readonly node: string };
  /** 0 for a free one. */
  readonly metricsPort: number;
  readonly terminal?: TerminalOptions;
  readonly log: Log;
  readonly onReload: (reason: string) => void;
  readonly onFail: (error: Error) => void;
}

export class RunningEngine implements EngineWorld, SessionHandler, QuoterPoolHandler {
  readonly clock: Clock;
  readonly account: AccountRest;
  readonly venueClock: RestClient;
  readonly state: StateStore;
  readonly #options: RunningEngineOptions;
  readonly #log: Log;
  readonly #sessions: SessionPort[] = [];
  #engine!: Engine;
  #writer!: MetricsWriter;
  #board!: Board;
  #broker: BrokerDesk | undefined;
  #changes!: ChangeLog;
  #pool: QuoterPool | undefined;
  #jobs: JobPool | undefined;
  #calibration: CalibrationDesk | undefined;
  #fairMetrics: FairMetrics | undefined;
  #tokenFigures: TokenFigures | undefined;
  #exporter: Exporter | undefined;
  #business: BusinessSocket | undefined;
  #thread: EngineThread | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastBoardNs: Nanoseconds = 0;
  #isClosed = false;

  private constructor(options: RunningEngineOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.account = options.account;
    this.venueClock = options.rest;
    this.state = options.state;
    this.#log = options.log;
  }

  /**
   * Returns when sessions are connecting; quoting begins when the account is recovered.
   *
   * @throws HostError, StateError, RestError, QuoterPoolError, JobPoolError or ExporterError when something is not as it
   * must be
   */
  static async start(options: RunningEngineOptions): Promise<RunningEngine> {
    const running = new RunningEngine(options);
    try {
      await running.#open();
    } catch (error) {
      await running.#close();
      throw error;
    }
    return running;
  }

  get engine(): Engine {
    return this.#engine;
  }

  get pool(): QuoterPool {
    return this.#pool!;
  }

  get metricsPort(): number {
    return this.#exporter?.port ?? 0;
  }

  async #open(): Promise<void> {
    const { config, tag, isFreshAccount, build, processOriginMs, journal } = this.#options;
    const openJournal = (run: number): Promise<JournalWriter | undefined> => journal.open(run);
    this.#engine = await Engine.start({ config, tag, world: this, isFreshAccount, build, openJournal });
    const { loop, memory, handoff } = this.#engine;
    this.#writer = new MetricsWriter(memory);
    journal.show(memory);
    this.#openBroker();
    this.#board = new Board(this.#engine);
    this.#changes = new ChangeLog(loop, this.#log);
    const cores = readThreadCores(config.engine, handoff.workerCount);
    this.#pool = new QuoterPool(
      {
        handoff,
        wait: WaitStrategy[config.engine.wait],
        cores: cores.workers,
        metrics: memory.share,
        processOriginMs,
      },
      this,
    );
    this.#openJobs(cores);
    // Whoever looks as soon as the exporter listens finds an engine that starts, not one that is silent.
    this.#board.post(this.clock.nowNs());
    await this.#openExporter();
    this.#timer = setInterval(() => this.#onTimer(), TIMER_MS);
    this.#thread = new EngineThread({
      engine: config.engine,
      cores,
      bell: loop.quoteBell,
      onQuotes: () => this.#engine.onQuotes(),
      onFailed: (error) => this.#failBy(error),
      writer: this.#writer,
      log: (line) => this.#log.line(line),
      nowNs: this.clock.nowNs(),
      timerMs: TIMER_MS,
    });
    this.#openSessions();
  }

  #openBroker(): void {
    const { config, tag, account, rest, brokerRest, credentials, stateDirectory } = this.#options;
    const { instruments, venueTime } = this.#engine;
    this.#keepBrokerTime();
    const desk = new BrokerDesk({
      directory: brokerDirectory(stateDirectory),
      config: config.broker,
      tag,
      account,
      brokerRest: brokerRest ?? rest,
      apiKey: credentials?.apiKey,
      instruments,
      writer: this.#writer,
      clock: this.clock,
      venueMs: () => venueTime.at(this.clock.nowNs()),
      log: (line) => this.#log.line(line),
    });
    account.onFillRows = (rows) => desk.onFillRows(rows);
    this.#broker = desk;
  }

  /** The clock is measured by the account's client; requests of a broker's own key are signed by it too. */
  #keepBrokerTime(): void {
    const { rest, brokerRest } = this.#options;
    if (brokerRest !== undefined) brokerRest.offsetMs = rest.offsetMs;
  }

  #openJobs(cores: ThreadCores): void {
    const { processOriginMs } = this.#options;
    const { handoff, instruments, configuration } = this.#engine;
    const others = cores.allowed.filter((core) => cores.engine?.includes(core) !== true);
    const isPinned = cores.engine !== undefined && others.length > 0;
    const jobs = new JobPool({ handoff, processOriginMs, cores: isPinned ? others : undefined });
    this.#jobs = jobs;
    this.#fairMetrics = new FairMetrics(handoff, this.#writer);
    const tokens = this.#options.access?.tokens;
    if (tokens !== undefined) this.#tokenFigures = new TokenFigures(tokens, this.#writer);
    this.#calibration = new CalibrationDesk({
      handoff,
      instruments,
      seconds: () => configuration.config.calibration.seconds,
      calibrate: (nowNs) => jobs.calibrate(nowNs),
      writer: this.#writer,
      log: (line) => this.#log.line(line),
    });
  }

  async #openExporter(): Promise<void> {
    const { config, metricsPort, terminal, processOriginMs } = this.#options;
    const exporter = await startExporter({
      ...this.#engine.memory.share,
      host: config.metrics.host,
      port: metricsPort,
      processOriginMs,
      ...(terminal === undefined ? {} : { terminal }),
    });
    this.#exporter = exporter;
    if (terminal?.isTerminal) this.#log.redirect((line) => exporter.log(line));
    void exporter.ended.then((error) => {
      if (error !== null) this.#log.line(`exporter: ${error.message}; trading goes on without it`);
    });
  }

  #openSessions(): void {
    const { config, credentials, access, endpoints, rest, journal } = this.#options;
    const { publicChannels, privateChannels, tradeChannels, instruments } = this.#engine;
    const watched = [...publicChannels, ...journal.channelsOf(instruments)];
    const sessions = openSessions(
      {
        endpoints,
        credentials,
        access,
        instruments,
        channels: [watched, privateChannels, tradeChannels],
        isPublicLogin: config.venue.depthChannel !== 'books',
        rest,
        clock: this.clock,
        client: config.engine.socket,
      },
      this,
    );
    this.#sessions.push(...sessions);
    for (const session of sessions) session.start();
    // How a token logs in to a socket is not documented: with one, algo orders are asked for by REST.
    if (access !== undefined || credentials === undefined) return;
    this.#business = new BusinessSocket({
      url: endpoints.businessWs,
      credentials,
      algos: this.#engine.algos,
      rest,
      clock: this.clock,
      client: config.engine.socket,
      timings: SESSION_TIMINGS,
      log: (line) => this.#log.line(line),
    });
  }

  // ------------------------------------------------------------------------------------------- the engine's world

  /** @hot */
  send(connection: Connection, bytes: Uint8Array, length: number): boolean {
    return this.#sessions[connection]?.send(bytes, length) ?? false;
  }

  reconnect(connection: Connection, reason: string): void {
    this.#sessions[connection]?.reconnect(reason);
  }

  isSessionUp(connection: Connection): boolean {
    return this.#sessions[connection]?.isUp ?? false;
  }

  waitMs(ms: Milliseconds): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, ms);
    });
  }

  log(line: string): void {
    this.#log.line(line);
  }

  reload(reason: string): void {
    this.#options.onReload(reason);
  }

  fail(error: Error): void {
    this.#options.onFail(error);
  }

  #failBy(error: unknown): void {
    this.fail(error instanceof Error ? error : new Error(String(error)));
  }

  // ------------------------------------------------------------------------------------------------- sessions

  /** @hot */
  onFrame(connection: number, bytes: Uint8Array, start: number, end: number, recvNs: Float64Array): void {
    this.#engine.onFrame(connection as Connection, bytes, start, end, recvNs);
    if (connection === Connection.public) this.#thread!.expectQuotes();
  }

  onUp(connection: number): void {
    // With the last session the account is recovered, and then quoted: the last moment at which nobody waits for us.
    if (this.#sessions.every(({ isUp }) => isUp)) this.#thread!.onStarted();
    this.#engine.onSessionUp(connection as Connection);
  }

  onDown(connection: number, reason: string): void {
    this.#engine.onSessionDown(connection as Connection, reason);
  }

  onSwitched(connection: number): void {
    this.#engine.onSwitched(connection as Connection);
  }

  onRefused(connection: number, args: readonly ChannelArg[], error: SessionError): void {
    const names = args.map(({ channel, instId }) => `${channel} ${instId ?? ''}`.trim()).join(', ');
    if (args.some((each) => this.#engine.isNeeded(each))) this.onFailed(connection, error);
    else this.#log.line(`${CONNECTION_NAMES[connection]}: goes on without ${names}: ${error.message}`);
  }

  onFailed(connection: number, error: SessionError): void {
    const name = CONNECTION_NAMES[connection];
    const isLogin = error.code === SessionErrorCode.login;
    const advice = isLogin ? `; ${accountAdvice(String(error.venueCode))}` : '';
    this.fail(
      new HostError('ACCOUNT_REFUSED', `${name} session: ${error.message}${advice}`, { cause: error }),
    );
  }

  // -------------------------------------------------------------------------------------------------- workers

  onWorkerLost(worker: number, instruments: readonly number[], reason: string): void {
    this.#engine.onWorkerLost(worker, instruments, reason);
  }

  onWorkerReady(worker: number, instruments: readonly number[]): void {
    this.#engine.onWorkerReady(worker, instruments);
  }

  // ---------------------------------------------------------------------------------------------------- timer

  #onTimer(): void {
    const nowNs = this.clock.nowNs();
    this.#thread?.onTimer(nowNs);
    this.#pool!.check(nowNs);
    this.#engine.onTimer();
    this.#business?.onTimer();
    this.#calibration!.onTimer(nowNs);
    this.#fairMetrics!.onTimer(nowNs);
    this.#broker!.onTimer(nowNs).catch((error: unknown) => this.#failBy(error));
    if (nowNs - this.#lastBoardNs < BOARD_PERIOD_NS) return;
    this.#lastBoardNs = nowNs;
    this.#keepBrokerTime();
    this.#board.post(nowNs);
    this.#options.journal.post();
    this.#tokenFigures?.post();
    this.#changes.look();
    for (let worker = 0; worker < this.#pool!.workerCount; worker++) {
      const ageNs = this.#pool!.heartbeatAgeNs(worker);
      this.#writer.set(this.#writer.cell('workerHeartbeat', worker), nowNs - ageNs);
    }
  }

  // ----------------------------------------------------------------------------------------------------- stop

  /**
   * Withdraws everything, sees that the venue has nothing of ours left, and takes everything down.
   *
   * @param failure what made it stop, if something did
   * @throws what the engine threw when it was told, once everything is down
   */
  async stop(failure?: unknown): Promise<StopReport> {
    try {
      const report = await this.#engine.stop(failure);
      this.#changes.look();
      this.#board.post(this.clock.nowNs());
      return report;
    } finally {
      await this.#close();
    }
  }

  /** As the engine's. */
  noteFailure(error: Error): void {
    this.#engine.noteFailure(error);
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#thread?.close();
    await this.#broker?.close();
    await Promise.all(this.#sessions.map((session) => session.close()));
    await this.#business?.close();
    this.#calibration?.close();
    await this.#jobs?.close();
    await this.#pool?.close();
    this.#log.redirect(undefined);
    await this.#exporter?.close();
    await this.#options.journal.close(this.clock.nowNs());
  }
}
