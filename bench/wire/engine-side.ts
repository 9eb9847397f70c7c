/**
 * The engine of the wire-to-wire benchmark: real sessions on real sockets in front of the real loop, as the host puts them
 * together, with the quoter inline or on a thread of its own, and with an event loop that turns or sleeps.
 *
 * Owner:      the benchmark's thread.
 * Invariants: between `begin` and `end` the event loop is kept turning when the wiring says so, and sleeps otherwise; the
 *             clock is moved ahead after each depth frame, so that message budgets are booked but never short.
 */
import { NS_PER_MS } from '../../engine/base/units.ts';
import type { WaitStrategy } from '../../engine/handoff/doorbell.ts';
import { Connection, LoopRequest } from '../../engine/loop/loop-options.ts';
import type { LoopOutput } from '../../engine/loop/loop-options.ts';
import { LoopPhase } from '../../engine/loop.ts';
import { Channel } from '../../engine/okx/shapes.ts';
import type { ChannelArg } from '../../engine/okx/shapes.ts';
import { ConnectLimiter } from '../../engine/venue/connect-limiter.ts';
import { Credentials, Secret } from '../../engine/venue/credentials.ts';
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

/** As `FRAME_STEP_NS` of the turn rig: no budget is ever short. */
const FRAME_STEP_NS = 60 * NS_PER_MS;
const TIMER_MS = 20;
const READY_WAIT_MS = 15_000;
const READY_LOOK_MS = 5;
const HEAP_WINDOW_FRAMES = 50;
const WORKERS = 1;

export interface Wiring {
  readonly path: AnswerPath;
  /** Whether the event loop is kept turning by setImmediate, or sleeps until a socket or a timer wakes it. */
  readonly isTurning: boolean;
  /** How the quote worker waits; undefined for the quoter on the engine's own thread. */
  readonly worker: WaitStrategy | undefined;
}

export class EngineSide implements LoopOutput, SessionHandler, QuoterPoolHandler {
  readonly #wiring: Wiring;
  readonly #clock = new BenchClock(true);
  readonly #rig: EngineRig;
  readonly #quoter: InlineQuoter | undefined;
  readonly #pool: QuoterPool | undefined;
  readonly #sessions: readonly Session[];
  readonly #timer: NodeJS.Timeout;
  readonly #onTurn = (): void => this.#turn();
  #isRunning = false;
  /** Takes the growth of the heap, in a round that is played for it. */
  #heap: HeapMeter | undefined;
  #heapFrames = 0;
  #heapBytes = 0;

  private constructor(wiring: Wiring, port: number) {
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
    const { handoff, parameters } = this.#rig;
    if (wiring.worker === undefined) {
      this.#quoter = new InlineQuoter(handoff, parameters, this.#clock);
    } else {
      this.#pool = new QuoterPool({ handoff, parameters, wait: wiring.worker }, this);
    }
    this.#sessions = this.#openSessions(port);
    this.#timer = setInterval(() => this.#onTimer(), TIMER_MS);
    // A sleeping engine is woken by the bell, as in the host.
    const { loop } = this.#rig;
    const isWoken = this.#pool !== undefined && !wiring.isTurning;
    if (isWoken) void loop.quoteBell.listen(() => loop.onQuotes(this.#clock.nowNs()));
  }

  /** Connects to the far side and waits until orders rest. */
  static async connect(wiring: Wiring, port: number): Promise<EngineSide> {
    const side = new EngineSide(wiring, port);
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

  /** The loop turns, or hears quotes while it sleeps, from here to `end`. */
  begin(heap?: HeapMeter): void {
    this.#heap = heap;
    this.#heapFrames = 0;
    this.#isRunning = true;
    if (this.#wiring.isTurning) setImmediate(this.#onTurn);
  }

  end(): void {
    this.#isRunning = false;
    this.#heap = undefined;
  }

  async close(): Promise<void> {
    this.end();
    clearInterval(this.#timer);
    this.#rig.loop.quoteBell.stop();
    await Promise.all(this.#sessions.map((session) => session.close()));
    await this.#pool?.close();
  }

  /** Sockets are read between two immediates; bells are looked at here. */
  #turn(): void {
    if (!this.#isRunning) return;
    const { loop } = this.#rig;
    if (this.#pool !== undefined && loop.quoteBell.hasRung()) loop.onQuotes(this.#clock.nowNs());
    setImmediate(this.#onTurn);
  }

  #onTimer(): void {
    const nowNs = this.#clock.nowNs();
    this.#pool?.check(nowNs);
    this.#rig.loop.onTimer(nowNs, this.#clock.wallMs());
    this.#quoteInline();
  }

  #quoteInline(): void {
    const { loop } = this.#rig;
    if (this.#quoter !== undefined) {
      if (this.#quoter.turn() > 0) loop.onQuotes(this.#clock.nowNs());
    } else if (this.#wiring.isTurning && !this.#isRunning && loop.quoteBell.hasRung()) {
      // Between rounds nobody turns; what the worker says is heard by the timer.
      loop.onQuotes(this.#clock.nowNs());
    }
  }

  #openSessions(port: number): Session[] {
    const limiter = new ConnectLimiter();
    const login = new Credentials('bench', new Secret('bench'), new Secret('bench'));
    const open = (connection: Connection, name: string, subscriptions: readonly ChannelArg[]): Session => {
      const session = new Session(
        {
          connection,
          name,
          url: `ws://127.0.0.1:${port}/${name}`,
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
    if (connection === Connection.public) {
      loop.onPublicFrame(bytes, start, end, recvNs[0]!);
      this.#quoteInline();
      this.#clock.skip(FRAME_STEP_NS);
      if (this.#heap !== undefined) this.#measureHeap(this.#heap);
      return;
    }
    if (connection === Connection.private) loop.onPrivateFrame(bytes, start, end, recvNs[0]!);
    else loop.onTradeFrame(bytes, start, end, recvNs[0]!);
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
