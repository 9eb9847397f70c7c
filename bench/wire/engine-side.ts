/**
 * The engine of the wire-to-wire benchmark: real sessions on real sockets in front of the real loop, as the host puts them
 * together, with the quoter inline or on a thread of its own, and with an event loop that turns or sleeps.
 *
 * Owner:      the benchmark's thread.
 * Invariants: between `begin` and `end` the event loop waits as the wiring says, and sleeps otherwise; the clock is moved
 *             ahead after each depth frame, so that message budgets are booked but never short.
 */
import { LoopMode } from '../../engine/base/loop-mode.ts';
import { NS_PER_MS } from '../../engine/base/units.ts';
import type { WaitStrategy } from '../../engine/handoff/doorbell.ts';
import { LoopPace } from '../../engine/host/loop-pace.ts';
import { Connection, LoopRequest } from '../../engine/loop/loop-options.ts';
import type { LoopOutput } from '../../engine/loop/loop-options.ts';
import { LoopPhase } from '../../engine/loop.ts';
import { Channel } from '../../engine/okx/shapes.ts';
import type { ChannelArg } from '../../engine/okx/shapes.ts';
import { ConnectLimiter } from '../../engine/venue/connect-limiter.ts';
import { Credentials, Secret } from '../../engine/venue/credentials.ts';
import type { SocketClient } from '../../engine/venue/frame-socket.ts';
import { Session } from '../../engine/venue/session.ts';
import type { SessionHandler } from '../../engine/venue/session.ts';
import { InlineQuoter } from '../../workers/inline.ts';
import { QuoterPool } from '../../workers/pool.ts';
import type { QuoterPoolHandler } from '../../workers/pool.ts';
import { BenchClock } from '../bench-clock.ts';
import { GENERATED_INST_ID, MIDDLE_TICKS } from '../feeds/generated-feed.ts';
import { benchInstrument } from '../feeds/bench-instrument.ts';
import { usedBytes } from '../heap-meter.ts';
import type { HeapMeter } from '../heap-meter.ts';
import { EngineRig, halfSpreadTicksAt } from '../rig/engine-rig.ts';
import type { AnswerPath } from '../rig/engine-rig.ts';
import type { WireParty } from './wire-party.ts';

/** As `FRAME_STEP_NS` of the turn rig: no budget is ever short. */
const FRAME_STEP_NS = 60 * NS_PER_MS;
const TIMER_MS = 20;
/**
 * Frames that follow each other closely, after a stall, take the clock ahead faster than the timer comes: an engine whose
 * timer is late by seconds withdraws, as it should.
 */
const FRAMES_PER_TIMER = 16;
const READY_WAIT_MS = 15_000;
const READY_LOOK_MS = 5;
const HEAP_WINDOW_FRAMES = 50;
const WORKERS = 1;

export interface Wiring {
  readonly path: AnswerPath;
  /** How the engine's thread waits during a round; between rounds it sleeps. */
  readonly mode: LoopMode;
  readonly client: SocketClient;
  /** How the quote worker waits; undefined for the quoter on the engine's own thread. */
  readonly worker: WaitStrategy | undefined;
}

export class EngineSide implements LoopOutput, SessionHandler, QuoterPoolHandler, WireParty {
  readonly #wiring: Wiring;
  readonly #clock = new BenchClock(true);
  readonly #rig: EngineRig;
  readonly #quoter: InlineQuoter | undefined;
  readonly #pool: QuoterPool | undefined;
  readonly #sessions: readonly Session[];
  readonly #timer: NodeJS.Timeout;
  readonly #pace: LoopPace;
  #switchesBefore = 0;
  /** Takes the growth of the heap, in a round that is played for it. */
  #heap: HeapMeter | undefined;
  #heapFrames = 0;
  #heapBytes = 0;
  #framesSinceTimer = 0;

