/**
 * Which mode the loop is in: the configured one, or sleep while the thread has no core of its own. A loop that keeps turning
 * where others want its core is put aside for whole time slices, milliseconds at a time and in the middle of its work; one
 * that sleeps is let in first when it wakes.
 *
 *     state     leaves when                                                          for
 *     as told   crowded seconds add up to three; each calm one takes back a half     fallen back
 *     fallen    its rest is over: 30 s, doubled by every fall to at most 16 min      as told, tried anew
 *
 * Ten minutes as told without a fall, and the next rest is the shortest again.
 *
 * Owner:      the engine thread. Numbers in, mode out: no clock, no files.
 */
import { LoopMode } from '../base/loop-mode.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import type { CoreSample } from './core-watch.ts';

/** Beyond this share of the time spent ready but not running, a second counts as crowded: some 10 to 20 ms of it. */
const WAITED_RATIO_MAX = 0.02;
/** The same for the hypervisor's share of all cores. */
const STOLEN_RATIO_MAX = 0.02;
/** Where waiting is not counted: a thread that shares its core is put aside once a slice of 3 to 10 ms. */
const SWITCHES_PER_SECOND_MAX = 100;

/** One crowded second may be a backup or a log rotation; three are a neighbour. */
const SCORE_MAX = 3;
const CALM_SCORE = 0.5;

const REST_NS_MIN = 30 * NS_PER_SECOND;
const REST_NS_MAX = 960 * NS_PER_SECOND;
const STEADY_NS = 600 * NS_PER_SECOND;

/** Why a second was crowded, if it was. */
export type Crowding = 'none' | 'waiting' | 'switches' | 'steal';

/** @testonly What a sample says by itself. */
export function crowdingOf({ elapsedNs, involuntarySwitches, waitedNs, stolenRatio }: CoreSample): Crowding {
  if (stolenRatio > STOLEN_RATIO_MAX) return 'steal';
  if (waitedNs > elapsedNs * WAITED_RATIO_MAX) return 'waiting';
  const switchesMax = (SWITCHES_PER_SECOND_MAX * elapsedNs) / NS_PER_SECOND;
  return Number.isNaN(waitedNs) && involuntarySwitches > switchesMax ? 'switches' : 'none';
}

export class PaceGovernor {
  readonly configured: LoopMode;
  /** Falls since the start. */
  fallbacks = 0;
  /** What the newest crowded second was crowded by. */
  crowding: Crowding = 'none';
  /** Of the fall that is being rested from, or of the next. */
  restNs: Nanoseconds = REST_NS_MIN;
  #isFallen = false;
  #score = 0;
  /** Since when the mode is what it is. */
  #sinceNs: Nanoseconds;

  constructor(configured: LoopMode, nowNs: Nanoseconds) {
    this.configured = configured;
    this.#sinceNs = nowNs;
  }

  get mode(): LoopMode {
    return this.#isFallen ? LoopMode.sleep : this.configured;
  }

  get isFallen(): boolean {
    return this.#isFallen;
  }

  /** Takes what the last second was like; returns whether the mode is another one now. */
  onSample(sample: CoreSample, nowNs: Nanoseconds): boolean {
    if (this.configured === LoopMode.sleep) return false;
    return this.#isFallen ? this.#rest(nowNs) : this.#turn(sample, nowNs);
  }

  #turn(sample: CoreSample, nowNs: Nanoseconds): boolean {
    const crowding = crowdingOf(sample);
    if (crowding === 'none') this.#score = Math.max(0, this.#score - CALM_SCORE);
    else {
      this.#score++;
      this.crowding = crowding;
    }
    const isSteady = nowNs - this.#sinceNs >= STEADY_NS;
    if (this.#score < SCORE_MAX) {
      if (isSteady) this.restNs = REST_NS_MIN;
      return false;
    }
    if (!isSteady && this.fallbacks > 0) this.restNs = Math.min(this.restNs * 2, REST_NS_MAX);
    this.fallbacks++;
    this.#isFallen = true;
    this.#score = 0;
    this.#sinceNs = nowNs;
    return true;
  }

  #rest(nowNs: Nanoseconds): boolean {
    if (nowNs - this.#sinceNs < this.restNs) return false;
    this.#isFallen = false;
    this.#sinceNs = nowNs;
    return true;
  }
}
