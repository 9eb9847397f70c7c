/**
 * A and k as the notebook of hftbacktest fits them (models.md par. 3.1), half-tick buckets and all: the reference whose known
 * defect our fit must not have.
 */
import { fitLogLinear } from '../../workers/calibration/log-linear-fit.ts';

export interface NotebookFit {
  readonly rate: number;
  readonly decay: number;
}

const BUCKETS_MAX = 70;

/**
 * @param depths of the deepest trade of each step from the mid before it, in ticks
 * @param isCorrected has each bucket stand for the distance that it does
 */
export function notebookFit(depths: readonly number[], seconds: number, isCorrected: boolean): NotebookFit {
  const counts = Array.from({ length: BUCKETS_MAX }, () => 0);
  let deepest = 0;
  for (const depth of depths) {
    const bucket = Math.round(depth / 0.5) - 1;
    if (bucket < 0) continue;
    for (let below = 0; below < Math.min(bucket, BUCKETS_MAX); below++) counts[below]!++;
    deepest = Math.max(deepest, bucket);
  }
  const used = counts.slice(0, Math.min(BUCKETS_MAX, deepest));
  const distances = used.map((_, bucket) => (isCorrected ? (bucket + 1) / 2 : bucket + 0.5));
  return fitLogLinear(distances, used, seconds, 0);
}
