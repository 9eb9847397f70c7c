/**
 * Every metric of the engine, once: name, kind, unit, help, labels, who writes it and how its cell is read.
 * The memory layout, the exposition, the status page and the tests of dashboards and alert rules are all
 * derived from this list.
 *
 * Naming (prometheus.io/docs/practices/naming, read 2026): okxmm_<noun>_<unit>, `_total` for counters, base
 * units. Labels come from fixed sets only, so the number of series is known when the process starts.
 */

import { CommandOp } from '../base/command-op.ts';
import { LoopMode } from '../base/loop-mode.ts';

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

/** `fees` has the sign of a result: negative when paid, positive when a rebate was received. */
export const PnlKind = { realised: 0, unrealised: 1, fees: 2 } as const;
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

/** The values of each label. A function, since some sets are only known when the process starts. */
export const LABEL_VALUES = {
  instrument: (dimensions: MetricsDimensions) => dimensions.instruments.map((instrument) => instrument.name),
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
  decision: (dimensions: MetricsDimensions) => dimensions.rejectDecisions,
  book_state: (dimensions: MetricsDimensions) => dimensions.bookStates,
  engine_state: () => namesOf(EngineState),
  trigger: (dimensions: MetricsDimensions) => dimensions.killTriggers,
  finding: () => namesOf(AuditFinding),
  loop_mode: () => namesOf(LoopMode),
  gc_kind: () => namesOf(GcKind),
  version: (dimensions: MetricsDimensions) => [dimensions.build.version],
  node: (dimensions: MetricsDimensions) => [dimensions.build.node],
  venue: (dimensions: MetricsDimensions) => [dimensions.build.venue],
  run: (dimensions: MetricsDimensions) => [dimensions.build.run],
} as const satisfies Record<string, (dimensions: MetricsDimensions) => readonly string[]>;
export type LabelName = keyof typeof LABEL_VALUES;

export type MetricKind = 'counter' | 'gauge' | 'histogram';

/**
 * Who provides the samples. The engine thread and each worker have cells in a block of their own, cache lines
 * apart. 'board': the exporter takes them from the status board, so that the engine writes such a state in
 * one place only. 'exporter': the exporter asks the system.
 */
export type MetricOwner = 'engine' | 'worker' | 'board' | 'exporter';

/**
 * How a cell becomes a sample:
 * - value: as it is;
 * - nanoseconds: a duration, shown in seconds;
 * - instant: a monotonic time in nanoseconds, shown as its age in seconds when scraped; absent until first
 *   set;
 * - deadline: the same, shown as the seconds that are left, 0 when it has passed;
 * - state: an index, shown as one series per value of the last label, 1 for the one that holds and 0 for the
 *   others.
 */
export type CellSource = 'value' | 'nanoseconds' | 'instant' | 'deadline' | 'state';

/** Bucket sets of histograms: see `bucketBoundsSeconds` in histogram.ts. */
export type BucketSet = 'internal' | 'roundTrip';

export interface MetricDefinition {
  readonly name: string;
  readonly kind: MetricKind;
  /** Grafana's word for the unit of the exposed sample. */
  readonly unit: 'short' | 's' | 'bytes' | 'currency' | 'percentunit';
  readonly help: string;
  readonly labels: readonly LabelName[];
  readonly owner: MetricOwner;
  readonly source: CellSource;
  /** Not a number until first set, and not exposed while it is not a number. */
  readonly isAbsentUntilSet: boolean;
  /** Of histograms; 'internal' for everything else, where it means nothing. */
  readonly buckets: BucketSet;
}

type Extras = Partial<Pick<MetricDefinition, 'owner' | 'source' | 'isAbsentUntilSet' | 'buckets' | 'unit'>>;

function define(
  kind: MetricKind,
  name: string,
  labels: readonly LabelName[],
  help: string,
  extras: Extras,
): MetricDefinition {
  const unit = kind === 'histogram' ? 's' : 'short';
  const defaults = {
    owner: 'engine',
    source: 'value',
    isAbsentUntilSet: false,
    buckets: 'internal',
    unit,
  } as const;
  return { name, kind, labels, help, ...defaults, ...extras };
}

function counter(
  name: string,
  labels: readonly LabelName[],
  help: string,
  extras: Extras = {},
): MetricDefinition {
  return define('counter', name, labels, help, extras);
}

function gauge(
  name: string,
  labels: readonly LabelName[],
  help: string,
  extras: Extras = {},
): MetricDefinition {
  return define('gauge', name, labels, help, extras);
}

