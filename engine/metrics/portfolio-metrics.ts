import { counter, gauge } from './metric-definition.ts';
import type { LabelName, MetricDefinition } from './metric-definition.ts';

const OF_COIN: readonly LabelName[] = ['coin'];
const ABSENT_MONEY = { isAbsentUntilSet: true, unit: 'currency' } as const;

/** Instruments of one coin, together. Absent for a coin that has no group. */
export const PORTFOLIO_METRICS = {
  groupDelta: gauge(
    'okxmm_group_delta_coins',
    OF_COIN,
    'Net delta of the positions in instruments of the coin; absent while a price that it hangs on is not known.',
    { isAbsentUntilSet: true },
  ),
  groupDeltaMax: gauge('okxmm_group_delta_max_coins', OF_COIN, 'Largest net delta either way.', {
    isAbsentUntilSet: true,
  }),
  groupWorst: gauge(
    'okxmm_group_delta_worst_coins',
    ['coin', 'side'],
    'Net delta on the side if everything that is in flight on it were filled, and nothing of the other.',
    { isAbsentUntilSet: true },
  ),
  hedgePhase: gauge(
    'okxmm_hedge_phase',
    ['coin', 'hedge_phase'],
    '1 for where the hedger of the coin stands.',
    {
      source: 'state',
    },
  ),
  hedgeOrders: counter('okxmm_hedge_orders_total', OF_COIN, 'Orders and changes of price of the hedger.'),
  hedgeCost: gauge(
    'okxmm_hedge_cost_quote',
    OF_COIN,
    'What hedges have cost this UTC day: fees, and the way from the fair price where they began; negative when gained.',
    ABSENT_MONEY,
  ),
  hedgeCostMax: gauge('okxmm_hedge_cost_max_quote', OF_COIN, 'Cost that stops the hedger.', ABSENT_MONEY),
} as const satisfies Record<string, MetricDefinition>;
