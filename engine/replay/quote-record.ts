/**
 * A quote as the journal holds it: one row of doubles, so that no number is another when it comes back.
 *
 *     | bidCount | askCount | epoch | marketVersion ... (QUOTE_DOUBLES) | bid ticks, lots ... | ask ticks, lots ... |
 *
 * Owner: who made it; the journal's tap on the engine thread.
 * Cost:  a store a number; nothing allocates once constructed.
 */
import { QUOTE_DOUBLES } from '../handoff/layout.ts';
import type { QuoteView } from '../handoff/quote-slot.ts';

const COUNTS = 3;

export class QuoteRecord {
  readonly #doubles: Float64Array;
  /** The same memory, as the journal takes it. */
  readonly bytes: Uint8Array;
  /** Bytes of it that the quote written last takes. */
  length = 0;

  /** @param levels of the quotes, on each side */
  constructor(levels: number) {
    this.#doubles = new Float64Array(COUNTS + QUOTE_DOUBLES + levels * 4);
    this.bytes = new Uint8Array(this.#doubles.buffer);
  }

  /** @hot */
  write(quote: QuoteView): void {
    const into = this.#doubles;
    const { bidCount, askCount, doubles } = quote;
    into[0] = bidCount;
    into[1] = askCount;
    into[2] = quote.epoch;
    let at = COUNTS;
    for (let index = 0; index < doubles.length; index++) into[at++] = doubles[index]!;
    for (let level = 0; level < bidCount; level++) {
      into[at++] = quote.bidTicks[level]!;
      into[at++] = quote.bidLots[level]!;
    }
    for (let level = 0; level < askCount; level++) {
      into[at++] = quote.askTicks[level]!;
      into[at++] = quote.askLots[level]!;
    }
    this.length = at * 8;
  }
}

/** Reads what `write` has written. False when these bytes are none of it, or a quote of more levels than `into` has. */
export function readQuoteRecord(bytes: Uint8Array, into: QuoteView): boolean {
  const { doubles } = into;
  if (bytes.byteLength % 8 !== 0 || bytes.byteLength < (COUNTS + doubles.length) * 8) return false;
  // A copy: a record need not lie where doubles may.
  const from = new Float64Array(new Uint8Array(bytes).buffer);
  const bidCount = from[0]!;
  const askCount = from[1]!;
  const isSane =
    from.length === COUNTS + doubles.length + 2 * (bidCount + askCount) &&
    bidCount <= into.bidTicks.length &&
    askCount <= into.askTicks.length;
  if (!isSane) return false;
  into.bidCount = bidCount;
  into.askCount = askCount;
  into.epoch = from[2]!;
  let at = COUNTS;
  for (let index = 0; index < doubles.length; index++) doubles[index] = from[at++]!;
  into.findWeights();
  for (let level = 0; level < bidCount; level++) {
    into.bidTicks[level] = from[at++]!;
    into.bidLots[level] = from[at++]!;
  }
  for (let level = 0; level < askCount; level++) {
    into.askTicks[level] = from[at++]!;
    into.askLots[level] = from[at++]!;
  }
  return true;
}
