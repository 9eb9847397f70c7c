import { createHash } from 'node:crypto';
import type { SentLog, SentMessage } from './sim-types.ts';

const KEPT_MAX = 200_000;
const CHUNK_LENGTH = 65_536;

/** Everything that engines sent: kept for a while for the checkers, and all of it in one hash. */
export class MessageLog implements SentLog {
  first = 0;
  #messages: SentMessage[] = [];
  readonly #hash = createHash('sha256');
  #chunk = '';

  get count(): number {
    return this.first + this.#messages.length;
  }

  at(index: number): SentMessage {
    return this.#messages[index - this.first]!;
  }

  add(message: SentMessage): void {
    this.#messages.push(message);
    this.note(
      `${message.atNs} ${message.connection} ${message.engineNumber} ${message.path} ${message.text}`,
    );
    if (this.#messages.length <= KEPT_MAX) return;
    // Half is let go at once, so that keeping the rest costs little.
    this.#messages = this.#messages.slice(KEPT_MAX / 2);
    this.first += KEPT_MAX / 2;
  }

  /** Something else that has to be the same when the world is run again. */
  note(text: string): void {
    this.#chunk += `${text}\n`;
    if (this.#chunk.length < CHUNK_LENGTH) return;
    this.#hash.update(this.#chunk);
    this.#chunk = '';
  }

  /** The hash of all; nothing may be added after it. */
  digest(): string {
    return this.#hash.update(this.#chunk).digest('hex').slice(0, 32);
  }
}
