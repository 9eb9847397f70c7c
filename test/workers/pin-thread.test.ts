import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { coresAllowed, coresIn, pinThread } from '../../workers/pin-thread.ts';

describe('a set of cores', () => {
  it.each([
    ['0', [0]],
    ['0-1', [0, 1]],
    ['0-2,5,8-9', [0, 1, 2, 5, 8, 9]],
  ])('%s', (list, cores) => {
    expect(coresIn(list)).toEqual(cores);
  });
});

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['-V'], { stdio: 'ignore' });
    return existsSync('/proc/thread-self');
  } catch {
    return false;
  }
}

describe.skipIf(!hasTaskset())('pinning this thread', () => {
  const before = coresAllowed();
  afterEach(() => pinThread(before));

  it('to each of its cores in turn, and to all of them again', () => {
    for (const core of before) {
      pinThread([core]);
      expect(coresAllowed()).toEqual([core]);
      // Whoever may not leave a core cannot read from that which others there are: they are kept by the caller.
    }
    pinThread(before);
    expect(coresAllowed()).toEqual(before);
  });

  it('to a core that is not there is refused, with what the system said', () => {
    expect(() => pinThread([4_095])).toThrow(/^thread on core 4095: expected to be pinned, taskset said: .+/);
    expect(coresAllowed()).toEqual(before);
  });
});
