/**
 * The two trees of a comparison, each copied and built in a folder of its own: what is edited or built meanwhile in the
 * working tree disturbs neither. Nothing is written to the repository: the base comes by `git archive`.
 */
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Runner } from './runner.ts';

/** The comparison cannot be made, and its message says why; no bug. */
export class CompareError extends Error {
  override readonly name = 'CompareError';
  readonly code = 'COMPARE';
}

export interface Tree {
  /** How it is called in the output. */
  readonly title: string;
  readonly folder: string;
  /** The benchmarks that its command knows. */
  readonly benchmarks: readonly string[];
  /** The flags that its command knows, as `--feed`. */
  readonly flags: ReadonlySet<string>;
}

export interface Repository {
  readonly root: string;
  /** The commit that the base means. */
  readonly commit: string;
}

/** @throws CompareError when the folder is not in this project's repository, or the revision is unknown */
export async function findRepository(run: Runner, folder: string, base: string): Promise<Repository> {
  const top = await run.text('git', ['rev-parse', '--show-toplevel'], folder);
  if (top.code !== 0) {
    throw new CompareError(`expected a git repository at ${folder}, was none: ${lastLine(top.stderr)}`);
  }
  const root = top.stdout.trim();
  if (!isProject(join(root, 'package.json'), folder)) {
    throw new CompareError(
      `expected to be called in this project's folder, was a foreign repository at ${root}`,
    );
  }
  const revision = await run.text(
    'git',
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${base}^{commit}`],
    root,
  );
  if (revision.code !== 0) {
    throw new CompareError(`expected BASE to be a revision of ${root}, was "${base}": see git log`);
  }
  return { root, commit: revision.stdout.trim() };
}

/** The project's package stands at the top of the repository. */
function isProject(file: string, folder: string): boolean {
  if (!existsSync(file)) return false;
  const { name } = JSON.parse(readFileSync(file, 'utf8')) as { readonly name?: string };
  return name === PROJECT && existsSync(join(folder, 'package.json'));
}

const PROJECT = 'okx-mm';

/** @throws CompareError when the base has no benchmarks or does not build */
export async function prepareBase(
  run: Runner,
  repository: Repository,
  base: string,
  folder: string,
): Promise<Tree> {
  const { root, commit } = repository;
  mkdirSync(folder, { recursive: true });
  const tar = join(dirname(folder), 'base.tar');
  const archived = await run.text('git', ['archive', '--format=tar', '-o', tar, commit], root);
  if (archived.code !== 0) throw new CompareError(`git archive ${base}: ${lastLine(archived.stderr)}`);
  const unpacked = await run.text('tar', ['-xf', tar, '-C', folder], root);
  if (unpacked.code !== 0) throw new CompareError(`tar: ${lastLine(unpacked.stderr)}`);
  return build(run, root, folder, `${base} (${commit.slice(0, 10)})`);
}

/** Everything that git would take, changed or not, committed or not. @throws CompareError when it does not build */
export async function prepareTree(run: Runner, repository: Repository, folder: string): Promise<Tree> {
  const { root } = repository;
  mkdirSync(folder, { recursive: true });
  const listed = await run.text('git', ['ls-files', '-z', '-co', '--exclude-standard'], root);
  if (listed.code !== 0) throw new CompareError(`git ls-files: ${lastLine(listed.stderr)}`);
  for (const path of listed.stdout.split('\0')) {
    // A deleted file is still listed; modules that are a link are not ignored as a folder would be.
    if (path === '' || path === 'node_modules' || !existsSync(join(root, path))) continue;
    if (lstatSync(join(root, path)).isDirectory()) continue;
    cpSync(join(root, path), join(folder, path));
  }
  const status = await run.text('git', ['status', '--porcelain'], root);
  const changed = status.stdout.split('\n').filter((line) => line !== '').length;
  const head = (await run.text('git', ['rev-parse', 'HEAD'], root)).stdout.slice(0, 10);
  return build(
    run,
    root,
    folder,
    `the working tree (${head}${changed === 0 ? '' : ` and ${changed} changed files`})`,
  );
}

async function build(run: Runner, root: string, folder: string, title: string): Promise<Tree> {
  if (!existsSync(join(folder, 'bench/main.ts'))) {
    throw new CompareError(`${title}: expected bench/main.ts, it has no benchmarks yet`);
  }
  await provideModules(run, root, folder, title);
  const compiler = join(folder, 'node_modules/typescript/bin/tsc');
  const built = await run.text(process.execPath, [compiler, '-p', 'tsconfig.json'], folder);
  if (built.code !== 0) {
    const errors = built.stdout.trim().split('\n').slice(0, ERRORS_MAX).join('\n');
    throw new CompareError(`${title} does not build:\n${errors}`);
  }
  // What its command knows, it says itself when it is asked for something that no revision knows.
  const usage = await run.text(
    process.execPath,
    [join(folder, 'dist/bench/main.js'), '--no-such-flag'],
    folder,
  );
  return { title, folder, ...knownBy(usage.stderr, title) };
}

const ERRORS_MAX = 5;

/** Modules are shared when both want the same; else they are fetched as the lock file says. */
async function provideModules(run: Runner, root: string, folder: string, title: string): Promise<void> {
  const lock = 'package-lock.json';
  const isShared = readFileSync(join(root, lock), 'utf8') === readFileSync(join(folder, lock), 'utf8');
  if (isShared && existsSync(join(root, 'node_modules'))) {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    return;
  }
  console.log(`${title}: its modules differ, npm ci`);
  const installed = await run.text('npm', ['ci', '--no-audit', '--no-fund'], folder);
  if (installed.code !== 0) throw new CompareError(`${title}: npm ci failed: ${lastLine(installed.stderr)}`);
}

/**
 * Reads the usage text of a bench command.
 *
 * @testonly Both trees are asked by it.
 * @throws CompareError when there is none in it
 */
export function knownBy(usage: string, title: string): Pick<Tree, 'benchmarks' | 'flags'> {
  const names = /NAME is one of (.+)/.exec(usage)?.[1];
  if (names === undefined) {
    throw new CompareError(
      `${title}: expected its bench command to say what it knows, said: ${lastLine(usage)}`,
    );
  }
  const line = usage.slice(usage.indexOf('usage:'));
  return { benchmarks: names.trim().split(', '), flags: new Set(line.match(/--[a-z][a-z-]*/g) ?? []) };
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
