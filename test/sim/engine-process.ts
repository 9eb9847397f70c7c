import type { Clock } from '../../engine/base/clock.ts';
import type { Random } from '../../engine/base/random.ts';
import { NS_PER_MS } from '../../engine/base/units.ts';
import type { Milliseconds, Nanoseconds } from '../../engine/base/units.ts';
import { Engine } from '../../engine/host/engine.ts';
import type { EngineWorld, StateStore } from '../../engine/host/engine-world.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import { Channel } from '../../engine/okx/shapes.ts';
import type { ChannelArg } from '../../engine/okx/shapes.ts';
import type { RestRouter } from '../../engine/paper/gateway/rest-router.ts';
import type { PaperVenue } from '../../engine/paper/gateway/venue.ts';
import { AccountRest } from '../../engine/venue/account-rest.ts';
import { ConnectLimiter } from '../../engine/venue/connect-limiter.ts';
import type { Credentials } from '../../engine/venue/credentials.ts';
import { RestClient } from '../../engine/venue/rest-client.ts';
import type { OutgoingRequest } from '../../engine/venue/rest-transport.ts';
import { InlineQuoter } from '../../workers/inline.ts';
import type { Journals } from './journals.ts';
import type { Disk } from './memory-state-store.ts';
import type { Network } from './network.ts';
import type { SimOptions } from './options.ts';
import type { MessageLog } from './sim-log.ts';
import { restSessions } from './rest-sessions.ts';
import type { SimSessionPort } from './rest-sessions.ts';
import { SimSession } from './sim-session.ts';
import type { SessionListener } from './sim-session.ts';
import type { LinkHost } from './sim-link.ts';
import { SimTransport } from './sim-rest.ts';
import type { RestFault, RestHost } from './sim-rest.ts';
import { REST_CONNECTION, StepKind } from './sim-types.ts';
import type { BrokenEngine } from './sim-types.ts';
import type { Timeline } from './timeline.ts';

const REST_TIMEOUT_MS = 5_000;
const PATHS = ['/ws/v5/public', '/ws/v5/private', '/ws/v5/private'] as const;
/** Where algo orders are told: none of the core's connections. */
const BUSINESS = 3;

/** What the machine and the venue are to every process that is started on it. */
export interface Machine {
  readonly timeline: Timeline;
  readonly network: Network;
  readonly venue: PaperVenue;
  readonly router: RestRouter;
  readonly random: Random;
  readonly credentials: Credentials;
  readonly options: SimOptions;
  readonly disk: Disk;
  readonly log: MessageLog;
  readonly broken: BrokenEngine | undefined;
  /** The account is asked, and orders, by REST. */
  readonly isByRest: boolean;
  /** Undefined when nothing is journaled. */
  readonly journals: Journals | undefined;
  /** The machine's clock less the true one. */
  clockOffMs: Milliseconds;
  takeRestFault(): RestFault;
  /** A line of the engine's log. */
  line(text: string): void;
}

/** What a process tells the one who watches over it. */
export interface ProcessOwner {
  /** It did not come up; the process has ended. */
  startFailed(process: EngineProcess, error: unknown): void;
  /** It wants to be ended in good order, and another to be started in its place. */
  reloadAsked(process: EngineProcess, reason: string): void;
  /** An error that no fault of the world explains. */
  failed(what: string, error: unknown): void;
}

/** One engine from its start to its death, and what the operating system holds of it: sockets, timers, the thread. */
export class EngineProcess implements LinkHost, RestHost, SessionListener, EngineWorld {
  readonly number: number;
  readonly machine: Machine;
  readonly timeline: Timeline;
  readonly network: Network;
  readonly venue: PaperVenue;
  readonly router: RestRouter;
  readonly random: Random;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly account: AccountRest;
  readonly venueClock: RestClient;
  readonly state: StateStore;
  readonly transport: SimTransport;
  /** Null until it has started. */
  engine: Engine | null = null;
  isDead = false;
  isDeliveredAfterDeath = false;
  /** The thread does nothing before this. */
  stalledUntilNs: Nanoseconds = 0;
  /** Workers say nothing before this. */
  workersSilentUntilNs: Nanoseconds = 0;
  /** Waits of the engine that are not over. */
  waits = 0;
  readonly sessions: SimSessionPort[] = [];
  readonly #owner: ProcessOwner;
  readonly #recvNs = new Float64Array(1);
  #quoter: InlineQuoter | null = null;
  #isQuoteDue = false;
  #sendsLeft = Infinity;
  #onLastSend: () => void = () => {};

