/**
 * Every metric of the engine, once: name, kind, unit, help, labels, who writes it and how its cell is read.
 * The memory layout, the exposition, the status page and the tests of dashboards and alert rules are all
 * derived from this list.
 *
 * Naming (prometheus.io/docs/practices/naming, read 2026): okxmm_<noun>_<unit>, `_total` for counters, base
 * units. Labels come from fixed sets only, so the number of series is known when the process starts.
 */

import { CommandOp } from '../base/command-op.ts';
import {
  AGE_NAMES,
  HORIZONS_SECONDS,
  LEVEL_NAMES,
  MODEL_NAMES,
  ProfitPart,
  QUEUE_NAMES,
  VERSION_ROW_NAMES,
} from '../base/fill-groups.ts';
import { HedgePhase } from '../base/hedge-phase.ts';
import { LoopMode } from '../base/loop-mode.ts';
import { OrderCategory } from '../base/order-category.ts';
import { FairPart } from '../base/explain-record.ts';
import { CalibrationGate } from '../base/model-record.ts';
import { RequoteVerdict } from '../base/requote-verdict.ts';
import { TokenState } from '../base/token-state.ts';
import { ATTRIBUTION_METRICS } from './attribution-metrics.ts';
import { BROKER_METRICS } from './broker-metrics.ts';
import { ENGINE_METRICS } from './engine-metrics.ts';
import { JOURNAL_METRICS } from './journal-metrics.ts';
import { MARKET_METRICS } from './market-metrics.ts';
import type { LabelName, MetricDefinition } from './metric-definition.ts';
import { MODEL_METRICS } from './model-metrics.ts';
import { OAUTH_METRICS } from './oauth-metrics.ts';
import { ORDER_METRICS } from './order-metrics.ts';
import { PORTFOLIO_METRICS } from './portfolio-metrics.ts';
import { PROTECTION_METRICS } from './protection-metrics.ts';
import { RISK_METRICS } from './risk-metrics.ts';

/**
 * The stages of the path from a frame to its answer, each timed from the receipt of the frame (but see two).
 */
export const Stage = {
  /** The venue's time stamp to the receipt here, by the offset-corrected wall clock. */
  received: 0,
  decoded: 1,
  applied: 2,
  published: 3,
  quoted: 4,
  gated: 5,
  encoded: 6,
  sent: 7,
  /** From sending a request to its ack. */
  acknowledged: 8,
} as const;
export type Stage = (typeof Stage)[keyof typeof Stage];

export const AckResult = { accepted: 0, rejected: 1 } as const;
export type AckResult = (typeof AckResult)[keyof typeof AckResult];

/** What became of an order, as the venue confirmed it; `unknown` counts commands that were never answered. */
export const OrderEvent = { placed: 0, amended: 1, cancelled: 2, filled: 3, unknown: 4 } as const;
export type OrderEvent = (typeof OrderEvent)[keyof typeof OrderEvent];

export const Liquidity = { maker: 0, taker: 1 } as const;
export type Liquidity = (typeof Liquidity)[keyof typeof Liquidity];

/** `fees` and `funding` have the sign of a result: negative when paid, positive when received. */
export const PnlKind = { realised: 0, unrealised: 1, fees: 2, funding: 3 } as const;
export type PnlKind = (typeof PnlKind)[keyof typeof PnlKind];

/** What an audit found otherwise at the venue than here. */
export const AuditFinding = {
  /** An order of ours rests there that we do not know. */
  strayOrder: 0,
  /** An order that we take for resting is not there. */
  missingOrder: 1,
  /** A trade of ours was told by nothing before. */
  untoldTrade: 2,
} as const;
export type AuditFinding = (typeof AuditFinding)[keyof typeof AuditFinding];

/** Which word of the venue's gave an order of ours back without our tag. */
export const TagSource = {
  /** The answer to a place. */
  ack: 0,
  /** A push of the orders channel. */
  push: 1,
  /** A trade by REST. */
  fill: 2,
  /** An open order by REST. */
  order: 3,
  /** An algo order, wherever it was told. */
  algo: 4,
} as const;
export type TagSource = (typeof TagSource)[keyof typeof TagSource];

