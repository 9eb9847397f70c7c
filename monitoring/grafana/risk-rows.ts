import type { Panel } from './panels.ts';
import { row, stat, timeSeries } from './panels.ts';
import { JOB, OF_INSTRUMENT, query, rate } from './queries.ts';

/** Row 2: how far it is held back, and how near it is to that. */
export function riskRow(): Panel[] {
  const share = (used: string, limit: string, matchers: string): string =>
    `${used}{${matchers}} / ${limit}{${matchers}}`;
  return [
    row('Risk'),
    timeSeries(
      'Kill level',
      '0 quoting, 1 wider, 2 reduce only, 3 paused, 4 halted; of the account and of each instrument.',
      'short',
      12,
      [
        query(`okxmm_kill_level{${JOB}}`, 'account'),
        query(`okxmm_instrument_kill_level{${OF_INSTRUMENT}}`, '{{instrument}}'),
      ],
    ),
    timeSeries(
      'Triggers',
      'In how many scopes each trigger holds a level, and how often it came up.',
      'short',
      12,
      [
        query(`okxmm_kill_active{${JOB}} > 0`, '{{trigger}} holds'),
        query(`increase(okxmm_kill_raised_total{${JOB}}[$__rate_interval]) > 0`, '{{trigger}} came up'),
      ],
    ),
    timeSeries(
      'Loss and drawdown against their limits',
      'Share of the limit in use since the baseline, over restarts; at 1 the account halts, an instrument pauses.',
      'percentunit',
      12,
      [
        query(share('okxmm_account_loss_quote', 'okxmm_account_loss_max_quote', JOB), 'loss'),
        query(share('okxmm_account_drawdown_quote', 'okxmm_account_drawdown_max_quote', JOB), 'drawdown'),
        query(
          share('okxmm_instrument_loss_quote', 'okxmm_instrument_loss_max_quote', OF_INSTRUMENT),
          '{{instrument}} loss',
        ),
      ],
    ),
    timeSeries(
      'Profit and positions of the account',
      'Net profit over restarts, marked; and what all positions are worth, long and short added up.',
      'short',
      12,
      [
        query(`okxmm_account_profit_quote{${JOB}}`, '{{instance}} profit'),
        query(`okxmm_account_held_quote{${JOB}}`, '{{instance}} held'),
      ],
    ),
    timeSeries(
      'Margin',
      'Equity over maintenance margin, and the ratio below which positions are only reduced; 1 is liquidation.',
      'short',
      6,
      [
        query(`okxmm_margin_ratio{${JOB}}`, 'ratio'),
        query(`okxmm_margin_ratio_min{${JOB}}`, 'reduce only below'),
      ],
    ),
    timeSeries(
      'Distance of the liquidation',
      'How far the mark may still go against a position, as a share of the mark.',
      'percentunit',
      6,
      [query(`okxmm_liquidation_distance_ratio{${OF_INSTRUMENT}}`, '{{instrument}}')],
    ),
    timeSeries(
      'Stops and exits at the venue',
      'Stops that wait there, positions without the one they should have, exits that go on, and what was asked for and refused.',
      'short',
      12,
      [
        query(`okxmm_protection_stops{${OF_INSTRUMENT}}`, '{{instrument}} stops'),
        query(`okxmm_protection_missing{${OF_INSTRUMENT}} > 0`, '{{instrument}} has none'),
        query(`okxmm_exits_active{${JOB}} > 0`, 'exits'),
        query(`increase(okxmm_protection_requests_total{${JOB}}[$__rate_interval])`, 'requests'),
        query(`increase(okxmm_protection_refusals_total{${JOB}}[$__rate_interval]) > 0`, 'refused'),
        query(`increase(okxmm_protection_triggers_total{${JOB}}[$__rate_interval]) > 0`, 'triggered'),
      ],
    ),
    timeSeries(
      'Brakes',
      'Move of the fair price within its window, and what fills lost on average in the second after them.',
      'percentunit',
      12,
      [
        query(`okxmm_fair_price_move_ratio{${OF_INSTRUMENT}}`, '{{instrument}} move'),
        query(`okxmm_markout_loss_ratio{${OF_INSTRUMENT}}`, '{{instrument}} markout'),
      ],
    ),
    timeSeries('Orders for each fill', 'Places and amends for each fill of the last minute.', 'short', 12, [
      query(`okxmm_orders_per_fill{${JOB}}`, '{{instance}}'),
    ]),
  ];
}

