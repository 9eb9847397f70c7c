import {
  chmodSync,
  existsSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../engine/venue/credentials.ts';
import type { TokenPair } from '../../engine/venue/oauth-client.ts';
import { OAuthError } from '../../engine/venue/oauth-error.ts';
import { OAuthWorld } from './oauth-world.ts';

const PAIR: TokenPair = {
  access: new Secret('access-of-mine'),
  refresh: new Secret('refresh-of-mine'),
  deviceId: 'device-1',
  askedMs: 1_000,
  accessUntilMs: 2_000,
  refreshUntilMs: 3_000,
};

let world: OAuthWorld;

beforeEach(() => {
  world = new OAuthWorld();
});

afterEach(() => world.remove());

async function refusalOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => new Error('expected the call to fail'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OAuthError);
  expect((error as Error).message).not.toMatch(/(access|refresh)-of-mine/);
  return (error as Error).message;
}

describe('the file of the tokens', () => {
  it('gives back what was saved, and is for its owner alone, whatever the umask and what was left there', async () => {
    const file = world.file();
    expect(await file.load()).toBeUndefined();
    writeFileSync(`${file.file}.tmp`, 'left by a crash', { mode: 0o666 });
    chmodSync(`${file.file}.tmp`, 0o666);
    await file.save(PAIR);
    expect(await file.load()).toEqual(PAIR);
    expect(statSync(file.file).mode & 0o777).toBe(0o600);
    expect(readdirSync(world.folder)).toEqual(['tokens.json']);
    await file.remove();
    expect(await file.load()).toBeUndefined();
    await file.remove();
  });

  it('is not written to where somebody else wants it', async () => {
    const file = world.file();
    const victim = `${world.folder}/victim`;
    writeFileSync(victim, 'theirs', { mode: 0o644 });
    symlinkSync(victim, `${file.file}.tmp`);
    await file.save(PAIR);
    expect([readFileSync(victim, 'utf8'), statSync(victim).mode & 0o777]).toEqual(['theirs', 0o644]);
    expect(await file.load()).toEqual(PAIR);
  });

  it.each([0o640, 0o604, 0o660, 0o666])('of mode %o is refused', async (mode) => {
    const file = world.file();
    await file.save(PAIR);
    chmodSync(file.file, mode);
    expect(await refusalOf(file.load())).toContain(
      `expected mode 0600 (only its owner may read it), was 0${mode.toString(8)}; whoever could read it has the account`,
    );
  });

  it('of another client, of another kind, or damaged is refused', async () => {
    const file = world.file();
    await file.save(PAIR);
    expect(await refusalOf(world.file('tokens.json', 'client-2').load())).toContain(
      'expected tokens of clientId client-2, were of client-1; log in again',
    );
    const text = readFileSync(file.file, 'utf8');
    for (const damaged of ['', '{}', text.slice(0, 40), text.replace('refresh-of-mine', ''), '[1]']) {
      writeFileSync(file.file, damaged, { mode: 0o600 });
      expect(await refusalOf(file.load())).toMatch(/expected (tokens of this engine|two tokens)/);
    }
  });
});

describe('the lock', () => {
  it('lets one work after another, and is gone when all have', async () => {
    const files = [world.file(), world.file(), world.file()];
    const log: string[] = [];
    let inside = 0;
    await Promise.all(
      files.map((file, index) =>
        file.locked(async () => {
          log.push(`${index} of ${++inside}`);
          await new Promise((resolve) => {
            setTimeout(resolve, 20);
          });
          inside--;
        }),
      ),
    );
    expect(log.toSorted()).toEqual(['0 of 1', '1 of 1', '2 of 1']);
    expect(readdirSync(world.folder)).toEqual([]);
  });

  it('is let go of by work that fails', async () => {
    const file = world.file();
    await expect(file.locked(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await file.locked(() => Promise.resolve('yes'))).toBe('yes');
  });

  it('that somebody left who died is broken, by one of those who wait', async () => {
    const lock = `${world.file().file}.lock`;
    writeFileSync(lock, 'somebody');
    const seconds = world.clock.wallMs() / 1_000 - 61;
    utimesSync(lock, seconds, seconds);
    let inside = 0;
    const work = async (): Promise<number> => {
      const count = ++inside;
      // Its own locks are as young as the machine's clock says: the world's is years behind.
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
      inside--;
      return count;
    };
    const counts = await Promise.all([world.file().locked(work), world.file().locked(work)]);
    expect(counts).toEqual([1, 1]);
    expect(existsSync(lock)).toBe(false);
  });
});
