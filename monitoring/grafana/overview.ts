import { configurationRow } from './configuration-rows.ts';
import { modelRow } from './model-rows.ts';
import { fleetRow } from './fleet-rows.ts';
import type { Panel } from './panels.ts';
import { dashboard, heatmap, row, stat, timeSeries } from './panels.ts';
import { portfolioRow } from './portfolio-rows.ts';
import { JOB, OF_INSTRUMENT, percentiles, query, rate } from './queries.ts';
import { riskRow, safetyRow } from './risk-rows.ts';
import { truthRow } from './truth-rows.ts';

/** Row 1: may it trade, and what does it hold. */
function stateRow(): Panel[] {
  return [
    row('State'),
    stat('Engine state', 'What the engine as a whole is doing. Only quoting is ready.', 'short', 3, [
      query(`okxmm_engine_state{${JOB}} == 1`, '{{engine_state}}'),
    ]),
    stat('Held back by', 'The trigger that holds the account at its level of the kill ladder.', 'short', 3, [
      query(`okxmm_kill_reason{${JOB}} == 1`, '{{trigger}}'),
    ]),
    stat('Uptime', 'Time since the process started.', 's', 3, [
      query(`time() - okxmm_start_timestamp_seconds{${JOB}}`, '{{instance}}'),
    ]),
    stat('Heartbeat age', "Age of the engine thread's last sign of life; over 5 s it is stuck.", 's', 3, [
      query(`okxmm_engine_heartbeat_age_seconds{${JOB}}`, '{{instance}}'),
    ]),
    stat('Books synced', 'Books whose contents are known to be the venue’s.', 'short', 3, [
      query(`sum(okxmm_book_state{${JOB}, book_state="synced"})`, 'synced'),
    ]),
    stat('Sessions up', 'Sessions logged in and subscribed.', 'short', 3, [
      query(`sum(okxmm_session_up{${JOB}})`, 'up'),
    ]),
    stat('Open orders', 'Orders that are or may be resting at the venue.', 'short', 3, [
      query(`sum(okxmm_open_orders{${JOB}})`, 'orders'),
    ]),
    stat('Clock offset', "Venue's clock minus this machine's.", 's', 3, [
      query(`okxmm_clock_offset_seconds{${JOB}}`, '{{instance}}'),
    ]),
    timeSeries(
      'Position against its limit',
      'Share of the position limit in use; negative when short.',
      'percentunit',
      12,
      [
        query(
          `okxmm_position_lots{${OF_INSTRUMENT}} / okxmm_position_max_lots{${OF_INSTRUMENT}}`,
          '{{instrument}}',
        ),
      ],
    ),
    timeSeries(
      'Net profit',
      'Realised plus unrealised plus fees, in the quote currency (inverse contracts: in the settlement coin).',
      'short',
      12,
      [query(`sum by (instrument) (okxmm_pnl_quote{${OF_INSTRUMENT}})`, '{{instrument}}')],
    ),
  ];
}

/** Row 4: how fast. */
function latencyRow(): Panel[] {
  return [
    row('Latency'),
    timeSeries(
      'Tick to trade',
      'From the receipt of a frame to the batch that answers it having been handed to the socket.',
      's',
      12,
      percentiles('okxmm_tick_to_trade_seconds', JOB, '', ''),
    ),
    timeSeries(
      'Stages, p99',
      'From the receipt of a frame to the end of each stage. received: venue to receipt; acknowledged: sent to ack.',
      's',
      12,
      [percentiles('okxmm_stage_latency_seconds', JOB, 'stage', ' {{stage}}')[1]],
    ),
    heatmap('Tick to trade, distribution', 'How many batches a second took how long.', 's', 24, [
      query(rate('okxmm_tick_to_trade_seconds_bucket', JOB, 'le'), '{{le}}'),
    ]),
  ];
}

