import { describe, expect, it } from 'vitest';
import { FLOW_DOUBLES, FlowField } from '../../engine/base/flow-record.ts';
import { MODEL_DOUBLES, ModelField } from '../../engine/base/model-record.ts';
import { ConfigurationWriter } from '../../engine/handoff/configuration-slot.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { RecordReader, RecordWriter } from '../../engine/handoff/record-slot.ts';
import { Calibrator } from '../../workers/calibration/calibrator.ts';
import type { CalibrationParameters } from '../../workers/calibration/calibration-parameters.ts';
import { FLOW_TIME_NS, PARAMETERS, generateFlow } from './generated-flow.ts';

const SECOND = 1e9;
const INTENSITY = { rate: 0.8, decay: 0.25 };
const FLOW = generateFlow({ seed: 1, seconds: 1_200, bid: INTENSITY, ask: INTENSITY, memorySeconds: 1_200 });

/** The memory of an engine with two instruments, and who reads it. */
class World {
  readonly handoff = new Handoff(
    createHandoff({ instrumentCount: 2, workerCount: 1, marketLevels: 1, quoteLevels: 1 }),
  );
  readonly #configuration = new ConfigurationWriter(this.handoff);
  readonly #readers = [0, 1].map(
    (each) => new RecordReader(this.handoff, this.handoff.layout.modelSlotAt(each), MODEL_DOUBLES),
  );
  #version = 0;

  configure(changes: Partial<CalibrationParameters> = {}): void {
    const calibration = { ...PARAMETERS, instruments: [{ fitFromBps: 0 }, { fitFromBps: 0 }], ...changes };
    this.#version++;
    this.#configuration.publish({ strategies: [], calibration }, this.#version);
  }

  publishFlow(instrument: number, timeNs: number): void {
    const row = FLOW.slice();
    row[FlowField.timeNs] = timeNs;
    new RecordWriter(this.handoff, this.handoff.layout.flowSlotAt(instrument), FLOW_DOUBLES).publish(row);
  }

  /** The newest model; undefined where there is no news. */
  model(instrument: number): Float64Array | undefined {
    const row = new Float64Array(MODEL_DOUBLES);
    return this.#readers[instrument]!.read(row) ? row : undefined;
  }
}

describe('the calibrator', () => {
  it('does nothing before it is configured', () => {
    const world = new World();
    const calibrator = new Calibrator(world.handoff);
    expect(calibrator.turn(FLOW_TIME_NS)).toBe(false);
    expect(world.model(0)).toBeUndefined();
    world.configure();
    expect(calibrator.turn(FLOW_TIME_NS)).toBe(true);
  });

  it('publishes a model of each instrument, with the news of its flow', () => {
    const world = new World();
    world.configure();
    world.publishFlow(0, FLOW_TIME_NS);
    new Calibrator(world.handoff).turn(FLOW_TIME_NS);
    const model = world.model(0)!;
    expect([model[ModelField.version], model[ModelField.isTrusted]]).toEqual([1, 1]);
    expect(model[ModelField.decay]).toBeCloseTo(0.25, 1);
    expect(world.model(1)![ModelField.isTrusted]).toBe(0);
  });

  it('fits every so many seconds, by the newest configuration', () => {
    const world = new World();
    world.configure({ seconds: 5 });
    const calibrator = new Calibrator(world.handoff);
    const turns = (seconds: number): boolean => calibrator.turn(FLOW_TIME_NS + seconds * SECOND);
    expect([turns(0), turns(0.02), turns(4.99), turns(5), turns(9.9)]).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
    world.configure({ seconds: 20, sweepsMin: 1_000_000 });
    world.publishFlow(0, FLOW_TIME_NS + 10 * SECOND);
    expect([turns(10), turns(15), turns(29), turns(30)]).toEqual([true, false, false, true]);
    expect(world.model(0)![ModelField.isTrusted]).toBe(0);
    expect(calibrator.fitAll(FLOW_TIME_NS + 30.5 * SECOND)).toBe(true);
  });

  it('goes on from the models that another has left, on a new thread', () => {
    const world = new World();
    world.configure();
    world.publishFlow(0, FLOW_TIME_NS);
    new Calibrator(world.handoff).turn(FLOW_TIME_NS);
    const first = world.model(0)!;
    const second = new Calibrator(world.handoff);
    // No news of the flow for a minute: what was trusted is kept, and is not trusted any more.
    second.turn(FLOW_TIME_NS + 60 * SECOND);
    const model = world.model(0)!;
    expect([model[ModelField.version], model[ModelField.isTrusted]]).toEqual([2, 0]);
    expect(model[ModelField.bidDecay]).toBe(first[ModelField.bidDecay]);
  });
});
