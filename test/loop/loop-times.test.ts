import { describe, expect, it } from 'vitest';
import { CommandOp } from '../../engine/base/command-op.ts';
import { ManualClock } from '../../engine/base/clock.ts';
import { LoopTimes } from '../../engine/loop/loop-times.ts';
import { Stage } from '../../engine/metrics/catalog.ts';
import { MetricsWriter, createMetricsMemory } from '../../engine/metrics/cells.ts';
import { SAMPLE_DIMENSIONS } from '../metrics/sample-dimensions.ts';

class Timed {
  readonly clock = new ManualClock();
  readonly writer = new MetricsWriter(createMetricsMemory(SAMPLE_DIMENSIONS));
  readonly times = new LoopTimes(this.writer, this.clock);

  begin(): void {
    this.clock.advanceNs(1_000);
    this.times.begin(Float64Array.of(this.clock.nowNs()), 0);
  }

  mark(stage: Stage, afterNs: number): void {
    this.clock.advanceNs(afterNs);
    this.times.mark(stage);
  }

  count(stage: Stage): number {
    return this.writer.histogram('stageLatency', stage).count;
  }
}

describe('what the loop times', () => {
  it('is in the histograms when the bytes have left', () => {
    const timed = new Timed();
    timed.begin();
    timed.mark(Stage.decoded, 10);
    timed.mark(Stage.gated, 20);
    expect(timed.count(Stage.decoded)).toBe(0);
    timed.clock.advanceNs(30);
    timed.times.sent();
    timed.times.end();
    expect(timed.writer.histogram('stageLatency', Stage.decoded).max).toBe(10);
    expect(timed.writer.histogram('stageLatency', Stage.gated).max).toBe(30);
    expect(timed.writer.histogram('tickToTrade').max).toBe(60);
    timed.times.count();
    expect(timed.count(Stage.sent), 'once').toBe(1);
  });

  it('waits for more where nothing was sent, and is complete with the timer', () => {
    const timed = new Timed();
    for (let turn = 1; turn <= 100; turn++) {
      timed.begin();
      timed.mark(Stage.decoded, turn);
      timed.times.end();
    }
    expect(timed.count(Stage.decoded)).toBe(96);
    timed.times.count();
    expect(timed.count(Stage.decoded)).toBe(100);
    expect(timed.writer.histogram('stageLatency', Stage.decoded).sum).toBe(5_050);
  });

  it('loses nothing of a turn that makes more readings than there is room for', () => {
    const timed = new Timed();
    timed.begin();
    for (let reading = 0; reading < 1_000; reading++) timed.mark(Stage.published, 1);
    timed.times.end();
    timed.times.count();
    expect(timed.count(Stage.published)).toBe(1_000);
    expect(timed.writer.histogram('stageLatency', Stage.published).sum).toBe(500_500);
  });

  it('times no stage of an input that answers no frame, but its acks and ages', () => {
    const timed = new Timed();
    timed.clock.advanceNs(5_000);
    timed.times.mark(Stage.gated);
    timed.times.markAt(Stage.quoted, Float64Array.of(4_000));
    timed.times.acknowledged(CommandOp.amend, Float64Array.of(0, 3_000), 1);
    timed.times.arrived(Float64Array.of(2));
    timed.times.count();
    expect([timed.count(Stage.gated), timed.count(Stage.quoted)]).toEqual([0, 0]);
    expect(timed.writer.histogram('roundTrip', CommandOp.amend).max).toBe(2_000);
    expect(timed.writer.histogram('stageLatency', Stage.acknowledged).max).toBe(2_000);
    expect(timed.writer.histogram('stageLatency', Stage.received).max).toBe(2_000_000);
  });
});