/** Row 5: how the venue takes our commands. */
function orderRow(): Panel[] {
  return [
    row('Orders'),
    timeSeries(
      'Round trip to the venue',
      'From sending a request to its ack, by operation.',
      's',
      12,
      percentiles('okxmm_order_round_trip_seconds', JOB, 'op', ' {{op}}'),
    ),
    timeSeries('Commands', 'Commands sent a second, each an item of a batch.', 'ops', 12, [
      query(rate('okxmm_commands_total', OF_INSTRUMENT, 'op'), '{{op}}'),
    ]),
    timeSeries('Acks', 'Answers to commands a second, by whether the venue accepted them.', 'ops', 8, [
      query(rate('okxmm_acks_total', JOB, 'op, result'), '{{op}} {{result}}'),
    ]),
    timeSeries(
      'Refusals by the venue',
      'Refused commands a second, by what the refusal means for us.',
      'ops',
      8,
      [query(rate('okxmm_venue_rejects_total', JOB, 'decision'), '{{decision}}')],
    ),
    timeSeries('Struck by the risk gate', 'Commands struck a second, by reason.', 'ops', 8, [
      query(rate('okxmm_gate_rejects_total', `${JOB}, reason!="pass"`, 'reason'), '{{reason}}'),
    ]),
    timeSeries(
      'Message budget left',
      'The scarcest budget of any instrument, and that of the sub-account.',
      'short',
      8,
      [
        query(`min by (op) (okxmm_budget_left{${OF_INSTRUMENT}})`, '{{op}}'),
        query(`okxmm_account_budget_left{${JOB}}`, 'sub-account'),
      ],
    ),
    timeSeries(
      'Held back by the budget',
      'Commands a second that had to wait for the message budget.',
      'ops',
      8,
      [query(rate('okxmm_throttled_total', JOB, 'op'), '{{op}}')],
    ),
    timeSeries(
      'Requotes weighed',
      'Wanted prices beyond the tolerance a second: followed, or not because the order is young, well placed, or messages short.',
      'ops',
      8,
      [query(rate('okxmm_requotes_total', OF_INSTRUMENT, 'verdict'), '{{verdict}}')],
    ),
    timeSeries(
      'Orders by outcome',
      'What the venue confirmed, a second; unknown: never answered.',
      'ops',
      8,
      [query(rate('okxmm_orders_total', OF_INSTRUMENT, 'event'), '{{event}}')],
    ),
  ];
}

/** Row 6: the business. */
function tradingRow(): Panel[] {
  const spread = (metric: string): string =>
    `10000 * (${metric}{${OF_INSTRUMENT}, side="sell"} / ignoring (side) ${metric}{${OF_INSTRUMENT}, side="buy"} - 1)`;
  return [
    row('Trading'),
    timeSeries(
      'Spread, ours and the book’s',
      'Distance of the best ask above the best bid, in basis points.',
      'short',
      12,
      [
        query(spread('okxmm_quote_best_price'), '{{instrument}} quoted'),
        query(spread('okxmm_book_best_price'), '{{instrument}} book'),
      ],
    ),
    timeSeries('Fills', 'Fills a second, by side and by who was resting.', 'ops', 12, [
      query(
        rate('okxmm_fills_total', OF_INSTRUMENT, 'instrument, side, liquidity'),
        '{{instrument}} {{side}} {{liquidity}}',
      ),
    ]),
    timeSeries('Volume', 'Value filled a second, in the quote currency.', 'short', 8, [
      query(rate('okxmm_volume_quote_total', OF_INSTRUMENT, 'instrument, side'), '{{instrument}} {{side}}'),
    ]),
    timeSeries('Profit by kind', 'Fees are negative when paid.', 'short', 8, [
      query(`sum by (kind) (okxmm_pnl_quote{${OF_INSTRUMENT}})`, '{{kind}}'),
    ]),
    timeSeries(
      'Position',
      'Value of the position at the mid, in the quote currency; negative when short.',
      'short',
      8,
      [query(`okxmm_position_notional_quote{${OF_INSTRUMENT}}`, '{{instrument}}')],
    ),
    timeSeries(
      'Quotes',
      'Quotes of workers a second: acted upon, too old, or for a book that may not be quoted.',
      'ops',
      12,
      [
        query(rate('okxmm_quotes_taken_total', OF_INSTRUMENT, 'instrument'), '{{instrument}} taken'),
        query(rate('okxmm_quotes_stale_total', OF_INSTRUMENT, 'instrument'), '{{instrument}} stale'),
        query(rate('okxmm_quotes_dropped_total', OF_INSTRUMENT, 'instrument'), '{{instrument}} dropped'),
      ],
    ),
    timeSeries('Guard', 'Orders a second that the engine thread itself pulled or repriced.', 'ops', 12, [
      query(rate('okxmm_guard_pulls_total', OF_INSTRUMENT, 'instrument'), '{{instrument}} pulled'),
      query(rate('okxmm_guard_reprices_total', OF_INSTRUMENT, 'instrument'), '{{instrument}} repriced'),
    ]),
  ];
}

