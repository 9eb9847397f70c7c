import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { run } from '../../engine/cli/record.ts';
import { RecordingReader, type RecordingOptions } from '../../engine/recording/recording-reader.ts';
import { tarGz, zip } from './archives.ts';
import { readAll, withFiles } from './recording-files.ts';

const CUT = new URL('../fixtures/feeds/btc-usdt-swap-2024-08-08-cut.ndjson.gz', import.meta.url).pathname;
const LINES = gunzipSync(readFileSync(CUT)).toString('utf8').split('\n').slice(0, 2_000);
const MIDNIGHT_MS = 1_762_560_000_000;

async function readFiles(paths: readonly string[], options: RecordingOptions = {}) {
  const reader = await RecordingReader.open(paths, options);
  const events = await readAll(reader);
  return events.map((event) => ({ ...event, file: '', line: 0 }));
}

/** Runs the command; what it printed. */
async function record(args: readonly string[]): Promise<string> {
  const out: string[] = [];
  const take = (text: string | Uint8Array): boolean => out.push(String(text)) > 0;
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(take),
    vi.spyOn(process.stderr, 'write').mockImplementation(take),
  ];
  try {
    expect(await run(args)).toBe(0);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return out.join('');
}

const bookRow = (ms: number, action: string, price: string): string =>
  JSON.stringify({
    instId: 'BTC-USDT',
    action,
    ts: String(MIDNIGHT_MS + ms),
    asks: [[price, '1', '4']],
    bids: [],
  });

describe('record import', () => {
  it('of the recording of the fixtures is the same recording', async () => {
    await withFiles({ 'a.ndjson': LINES.join('\n') }, async ([file], folder) => {
      const out = join(folder, 'out');
      const said = await record(['import', file!, '--out', out]);
      expect(said).toContain(`2000 rows in 1 files`);
      expect(readdirSync(out)).toEqual(['BTC-USDT-SWAP-2024-08-08.ndjson.gz']);
      const imported = join(out, 'BTC-USDT-SWAP-2024-08-08.ndjson.gz');
      expect(gunzipSync(readFileSync(imported)).toString().trimEnd()).toBe(LINES.join('\n'));
      expect(await readFiles([imported])).toEqual(await readFiles([file!]));
    });
  });

  it('merges books and trades of OKX, and begins each day with a snapshot', async () => {
    const books = [
      bookRow(-2_000, 'snapshot', '100'),
      bookRow(-1_000, 'update', '101'),
      bookRow(500, 'update', '102'),
    ].join('\n');
    const csv = [
      'instrument_name,trade_id,side,price,size,created_time',
      `BTC-USDT,1,buy,100,1,${MIDNIGHT_MS - 1_500}`,
      `BTC-USDT,2,buy,100,1,${MIDNIGHT_MS + 100}`,
    ].join('\n');
    const files = { 'b.tar.gz': tarGz({ 'b.data': `${books}\n` }), 't.zip': zip('t.csv', `${csv}\n`) };
    await withFiles(files, async (paths, folder) => {
      const out = join(folder, 'out');
      await record(['import', ...paths, '--out', out]);
      expect(readdirSync(out)).toEqual(['BTC-USDT-2025-11-07.ndjson.gz', 'BTC-USDT-2025-11-08.ndjson.gz']);
      const days = readdirSync(out).map((name) => join(out, name));
      const kinds = async (paths: string[]) => (await readFiles(paths)).map(({ kind }) => kind);
      expect(await kinds([days[0]!])).toEqual(['snapshot', 'trade', 'update']);
      expect(await kinds([days[1]!])).toEqual(['snapshot', 'trade', 'update']);
      const [snapshot] = await readFiles([days[1]!]);
      expect(snapshot).toMatchObject({
        tsMs: MIDNIGHT_MS + 100,
        asks: [
          ['100', '1', '4'],
          ['101', '1', '4'],
        ],
      });
      expect(await kinds(days)).toHaveLength(6);
    });
  });

  it('leaves nothing behind when an input is broken, and says what was left out with --partial', async () => {
    const text = `${LINES.slice(0, 100).join('\n')}\n{`;
    await withFiles({ 'a.ndjson': text }, async ([file], folder) => {
      const out = join(folder, 'out');
      await expect(run(['import', file!, '--out', out])).rejects.toThrow(
        `${file}:101: expected the end of the line`,
      );
      expect(readdirSync(out)).toEqual([]);
      const said = await record(['import', file!, '--out', out, '--partial']);
      expect(said).toContain(`left out: ${file}:101:`);
      expect(said).toContain('100 rows in 1 files');
      await expect(run(['import', file!, '--out', out, '--partial'])).rejects.toThrow(
        'expected no such file yet',
      );
    });
  });

  it('splits files of several instruments when asked', async () => {
    const other = LINES.slice(0, 3).map((line) => line.replace('BTC-', 'ETH-'));
    const text = [LINES[0], other[0], LINES[1], other[1]]
      .map((line, index) => line!.replace(/"recvNs":"\d+"/, `"recvNs":"172316125531970256${index}"`))
      .join('\n');
    await withFiles({ 'a.ndjson': text }, async ([file], folder) => {
      const out = join(folder, 'out');
      await expect(run(['import', file!, '--out', out])).rejects.toThrow(
        'take it as it is with --mixed, or split it with record import --mixed',
      );
      await record(['import', file!, '--out', out, '--mixed']);
      expect(readdirSync(out)).toHaveLength(2);
      for (const name of readdirSync(out)) expect(await readFiles([join(out, name)])).toHaveLength(2);
    });
  });
});

describe('the command line', () => {
  it.each([
    [['import'], 'import: expected files'],
    [['what'], 'expected import or options, was "what"'],
    [[], '--instruments: expected names'],
    [
      ['--instruments', 'btc'],
      '--instruments: expected names such as BTC-USDT,BTC-USDT-SWAP with commas, was "btc"',
    ],
    [['--instruments', 'A-B', '--rest', 'http://x'], '--rest: expected it together with --public'],
    [['--instruments', 'A-B', '--partial'], '--partial: expected none with record'],
    [['import', 'x', '--duration', '3s'], '--duration: expected none with record import'],
    [['import', 'x', '--from', 'noon'], '--from: expected a time such as 2024-08-08T23:55:00Z'],
    [['--nothing'], "Unknown option '--nothing'"],
  ])('%s', async (args, text) => {
    await expect(run(args)).rejects.toThrow(text);
  });
});
