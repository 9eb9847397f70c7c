import type { OrderDay } from './commission-ledger.ts';
import { IfRebate } from './eligibility.ts';
import { ExactDecimal } from './exact-decimal.ts';
import { Earning, eligibilityAt, isCappedTier, VIP_NONE, vipOf } from './expected-rebate.ts';
import type { Expected, RebateTerms } from './expected-rebate.ts';
import type { ReportRow } from './rebate-report.ts';
import type { RebateReport } from './report-store.ts';

/** Why an order's rebate is what it is: one word a row. */
export const Reason = {
  /** Reported as expected, to the last unit. */
  matched: 'matched',
  /** Less apart than the venue rounds. */
  rounding: 'rounding',
  /** No report covers the day yet. */
  pending: 'pending',
  /** Reported on another day than it was traded. */
  late: 'late',
  /** Nothing is due: no fee was paid on balance. */
  noFee: 'no fee',
  /** No price of its fee was known: what to expect is not known either. */
  unpriced: 'no price',
  /** In the ledger, and in no report. */
  missing: 'missing',
  /** In a report, and not in the ledger. */
  extra: 'extra',
  /** The account, of VIP5 or VIP6, has brought all that it may this month. */
  capped: 'capped',
  /** VIP7 and above bring nothing. */
  vip: 'vip',
  marketMaker: 'market maker',
  /** The broker's standing had expired. */
  expired: 'expired',
  msa: 'msa',
  /** The order carried another code or none: nothing comes of it. */
  tagMissing: 'tag missing',
  /** The fee was paid in a coin, for which the venue reckons with another price. */
  conversion: 'price of coin',
  /** The report counts another fee than our fills. */
  fee: 'fee differs',
  /** The same fee, of which counterparties, cards or inviters were given a part before the rebate was reckoned. */
  feeBase: 'fee base',
  /** The same base, and another share of it than configured. */
  share: 'share differs',
  /** Another share because somebody else has invited the account. */
  affiliated: 'affiliated',
  unexplained: 'unexplained',
} as const;
export type Reason = (typeof Reason)[keyof typeof Reason];

/** What somebody has to look at: money that was due and did not come, or cannot be explained. */
export const OPEN_REASONS: ReadonlySet<Reason> = new Set([
  Reason.unpriced,
  Reason.missing,
  Reason.extra,
  Reason.tagMissing,
  Reason.fee,
  Reason.share,
  Reason.unexplained,
]);

/** A row of a report, with what it came with. */
export interface Told {
  readonly row: ReportRow;
  readonly report: RebateReport;
  readonly day: string;
  /** It tells of a day that its report is not of, or of another day than the fills. */
  readonly isLate: boolean;
}

export interface Compared {
  readonly row: OrderDay;
  readonly expected: Expected;
  readonly told: Told | undefined;
  /** What was reported less what was expected; undefined while no report covers the day. */
  readonly difference: ExactDecimal | undefined;
  readonly terms: RebateTerms;
}

/** Of what earns nothing, whatever is reported. */
const OF_EARNING: Partial<Record<Earning, Reason>> = {
  [Earning.noFee]: Reason.noFee,
  [Earning.foreignTag]: Reason.tagMissing,
  [Earning.marketMaker]: Reason.marketMaker,
  [Earning.vip]: Reason.vip,
  [Earning.expired]: Reason.expired,
  [Earning.msa]: Reason.msa,
};

/** The first that holds, from what explains all to what explains a part. */
export function reasonOf(compared: Compared): Reason {
  const { expected, told, difference } = compared;
  const ofEarning = OF_EARNING[expected.earning];
  if (ofEarning !== undefined) {
    if (compared.row.unpriced > 0 && expected.earning === Earning.noFee) return Reason.unpriced;
    return difference === undefined || difference.isZero ? ofEarning : Reason.unexplained;
  }
  if (difference === undefined) return Reason.pending;
  if (told === undefined) return missingReason(compared);
  if (difference.magnitude().compare(roundingOf(told, compared.row.fills)) <= 0) {
    if (expected.earning === Earning.capped) return Reason.capped;
    // Late explains a day, and no amount.
    if (told.isLate) return Reason.late;
    return difference.isZero ? Reason.matched : Reason.rounding;
  }
  return standingReason(compared, told) ?? amountReason(compared, told);
}

function missingReason({ row, expected, terms }: Compared): Reason {
  if (expected.earning === Earning.capped) return Reason.capped;
  const type = eligibilityAt(terms.eligibility, row)?.type;
  return type === IfRebate.capped ? Reason.capped : Reason.missing;
}

/** The venue rounds each fill, and adds up: a unit of its last digit for each. */
function roundingOf({ report }: Told, fills: number): ExactDecimal {
  return ExactDecimal.unit(report.decimals).times(ExactDecimal.ofNumber(fills));
}

/** What the account is, where less came than expected. */
function standingReason(
  { row, expected, difference, terms }: Compared,
  { row: told }: Told,
): Reason | undefined {
  if (expected.earning === Earning.capped) return Reason.capped;
  if (difference!.isPositive) return undefined;
  const level = told.level === '' ? row.level : told.level;
  if (told.brokerRebate.isZero && vipOf(level) >= VIP_NONE) return Reason.vip;
  if (told.brokerRebate.isZero && eligibilityAt(terms.eligibility, row)?.type === IfRebate.capped)
    return Reason.capped;
  // All that leads to the rebate is as expected, and less came of it: with this order the month's sum was reached.
  return isCappedTier(level) && isOwnFee(row, told) && !hasSmallerBase(told) ? Reason.capped : undefined;
}

/** Which of the amounts that lead to the rebate differs first. */
function amountReason({ row, terms }: Compared, { row: told }: Told): Reason {
  if (row.unpriced > 0) return Reason.unpriced;
  if (!isOwnFee(row, told)) return isConversion(row, told) ? Reason.conversion : Reason.fee;
  const share = (told.isAffiliated ? terms.affiliatedShare : terms.share)[row.product];
  const reckoned = baseOf(told).times(ExactDecimal.ofNumber(share));
  const isOurShare = reckoned.minus(told.brokerRebate).magnitude().compare(toleranceOf(row)) <= 0;
  if (isOurShare && hasSmallerBase(told)) return Reason.feeBase;
  if (told.isAffiliated) return Reason.affiliated;
  return isOurShare ? Reason.unexplained : Reason.share;
}

/** Amounts in USDT are shown rounded. */
const FEE_TOLERANCE = ExactDecimal.of('0.00000001');
/** Prices of a coin at the trade and at the time of reckoning are hardly farther apart than this. */
const COIN_PRICE_SHARE = ExactDecimal.of('0.02');

function toleranceOf({ fills }: OrderDay): ExactDecimal {
  return FEE_TOLERANCE.times(ExactDecimal.ofNumber(fills));
}

function isOwnFee(row: OrderDay, { fee }: ReportRow): boolean {
  return row.fee.magnitude().minus(fee.magnitude()).magnitude().compare(toleranceOf(row)) <= 0;
}

function isConversion(row: OrderDay, { fee }: ReportRow): boolean {
  const own = row.fee.magnitude();
  const apart = own.minus(fee.magnitude()).magnitude();
  return row.isConverted && apart.compare(own.times(COIN_PRICE_SHARE)) <= 0;
}

/** What the venue takes its share of. */
function baseOf({ settlementFee, netFee, fee }: ReportRow): ExactDecimal {
  return (settlementFee ?? netFee ?? fee).magnitude();
}

function hasSmallerBase(told: ReportRow): boolean {
  return baseOf(told).compare(told.fee.magnitude()) < 0;
}
