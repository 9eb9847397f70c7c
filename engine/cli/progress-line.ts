import type { Nanoseconds } from '../base/units.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import { SystemClock } from '../base/clock.ts';

/** A terminal sees it so often; a file gets a line every ten seconds. */
const TERMINAL_NS: Nanoseconds = NS_PER_SECOND / 5;
const FILE_NS: Nanoseconds = 10 * NS_PER_SECOND;

/** Where a command stands, in one line that is written over, below lines that stay. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #clock = new SystemClock();
  #shownNs: Nanoseconds;
  #width = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#shownNs = this.#clock.nowNs();
  }

  /** Shows it if it is time again. */
  show(text: string): void {
    const nowNs = this.#clock.nowNs();
    if (nowNs - this.#shownNs < (this.#stream.isTTY ? TERMINAL_NS : FILE_NS)) return;
    this.#shownNs = nowNs;
    if (!this.#stream.isTTY) {
      this.#stream.write(`${text}\n`);
      return;
    }
    const line = text.slice(0, Math.max(1, this.#stream.columns - 1));
    this.#stream.write(`\r${line.padEnd(this.#width)}`);
    this.#width = line.length;
  }

  /** A line that stays. */
  line(text: string): void {
    this.end();
    this.#stream.write(`${text}\n`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#width > 0) this.#stream.write(`\r${' '.repeat(this.#width)}\r`);
    this.#width = 0;
  }
}
