import { ContractKind, Instrument, InstrumentState, InstrumentType } from '../../engine/base/instrument.ts';

/** An instrument of which a test needs only the name and the grids. */
export function testInstrument(index: number, instId: string, tickSz: string, lotSz: string): Instrument {
  return new Instrument(index, {
    instId,
    instIdCode: 1,
    type: InstrumentType.spot,
    kind: ContractKind.spot,
    state: InstrumentState.live,
    baseCcy: 'BTC',
    quoteCcy: 'USDT',
    settleCcy: 'USDT',
    instFamily: '',
    tickSz,
    lotSz,
    minSz: lotSz,
    maxLmtSz: '',
    contractValue: 1,
  });
}
