import { ABSENT, AGE, CURRENCY, OF_INSTRUMENT, counter, gauge } from './metric-definition.ts';
import type { MetricDefinition } from './metric-definition.ts';

/** Commission, as the ledger of fills counts it: in USDT, dollars of every kind counting alike. */
export const BROKER_METRICS = {
  brokerFills: counter('okxmm_broker_fills_total', OF_INSTRUMENT, 'Fills that the commission ledger took.'),
  brokerForeign: counter(
    'okxmm_broker_foreign_fills_total',
    OF_INSTRUMENT,
    'Fills of the account whose order did not carry our broker code: nothing is earned on them.',
  ),
  brokerUnpriced: counter(
    'okxmm_broker_unpriced_fills_total',
    OF_INSTRUMENT,
    'Fills whose value in USDT could not be told; they are in no sum.',
  ),
  brokerVolume: counter(
    'okxmm_broker_volume_usdt_total',
    OF_INSTRUMENT,
    'Value of the fills with our broker code.',
    CURRENCY,
  ),
  brokerFees: counter(
    'okxmm_broker_fees_usdt_total',
    OF_INSTRUMENT,
    'Fees that were paid for them.',
    CURRENCY,
  ),
  brokerMakerRebates: counter(
    'okxmm_broker_maker_rebates_usdt_total',
    OF_INSTRUMENT,
    'What the venue paid for them instead of a fee.',
    CURRENCY,
  ),
  brokerExpected: counter(
    'okxmm_broker_expected_rebate_usdt_total',
    OF_INSTRUMENT,
    'Rebate to expect of them, reckoned fill by fill by the configured share.',
    CURRENCY,
  ),
  brokerEligibility: gauge(
    'okxmm_broker_eligibility',
    ['eligibility'],
    '1 for whether the account brings rebates, or why not, as the venue said last.',
    { source: 'state' },
  ),
  brokerEligibilityAge: gauge(
    'okxmm_broker_eligibility_age_seconds',
    [],
    'Time since the venue was asked whether the account brings rebates; absent before.',
    AGE,
  ),
  brokerFailing: gauge('okxmm_broker_ledger_failing', [], '1 while fills cannot be written to the ledger.'),
  brokerSettled: gauge(
    'okxmm_broker_settled_usdt',
    ['settlement'],
    'The last reconciliation: what was expected, what the venue reported, and the difference; absent before the first.',
    { ...ABSENT, unit: 'currency' },
  ),
  brokerOpen: gauge(
    'okxmm_broker_open_differences',
    [],
    'Orders of the last reconciliation that somebody has to look at; absent before the first.',
    ABSENT,
  ),
  brokerReconciled: gauge(
    'okxmm_broker_reconciled_timestamp_seconds',
    [],
    'When the last reconciliation was made, since the epoch; absent before the first.',
    { ...ABSENT, unit: 's' },
  ),
} as const satisfies Record<string, MetricDefinition>;
