import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';

/** A removed lock may be taken by another start at once; more often than this it is not chance. */
const TRIES_MAX = 3;

/**
 * Takes a folder for one recorder: two that append to one file would write over one another. The lock is a file with the
 * recorder's process number, so that one that was killed keeps no later one out.
 *
 * @returns gives the folder up
 * @throws RecordingError when another recorder has it, or when it cannot be written
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'record.lock');
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    try {
      await mkdir(folder, { recursive: true });
      const handle = await open(path, 'wx');
      await handle.writeFile(`${process.pid}\n`);
      await handle.close();
      return () => rm(path, { force: true });
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
      if (code !== 'EEXIST') {
        throw refusal(
          folder,
          `expected a folder that can be written, got ${code}; name another with --out`,
          cause,
        );
      }
    }
    const owner = (await readFile(path, 'utf8').catch(() => '')).trim();
    // Our own number is that of an earlier process: a container that is started again gives it out again.
    if (owner !== String(process.pid) && isAlive(owner)) {
      throw refusal(
        folder,
        `expected to be free, process ${owner} records into it; stop that one, name another folder with --out, or remove ${path} if no recorder runs`,
      );
    }
    await rm(path, { force: true });
  }
  throw refusal(
    folder,
    'expected to be free, another recorder is starting on it; name another folder with --out',
  );
}

/** As far as can be told: where there is no /proc, one that was killed is not told from one that lives. */
function isAlive(owner: string): boolean {
  if (!/^\d+$/.test(owner)) return false;
  return existsSync(`/proc/${owner}`) || !existsSync('/proc/self');
}

function refusal(folder: string, text: string, cause?: unknown): RecordingError {
  return new RecordingError(RecordingErrorCode.unreadable, folder, 0, text, { cause });
}
