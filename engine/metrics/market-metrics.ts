import {
  AGE,
  OF_INSTRUMENT,
  ON_BOARD,
  ON_BOARD_CURRENCY,
  counter,
  gauge,
  histogram,
} from './metric-definition.ts';
import type { LabelName, MetricDefinition } from './metric-definition.ts';

const OF_CONNECTION: readonly LabelName[] = ['connection'];
const OF_WORKER: readonly LabelName[] = ['worker'];

/** From the frame to the quote: latency, sessions, books, quotes and the workers that compute them. */
export const MARKET_METRICS = {
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
} as const satisfies Record<string, MetricDefinition>;
