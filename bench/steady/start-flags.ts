import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../engine/config/package-root.ts';

/** The Node flags of `npm start`: a run that stands for the engine has the same. */
export function startFlags(): readonly string[] {
  const text = readFileSync(join(packageRoot(), 'package.json'), 'utf8');
  const { scripts } = JSON.parse(text) as { readonly scripts: Readonly<Record<string, string>> };
  return flagsOf(scripts['start'] ?? '');
}

/** @testonly What stands between `node` and the program. */
export function flagsOf(script: string): readonly string[] {
  const flags = /\bnode ((?:--\S+ )*)\S+$/.exec(script.trim())?.[1] ?? '';
  return flags.split(' ').filter((flag) => flag !== '');
}