function histogram(
  name: string,
  labels: readonly LabelName[],
  help: string,
  extras: Extras = {},
): MetricDefinition {
  return define('histogram', name, labels, help, { source: 'nanoseconds', ...extras });
}

const AGE: Extras = { source: 'instant', isAbsentUntilSet: true, unit: 's' };
const CURRENCY: Extras = { unit: 'currency' };
const ABSENT: Extras = { isAbsentUntilSet: true };
const ABSENT_CURRENCY: Extras = { isAbsentUntilSet: true, unit: 'currency' };
const ON_BOARD: Extras = { owner: 'board' };
const ON_BOARD_RATIO: Extras = { owner: 'board', unit: 'percentunit' };
const ON_BOARD_CURRENCY: Extras = { owner: 'board', unit: 'currency' };
const OF_INSTRUMENT: readonly LabelName[] = ['instrument'];
const OF_CONNECTION: readonly LabelName[] = ['connection'];
const OF_WORKER: readonly LabelName[] = ['worker'];
const OF_TRIGGER: readonly LabelName[] = ['trigger'];

const CATALOG = {
  // The engine as a whole.
  buildInfo: gauge(
    'okxmm_build_info',
    ['version', 'node', 'venue', 'run'],
    'Always 1; the labels say what runs.',
  ),
  startTime: gauge('okxmm_start_timestamp_seconds', [], 'Wall-clock time of the start.', {
    isAbsentUntilSet: true,
    unit: 's',
  }),
  engineState: gauge('okxmm_engine_state', ['engine_state'], '1 for the state the engine is in.', {
    source: 'state',
  }),
  engineHeartbeat: gauge(
    'okxmm_engine_heartbeat_age_seconds',
    [],
    "Age of the engine thread's last sign of life.",
    AGE,
  ),
  turns: counter('okxmm_turns_total', [], 'Passes of the loop.'),
  eventLoopLag: histogram('okxmm_event_loop_lag_seconds', [], "Lateness of the engine thread's timers."),
  loopMode: gauge('okxmm_loop_mode', ['loop_mode'], '1 for how the engine thread waits for its next input.', {
    source: 'state',
  }),
  loopFallen: gauge(
    'okxmm_loop_fallen_back',
    [],
    '1 while the engine thread sleeps though told to poll or spin: it has no core of its own.',
  ),
  loopFallbacks: counter('okxmm_loop_fallbacks_total', [], 'Times it fell back to sleep.'),
  eventLoopTurns: counter(
    'okxmm_event_loop_turns_total',
    [],
    'Passes that kept the event loop turning; none are counted asleep.',
  ),
  involuntarySwitches: counter(
    'okxmm_involuntary_switches_total',
    [],
    'Times the engine thread was put aside for another; absent without Linux.',
    ABSENT,
  ),
  coreWait: counter(
    'okxmm_core_wait_seconds_total',
    [],
    'How long the engine thread was ready to run without a core; absent where that is not counted.',
    { isAbsentUntilSet: true, unit: 's' },
  ),
  steal: counter(
    'okxmm_steal_seconds_total',
    [],
    'Processor time that the hypervisor gave to other machines, all cores; absent without Linux.',
    { isAbsentUntilSet: true, unit: 's' },
  ),
  gcPause: histogram(
    'okxmm_gc_pause_seconds',
    ['gc_kind'],
    'Pauses of the engine thread to collect garbage, since its sessions were up.',
  ),
  clockOffset: gauge(
    'okxmm_clock_offset_seconds',
    [],
    "Venue's clock minus this machine's, as last measured.",
    {
      isAbsentUntilSet: true,
      unit: 's',
    },
  ),
  residentMemory: gauge('okxmm_resident_memory_bytes', [], 'Resident memory of the process.', {
    owner: 'exporter',
    unit: 'bytes',
  }),
  cpuTime: counter('okxmm_cpu_seconds_total', [], 'Processor time of the process, all threads.', {
    owner: 'exporter',
    unit: 's',
  }),

  // The kill ladder, and what it watches.
  killLevel: gauge(
    'okxmm_kill_level',
    [],
    'How far the account is held back: 0 quoting, 1 wider, 2 reduce only, 3 paused, 4 halted.',
  ),
  killReason: gauge(
    'okxmm_kill_reason',
    OF_TRIGGER,
    '1 for the trigger that holds the account at its level, or none.',
    { source: 'state' },
  ),
  killActive: gauge(
    'okxmm_kill_active',
    OF_TRIGGER,
    'In how many scopes the trigger holds a level; scopes are the account and each instrument.',
  ),
  killRaised: counter('okxmm_kill_raised_total', OF_TRIGGER, 'How often the trigger came up.'),
  instrumentKillLevel: gauge(
    'okxmm_instrument_kill_level',
    OF_INSTRUMENT,
    'How far the instrument is held back, by the account or by itself; levels as of okxmm_kill_level.',
    ON_BOARD,
  ),
  accountLoss: gauge(
    'okxmm_account_loss_quote',
    [],
    'Loss since the baseline, over restarts; 0 while there is a profit.',
    CURRENCY,
  ),
  accountLossMax: gauge(
    'okxmm_account_loss_max_quote',
    [],
    'Loss that halts; absent without a limit.',
    ABSENT_CURRENCY,
  ),
  accountDrawdown: gauge(
    'okxmm_account_drawdown_quote',
    [],
    'Fall of the profit from its peak, over restarts.',
    CURRENCY,
  ),
  accountDrawdownMax: gauge(
    'okxmm_account_drawdown_max_quote',
    [],
    'Drawdown that halts; absent without a limit.',
    ABSENT_CURRENCY,
  ),
  instrumentLoss: gauge(
    'okxmm_instrument_loss_quote',
    OF_INSTRUMENT,
    'Loss of the instrument since its baseline, in the currency of the account.',
    ON_BOARD_CURRENCY,
  ),
  instrumentLossMax: gauge(
    'okxmm_instrument_loss_max_quote',
    OF_INSTRUMENT,
    'Loss that pauses the instrument; absent without a limit.',
    ON_BOARD_CURRENCY,
  ),
  marginRatio: gauge(
    'okxmm_margin_ratio',
    [],
    'Equity over maintenance margin as the venue tells it; 1 is liquidation. Absent while no margin is used.',
    ABSENT,
  ),
  marginRatioMin: gauge(
    'okxmm_margin_ratio_min',
    [],
    'Margin ratio below which positions are only reduced; absent without a limit.',
    ABSENT,
  ),
  liquidationDistance: gauge(
    'okxmm_liquidation_distance_ratio',
    OF_INSTRUMENT,
    'How far the mark may still go against the position, as a share of the mark; absent without a position.',
    ON_BOARD_RATIO,
  ),
  fairMove: gauge(
    'okxmm_fair_price_move_ratio',
    OF_INSTRUMENT,
    'Distance of the highest fair price from the lowest within the window of the volatility brake.',
    ON_BOARD_RATIO,
  ),
  markoutLoss: gauge(
    'okxmm_markout_loss_ratio',
    OF_INSTRUMENT,
    'What fills lost on average in the second after them, as a share of their price; negative when they gained.',
    ON_BOARD_RATIO,
  ),
  fillsUnmarked: counter(
    'okxmm_fills_unmarked_total',
    [],
    'Fills that the adverse selection brake could not look at: too many in a second.',
  ),
  ordersPerFill: gauge(
    'okxmm_orders_per_fill',
    [],
    'Places and amends for each fill of the last minute; of no fill as of one.',
  ),
  stalls: counter('okxmm_stalls_total', [], 'Times the engine thread stood still for longer than allowed.'),

  // What stands behind the engine: the dead man's switch, the state on disk, recovery and audit.
  switchLeft: gauge(
    'okxmm_switch_left_seconds',
    [],
    "Time until the venue's dead man's switch cancels our orders, unless it hears from us; absent before it is armed.",
    { source: 'deadline', isAbsentUntilSet: true, unit: 's' },
  ),
  switchBeats: counter('okxmm_switch_beats_total', [], 'Times the venue confirmed the switch.'),
  switchFailures: counter('okxmm_switch_failures_total', [], 'Times it did not.'),
  stateSaves: counter('okxmm_state_saves_total', [], 'Times the state was written to disk.'),
  stateFailures: counter('okxmm_state_failures_total', [], 'Times it could not be written.'),
  stateUnsaved: gauge(
    'okxmm_state_unsaved',
    [],
    '1 while something has changed that a restart must know and the disk does not.',
  ),
  stateAge: gauge('okxmm_state_age_seconds', [], 'Age of the state on disk.', AGE),
  recoveries: counter(
    'okxmm_recoveries_total',
    [],
    'Times the account was taken up anew: at the start, after a lost session, in doubt.',
  ),
  recoveryDifferences: counter(
    'okxmm_recovery_differences_total',
    [],
    'Positions that the venue told otherwise than our trades add up to.',
  ),
  audits: counter('okxmm_audits_total', [], 'Comparisons of orders, trades and positions with the venue.'),
  auditAge: gauge('okxmm_audit_age_seconds', [], 'Age of the last comparison.', AGE),
  auditFindings: counter(
    'okxmm_audit_findings_total',
    ['finding'],
    'What the comparisons found otherwise at the venue than here.',
  ),

  // Latency.
  stageLatency: histogram(
    'okxmm_stage_latency_seconds',
    ['stage'],
    'Time from the receipt of a frame to the end of each stage; received: venue to receipt; acknowledged: sent to ack.',
  ),
  tickToTrade: histogram(
    'okxmm_tick_to_trade_seconds',
    [],
    'Time from the receipt of a frame to the batch that answers it having been handed to the socket.',
  ),
  roundTrip: histogram('okxmm_order_round_trip_seconds', ['op'], 'Time from sending a request to its ack.', {
    buckets: 'roundTrip',
  }),

  // Frames and sessions.
  framesReceived: counter('okxmm_frames_received_total', OF_CONNECTION, 'Frames received.'),
  bytesReceived: counter('okxmm_received_bytes_total', OF_CONNECTION, 'Payload bytes received.', {
    unit: 'bytes',
  }),
  framesDecoded: counter(
    'okxmm_frames_decoded_total',
    OF_CONNECTION,
    'Frames decoded by a decoder of the path.',
  ),
  framesSlow: counter('okxmm_frames_slow_total', OF_CONNECTION, 'Legal frames that needed the slow decoder.'),
  framesMalformed: counter(
    'okxmm_frames_malformed_total',
    OF_CONNECTION,
    'Frames that could not be decoded.',
  ),
  framesUnknown: counter(
    'okxmm_frames_unknown_total',
    OF_CONNECTION,
    'Frames about no known instrument or order.',
  ),
  sessionUp: gauge('okxmm_session_up', OF_CONNECTION, '1 while the session is logged in and subscribed.'),
  sessionReconnects: counter(
    'okxmm_session_reconnects_total',
    OF_CONNECTION,
    'Connections lost and attempted anew.',
  ),
  sessionSilence: gauge(
    'okxmm_session_silence_seconds',
    OF_CONNECTION,
    'Age of the last frame of the session.',
    AGE,
  ),

  // Books.
  bookState: gauge(
    'okxmm_book_state',
    ['instrument', 'book_state'],
    '1 for the state the book is in.',
    ON_BOARD,
  ),
  bookQuotable: gauge(
    'okxmm_book_quotable',
    OF_INSTRUMENT,
    '1 while the book is synced, two-sided and not crossed.',
    ON_BOARD,
  ),
  bookAge: gauge(
    'okxmm_book_age_seconds',
    OF_INSTRUMENT,
    'Age of the last frame that concerned the book.',
    AGE,
  ),
  bookUpdates: counter('okxmm_book_updates_total', OF_INSTRUMENT, 'Updates applied to the book.'),
  bookSnapshots: counter('okxmm_book_snapshots_total', OF_INSTRUMENT, 'Snapshots applied to the book.'),
  bookGaps: counter('okxmm_book_gaps_total', OF_INSTRUMENT, 'Sequence gaps: each broke the book.'),
  bookResets: counter(
    'okxmm_book_resets_total',
    OF_INSTRUMENT,
    'Sequence resets by the venue (maintenance).',
  ),
  bookResyncs: counter('okxmm_book_resyncs_total', OF_INSTRUMENT, 'Requests for a new snapshot.'),
  bookCrossed: counter('okxmm_book_crossed_total', OF_INSTRUMENT, 'Updates that left the book crossed.'),
  bookBestPrice: gauge(
    'okxmm_book_best_price',
    ['instrument', 'side'],
    'Best price of the book.',
    ON_BOARD_CURRENCY,
  ),

  // Quotes.
  quotesTaken: counter('okxmm_quotes_taken_total', OF_INSTRUMENT, 'Quotes of workers that were acted upon.'),
  quotesStale: counter(
    'okxmm_quotes_stale_total',
    OF_INSTRUMENT,
    'Quotes refused because the book had moved on.',
  ),
  quotesDropped: counter(
    'okxmm_quotes_dropped_total',
    OF_INSTRUMENT,
    'Quotes refused because their book has broken since, or may not be quoted.',
  ),
  guardPulls: counter('okxmm_guard_pulls_total', OF_INSTRUMENT, 'Orders cancelled by the guard.'),
  guardReprices: counter('okxmm_guard_reprices_total', OF_INSTRUMENT, 'Orders repriced by the guard.'),
  quoteBestPrice: gauge(
    'okxmm_quote_best_price',
    ['instrument', 'side'],
    'Best price we want to quote.',
    ON_BOARD_CURRENCY,
  ),
  quoteFairPrice: gauge(
    'okxmm_quote_fair_price',
    OF_INSTRUMENT,
    'Fair price of the newest quote.',
    ON_BOARD_CURRENCY,
  ),

  // Quote workers. The first two are written by the engine, the others by the worker itself.
  workerRestarts: counter('okxmm_worker_restarts_total', OF_WORKER, 'Quote workers replaced, dead or stuck.'),
  workerHeartbeat: gauge(
    'okxmm_worker_heartbeat_age_seconds',
    OF_WORKER,
    "Age of a worker's last sign of life.",
    AGE,
  ),
  workerQuotes: counter('okxmm_worker_quotes_total', OF_WORKER, 'Quotes computed.', { owner: 'worker' }),
  workerCompute: histogram('okxmm_worker_compute_seconds', OF_WORKER, 'Time to compute one quote.', {
    owner: 'worker',
  }),

  // Commands, acks and orders.
  commands: counter('okxmm_commands_total', ['instrument', 'op'], 'Commands sent, each an item of a batch.'),
  requests: counter('okxmm_requests_total', ['op'], 'Messages sent to the trade session.'),
  acks: counter('okxmm_acks_total', ['op', 'result'], 'Acks of commands, item by item.'),
  venueRejects: counter(
    'okxmm_venue_rejects_total',
    ['decision'],
    'Commands the venue refused, by what that means.',
  ),
  gateRejects: counter('okxmm_gate_rejects_total', ['reason'], 'Commands struck by the risk gate.'),
  throttled: counter('okxmm_throttled_total', ['op'], 'Commands held back by the message budget.'),
  budgetLeft: gauge('okxmm_budget_left', ['instrument', 'op'], 'Commands the message budget allows now.'),
  accountBudgetLeft: gauge(
    'okxmm_account_budget_left',
    [],
    "Places and amends the sub-account's budget allows now.",
  ),
  orderEvents: counter('okxmm_orders_total', ['instrument', 'event'], 'Orders, by what the venue confirmed.'),
  ordersInDoubt: gauge(
    'okxmm_orders_in_doubt',
    [],
    'Orders of which it is not known whether they rest: they count at their full risk.',
  ),
  doubtAge: gauge(
    'okxmm_order_doubt_age_seconds',
    [],
    'For how long the oldest of them has been in doubt; absent while there is none.',
    AGE,
  ),
  illegalTransitions: counter(
    'okxmm_illegal_transitions_total',
    [],
    'Messages an order could not be in for.',
  ),
  otherFees: counter(
    'okxmm_other_fees_total',
    [],
    'Fills whose fee was in a third currency: it is in no profit figure.',
  ),
  foreignOrders: counter(
    'okxmm_foreign_orders_total',
    [],
    'Updates about orders of another run or another program.',
  ),
  openOrders: gauge(
    'okxmm_open_orders',
    ['instrument', 'side'],
    'Orders that are or may be resting at the venue.',
    ON_BOARD,
  ),
  exposureLots: gauge(
    'okxmm_exposure_lots',
    ['instrument', 'side'],
    'Worst-case lots still to fill, in flight included.',
    ON_BOARD,
  ),

  // Fills, position and profit.
  fills: counter('okxmm_fills_total', ['instrument', 'side', 'liquidity'], 'Fills.'),
  volume: counter(
    'okxmm_volume_quote_total',
    ['instrument', 'side'],
    'Value filled, in the quote currency.',
    CURRENCY,
  ),
  positionLots: gauge('okxmm_position_lots', OF_INSTRUMENT, 'Position; negative when short.', ON_BOARD),
  untoldLots: gauge(
    'okxmm_untold_lots',
    OF_INSTRUMENT,
    'Lots that an order is told to have filled and whose trades are not told yet; signed.',
    ON_BOARD,
  ),
  positionLotsMax: gauge(
    'okxmm_position_max_lots',
    OF_INSTRUMENT,
    'Limit of the position, either way.',
    ON_BOARD,
  ),
  positionNotional: gauge(
    'okxmm_position_notional_quote',
    OF_INSTRUMENT,
    'Value of the position at the mid; negative when short.',
    ON_BOARD_CURRENCY,
  ),
  pnl: gauge(
    'okxmm_pnl_quote',
    ['instrument', 'kind'],
    'Profit over restarts in the quote currency (inverse contracts: in the settlement coin); fees negative when paid.',
    ON_BOARD_CURRENCY,
  ),
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
