/**
 * The offline fit of Stoikov's micro-price (models.md par. 4.1; S. Stoikov, Quantitative Finance 18(12), 2018, par. 3 and 4;
 * the paper's own code does the same with matrices of numpy).
 *
 * Owner:      whoever fits; nothing here runs while quoting.
 * Invariants: a fit is antisymmetric: an imbalance and its mirror image have opposite values, because every observation is
 *             counted with its mirror image. That also makes the sum over further moves converge.
 * Cost:       counts are (buckets × spreads)² numbers; a fit is one elimination of that many unknowns, once.
 *
 * A state x is a bucket of the imbalance Qb / (Qb + Qa) and a spread of 1, 2 … ticks. From one market to the next:
 *
 *     Q[x,y] the mid stayed, state y next       T[x,y] the mid moved, state y next       move[x] mean move of the mid, R·K
 *     G1 = (I − Q)⁻¹·move    what the first move will be          B = (I − Q)⁻¹·T    the state after it
 *     G* = G1 + B·G1 + B²·G1 + …                                  fair = mid + G*[state]
 */
import { assert } from '../../../engine/base/assert.ts';
import type { Lots, Ticks } from '../../../engine/base/units.ts';
import type { MicroPriceTable } from './fair-value-parameters.ts';

export interface MicroPriceGrid {
  /** Buckets of imbalance; 10 in the paper. */
  readonly buckets: number;
  /** Spreads of 1 to so many ticks; wider ones count as the widest. */
  readonly spreads: number;
}

export interface MicroPriceFit {
  readonly table: MicroPriceTable;
  /** Best bids and offers that were counted, each followed by another, and how many of them moved the mid. */
  readonly samples: number;
  readonly moves: number;
  /** By state: how often it was seen, itself or its mirror image. */
  readonly seen: readonly number[];
  /**
   * What the fitted values are of imbalance · spread / 2, the micro-price of the best sizes: where it stands for states that
   * were seen too seldom.
   */
  readonly slope: number;
  /** Terms of G* added up. */
  readonly terms: number;
}

/** States seen less often are shrunk towards the slope, by the share that is missing. */
const SEEN_FULL = 500;
const TERMS_MAX = 100;
const TERM_TICKS_MIN = 1e-4;
/** A state that was only ever followed by itself would make I − Q singular: one in a billion leaves. */
const LEAVES = 1e-9;

/** What is counted of a market, best bid and offer by best bid and offer. */
export class MicroPriceCounts {
  readonly grid: MicroPriceGrid;
  samples = 0;
  moves = 0;
  /** By state, its mirror images included: how often it was seen, and the sum of the moves in ticks. */
  readonly seen: Float64Array;
  readonly moveTicks: Float64Array;
  /** From state × to state: followed by it without and with a move of the mid. */
  readonly stayed: Float64Array;
  readonly moved: Float64Array;
  #state = -1;
  #midTicks = 0;

  constructor(grid: MicroPriceGrid) {
    assert(grid.buckets >= 1 && grid.spreads >= 1, 'a micro-price fit has buckets and spreads');
    const states = grid.buckets * grid.spreads;
    assert(states <= 400, 'a micro-price fit has at most 400 states');
    this.grid = grid;
    this.seen = new Float64Array(states);
    this.moveTicks = new Float64Array(states);
    this.stayed = new Float64Array(states * states);
    this.moved = new Float64Array(states * states);
  }

  /** The next best bid and offer, others' orders only. What cannot be a market (crossed, empty) breaks the row. */
  observe(bidTicks: Ticks, bidLots: Lots, askTicks: Ticks, askLots: Lots): void {
    if (!(askTicks > bidTicks) || !(bidLots > 0) || !(askLots > 0)) return this.breakOff();
    const { buckets, spreads } = this.grid;
    const bucket = Math.min(buckets - 1, Math.floor((bidLots / (bidLots + askLots)) * buckets));
    const state = (Math.min(askTicks - bidTicks, spreads) - 1) * buckets + bucket;
    const midTicks = (bidTicks + askTicks) / 2;
    if (this.#state !== -1) {
      const move = midTicks - this.#midTicks;
      this.#count(this.#state, state, move);
      this.#count(this.#mirrored(this.#state), this.#mirrored(state), -move);
      this.samples++;
      if (move !== 0) this.moves++;
    }
    this.#state = state;
    this.#midTicks = midTicks;
  }

  /** The market was not known for a while: what comes next does not follow what came last. */
  breakOff(): void {
    this.#state = -1;
  }

  #mirrored(state: number): number {
    return mirroredState(this.grid, state);
  }

  #count(from: number, to: number, move: number): void {
    this.seen[from]++;
    this.moveTicks[from] += move;
    const at = from * this.seen.length + to;
    if (move === 0) this.stayed[at]++;
    else this.moved[at]++;
  }
}

