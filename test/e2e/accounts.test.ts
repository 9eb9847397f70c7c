import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineProcess, Scratch, exampleConfig } from './engine-process.ts';
import { ROOT, RunningProcess } from './running-process.ts';
import { VenueProcess } from './venue-process.ts';
import type { AccountKeys } from './venue-process.ts';

/** `okx-mm accounts` with a master's key against the paper venue, as an operator calls it. */

const COMMAND = join(ROOT, 'dist', 'engine', 'cli', 'okx-mm.js');
const MASTER: AccountKeys = { key: 'master-key-1', secret: 'master-secret-1', passphrase: 'master-pass-1' };
const SUBS: readonly AccountKeys[] = [1, 2].map((each) => ({
  key: `sub-key-${each}`,
  secret: `sub-secret-${each}`,
  passphrase: `sub-pass-${each}`,
}));

const scratch = new Scratch();
let venue: VenueProcess;
let config: string;
let files = 0;
let said: string[] = [];

beforeEach(async () => {
  venue = await VenueProcess.start(0, ['--master', '--market', 'BTC-USDT-SWAP'], [MASTER, ...SUBS]);
  const example = exampleConfig({ ...venue.config, depthChannel: 'books' });
  example.instruments = example.instruments.filter(({ instId }) => instId === 'BTC-USDT-SWAP');
  config = scratch.write(example);
  said = [];
});
afterEach(() => RunningProcess.endAll());
afterAll(() => scratch.remove());

const newFile = (): string => join(scratch.folder, `key-${++files}`);

async function accounts(...args: readonly string[]): Promise<{ code: number | null; text: string }> {
  const env = {
    OKX_MASTER_API_KEY: MASTER.key,
    OKX_MASTER_API_SECRET: MASTER.secret,
    OKX_MASTER_API_PASSPHRASE: MASTER.passphrase,
  };
  const running = new RunningProcess(process.execPath, [COMMAND, 'accounts', ...args, '--config', config], {
    env,
  });
  const { code } = await running.ended(60_000);
  said.push(running.output);
  // Every change is once a second.
  if (args.includes('--yes')) await new Promise((resolve) => setTimeout(resolve, 1_050));
  return { code, text: running.output };
}

/** The values of a credentials file. */
function keyIn(file: string): AccountKeys {
  const values = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.slice(line.indexOf('=') + 1));
  return { key: values[0]!, secret: values[1]!, passphrase: values[2]! };
}

async function passOn(request: IncomingMessage, rest: string): Promise<{ status: number; text: string }> {
  const { method = 'GET', url = '', headers } = request;
  const body = await text(request);
  const names = Object.keys(headers).filter((name) => name === 'content-type' || name.startsWith('ok-'));
  const answer = await fetch(`${rest}${url}`, {
    method,
    headers: Object.fromEntries(names.map((name) => [name, String(headers[name])])),
    ...(method === 'POST' ? { body } : {}),
  });
  return { status: answer.status, text: await answer.text() };
}

