/**
 * Fills added up by group: all of them, by side, by level, by age of the quote, by place in the queue, by model.
 *
 *     row    0 all │ 1 buy, 2 sell │ levels │ ages │ queues │ models
 *     cells  fills, value, spread, fees, then by horizon: markout in money, value of the fills that have reached it
 *
 * Money is value × bps: of an inverse contract in dollars, as its value is.
 *
 * Owner:      the engine thread; a reader takes cells in place.
 * Invariants: the rows of each kind of group add up to row 0.
 * Cost:       a fill is some stores a row it falls into; nothing allocates once constructed.
 */
import { AGE_NAMES, HORIZONS, LEVEL_NAMES, MODEL_NAMES, QUEUE_NAMES } from '../base/fill-groups.ts';

/** Cells of a row. */
export const FillSum = { fills: 0, value: 1, spread: 2, fees: 3, horizons: 4 } as const;
export type FillSum = (typeof FillSum)[keyof typeof FillSum];
/** Of each horizon. */
export const HorizonSum = { money: 0, value: 1, count: 2 } as const;
export const FILL_SUM_CELLS = FillSum.horizons + HORIZONS * HorizonSum.count;

/** Where the rows of each kind begin. */
export const FillRowOf = {
  all: 0,
  side: 1,
  level: 3,
  age: 3 + LEVEL_NAMES.length,
  queue: 3 + LEVEL_NAMES.length + AGE_NAMES.length,
  model: 3 + LEVEL_NAMES.length + AGE_NAMES.length + QUEUE_NAMES.length,
} as const;
const FILL_ROWS = FillRowOf.model + MODEL_NAMES.length;

export class FillSums {
  readonly cells: Float64Array;

  /** @param rows how many there are */
  constructor(rows: number = FILL_ROWS) {
    this.cells = new Float64Array(rows * FILL_SUM_CELLS);
  }

  addFill(row: number, value: number, spread: number, fee: number): void {
    const first = row * FILL_SUM_CELLS;
    this.cells[first + FillSum.fills]!++;
    this.cells[first + FillSum.value]! += value;
    this.cells[first + FillSum.spread]! += spread;
    this.cells[first + FillSum.fees]! += fee;
  }

  addFee(row: number, fee: number): void {
    this.cells[row * FILL_SUM_CELLS + FillSum.fees]! += fee;
  }

  addMarkout(row: number, horizon: number, money: number, value: number): void {
    const first = row * FILL_SUM_CELLS + FillSum.horizons + horizon * HorizonSum.count;
    this.cells[first + HorizonSum.money]! += money;
    this.cells[first + HorizonSum.value]! += value;
  }

  /** Adds a row to another one, and begins it anew. */
  moveInto(from: number, to: number): void {
    for (let cell = 0; cell < FILL_SUM_CELLS; cell++) {
      this.cells[to * FILL_SUM_CELLS + cell]! += this.cells[from * FILL_SUM_CELLS + cell]!;
      this.cells[from * FILL_SUM_CELLS + cell] = 0;
    }
  }
}
