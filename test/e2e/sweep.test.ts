import { readFileSync, rmSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RECORDED_CUT } from '../../bench/feeds/recorded-feed.ts';
import type { SweepRow } from '../../engine/backtest/sweep.ts';
import { ROOT, RunningProcess, until } from './running-process.ts';

const SCRIPT = join(ROOT, 'dist', 'engine', 'cli', 'okx-mm.js');
const CONFIG = join(ROOT, 'engine', 'config', 'backtest.yaml');
const SWEEP_MS = 120_000;

const folder = mkdtempSync(join(tmpdir(), 'okxmm-sweep-'));
afterEach(() => RunningProcess.endAll());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Some seconds of the recording of the fixtures. */
const DATA = join(folder, 'data.ndjson');
/** Two instruments in one file. */
const MIXED = join(folder, 'mixed.ndjson');
const GRID = ['--grid', 'strategy.levels=1,2,3', '--grid', 'strategy.halfSpreadBps=3,6'];

interface Outcome {
  readonly fromMs: number;
  readonly rows: readonly SweepRow[];
  readonly rankCorrelation: number | null;
}

function started(out: string, more: readonly string[] = GRID): RunningProcess {
  const args = ['sweep', '--config', CONFIG, '--data', DATA, '--out', join(folder, out), '--threads', '1'];
  return new RunningProcess(process.execPath, [SCRIPT, ...args, ...more]);
}

function linesOf(out: string): string[] {
  try {
    return readFileSync(join(folder, out), 'utf8').split('\n').slice(0, -1);
  } catch {
    return [];
  }
}

async function finished(out: string): Promise<Outcome> {
  const json = join(folder, `${out}.json`);
  const sweep = started(out, [...GRID, '--json', json]);
  expect((await sweep.ended(SWEEP_MS)).code, sweep.output).toBe(0);
  return JSON.parse(readFileSync(json, 'utf8')) as Outcome;
}

let bookMs = 0;

beforeAll(() => {
  const lines = gunzipSync(readFileSync(RECORDED_CUT)).toString().split('\n').slice(0, 1_500);
  const times = (line: string): { recvNs?: string; ts: string } => JSON.parse(line) as { ts: string };
  const { recvNs, ts } = times(lines.find((line) => line.includes('"snapshot"'))!);
  bookMs = recvNs === undefined ? Number(ts) : Number(BigInt(recvNs) / 1_000_000n);
  // Its book comes late: a trade of long before is no market yet.
  const trade = JSON.parse(lines.find((line) => line.includes('"trades"'))!) as Record<string, string>;
  trade['ts'] = String(Number(ts) - 20_000);
  if (recvNs !== undefined) trade['recvNs'] = String(BigInt(recvNs) - 20_000_000_000n);
  const others = ['ETH-USDT-SWAP', 'SOL-USDT-SWAP'].map((instId) => JSON.stringify({ ...trade, instId }));
  writeFileSync(MIXED, `${others.join('\n')}\n`);
  writeFileSync(DATA, `${[JSON.stringify(trade), ...lines].join('\n')}\n`);
});

describe('okx-mm sweep', () => {
  let whole: Outcome;

  it(
    'runs every point on its threads, in both parts of the data, best first',
    async () => {
      whole = await finished('whole.ndjson');
      expect(whole.rows).toHaveLength(6);
      expect(whole.fromMs).toBe(bookMs);
      const profits = whole.rows.map(({ outcome }) => outcome!.inSample.profit);
      expect(profits).toEqual(profits.toSorted((a, b) => b - a));
      expect(new Set(whole.rows.map(({ outcome }) => outcome!.inSample.resultHash)).size).toBeGreaterThan(3);
      for (const { outcome } of whole.rows) expect(outcome!.outOfSample).not.toBeNull();
    },
    SWEEP_MS,
  );

  it.each(['SIGINT', 'SIGKILL'] as const)(
    'after %s goes on where it was, and comes to the same',
    async (signal) => {
      const out = `${signal}.ndjson`;
      const sweep = started(out);
      // The first line says which sweep it is.
      await until('two points', () => (linesOf(out).length >= 3 ? true : undefined), SWEEP_MS);
      sweep.kill(signal);
      const { code } = await sweep.ended(SWEEP_MS);
      const kept = linesOf(out).length - 1;
      expect(kept).toBeLessThan(6);
      if (signal === 'SIGINT') {
        expect(code).toBe(1);
        expect(sweep.output).toContain(`interrupted: ${kept} of 6 points are in`);
      }
      const again = await finished(out);
      expect(again).toEqual(whole);
      expect(linesOf(out)).toHaveLength(7);
    },
    SWEEP_MS,
  );

  it(
    'runs nothing again when all is done, and one part alone where it is asked to',
    async () => {
      const before = linesOf('whole.ndjson');
      expect(await finished('whole.ndjson')).toEqual(whole);
      expect(linesOf('whole.ndjson')).toEqual(before);
      const single = started('single.ndjson', ['--grid', 'strategy.levels=1', '--split', '1']);
      expect((await single.ended(SWEEP_MS)).code, single.output).toBe(0);
      expect(single.output).toContain('no second part to compare with');
    },
    SWEEP_MS,
  );

  it.each([
    [
      'another grid in the same file',
      'whole.ndjson',
      ['--grid', 'strategy.levels=1,4'],
      1,
      /its configuration is another one/,
    ],
    ['a value that is none', 'bad.ndjson', ['--grid', 'strategy.levels=1,many'], 78, /strategy\.levels/],
    ['a key that is none', 'bad.ndjson', ['--grid', 'strategy.speed=1'], 78, /speed/],
    ['nothing to vary', 'bad.ndjson', [], 2, /expected something to vary/],
    ['a folder that is not there', 'none/s.ndjson', GRID, 1, /ENOENT.*none\/s\.ndjson/],
    [
      'several instruments in one file',
      'mixed.ndjson.out',
      [...GRID, '--data', MIXED],
      1,
      /mixed\.ndjson:2: expected rows of ETH-USDT-SWAP .*found SOL-USDT-SWAP; .*--mixed/,
    ],
    [
      'a first part that is too short',
      'short.ndjson',
      [...GRID.slice(0, 2), '--split', '0.0001'],
      1,
      /expected a market that lasts longer/,
    ],
  ] as const)(
    'with %s ends with a word of what is wrong',
    async (_, out, more, code, expected) => {
      const sweep = started(out, more);
      expect((await sweep.ended(SWEEP_MS)).code, sweep.output).toBe(code);
      expect(sweep.output).toMatch(expected);
    },
    SWEEP_MS,
  );
});
