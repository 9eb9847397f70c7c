/**
 * Why each instrument's quotes are what they are, for readers in other threads: the quoter's row and the engine's beside it,
 * as they were posted together.
 *
 * Owner:      the engine thread writes; any thread reads.
 * Invariants: as of the board (board.ts): a reader has both rows of one posting, or nothing.
 * Cost:       publish() copies 3.2 KiB.
 */
import { assert } from '../base/assert.ts';
import { EXPLAIN_DOUBLES } from '../base/explain-record.ts';
import { STANDING_DOUBLES } from '../base/standing-record.ts';
import { readRecord, writeRecord } from './board.ts';
import type { MetricsMemory } from './cells.ts';
import { EXPLANATION_CELLS } from './layout.ts';

export class ExplanationWriter {
  readonly #memory: MetricsMemory;
  readonly #staged = new Float64Array(EXPLANATION_CELLS);

  constructor(memory: MetricsMemory) {
    this.#memory = memory;
  }

  publish(instrument: number, quoter: Float64Array, standing: Float64Array): void {
    assert(
      quoter.length === EXPLAIN_DOUBLES && standing.length === STANDING_DOUBLES,
      'an explanation is a row of the quoter and one of the engine',
    );
    this.#staged.set(quoter);
    this.#staged.set(standing, EXPLAIN_DOUBLES);
    writeRecord(this.#memory, this.#memory.layout.explanationCell(instrument), this.#staged);
  }
}

export class ExplanationReader {
  readonly quoter: Float64Array;
  readonly standing: Float64Array;
  readonly #memory: MetricsMemory;
  readonly #copy = new Float64Array(EXPLANATION_CELLS);

  constructor(memory: MetricsMemory) {
    this.#memory = memory;
    this.quoter = this.#copy.subarray(0, EXPLAIN_DOUBLES);
    this.standing = this.#copy.subarray(EXPLAIN_DOUBLES);
  }

  /** Fills the rows with the newest posting; false while there is none. */
  read(instrument: number): boolean {
    return readRecord(this.#memory, this.#memory.layout.explanationCell(instrument), this.#copy);
  }
}
