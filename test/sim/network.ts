import type { Random } from '../../engine/base/random.ts';
import { NS_PER_MS } from '../../engine/base/units.ts';
import type { Milliseconds, Nanoseconds } from '../../engine/base/units.ts';
import type { StepKind } from './sim-types.ts';
import type { Timeline } from './timeline.ts';

/** How long things take, one way. */
export interface Latency {
  readonly minMs: Milliseconds;
  /** Of the exponential part above the least. */
  readonly meanMs: Milliseconds;
}

/** What may befall one frame. */
export const FrameFault = { none: 0, lost: 1, twice: 2, cut: 3 } as const;
export type FrameFault = (typeof FrameFault)[keyof typeof FrameFault];

/** What is between the engine's machine and the venue: one for all connections and for REST. */
export class Network {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #latency: Latency;
  /** No connection can be made before this, and none that there was lives. */
  downUntilNs: Nanoseconds = 0;
  /** Everything takes so much longer until then. */
  slowUntilNs: Nanoseconds = 0;
  slowMs: Milliseconds = 0;

  constructor(timeline: Timeline, random: Random, latency: Latency) {
    this.#timeline = timeline;
    this.#random = random;
    this.#latency = latency;
  }

  get isDown(): boolean {
    return this.#timeline.nowNs < this.downUntilNs;
  }

  /** How long the next message takes, drawn anew. */
  delayNs(): Nanoseconds {
    const { minMs, meanMs } = this.#latency;
    const slowMs = this.#timeline.nowNs < this.slowUntilNs ? this.slowMs * this.#random.unit() : 0;
    return Math.round((minMs + this.#random.exponential(meanMs) + slowMs) * NS_PER_MS);
  }
}

/** One direction of one connection: what goes in first comes out first, as with TCP. */
export class Wire {
  readonly #timeline: Timeline;
  readonly #network: Network;
  readonly #random: Random;
  readonly #kind: StepKind;
  #lastNs: Nanoseconds = 0;
  #stalledUntilNs: Nanoseconds = 0;
  /** The next frame for which `isMeant` meets this. */
  #fault: FrameFault = FrameFault.none;
  #isMeant: (text: string) => boolean = () => true;
  /** Frames that are under way. */
  count = 0;

  constructor(timeline: Timeline, network: Network, random: Random, kind: StepKind) {
    this.#timeline = timeline;
    this.#network = network;
    this.#random = random;
    this.#kind = kind;
  }

  /** Nothing comes out before this. */
  stall(untilNs: Nanoseconds): void {
    this.#stalledUntilNs = Math.max(this.#stalledUntilNs, untilNs);
    // What is sent from now on comes after what waits.
    this.#lastNs = Math.max(this.#lastNs, untilNs + 1);
  }

  /** What the next frame of that kind meets; another that is still armed is forgotten. */
  arm(fault: FrameFault, isMeant: (text: string) => boolean): void {
    this.#fault = fault;
    this.#isMeant = isMeant;
  }

  /** Comes out after everything that went in before, and meets no fault: what a connection itself does. */
  pass(deliver: () => void): void {
    this.#carry('', deliver);
  }

  push(text: string, deliver: (text: string) => void): void {
    let isTwice = false;
    let carried = text;
    if (this.#fault !== FrameFault.none && this.#isMeant(text)) {
      const fault = this.#fault;
      this.#fault = FrameFault.none;
      if (fault === FrameFault.lost) return;
      if (fault === FrameFault.cut) carried = text.slice(0, this.#random.below(text.length));
      else isTwice = true;
    }
    this.#carry(carried, deliver);
    if (isTwice) this.#carry(carried, deliver);
  }

  #carry(text: string, deliver: (text: string) => void): void {
    this.#lastNs = Math.max(this.#lastNs, this.#timeline.nowNs + this.#network.delayNs());
    this.count++;
    this.#timeline.at(this.#lastNs, this.#kind, () => this.#arrive(text, deliver));
  }

  #arrive(text: string, deliver: (text: string) => void): void {
    if (this.#timeline.nowNs < this.#stalledUntilNs) {
      this.#timeline.at(this.#stalledUntilNs, this.#kind, () => this.#arrive(text, deliver));
      return;
    }
    this.count--;
    deliver(text);
  }
}
