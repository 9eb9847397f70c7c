import { beforeEach, describe, expect, it } from 'vitest';
import { signRest } from '../../../engine/okx/sign.ts';
import { accountOf, PaperWorld } from './paper-world.ts';
import type { Message } from './paper-world.ts';

const USERS = '/api/v5/users/subaccount';
const PASSPHRASE = 'Aa1!aaaa';
const CREATE = { subAcct: 'desk1', label: 'mm', passphrase: PASSPHRASE, perm: 'read_only,trade' };

let world: PaperWorld;
/** Account 1 is the master of 2, called desk1, and 3, called sub2; 4 is nobody's. */
beforeEach(() => {
  world = new PaperWorld({
    accounts: [
      accountOf(1),
      accountOf(2, { mainUid: 'uid1', subAcct: 'desk1' }),
      accountOf(3, { mainUid: 'uid1' }),
      accountOf(4),
    ],
  });
});

function ask(method: 'GET' | 'POST', target: string, body: unknown = '', account = 1): Message {
  // Every change is once a second.
  world.nowMs += 1_000;
  return world.rest(method, target, { account, body: method === 'GET' ? '' : body }).answer;
}

function post(path: string, body: unknown, account = 1): Message {
  return ask('POST', path, body, account);
}

/** An answer to a request that is signed by a key that was made. */
function asKey(key: Record<string, unknown>, remoteAddress = '127.0.0.1'): Message {
  const timestamp = new Date(world.nowMs).toISOString();
  const target = '/api/v5/account/config';
  const secret = String(key['secretKey']);
  const sign = signRest({ timestamp, method: 'GET', requestPath: target, body: '', secret });
  const found = world.venue.keys.checkRest(
    {
      method: 'GET',
      requestPath: target,
      headers: {
        'ok-access-key': String(key['apiKey']),
        'ok-access-passphrase': PASSPHRASE,
        'ok-access-timestamp': timestamp,
        'ok-access-sign': sign,
      },
      body: '',
      remoteAddress,
    },
    world.nowMs,
  );
  return found as unknown as Message;
}

describe('accounts under a master', () => {
  it('are listed to the master alone', () => {
    const { data } = ask('GET', `${USERS}/list`);
    expect(data!.map(({ subAcct, uid, enable, type }) => [subAcct, uid, enable, type])).toEqual([
      ['desk1', 'uid2', true, '1'],
      ['sub2', 'uid3', true, '1'],
    ]);
    expect(ask('GET', `${USERS}/list?subAcct=sub2`).data).toHaveLength(1);
    expect(ask('GET', `${USERS}/list`, '', 2).code).toBe('59500');
    expect(ask('GET', `${USERS}/list`, '', 4).data).toEqual([]);
  });

  it('are opened without money, trade with the master’s terms, and know whose they are', () => {
    const opened = post(`${USERS}/create-subaccount`, { subAcct: 'newdesk', type: '1', label: 'x' })
      .data![0]!;
    expect(opened).toMatchObject({ subAcct: 'newdesk', label: 'x', uid: '700000000000000001' });
    const key = post(`${USERS}/apikey`, { ...CREATE, subAcct: 'newdesk' }).data![0]!;
    expect(asKey(key)).toMatchObject({ uid: '700000000000000001' });
    expect(world.venue.exchange.accountConfig('700000000000000001')).toMatchObject({
      mainUid: 'uid1',
      type: '1',
      acctLv: '2',
    });
    expect(ask('GET', '/api/v5/account/subaccount/balances?subAcct=newdesk').data![0]).toMatchObject({
      details: [],
    });
  });

  it.each([
    ['a name that is taken', { subAcct: 'newdesk', type: '1' }, '51000'],
    ['a name that is none', { subAcct: 'a-b', type: '1' }, '51000'],
    ['another type', { subAcct: 'otherdesk', type: '5' }, '51000'],
  ])('are not opened with %s', (_, body, code) => {
    post(`${USERS}/create-subaccount`, { subAcct: 'newdesk', type: '1' });
    expect(post(`${USERS}/create-subaccount`, body).code).toBe(code);
  });
});

