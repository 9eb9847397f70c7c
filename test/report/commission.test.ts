import { describe, expect, it } from 'vitest';
import { commissionOf } from '../../engine/cli/journal-commission.ts';
import { loadConfig } from '../../engine/config/load-config.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import { commissionTable, totalOf } from '../../engine/report/report-commission.ts';
import type { FillRow, RunResult } from '../../engine/report/run-result.ts';
import { exampleFile } from '../config/example.ts';

const INSTRUMENTS = parseInstruments(recordedInstruments()).fields;
const CONFIG = loadConfig(exampleFile('paper'));

function fill(changes: Partial<FillRow>): FillRow {
  const times = { timeMs: 1_000, venueMs: 1_000 };
  const rest = { value: 0, mid: null, position: 0, isMaker: true } as const;
  const trade = {
    instId: 'BTC-USDT',
    side: 'sell',
    price: 65_000,
    size: 0.01,
    tradeId: '1',
    clOrdId: 'a',
  } as const;
  return { ...times, ...rest, ...trade, fee: -0.2, feeCcy: 'USDT', ...changes };
}

describe('the commission of a run', () => {
  const rows = commissionOf(
    [
      fill({}),
      // The same order, of which the venue paid a part back.
      fill({ tradeId: '2', fee: 0.05 }),
      // Another one, that was paid for on balance.
      fill({ tradeId: '3', clOrdId: 'b', fee: 0.3 }),
      fill({ tradeId: '4', clOrdId: 'c', instId: 'BTC-USDT-SWAP', size: 3, fee: -0.4 }),
    ],
    INSTRUMENTS,
    CONFIG,
  );

  it('is reckoned by order: 0.2 - 0.05 = 0.15, of which a half; nothing of what was paid for', () => {
    expect(rows).toEqual([
      // 3 x 0.01 x 65000.
      {
        instId: 'BTC-USDT',
        orders: 2,
        volume: 1_950,
        fee: 0.15,
        netFee: 0.15,
        expectedRebate: 0.075,
        unpricedFills: 0,
      },
      // 3 contracts x 0.01 x 65000.
      {
        instId: 'BTC-USDT-SWAP',
        orders: 1,
        volume: 1_950,
        fee: -0.4,
        netFee: 0.4,
        expectedRebate: 0.2,
        unpricedFills: 0,
      },
    ]);
    expect(totalOf(rows)).toMatchObject({ orders: 3, volume: 3_900, expectedRebate: 0.275 });
  });

  it('stands in the report, and is left out where there is none', () => {
    const page = commissionTable({ commission: rows } as unknown as RunResult);
    expect(page).toContain('<caption>Commission, in USDT');
    for (const cell of ['BTC-USDT-SWAP', '0.075', '0.275']) expect(page).toContain(cell);
    expect(commissionTable({} as unknown as RunResult)).toBe('');
  });

  it('is none of a journal of before there were shares', () => {
    expect(commissionOf([fill({})], INSTRUMENTS, {})).toEqual([]);
  });
});
