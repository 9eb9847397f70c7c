import { Random } from '../../engine/base/random.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import type { Milliseconds, Nanoseconds } from '../../engine/base/units.ts';
import type { Engine } from '../../engine/host/engine.ts';
import type { EngineState } from '../../engine/host/engine-state.ts';
import type { OperatorCommand } from '../../engine/loop/loop-options.ts';
import { ACCOUNT_ROUTES } from '../../engine/paper/gateway/rest-account.ts';
import { MARKET_ROUTES } from '../../engine/paper/gateway/rest-market.ts';
import { RestRouter } from '../../engine/paper/gateway/rest-router.ts';
import { TRADE_ROUTES } from '../../engine/paper/gateway/rest-trade.ts';
import { PaperVenue } from '../../engine/paper/gateway/venue.ts';
import { Credentials, Secret } from '../../engine/venue/credentials.ts';
import { EngineProcess } from './engine-process.ts';
import type { Machine, ProcessOwner } from './engine-process.ts';
import { ForeignOrders } from './foreign-orders.ts';
import { Journals } from './journals.ts';
import { Disk } from './memory-state-store.ts';
import { Network } from './network.ts';
import { optionsOf } from './options.ts';
import type { SimOptions } from './options.ts';
import { MessageLog } from './sim-log.ts';
import { RestFault } from './sim-rest.ts';
import { StepKind } from './sim-types.ts';
import type { BrokenEngine, SimWorldView } from './sim-types.ts';
import { Timeline } from './timeline.ts';

const UID = 'uid1';
const KEY = { apiKey: 'key1', secret: 'secret1', passphrase: 'pass1' };
/** Who watches over the engine starts it again after so long. */
const RESTART_NS: Nanoseconds = 4 * NS_PER_SECOND;
/** A death that waits for messages to be sent comes by itself after this. */
const PATIENCE_NS: Nanoseconds = 10 * NS_PER_SECOND;
/** The operator looks after the engine so often, and lets it go on when it has waited for a word since the last look. */
const OPERATOR_PERIOD_NS: Nanoseconds = 40 * NS_PER_SECOND;
const LINES_KEPT = 400;
/** The other program looks after its orders so often. */
const FOREIGN_PERIOD_NS: Nanoseconds = 20 * NS_PER_SECOND;

/** Something that must not happen whatever goes wrong around the engine. */
export class SimFailure extends Error {
  override readonly name = 'SimFailure';
}

/**
 * A venue, a network, a machine and the engine on it, in virtual time and on one thread. Everything that happens is an
 * event; the seed decides all of it.
 */
export class SimWorld implements SimWorldView, ProcessOwner {
  readonly options: SimOptions;
  readonly timeline = new Timeline();
  readonly venue: PaperVenue;
  readonly network: Network;
  readonly disk: Disk;
  readonly sent = new MessageLog();
  readonly uid = UID;
  readonly machine: Machine;
  readonly foreign: ForeignOrders;
  readonly lines: string[] = [];
  process: EngineProcess | null = null;
  crashedAtNs: Nanoseconds = -1;
  faultsUntilNs: Nanoseconds = 0;
  isHealed = false;
  step: StepKind = StepKind.venue;
  stepNumber = 0;
  commandsGiven = 0;
  commandDone: OperatorCommand | null = null;
  /** Processes started so far. */
  starts = 0;
  crashes = 0;
  reloads = 0;
  /** What the next REST call meets. */
  restFault: RestFault = RestFault.none;
  /** The last reason for which an engine did not come up; '' since one did. */
  startError = '';
  #failure: SimFailure | null = null;
  #isCalm = false;

