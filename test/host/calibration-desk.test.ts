import { describe, expect, it } from 'vitest';
import type { Instrument } from '../../engine/base/instrument.ts';
import { CalibrationGate, MODEL_DOUBLES, ModelField } from '../../engine/base/model-record.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { RecordWriter } from '../../engine/handoff/record-slot.ts';
import { CalibrationDesk } from '../../engine/host/calibration-desk.ts';
import { MetricsWriter, createMetricsMemory } from '../../engine/metrics/cells.ts';
import type { CalibrationDone } from '../../workers/calibration-job.ts';
import { SAMPLE_DIMENSIONS } from '../metrics/sample-dimensions.ts';

const SECOND = 1e9;
const INSTRUMENTS = SAMPLE_DIMENSIONS.instruments.map(
  ({ name }, index) => ({ index, instId: name }) as Instrument,
);

/** A desk whose fits end when the test says. */
function openDesk() {
  const handoff = new Handoff(
    createHandoff({ instrumentCount: INSTRUMENTS.length, workerCount: 1, marketLevels: 1, quoteLevels: 1 }),
  );
  const memory = createMetricsMemory(SAMPLE_DIMENSIONS);
  const writer = new MetricsWriter(memory);
  const lines: string[] = [];
  const jobs: { nowNs: number; resolve: (done: CalibrationDone) => void; reject: (error: Error) => void }[] =
    [];
  const world = { seconds: 5 };
  const desk = new CalibrationDesk({
    handoff,
    instruments: INSTRUMENTS,
    seconds: () => world.seconds,
    calibrate: (nowNs) => new Promise((resolve, reject) => jobs.push({ nowNs, resolve, reject })),
    writer,
    log: (line) => lines.push(line),
  });
  const models = INSTRUMENTS.map(
    ({ index }) => new RecordWriter(handoff, handoff.layout.modelSlotAt(index), MODEL_DOUBLES),
  );
  const publish = (instrument: number, fields: Partial<Record<keyof typeof ModelField, number>>): void => {
    const row = new Float64Array(MODEL_DOUBLES).fill(NaN);
    for (const [name, value] of Object.entries(fields))
      row[ModelField[name as keyof typeof ModelField]] = value;
    models[instrument]!.publish(row);
  };
  const value = (id: Parameters<MetricsWriter['cell']>[0], ...at: number[]): number =>
    memory.cells[writer.cell(id, ...at)]!;
  const done = async (): Promise<void> => {
    jobs.shift()!.resolve({ hasFitted: true, tookNs: 1_000 });
    await Promise.resolve();
    await Promise.resolve();
  };
  const fail = async (error: Error): Promise<void> => {
    jobs.shift()!.reject(error);
    await Promise.resolve();
    await Promise.resolve();
  };
  return { desk, world, jobs, lines, publish, value, done, fail };
}

describe('the calibration desk', () => {
  it('has models fitted at once and then every so many seconds, one fit at a time', async () => {
    const { desk, world, jobs, done } = openDesk();
    const asked: number[] = [];
    const at = async (seconds: number, isDone: boolean): Promise<void> => {
      desk.onTimer(seconds * SECOND);
      asked.push(jobs.length);
      if (isDone && jobs.length > 0) await done();
    };
    await at(1, true);
    await at(3, true);
    await at(6, false);
    // The one under way is waited for, however long that takes.
    await at(13, true);
    world.seconds = 2;
    await at(13.1, true);
    await at(15, true);
    await at(15.2, true);
    expect(asked).toEqual([1, 0, 1, 1, 1, 0, 1]);
  });

  it('says of each instrument when its model is trusted and when not, and why', async () => {
    const { desk, lines, publish, done } = openDesk();
    const fit = async (seconds: number): Promise<void> => {
      desk.onTimer(seconds * SECOND);
      await done();
    };
    const { sweeps, volatility } = CalibrationGate;
    publish(0, { version: 1, isTrusted: 0, gatesFailed: sweeps | volatility });
    publish(1, { version: 1, isTrusted: 1, gatesFailed: 0 });
    await fit(1);
    publish(0, { version: 2, isTrusted: 0, gatesFailed: sweeps });
    publish(1, { version: 2, isTrusted: 1, gatesFailed: 0 });
    await fit(6);
    publish(0, { version: 3, isTrusted: 1, gatesFailed: 0 });
    await fit(11);
    const [first, second] = INSTRUMENTS.map(({ instId }) => instId);
    expect(lines).toEqual([
      `calibration: ${first}: model not trusted, quotes go by strategy.halfSpreadBps; gates that do not hold: sweeps, volatility`,
      `calibration: ${second}: model trusted`,
      `calibration: ${first}: model trusted`,
    ]);
  });

  it('shows the newest model as metrics', async () => {
    const { desk, publish, value, done } = openDesk();
    publish(1, {
      version: 3,
      timeNs: 7e9,
      isTrusted: 0,
      gatesFailed: CalibrationGate.fitQuality,
      sigma: 2.5,
      bidRate: 0.5,
      askDecay: 0.1,
    });
    desk.onTimer(SECOND);
    await done();
    expect([
      value('modelVersion', 1),
      value('modelAge', 1),
      value('modelTrusted', 1),
      value('modelSigma', 1),
    ]).toEqual([3, 7e9, 0, 2.5]);
    expect([value('modelRate', 1, 0), value('modelRate', 1, 1), value('modelDecay', 1, 1)]).toEqual([
      0.5,
      NaN,
      0.1,
    ]);
    const gates = Object.keys(CalibrationGate).map((_, gate) => value('modelGateFailed', 1, gate));
    expect(gates).toEqual([0, 0, 1, 0, 0, 0]);
    expect(value('modelTrusted', 0)).toBeNaN();
  });

  it('goes on after a fit that fails, and says so once', async () => {
    const { desk, lines, value, done, fail } = openDesk();
    for (const seconds of [1, 6]) {
      desk.onTimer(seconds * SECOND);
      await fail(new Error('the thread ended'));
    }
    desk.onTimer(11 * SECOND);
    await done();
    expect(lines).toEqual([
      'calibration: the thread ended; models stay as they are, and grow old',
      'calibration: works again',
    ]);
    expect(value('calibrationFailures')).toBe(2);
  });

  it('says nothing after it was closed', async () => {
    const { desk, lines, jobs, fail } = openDesk();
    desk.onTimer(SECOND);
    desk.close();
    await fail(new Error('the pool was closed'));
    desk.onTimer(100 * SECOND);
    expect([lines, jobs]).toEqual([[], []]);
  });
});
