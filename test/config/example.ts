import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isSeq, parseDocument, stringify } from 'yaml';
import { packageRoot } from '../../engine/config/package-root.ts';

/** The commented example of a kind of venue, as text. */
export function exampleText(kind: string): string {
  return readFileSync(exampleFile(kind), 'utf8');
}

export function exampleFile(kind: string): string {
  return join(packageRoot(), 'engine', 'config', `${kind}.yaml`);
}

/**
 * The paper example with one value set, or taken out when it is undefined.
 *
 * @param path such as "instruments.1.strategy.levels"
 */
export function exampleWith(path: string, value: unknown): string {
  const document = parseDocument(exampleText('paper'));
  const keys = path.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  if (value === undefined) document.deleteIn(keys);
  else document.setIn(keys, value);
  const { contents } = document;
  if (!isMap(contents) && !isSeq(contents)) throw new Error('expected a map');
  return stringify(document);
}
