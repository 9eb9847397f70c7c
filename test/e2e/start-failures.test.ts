import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineProcess, Scratch, exampleConfig } from './engine-process.ts';
import type { ConfigFile } from './engine-process.ts';
import { RunningProcess, until } from './running-process.ts';
import { KEY, KEYS_ENV, PASSPHRASE, SECRET, VenueProcess, freePort } from './venue-process.ts';

/**
 * What the engine does not start on. Every text says what was expected, what came and what to change; the exit code says
 * whether the same start can succeed later (75) or not (2, 78); and no text shows a secret.
 */

const USAGE = 2;
const UNAVAILABLE = 75;
const CONFIG = 78;

const scratch = new Scratch();
let venue: VenueProcess;

beforeAll(async () => {
  venue = await VenueProcess.start();
});

afterAll(async () => {
  await RunningProcess.endAll();
  scratch.remove();
});

type Env = Readonly<Record<string, string>>;

async function failure(
  args: readonly string[],
  env: Env = KEYS_ENV,
): Promise<{ code: number | null; text: string }> {
  const engine = new EngineProcess(args, { env });
  const { code } = await engine.process.ended(20_000);
  const text = engine.process.output;
  for (const secret of [KEY, SECRET, PASSPHRASE]) expect(text).not.toContain(secret);
  // A person is told what to do, not where in the code it went wrong.
  expect(text).not.toMatch(/^ +at .*:\d+:\d+/m);
  return { code, text };
}

/** The failure of an example that was changed in one place. */
function failureOf(change: (config: ConfigFile) => void, env: Env = KEYS_ENV) {
  const config = exampleConfig(venue.config);
  change(config);
  return failure(['--config', scratch.write(config)], env);
}

describe.concurrent('arguments', () => {
  it.each([
    [['--bogus'], "Unknown option '--bogus'"],
    [
      ['--duration', '30'],
      '--duration: expected a duration such as 30s, 5m or 2h (at most 24 days), was "30"',
    ],
    [['live.yaml'], "Unexpected argument 'live.yaml'"],
  ])('%j is refused with 2 and the usage', async (args, text) => {
    const failed = await failure(args);
    expect(failed.code).toBe(USAGE);
    expect(failed.text).toContain(text);
    expect(failed.text).toContain('npm start -- [--config FILE] [--state DIR] [--duration 30s]');
  });

  it('are explained by --help', async () => {
    const engine = new EngineProcess(['--help']);
    expect(await engine.process.ended()).toEqual({ code: 0, signal: null });
    expect(engine.process.stdout).toContain('--duration');
  });
});

describe.concurrent('the configuration file', () => {
  it('that is not there', async () => {
    const { code, text } = await failure(['--config', '/nowhere/at-all.yaml']);
    expect(code).toBe(CONFIG);
    expect(text).toContain(
      'configuration /nowhere/at-all.yaml: expected a readable YAML file, was ENOENT; check --config',
    );
  });

  const cases: readonly (readonly [what: string, change: (config: ConfigFile) => void, text: string])[] = [
    [
      'an unknown key',
      (config) => {
        config.instruments[1]!.strategy['levls'] = 3;
      },
      'instruments[1].strategy.levls: expected no such key; remove it or check its spelling',
    ],
    [
      'a number in quotes',
      (config) => {
        config.instruments[0]!.strategy['levels'] = '3';
      },
      'instruments[0].strategy.levels: expected number, was "3" (string)',
    ],
    [
      'an instrument twice',
      (config) => {
        config.instruments[2]!.instId = 'BTC-USDT';
      },
      'instruments[2].instId: expected each instrument once, was "BTC-USDT" again; remove one',
    ],
    [
      'an illegal tag',
      (config) => {
        config['tag'] = 'not-legal';
      },
      'tag: expected 1 to 16 letters and digits, the broker code that OKX gave you, was "not-legal" (string)',
    ],
    [
      'port 8443',
      (config) => {
        config.venue = { kind: 'live', private: 'wss://ws.okx.com:8443/ws/v5/private' };
      },
      'venue.private: expected no port 8443 (OKX closed it on 2026-10-31), was wss://ws.okx.com:8443/ws/v5/private; remove ":8443"',
    ],
  ];
  it.each(cases)('with %s is refused with 78', async (_, change, expected) => {
    const { code, text } = await failureOf(change);
    expect(text).toContain(expected);
    expect(text).toContain('config-');
    expect(code).toBe(CONFIG);
  });
});

