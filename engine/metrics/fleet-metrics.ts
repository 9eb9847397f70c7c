/**
 * The metrics of a supervisor of several accounts, which has no engine's memory: it is another process, and makes their text
 * itself. Beside the catalogue, whose metrics each account's own exporter has.
 */

/** The labels are fixed sets: the accounts of the configuration, and the limits that there are. */
export type FleetLabel = 'account' | 'limit';

export interface FleetMetric {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly FleetLabel[];
}

const OF_ACCOUNT = ['account'] as const;
const OF_LIMIT = ['limit'] as const;

export const FLEET_METRICS = {
  accountUp: {
    name: 'okxmm_fleet_account_up',
    kind: 'gauge',
    help: 'Whether the process of the account runs and its exporter answers.',
    labels: OF_ACCOUNT,
  },
  accountReady: {
    name: 'okxmm_fleet_account_ready',
    kind: 'gauge',
    help: 'Whether the account quotes with every session up and every book synced.',
    labels: OF_ACCOUNT,
  },
  accountFinal: {
    name: 'okxmm_fleet_account_final',
    kind: 'gauge',
    help: 'Whether the account is down and stays so until somebody changes something.',
    labels: OF_ACCOUNT,
  },
  accountRestarts: {
    name: 'okxmm_fleet_account_restarts_total',
    kind: 'counter',
    help: 'How often the process of the account was started again.',
    labels: OF_ACCOUNT,
  },
  accountLevel: {
    name: 'okxmm_fleet_account_level',
    kind: 'gauge',
    help: 'How far the account is held back; levels as of okxmm_kill_level. Absent while it is not up.',
    labels: OF_ACCOUNT,
  },
  accountProfit: {
    name: 'okxmm_fleet_account_profit_quote',
    kind: 'gauge',
    help: 'Net profit of the account over restarts, as it was known last.',
    labels: OF_ACCOUNT,
  },
  accountHeld: {
    name: 'okxmm_fleet_account_held_quote',
    kind: 'gauge',
    help: 'What the positions of the account are worth, long and short added up, as it was known last.',
    labels: OF_ACCOUNT,
  },
  accountSilence: {
    name: 'okxmm_fleet_account_silence_seconds',
    kind: 'gauge',
    help: 'Age of the last figures of an account whose process runs.',
    labels: OF_ACCOUNT,
  },
  profit: {
    name: 'okxmm_fleet_profit_quote',
    kind: 'gauge',
    help: 'Net profit of all accounts.',
    labels: [],
  },
  held: {
    name: 'okxmm_fleet_held_quote',
    kind: 'gauge',
    help: 'What all positions of all accounts are worth.',
    labels: [],
  },
  loss: {
    name: 'okxmm_fleet_loss_quote',
    kind: 'gauge',
    help: 'Loss of all accounts since the baseline, over restarts; 0 while there is a profit.',
    labels: [],
  },
  drawdown: {
    name: 'okxmm_fleet_drawdown_quote',
    kind: 'gauge',
    help: 'Fall of the profit of all accounts from its peak, over restarts.',
    labels: [],
  },
  limit: {
    name: 'okxmm_fleet_limit_quote',
    kind: 'gauge',
    help: 'Limits over all accounts; absent where there is none.',
    labels: OF_LIMIT,
  },
  tripped: {
    name: 'okxmm_fleet_limit_exceeded',
    kind: 'gauge',
    help: '1 for the limit that was exceeded, until an operator resumes.',
    labels: OF_LIMIT,
  },
} as const satisfies Record<string, FleetMetric>;
export type FleetMetricId = keyof typeof FLEET_METRICS;

/** What LABEL_VALUES is for the catalogue, of the one label whose values do not hang on the configuration. */
export const FLEET_LIMITS = ['loss', 'drawdown', 'notional'] as const;
