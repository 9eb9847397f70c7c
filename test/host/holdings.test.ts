import { expect, it } from 'vitest';
import { ContractKind, Instrument, InstrumentState, InstrumentType } from '../../engine/base/instrument.ts';
import { Side } from '../../engine/base/side.ts';
import { Holdings } from '../../engine/host/holdings.ts';
import { PositionLedger } from '../../engine/orders/position-ledger.ts';
import { TradeLog } from '../../engine/orders/trade-log.ts';
import type { Balances } from '../../engine/venue/account-rows.ts';

function spot(index: number, baseCcy: string, quoteCcy: string): Instrument {
  return new Instrument(index, {
    instId: `${baseCcy}-${quoteCcy}`,
    instIdCode: index + 1,
    type: InstrumentType.spot,
    kind: ContractKind.spot,
    state: InstrumentState.live,
    baseCcy,
    quoteCcy,
    settleCcy: quoteCcy,
    instFamily: '',
    tickSz: '0.001',
    lotSz: '0.01',
    minSz: '0.01',
    maxLmtSz: '',
    contractValue: 1,
  });
}

function balances(held: Readonly<Record<string, string>>): Balances {
  const rest = { eq: '', availBal: '', frozenBal: '', upl: '', liab: '' };
  return {
    totalEq: '',
    adjEq: '',
    imr: '',
    mmr: '',
    mgnRatio: '',
    uTimeMs: 0,
    details: Object.entries(held).map(([ccy, cashBal]) => ({ ccy, cashBal, ...rest })),
  } as Balances;
}

it('a coin in which another instrument is paid says nothing about trades of its own', () => {
  const instruments = [spot(0, 'BTC', 'USDT'), spot(1, 'ETH', 'BTC')];
  const ledger = new PositionLedger(instruments);
  const holdings = new Holdings(instruments, ledger, new TradeLog(8));
  holdings.settle(balances({ BTC: '3', ETH: '10' }));
  // A hundred coins of ETH for five of BTC.
  ledger.onTrade(1, Side.sell, 50, 10_000);
  expect(holdings.difference([], balances({ BTC: '8', ETH: '-90' }))).toBe('');
  expect(holdings.difference([], balances({ BTC: '8', ETH: '10' }))).toContain('ETH is above');
});

it('two pairs of one coin share its balance', () => {
  const instruments = [spot(0, 'ETH', 'USDT'), spot(1, 'ETH', 'USDC')];
  const ledger = new PositionLedger(instruments);
  const holdings = new Holdings(instruments, ledger, new TradeLog(8));
  holdings.settle(balances({ ETH: '10' }));
  // Five coins bought with one dollar, two sold for the other.
  ledger.onTrade(0, Side.buy, 1_000, 500);
  ledger.onTrade(1, Side.sell, 1_000, 200);
  expect(holdings.difference([], balances({ ETH: '13' }))).toBe('');
  expect(holdings.difference([], balances({ ETH: '15' }))).toBe('ETH is above what trades make it by 2');
  holdings.settle(balances({ ETH: '15' }));
  expect(holdings.difference([], balances({ ETH: '15' }))).toBe('');
});
