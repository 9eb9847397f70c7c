/**
 * The process around the engine: takes the state directory, brings up the embedded venue if there is one, then an engine,
 * and takes everything down again when no order is left. An engine whose instruments changed under it is replaced in
 * place: venue, state directory and control socket stay. A changed configuration file is given to the one that runs.
 *
 *     control socket (the lock) ─▶ embedded venue ─▶ engine ─▶ ... ─▶ engine ─▶ down in the opposite order
 *
 * Owner:      the engine thread.
 * Invariants: at most one engine at a time, and none without the lock on its state.
 */
import { resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { ExitTerms } from '../base/exit-terms.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import { ControlServer } from '../control/control-server.ts';
import type { ControlHandler } from '../control/control-server.ts';
import type { Loop } from '../loop.ts';
import type { CommandResult, OperatorCommand } from '../loop/loop-options.ts';
import { AccountRest } from '../venue/account-rest.ts';
import type { Credentials } from '../venue/credentials.ts';
import { RestClient } from '../venue/rest-client.ts';
import type { TokenKeeper } from '../venue/token-keeper.ts';
import type { TerminalOptions } from '../../monitoring/terminal.ts';
import type { QuoterPool } from '../../workers/pool.ts';
import { openTokens } from './account-tokens.ts';
import { ConfigurationFile } from './configuration-file.ts';
import type { ReadConfiguration } from './configuration-thread.ts';
import { EmbeddedVenue } from './embedded-venue.ts';
import { EngineJournal } from './engine-journal.ts';
import type { StopReport } from './engine-stop.ts';
import type { Engine } from './engine.ts';
import { HostError } from './host-error.ts';
import type { Log } from './log.ts';
import { RunningEngine } from './running-engine.ts';
import type { TokenAccess } from './session-set.ts';
import { endpointsOf } from './startup.ts';
import { FileStateStore } from './state-file.ts';
import { SteadyClock } from './steady-clock.ts';
import { textOf } from './text-of.ts';
import { tokenStatusOf } from './token-figures.ts';

const REST_TIMEOUT_MS = 5_000;
/** Of order operations by REST, each on its own: as many instruments are served at once. */
const TRADE_CONNECTIONS_MAX = 8;
/** A reload that the venue does not answer is tried again, with a wait that doubles from the first to the second. */
const RELOAD_RETRY_MS_MIN = 250;
const RELOAD_RETRY_MS_MAX = 5_000;

export interface HostOptions {
  readonly config: Config;
  /** Where it was read from: looked after, and read anew when it changes. Not given, it never does. */
  readonly configFile?: string;
  /** Of several accounts in that file, the one that is run. */
  readonly account?: string;
  /** Of the account; the embedded venue has its own, and one that is let in by token (`broker.mode: oauth`) has none. */
  readonly credentials: Credentials | undefined;
  /** The broker's own, where it has one: for reports and eligibility. */
  readonly brokerCredentials?: Credentials | undefined;
  readonly tag: string;
  /** Where state and control socket are. One engine at a time has it. */
  readonly stateDirectory: string;
  readonly clock: Clock;
  /** `performance.timeOrigin` of this thread, for clocks of other threads. */
  readonly processOriginMs: Milliseconds;
  readonly version: string;
  readonly nodeVersion: string;
  /** How the status is shown on standard output; without it, it is not. */
  readonly terminal?: TerminalOptions;
  readonly log: Log;
  /** Something happened after which the process must stop: cancels first, then an exit with this error. */
  readonly onFatal: (error: Error) => void;
}

export class Host implements ControlHandler {
  readonly #options: HostOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #isEmbedded: boolean;
  /** Of the engine that runs, and of the next one. */
  #config: Config;
  #file: ConfigurationFile | undefined;
  /** The file has changed while there was no engine to take it up. */
  #hasFileNews = false;
  #control: ControlServer | undefined;
  #embedded: EmbeddedVenue | undefined;
  #rest: RestClient | undefined;
  /** Of an account that is let in by token. */
  #tokens: TokenKeeper | undefined;
  #brokerRest: RestClient | undefined;
  /** None while it starts, between two engines, and in the end. */
  #running: RunningEngine | undefined;
  /** The one that is being stopped. */
  #ending: RunningEngine | undefined;
  /** Of the engine that runs, or ran last. */
  #last: RunningEngine | undefined;
  #lastReport: StopReport = { isConfirmed: true, detail: 'nothing was quoted' };
  #reloading: Promise<void> = Promise.resolve();
  #isStopping = false;

  private constructor(options: HostOptions) {
    const { kind, rest } = options.config.venue;
    this.#options = options;
    this.#config = options.config;
    this.#clock = new SteadyClock(options.clock);
    this.#log = options.log;
    this.#isEmbedded = kind === 'paper' && rest === undefined;
  }

  /**
   * Brings everything up and returns when sessions are connecting; quoting begins when the account is recovered.
   *
   * @throws ControlError, HostError, StateError, RestError, QuoterPoolError or ExporterError when something is not there
   * or not as it must be
   */
  static async start(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    try {
      await host.#open();
    } catch (error) {
      await host.#close();
      throw error;
    }
    return host;
  }

  /** The engine that runs, or ran last. */
  get engine(): Engine {
    return this.#last!.engine;
  }

  get loop(): Loop {
    return this.engine.loop;
  }

  get pool(): QuoterPool {
    return this.#last!.pool;
  }

  get metricsPort(): number {
    return this.#last!.metricsPort;
  }

  async #open(): Promise<void> {
    const { config, configFile, account, stateDirectory } = this.#options;
    const { venue, instruments } = config;
    this.#control = await ControlServer.open(stateDirectory, this);
    if (configFile !== undefined) {
      const handler = {
        onChanged: (read: ReadConfiguration): void => this.#onFileChanged(read),
        onLost: (text: string): void => this.#log.line(text),
      };
      this.#file = new ConfigurationFile(configFile, handler, account);
    }
    if (this.#isEmbedded) {
      const markets = instruments.map(({ instId }) => instId);
      this.#embedded = await EmbeddedVenue.start(venue.seed, markets);
    }
    if (config.broker.mode === 'oauth') {
      this.#tokens = await openTokens(config, stateDirectory, this.#clock, (line) => this.#log.line(line));
    }
    this.#rest = this.#accountRest();
    this.#brokerRest = this.#openBrokerRest();
    await this.#startEngine(this.#rest, config.metrics.port);
    this.#embedded?.watch((how) =>
      this.#fail(
        new HostError(
          'VENUE_UNREACHABLE',
          `embedded paper venue: expected to run until the engine stops, was ended (${how})`,
        ),
      ),
    );
  }

  /** Asked a few times a day, by the broker's own key. */
  #openBrokerRest(): RestClient | undefined {
    const { config, brokerCredentials: credentials } = this.#options;
    if (credentials === undefined) return undefined;
    return new RestClient({
      baseUrl: endpointsOf(config, this.#embedded?.port ?? 0).rest,
      credentials,
      isDemo: config.venue.kind === 'demo',
      clock: this.#clock,
      timeoutMs: REST_TIMEOUT_MS,
      connectionsMax: 1,
    });
  }

  /** A client of the account, with connections of its own. */
  #accountRest(connectionsMax?: number): RestClient {
    const { credentials, tag } = this.#options;
    const tokens = this.#tokens;
    return new RestClient({
      baseUrl: endpointsOf(this.#config, this.#embedded?.port ?? 0).rest,
      ...(tokens === undefined ? {} : { auth: tokens }),
      ...(credentials === undefined ? {} : { credentials }),
      ...(connectionsMax === undefined ? {} : { connectionsMax }),
      tag,
      isDemo: this.#config.venue.kind === 'demo',
      clock: this.#clock,
      timeoutMs: REST_TIMEOUT_MS,
    });
  }

  async #startEngine(rest: RestClient, metricsPort: number): Promise<void> {
    const { credentials, tag, stateDirectory, processOriginMs, terminal } = this.#options;
    const config = this.#config;
    const isFirst = this.#last === undefined;
    this.#last = await RunningEngine.start({
      config,
      credentials,
      access: this.#access(),
      tag,
      endpoints: endpointsOf(config, this.#embedded?.port ?? 0),
      // The embedded venue made it for this process; an engine after the first goes on with what that one wrote.
      isFreshAccount: this.#isEmbedded && isFirst,
      rest,
      brokerRest: this.#brokerRest,
      account: new AccountRest(rest),
      stateDirectory,
      state: new FileStateStore(stateDirectory, this.#clock),
      journal: new EngineJournal({
        config: config.journal,
        directory: resolve(stateDirectory, config.journal.directory),
        processOriginMs,
        isNeeded: isFirst,
        log: (line) => this.#log.line(line),
      }),
      clock: this.#clock,
      processOriginMs,
      build: { version: this.#options.version, node: this.#options.nodeVersion },
      metricsPort,
      ...(terminal === undefined ? {} : { terminal }),
      log: this.#log,
      onReload: (reason) => this.#reload(reason),
      onFail: (error) => this.#fail(error),
    });
    this.#running = this.#last;
    if (this.#hasFileNews) void this.#follow();
  }

  #access(): TokenAccess | undefined {
    if (this.#tokens === undefined) return undefined;
    return { tokens: this.#tokens, tradeRest: this.#accountRest(TRADE_CONNECTIONS_MAX) };
  }

  // ------------------------------------------------------------------------------------------------- operator

  command(command: OperatorCommand): Promise<CommandResult> | undefined {
    return this.#isStopping ? undefined : this.#running?.engine.command(command);
  }

  exit(terms: ExitTerms): Promise<CommandResult> | undefined {
    return this.#isStopping ? undefined : this.#running?.engine.exit(terms);
  }

  status(): Record<string, unknown> {
    const status = this.#running?.engine.status() ?? { phase: this.#isStopping ? 'stopped' : 'starting' };
    const tokens = this.#tokens;
    const oauth = tokens === undefined ? {} : { oauth: tokenStatusOf(tokens, this.#clock) };
    return { ...status, ...oauth, pid: process.pid };
  }

  explain(instId: string): object | string | undefined {
    const engine = this.#isStopping ? undefined : this.#running?.engine;
    if (engine === undefined) return undefined;
    const names = engine.instruments.map((each) => each.instId).join(', ');
    return engine.explain(instId) ?? `expected one of ${names}, was "${instId}"`;
  }

  // -------------------------------------------------------------------------------------------- configuration

  configure(isDryRun: boolean): Promise<CommandResult> | undefined {
    if (this.#isStopping || this.#running === undefined) return undefined;
    if (this.#file !== undefined) return this.#readAndConfigure(this.#file, isDryRun);
    return Promise.resolve({
      isDone: false,
      text: 'expected an engine that was started with a configuration file, was one without; restart it with --config',
    });
  }

  async #readAndConfigure(file: ConfigurationFile, isDryRun: boolean): Promise<CommandResult> {
    return this.#take(await file.read(), isDryRun);
  }

  #take(read: ReadConfiguration, isDryRun: boolean): CommandResult {
    const running = this.#running;
    if (this.#isStopping || running === undefined) {
      return { isDone: false, text: 'the engine is just starting or stopping; again in a moment' };
    }
    const { engine } = running;
    if ('problem' in read) return engine.refuseConfiguration(read.problem, isDryRun);
    const result = engine.configure(read.config, isDryRun);
    // What an engine after this one is to be started with.
    this.#config = engine.config;
    return result;
  }

  /** What came of it is in the log, and in the engine's figures. */
  #onFileChanged(read: ReadConfiguration): void {
    this.#hasFileNews = this.#running === undefined;
    if (this.#hasFileNews) return;
    if (!this.#config.engine.followsFile) {
      this.#log.line('configuration: the file is another one; it is taken up by: npm run -s ctl -- reload');
      return;
    }
    try {
      this.#take(read, false);
    } catch {
      // The loop threw: the engine has said so, and is being stopped for it.
    }
  }

  /** The engine was replaced meanwhile. */
  async #follow(): Promise<void> {
    this.#hasFileNews = false;
    if (this.#file !== undefined) this.#onFileChanged(await this.#file.read());
  }

  // --------------------------------------------------------------------------------------------------- reload

  #reload(reason: string): void {
    const running = this.#running;
    if (this.#isStopping || running === undefined) return;
    this.#running = undefined;
    this.#log.line(`reload: ${reason}`);
    this.#reloading = this.#replace(running).catch((error: unknown) => {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    });
  }

  async #replace(running: RunningEngine): Promise<void> {
    // What could not be confirmed is found by the recovery of the next engine.
    this.#lastReport = await running.stop();
    this.#log.line(`reload: ${this.#lastReport.detail}`);
    for (let waitMs = RELOAD_RETRY_MS_MIN; !this.#isStopping;) {
      try {
        return await this.#startEngine(this.#rest!, running.metricsPort);
      } catch (error) {
        // A venue in maintenance comes back; everything else needs a person.
        if (!(error instanceof HostError && error.code === 'VENUE_UNREACHABLE')) throw error;
        this.#log.line(`reload: ${textOf(error)}; again in ${waitMs} ms`);
        await running.waitMs(waitMs);
        waitMs = Math.min(waitMs * 2, RELOAD_RETRY_MS_MAX);
      }
    }
  }

  // ----------------------------------------------------------------------------------------------------- stop

  #fail(error: Error): void {
    if (!this.#isStopping) this.#options.onFatal(error);
  }

  /**
   * Withdraws everything, sees that the venue has nothing of ours left, and takes everything down.
   *
   * @param failure what made it stop, if something did
   * @throws what the engine threw when it was told, once everything is down: it may be the very thing that ends the run
   */
  async stop(failure?: Error): Promise<StopReport> {
    this.#isStopping = true;
    await this.#reloading;
    const running = this.#running;
    this.#running = undefined;
    this.#ending = running;
    try {
      return running === undefined ? this.#lastReport : await running.stop(failure);
    } finally {
      await this.#close();
    }
  }

  /** Something threw while it stops: the stop goes on, and is no clean one. */
  noteFailure(error: Error): void {
    this.#ending?.noteFailure(error);
  }

  /** The lock last: nobody else may come in while anything of this engine is left. */
  async #close(): Promise<void> {
    await this.#tokens?.close();
    await this.#rest?.close();
    await this.#brokerRest?.close();
    await this.#embedded?.stop();
    await this.#file?.close();
    await this.#control?.close();
  }
}
