import type { InstrumentFields } from '../base/instrument.ts';
import { CommissionLedger, netFeeOf } from '../broker/commission-ledger.ts';
import type { OrderDay } from '../broker/commission-ledger.ts';
import { ExactDecimal } from '../broker/exact-decimal.ts';
import { RebateExpectation } from '../broker/expected-rebate.ts';
import type { FillEntry } from '../broker/fill-entry.ts';
import { fillValue } from '../broker/fill-value.ts';
import type { Config } from '../config/schema.ts';
import { INST_TYPES } from '../okx/instrument-rows.ts';
import type { CommissionRow, FillRow } from '../report/run-result.ts';

/**
 * What the fills of a run bring a broker, by instrument, by the shares of its configuration. A journal says nothing of the
 * account's tier, and tells no index: what is priced in another coin is left out, and counted.
 *
 * @param config of the run; one of before there were shares has none, and nothing is reckoned
 */
export function commissionOf(
  fills: readonly FillRow[],
  instruments: readonly InstrumentFields[],
  config: Partial<Pick<Config, 'broker'>>,
): CommissionRow[] {
  const { broker } = config;
  if (broker === undefined) return [];
  const fields = new Map(instruments.map((each) => [each.instId, each]));
  const ledger = new CommissionLedger();
  for (const fill of fills) {
    const terms = fields.get(fill.instId);
    if (terms !== undefined) ledger.add(entryOf(fill, terms));
  }
  const { share, affiliatedShare, isMarketMaker } = broker;
  const none = { monthlyCap: undefined, eligibility: [] };
  const expectation = new RebateExpectation({ tag: '', share, affiliatedShare, isMarketMaker, ...none });
  const byInstrument = new Map<string, { row: OrderDay; rebate: ExactDecimal }[]>();
  for (const row of ledger.rows()) {
    const rows = byInstrument.get(row.instId) ?? [];
    rows.push({ row, rebate: expectation.next(row).rebate });
    byInstrument.set(row.instId, rows);
  }
  return [...byInstrument].map(([instId, rows]) => {
    const sum = (of: (each: (typeof rows)[number]) => ExactDecimal): number =>
      rows.reduce((total, each) => total.plus(of(each)), ExactDecimal.zero).toNumber();
    return {
      instId,
      orders: rows.length,
      volume: sum(({ row }) => row.volume),
      fee: sum(({ row }) => row.fee),
      netFee: sum(({ row }) => netFeeOf(row)),
      expectedRebate: sum(({ rebate }) => rebate),
      unpricedFills: rows.reduce((total, { row }) => total + row.unpriced, 0),
    };
  });
}

function entryOf(fill: FillRow, terms: InstrumentFields): FillEntry {
  const { instId, side, feeCcy, isMaker, tradeId, clOrdId } = fill;
  const [price, size, fee] = [String(fill.price), String(fill.size), String(fill.fee ?? 0)];
  const { volume, fee: feeValue } = fillValue(terms, { price, size, fee, feeCcy, indexPrice: '' });
  return {
    timeMs: fill.timeMs,
    account: '',
    key: '',
    level: '',
    instType: INST_TYPES[terms.type],
    instId,
    // A journal names orders by our own ids.
    ordId: clOrdId,
    clOrdId,
    tag: '',
    tradeId,
    billId: '',
    side,
    price,
    size,
    fee,
    feeCcy,
    isMaker,
    volume: volume?.toString() ?? '',
    feeValue: feeValue?.toString() ?? '',
  };
}
