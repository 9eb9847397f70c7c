import type { Clock } from '../base/clock.ts';
import type { FeeRates } from '../base/fee-rates.ts';
import { ContractKind, InstrumentType } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { PositionMode } from '../base/position-side.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import { BookState } from '../book/book.ts';
import type { Config } from '../config/schema.ts';
import { ConfigurationWriter } from '../handoff/configuration-slot.ts';
import { Handoff, createHandoff } from '../handoff/handoff-memory.ts';
import type { JournalWriter } from '../journal/journal-writer.ts';
import { Loop } from '../loop.ts';
import type { LoopParameters } from '../loop/loop-configuration.ts';
import type { LoopOptions, LoopOutput, LoopTimings } from '../loop/loop-options.ts';
import { namesOf } from '../metrics/catalog.ts';
import { createMetricsMemory } from '../metrics/cells.ts';
import type { MetricsMemory } from '../metrics/cells.ts';
import { DEPTH_CHANNEL_NAMES } from '../okx/depth-frame.ts';
import type { DepthChannel } from '../okx/depth-frame.ts';
import { RejectDecision } from '../okx/reject-codes.ts';
import { INST_TYPES, indexOf } from '../okx/instrument-rows.ts';
import { Channel, PosMode } from '../okx/shapes.ts';
import type { ChannelArg } from '../okx/shapes.ts';
import { OrderState } from '../orders/order-state.ts';
import { GateReason } from '../risk/gate.ts';
import { KillLevel, KillTrigger } from '../risk/kill-ladder.ts';
import type { EngineOptions } from './engine.ts';
import { JournaledLoop } from '../replay/journaled-loop.ts';
import type { RunAbout } from '../replay/run-start.ts';
import { leadOf } from '../../workers/strategy/fair/fair-value-parameters.ts';
import { levelsReadOf } from '../../workers/strategy/parameters.ts';
import type { StartModel } from '../../workers/calibration/calibration-parameters.ts';
import type { StrategyParameters } from '../../workers/strategy/parameters.ts';
import { calibrationOf, startsOf } from './calibration-parameters.ts';
import { limitsOf, strategyOf, toleranceOf } from './instruments.ts';
import { portfolioOf } from './portfolio.ts';
import { venueName } from './startup.ts';
import type { Prepared } from './startup.ts';

/** By the numbers of `Connection`. */
export const CONNECTION_NAMES = ['public', 'private', 'trade'] as const;

const QUOTE_LEVELS = 10;
const MS_PER_MINUTE = 60_000;
/** The switch hears from us five times within its least time-out: one answer may be lost, or late. */
const HEARTBEAT_NS = 2 * NS_PER_SECOND;
/** A push that is later than the answer of REST by this much does not come. */
const PRIVATE_STALE_NS = 3 * NS_PER_SECOND;

export interface EngineParts {
  readonly handoff: Handoff;
  readonly memory: MetricsMemory;
  /** By instrument, as they were published in the hand-off with version 1. */
  readonly fees: readonly FeeRates[];
  readonly loop: Loop;
}

/** The loop with the memory it shares with workers and exporter, by the configuration. */
export function buildParts(
  options: Pick<EngineOptions, 'config' | 'tag' | 'build'>,
  { instruments, fees, account }: Pick<Prepared, 'instruments' | 'fees' | 'account'>,
  run: number,
  clock: Clock,
  output: LoopOutput,
  journal: JournalWriter | undefined,
): EngineParts {
  const { config, tag } = options;
  const strategies = strategiesOf(config, instruments, fees);
  const handoff = new Handoff(
    createHandoff({
      instrumentCount: instruments.length,
      workerCount: Math.min(config.engine.workers, instruments.length),
      marketLevels: Math.max(...strategies.map(levelsReadOf)),
      quoteLevels: QUOTE_LEVELS,
    }),
  );
  const starts = startsOf(config, instruments, fees);
  new ConfigurationWriter(handoff).publish(publishedOf(config, fees, strategies, starts), 1);
  const memory = buildMemory(options, instruments, run, handoff.workerCount);
  const loopOptions: LoopOptions = {
    instruments,
    depthChannel: DEPTH_CHANNEL_NAMES.indexOf(config.venue.depthChannel) as DepthChannel,
    tag,
    run,
    prefixesIds: config.broker.clOrdIdPrefix,
    isDemo: config.venue.kind === 'demo',
    tradeModes: config.instruments.map(({ tradeMode }) => tradeMode),
    marginCcys: config.instruments.map(({ marginCcy = '' }) => marginCcy),
    quoteKinds: config.instruments.map(({ strategy, mmp }) => ({
      rpiLevels: strategy.rpiLevels,
      isMmp: mmp.isOn,
      mmpFrozenMs: mmp.frozenMs,
    })),
    priceIns: config.instruments.map(({ strategy }) => strategy.priceIn),
    stopBeforeExpiryMs: config.instruments.map((each) => each.stopBeforeExpiryMinutes * MS_PER_MINUTE),
    positionMode: account.posMode === PosMode.longShort ? PositionMode.longShort : PositionMode.net,
    isPortfolioMargin: account.acctLv === '4',
    ...parametersOf(config, instruments),
    handoff,
    followers: followersOf(strategies),
    metrics: memory,
    output,
    stageClock: clock,
    flowMemorySeconds: config.calibration.memorySeconds,
  };
  const loop =
    journal === undefined
      ? new Loop(loopOptions)
      : new JournaledLoop(loopOptions, journal, aboutOf(options, clock));
  return { handoff, memory, fees, loop };
}

