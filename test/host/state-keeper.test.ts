import { expect, test } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { ManualClock } from '../../engine/base/clock.ts';
import { blankState } from '../../engine/host/engine-state.ts';
import { StateKeeper } from '../../engine/host/state-keeper.ts';

/** A store whose writes end when the test says so, and a state whose run is the number of the snapshot. */
function keeperOf() {
  const clock = new ManualClock();
  const writes: { run: number; end: (error?: Error) => Promise<void> }[] = [];
  const lines: string[] = [];
  const failures: Error[] = [];
  const state = { fingerprint: 'a', captured: 0 };
  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      setImmediate(resolve);
    });
  const keeper = new StateKeeper({
    clock,
    store: {
      save: ({ run }) =>
        new Promise((resolve, reject) => {
          writes.push({
            run,
            end: (error) => {
              if (error === undefined) resolve();
              else reject(error);
              return turn();
            },
          });
        }),
    },
    capture: () => ({ ...blankState([], 0), run: ++state.captured }),
    fingerprint: () => state.fingerprint,
    log: (line) => lines.push(line),
    fail: (error) => failures.push(error),
  });
  const timer = async (): Promise<void> => {
    clock.advanceNs(1_000_000_000);
    keeper.onTimer(clock.nowNs());
    await turn();
  };
  return { keeper, writes, lines, failures, state, turn, timer };
}

test('one write at a time, and what was asked for meanwhile in one more', async () => {
  const { keeper, writes, turn } = keeperOf();
  keeper.saveSoon();
  await turn();
  keeper.saveSoon();
  keeper.saveSoon();
  await turn();
  expect(writes.map(({ run }) => run)).toEqual([1]);
  await writes[0]!.end();
  expect(writes.map(({ run }) => run)).toEqual([1, 2]);
  expect(keeper.isSaved).toBe(false);
  await writes[1]!.end();
  expect(writes).toHaveLength(2);
  expect(keeper.isSaved).toBe(true);
});

test('a save is done when a write that began after it was asked for has ended', async () => {
  const { keeper, writes, turn } = keeperOf();
  keeper.saveSoon();
  await turn();
  const results: boolean[] = [];
  void keeper.save().then((isSaved) => results.push(isSaved));
  await writes[0]!.end();
  expect(results).toEqual([]);
  await writes[1]!.end();
  expect(results).toEqual([true]);
});

test('a snapshot is taken after the turn that asked for it', async () => {
  const { keeper, state, turn } = keeperOf();
  keeper.saveSoon();
  expect(state.captured).toBe(0);
  await turn();
  expect(state.captured).toBe(1);
});

test('the timer writes what has changed, and nothing else', async () => {
  const { writes, state, timer } = keeperOf();
  await timer();
  expect(writes).toHaveLength(1);
  await writes[0]!.end();
  await timer();
  await timer();
  expect(writes).toHaveLength(1);
  state.fingerprint = 'b';
  await timer();
  expect(writes).toHaveLength(2);
});

test('a write that failed is told once, answered with false, and tried again until it succeeds', async () => {
  const { keeper, writes, lines, timer, turn } = keeperOf();
  const results: boolean[] = [];
  void keeper.save().then((isSaved) => results.push(isSaved));
  await turn();
  await writes[0]!.end(new Error('no space'));
  expect(results).toEqual([false]);
  await timer();
  await writes[1]!.end(new Error('no space'));
  await timer();
  await writes[2]!.end();
  expect(keeper.isSaved).toBe(true);
  expect([keeper.saves, keeper.failures]).toEqual([1, 2]);
  expect(lines).toEqual([
    'state: could not be saved: no space; tried again until it can',
    'state: saved again',
  ]);
});

test('nothing is written once it is closed, and who waits is told', async () => {
  const { keeper, writes, turn } = keeperOf();
  await keeper.close();
  expect(await keeper.save()).toBe(false);
  await turn();
  expect(writes).toEqual([]);
});

test('a state that breaks a rule ends the run, a disk that fails does not', async () => {
  const { keeper, writes, failures, turn } = keeperOf();
  keeper.saveSoon();
  await turn();
  await writes[0]!.end(new Error('ENOSPC'));
  expect(failures).toEqual([]);
  keeper.saveSoon();
  await turn();
  const broken = new AssertionError('every number of the state is finite');
  await writes[1]!.end(broken);
  expect(failures).toEqual([broken]);
});
