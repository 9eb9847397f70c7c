import { DecimalError, OFF_GRID } from './decimal.ts';
import type { DecimalGrid } from './decimal.ts';
import { TICKS_MAX } from './units.ts';
import type { Ticks } from './units.ts';

/** A band of prices with a tick of its own, in decimal text as the venue states it. "" for no upper end. */
export interface PriceBandText {
  readonly minPx: string;
  readonly maxPx: string;
  readonly tickSz: string;
}

/**
 * Ticks that a price may stand on: where the tick grows with the price, prices still count in the smallest one.
 *
 *     ticks     0 …… 49 | 50, 55, 60 …        bands 0.0001 below 0.005, 0.0005 from there on; smallest tick 0.0001
 *
 * Owner:      whoever holds the instrument.
 * Invariants: bands begin where the one before ends; the first begins at 0; every step is a whole number of the smallest.
 * Cost:       one comparison where there are no bands, else one for each band below the price; nothing allocates.
 */
export class PriceBands {
  /** By band, ascending: its first tick and its step. No band at all: every tick. */
  readonly fromTicks: Int32Array;
  readonly stepTicks: Int32Array;

  /** @throws DecimalError when a bound or a step is no multiple of the smallest tick */
  constructor(tick: DecimalGrid, bands: readonly PriceBandText[]) {
    const sorted = [...bands].sort((left, right) => Number(left.minPx) - Number(right.minPx));
    this.fromTicks = Int32Array.from(sorted, ({ minPx }) => ticksOf(tick, minPx, 'minPx'));
    this.stepTicks = Int32Array.from(sorted, ({ tickSz }) => ticksOf(tick, tickSz, 'tickSz'));
    if (this.fromTicks.length > 0) this.fromTicks[0] = 0;
  }

  get isPlain(): boolean {
    return this.fromTicks.length === 0;
  }

  /** The highest allowed price that is not above this one. */
  down(ticks: Ticks): Ticks {
    if (this.fromTicks.length === 0) return ticks;
    const band = this.#bandOf(ticks);
    const step = this.stepTicks[band]!;
    const from = this.fromTicks[band]!;
    // Steps count from nought, as the venue does; a band that begins off its own grid begins at its first multiple.
    const on = ticks - (ticks % step);
    return on >= from || band === 0 ? on : this.down(from - 1);
  }

  /** The lowest allowed price that is not below this one. */
  up(ticks: Ticks): Ticks {
    if (this.fromTicks.length === 0) return ticks;
    const band = this.#bandOf(ticks);
    const step = this.stepTicks[band]!;
    const rest = ticks % step;
    if (rest === 0) return ticks;
    const on = ticks - rest + step;
    const next = band + 1 < this.fromTicks.length ? this.fromTicks[band + 1]! : TICKS_MAX;
    return on <= next ? on : this.up(next);
  }

  /** From one price to the next, about this one. */
  stepAt(ticks: number): Ticks {
    return this.fromTicks.length === 0 ? 1 : this.stepTicks[this.#bandOf(ticks)]!;
  }

  #bandOf(ticks: number): number {
    let band = 0;
    while (band + 1 < this.fromTicks.length && this.fromTicks[band + 1]! <= ticks) band++;
    return band;
  }
}

function ticksOf(tick: DecimalGrid, text: string, name: string): Ticks {
  const ticks = tick.fromText(text);
  if (ticks === OFF_GRID || ticks > TICKS_MAX) {
    throw new DecimalError(
      `price bands: expected ${name} to be a multiple of the smallest tick ${tick.step}, was "${text}"`,
    );
  }
  return ticks;
}
