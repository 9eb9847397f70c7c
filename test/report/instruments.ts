import { ContractKind, Instrument, InstrumentState, InstrumentType } from '../../engine/base/instrument.ts';

const shared = {
  instIdCode: 1,
  state: InstrumentState.live,
  baseCcy: 'BTC',
  maxLmtSz: '1000000',
};

/** A contract of 0.01 BTC in USDT, by tenths. */
export const linear = new Instrument(0, {
  ...shared,
  instId: 'BTC-USDT-SWAP',
  type: InstrumentType.swap,
  kind: ContractKind.linear,
  quoteCcy: 'USDT',
  settleCcy: 'USDT',
  instFamily: 'BTC-USDT',
  tickSz: '0.1',
  lotSz: '0.1',
  minSz: '0.1',
  contractValue: 0.01,
});

export const spot = new Instrument(0, {
  ...shared,
  instId: 'BTC-USDT',
  type: InstrumentType.spot,
  kind: ContractKind.spot,
  quoteCcy: 'USDT',
  settleCcy: 'USDT',
  instFamily: '',
  tickSz: '0.1',
  lotSz: '0.00000001',
  minSz: '0.00001',
  contractValue: 1,
});

/** A contract of 100 dollars, settled in BTC. */
export const inverse = new Instrument(0, {
  ...shared,
  instId: 'BTC-USD-SWAP',
  type: InstrumentType.swap,
  kind: ContractKind.inverse,
  quoteCcy: 'USD',
  settleCcy: 'BTC',
  instFamily: 'BTC-USD',
  tickSz: '0.1',
  lotSz: '1',
  minSz: '1',
  contractValue: 100,
});
