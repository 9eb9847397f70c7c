import { expect, it } from 'vitest';
import { EXPLAIN_DOUBLES, ExplainField, FairPart } from '../../engine/base/explain-record.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { RecordWriter } from '../../engine/handoff/record-slot.ts';
import { FairMetrics } from '../../engine/host/fair-metrics.ts';
import { MetricsWriter, createMetricsMemory } from '../../engine/metrics/cells.ts';
import { SAMPLE_DIMENSIONS } from '../metrics/sample-dimensions.ts';

it('the parts of a fair price are shown in basis points of the mid, once a second', () => {
  const dimensions = { instrumentCount: 2, workerCount: 1, marketLevels: 1, quoteLevels: 1 };
  const handoff = new Handoff(createHandoff(dimensions));
  const memory = createMetricsMemory(SAMPLE_DIMENSIONS);
  const writer = new MetricsWriter(memory);
  const metrics = new FairMetrics(handoff, writer);
  const explain = new RecordWriter(handoff, handoff.layout.explainSlotAt(1), EXPLAIN_DOUBLES);
  const value = (part: FairPart): number => memory.cells[writer.cell('fairPart', 1, part)]!;
  const row = new Float64Array(EXPLAIN_DOUBLES);
  metrics.onTimer(0);
  expect(value(FairPart.base)).toBeNaN();

  row[ExplainField.midTicks] = 20_000;
  row[ExplainField.parts + FairPart.base] = 20_001;
  row[ExplainField.parts + FairPart.bookImbalance] = 3;
  row[ExplainField.parts + FairPart.cap] = -2;
  explain.publish(row);
  metrics.onTimer(999_999_999);
  expect(value(FairPart.base)).toBeNaN();
  metrics.onTimer(1e9);
  expect(value(FairPart.base)).toBe(0.5);
  expect(value(FairPart.bookImbalance)).toBeCloseTo(1.5, 12);
  expect(value(FairPart.cap)).toBe(-1);
  expect(value(FairPart.lead)).toBe(0);

  explain.publish(new Float64Array(EXPLAIN_DOUBLES));
  metrics.onTimer(2e9);
  expect(value(FairPart.base)).toBeNaN();
});
