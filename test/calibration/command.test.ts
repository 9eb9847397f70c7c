import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { CalibrationResult, InstrumentRow } from '../../engine/backtest/calibration-result.ts';
import { CommandError } from '../../engine/cli/command-error.ts';
import { run } from '../../engine/cli/calibrate.ts';
import { UsageError } from '../../engine/cli/usage-error.ts';
import { loadModels } from '../../engine/config/model-file.ts';
import { parseMicroPriceFile } from '../../workers/strategy/fair/micro-price-file.ts';
import { exampleFile } from '../config/example.ts';
import { SWAP, generateMarket } from './generated-market.ts';
import type { GeneratedMarket } from './generated-market.ts';

const folder = mkdtempSync(join(tmpdir(), 'calibrate-'));
const RECORDED = new URL('../fixtures/feeds/btc-usdt-swap-2024-08-08-cut.ndjson.gz', import.meta.url)
  .pathname;
const PLAIN: GeneratedMarket = { seed: 1, seconds: 480, rate: 2, decay: 0.05, sigma: 5 };

afterEach(() => vi.restoreAllMocks());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function market(name: string, options: Partial<GeneratedMarket> = {}): string {
  const file = join(folder, `${name}.ndjson`);
  writeFileSync(file, generateMarket({ ...PLAIN, ...options }));
  return file;
}

async function printed(...argv: string[]): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  expect(await run(argv)).toBe(0);
  const text = write.mock.calls.map(([chunk]) => String(chunk)).join('');
  write.mockRestore();
  return text;
}

async function resultOf(...argv: string[]): Promise<InstrumentRow> {
  const json = join(folder, 'result.json');
  await printed(...argv, '--json', json);
  return (JSON.parse(readFileSync(json, 'utf8')) as CalibrationResult).instruments[0]!;
}

/** Takers take whole ticks: from a fair price anywhere between two, half a tick less than they would reach on the average. */
function seenRate({ rate, decay }: GeneratedMarket): number {
  return (rate * -Math.expm1(-decay)) / decay;
}

describe('okx-mm calibrate, of a market in which everything is known', () => {
  it('recovers A, k and sigma within what it says of their errors', async () => {
    let within = 0;
    let estimates = 0;
    for (let seed = 1; seed <= 4; seed++) {
      const { bid, ask, sigma, sigmaStandardError, isTrusted } = await resultOf(
        '--data',
        market('known', { seed }),
      );
      expect(isTrusted).toBe(true);
      for (const [found, error, truth] of [
        [bid.A, bid.AStandardError, seenRate(PLAIN)],
        [ask.A, ask.AStandardError, seenRate(PLAIN)],
        [bid.k, bid.kStandardError, PLAIN.decay],
        [ask.k, ask.kStandardError, PLAIN.decay],
        [sigma, sigmaStandardError, PLAIN.sigma],
      ] as const) {
        expect(Math.abs(found! - truth)).toBeLessThan(4 * error!);
        expect(error!).toBeLessThan(0.1 * truth);
        if (Math.abs(found! - truth) < 2 * error!) within++;
        estimates++;
      }
    }
    // 95 % of 20.
    expect(within / estimates).toBeGreaterThanOrEqual(0.8);
  });

  it('looks closer where sweeps reach little further than a tick or two', async () => {
    const steep = { ...PLAIN, decay: 0.8, rate: 6, seconds: 300 };
    const { pooled, fit } = await resultOf('--data', market('steep', steep));
    expect(fit.toTicks).toBeLessThan(10);
    expect(Math.abs(pooled.k! - 0.8)).toBeLessThan(4 * pooled.kStandardError!);
    expect(pooled.kStandardError!).toBeLessThan(0.06);
  });

  it('knows of sweeps that come in clusters how much less they say', async () => {
    const single = (await resultOf('--data', market('single', { rate: 4 }))).unshrunk.bid;
    expect(single.kClusteredStandardError! / single.kStandardError!).toBeGreaterThan(0.6);
    expect(single.kClusteredStandardError! / single.kStandardError!).toBeLessThan(1.6);
    expect(single.AClusteredStandardError! / single.AStandardError!).toBeLessThan(1.6);
    const tens = (await resultOf('--data', market('tens', { rate: 4, cluster: 10 }))).unshrunk.bid;
    expect(tens.AClusteredStandardError! / tens.AStandardError!).toBeGreaterThan(2);
  });

  it('fits from where quotes stand, and says in parts how stable that is', async () => {
    const file = market('parts', { rate: 4 });
    const row = await resultOf('--data', file, '--fit-from', '0.5', '--parts', '3');
    expect(row.fit.fromTicks).toBe(16);
    expect(row.bid.k! / PLAIN.decay).toBeGreaterThan(0.8);
    expect(row.bid.k! / PLAIN.decay).toBeLessThan(1.2);
    expect(row.parts.map(({ fit }) => fit.fromTicks)).toEqual([16, 16, 16]);
    expect(row.stability.bidK.chiSquared!).toBeLessThan(5);
    expect(row.stability.sigma.ratio!).toBeLessThan(1.3);
    const seconds = row.parts.reduce((sum, part) => sum + part.seconds, 0);
    expect(Math.abs(seconds - row.seconds)).toBeLessThan(0.5);
  });

  it('takes the nearest distance of a configuration’s quotes: its maker fee', async () => {
    const file = market('fee', { rate: 20, decay: 0.02, seconds: 300 });
    expect((await resultOf('--data', file, '--config', exampleFile('backtest'))).fit.fromTicks).toBe(112);
  });
});

