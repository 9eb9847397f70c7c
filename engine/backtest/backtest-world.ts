/**
 * The real engine against a recorded market, in virtual time and on one thread: no socket, no disk, no clock, no chance.
 * What is live a process with its threads is here one loop over two queues, the venue's own and the timeline's.
 *
 *     recorded feed ──▶ paper venue ──wires──▶ sessions ──▶ Engine ──▶ inline quoter
 *                            ▲                                │
 *                            └── wires, REST router ◀─────────┘
 *
 * Invariants: time never goes back, and nothing arrives before it was sent; what hangs on a promise is done before time goes
 *             on; the same configuration and recording give the same inputs and the same bytes.
 * Cost:       beside venue and engine two events of the timeline a message; promises are waited for after an event of the
 *             engine, never after one of the venue.
 */
import type { Clock } from '../base/clock.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import { ChangeLog } from '../host/change-log.ts';
import { Engine, TIMER_MS } from '../host/engine.ts';
import { journaledChannels } from '../host/engine-journal.ts';
import type { EngineState } from '../host/engine-state.ts';
import type { EngineWorld, StateStore } from '../host/engine-world.ts';
import type { Log } from '../host/log.ts';
import type { JournalWriter } from '../journal/journal-writer.ts';
import type { Loop } from '../loop.ts';
import { Connection } from '../loop/loop-options.ts';
import { ACCOUNT_ROUTES } from '../paper/gateway/rest-account.ts';
import { MARKET_ROUTES } from '../paper/gateway/rest-market.ts';
import { RestRouter } from '../paper/gateway/rest-router.ts';
import { TRADE_ROUTES } from '../paper/gateway/rest-trade.ts';
import type { PaperVenue } from '../paper/gateway/venue.ts';
import type { ChannelArg } from '../okx/shapes.ts';
import { NO_FRAME } from '../report/run-observer.ts';
import { AccountRest } from '../venue/account-rest.ts';
import type { Credentials } from '../venue/credentials.ts';
import { RestClient } from '../venue/rest-client.ts';
import { InlineQuoter } from '../../workers/inline.ts';
import { BacktestError, BacktestErrorCode } from './backtest-error.ts';
import type { LatencyModel } from './latency-model.ts';
import { RouterTransport } from './router-transport.ts';
import type { Timeline } from './timeline.ts';
import { VenueSession } from './venue-session.ts';
import type { SessionOwner } from './venue-session.ts';

const REST_TIMEOUT_MS = 5_000;
const PATHS = ['/ws/v5/public', '/ws/v5/private', '/ws/v5/private'] as const;
const NO_BYTES = new Uint8Array(0);
/** Progress is told so often, in steps. */
const PROGRESS_STEPS = 16_384;

/** Who looks on: at every input and output of the core as it happens, and at the core after each input. */
export interface LoopWatcher {
  /**
   * @param connection -1 of a timer and of what happens to a session
   * @param bytes exactly the frame; the sender's again on return
   */
  onInput(connection: Connection | typeof NO_FRAME, bytes: Uint8Array, timeNs: Nanoseconds): void;
  onSend(connection: Connection, bytes: Uint8Array, timeNs: Nanoseconds): void;
  onStep(loop: Loop, timeNs: Nanoseconds): void;
}

/** The market that is played, as far as the world has to know it: when it is over, how long its news is on its way. */
export interface PlayedMarket extends LatencyModel {
  readonly isEnded: boolean;
  /** When its last event is received, since the origin. */
  readonly lastReceivedNs: Nanoseconds;
  /** More has to be read before the venue goes on. */
  readonly needsFill: boolean;
  fill(): Promise<void>;
}

export interface BacktestWorldOptions {
  readonly config: Config;
  readonly tag: string;
  readonly credentials: Credentials;
  readonly timeline: Timeline;
  readonly feed: PlayedMarket;
  readonly venue: PaperVenue;
  readonly entry: LatencyModel;
  readonly response: LatencyModel;
  readonly watcher: LoopWatcher;
  readonly log: Log;
  /** Where the engine notes its inputs and outputs, with the number of its run. */
  readonly openJournal?: (run: number) => JournalWriter;
  readonly onProgress?: () => void;
}

