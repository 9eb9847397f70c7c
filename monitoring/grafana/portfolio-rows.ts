import type { Panel } from './panels.ts';
import { row, timeSeries } from './panels.ts';
import { JOB, query, rate } from './queries.ts';

/** Instruments of one coin, together, and what brings them back. */
export function portfolioRow(): Panel[] {
  return [
    row('Portfolio'),
    timeSeries(
      'Net delta against its limit',
      'Share of the limit in use by coin, held and at its worst with everything of one side in flight; negative when short.',
      'percentunit',
      12,
      [
        query(`okxmm_group_delta_coins{${JOB}} / okxmm_group_delta_max_coins{${JOB}}`, '{{coin}} held'),
        query(
          `okxmm_group_delta_worst_coins{${JOB}} / ignoring(side) group_left okxmm_group_delta_max_coins{${JOB}}`,
          '{{coin}} worst of {{side}}',
        ),
      ],
    ),
    timeSeries('Hedger', 'Where the hedger of each coin stands.', 'short', 12, [
      query(`okxmm_hedge_phase{${JOB}} == 1`, '{{coin}} {{hedge_phase}}'),
    ]),
    timeSeries(
      'Cost of hedges against its limit',
      'Share of the limit that fills of hedges have cost this UTC day, with fees; at 1 the hedger stops.',
      'percentunit',
      12,
      [query(`okxmm_hedge_cost_quote{${JOB}} / okxmm_hedge_cost_max_quote{${JOB}}`, '{{coin}}')],
    ),
    timeSeries('Orders of hedges', 'Orders and changes of price a second.', 'ops', 12, [
      query(rate('okxmm_hedge_orders_total', JOB, 'coin'), '{{coin}}'),
    ]),
  ];
}
