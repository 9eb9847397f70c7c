import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../engine/config/package-root.ts';
import { available, unavailable } from './availability.ts';
import type { Availability } from './availability.ts';
import { cacheFolder } from './cache-folder.ts';

const SOURCES = join(packageRoot(), 'bench/peers/cpp');
const FLAGS = ['-O3', '-march=native', '-std=c++20', '-Wall', '-Wextra'];
const COMPILE_TIMEOUT_MS = 120_000;

/** What a program needs beside the compiler: a header, the package that has it, and what to link. */
interface PeerLibrary {
  readonly name: string;
  readonly header: string;
  readonly debianPackage: string;
  readonly flags: readonly string[];
}

/** A program of bench/peers/cpp: its main file's name, and the library it takes. */
export interface PeerProgram {
  readonly main: string;
  readonly library?: PeerLibrary;
}

const OPENSSL: PeerLibrary = {
  name: 'OpenSSL',
  header: 'openssl/ssl.h',
  debianPackage: 'libssl-dev',
  flags: ['-lssl', '-lcrypto'],
};
const SIMDJSON: PeerLibrary = {
  name: 'simdjson',
  header: 'simdjson.h',
  debianPackage: 'libsimdjson-dev',
  flags: ['-lsimdjson'],
};

export const SCANNER: PeerProgram = { main: 'scanner-main.cpp' };
export const SIMDJSON_DECODER: PeerProgram = { main: 'simdjson-main.cpp', library: SIMDJSON };
export const FAR: PeerProgram = { main: 'far-main.cpp', library: OPENSSL };
export const WIRE: PeerProgram = { main: 'wire-main.cpp', library: OPENSSL };

/**
 * The program, compiled: from the cache when this compiler has compiled this source on this processor before.
 *
 * @throws Error when the source does not compile though the compiler and the headers are there: a bug here
 */
export function compiled(program: PeerProgram): Availability<string> {
  const version = spawnSync('g++', ['--version'], { encoding: 'utf8' });
  if (version.status !== 0) return unavailable('no C++ compiler (g++) on this machine');
  const { library } = program;
  const macros = library === undefined ? '' : macrosOf(library.header);
  if (library !== undefined && macros === undefined)
    return unavailable(`no ${library.name} headers (${library.debianPackage}) on this machine`);
  const links = library?.flags ?? [];
  const hash = createHash('sha256');
  for (const name of readdirSync(SOURCES).toSorted())
    hash.update(name).update(readFileSync(join(SOURCES, name)));
  hash.update([...FLAGS, ...links, macros, version.stdout, cpus()[0]?.model ?? ''].join('\n'));
  const stem = program.main.replace(/\.cpp$/, '');
  const folder = cacheFolder('programs');
  const file = join(folder, `${stem}-${hash.digest('hex').slice(0, 16)}`);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    // Under a name of its own until it is whole: another benchmark may be compiling the same.
    const partial = `${file}.${process.pid}`;
    const args = [...FLAGS, join(SOURCES, program.main), '-o', partial, ...links];
    execFileSync('g++', args, { stdio: ['ignore', 'inherit', 'inherit'], timeout: COMPILE_TIMEOUT_MS });
    renameSync(partial, file);
  }
  return available(file);
}

/** What a header defines, its version among it; undefined where it is not installed. */
function macrosOf(header: string): string | undefined {
  const { status, stdout } = spawnSync('g++', ['-E', '-dM', '-x', 'c++', '-'], {
    input: `#include <${header}>\n`,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
    maxBuffer: 1 << 26,
  });
  return status === 0 ? stdout : undefined;
}
