import { describe, expect, it } from 'vitest';
import { signLogin, signRest } from '../../engine/okx/sign.ts';
import { fixtureLines } from './okx-fixtures.ts';

interface SignVector {
  readonly source: string;
  readonly secret: string;
  readonly timestamp: string;
  readonly method: string;
  readonly requestPath: string;
  readonly body: string;
  readonly sign: string;
}

describe('signatures', () => {
  const vectors = fixtureLines<SignVector>('sign-vectors.jsonl');

  it.each(vectors)('equal the vector of $source', (vector) => {
    expect(signRest(vector)).toBe(vector.sign);
  });

  it('were given in number', () => {
    expect(vectors.length).toBe(17);
  });

  it('of a login sign GET /users/self/verify with seconds', () => {
    expect(signLogin({ timestampSeconds: '1763676600', secret: 'mysecret' })).toBe(
      signRest({
        timestamp: '1763676600',
        method: 'GET',
        requestPath: '/users/self/verify',
        body: '',
        secret: 'mysecret',
      }),
    );
  });
});
