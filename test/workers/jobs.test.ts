/** The job pool with a real piscina thread, which runs compiled: `npm run build` first. */
import { afterEach, describe, expect, it } from 'vitest';
import { FLOW_DOUBLES } from '../../engine/base/flow-record.ts';
import { MODEL_DOUBLES, ModelField } from '../../engine/base/model-record.ts';
import { ConfigurationWriter } from '../../engine/handoff/configuration-slot.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { RecordReader, RecordWriter } from '../../engine/handoff/record-slot.ts';
import { JobPool } from '../../workers/jobs.ts';
import { FLOW_TIME_NS, PARAMETERS, generateFlow } from '../calibration/generated-flow.ts';

const INTENSITY = { rate: 0.8, decay: 0.25 };

describe('the job pool', () => {
  const pools: JobPool[] = [];
  const open = (timeoutMs?: number): { handoff: Handoff; pool: JobPool } => {
    const handoff = new Handoff(
      createHandoff({ instrumentCount: 1, workerCount: 1, marketLevels: 1, quoteLevels: 1 }),
    );
    const pool = new JobPool({ handoff, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    pools.push(pool);
    return { handoff, pool };
  };

  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
  });

  it('fits on its thread what was counted on this one, time after time', async () => {
    const { handoff, pool } = open();
    expect(await pool.calibrate(FLOW_TIME_NS)).toMatchObject({ hasFitted: false });
    new ConfigurationWriter(handoff).publish({ strategies: [], calibration: PARAMETERS }, 1);
    const flow = generateFlow({
      seed: 1,
      seconds: 1_200,
      bid: INTENSITY,
      ask: INTENSITY,
      memorySeconds: 1_200,
    });
    new RecordWriter(handoff, handoff.layout.flowSlotAt(0), FLOW_DOUBLES).publish(flow);
    const reader = new RecordReader(handoff, handoff.layout.modelSlotAt(0), MODEL_DOUBLES);
    const model = new Float64Array(MODEL_DOUBLES);
    for (let version = 1; version <= 3; version++) {
      const { hasFitted, tookNs } = await pool.calibrate(FLOW_TIME_NS + version);
      expect(hasFitted).toBe(true);
      expect(tookNs).toBeGreaterThan(0);
      expect(reader.read(model)).toBe(true);
      expect([model[ModelField.version], model[ModelField.isTrusted]]).toEqual([version, 1]);
    }
    expect(pool.isCalibrating).toBe(false);
  });

  it('ends a job that takes too long, and does the next one on another thread', async () => {
    const { handoff, pool } = open(0);
    new ConfigurationWriter(handoff).publish({ strategies: [], calibration: PARAMETERS }, 1);
    // The time-out of nothing passes while the thread still starts.
    await expect(pool.calibrate(FLOW_TIME_NS)).rejects.toThrow(/abort/i);
    expect(pool.isCalibrating).toBe(false);
  });

  it('fails with what the job threw, and goes on', async () => {
    const { handoff, pool } = open();
    const configuration = new ConfigurationWriter(handoff);
    configuration.publish({ strategies: [], calibration: { ...PARAMETERS, seconds: -1 } }, 1);
    await expect(pool.calibrate(FLOW_TIME_NS)).rejects.toThrow(/finite and not negative/);
    configuration.publish({ strategies: [], calibration: PARAMETERS }, 2);
    expect(await pool.calibrate(FLOW_TIME_NS)).toMatchObject({ hasFitted: true });
  });

  it('is closed while a job is under way', async () => {
    const { pool } = open();
    const job = pool.calibrate(FLOW_TIME_NS);
    await Promise.all([expect(job).rejects.toThrow('Terminating worker thread'), pool.close()]);
  });
});
