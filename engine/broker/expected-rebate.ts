/**
 * What a broker may expect of an order: a share of the net fee, by product.
 *
 * Nothing comes of an order without the broker's code, without a fee on balance, of a market maker, of an account of VIP7
 * or above (broker guide), of an MSA account, or while the broker's standing has expired. Accounts of VIP5 and VIP6 give
 * rebates up to a sum a month.
 */
import { netFeeOf } from './commission-ledger.ts';
import type { OrderDay, Product } from './commission-ledger.ts';
import { IfRebate } from './eligibility.ts';
import type { Eligibility } from './eligibility.ts';
import { ExactDecimal } from './exact-decimal.ts';

export type Shares = Readonly<Record<Product, number>>;

export interface RebateTerms {
  /** The broker's code: the only tag that earns. */
  readonly tag: string;
  readonly share: Shares;
  /** Of accounts that somebody else has invited. */
  readonly affiliatedShare: Shares;
  readonly isMarketMaker: boolean;
  /** USDT a month and account of VIP5 and VIP6; undefined where it is not known. */
  readonly monthlyCap: number | undefined;
  /** What the venue has said of rebates, oldest first. */
  readonly eligibility: readonly Eligibility[];
}

/** Why an order earns what it does. */
export const Earning = {
  share: 'share',
  noFee: 'noFee',
  foreignTag: 'foreignTag',
  marketMaker: 'marketMaker',
  vip: 'vip',
  expired: 'expired',
  msa: 'msa',
  capped: 'capped',
} as const;
export type Earning = (typeof Earning)[keyof typeof Earning];

export interface Expected {
  readonly rebate: ExactDecimal;
  readonly earning: Earning;
}

/** From that tier on nothing is earned, and from the other on up to a sum a month (broker guide, read 2026). */
export const VIP_NONE = 7;
const VIP_CAPPED = 5;

/** 0 for Lv1 of regular users and for what is no tier; the venue writes tiers of professionals as VIP3 and as Lv3. */
export function vipOf(level: string): number {
  return Number(/^(?:VIP|Lv)\s?(\d{1,2})$/i.exec(level)?.[1] ?? 0);
}

/** Whether what an account of that tier earns ends at a sum a month. */
export function isCappedTier(level: string): boolean {
  const vip = vipOf(level);
  return vip >= VIP_CAPPED && vip < VIP_NONE;
}

type ExactShares = Readonly<Record<Product, ExactDecimal>>;

function exactShares({ spot, derivatives }: Shares): ExactShares {
  return { spot: ExactDecimal.ofNumber(spot), derivatives: ExactDecimal.ofNumber(derivatives) };
}

/** One order after the other, by time: what an account may still earn in a month hangs on what came before. */
export class RebateExpectation {
  readonly #terms: RebateTerms;
  readonly #shares: ExactShares;
  readonly #affiliatedShares: ExactShares;
  /** By account and month. */
  readonly #earned = new Map<string, ExactDecimal>();

  constructor(terms: RebateTerms) {
    this.#terms = terms;
    this.#shares = exactShares(terms.share);
    this.#affiliatedShares = exactShares(terms.affiliatedShare);
  }

  next(row: OrderDay): Expected {
    const none = (earning: Earning): Expected => ({ rebate: ExactDecimal.zero, earning });
    const { tag, isMarketMaker } = this.#terms;
    if (row.tag !== tag) return none(Earning.foreignTag);
    const netFee = netFeeOf(row);
    if (netFee.isZero) return none(Earning.noFee);
    if (isMarketMaker) return none(Earning.marketMaker);
    if (vipOf(row.level) >= VIP_NONE) return none(Earning.vip);
    const told = eligibilityAt(this.#terms.eligibility, row);
    if (told?.type === IfRebate.expired) return none(Earning.expired);
    if (told?.type === IfRebate.vip) return none(Earning.vip);
    if (told?.type === IfRebate.msa) return none(Earning.msa);
    const shares = told?.isAffiliated === true ? this.#affiliatedShares : this.#shares;
    const rebate = netFee.times(shares[row.product]);
    return isCappedTier(row.level) ? this.#capped(row, rebate) : { rebate, earning: Earning.share };
  }

  #capped(row: OrderDay, rebate: ExactDecimal): Expected {
    const { monthlyCap } = this.#terms;
    if (monthlyCap === undefined) return { rebate, earning: Earning.share };
    const month = `${row.account} ${row.day.slice(0, 7)}`;
    const earned = this.#earned.get(month) ?? ExactDecimal.zero;
    const left = ExactDecimal.ofNumber(monthlyCap).minus(earned);
    const isOver = rebate.compare(left) > 0;
    const given = isOver ? left : rebate;
    this.#earned.set(month, earned.plus(given));
    return { rebate: given, earning: isOver ? Earning.capped : Earning.share };
  }
}

/** The last that was told of the account before the order's last fill; the first of all, for what came before it. */
export function eligibilityAt(
  told: readonly Eligibility[],
  { account, lastMs }: Pick<OrderDay, 'account' | 'lastMs'>,
): Eligibility | undefined {
  const isOwn = (each: Eligibility): boolean => each.account === account;
  // From the end: it is asked of every order, most of them recent, and a line is told a day.
  return told.findLast((each) => each.tsMs <= lastMs && isOwn(each)) ?? told.find(isOwn);
}
