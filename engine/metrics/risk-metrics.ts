import {
  ABSENT,
  CURRENCY,
  OF_INSTRUMENT,
  ON_BOARD,
  ON_BOARD_CURRENCY,
  counter,
  gauge,
} from './metric-definition.ts';
import type { Extras, LabelName, MetricDefinition } from './metric-definition.ts';

const ABSENT_CURRENCY: Extras = { isAbsentUntilSet: true, unit: 'currency' };
const ON_BOARD_RATIO: Extras = { owner: 'board', unit: 'percentunit' };
const OF_TRIGGER: readonly LabelName[] = ['trigger'];

/** The kill ladder, and what it watches. */
export const RISK_METRICS = {
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
  accountProfit: gauge(
    'okxmm_account_profit_quote',
    [],
    'Net profit of everything, marked, over restarts; what an instrument made last counts while its mark is not known.',
    ABSENT_CURRENCY,
  ),
  accountHeld: gauge(
    'okxmm_account_held_quote',
    [],
    'What all positions are worth, long and short added up.',
    ABSENT_CURRENCY,
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
} as const satisfies Record<string, MetricDefinition>;
