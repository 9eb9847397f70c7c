import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** A thread could not be pinned. The text says what was expected and what was found. */
export class PinError extends Error {
  override readonly name = 'PinError';
  readonly code = 'THREAD_NOT_PINNED';
}

/** What taskset needs; a quote worker has none of the environment of its process. */
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };

/** @testonly "0-2,5" as [0, 1, 2, 5]: how Linux writes a set of cores. */
export function coresIn(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [first, last] = part.split('-').map(Number);
    return Array.from({ length: (last ?? first!) - first! + 1 }, (_, index) => first! + index);
  });
}

/**
 * The cores that the calling thread may run on.
 *
 * @throws PinError where there is no Linux to tell
 */
export function coresAllowed(): number[] {
  let status;
  try {
    status = readFileSync('/proc/thread-self/status', 'latin1');
  } catch (error) {
    throw new PinError(`expected Linux, whose /proc tells the cores, was ${process.platform}`, {
      cause: error,
    });
  }
  return coresIn(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '');
}

/**
 * Lets the calling thread run on these cores only. What it starts from then on inherits that. A child process is run for
 * it, some 10 ms in which the thread stands still: only at its start.
 *
 * @throws PinError when the program is missing, or the system refuses
 */
export function pinThread(cores: readonly number[]): void {
  const list = cores.join(',');
  try {
    // <pid>/task/<tid>: of the calling thread, in the namespace that taskset will look it up in.
    const thread = readlinkSync('/proc/thread-self').split('/')[2]!;
    execFileSync('taskset', ['-pc', list, thread], { env: ENVIRONMENT, stdio: 'pipe', encoding: 'latin1' });
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: string };
    const found =
      code === 'ENOENT'
        ? 'the program taskset (Debian: package util-linux) is missing'
        : `taskset said: ${(stderr ?? String(error)).trim()}`;
    throw new PinError(`thread on core ${list}: expected to be pinned, ${found}`, { cause: error });
  }
}
