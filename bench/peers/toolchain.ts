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

/** A program of bench/peers/cpp: its main file's name, and what it is linked with. */
export interface PeerProgram {
  readonly main: string;
  readonly libraries: readonly string[];
}

export const SCANNER: PeerProgram = { main: 'scanner-main.cpp', libraries: [] };
const TLS_LIBRARIES = ['-lssl', '-lcrypto'];
export const FAR: PeerProgram = { main: 'far-main.cpp', libraries: TLS_LIBRARIES };
export const WIRE: PeerProgram = { main: 'wire-main.cpp', libraries: TLS_LIBRARIES };

/**
 * The program, compiled: from the cache when this compiler has compiled this source on this processor before.
 *
 * @throws Error when the source does not compile though the compiler and the headers are there: a bug here
 */
export function compiled(program: PeerProgram): Availability<string> {
  const version = spawnSync('g++', ['--version'], { encoding: 'utf8' });
  if (version.status !== 0) return unavailable('no C++ compiler (g++) on this machine');
  if (program.libraries.includes('-lssl') && !hasOpenSsl())
    return unavailable('no OpenSSL headers (libssl-dev) on this machine');
  const hash = createHash('sha256');
  for (const name of readdirSync(SOURCES).toSorted())
    hash.update(name).update(readFileSync(join(SOURCES, name)));
  hash.update([...FLAGS, ...program.libraries, version.stdout, cpus()[0]?.model ?? ''].join('\n'));
  const stem = program.main.replace(/\.cpp$/, '');
  const folder = cacheFolder('programs');
  const file = join(folder, `${stem}-${hash.digest('hex').slice(0, 16)}`);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    // Under a name of its own until it is whole: another benchmark may be compiling the same.
    const partial = `${file}.${process.pid}`;
    const args = [...FLAGS, join(SOURCES, program.main), '-o', partial, ...program.libraries];
    execFileSync('g++', args, { stdio: ['ignore', 'inherit', 'inherit'], timeout: COMPILE_TIMEOUT_MS });
    renameSync(partial, file);
  }
  return available(file);
}

function hasOpenSsl(): boolean {
  const source = '#include <openssl/ssl.h>\n';
  return (
    spawnSync('g++', ['-E', '-x', 'c++', '-'], { input: source, stdio: ['pipe', 'ignore', 'ignore'] })
      .status === 0
  );
}
