import type { JournalRecord } from '../journal/journal-block.ts';

/** One line of an export. What is empty is null. */
export type ExportRow = Readonly<Record<string, string | number | boolean | null>>;

/** Makes rows of a run's records. */
export interface RowMaker {
  /** The columns, in order: every row has all of them. */
  readonly columns: readonly string[];
  onRecord(record: JournalRecord): readonly ExportRow[];
  /** What waited for something that never came. */
  end(): readonly ExportRow[];
}

/** RFC 4180, but for the line ends, which are the machine's. */
export function csvLine(values: readonly (string | number | boolean | null)[]): string {
  return values.map((value) => csvField(value === null ? '' : String(value))).join(',');
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A duration by one clock, to the nanosecond. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1e6) / 1e6;
}

/** A time of the epoch, or a difference of two, to the microsecond: a double has no more digits there. */
export function roundEpochMs(ms: number): number {
  return Math.round(ms * 1e3) / 1e3;
}

/**
 * Rows in the order in which they were opened, given out when they are complete, or when too many others wait behind them.
 */
export class RowQueue<Row> {
  readonly #max: number;
  readonly #rows: { readonly row: Row; isDone: boolean }[] = [];
  readonly #entries = new Map<Row, { readonly row: Row; isDone: boolean }>();

  constructor(max: number) {
    this.#max = max;
  }

  open(row: Row): void {
    const entry = { row, isDone: false };
    this.#rows.push(entry);
    this.#entries.set(row, entry);
  }

  /** Nothing more comes for it. */
  done(row: Row): void {
    const entry = this.#entries.get(row);
    if (entry !== undefined) entry.isDone = true;
  }

  /** The rows whose turn it is. */
  take(): Row[] {
    let count = 0;
    while (
      count < this.#rows.length &&
      (this.#rows[count]!.isDone || this.#rows.length - count > this.#max)
    ) {
      count++;
    }
    return this.#give(count);
  }

  /** All that are left. */
  takeAll(): Row[] {
    return this.#give(this.#rows.length);
  }

  #give(count: number): Row[] {
    return this.#rows.splice(0, count).map(({ row }) => {
      this.#entries.delete(row);
      return row;
    });
  }
}
