/**
 * Distances from the fair price by inventory: what every model comes down to between two fits.
 *
 *     linear   bid(q) = bidHalf + skew · (q − shift)          ask(q) = askHalf − skew · (q − shift)
 *     table    bid(q), ask(q) at −Q … Q, linear in between, and as far as the last step goes beyond
 *
 * Owner:      the quoter that made it.
 * Invariants: distances are finite; a bid's never falls with the inventory, an ask's never rises.
 * Cost:       a few multiplications a distance; numbers go in and out through cells, since they would be boxed by a call.
 */
import { assert } from '../../../engine/base/assert.ts';

/** Cells of a curve. */
export const CurveCell = {
  /** Half spreads within their limits: distances at no inventory, without a drift. */
  bidHalf: 0,
  askHalf: 1,
  /** Ticks a unit of inventory, at no inventory. */
  skew: 2,
  /** The inventory that the model aims at. */
  shift: 3,
  /** Before the limits. */
  bidHalfFree: 4,
  askHalfFree: 5,
} as const;

/** A distance is asked for by inventory in [0] and given in [1]. */
export type DistanceQuestion = Float64Array;

export class DistanceCurve {
  readonly cells = new Float64Array(6);
  #isTable = false;
  #bids: Float64Array = new Float64Array(0);
  #asks: Float64Array = new Float64Array(0);
  /** Inventory a step of the table. */
  readonly #step = new Float64Array(1);

  setLinear(bidHalf: number, askHalf: number, skew: number, shift: number): void {
    this.#isTable = false;
    this.#set(bidHalf, askHalf, skew, shift);
  }

  /**
   * @param bids distances at −Q … Q steps of inventory, an odd number of them; `asks` likewise
   * @param step inventory a step
   * @param difference by how much the bid's half spread is larger than the ask's
   * @param shift the inventory aimed at, which is in the distances already: half spreads are without it
   */
  setTable(bids: Float64Array, asks: Float64Array, step: number, difference: number, shift: number): void {
    assert(bids.length === asks.length && bids.length >= 3 && bids.length % 2 === 1, 'a table has a middle');
    this.#isTable = true;
    this.#bids = bids;
    this.#asks = asks;
    this.#step[0] = step;
    const middle = (bids.length - 1) / 2;
    const skew = (bids[middle + 1] - bids[middle - 1]) / (2 * step);
    const mean = (bids[middle] + asks[middle]) / 2;
    this.#set(mean + difference / 2, mean - difference / 2, skew, shift);
  }

  #set(bidHalf: number, askHalf: number, skew: number, shift: number): void {
    const { cells } = this;
    cells[CurveCell.bidHalf] = bidHalf;
    cells[CurveCell.askHalf] = askHalf;
    cells[CurveCell.bidHalfFree] = bidHalf;
    cells[CurveCell.askHalfFree] = askHalf;
    cells[CurveCell.skew] = skew;
    cells[CurveCell.shift] = shift;
  }

  /** Keeps half spreads within bounds; the least one counts where they contradict. Skew stays as it is. */
  limit(halfMin: number, halfMax: number): void {
    const { cells } = this;
    for (const [limited, free] of [
      [CurveCell.bidHalf, CurveCell.bidHalfFree],
      [CurveCell.askHalf, CurveCell.askHalfFree],
    ] as const) {
      cells[limited] = Math.max(halfMin, Math.min(halfMax, cells[free]));
    }
  }

  /** Whether every distance is a number, and half spreads are not negative. */
  isSound(): boolean {
    const { cells } = this;
    for (let index = 0; index < cells.length; index++) if (!Number.isFinite(cells[index])) return false;
    if (cells[CurveCell.skew] < 0) return false;
    if (!this.#isTable) return true;
    return [...this.#bids, ...this.#asks].every((distance) => Number.isFinite(distance));
  }

  /** @hot A bid's distance below the fair price; may be negative. */
  bid(question: DistanceQuestion): void {
    const { cells } = this;
    if (!this.#isTable) {
      question[1] = cells[CurveCell.bidHalf] + cells[CurveCell.skew] * (question[0] - cells[CurveCell.shift]);
      return;
    }
    this.#lookUp(this.#bids, question);
    question[1] += cells[CurveCell.bidHalf] - cells[CurveCell.bidHalfFree];
  }

  /** @hot An ask's distance above the fair price; may be negative. */
  ask(question: DistanceQuestion): void {
    const { cells } = this;
    if (!this.#isTable) {
      question[1] = cells[CurveCell.askHalf] - cells[CurveCell.skew] * (question[0] - cells[CurveCell.shift]);
      return;
    }
    this.#lookUp(this.#asks, question);
    question[1] += cells[CurveCell.askHalf] - cells[CurveCell.askHalfFree];
  }

  /** @hot */
  #lookUp(distances: Float64Array, question: DistanceQuestion): void {
    const last = distances.length - 1;
    const place = question[0] / this.#step[0] + last / 2;
    const left = Math.max(0, Math.min(last - 1, Math.floor(place)));
    question[1] = distances[left] + (distances[left + 1] - distances[left]) * (place - left);
  }
}
