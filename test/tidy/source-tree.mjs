import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Every file under `folder` with the extension, as {path relative to the root with /, text}. */
export function filesUnder(folder, extension) {
  const found = [];
  if (!exists(folder)) return found;
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...filesUnder(path, extension));
    else if (entry.name.endsWith(extension)) {
      found.push({ path: path.split(sep).join('/'), text: readFileSync(join(ROOT, path), 'utf8') });
    }
  }
  return found;
}

/** The text without comments, and with the contents of strings kept. Good enough for source that prettier formats. */
export function withoutComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');
}

/** Specifiers of static, dynamic and re-exporting imports, relative ones resolved against the root. */
export function importsOf(file) {
  const specifiers = [];
  const pattern = /(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)'([^']+)'/g;
  for (const match of withoutComments(file.text).matchAll(pattern)) {
    const specifier = match[1];
    specifiers.push(
      specifier.startsWith('.')
        ? relative(ROOT, join(ROOT, dirname(file.path), specifier))
            .split(sep)
            .join('/')
        : specifier,
    );
  }
  return specifiers;
}

export function exists(path) {
  return statSync(join(ROOT, path), { throwIfNoEntry: false }) !== undefined;
}
