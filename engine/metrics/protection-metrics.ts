import { counter, gauge } from './metric-definition.ts';
import type { LabelName, MetricDefinition } from './metric-definition.ts';

const OF_INSTRUMENT: readonly LabelName[] = ['instrument'];

/** Stops and other algo orders of ours at the venue. */
export const PROTECTION_METRICS = {
  protectionStops: gauge('okxmm_protection_stops', OF_INSTRUMENT, 'Stops that wait at the venue.'),
  protectionMissing: gauge(
    'okxmm_protection_missing',
    OF_INSTRUMENT,
    '1 while a position that should have a stop at the venue has had none for ten seconds.',
  ),
  protectionRequests: counter('okxmm_protection_requests_total', [], 'Requests about stops at the venue.'),
  protectionRefusals: counter('okxmm_protection_refusals_total', [], 'Those that the venue refused.'),
  protectionTriggers: counter(
    'okxmm_protection_triggers_total',
    [],
    'Stops at the venue that were triggered.',
  ),
  exitsActive: gauge(
    'okxmm_exits_active',
    [],
    'Positions that the venue closes by an algo order: TWAP, iceberg, trailing stop, trigger.',
  ),
} as const satisfies Record<string, MetricDefinition>;