  private constructor(wiring: Wiring, url: string, ca: string | undefined) {
    this.#wiring = wiring;
    const instruments = [benchInstrument(0, GENERATED_INST_ID, 1, 2)];
    this.#rig = new EngineRig({
      instruments,
      path: wiring.path,
      halfSpreadTicks: [halfSpreadTicksAt(MIDDLE_TICKS)],
      workerCount: WORKERS,
      clock: this.#clock,
      output: this,
    });
    const { handoff } = this.#rig;
    if (wiring.worker === undefined) {
      this.#quoter = new InlineQuoter(handoff, this.#clock);
    } else {
      this.#pool = new QuoterPool({ handoff, wait: wiring.worker }, this);
    }
    this.#sessions = this.#openSessions(url, ca);
    this.#timer = setInterval(() => this.#onTimer(), TIMER_MS);
    const { loop } = this.#rig;
    this.#pace = new LoopPace({
      bell: loop.quoteBell,
      onQuotes: () => loop.onQuotes(this.#clock.nowNs()),
      onFailed: (error) => {
        throw error;
      },
    });
    this.#sleep();
  }

  /** Connects to the far side and waits until orders rest. */
  static async connect(wiring: Wiring, url: string, ca: string | undefined): Promise<EngineSide> {
    const side = new EngineSide(wiring, url, ca);
    const endMs = performance.now() + READY_WAIT_MS;
    while (!side.#isQuoting) {
      if (performance.now() > endMs) {
        await side.close();
        throw new Error(`wire-to-wire: expected orders to rest within ${READY_WAIT_MS} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, READY_LOOK_MS));
    }
    return side;
  }

  /** Orders rest and nothing is on its way. */
  get #isQuoting(): boolean {
    const { loop } = this.#rig;
    return loop.phase === LoopPhase.quoting && loop.openOrders > 0 && loop.commands.requestsInFlight === 0;
  }

  begin(heap?: HeapMeter): void {
    this.#heap = heap;
    this.#heapFrames = 0;
    this.#switchesBefore = process.resourceUsage().involuntaryContextSwitches;
    if (this.#wiring.mode !== LoopMode.sleep) this.#pace.run(this.#wiring.mode);
  }

  end(): Promise<number> {
    this.#sleep();
    this.#heap = undefined;
    return Promise.resolve(process.resourceUsage().involuntaryContextSwitches - this.#switchesBefore);
  }

  async close(): Promise<void> {
    this.#pace.stop();
    clearInterval(this.#timer);
    await Promise.all(this.#sessions.map((session) => session.close()));
    await this.#pool?.close();
  }

  /** As the host asleep: the bell of a worker wakes the thread. An inline quoter has nobody to be woken by. */
  #sleep(): void {
    if (this.#pool === undefined) this.#pace.stop();
    else this.#pace.run(LoopMode.sleep);
  }

  #onTimer(): void {
    this.#framesSinceTimer = 0;
    const nowNs = this.#clock.nowNs();
    this.#pool?.check(nowNs);
    this.#rig.loop.onTimer(nowNs, this.#clock.wallMs());
    this.#quoteInline();
  }

  #quoteInline(): void {
    if (this.#quoter !== undefined && this.#quoter.turn() > 0) this.#rig.loop.onQuotes(this.#clock.nowNs());
  }

  #openSessions(url: string, ca: string | undefined): Session[] {
    const limiter = new ConnectLimiter();
    const login = new Credentials('bench', new Secret('bench'), new Secret('bench'));
    const open = (connection: Connection, name: string, subscriptions: readonly ChannelArg[]): Session => {
      const session = new Session(
        {
          connection,
          name,
          url: `${url}/${name}`,
          client: this.#wiring.client,
          ...(ca === undefined ? {} : { ca }),
          ...(connection === Connection.public ? {} : { login }),
          subscriptions,
          clock: this.#clock,
          limiter,
          seed: 1 + connection,
        },
        this,
      );
      session.start();
      return session;
    };
    return [
      open(Connection.public, 'public', [{ channel: 'books', instId: GENERATED_INST_ID }]),
      open(Connection.private, 'private', [{ channel: Channel.orders, instType: 'ANY' }]),
      open(Connection.trade, 'trade', []),
    ];
  }

  // ------------------------------------------------------------------------------------------------- sessions

  onFrame(connection: number, bytes: Uint8Array, start: number, end: number, recvNs: Float64Array): void {
    const { loop } = this.#rig;
    loop.inputNs[0] = recvNs[0]!;
    if (connection === Connection.public) {
      loop.publicFrame(bytes, start, end);
      this.#quoteInline();
      this.#pace.expectQuotes();
      this.#clock.skip(FRAME_STEP_NS);
      if (++this.#framesSinceTimer === FRAMES_PER_TIMER) this.#onTimer();
      if (this.#heap !== undefined) this.#measureHeap(this.#heap);
      return;
    }
    if (connection === Connection.private) loop.privateFrame(bytes, start, end);
    else loop.tradeFrame(bytes, start, end);
    this.#quoteInline();
  }

  onUp(connection: number): void {
    this.#rig.loop.onSessionUp(connection as Connection, this.#clock.nowNs());
  }

  onDown(connection: number): void {
    this.#rig.loop.onSessionDown(connection as Connection, this.#clock.nowNs());
  }

  #measureHeap(heap: HeapMeter): void {
    if (this.#heapFrames++ % HEAP_WINDOW_FRAMES !== 0) return;
    if (this.#heapFrames > 1) heap.add(usedBytes() - this.#heapBytes, HEAP_WINDOW_FRAMES);
    this.#heapBytes = usedBytes();
  }

  // --------------------------------------------------------------------------------------------------- workers

  onWorkerReady(_worker: number, instruments: readonly number[]): void {
    this.#rig.loop.onWorkerReady(instruments, this.#clock.nowNs());
  }

  onWorkerLost(_worker: number, instruments: readonly number[]): void {
    this.#rig.loop.onWorkerLost(instruments, this.#clock.nowNs());
  }

  // ---------------------------------------------------------------------------------------------------- output

  send(connection: Connection, bytes: Uint8Array, length: number): boolean {
    return this.#sessions[connection]!.send(bytes, length);
  }

  request(request: LoopRequest): void {
    if (request !== LoopRequest.recovery) return;
    // Nothing of ours rests at a venue that has just begun.
    setImmediate(() => {
      const { loop } = this.#rig;
      if (this.#quoter !== undefined) loop.onWorkerReady([0], this.#clock.nowNs());
      loop.onRecovered({ positions: [], trades: [], verifiedMs: 0 }, this.#clock.nowNs());
      this.#quoteInline();
    });
  }
}