describe('keys of an account', () => {
  it('work as they were made, and their secret is told once', () => {
    const made = post(`${USERS}/apikey`, { ...CREATE, ip: '127.0.0.1,10.0.0.7' }).data![0]!;
    expect(made).toMatchObject({
      subAcct: 'desk1',
      label: 'mm',
      perm: 'read_only,trade',
      ip: '127.0.0.1,10.0.0.7',
    });
    expect(asKey(made)).toMatchObject({ uid: 'uid2' });
    const listed = ask('GET', `${USERS}/apikey?subAcct=desk1`).data!;
    expect(listed.map(({ apiKey }) => apiKey)).toEqual(['key2', made['apiKey']]);
    expect(JSON.stringify(listed)).not.toContain(String(made['secretKey']));
  });

  it('work from the addresses that they are bound to only, however these are written', () => {
    const made = post(`${USERS}/apikey`, { ...CREATE, ip: '10.0.0.7' }).data![0]!;
    expect(asKey(made, '10.0.0.7')).toMatchObject({ uid: 'uid2' });
    expect(asKey(made, '::ffff:10.0.0.7')).toMatchObject({ uid: 'uid2' });
    expect(asKey(made, '0000:0000:0000:0000:0000:ffff:0a00:0007')).toMatchObject({ uid: 'uid2' });
    expect(asKey(made, '10.0.0.8').code).toBe('50110');
  });

  it('that may only read change nothing, whatever other keys of the account may', () => {
    const [apiKey, secret, passphrase] = ['key9', 'secret9', 'pass9'];
    world.venue.keys.put({ apiKey, secret, passphrase, uid: 'uid2', permissions: 'read_only' });
    const lever = { instId: 'BTC-USDT-SWAP', mgnMode: 'cross', lever: '5' };
    expect(ask('GET', '/api/v5/account/config', '', 9).data![0]).toMatchObject({ uid: 'uid2' });
    expect(post('/api/v5/account/set-leverage', lever, 9).code).toBe('50120');
    expect(post('/api/v5/account/set-leverage', lever, 2).code).toBe('0');
  });

  it('are changed, and end when they are deleted', () => {
    const made = post(`${USERS}/apikey`, CREATE).data![0]!;
    const name = { subAcct: 'desk1', apiKey: made['apiKey'] };
    expect(post(`${USERS}/modify-apikey`, { ...name, ip: '10.0.0.9' }).data![0]).toMatchObject({
      ip: '10.0.0.9',
      perm: 'read_only,trade',
    });
    expect(asKey(made).code).toBe('50110');
    expect(post(`${USERS}/delete-apikey`, name).data).toEqual([{ subAcct: 'desk1' }]);
    expect(asKey(made).code).toBe('50111');
    expect(post(`${USERS}/delete-apikey`, name).code).toBe('59506');
  });

  it.each([
    ['no label', { label: '' }, '50014'],
    ['a passphrase without a sign', { passphrase: 'Aa1aaaaa' }, '59505'],
    ['a passphrase that is short', { passphrase: 'Aa1!' }, '59505'],
    ['a permission to withdraw', { perm: 'trade,withdraw' }, '51000'],
    ['21 addresses', { ip: Array.from({ length: 21 }, (_, each) => `10.0.0.${each}`).join(',') }, '59503'],
    ['an account of nobody', { subAcct: 'nodesk' }, '58115'],
  ])('are not made with %s', (_, changes, code) => {
    expect(post(`${USERS}/apikey`, { ...CREATE, ...changes }).code).toBe(code);
  });

  it('have labels of their own, and are fifty at most', () => {
    expect(post(`${USERS}/apikey`, CREATE).code).toBe('0');
    expect(post(`${USERS}/apikey`, CREATE).code).toBe('59502');
    for (let each = 3; each <= 50; each++) post(`${USERS}/apikey`, { ...CREATE, label: `mm${each}` });
    expect(post(`${USERS}/apikey`, { ...CREATE, label: 'mm51' }).code).toBe('59501');
  });

  it('are made once a second', () => {
    post(`${USERS}/apikey`, CREATE);
    expect(
      world.rest('POST', `${USERS}/apikey`, { account: 1, body: { ...CREATE, label: 'b' } }).status,
    ).toBe(429);
  });
});

