/**
 * Everything that decides about orders and money: the loop, and around it what the loop may not do itself because it takes
 * time. Questions to the venue by REST, the venue's dead man's switch, the state on disk, start and stop.
 *
 *     world ──▶ onFrame, onSessionUp, onSessionDown, onQuotes, onTimer, command ──▶ loop
 *     world ◀── send, reconnect, account, state, reload, fail                    ◀── loop's sends and requests
 *
 * Owner:      the engine thread.
 * Invariants: the run's number is on disk before the first order; no loop input is given from within another; nothing is
 *             done for an engine that has stopped, however late an answer comes.
 * Cost:       beside the loop: nothing on the path; a snapshot of the state at most once a second.
 */
import { AssertionError } from '../base/assert.ts';
import type { Instrument } from '../base/instrument.ts';
import type { ExitTerms } from '../base/exit-terms.ts';
import type { FeeRates } from '../base/fee-rates.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import type { Handoff } from '../handoff/handoff-memory.ts';
import type { JournalWriter } from '../journal/journal-writer.ts';
import type { Loop } from '../loop.ts';
import { Connection, LoopRequest, OperatorCommand } from '../loop/loop-options.ts';
import type { CommandResult, LoopOutput } from '../loop/loop-options.ts';
import { MetricsWriter } from '../metrics/cells.ts';
import type { MetricsMemory } from '../metrics/cells.ts';
import { PosMode } from '../okx/shapes.ts';
import type { ChannelArg } from '../okx/shapes.ts';
import type { Explanation } from '../../monitoring/explanation.ts';
import type { AccountDesk } from './account-desk.ts';
import { AlgoDesk } from './algo-desk.ts';
import { buildAccountDesk } from './account-desk-parts.ts';
import { DeadMansSwitch } from './dead-mans-switch.ts';
import { withoutEnded } from './ended-instruments.ts';
import { EngineConfiguration } from './engine-configuration.ts';
import { CONNECTION_NAMES, buildParts, channelsOf, isNeededChannel } from './engine-parts.ts';
import { captureState, fingerprintOf, restoreState } from './engine-snapshot.ts';
import type { Identity, Lasting } from './engine-snapshot.ts';
import { withdrawAll } from './engine-stop.ts';
import type { StopReport } from './engine-stop.ts';
import { statusOf } from './engine-status.ts';
import { runsWith } from './engine-state.ts';
import type { EngineState } from './engine-state.ts';
import type { EngineWorld } from './engine-world.ts';
import { FeeDesk } from './fee-desk.ts';
import { RateDesk } from './rate-desk.ts';
import { Explainer } from './explainer.ts';
import { Holdings } from './holdings.ts';
import { MmpDesk } from './mmp-desk.ts';
import { nextRun, prepare, venueName } from './startup.ts';
import { proveTag } from './tag-probe.ts';
import type { TagProof } from './tag-probe.ts';
import type { Prepared } from './startup.ts';
import { StateKeeper } from './state-keeper.ts';
import { textOf } from './text-of.ts';
import { VenueTime } from './venue-time.ts';

/** The world calls `onTimer` so often. */
export const TIMER_MS = 20;
/** A disk that takes longer than this to sync is taken for one that does not. */
const SAVE_MS_MAX = 10_000;

export interface EngineOptions {
  readonly config: Config;
  readonly tag: string;
  readonly world: EngineWorld;
  /** The account was made a moment ago (embedded venue): what the state says about money is of another one. */
  readonly isFreshAccount: boolean;
  readonly build: { readonly version: string; readonly node: string };
  /** Where the inputs and outputs of the run of that number are noted; without it, nowhere. */
  readonly openJournal?: (run: number) => Promise<JournalWriter | undefined>;
}

