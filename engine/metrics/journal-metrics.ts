import { counter, gauge } from './metric-definition.ts';
import type { MetricDefinition } from './metric-definition.ts';

/** The journal: what the engine thread wrote into its ring, and what became of it on disk. Zero where it is off. */
export const JOURNAL_METRICS = {
  journalRecords: counter('okxmm_journal_records_total', [], 'Records that the journal took.'),
  journalBytes: counter('okxmm_journal_bytes_total', [], 'Bytes of these records.', { unit: 'bytes' }),
  journalLost: counter(
    'okxmm_journal_lost_total',
    [],
    'Records missing from the journal because the disk fell behind and its ring was full.',
  ),
  journalRefused: counter(
    'okxmm_journal_refused_total',
    [],
    'Records missing from the journal because the disk refused them.',
  ),
  journalErrors: counter('okxmm_journal_errors_total', [], 'Times the disk refused the journal.'),
  journalStored: counter('okxmm_journal_stored_bytes_total', [], 'Bytes of journal written to disk.', {
    unit: 'bytes',
  }),
  journalSegments: counter('okxmm_journal_segments_total', [], 'Segments of the journal begun.'),
  journalDeleted: counter(
    'okxmm_journal_deleted_segments_total',
    [],
    'Oldest segments deleted to keep the journal within its bound.',
  ),
  journalFailing: gauge('okxmm_journal_failing', [], '1 while nothing of the journal reaches the disk.'),
} as const satisfies Record<string, MetricDefinition>;
