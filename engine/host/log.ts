import type { Clock } from '../base/clock.ts';

/** One line for each change of state: for the journal of the machine. The numbers are in the metrics. */
export class Log {
  readonly #clock: Clock;
  readonly #write: (line: string) => void;

  constructor(clock: Clock, write: (line: string) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  /** Cold, and never on the path. The text must hold no secret. */
  line(text: string): void {
    this.#write(`${new Date(this.#clock.wallMs()).toISOString()} ${text}\n`);
  }
}
