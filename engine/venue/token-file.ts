/**
 * The tokens of one authorization, as a file that only its owner may read:
 *
 *     write FILE.tmp ─▶ sync it ─▶ rename over FILE ─▶ sync the directory
 *
 * Whoever asks the venue for a new pair holds FILE.lock meanwhile: the pair before is void once the venue has answered, so
 * two who asked with it would end as two without one.
 *
 * Invariants: FILE is one of the pairs that were saved, whenever the machine dies; a pair is used only after it was saved.
 * Cost:       cold; two syncs a save.
 */
import { link, mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unguessableText } from '../base/secure-random.ts';
import type { Clock } from '../base/clock.ts';
import { Secret } from './credentials.ts';
import type { TokenPair } from './oauth-client.ts';
import { OAuthError, OAuthErrorCode } from './oauth-error.ts';

const VERSION = 1;
const OWNER_ONLY = 0o600;
const LOCK_WAIT_MS = 100;
const LOCK_TRIES_MAX = 100;
/** A refresh takes as long as its time-out at most; a lock of this age was left by somebody who died. */
const LOCK_AGE_MS_MAX = 60_000;

/** What the file is of: another client's or another venue's tokens are not ours to use. */
export interface TokenOwner {
  readonly clientId: string;
  /** Where they come from. */
  readonly tokenUrl: string;
}

export class TokenFile {
  readonly file: string;
  readonly #owner: TokenOwner;
  readonly #clock: Clock;

  constructor(file: string, owner: TokenOwner, clock: Clock) {
    this.file = file;
    this.#owner = owner;
    this.#clock = clock;
  }

  /**
   * Undefined when there is none.
   *
   * @throws OAuthError when there is one that is not ours, or that others may read
   */
  async load(): Promise<TokenPair | undefined> {
    let text: string;
    let mode: number;
    try {
      mode = (await stat(this.file)).mode & 0o777;
      text = await readFile(this.file, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw this.#error(`expected a readable file, was ${codeOf(error)}; correct its mode, or log in again`);
    }
    if ((mode & 0o077) !== 0) {
      throw this.#error(
        `expected mode 0600 (only its owner may read it), was 0${mode.toString(8)}; whoever could read it has the account: log in again, or run: chmod 600 ${this.file}`,
      );
    }
    return this.#read(text);
  }

  /** Resolves when it would survive a power cut. @throws OAuthError; the file is then what it was, or the new pair */
  async save(pair: TokenPair): Promise<void> {
    const { access, refresh, deviceId, askedMs, accessUntilMs, refreshUntilMs } = pair;
    const text = JSON.stringify({
      version: VERSION,
      ...this.#owner,
      deviceId,
      askedMs,
      accessUntilMs,
      refreshUntilMs,
      access: access.reveal(),
      refresh: refresh.reveal(),
    });
    const temporary = `${this.file}.tmp`;
    try {
      // A login may come before the engine's first start.
      await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
      // What a crash or a stranger left there may be of any mode, or lead elsewhere.
      await unlink(temporary).catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error;
      });
      const handle = await open(temporary, 'wx', OWNER_ONLY);
      try {
        // An umask may have taken from it.
        await handle.chmod(OWNER_ONLY);
        await handle.writeFile(`${text}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, this.file);
      await syncDirectory(dirname(this.file));
    } catch (error) {
      throw this.#error(`expected to be written, was ${codeOf(error)}; see that the disk has room`);
    }
  }

  async remove(): Promise<void> {
    await unlink(this.file).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw this.#error(`expected to be removed, was ${codeOf(error)}`);
    });
  }

  /**
   * Does the work while nobody else does any with these tokens.
   *
   * @throws OAuthError when somebody else works on them for longer than 10 s
   */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    const lock = `${this.file}.lock`;
    await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
    const name = unguessableText(12);
    for (let tries = 1; !(await this.#take(lock, name)); tries++) {
      if (tries === LOCK_TRIES_MAX) {
        throw this.#error(`expected nobody else to work on it, ${lock} says that somebody does`);
      }
      await new Promise((resolve) => {
        setTimeout(resolve, LOCK_WAIT_MS);
      });
    }
    try {
      return await work();
    } finally {
      // Broken by another as too old, it is that one's now. A full disk takes locks, and no names.
      const holder = await readFile(lock, 'utf8').catch(() => undefined);
      if (holder === name || holder === '') await unlink(lock).catch(() => undefined);
    }
  }

  async #take(lock: string, name: string): Promise<boolean> {
    try {
      const handle = await open(lock, 'wx', OWNER_ONLY);
      // It is ours by being there: tokens that are about to end must not wait for room on a disk.
      await handle.writeFile(name).catch(() => undefined);
      await handle.close();
      return true;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw this.#error(`expected to be locked, was ${codeOf(error)}`);
    }
    const ageMs =
      this.#clock.wallMs() -
      (await stat(lock).then(
        ({ mtimeMs }) => mtimeMs,
        () => Infinity,
      ));
    if (ageMs > LOCK_AGE_MS_MAX) await this.#breakLock(lock, name);
    return false;
  }

  /** Of two who find it too old one moves it away, and whoever moved another's new one puts that back. */
  async #breakLock(lock: string, name: string): Promise<void> {
    const aside = `${lock}.${name}`;
    const old = await readFile(lock, 'utf8').catch(() => undefined);
    if (old === undefined) return;
    await rename(lock, aside).catch(() => undefined);
    const moved = await readFile(aside, 'utf8').catch(() => undefined);
    if (moved !== undefined && moved !== old) await link(aside, lock).catch(() => undefined);
    await unlink(aside).catch(() => undefined);
  }

  #read(text: string): TokenPair {
    const fields = fieldsOf(text);
    const { clientId, tokenUrl } = this.#owner;
    if (fields['version'] !== VERSION) throw this.#error('expected tokens of this engine, was another file');
    for (const [name, expected] of [
      ['clientId', clientId],
      ['tokenUrl', tokenUrl],
    ] as const) {
      if (fields[name] !== expected) {
        throw this.#error(
          `expected tokens of ${name} ${expected}, were of ${String(fields[name])}; log in again`,
        );
      }
    }
    const { deviceId, access, refresh, askedMs, accessUntilMs, refreshUntilMs } = fields;
    const isWhole =
      [deviceId, access, refresh].every((value) => typeof value === 'string' && value !== '') &&
      [askedMs, accessUntilMs, refreshUntilMs].every(Number.isFinite);
    if (!isWhole) throw this.#error('expected two tokens and their times, was without; log in again');
    return {
      access: new Secret(access as string),
      refresh: new Secret(refresh as string),
      deviceId: deviceId as string,
      askedMs: askedMs as number,
      accessUntilMs: accessUntilMs as number,
      refreshUntilMs: refreshUntilMs as number,
    };
  }

  #error(problem: string): OAuthError {
    return new OAuthError(OAuthErrorCode.file, `token file ${this.file}: ${problem}`);
  }
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** A rename is durable when the directory is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
