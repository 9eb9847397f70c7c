import type { Panel } from './panels.ts';
import { row, stat, timeSeries } from './panels.ts';
import { JOB, query } from './queries.ts';

/** The last row: several accounts under one supervisor; empty where there is none. */
export function fleetRow(): Panel[] {
  return [
    row('Several accounts'),
    stat('Accounts up', 'Accounts whose engine runs and answers.', 'short', 3, [
      query(`sum(okxmm_fleet_account_up{${JOB}})`, 'up'),
    ]),
    stat('Accounts ready', 'Accounts that quote with every session up and every book synced.', 'short', 3, [
      query(`sum(okxmm_fleet_account_ready{${JOB}})`, 'ready'),
    ]),
    stat('Limit exceeded', 'The limit over all accounts that holds every one back.', 'short', 6, [
      query(`okxmm_fleet_limit_exceeded{${JOB}} == 1`, '{{limit}}'),
    ]),
    timeSeries(
      'Accounts held back, down and silent',
      'Level of the kill ladder by account; 1 for one that stays down; seconds since the figures of one that runs.',
      'short',
      12,
      [
        query(`okxmm_fleet_account_level{${JOB}}`, '{{account}} level'),
        query(`okxmm_fleet_account_final{${JOB}} > 0`, '{{account}} down'),
        query(`okxmm_fleet_account_silence_seconds{${JOB}} > 5`, '{{account}} silent'),
      ],
    ),
    timeSeries('Profit by account', 'Net profit over restarts of each account and of all.', 'short', 12, [
      query(`okxmm_fleet_account_profit_quote{${JOB}}`, '{{account}}'),
      query(`okxmm_fleet_profit_quote{${JOB}}`, 'all'),
    ]),
    timeSeries(
      'Positions by account',
      'What all positions are worth, long and short added up, of each account and of all; and the limit over all.',
      'short',
      12,
      [
        query(`okxmm_fleet_account_held_quote{${JOB}}`, '{{account}}'),
        query(`okxmm_fleet_held_quote{${JOB}}`, 'all'),
        query(`okxmm_fleet_limit_quote{${JOB}, limit="notional"}`, 'limit'),
      ],
    ),
    timeSeries(
      'Loss and drawdown of all against their limits',
      'What all have lost since the baseline and from their best; at the limit every account is halted.',
      'short',
      12,
      [
        query(`okxmm_fleet_loss_quote{${JOB}}`, 'loss'),
        query(`okxmm_fleet_drawdown_quote{${JOB}}`, 'drawdown'),
        query(`okxmm_fleet_limit_quote{${JOB}, limit!="notional"}`, '{{limit}} limit'),
      ],
    ),
    timeSeries('Restarts', 'How often an account’s process was started again.', 'short', 12, [
      query(`increase(okxmm_fleet_account_restarts_total{${JOB}}[$__rate_interval])`, '{{account}}'),
    ]),
  ];
}