/** What became of a configuration that another was to be changed to while running. */
export const ConfigurationResult = { applied: 0, refused: 1 } as const;
export type ConfigurationResult = (typeof ConfigurationResult)[keyof typeof ConfigurationResult];

/** What the venue says of an account's rebates; `unknown` before it has said anything, or says what is not known here. */
export const BrokerEligibility = { unknown: 0, eligible: 1, expired: 2, capped: 3, vip: 4, msa: 5 } as const;
export type BrokerEligibility = (typeof BrokerEligibility)[keyof typeof BrokerEligibility];

export const Settlement = { expected: 0, reported: 1, difference: 2 } as const;
export type Settlement = (typeof Settlement)[keyof typeof Settlement];

/** Kinds of garbage collection, as Node tells them apart. */
export const GcKind = { minor: 0, major: 1, incremental: 2, weakCallbacks: 3 } as const;
export type GcKind = (typeof GcKind)[keyof typeof GcKind];

/** The engine as a whole. Only `quoting` is ready; `reducing` quotes only what makes positions smaller. */
export const EngineState = {
  starting: 0,
  quoting: 1,
  paused: 2,
  halted: 3,
  stopping: 4,
  reducing: 5,
} as const;
export type EngineState = (typeof EngineState)[keyof typeof EngineState];

const SIDE_NAMES = ['buy', 'sell'] as const;
const HORIZON_NAMES: readonly string[] = HORIZONS_SECONDS.map((seconds) => `${seconds}s`);

/**
 * The keys of an `as const` table in the order of its values, for `MetricsDimensions`. The values must be 0,
 * 1, 2 … because they are used as indexes into the cells.
 */
export function namesOf(table: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(table).sort((a, b) => a[1] - b[1]);
  for (const [index, [name, value]] of entries.entries()) {
    if (index !== value) {
      throw new RangeError(
        `table of names: expected the values 0 to ${entries.length - 1} once each, was ${name}: ${value}`,
      );
    }
  }
  return entries.map(([name]) => name);
}

/** An instrument as the monitor needs it: its name, and the grids that turn ticks and lots into text. */
export interface InstrumentDimension {
  readonly name: string;
  /** Price step as decimal text, such as "0.1". */
  readonly tickSz: string;
  /** Size step as decimal text. */
  readonly lotSz: string;
  /** The base currency, or that of the underlying. */
  readonly coin: string;
  /** Underlying units of one lot: `Instrument.lotValue`. */
  readonly lotValue: number;
  /** Inverse contracts are worth a fixed amount of the quote currency whatever the price. */
  readonly isInverse: boolean;
  /** Currency of profit and fees. */
  readonly settleCcy: string;
}

/**
 * Everything that decides how many cells there are and what their labels say. Plain data: it goes to other
 * threads by structured clone together with the SharedArrayBuffer.
 */
export interface MetricsDimensions {
  readonly instruments: readonly InstrumentDimension[];
  /** Names of the connections, by connection number: 'public', 'private', 'trade' … */
  readonly connections: readonly string[];
  /** Number of quote workers. */
  readonly workers: number;
  /** `namesOf(BookState)`; must contain 'synced'. */
  readonly bookStates: readonly string[];
  /** `namesOf(OrderState)`: the states of the rows of orders on the status board. */
  readonly orderStates: readonly string[];
  /** `namesOf(GateReason)`. */
  readonly gateReasons: readonly string[];
  /** `namesOf(RejectDecision)`: what the venue's refusals mean for us. */
  readonly rejectDecisions: readonly string[];
  /** `namesOf(KillTrigger)`: who holds the engine back; index 0 is 'none'. */
  readonly killTriggers: readonly string[];
  /** `namesOf(KillLevel)`: how far; index 0 is 'quoting'. */
  readonly killLevels: readonly string[];
  readonly build: {
    readonly version: string;
    readonly node: string;
    /** paper, demo or live. */
    readonly venue: string;
    /** The run's digits inside every client order id. */
    readonly run: string;
  };
}

