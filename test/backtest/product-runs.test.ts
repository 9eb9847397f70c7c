import { expect, it } from 'vitest';
import { runQuotes } from '../../engine/backtest/quote-run.ts';
import type { QuoteRunOptions, QuoteRunResult } from '../../engine/backtest/quote-run.ts';
import type { InstrumentRow } from '../../engine/paper/exchange/exchange.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';

const RECORDED_MS = Date.UTC(2026, 3, 26, 12);
const ROWS = recordedInstruments() as InstrumentRow[];

function quotesOf(names: readonly string[], options: Partial<QuoteRunOptions>): Promise<QuoteRunResult> {
  const rows = names.map((name) => ROWS.find(({ instId }) => instId === name)!);
  return runQuotes({
    rows,
    startMs: RECORDED_MS,
    seconds: 4,
    batchSize: 10,
    accountLevel: '2',
    seed: 1,
    ...options,
  });
}

it.each(['cross', 'isolated'])('pairs on margin are quoted in mode %s', async (tradeMode) => {
  const changes = { product: 'margin', tradeMode, marginCcy: 'USDT' };
  const { quoted, unquoted, refusals } = await quotesOf(['BTC-USDT', 'ETH-USDT'], { changes });
  expect({ quoted, unquoted, refusals }).toEqual({ quoted: { SPOT: 2 }, unquoted: [], refusals: [] });
});

it('contracts are quoted in mode isolated', async () => {
  const names = ['BTC-USDT-SWAP', 'BTC-USD-SWAP', 'BTC-USD-261225'];
  const { unquoted, refusals } = await quotesOf(names, {
    changes: { tradeMode: 'isolated' },
    accountLevel: '3',
  });
  expect({ unquoted, refusals }).toEqual({ unquoted: [], refusals: [] });
});

it('options are quoted under market maker protection', async () => {
  const names = ['BTC-USD-261225-80000-C', 'BTC-USD-261225-80000-P'];
  const changes = { mmp: { isOn: true, timeIntervalMs: 1_000, frozenMs: 1_000, qtyLimit: '100' } };
  const { quoted, unquoted, refusals, kinds } = await quotesOf(names, { changes, accountLevel: '4' });
  expect({ quoted, unquoted, refusals }).toEqual({ quoted: { OPTION: 2 }, unquoted: [], refusals: [] });
  expect(kinds).toEqual(['mmp_and_post_only']);
});

it('the first levels are RPI orders', async () => {
  const changes = { strategy: { rpiLevels: 1 } };
  const { quoted, unquoted, refusals, kinds } = await quotesOf(['BTC-USDT-SWAP'], {
    changes,
    mayRpi: true,
    sizes: 1_000,
  });
  expect({ quoted, unquoted, refusals }).toEqual({ quoted: { SWAP: 1 }, unquoted: [], refusals: [] });
  expect(kinds).toEqual(['post_only', 'rpi']);
});
