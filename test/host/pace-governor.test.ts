import { describe, expect, it } from 'vitest';
import { LoopMode } from '../../engine/base/loop-mode.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import type { CoreSample } from '../../engine/host/core-watch.ts';
import { PaceGovernor, crowdingOf } from '../../engine/host/pace-governor.ts';

const CALM: CoreSample = {
  elapsedNs: NS_PER_SECOND,
  involuntarySwitches: 20,
  waitedNs: 2e6,
  stolenNs: 0,
  stolenRatio: 0,
};
const CROWDED: CoreSample = { ...CALM, involuntarySwitches: 400, waitedNs: 200e6 };

/** A governor and the seconds it has seen. */
class Seconds {
  readonly governor: PaceGovernor;
  second = 0;

  constructor(mode: LoopMode) {
    this.governor = new PaceGovernor(mode, 0);
  }

  /** The mode after each of these seconds. */
  see(samples: readonly CoreSample[]): LoopMode[] {
    return samples.map((sample) => {
      const before = this.governor.mode;
      const hasChanged = this.governor.onSample(sample, ++this.second * NS_PER_SECOND);
      expect(hasChanged).toBe(this.governor.mode !== before);
      return this.governor.mode;
    });
  }

  /** How many seconds pass until the mode is another one, seeing the same each second. */
  secondsUntilChange(sample: CoreSample, secondsMax = 2_000): number {
    const { mode } = this.governor;
    for (let second = 1; second <= secondsMax; second++) if (this.see([sample])[0] !== mode) return second;
    return Infinity;
  }
}

function times(count: number, ...samples: CoreSample[]): CoreSample[] {
  return Array.from({ length: count }, () => samples).flat();
}

describe('a second', () => {
  it.each([
    ['a core of its own', CALM, 'none'],
    ['20 ms of waiting', { ...CALM, waitedNs: 20e6 }, 'none'],
    ['more', { ...CALM, waitedNs: 21e6 }, 'waiting'],
    ['the same in a longer time', { ...CALM, waitedNs: 21e6, elapsedNs: 2 * NS_PER_SECOND }, 'none'],
    ['steal', { ...CALM, stolenRatio: 0.021 }, 'steal'],
    ['many short switches', { ...CALM, involuntarySwitches: 5_000 }, 'none'],
    ['switches where waiting is not counted', { ...CROWDED, waitedNs: NaN }, 'switches'],
    ['few of them', { ...CALM, waitedNs: NaN }, 'none'],
    ['nothing counted', { ...CALM, waitedNs: NaN, involuntarySwitches: NaN }, 'none'],
  ])('with %s', (_name, sample, crowding) => {
    expect(crowdingOf(sample)).toBe(crowding);
  });
});

describe.each([
  ['poll', LoopMode.poll],
  ['spin', LoopMode.spin],
])('a loop told to %s', (_name, mode) => {
  it('stays with it on a core of its own, and when others come by now and then', () => {
    const seconds = new Seconds(mode);
    expect(new Set(seconds.see(times(100, CALM)))).toEqual(new Set([mode]));
    expect(new Set(seconds.see(times(50, CROWDED, CALM, CALM)))).toEqual(new Set([mode]));
    expect(seconds.governor.fallbacks).toBe(0);
  });

  it('sleeps after three crowded seconds, and after more when some between them are calm', () => {
    expect(new Seconds(mode).secondsUntilChange(CROWDED)).toBe(3);
    const seconds = new Seconds(mode);
    const modes = seconds.see(times(3, CROWDED, CALM).concat(CROWDED, CROWDED));
    expect(modes.at(-1)).toBe(LoopMode.sleep);
    expect(modes.slice(0, 5)).toEqual(times(5, CALM).map(() => mode));
    expect(seconds.governor).toMatchObject({ fallbacks: 1, isFallen: true, crowding: 'waiting' });
  });

  it('tries again after 30 s, then after twice as long each time, to at most 16 minutes', () => {
    const seconds = new Seconds(mode);
    const rests: number[] = [];
    for (let fall = 0; fall < 8; fall++) {
      expect(seconds.secondsUntilChange(CROWDED)).toBe(3);
      // What others do while it sleeps says nothing: it is tried.
      rests.push(seconds.secondsUntilChange(CROWDED));
      expect(seconds.governor.mode).toBe(mode);
    }
    expect(rests).toEqual([30, 60, 120, 240, 480, 960, 960, 960]);
    expect(seconds.governor.fallbacks).toBe(8);
  });

  it('begins with the shortest rest again after ten calm minutes', () => {
    const seconds = new Seconds(mode);
    for (let fall = 0; fall < 4; fall++) {
      seconds.secondsUntilChange(CROWDED);
      seconds.secondsUntilChange(CALM);
    }
    seconds.see(times(600, CALM));
    seconds.secondsUntilChange(CROWDED);
    expect(seconds.secondsUntilChange(CALM)).toBe(30);
  });
});

describe('a loop told to sleep', () => {
  it('does nothing else, whatever happens', () => {
    const seconds = new Seconds(LoopMode.sleep);
    expect(new Set(seconds.see(times(100, CROWDED)))).toEqual(new Set([LoopMode.sleep]));
    expect(seconds.governor).toMatchObject({ fallbacks: 0, isFallen: false });
  });
});
