import { ContractKind, RuleType } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { INST_TYPES } from '../okx/instrument-rows.ts';
import { InstType } from '../okx/shapes.ts';
import type { RecordedRow } from '../recording/recorded-row.ts';

/** The instrument as GET /api/v5/public/instruments would give it, as far as the journal knows it. */
export function instrumentRow(instrument: Instrument): Omit<RecordedRow, 'ts'> {
  const { fields } = instrument;
  const isSpot = fields.kind === ContractKind.spot;
  // An option that is priced in its coin is what the venue calls inverse.
  const isInverse =
    fields.kind === ContractKind.inverse || (instrument.option !== null && instrument.settlesInBase);
  const isOfDollars = fields.kind === ContractKind.inverse;
  const kindOfContract = {
    uly: instrument.underlying,
    ctVal: plainText(fields.contractValue),
    ctMult: '1',
    ctValCcy: isOfDollars ? fields.quoteCcy : fields.baseCcy,
    ctType: isInverse ? 'inverse' : 'linear',
    settleCcy: fields.settleCcy,
    ...(fields.option === undefined
      ? {}
      : { optType: fields.option.isCall ? 'C' : 'P', stk: plainText(fields.option.strike) }),
  };
  return {
    instId: fields.instId,
    channel: 'instruments',
    // A pair on margin is its spot pair, to the venue that is modelled.
    instType: isSpot ? InstType.spot : INST_TYPES[fields.type],
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
    listTime: String(fields.listMs ?? 0),
    expTime: fields.expiryMs === undefined ? '' : String(fields.expiryMs),
    ruleType: instrument.ruleType === RuleType.perpetual ? 'xperp' : 'normal',
    futureSettlement: instrument.isFuturesSettled,
    groupId: fields.groupId ?? '1',
  };
}

/** No exponent, as decimals are written. */
function plainText(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(18).replace(/0+$/, '').replace(/\.$/, '') : text;
}