/** Row 7: what comes in. */
function feedRow(): Panel[] {
  const increase = (metric: string): string => `increase(${metric}{${OF_INSTRUMENT}}[$__rate_interval])`;
  return [
    row('Feed and books'),
    timeSeries('Frames', 'Frames received a second.', 'ops', 8, [
      query(rate('okxmm_frames_received_total', JOB, 'connection'), '{{connection}}'),
    ]),
    timeSeries(
      'Frames off the fast path',
      'Frames a second that needed the slow decoder or could not be decoded.',
      'ops',
      8,
      [
        query(rate('okxmm_frames_slow_total', JOB, 'connection'), '{{connection}} slow'),
        query(rate('okxmm_frames_malformed_total', JOB, 'connection'), '{{connection}} malformed'),
        query(rate('okxmm_frames_unknown_total', JOB, 'connection'), '{{connection}} unknown'),
      ],
    ),
    timeSeries('Silence', 'Age of the last frame about a book, and of the last frame of a session.', 's', 8, [
      query(`okxmm_book_age_seconds{${OF_INSTRUMENT}}`, '{{instrument}}'),
      query(`okxmm_session_silence_seconds{${JOB}}`, '{{connection}}'),
    ]),
    timeSeries('Breaks', 'Sequence gaps, resets by the venue, and requests for a new snapshot.', 'short', 8, [
      query(increase('okxmm_book_gaps_total'), '{{instrument}} gaps'),
      query(increase('okxmm_book_resets_total'), '{{instrument}} resets'),
      query(increase('okxmm_book_resyncs_total'), '{{instrument}} resyncs'),
    ]),
    timeSeries('Book updates', 'Updates applied a second, and those that left the book crossed.', 'ops', 8, [
      query(rate('okxmm_book_updates_total', OF_INSTRUMENT, 'instrument'), '{{instrument}}'),
      query(rate('okxmm_book_crossed_total', OF_INSTRUMENT, 'instrument'), '{{instrument}} crossed'),
    ]),
    timeSeries('Reconnects', 'Connections lost and attempted anew.', 'short', 8, [
      query(`increase(okxmm_session_reconnects_total{${JOB}}[$__rate_interval])`, '{{connection}}'),
    ]),
  ];
}

/** Row 8: the process. */
function runtimeRow(): Panel[] {
  return [
    row('Runtime'),
    timeSeries(
      'Event loop lag',
      "Lateness of the engine thread's timers.",
      's',
      8,
      percentiles('okxmm_event_loop_lag_seconds', JOB, '', ''),
    ),
    timeSeries(
      'Garbage collection',
      'Pauses of the engine thread, by kind.',
      's',
      8,
      percentiles('okxmm_gc_pause_seconds', JOB, 'gc_kind', ' {{gc_kind}}'),
    ),
    timeSeries(
      'Loop',
      'How the engine thread waits for its next input, and whether it fell back to sleep for want of a core of its own.',
      'short',
      8,
      [
        query(`okxmm_loop_mode{${JOB}} == 1`, '{{loop_mode}}'),
        query(`okxmm_loop_fallen_back{${JOB}}`, 'fallen back'),
        query(`increase(okxmm_loop_fallbacks_total{${JOB}}[$__rate_interval])`, 'falls'),
      ],
    ),
    timeSeries(
      'Core of the engine thread',
      'Seconds a second that it was ready to run without a core, and that the hypervisor kept of all cores.',
      's',
      8,
      [
        query(rate('okxmm_core_wait_seconds_total', JOB, 'instance'), '{{instance}} waited'),
        query(rate('okxmm_steal_seconds_total', JOB, 'instance'), '{{instance}} stolen'),
      ],
    ),
    timeSeries(
      'Involuntary switches',
      'Times a second that the engine thread was put aside for another.',
      'ops',
      8,
      [query(rate('okxmm_involuntary_switches_total', JOB, 'instance'), '{{instance}}')],
    ),
    timeSeries('Stalls', 'Times the engine thread stood still for longer than allowed.', 'short', 8, [
      query(`increase(okxmm_stalls_total{${JOB}}[$__rate_interval])`, '{{instance}}'),
    ]),
    timeSeries('Turns', 'Passes of the loop a second.', 'ops', 8, [
      query(rate('okxmm_turns_total', JOB, 'instance'), '{{instance}}'),
    ]),
    timeSeries(
      'Quote workers',
      "Age of each worker's last sign of life, and how often it was replaced.",
      's',
      8,
      [
        query(`okxmm_worker_heartbeat_age_seconds{${JOB}}`, 'worker {{worker}}'),
        query(
          `increase(okxmm_worker_restarts_total{${JOB}}[$__rate_interval])`,
          'worker {{worker}} replaced',
        ),
      ],
    ),
    timeSeries('Memory', 'Resident memory of the process.', 'bytes', 8, [
      query(`okxmm_resident_memory_bytes{${JOB}}`, '{{instance}}'),
    ]),
    timeSeries('Processor', 'Cores in use, all threads together.', 'short', 8, [
      query(rate('okxmm_cpu_seconds_total', JOB, 'instance'), '{{instance}}'),
    ]),
  ];
}

/** The first dashboard: one page that says whether the engine may be left alone. */
export function overviewDashboard(): Record<string, unknown> {
  return dashboard(
    'okxmm-overview',
    'okxmm overview',
    'State, risk, safety, latency, orders, trading, model, feed and runtime of the engine.',
    [
      ...stateRow(),
      ...riskRow(),
      ...portfolioRow(),
      ...safetyRow(),
      ...latencyRow(),
      ...orderRow(),
      ...tradingRow(),
      ...modelRow(),
      ...truthRow(),
      ...feedRow(),
      ...configurationRow(),
      ...runtimeRow(),
      ...fleetRow(),
    ],
  );
}
