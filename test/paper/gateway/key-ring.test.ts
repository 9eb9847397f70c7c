import { describe, expect, it } from 'vitest';
import { signLogin, signRest } from '../../../engine/okx/sign.ts';
import { KeyRing } from '../../../engine/paper/gateway/key-ring.ts';
import { Refusal } from '../../../engine/paper/gateway/refusal.ts';

const NOW_MS = Date.UTC(2026, 6, 28, 10, 0, 0, 250);
const KEY = { apiKey: 'key', secret: 'secret', passphrase: 'pass', uid: '7' };
const RING = new KeyRing([KEY]);

function headers(timestamp: string, changes: Record<string, string> = {}): Record<string, string> {
  const sign = signRest({
    timestamp,
    method: 'GET',
    requestPath: '/api/v5/account/balance?ccy=BTC',
    body: '',
    secret: 'secret',
  });
  return {
    'ok-access-key': 'key',
    'ok-access-passphrase': 'pass',
    'ok-access-timestamp': timestamp,
    'ok-access-sign': sign,
    ...changes,
  };
}

function rest(given: Record<string, string>, requestPath = '/api/v5/account/balance?ccy=BTC'): string {
  const result = RING.checkRest({ method: 'GET', requestPath, headers: given, body: '' }, NOW_MS);
  return result instanceof Refusal ? `${result.code} ${result.httpStatus}` : result.uid;
}

const TIMESTAMP = new Date(NOW_MS).toISOString();

describe('REST signatures', () => {
  it('lets in what is signed as the documentation says', () => {
    expect(rest(headers(TIMESTAMP))).toBe('7');
    expect(rest(headers(new Date(NOW_MS - 29_900).toISOString()))).toBe('7');
  });

  it.each([
    ['no key', headers(TIMESTAMP, { 'ok-access-key': '' }), '50103 401'],
    ['no passphrase', headers(TIMESTAMP, { 'ok-access-passphrase': '' }), '50104 401'],
    ['no signature', headers(TIMESTAMP, { 'ok-access-sign': '' }), '50106 401'],
    ['no timestamp', headers(TIMESTAMP, { 'ok-access-timestamp': '' }), '50107 401'],
    ['a timestamp of another form', headers('28/07/2026'), '50112 401'],
    ['a stale timestamp', headers(new Date(NOW_MS - 30_001).toISOString()), '50102 401'],
    ['a timestamp ahead of time', headers(new Date(NOW_MS + 30_001).toISOString()), '50102 401'],
    ['an unknown key', headers(TIMESTAMP, { 'ok-access-key': 'other' }), '50111 401'],
    ['another passphrase', headers(TIMESTAMP, { 'ok-access-passphrase': 'other' }), '50105 401'],
    ['another signature', headers(TIMESTAMP, { 'ok-access-sign': 'AAAA' }), '50113 401'],
  ])('refuses %s', (_what, given, expected) => {
    expect(rest(given)).toBe(expected);
  });

  it('covers the query', () => {
    expect(rest(headers(TIMESTAMP), '/api/v5/account/balance?ccy=ETH')).toBe('50113 401');
  });
});

describe('WebSocket logins', () => {
  const seconds = String(Math.floor(NOW_MS / 1000));
  const good = {
    apiKey: 'key',
    passphrase: 'pass',
    timestamp: seconds,
    sign: signLogin({ timestampSeconds: seconds, secret: 'secret' }),
  };
  const login = (arg: Record<string, unknown>): string => {
    const result = RING.checkLogin(arg, NOW_MS);
    return result instanceof Refusal ? result.code : result.uid;
  };

  it('lets in what is signed, the timestamp as text or number', () => {
    expect([login(good), login({ ...good, timestamp: Number(seconds) })]).toEqual(['7', '7']);
  });

  it.each([
    ['no key', { apiKey: '' }, '60005'],
    ['an unknown key', { apiKey: 'other' }, '60032'],
    ['another passphrase', { passphrase: 'other' }, '60024'],
    ['no number for a timestamp', { timestamp: 'now' }, '60004'],
    ['milliseconds for seconds', { timestamp: String(NOW_MS) }, '60004'],
    ['a stale timestamp', { timestamp: String(Number(seconds) - 31) }, '60006'],
    ['another signature', { sign: 'AAAA' }, '60007'],
    ['a signature that is no text', { sign: 5 }, '60007'],
  ])('refuses %s', (_what, change, expected) => {
    expect(login({ ...good, ...change })).toBe(expected);
  });
});
