import type { Panel } from './panels.ts';
import { row, timeSeries } from './panels.ts';
import { JOB, query } from './queries.ts';

/** What it runs by, and whether what an operator wrote was taken up. */
export function configurationRow(): Panel[] {
  return [
    row('Configuration'),
    timeSeries(
      'Version in force',
      'Of the configuration: 1 is that of the start, and every change of its file or of fees is one more.',
      'short',
      12,
      [query(`okxmm_configuration_version{${JOB}}`, '{{instance}}')],
    ),
    timeSeries(
      'Changes',
      'Changed configurations that were taken up as a whole, and that were refused as a whole.',
      'short',
      12,
      [
        query(
          `increase(okxmm_configuration_changes_total{${JOB}}[$__rate_interval])`,
          '{{instance}} {{change_result}}',
        ),
      ],
    ),
  ];
}
