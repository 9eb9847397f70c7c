/**
 * Fills added up by the versions of the parameters that quoted them: the newest ones each, all earlier ones together.
 *
 * Owner:      the engine thread.
 * Invariants: rows are of different versions; row 0 holds those that had to make room.
 * Cost:       a fill looks through the rows; nothing allocates once constructed.
 */
import { VERSION_ROWS } from '../base/fill-groups.ts';
import { FillSums } from './fill-sums.ts';

/** Versions that are kept apart: what traded by the last of them, and not what was fitted. */
const VERSIONS_MAX = VERSION_ROWS - 1;
const EARLIER = 0;

export class VersionSums {
  readonly sums = new FillSums(VERSION_ROWS);
  /** By row: which versions it is of; -1 while it is of none. */
  readonly modelVersion = new Int32Array(VERSION_ROWS).fill(-1);
  readonly configVersion = new Int32Array(VERSION_ROWS).fill(-1);
  #next = 1;

  /** The row of the versions, a new one where there is none. */
  rowOf(modelVersion: number, configVersion: number): number {
    const known = this.find(modelVersion, configVersion);
    if (known !== EARLIER) return known;
    const row = this.#next;
    this.#next = (row % VERSIONS_MAX) + 1;
    if (this.modelVersion[row] !== -1) this.sums.moveInto(row, EARLIER);
    this.modelVersion[row] = modelVersion;
    this.configVersion[row] = configVersion;
    return row;
  }

  /** The row of the versions; that of the earlier ones when they have made room. */
  find(modelVersion: number, configVersion: number): number {
    for (let row = 1; row <= VERSIONS_MAX; row++) {
      if (this.modelVersion[row] === modelVersion && this.configVersion[row] === configVersion) return row;
    }
    return EARLIER;
  }

  /** A fee of a fill whose versions are not known any more: it goes to the earlier ones. */
  addUnknownFee(money: number): void {
    this.sums.addFee(EARLIER, money);
  }
}
