/**
 * What each instrument's fair price is made of, as metrics: read once a second from the reasons that quoters give.
 *
 * Owner:      the engine thread.
 * Invariants: what cannot be quoted shows nothing.
 * Cost:       a comparison each timer; a copy of each instrument's reasons a second.
 */
import { EXPLAIN_DOUBLES, ExplainField, FAIR_PARTS, FairPart } from '../base/explain-record.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import type { Handoff } from '../handoff/handoff-memory.ts';
import { RecordReader } from '../handoff/record-slot.ts';
import type { MetricsWriter } from '../metrics/cells.ts';

const BPS = 10_000;

export class FairMetrics {
  readonly #writer: MetricsWriter;
  readonly #readers: readonly RecordReader[];
  /** By instrument and part. */
  readonly #cells: readonly (readonly number[])[];
  readonly #row = new Float64Array(EXPLAIN_DOUBLES);
  #dueNs: Nanoseconds = -Infinity;

  constructor(handoff: Handoff, writer: MetricsWriter) {
    const instruments = Array.from({ length: handoff.instrumentCount }, (_, instrument) => instrument);
    this.#writer = writer;
    this.#readers = instruments.map(
      (instrument) => new RecordReader(handoff, handoff.layout.explainSlotAt(instrument), EXPLAIN_DOUBLES),
    );
    this.#cells = instruments.map((instrument) =>
      Array.from({ length: FAIR_PARTS }, (_, part) => writer.cell('fairPart', instrument, part)),
    );
  }

  onTimer(nowNs: Nanoseconds): void {
    if (nowNs < this.#dueNs) return;
    this.#dueNs = nowNs + NS_PER_SECOND;
    this.#readers.forEach((reader, instrument) => {
      if (reader.read(this.#row)) this.#show(instrument);
    });
  }

  #show(instrument: number): void {
    const row = this.#row;
    const mid = row[ExplainField.midTicks]!;
    for (let part = 0; part < FAIR_PARTS; part++) {
      const ticks = row[ExplainField.parts + part]! - (part === FairPart.base ? mid : 0);
      this.#writer.set(this.#cells[instrument]![part]!, mid > 0 ? (ticks / mid) * BPS : NaN);
    }
  }
}
