import type { Milliseconds } from '../base/units.ts';
import { NO_PREVIOUS_SEQUENCE, rowTimeMs, type RecordedRow } from './recorded-row.ts';
import { TextBook } from './text-book.ts';

const DAY_MS: Milliseconds = 86_400_000;

/** Where rows go: a file for each instrument and day (UTC). */
export interface RowSink {
  /** False when there is no room: the row is lost. */
  write(instId: string, day: string, line: string): boolean;
}

/** What the files of one instrument must begin with. */
interface InstrumentRows {
  day: number;
  readonly book: TextBook;
  /** The last row of the book while it is known. */
  bookRow: RecordedRow | undefined;
  instrument: RecordedRow | undefined;
  mark: RecordedRow | undefined;
  funding: RecordedRow | undefined;
  /** Rows were lost: the next that finds room comes behind a gap and a new beginning. */
  isLost: boolean;
}

/**
 * Rows into daily files, each of which can be read without the one before: a file begins with the instrument's row, the book
 * as a snapshot, and the last mark and funding. Rows of an instrument must come in the order of time.
 */
export class DayRows {
  readonly #sink: RowSink;
  readonly #instruments = new Map<string, InstrumentRows>();
  rows = 0;
  /** Rows for which there was no room. */
  lost = 0;

  constructor(sink: RowSink) {
    this.#sink = sink;
  }

  add(row: RecordedRow): void {
    const known = this.#of(row.instId);
    const day = Math.floor(rowTimeMs(row) / DAY_MS);
    if (known.day !== day) {
      known.day = day;
      this.#begin(known, row);
    } else if (known.isLost) {
      known.isLost = false;
      this.#write(known, {
        ...timesOf(row),
        instId: row.instId,
        channel: 'gap',
        reason: 'rows were lost here',
      });
      if (!known.isLost) this.#begin(known, row);
    }
    this.#note(known, row);
    if (!known.isLost) this.#write(known, row);
    if (known.isLost) this.lost++;
  }

  #of(instId: string): InstrumentRows {
    let known = this.#instruments.get(instId);
    if (known === undefined) {
      known = {
        day: -1,
        book: new TextBook(),
        bookRow: undefined,
        instrument: undefined,
        mark: undefined,
        funding: undefined,
        isLost: false,
      };
      this.#instruments.set(instId, known);
    }
    return known;
  }

  /** The rows with which a file begins, but for what the first row says itself. */
  #begin(known: InstrumentRows, first: RecordedRow): void {
    const { instrument, bookRow, book, mark, funding } = known;
    const times = timesOf(first);
    // The venue's own times stay where receive times make the order.
    const order = first.recvNs === undefined ? times : { recvNs: first.recvNs };
    if (instrument !== undefined && first.channel !== 'instruments') {
      this.#write(known, { ...instrument, ...times });
    }
    if (bookRow !== undefined && first.action !== 'snapshot') {
      const { instId, seqId } = bookRow;
      this.#write(known, {
        ...times,
        instId,
        action: 'snapshot',
        ts: order.recvNs === undefined ? first.ts : bookRow.ts,
        asks: book.levels('asks'),
        bids: book.levels('bids'),
        ...(seqId === undefined ? {} : { seqId, prevSeqId: NO_PREVIOUS_SEQUENCE }),
      });
    }
    for (const row of [mark, funding]) if (row !== undefined) this.#write(known, { ...row, ...order });
  }

  #note(known: InstrumentRows, row: RecordedRow): void {
    if (row.action !== undefined) {
      known.book.apply(row.action === 'snapshot', row.asks ?? [], row.bids ?? []);
      known.bookRow = row;
    } else if (row.channel === 'instruments') known.instrument = row;
    else if (row.channel === 'mark-price') known.mark = row;
    else if (row.channel === 'funding-rate') known.funding = row;
    else if (row.channel === 'gap') known.bookRow = undefined;
  }

  #write(known: InstrumentRows, row: RecordedRow): void {
    const day = new Date(known.day * DAY_MS).toISOString().slice(0, 10);
    if (this.#sink.write(row.instId, day, JSON.stringify(row))) this.rows++;
    else known.isLost = true;
  }
}

function timesOf(row: RecordedRow): { readonly recvNs?: string; readonly ts: string } {
  return row.recvNs === undefined ? { ts: row.ts } : { recvNs: row.recvNs, ts: row.ts };
}
