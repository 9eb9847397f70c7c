/** What a signal says of the next move: least squares of moves on one signal, and how it does where it was not fitted. */

export interface Fit {
  readonly slope: number;
  readonly meanSignal: number;
  readonly meanMove: number;
  /** Standard deviation of the signal. */
  readonly deviation: number;
  /** Share of the moves' variance that is explained. */
  readonly r2: number;
}

export function fitLine(signal: Float64Array, moves: Float64Array): Fit {
  const count = signal.length;
  let [sumX, sumY] = [0, 0];
  for (let at = 0; at < count; at++) {
    sumX += signal[at]!;
    sumY += moves[at]!;
  }
  const [meanSignal, meanMove] = [sumX / count, sumY / count];
  let [xx, xy, yy] = [0, 0, 0];
  for (let at = 0; at < count; at++) {
    const x = signal[at]! - meanSignal;
    const y = moves[at]! - meanMove;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  const slope = xx > 0 ? xy / xx : 0;
  const r2 = xx > 0 && yy > 0 ? (xy * xy) / (xx * yy) : 0;
  return { slope, meanSignal, meanMove, deviation: Math.sqrt(xx / count), r2 };
}

/**
 * The share of the moves about zero that a fit made elsewhere explains: below zero when it would have been better to expect
 * nothing. The mean move is left out, since a drift of the past is none of the future.
 */
export function explainedBy(fit: Fit, signal: Float64Array, moves: Float64Array): number {
  let [left, all] = [0, 0];
  for (let at = 0; at < signal.length; at++) {
    const move = moves[at]!;
    left += (move - fit.slope * (signal[at]! - fit.meanSignal)) ** 2;
    all += move ** 2;
  }
  return all > 0 ? 1 - left / all : 0;
}

/**
 * By how many standard errors a slope differs from nothing. Moves that overlap say little more than ones that do not: as
 * many are counted as fit into the time.
 */
export function significance({ r2, slope }: Fit, independent: number): number {
  return Math.sign(slope) * Math.sqrt((r2 * Math.max(0, independent - 2)) / Math.max(1e-12, 1 - r2));
}