describe.concurrent('keys and tag', () => {
  it('demo does not start without a tag', async () => {
    const { code, text } = await failureOf((config) => {
      config.venue['kind'] = 'demo';
      delete config['tag'];
    });
    expect(text).toContain(
      `tag: expected your broker code on a demo venue, was absent; set "tag" in the configuration or OKX_BROKER_TAG`,
    );
    expect(code).toBe(CONFIG);
  });

  it('live does not start without keys', async () => {
    const change = (config: ConfigFile): void => {
      config.venue['kind'] = 'live';
    };
    const { code, text } = await failureOf(change, { OKX_API_KEY: KEY, OKX_API_SECRET: '' });
    expect(text).toContain(
      'was without OKX_API_SECRET, OKX_API_PASSPHRASE; set them, or name a file of mode 0600',
    );
    expect(code).toBe(CONFIG);
  });

  it('a credentials file that others may read is refused, and one of mode 0600 is taken', async () => {
    const file = join(scratch.folder, 'credentials');
    const lines = Object.entries(KEYS_ENV).map(([name, value]) => `${name}=${value}`);
    writeFileSync(file, `# the account\n${lines.join('\n')}\n`);
    chmodSync(file, 0o644);
    const change = (config: ConfigFile): void => {
      config['credentialsFile'] = file;
    };
    const { code, text } = await failureOf(change, {});
    expect(text).toContain(
      `expected mode 0600 (only its owner may read it), was 0644; run: chmod 600 ${file}`,
    );
    expect(code).toBe(CONFIG);

    chmodSync(file, 0o600);
    const config = exampleConfig(venue.config);
    change(config);
    const engine = new EngineProcess(['--config', scratch.write(config)]);
    await engine.quotesEverything();
    engine.process.kill('SIGTERM');
    expect(await engine.process.ended()).toEqual({ code: 0, signal: null });
    for (const value of Object.values(KEYS_ENV)) expect(engine.process.output).not.toContain(value);
  });

  it.each([
    ['key', 'OKX_API_KEY', '50111', 'check OKX_API_KEY, OKX_API_SECRET and OKX_API_PASSPHRASE'],
    ['secret', 'OKX_API_SECRET', '50113', 'set OKX_API_SECRET to that of the key'],
    ['passphrase', 'OKX_API_PASSPHRASE', '50105', 'set OKX_API_PASSPHRASE to that of the key'],
  ])('a wrong %s is refused with 78', async (_, name, venueCode, advice) => {
    const wrong = 'e2e-not-this-one';
    const { code, text } = await failureOf(() => {}, { ...KEYS_ENV, [name]: wrong });
    expect(text).toContain(`venue ${venue.rest}: `);
    expect(text).toContain(`refused with ${venueCode}`);
    expect(text).toContain(advice);
    expect(text).not.toContain(wrong);
    expect(code).toBe(CONFIG);
  });
});

// One after the other: the venue counts questions for its time by address, and all engines here have the same one.
describe('the venue', () => {
  it('that nobody runs ends it with 75', async () => {
    const port = await freePort();
    const { code, text } = await failureOf((config) => {
      config.venue['rest'] = `http://127.0.0.1:${port}`;
    });
    expect(text).toContain(
      `venue http://127.0.0.1:${port}: GET /api/v5/public/time: expected an answer, the connection failed (ECONNREFUSED); check the network, and venue.rest`,
    );
    expect(code).toBe(UNAVAILABLE);
  });

  it('that is something else ends it with 75', async () => {
    const server = createServer((_, response) => {
      response.end('<html>a login page</html>');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, text } = await failureOf((config) => {
      config.venue['rest'] = `http://127.0.0.1:${port}`;
    });
    expect(text).toContain('expected a JSON object with "code" and "data", was HTTP 200');
    expect(code).toBe(UNAVAILABLE);
    server.closeAllConnections();
    server.close();
  });

  const cases: readonly (readonly [what: string, change: (config: ConfigFile) => void, text: string])[] = [
    [
      'an instrument it does not have',
      (config) => {
        config.instruments[2]!.instId = 'NOSUCH-USDT-SWAP';
      },
      'instruments[2].instId: expected a tradable instrument, was "NOSUCH-USDT-SWAP": this account cannot trade an instrument of that name',
    ],
    [
      'cash for a contract',
      (config) => {
        config.instruments[1]!['tradeMode'] = 'cash';
      },
      'instruments[1].tradeMode: expected "cross" or "isolated" for BTC-USDT-SWAP in account level 2, was "cash"',
    ],
    [
      'cross for spot',
      (config) => {
        config.instruments[0]!['tradeMode'] = 'cross';
      },
      'instruments[0].tradeMode: expected "cash" for BTC-USDT in account level 2, was "cross"',
    ],
    [
      'a size below the least order',
      (config) => {
        config.instruments[0]!.strategy['size'] = '0.000001';
      },
      'instruments[0].strategy.size: expected at least BTC-USDT\'s least order 0.00001, was "0.000001"',
    ],
    [
      'a size that is no multiple of the lot',
      (config) => {
        config.instruments[1]!.strategy['size'] = '1.001';
      },
      'instruments[1].strategy.size: expected a multiple of BTC-USDT-SWAP\'s lot 0.01, was "1.001"',
    ],
  ];
  it.each(cases)('refuses %s with 78', async (_, change, expected) => {
    const { code, text } = await failureOf(change);
    expect(text).toContain(expected);
    expect(code).toBe(CONFIG);
  });

  it('that is reached by REST but not by its WebSocket address is tried again, and said', async () => {
    const port = await freePort();
    const config = exampleConfig(venue.config);
    config.venue['private'] = `ws://127.0.0.1:${port}/ws/v5/private`;
    const engine = new EngineProcess(['--config', scratch.write(config)], { env: KEYS_ENV });
    const reasons = await until('a reason not to be ready', async () => {
      const answer = await fetch(`${await engine.base()}/readyz`);
      return answer.status === 503 ? answer.text() : undefined;
    });
    expect(reasons).toContain('session private: expected up, was down');
    engine.process.kill('SIGTERM');
    expect(await engine.process.ended()).toEqual({ code: 0, signal: null });
  });
});

describe.concurrent('the metrics port', () => {
  it('that another process has ends it with 78, and nothing is left running', async () => {
    const server = createServer(() => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const config = exampleConfig();
    config.metrics['port'] = port;
    const { code, text } = await failure(['--config', scratch.write(config)]);
    expect(text).toContain(
      `exporter: expected 127.0.0.1:${port} to be free, but another process listens there; stop it or change metrics.port`,
    );
    expect(code).toBe(CONFIG);
    server.close();
    await once(server, 'close');
  });
});
