/**
 * The operator's words: what each does to the kill ladder, and what is answered.
 *
 * Owner:      the engine thread.
 * Invariants: a halt is left by `resume` or `flatten` only; the last word counts, so that a pause ends a flatten; a resume
 *             never takes back what an automatic watcher still holds.
 * Cost:       cold.
 */
import type { Instrument } from '../base/instrument.ts';
import type { LoopFlatten } from './loop-flatten.ts';
import type { LoopHedge } from './loop-hedge.ts';
import type { LoopKill } from './loop-kill.ts';
import { OperatorCommand } from './loop-options.ts';
import type { CommandResult } from './loop-options.ts';
import { ACCOUNT, KillLevel, KillTrigger, TRIGGER_RULES } from '../risk/kill-ladder.ts';
import type { KillLadder } from '../risk/kill-ladder.ts';

const LEVEL_TEXTS = ['quoting', 'quoting wider', 'reducing only', 'paused', 'halted'] as const;

export class LoopOperator {
  readonly #instruments: readonly Instrument[];
  readonly #ladder: KillLadder;
  readonly #kill: LoopKill;
  readonly #flatten: LoopFlatten;
  readonly #hedge: LoopHedge;

  constructor(instruments: readonly Instrument[], kill: LoopKill, flatten: LoopFlatten, hedge: LoopHedge) {
    this.#instruments = instruments;
    this.#ladder = kill.ladder;
    this.#kill = kill;
    this.#flatten = flatten;
    this.#hedge = hedge;
  }

  command(command: OperatorCommand): CommandResult {
    const ladder = this.#ladder;
    if (command === OperatorCommand.resume) {
      this.#resume();
    } else if (command === OperatorCommand.flatten) {
      // From a halt, too: the operator wants out, and has seen why it halted.
      if (ladder.isHalted) this.#resume();
      ladder.raise(KillTrigger.flatten, KillLevel.paused, ACCOUNT);
      return { isDone: true, text: `paused; ${this.#flatten.text}` };
    } else if (command === OperatorCommand.halt) {
      this.#hold(KillLevel.halted);
    } else if (ladder.isHalted) {
      return { isDone: false, text: `${this.text}; only resume or flatten lead out of a halt` };
    } else {
      this.#hold(command === OperatorCommand.pause ? KillLevel.paused : KillLevel.reduceOnly);
    }
    return { isDone: true, text: this.text };
  }

  #hold(level: KillLevel): void {
    this.#ladder.raise(KillTrigger.operator, level, ACCOUNT);
    this.#ladder.clear(KillTrigger.flatten, ACCOUNT);
  }

  #resume(): void {
    // First, or the watcher would raise in its next turn what has just been taken back.
    this.#kill.rebase();
    this.#ladder.resume();
    this.#kill.tags.resume();
    this.#hedge.resume();
  }

  /** How the engine stands, and why. */
  get text(): string {
    const ladder = this.#ladder;
    const { accountLevel, accountReason } = ladder;
    const parts = [textOf(accountLevel, accountReason)];
    for (const { index, instId } of this.#instruments) {
      if (ladder.level(index) > accountLevel) {
        parts.push(`${instId} ${textOf(ladder.level(index), ladder.reason(index))}`);
      }
    }
    const hedges = this.#hedge.text;
    if (hedges !== '') parts.push(hedges);
    return parts.join('; ');
  }
}

function textOf(level: KillLevel, reason: KillTrigger): string {
  const text = LEVEL_TEXTS[level];
  return level === KillLevel.quoting ? text : `${text}: ${TRIGGER_RULES[reason]!.text}`;
}
