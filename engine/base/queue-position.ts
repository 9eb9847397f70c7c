/**
 * Where a resting order stands in the queue at its price, estimated from what the market shows: trades and the total of
 * the level. The live estimator and the simulated venue use the same formulas.
 *
 *     level L   [ front F ..................... ][ back L - F .... ]
 *                 filled before us                 came after us
 *     joined            F = L
 *     trade of v        F - v; what falls below zero is ours
 *     level L to L'     c = L - L' - trades since the last change of the level, which it shows once more
 *                       c <= 0: it grew behind us          F = min(F, L')
 *                       c > 0: cancelled, a share p of it behind us
 *                                                          F = min(F - (1 - p) c + min(back - p c, 0), L')
 *
 * Owner:      nobody: functions of their arguments. Whoever calls keeps F and the trades of each order.
 * Invariants: 0 <= F <= L' after a change of the level; F never rises.
 * Cost:       a few float operations; no allocation. L leaves out all orders of our own.
 *
 * Source: models.md par. 6, after hftbacktest `queue.rs` and E. Rigtorp, "Estimating order queue position" (2013). As there,
 * `back` is taken from the level before the change, which still holds what has traded since: it is that much too large until
 * the level says so, which makes a cancel look as if it were behind us. Kept, so that the figures are comparable.
 */
import type { Lots } from './units.ts';

/** How likely a cancel at our price was behind us, by what is in front of us (f) and behind (b). */
export const QueueShape = {
  /** 1: only trades bring us forward. */
  riskAverse: 'riskAverse',
  /** b^n / (b^n + f^n) */
  power: 'power',
  /** b^n / (b + f)^n */
  power2: 'power2',
  /** 1 - (f / (f + b))^n */
  power3: 'power3',
  /** ln(1 + b) / (ln(1 + b) + ln(1 + f)) */
  log: 'log',
  /** ln(1 + b) / ln(1 + b + f) */
  log2: 'log2',
} as const;
export type QueueShape = (typeof QueueShape)[keyof typeof QueueShape];

export interface QueueModel {
  readonly shape: QueueShape;
  /** n of the power shapes, above zero; the others do not look at it. */
  readonly exponent: number;
}

/** Whoever cancels is taken to have come after us: the least that an order can be filled. */
export const RISK_AVERSE: QueueModel = { shape: QueueShape.riskAverse, exponent: 1 };

/**
 * @hot The probability that a cancel at our price was behind us. `front` and `back` in lots, not below zero.
 *
 * @testonly Its own export: models.md gives vectors of it
 */
export function cancelBehindShare(model: QueueModel, front: Lots, back: Lots): number {
  // Behind us alone, in front of us alone: the powers' quotients of zeros say nothing.
  if (front <= 0) return 1;
  if (model.shape === QueueShape.riskAverse) return 1;
  if (back <= 0) return 0;
  const { exponent } = model;
  switch (model.shape) {
    case QueueShape.power:
      // b^n / (b^n + f^n), divided through so that no power overflows.
      return 1 / (1 + Math.pow(front / back, exponent));
    case QueueShape.power2:
      return Math.pow(back / (back + front), exponent);
    case QueueShape.power3:
      return 1 - Math.pow(front / (front + back), exponent);
    case QueueShape.log:
      return Math.log1p(back) / (Math.log1p(back) + Math.log1p(front));
    case QueueShape.log2:
      return Math.log1p(back) / Math.log1p(back + front);
  }
}

/**
 * @hot The front after the level has changed from `before` to `after` lots.
 *
 * @param traded lots that traded at this price since the level's last change; they count from zero again after this
 */
export function frontAfterLevel(
  model: QueueModel,
  front: Lots,
  traded: Lots,
  before: Lots,
  after: Lots,
): Lots {
  const cancelled = before - after - traded;
  if (cancelled <= 0) return Math.min(front, after);
  const back = Math.max(0, before - front);
  const behind = cancelBehindShare(model, front, back) * cancelled;
  // What would have been cancelled behind us and was not there has been cancelled in front of us.
  const moved = front - (cancelled - behind) + Math.min(back - behind, 0);
  return Math.max(0, Math.min(moved, after));
}

/**
 * @hot The front after a trade of `lots` at our price: below zero by what reaches us, which `filledLots` turns into whole
 * lots. The caller goes on from zero then.
 */
export function frontAfterTrade(front: Lots, lots: Lots): Lots {
  return front - lots;
}

/** @hot What of an order is filled when its front has fallen to `front`: whole lots, so that none is filled in part. */
export function filledLots(front: Lots, remaining: Lots): Lots {
  return front >= 0 ? 0 : Math.min(remaining, Math.floor(-front + LOT_ROUNDING));
}

/** Fronts are sums of floats: this much under a whole lot is a whole lot. */
const LOT_ROUNDING = 1e-9;
