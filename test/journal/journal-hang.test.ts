import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Journal } from '../../engine/journal/journal.ts';
import { JournalErrorCode } from '../../engine/journal/journal-error.ts';

/** A thread within a call of a disk that does not answer: nothing ends it, and it says nothing but what it is given to say. */
const hanging = vi.hoisted(() => ({ word: undefined as unknown }));
vi.mock('node:worker_threads', async (original) => ({
  ...(await original<object>()),
  Worker: class extends EventEmitter {
    constructor() {
      super();
      setTimeout(() => hanging.word !== undefined && this.emit('message', hanging.word), 1);
    }

    ref(): void {}

    unref(): void {}

    terminate(): Promise<number> {
      return new Promise(() => {});
    }
  },
}));

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const lines: string[] = [];
const options = {
  directory: '/nowhere',
  run: 1,
  megabytesMax: 64,
  segmentMegabytes: 1,
  ringMegabytes: 1,
  processOriginMs: 0,
  onTrouble: (line: string) => lines.push(line),
};

it('a disk that hangs when the journal is opened is an error in time, so that an engine can go on without', async () => {
  hanging.word = undefined;
  const opening = Journal.open(options).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await opening).toMatchObject({ code: JournalErrorCode.failed });
}, 5_000);

it('a disk that hangs when it is closed holds a stop up for five seconds, and is told of', async () => {
  hanging.word = { type: 'open' };
  const opening = Journal.open(options);
  await vi.advanceTimersByTimeAsync(1);
  const journal = await opening;
  const closed = journal.close(0);
  await vi.advanceTimersByTimeAsync(5_000);
  await closed;
  expect(lines).toEqual([expect.stringContaining('this process ends when the disk answers')]);
}, 5_000);
