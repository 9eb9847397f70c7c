import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { RECORDED_CUT } from '../../bench/feeds/recorded-feed.ts';
import { run } from '../../engine/cli/backtest.ts';
import { parseMarketTime } from '../../engine/cli/market-time.ts';
import { packageRoot } from '../../engine/config/package-root.ts';
import type { RunResult } from '../../engine/report/run-result.ts';

const folder = mkdtempSync(join(tmpdir(), 'backtest-'));
const CONFIG = join(packageRoot(), 'engine', 'config', 'backtest.yaml');
const TO = '2024-08-08T23:54:18Z';
const LINES = gunzipSync(readFileSync(RECORDED_CUT)).toString().split('\n').slice(0, 300);

afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

function fileOf(name: string, content: string | Buffer): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** Runs the command and gives what it printed. */
async function printed(...args: string[]): Promise<string> {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  expect(await run(['--config', CONFIG, ...args])).toBe(0);
  return text;
}

describe('okx-mm backtest', () => {
  it('plays the recording of the fixtures into the JSON and the page of the contract', async () => {
    const json = join(folder, 'out.json');
    const html = join(folder, 'out.html');
    const text = await printed('--data', RECORDED_CUT, '--to', TO, '--json', json, '--report', html);
    const result = JSON.parse(readFileSync(json, 'utf8')) as RunResult;
    expect(Object.keys(result.profit).toSorted()).toEqual([
      'fees',
      'funding',
      'inventory',
      'spread',
      'total',
    ]);
    expect(Object.keys(result.inventory)).toEqual(
      expect.arrayContaining(['mean', 'standardDeviation', 'maximum']),
    );
    expect(Object.keys(result.markouts)).toEqual(
      expect.arrayContaining(['0.1', '1', '5', '30', '60', '300']),
    );
    for (const name of [
      'fills',
      'volume',
      'fees',
      'maxDrawdown',
      'timeQuoted',
      'events',
      'wallSeconds',
    ] as const)
      expect(result[name]).toEqual(expect.any(Number));
    expect(result).toHaveProperty('sharpe');
    expect(result.orders.place).toBeGreaterThan(0);
    expect(result.timeQuoted).toBeGreaterThan(0.9);
    expect(result.resultHash).toMatch(/^[0-9a-f]{64}$/);
    expect(text).toContain(`result ${result.resultHash}`);
    expect(text).toContain('Our orders never move the recorded market');
    expect(readFileSync(html, 'utf8')).toContain('<html');
  });

  it('gives the same hash again, from plain text and over several files too', async () => {
    const hashOf = async (...files: string[]): Promise<string> =>
      /result ([0-9a-f]{64})/.exec(await printed('--data', ...files))![1]!;
    const whole = fileOf('whole.ndjson', `${LINES.join('\n')}\n`);
    const zipped = fileOf('zipped.ndjson.gz', gzipSync(`${LINES.join('\n')}\n`));
    const books = fileOf(
      'books.ndjson',
      `${LINES.filter((line) => !line.includes('"trades"')).join('\n')}\n`,
    );
    const trades = fileOf(
      'trades.ndjson',
      `${LINES.filter((line) => line.includes('"trades"')).join('\n')}\n`,
    );
    const hash = await hashOf(whole);
    expect(await hashOf(zipped)).toBe(hash);
    expect(await hashOf(books, trades)).toBe(hash);
    expect(await hashOf(books)).not.toBe(hash);
  });

  it.each([
    ['no --data', [], /--data: expected files of a recording/],
    ['an unknown option', ['--data', 'x', '--speed', '1'], /Unknown option '--speed'/],
    ['a time that is none', ['--data', 'x', '--from', 'noon'], /--from: expected a time such as/],
    [
      'an end before its beginning',
      ['--data', 'x', '--from', '2024-08-09', '--to', '2024-08-08'],
      /after --from/,
    ],
    ['a file that is not there', ['--data', '/none.gz'], /\/none\.gz: expected/],
    [
      'a folder for the result',
      ['--data', RECORDED_CUT, '--to', TO, '--json', tmpdir()],
      /--json: expected a file/,
    ],
    [
      'rows of no instruments',
      ['--data', 'x', '--instruments', CONFIG],
      /--instruments .*: expected the answer of/,
    ],
    [
      'a time without data',
      ['--data', RECORDED_CUT, '--from', '2025-01-01'],
      /expected events of BTC-USDT-SWAP/,
    ],
  ])('with %s is refused', async (_, args, expected) => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await expect(run(['--config', CONFIG, ...args])).rejects.toThrow(expected);
  });

  it('without --config is refused', async () => {
    await expect(run(['--data', 'x'])).rejects.toThrow(/--config: expected a configuration file/);
  });

  it('takes a recording that is cut off only when asked, and says what is missing', async () => {
    const cut = fileOf('cut.ndjson', LINES.join('\n').slice(0, -10));
    await expect(run(['--config', CONFIG, '--data', cut])).rejects.toThrow(/cut\.ndjson:300: .*--partial/);
    expect(await printed('--data', cut, '--partial')).toContain('data left out: ');
  });

  it('takes several instruments in one file only when asked', async () => {
    const others = LINES.map((line) => line.replace('BTC-USDT-SWAP', 'ETH-USDT-SWAP'));
    const mixed = fileOf('mixed.ndjson', LINES.map((line, index) => `${line}\n${others[index]!}\n`).join(''));
    await expect(run(['--config', CONFIG, '--data', mixed])).rejects.toThrow(
      /mixed\.ndjson:2: expected rows of BTC-USDT-SWAP as in the lines before, found ETH-USDT-SWAP; .*--mixed/,
    );
    const alone = await printed('--data', fileOf('alone.ndjson', `${LINES.join('\n')}\n`));
    const hash = /result [0-9a-f]{64}/.exec(alone)![0];
    expect(await printed('--data', mixed, '--mixed')).toContain(hash);
  });

  it('looks where it will write before it reads the data', async () => {
    for (const option of ['--json', '--report']) {
      await expect(run(['--config', CONFIG, '--data', '/none.gz', option, '/none/out'])).rejects.toThrow(
        `${option}: expected a file that can be written`,
      );
    }
  });

  it('says which file is missing when there is no snapshot', async () => {
    const updates = fileOf('updates.ndjson', `${LINES.slice(1).join('\n')}\n`);
    await expect(run(['--config', CONFIG, '--data', updates, '--partial'])).rejects.toThrow(
      /expected the book of BTC-USDT-SWAP, was without a snapshot of it; name a file of its book/,
    );
  });

  it('of an empty file is refused', async () => {
    await expect(run(['--config', CONFIG, '--data', fileOf('empty.ndjson', '')])).rejects.toThrow(
      /empty\.ndjson: expected rows of a recording, found none/,
    );
  });
});

describe('times of the market', () => {
  it.each([
    ['2024-08-08', Date.UTC(2024, 7, 8)],
    ['2024-08-08T23:55', Date.UTC(2024, 7, 8, 23, 55)],
    ['2024-08-08T23:55:00.250Z', Date.UTC(2024, 7, 8, 23, 55, 0, 250)],
    ['2024-08-08T23:55:00+02:00', Date.UTC(2024, 7, 8, 21, 55)],
    ['1723161300250', 1_723_161_300_250],
  ])('%s', (text, expected) => {
    expect(parseMarketTime(text, '--from')).toBe(expected);
  });

  it.each(['', 'yesterday', '2024-13-40', '12', '1723161300250123456'])('"%s" is none', (text) => {
    expect(() => parseMarketTime(text, '--to')).toThrow(/--to: expected a time such as/);
  });
});

describe('the summary', () => {
  it('of a run in which nothing happened has no figures that are none', async () => {
    const text = await printed('--data', RECORDED_CUT, '--to', '2024-08-08T23:54:15.400Z');
    expect(text).not.toMatch(/NaN|undefined|Infinity|null/);
  });
});
