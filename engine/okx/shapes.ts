/**
 * The words of the OKX v5 protocol: channels, operations, states and message shapes, for both ends of the wire. Types and
 * constants only, so that the paper venue can share the vocabulary without sharing a line of decoding or encoding.
 *
 * Source: OKX API documentation as of 2026-07-28 with the change logs to 2026-10-09.
 * Every scalar of a push or an answer is a string unless said otherwise; an empty string means "not applicable".
 */

/** `op` of a request on a WebSocket. */
export const WsOp = {
  login: 'login',
  subscribe: 'subscribe',
  unsubscribe: 'unsubscribe',
  order: 'order',
  batchOrders: 'batch-orders',
  amendOrder: 'amend-order',
  batchAmendOrders: 'batch-amend-orders',
  cancelOrder: 'cancel-order',
  batchCancelOrders: 'batch-cancel-orders',
  massCancel: 'mass-cancel',
} as const;
export type WsOp = (typeof WsOp)[keyof typeof WsOp];

/** `event` of a control message from the venue. */
export const WsEvent = {
  login: 'login',
  subscribe: 'subscribe',
  unsubscribe: 'unsubscribe',
  error: 'error',
  notice: 'notice',
  channelConnCount: 'channel-conn-count',
  channelConnCountError: 'channel-conn-count-error',
} as const;
export type WsEvent = (typeof WsEvent)[keyof typeof WsEvent];

/** Channels that the engine or the paper venue knows. A venue may push others. */
export const Channel = {
  books: 'books',
  books5: 'books5',
  bboTbt: 'bbo-tbt',
  booksL2Tbt: 'books-l2-tbt',
  books50L2Tbt: 'books50-l2-tbt',
  trades: 'trades',
  tradesAll: 'trades-all',
  tickers: 'tickers',
  instruments: 'instruments',
  status: 'status',
  markPrice: 'mark-price',
  indexTickers: 'index-tickers',
  fundingRate: 'funding-rate',
  optSummary: 'opt-summary',
  priceLimit: 'price-limit',
  orders: 'orders',
  fills: 'fills',
  account: 'account',
  positions: 'positions',
  balanceAndPosition: 'balance_and_position',
  /** Of /business: stops and triggers; and trailing stops, TWAP and icebergs. */
  ordersAlgo: 'orders-algo',
  algoAdvance: 'algo-advance',
} as const;
export type Channel = (typeof Channel)[keyof typeof Channel];

/** The text frames of the keep-alive: not JSON, and not the WebSocket's own ping. */
export const PING_TEXT = 'ping';
export const PONG_TEXT = 'pong';

export const InstType = {
  spot: 'SPOT',
  margin: 'MARGIN',
  swap: 'SWAP',
  futures: 'FUTURES',
  option: 'OPTION',
  events: 'EVENTS',
  any: 'ANY',
} as const;
export type InstType = (typeof InstType)[keyof typeof InstType];

export const TdMode = { cash: 'cash', cross: 'cross', isolated: 'isolated' } as const;
export type TdMode = (typeof TdMode)[keyof typeof TdMode];

export const OrderSide = { buy: 'buy', sell: 'sell' } as const;
export type OrderSide = (typeof OrderSide)[keyof typeof OrderSide];

/** Which position an order is about: long and short in long/short mode, for swaps and futures only. */
export const PosSide = { net: 'net', long: 'long', short: 'short' } as const;
export type PosSide = (typeof PosSide)[keyof typeof PosSide];

/** `posMode` of an account. */
export const PosMode = { net: 'net_mode', longShort: 'long_short_mode' } as const;
export type PosMode = (typeof PosMode)[keyof typeof PosMode];

export const OrdType = {
  postOnly: 'post_only',
  limit: 'limit',
  ioc: 'ioc',
  fok: 'fok',
  market: 'market',
  optimalLimitIoc: 'optimal_limit_ioc',
  mmp: 'mmp',
  mmpAndPostOnly: 'mmp_and_post_only',
  rpi: 'rpi',
} as const;
export type OrdType = (typeof OrdType)[keyof typeof OrdType];

export const StpMode = {
  cancelMaker: 'cancel_maker',
  cancelTaker: 'cancel_taker',
  cancelBoth: 'cancel_both',
} as const;
export type StpMode = (typeof StpMode)[keyof typeof StpMode];

