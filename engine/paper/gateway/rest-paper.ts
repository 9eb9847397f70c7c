import type { DepthPublisher } from './depth-publisher.ts';
import { causeProductFault, PRODUCT_FAULT_NAMES } from './product-faults.ts';
import type { PaperVenue } from './venue.ts';
import type { RestRequest, RestResponse } from './rest-router.ts';

/**
 * What only a paper venue has: a look at what it received and holds, and faults on demand. From this machine only, and
 * no part of OKX's protocol.
 *
 *     GET  /paper/orders[?received=1]   counts of order requests; with received=1 the requests themselves
 *     GET  /paper/resting               every open order of every account
 *     POST /paper/faults                {"kind":"notice"|"disconnect"}, {"kind":"maintenance","isOn":true|false}
 *                                       {"kind":"cancelTokens"|"expireTokens"},
 *                                       {"kind":"tokenOutage"|"lostTokens","isOn":true|false}
 *                                       {"kind":"rebates","missing":1,"extra":1,"capped":1,"late":1,"fee":1}: so many
 *                                       orders a day of the rebate reports, none where it is left out;
 *                                       "isExpired":true for the broker's standing
 *                                       {"kind":"tags","mode":"strip"|"change"|"keep"}: of orders placed from then on
 *                                       or {"kind":"gap"|"reset"|"suspend"|"postOnly"|"rebase"|"preopen"|"live",
 *                                       "instId":"BTC-USDT"}
 *     POST /paper/price                 {"instId":"BTC-USDT","bps":-50} moves what its coin is worth
 *     GET  /paper/state                 sizes: time, maintenance, connections, open orders and positions of each account
 */
export function answerPaper(venue: PaperVenue, request: RestRequest): RestResponse {
  const { method, path } = request;
  if (!isLocal(request.remoteAddress)) return json(403, { error: 'only from this machine' });
  if (method === 'GET' && path === '/paper/orders') {
    const isWanted = new URLSearchParams(request.query).get('received') === '1';
    return json(200, venue.inspection.report(isWanted));
  }
  if (method === 'GET' && path === '/paper/resting') return json(200, { resting: restingOrders(venue) });
  if (method === 'GET' && path === '/paper/state') return json(200, venue.facts());
  const isPost = method === 'POST' && (path === '/paper/faults' || path === '/paper/price');
  if (!isPost) return json(404, { error: `expected ${PATHS}` });
  const body = readBody(request.body);
  if (body === null) return json(400, { error: 'expected a JSON object such as {"kind":"disconnect"}' });
  venue.advance();
  return path === '/paper/faults' ? causeFault(venue, body) : movePrice(venue, body);
}

function restingOrders(venue: PaperVenue): unknown[] {
  const orders: unknown[] = [];
  for (const uid of venue.uids) {
    // Pages of a hundred, newest first; the last one is short.
    let after = '';
    for (let page = 0; page < RESTING_PAGES_MAX; page++) {
      const rows = venue.exchange.pendingOrders(uid, after === '' ? {} : { after });
      for (const { instId, ordId, clOrdId, tag, side, px, sz, accFillSz, state } of rows) {
        orders.push({ uid, instId, ordId, clOrdId, tag, side, px, sz, accFillSz, state });
        after = String(ordId);
      }
      if (rows.length < PAGE_ROWS) break;
    }
  }
  return orders;
}

const PAGE_ROWS = 100;
/** An account cannot hold more than 4,000 open orders. */
const RESTING_PAGES_MAX = 41;

const PATHS = '/paper/orders, /paper/resting, /paper/state, /paper/faults or /paper/price';

type Body = Readonly<Record<string, unknown>>;

function readBody(text: string): Body | null {
  try {
    // `null` is JSON as well, and says nothing.
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? ((value ?? {}) as Body) : null;
  } catch {
    return null;
  }
}

