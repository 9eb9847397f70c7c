/**
 * Two signals from what happened lately, from the sums that the core adds up since its start (models.md par. 4.3).
 *
 * Owner:      the FairValue that made it.
 * Invariants: what the sums grew by counts once, however many versions of the market were skipped; no sum, no score.
 * Cost:       O(1): one exponential each, and the score's.
 */
import type { MarketView } from '../../../engine/handoff/market-slot.ts';
import { StandardScore } from './standard-score.ts';

/** Cells of a flow: sums lately, sums as last read, and the usual size of the best levels. */
const Cell = { first: 0, second: 1, lastFirst: 2, lastSecond: 3, bestLots: 4, seenS: 5, count: 6 } as const;

/**
 * Order-flow imbalance (Cont, Kukanov, Stoikov 2014): the sum of the last seconds over twice the usual size of the best
 * levels, which is the price move in ticks that it explains in a book with such sizes everywhere.
 */
export class OrderFlowSignal {
  readonly score: StandardScore;
  readonly #halfLifeS: number;
  readonly #depthHalfLifeS: number;
  readonly #elapsedS: Float64Array;
  readonly #cells = new Float64Array(Cell.count);
  #hasLast = false;

  constructor(halfLifeS: number, standardiseS: number, elapsedS: Float64Array) {
    this.score = new StandardScore(standardiseS, elapsedS);
    this.#halfLifeS = halfLifeS;
    this.#depthHalfLifeS = standardiseS;
    this.#elapsedS = elapsedS;
  }

  /** @hot */
  update(market: MarketView): void {
    const cells = this.#cells;
    const elapsedS = this.#elapsedS[0];
    const sum = market.ofiLots;
    const best = (market.bidLots[0] + market.askLots[0]) / 2;
    if (this.#hasLast) {
      const kept = Math.pow(2, -elapsedS / this.#halfLifeS);
      cells[Cell.first] = cells[Cell.first] * kept + (sum - cells[Cell.lastFirst]);
    } else {
      this.#hasLast = true;
      cells[Cell.bestLots] = best;
    }
    cells[Cell.lastFirst] = sum;
    if (elapsedS > 0) {
      cells[Cell.seenS] += elapsedS;
      const share = Math.max(1 - Math.pow(2, -elapsedS / this.#depthHalfLifeS), elapsedS / cells[Cell.seenS]);
      cells[Cell.bestLots] += share * (best - cells[Cell.bestLots]);
    }
    this.score.value[0] = cells[Cell.first] / (2 * cells[Cell.bestLots]);
    this.score.update();
  }
}

/** Trade-flow imbalance: (bought − sold) / (bought + sold) of the last seconds, by takers. */
export class TradeFlowSignal {
  readonly score: StandardScore;
  readonly #halfLifeS: number;
  readonly #elapsedS: Float64Array;
  readonly #cells = new Float64Array(Cell.count);
  #hasLast = false;

  constructor(halfLifeS: number, standardiseS: number, elapsedS: Float64Array) {
    this.score = new StandardScore(standardiseS, elapsedS);
    this.#halfLifeS = halfLifeS;
    this.#elapsedS = elapsedS;
  }

  /** @hot */
  update(market: MarketView): void {
    const cells = this.#cells;
    const bought = market.boughtLots;
    const sold = market.soldLots;
    if (this.#hasLast) {
      const kept = Math.pow(2, -this.#elapsedS[0] / this.#halfLifeS);
      cells[Cell.first] = cells[Cell.first] * kept + (bought - cells[Cell.lastFirst]);
      cells[Cell.second] = cells[Cell.second] * kept + (sold - cells[Cell.lastSecond]);
    }
    this.#hasLast = true;
    cells[Cell.lastFirst] = bought;
    cells[Cell.lastSecond] = sold;
    const total = cells[Cell.first] + cells[Cell.second];
    this.score.value[0] = total > 0 ? (cells[Cell.first] - cells[Cell.second]) / total : 0;
    this.score.update();
  }
}
