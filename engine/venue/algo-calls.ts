/** The REST calls about algo orders, as `AccountRest` offers them. Every one throws RestError and nothing else. */
import { assert } from '../base/assert.ts';
import type { AlgoAmend, AlgoCancel, AlgoPlace } from '../okx/algo-requests.ts';
import type { Milliseconds } from '../base/units.ts';
import { AlgoState, AlgoType } from '../okx/shapes.ts';
import { ALGO_CANCELS_MAX } from '../okx/venue-limits.ts';
import { RowReader } from './account-rows.ts';
import { readAlgo, readAlgoResult, type AlgoResult, type AlgoRow } from './algo-rows.ts';
import type { RestPort } from './account-rest.ts';
import { RestError, RestErrorCode } from './rest-error.ts';

const PLACE = '/api/v5/trade/order-algo';
const AMEND = '/api/v5/trade/amend-algos';
const CANCEL = '/api/v5/trade/cancel-algos';
const PENDING = '/api/v5/trade/orders-algo-pending';
const HISTORY = '/api/v5/trade/orders-algo-history';
const ALGO_NOT_FOUND = '51603';
const PAGE_ROWS = 100;
/** An account cannot have that many waiting on the instruments of one configuration. */
const PAGES_MAX = 100;

/**
 * Types that one question may name together. The venue takes conditional and oco in one list, every other type alone (D,
 * "Algo order list").
 */
const PENDING_QUESTIONS: readonly string[] = [
  `${AlgoType.conditional},${AlgoType.oco}`,
  AlgoType.trailing,
  AlgoType.trigger,
  AlgoType.twap,
  AlgoType.smartIceberg,
];

/** The result has the refusal too, when the venue refused the one item: root codes are "1" then, with an empty text. */
export async function placeAlgo(rest: RestPort, body: AlgoPlace): Promise<AlgoResult> {
  assert(typeof body['tag'] === 'string' && body['tag'] !== '', 'an algo order carries the tag');
  const [result] = await post(rest, PLACE, body, 1);
  return result!;
}

export async function amendAlgo(rest: RestPort, body: AlgoAmend): Promise<AlgoResult> {
  const [result] = await post(rest, AMEND, body, 1);
  return result!;
}

/** One result for each, in their order. */
export async function cancelAlgos(rest: RestPort, cancels: readonly AlgoCancel[]): Promise<AlgoResult[]> {
  const results: AlgoResult[] = [];
  for (let first = 0; first < cancels.length; first += ALGO_CANCELS_MAX) {
    const batch = cancels.slice(first, first + ALGO_CANCELS_MAX);
    results.push(...(await post(rest, CANCEL, batch, batch.length)));
  }
  return results;
}

/** Everything of the account that waits, of the types that the engine may have placed. */
export async function fetchAlgosPending(rest: RestPort): Promise<AlgoRow[]> {
  const all: AlgoRow[] = [];
  for (const ordType of PENDING_QUESTIONS) all.push(...(await pendingOf(rest, ordType)));
  return all;
}

/** Stops that were triggered since then, the newest of each type. Three months are kept (D, "Algo order history"). */
export async function fetchStopsTriggered(rest: RestPort, sinceMs: Milliseconds): Promise<AlgoRow[]> {
  const found: AlgoRow[] = [];
  for (const ordType of [AlgoType.conditional, AlgoType.oco, AlgoType.trailing]) {
    const query = { ordType, state: AlgoState.effective, limit: PAGE_ROWS };
    const rows = await rest.get(HISTORY, query, { isSigned: true });
    found.push(...rows.map((row) => readAlgo(new RowReader(row, 'GET', HISTORY))));
  }
  return found.filter(({ uTimeMs }) => uTimeMs > sinceMs);
}

/** One of them, waiting or ended, by our name; undefined when the venue knows none (51603). */
export async function fetchAlgo(rest: RestPort, algoClOrdId: string): Promise<AlgoRow | undefined> {
  try {
    const [row] = await rest.get(PLACE, { algoClOrdId }, { isSigned: true });
    return row === undefined ? undefined : readAlgo(new RowReader(row, 'GET', PLACE));
  } catch (error) {
    if (error instanceof RestError && error.okxCode === ALGO_NOT_FOUND) return undefined;
    throw error;
  }
}

async function pendingOf(rest: RestPort, ordType: string): Promise<AlgoRow[]> {
  const rows: AlgoRow[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = await rest.get(PENDING, { ordType, limit: PAGE_ROWS, after }, { isSigned: true });
    rows.push(...answer.map((row) => readAlgo(new RowReader(row, 'GET', PENDING))));
    if (answer.length < PAGE_ROWS) return rows;
    after = rows.at(-1)!.algoId;
  }
  throw malformed('GET', PENDING, `the pages to end within ${PAGES_MAX}, they went on`);
}

async function post(rest: RestPort, path: string, body: unknown, count: number): Promise<AlgoResult[]> {
  const rows = await rest.post(path, body, { isBatch: true });
  if (rows.length !== count) throw malformed('POST', path, `${count} results, were ${rows.length}`);
  return rows.map((row) => readAlgoResult(new RowReader(row, 'POST', path)));
}

function malformed(method: string, path: string, text: string): RestError {
  return new RestError(RestErrorCode.malformed, `expected ${text}`, { method, path });
}
