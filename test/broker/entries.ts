import type { FillEntry } from '../../engine/broker/fill-entry.ts';

/** An entry of the ledger: a sale of 100 USDT for which 0.05 USDT was paid. */
export function entry(changes: Partial<FillEntry> = {}): FillEntry {
  return {
    timeMs: Date.parse('2026-11-21T10:00:00Z'),
    account: '1001',
    key: 'aaaaaaaa',
    level: 'Lv1',
    instType: 'SPOT',
    instId: 'BTC-USDT',
    ordId: '11',
    clOrdId: 'c11',
    tag: 'OURCODE',
    tradeId: '1',
    billId: '501',
    side: 'sell',
    price: '65000',
    size: '0.001',
    fee: '-0.05',
    feeCcy: 'USDT',
    isMaker: true,
    volume: '100',
    feeValue: '-0.05',
    ...changes,
  };
}
