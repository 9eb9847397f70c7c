import { Instrument } from '../base/instrument.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { JournalRecord } from '../journal/journal-block.ts';
import { recordText } from '../journal/journal-reader.ts';
import type { JournalReader, RunInfo } from '../journal/journal-reader.ts';
import { RecordKind } from '../journal/record-kind.ts';
import { parseRunStart } from '../replay/run-start.ts';

/** What a run's rows need to be readable: its instruments, and the time of day of its records. */
export class JournalRun {
  readonly info: RunInfo;
  /** None when another build wrote the run, or its beginning is damaged. */
  readonly instruments: readonly Instrument[];
  readonly #codes: ReadonlyMap<string, string>;
  /** The wall clock less the records' time, and the venue's clock less it, as the last timer told. */
  readonly #wallOffsetMs: Milliseconds;
  #venueOffsetMs: Milliseconds;

  constructor(reader: JournalReader, run: number) {
    this.info = reader.run(run);
    const first = reader.start(run);
    const start = first === undefined ? undefined : parseRunStart(recordText(first));
    this.instruments = (start?.instruments ?? []).map((fields, index) => new Instrument(index, fields));
    this.#codes = new Map(this.instruments.map(({ instId, instIdCode }) => [String(instIdCode), instId]));
    this.#wallOffsetMs =
      first === undefined ? this.info.wallOffsetMs : first.value - first.timeNs / NS_PER_MS;
    this.#venueOffsetMs = this.#wallOffsetMs;
  }

  /** To be told every record, in order: timers say how far the venue's clock is. */
  onRecord({ kind, timeNs, value }: JournalRecord): void {
    if (kind === RecordKind.timer) this.#venueOffsetMs = value - timeNs / NS_PER_MS;
  }

  /** The name of an instrument that the engine knows by its index. */
  nameOf(instrument: number): string {
    return this.instruments[instrument]?.instId ?? `#${instrument}`;
  }

  /** The name of an instrument that the venue knows by its code. */
  nameOfCode(code: string): string {
    return this.#codes.get(code) ?? code;
  }

  /** This machine's wall clock at a record's time. */
  wallMs(timeNs: Nanoseconds): Milliseconds {
    return timeNs / NS_PER_MS + this.#wallOffsetMs;
  }

  /** The venue's, as it was believed to be then. */
  venueMs(timeNs: Nanoseconds): Milliseconds {
    return timeNs / NS_PER_MS + this.#venueOffsetMs;
  }

  timeNs(wallMs: Milliseconds): Nanoseconds {
    return (wallMs - this.#wallOffsetMs) * NS_PER_MS;
  }
}
