/**
 * The venue's market maker protection, as it shows in our orders: once too much of a family of options was traded within its
 * interval, the venue cancels the family's MMP orders by itself (cancelSource 39) and takes none for a while.
 *
 *     orders cancelled by it ──▶ the whole family rests for the frozen time, and goes on by itself
 *                            └─▶ frozen time 0: paused until an operator resumes, which resets it at the venue
 *
 * Owner:      the engine thread.
 * Invariants: one trigger counts once, however many orders it takes; nothing is placed while the venue would refuse it.
 * Cost:       cold.
 */
import type { Instrument } from '../base/instrument.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import type { LoopRests } from './loop-rests.ts';
import type { QuoteKinds } from './loop-options.ts';
import { KillLevel, KillTrigger } from '../risk/kill-ladder.ts';
import type { KillLadder } from '../risk/kill-ladder.ts';

/** Cancels within so long are of one trigger. */
const ONE_TRIGGER_NS: Nanoseconds = 1_000 * NS_PER_MS;
/** The venue counts from its own moment, which we have heard of later. */
const FROZEN_MARGIN_NS: Nanoseconds = 100 * NS_PER_MS;

export class LoopMmp {
  /** By instrument: how often its orders were the first that a trigger took. */
  readonly triggers: Float64Array;
  readonly #instruments: readonly Instrument[];
  readonly #kinds: readonly QuoteKinds[];
  readonly #rests: LoopRests;
  readonly #ladder: KillLadder;
  /** By instrument. */
  readonly #triggeredNs: Float64Array;

  constructor(
    instruments: readonly Instrument[],
    kinds: readonly QuoteKinds[] | undefined,
    rests: LoopRests,
    ladder: KillLadder,
  ) {
    this.triggers = new Float64Array(instruments.length);
    this.#instruments = instruments;
    this.#kinds = kinds ?? [];
    this.#rests = rests;
    this.#ladder = ladder;
    this.#triggeredNs = new Float64Array(instruments.length).fill(-Infinity);
  }

  /** An order of ours was cancelled by it. */
  onTriggered(instrument: number, nowNs: Nanoseconds): void {
    const kinds = this.#kinds[instrument];
    if (kinds === undefined || !kinds.isMmp) return;
    if (nowNs - this.#triggeredNs[instrument]! < ONE_TRIGGER_NS) return;
    this.triggers[instrument]!++;
    const { instFamily } = this.#instruments[instrument]!;
    for (const { index, instFamily: other, option } of this.#instruments) {
      if (option === null || other !== instFamily) continue;
      this.#triggeredNs[index] = nowNs;
      if (kinds.mmpFrozenMs === 0) this.#ladder.raise(KillTrigger.mmp, KillLevel.paused, index);
      else this.#rests.restBoth(index, nowNs + kinds.mmpFrozenMs * NS_PER_MS + FROZEN_MARGIN_NS);
    }
  }
}
