import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { answerOAuth } from '../../../engine/paper/gateway/oauth-pages.ts';
import type { RestResponse } from '../../../engine/paper/gateway/rest-router.ts';
import { PaperWorld } from './paper-world.ts';

const VERIFIER = 'a-verifier-that-is-long-enough-to-be-one-of-them';
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const REQUEST: Readonly<Record<string, string>> = {
  response_type: 'code',
  access_type: 'offline',
  client_id: 'paper-client',
  redirect_uri: 'http://localhost:8917/callback',
  scope: 'read_only,trade',
  state: 'a state',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
};
const CONFIG = '/api/v5/account/config';

let world: PaperWorld;

beforeEach(() => {
  world = new PaperWorld({ oauth: { tokenSeconds: 60 } });
});

function ask(
  method: string,
  path: string,
  {
    query = {},
    body = '',
    type = 'application/json',
  }: { query?: Readonly<Record<string, string>>; body?: string; type?: string } = {},
): RestResponse {
  const answer = answerOAuth(world.venue, {
    method,
    path,
    query: new URLSearchParams(query).toString(),
    headers: { 'content-type': type },
    body,
    remoteAddress: '127.0.0.1',
  });
  return answer!;
}

function codeOf(changes: Readonly<Record<string, string>> = {}): string {
  const query = { ...REQUEST, approve: '1', ...changes };
  const { headers } = ask('GET', '/account/oauth/authorize', { query });
  return new URL(headers!['Location']!).searchParams.get('code')!;
}

function tokensOf(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  const fields = { grant_type: 'authorization_code', code: codeOf(changes), client_id: 'paper-client' };
  const body = { ...fields, code_verifier: VERIFIER, redirect_uri: REQUEST['redirect_uri']! };
  const { status, body: text } = ask('POST', '/v5/users/oauth/token', { body: JSON.stringify(body) });
  expect(status).toBe(200);
  return JSON.parse(text) as Record<string, string>;
}

const bearer = (token: string): { headers: Record<string, string> } => ({
  headers: { authorization: `Bearer ${token}` },
});

