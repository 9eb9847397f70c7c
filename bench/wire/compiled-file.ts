import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A compiled program of this folder: beside this file, or in dist/ when this file runs as TypeScript (tests). */
export function compiledFile(name: string): string {
  const url = import.meta.url.endsWith('.ts')
    ? new URL(`../../dist/bench/wire/${name}.js`, import.meta.url)
    : new URL(`./${name}.js`, import.meta.url);
  const file = fileURLToPath(url);
  if (!existsSync(file)) throw new Error(`${name}: expected ${file}, was missing; run npm run build`);
  return file;
}
