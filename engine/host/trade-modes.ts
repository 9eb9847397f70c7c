/**
 * Which way an account of a level may trade a product: OKX's `tdMode` by account level and type of instrument
 * (OKX documentation, account modes, read 2026-07-28; error 50072 since 2025-07-30).
 *
 *     level             spot    margin pair            swap, futures        options
 *     1 spot            cash    -                      -                    -   (it buys them only)
 *     2 futures         cash    cross, isolated + ccy  cross, isolated      cross, isolated
 *     3 multi-currency  cross   (spot in mode cross)   cross, isolated      cross, isolated
 *     4 portfolio       cross   (spot in mode cross)   cross, isolated      cross, isolated
 */
import { InstrumentType, RpiPermission } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import type { InstrumentConfig } from '../config/schema.ts';

/** What of its configuration this kind of account does not allow, with what to change; '' when it may be traded. */
export function tradeModeProblem(acctLv: string, instrument: Instrument, config: InstrumentConfig): string {
  const { type } = instrument;
  if (type === InstrumentType.margin) return marginProblem(acctLv, config);
  if (config.marginCcy !== undefined) {
    return `marginCcy: expected none but with product: margin, was "${config.marginCcy}"; remove it`;
  }
  const allowed = modesOf(acctLv, type);
  if (allowed.length === 0) {
    return `instId: expected spot only in account level 1, was ${instrument.instId}; switch the account to futures mode`;
  }
  if (!allowed.includes(config.tradeMode)) {
    const expected = allowed.map((mode) => `"${mode}"`).join(' or ');
    return `tradeMode: expected ${expected} for ${instrument.instId} in account level ${acctLv}, was "${config.tradeMode}"`;
  }
  return orderKindProblem(acctLv, instrument, config);
}

function modesOf(acctLv: string, type: InstrumentType): readonly string[] {
  if (type === InstrumentType.spot) return Number(acctLv) < 3 ? ['cash'] : ['cross'];
  return acctLv === '1' ? [] : ['cross', 'isolated'];
}

function marginProblem(acctLv: string, { instId, tradeMode, marginCcy }: InstrumentConfig): string {
  if (acctLv !== '2') {
    const instead =
      acctLv === '1'
        ? 'switch the account to futures mode'
        : 'in this level spot in mode cross borrows by itself: remove product';
    return `product: expected margin in account level 2 only, was in level ${acctLv} for ${instId}; ${instead}`;
  }
  if (tradeMode === 'cash') {
    return `tradeMode: expected "cross" or "isolated" for ${instId} on margin, was "cash"`;
  }
  return marginCcy === undefined
    ? `marginCcy: expected the currency that backs orders of ${instId} on margin, such as "USDT", was absent; set it`
    : '';
}

function orderKindProblem(acctLv: string, instrument: Instrument, config: InstrumentConfig): string {
  const { instId, rpi } = instrument;
  const { mmp, strategy } = config;
  const isOption = instrument.option !== null;
  if (mmp.isOn && !(isOption && acctLv === '4')) {
    return `mmp.isOn: expected false but for options in account level 4, was true for ${instId} in level ${acctLv}`;
  }
  if (strategy.priceIn !== 'coin' && !isOption) {
    return `strategy.priceIn: expected "coin" for what is no option, was "${strategy.priceIn}" for ${instId}`;
  }
  if (strategy.rpiLevels > 0 && rpi !== RpiPermission.allowed) {
    const why = rpi === RpiPermission.pairOnly ? 'this account may not place them' : 'the pair has none';
    return `strategy.rpiLevels: expected 0 for ${instId}, since ${why}, was ${strategy.rpiLevels}`;
  }
  return '';
}
