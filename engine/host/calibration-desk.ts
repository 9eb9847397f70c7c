/**
 * Calibration while the engine runs: has the job pool fit the models every so often, and tells of each instrument when
 * its model is trusted and when not, and why.
 *
 * Owner:      the engine thread.
 * Invariants: one fit at a time; a fit that fails leaves the models as they are, which then grow old.
 * Cost:       a comparison each timer; a message each fit, and a copy of the models.
 */
import type { Instrument } from '../base/instrument.ts';
import { CalibrationGate, MODEL_DOUBLES, ModelField } from '../base/model-record.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import type { Handoff } from '../handoff/handoff-memory.ts';
import { RecordReader } from '../handoff/record-slot.ts';
import type { MetricsWriter } from '../metrics/cells.ts';
import type { CalibrationDone } from '../../workers/calibration-job.ts';
import { ModelMetrics } from './model-metrics.ts';
import { textOf } from './text-of.ts';

export interface CalibrationDeskOptions {
  readonly handoff: Handoff;
  readonly instruments: readonly Instrument[];
  /** `calibration.seconds`; asked anew each time, since it may change. */
  readonly seconds: () => number;
  /** Fits all models. */
  readonly calibrate: (nowNs: Nanoseconds) => Promise<CalibrationDone>;
  readonly writer: MetricsWriter;
  readonly log: (line: string) => void;
}

export class CalibrationDesk {
  readonly #options: CalibrationDeskOptions;
  readonly #readers: readonly RecordReader[];
  readonly #metrics: readonly ModelMetrics[];
  readonly #row = new Float64Array(MODEL_DOUBLES);
  /** By instrument: whether its newest model is trusted; unknown before the first. */
  readonly #isTrusted: (boolean | undefined)[];
  #dueNs: Nanoseconds = -Infinity;
  #isBusy = false;
  #isFailing = false;
  #isClosed = false;

  constructor(options: CalibrationDeskOptions) {
    const { handoff, instruments, writer } = options;
    this.#options = options;
    this.#readers = instruments.map(
      ({ index }) => new RecordReader(handoff, handoff.layout.modelSlotAt(index), MODEL_DOUBLES),
    );
    this.#metrics = instruments.map((instrument) => new ModelMetrics(writer, instrument));
    this.#isTrusted = instruments.map(() => undefined);
  }

  onTimer(nowNs: Nanoseconds): void {
    if (nowNs < this.#dueNs || this.#isBusy || this.#isClosed) return;
    this.#dueNs = nowNs + this.#options.seconds() * NS_PER_SECOND;
    this.#isBusy = true;
    void this.#fit(nowNs);
  }

  close(): void {
    this.#isClosed = true;
  }

  async #fit(nowNs: Nanoseconds): Promise<void> {
    const { calibrate, writer, log } = this.#options;
    try {
      const { tookNs } = await calibrate(nowNs);
      if (this.#isClosed) return;
      writer.histogram('calibrationTime').record(tookNs);
      if (this.#isFailing) log('calibration: works again');
      this.#isFailing = false;
    } catch (error) {
      if (this.#isClosed) return;
      writer.increment(writer.cell('calibrationFailures'));
      if (!this.#isFailing) log(`calibration: ${textOf(error)}; models stay as they are, and grow old`);
      this.#isFailing = true;
    } finally {
      this.#isBusy = false;
    }
    this.look();
  }

  /** Shows the newest models. */
  look(): void {
    for (const { index, instId } of this.#options.instruments) {
      if (!this.#readers[index]!.read(this.#row)) continue;
      this.#metrics[index]!.show(this.#row);
      const isTrusted = this.#row[ModelField.isTrusted] === 1;
      if (isTrusted === this.#isTrusted[index]) continue;
      this.#isTrusted[index] = isTrusted;
      this.#options.log(`calibration: ${instId}: ${describe(this.#row)}`);
    }
  }
}

function describe(model: Float64Array): string {
  if (model[ModelField.isTrusted] === 1) return 'model trusted';
  const failed = model[ModelField.gatesFailed]!;
  const names = Object.entries(CalibrationGate).flatMap(([name, bit]) =>
    (failed & bit) === 0 ? [] : [name],
  );
  const by = model[ModelField.sigma]! > 0 ? 'volatility alone' : 'strategy.halfSpreadBps';
  return `model not trusted, quotes go by ${by}; gates that do not hold: ${names.join(', ')}`;
}
