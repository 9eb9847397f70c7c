import type { Nanoseconds } from '../base/units.ts';
import type { LatencyModel } from './latency-model.ts';
import type { Timeline } from './timeline.ts';

/** One direction of one connection: everything takes its time, and what goes in first comes out first, as with TCP. */
export class Wire {
  readonly #timeline: Timeline;
  readonly #latency: LatencyModel;
  #lastNs: Nanoseconds = 0;

  constructor(timeline: Timeline, latency: LatencyModel) {
    this.#timeline = timeline;
    this.#latency = latency;
  }

  carry(deliver: () => void): void {
    const { nowNs, sinceOriginNs } = this.#timeline;
    this.#lastNs = Math.max(this.#lastNs, nowNs + this.#latency.sampleNs(sinceOriginNs));
    this.#timeline.at(this.#lastNs, deliver);
  }
}
