import { Refusal } from './refusal.ts';

export type SocketPath = 'public' | 'private' | 'business';

interface ChannelRules {
  readonly path: SocketPath;
  /** The argument without which the channel cannot be meant. */
  readonly needs: 'instId' | 'instType' | 'instFamily' | 'nothing';
  /** Its instId is an index, such as BTC-USDT, and no instrument. */
  readonly isOfIndex?: true;
  readonly needsLogin?: true;
  /** Only from fee tier VIP4 up (change log 2026-04-07). */
  readonly needsTier?: true;
  /** At most 30 connections of an account may hold it, and every change of their number is told. */
  readonly isCounted?: true;
  /** Rows of an account, though not on /private. */
  readonly isOfAccount?: true;
}

/**
 * Every channel that the venue offers, and where. Source: docs-v5 WebSocket pages, read 2026-07-28. Channels of
 * products that are not modelled (spreads, blocks, grids, option summaries) are refused as unknown
 * rather than acked and never pushed.
 */
const CHANNELS: Readonly<Record<string, ChannelRules>> = {
  tickers: { path: 'public', needs: 'instId' },
  trades: { path: 'public', needs: 'instId' },
  books: { path: 'public', needs: 'instId' },
  books5: { path: 'public', needs: 'instId' },
  'bbo-tbt': { path: 'public', needs: 'instId' },
  'books-rpi': { path: 'public', needs: 'instId' },
  'books-l2-tbt': { path: 'public', needs: 'instId', needsLogin: true, needsTier: true },
  'books50-l2-tbt': { path: 'public', needs: 'instId', needsLogin: true, needsTier: true },
  'mark-price': { path: 'public', needs: 'instId' },
  'index-tickers': { path: 'public', needs: 'instId', isOfIndex: true },
  'price-limit': { path: 'public', needs: 'instId' },
  'funding-rate': { path: 'public', needs: 'instId' },
  instruments: { path: 'public', needs: 'instType' },
  'opt-summary': { path: 'public', needs: 'instFamily' },
  'estimated-price': { path: 'public', needs: 'instType' },
  status: { path: 'public', needs: 'nothing' },
  'liquidation-orders': { path: 'public', needs: 'instType' },
  // Silent, as it is in quiet times.
  'adl-warning': { path: 'public', needs: 'instType' },
  'trades-all': { path: 'business', needs: 'instId' },
  'orders-algo': { path: 'business', needs: 'instType', needsLogin: true, isOfAccount: true },
  'algo-advance': { path: 'business', needs: 'instType', needsLogin: true, isOfAccount: true },
  account: { path: 'private', needs: 'nothing', needsLogin: true, isCounted: true },
  positions: { path: 'private', needs: 'instType', needsLogin: true, isCounted: true },
  balance_and_position: { path: 'private', needs: 'nothing', needsLogin: true, isCounted: true },
  orders: { path: 'private', needs: 'instType', needsLogin: true, isCounted: true },
  'liquidation-warning': { path: 'private', needs: 'instType', needsLogin: true, isCounted: true },
  fills: { path: 'private', needs: 'nothing', needsLogin: true, needsTier: true },
};

const CANDLES: ChannelRules = { path: 'business', needs: 'instId' };
const CANDLE = /^candle(1s|1m|3m|5m|15m|30m|1H|2H|4H)$/;

/** Who may hold `books-l2-tbt` together with what (64004, change log 2024-07-17). */
const FULL_DEPTH = 'books-l2-tbt';
const EXCLUDED_BY_FULL_DEPTH: ReadonlySet<string> = new Set(['books', 'books50-l2-tbt']);

/** One accepted subscription of a session. */
export interface Subscription {
  /** The same for the same arguments: what an unsubscribe finds it by. */
  readonly key: string;
  readonly channel: string;
  /** The argument as it was given: acks and pushes repeat it. */
  readonly arg: Readonly<Record<string, unknown>>;
  readonly isPrivate: boolean;
  readonly isCounted: boolean;
  readonly instType: string;
  readonly instFamily: string;
  readonly instId: string;
  readonly ccy: string;
  /** Of account and positions: 0 turns their periodic push off, NaN leaves it at the channel's own. */
  readonly updateIntervalMs: number;
}

