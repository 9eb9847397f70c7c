import { createHmac } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { JournalReader, recordText } from '../../engine/journal/journal-reader.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';
import { EngineProcess, Scratch, exampleConfig, sumOf } from './engine-process.ts';
import { ROOT, RunningProcess, until } from './running-process.ts';
import { KEY, KEYS, KEYS_ENV, PASSPHRASE, SECRET, VenueProcess } from './venue-process.ts';

/** What a running engine writes down, read by the commands: all of it, no secret, and what a kill -9 leaves. */

const TAG = 'E2EJOURNAL';
const INSTRUMENTS = ['BTC-USDT', 'BTC-USDT-SWAP'];
const OKX_MM = join(ROOT, 'dist', 'engine', 'cli', 'okx-mm.js');

const scratch = new Scratch();
afterEach(() => RunningProcess.endAll());
afterAll(() => scratch.remove());

async function start(): Promise<{ venue: VenueProcess; engine: EngineProcess; directory: string }> {
  const markets = INSTRUMENTS.flatMap((instId) => ['--market', instId]);
  const venue = await VenueProcess.start(0, [...markets, '--seed', '5'], [KEYS]);
  const config = exampleConfig({ ...venue.config, depthChannel: 'books' });
  config['tag'] = TAG;
  config.instruments = config.instruments.filter(({ instId }) => INSTRUMENTS.includes(instId));
  // At the market: a fill every second or so.
  for (const { strategy } of config.instruments) {
    Object.assign(strategy, { halfSpreadBps: 0.05, levelStepBps: 0.5 });
  }
  const engine = new EngineProcess(['--config', scratch.write(config)], { env: KEYS_ENV });
  await engine.quotesEverything();
  return { venue, engine, directory: join(engine.state, 'journal') };
}

/** What a command of okx-mm prints. */
async function okxMm(...args: readonly string[]): Promise<string> {
  const command = new RunningProcess(process.execPath, [OKX_MM, ...args]);
  expect(await command.ended(), command.output).toEqual({ code: 0, signal: null });
  return command.stdout;
}

async function rowsOf(table: string, directory: string): Promise<Record<string, unknown>[]> {
  const text = await okxMm('journal', 'export', table, directory, '--format', 'ndjson');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The files' bytes, and the records as they were before they were deflated. */
function everythingOf(directory: string): string {
  const files = readdirSync(directory).map((name) => readFileSync(join(directory, name)).toString('latin1'));
  const reader = JournalReader.open(directory);
  const records = [...reader.records(reader.newestRun())].map(recordText);
  return [...files, ...records].join('\n');
}

function checkSecrets(everything: string): void {
  for (const secret of [KEY, SECRET, PASSPHRASE]) expect(everything).not.toContain(secret);
  expect(everything).not.toContain('"op":"login"');
  // Nor any signature: all are base64 of as many bytes as this one.
  const { length } = createHmac('sha256', SECRET).update('').digest('base64');
  expect(new RegExp(`"sign":"[A-Za-z0-9+/=]{${length}}"`).test(everything)).toBe(false);
}

describe('the journal of an engine', () => {
  it('holds what it did and no secret, and its exports are what venue and metrics say', async () => {
    const { venue, engine, directory } = await start();
    await until(
      'fills',
      async () => {
        return sumOf(await engine.metrics(), 'okxmm_fills_total') >= 5 || undefined;
      },
      30_000,
    );
    const metrics = await engine.metrics();
    expect(sumOf(metrics, 'okxmm_journal_records_total')).toBeGreaterThan(100);
    expect(sumOf(metrics, 'okxmm_journal_lost_total')).toBe(0);
    expect(sumOf(metrics, 'okxmm_journal_failing')).toBe(0);
    engine.process.kill('SIGTERM');
    expect(await engine.process.ended(), engine.process.output).toEqual({ code: 0, signal: null });

    const list = (await okxMm('journal', 'ls', directory, '--json')).trim().split('\n');
    expect(list).toHaveLength(1);
    expect(JSON.parse(list[0]!)).toMatchObject({ end: 'complete', lost: 0, firstSequence: 0, damaged: 0 });
    checkSecrets(everythingOf(directory));

    // Every trade of the account is one row, by name, price, size and fee.
    const told = (await venue.fills(KEYS)).map(({ instId, tradeId, side, fillPx, fillSz, fee }) => ({
      instId,
      tradeId,
      side,
      price: Number(fillPx),
      size: Number(fillSz),
      fee: Number(fee),
    }));
    const rows = (await rowsOf('fills', directory)).map(({ instId, tradeId, side, price, size, fee }) => ({
      instId,
      tradeId,
      side,
      price: Number(price),
      size: Number(size),
      fee: Number(fee),
    }));
    const byId = (a: { tradeId: unknown }, b: { tradeId: unknown }): number =>
      String(a.tradeId) < String(b.tradeId) ? -1 : 1;
    expect(rows.sort(byId)).toEqual(told.sort(byId));
    expect(rows.length).toBeGreaterThanOrEqual(5);

    // Every place and amend that reached the venue is one row, with its answer; cancels may also go by REST.
    const received = (await venue.received()).filter(({ kind }) => kind !== 'cancel');
    const orders = await rowsOf('orders', directory);
    const sent = orders.filter(({ op }) => !String(op).includes('cancel'));
    const key = (clOrdId: unknown, code: unknown): string => `${String(clOrdId)} ${String(code)}`;
    expect(sent.map(({ clOrdId, code }) => key(clOrdId, code)).sort()).toEqual(
      received.map(({ clOrdId, sCode }) => key(clOrdId, sCode)).sort(),
    );
    expect(orders.length).toBeGreaterThan(sent.length);

    const latencies = await rowsOf('latencies', directory);
    const timed = latencies.filter(({ kind }) => kind === 'order');
    expect(timed.length).toBeGreaterThan(5);
    for (const { roundTripMs, entryMs, gatewayMs, responseMs } of timed) {
      expect(Number(roundTripMs)).toBeGreaterThan(0);
      expect(Number(gatewayMs)).toBeGreaterThanOrEqual(0);
      expect(Number(entryMs) + Number(gatewayMs) + Number(responseMs)).toBeCloseTo(Number(roundTripMs), 5);
    }
    expect(latencies.some(({ kind }) => kind === 'feed')).toBe(true);
    const quotes = await rowsOf('quotes', directory);
    expect(new Set(quotes.map(({ instId }) => instId))).toEqual(new Set(INSTRUMENTS));
  }, 90_000);

  it('that is killed reads up to what it had written, and has no end', async () => {
    const { engine, directory } = await start();
    await until(
      'a megabyte of records',
      async () => {
        return sumOf(await engine.metrics(), 'okxmm_journal_bytes_total') > 1e6 || undefined;
      },
      30_000,
    );
    const before = sumOf(await engine.metrics(), 'okxmm_journal_stored_bytes_total');
    engine.process.kill('SIGKILL');
    expect(await engine.process.ended()).toEqual({ code: null, signal: 'SIGKILL' });
    const reader = JournalReader.open(directory);
    const info = reader.run(reader.newestRun());
    expect(info).toMatchObject({ firstSequence: 0, lost: 0, damaged: 0 });
    expect(info.end).not.toBe('complete');
    expect(info.storedBytes).toBeGreaterThanOrEqual(before);
    const records = [...reader.records(info.run)];
    expect(records).toHaveLength(info.records);
    expect(records[0]!.kind).toBe(RecordKind.start);
    checkSecrets(everythingOf(directory));
    expect(await okxMm('journal', 'stats', directory)).toContain('frame public');
  }, 60_000);
});
