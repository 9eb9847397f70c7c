/**
 * The words in which profit and fills are told apart: the parts of a profit, the horizons of markouts, and the groups that
 * a fill falls into. Attribution counts by them, metrics have them as labels, reports as rows.
 *
 * All sets are fixed: whoever shows them knows their size at the start.
 */

/** The parts of a profit, which add up to it: see engine/attribution/profit-parts.ts. */
export const ProfitPart = {
  spread: 0,
  adverseSelection: 1,
  inventory: 2,
  funding: 3,
  fees: 4,
  rebates: 5,
  hedging: 6,
} as const;
export type ProfitPart = (typeof ProfitPart)[keyof typeof ProfitPart];
export const PROFIT_PARTS = 7;

/** After a fill, in seconds (models.md par. 7). */
export const HORIZONS_SECONDS: readonly number[] = [0.1, 1, 5, 30, 60, 300];
export const HORIZONS = 6;
/** The horizon at which what the market took after a fill is adverse selection; what it does later is inventory. */
export const ADVERSE_HORIZON = 1;

/** Levels of the ladder, best first; `other` for deeper ones and for orders that are none of this run. */
export const LEVEL_NAMES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'other'] as const;

/** How long an order had stood at its price when it traded: up to so many seconds. */
const AGE_SECONDS: readonly number[] = [0.1, 0.5, 1, 5, 30, 60, 300];
export const AGE_NAMES = ['0.1s', '0.5s', '1s', '5s', '30s', '60s', '300s', 'older', 'unknown'] as const;

/** What rested before an order when it traded, by its own size: up to so many times. */
const QUEUE_SIZES: readonly number[] = [0, 1, 3, 10, 30];
export const QUEUE_NAMES = ['front', '1x', '3x', '10x', '30x', 'farther', 'unknown'] as const;

/** Quoting models as they are configured, and `other`: fills of no quote of this run. */
export const MODEL_NAMES = [
  'fixed',
  'avellaneda-stoikov',
  'glft',
  'glft-exact',
  'volatility',
  'okx-sample',
  'other',
] as const;

/** Versions of parameters whose fills are kept apart, and before them a row of all earlier ones. */
export const VERSION_ROWS = 17;
export const VERSION_ROW_NAMES: readonly string[] = Array.from({ length: VERSION_ROWS }, (_, row) =>
  row === 0 ? 'earlier' : String(row),
);
/** Of fills by group, this one of the horizons is shown: 5 s. */
export const GROUP_HORIZON = 2;

/** @param level -1 where it is not known */
export function levelGroup(level: number): number {
  const other = LEVEL_NAMES.length - 1;
  return level >= 0 && level < other ? level : other;
}

/** @param ageSeconds NaN where it is not known */
export function ageGroup(ageSeconds: number): number {
  return bucketOf(ageSeconds, AGE_SECONDS);
}

/** @param ahead lots before the order by its own size; NaN where it is not known */
export function queueGroup(ahead: number): number {
  return bucketOf(ahead, QUEUE_SIZES);
}

/** The number of a model by the word of the configuration. */
export function modelGroup(name: string): number {
  const index = (MODEL_NAMES as readonly string[]).indexOf(name);
  return index < 0 ? MODEL_NAMES.length - 1 : index;
}

/** The first edge that is not exceeded, one behind the last for what exceeds all, and one more for what is no number. */
function bucketOf(value: number, edges: readonly number[]): number {
  if (Number.isNaN(value)) return edges.length + 1;
  let bucket = 0;
  while (bucket < edges.length && value > edges[bucket]!) bucket++;
  return bucket;
}
