import type { Exchange } from '../exchange/exchange.ts';
import type { ProductDesk } from '../exchange/product-desk.ts';
import type { PaperVenue } from './venue.ts';

type Body = Readonly<Record<string, unknown>>;

/**
 * What can be done to positions and contracts on demand (POST /paper/faults), beside what the market does to them:
 *
 *     {"kind":"liquidate","instId":"BTC-USDT-SWAP"}        takes positions out; with "sz" that much of them
 *     {"kind":"adl","instId":"BTC-USDT-SWAP"}              deleverages positions; with "sz" that much of them
 *     {"kind":"mark","instId":"BTC-USDT","px":"70000"}     holds the mark price there until the same with "0"
 *     {"kind":"expire","instId":"BTC-USD-261225"}          delivers or exercises now; with "px" at that price
 *     {"kind":"settle","instId":"BTC-USD-261225"}          daily settlement now; with "px" at that price
 *     {"kind":"deltaRestricted","uid":"1"}                 of an account in delta-neutral mode, until "isOn":false
 *     {"kind":"rename","instId":"ETH-USDT-SWAP","to":"X"}  the old name expires, the new one goes on
 *     {"kind":"announce","instId":"BTC-USDT","param":"tickSz","newValue":"0.01","inMs":60000}  (or minSz)
 *     {"kind":"delist","instId":"SOL-USDT-SWAP","inMs":60000}  contracts are delivered at their mark price
 *
 * The first two are done to all accounts, or to that of "uid".
 */
const FAULTS: Readonly<Record<string, Fault>> = {
  liquidate: ofPositions((products, uid, instId, sz, nowMs) => products.liquidate(uid, instId, sz, nowMs)),
  adl: ofPositions((products, uid, instId, sz, nowMs) => products.deleverage(uid, instId, sz, nowMs)),
  mark: (venue, body) =>
    venue.exchange.act((products, nowMs) => products.holdMark(text(body, 'instId'), text(body, 'px'), nowMs)),
  expire: (venue, body) =>
    venue.exchange.act((products, nowMs) => products.expire(text(body, 'instId'), text(body, 'px'), nowMs)),
  deltaRestricted: (venue, body) =>
    venue.exchange.act((products) => products.restrictDelta(text(body, 'uid'), body.isOn !== false)),
  settle: (venue, body) =>
    venue.exchange.act((products, nowMs) => products.settle(text(body, 'instId'), text(body, 'px'), nowMs)),
};

const LISTED: Readonly<Record<string, (exchange: Exchange, instId: string, body: Body) => boolean>> = {
  rename: (exchange, instId, body) => {
    const to = text(body, 'to');
    if (to === '' || exchange.instruments('', '', to).length > 0) return false;
    exchange.rename(instId, to);
    return true;
  },
  announce: (exchange, instId, body) => {
    const param = text(body, 'param');
    if (param !== 'tickSz' && param !== 'minSz') return false;
    exchange.announce(instId, param, text(body, 'newValue'), milliseconds(body));
    return true;
  },
  delist: (exchange, instId, body) => {
    exchange.delist(instId, milliseconds(body));
    return true;
  },
};

/** Gives false when there is nothing of that name that it could be done to. */
type Fault = (venue: PaperVenue, body: Body) => boolean;

export const PRODUCT_FAULT_NAMES: readonly string[] = [...Object.keys(FAULTS), ...Object.keys(LISTED)];

/** Whether it was done; null when it is no fault of products. */
export function causeProductFault(venue: PaperVenue, kind: string, body: Body): boolean | null {
  if (Object.hasOwn(FAULTS, kind)) return FAULTS[kind]!(venue, body);
  if (!Object.hasOwn(LISTED, kind)) return null;
  const instId = text(body, 'instId');
  return venue.instruments.has(instId) && LISTED[kind]!(venue.exchange, instId, body);
}

function ofPositions(
  act: (products: ProductDesk, uid: string, instId: string, sz: string, nowMs: number) => boolean,
): Fault {
  return (venue, body) => {
    const uids = text(body, 'uid') === '' ? venue.uids : [text(body, 'uid')];
    return venue.exchange.act((products, nowMs) => {
      let isDone = false;
      for (const uid of uids) {
        isDone = act(products, uid, text(body, 'instId'), text(body, 'sz'), nowMs) || isDone;
      }
      return isDone;
    });
  };
}

function milliseconds(body: Body): number {
  return Math.max(0, Number(text(body, 'inMs')) || 0);
}

function text(body: Body, name: string): string {
  const value = body[name];
  return typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
}