export class Engine implements LoopOutput {
  readonly loop: Loop;
  readonly handoff: Handoff;
  readonly memory: MetricsMemory;
  readonly configuration: EngineConfiguration;
  readonly explainer: Explainer;
  readonly instruments: readonly Instrument[];
  readonly run: number;
  readonly tag: string;
  /** What the start has shown of the tag; undefined where nobody asked for it. */
  tagProof: TagProof | undefined;
  /** What the sessions subscribe. */
  readonly publicChannels: readonly ChannelArg[];
  readonly privateChannels: readonly ChannelArg[];
  readonly tradeChannels: readonly ChannelArg[];
  readonly deadMansSwitch: DeadMansSwitch;
  readonly keeper: StateKeeper;
  readonly desk: AccountDesk;
  readonly venueTime: VenueTime;
  readonly feeDesk: FeeDesk;
  readonly rateDesk: RateDesk;
  readonly mmp: MmpDesk;
  readonly algos: AlgoDesk;

  readonly #world: EngineWorld;
  readonly #lasting: Lasting;
  /** By instrument: 1 until its position has been taken from the venue for the first time. */
  readonly #isNew: Uint8Array;
  readonly #uid: string;
  /** Configured, and expired before this engine started. */
  readonly #ended: readonly string[];
  readonly #runs: readonly number[];
  readonly #writer: MetricsWriter;
  #isReloading = false;
  #isStopping = false;
  #isStopped = false;
  /** What ended the run, or was thrown while it ended. */
  #failure: unknown;

