import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { fleetSchema } from '../../engine/config/accounts-schema.ts';
import { ConfigError } from '../../engine/config/config-error.ts';
import { environmentOf, readCredentials, readTag } from '../../engine/config/environment.ts';
import { loadFleet, parseConfig, parseFleet } from '../../engine/config/load-config.ts';

const EXAMPLE = fileURLToPath(new URL('../../engine/config/fleet.yaml', import.meta.url));

const swap = (instId: string, position = '10') => ({
  instId,
  tradeMode: 'cross',
  strategy: { size: '1', levels: 2 },
  limits: { position, orderSize: '2', orderNotional: 1_000 },
});

const SHARED = {
  venue: { kind: 'paper', seed: 4 },
  instruments: [swap('BTC-USDT-SWAP'), swap('ETH-USDT-SWAP')],
  account: { lossMax: 100, notionalMax: 5_000 },
  metrics: { host: '127.0.0.1' },
};

function textWith(accounts: unknown, more: Record<string, unknown> = {}): string {
  return stringify({ ...SHARED, ...more, accounts });
}

function problemOf(text: string, account = ''): string {
  try {
    if (account === '') parseFleet(text, 'fleet.yaml');
    else parseConfig(text, 'fleet.yaml', account);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('expected a ConfigError, the configuration was taken');
}

describe('accounts of one configuration', () => {
  it('each have what is shared, and their own keys over it', () => {
    const { accounts } = parseFleet(
      textWith([
        { name: 'a' },
        { name: 'b', tag: 'OTHER', venue: { seed: 9 }, account: { lossMax: 7 }, engine: { workers: 2 } },
      ]),
      'fleet.yaml',
    )!;
    expect(accounts.map(({ name }) => name)).toEqual(['a', 'b']);
    const [a, b] = accounts.map(({ config }) => config);
    expect(a).toMatchObject({ venue: { seed: 4 }, account: { lossMax: 100, notionalMax: 5_000 } });
    expect(a!.tag).toBeUndefined();
    // One key of a map leaves the others of it as they are.
    expect(b).toMatchObject({
      tag: 'OTHER',
      venue: { kind: 'paper', seed: 9 },
      account: { lossMax: 7, notionalMax: 5_000 },
      engine: { workers: 2 },
    });
    expect(b!.instruments).toEqual(a!.instruments);
  });

  it('trade the instruments that they list, each over the shared one', () => {
    const { accounts } = parseFleet(
      textWith([
        { name: 'all' },
        {
          name: 'one',
          instruments: [
            { instId: 'ETH-USDT-SWAP', limits: { position: '3' }, strategy: { size: '0.5' } },
            swap('SOL-USDT-SWAP', '7'),
          ],
        },
      ]),
      'fleet.yaml',
    )!;
    const rows = accounts[1]!.config.instruments.map(({ instId, limits, strategy }) => [
      instId,
      limits.position,
      limits.orderSize,
      strategy.size,
      strategy.levels,
    ]);
    expect(rows).toEqual([
      ['ETH-USDT-SWAP', '3', '2', '0.5', 2],
      ['SOL-USDT-SWAP', '7', '2', '1', 2],
    ]);
    expect(accounts[0]!.config.instruments).toHaveLength(2);
  });

  it('have the ports after the supervisor’s, unless they name their own', () => {
    const portsWith = (port: number, own: Record<string, unknown> = {}) =>
      parseFleet(
        textWith([{ name: 'a' }, { name: 'b', ...own }, { name: 'c' }], { fleet: { metrics: { port } } }),
        'fleet.yaml',
      )!.accounts.map(({ config }) => config.metrics.port);
    expect(portsWith(9_500)).toEqual([9_501, 9_502, 9_503]);
    expect(portsWith(9_500, { metrics: { port: 8_000 } })).toEqual([9_501, 8_000, 9_503]);
    // A free one for each.
    expect(portsWith(0)).toEqual([0, 0, 0]);
  });

  it('are given one by one, as each engine reads its own', () => {
    const text = textWith([{ name: 'a' }, { name: 'b', account: { lossMax: 7 } }]);
    expect(parseConfig(text, 'fleet.yaml', 'b')).toEqual(parseFleet(text, 'fleet.yaml')!.accounts[1]!.config);
    expect(problemOf(text, 'c')).toBe(
      'configuration fleet.yaml: expected --account to be one of a, b, was "c"',
    );
    expect(() => parseConfig(text, 'fleet.yaml')).toThrow(
      /of one account, was that of a, b; name one with --account/,
    );
    expect(() => parseConfig(stringify(SHARED), 'one.yaml', 'a')).toThrow(/leave out --account/);
    expect(parseFleet(stringify(SHARED), 'one.yaml')).toBeUndefined();
  });

  it('are not kept from starting by what is wrong with another', () => {
    const text = textWith([{ name: 'a' }, { name: 'b', account: { lossMax: -1 } }]);
    expect(parseConfig(text, 'fleet.yaml', 'a').account.lossMax).toBe(100);
    expect(problemOf(text, 'b')).toMatch(/accounts\[1\] \(b\)/);
    expect(problemOf(text)).toMatch(/accounts\[1\] \(b\)/);
  });

  const wrong: readonly (readonly [
    what: string,
    accounts: unknown,
    more: Record<string, unknown>,
    said: RegExp,
  ])[] = [
    ['no account', [], {}, /accounts: /],
    [
      'a name with capitals',
      [{ name: 'Desk' }],
      {},
      /accounts\[0\]\.name: expected small letters.*was "Desk"/,
    ],
    ['a name that leaves the folder', [{ name: '../x' }], {}, /accounts\[0\]\.name/],
    ['a name of another key', [{ name: 'broker' }], {}, /accounts\[0\]\.name: expected another name/],
    ['no name', [{ tag: 'X' }], {}, /accounts\[0\]\.name.*was absent/],
    [
      'the same name twice',
      [{ name: 'a' }, { name: 'b' }, { name: 'a' }],
      {},
      /accounts\[2\]\.name: expected another than that of accounts\[0\], was a again/,
    ],
    [
      'a wrong value over what is shared',
      [{ name: 'a' }, { name: 'b', account: { lossMax: -1 } }],
      {},
      /accounts\[1\] \(b\) over what is shared:\n {2}account\.lossMax: .*-1/,
    ],
    [
      'an unknown key',
      [{ name: 'a', colour: 'red' }],
      {},
      /accounts\[0\] \(a\).*\n {2}colour: expected no such key/,
    ],
    [
      'a rule that ties keys together',
      [{ name: 'a', instruments: [{ instId: 'BTC-USDT-SWAP', limits: { orderSize: '0.5' } }] }],
      {},
      /accounts\[0\] \(a\).*\n {2}instruments\[0\]\.strategy\.size: expected at most/,
    ],
    [
      'one key for two engines',
      [
        { name: 'a', credentialsFile: 'keys/k' },
        { name: 'b', credentialsFile: './keys/../keys/k' },
      ],
      {},
      /accounts\[1\]\.credentialsFile: .*was .*\/keys\/k again; one engine to a sub-account/,
    ],
    [
      'one port for two engines',
      [
        { name: 'a', metrics: { port: 9_000 } },
        { name: 'b', metrics: { port: 9_000 } },
      ],
      {},
      /accounts\[1\]\.metrics\.port: .*9000 again/,
    ],
    [
      'one journal for two engines',
      [{ name: 'a' }, { name: 'b' }],
      { journal: { directory: '/var/journal' } },
      /accounts\[1\]\.journal\.directory: .*\/var\/journal again/,
    ],
    [
      'one journal beside the states of two engines',
      [{ name: 'a' }, { name: 'b' }],
      { journal: { directory: '../journal' } },
      /accounts\[1\]\.journal\.directory: .*\/journal again/,
    ],
    [
      'one pair of tokens for two engines',
      [{ name: 'a' }, { name: 'b' }],
      { broker: { mode: 'oauth', oauth: { clientId: 'x', tokenFile: '/var/tokens' } } },
      /accounts\[1\]\.broker\.oauth\.tokenFile: .*\/var\/tokens again/,
    ],
    [
      'the supervisor’s port',
      [{ name: 'a', metrics: { port: 9_460 } }],
      {},
      /accounts\[0\]\.metrics\.port: expected another than fleet\.metrics\.port/,
    ],
    [
      'one core for two engines',
      [{ name: 'a' }, { name: 'b' }],
      { engine: { engineCore: 1 } },
      /accounts\[1\]\.engine\.engineCore: .*1 again/,
    ],
    ['a limit that is none', [{ name: 'a' }], { fleet: { lossMax: 0 } }, /fleet\.lossMax/],
    [
      'an unknown key of the fleet',
      [{ name: 'a' }],
      { fleet: { loss: 1 } },
      /fleet\.loss: expected no such key/,
    ],
  ];
  it.each(wrong)('%s is refused with what to change', (_, accounts, more, said) => {
    expect(problemOf(textWith(accounts, more))).toMatch(said);
  });

  it('leave a file of one account as it is: fleet without accounts is an unknown key', () => {
    expect(() => parseConfig(stringify({ ...SHARED, fleet: {} }), 'one.yaml')).toThrow(
      /fleet: expected no such key/,
    );
  });
});

describe('fleet.yaml', () => {
  it('loads, and explains every key of the fleet', () => {
    const found = loadFleet(EXAMPLE)!;
    expect(found.accounts.map(({ name }) => name)).toEqual(['desk-1', 'desk-2']);
    expect(found.accounts[1]!.config.account.lossMax).toBe(300);
    const text = readFileSync(EXAMPLE, 'utf8');
    const keys = Object.keys(fleetSchema.shape.fleet.def.innerType.shape);
    expect(keys.length).toBeGreaterThan(4);
    expect(keys.filter((key) => !new RegExp(`^  (# )?${key}:`, 'm').test(text))).toEqual([]);
  });
});

describe('keys of several accounts', () => {
  const ENVIRONMENT = {
    PATH: '/bin',
    OKX_API_KEY: 'nobody’s',
    OKX_A_API_KEY: 'a-key',
    OKX_A_API_SECRET: 'a-secret',
    OKX_A_API_PASSPHRASE: 'a-pass',
    OKX_A_B_API_KEY: 'ab-key',
    OKX_A_B_API_SECRET: 'ab-secret',
    OKX_A_B_API_PASSPHRASE: 'ab-pass',
    OKX_A_B_BROKER_TAG: 'TAGAB',
    OKX_MASTER_API_KEY: 'master-key',
    OKX_BROKER_API_KEY: 'broker-key',
    OKX_BROKER_TAG: 'TAGALL',
  };

  it('stand under the account’s own names', () => {
    const revealed = (account: string) => {
      const { apiKey, secret, passphrase } = readCredentials({}, ENVIRONMENT, account);
      return [apiKey, secret, passphrase].map((each) => each.reveal());
    };
    expect(revealed('a')).toEqual(['a-key', 'a-secret', 'a-pass']);
    expect(revealed('a-b')).toEqual(['ab-key', 'ab-secret', 'ab-pass']);
    expect(() => revealed('c')).toThrow(
      /OKX_C_API_KEY, OKX_C_API_SECRET, OKX_C_API_PASSPHRASE in the environment/,
    );
  });

  it('are all that its process is given, and the broker’s own: nothing of another’s, nor of the master’s', () => {
    expect(environmentOf('a', ENVIRONMENT)).toEqual({
      PATH: '/bin',
      OKX_A_API_KEY: 'a-key',
      OKX_A_API_SECRET: 'a-secret',
      OKX_A_API_PASSPHRASE: 'a-pass',
      OKX_BROKER_API_KEY: 'broker-key',
      OKX_BROKER_TAG: 'TAGALL',
    });
    expect(Object.keys(environmentOf('c', ENVIRONMENT))).toEqual([
      'PATH',
      'OKX_BROKER_API_KEY',
      'OKX_BROKER_TAG',
    ]);
  });

  it('come with a tag of their own, or the one for all', () => {
    const config = parseConfig(stringify(SHARED), 'one.yaml');
    expect(readTag(config, ENVIRONMENT, 'a-b')).toBe('TAGAB');
    expect(readTag(config, ENVIRONMENT, 'a')).toBe('TAGALL');
    expect(readTag({ ...config, tag: 'FILE' }, ENVIRONMENT, 'a-b')).toBe('FILE');
  });
});
