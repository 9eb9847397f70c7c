import { unwatchFile, watchFile } from 'node:fs';
import type { Stats } from 'node:fs';

const LOOK_MS = 1_000;
/** A file that is still being written is another one at the next look, too: it is told when it has been still for longer. */
const STILL_MS = 1_500;

/** Calls when the file is another one, and is no longer being written. Returns what ends that. */
export function followFile(file: string, onChanged: () => void): () => void {
  let still: NodeJS.Timeout | undefined;
  const onLook = (now: Stats, before: Stats): void => {
    if (now.mtimeMs === before.mtimeMs && now.size === before.size && now.ino === before.ino) return;
    clearTimeout(still);
    // One that is gone may be about to be put back, as editors do.
    if (now.nlink !== 0) still = setTimeout(onChanged, STILL_MS);
  };
  watchFile(file, { interval: LOOK_MS }, onLook);
  return () => {
    clearTimeout(still);
    unwatchFile(file, onLook);
  };
}
