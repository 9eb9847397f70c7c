import { Random } from '../../engine/base/random.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import type { Nanoseconds } from '../../engine/base/units.ts';
import { StepKind } from './sim-types.ts';
import type { SimWorld } from './world.ts';

/** Mean time from one to the next. */
const PERIOD_NS: Nanoseconds = 180 * NS_PER_SECOND;

/**
 * A venue that loses tags, or puts another's in their place, for some seconds; a while later a person has looked, and lets
 * the engine quote again. By chance of its own, so that the other faults of a world are what they were.
 */
export class TagFaults {
  readonly #world: SimWorld;
  readonly #random: Random;
  readonly #untilNs: Nanoseconds;
  readonly #count: () => void;

  constructor(world: SimWorld, seed: number, untilNs: Nanoseconds, count: () => void) {
    this.#world = world;
    this.#random = new Random(seed ^ 0x7461676c);
    this.#untilNs = untilNs;
    this.#count = count;
    this.#next();
  }

  stop(): void {
    this.#world.venue.exchange.setTagFault('keep');
  }

  #next(): void {
    const { timeline } = this.#world;
    const atNs = timeline.nowNs + this.#random.exponential(PERIOD_NS);
    if (atNs >= this.#untilNs) return;
    timeline.at(atNs, StepKind.fault, () => {
      const mode = this.#random.unit() < 0.5 ? 'strip' : 'change';
      this.#world.venue.exchange.setTagFault(mode);
      this.#count();
      const endsNs = timeline.nowNs + (2 + this.#random.unit() * 58) * NS_PER_SECOND;
      timeline.at(Math.min(endsNs, this.#untilNs), StepKind.fault, () => this.stop());
      const resumesNs = endsNs + (1 + this.#random.unit() * 60) * NS_PER_SECOND;
      timeline.at(Math.min(resumesNs, this.#untilNs), StepKind.fault, () => this.#world.command('resume'));
      this.#next();
    });
  }
}