  constructor(number: number, machine: Machine, owner: ProcessOwner) {
    const { timeline, credentials } = machine;
    this.number = number;
    this.machine = machine;
    this.timeline = timeline;
    this.network = machine.network;
    this.venue = machine.venue;
    this.router = machine.router;
    this.random = machine.random;
    this.credentials = credentials;
    this.#owner = owner;
    this.clock = {
      nowNs: () => timeline.nowNs,
      readNs: (into, at) => void (into[at] = timeline.nowNs),
      wallMs: () => Math.floor(timeline.nowMs + machine.clockOffMs),
    };
    this.transport = new SimTransport(this, REST_TIMEOUT_MS);
    this.venueClock = new RestClient({
      baseUrl: 'http://simulated',
      credentials,
      tag: machine.options.tag,
      isDemo: false,
      clock: this.clock,
      timeoutMs: REST_TIMEOUT_MS,
      transport: this.transport,
    });
    this.account = new AccountRest(this.venueClock);
    this.state = machine.disk.storeOf(
      (kind, run) => this.onThread(kind, run),
      () => this.isDead,
    );
  }

  get offsetMs(): Milliseconds {
    return this.venueClock.offsetMs;
  }

  // ------------------------------------------------------------------------------------------- start and end

  async start(): Promise<void> {
    const { options, broken, journals } = this.machine;
    let engine;
    try {
      engine = await Engine.start({
        config: options.config,
        tag: options.tag,
        world: this,
        isFreshAccount: false,
        build: { version: 'simulation', node: 'none' },
        ...(journals === undefined
          ? {}
          : { openJournal: (run: number) => Promise.resolve(journals.begin(run)) }),
      });
    } catch (error) {
      if (!this.isDead) this.#owner.startFailed(this, error);
      return;
    }
    if (this.isDead) return;
    broken?.break(engine, this);
    this.engine = engine;
    this.#open(engine);
  }

