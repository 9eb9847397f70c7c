import { ABSENT, AGE, OF_INSTRUMENT, counter, gauge, histogram } from './metric-definition.ts';
import type { MetricDefinition } from './metric-definition.ts';

/** What each instrument's fair price is made of, its calibrated model, how that is made, and what the account pays there. */
export const MODEL_METRICS = {
  calibrationTime: histogram('okxmm_calibration_seconds', [], 'Time to fit the models of all instruments.'),
  calibrationFailures: counter('okxmm_calibration_failures_total', [], 'Fits that failed or did not end.'),
  modelVersion: gauge('okxmm_model_version', OF_INSTRUMENT, 'Models fitted in this run.'),
  modelAge: gauge('okxmm_model_age_seconds', OF_INSTRUMENT, 'Age of the newest model.', AGE),
  modelTrusted: gauge(
    'okxmm_model_trusted',
    OF_INSTRUMENT,
    '1 while the model is trusted; else quotes go by volatility alone.',
    ABSENT,
  ),
  modelGateFailed: gauge(
    'okxmm_model_gate_failed',
    ['instrument', 'gate'],
    '1 while this gate of the calibration does not hold.',
  ),
  modelSigma: gauge(
    'okxmm_model_sigma_ticks',
    OF_INSTRUMENT,
    'Volatility of the fair price, ticks per square root of a second.',
    ABSENT,
  ),
  fairPart: gauge(
    'okxmm_fair_part_bps',
    ['instrument', 'fair_part'],
    'What the fair price is made of, in basis points of the mid: the base by its distance from the mid, what each signal adds to it, and what the caps take off.',
    ABSENT,
  ),
  modelRate: gauge(
    'okxmm_model_intensity',
    ['instrument', 'side'],
    "A of the intensity A·e^(-k·d): takers' sweeps a second at distance zero, by the side they hit.",
    ABSENT,
  ),
  modelDecay: gauge(
    'okxmm_model_decay_per_tick',
    ['instrument', 'side'],
    'Decay k of the intensity A·e^(-k·d), by the side that is hit.',
    ABSENT,
  ),
  modelSweeps: gauge(
    'okxmm_model_sweeps',
    ['instrument', 'side'],
    'Effective number of sweeps in the fit, by the side they hit.',
    ABSENT,
  ),
  modelQuality: gauge('okxmm_model_r_squared', OF_INSTRUMENT, 'R² of the log-linear intensity.', ABSENT),
  modelDistance: gauge(
    'okxmm_model_ks_distance',
    OF_INSTRUMENT,
    'Largest difference between the fitted and the observed survival of distances.',
    ABSENT,
  ),
  modelAdverse: gauge(
    'okxmm_model_adverse_ticks',
    ['instrument', 'side'],
    'Adverse move after a fill that the model reckons with, by the side of the fill.',
    ABSENT,
  ),
  queueEfficiency: gauge(
    'okxmm_model_queue_efficiency',
    OF_INSTRUMENT,
    'Our fills over those that the intensity of the tape would have given where we stood.',
    ABSENT,
  ),
  feeBps: gauge(
    'okxmm_fee_bps',
    ['instrument', 'liquidity'],
    'What a fill costs the account, in basis points of its value; negative is a rebate.',
    ABSENT,
  ),
} as const satisfies Record<string, MetricDefinition>;