  /**
   * @param isJournaled whether every process keeps a journal, in memory
   * @param isByRest whether private and trade are REST sessions
   */
  constructor(seed: number, broken?: BrokenEngine, isJournaled = false, isByRest = false) {
    const options = optionsOf(seed);
    const { timeline } = this;
    this.options = options;
    this.venue = venueOf(seed, options, timeline);
    this.network = new Network(timeline, new Random(seed ^ 0x6e6574), options.latency);
    this.disk = new Disk(timeline, new Random(seed ^ 0x6469736b), options.saveMs);
    this.foreign = new ForeignOrders(this.venue, UID, options, new Random(seed ^ 0x666f72));
    this.machine = {
      timeline,
      network: this.network,
      venue: this.venue,
      router: new RestRouter(this.venue, [...MARKET_ROUTES, ...ACCOUNT_ROUTES, ...TRADE_ROUTES]),
      random: new Random(seed ^ 0x6d616368),
      credentials: new Credentials(KEY.apiKey, new Secret(KEY.secret), new Secret(KEY.passphrase)),
      options,
      disk: this.disk,
      log: this.sent,
      broken,
      isByRest,
      journals: isJournaled ? new Journals() : undefined,
      clockOffMs: options.clockOffMs,
      takeRestFault: () => {
        const fault = this.restFault;
        this.restFault = RestFault.none;
        return fault;
      },
      line: (text) => this.line(text),
    };
    this.#tendForeign();
    this.#tendEngine(false);
    this.startProcess();
  }

  // --------------------------------------------------------------------------------------------------- state

  get nowNs(): Nanoseconds {
    return this.timeline.nowNs;
  }

  get nowMs(): Milliseconds {
    return this.timeline.nowMs;
  }

  get config(): SimOptions['config'] {
    return this.options.config;
  }

  get tag(): string {
    return this.options.tag;
  }

  get engine(): Engine | null {
    return this.process?.engine ?? null;
  }

  get restarts(): number {
    return this.starts - 1;
  }

  get isNetworkDown(): boolean {
    return this.network.isDown;
  }

  durable(): EngineState | undefined {
    return this.disk.read();
  }

  get foreignOrderIds(): ReadonlySet<string> {
    return this.foreign.ids;
  }

  get isQuiet(): boolean {
    const { process, engine } = this;
    if (process === null || engine === null) return false;
    if (process.transport.pending > 0 || process.waits > 0) return false;
    if (engine.loop.commands.requestsInFlight > 0) return false;
    for (let connection = 1; connection < process.sessions.length; connection++) {
      if (process.sessions[connection]!.isBehind === true) return false;
      for (const link of process.sessions[connection]!.links) {
        if (link.toVenue.count > 0 || link.toEngine.count > 0) return false;
      }
    }
    return true;
  }

  line(text: string): void {
    this.lines.push(`${(this.timeline.passedNs / NS_PER_SECOND).toFixed(3)} ${text}`);
    if (this.lines.length > LINES_KEPT * 2) this.lines.splice(0, LINES_KEPT);
  }

  // ----------------------------------------------------------------------------------------------- processes

  startProcess(): void {
    if (this.process !== null) return;
    // All that ran before is over.
    this.checkJournals();
    this.line(`process ${this.starts} starts`);
    const process = new EngineProcess(this.starts++, this.machine, this);
    this.process = process;
    this.timeline.isSettling = true;
    void process.start().then(() => {
      if (process.engine === null || process.isDead) return;
      this.crashedAtNs = -1;
      this.startError = '';
    });
  }

  /** The engine is killed at this very moment; another is started after a while. */
  crash(isDelivered: boolean, restartNs: Nanoseconds): void {
    const { process } = this;
    if (process === null) return;
    this.crashes++;
    this.line(`process ${process.number} is killed; what it sent ${isDelivered ? 'arrives' : 'is lost'}`);
    process.die(isDelivered);
    this.process = null;
    if (this.crashedAtNs < 0) this.crashedAtNs = this.nowNs;
    this.timeline.after(restartNs, StepKind.fault, () => this.startProcess());
  }

  /** As `crash`, but in the middle of a turn: right after so many more messages have left it. */
  crashAfterSends(sends: number, isDelivered: boolean, restartNs: Nanoseconds): void {
    const { process } = this;
    if (process === null) return;
    const crash = (): void => {
      if (process === this.process && !this.#isCalm) this.crash(isDelivered, restartNs);
    };
    process.dieAfterSends(sends, crash);
    this.timeline.after(PATIENCE_NS, StepKind.fault, crash);
  }

  /** No death comes any more that was on its way. */
  calm(): void {
    this.#isCalm = true;
  }

  startFailed(process: EngineProcess, error: unknown): void {
    if (process !== this.process) return;
    this.startError = error instanceof Error ? error.message : String(error);
    this.line(`process ${process.number} does not start: ${this.startError}`);
    process.exit();
    this.process = null;
    this.timeline.after(RESTART_NS, StepKind.fault, () => this.startProcess());
  }

  reloadAsked(process: EngineProcess, reason: string): void {
    this.reloads++;
    this.line(`process ${process.number} asks to be started anew: ${reason}`);
    this.timeline.after(0, StepKind.fault, () => {
      if (process.isDead) return;
      void this.stopProcess().then(() => {
        if (this.process === null) this.startProcess();
      });
      this.timeline.isSettling = true;
    });
  }

  /** Replays the journals of processes that are over, where there are any. */
  checkJournals(): void {
    const difference = this.machine.journals?.check() ?? '';
    if (difference !== '') this.failed('replay', difference);
  }

  failed(what: string, error: unknown): void {
    const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error ?? '');
    this.#failure ??= new SimFailure(`${what}: ${text}`);
  }

