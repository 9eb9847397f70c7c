/**
 * Whether an order that lies beyond the tolerance from its level is worth moving there: what the better price brings,
 * against the place in the queue that is lost and the price of a message.
 *
 *     gain        = [v(δ*) - v(δ)] h          v(δ) = λ(δ) (δ - c), λ(δ) = A e^(-kδ); δ from the fair price, δ* as wanted
 *     queue value = [P(F) - P(L)] (δ - c)     P(x) = p Φ((m - x) / s): takers come as far as δ with p = 1 - e^(-λ(δ) h),
 *                                             and then trade m lots on average, with deviation s
 *     price       = v(δ*) h u² / (1 - u)      u is the used part of the budget that the message would draw on
 *
 * Owner:      nobody: the verdict follows from `terms` and the arguments. The quote diff fills them.
 * Invariants: an order that the book has left without its edge, or that rests at a loss nearer than wanted, always moves;
 *             retreats wait neither for their age nor for the budget; what cannot be reckoned (NaN) moves.
 * Cost:       up to eight calls of exp, for an order that tolerance does not keep; nothing allocates once constructed.
 *
 * Source: models.md par. 5.2, after C. Moallemi and K. Yuan, "A model for queue position valuation in a limit order book"
 * (2016). Two departures. c is not the fee with the adverse move alone: it is what makes the wanted price the best there is
 * (v' = 0 at δ*, so c = δ* - 1/k), with risk and inventory in it. By fee and adverse move alone, a bid that inventory wants
 * further away would lose by moving there, and stay. With it, gain = v(δ*) h [1 - e^(-x) (1 + x)], x = k (δ - δ*): none at
 * the wanted price, v(δ*) h at most for an order too far away, without bound for one too near. And P is that of the source
 * where takers always come (p = 1); by it alone the front of a queue that nothing reaches would be filled every other time.
 */
import { normalDistribution } from '../base/normal-distribution.ts';
import { RequoteVerdict } from '../base/requote-verdict.ts';
import { Side } from '../base/side.ts';
import type { Lots, Ticks } from '../base/units.ts';

/** What a verdict follows from: indexes of `terms`. */
export const RequoteTerm = {
  // Of the side, from its quote and the market.
  /** The strategy's fair price, as the guard has moved it. */
  fairTicks: 0,
  /** A, fills a second at no distance, and k, their decay a tick. The rule is off while either is 0. */
  rate: 1,
  decay: 2,
  /** Fee and expected adverse move of a fill. */
  costTicks: 3,
  /** The most aggressive price at which an order has its least edge, by the book as it is now. */
  limitTicks: 4,
  /** Lots, and their squares, that takers trade on this side in a second. */
  takerLots: 5,
  takerSquareLots: 6,
  /** Used parts of the instrument's budgets: of messages with one amend, and of amends in larger ones. */
  singleUsed: 7,
  batchUsed: 8,
  /** An order is this old at its price before it moves towards the market. */
  lifeNs: 9,
  // Of the order.
  ageNs: 10,
  /** Others' lots before it, and all of others' at its price; NaN while they are not known. */
  aheadLots: 11,
  levelLots: 12,
} as const;
const TERMS = 13;

/**
 * For how long a better price, or a better place, counts. Prices of liquid instruments stay about so long; a longer one
 * leaves an order where it is for the sake of fills that come when its price has long been another.
 */
const HORIZON_S = 1;
/** Below this floats lose their digits (the least that has them all is 2.2e-308). */
const VALUE_MIN = 1e-300;

export class RequoteRule {
  readonly terms = new Float64Array(TERMS);

  /** @hot Without a calibrated intensity there is nothing to weigh with: tolerance alone decides. */
  get isOn(): boolean {
    return this.terms[RequoteTerm.rate]! > 0 && this.terms[RequoteTerm.decay]! > 0;
  }

  /** @param isBatch whether other amends go with it: then it draws on the larger budget */
  verdict(side: Side, ticks: Ticks, wantedTicks: Ticks, isBatch: boolean): RequoteVerdict {
    const { terms } = this;
    const isBuy = side === Side.buy;
    const limit = terms[RequoteTerm.limitTicks]!;
    if (isBuy ? ticks > limit : ticks < limit) return RequoteVerdict.move;
    // By how much it is further from the market than wanted, and how far from the fair price.
    const behind = isBuy ? wantedTicks - ticks : ticks - wantedTicks;
    const distance = isBuy ? terms[RequoteTerm.fairTicks]! - ticks : ticks - terms[RequoteTerm.fairTicks]!;
    const isRetreat = behind < 0;
    if (isRetreat && distance < terms[RequoteTerm.costTicks]!) return RequoteVerdict.move;
    if (!isRetreat && terms[RequoteTerm.ageNs]! < terms[RequoteTerm.lifeNs]!) return RequoteVerdict.young;
    const decay = terms[RequoteTerm.decay]!;
    const reach = Math.exp(-decay * distance);
    const x = decay * behind;
    const wantedValue = ((terms[RequoteTerm.rate]! * reach * Math.exp(x)) / decay) * HORIZON_S;
    // Steep or far enough, e^(-kδ) is no number any more: all would be worth nothing, and nothing would ever move.
    if (!(wantedValue >= VALUE_MIN)) return RequoteVerdict.move;
    const gain = wantedValue * (1 - Math.exp(-x) * (1 + x));
    const queueValue = this.#queueValue(reach, behind + 1 / decay);
    if (gain <= queueValue) return RequoteVerdict.place;
    if (isRetreat) return RequoteVerdict.move;
    const used = terms[isBatch ? RequoteTerm.batchUsed : RequoteTerm.singleUsed]!;
    if (used >= 1) return RequoteVerdict.dear;
    const price = (wantedValue * used * used) / (1 - used);
    return gain <= queueValue + price ? RequoteVerdict.dear : RequoteVerdict.move;
  }

  /** What the order's place is worth beyond the last one at its price. `reach` is the share of sweeps that come so far. */
  #queueValue(reach: number, edge: number): number {
    const { terms } = this;
    const ahead = terms[RequoteTerm.aheadLots]!;
    if (!(edge > 0) || Number.isNaN(ahead)) return 0;
    const comes = -Math.expm1(-terms[RequoteTerm.rate]! * reach * HORIZON_S);
    if (!(comes > 0)) return 0;
    const all = terms[RequoteTerm.takerLots]! * reach * HORIZON_S;
    const square = terms[RequoteTerm.takerSquareLots]! * reach * HORIZON_S + all * all;
    const mean = all / comes;
    const deviation = Math.sqrt(Math.max(0, square / comes - mean * mean));
    const here = beyond(ahead, mean, deviation);
    const back = beyond(terms[RequoteTerm.levelLots]!, mean, deviation);
    return comes * (here - back) * edge;
  }
}

/** How likely more than `lots` are traded. */
function beyond(lots: Lots, mean: number, deviation: number): number {
  if (deviation > 0) return normalDistribution((mean - lots) / deviation);
  if (deviation === 0) return lots < mean ? 1 : 0;
  return NaN;
}