/** `state` of an order. filled, canceled and mmp_canceled are final. */
export const OrderStateText = {
  live: 'live',
  partiallyFilled: 'partially_filled',
  filled: 'filled',
  canceled: 'canceled',
  mmpCanceled: 'mmp_canceled',
} as const;
export type OrderStateText = (typeof OrderStateText)[keyof typeof OrderStateText];

/** `amendResult` of an orders push. */
export const AmendResult = {
  failed: '-1',
  done: '0',
  failedAndCanceled: '1',
  automatic: '2',
  none: '',
} as const;
export type AmendResult = (typeof AmendResult)[keyof typeof AmendResult];

/** `category` of an order: what made it. All but the first come without an order of any client. */
export const OrderCategoryText = {
  normal: 'normal',
  twap: 'twap',
  adl: 'adl',
  fullLiquidation: 'full_liquidation',
  partialLiquidation: 'partial_liquidation',
  delivery: 'delivery',
  ddh: 'ddh',
  autoConversion: 'auto_conversion',
} as const;
export type OrderCategoryText = (typeof OrderCategoryText)[keyof typeof OrderCategoryText];

/** `cancelSource` of an orders push, as integers: why an order ended. */
export const CancelSource = {
  system: 0,
  user: 1,
  preReduction: 2,
  risk: 3,
  borrowCap: 4,
  adl: 6,
  futuresExpiry: 7,
  fundingFee: 9,
  optionExpiry: 10,
  fokNotFilled: 13,
  iocRemainder: 14,
  priceLimit: 15,
  positionClosed: 17,
  cancelAllAfter: 20,
  reduceOnlyPositionClosed: 21,
  betterReduceOnly: 22,
  betterReduceOnlySide: 23,
  slippage: 27,
  postOnlyWouldTake: 31,
  selfTradePrevention: 32,
  tooManyMakers: 33,
  linkedStopLoss: 36,
  linkedStopLossEnded: 37,
  mmpMassCancel: 38,
  mmpTriggered: 39,
  chaseDistance: 42,
  priceAgainstIndex: 43,
  autoConversion: 44,
  rpiPriceCheck: 45,
  deltaReduction: 46,
} as const;
export type CancelSource = (typeof CancelSource)[keyof typeof CancelSource];

/** `ordType` of an algo order. `iceberg` is what smart_iceberg was; nothing here places one. */
export const AlgoType = {
  conditional: 'conditional',
  oco: 'oco',
  trigger: 'trigger',
  trailing: 'move_order_stop',
  twap: 'twap',
  smartIceberg: 'smart_iceberg',
  iceberg: 'iceberg',
  chase: 'chase',
} as const;
export type AlgoType = (typeof AlgoType)[keyof typeof AlgoType];

/** `state` of an algo order. Those from effective on are final, but for partially_effective. */
export const AlgoState = {
  live: 'live',
  pause: 'pause',
  partiallyEffective: 'partially_effective',
  effective: 'effective',
  canceled: 'canceled',
  orderFailed: 'order_failed',
  partiallyFailed: 'partially_failed',
} as const;
export type AlgoState = (typeof AlgoState)[keyof typeof AlgoState];

/** The price that triggers an algo order. */
export const TriggerBy = { last: 'last', index: 'index', mark: 'mark' } as const;
export type TriggerBy = (typeof TriggerBy)[keyof typeof TriggerBy];

/** `execType`: maker or taker. */
export const ExecType = { maker: 'M', taker: 'T' } as const;
export type ExecType = (typeof ExecType)[keyof typeof ExecType];

/** One `args` entry of a subscription, and the `arg` of its acks and pushes. */
export interface ChannelArg {
  readonly channel: string;
  readonly instId?: string;
  readonly instType?: string;
  readonly instFamily?: string;
  readonly ccy?: string;
  /** A JSON text inside the JSON, such as `{"updateInterval":"0"}`. */
  readonly extraParams?: string;
  readonly uid?: string;
}

/** One order of a batch to cancel by REST, by our id or the venue's. */
export interface CancelArg {
  readonly instId: string;
  readonly ordId?: string;
  readonly clOrdId?: string;
}

/** Currencies that count as one dollar each: contracts margined in USD settle in whichever of them the account chose. */
export const DOLLARS: readonly string[] = ['USD', 'USDT', 'USDC', 'USDG'];
