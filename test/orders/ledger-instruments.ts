import { ContractKind, Instrument, InstrumentState, InstrumentType } from '../../engine/base/instrument.ts';

function instrument(index: number, kind: ContractKind, contractValue: number): Instrument {
  return gridded(index, kind, contractValue, '0.5', '1');
}

/** An instrument of a kind with any grid. */
export function gridded(
  index: number,
  kind: ContractKind,
  contractValue: number,
  tickSz: string,
  lotSz: string,
): Instrument {
  return new Instrument(index, {
    instId: kind === ContractKind.inverse ? 'BTC-USD-SWAP' : 'BTC-USDT',
    instIdCode: 1,
    type: kind === ContractKind.spot ? InstrumentType.spot : InstrumentType.swap,
    kind,
    state: InstrumentState.live,
    baseCcy: 'BTC',
    quoteCcy: 'USDT',
    settleCcy: kind === ContractKind.inverse ? 'BTC' : 'USDT',
    instFamily: '',
    tickSz,
    lotSz,
    minSz: lotSz,
    maxLmtSz: '',
    contractValue,
  });
}

export const LINEAR = 0;
export const INVERSE = 1;
export const ledgerInstruments = [
  instrument(0, ContractKind.linear, 0.01),
  instrument(1, ContractKind.inverse, 100),
];
