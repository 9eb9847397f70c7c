import { ABSENT, counter, gauge } from './metric-definition.ts';
import type { MetricDefinition } from './metric-definition.ts';

/** Tokens of an account that is let in by OAuth; their times are absent where a key signs. */
export const OAUTH_METRICS = {
  oauthState: gauge(
    'okxmm_oauth_state',
    ['oauth_state'],
    '1 for how the tokens stand: none where a key signs; fresh; expired while new ones are asked for; lost until somebody logs in.',
    { source: 'state' },
  ),
  oauthAccessEnd: gauge(
    'okxmm_oauth_access_end_timestamp_seconds',
    [],
    'Wall-clock time at which the access token ends.',
    { ...ABSENT, unit: 's' },
  ),
  oauthRefreshEnd: gauge(
    'okxmm_oauth_refresh_end_timestamp_seconds',
    [],
    'Wall-clock time at which the refresh token ends: after it, somebody has to log in again.',
    { ...ABSENT, unit: 's' },
  ),
  oauthRefreshes: counter('okxmm_oauth_refreshes_total', [], 'New tokens that were taken.'),
  oauthFailures: counter(
    'okxmm_oauth_refresh_failures_total',
    [],
    'Tries to get new tokens that brought none.',
  ),
} satisfies Readonly<Record<string, MetricDefinition>>;