describe('okx-mm calibrate, of a recorded market', () => {
  it('is stable: the same to the last digit, its figures shown with every gate', async () => {
    const [text, again] = [await printed('--data', RECORDED), await printed('--data', RECORDED)];
    expect(text).toBe(again);
    expect(text).not.toMatch(/NaN|undefined|Infinity|null/);
    for (const gate of ['sweeps', 'decayRange', 'fitQuality', 'changeLimit', 'volatility', 'age']) {
      expect(text).toMatch(new RegExp(`${gate} (holds|fails): .*\\d.*; .*\\d`));
    }
    const row = await resultOf('--data', RECORDED, '--parts', '2');
    // What this market was found to be: 180 s of a bitcoin swap at 61,700 dollars.
    expect(row.isTrusted).toBe(true);
    expect(row.bid.A).toBeCloseTo(5.95, 0);
    expect(row.ask.A).toBeCloseTo(5.6, 0);
    expect(row.bid.k).toBeCloseTo(0.147, 2);
    expect(row.ask.k).toBeCloseTo(0.17, 2);
    expect(row.sigma).toBeCloseTo(50, -1);
    expect(row.fit.rSquared).toBeGreaterThan(0.85);
    expect(row.stability.bidK.ratio!).toBeLessThan(1.3);
    expect(row.stability.askK.ratio!).toBeLessThan(1.3);
  });

  it('writes JSON, a page with its plots, models to begin with, and a table of micro-prices', async () => {
    const [json, html, out, table] = ['c.json', 'c.html', 'c.yaml', 'mp.json'].map((name) =>
      join(folder, name),
    );
    await printed(
      '--data',
      RECORDED,
      '--json',
      json!,
      '--html',
      html!,
      '--out',
      out!,
      '--micro-price',
      table!,
    );
    const { format, instruments } = JSON.parse(readFileSync(json!, 'utf8')) as CalibrationResult;
    expect(format).toBe('okx-mm-calibration/1');
    const { gates, bid, ask, sigma, sigmaStandardError } = instruments[0]!;
    expect(gates.map(({ name, holds }) => [name, holds])).toEqual([
      ['sweeps', true],
      ['decayRange', true],
      ['fitQuality', true],
      ['changeLimit', true],
      ['volatility', true],
      ['age', true],
    ]);
    for (const value of [bid, ask].flatMap((side) => [
      side.A,
      side.AStandardError,
      side.k,
      side.kStandardError,
    ]))
      expect(value).toBeGreaterThan(0);
    expect(sigmaStandardError! / sigma!).toBeLessThan(0.3);
    const page = readFileSync(html!, 'utf8');
    expect(page).toContain('data-plot="near-0"');
    expect(page).not.toMatch(/NaN|undefined<|Infinity<|>null</);
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script]) => script!);
    expect(scripts).toHaveLength(6);
    for (const script of scripts) expect(() => new Script(script)).not.toThrow();
    expect(loadModels(out!)[SWAP]).toMatchObject({
      tickSize: '0.1',
      fitFromBps: 0,
      bid: { decay: bid.k, rate: bid.A },
    });
    expect(parseMicroPriceFile(readFileSync(table!, 'utf8'), 'mp.json', SWAP, '0.1').buckets).toBe(10);
  });
});

