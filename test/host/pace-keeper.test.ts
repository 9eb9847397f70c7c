import { describe, expect, it } from 'vitest';
import { LoopMode } from '../../engine/base/loop-mode.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import type { CoreSample } from '../../engine/host/core-watch.ts';
import { PaceKeeper } from '../../engine/host/pace-keeper.ts';
import type { MetricId } from '../../engine/metrics/catalog.ts';
import { MetricsWriter, createMetricsMemory } from '../../engine/metrics/cells.ts';
import { SAMPLE_DIMENSIONS } from '../metrics/sample-dimensions.ts';

const CALM: CoreSample = {
  elapsedNs: NS_PER_SECOND,
  involuntarySwitches: 4,
  waitedNs: 1e6,
  stolenNs: 10e6,
  stolenRatio: 0.005,
};
const CROWDED: CoreSample = { ...CALM, waitedNs: 250e6 };

/** A keeper whose machine is what the test says. */
class KeptPace {
  readonly modes: LoopMode[] = [];
  readonly lines: string[] = [];
  readonly writer = new MetricsWriter(createMetricsMemory(SAMPLE_DIMENSIONS));
  readonly pace = {
    turns: 0,
    run: (mode: LoopMode) => this.modes.push(mode),
    stop: () => (this.isStopped = true),
  };
  readonly keeper: PaceKeeper;
  sample = CALM;
  isStopped = false;
  isClosed = false;
  #second = 0;

  constructor(configured: LoopMode, canMeasure = true) {
    const watch = { sample: () => this.sample, close: () => (this.isClosed = true) };
    this.keeper = new PaceKeeper({
      configured,
      pace: this.pace,
      watch: canMeasure ? watch : undefined,
      writer: this.writer,
      log: (line) => this.lines.push(line),
      nowNs: 0,
    });
  }

  /** So many seconds of the timer, which comes every 20 ms. */
  see(sample: CoreSample, seconds: number): void {
    this.sample = sample;
    for (let tick = 0; tick < seconds * 50; tick++) {
      this.keeper.onTimer(this.#second * NS_PER_SECOND + ((tick % 50) + 1) * 20e6);
      if (tick % 50 === 49) this.#second++;
    }
  }

  value(id: MetricId): number {
    return this.writer.valueOf(this.writer.cell(id));
  }
}

describe('PaceKeeper', () => {
  it('starts in the mode that is configured, and counts what the thread was put aside for', () => {
    const kept = new KeptPace(LoopMode.poll);
    expect(kept.modes).toEqual([LoopMode.poll]);
    expect(kept.value('involuntarySwitches')).toBeNaN();
    kept.pace.turns = 123_456;
    kept.see(CALM, 5);
    expect(kept.value('loopMode')).toBe(LoopMode.poll);
    expect(kept.value('loopFallen')).toBe(0);
    expect(kept.value('eventLoopTurns')).toBe(123_456);
    expect(kept.value('involuntarySwitches')).toBe(20);
    expect(kept.value('coreWait')).toBeCloseTo(0.005);
    expect(kept.value('steal')).toBeCloseTo(0.05);
    expect(kept.lines).toEqual(['loop: poll']);
  });

  it('falls back to sleep without a core of its own, and tries again; each said once', () => {
    const kept = new KeptPace(LoopMode.spin);
    kept.see(CROWDED, 3);
    expect(kept.modes).toEqual([LoopMode.spin, LoopMode.sleep]);
    expect(kept.value('loopMode')).toBe(LoopMode.sleep);
    expect(kept.value('loopFallen')).toBe(1);
    expect(kept.value('loopFallbacks')).toBe(1);
    kept.see(CROWDED, 29);
    expect(kept.modes).toHaveLength(2);
    kept.see(CALM, 60);
    expect(kept.modes).toEqual([LoopMode.spin, LoopMode.sleep, LoopMode.spin]);
    expect(kept.value('loopMode')).toBe(LoopMode.spin);
    expect(kept.value('loopFallen')).toBe(0);
    expect(kept.value('loopFallbacks')).toBe(1);
    expect(kept.lines).toEqual([
      'loop: spin',
      'loop: falls back from spin to sleep, for want of a core of its own: it was ready to run for 250 ms of the last second while others ran; spin again in 30 s',
      'loop: spin, tried again',
    ]);
  });

  it('stays with what is configured where nothing can be measured, and says so', () => {
    const kept = new KeptPace(LoopMode.poll, false);
    kept.see(CROWDED, 100);
    expect(kept.modes).toEqual([LoopMode.poll]);
    expect(kept.lines).toEqual([
      'loop: poll; whether it has a core of its own cannot be measured here (no Linux /proc), so it stays with that',
    ]);
    expect(kept.value('involuntarySwitches')).toBeNaN();
  });

  it('says nothing of a loop that sleeps', () => {
    const kept = new KeptPace(LoopMode.sleep);
    kept.see(CROWDED, 100);
    expect(kept.modes).toEqual([LoopMode.sleep]);
    expect(kept.lines).toEqual([]);
    expect(kept.value('coreWait')).toBeCloseTo(25);
  });

  it('stops the pace and closes what it watched', () => {
    const kept = new KeptPace(LoopMode.poll);
    kept.keeper.close();
    expect(kept).toMatchObject({ isStopped: true, isClosed: true });
  });
});