  /**
   * Loads state and instruments, checks clock and account, and returns when the new run's number is on disk. Nothing is
   * quoted before the sessions are up and the account is recovered.
   *
   * @throws HostError when something is not as it must be, with what to change; StateError from the store
   */
  static async start(options: EngineOptions): Promise<Engine> {
    const { tag, world } = options;
    const prepared = await prepare(options.config, tag, world);
    const { config } = prepared;
    const run = nextRun(prepared.state, world.clock.wallMs(), tag);
    const journal = options.openJournal === undefined ? undefined : await options.openJournal(run);
    const engine = new Engine({ ...options, config }, prepared, run, journal);
    await world.state.save(engine.#capture());
    const { posMode } = prepared.account;
    const { instruments } = prepared;
    const isHeld = engine.loop.ladder.sticky().length > 0;
    const arm = (): Promise<boolean> => engine.deadMansSwitch.armed();
    const { positionLots } = engine.loop.ledger;
    // What the run before has left counts towards the limits, too.
    const clear = async (): Promise<string> => (await engine.desk.confirm(false, 'start')).problem;
    const terms = { config, instruments, posMode, tag, run, positionLots, isHeld, clear, arm };
    engine.tagProof = await proveTag(world, terms);
    return engine;
  }

  private constructor(
    options: EngineOptions,
    prepared: Prepared,
    run: number,
    journal: JournalWriter | undefined,
  ) {
    const { config, tag, world, isFreshAccount } = options;
    const { instruments, state, account, ended } = prepared;
    const { clock } = world;
    this.#ended = ended;
    this.#world = world;
    this.#uid = account.uid;
    this.tag = tag;
    this.instruments = instruments;
    this.run = run;
    this.#runs = runsWith(state, run);
    const parts = buildParts(options, prepared, run, clock, this, journal);
    const { loop } = parts;
    this.loop = loop;
    this.handoff = parts.handoff;
    this.memory = parts.memory;
    const { handoff, fees } = parts;
    const nowNs = clock.nowNs();
    this.configuration = new EngineConfiguration({ config, fees, instruments, handoff, loop, nowNs });
    this.explainer = new Explainer(this);
    this.#writer = new MetricsWriter(parts.memory);
    this.#writer.set(this.#writer.cell('startTime'), clock.wallMs() / 1_000);
    this.#writer.set(this.#writer.cell('buildInfo', 0, 0, 0, 0), 1);
    const channels = channelsOf(config, instruments);
    this.publicChannels = channels.public;
    this.privateChannels = channels.private;
    this.tradeChannels = channels.trade;

    const { ledger, tradeLog: trades, ladder, lossWatch: loss, hedge } = loop;
    const holdings = new Holdings(instruments, ledger, trades);
    const names = config.instruments.map(({ instId }) => instId);
    this.#lasting = { instruments, names, ledger, trades, ladder, loss, hedge, holdings };
    this.#isNew = restoreState(state, this.#lasting, isFreshAccount, (memory) => loop.restore(memory));
    const log = (line: string): void => world.log(line);
    this.mmp = new MmpDesk(world.account, config, instruments, log);
    this.feeDesk = new FeeDesk({
      account: world.account,
      instruments,
      fees,
      nowNs,
      writer: this.#writer,
      log,
      onChanged: (changed) => this.onFees(changed),
    });
    this.rateDesk = new RateDesk({
      account: world.account,
      instruments,
      config: () => this.config,
      nowNs,
      log,
      onChanged: () => this.onFees(this.configuration.fees),
    });
    this.venueTime = new VenueTime({
      clock,
      venueClock: world.venueClock,
      log,
      onMeasured: (stepMs, errorMs) => this.#onClock(stepMs, errorMs),
    });
    this.keeper = new StateKeeper({
      store: world.state,
      clock,
      capture: () => this.#capture(),
      fingerprint: () => fingerprintOf(this.#identity(), this.#lasting),
      log,
      fail: (error) => {
        if (!this.#isStopping) world.fail(error);
      },
    });
    this.deadMansSwitch = new DeadMansSwitch({
      account: world.account,
      clock,
      tag,
      timeoutSeconds: config.engine.deadMansSwitchSeconds,
      log,
      hasPredecessor: !isFreshAccount,
      waitMs: (ms) => world.waitMs(ms),
      onArmed: (untilNs) => loop.onSwitchArmed(untilNs, clock.nowNs()),
    });
    this.desk = buildAccountDesk({
      posMode: account.posMode,
      world,
      config,
      tag,
      run: this.run,
      runs: this.#runs,
      loop,
      lasting: this.#lasting,
      isNew: this.#isNew,
      isFreshAccount,
      verifiedMs: isFreshAccount ? 0 : (state?.verifiedMs ?? 0),
      venueMs: () => this.venueTime.at(clock.nowNs()),
      onLearnt: () => this.keeper.saveSoon(),
      onOutdated: (instIds) => this.#reload(`grid or code of ${instIds} is another one now`),
    });
    this.algos = new AlgoDesk({
      world,
      loop,
      instruments,
      config: () => this.config,
      tag,
      run,
      runs: this.#runs,
      acctLv: account.acctLv,
      isHedged: account.posMode === PosMode.longShort,
      writer: this.#writer,
      mayWait: state?.algosMayWait ?? false,
      savedMs: (state?.savedMs ?? 0) + world.venueClock.offsetMs,
      onFirst: () => this.#save(),
    });
    this.#onClock(0, world.venueClock.offsetErrorMs);
  }

  /** As it is in force now. */
  get config(): Config {
    return this.configuration.config;
  }

  // ------------------------------------------------------------------------------------------------- sessions

  /** Whether the engine cannot go on when the venue refuses this channel. */
  isNeeded(channel: ChannelArg): boolean {
    return isNeededChannel(this.config, channel);
  }

  /** @hot */
  onFrame(connection: Connection, bytes: Uint8Array, start: number, end: number, recvNs: Float64Array): void {
    if (this.#isStopped) return;
    const { loop } = this;
    // From cell to cell: a time that is handed on as a number is boxed, 16 B a frame.
    loop.inputNs[0] = recvNs[0]!;
    if (connection === Connection.public) loop.publicFrame(bytes, start, end);
    else if (connection === Connection.private) loop.privateFrame(bytes, start, end);
    else loop.tradeFrame(bytes, start, end);
  }

  onSessionUp(connection: Connection): void {
    if (this.#isStopped) return;
    this.#world.log(`${CONNECTION_NAMES[connection]}: up`);
    this.#writer.set(this.#writer.cell('sessionUp', connection), 1);
    if (connection !== Connection.public) this.desk.onSessionUp();
    this.loop.onSessionUp(connection, this.#world.clock.nowNs());
  }

  onSessionDown(connection: Connection, reason: string): void {
    if (this.#isStopped) return;
    this.#world.log(`${CONNECTION_NAMES[connection]}: down: ${reason}`);
    this.#writer.set(this.#writer.cell('sessionUp', connection), 0);
    this.#writer.increment(this.#writer.cell('sessionReconnects', connection));
    this.loop.onSessionDown(connection, this.#world.clock.nowNs());
    if (connection === Connection.trade && !this.#isStopping) this.#follow(this.desk.cancelWhileDown());
  }

  /** Snapshots and repeated updates follow by themselves, and the loop takes both as they come. */
  onSwitched(connection: Connection): void {
    if (this.#isStopped) return;
    this.#world.log(`${CONNECTION_NAMES[connection]}: switched to a new connection`);
    this.loop.onSessionSwitched(connection, this.#world.clock.nowNs());
  }

  // -------------------------------------------------------------------------------------------------- workers

  /** @hot */
  onQuotes(): void {
    if (this.#isStopped) return;
    this.#world.clock.readNs(this.loop.inputNs, 0);
    this.loop.quotes();
  }

  onWorkerLost(worker: number, instruments: readonly number[], reason: string): void {
    if (this.#isStopped) return;
    this.#world.log(`quote worker ${worker}: lost: ${reason}; its quotes are withdrawn`);
    this.#writer.increment(this.#writer.cell('workerRestarts', worker));
    this.loop.onWorkerLost(instruments, this.#world.clock.nowNs());
  }

  onWorkerReady(worker: number, instruments: readonly number[]): void {
    if (this.#isStopped) return;
    this.#world.log(`quote worker ${worker}: ready`);
    this.loop.onWorkerReady(instruments, this.#world.clock.nowNs());
  }

  // ---------------------------------------------------------------------------------------------------- timer

  /** Every `TIMER_MS`, as long as the engine thread turns: the dead man's switch hangs on it. */
  onTimer(): void {
    if (this.#isStopped) return;
    const nowNs = this.#world.clock.nowNs();
    this.keeper.onTimer(nowNs);
    this.loop.onStateOverdue(this.keeper.isOverdue(nowNs), nowNs);
    this.loop.onTimer(nowNs, this.venueTime.at(nowNs));
    this.#follow(this.venueTime.onTimer(nowNs));
    this.#follow(this.feeDesk.onTimer(nowNs));
    this.#follow(this.rateDesk.onTimer(nowNs));
    if (!this.#isStopping) this.#follow(this.algos.onTimer(nowNs));
  }

  /** The loop is told of steps, not of where the clock stands: what was measured is what is counted with from then on. */
  #onClock(stepMs: Milliseconds, errorMs: Milliseconds): void {
    this.#writer.set(this.#writer.cell('clockOffset'), this.#world.venueClock.offsetMs / 1_000);
    this.loop.onClock(stepMs, errorMs, this.#world.clock.nowNs());
  }

  // --------------------------------------------------------------------------------------------- loop outputs

  /** @hot */
  send(connection: Connection, bytes: Uint8Array, length: number): boolean {
    return !this.#isStopped && this.#world.send(connection, bytes, length);
  }

  /** From inside the loop's turn: nothing here answers before the turn has ended. */
  request(request: LoopRequest, instrument: number): void {
    if (request === LoopRequest.heartbeat) {
      if (!this.#isStopping) this.deadMansSwitch.beat();
      return;
    }
    if (request === LoopRequest.save) this.keeper.saveSoon();
    else if (request === LoopRequest.parameters) this.configuration.publish();
    else if (this.#isStopping) return;
    else if (request === LoopRequest.recovery) this.#follow(this.desk.recover());
    else if (request === LoopRequest.audit) this.#follow(this.desk.runAudit());
    else if (request === LoopRequest.bookSnapshot) this.#follow(this.#fetchBook(instrument));
    else if (request === LoopRequest.reload) this.#follow(this.#reloadFor(instrument));
    else this.#follow(this.#reconnectPrivate());
  }

  async #fetchBook(instrument: number): Promise<void> {
    const { account, clock } = this.#world;
    const { instId } = this.instruments[instrument]!;
    let text;
    try {
      text = await account.fetchBook(instId);
    } catch (error) {
      // The loop asks again by its timer.
      if (!this.#isStopped) this.#world.log(`book of ${instId}: ${textOf(error)}`);
      return;
    }
    if (!this.#isStopped) this.loop.onBookSnapshot(instrument, text, clock.nowNs());
  }

  async #reconnectPrivate(): Promise<void> {
    await Promise.resolve();
    if (this.#isStopping) return;
    this.#world.log('private: told less than REST; it moves to a new connection');
    this.#world.reconnect(Connection.private, 'trades stayed away');
  }

  async #reloadFor(instrument: number): Promise<void> {
    await Promise.resolve();
    this.#reload(`grid or code of ${this.instruments[instrument]!.instId} is another one now`);
  }

  #reload(reason: string): void {
    if (this.#isReloading || this.#isStopping) return;
    this.#isReloading = true;
    this.#world.reload(reason);
  }

  /** What fails in here is a mistake of ours: failures of the world are dealt with where they are met. */
  #follow(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#isStopping) this.#fail(error);
    });
  }

  #fail(error: unknown): void {
    this.#world.fail(error instanceof Error ? error : new Error(String(error)));
  }

  // ---------------------------------------------------------------------------------------------------- state

  #identity(): Identity {
    return {
      venue: venueName(this.config),
      uid: this.#uid,
      tag: this.tag,
      run: this.run,
      runs: this.#runs,
      savedMs: this.#world.clock.wallMs(),
      verifiedMs: this.desk.verifiedMs,
      ...(this.algos?.mayWait ? { algosMayWait: true } : {}),
    };
  }

  #capture(): EngineState {
    return captureState(this.#identity(), this.#lasting, this.#isNew);
  }

  /** Writes the state; false when that is not known to have succeeded within its bound. */
  #save(): Promise<boolean> {
    return Promise.race([this.keeper.save(), this.#world.waitMs(SAVE_MS_MAX).then(() => false)]);
  }

  // ------------------------------------------------------------------------------------------------- operator

  /** Does what the operator says, and resolves when a restart would know of it. */
  async command(command: OperatorCommand): Promise<CommandResult> {
    if (this.#isStopping) return { isDone: false, text: 'the engine is stopping' };
    const isHolding = command === OperatorCommand.pause || command === OperatorCommand.halt;
    // What leads out of a pause waits for the exits to be over; into one, they are ended after it.
    const problem = isHolding ? '' : await this.algos.endExits();
    if (problem !== '') return { isDone: false, text: `exits could not be taken back: ${problem}; again` };
    if (command === OperatorCommand.resume) await this.mmp.reset();
    const result = await this.#command(command);
    if (!isHolding) return result;
    const left = await this.algos.endExits();
    if (left === '') return result;
    return { isDone: false, text: `${result.text}; but exits could not be taken back: ${left}; again` };
  }

  /** Closes positions by algo orders of the venue; everything else is paused meanwhile, and after it. */
  async exit(terms: ExitTerms): Promise<CommandResult> {
    const problem = this.algos.exits.problem(terms);
    if (problem !== '') return { isDone: false, text: problem };
    // A halt goes on: the venue works them off without us.
    const paused = this.loop.ladder.isHalted
      ? await this.command(OperatorCommand.halt)
      : await this.command(OperatorCommand.pause);
    if (!paused.isDone) return paused;
    const result = await this.algos.startExit(terms);
    this.#world.log(`operator: flatten: ${result.text}`);
    return result;
  }

  async #command(command: OperatorCommand): Promise<CommandResult> {
    let result;
    try {
      result = this.loop.command(command, this.#world.clock.nowNs());
    } catch (error) {
      // Whoever asked is answered with it, and it ends there: a loop that throws must not go on.
      this.#fail(error);
      throw error;
    }
    this.#world.log(`operator: ${command}: ${result.text}`);
    if (!result.isDone || (await this.#save())) return result;
    return {
      isDone: false,
      text: `${result.text}; but it could not be written down, so that a restart would not know of it`,
    };
  }

  /**
   * Takes another configuration up as a whole, or leaves everything as it is and says why.
   *
   * @param isDryRun only says what would come of it
   */
  configure(config: Config, isDryRun = false): CommandResult {
    // Of a file that has nothing else all is refused anyway: instruments take a restart.
    const isAllEnded = config.instruments.every(({ instId }) => this.#ended.includes(instId));
    const traded = isAllEnded ? config : withoutEnded(config, this.#ended);
    if (isDryRun) return this.configuration.look(traded);
    return this.#apply(traded, this.configuration.fees);
  }

  /** A configuration that cannot even be read: refused like any other. */
  refuseConfiguration(problem: string, isDryRun = false): CommandResult {
    const result = this.configuration.refuse(problem.split('\n'), isDryRun);
    if (!isDryRun) this.#logConfiguration(result);
    return result;
  }

  /** What the venue takes of our trades is another share of them now, by instrument. */
  onFees(fees: readonly FeeRates[]): void {
    this.#apply(this.config, fees);
  }

  #apply(config: Config, fees: readonly FeeRates[]): CommandResult {
    if (this.#isStopping) return { isDone: false, text: 'the engine is stopping' };
    const { version } = this.configuration;
    let result;
    try {
      result = this.configuration.apply(config, fees, this.#world.clock.nowNs());
    } catch (error) {
      // As for an operator's command.
      this.#fail(error);
      throw error;
    }
    if (!result.isDone || this.configuration.version !== version) this.#logConfiguration(result);
    return result;
  }

  #logConfiguration({ text }: CommandResult): void {
    for (const line of text.split('\n')) this.#world.log(`configuration: ${line.trim()}`);
  }

  /** Plain JSON, for the operator. */
  status(): Record<string, unknown> {
    return statusOf(this, this.#world);
  }

  /** Why an instrument is quoted as it is, or is not; undefined for one that this engine does not have. */
  explain(instId: string): Explanation | undefined {
    const instrument = this.instruments.find((each) => each.instId === instId);
    return instrument && this.explainer.explain(instrument, this.#world.clock.nowNs());
  }

  // ----------------------------------------------------------------------------------------------------- stop

  /**
   * Withdraws everything, and sees that the venue has nothing of ours left. Only then, and only where nothing failed, is the
   * dead man's switch put out; else it fires. Sessions stay up until this has ended.
   *
   * @param failure what made the world stop it: a broken invariant stays halted over a restart
   * @throws what the loop threw when it was told, once that is done: it may be the very thing that ends the run
   */
  async stop(failure?: unknown): Promise<StopReport> {
    this.#isStopping = true;
    const { desk, deadMansSwitch, loop } = this;
    const parts = { world: this.#world, loop, desk, deadMansSwitch, mmp: this.mmp };
    this.#failure ??= failure;
    const { report, thrown } = await withdrawAll(parts, () => this.#failure !== undefined);
    // A broken engine's positions are not to be believed: what waits for them stays as it is.
    const waiting = thrown === undefined && this.#failure === undefined ? await this.algos.stop() : '';
    const broken = thrown ?? this.#failure;
    if (broken instanceof AssertionError) loop.onBroken();
    if (!(await this.#save())) this.#world.log('state: what changed last is not on disk');
    this.venueTime.close();
    this.feeDesk.close();
    this.rateDesk.close();
    this.#isStopped = true;
    await Promise.race([this.keeper.close(), this.#world.waitMs(SAVE_MS_MAX)]);
    // What the caller came with is its own; what came up since is news.
    const news = thrown ?? (this.#failure === failure ? undefined : this.#failure);
    if (news === undefined && waiting === '') return report;
    if (news === undefined) return { ...report, detail: `${report.detail}; ${waiting}` };
    this.#world.log(report.detail);
    throw news;
  }

  /** An input threw while the engine stops: it goes on withdrawing, and the switch is left to run out. */
  noteFailure(error: unknown): void {
    this.#failure ??= error;
  }
}