/** The coins of the instruments, each once. */
export function coinsOf({ instruments }: Pick<MetricsDimensions, 'instruments'>): string[] {
  return [...new Set(instruments.map(({ coin }) => coin))];
}

/** The values of each label. A function, since some sets are only known when the process starts. */
export const LABEL_VALUES = {
  instrument: (dimensions: MetricsDimensions) => dimensions.instruments.map((instrument) => instrument.name),
  coin: coinsOf,
  hedge_phase: () => namesOf(HedgePhase),
  connection: (dimensions: MetricsDimensions) => dimensions.connections,
  worker: (dimensions: MetricsDimensions) =>
    Array.from({ length: dimensions.workers }, (_, index) => `${index}`),
  side: () => SIDE_NAMES,
  stage: () => namesOf(Stage),
  op: () => namesOf(CommandOp),
  result: () => namesOf(AckResult),
  event: () => namesOf(OrderEvent),
  liquidity: () => namesOf(Liquidity),
  kind: () => namesOf(PnlKind),
  reason: (dimensions: MetricsDimensions) => dimensions.gateReasons,
  verdict: () => namesOf(RequoteVerdict),
  decision: (dimensions: MetricsDimensions) => dimensions.rejectDecisions,
  book_state: (dimensions: MetricsDimensions) => dimensions.bookStates,
  engine_state: () => namesOf(EngineState),
  trigger: (dimensions: MetricsDimensions) => dimensions.killTriggers,
  finding: () => namesOf(AuditFinding),
  tag_source: () => namesOf(TagSource),
  category: () => namesOf(OrderCategory),
  change_result: () => namesOf(ConfigurationResult),
  loop_mode: () => namesOf(LoopMode),
  gc_kind: () => namesOf(GcKind),
  eligibility: () => namesOf(BrokerEligibility),
  settlement: () => namesOf(Settlement),
  oauth_state: () => namesOf(TokenState),
  gate: () => Object.keys(CalibrationGate),
  fair_part: () => namesOf(FairPart),
  part: () => namesOf(ProfitPart),
  horizon: () => HORIZON_NAMES,
  level: () => LEVEL_NAMES,
  quote_age: () => AGE_NAMES,
  queue: () => QUEUE_NAMES,
  model: () => MODEL_NAMES,
  version_row: () => VERSION_ROW_NAMES,
  version: (dimensions: MetricsDimensions) => [dimensions.build.version],
  node: (dimensions: MetricsDimensions) => [dimensions.build.node],
  venue: (dimensions: MetricsDimensions) => [dimensions.build.venue],
  run: (dimensions: MetricsDimensions) => [dimensions.build.run],
} as const satisfies Record<LabelName, (dimensions: MetricsDimensions) => readonly string[]>;

const CATALOG = {
  ...ENGINE_METRICS,
  ...JOURNAL_METRICS,
  ...RISK_METRICS,
  ...MARKET_METRICS,
  ...ORDER_METRICS,
  ...PORTFOLIO_METRICS,
  ...PROTECTION_METRICS,
  ...ATTRIBUTION_METRICS,
  ...BROKER_METRICS,
  ...OAUTH_METRICS,
  ...MODEL_METRICS,
} as const satisfies Record<string, MetricDefinition>;

export type MetricId = keyof typeof CATALOG;

export const METRIC_IDS = Object.keys(CATALOG) as readonly MetricId[];

/** The definition of a metric with its kinds widened, for code that walks the catalogue. */
export function definitionOf(id: MetricId): MetricDefinition {
  return CATALOG[id];
}

/** The values of each of a metric's labels, in the order of its labels. */
export function labelValuesOf(
  definition: MetricDefinition,
  dimensions: MetricsDimensions,
): readonly (readonly string[])[] {
  return definition.labels.map((label) => LABEL_VALUES[label](dimensions));
}
