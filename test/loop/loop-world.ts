import { createHash } from 'node:crypto';
import { ManualClock } from '../../engine/base/clock.ts';
import { ContractKind } from '../../engine/base/instrument.ts';
import type { Instrument } from '../../engine/base/instrument.ts';
import { PositionMode } from '../../engine/base/position-side.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../../engine/base/units.ts';
import { BookState } from '../../engine/book/book.ts';
import { ConfigurationWriter } from '../../engine/handoff/configuration-slot.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { Loop } from '../../engine/loop.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import type {
  AccountWatches,
  InstrumentBrakes,
  LoopOptions,
  LoopOutput,
  LoopRequest,
  LoopTimings,
  PortfolioGroup,
} from '../../engine/loop/loop-options.ts';
import { namesOf } from '../../engine/metrics/catalog.ts';
import { createMetricsMemory, MetricsWriter } from '../../engine/metrics/cells.ts';
import type { MetricsMemory } from '../../engine/metrics/cells.ts';
import { DepthChannel } from '../../engine/okx/depth-frame.ts';
import { RejectDecision } from '../../engine/okx/reject-codes.ts';
import { OrderState } from '../../engine/orders/order-state.ts';
import type { DiffTolerance } from '../../engine/orders/quote-diff.ts';
import { GateReason } from '../../engine/risk/gate.ts';
import type { AccountLimits, RiskLimits } from '../../engine/risk/gate.ts';
import { KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { InlineQuoter } from '../../workers/inline.ts';
import type { StrategyParameters } from '../../workers/strategy/parameters.ts';

export const TAG = 'TESTTAG1';
export const RUN = 12_345_678;
export const EPOCH_MS = Date.UTC(2026, 6, 28, 10, 0, 0);

/** One message that the loop sent, as text and read back. */
export interface Sent {
  readonly connection: Connection;
  readonly text: string;
  readonly message: SentMessage;
}

export interface SentMessage {
  readonly id: string;
  readonly op: string;
  readonly expTime?: string;
  readonly args: Record<string, string | number | boolean>[];
}

export interface LoopWorldOptions {
  readonly instruments: readonly Instrument[];
  /** One for all instruments, or one each. */
  readonly ladder: StrategyParameters | readonly StrategyParameters[];
  readonly limits: RiskLimits | readonly RiskLimits[];
  readonly account?: AccountLimits;
  readonly tolerance?: DiffTolerance;
  readonly timings?: Partial<LoopTimings>;
  /** One for all instruments. */
  readonly brakes?: Partial<InstrumentBrakes>;
  readonly watches?: Partial<AccountWatches>;
  readonly portfolio?: readonly PortfolioGroup[];
  readonly isDemo?: boolean;
  readonly depthChannel?: DepthChannel;
  readonly followers?: readonly (readonly number[])[];
  readonly prefixesIds?: boolean;
  readonly positionMode?: PositionMode;
  readonly isPortfolioMargin?: boolean;
  readonly priceIns?: LoopOptions['priceIns'];
  readonly quoteKinds?: LoopOptions['quoteKinds'];
  readonly stopBeforeExpiryMs?: LoopOptions['stopBeforeExpiryMs'];
}

const TIMINGS: LoopTimings = {
  quoteAgeNsMax: 1_000 * NS_PER_MS,
  bookSilenceNsMax: 70_000 * NS_PER_MS,
  ackTimeoutNs: 3_000 * NS_PER_MS,
  orderExpiryMs: 2_000,
  bookAgeNsMax: 0,
  heartbeatNs: 2 * NS_PER_SECOND,
  switchNs: 0,
  auditNs: 0,
  privateStaleNs: 3 * NS_PER_SECOND,
};

/** Nothing brakes and nothing is watched but what a test asks for. */
const BRAKES: InstrumentBrakes = {
  volatilityBps: Infinity,
  volatilityWindowNs: 10 * NS_PER_SECOND,
  adverseBps: Infinity,
  holdNs: 30 * NS_PER_SECOND,
  lossMax: Infinity,
};

const WATCHES: AccountWatches = {
  drawdownMax: Infinity,
  marginRatioMin: 0,
  liquidationDistanceBps: 0,
  orderToTradeMax: 0,
  clockOffsetMsMax: 5_000,
  stallNsMax: Infinity,
};

export const ACCOUNT_LIMITS: AccountLimits = { notionalMax: 1e9, openOrdersMax: 500, lossMax: 1e9 };

/** The real loop with the quoter inline, its time moved by hand, and everything that it sends kept. */
export class LoopWorld implements LoopOutput {
  readonly clock = new ManualClock(EPOCH_MS);
  readonly loop: Loop;
  readonly handoff: Handoff;
  readonly quoter: InlineQuoter;
  readonly memory: MetricsMemory;
  readonly requests: { readonly request: LoopRequest; readonly instrument: number }[] = [];
  /** Connections that take bytes. */
  readonly takes = [true, true, true];
  /** Called with every message as it leaves; the tests' venue listens here. */
  onSent: (sent: Sent) => void = () => {};
  onRequest: (request: LoopRequest, instrument: number) => void = () => {};
  sentCount = 0;
  #unseen: Sent[] = [];
  readonly #hash = createHash('sha256');

  constructor(options: LoopWorldOptions) {
    const { instruments, ladder } = options;
    const handoff = new Handoff(
      createHandoff({
        instrumentCount: instruments.length,
        workerCount: 1,
        marketLevels: 20,
        quoteLevels: 10,
      }),
    );
    this.handoff = handoff;
    this.memory = metricsOf(instruments);
    const loopOptions: LoopOptions = {
      instruments,
      depthChannel: options.depthChannel ?? DepthChannel.books,
      tag: TAG,
      run: RUN,
      tradeModes: instruments.map(({ kind }) => (kind === ContractKind.spot ? 'cash' : 'cross')),
      positionMode: options.positionMode ?? PositionMode.net,
      isPortfolioMargin: options.isPortfolioMargin ?? false,
      ...(options.priceIns === undefined ? {} : { priceIns: options.priceIns }),
      limits: each(instruments, options.limits),
      account: options.account ?? ACCOUNT_LIMITS,
      brakes: instruments.map(() => ({ ...BRAKES, ...options.brakes })),
      watches: { ...WATCHES, ...options.watches },
      portfolio: options.portfolio ?? [],
      isDemo: options.isDemo ?? false,
      closeBps: 50,
      tolerances: instruments.map(
        () => options.tolerance ?? { priceToleranceTicks: 0, sizeToleranceRatio: 0.1 },
      ),
      timings: { ...TIMINGS, ...options.timings },
      handoff,
      ...(options.quoteKinds === undefined ? {} : { quoteKinds: options.quoteKinds }),
      ...(options.stopBeforeExpiryMs === undefined ? {} : { stopBeforeExpiryMs: options.stopBeforeExpiryMs }),
      ...(options.followers === undefined ? {} : { followers: options.followers }),
      metrics: this.memory,
      output: this,
      prefixesIds: options.prefixesIds ?? false,
      stageClock: this.clock,
    };
    // A time of zero stands for "never" in places.
    this.clock.advanceNs(1_000 * NS_PER_MS);
    this.loop = new Loop(loopOptions);
    new ConfigurationWriter(handoff).publish({ strategies: each(instruments, ladder) }, 1);
    this.quoter = new InlineQuoter(handoff, this.clock);
  }

  get nowNs(): number {
    return this.clock.nowNs();
  }

  get nowMs(): number {
    return EPOCH_MS + this.clock.nowNs() / NS_PER_MS;
  }

  send(connection: Connection, bytes: Uint8Array, length: number): boolean {
    if (!this.takes[connection]!) return false;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
    const sent = { connection, text, message: JSON.parse(text) as SentMessage };
    this.#hash.update(`${connection} ${this.nowNs} ${text}\n`);
    this.sentCount++;
    this.#unseen.push(sent);
    this.onSent(sent);
    return true;
  }

  request(request: LoopRequest, instrument: number): void {
    this.requests.push({ request, instrument });
    this.onRequest(request, instrument);
  }

  /** Everything sent since the last look, oldest first. */
  sent(): Sent[] {
    return this.#unseen.splice(0);
  }

  /** Order operations sent since the last look; subscriptions are dropped. */
  orderMessages(): SentMessage[] {
    return this.sent()
      .filter(({ connection }) => connection === Connection.trade)
      .map(({ message }) => message);
  }

  /** Over all bytes ever sent, their connections and their times. Ends the world: no more may be sent. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  frame(connection: Connection, text: string): void {
    const bytes = Buffer.from(text);
    if (connection === Connection.public) this.loop.onPublicFrame(bytes, 0, bytes.length, this.nowNs);
    else if (connection === Connection.private) this.loop.onPrivateFrame(bytes, 0, bytes.length, this.nowNs);
    else this.loop.onTradeFrame(bytes, 0, bytes.length, this.nowNs);
  }

  /** Lets the worker answer what it has heard, and the loop what the worker has said; returns how many quotes came. */
  quote(): number {
    let quotes = 0;
    for (let pass = this.quoter.turn(); pass > 0; pass = this.quoter.turn()) {
      quotes += pass;
      this.loop.onQuotes(this.nowNs);
    }
    return quotes;
  }

  /** Moves time on, the loop's timer every `stepMs`. The worker stays silent unless it is asked. */
  pass(durationMs: number, stepMs = 20): void {
    for (let leftMs = durationMs; leftMs > 0; leftMs -= stepMs) {
      this.clock.advanceNs(Math.min(leftMs, stepMs) * NS_PER_MS);
      this.timer();
    }
  }

  timer(): void {
    this.loop.onTimer(this.nowNs, this.nowMs);
  }

  metric(...args: Parameters<MetricsWriter['cell']>): number {
    const writer = new MetricsWriter(this.memory);
    return this.memory.cells[writer.cell(...args)]!;
  }

  /** Requests of a kind since the start. */
  requestCount(kind: LoopRequest): number {
    return this.requests.filter(({ request }) => request === kind).length;
  }
}

function each<Value>(instruments: readonly Instrument[], values: Value | readonly Value[]): readonly Value[] {
  return Array.isArray(values) ? (values as readonly Value[]) : instruments.map(() => values as Value);
}

function metricsOf(instruments: readonly Instrument[]): MetricsMemory {
  return createMetricsMemory({
    instruments: instruments.map((each) => ({
      name: each.instId,
      coin: each.baseCcy,
      tickSz: each.tick.step,
      lotSz: each.lot.step,
      lotValue: each.lotValue,
      isInverse: each.kind === ContractKind.inverse,
      settleCcy: each.settleCcy,
    })),
    connections: ['public', 'private', 'trade'],
    workers: 1,
    bookStates: namesOf(BookState),
    orderStates: namesOf(OrderState),
    gateReasons: namesOf(GateReason),
    rejectDecisions: namesOf(RejectDecision),
    killTriggers: namesOf(KillTrigger),
    killLevels: namesOf(KillLevel),
    build: { version: '0.0.0', node: 'test', venue: 'paper', run: String(RUN) },
  });
}