export class BacktestWorld implements EngineWorld, SessionOwner {
  readonly clock: Clock;
  readonly account: AccountRest;
  readonly venueClock: RestClient;
  readonly state: StateStore;
  readonly #options: BacktestWorldOptions;
  readonly #timeline: Timeline;
  readonly #sessions: VenueSession[] = [];
  readonly #recvNs = new Float64Array(1);
  #engine: Engine | null = null;
  #quoter: InlineQuoter | null = null;
  #changes: ChangeLog | null = null;
  /** When an order of the engine itself ended its trading; Infinity while none has. */
  haltedMs: Milliseconds = Infinity;
  /** What ended it before the recording did. */
  #failure: unknown = null;

  constructor(options: BacktestWorldOptions) {
    const { timeline, venue, credentials, entry, response } = options;
    this.#options = options;
    this.#timeline = timeline;
    this.clock = {
      nowNs: () => timeline.nowNs,
      readNs: (into, at) => void (into[at] = timeline.nowNs),
      wallMs: () => Math.floor(timeline.nowMs),
    };
    const router = new RestRouter(venue, [...MARKET_ROUTES, ...ACCOUNT_ROUTES, ...TRADE_ROUTES]);
    this.venueClock = new RestClient({
      baseUrl: 'http://modelled',
      credentials,
      tag: options.tag,
      isDemo: false,
      clock: this.clock,
      timeoutMs: REST_TIMEOUT_MS,
      transport: new RouterTransport({ timeline, router, entry, response, timeoutMs: REST_TIMEOUT_MS }),
    });
    this.account = new AccountRest(this.venueClock);
    this.state = memoryStore();
  }

  /** None before it has started. */
  get engine(): Engine | null {
    return this.#engine;
  }

  // ---------------------------------------------------------------------------------------------------- time

  /**
   * Plays the recording until its last event has been received.
   *
   * @throws HostError when the engine does not start; BacktestError, FeedError, and what the engine fails with
   */
  async run(): Promise<void> {
    const { feed, venue, onProgress } = this.#options;
    const timeline = this.#timeline;
    void this.#start();
    await settled();
    for (let step = 1; this.#failure === null; step++) {
      const venueNs = timeline.nsOf(venue.nextDueMs());
      const dueNs = Math.min(venueNs, timeline.nextNs);
      if (feed.isEnded && dueNs > timeline.since(feed.lastReceivedNs)) break;
      if (venueNs <= timeline.nextNs) {
        if (feed.needsFill) await feed.fill();
        timeline.nowNs = Math.max(timeline.nowNs, venueNs);
        venue.advance();
      } else {
        timeline.runNext();
        await settled();
      }
      if (step % PROGRESS_STEPS === 0) onProgress?.();
    }
    if (this.#failure !== null) throw this.#failure;
  }

  async #start(): Promise<void> {
    const { config, tag, openJournal } = this.#options;
    let engine;
    try {
      engine = await Engine.start({
        config,
        tag,
        world: this,
        isFreshAccount: true,
        build: { version: 'backtest', node: 'none' },
        ...(openJournal === undefined ? {} : { openJournal: (run) => Promise.resolve(openJournal(run)) }),
      });
    } catch (error) {
      this.#failure ??= error;
      return;
    }
    this.#engine = engine;
    this.#changes = new ChangeLog(engine.loop, this.#options.log);
    this.#quoter = new InlineQuoter(engine.handoff, this.clock);
    engine.onWorkerReady(
      0,
      engine.instruments.map(({ index }) => index),
    );
    this.#openSessions(engine);
    this.#tick(engine);
  }

