/**
 * Fits the models of all instruments to what the core has counted: flow records in, model records out. The same on a thread
 * of the job pool and on the engine's own thread in virtual time: all that it must remember stands in the shared memory.
 *
 * Owner:      one thread at a time.
 * Invariants: the same flow, configuration and times give the same models, to the bit.
 * Cost:       a turn that is not due is a comparison; a fit is 0.1 ms an instrument, on whichever thread this is.
 */
import { assert } from '../../engine/base/assert.ts';
import { FLOW_DOUBLES, FlowField } from '../../engine/base/flow-record.ts';
import { MODEL_DOUBLES } from '../../engine/base/model-record.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import type { Nanoseconds, TimeCell } from '../../engine/base/units.ts';
import { ConfigurationReader } from '../../engine/handoff/configuration-slot.ts';
import type { Handoff } from '../../engine/handoff/handoff-memory.ts';
import { RecordReader, RecordWriter } from '../../engine/handoff/record-slot.ts';
import { calibrate } from './calibrate.ts';
import { assertParameters } from './calibration-parameters.ts';
import type { CalibrationParameters } from './calibration-parameters.ts';

export class Calibrator {
  readonly #configuration: ConfigurationReader;
  readonly #flows: readonly RecordReader[];
  readonly #writers: readonly RecordWriter[];
  /** By instrument: what was counted, and the newest model. */
  readonly #flowRows: readonly Float64Array[];
  readonly #models: readonly Float64Array[];
  readonly #row = new Float64Array(MODEL_DOUBLES);
  readonly #scratch = new Float64Array(FLOW_DOUBLES);
  #parameters: CalibrationParameters | undefined;
  readonly #due: TimeCell = Float64Array.of(-Infinity);

  constructor(handoff: Handoff) {
    const { layout, instrumentCount } = handoff;
    const ofEach = <T>(make: (instrument: number) => T): T[] =>
      Array.from({ length: instrumentCount }, (_, instrument) => make(instrument));
    this.#configuration = new ConfigurationReader(handoff);
    this.#flows = ofEach((each) => new RecordReader(handoff, layout.flowSlotAt(each), FLOW_DOUBLES));
    this.#writers = ofEach((each) => new RecordWriter(handoff, layout.modelSlotAt(each), MODEL_DOUBLES));
    this.#flowRows = ofEach(() => new Float64Array(FLOW_DOUBLES));
    // A thread that takes another's place goes on from its models.
    this.#models = ofEach((each) => {
      const model = new Float64Array(MODEL_DOUBLES);
      const isThere = new RecordReader(handoff, layout.modelSlotAt(each), MODEL_DOUBLES).read(model);
      return isThere ? model : model.fill(0);
    });
  }

  /** @hot As turn(), from a cell: a time that is handed on as a number is boxed. */
  turnAt(now: TimeCell): boolean {
    if (now[0]! < this.#due[0]!) return false;
    if (this.#parameters === undefined && !this.#configuration.hasChanged()) return false;
    return this.turn(now[0]!);
  }

  /** Fits every instrument when `calibration.seconds` have passed since the last time; whether it did. */
  turn(nowNs: Nanoseconds): boolean {
    if (nowNs < this.#due[0]!) return false;
    if (this.#configuration.hasChanged()) this.#configure(this.#configuration.read());
    if (this.#parameters === undefined) return false;
    this.#due[0] = nowNs + this.#parameters.seconds * NS_PER_SECOND;
    for (let instrument = 0; instrument < this.#flows.length; instrument++) this.#fit(instrument, nowNs);
    return true;
  }

  /** Fits every instrument now, however long ago the last fit was: whoever calls keeps the time. */
  fitAll(nowNs: Nanoseconds): boolean {
    this.#due[0] = -Infinity;
    return this.turn(nowNs);
  }

  #configure(value: unknown): void {
    if (value === undefined) return;
    // Written by the engine thread of this build, from a configuration that was validated.
    const { calibration } = value as { calibration?: CalibrationParameters };
    if (calibration === undefined) return;
    assertParameters(calibration);
    assert(calibration.instruments.length === this.#flows.length, 'every instrument has its calibration');
    this.#parameters = calibration;
  }

  #fit(instrument: number, nowNs: Nanoseconds): void {
    const flow = this.#flowRows[instrument]!;
    const model = this.#models[instrument]!;
    const parameters = this.#parameters!;
    // A row that would not hold still is read the next time; what was copied of it means nothing.
    if (this.#flows[instrument]!.read(this.#scratch)) {
      // A market without a fair price at this moment has had one, and all that was counted is of that.
      this.#scratch[FlowField.fairTicks]! ||= flow[FlowField.fairTicks]!;
      flow.set(this.#scratch);
    }
    calibrate(flow, model, parameters, parameters.instruments[instrument]!, nowNs, this.#row);
    model.set(this.#row);
    this.#writers[instrument]!.publish(model);
  }
}
