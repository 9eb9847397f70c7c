/**
 * `npm run bench:results`: the results of runs as the tables of RESULTS.md, so that no figure is typed by hand.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../engine/config/package-root.ts';
import type { ProfileReport } from '../profile/profile-text.ts';
import type { BenchReport } from '../report.ts';
import { sectionsOf, withSections } from './results-text.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const USAGE =
  'usage: npm run bench:results -- FILE.json... [--profile FILE.json]... [--write]\n' +
  '  FILE.json is what npm run bench -- --json wrote, --profile what npm run bench:profile wrote;\n' +
  '  --write puts the tables between the marks of bench/RESULTS.md';

function parse() {
  try {
    const parsed = parseArgs({
      allowPositionals: true,
      options: { profile: { type: 'string', multiple: true }, write: { type: 'boolean' } },
    });
    if (parsed.positionals.length === 0) throw new Error('expected a results file, was none');
    return parsed;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(EXIT_USAGE);
  }
}

const { values, positionals } = parse();
try {
  const reports = positionals.map((file) => JSON.parse(readFileSync(file, 'utf8')) as BenchReport);
  const profiles = (values.profile ?? []).map(
    (file) => JSON.parse(readFileSync(file, 'utf8')) as ProfileReport,
  );
  const sections = sectionsOf(reports, profiles);
  if (values.write === true) {
    const file = join(packageRoot(), 'bench/RESULTS.md');
    writeFileSync(file, withSections(readFileSync(file, 'utf8'), sections));
    console.log(
      `${file} written; run npx prettier --write on it, and say in it why what is missed is missed`,
    );
  } else {
    for (const [name, section] of sections) console.log(`<!-- ${name} -->\n\n${section}\n`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(EXIT_FAILED);
}
