/**
 * What the loop times: readings are noted on the path, and counted into histograms when nobody waits.
 *
 *     mark()     the clock is read into the next row          on the path: one reading and three stores
 *     count()    each row goes into its histograms            after the bytes have left, or with the timer
 *
 * Counting a reading touches three cells of a histogram of 15 KiB, for each of some eight stages another one. Done where
 * the stage ends, all that would stand between frame and order; done afterwards, it costs the same and delays nobody.
 *
 * Owner:      the engine thread.
 * Invariants: every reading is counted once, at the latest by the next timer.
 * Cost:       as above; nothing allocates once constructed.
 */
import type { Clock } from '../base/clock.ts';
import { CommandOp } from '../base/command-op.ts';
import type { TimeCell } from '../base/units.ts';
import { Stage } from '../metrics/catalog.ts';
import type { MetricsWriter } from '../metrics/cells.ts';
import type { Histogram } from '../metrics/histogram.ts';

/** A quiet feed's turns make three rows each, an answered one eight: of some ten turns at once, the code stays cached. */
const ROWS = 64;
const ROWS_BEFORE_COUNT = 32;
/** Rows of this kind and above: an ack of a request, by operation. */
const ACKNOWLEDGED = Stage.acknowledged;

export class LoopTimes {
  readonly #clock: Clock;
  readonly #stages: readonly Histogram[];
  readonly #tickToTrade: Histogram;
  readonly #roundTrip: readonly Histogram[];
  /** When the frame that this turn answers arrived; 0 when none did. */
  readonly #origin: TimeCell = new Float64Array(1);
  // A row: a Stage, or ACKNOWLEDGED + operation; from when to when.
  readonly #kind = new Uint8Array(ROWS);
  readonly #fromNs = new Float64Array(ROWS);
  readonly #toNs = new Float64Array(ROWS);
  #count = 0;
  #hasSent = false;

  constructor(writer: MetricsWriter, clock: Clock) {
    this.#clock = clock;
    this.#stages = Object.values(Stage).map((stage) => writer.histogram('stageLatency', stage));
    this.#tickToTrade = writer.histogram('tickToTrade');
    this.#roundTrip = Object.values(CommandOp).map((op) => writer.histogram('roundTrip', op));
  }

  /** @hot The turn answers a frame that arrived at `from[at]`. */
  begin(from: TimeCell, at: number): void {
    this.#origin[0] = from[at]!;
  }

  /** @hot A stage of the answer ends now. */
  mark(stage: Stage): void {
    if (this.#origin[0] === 0) return;
    const row = this.#row(stage);
    this.#fromNs[row] = this.#origin[0]!;
    this.#clock.readNs(this.#toNs, row);
  }

  /** @hot A stage of the answer ended at a time that was read already. */
  markAt(stage: Stage, ended: TimeCell): void {
    if (this.#origin[0] === 0) return;
    const row = this.#row(stage);
    this.#fromNs[row] = this.#origin[0]!;
    this.#toNs[row] = ended[0]!;
  }

  /** @hot The bytes have left. */
  sent(): void {
    this.#hasSent = true;
    this.mark(Stage.sent);
  }

  /** @hot The answer to a request that left at `sentNs[at]`. */
  acknowledged(op: CommandOp, sentNs: Float64Array, at: number): void {
    const row = this.#row(ACKNOWLEDGED + op);
    this.#fromNs[row] = sentNs[at]!;
    this.#clock.readNs(this.#toNs, row);
  }

  /** @hot A message was so old when it came. */
  arrived(ageMs: Float64Array): void {
    const row = this.#row(Stage.received);
    this.#fromNs[row] = 0;
    this.#toNs[row] = ageMs[0]! * 1e6;
  }

  /** @hot The turn is over, and the next answers another frame or none. */
  end(): void {
    this.#origin[0] = 0;
    if (this.#hasSent || this.#count >= ROWS_BEFORE_COUNT) this.count();
  }

  /** @hot Counts all that is noted. */
  count(): void {
    const kinds = this.#kind;
    for (let row = 0; row < this.#count; row++) {
      const kind = kinds[row]!;
      const stage = this.#stages[kind < ACKNOWLEDGED ? kind : ACKNOWLEDGED]!;
      stage.recordBetween(this.#fromNs, this.#toNs, row);
      if (kind === Stage.sent) this.#tickToTrade.recordBetween(this.#fromNs, this.#toNs, row);
      else if (kind >= ACKNOWLEDGED) {
        this.#roundTrip[kind - ACKNOWLEDGED]!.recordBetween(this.#fromNs, this.#toNs, row);
      }
    }
    this.#count = 0;
    this.#hasSent = false;
  }

  #row(kind: number): number {
    if (this.#count === ROWS) this.count();
    const row = this.#count++;
    this.#kind[row] = kind;
    return row;
  }
}
