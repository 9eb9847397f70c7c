import { describe, expect, it, vi } from 'vitest';
import { GENERATED_TBT, generateFleet } from '../../bench/feeds/generated-feed.ts';
import { AnswerPath } from '../../bench/rig/engine-rig.ts';
import { TurnRig } from '../../bench/rig/turn-rig.ts';
import { FLEET_PACE, Fleet } from '../../bench/scale/fleet.ts';
import { saturationText } from '../../bench/suites/scale.ts';
import { LoopPhase } from '../../engine/loop.ts';
import { Histogram } from '../../engine/metrics/histogram.ts';

const FRAMES = 2_000;

describe('a fleet', () => {
  it.each([1, 10, 100])('of %d has as many timers a frame, and no budget is ever short', (count) => {
    const feed = generateFleet(GENERATED_TBT, count, FRAMES);
    const rig = new TurnRig(feed, AnswerPath.quote, false, FLEET_PACE);
    const throttled = vi.spyOn(rig.loop.metrics, 'throttled');
    const timer = vi.spyOn(rig.loop, 'timer');
    // The whole feed, and its snapshots once more.
    const frames = FRAMES + 2 * count;
    for (let frame = 1; frame < frames; frame++) {
      rig.play();
      rig.settle();
    }
    expect(timer).toHaveBeenCalledTimes(Math.floor(frames / FLEET_PACE.framesPerTimer));
    expect(throttled).not.toHaveBeenCalled();
    expect([...rig.loop.commands.gate.strikes].slice(1).every((strikes) => strikes === 0)).toBe(true);
    expect(rig.loop.phase).toBe(LoopPhase.quoting);
    expect(rig.loop.openOrders).toBe(2 * count);
    // Each instrument is quoted once, and never withdrawn.
    expect(rig.answers.commands[0]).toBe(2 * count);
    expect(rig.answers.commands[2]).toBe(0);
    expect(rig.unsettled).toBe(0);
  });

  it('counts what a late frame has waited', () => {
    const fleet = new Fleet(1, 200);
    const latencies = new Histogram();
    // A frame a nanosecond is more than anybody plays: the last one waits for all before it.
    const rate = fleet.playAt(1e9, 100, latencies);
    expect(latencies.count).toBe(100);
    expect(latencies.max).toBeGreaterThan(0.5 * ((100 * 1e9) / rate - 100));
  });
});

describe('saturation', () => {
  const loop = (rate: number, isSaturated: boolean) => ({
    rate,
    isSaturated,
    playedRate: Math.min(rate, 70_000),
  });

  it('is above the highest rate that was held', () => {
    expect(
      saturationText([loop(1_000, false), loop(5_000, false), loop(50_000, true), loop(Infinity, true)]),
    ).toBe('p99 below 1 ms up to 5000 frames/s of those tried; full at 70000 frames/s');
    expect(saturationText([loop(1_000, false), loop(5_000, true), loop(50_000, false)])).toContain(
      'up to 50000 ',
    );
    expect(saturationText([loop(1_000, true)])).toBe('p99 above 1 ms at every rate');
  });
});
