/**
 * What is said of a metric: the words of the catalogue, whose lists are the files beside this one.
 */

/** The labels that metrics may have; `LABEL_VALUES` in catalog.ts gives the set of each. */
export type LabelName =
  | 'instrument'
  | 'coin'
  | 'hedge_phase'
  | 'connection'
  | 'worker'
  | 'side'
  | 'stage'
  | 'op'
  | 'result'
  | 'event'
  | 'liquidity'
  | 'kind'
  | 'reason'
  | 'verdict'
  | 'decision'
  | 'book_state'
  | 'engine_state'
  | 'trigger'
  | 'finding'
  | 'tag_source'
  | 'category'
  | 'change_result'
  | 'loop_mode'
  | 'gc_kind'
  | 'eligibility'
  | 'settlement'
  | 'oauth_state'
  | 'gate'
  | 'fair_part'
  | 'part'
  | 'horizon'
  | 'level'
  | 'quote_age'
  | 'queue'
  | 'model'
  | 'version_row'
  | 'version'
  | 'node'
  | 'venue'
  | 'run';

export type MetricKind = 'counter' | 'gauge' | 'histogram';

/**
 * Who provides the samples. The engine thread and each worker have cells in a block of their own, cache lines
 * apart. 'board': the exporter takes them from the status board, so that the engine writes such a state in
 * one place only. 'exporter': the exporter asks the system.
 */
export type MetricOwner = 'engine' | 'worker' | 'board' | 'exporter';

/**
 * How a cell becomes a sample:
 * - value: as it is;
 * - nanoseconds: a duration, shown in seconds;
 * - instant: a monotonic time in nanoseconds, shown as its age in seconds when scraped; absent until first
 *   set;
 * - deadline: the same, shown as the seconds that are left, 0 when it has passed;
 * - state: an index, shown as one series per value of the last label, 1 for the one that holds and 0 for the
 *   others.
 */
export type CellSource = 'value' | 'nanoseconds' | 'instant' | 'deadline' | 'state';

/** Bucket sets of histograms: see `bucketBoundsSeconds` in histogram.ts. */
export type BucketSet = 'internal' | 'roundTrip';

export interface MetricDefinition {
  readonly name: string;
  readonly kind: MetricKind;
  /** Grafana's word for the unit of the exposed sample. */
  readonly unit: 'short' | 's' | 'bytes' | 'currency' | 'percentunit';
  readonly help: string;
  readonly labels: readonly LabelName[];
  readonly owner: MetricOwner;
  readonly source: CellSource;
  /** Not a number until first set, and not exposed while it is not a number. */
  readonly isAbsentUntilSet: boolean;
  /** Of histograms; 'internal' for everything else, where it means nothing. */
  readonly buckets: BucketSet;
}

export type Extras = Partial<
  Pick<MetricDefinition, 'owner' | 'source' | 'isAbsentUntilSet' | 'buckets' | 'unit'>
>;

function define(
  kind: MetricKind,
  name: string,
  labels: readonly LabelName[],
  help: string,
  extras: Extras,
): MetricDefinition {
  const unit = kind === 'histogram' ? 's' : 'short';
  const defaults = {
    owner: 'engine',
    source: 'value',
    isAbsentUntilSet: false,
    buckets: 'internal',
    unit,
  } as const;
  return { name, kind, labels, help, ...defaults, ...extras };
}

export function counter(
  name: string,
  labels: readonly LabelName[],
  help: string,
  extras: Extras = {},
): MetricDefinition {
  return define('counter', name, labels, help, extras);
}

export function gauge(
  name: string,
  labels: readonly LabelName[],
  help: string,
  extras: Extras = {},
): MetricDefinition {
  return define('gauge', name, labels, help, extras);
}

export function histogram(
  name: string,
  labels: readonly LabelName[],
  help: string,
  extras: Extras = {},
): MetricDefinition {
  return define('histogram', name, labels, help, { source: 'nanoseconds', ...extras });
}

export const AGE: Extras = { source: 'instant', isAbsentUntilSet: true, unit: 's' };
export const CURRENCY: Extras = { unit: 'currency' };
export const ABSENT: Extras = { isAbsentUntilSet: true };
export const ON_BOARD: Extras = { owner: 'board' };
export const ON_BOARD_CURRENCY: Extras = { owner: 'board', unit: 'currency' };
export const OF_INSTRUMENT: readonly LabelName[] = ['instrument'];
