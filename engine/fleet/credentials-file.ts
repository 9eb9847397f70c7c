import { link, open, rename, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import type { Secret } from '../venue/credentials.ts';

const OWNER_ONLY = 0o600;

export interface KeyParts {
  readonly apiKey: Secret;
  readonly secret: Secret;
  readonly passphrase: Secret;
}

/**
 * A file for the credentials of an account, as `credentialsFile` names it: of mode 0600 from its first moment, and there
 * before the venue is asked for what goes into it, since a secret is told once.
 */
export class CredentialsFile {
  readonly file: string;
  readonly #handle: FileHandle;

  private constructor(file: string, handle: FileHandle) {
    this.file = file;
    this.#handle = handle;
  }

  /** @throws ConfigError when there is one of that name, or it cannot be written */
  static async reserve(file: string): Promise<CredentialsFile> {
    try {
      return new CredentialsFile(file, await open(file, 'wx', OWNER_ONLY));
    } catch (error) {
      const code = codeOf(error);
      const advice =
        code === 'EEXIST' ? 'name another one, or see what it holds and remove it' : 'name another one';
      throw new ConfigError(`credentials ${file}: expected a new file, was ${code}; ${advice}`, {
        cause: error,
      });
    }
  }

  /** Durable when it returns. */
  async write({ apiKey, secret, passphrase }: KeyParts): Promise<void> {
    const lines = [
      `OKX_API_KEY=${apiKey.reveal()}`,
      `OKX_API_SECRET=${secret.reveal()}`,
      `OKX_API_PASSPHRASE=${passphrase.reveal()}`,
    ];
    await this.#handle.writeFile(`${lines.join('\n')}\n`);
    await this.#handle.sync();
    await this.#handle.close();
    await syncDirectory(this.file);
  }

  /** Nothing came of it. */
  async discard(): Promise<void> {
    await this.#handle.close();
    await unlink(this.file);
  }
}

/**
 * Puts the new file in the place of the one in use, which stays as `kept`: there is always a whole one of that name.
 *
 * @throws ConfigError when there is a `kept` already
 */
export async function replaceKeeping(file: string, replacement: string, kept: string): Promise<void> {
  try {
    await link(file, kept);
  } catch (error) {
    throw new ConfigError(
      `credentials ${kept}: expected no file of that name, was ${codeOf(error)}; delete that key (accounts delete-key --file), and the file with it`,
      { cause: error },
    );
  }
  await rename(replacement, file);
  await syncDirectory(file);
}

async function syncDirectory(file: string): Promise<void> {
  const directory = await open(dirname(file), 'r');
  await directory.sync().finally(() => directory.close());
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