describe('the authorize page', () => {
  it('has a link for each account, and leads back with code and state', () => {
    const { status, body, headers } = ask('GET', '/account/oauth/authorize', { query: REQUEST });
    expect([status, headers]).toEqual([
      200,
      { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' },
    ]);
    expect(body.match(/approve=\w+/g)).toEqual([
      'approve=uid1',
      'approve=uid2',
      'approve=uid3',
      'approve=no',
    ]);
    const answer = ask('GET', '/account/oauth/authorize', { query: { ...REQUEST, approve: 'uid2' } });
    const back = new URL(answer.headers!['Location']!);
    expect([answer.status, back.origin + back.pathname, back.searchParams.get('state')]).toEqual([
      302,
      'http://localhost:8917/callback',
      'a state',
    ]);
  });

  it('shows no text of a stranger as a page of its own', () => {
    const query = { ...REQUEST, redirect_uri: 'http://localhost/"><script>' };
    const { body } = ask('GET', '/account/oauth/authorize', { query });
    expect(body).not.toContain('<script>');
    const named = new PaperWorld({ oauth: { clients: [{ clientId: '<b>', clientSecret: 'x' }] } });
    world = named;
    expect(
      ask('GET', '/account/oauth/authorize', { query: { ...REQUEST, client_id: '<b>' } }).body,
    ).not.toContain('<b>');
  });

  it.each([
    [{ client_id: 'nobody' }, 'Parameter client_id error'],
    [{ response_type: 'token' }, 'Parameter response_type error'],
    [{ access_type: '' }, 'Parameter access_type error'],
    [{ redirect_uri: 'javascript:alert(1)' }, 'Invalid redirect_uri'],
    [{ state: '' }, 'Parameter state can not be empty.'],
    [{ scope: 'withdraw' }, 'Parameter scope error'],
    [{ code_challenge: 'short' }, 'Parameter code_challenge error'],
    [{ code_challenge_method: 'plain' }, 'Parameter code_challenge_method error'],
  ])('refuses %o', (changes, text) => {
    const { status, body } = ask('GET', '/account/oauth/authorize', {
      query: { ...REQUEST, ...changes, approve: '1' },
    });
    expect([status, body.includes(text)]).toEqual([400, true]);
  });
});

describe('tokens', () => {
  it('are given as JSON or for a form, for one hour unless told otherwise', () => {
    expect(tokensOf()).toMatchObject({ token_type: 'bearer', expires_in: 60, scope: 'read_only,trade' });
    const { refresh_token: refresh } = tokensOf();
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refresh!,
      client_id: 'paper-client',
    });
    const { status } = ask('POST', '/v5/users/oauth/token', {
      body: form.toString(),
      type: 'application/x-www-form-urlencoded',
    });
    expect(status).toBe(200);
    expect(new PaperWorld().venue.oauth.exchange({}, 0)).toMatchObject({ code: '53010' });
  });

  it('let in by REST, until they are too old, superseded or ended', () => {
    const tokens = tokensOf();
    const asked = (): unknown => world.rest('GET', CONFIG, bearer(tokens['access_token']!)).answer.code;
    expect(world.rest('GET', CONFIG, bearer(tokens['access_token']!)).answer.data).toMatchObject([
      { uid: 'uid1' },
    ]);
    world.advance(60_000, 1_000);
    expect(asked()).toBe('53002');
    const body = {
      grant_type: 'refresh_token',
      refresh_token: tokens['refresh_token'],
      client_id: 'paper-client',
    };
    const next = JSON.parse(
      ask('POST', '/v5/users/oauth/token', { body: JSON.stringify(body) }).body,
    ) as Record<string, string>;
    expect(asked()).toBe('53003');
    expect(world.rest('GET', CONFIG, bearer(next['access_token']!)).answer.code).toBe('0');
    expect(world.rest('GET', CONFIG, bearer('nonsense')).answer.code).toBe('53000');
    expect(world.rest('GET', CONFIG, { headers: { authorization: 'Basic abc' } }).answer.code).toBe('53000');
    const revoked = ask('POST', '/v5/users/oauth/revoke', {
      body: JSON.stringify({ token: next['access_token'], client_id: 'paper-client' }),
    });
    expect(revoked.status).toBe(200);
    expect(world.rest('GET', CONFIG, bearer(next['access_token']!)).answer.code).toBe('53003');
  });

  it('that may only read change nothing', () => {
    const { access_token: access } = tokensOf({ scope: 'read_only' });
    expect(world.rest('GET', CONFIG, bearer(access!)).answer.code).toBe('0');
    const body = { instId: 'BTC-USDT', tdMode: 'cash', side: 'buy', ordType: 'limit', px: '1', sz: '1' };
    expect(world.rest('POST', '/api/v5/trade/order', { ...bearer(access!), body }).answer.code).toBe('53013');
  });

  it('of a device work on that device', () => {
    const query = { ...REQUEST, approve: '1', term_id: 'device-1' };
    const { headers } = ask('GET', '/account/oauth/authorize', { query });
    const code = new URL(headers!['Location']!).searchParams.get('code')!;
    const fields = {
      grant_type: 'authorization_code',
      code,
      client_id: 'paper-client',
      code_verifier: VERIFIER,
    };
    const body = JSON.stringify({ ...fields, redirect_uri: REQUEST['redirect_uri'], term_id: 'device-1' });
    const { access_token: access } = JSON.parse(
      ask('POST', '/v5/users/oauth/token', { body }).body,
    ) as Record<string, string>;
    expect(world.rest('GET', CONFIG, bearer(access!))).toMatchObject({
      status: 401,
      answer: { code: '53006' },
    });
    const own = { headers: { ...bearer(access!).headers, termid: 'device-1' } };
    expect(world.rest('GET', CONFIG, own).answer.code).toBe('0');
  });

  it('are not taken by a WebSocket, and not beside a key', () => {
    const { access_token: token } = tokensOf();
    const heard = (arg: Readonly<Record<string, unknown>>): unknown =>
      world
        .connect('private')
        .say({ op: 'login', args: [arg] })
        .heard();
    expect(heard({ apiKey: 'key1', token })).toMatchObject([{ code: '60026' }]);
    expect(heard({ token })).toMatchObject([{ code: '60005' }]);
  });
});