describe('okx-mm calibrate, of data that nothing can be learnt from', () => {
  const isTrade = ({ channel }: { readonly [field: string]: unknown }): boolean => channel === 'trades';
  const short = { seconds: 60 };

  it.each([
    [
      'no trades',
      { ...short, change: (row) => (isTrade(row) ? undefined : row) },
      /expected trades beside the order book/,
    ],
    [
      'no book',
      { ...short, change: (row) => (isTrade(row) ? row : undefined) },
      /expected a book with two sides/,
    ],
    ['a few seconds', { seconds: 5 }, /expected at least 10 s of a market/],
    [
      'sides turned round',
      {
        ...short,
        change: (row) => (isTrade(row) ? { ...row, side: row['side'] === 'buy' ? 'sell' : 'buy' } : row),
      },
      /expected takers who trade at or beyond the fair price/,
    ],
    [
      'crossed books',
      {
        ...short,
        // A bid that stays where a market of a dollar more would have it.
        change: (row) =>
          row['action'] === 'snapshot' || isTrade(row) || Number(row['ts']) % 3_000 > 1_000
            ? row
            : { ...row, bids: [['61950.0', '5', '0', '1']] },
      },
      /expected a book whose best bid is below its best ask/,
    ],
    [
      'prices off the grid',
      { ...short, change: (row) => (isTrade(row) ? { ...row, px: `${String(row['px'])}3` } : row) },
      /:\d+: expected a multiple of BTC-USDT-SWAP's tick 0.1/,
    ],
    [
      'trades of no size',
      { ...short, change: (row) => (isTrade(row) ? { ...row, sz: '0' } : row) },
      /:\d+: expected a multiple of BTC-USDT-SWAP's lot 0.01, was "0"/,
    ],
    [
      'an instrument that nobody knows',
      { ...short, change: (row) => ({ ...row, instId: 'NOBODY-USDT-SWAP' }) },
      /NOBODY-USDT-SWAP: expected its row in the recording/,
    ],
    [
      'a broken row',
      { ...short, change: (row) => (row['tradeId'] === '9' ? { ...row, sz: '-1' } : row) },
      /\.ndjson:\d+: /,
    ],
  ] satisfies [string, Partial<GeneratedMarket>, RegExp][])('%s: says so', async (_, options, expected) => {
    const file = market('bad', options);
    await expect(run(['--data', file])).rejects.toThrow(expected);
    await expect(run(['--data', file])).rejects.toBeInstanceOf(CommandError);
  });

  it('gates that fail are shown, and no model of them is written', async () => {
    const file = market('few', { seconds: 60, rate: 0.5 });
    const text = await printed('--data', file);
    expect(text).toMatch(/sweeps fails: sweeps \d+, reaching \d+; sweepsMin 200, fitSweepsMin 50/);
    expect(text).toContain('not trusted');
    const out = join(folder, 'none.yaml');
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await expect(run(['--data', file, '--out', out])).rejects.toThrow(
      /--out: expected a model whose gates hold/,
    );
  });

  it('does not take what was not recorded for a time without takers', async () => {
    // Most of the time is missing, and what was the book before is not known after.
    const from = Date.UTC(2024, 7, 8, 12, 3, 0);
    let isGap = false;
    const change = (row: { readonly [field: string]: unknown }) => {
      if (Number(row['ts']) > from && Number(row['ts']) < from + 300_000) {
        isGap = true;
        return undefined;
      }
      if (!isGap || isTrade(row)) return row;
      isGap = false;
      const whole = (levels: unknown) => (levels as string[][]).slice(0, 1);
      return { ...row, action: 'snapshot', asks: whole(row['asks']), bids: whole(row['bids']) };
    };
    const { seconds, bid, sigma } = await resultOf('--data', market('hole', { change }));
    expect(Math.abs(seconds - 180)).toBeLessThan(6);
    expect(Math.abs(bid.A! - seenRate(PLAIN))).toBeLessThan(4 * bid.AStandardError!);
    expect(sigma! / PLAIN.sigma).toBeLessThan(1.2);
  });
});

describe('okx-mm calibrate, called wrongly', () => {
  it.each([
    [[], /--data: expected files/],
    [['--data', 'x', '--parts', '1.5'], /--parts: expected a whole number from 0 to 100, was "1.5"/],
    [['--data', 'x', '--fit-from', '-1'], /--fit-from|ambiguous/],
    [['--data', 'x', '--from', '1723161300000', '--to', '1723161200000'], /--to: expected a time after/],
    [['--data', 'x', '--what'], /--what/],
  ])('%j says so', async (argv, expected) => {
    await expect(run(argv)).rejects.toThrow(expected);
    await expect(run(argv)).rejects.toBeInstanceOf(UsageError);
  });

  it.each([
    [['--data', '/none'], /none/],
    [['--data', RECORDED, '--json', '/none/x.json'], /--json: expected a file that can be written/],
    [['--data', RECORDED, '--html', tmpdir()], /--html: expected a file/],
    [['--data', RECORDED, '--instrument', 'ETH-USDT'], /ETH-USDT|market/],
  ])('%j says so', async (argv, expected) => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await expect(run(argv)).rejects.toThrow(expected);
    await expect(run(argv)).rejects.toBeInstanceOf(CommandError);
  });
});
