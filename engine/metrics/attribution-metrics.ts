import { ABSENT, CURRENCY, OF_INSTRUMENT, counter, gauge } from './metric-definition.ts';
import type { LabelName, MetricDefinition } from './metric-definition.ts';

const OF_SIDE: readonly LabelName[] = ['instrument', 'side'];
const OF_HORIZON: readonly LabelName[] = ['instrument', 'side', 'horizon'];
const OF_LEVEL: readonly LabelName[] = ['instrument', 'level'];
const OF_AGE: readonly LabelName[] = ['instrument', 'quote_age'];
const OF_QUEUE: readonly LabelName[] = ['instrument', 'queue'];
const OF_MODEL: readonly LabelName[] = ['instrument', 'model'];
const OF_VERSION: readonly LabelName[] = ['instrument', 'version_row'];

/**
 * What each fill came to, since the start of the process. Money that may go either way is a gauge that adds up: its change
 * over a while is `delta`, by value `delta(…profit…) / delta(…value…)`.
 */
export const ATTRIBUTION_METRICS = {
  // Profit.
  profitPart: gauge(
    'okxmm_profit_part',
    ['instrument', 'part'],
    'Parts of the profit since the start, in the settlement currency; they add up to it.',
    CURRENCY,
  ),
  profitResidual: gauge(
    'okxmm_profit_residual',
    OF_INSTRUMENT,
    "Profit of the ledger that its parts do not explain, beyond rounding, as of the last minute's check; 0 when all is well.",
    CURRENCY,
  ),

  // After fills.
  markoutProfit: gauge(
    'okxmm_markout_profit_quote',
    OF_HORIZON,
    'Sum of what fills had gained at the horizon after them, against the middle then: above zero the market went our way.',
    CURRENCY,
  ),
  markoutValue: gauge(
    'okxmm_markout_value_quote',
    OF_HORIZON,
    'Value of the fills that have reached the horizon.',
    CURRENCY,
  ),
  markoutsDropped: counter(
    'okxmm_markouts_dropped_total',
    OF_INSTRUMENT,
    'Markouts that are not known: too many fills came within a horizon, or one was told long after.',
  ),

  // Time quoted.
  quotedSeconds: counter(
    'okxmm_quoted_seconds_total',
    OF_SIDE,
    'Time for which an order of ours rested on the side.',
    { unit: 's' },
  ),
  quotedBothSeconds: counter(
    'okxmm_quoted_both_seconds_total',
    OF_INSTRUMENT,
    'Time for which orders of ours rested on both sides.',
    { unit: 's' },
  ),
  quotedSampledSeconds: counter(
    'okxmm_quoted_sampled_seconds_total',
    OF_INSTRUMENT,
    'Time that was looked at, quoted or not.',
    { unit: 's' },
  ),
  quotedDistance: gauge(
    'okxmm_quoted_distance_bps_seconds',
    OF_SIDE,
    'Distance of our best order from the middle in bps, added up over the seconds quoted.',
  ),

  // Fills by group.
  sideFills: counter('okxmm_side_fills_total', OF_SIDE, 'Fills by side.'),
  sideValue: counter('okxmm_side_volume_quote_total', OF_SIDE, 'Value filled, by side.', CURRENCY),
  sideSpread: gauge(
    'okxmm_side_spread_quote',
    OF_SIDE,
    'Sum of what fills captured against the middle just before them, by side.',
    CURRENCY,
  ),
  sideFees: gauge(
    'okxmm_side_fees_quote',
    OF_SIDE,
    'Sum of fees and rebates of fills, above zero received, by side.',
    CURRENCY,
  ),
  sideMarkout: gauge(
    'okxmm_side_markout_quote',
    OF_SIDE,
    'Sum of what fills had gained 5 s after them, by side.',
    CURRENCY,
  ),
  levelFills: counter('okxmm_level_fills_total', OF_LEVEL, 'Fills by level of the ladder.'),
  levelValue: counter(
    'okxmm_level_volume_quote_total',
    OF_LEVEL,
    'Value filled, by level of the ladder.',
    CURRENCY,
  ),
  levelSpread: gauge(
    'okxmm_level_spread_quote',
    OF_LEVEL,
    'Sum of what fills captured against the middle just before them, by level of the ladder.',
    CURRENCY,
  ),
  levelFees: gauge(
    'okxmm_level_fees_quote',
    OF_LEVEL,
    'Sum of fees and rebates of fills, above zero received, by level of the ladder.',
    CURRENCY,
  ),
  levelMarkout: gauge(
    'okxmm_level_markout_quote',
    OF_LEVEL,
    'Sum of what fills had gained 5 s after them, by level of the ladder.',
    CURRENCY,
  ),
  ageFills: counter('okxmm_quote_age_fills_total', OF_AGE, 'Fills by age of the quote when it traded.'),
  ageValue: counter(
    'okxmm_quote_age_volume_quote_total',
    OF_AGE,
    'Value filled, by age of the quote when it traded.',
    CURRENCY,
  ),
  ageSpread: gauge(
    'okxmm_quote_age_spread_quote',
    OF_AGE,
    'Sum of what fills captured against the middle just before them, by age of the quote when it traded.',
    CURRENCY,
  ),
  ageFees: gauge(
    'okxmm_quote_age_fees_quote',
    OF_AGE,
    'Sum of fees and rebates of fills, above zero received, by age of the quote when it traded.',
    CURRENCY,
  ),
  ageMarkout: gauge(
    'okxmm_quote_age_markout_quote',
    OF_AGE,
    'Sum of what fills had gained 5 s after them, by age of the quote when it traded.',
    CURRENCY,
  ),
  queueFills: counter(
    'okxmm_queue_fills_total',
    OF_QUEUE,
    'Fills by what rested before the order when it traded, by its own size.',
  ),
  queueValue: counter(
    'okxmm_queue_volume_quote_total',
    OF_QUEUE,
    'Value filled, by what rested before the order when it traded, by its own size.',
    CURRENCY,
  ),
  queueSpread: gauge(
    'okxmm_queue_spread_quote',
    OF_QUEUE,
    'Sum of what fills captured against the middle just before them, by what rested before the order when it traded, by its own size.',
    CURRENCY,
  ),
  queueFees: gauge(
    'okxmm_queue_fees_quote',
    OF_QUEUE,
    'Sum of fees and rebates of fills, above zero received, by what rested before the order when it traded, by its own size.',
    CURRENCY,
  ),
  queueMarkout: gauge(
    'okxmm_queue_markout_quote',
    OF_QUEUE,
    'Sum of what fills had gained 5 s after them, by what rested before the order when it traded, by its own size.',
    CURRENCY,
  ),
  modelFills: counter('okxmm_model_fills_total', OF_MODEL, 'Fills by quoting model.'),
  modelValue: counter(
    'okxmm_model_volume_quote_total',
    OF_MODEL,
    'Value filled, by quoting model.',
    CURRENCY,
  ),
  modelSpread: gauge(
    'okxmm_model_spread_quote',
    OF_MODEL,
    'Sum of what fills captured against the middle just before them, by quoting model.',
    CURRENCY,
  ),
  modelFees: gauge(
    'okxmm_model_fees_quote',
    OF_MODEL,
    'Sum of fees and rebates of fills, above zero received, by quoting model.',
    CURRENCY,
  ),
  modelMarkout: gauge(
    'okxmm_model_markout_quote',
    OF_MODEL,
    'Sum of what fills had gained 5 s after them, by quoting model.',
    CURRENCY,
  ),

  // Fills by version of the parameters: rows are used again, the newest versions have one each.
  versionModel: gauge(
    'okxmm_version_model',
    OF_VERSION,
    'Version of the calibrated model that the row is of; absent while it is of none.',
    ABSENT,
  ),
  versionConfig: gauge(
    'okxmm_version_config',
    OF_VERSION,
    'Version of the configured parameters that the row is of; absent while it is of none.',
    ABSENT,
  ),
  versionFills: gauge('okxmm_version_fills', OF_VERSION, 'Fills by versions of the parameters.'),
  versionValue: gauge('okxmm_version_volume_quote', OF_VERSION, 'Value filled, by versions.', CURRENCY),
  versionSpread: gauge(
    'okxmm_version_spread_quote',
    OF_VERSION,
    'What fills captured, by versions.',
    CURRENCY,
  ),
  versionFees: gauge(
    'okxmm_version_fees_quote',
    OF_VERSION,
    'Fees and rebates of fills, above zero received, by versions.',
    CURRENCY,
  ),
  versionMarkout: gauge(
    'okxmm_version_markout_quote',
    OF_VERSION,
    'What fills had gained 5 s after them, by versions.',
    CURRENCY,
  ),
} as const satisfies Record<string, MetricDefinition>;
