import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Where compiled peers and fetched packages are kept from run to run: outside the tree, in the user's cache folder, or in
 * the temporary one where there is no other. Whoever writes there makes the folder.
 */
export function cacheFolder(...names: readonly string[]): string {
  return join(cacheRoot(), 'okx-mm-bench', ...names);
}

/** The folder above all that is kept. */
export function cacheRoot(): string {
  const root = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  try {
    mkdirSync(root, { recursive: true });
    accessSync(root, constants.W_OK);
    return root;
  } catch {
    return tmpdir();
  }
}
