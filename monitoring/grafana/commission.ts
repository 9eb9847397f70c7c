import type { Panel } from './panels.ts';
import { atLeastEvery, dashboard, heatmap, row, stat, timeSeries } from './panels.ts';
import { JOB, OF_INSTRUMENT, query, rate } from './queries.ts';

/** What was added within each step of the page. */
function increase(metric: string, by: string): string {
  return `sum by (${by}) (increase(${metric}{${OF_INSTRUMENT}}[$__rate_interval]))`;
}

/** What was added within the last day, whatever time the page shows. */
function ofDay(title: string, description: string, unit: string, metric: string): Panel {
  const expr = `sum(increase(${metric}{${OF_INSTRUMENT}}[$__rate_interval]))`;
  return atLeastEvery('1d', stat(title, description, unit, 4, [query(expr, 'of the last day')]));
}

/** Row 1: whether anything is earned, and how much of late. */
function standingRow(): Panel[] {
  return [
    row('Standing'),
    stat('Rebates', 'Whether the accounts bring rebates, or why not, as the venue said last.', 'short', 4, [
      query(`okxmm_broker_eligibility{${JOB}} == 1`, '{{instance}} {{eligibility}}'),
    ]),
    stat('Asked', 'Time since the venue was asked; once a day is enough.', 's', 4, [
      query(`okxmm_broker_eligibility_age_seconds{${JOB}}`, '{{instance}}'),
    ]),
    ofDay(
      'Commission of the last day',
      'Rebate to expect of the fills of the last day.',
      'currencyUSD',
      'okxmm_broker_expected_rebate_usdt_total',
    ),
    ofDay(
      'Client volume of the last day',
      'Value of the fills with our broker code.',
      'currencyUSD',
      'okxmm_broker_volume_usdt_total',
    ),
    ofDay(
      'Foreign fills of the last day',
      'Fills without our broker code: nothing is earned on them.',
      'short',
      'okxmm_broker_foreign_fills_total',
    ),
    stat('Ledger', '1 where fills cannot be written to disk, and wait in memory.', 'short', 4, [
      query(`sum(okxmm_broker_ledger_failing{${JOB}})`, 'failing'),
    ]),
  ];
}

/** Row 2: as it comes in. */
function incomeRow(): Panel[] {
  return [
    row('As it comes in'),
    timeSeries('Commission', 'Rebate to expect, a second, by instrument.', 'currencyUSD', 12, [
      query(rate('okxmm_broker_expected_rebate_usdt_total', OF_INSTRUMENT, 'instrument'), '{{instrument}}'),
    ]),
    timeSeries('Commission by account', 'Rebate to expect within each step, by engine.', 'currencyUSD', 12, [
      query(increase('okxmm_broker_expected_rebate_usdt_total', 'instance'), '{{instance}}'),
    ]),
    timeSeries('Fees', 'What clients paid, and what the venue paid makers, a second.', 'currencyUSD', 12, [
      query(rate('okxmm_broker_fees_usdt_total', OF_INSTRUMENT, 'instrument'), '{{instrument}} paid'),
      query(
        rate('okxmm_broker_maker_rebates_usdt_total', OF_INSTRUMENT, 'instrument'),
        '{{instrument}} maker rebates',
      ),
    ]),
    timeSeries(
      'Fills',
      'Fills within each step: all, and those whose value could not be told.',
      'short',
      12,
      [
        query(increase('okxmm_broker_fills_total', 'instrument'), '{{instrument}}'),
        query(increase('okxmm_broker_unpriced_fills_total', 'instrument'), '{{instrument}} without a value'),
      ],
    ),
  ];
}

/** Row 3: when clients trade. */
function volumeRow(): Panel[] {
  const hourly = (panel: Panel): Panel => atLeastEvery('1h', panel);
  return [
    row('Volume by hour'),
    hourly(
      heatmap('Client volume', 'Value of the fills of each hour, by instrument.', 'currencyUSD', 24, [
        query(increase('okxmm_broker_volume_usdt_total', 'instrument'), '{{instrument}}'),
      ]),
    ),
    hourly(
      heatmap('Client volume by account', 'Value of the fills of each hour, by engine.', 'currencyUSD', 24, [
        query(increase('okxmm_broker_volume_usdt_total', 'instance'), '{{instance}}'),
      ]),
    ),
  ];
}

/** Row 4: what was paid of it. */
function settlementRow(): Panel[] {
  return [
    row('Settlement'),
    timeSeries(
      'Settlement history',
      'Of each reconciliation: what was expected, what the venue reported, and the difference.',
      'currencyUSD',
      12,
      [query(`okxmm_broker_settled_usdt{${JOB}}`, '{{instance}} {{settlement}}')],
    ),
    timeSeries(
      'Orders to look at',
      'Of the last reconciliation: missing, extra, without our code, or of another fee or share than expected.',
      'short',
      6,
      [query(`okxmm_broker_open_differences{${JOB}}`, '{{instance}}')],
    ),
    timeSeries('Age of the reconciliation', 'Time since the last one.', 's', 6, [
      query(`time() - okxmm_broker_reconciled_timestamp_seconds{${JOB}}`, '{{instance}}'),
    ]),
  ];
}

/** The second dashboard: what a broker earns, of whom, and what was paid of it. */
export function commissionDashboard(): Record<string, unknown> {
  return {
    ...dashboard(
      'okxmm-commission',
      'okxmm commission',
      'Commission of a broker: as it comes in, by hour, and as it was settled.',
      [...standingRow(), ...incomeRow(), ...volumeRow(), ...settlementRow()],
    ),
    refresh: '1m',
    time: { from: 'now-7d', to: 'now' },
  };
}