  /** Ends the process in good order; whether the venue confirmed that nothing of ours is left. */
  async stopProcess(): Promise<boolean> {
    const { process } = this;
    const engine = process?.engine;
    if (process === null || engine === null || engine === undefined) return false;
    const report = await engine.stop();
    this.line(`process ${process.number} has stopped: ${report.detail}`);
    if (process.isDead) return report.isConfirmed;
    process.exit();
    this.process = null;
    return report.isConfirmed;
  }

  command(command: OperatorCommand): void {
    const { process } = this;
    if (process === null || process.engine === null) return;
    this.line(`operator: ${command}`);
    const number = ++this.commandsGiven;
    this.commandDone = null;
    process.onThread(StepKind.fault, () => {
      void process.engine!.command(command).then(({ isDone, text }) => {
        if (isDone && number === this.commandsGiven && !process.isDead) this.commandDone = command;
        this.line(`operator: ${command}: ${isDone ? 'done' : 'refused'}: ${text}`);
      });
      this.timeline.isSettling = true;
    });
  }

  // ---------------------------------------------------------------------------------------------------- time

  /** Lets time pass; `check` after every step. @throws SimFailure */
  async runUntil(untilNs: Nanoseconds, check: () => void): Promise<void> {
    const { timeline, venue } = this;
    for (;;) {
      const venueNs = timeline.nsOf(venue.nextDueMs());
      if (Math.min(venueNs, timeline.nextNs) > untilNs) break;
      if (venueNs <= timeline.nextNs) {
        timeline.nowNs = Math.max(timeline.nowNs, venueNs);
        this.step = StepKind.venue;
        venue.advance();
      } else this.step = timeline.runNext();
      // Everything that hangs on a promise of this step runs before the next one, or the order would be chance.
      if (this.step === StepKind.engineTimer) await Promise.resolve();
      if (timeline.isSettling) {
        timeline.isSettling = false;
        await new Promise(setImmediate);
      }
      this.stepNumber++;
      this.throwFailure();
      check();
    }
    timeline.nowNs = Math.max(timeline.nowNs, untilNs);
  }

  /** When the next step is due. */
  nextNs(): Nanoseconds {
    return Math.min(this.timeline.nsOf(this.venue.nextDueMs()), this.timeline.nextNs);
  }

  /** @throws SimFailure when something happened that must not */
  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  #tendEngine(hasWaited: boolean): void {
    const isWaiting = (this.engine?.loop.ladder.sticky().length ?? 0) > 0;
    if (isWaiting && hasWaited) this.command('resume');
    this.timeline.after(OPERATOR_PERIOD_NS, StepKind.fault, () => this.#tendEngine(isWaiting && !hasWaited));
  }

  #tendForeign(): void {
    this.foreign.look();
    this.foreign.place();
    this.timeline.after(FOREIGN_PERIOD_NS, StepKind.venue, () => this.#tendForeign());
  }
}

function venueOf(seed: number, options: SimOptions, timeline: Timeline): PaperVenue {
  return new PaperVenue({
    instruments: options.rows,
    seed,
    accounts: [
      {
        uid: UID,
        ...KEY,
        balances: options.balances,
        accountLevel: options.accountLevel,
        positionMode: options.positionMode,
        makerFeeRate: '-0.0002',
        takerFeeRate: '-0.0005',
        feeTier: 'VIP4',
      },
    ],
    flow: 'seeded',
    flowInstruments: options.config.instruments.map(({ instId }) => instId),
    flowPace: options.flowPace,
    matchDelayMs: options.matchDelayMs,
    pushBeforeAckShare: options.pushBeforeAckShare,
    time: () => timeline.nowMs,
  });
}
