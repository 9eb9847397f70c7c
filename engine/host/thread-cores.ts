import type { Config } from '../config/schema.ts';
import { PinError, coresAllowed, pinThread } from '../../workers/pin-thread.ts';
import { HostError } from './host-error.ts';

/** Which cores the threads are pinned to; undefined for wherever the system puts them. */
export interface ThreadCores {
  readonly engine: readonly number[] | undefined;
  /** By worker. */
  readonly workers: readonly (readonly number[] | undefined)[];
  /** What the engine thread may run on before it is pinned, and after. */
  readonly allowed: readonly number[];
}

/**
 * @testonly The cores of the threads by the configuration.
 *
 * @param allowed the cores that this process may use
 * @throws HostError when one is not among them, or the engine's is a worker's too
 */
export function threadCoresOf(
  { engineCore, workerCores }: Config['engine'],
  workerCount: number,
  allowed: readonly number[],
): ThreadCores {
  const check = (key: string, core: number): void => {
    if (allowed.includes(core)) return;
    refuse(
      `${key}: expected one of the cores that this process may use (${allowed.join(', ')}), was ${core}`,
    );
  };
  if (engineCore !== undefined) check('engineCore', engineCore);
  for (const core of workerCores ?? []) {
    check('workerCores', core);
    if (core === engineCore) refuse(`workerCores: expected other cores than the engine's, was ${core}`);
  }
  return {
    engine: engineCore === undefined ? undefined : [engineCore],
    workers: Array.from({ length: workerCount }, (_, worker) => coresOfWorker(worker)),
    allowed,
  };

  function coresOfWorker(worker: number): readonly number[] | undefined {
    if (workerCores !== undefined) return [workerCores[worker % workerCores.length]!];
    // A thread inherits the cores of the one that made it: the engine's own core must not be a replaced worker's too.
    const others = allowed.filter((core) => core !== engineCore);
    return engineCore === undefined || others.length === 0 ? undefined : others;
  }
}

/**
 * As the configuration says; a machine is only asked when it says anything. The calling thread is then pinned to what it may
 * run on anyway: where that does not work a quote worker could not be pinned either, and would fail again and again.
 *
 * @param pin replaced by tests
 * @throws HostError when the cores are not as they must be, or threads cannot be pinned here
 */
export function readThreadCores(
  engine: Config['engine'],
  workerCount: number,
  pin: (cores: readonly number[]) => void = pinThread,
): ThreadCores {
  const isWanted = engine.engineCore !== undefined || engine.workerCores !== undefined;
  if (!isWanted) return threadCoresOf(engine, workerCount, []);
  try {
    const cores = threadCoresOf(engine, workerCount, coresAllowed());
    pin(cores.allowed);
    return cores;
  } catch (error) {
    if (error instanceof PinError) refuse(`engineCore, workerCores: ${error.message}; leave them out`, error);
    throw error;
  }
}

function refuse(text: string, cause?: Error): never {
  throw new HostError('CORES_REFUSED', `engine.${text}`, cause === undefined ? undefined : { cause });
}
