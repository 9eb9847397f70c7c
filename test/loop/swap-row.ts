import { Instrument } from '../../engine/base/instrument.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';

/** A row of the instruments channel, with the fields that the engine reads. Near 1000.0 a basis point is a tick. */
export function swapRow(coin: string, changes: Readonly<Record<string, unknown>> = {}): object {
  return {
    instType: 'SWAP',
    instId: `${coin}-USDT-SWAP`,
    instIdCode: coin === 'BTC' ? 10_459 : 10_461,
    uly: `${coin}-USDT`,
    instFamily: `${coin}-USDT`,
    baseCcy: '',
    quoteCcy: '',
    settleCcy: 'USDT',
    ctVal: '0.01',
    ctMult: '1',
    ctType: 'linear',
    tickSz: '0.1',
    lotSz: '1',
    minSz: '1',
    maxLmtSz: '1000000',
    state: 'live',
    ...changes,
  };
}

export function swap(coin: string, index = 0, changes: Readonly<Record<string, unknown>> = {}): Instrument {
  return new Instrument(index, parseInstruments([swapRow(coin, changes)]).fields[0]!);
}
