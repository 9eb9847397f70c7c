import { ContractKind, Instrument, InstrumentState, InstrumentType } from '../../engine/base/instrument.ts';

/** The code that order operations need; the venue's own for BTC-USDT-SWAP. */
const FIRST_CODE = 10_458;

/** An instrument of a feed: a linear perpetual on the grids that the feed's texts need. */
export function benchInstrument(
  index: number,
  instId: string,
  priceDecimals: number,
  sizeDecimals: number,
): Instrument {
  const lotSz = stepOf(sizeDecimals);
  return new Instrument(index, {
    instId,
    instIdCode: FIRST_CODE + index,
    type: InstrumentType.swap,
    kind: ContractKind.linear,
    state: InstrumentState.live,
    baseCcy: instId.split('-')[0] ?? '',
    quoteCcy: 'USDT',
    settleCcy: 'USDT',
    instFamily: instId.replace(/-SWAP$/, ''),
    tickSz: stepOf(priceDecimals),
    lotSz,
    minSz: lotSz,
    maxLmtSz: '',
    contractValue: 0.01,
  });
}

function stepOf(decimals: number): string {
  return decimals === 0 ? '1' : `0.${'0'.repeat(decimals - 1)}1`;
}
