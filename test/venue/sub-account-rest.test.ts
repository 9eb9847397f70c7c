import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../engine/base/clock.ts';
import { Credentials, Secret } from '../../engine/venue/credentials.ts';
import { RestClient } from '../../engine/venue/rest-client.ts';
import { RestError } from '../../engine/venue/rest-error.ts';
import {
  SubAccountRest,
  deleteKeyRequest,
  keyRequest,
  openRequest,
  requestText,
  transferRequest,
} from '../../engine/venue/sub-account-rest.ts';
import { accountOf, PaperWorld } from '../paper/gateway/paper-world.ts';

/** The client against the paper venue, which shares none of its code. */
let world: PaperWorld;
let subs: SubAccountRest;

beforeEach(() => {
  world = new PaperWorld({
    accounts: [1, 2, 3].map((each) => accountOf(each, { mainUid: 'uid1', subAcct: `desk${each}` })),
  });
  const rest = new RestClient({
    baseUrl: 'http://paper',
    credentials: new Credentials('key1', new Secret('secret1'), new Secret('pass1')),
    isDemo: false,
    clock: new ManualClock(world.nowMs),
    timeoutMs: 1_000,
    transport: {
      call: ({ method, path, body }) => {
        // Every change is once a second. The world signs: signatures are the client's own tests' business.
        if (method === 'POST') world.nowMs += 1_000;
        const { status, answer } = world.rest(method, path, { account: 1, body });
        return Promise.resolve({ status, text: JSON.stringify(answer) });
      },
      close: () => Promise.resolve(),
    },
  });
  subs = new SubAccountRest(rest);
});

const PASSPHRASE = new Secret('Aa1!secret-phrase');
const TERMS = { label: 'mm', perm: 'read_only,trade', ip: '127.0.0.1' };

describe('a master’s key', () => {
  it('sees the accounts under it and what they hold', async () => {
    expect(await subs.list()).toEqual([
      { name: 'desk2', uid: 'uid2', label: '', isEnabled: true },
      { name: 'desk3', uid: 'uid3', label: '', isEnabled: true },
    ]);
    expect(await subs.tradingBalances('desk2')).toEqual([
      { ccy: 'USDT', total: '1000000', free: '1000000' },
      { ccy: 'BTC', total: '20', free: '20' },
      { ccy: 'ETH', total: '400', free: '400' },
    ]);
    expect(await subs.fundingBalances('desk2')).toEqual([]);
  });

  it('makes keys, sees their terms, and ends them', async () => {
    const made = await subs.createKey(keyRequest('desk2', TERMS, PASSPHRASE));
    const { secret } = world.venue.keys.ofAccount('uid2')[1]!;
    expect(made.secret.reveal()).toBe(secret);
    expect(made.passphrase.reveal()).toBe('Aa1!secret-phrase');
    const [, key] = await subs.keys('desk2');
    expect({ ...key, apiKey: key!.apiKey.reveal() }).toEqual({ ...TERMS, apiKey: made.apiKey.reveal() });
    await subs.send(deleteKeyRequest('desk2', made.apiKey));
    expect(await subs.keys('desk2')).toHaveLength(1);
  });

  it('opens accounts and moves money by the path that each pair has', async () => {
    await subs.send(openRequest('newdesk', 'for tests'));
    expect((await subs.list()).at(-1)).toMatchObject({ name: 'newdesk', label: 'for tests' });
    const [master, a, b] = ['', 'desk2', 'newdesk'].map((account) => ({ account, place: '18' as const }));
    await subs.send(transferRequest('USDT', '100', master!, a!));
    await subs.send(transferRequest('USDT', '60', a!, b!));
    await subs.send(transferRequest('USDT', '10', b!, master!));
    await subs.send(transferRequest('USDT', '5', master!, { account: '', place: '6' }));
    // 1,000,000 - 100 + 10 - 5; 1,000,000 + 100 - 60; 60 - 10.
    const cash = ['uid1', 'uid2', '700000000000000001'].map((uid) => world.venue.exchange.cash(uid)['USDT']);
    expect(cash).toEqual(['999905', '1000040', '50']);
  });

  it('is refused in the venue’s own words', async () => {
    const refused = subs.keys('nodesk');
    await expect(refused).rejects.toBeInstanceOf(RestError);
    await expect(refused).rejects.toMatchObject({ okxCode: '58115' });
  });
});

describe('what is asked for', () => {
  it('is shown as it is sent, but for what is secret', () => {
    expect(requestText(keyRequest('desk2', TERMS, PASSPHRASE))).toBe(
      'POST /api/v5/users/subaccount/apikey {"subAcct":"desk2","label":"mm","passphrase":"[redacted]","perm":"read_only,trade","ip":"127.0.0.1"}',
    );
    expect(requestText(deleteKeyRequest('desk2', new Secret('whole-key')))).toBe(
      'POST /api/v5/users/subaccount/delete-apikey {"subAcct":"desk2","apiKey":"[redacted]"}',
    );
    expect(
      requestText(
        transferRequest('USDT', '1.5', { account: '', place: '6' }, { account: 'desk2', place: '18' }),
      ),
    ).toBe(
      'POST /api/v5/asset/transfer {"ccy":"USDT","amt":"1.5","from":"6","to":"18","type":"1","subAcct":"desk2"}',
    );
  });
});
