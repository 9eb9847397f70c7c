import type { Clock } from '../base/clock.ts';

/** One line for each change of state: for the journal of the machine. The numbers are in the metrics. */
export class Log {
  readonly #clock: Clock;
  readonly #writeOwn: (line: string) => void;
  #write: (line: string) => void;

  constructor(clock: Clock, write: (line: string) => void) {
    this.#clock = clock;
    this.#writeOwn = write;
    this.#write = write;
  }

  /** Cold, and never on the path. The text must hold no secret. */
  line(text: string): void {
    this.#write(`${new Date(this.#clock.wallMs()).toISOString()} ${text}\n`);
  }

  /** Sends lines elsewhere: to where a status is redrawn that they would tear. Undefined takes that back. */
  redirect(write: ((line: string) => void) | undefined): void {
    this.#write = write ?? this.#writeOwn;
  }
}