describe('a master’s key', { timeout: 180_000 }, () => {
  it('makes a key that an engine trades with, rotates it, and ends the old one; no secret is ever said', async () => {
    const file = newFile();
    const made = await accounts('create-key', '--sub', 'sub1', '--file', file, '--ip', '127.0.0.1', '--yes');
    expect([made.code, made.text]).toEqual([0, expect.stringContaining(`credentialsFile: ${file}`)]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const first = keyIn(file);
    const [row] = await venue.call('GET', '/api/v5/account/config', '', first);
    expect(row).toMatchObject({ type: '1', mainUid: '446556789012345678' });

    const rotated = await accounts('rotate-key', '--sub', 'sub1', '--file', file, '--yes');
    expect(rotated.code).toBe(0);
    const second = keyIn(file);
    expect(second.key).not.toBe(first.key);
    // Both work: the engine that runs has the old one.
    expect(await venue.call('GET', '/api/v5/account/config', '', first)).toHaveLength(1);
    expect(await venue.call('GET', '/api/v5/account/config', '', second)).toHaveLength(1);
    const deleted = await accounts('delete-key', '--sub', 'sub1', '--file', `${file}.old`, '--yes');
    expect([deleted.code, existsSync(`${file}.old`)]).toEqual([0, false]);
    await expect(venue.call('GET', '/api/v5/account/config', '', first)).rejects.toThrow(/50111/);

    const example = exampleConfig({ ...venue.config, depthChannel: 'books' });
    example.instruments = example.instruments.filter(({ instId }) => instId === 'BTC-USDT-SWAP');
    const engine = new EngineProcess(['--config', scratch.write({ ...example, credentialsFile: file })]);
    await engine.quotesEverything(30_000);
    engine.process.kill('SIGTERM');
    expect((await engine.process.ended()).code).toBe(0);

    const all = said.join('\n') + engine.process.output;
    for (const secret of [MASTER, first, second].flatMap((each) => [
      each.secret,
      each.passphrase,
      each.key,
    ])) {
      expect(all).not.toContain(secret);
    }
  });

  it('only shows in a dry run what it would ask for, and asks nobody where nobody can answer', async () => {
    const file = newFile();
    const dry = await accounts(
      'create-key',
      '--sub',
      'sub1',
      '--file',
      file,
      '--ip',
      '10.0.0.1,10.0.0.2',
      '--dry-run',
    );
    expect(dry.code).toBe(0);
    expect(dry.text).toContain(
      'POST /api/v5/users/subaccount/apikey {"subAcct":"sub1","label":"okx-mm","passphrase":"[redacted]","perm":"read_only,trade","ip":"10.0.0.1,10.0.0.2"}',
    );
    const unsaid = await accounts(
      'transfer',
      '--from',
      'sub1',
      '--to',
      'sub2',
      '--ccy',
      'USDT',
      '--amount',
      '5',
    );
    expect([unsaid.code, unsaid.text]).toEqual([2, expect.stringMatching(/--yes: expected/)]);
    expect(existsSync(file)).toBe(false);
    const list = await accounts('list', '--keys', '--json');
    const rows = JSON.parse(list.text) as { account: string; keys: string[] }[];
    expect(rows.map(({ account, keys }) => [account, keys.length])).toEqual([
      ['sub1', 1],
      ['sub2', 1],
    ]);
  });

  it('opens accounts, moves money and shows where it is', async () => {
    expect((await accounts('create', '--sub', 'thirddesk', '--yes')).code).toBe(0);
    const moved = await accounts(
      ...'transfer --from master --to thirddesk --ccy USDT --amount 12.25 --yes'.split(' '),
    );
    expect(moved.code).toBe(0);
    const balances = await accounts('balances', '--sub', 'thirddesk', '--json');
    expect(JSON.parse(balances.text)).toEqual([
      { account: 'thirddesk', place: 'trading', ccy: 'USDT', total: '12.25', free: '12.25' },
    ]);
    const refused = await accounts(
      ...'transfer --from thirddesk --to sub1 --ccy USDT --amount 12.26 --yes'.split(' '),
    );
    expect([refused.code, refused.text]).toEqual([1, expect.stringMatching(/58350.*see accounts balances/)]);
  });

  it('keeps the old key when the new one does not work from here', async () => {
    const file = newFile();
    writeFileSync(
      file,
      `OKX_API_KEY=${SUBS[1]!.key}\nOKX_API_SECRET=${SUBS[1]!.secret}\nOKX_API_PASSPHRASE=${SUBS[1]!.passphrase}\n`,
    );
    chmodSync(file, 0o600);
    // The venue binds the new one as the old one is bound: to another machine.
    const body = JSON.stringify({ subAcct: 'sub2', apiKey: SUBS[1]!.key, ip: '10.9.9.9' });
    await venue.call('POST', '/api/v5/users/subaccount/modify-apikey', body, MASTER);
    const rotated = await accounts('rotate-key', '--sub', 'sub2', '--file', file, '--yes');
    expect([rotated.code, rotated.text]).toEqual([
      1,
      expect.stringMatching(/50110.*it was deleted, and the old one stands/s),
    ]);
    expect(keyIn(file)).toEqual(SUBS[1]);
    expect(existsSync(`${file}.new`)).toBe(false);
    const list = JSON.parse((await accounts('list', '--keys', '--json')).text) as { keys: string[] }[];
    expect(list[1]!.keys).toHaveLength(1);
  });

  it('rotates into no file that an earlier rotation left, and takes no label of another key', async () => {
    const [file, other] = [newFile(), newFile()];
    for (const [at, label] of [
      [file, 'okx-mm'],
      [other, 'okx-mm-2'],
    ] as const) {
      const args = ['--sub', 'sub1', '--file', at, '--label', label, '--any-address', '--yes'];
      expect((await accounts('create-key', ...args)).code).toBe(0);
    }
    const args = ['rotate-key', '--sub', 'sub1', '--file', file, '--yes'];
    expect((await accounts(...args)).code).toBe(0);
    const again = await accounts(...args);
    expect([again.code, again.text]).toEqual([78, expect.stringContaining(`--file ${file}.old`)]);
    expect(existsSync(`${file}.new`)).toBe(false);
    const [{ keys }] = JSON.parse((await accounts('list', '--keys', '--json')).text) as [{ keys: string[] }];
    expect(keys.map((key) => key.split(' ')[1])).toEqual([
      expect.anything(),
      'okx-mm',
      'okx-mm-2',
      'okx-mm-3',
    ]);
  });

  it('says where the new key is when the venue is lost before it was tried, and the old one stands', async () => {
    const file = newFile();
    const made = ['create-key', '--sub', 'sub1', '--file', file, '--any-address', '--yes'];
    expect((await accounts(...made)).code).toBe(0);
    const before = keyIn(file);
    // Passes everything on until a key has been made, and nothing from then on.
    let isLost = false;
    const door = createServer((request, response) => {
      if (isLost) return void request.destroy();
      const isMaking = request.method === 'POST' && request.url === '/api/v5/users/subaccount/apikey';
      void passOn(request, venue.rest).then(({ status, text }) => {
        isLost = isMaking;
        response.writeHead(status).end(text);
      });
    }).listen(0, '127.0.0.1');
    await once(door, 'listening');
    try {
      const { port } = door.address() as AddressInfo;
      const example = exampleConfig({
        ...venue.config,
        rest: `http://127.0.0.1:${port}`,
        depthChannel: 'books',
      });
      example.instruments = example.instruments.filter(({ instId }) => instId === 'BTC-USDT-SWAP');
      config = scratch.write(example);
      const rotated = await accounts('rotate-key', '--sub', 'sub1', '--file', file, '--yes');
      expect(rotated.text).toContain(
        `The old one stands, and the new one is in ${file}.new and may work: accounts delete-key --sub sub1 --file ${file}.new`,
      );
      expect(rotated.code).toBe(75);
      expect(keyIn(file)).toEqual(before);
      expect(await venue.call('GET', '/api/v5/account/config', '', keyIn(`${file}.new`))).toHaveLength(1);
      expect(rotated.text).not.toContain(keyIn(`${file}.new`).secret);
    } finally {
      door.close();
      door.closeAllConnections();
    }
  });

  it.each([
    [['create-key', '--sub', 'sub1', '--file', 'x'], 2, /--ip: expected the addresses/],
    [['create-key', '--sub', 'sub1', '--ip', '10.0.0.1'], 2, /--file: expected/],
    [['create', '--sub', 'a-b'], 2, /--sub: expected 6 to 20 letters and digits/],
    [['transfer', '--from', 'a', '--to', 'a', '--ccy', 'USDT', '--amount', '1'], 2, /another place/],
    [['none'], 2, /expected one of list, balances/],
    [['delete-key', '--sub', 'sub1', '--key', 'nothing', '--yes'], 78, /expected one key .* 0 do/],
    [['list', '--credentials', 'no-such-file'], 78, /expected a readable file/],
  ] as const)('%j is refused with what to change', async (args, code, text) => {
    const answer = await accounts(...args);
    expect([answer.code, answer.text]).toEqual([code, expect.stringMatching(text)]);
  });
});
