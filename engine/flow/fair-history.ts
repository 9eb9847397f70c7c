/**
 * The fair prices of the last moments by the venue's own time, so that a trade is measured against the book before it
 * and not against the one that the trade itself has made, whichever of the two arrives first.
 *
 *     book    ts 100: 50.0      ts 200: 51.5            a trade of ts 150 and one of ts 200 were met by 50.0
 *
 * Owner:      the engine thread.
 * Invariants: a ring an instrument of the newest ENTRIES changes; an entry of 0 says that there was no fair price.
 * Cost:       a market whose fair price stands is one comparison; a look goes back from the newest, mostly one or two steps.
 */

/** Changes, not messages: at a hundred a second, more than half a second, many times what trades and books are apart. */
const ENTRIES = 64;

export class FairHistory {
  /** By instrument × ENTRIES. */
  readonly ticks: Float64Array;
  readonly #tsMs: Float64Array;
  /** The newest entry by instrument; -1 before the first. */
  readonly #newest: Int32Array;

  constructor(instrumentCount: number) {
    this.ticks = new Float64Array(instrumentCount * ENTRIES);
    this.#tsMs = new Float64Array(instrumentCount * ENTRIES).fill(Infinity);
    this.#newest = new Int32Array(instrumentCount).fill(-1);
  }

  /** @hot The fair price of a book of that time, both by instrument. */
  note(instrument: number, fairTicks: Float64Array, tsMs: Float64Array): void {
    const newest = this.#newest[instrument]!;
    const first = instrument * ENTRIES;
    if (newest >= 0) {
      if (this.ticks[first + newest] === fairTicks[instrument]) return;
      if (this.#tsMs[first + newest] === tsMs[instrument]) {
        this.ticks[first + newest] = fairTicks[instrument]!;
        return;
      }
    }
    const next = (newest + 1) % ENTRIES;
    this.#newest[instrument] = next;
    this.ticks[first + next] = fairTicks[instrument]!;
    this.#tsMs[first + next] = tsMs[instrument]!;
  }

  /**
   * Where in `ticks` the fair price stands that held just before a venue time; -1 when none did.
   *
   * @param tsMs an array, and `at` the place in it: a time would be boxed
   */
  before(instrument: number, tsMs: Float64Array, at: number): number {
    const newest = this.#newest[instrument]!;
    if (newest < 0) return -1;
    const first = instrument * ENTRIES;
    for (let back = 0; back < ENTRIES; back++) {
      const entry = first + ((newest - back + ENTRIES) % ENTRIES);
      // A time that is not known is taken for the newest; what was never written lies in no past.
      if (this.#tsMs[entry]! < tsMs[at]! || (tsMs[at] === 0 && back === 0)) return entry;
    }
    return -1;
  }
}
