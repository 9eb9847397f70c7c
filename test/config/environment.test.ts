import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { readCredentials, readTag } from '../../engine/config/environment.ts';
import { loadConfig } from '../../engine/config/load-config.ts';
import type { Config } from '../../engine/config/schema.ts';
import { exampleFile } from './example.ts';

const folder = mkdtempSync(join(tmpdir(), 'okxmm-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const KEYS = { OKX_API_KEY: 'the-key', OKX_API_SECRET: 'the-secret', OKX_API_PASSPHRASE: 'the pass=phrase' };
const demo = loadConfig(exampleFile('demo'));

function withFile(text: string, mode = 0o600): Config {
  const file = join(folder, 'credentials');
  rmSync(file, { force: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return { ...demo, credentialsFile: file };
}

describe('readCredentials', () => {
  it('takes them from the environment', () => {
    const { apiKey, secret, passphrase } = readCredentials(demo, KEYS);
    expect([apiKey, secret, passphrase].map((each) => each.reveal())).toEqual(Object.values(KEYS));
  });

  it('takes them from the file alone when one is named', () => {
    const text = [
      '# the demo account',
      '',
      ...Object.entries(KEYS).map(([name, value]) => `${name} = "${value}"`),
      '',
    ].join('\n');
    const { apiKey, secret, passphrase } = readCredentials(withFile(text), { OKX_API_KEY: 'another' });
    expect([apiKey, secret, passphrase].map((each) => each.reveal())).toEqual(Object.values(KEYS));
    expect(() => readCredentials(withFile('OKX_API_KEY=the-key\n'), KEYS)).toThrow(
      'was without OKX_API_SECRET, OKX_API_PASSPHRASE',
    );
  });

  it('takes a file with line ends of Windows', () => {
    const text = Object.entries(KEYS)
      .map(([name, value]) => `${name}=${value}\r\n`)
      .join('');
    expect(readCredentials(withFile(text), {}).passphrase.reveal()).toBe(KEYS.OKX_API_PASSPHRASE);
  });

  it.each([0o644, 0o640, 0o604, 0o660, 0o601])('refuses a file of mode %o', (mode) => {
    const config = withFile('', mode);
    expect(() => readCredentials(config, {})).toThrow(
      `credentialsFile ${config.credentialsFile}: expected mode 0600 (only its owner may read it), was 0${mode.toString(8)}; run: chmod 600 ${config.credentialsFile}`,
    );
  });

  it('takes a file that is only to be read', () => {
    const text = Object.entries(KEYS)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('');
    expect(readCredentials(withFile(text, 0o400), {}).apiKey.reveal()).toBe(KEYS.OKX_API_KEY);
  });

  it('says which line of a file is no NAME=value, without showing it', () => {
    const attempt = (): unknown => readCredentials(withFile('OKX_API_KEY=the-key\nthe-secret\n'), {});
    expect(attempt).toThrow('line 2: expected NAME=value, was something else');
    expect(attempt).not.toThrow('the-secret');
  });

  it('says what is missing, whatever is there', () => {
    expect(() => readCredentials(demo, { ...KEYS, OKX_API_SECRET: '' })).toThrow(
      'credentials: expected OKX_API_KEY, OKX_API_SECRET, OKX_API_PASSPHRASE in the environment, was without OKX_API_SECRET; set them, or name a file of mode 0600 by credentialsFile',
    );
    expect(() => readCredentials({ ...demo, credentialsFile: '/nowhere/keys' }, KEYS)).toThrow(
      'credentialsFile /nowhere/keys: expected a readable file, was ENOENT',
    );
  });

  it('gives what shows no value by accident', () => {
    const credentials = readCredentials(demo, KEYS);
    const shown = `${inspect(credentials, { depth: 9, showHidden: true })}${JSON.stringify(credentials)}${String(credentials.secret)}`;
    for (const value of Object.values(KEYS)) expect(shown).not.toContain(value);
  });
});

describe('readTag', () => {
  it('takes the configuration’s over the environment’s', () => {
    expect(readTag({ ...demo, tag: 'mine1' }, { OKX_BROKER_TAG: 'other1' })).toBe('mine1');
    expect(readTag(demo, { OKX_BROKER_TAG: 'other1' })).toBe('other1');
  });

  it('has one of its own on paper only', () => {
    const { tag: _, ...paper } = loadConfig(exampleFile('paper'));
    expect(readTag(paper, {})).toBe('PAPERTAG');
    for (const kind of ['demo', 'live'] as const) {
      const config = { ...demo, venue: { ...demo.venue, kind } };
      for (const environment of [{}, { OKX_BROKER_TAG: '' }]) {
        expect(() => readTag(config, environment)).toThrow(
          `tag: expected your broker code on a ${kind} venue, was absent; set "tag" in the configuration or OKX_BROKER_TAG`,
        );
      }
    }
  });

  it.each(['has space', 'has-dash', 'ÄÖÜ', 'A2345678901234567', ' tag', 'tag\n'])(
    'refuses %j from the environment',
    (tag) => {
      expect(() => readTag(demo, { OKX_BROKER_TAG: tag })).toThrow(
        `tag: expected 1 to 16 letters and digits, was "${tag}"`,
      );
    },
  );
});
