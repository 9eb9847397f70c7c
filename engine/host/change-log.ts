import { BookState } from '../book/book.ts';
import type { Loop } from '../loop.ts';
import { namesOf } from '../metrics/catalog.ts';
import { KillReason } from '../risk/kill-switch.ts';
import type { Log } from './log.ts';

/**
 * One line of the log for a change that a person has to know of and that happens inside the loop, which does not log: a
 * halt, and a book that broke or is back. It looks a few times a second; a book that broke and is back in between shows by
 * its count of gaps.
 */
export class ChangeLog {
  readonly #loop: Loop;
  readonly #log: Log;
  readonly #bookStates: number[];
  readonly #gaps: number[];
  #isHalted = false;

  constructor(loop: Loop, log: Log) {
    this.#loop = loop;
    this.#log = log;
    this.#bookStates = loop.market.books.map(() => BookState.empty);
    this.#gaps = loop.market.syncs.map(() => 0);
  }

  look(): void {
    this.#lookAtHalt();
    for (const { index, instId } of this.#loop.instruments) this.#lookAtBook(index, instId);
  }

  #lookAtHalt(): void {
    const { isHalted, reason } = this.#loop.commands.killSwitch;
    if (isHalted && !this.#isHalted) {
      const net = this.#loop.netProfit().toFixed(2);
      this.#log.line(
        `halted: ${namesOf(KillReason)[reason]}, net profit ${net}; every order is cancelled, and none is placed until a restart`,
      );
    }
    this.#isHalted = isHalted;
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
