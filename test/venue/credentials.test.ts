import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Credentials, Secret } from '../../engine/venue/credentials.ts';

it('a secret shows itself to nobody who does not ask', () => {
  const secret = new Secret('of-mine');
  const credentials = new Credentials('of-mine', secret, new Secret('of-mine'));
  const error = new Error(`with ${String(secret)}`, { cause: credentials });
  const shown = [
    `${secret as unknown as string}`,
    JSON.stringify({ secret, credentials }),
    inspect(credentials, { depth: 10, showHidden: true }),
    inspect(error),
    Object.keys(secret).join(),
    String([secret]),
  ].join('\n');
  expect(shown).not.toContain('of-mine');
  expect(shown).toContain('[redacted]');
  expect(credentials.passphrase.reveal()).toBe('of-mine');
});
