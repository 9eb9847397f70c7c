/**
 * What a trade on an instrument costs this account, as a share of its value. Positive is paid, negative is a rebate: the
 * venue's own sign is turned round once, where its answer is read.
 */
export interface FeeRates {
  readonly makerRate: number;
  readonly takerRate: number;
}
