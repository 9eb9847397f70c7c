import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../engine/venue/credentials.ts';
import { OAuthClient, challengeOf } from '../../engine/venue/oauth-client.ts';
import type { AuthorizationParts } from '../../engine/venue/oauth-client.ts';
import { OAuthError, OAuthErrorCode } from '../../engine/venue/oauth-error.ts';
import type { RestAnswer } from '../../engine/venue/rest-transport.ts';
import { OAuthWorld } from './oauth-world.ts';

const PARTS: AuthorizationParts = {
  redirectUri: 'http://localhost:8917/callback',
  deviceId: 'device-1',
  state: 'state-1',
  verifier: new Secret('a-verifier-of-43-characters-at-the-very-least'),
};

let world: OAuthWorld;

beforeEach(() => {
  world = new OAuthWorld();
});

afterEach(() => world.remove());

/** The error; none of the texts that are secret stands anywhere in it. */
async function errorOf(call: Promise<unknown>, ...secrets: readonly Secret[]): Promise<OAuthError> {
  const error: unknown = await call.then(
    () => new Error('expected the call to fail'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OAuthError);
  const shown = `${inspect(error, { depth: 10, showHidden: true })}${JSON.stringify(error)}`;
  for (const secret of [PARTS.verifier, ...secrets]) expect(shown).not.toContain(secret.reveal());
  return error as OAuthError;
}

/** A client whose every call is answered with this. */
function answering(answer: RestAnswer | Error): OAuthClient {
  const { endpoints, clock } = world;
  const call = (): Promise<RestAnswer> =>
    answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  return new OAuthClient({
    endpoints,
    clientId: 'client-1',
    clock,
    timeoutMs: 1_000,
    transport: () => ({ call, close: () => Promise.resolve() }),
  });
}

describe('the page that the user is sent to', () => {
  it('is asked for with the hash of the verifier alone, RFC 7636 appendix B', () => {
    const verifier = new Secret('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk');
    expect(challengeOf(verifier)).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
    const url = world.client().authorizeUrl({ ...PARTS, verifier }, 'BROKER1');
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
      response_type: 'code',
      access_type: 'offline',
      client_id: 'client-1',
      redirect_uri: 'http://localhost:8917/callback',
      scope: 'read_only,trade',
      state: 'state-1',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      channelId: 'BROKER1',
      term_id: 'device-1',
    });
    expect(url).toContain('redirect_uri=http%3A%2F%2Flocalhost%3A8917%2Fcallback&');
    expect(url).not.toContain(verifier.reveal());
  });
});

describe('a login', () => {
  it('brings a pair, with the times at which they end', async () => {
    const pair = await world.login();
    expect(pair.askedMs).toBe(world.clock.wallMs());
    expect(pair.accessUntilMs - pair.askedMs).toBe(3_600_000);
    expect(pair.refreshUntilMs - pair.askedMs).toBe(3 * 86_400_000);
    expect(`${JSON.stringify(pair)}${inspect(pair, { depth: 10, showHidden: true })}`).not.toContain(
      pair.access.reveal(),
    );
  });

  it('with a client that has a secret needs it, and no device', async () => {
    world.remove();
    world = new OAuthWorld(3_600, 'hush');
    const client = world.client(new Secret('hush'));
    expect(client.authorizeUrl(PARTS, 'TAG')).not.toContain('term_id');
    const pair = await world.login(client);
    expect(client.deviceHeader(pair)).toEqual({});
    const wrong = new Secret('shh-another');
    const error = await errorOf(world.login(world.client(wrong)), wrong);
    expect([error.code, error.okxCode]).toEqual([OAuthErrorCode.refused, '53010']);
  });

  it('is refused with another verifier, another address, another device, and a second time', async () => {
    const client = world.client();
    const tried = async (changes: Partial<AuthorizationParts>): Promise<string> => {
      const { code } = world.agree(client.authorizeUrl(PARTS, 'TAG'));
      return (await errorOf(client.exchange(code, { ...PARTS, ...changes }), code)).okxCode;
    };
    expect(await tried({ verifier: new Secret('another-verifier-of-43-characters-as-it-has-to-be') })).toBe(
      '53010',
    );
    expect(await tried({ redirectUri: 'http://localhost:8918/callback' })).toBe('53016');
    expect(await tried({ deviceId: 'device-2' })).toBe('53006');
    const { code } = world.agree(client.authorizeUrl(PARTS, 'TAG'));
    const pair = await client.exchange(code, PARTS);
    expect((await errorOf(client.exchange(code, PARTS), code)).okxCode).toBe('53009');
    // Who brings a code twice may have stolen it: what it had brought has ended.
    const error = await errorOf(client.refresh(pair), pair.refresh, pair.access);
    expect(error.okxCode).toBe('53003');
  });

  it('is refused with a code that has lain about', async () => {
    const client = world.client();
    const { code } = world.agree(client.authorizeUrl(PARTS, 'TAG'));
    world.advanceMs(61_000);
    expect((await errorOf(client.exchange(code, PARTS), code)).message).toBe(
      'login: expected to be accepted, was refused with 53012; the code is too old or of another region: ' +
        'check venue.region, and log in again: npm run -s okx-mm -- broker login',
    );
  });

  it('that the user declines brings no code', () => {
    const back = world.agree(world.client().authorizeUrl(PARTS, 'TAG'), 'no');
    expect([back.code.reveal(), back.state, back.error]).toEqual(['', 'state-1', 'access_denied']);
  });
});