/** Row 3: what stands behind it when it fails. */
export function safetyRow(): Panel[] {
  const increase = (metric: string): string => `increase(${metric}{${JOB}}[$__rate_interval])`;
  return [
    row('Safety'),
    stat(
      'Dead man’s switch',
      'Time until the venue cancels our orders, unless it hears from the engine.',
      's',
      6,
      [query(`okxmm_switch_left_seconds{${JOB}}`, '{{instance}}')],
    ),
    stat(
      'State not on disk',
      '1 while something has changed that a restart must know and the disk does not.',
      'short',
      6,
      [query(`okxmm_state_unsaved{${JOB}}`, '{{instance}}')],
    ),
    stat(
      'Orders in doubt',
      'Orders of which it is not known whether they rest; they count at their full risk.',
      'short',
      6,
      [query(`okxmm_orders_in_doubt{${JOB}}`, '{{instance}}')],
    ),
    stat('Last audit', 'Age of the last comparison with the venue.', 's', 6, [
      query(`okxmm_audit_age_seconds{${JOB}}`, '{{instance}}'),
    ]),
    timeSeries(
      'Calls of the dead man’s switch',
      'Times a second that the venue confirmed it, and that it did not.',
      'ops',
      8,
      [
        query(rate('okxmm_switch_beats_total', JOB, 'instance'), 'confirmed'),
        query(rate('okxmm_switch_failures_total', JOB, 'instance'), 'failed'),
      ],
    ),
    timeSeries('State on disk', 'Writes a second, and those that failed.', 'ops', 8, [
      query(rate('okxmm_state_saves_total', JOB, 'instance'), 'written'),
      query(rate('okxmm_state_failures_total', JOB, 'instance'), 'failed'),
    ]),
    timeSeries('Journal', 'Bytes a second into its ring, and onto the disk; compressed there.', 'Bps', 8, [
      query(rate('okxmm_journal_bytes_total', JOB, 'instance'), 'taken'),
      query(rate('okxmm_journal_stored_bytes_total', JOB, 'instance'), 'stored'),
    ]),
    timeSeries(
      'Records missing from the journal',
      'Its ring was full, or the disk refused them; and how often it refused.',
      'short',
      8,
      [
        query(increase('okxmm_journal_lost_total'), 'ring full'),
        query(increase('okxmm_journal_refused_total'), 'refused'),
        query(increase('okxmm_journal_errors_total'), 'refusals'),
        query(`okxmm_journal_failing{${JOB}}`, 'failing'),
      ],
    ),
    timeSeries(
      'Segments of the journal',
      'Files begun, and the oldest ones deleted to keep it within its bound.',
      'short',
      8,
      [
        query(increase('okxmm_journal_segments_total'), 'begun'),
        query(increase('okxmm_journal_deleted_segments_total'), 'deleted'),
      ],
    ),
    timeSeries('Ages', 'Of the state on disk, and of the oldest order in doubt.', 's', 8, [
      query(`okxmm_state_age_seconds{${JOB}}`, 'state'),
      query(`okxmm_order_doubt_age_seconds{${JOB}}`, 'doubt'),
    ]),
    timeSeries(
      'Recovery',
      'Times the account was taken up anew, and positions told otherwise than our trades add up to.',
      'short',
      8,
      [
        query(increase('okxmm_recoveries_total'), 'recoveries'),
        query(increase('okxmm_recovery_differences_total'), 'differences'),
      ],
    ),
    timeSeries(
      'Audit',
      'Comparisons with the venue, and what they found otherwise there than here.',
      'short',
      8,
      [
        query(increase('okxmm_audits_total'), 'audits'),
        query(increase('okxmm_audit_findings_total'), '{{finding}}'),
      ],
    ),
    timeSeries(
      'Orders without our tag',
      'Words of the venue that gave an order of ours back with another tag, or with none. The first one pauses.',
      'short',
      8,
      [query(increase('okxmm_tag_mismatches_total'), '{{tag_source}}')],
    ),
    timeSeries(
      'Lots without their trade',
      'Lots that an order is told to have filled and whose trades are not told yet; signed.',
      'short',
      8,
      [query(`okxmm_untold_lots{${OF_INSTRUMENT}}`, '{{instrument}}')],
    ),
  ];
}
