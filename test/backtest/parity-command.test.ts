import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ParityResult } from '../../engine/backtest/parity.ts';
import { CommandError } from '../../engine/cli/command-error.ts';
import { run } from '../../engine/cli/parity.ts';
import { MemoryJournal } from '../../engine/journal/memory-journal.ts';
import { journaledBacktest, tradedMarket } from './journaled-backtest.ts';
import { configOf } from './market.ts';

const folder = mkdtempSync(join(tmpdir(), 'parity-command-'));
const journals = join(folder, 'journal');

afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

let first = 0;

function keep(run: number, bytes: Uint8Array): void {
  writeFileSync(join(journals, `run-${String(run).padStart(8, '0')}-000000.okxj`), bytes);
}

beforeAll(async () => {
  mkdirSync(journals);
  const { journal, run: number } = await journaledBacktest(tradedMarket(1, 5), configOf());
  first = number;
  keep(first, journal.bytes());
  // A process that ended before it had a market: of the same second, with a higher number.
  keep(first + 1, new MemoryJournal({ run: first + 1 }).bytes());
});

async function printed(...args: string[]): Promise<string> {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  expect(await run([journals, ...args])).toBe(0);
  return text;
}

describe('okx-mm parity', () => {
  it('prints the comparison, and writes page, JSON and market', async () => {
    const [json, html, market] = ['p.json', 'p.html', 'market.ndjson.gz'].map((name) => join(folder, name));
    const files = ['--json', json!, '--report', html!, '--market', market!];
    const text = await printed('--run', String(first), ...files);
    const { real, model, rows } = JSON.parse(readFileSync(json!, 'utf8')) as ParityResult;
    expect(text).toMatch(new RegExp(`^fills +${real.fills} +${model.fills} `, 'm'));
    expect(text).toContain('orders in their queues');
    expect(text).not.toMatch(/NaN|undefined|Infinity|null/);
    expect(rows.length).toBeGreaterThan(20);
    const page = readFileSync(html!, 'utf8');
    expect(page).toContain('<!doctype html>');
    expect(page).not.toMatch(/NaN|undefined<|Infinity/);
    expect(readFileSync(market!).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
  });

  it.each([
    ['a journal that is not there', ['/none'], /\/none: expected a journal's directory/],
    ['a run that is not there', [journals, '--run', '5'], /expected run 5, was only/],
    ['a run without records', [journals, '--run', 'second'], /expected records, was an empty run/],
    [
      'a folder for the page',
      [journals, '--run', 'first', '--report', tmpdir()],
      /--report: expected a file/,
    ],
    ['a market nowhere', [journals, '--run', 'first', '--market', '/none/m.ndjson.gz'], /ENOENT/],
  ])('with %s says so', async (_, args, expected) => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const names: Readonly<Record<string, number>> = { first, second: first + 1 };
    const given = args.map((arg) => String(names[arg] ?? arg));
    await expect(run(given)).rejects.toThrow(expected);
    await expect(run(given)).rejects.toBeInstanceOf(CommandError);
  });

  it.each([
    [['--run', 'x'], /--run: expected the number of a run/],
    [['a', 'b'], /expected one journal/],
    [['--market', 'm.csv'], /--market: expected a name that ends in/],
    [['--speed'], /Unknown option/],
  ])('with %j is used wrongly', async (args, expected) => {
    await expect(run(args)).rejects.toThrow(expected);
  });
});
