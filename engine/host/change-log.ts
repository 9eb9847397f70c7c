import { BookState } from '../book/book.ts';
import { LoopPhase } from '../loop.ts';
import type { Loop } from '../loop.ts';
import { KillLevel, KillTrigger, TRIGGER_RULES } from '../risk/kill-ladder.ts';
import type { Log } from './log.ts';

/**
 * One line of the log for a change that a person has to know of and that happens inside the loop, which does not log: a
 * step of the kill ladder, a book that broke or is back, and a hedger that stopped for its loss. It looks a few times a
 * second; a book that broke and is back in between shows by its count of gaps.
 */
export class ChangeLog {
  readonly #loop: Loop;
  readonly #log: Log;
  readonly #bookStates: number[];
  readonly #gaps: number[];
  readonly #levels: KillLevel[];
  /** Coins whose hedgers have stopped. */
  readonly #stopped = new Set<string>();
  #ladderChanges = 0;
  #accountLevel: KillLevel = KillLevel.quoting;
  #accountReason: KillTrigger = KillTrigger.none;

  constructor(loop: Loop, log: Log) {
    this.#loop = loop;
    this.#log = log;
    this.#bookStates = loop.market.books.map(() => BookState.empty);
    this.#gaps = loop.market.syncs.map(() => 0);
    this.#levels = loop.instruments.map(() => KillLevel.quoting);
  }

  look(): void {
    this.#lookAtLevels();
    for (const { index, instId } of this.#loop.instruments) this.#lookAtBook(index, instId);
    this.#lookAtHedges();
  }

  #lookAtHedges(): void {
    for (const { coin, loss } of this.#loop.hedge.hedgers) {
      if (loss.isStopped === this.#stopped.has(coin)) continue;
      if (loss.isStopped) this.#stopped.add(coin);
      else this.#stopped.delete(coin);
      this.#log.line(
        loss.isStopped
          ? `hedge of ${coin}: stopped, its fills cost ${loss.cost.toFixed(2)} of at most ${loss.lossMax} a day; \`npm run -s ctl -- resume\` takes it back`
          : `hedge of ${coin}: may go on`,
      );
    }
  }

  #lookAtLevels(): void {
    const { ladder, phase } = this.#loop;
    if (ladder.changes === this.#ladderChanges) return;
    const { accountLevel, accountReason } = ladder;
    // A switch that is not armed yet is no news of an engine that comes up.
    const isComingUp = phase === LoopPhase.starting || phase === LoopPhase.recovering;
    if (isComingUp && accountReason === KillTrigger.switchLapsed) return;
    this.#ladderChanges = ladder.changes;
    if (accountLevel !== this.#accountLevel || accountReason !== this.#accountReason) {
      const net = this.#loop.netProfit().toFixed(2);
      this.#log.line(`${levelText(accountLevel, accountReason)}; net profit ${net}`);
      this.#accountLevel = accountLevel;
      this.#accountReason = accountReason;
    }
    for (const { index, instId } of this.#loop.instruments) {
      const level = ladder.level(index) > accountLevel ? ladder.level(index) : KillLevel.quoting;
      const before = this.#levels[index]!;
      // What the account's level covers is as it was, until that falls.
      if (level === before || (level < before && accountLevel >= before)) continue;
      this.#levels[index] = level;
      const reason = level === KillLevel.quoting ? KillTrigger.none : ladder.reason(index);
      this.#log.line(`${instId}: ${levelText(level, reason)}`);
    }
  }

  #lookAtBook(index: number, instId: string): void {
    const { state } = this.#loop.market.books[index]!;
    const { gaps } = this.#loop.market.syncs[index]!;
    const before = this.#bookStates[index]!;
    const isGap = gaps > this.#gaps[index]!;
    const why = isGap ? ': an update is missing' : '';
    this.#bookStates[index] = state;
    this.#gaps[index] = gaps;
    if (state === BookState.broken && before !== BookState.broken) {
      this.#log.line(`book ${instId}: broken${why}; its quotes are withdrawn`);
    } else if (state === BookState.synced && before === BookState.broken) {
      this.#log.line(`book ${instId}: synced again`);
    } else if (state === BookState.synced && isGap) {
      this.#log.line(`book ${instId}: broken${why}; synced again`);
    }
  }
}

const LEVEL_TEXTS: Readonly<Record<KillLevel, string>> = {
  [KillLevel.quoting]: 'quoting may go on',
  [KillLevel.wider]: 'wider: quotes stand twice as far',
  [KillLevel.reduceOnly]: 'reduce only: no order that makes a position larger',
  [KillLevel.paused]: 'paused: every order is cancelled, and none is placed',
  [KillLevel.halted]: 'halted: every order is cancelled, and nothing else is sent, over restarts',
};

/** The level, why, and the way back where it is a person's. */
function levelText(level: KillLevel, reason: KillTrigger): string {
  if (level === KillLevel.quoting) return LEVEL_TEXTS[level];
  const { wayBack, text } = TRIGGER_RULES[reason]!;
  const back = wayBack === 'operator' ? '; `npm run -s ctl -- resume` takes it back' : '';
  return `${LEVEL_TEXTS[level]}: ${text}${back}`;
}
