import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../engine/base/clock.ts';
import { CoreWatch, countsOf, sampleBetween } from '../../engine/host/core-watch.ts';

const STATUS =
  'Name:\tnode\nCpus_allowed_list:\t0-1\nvoluntary_ctxt_switches:\t17\nnonvoluntary_ctxt_switches:\t5\n';
const STAT = 'cpu  100 20 30 400 5 6 7 8 9 10\ncpu0 100 20 30 400 5 6 7 8 9 10\nintr 12 0 0\n';

describe('the counts of Linux', () => {
  it('are read from the texts of /proc', () => {
    // The guests' two columns are in user and nice already.
    expect(countsOf(STATUS, '453903 1200 13\n', STAT)).toEqual({
      involuntarySwitches: 5,
      waitedNs: 1_200,
      stolenTicks: 8,
      allTicks: 576,
    });
  });

  it('are not numbers where the kernel does not count', () => {
    expect(countsOf('Name:\tnode\n', '', 'intr 1\n')).toEqual({
      involuntarySwitches: NaN,
      waitedNs: NaN,
      stolenTicks: NaN,
      allTicks: 0,
    });
  });

  it('become what happened between two of them', () => {
    const before = countsOf(STATUS, '453903 1200 13\n', STAT);
    const after = countsOf(
      STATUS.replace('nonvoluntary_ctxt_switches:\t5', 'nonvoluntary_ctxt_switches:\t105'),
      '953903 20001200 113\n',
      'cpu  190 20 30 495 5 6 7 23 9 10\n',
    );
    expect(sampleBetween(before, after, 1e9)).toEqual({
      elapsedNs: 1e9,
      involuntarySwitches: 100,
      waitedNs: 20e6,
      // 15 ticks of 10 ms of 200 of all cores.
      stolenNs: 150e6,
      stolenRatio: 0.075,
    });
  });

  it('take nothing back when the count of what was stolen does', () => {
    const before = countsOf(STATUS, '1 1 1\n', STAT);
    const after = countsOf(STATUS, '1 1 1\n', 'cpu  190 20 30 495 5 6 7 3 9 10\n');
    expect(sampleBetween(before, after, 1e9)).toMatchObject({ stolenNs: 0, stolenRatio: 0 });
  });

  it('of which nothing has passed are no share of nothing', () => {
    const counts = countsOf(STATUS, '1 1 1\n', STAT);
    expect(sampleBetween(counts, counts, 0).stolenRatio).toBe(0);
  });
});

describe('a /proc that does not tell everything', () => {
  const proc = mkdtempSync(join(tmpdir(), 'core-watch-'));
  const thread = join(proc, '7/task/7');
  beforeEach(() => {
    mkdirSync(thread, { recursive: true });
    symlinkSync('7/task/7', join(proc, 'thread-self'));
  });
  afterEach(() => rmSync(proc, { recursive: true }));

  it('is none when it says nothing of the thread', () => {
    expect(CoreWatch.open(0, join(proc, 'none'))).toBeUndefined();
    expect(CoreWatch.open(0, proc)).toBeUndefined();
    mkdirSync(join(thread, 'status'));
    expect(CoreWatch.open(0, proc)).toBeUndefined();
  });

  it('is asked for what it has', () => {
    writeFileSync(join(thread, 'status'), STATUS);
    const watch = CoreWatch.open(0, proc)!;
    expect(watch.sample(1e9)).toEqual({
      elapsedNs: 1e9,
      involuntarySwitches: 0,
      waitedNs: NaN,
      stolenNs: NaN,
      stolenRatio: 0,
    });
    watch.close();
  });
});

describe.skipIf(!existsSync('/proc/thread-self'))('this thread', () => {
  it('is sampled: what it was put aside for never goes back', () => {
    const clock = new SystemClock();
    const openedNs = clock.nowNs();
    const watch = CoreWatch.open(openedNs)!;
    for (let round = 0; round < 3; round++) {
      const sample = watch.sample(openedNs + (round + 1) * 1e6);
      expect(sample.elapsedNs).toBeCloseTo(1e6, -1);
      expect(sample.involuntarySwitches).toBeGreaterThanOrEqual(0);
      expect(sample.stolenRatio).toBeGreaterThanOrEqual(0);
      expect(sample.waitedNs >= 0 || Number.isNaN(sample.waitedNs)).toBe(true);
    }
    watch.close();
  });
});