  #openSessions(engine: Engine): void {
    const { config, credentials, venue, feed, entry, response, openJournal } = this.#options;
    const journaled = openJournal === undefined ? [] : journaledChannels(engine.instruments);
    const channels = [[...engine.publicChannels, ...journaled], engine.privateChannels, engine.tradeChannels];
    for (const connection of [Connection.public, Connection.private, Connection.trade]) {
      const isPublic = connection === Connection.public;
      this.#sessions[connection] = new VenueSession(
        {
          connection,
          path: PATHS[connection],
          isLogin: !isPublic || config.venue.depthChannel !== 'books',
          channels: channels[connection]!,
          timeline: this.#timeline,
          venue,
          credentials,
          venueMs: () => this.venueClock.venueMs(),
          entry,
          response: isPublic ? feed : response,
        },
        this,
      );
    }
  }

  #tick(engine: Engine): void {
    this.#timeline.after(TIMER_MS * NS_PER_MS, () => {
      this.#tick(engine);
      this.#options.watcher.onInput(NO_FRAME, NO_BYTES, this.#timeline.nowNs);
      engine.onTimer();
      this.#endTurn(engine);
      this.#changes!.look();
      if (engine.loop.ladder.isHalted) this.haltedMs = Math.min(this.haltedMs, this.#timeline.nowMs);
    });
  }

  /** What the workers do beside the engine thread, at once. */
  #endTurn(engine: Engine): void {
    while (this.#quoter!.turn() > 0) engine.onQuotes();
    this.#options.watcher.onStep(engine.loop, this.#timeline.nowNs);
  }

  // ------------------------------------------------------------------------------------------------ sessions

  onFrame(connection: Connection, bytes: Uint8Array, length: number): void {
    const engine = this.#engine!;
    const { nowNs } = this.#timeline;
    this.#options.watcher.onInput(connection, bytes.subarray(0, length), nowNs);
    this.#recvNs[0] = nowNs;
    engine.onFrame(connection, bytes, 0, length, this.#recvNs);
    this.#endTurn(engine);
  }

  onUp(connection: Connection): void {
    this.#options.watcher.onInput(NO_FRAME, NO_BYTES, this.#timeline.nowNs);
    this.#engine!.onSessionUp(connection);
    this.#endTurn(this.#engine!);
  }

  onDown(connection: Connection, reason: string): void {
    this.#options.watcher.onInput(NO_FRAME, NO_BYTES, this.#timeline.nowNs);
    this.#engine!.onSessionDown(connection, reason);
    this.#endTurn(this.#engine!);
  }

  onRefused(connection: Connection, args: readonly ChannelArg[], code: number): void {
    const names = args.map(({ channel, instId }) => `${channel} ${instId ?? ''}`.trim()).join(', ');
    this.log(`connection ${connection}: ${names} refused with ${code}`);
    if (!args.some((arg) => this.#engine!.isNeeded(arg))) return;
    this.#failure ??= new BacktestError(
      BacktestErrorCode.refused,
      `venue: expected it to offer ${names}, was refused with ${code}; set venue.depthChannel to another channel`,
    );
  }

  // --------------------------------------------------------------------------------------- the engine's world

  send(connection: Connection, bytes: Uint8Array, length: number): boolean {
    const session = this.#sessions[connection];
    if (session === undefined || !session.isUp) return false;
    this.#options.watcher.onSend(connection, bytes.subarray(0, length), this.#timeline.nowNs);
    return session.send(Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1'));
  }

  reconnect(connection: Connection, reason: string): void {
    this.#sessions[connection]?.reconnect(reason);
  }

  isSessionUp(connection: Connection): boolean {
    return this.#sessions[connection]?.isUp ?? false;
  }

  waitMs(ms: Milliseconds): Promise<void> {
    return new Promise((resolve) => {
      this.#timeline.after(ms * NS_PER_MS, resolve);
    });
  }

  log(line: string): void {
    this.#options.log.line(line);
  }

  reload(reason: string): void {
    this.#failure ??= new BacktestError(
      BacktestErrorCode.reload,
      `engine: expected the same instruments to the end, asks to be started anew (${reason}); cut the recording there with --to`,
    );
  }

  fail(error: Error): void {
    this.#failure ??= error;
  }
}

/** Promises that were resolved, and all that hangs on them, are done: ticks come after the last microtask. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}

/** What is saved is never read: the process that would is not modelled. */
function memoryStore(): StateStore {
  let saved: EngineState | undefined;
  return {
    load: () => Promise.resolve(saved),
    save: (state) => {
      saved = state;
      return Promise.resolve();
    },
  };
}