/** Faults of the whole venue, and of one instrument. */
const VENUE_FAULTS: Readonly<Record<string, (venue: PaperVenue, body: Body) => void>> = {
  notice: (venue) => venue.announceUpgrade(),
  disconnect: (venue) => venue.dropConnections(1006, ''),
  maintenance: (venue, { isOn }) => venue.setMaintenance(isOn !== false),
  tags: ({ exchange }, { mode }) =>
    exchange.setTagFault(mode === 'strip' || mode === 'change' ? mode : 'keep'),
  rebates: ({ broker }, body) => {
    const count = (name: string): number => (typeof body[name] === 'number' ? Math.max(0, body[name]) : 0);
    const isExpired = body.isExpired === true;
    const [missing, extra, capped] = [count('missing'), count('extra'), count('capped')];
    broker.fault = { missing, extra, capped, late: count('late'), fee: count('fee'), isExpired };
  },
  cancelTokens: ({ oauth }) => oauth.cancelAll(),
  expireTokens: (venue) => venue.oauth.expireAll(venue.time()),
  tokenOutage: (venue, { isOn }) => (venue.oauthFault = isOn === false ? 'none' : 'outage'),
  lostTokens: (venue, { isOn }) => (venue.oauthFault = isOn === false ? 'none' : 'lostAnswer'),
};
const INSTRUMENT_FAULTS: Readonly<Record<string, (venue: PaperVenue, publisher: DepthPublisher) => void>> = {
  gap: (_, publisher) => publisher.loseUpdate(),
  reset: (_, publisher) => publisher.resetSequence(),
  suspend: ({ exchange }, { instId }) => exchange.changeInstrument(instId, { state: 'suspend' }),
  postOnly: ({ exchange }, { instId }) => exchange.changeInstrument(instId, { state: 'post_only' }),
  rebase: ({ exchange }, { instId }) => exchange.changeInstrument(instId, { state: 'rebase' }),
  preopen: ({ exchange }, { instId }) => exchange.changeInstrument(instId, { state: 'preopen' }),
  live: ({ exchange }, { instId }) => exchange.changeInstrument(instId, { state: 'live' }),
};

function causeFault(venue: PaperVenue, body: Body): RestResponse {
  const { kind, instId } = body;
  const name = typeof kind === 'string' ? kind : '';
  const publisher = typeof instId === 'string' ? venue.market.publisher(instId) : undefined;
  const isDone = causeProductFault(venue, name, body);
  if (isDone !== null) {
    return isDone
      ? json(200, { done: name })
      : json(400, { error: `expected an instId that ${name} can be done to` });
  }
  if (Object.hasOwn(VENUE_FAULTS, name)) VENUE_FAULTS[name]!(venue, body);
  else if (Object.hasOwn(INSTRUMENT_FAULTS, name) && publisher !== undefined) {
    INSTRUMENT_FAULTS[name]!(venue, publisher);
  } else {
    const [ofVenue, ofInstrument] = [VENUE_FAULTS, INSTRUMENT_FAULTS].map((table) =>
      Object.keys(table).join(', '),
    );
    return json(400, {
      error: `expected kind ${ofVenue}, or with an instId ${ofInstrument}, ${PRODUCT_FAULT_NAMES.join(', ')}`,
    });
  }
  return json(200, { done: name });
}

function movePrice({ exchange }: PaperVenue, { instId, bps }: Body): RestResponse {
  const isMove = typeof instId === 'string' && typeof bps === 'number' && bps > -BPS_MAX && bps < BPS_MAX;
  if (!isMove || !exchange.movePrice(instId, bps)) {
    return json(400, {
      error: `expected an instId with a seeded market, and bps within ${BPS_MAX} either way`,
    });
  }
  return json(200, { done: 'price' });
}

/** A price that more than halves or doubles at once is nobody's test. */
const BPS_MAX = 5_000;

function isLocal(remoteAddress: string): boolean {
  return /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+|(0+:)+0*1|0{4}:0{4}:0{4}:0{4}:0{4}:ffff:7f[0-9a-f]{2}:[0-9a-f]{4})$/.test(
    remoteAddress,
  );
}

function json(status: number, value: unknown): RestResponse {
  return { status, body: JSON.stringify(value) };
}
