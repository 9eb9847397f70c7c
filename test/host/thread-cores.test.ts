import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readThreadCores, threadCoresOf } from '../../engine/host/thread-cores.ts';
import { PinError, coresAllowed } from '../../workers/pin-thread.ts';

const CORES = [0, 1, 2, 3];

describe('the cores of the threads', () => {
  it('are none unless they are configured', () => {
    expect(threadCoresOf({} as never, 2, [])).toEqual({
      engine: undefined,
      workers: [undefined, undefined],
      allowed: [],
    });
  });

  it("are given to workers one after the other, and over again; the engine's is nobody else's", () => {
    const both = { engineCore: 2, workerCores: [3, 1] } as never;
    expect(threadCoresOf(both, 3, CORES)).toMatchObject({ engine: [2], workers: [[3], [1], [3]] });
    expect(threadCoresOf({ engineCore: 2 } as never, 1, CORES)).toMatchObject({ workers: [[0, 1, 3]] });
    expect(threadCoresOf({ engineCore: 0 } as never, 1, [0])).toMatchObject({ workers: [undefined] });
    expect(threadCoresOf({ workerCores: [3] } as never, 1, CORES)).toMatchObject({
      engine: undefined,
      workers: [[3]],
    });
  });

  it.each([
    [
      { engineCore: 4 },
      'engine.engineCore: expected one of the cores that this process may use (0, 1, 2, 3), was 4',
    ],
    [
      { workerCores: [1, 7] },
      'engine.workerCores: expected one of the cores that this process may use (0, 1, 2, 3), was 7',
    ],
    [
      { engineCore: 1, workerCores: [1] },
      "engine.workerCores: expected other cores than the engine's, was 1",
    ],
  ])('are refused: %j', (engine, text) => {
    expect(() => threadCoresOf(engine as never, 1, CORES)).toThrow(
      expect.objectContaining({ code: 'CORES_REFUSED', message: text }),
    );
  });
});

describe.skipIf(!existsSync('/proc/thread-self'))('a machine where threads cannot be pinned', () => {
  const refusing = (): never => {
    throw new PinError('thread on core 0: expected to be pinned, the program taskset is missing');
  };

  it.each(['engineCore', 'workerCores'])('is found out at the start, though only %s is given', (key) => {
    const [core] = coresAllowed();
    const engine = { [key]: key === 'engineCore' ? core : [core] } as never;
    expect(() => readThreadCores(engine, 1, refusing)).toThrow(
      expect.objectContaining({
        code: 'CORES_REFUSED',
        message:
          'engine.engineCore, workerCores: thread on core 0: expected to be pinned, the program taskset is missing; leave them out',
      }),
    );
  });

  it('is not asked when no core is given', () => {
    expect(readThreadCores({} as never, 2, refusing)).toMatchObject({ engine: undefined, allowed: [] });
  });
});