/** What of the core's options may change while it runs. */
export function parametersOf(config: Config, instruments: readonly Instrument[]): LoopParameters {
  const { notionalMax, openOrdersMax, lossMax } = config.account;
  return {
    limits: instruments.map((each) => limitsOf(each, config.instruments[each.index]!)),
    account: { notionalMax, openOrdersMax, lossMax },
    ...watchesOf(config),
    portfolio: portfolioOf(config.portfolio, instruments, configuredNames(config)),
    closeBps: config.engine.closeBps,
    tolerances: config.instruments.map(toleranceOf),
    models: config.instruments.map(({ strategy }) => strategy.model),
    timings: timingsOf(config),
  };
}

/** What quoters and calibration read from the configuration slot. */
export function publishedOf(
  config: Config,
  fees: readonly FeeRates[],
  strategies: readonly StrategyParameters[],
  starts: readonly (StartModel | undefined)[] = [],
): unknown {
  return { strategies, calibration: calibrationOf(config, fees, starts) };
}

/** By instrument: those whose quotes read its market too. */
export function followersOf(strategies: readonly StrategyParameters[]): number[][] {
  return strategies.map((_, lead) =>
    strategies.flatMap(({ fair }, follower) =>
      leadOf(fair) === lead && follower !== lead ? [follower] : [],
    ),
  );
}

/** What the quoters are told, by instrument. */
export function strategiesOf(
  config: Config,
  instruments: readonly Instrument[],
  fees: readonly FeeRates[],
): StrategyParameters[] {
  const instIds = configuredNames(config);
  return instruments.map((each, index) =>
    strategyOf(each, config.instruments[index]!, fees[index]!, instIds),
  );
}

/** By which the configuration knows the instruments: the venue may have renamed one since. */
function configuredNames({ instruments }: Config): string[] {
  return instruments.map(({ instId }) => instId);
}

function aboutOf({ config, build }: Pick<EngineOptions, 'config' | 'build'>, clock: Clock): RunAbout {
  return { config, build, venue: venueName(config), nowNs: clock.nowNs(), wallMs: clock.wallMs() };
}

export function buildMemory(
  { config, build }: Pick<EngineOptions, 'config' | 'build'>,
  instruments: readonly Instrument[],
  run: number,
  workers: number,
): MetricsMemory {
  return createMetricsMemory({
    instruments: instruments.map((instrument) => ({
      name: instrument.instId,
      coin: instrument.baseCcy,
      tickSz: instrument.tick.step,
      lotSz: instrument.lot.step,
      lotValue: instrument.lotValue,
      isInverse: instrument.kind === ContractKind.inverse,
      settleCcy: instrument.settleCcy,
    })),
    connections: CONNECTION_NAMES,
    workers,
    bookStates: namesOf(BookState),
    orderStates: namesOf(OrderState),
    gateReasons: namesOf(GateReason),
    rejectDecisions: namesOf(RejectDecision),
    killTriggers: namesOf(KillTrigger),
    killLevels: namesOf(KillLevel),
    build: { ...build, venue: config.venue.kind, run: String(run) },
  });
}

