import {
  AGE,
  CURRENCY,
  OF_INSTRUMENT,
  ON_BOARD,
  ON_BOARD_CURRENCY,
  counter,
  gauge,
} from './metric-definition.ts';
import type { MetricDefinition } from './metric-definition.ts';

/** Orders, and what came of them. */
export const ORDER_METRICS = {
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
  requotes: counter(
    'okxmm_requotes_total',
    ['instrument', 'verdict'],
    'Prices that an order beyond the tolerance was weighed against, where an intensity is calibrated: it moved, or was kept as too young, for its place in the queue, or because messages were short.',
  ),
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
  tagMismatches: counter(
    'okxmm_tag_mismatches_total',
    ['tag_source'],
    'Words of the venue that gave an order of ours back with another tag, or with none.',
  ),
  venueFills: counter(
    'okxmm_venue_fills_total',
    ['instrument', 'category'],
    'Trades that the venue made by itself, or by an order that it made of another: liquidations, deliveries and the like.',
  ),
  mmpTriggers: counter(
    'okxmm_mmp_triggers_total',
    ['instrument'],
    'Times the venue’s market maker protection took the orders of a family of options, by the first of them.',
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