/** What a subscription is checked against. */
export interface SubscriberState {
  readonly path: SocketPath;
  readonly isLoggedIn: boolean;
  readonly hasTier: boolean;
  readonly subscriptions: ReadonlyMap<string, Subscription>;
  hasInstrument(instId: string): boolean;
  hasIndex(index: string): boolean;
}

const INSTRUMENT_TYPES: ReadonlySet<string> = new Set([
  'SPOT',
  'MARGIN',
  'SWAP',
  'FUTURES',
  'OPTION',
  'EVENTS',
  'ANY',
]);

/** The subscription that an argument asks for, or why it is refused. */
export function readSubscription(arg: unknown, state: SubscriberState): Subscription | Refusal {
  if (typeof arg !== 'object' || arg === null || Array.isArray(arg)) return new Refusal('60013');
  const fields = arg as Record<string, unknown>;
  // Arguments are flat. Whatever is nested is nobody's channel, and is not worth walking: it may be as deep as a frame.
  if (Object.values(fields).some(isNested)) return new Refusal('60013');
  const channel = text(fields.channel);
  const rules = CANDLE.test(channel)
    ? CANDLES
    : Object.hasOwn(CHANNELS, channel)
      ? CHANNELS[channel]
      : undefined;
  if (rules === undefined) return unknownChannel(fields);
  if (rules.path !== state.path) {
    if (rules.path === 'business') return new Refusal('64001');
    return state.path === 'business' ? new Refusal('64002') : unknownChannel(fields);
  }
  if (fields.uly !== undefined) return new Refusal('64000');
  if (rules.needsLogin === true && !state.isLoggedIn) return new Refusal('60011');
  if (rules.needsTier === true && !state.hasTier) return new Refusal('64003');
  const instId = text(fields.instId);
  const instType = text(fields.instType);
  if (rules.needs === 'instId' && instId === '') return new Refusal('60013', 200, 'Invalid args: instId');
  if (rules.needs === 'instType' && !INSTRUMENT_TYPES.has(instType)) {
    return new Refusal('60013', 200, 'Invalid args: instType');
  }
  if (rules.needs === 'instFamily' && text(fields.instFamily) === '') {
    return new Refusal('60013', 200, 'Invalid args: instFamily');
  }
  const isKnown = rules.isOfIndex === true ? state.hasIndex(instId) : state.hasInstrument(instId);
  if (instId !== '' && !isKnown) return unknownChannel(fields);
  for (const held of state.subscriptions.values()) {
    if (held.instId !== instId) continue;
    if (held.channel === FULL_DEPTH && EXCLUDED_BY_FULL_DEPTH.has(channel)) return new Refusal('64004');
    if (channel === FULL_DEPTH && EXCLUDED_BY_FULL_DEPTH.has(held.channel)) return new Refusal('64004');
  }
  const instFamily = text(fields.instFamily);
  const ccy = text(fields.ccy);
  return {
    key: [channel, instType, instFamily, instId, ccy].join('|'),
    channel,
    arg: fields,
    isPrivate: rules.path === 'private' || rules.isOfAccount === true,
    isCounted: rules.isCounted === true,
    instType,
    instFamily,
    instId,
    ccy,
    updateIntervalMs: readUpdateInterval(fields.extraParams),
  };
}

/** Whether a private row of this instrument belongs to the subscription. */
export function matchesInstrument(
  subscription: Subscription,
  row: Readonly<Record<string, unknown>>,
  instFamily: string,
): boolean {
  const { instType, instId } = subscription;
  if (instType !== '' && instType !== 'ANY' && instType !== row.instType) return false;
  if (subscription.instFamily !== '' && subscription.instFamily !== instFamily) return false;
  return instId === '' || instId === row.instId;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function unknownChannel(fields: Readonly<Record<string, unknown>>): Refusal {
  const named = Object.entries(fields).map(([name, value]) => `${name}:${String(value)}`);
  return new Refusal(
    '60018',
    200,
    `Wrong URL or ${named.join(',')} doesn't exist. Please use the correct URL, channel and parameters referring to API document.`,
  );
}

/** `extraParams` is JSON in a string: {"updateInterval":"0"}. Anything else leaves the interval as it is. */
function readUpdateInterval(extraParams: unknown): number {
  if (typeof extraParams !== 'string') return NaN;
  const match = /"updateInterval"\s*:\s*"?(\d+)"?/.exec(extraParams);
  return match === null ? NaN : Number(match[1]);
}
