import { filesUnder, withoutComments } from './source-tree.mjs';

/**
 * Dead code: a name exported from engine/, workers/, monitoring/ or bench/ that no other file of those folders uses, and a
 * file there that nothing imports. What only a test uses is dead, unless the line above says `@testonly` and why.
 * Unused locals and parameters are the compiler's to find (noUnusedLocals, noUnusedParameters).
 */

const ENTRY =
  /^(engine\/cli\/|bench\/(\w+\/)?main\.ts|bench\/\w+\/[\w-]+-process\.ts|workers\/quoter\.ts|engine\/journal\/journal-thread\.ts|monitoring\/exporter-worker\.ts|monitoring\/grafana\/write-dashboards\.ts)/;
const files = ['engine', 'workers', 'monitoring', 'bench'].flatMap((folder) => filesUnder(folder, '.ts'));
const code = files.map((file) => ({ ...file, code: withoutComments(file.text) }));
const problems = [];

for (const file of code) {
  if (file.path.endsWith('.d.ts')) continue;
  const name = file.path.split('/').at(-1);
  const isImported = code.some((other) => other !== file && other.code.includes(`/${name}'`));
  if (!isImported && !ENTRY.test(file.path)) problems.push(`${file.path}: no file imports it`);
  const pattern =
    /^(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?export (?:abstract )?(?:async )?(?:const|let|function|class|interface|type) (\w+)/gm;
  for (const match of file.text.matchAll(pattern)) {
    const exported = match[2];
    if ((match[1] ?? '').includes('@testonly')) continue;
    // An error is exported for whoever catches it.
    if (new RegExp(`class ${exported} extends \\w*Error\\b`).test(file.text)) continue;
    const word = new RegExp(`\\b${exported}\\b`);
    const isUsedElsewhere = code.some((other) => other !== file && word.test(other.code));
    // A type that only describes another export of the same file may be exported for readers of that signature.
    const usesHere = file.code.match(new RegExp(`\\b${exported}\\b`, 'g')).length;
    const isType = /export (interface|type)/.test(match[0]);
    if (!isUsedElsewhere && !(isType && usesHere > 1))
      problems.push(`${file.path}: export ${exported} is not used elsewhere`);
  }
}

for (const problem of problems) console.log(problem);
console.log(
  problems.length === 0 ? `no dead exports in ${files.length} files` : `${problems.length} dead exports`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
