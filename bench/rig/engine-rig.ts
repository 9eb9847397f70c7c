import type { Instrument } from '../../engine/base/instrument.ts';
import { ContractKind } from '../../engine/base/instrument.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../../engine/base/units.ts';
import type { Ticks } from '../../engine/base/units.ts';
import { BookState } from '../../engine/book/book.ts';
import { ConfigurationWriter } from '../../engine/handoff/configuration-slot.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import type { LoopOptions, LoopOutput } from '../../engine/loop/loop-options.ts';
import { defaultConfigFile, loadConfig } from '../../engine/config/load-config.ts';
import { Loop } from '../../engine/loop.ts';
import { namesOf } from '../../engine/metrics/catalog.ts';
import { createMetricsMemory } from '../../engine/metrics/cells.ts';
import type { MetricsMemory } from '../../engine/metrics/cells.ts';
import { DepthChannel } from '../../engine/okx/depth-frame.ts';
import { RejectDecision } from '../../engine/okx/reject-codes.ts';
import { TdMode } from '../../engine/okx/shapes.ts';
import { OrderState } from '../../engine/orders/order-state.ts';
import { GateReason } from '../../engine/risk/gate.ts';
import { KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { JournaledLoop } from '../../engine/replay/journaled-loop.ts';
import { FIXED_STRATEGY, levelsReadOf } from '../../workers/strategy/parameters.ts';
import type { StrategyParameters } from '../../workers/strategy/parameters.ts';
import type { BenchClock } from '../bench-clock.ts';
import { sinkWriter } from './journal-sink.ts';

/** As in the host. */
const QUOTE_LEVELS = 10;
export const BENCH_TAG = 'BENCHTAG';
export const BENCH_RUN = 42_000_042;
/** What a journal's beginning says of the run: nothing that the path looks at. */
const BENCH_ABOUT = {
  config: loadConfig(defaultConfigFile()),
  venue: 'bench',
  build: { version: '0', node: process.version },
  nowNs: 0,
  wallMs: 0,
};

/**
 * Which of the engine's two ways to an amend the market shall take.
 *
 *     quote    one order a side; the guard's edge is a fifth of the half spread, so that it is checked and finds nothing to
 *              do on usual moves: the answer is the quoter's, an amend of both sides in one batch
 *     guard    two orders a side, quoted right at their least edge, so that every adverse move makes the guard step the
 *              side back: the answer leaves before any quoter has run, an amend of two orders in one batch
 */
export const AnswerPath = { quote: 0, guard: 1 } as const;
export type AnswerPath = (typeof AnswerPath)[keyof typeof AnswerPath];

const LADDERS: readonly Pick<StrategyParameters, 'levels' | 'edgeMinRatio'>[] = [
  { levels: 1, edgeMinRatio: 0.2 },
  { levels: 2, edgeMinRatio: 1 },
];

/**
 * Half spread, as a part of the price. A recorded book does not hold our orders, but the engine takes what rests of ours
 * out of it: our orders must stand far from the best prices, or the quotes would chase what they themselves take away.
 */
const HALF_SPREAD_RATIO = 6e-4;
const HALF_SPREAD_TICKS_MIN = 2;

/** In whole ticks, so that a move of the fair price by whole ticks moves every quote by as many. */
export function halfSpreadTicksAt(priceTicks: Ticks): Ticks {
  return Math.max(HALF_SPREAD_TICKS_MIN, Math.round(priceTicks * HALF_SPREAD_RATIO));
}

export function ladderParameters(path: AnswerPath, halfSpreadTicks: Ticks): StrategyParameters {
  return {
    ...FIXED_STRATEGY,
    ...LADDERS[path]!,
    halfSpreadBps: 0,
    halfSpreadTicksMin: halfSpreadTicks,
    levelStepBps: 0.25,
    lots: 1,
    lotsStep: 0,
    skewBpsAtMax: 2,
    positionLotsMax: 10_000,
    minLots: 1,
  };
}

export interface EngineRigOptions {
  readonly instruments: readonly Instrument[];
  readonly path: AnswerPath;
  /** By instrument. */
  readonly halfSpreadTicks: readonly Ticks[];
  readonly workerCount: number;
  readonly clock: BenchClock;
  readonly output: LoopOutput;
  /** Whether inputs and outputs go into a journal's ring. */
  readonly isJournaled?: boolean;
}

/** The loop with all that the host gives it: gate, diff, budgets, expiry and metrics as in production. */
export class EngineRig {
  readonly loop: Loop;
  readonly handoff: Handoff;
  /** What the engine counts and times of itself: the stages of the path among it. */
  readonly metrics: MetricsMemory;

  constructor(options: EngineRigOptions) {
    const { instruments, path, clock } = options;
    const strategies = instruments.map(({ index }) =>
      ladderParameters(path, options.halfSpreadTicks[index]!),
    );
    this.handoff = new Handoff(
      createHandoff({
        instrumentCount: instruments.length,
        workerCount: options.workerCount,
        marketLevels: levelsReadOf(FIXED_STRATEGY),
        quoteLevels: QUOTE_LEVELS,
      }),
    );
    new ConfigurationWriter(this.handoff).publish({ strategies }, 1);
    this.metrics = createMetricsMemory({
      instruments: instruments.map((instrument) => ({
        name: instrument.instId,
        coin: instrument.baseCcy,
        tickSz: instrument.tick.step,
        lotSz: instrument.lot.step,
        lotValue: instrument.lotValue,
        isInverse: instrument.kind === ContractKind.inverse,
        settleCcy: instrument.settleCcy,
      })),
      connections: ['public', 'private', 'trade'],
      workers: options.workerCount,
      bookStates: namesOf(BookState),
      orderStates: namesOf(OrderState),
      gateReasons: namesOf(GateReason),
      rejectDecisions: namesOf(RejectDecision),
      killTriggers: namesOf(KillTrigger),
      killLevels: namesOf(KillLevel),
      build: { version: '0', node: process.version, venue: 'bench', run: String(BENCH_RUN) },
    });
    const loopOptions: LoopOptions = {
      instruments,
      depthChannel: DepthChannel.books,
      tag: BENCH_TAG,
      run: BENCH_RUN,
      tradeModes: instruments.map(() => TdMode.cross),
      limits: instruments.map(() => ({
        positionLotsMax: 10_000,
        orderLotsMax: 1_000,
        orderNotionalMax: 1e9,
        notionalMax: 1e12,
        openOrdersMax: 40,
        collarBps: 200,
        notionalRate: 1,
      })),
      account: { notionalMax: 1e12, openOrdersMax: 500, lossMax: 1e9 },
      // Everything watches, and nothing brakes: what watching costs is in the figures.
      brakes: instruments.map(() => ({
        volatilityBps: 1e6,
        volatilityWindowNs: 10 * NS_PER_SECOND,
        adverseBps: 1e6,
        holdNs: 30 * NS_PER_SECOND,
        lossMax: 1e9,
      })),
      watches: {
        drawdownMax: 1e9,
        marginRatioMin: 0,
        liquidationDistanceBps: 0,
        orderToTradeMax: 1e9,
        clockOffsetMsMax: 5_000,
        stallNsMax: Infinity,
      },
      isDemo: false,
      closeBps: 50,
      // No band: whatever the quote wants is asked for, so that a moved price is an amended order.
      tolerances: instruments.map(() => ({ priceToleranceTicks: 0, sizeToleranceRatio: 0.2 })),
      timings: {
        quoteAgeNsMax: 3_600 * NS_PER_SECOND,
        bookSilenceNsMax: 3_600 * NS_PER_SECOND,
        ackTimeoutNs: 3_000 * NS_PER_MS,
        orderExpiryMs: 2_000,
        // Recordings are as old as they are.
        bookAgeNsMax: Infinity,
        heartbeatNs: 2 * NS_PER_SECOND,
        switchNs: 0,
        auditNs: 0,
        privateStaleNs: 3 * NS_PER_SECOND,
      },
      handoff: this.handoff,
      metrics: this.metrics,
      output: options.output,
      stageClock: clock,
    };
    this.loop =
      options.isJournaled === true
        ? new JournaledLoop(loopOptions, sinkWriter(), BENCH_ABOUT)
        : new Loop(loopOptions);
  }
}
