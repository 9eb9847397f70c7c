/**
 * Where the journal hears what leaves the core, and which quotes go into it.
 *
 * Owner:      the engine thread.
 * Invariants: bytes are noted as they left and with the answer that the core was given; a quote is noted when it was read,
 *             and so after the `quotes` that it belongs to and before whatever it causes.
 * Cost:       a copy into the journal's ring; a reading of the clock a send. Nothing allocates once constructed.
 */
import type { Clock } from '../base/clock.ts';
import type { TimeCell } from '../base/units.ts';
import type { Handoff } from '../handoff/handoff-memory.ts';
import type { QuoteView } from '../handoff/quote-slot.ts';
import { QuoteReader } from '../handoff/quote-slot.ts';
import type { JournalWriter } from '../journal/journal-writer.ts';
import { RecordKind } from '../journal/record-kind.ts';
import type { Connection, LoopOutput, LoopRequest } from '../loop/loop-options.ts';
import type { QuoteRecord } from './quote-record.ts';

export const NO_VALUE: Float64Array = new Float64Array(1);

/** What a core's taps share. */
export interface TapParts {
  readonly writer: JournalWriter;
  /** The time of the input that is being handed in. */
  readonly inputNs: TimeCell;
  /** One for all readers: the journal copies from few buffers. */
  readonly quote: QuoteRecord;
}

/** The way out, noted. */
export class JournaledOutput implements LoopOutput {
  readonly #parts: TapParts;
  readonly #output: LoopOutput;
  readonly #clock: Clock;
  /** When the bytes were handed over: nothing in the core hangs on it, so that a replay does not compare it. */
  readonly #sentNs: TimeCell = new Float64Array(1);

  constructor(parts: TapParts, output: LoopOutput, clock: Clock) {
    this.#parts = parts;
    this.#output = output;
    this.#clock = clock;
  }

  /** @hot First it is sent, then noted: nobody waits for the journal. */
  send(connection: Connection, bytes: Uint8Array, length: number): boolean {
    this.#clock.readNs(this.#sentNs, 0);
    const isSent = this.#output.send(connection, bytes, length);
    const { writer } = this.#parts;
    writer.record(RecordKind.send, connection, isSent ? 1 : 0, this.#sentNs, NO_VALUE, bytes, 0, length);
    return isSent;
  }

  request(request: LoopRequest, instrument: number): void {
    const { writer, inputNs } = this.#parts;
    writer.mark(RecordKind.request, request, instrument, inputNs, NO_VALUE);
    this.#output.request(request, instrument);
  }
}

/** A quote slot's reader that notes what it has read. */
export class JournaledQuoteReader extends QuoteReader {
  readonly #parts: TapParts;
  readonly #instrument: number;

  constructor(parts: TapParts, handoff: Handoff, instrument: number) {
    super(handoff, instrument);
    this.#parts = parts;
    this.#instrument = instrument;
  }

  /** @hot */
  override read(out: QuoteView): boolean {
    if (!super.read(out)) return false;
    const { writer, inputNs, quote } = this.#parts;
    quote.write(out);
    const { bytes, length } = quote;
    writer.record(RecordKind.quoteTaken, 0, this.#instrument, inputNs, NO_VALUE, bytes, 0, length);
    return true;
  }
}
