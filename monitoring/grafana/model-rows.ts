import type { Panel } from './panels.ts';
import { row, timeSeries } from './panels.ts';
import { JOB, OF_INSTRUMENT, percentiles, query } from './queries.ts';

/** What the quotes are made by: the calibrated model of each instrument, and how good it is. */
export function modelRow(): Panel[] {
  return [
    row('Model'),
    timeSeries(
      'Model trusted',
      '1 while every gate of the calibration holds; else quotes go by volatility alone, and wider.',
      'short',
      6,
      [query(`okxmm_model_trusted{${OF_INSTRUMENT}}`, '{{instrument}}')],
    ),
    timeSeries('Gates that do not hold', 'Why a model is not trusted.', 'short', 6, [
      query(`okxmm_model_gate_failed{${OF_INSTRUMENT}} > 0`, '{{instrument}} {{gate}}'),
    ]),
    timeSeries(
      'Fair price',
      'Basis points of the mid: where the base lies, what each signal adds, and what the caps take off.',
      'short',
      12,
      [query(`okxmm_fair_part_bps{${OF_INSTRUMENT}}`, '{{instrument}} {{fair_part}}')],
    ),
    timeSeries('Volatility', 'Ticks per square root of a second: the larger of fast and slow.', 'short', 12, [
      query(`okxmm_model_sigma_ticks{${OF_INSTRUMENT}}`, '{{instrument}}'),
    ]),
    timeSeries(
      'Intensity at the fair price',
      'A of A·e^(−k·d): sweeps a second that reach distance zero, by the side they hit.',
      'short',
      6,
      [query(`okxmm_model_intensity{${OF_INSTRUMENT}}`, '{{instrument}} {{side}}')],
    ),
    timeSeries('Decay with distance', 'k of A·e^(−k·d), for each tick.', 'short', 6, [
      query(`okxmm_model_decay_per_tick{${OF_INSTRUMENT}}`, '{{instrument}} {{side}}'),
    ]),
    timeSeries('Sweeps in the fit', 'How many sweeps the fit is worth, by the side they hit.', 'short', 6, [
      query(`okxmm_model_sweeps{${OF_INSTRUMENT}}`, '{{instrument}} {{side}}'),
    ]),
    timeSeries(
      'Quality of the fit',
      'R² of the log-linear intensity, and the distance of the observed survival from the fitted one.',
      'short',
      6,
      [
        query(`okxmm_model_r_squared{${OF_INSTRUMENT}}`, '{{instrument}} R²'),
        query(`okxmm_model_ks_distance{${OF_INSTRUMENT}}`, '{{instrument}} distance'),
      ],
    ),
    timeSeries(
      'Adverse selection in the model',
      'Ticks that a fill is expected to move against us, by its side.',
      'short',
      6,
      [query(`okxmm_model_adverse_ticks{${OF_INSTRUMENT}}`, '{{instrument}} {{side}}')],
    ),
    timeSeries(
      'Queue efficiency',
      'Our fills over those that the tape would have given where we stood.',
      'percentunit',
      6,
      [query(`okxmm_model_queue_efficiency{${OF_INSTRUMENT}}`, '{{instrument}}')],
    ),
    timeSeries('Fees', 'What a fill costs, in basis points; negative is a rebate.', 'short', 6, [
      query(`okxmm_fee_bps{${OF_INSTRUMENT}}`, '{{instrument}} {{liquidity}}'),
    ]),
    timeSeries(
      'Calibration',
      'Age of the newest model, how long a fit takes, and fits that failed.',
      's',
      6,
      [
        query(`okxmm_model_age_seconds{${OF_INSTRUMENT}}`, '{{instrument}} age'),
        percentiles('okxmm_calibration_seconds', JOB, '', ' fit')[1]!,
        query(`increase(okxmm_calibration_failures_total{${JOB}}[$__rate_interval])`, 'failures'),
      ],
    ),
  ];
}
