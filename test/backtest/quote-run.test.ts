import { describe, expect, it } from 'vitest';
import { runQuotes } from '../../engine/backtest/quote-run.ts';
import type { QuoteRunOptions, QuoteRunResult } from '../../engine/backtest/quote-run.ts';
import type { AccountLevel, InstrumentRow } from '../../engine/paper/exchange/exchange.ts';
import { fixtureAnswer } from '../okx/okx-fixtures.ts';

/** When the answers were recorded: none of what they list has expired. */
const RECORDED_MS = Date.UTC(2026, 3, 26, 12);

function rowsOf(name: string): InstrumentRow[] {
  return fixtureAnswer(`instruments-${name}-2026-04-26.json.gz`).data as unknown as InstrumentRow[];
}

function quotesOf(
  rows: readonly InstrumentRow[],
  accountLevel: AccountLevel = '2',
  priceIn: QuoteRunOptions['priceIn'] = 'coin',
): Promise<QuoteRunResult> {
  return runQuotes({
    rows,
    startMs: RECORDED_MS,
    seconds: 2,
    batchSize: 100,
    accountLevel,
    priceIn,
    seed: 1,
  });
}

describe("every instrument of OKX's own answers is quoted on both sides, and no order of it refused", () => {
  it.each([
    ['spot', 'SPOT', 1_218],
    ['swap', 'SWAP', 312],
    ['futures', 'FUTURES', 32],
    ['option-btc-usd', 'OPTION', 768],
  ])(
    '%s',
    async (name, type, count) => {
      const { quoted, unquoted, refusals, orders } = await quotesOf(rowsOf(name));
      expect({ quoted, unquoted, refusals }).toEqual({
        quoted: { [type]: count },
        unquoted: [],
        refusals: [],
      });
      expect(orders).toBeGreaterThanOrEqual(2 * count);
    },
    120_000,
  );

  it.each(['3', '4'] as const)(
    'in an account of level %s, where spot is crossed',
    async (level) => {
      const some = ['spot', 'swap', 'futures', 'option-btc-usd'].flatMap((name) => rowsOf(name).slice(0, 20));
      const { quoted, unquoted, refusals } = await quotesOf(some, level);
      expect({ quoted, unquoted, refusals }).toEqual({
        quoted: { SPOT: 20, SWAP: 20, FUTURES: 20, OPTION: 20 },
        unquoted: [],
        refusals: [],
      });
    },
    120_000,
  );
});

it.each(['usd', 'volatility'] as const)(
  'options are quoted in %s as well',
  async (priceIn) => {
    // Half of them in the coin, half in dollars; by every tenth, all expiries and strikes.
    const rows = rowsOf('option-btc-usd').filter((_, index) => index % 10 === 0);
    const { quoted, unquoted, refusals } = await quotesOf(rows, '3', priceIn);
    expect({ quoted, unquoted, refusals }).toEqual({ quoted: { OPTION: 77 }, unquoted: [], refusals: [] });
  },
  120_000,
);

it('tells of what the venue refuses, and of what is not quoted', async () => {
  const [row] = rowsOf('swap');
  // No order is worth so little.
  const tiny = { ...row!, maxLmtAmt: '0.001' };
  const { unquoted, refusals } = await quotesOf([tiny]);
  expect(unquoted).toEqual([{ instId: row!['instId'], bids: 0, asks: 0 }]);
  expect(refusals).toMatchObject([{ sCode: '51185' }]);
});