describe('money between accounts', () => {
  const cashOf = (uid: string, ccy = 'USDT') => world.venue.exchange.cash(uid)[ccy];
  const transfer = (changes: Record<string, string>) =>
    post('/api/v5/asset/subaccount/transfer', {
      ccy: 'USDT',
      amt: '250.5',
      from: '18',
      to: '18',
      fromSubAccount: 'desk1',
      toSubAccount: 'sub2',
      ...changes,
    });

  it('moves exactly, and both are told', () => {
    const peer = world.trader(3, { channel: 'balance_and_position' });
    expect(transfer({}).data![0]).toHaveProperty('transId');
    // 1,000,000 - 250.5 and 1,000,000 + 250.5.
    expect([cashOf('uid2'), cashOf('uid3')]).toEqual(['999749.5', '1000250.5']);
    world.advance(100);
    expect(peer.pushes('balance_and_position').at(-1)!.data![0]).toMatchObject({
      eventType: 'transferred',
      balData: [{ ccy: 'USDT', cashBal: '1000250.5' }],
    });
  });

  it('lies beside what trades, until it is moved there', () => {
    transfer({ to: '6' });
    expect([cashOf('uid2'), cashOf('uid3')]).toEqual(['999749.5', '1000000']);
    expect(ask('GET', '/api/v5/asset/subaccount/balances?subAcct=sub2').data).toEqual([
      { ccy: 'USDT', bal: '250.5', frozenBal: '0', availBal: '250.5' },
    ]);
    const back = { from: '6', fromSubAccount: 'sub2', toSubAccount: 'desk1', amt: '250.6' };
    expect(transfer(back).code).toBe('58350');
    expect(transfer({ ...back, amt: '250.5' }).code).toBe('0');
    expect(cashOf('uid2')).toBe('1000000');
  });

  it('goes to and from the master', () => {
    const move = (type: string, amt: string) =>
      post('/api/v5/asset/transfer', { type, ccy: 'USDT', amt, from: '18', to: '18', subAcct: 'desk1' });
    expect(move('1', '10').code).toBe('0');
    expect([cashOf('uid1'), cashOf('uid2')]).toEqual(['999990', '1000010']);
    expect(move('2', '30').code).toBe('0');
    expect([cashOf('uid1'), cashOf('uid2')]).toEqual(['1000020', '999980']);
  });

  it.each([
    ['more than there is', { amt: '1000000.01' }, '58350'],
    ['nothing', { amt: '0' }, '58114'],
    ['less than nothing', { amt: '-5' }, '58114'],
    ['to itself', { toSubAccount: 'desk1' }, '59507'],
    ['to nobody', { toSubAccount: 'nodesk' }, '58115'],
    ['to a place that is none', { to: '7' }, '51000'],
  ])('is not moved: %s', (_, changes, code) => {
    expect(transfer(changes).code).toBe(code);
    expect([cashOf('uid2'), cashOf('uid3')]).toEqual(['1000000', '1000000']);
  });

  it('that orders have reserved stays', () => {
    const order = { instId: 'BTC-USDT', tdMode: 'cash', side: 'buy', ordType: 'limit', px: '10000', sz: '1' };
    expect(post('/api/v5/trade/order', order, 2).code).toBe('0');
    // 1,000,000 less 10,000.
    expect(transfer({ amt: '990000.01' }).code).toBe('58350');
    expect(transfer({ amt: '990000' }).code).toBe('0');
  });
});