  #open(engine: Engine): void {
    const limiter = new ConnectLimiter();
    const { config } = this.machine.options;
    const channels = [engine.publicChannels, engine.privateChannels, engine.tradeChannels];
    const { isByRest } = this.machine;
    for (const connection of [Connection.public, Connection.private, Connection.trade]) {
      if (isByRest && connection !== Connection.public) continue;
      this.sessions[connection] = new SimSession(this, this, {
        connection,
        path: PATHS[connection],
        isLogin: connection !== Connection.public || config.venue.depthChannel !== 'books',
        channels: channels[connection]!,
        limiter,
      });
    }
    if (isByRest) {
      this.sessions.push(
        ...restSessions(this, this, engine.instruments, this.machine.options.tag, REST_TIMEOUT_MS),
      );
    } else if (engine.algos.isNeeded) {
      this.sessions[BUSINESS] = new SimSession(this, this, {
        connection: BUSINESS,
        path: '/ws/v5/business',
        isLogin: true,
        channels: [
          { channel: Channel.ordersAlgo, instType: 'ANY' },
          { channel: Channel.algoAdvance, instType: 'ANY' },
        ],
        limiter,
      });
    }
    this.startWorker();
    this.#tick();
  }

  startWorker(): void {
    const { engine } = this;
    if (engine === null) return;
    this.#quoter = new InlineQuoter(engine.handoff, this.clock);
    engine.onWorkerReady(
      0,
      engine.instruments.map(({ index }) => index),
    );
  }

  loseWorker(): void {
    const { engine } = this;
    if (engine === null || this.#quoter === null) return;
    this.#quoter = null;
    engine.onWorkerLost(
      0,
      engine.instruments.map(({ index }) => index),
      'killed',
    );
  }

  /** It is gone between two instructions. */
  die(isDelivered: boolean): void {
    this.isDead = true;
    this.isDeliveredAfterDeath = isDelivered;
    for (const session of this.sessions) session.abandon(isDelivered);
    this.machine.disk.crash();
  }

  dieAfterSends(sends: number, onLastSend: () => void): void {
    this.#sendsLeft = sends;
    this.#onLastSend = onLastSend;
  }

  /** It has stopped in good order. */
  exit(): void {
    this.isDead = true;
    this.isDeliveredAfterDeath = true;
    if (this.engine !== null) this.machine.journals?.close(this.timeline.nowNs);
    for (const session of this.sessions) session.close();
  }

  // ---------------------------------------------------------------------------------------------- the thread

  onThread(kind: StepKind, run: () => void): void {
    if (this.isDead) return;
    if (this.timeline.nowNs < this.stalledUntilNs) {
      this.timeline.at(this.stalledUntilNs, kind, () => this.onThread(kind, run));
      return;
    }
    this.#run(run);
  }

  onTimer(delayNs: Nanoseconds, run: () => void): void {
    this.timeline.after(delayNs, StepKind.engineTimer, () => this.#fire(run));
  }

  #fire(run: () => void): void {
    if (this.isDead) return;
    // Sockets are read before timers when the thread turns again.
    if (this.timeline.nowNs <= this.stalledUntilNs) {
      this.timeline.at(this.stalledUntilNs + 1, StepKind.engineTimer, () => this.#fire(run));
    } else this.#run(run);
  }

  #run(run: () => void): void {
    this.#guard(() => {
      run();
      this.#quote();
    });
  }

  /** The engine throws only when an invariant of its own does not hold. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!this.isDead) this.#owner.failed('the engine threw', error);
    }
  }

  #tick(): void {
    this.onTimer(this.machine.options.timerMs * NS_PER_MS, () => {
      this.#tick();
      this.engine!.onTimer();
    });
  }

  #quote(): void {
    const { quoterMs } = this.machine.options;
    if (this.#quoter === null || this.timeline.nowNs < this.workersSilentUntilNs) return;
    if (quoterMs === 0) this.#pass();
    else if (!this.#isQuoteDue) {
      this.#isQuoteDue = true;
      this.timeline.after(quoterMs * NS_PER_MS, StepKind.toEngine, () => this.#passLate());
    }
  }

  #passLate(): void {
    const { timeline, stalledUntilNs } = this;
    if (timeline.nowNs < stalledUntilNs) {
      timeline.at(stalledUntilNs, StepKind.toEngine, () => this.#passLate());
      return;
    }
    this.#isQuoteDue = false;
    if (!this.isDead && timeline.nowNs >= this.workersSilentUntilNs) this.#guard(() => this.#pass());
  }

  #pass(): void {
    const { engine } = this;
    if (engine === null) return;
    while (this.#quoter !== null && this.#quoter.turn() > 0) engine.onQuotes();
  }

  // ------------------------------------------------------------------------------------------------ sessions

  onFrame(connection: number, bytes: Uint8Array, recvNs: Nanoseconds): void {
    if (connection === BUSINESS) {
      this.engine!.algos.onFrame(Buffer.from(bytes).toString());
      return;
    }
    this.#recvNs[0] = recvNs;
    this.engine!.onFrame(connection as Connection, bytes, 0, bytes.length, this.#recvNs);
  }

  onUp(connection: number): void {
    if (connection === BUSINESS) this.engine!.algos.onUp();
    else this.engine!.onSessionUp(connection as Connection);
    this.timeline.isSettling = true;
  }

  onDown(connection: number, reason: string): void {
    if (connection === BUSINESS) this.engine!.algos.onDown();
    else this.engine!.onSessionDown(connection as Connection, reason);
    this.timeline.isSettling = true;
  }

  onSwitched(connection: number): void {
    // Business repeats what waits by itself.
    if (connection === BUSINESS) this.engine!.algos.onUp();
    else this.engine!.onSwitched(connection as Connection);
    this.timeline.isSettling = true;
  }

  onRefused(connection: number, args: readonly ChannelArg[], code: number): void {
    const names = args.map(({ channel }) => channel).join(', ');
    if (args.some((arg) => this.engine!.isNeeded(arg)))
      this.#owner.failed(`connection ${connection}: ${names} refused with ${code}`, undefined);
  }

  // -------------------------------------------------------------------------------------------------- world

  send(connection: Connection, bytes: Uint8Array, length: number): boolean {
    const session = this.sessions[connection];
    if (this.isDead || session === undefined) return false;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
    if (!session.send(text)) return false;
    const { nowNs } = this.timeline;
    this.machine.log.add({ atNs: nowNs, connection, text, path: '', engineNumber: this.number });
    // The rest of this turn goes on in a process that nobody hears any more.
    if (--this.#sendsLeft < 0) this.#onLastSend();
    return true;
  }

  reconnect(connection: Connection, reason: string): void {
    this.onThread(StepKind.answer, () => this.sessions[connection]?.reconnect(reason));
  }

  isSessionUp(connection: Connection): boolean {
    return this.sessions[connection]?.isUp ?? false;
  }

  waitMs(ms: Milliseconds): Promise<void> {
    this.waits++;
    this.timeline.isSettling = true;
    return new Promise((resolve) => {
      this.onTimer(ms * NS_PER_MS, () => {
        this.waits--;
        this.timeline.isSettling = true;
        resolve();
      });
    });
  }

  logLine(line: string): void {
    this.machine.line(`engine ${this.number}: ${line}`);
  }

  log = (line: string): void => this.logLine(line);

  reload(reason: string): void {
    this.#owner.reloadAsked(this, reason);
  }

  fail(error: Error): void {
    this.#owner.failed('the engine gave up', error);
  }

  // --------------------------------------------------------------------------------------------------- REST

  takeRestFault(): RestFault {
    return this.machine.takeRestFault();
  }

  logRest({ method, path, body }: OutgoingRequest): void {
    const [name] = path.split('?', 1) as [string];
    this.machine.log.add({
      atNs: this.timeline.nowNs,
      connection: REST_CONNECTION,
      text: body,
      path: `${method} ${name}`,
      engineNumber: this.number,
    });
  }
}
