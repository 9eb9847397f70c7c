import { ContractKind, InstrumentType } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import type { RecordedRow } from '../recording/recorded-row.ts';

const TYPE_NAMES: Readonly<Record<InstrumentType, string>> = {
  [InstrumentType.spot]: 'SPOT',
  [InstrumentType.margin]: 'MARGIN',
  [InstrumentType.swap]: 'SWAP',
  [InstrumentType.futures]: 'FUTURES',
  [InstrumentType.option]: 'OPTION',
  [InstrumentType.events]: 'EVENTS',
};

/** The instrument as GET /api/v5/public/instruments would give it, as far as the journal knows it. */
export function instrumentRow(instrument: Instrument): Omit<RecordedRow, 'ts'> {
  const { fields } = instrument;
  const isSpot = fields.kind === ContractKind.spot;
  const kindOfContract = {
    uly: `${fields.baseCcy}-${fields.quoteCcy}`,
    ctVal: plainText(fields.contractValue),
    ctMult: '1',
    ctValCcy: fields.kind === ContractKind.inverse ? fields.quoteCcy : fields.baseCcy,
    ctType: fields.kind === ContractKind.inverse ? 'inverse' : 'linear',
    settleCcy: fields.settleCcy,
  };
  return {
    instId: fields.instId,
    channel: 'instruments',
    instType: TYPE_NAMES[fields.type],
    instIdCode: fields.instIdCode,
    instFamily: fields.instFamily,
    baseCcy: isSpot ? fields.baseCcy : '',
    quoteCcy: isSpot ? fields.quoteCcy : '',
    ...(isSpot
      ? { uly: '', ctVal: '', ctMult: '', ctValCcy: '', ctType: '', settleCcy: '' }
      : kindOfContract),
    tickSz: fields.tickSz,
    lotSz: fields.lotSz,
    minSz: fields.minSz,
    maxLmtSz: fields.maxLmtSz,
    maxMktSz: fields.maxLmtSz,
    maxLmtAmt: '',
    maxMktAmt: '',
    lever: isSpot ? '' : '100',
    state: 'live',
    listTime: '0',
    expTime: '',
    groupId: '1',
  };
}

/** No exponent, as decimals are written. */
function plainText(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(18).replace(/0+$/, '').replace(/\.$/, '') : text;
}
