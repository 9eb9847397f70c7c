/** What a match does to an account: cash, fees, position, and what its order keeps reserved. Exact throughout. */
import { Side } from '../../base/side.ts';
import type { Lots, Milliseconds, Ticks } from '../../base/units.ts';
import { multiplyAmounts, numberText, parseAmount, type Amount } from './amount.ts';
import { OrderState, type ClientOrder, type OrderFill } from './client-order.ts';
import { signedFill } from './holding.ts';
import type { Market } from './market.ts';
import { isDollar } from './start-prices.ts';

/** Market orders keep this much more than the best price needs (D: "about 5 %"). */
export const MARKET_RESERVE_PERCENT = 105n;

/**
 * Books one match of an account's order. The order's `entry.lots` has been reduced already.
 *
 * @param feeRate of trades that the venue forces, instead of the account's own
 */
export function settleFill(
  order: ClientOrder,
  ticks: Ticks,
  lots: Lots,
  isMaker: boolean,
  tradeId: number,
  billId: string,
  nowMs: Milliseconds,
  feeRate: Amount | null = null,
): OrderFill {
  const { account, market, terms } = order;
  const { listing } = market;
  const { holding } = order;
  const value = listing.value(ticks, lots);
  const { maker, taker } = account.fees.of(listing);
  const rate = feeRate ?? (isMaker ? maker : taker);
  let pnl: Amount = 0n;
  let charge: Charge;
  if (listing.isContract) {
    const ccy = holding.settleCcy;
    charge = { amount: contractFee(order, value, lots, rate), ccy, rebateCcy: ccy };
  } else {
    charge = spotCharge(order, listing.units(lots), value, rate);
  }
  if (order.hasPosition) {
    const position = account.position(holding, order.marginMode, terms.posSide, order.marginCcy);
    pnl = position.apply(listing, signedFill(terms.side, lots), ticks, nowMs);
    if (order.origin.category !== 'normal' && position.run !== null) {
      position.run.category = order.origin.category;
      position.run.triggerPx = listing.priceText(market.markTicks);
    }
    // Of pairs on margin a fee may be in base currency; the position counts its value in quote currency.
    position.fee += charge.ccy === holding.settleCcy ? charge.amount : multiplyAmounts(value, rate);
    position.tradeId = String(tradeId);
    // Options are paid for as they are bought: what they make is in the premiums.
    const premium = terms.side === Side.buy ? -value : value;
    account.book(holding.settleCcy, listing.isOption ? premium : pnl, nowMs);
  } else {
    const units = listing.units(lots);
    const isBuy = terms.side === Side.buy;
    account.book(listing.quoteCcy, isBuy ? -value : value, nowMs);
    account.book(listing.baseCcy, isBuy ? units : -units, nowMs);
  }
  account.book(charge.ccy, charge.amount, nowMs);
  addFee(order, charge, isMaker);
  order.pnl += pnl;
  order.filledLots += lots;
  order.filledTickLots += BigInt(ticks) * BigInt(lots);
  order.updatedMs = nowMs;
  order.state = OrderState.partiallyFilled;
  if (order.budget >= 0n) order.budget -= value;
  account.freeze(order, reserveAfterFill(order, value, lots));
  const fill: OrderFill = {
    tradeId,
    ticks,
    lots,
    isMaker,
    fee: charge.amount,
    feeCcy: charge.ccy,
    pnl,
    markTicks: market.markTicks,
    billId,
    timeMs: nowMs,
  };
  order.lastFill = fill;
  return fill;
}

/** A part of the value; of options a part of the underlying, and an eighth of the premium at most. */
function contractFee(order: ClientOrder, value: Amount, lots: Lots, rate: Amount): Amount {
  const { listing } = order.market;
  if (!listing.isOption) return multiplyAmounts(value, rate);
  const fee = multiplyAmounts(underlyingOf(order.market, lots), rate);
  const most = value / OPTION_FEE_PREMIUM_PARTS;
  return fee < -most ? -most : fee > most ? most : fee;
}

/** What lots of an option stand for: its coins, or their dollars for those that settle in dollars. */
function underlyingOf({ listing, forward }: Market, lots: Lots): Amount {
  const units = listing.units(lots);
  return isDollar(listing.settleCcy) ? multiplyAmounts(units, parseAmount(numberText(forward, 8))) : units;
}

const OPTION_FEE_PREMIUM_PARTS = 8n;

/** What a resting spot order has to have reserved for `lots` at `ticks`; contracts reserve margin, not balance. */
export function restingReserve(order: ClientOrder, ticks: Ticks, lots: Lots): Amount {
  const { listing } = order.market;
  if (order.hasPosition) return 0n;
  return order.terms.side === Side.buy ? listing.value(ticks, lots) : listing.units(lots);
}

interface Charge {
  /** OKX's sign: negative is paid. */
  readonly amount: Amount;
  readonly ccy: string;
  /** The currency that the order's `rebate` is shown in. */
  readonly rebateCcy: string;
}

/**
 * Spot fees come off what is received; a rebate is paid in quote currency (D, change log 2025-09-17), or to accounts that
 * have it so in what is given.
 */
function spotCharge(order: ClientOrder, units: Amount, value: Amount, rate: Amount): Charge {
  const { baseCcy, quoteCcy } = order.market.listing;
  if (order.terms.side === Side.buy && order.account.feeType === '1') {
    return { amount: multiplyAmounts(value, rate), ccy: quoteCcy, rebateCcy: quoteCcy };
  }
  const { options } = order.account;
  if (order.terms.side === Side.sell) {
    if (rate > 0n && options.isRebatedInBase === true) {
      return { amount: multiplyAmounts(units, rate), ccy: baseCcy, rebateCcy: baseCcy };
    }
    return { amount: multiplyAmounts(value, rate), ccy: quoteCcy, rebateCcy: baseCcy };
  }
  if (rate > 0n) return { amount: multiplyAmounts(value, rate), ccy: quoteCcy, rebateCcy: quoteCcy };
  return { amount: multiplyAmounts(units, rate), ccy: baseCcy, rebateCcy: quoteCcy };
}

/**
 * Fees are shown as charged and rebates apart, except that a maker's sale of spot shows its rebate net in `fee` (change
 * log 2025-09-17).
 */
function addFee(order: ClientOrder, charge: Charge, isMaker: boolean): void {
  const { listing } = order.market;
  const isSaleOfSpot = !listing.isContract && order.terms.side === Side.sell;
  const isInBase = isSaleOfSpot && charge.ccy === listing.baseCcy;
  const isNetSale = isMaker && isSaleOfSpot && !isInBase;
  const isBuyOfSpot = !listing.isContract && order.terms.side === Side.buy;
  if (isInBase) order.feeCcy = listing.quoteCcy;
  else order.feeCcy = isBuyOfSpot && order.account.feeType === '0' ? listing.baseCcy : charge.ccy;
  order.rebateCcy = charge.rebateCcy;
  if (charge.amount > 0n && !isNetSale) order.rebate += charge.amount;
  else order.fee += charge.amount;
}

function reserveAfterFill(order: ClientOrder, value: Amount, lots: Lots): Amount {
  const { listing } = order.market;
  if (order.hasPosition) return 0n;
  const isBuy = order.terms.side === Side.buy;
  if (isBuy && order.budget >= 0n) return order.budget > 0n ? order.budget : 0n;
  if (order.ticks === 0) {
    const used = isBuy ? value : listing.units(lots);
    return order.entry.lots === 0 || order.frozen < used ? 0n : order.frozen - used;
  }
  return restingReserve(order, order.ticks, order.entry.lots);
}
