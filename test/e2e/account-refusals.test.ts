import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { EngineProcess, Scratch, exampleConfig } from './engine-process.ts';
import type { ConfigFile } from './engine-process.ts';
import { RunningProcess } from './running-process.ts';
import { KEY, KEYS_ENV, PASSPHRASE, SECRET, VenueProcess } from './venue-process.ts';

/**
 * Accounts and clocks that the engine does not trade with: it says what to change, ends with 78, and the venue has seen no
 * order of it.
 */

const CONFIG = 78;

const scratch = new Scratch();

afterEach(() => RunningProcess.endAll());

afterAll(() => scratch.remove());

async function failure(config: ConfigFile): Promise<string> {
  const engine = new EngineProcess(['--config', scratch.write(config)], { env: KEYS_ENV });
  const { code } = await engine.process.ended(20_000);
  const { output } = engine.process;
  for (const secret of [KEY, SECRET, PASSPHRASE]) expect(output).not.toContain(secret);
  expect(output).not.toMatch(/^ +at .*:\d+:\d+/m);
  expect(code, output).toBe(CONFIG);
  return output;
}

const multiCurrency = ['--account-level', '3'];

describe('a venue whose account or clock', () => {
  it.each([
    [
      'is in spot mode',
      ['--account-level', '1'],
      'instruments[1].instId: expected spot only in account level 1, was BTC-USDT-SWAP; switch the account to futures mode',
    ],
    [
      'is in multi-currency margin mode',
      multiCurrency,
      'instruments[0].tradeMode: expected "cross" for BTC-USDT in account level 3, was "cash"',
    ],
    [
      'holds long and short positions apart with portfolio margin',
      ['--account-level', '4', '--position-mode', 'long_short_mode'],
      "account: expected position mode net_mode in account level 4, was long_short_mode; change it in the venue's trading settings",
    ],
    [
      'has a key that may only read',
      ['--permissions', 'read_only'],
      'account: expected an API key with trade permission, was "read_only"; make a key that may trade',
    ],
    [
      'has a key that may withdraw',
      ['--permissions', 'read_only,trade,withdraw'],
      'account: expected an API key without withdraw permission',
    ],
    [
      'is a minute ahead',
      ['--clock-offset-ms', '60000'],
      /clock: expected within 5000 ms of the venue's \(engine\.clockOffsetMsMax\), is (59|60)\d{3} ms behind it; set this machine's clock/,
    ],
    [
      'is a minute behind',
      ['--clock-offset-ms=-60000'],
      /clock: expected within 5000 ms .* is (59|60)\d{3} ms ahead of it; set this machine's clock/,
    ],
  ])('%s is refused', async (_, options, expected) => {
    const venue = await VenueProcess.start(0, options);
    const text = await failure(exampleConfig(venue.config));
    if (typeof expected === 'string') expect(text).toContain(expected);
    else expect(text).toMatch(expected);
    expect(await venue.received()).toEqual([]);
    expect(await venue.resting()).toEqual([]);
  });

  it.each([
    ['is right', multiCurrency, 'cross'],
    ['holds long and short positions apart', ['--position-mode', 'long_short_mode'], ''],
  ])('%s is traded with, so that these are refused for their reason alone', async (_, options, tradeMode) => {
    const venue = await VenueProcess.start(0, options);
    const config = exampleConfig(venue.config);
    if (tradeMode !== '') for (const instrument of config.instruments) instrument['tradeMode'] = tradeMode;
    const engine = new EngineProcess(['--config', scratch.write(config)], { env: KEYS_ENV });
    await engine.quotesEverything();
    engine.process.kill('SIGTERM');
    expect(await engine.process.ended(), engine.process.output).toEqual({ code: 0, signal: null });
  });
});

/** A host of OKX that knows the time, and no key of this region. */
async function otherRegion(okxCode: string, asked: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url!.split('?')[0]!;
    asked.push(`${request.method} ${path}`);
    const isTime = path === '/api/v5/public/time';
    response.writeHead(isTime ? 200 : 401, { 'content-type': 'application/json' });
    response.end(
      isTime
        ? JSON.stringify({ code: '0', msg: '', data: [{ ts: String(Date.now()) }] })
        : JSON.stringify({ code: okxCode, msg: 'refused', data: [] }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('a key of', () => {
  it.each([
    ['another region', '50119'],
    ['another environment', '50101'],
  ])('%s is refused', async (_, okxCode) => {
    const asked: string[] = [];
    const server = await otherRegion(okxCode, asked);
    const { port } = server.address() as AddressInfo;
    const config = exampleConfig({ kind: 'live', region: 'eea', rest: `http://127.0.0.1:${port}` });
    const text = await failure(config);
    expect(text).toContain(`refused with ${okxCode}`);
    expect(text).toContain(
      'the key was not made where venue.region and venue.kind say: set them to where it was',
    );
    expect(asked).toContain('GET /api/v5/public/time');
    expect(asked.filter((each) => !each.startsWith('GET '))).toEqual([]);
    server.closeAllConnections();
    server.close();
  });
});
