import { HedgePhase } from '../engine/base/hedge-phase.ts';
import { Side } from '../engine/base/side.ts';
import type { MetricId } from '../engine/metrics/catalog.ts';
import { coinsOf, namesOf } from '../engine/metrics/catalog.ts';
import type { MetricsMemory } from '../engine/metrics/cells.ts';
import { nameAt, orNull } from './instrument-status.ts';

/** Instruments of one coin, together. Deltas are in coins. */
export interface PortfolioStatus {
  readonly coin: string;
  /** Null while a price that it hangs on is not known. */
  readonly delta: number | null;
  readonly deltaMax: number;
  /** If all that is in flight on one side were filled. */
  readonly worst: { readonly buy: number | null; readonly sell: number | null };
  readonly hedge: {
    /** off, inside, waiting, resting, taking or stopped. */
    readonly phase: string;
    readonly orders: number;
    /** Of the UTC day, in the account's currency; null where nothing is hedged. */
    readonly cost: number | null;
    readonly costMax: number | null;
  };
}

/** Reads groups and their hedgers out of the metrics' cells. */
export class PortfolioStatuses {
  readonly #memory: MetricsMemory;
  readonly #coins: readonly string[];

  constructor(memory: MetricsMemory) {
    this.#memory = memory;
    this.#coins = coinsOf(memory.dimensions);
  }

  /** Of each coin that has a group. */
  all(): PortfolioStatus[] {
    return this.#coins.flatMap((coin, index) => {
      const deltaMax = this.#value('groupDeltaMax', index);
      return deltaMax > 0 ? [this.#of(coin, index, deltaMax)] : [];
    });
  }

  #of(coin: string, index: number, deltaMax: number): PortfolioStatus {
    return {
      coin,
      delta: orNull(this.#value('groupDelta', index)),
      deltaMax,
      worst: {
        buy: orNull(this.#value('groupWorst', index, Side.buy)),
        sell: orNull(this.#value('groupWorst', index, Side.sell)),
      },
      hedge: {
        phase: nameAt(namesOf(HedgePhase), this.#value('hedgePhase', index)),
        orders: this.#value('hedgeOrders', index),
        cost: orNull(this.#value('hedgeCost', index)),
        costMax: orNull(this.#value('hedgeCostMax', index)),
      },
    };
  }

  #value(id: MetricId, ...labels: readonly number[]): number {
    return this.#memory.cells[this.#memory.layout.cellOf(id, -1, labels)]!;
  }
}
