/**
 * Order-flow imbalance of the best levels: what came to the bid and left the ask, less what left the bid and came to the
 * ask, from one best bid and offer to the next.
 *
 *     e = Qb·[Pb ≥ Pb'] − Qb'·[Pb ≤ Pb'] − Qa·[Pa ≤ Pa'] + Qa'·[Pa ≥ Pa']           ' is what was before
 *
 * Source: R. Cont, A. Kukanov, S. Stoikov, J. Financial Econometrics 12(1), 2014, §2. Note the ask's signs: an ask that
 * falls is supply that came, whatever its size was before.
 *
 * Owner:      the engine thread.
 * Invariants: sums only add up states that follow each other: after a market that could not be quoted they go on from the
 *             next state, without a step. Our own orders are not in what is given.
 * Cost:       four comparisons where the best rows stand, some twenty operations where they do not; nothing allocates.
 */

/** By instrument: bid ticks and lots, ask ticks and lots. Ticks of 0: nothing to compare with. */
const BEST_DOUBLES = 4;

export class OrderFlow {
  /** By instrument: all imbalance since the start, in lots. */
  readonly ofiLots: Float64Array;
  readonly #best: Float64Array;

  constructor(instrumentCount: number) {
    this.ofiLots = new Float64Array(instrumentCount);
    this.#best = new Float64Array(instrumentCount * BEST_DOUBLES);
  }

  /** @hot The market as it is now: row 0 of each side, others' orders only. */
  onBest(
    instrument: number,
    bidTicks: Int32Array,
    bidLots: Float64Array,
    askTicks: Int32Array,
    askLots: Float64Array,
  ): void {
    const best = this.#best;
    const at = instrument * BEST_DOUBLES;
    const bid = bidTicks[0]!;
    const ask = askTicks[0]!;
    const bidBefore = best[at]!;
    const askBefore = best[at + 2]!;
    // Most messages change no best row: nothing came and nothing left.
    if (bid === bidBefore && ask === askBefore && bidLots[0] === best[at + 1] && askLots[0] === best[at + 3])
      return;
    if (bidBefore > 0) {
      let change = 0;
      if (bid >= bidBefore) change += bidLots[0]!;
      if (bid <= bidBefore) change -= best[at + 1]!;
      if (ask <= askBefore) change -= askLots[0]!;
      if (ask >= askBefore) change += best[at + 3]!;
      this.ofiLots[instrument]! += change;
    }
    best[at] = bid;
    best[at + 1] = bidLots[0]!;
    best[at + 2] = ask;
    best[at + 3] = askLots[0]!;
  }

  /** Moves `lots[into]` by that share towards the mean size of the two best levels given last. */
  blendBest(instrument: number, share: Float64Array, lots: Float64Array, into: number): void {
    const at = instrument * BEST_DOUBLES;
    const now = (this.#best[at + 1]! + this.#best[at + 3]!) / 2;
    lots[into]! += share[0]! * (now - lots[into]!);
  }

  /** @hot The market cannot be quoted. */
  onNone(instrument: number): void {
    this.#best[instrument * BEST_DOUBLES] = 0;
  }
}
