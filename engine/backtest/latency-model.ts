import { assert } from '../base/assert.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { LatencySample } from './latency-file.ts';

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

/**
 * Latencies as they were measured, on a straight line between two measurements (models.md par. 6.1, after hftbacktest's
 * IntpOrderLatency). Outside the time in which they were measured the same ones come over and over again.
 *
 * Cost: a comparison while time goes on within the same two measurements, a search in them otherwise.
 */
export class RecordedLatency implements LatencyModel {
  /** Since the first measurement. */
  readonly #atNs: Float64Array;
  readonly #takesNs: Float64Array;
  /** The first measurement, since the origin. */
  readonly #firstNs: Nanoseconds;
  /** From the first measurement to the last, or 0. */
  readonly #spanNs: Nanoseconds;
  #at = 0;

  /** @param samples at least one, in the order of time */
  constructor(samples: readonly LatencySample[], originMs: Milliseconds) {
    assert(samples.length > 0, 'latencies are sampled from at least one');
    const firstMs = samples[0]!.atMs;
    this.#atNs = Float64Array.from(samples, ({ atMs }) => (atMs - firstMs) * NS_PER_MS);
    this.#takesNs = Float64Array.from(samples, ({ ms }) => ms * NS_PER_MS);
    this.#firstNs = (firstMs - originMs) * NS_PER_MS;
    this.#spanNs = this.#atNs.at(-1)!;
  }

  sampleNs(sinceOriginNs: Nanoseconds): Nanoseconds {
    const span = this.#spanNs;
    if (span === 0) return Math.round(this.#takesNs[0]!);
    const atNs = this.#atNs;
    const takesNs = this.#takesNs;
    const passed = sinceOriginNs - this.#firstNs;
    const time = passed >= 0 && passed <= span ? passed : ((passed % span) + span) % span;
    const before = this.#find(time);
    const fromNs = atNs[before]!;
    const toNs = atNs[before + 1]!;
    const share = toNs > fromNs ? (time - fromNs) / (toNs - fromNs) : 1;
    return Math.round(takesNs[before]! + share * (takesNs[before + 1]! - takesNs[before]!));
  }

  /** The last measurement but one, or the last that is not after `time`. */
  #find(time: Nanoseconds): number {
    const atNs = this.#atNs;
    if (atNs[this.#at]! <= time && time < atNs[this.#at + 1]!) return this.#at;
    let low = 0;
    let high = atNs.length - 2;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (atNs[middle]! <= time) low = middle;
      else high = middle - 1;
    }
    this.#at = low;
    return low;
  }
}
