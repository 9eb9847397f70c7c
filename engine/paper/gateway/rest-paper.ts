import type { PaperVenue } from './venue.ts';
import type { RestRequest, RestResponse } from './rest-router.ts';

/**
 * What only a paper venue has: a look at what it received and holds, and faults on demand. From this machine only, and
 * no part of OKX's protocol.
 *
 *     GET  /paper/orders[?received=1]   counts of order requests; with received=1 the requests themselves
 *     GET  /paper/resting               every open order of every account
 *     POST /paper/faults                {"kind":"notice"|"disconnect"} or {"kind":"gap"|"reset","instId":"BTC-USDT"}
 */
export function answerPaper(venue: PaperVenue, request: RestRequest): RestResponse {
  const { method, path } = request;
  if (!isLocal(request.remoteAddress)) return json(403, { error: 'only from this machine' });
  if (method === 'GET' && path === '/paper/orders') {
    const isWanted = new URLSearchParams(request.query).get('received') === '1';
    return json(200, venue.inspection.report(isWanted));
  }
  if (method === 'GET' && path === '/paper/resting') return json(200, { resting: restingOrders(venue) });
  if (method === 'POST' && path === '/paper/faults') return causeFault(venue, request.body);
  return json(404, { error: 'expected /paper/orders, /paper/resting or /paper/faults' });
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

function causeFault(venue: PaperVenue, body: string): RestResponse {
  let fault: { kind?: unknown; instId?: unknown };
  try {
    // `null` is JSON as well, and no fault.
    fault = (JSON.parse(body) ?? {}) as { kind?: unknown; instId?: unknown };
  } catch {
    return json(400, { error: 'expected a JSON object such as {"kind":"disconnect"}' });
  }
  const publisher = typeof fault.instId === 'string' ? venue.market.publisher(fault.instId) : undefined;
  if (fault.kind === 'notice') venue.announceUpgrade();
  else if (fault.kind === 'disconnect') venue.dropConnections(1006, '');
  else if (fault.kind === 'gap' && publisher !== undefined) publisher.loseUpdate();
  else if (fault.kind === 'reset' && publisher !== undefined) publisher.resetSequence();
  else
    return json(400, {
      error: 'expected kind notice, disconnect, gap or reset, the last two with an instId',
    });
  return json(200, { done: fault.kind });
}

function isLocal(remoteAddress: string): boolean {
  return /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+|(0+:)+0*1|0{4}:0{4}:0{4}:0{4}:0{4}:ffff:7f[0-9a-f]{2}:[0-9a-f]{4})$/.test(
    remoteAddress,
  );
}

function json(status: number, value: unknown): RestResponse {
  return { status, body: JSON.stringify(value) };
}
