/** OKX's texts of the refusals that the exchange gives (docs-v5 "Error Code", read 2026-07-28); {0} is filled in. */
const TEXTS = {
  '50014': 'Parameter {0} can not be empty.',
  '50072': 'Isolated margin trading is not available for this account mode.',
  '51000': 'Parameter {0} error',
  '51001': "Instrument ID, Instrument ID code, or Spread ID doesn't exist.",
  '51003': 'Either client order ID or order ID is required.',
  '51005': 'Your order amount exceeds the max order amount.',
  '51006': 'Order price is not within the price limit (max buy price: {0} min sell price: {1})',
  '51008': 'Order failed. Insufficient {0} {1} in account',
  '51010': 'Request unsupported under current account mode.',
  '51016': 'Duplicated client order ID.',
  '51020': 'Your order should meet or exceed the minimum order amount.',
  '51021': 'The instrument is not listed yet.',
  '51022': 'Instrument suspended.',
  '51023': "Position doesn't exist.",
  '51025': 'Order count exceeds the limit.',
  '51027': 'The contract has expired.',
  '51041': 'Portfolio margin account only supports net mode.',
  '51065': 'algoClOrdId order already exists.',
  '51059': 'Position mode cannot be changed while there are open orders or positions.',
  '51071': "You've reached the maximum limit for tag level cancel all after timers.",
  '51112': 'Close order size exceeds your available size.',
  '51121': 'Order quantity must be a multiple of the lot size.',
  '51122': 'Your order price is below the minimum price.',
  '51124': 'You can only place post-only orders now.',
  '51137': 'The highest price limit for buy orders is {0}.',
  '51138': 'The lowest price limit for sell orders is {0}.',
  '51150': 'The precision of the number of trades or the price exceeds the limit.',
  '51169':
    "Order failed because you don't have any positions in this direction for this contract to reduce or close.",
  '51170':
    "Failed to place order. A reduce-only order can't be the same trading direction as your existing positions.",
  '51174': 'The number of {0} pending orders reached the upper limit of {1} (orders).',
  '51185': 'The maximum value allowed per order is {0} USD.',
  '51177': 'The price type of an options order cannot be changed.',
  '51186': 'The leverage you have selected exceeds the maximum of {0}.',
  '51202': 'Market order amount exceeds the maximum amount.',
  '51205': 'Reduce Only is not available.',
  '51277': 'TP trigger price can not be higher than the last price.',
  '51278': 'SL trigger price can not be lower than the last price.',
  '51279': 'TP trigger price can not be lower than the last price.',
  '51280': 'SL trigger price can not be higher than the last price.',
  '51327': 'closeFraction is only available for futures and perpetual swaps.',
  '51328': 'closeFraction is only available for reduceOnly orders.',
  '51330': 'closeFraction is only available for stop market orders.',
  '51332': 'closeFraction is not applicable to Portfolio Margin.',
  '51400': 'Cancellation failed as the order has been filled, canceled or does not exist.',
  '51410': 'Cancellation failed as the order is already in canceling status or pending settlement.',
  '51500': 'You must enter a price, quantity, or TP/SL.',
  '51502': 'Order failed to amend. Insufficient {0} {1} in account',
  '51503': 'Order modification failed as the order has been filled, canceled or does not exist.',
  '51506': 'Order modification unsupported for this order type.',
  '51209': 'Delta-neutral mode: the order would increase the delta.',
  '51210': 'Delta-neutral mode: only one delta-reducing order is allowed at a time.',
  '51211': 'Delta-neutral mode: the order is larger than the delta that it reduces.',
  '51212': 'Delta-neutral mode: the order cannot be made larger.',
  '51213': 'Delta-neutral mode: isolated margin is not available.',
  '51214': 'Delta-neutral mode: options are not available.',
  '51511': "Modification failed as the order price doesn't meet the requirement for Post Only.",
  '51513': 'Number of modification requests that are currently in progress for an order cannot exceed 3.',
  '51524':
    'Unable to modify the order quantity of a stop order that closes an entire position. Please modify the trigger price instead.',
  '51536': 'The size of an options order whose price is pxUsd or pxVol cannot be changed.',
  '54036': 'You cannot place a FOK order with self trade prevention mode cancel both.',
  '54039': 'RPI orders cannot be reduce-only.',
  '54040': 'RPI orders cannot have TP/SL attached.',
  '54042': 'You do not have permission to place RPI orders.',
  '54051': 'The value of the RPI order is below the minimum.',
  '54008': 'The operation is locked after a mass cancellation.',
  '51034': 'The MMP order is not accepted: market maker protection has been triggered.',
  '51036': 'MMP orders are only for options in portfolio margin accounts.',
  '51411': 'Account does not have permission for mass cancellation.',
  '54041': 'RPI orders are not supported for this trading pair.',
} as const;

export type RefusalCode = keyof typeof TEXTS;

/** Why one order operation is not accepted. */
export interface OrderRefusal {
  readonly sCode: RefusalCode;
  readonly sMsg: string;
  readonly subCode: string;
}

export function refusal(sCode: RefusalCode, ...details: string[]): OrderRefusal {
  let sMsg: string = TEXTS[sCode];
  for (let index = 0; index < details.length; index++) sMsg = sMsg.replace(`{${index}}`, details[index]!);
  return { sCode, sMsg, subCode: '' };
}

/** A refusal for want of balance or margin carries a refinement in `subCode` (change log 2026-03-10). */
export function shortOf(sCode: '51008' | '51502', ccy: string, what: 'balance' | 'margin'): OrderRefusal {
  const base = sCode === '51008' ? 1000 : 1030;
  return { ...refusal(sCode, ccy, what), subCode: String(what === 'balance' ? base : base + 1) };
}
