import { AssertionError } from '../../engine/base/assert.ts';
import { definitionOf, METRIC_IDS } from '../../engine/metrics/catalog.ts';
import { createMetricsMemory, MetricsMemory, MetricsWriter, seriesOf } from '../../engine/metrics/cells.ts';
import { Histogram, HISTOGRAM_CELLS } from '../../engine/metrics/histogram.ts';
import { SAMPLE_DIMENSIONS } from './sample-dimensions.ts';
import { describe, expect, test } from 'vitest';

const CELLS_PER_128_BYTES = 16;

describe('createMetricsMemory', () => {
  test('no two series share a cell, and all lie inside the memory', () => {
    const memory = createMetricsMemory(SAMPLE_DIMENSIONS);
    const taken = new Set<number>();
    let cells = 0;
    for (const id of METRIC_IDS) {
      const { owner, kind } = definitionOf(id);
      if (owner !== 'engine' && owner !== 'worker') continue;
      for (const { cell } of seriesOf(memory, id)) {
        const width = kind === 'histogram' ? HISTOGRAM_CELLS : 1;
        for (let index = 0; index < width; index++) taken.add(cell + index);
        cells += width;
      }
    }
    expect(taken.size).toBe(cells);
    expect(Math.max(...taken)).toBeLessThan(memory.layout.limitsCell);
    expect(Math.min(...taken)).toBeGreaterThanOrEqual(CELLS_PER_128_BYTES);
  });

  test('cells of different writers never share 128 bytes', () => {
    const memory = createMetricsMemory(SAMPLE_DIMENSIONS);
    const writerOf = new Map<number, string>();
    for (const id of METRIC_IDS) {
      const { owner, kind } = definitionOf(id);
      if (owner !== 'engine' && owner !== 'worker') continue;
      for (const { cell, labelValues } of seriesOf(memory, id)) {
        const writer = owner === 'worker' ? `worker ${labelValues[0]}` : owner;
        for (const end of [cell, cell + (kind === 'histogram' ? HISTOGRAM_CELLS - 1 : 0)]) {
          const line = Math.floor(end / CELLS_PER_128_BYTES);
          expect(writerOf.get(line) ?? writer).toBe(writer);
          writerOf.set(line, writer);
        }
      }
    }
    expect(new Set(writerOf.values())).toEqual(new Set(['engine', 'worker 0', 'worker 1']));
  });

  test('what one thread counts, another that attaches to the same memory reads', () => {
    const memory = createMetricsMemory(SAMPLE_DIMENSIONS);
    const writer = new MetricsWriter(memory);
    const acks = writer.cell('acks', 2, 1);
    writer.increment(acks);
    writer.increment(acks, 4);
    writer.set(writer.cell('sessionUp', 1), 1);
    writer.histogram('stageLatency', 3).record(1500);
    new MetricsWriter(memory, 1).histogram('workerCompute').record(700);

    const other = new MetricsMemory(structuredClone(memory.share));
    const valueOf = (id: 'acks' | 'sessionUp', ...labels: string[]): number | undefined => {
      const series = seriesOf(other, id).find(({ labelValues }) => labelValues.join() === labels.join());
      return series === undefined ? undefined : other.cells[series.cell];
    };
    expect(valueOf('acks', 'cancel', 'rejected')).toBe(5);
    expect(valueOf('acks', 'cancel', 'accepted')).toBe(0);
    expect(valueOf('sessionUp', 'trade')).toBe(1);
    const counts = (id: 'stageLatency' | 'workerCompute'): number[] =>
      seriesOf(other, id).map(({ cell }) => new Histogram(other.cells, cell).count);
    expect(counts('stageLatency')).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0]);
    expect(counts('workerCompute')).toEqual([0, 1]);
  });

  test('memory of other dimensions is refused, even of the same size', () => {
    const { sab } = createMetricsMemory(SAMPLE_DIMENSIONS).share;
    const renamed = { ...SAMPLE_DIMENSIONS, connections: ['public', 'private'] };
    expect(() => new MetricsMemory({ sab, dimensions: renamed })).toThrow(AssertionError);
    const fewer = { ...SAMPLE_DIMENSIONS, workers: 1 };
    expect(() => new MetricsMemory({ sab, dimensions: fewer })).toThrow(AssertionError);
  });

  test('works without workers and without connections', () => {
    const memory = createMetricsMemory({ ...SAMPLE_DIMENSIONS, workers: 0, connections: [] });
    expect(seriesOf(memory, 'workerQuotes')).toEqual([]);
    expect(seriesOf(memory, 'framesReceived')).toEqual([]);
  });
});

describe('MetricsWriter', () => {
  const memory = createMetricsMemory(SAMPLE_DIMENSIONS);
  const engine = new MetricsWriter(memory);
  const worker = new MetricsWriter(memory, 0);

  test.each([
    ['a label is missing', () => engine.cell('acks', 1)],
    ['a label is too many', () => engine.cell('turns', 0)],
    ['a label is out of its set', () => engine.cell('acks', 3, 0)],
    ['a label is negative', () => engine.cell('framesReceived', -1)],
    ['the metric is a worker’s', () => engine.cell('workerQuotes')],
    ['the metric is the engine’s', () => worker.cell('turns')],
    ['the metric is on the board', () => engine.cell('positionLots', 0)],
    ['a histogram is asked for as a cell', () => engine.cell('tickToTrade')],
    ['a counter is asked for as a histogram', () => engine.histogram('turns')],
    ['the worker does not exist', () => new MetricsWriter(memory, 2).cell('workerQuotes')],
  ])('refuses at start when %s', (_, look) => {
    expect(look).toThrow(AssertionError);
  });

  test('a state gauge is one cell that holds the index', () => {
    const cell = engine.cell('engineState');
    engine.set(cell, 3);
    expect(engine.valueOf(cell)).toBe(3);
  });
});
