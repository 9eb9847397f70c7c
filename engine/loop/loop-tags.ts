/**
 * What the venue gives back of our tag. An order that comes back with another tag, or with none, earns the operator nothing,
 * and the dead man's switch, which goes by the tag, would not find it: quoting stops until a person has looked.
 *
 *     ack (LoopAnswers) ─┐
 *     push (LoopFills) ──┤
 *     fills by REST ─────┼─▶ onMismatch ─▶ kill ladder: paused, until `resume`
 *     orders by REST ────┤
 *     algo orders ───────┘
 *
 * Owner:      the engine thread.
 * Invariants: asked of orders whose id is of this state's runs, and of no others; one word is enough. A trade counts once,
 *             however often REST repeats it; what the operator has seen does not pause again.
 * Cost:       a comparison for each ack of a place, each push and each row.
 */
import type { TradeFact } from './loop-options.ts';
import { TagSource } from '../metrics/catalog.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../risk/kill-ladder.ts';
import type { KillLadder } from '../risk/kill-ladder.ts';

export class LoopTags {
  /** By TagSource: how often an order of ours came back without our tag. */
  readonly mismatches = new Float64Array(Object.keys(TagSource).length);
  readonly #ladder: KillLadder;
  /** The newest trade that REST has told; up to which of them it was judged: they are told again with every audit. */
  #toldMs = 0;
  #judgedMs = 0;

  constructor(ladder: KillLadder) {
    this.#ladder = ladder;
  }

  onMismatch(source: TagSource): void {
    this.mismatches[source]!++;
    this.#ladder.raise(KillTrigger.tagMismatch, KillLevel.paused, ACCOUNT);
  }

  /** A trade as REST tells it; oldest first. */
  onTrade({ isTagForeign, tsMs }: TradeFact): void {
    this.#toldMs = Math.max(this.#toldMs, tsMs);
    if (isTagForeign !== true || tsMs <= this.#judgedMs) return;
    this.#judgedMs = tsMs;
    this.onMismatch(TagSource.fill);
  }

  /** The operator has seen what was told so far. */
  resume(): void {
    this.#judgedMs = this.#toldMs;
  }
}