/** The state of the same market with its sides exchanged. */
function mirroredState({ buckets }: MicroPriceGrid, state: number): number {
  const bucket = state % buckets;
  return state - 2 * bucket + buckets - 1;
}

/**
 * G* of a chain, by state.
 *
 * @testonly Exported for the vectors of models.md.
 * @param stayed Q, row by row
 * @param moved T, row by row
 * @param moves R·K: the mean move of the mid out of each state
 */
export function microPriceSeries(
  stayed: Float64Array,
  moved: Float64Array,
  moves: Float64Array,
): { first: Float64Array; after: Float64Array; total: Float64Array; terms: number } {
  const states = moves.length;
  // One elimination solves (I − Q)·[G1 | B] = [move | T].
  const width = 2 * states + 1;
  const rows = new Float64Array(states * width);
  for (let row = 0; row < states; row++) {
    for (let column = 0; column < states; column++) {
      rows[row * width + column] = (row === column ? 1 : 0) - stayed[row * states + column];
      rows[row * width + states + 1 + column] = moved[row * states + column];
    }
    rows[row * width + states] = moves[row];
  }
  eliminate(rows, states, width);
  const first = new Float64Array(states);
  const after = new Float64Array(states * states);
  for (let row = 0; row < states; row++) {
    first[row] = rows[row * width + states];
    for (let column = 0; column < states; column++) {
      after[row * states + column] = rows[row * width + states + 1 + column];
    }
  }
  const total = Float64Array.from(first);
  let term = first;
  let terms = 1;
  while (terms < TERMS_MAX && Math.max(...term.map(Math.abs)) >= TERM_TICKS_MIN) {
    const next = new Float64Array(states);
    for (let row = 0; row < states; row++) {
      for (let column = 0; column < states; column++) {
        next[row] += after[row * states + column] * term[column];
      }
      total[row] += next[row];
    }
    term = next;
    terms++;
  }
  return { first, after, total, terms };
}

/**
 * Gauss and Jordan, in place: the first `unknowns` columns become the identity. No row is exchanged: rows of Q sum to less
 * than one, so the diagonal of I − Q outweighs its rows, and stays so.
 */
function eliminate(rows: Float64Array, unknowns: number, width: number): void {
  for (let pivot = 0; pivot < unknowns; pivot++) {
    const scale = rows[pivot * width + pivot];
    assert(scale > 0, 'the states of a micro-price fit can all be left');
    for (let column = pivot; column < width; column++) rows[pivot * width + column] /= scale;
    for (let row = 0; row < unknowns; row++) {
      const factor = rows[row * width + pivot];
      if (row === pivot || factor === 0) continue;
      for (let column = pivot; column < width; column++) {
        rows[row * width + column] -= factor * rows[pivot * width + column];
      }
    }
  }
}

/** Imbalance · spread / 2 in the middle of a state: what the micro-price of the best sizes adds to the mid. */
function plainTicks(grid: MicroPriceGrid, state: number): number {
  const bucket = state % grid.buckets;
  const spread = Math.floor(state / grid.buckets) + 1;
  return ((2 * bucket + 1) / grid.buckets - 1) * (spread / 2);
}

/** The table of what was counted. */
export function fitMicroPrice(counts: MicroPriceCounts): MicroPriceFit {
  const { grid, seen } = counts;
  const states = seen.length;
  const stayed = Float64Array.from(counts.stayed);
  const moved = Float64Array.from(counts.moved);
  const moves = Float64Array.from(counts.moveTicks);
  for (let from = 0; from < states; from++) {
    const share = seen[from] > 0 ? (1 - LEAVES) / seen[from] : 0;
    moves[from] *= share;
    for (let to = 0; to < states; to++) {
      stayed[from * states + to] *= share;
      moved[from * states + to] *= share;
    }
  }
  const { total, terms } = microPriceSeries(stayed, moved, moves);
  let products = 0;
  let squares = 0;
  for (let state = 0; state < states; state++) {
    const plain = plainTicks(grid, state);
    products += seen[state] * plain * total[state];
    squares += seen[state] * plain * plain;
  }
  const slope = squares > 0 ? Math.max(0, Math.min(2, products / squares)) : 1;
  const shrunk = total.map((value, state) => {
    const share = Math.min(1, seen[state] / SEEN_FULL);
    return share * value + (1 - share) * slope * plainTicks(grid, state);
  });
  // The elimination leaves mirror images apart in their last digits.
  const ticks = Array.from(shrunk, (value, state) => {
    const odd = (value - shrunk[mirroredState(grid, state)]) / 2;
    return (Math.sign(odd) * Math.round(Math.abs(odd) * 1e6)) / 1e6;
  });
  return {
    table: { ...grid, ticks },
    samples: counts.samples,
    moves: counts.moves,
    seen: [...seen],
    slope,
    terms,
  };
}
