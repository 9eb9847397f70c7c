import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCredentials } from '../../engine/config/environment.ts';
import { CredentialsFile, replaceKeeping } from '../../engine/fleet/credentials-file.ts';
import { FleetState } from '../../engine/fleet/fleet-state.ts';
import { Secret } from '../../engine/venue/credentials.ts';

const scratch = mkdtempSync(join(tmpdir(), 'okxmm-fleet-'));
afterAll(() => rmSync(scratch, { recursive: true }));
let folders = 0;
const folder = (): string => mkdtempSync(join(scratch, `${++folders}-`));

const GROUP = {
  baseline: -3.5,
  peak: 12,
  tripped: 'loss' as const,
  accounts: { a: { profit: -10, held: 200 } },
};
const KEPT = { group: GROUP, pending: { b: 'halt' as const } };

describe('what a supervisor keeps', () => {
  it('is what the next one finds, and nobody else may read it', async () => {
    const directory = folder();
    const state = new FleetState(directory);
    expect(await state.load()).toBeUndefined();
    await state.save(KEPT);
    expect(await new FleetState(directory).load()).toEqual(KEPT);
    expect(statSync(state.file).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['fleet.json']);
  });

  it('is that of the last save, however many came at once', async () => {
    const state = new FleetState(folder());
    await Promise.all([1, 2, 3].map((peak) => state.save({ ...KEPT, group: { ...GROUP, peak } })));
    expect((await state.load())!.group.peak).toBe(3);
  });

  it('may be what was written before words were kept', async () => {
    const state = new FleetState(folder());
    writeFileSync(state.file, JSON.stringify({ version: 1, group: GROUP }));
    expect(await state.load()).toEqual({ group: GROUP, pending: {} });
  });

  it.each([
    '',
    '{',
    '{"version":1}',
    '{"version":2,"group":{}}',
    JSON.stringify({ version: 1, group: { ...GROUP, tripped: 'x' } }),
    JSON.stringify({ version: 1, group: GROUP, pending: { a: 'x' } }),
  ])('is refused when it is damaged: %s', async (text) => {
    const state = new FleetState(folder());
    writeFileSync(state.file, text);
    await expect(state.load()).rejects.toMatchObject({ code: 'FLEET_STATE_DAMAGED' });
    await expect(state.load()).rejects.toThrow(/remove it/);
  });

  it('says when it cannot be written', async () => {
    const state = new FleetState(join(folder(), 'none'));
    await expect(state.save(KEPT)).rejects.toMatchObject({ code: 'FLEET_STATE_UNWRITABLE' });
  });
});

describe('a file for a key', () => {
  const key = (name: string) => ({
    apiKey: new Secret(`${name}-key`),
    secret: new Secret(`${name}-secret`),
    passphrase: new Secret(`Aa1!${name}`),
  });

  it('is read as an account’s credentials, and was never open to others', async () => {
    const file = join(folder(), 'desk');
    const reserved = await CredentialsFile.reserve(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await reserved.write(key('one'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const read = readCredentials({ credentialsFile: file }, {});
    expect([read.apiKey, read.secret, read.passphrase].map((each) => each.reveal())).toEqual([
      'one-key',
      'one-secret',
      'Aa1!one',
    ]);
  });

  it('takes no other file’s place', async () => {
    const file = join(folder(), 'desk');
    writeFileSync(file, 'dear');
    await expect(CredentialsFile.reserve(file)).rejects.toThrow(/expected a new file, was EEXIST/);
    expect(readFileSync(file, 'utf8')).toBe('dear');
  });

  it('is gone when nothing came of it', async () => {
    const directory = folder();
    await (await CredentialsFile.reserve(join(directory, 'desk'))).discard();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('follows the one in use, which is kept', async () => {
    const directory = folder();
    const file = join(directory, 'desk');
    for (const [name, at] of [
      ['old', file],
      ['new', `${file}.new`],
    ] as const) {
      await (await CredentialsFile.reserve(at)).write(key(name));
    }
    await replaceKeeping(file, `${file}.new`, `${file}.old`);
    expect(readCredentials({ credentialsFile: file }, {}).apiKey.reveal()).toBe('new-key');
    expect(readCredentials({ credentialsFile: `${file}.old` }, {}).apiKey.reveal()).toBe('old-key');
    expect(readdirSync(directory).sort()).toEqual(['desk', 'desk.old']);
    // A second one would lose a key that still works: it has to be deleted first.
    await (await CredentialsFile.reserve(`${file}.new`)).write(key('third'));
    await expect(replaceKeeping(file, `${file}.new`, `${file}.old`)).rejects.toThrow(
      /was EEXIST; delete that key/,
    );
    expect(readCredentials({ credentialsFile: file }, {}).apiKey.reveal()).toBe('new-key');
  });
});
