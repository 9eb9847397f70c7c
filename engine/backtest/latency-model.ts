import type { Nanoseconds } from '../base/units.ts';

/** How long something takes on its way. The same times give the same answers. */
export interface LatencyModel {
  /** @param sinceOriginNs when it sets out, since the origin of the recording's time line */
  sampleNs(sinceOriginNs: Nanoseconds): Nanoseconds;
}

export class ConstantLatency implements LatencyModel {
  readonly #ns: Nanoseconds;

  constructor(ns: Nanoseconds) {
    this.#ns = ns;
  }

  sampleNs(): Nanoseconds {
    return this.#ns;
  }
}
