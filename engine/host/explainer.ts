/**
 * Why each instrument is quoted as it is, for an operator who asks and for the status page: the quoter's newest row and the
 * engine's own look at it.
 *
 * Owner:      the engine thread.
 * Invariants: it answers in every state, a halted engine's too; it reads and decides nothing.
 * Cost:       a few microseconds an instrument, each once a second.
 */
import { EXPLAIN_DOUBLES } from '../base/explain-record.ts';
import type { Instrument } from '../base/instrument.ts';
import { STANDING_DOUBLES } from '../base/standing-record.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import type { Handoff } from '../handoff/handoff-memory.ts';
import { RecordReader } from '../handoff/record-slot.ts';
import type { Loop } from '../loop.ts';
import type { MetricsMemory } from '../metrics/cells.ts';
import { ExplanationWriter } from '../metrics/explanations.ts';
import { Explanations } from '../../monitoring/explanation.ts';
import type { Explanation } from '../../monitoring/explanation.ts';

/** An explanation that is posted is no older than this, about. */
const POST_PERIOD_NS = NS_PER_SECOND;

export class Explainer {
  readonly #loop: Loop;
  readonly #readers: readonly RecordReader[];
  /** By instrument: the quoter's newest row; NaN before the first. */
  readonly #quoters: readonly Float64Array[];
  readonly #read = new Float64Array(EXPLAIN_DOUBLES);
  readonly #standing = new Float64Array(STANDING_DOUBLES);
  readonly #writer: ExplanationWriter;
  readonly #explanations: Explanations;
  #next = 0;
  #postedNs: Nanoseconds = -Infinity;

  constructor({ loop, handoff, memory }: { loop: Loop; handoff: Handoff; memory: MetricsMemory }) {
    this.#loop = loop;
    this.#readers = loop.instruments.map(
      ({ index }) => new RecordReader(handoff, handoff.layout.explainSlotAt(index), EXPLAIN_DOUBLES),
    );
    this.#quoters = loop.instruments.map(() => new Float64Array(EXPLAIN_DOUBLES).fill(NaN));
    this.#writer = new ExplanationWriter(memory);
    this.#explanations = new Explanations(memory.dimensions);
  }

  explain({ index }: Instrument, nowNs: Nanoseconds): Explanation {
    this.#fill(index);
    return this.#explanations.of(index, this.#quoters[index]!, this.#standing, nowNs);
  }

  /** Posts some of them, so that by the time each has had its turn a second is over: never all in one pause of the loop. */
  post(nowNs: Nanoseconds): void {
    const count = this.#readers.length;
    const due = Math.ceil((count * Math.min(nowNs - this.#postedNs, POST_PERIOD_NS)) / POST_PERIOD_NS);
    this.#postedNs = nowNs;
    for (let done = 0; done < due; done++) {
      this.#fill(this.#next);
      this.#writer.publish(this.#next, this.#quoters[this.#next]!, this.#standing);
      this.#next = (this.#next + 1) % count;
    }
  }

  #fill(index: number): void {
    const quoter = this.#quoters[index]!;
    // Read beside it: a copy that was torn means nothing, and the last one stands.
    if (this.#readers[index]!.read(this.#read)) quoter.set(this.#read);
    this.#loop.explain(index, quoter, this.#standing);
  }
}