describe('a refresh', () => {
  it('voids the pair before at once, and ends everything when an old one is played again', async () => {
    const client = world.client();
    const first = await world.login(client);
    const second = await client.refresh(first);
    expect(second.access.reveal()).not.toBe(first.access.reveal());
    expect((await errorOf(client.refresh(first), first.refresh)).okxCode).toBe('53005');
    const error = await errorOf(client.refresh(second), second.refresh);
    expect(error.message).toContain('was refused with 53003; the token was revoked; log in again');
  });
});

describe('a logout', () => {
  it('ends both tokens', async () => {
    const client = world.client();
    const pair = await world.login(client);
    await client.revoke(pair);
    expect((await errorOf(client.refresh(pair), pair.refresh)).okxCode).toBe('53003');
  });
});

describe('an answer that is none', () => {
  const refreshed = (answer: RestAnswer | Error): Promise<OAuthError> => {
    const secret = new Secret('refresh-token-of-mine');
    const times = { askedMs: 0, accessUntilMs: 0, refreshUntilMs: 0, deviceId: 'device-1' };
    return errorOf(answering(answer).refresh({ access: secret, refresh: secret, ...times }), secret);
  };

  it('says nothing about the token where the venue is busy, down or silent', async () => {
    const broken = Object.assign(new Error('refresh-token-of-mine'), { code: 'ECONNRESET' });
    const answers: (RestAnswer | Error)[] = [
      broken,
      { status: 502, text: '<html>' },
      { status: 429, text: '{}' },
      { status: 200, text: '{"code":"50013","msg":"refresh-token-of-mine"}' },
      { status: 503, text: '{"code":"50001","msg":""}' },
      { status: 400, text: '{"error":"temporarily_unavailable"}' },
    ];
    for (const answer of answers) {
      const error = await refreshed(answer);
      expect([error.code, error.okxCode.startsWith('53')]).toEqual([OAuthErrorCode.unreachable, false]);
    }
  });

  it('is a refusal where the venue says so, in its own words or OAuth’s, and never quoted', async () => {
    const answers: [RestAnswer, string][] = [
      [{ status: 400, text: '{"code":"53005","msg":"refresh-token-of-mine is used","data":[]}' }, '53005'],
      [{ status: 200, text: '{"code":53002,"msg":"refresh-token-of-mine"}' }, '53002'],
      [{ status: 400, text: '{"error_code":"53010","error_message":"refresh-token-of-mine"}' }, '53010'],
      [{ status: 400, text: '{"error":"invalid_grant"}' }, 'invalid_grant'],
    ];
    for (const [answer, okxCode] of answers) {
      const error = await refreshed(answer);
      expect([error.code, error.okxCode]).toEqual([OAuthErrorCode.refused, okxCode]);
    }
  });

  it('is no word of the venue’s where it has no code: a proxy’s, or another path’s', async () => {
    const error = await refreshed({ status: 404, text: 'refresh-token-of-mine' });
    expect([error.code, error.okxCode]).toEqual([OAuthErrorCode.refused, '']);
    expect(error.message).toContain('HTTP 404 and no code; check broker.oauth.tokenUrl');
  });

  it('without both tokens is malformed; an envelope around them is not', async () => {
    expect((await refreshed({ status: 200, text: '{"access_token":"a"}' })).code).toBe(
      OAuthErrorCode.malformed,
    );
    const text = '{"code":"0","data":[{"access_token":"a","refresh_token":"b","expires_in":"60"}]}';
    const client = answering({ status: 200, text });
    const pair = await client.exchange(new Secret('c'), PARTS);
    expect([pair.access.reveal(), pair.refresh.reveal(), pair.accessUntilMs - pair.askedMs]).toEqual([
      'a',
      'b',
      60_000,
    ]);
  });
});