function watchesOf({ account, engine, instruments }: Config): Pick<LoopOptions, 'brakes' | 'watches'> {
  return {
    brakes: instruments.map(({ brakes, limits }) => ({
      volatilityBps: limitOrNone(brakes.volatilityBps),
      volatilityWindowNs: brakes.volatilityWindowMs * NS_PER_MS,
      adverseBps: limitOrNone(brakes.adverseBps),
      holdNs: brakes.holdMs * NS_PER_MS,
      lossMax: limits.loss ?? Infinity,
    })),
    watches: {
      drawdownMax: account.drawdownMax ?? account.lossMax,
      marginRatioMin: account.marginRatioMin,
      liquidationDistanceBps: account.liquidationDistanceBps,
      orderToTradeMax: account.orderToTradeMax,
      clockOffsetMsMax: engine.clockOffsetMsMax,
      stallNsMax: limitOrNone(engine.stallMsMax) * NS_PER_MS,
    },
  };
}

/** In the configuration zero is no limit; to a brake it would be one that everything reaches. */
function limitOrNone(limit: number): number {
  return limit === 0 ? Infinity : limit;
}

function timingsOf({ engine }: Config): LoopTimings {
  return {
    quoteAgeNsMax: engine.quoteAgeMsMax * NS_PER_MS,
    bookSilenceNsMax: engine.bookSilenceMsMax * NS_PER_MS,
    ackTimeoutNs: engine.ackTimeoutMs * NS_PER_MS,
    orderExpiryMs: engine.orderExpiryMs,
    bookAgeNsMax: engine.bookAgeMsMax * NS_PER_MS,
    heartbeatNs: HEARTBEAT_NS,
    switchNs: engine.deadMansSwitchSeconds * NS_PER_SECOND,
    auditNs: engine.auditMs * NS_PER_MS,
    privateStaleNs: PRIVATE_STALE_NS,
  };
}

/** What the sessions of an engine subscribe, by connection. */
export function channelsOf(
  config: Config,
  instruments: readonly Instrument[],
): Record<(typeof CONNECTION_NAMES)[number], ChannelArg[]> {
  const ofEach = (channel: Channel, which = instruments): ChannelArg[] =>
    which.map(({ instId }) => ({ channel, instId }));
  const contracts = instruments.filter(
    ({ type }) => type !== InstrumentType.spot && type !== InstrumentType.margin,
  );
  const types = [...new Set(instruments.map(({ type }) => INST_TYPES[type]))];
  return {
    public: [
      ...ofEach(config.venue.depthChannel),
      ...ofEach(Channel.trades),
      ...ofEach(Channel.priceLimit),
      ...ofEach(Channel.markPrice, contracts),
      ...familiesOf(instruments).map((instFamily) => ({ channel: Channel.optSummary, instFamily })),
      ...indexesOf(config, instruments).map((instId) => ({ channel: Channel.indexTickers, instId })),
      ...types.map((instType) => ({ channel: Channel.instruments, instType })),
      { channel: Channel.status },
    ],
    private: [
      { channel: Channel.orders, instType: 'ANY' },
      { channel: Channel.fills },
      { channel: Channel.positions, instType: 'ANY' },
    ],
    // With the snapshots that come every few seconds, as positions has them: margin shrinks by the mark alone. The venue
    // also closes a connection on which nothing is subscribed after 30 s.
    trade: [{ channel: Channel.account }],
  };
}

/** Of options, each once: what their forwards, volatilities and deltas are told by. */
function familiesOf(instruments: readonly Instrument[]): string[] {
  const options = instruments.filter(({ option }) => option !== null);
  return [...new Set(options.map(({ instFamily }) => instFamily))];
}

/** The indexes that a fair value reads, and that limits of options can be counted by, each once. */
function indexesOf(config: Config, instruments: readonly Instrument[]): string[] {
  const readers = instruments.filter(
    ({ index, option }) => option !== null || config.instruments[index]!.strategy.fair.index.weight !== 0,
  );
  return [...new Set(readers.map(indexOf))];
}

/**
 * Depth and orders the engine cannot do without, nor, with contracts, the channels that its limits of margin hang on;
 * everything else only adds to what it knows.
 */
export function isNeededChannel(config: Config, { channel }: ChannelArg): boolean {
  const { account, instruments, venue } = config;
  // Where spot is on margin too, the account has the same limits of margin.
  const hasContracts = instruments.some(({ tradeMode }) => tradeMode !== 'cash');
  if (channel === Channel.account) return hasContracts && account.marginRatioMin > 0;
  if (channel === Channel.positions) return hasContracts && account.liquidationDistanceBps > 0;
  return channel === venue.depthChannel || channel === Channel.orders;
}
