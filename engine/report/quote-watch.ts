/**
 * How long an instrument was quoted, on which sides, and how far from the middle: orders that rest at the venue, as the
 * engine knows them. Weighted by time; nothing is sampled.
 */
import type { Nanoseconds } from '../base/units.ts';
import type { Quoted, QuotedDistance } from './run-result.ts';

const EDGES_BPS: readonly number[] = [0, 0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 20, 30, 50, 100];
const WITHIN_BPS: readonly number[] = [1, 2, 5, 10, 20, 50];

export class QuoteWatch {
  readonly #within = new Float64Array(WITHIN_BPS.length);
  readonly #bid = new SideTimes();
  readonly #ask = new SideTimes();
  #bothNs = 0;
  #bidNs = 0;
  #askNs = 0;
  #totalNs = 0;

  /** So it was for `durationNs`. @param bidBps distance of the best order from the middle; NaN without one */
  onTime(durationNs: Nanoseconds, bidBps: number, askBps: number): void {
    this.#totalNs += durationNs;
    const hasBid = !Number.isNaN(bidBps);
    const hasAsk = !Number.isNaN(askBps);
    if (hasBid) this.#bid.add(durationNs, bidBps);
    if (hasAsk) this.#ask.add(durationNs, askBps);
    if (hasBid && hasAsk) {
      this.#bothNs += durationNs;
      const farthest = Math.max(bidBps, askBps);
      for (let index = 0; index < WITHIN_BPS.length; index++) {
        if (farthest <= WITHIN_BPS[index]!) this.#within[index]! += durationNs;
      }
    } else if (hasBid) this.#bidNs += durationNs;
    else if (hasAsk) this.#askNs += durationNs;
  }

  /** Adds the times of another instrument: shares are means then. */
  merge(other: QuoteWatch): void {
    this.#totalNs += other.#totalNs;
    this.#bothNs += other.#bothNs;
    this.#bidNs += other.#bidNs;
    this.#askNs += other.#askNs;
    for (let index = 0; index < WITHIN_BPS.length; index++) this.#within[index]! += other.#within[index]!;
    this.#bid.merge(other.#bid);
    this.#ask.merge(other.#ask);
  }

  quoted(): Quoted {
    const share = (ns: Nanoseconds): number => (this.#totalNs > 0 ? ns / this.#totalNs : 0);
    return {
      both: share(this.#bothNs),
      bidOnly: share(this.#bidNs),
      askOnly: share(this.#askNs),
      none: share(this.#totalNs - this.#bothNs - this.#bidNs - this.#askNs),
      within: Object.fromEntries(WITHIN_BPS.map((bps, index) => [String(bps), share(this.#within[index]!)])),
    };
  }

  distance(): QuotedDistance {
    return {
      unit: 'bps',
      edges: EDGES_BPS,
      bid: this.#bid.shares(),
      ask: this.#ask.shares(),
      meanBidBps: this.#bid.meanBps(),
      meanAskBps: this.#ask.meanBps(),
    };
  }
}

class SideTimes {
  readonly #cells = new Float64Array(EDGES_BPS.length);
  #totalNs = 0;
  #weightedBps = 0;

  add(durationNs: Nanoseconds, bps: number): void {
    let cell = EDGES_BPS.length - 1;
    while (cell > 0 && bps < EDGES_BPS[cell]!) cell--;
    this.#cells[cell]! += durationNs;
    this.#totalNs += durationNs;
    this.#weightedBps += durationNs * bps;
  }

  merge(other: SideTimes): void {
    for (let cell = 0; cell < this.#cells.length; cell++) this.#cells[cell]! += other.#cells[cell]!;
    this.#totalNs += other.#totalNs;
    this.#weightedBps += other.#weightedBps;
  }

  shares(): number[] {
    return Array.from(this.#cells, (ns) => (this.#totalNs > 0 ? ns / this.#totalNs : 0));
  }

  meanBps(): number | null {
    return this.#totalNs > 0 ? this.#weightedBps / this.#totalNs : null;
  }
}
