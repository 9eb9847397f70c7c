import { execFile, fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

/** The compiled command: `npm test` builds before it runs. */
const SCRIPT = fileURLToPath(new URL('../../dist/engine/cli/paper.js', import.meta.url));
const ACCOUNT = ['--account', 'key:secret:pass:with:colons'];

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [SCRIPT, '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

/** What a run says and how it ends. */
function run(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('npm run paper', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'says where it listens, serves, and ends with 0 on %s',
    async (signal) => {
      const child = start(ACCOUNT);
      const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
      const port = /^paper venue: http:\/\/127\.0\.0\.1:(\d+) \((?:uws|node), seed 1, 1 account\)$/.exec(
        line,
      )?.[1];
      expect(port).toBeDefined();
      const response = await fetch(`http://127.0.0.1:${port}/api/v5/market/ticker?instId=BTC-USDT`);
      expect(await response.json()).toMatchObject({ code: '0', data: [{ instId: 'BTC-USDT' }] });
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([0, null]);
    },
  );

  it('gives a market to the instruments that are named, and to no other', async () => {
    const child = start(['--market', 'SOL-USDT-SWAP', '--market', 'BTC-USD-SWAP']);
    const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
    const base = /http:\/\/127\.0\.0\.1:\d+/.exec(line)![0];
    for (const [instId, levels] of [
      ['SOL-USDT-SWAP', 5],
      ['BTC-USD-SWAP', 5],
      ['BTC-USDT', 0],
    ] as const) {
      const response = await fetch(`${base}/api/v5/market/books?instId=${instId}&sz=5`);
      const { data } = (await response.json()) as { data: { asks: unknown[]; bids: unknown[] }[] };
      expect([data[0]!.asks.length, data[0]!.bids.length], instId).toEqual([levels, levels]);
    }
  });

  it('tells its parent where it listens, and ends when the parent is gone', async () => {
    const child = fork(SCRIPT, ['--port', '0', '--embedded', ...ACCOUNT], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    children.push(child);
    const [message] = (await once(child, 'message')) as [unknown];
    expect(message).toEqual({ type: 'listening', port: expect.any(Number) as number });
    const exit = once(child, 'exit');
    child.disconnect();
    expect(await exit).toEqual([0, null]);
  });

  it.each([
    [['--port', 'x'], '--port: expected a whole number from 0 to 65535, was "x"'],
    [['--seed', '1.5'], '--seed: expected a whole number, was "1.5"'],
    [['--http', 'apache'], '--http: expected auto, uws or node, was "apache"'],
    [['--account', 'no-secret'], '--account: expected KEY:SECRET:PASSPHRASE, was something else'],
    [[...ACCOUNT, ...ACCOUNT], '--account: expected every KEY once, one came twice'],
    [['--fee-tier', 'gold'], '--fee-tier: expected Lv1 or VIP1 to VIP9, was "gold"'],
    [['--market', 'BTC-FOO'], '--market: expected instruments that are listed, was "BTC-FOO"'],
    [['--market', 'BTC-USDT', '--feed', 'x'], '--market: expected none beside --feed'],
    [['--nonsense'], "Unknown option '--nonsense'"],
  ])('refuses %s with 2', async (args, text) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain(text);
    expect(stderr).toContain('npm run paper --');
    expect(stderr).not.toContain('no-secret');
  });

  it('fails with 1 when the port is taken', async () => {
    const child = start([]);
    const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
    const port = /:(\d+) /.exec(line)![1]!;
    const { code, stderr } = await run(['--port', port]);
    expect(code).toBe(1);
    expect(stderr).toContain(`listen: expected 127.0.0.1:${port} to be free`);
  });

  it('explains itself', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('--account');
  });
});
