/**
 * What the private channels would push, asked for by REST: for accounts that are let in by token, because how a WebSocket
 * logs in by token is not public.
 *
 *     open orders, fills, orders being cancelled ─▶ orders gone from the list ─▶ pushes of `orders`    ten times a second
 *     positions ─▶ pushes of `positions`                                                               once a second
 *     balances ─▶ pushes of `account`                                                                  every two seconds
 *
 * Owner:      the engine thread.
 * Invariants: as Session: the handler hears onUp and onDown in turn, and frames only in between; up means that every
 *             question was answered a moment ago. What is asked in one look is asked at once: what an accepted command came
 *             to is told within two round trips and the wait between two looks.
 * Cost:       20 of the 60 questions for orders, and for fills, that the venue answers in 2 s, 40 while something is
 *             expected; JSON.
 */
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { Channel } from '../okx/shapes.ts';
import { OrderWatch } from './order-watch.ts';
import type { OrderQuery } from './order-watch.ts';
import type { RestClient } from './rest-client.ts';
import { RestError } from './rest-error.ts';
import { textOf } from './rest-rows.ts';
import type { RestRow } from './rest-rows.ts';
import type { SessionHandler } from './session.ts';
import { afterTimer } from './session-port.ts';
import type { After, SessionPort } from './session-port.ts';

export interface RestPrivateSessionOptions {
  /** The small integers by which the handler knows this session, and the one whose `account` channel this one asks for. */
  readonly connection: number;
  readonly accountConnection: number;
  readonly rest: Pick<RestClient, 'get' | 'venueMs'>;
  readonly clock: Clock;
  /** Why the account cannot be asked now, because its token is no good; "" while it can. */
  readonly obstacle: () => string;
  /** The trade session hangs on these answers as well: it goes down before this one, and comes up after it. */
  readonly onAlive: (isAlive: boolean, reason: string) => void;
  readonly after?: After;
}

const PAGE_ROWS = 100;
/** An account has 4,000 open orders at most. */
const ORDER_PAGES_MAX = 41;
const FILL_PAGES_MAX = 20;
/** Orders that are asked for by name in one look; the next look asks for the others. */
const QUERIES_MAX = 20;
const QUERIES_AT_ONCE = 4;
/** Of orders that are being cancelled; where many are, the list that lacks them says enough. */
const ENDING_MAX = 10;
const LOOK_MS = 100;
/** While something is expected: what the venue has taken, and has not told yet. */
const SOON_MS = 50;
/** While nothing of ours is open. */
const IDLE_LOOK_MS = 400;
const POSITIONS_NS = NS_PER_SECOND;
const BALANCE_NS = 2 * NS_PER_SECOND;
/** REST tells of a fill so long after its time at most; after that, audits find it. */
const FILL_LAG_MS = 5_000;
/** Without an answer for so long, the account is not seen any more. */
const DEAF_NS = 3 * NS_PER_SECOND;
const RETRY_MS = 250;
const ORDER_NOT_FOUND = '51603';

export class RestPrivateSession implements SessionPort {
  readonly watch: OrderWatch;
  /** Looks that were not answered. */
  failures = 0;
  /** When the last look that was told was asked, and when it was told. */
  askedNs: Nanoseconds = -Infinity;
  toldNs: Nanoseconds = -Infinity;
  readonly #options: RestPrivateSessionOptions;
  readonly #handler: SessionHandler;
  readonly #recvNs = new Float64Array(1);
  #isUp = false;
  #isClosed = false;
  readonly #after: After;
  #cancelTimer: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  readonly #asides = new Set<Promise<void>>();
  /** What is under way when this changes is dropped. */
  #epoch = 0;
  #heardNs: Nanoseconds = -Infinity;
  #positionsNs: Nanoseconds = -Infinity;
  #balanceNs: Nanoseconds = -Infinity;
  /** By the venue's clock: fills of before are known. */
  #fillsSinceMs: Milliseconds = 0;
  /** Positions that were told last, by their ids. */
  #positions = new Map<string, RestRow>();

  constructor(options: RestPrivateSessionOptions, handler: SessionHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#after = options.after ?? afterTimer;
    this.watch = new OrderWatch((row) => this.#push(Channel.orders, { data: [row] }));
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  start(): void {
    assert(this.#cancelTimer === undefined, 'a session is started once');
    this.#again(0);
  }

  /** Nothing is sent here. */
  send(): boolean {
    return false;
  }

  reconnect(reason: string): void {
    this.#down(reason);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer?.();
    this.#down('closed on request');
    await this.#looking;
    await Promise.all(this.#asides);
  }

  #again(waitMs: Milliseconds): void {
    if (this.#isClosed) return;
    this.#cancelTimer = this.#after(waitMs, () => {
      this.#looking = this.look().then((nextMs) => this.#again(nextMs));
    });
  }

  /** One look at the account; when to look again. Never rejects but for a mistake of ours. */
  async look(): Promise<Milliseconds> {
    const { clock, obstacle } = this.#options;
    const problem = obstacle();
    if (problem !== '') {
      this.#down(problem);
      return RETRY_MS;
    }
    const epoch = this.#epoch;
    try {
      await this.#ask(epoch);
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      this.failures++;
      const isDeaf = clock.nowNs() - this.#heardNs > DEAF_NS;
      if (this.#epoch === epoch && isDeaf) this.#down(`expected an answer within 3 s: ${error.message}`);
      return RETRY_MS;
    }
    if (this.watch.isExpecting) return SOON_MS;
    return this.watch.openCount > 0 ? LOOK_MS : IDLE_LOOK_MS;
  }

  async #ask(epoch: number): Promise<void> {
    const { clock, rest } = this.#options;
    const startMs = rest.venueMs();
    const askedNs = clock.nowNs();
    const isFirst = !this.#isUp;
    if (isFirst) this.#fillsSinceMs = startMs;
    const begin = Math.floor(this.#fillsSinceMs - FILL_LAG_MS);
    const [open, fills] = await Promise.all([
      this.#pages('/api/v5/trade/orders-pending', {}, 'ordId', ORDER_PAGES_MAX),
      this.#pages('/api/v5/trade/fills', { begin }, 'billId', FILL_PAGES_MAX),
      this.#queries(this.watch.ending.slice(0, ENDING_MAX), epoch),
    ]);
    if (this.#epoch !== epoch) return;
    const missing = this.watch.onOpen(open, askedNs);
    await this.#queries([...missing, ...this.watch.onFills(fills, askedNs)], epoch);
    if (this.#epoch !== epoch) return;
    this.#fillsSinceMs = startMs;
    this.watch.forgetFills(startMs - 2 * FILL_LAG_MS);
    if (isFirst) this.#up();
    // Its handler may have closed it, or asked for it to be made anew.
    if (this.#epoch !== epoch) return;
    this.#hear();
    this.watch.settle(clock.nowNs());
    this.askedNs = askedNs;
    this.toldNs = clock.nowNs();
    this.#askBeside(epoch);
  }

  /** What changes more slowly, and holds up nothing: one that fails is asked for again in its time. */
  #askBeside(epoch: number): void {
    const { clock, accountConnection } = this.#options;
    const nowNs = clock.nowNs();
    if (nowNs - this.#positionsNs >= POSITIONS_NS) {
      this.#positionsNs = nowNs;
      this.#beside('/api/v5/account/positions', epoch, (rows) => this.#tellPositions(rows));
    }
    if (nowNs - this.#balanceNs >= BALANCE_NS) {
      this.#balanceNs = nowNs;
      this.#beside('/api/v5/account/balance', epoch, (data) =>
        this.#push(Channel.account, { ...SNAPSHOT, data }, accountConnection),
      );
    }
  }

  #beside(path: string, epoch: number, tell: (rows: readonly RestRow[]) => void): void {
    const asked = this.#options.rest.get(path, {}, SIGNED).then(
      (data) => {
        if (this.#epoch === epoch) tell(rowsOf(data));
      },
      (error: unknown) => {
        if (!(error instanceof RestError)) throw error;
        this.failures++;
      },
    );
    this.#asides.add(asked);
    void asked.finally(() => this.#asides.delete(asked));
  }

  /** A position that is closed leaves the answer; the channel would say that it is none. */
  #tellPositions(rows: readonly RestRow[]): void {
    const now = new Map(rows.map((row) => [`${textOf(row, 'instId')} ${textOf(row, 'posId')}`, row]));
    const closed = [...this.#positions].filter(([name]) => !now.has(name)).map(([, row]) => row);
    this.#positions = now;
    const data = [...rows, ...closed.map((row) => ({ ...row, pos: '0', availPos: '0' }))];
    this.#push(Channel.positions, { ...SNAPSHOT, data });
  }

  /** Orders by their names, some at once. */
  async #queries(queries: readonly OrderQuery[], epoch: number): Promise<void> {
    const { clock } = this.#options;
    const asked = queries.slice(0, QUERIES_MAX);
    for (let first = 0; first < asked.length; first += QUERIES_AT_ONCE) {
      const askedNs = clock.nowNs();
      const some = asked.slice(first, first + QUERIES_AT_ONCE);
      const rows = await Promise.all(some.map((query) => this.#order(query)));
      if (this.#epoch !== epoch) return;
      rows.forEach((row, index) => {
        if (row === undefined) this.watch.onUnknown(some[index]!.ordId, clock.nowNs());
        else this.watch.onOrder(row, askedNs);
      });
    }
  }

  async #order({ instId, ordId }: OrderQuery): Promise<RestRow | undefined> {
    try {
      const [row] = rowsOf(await this.#options.rest.get('/api/v5/trade/order', { instId, ordId }, SIGNED));
      return row;
    } catch (error) {
      if (error instanceof RestError && error.okxCode === ORDER_NOT_FOUND) return undefined;
      throw error;
    }
  }

  /** All pages, newest first. One that never ends is cut: what is beyond is told by a later look, or by an audit. */
  async #pages(
    path: string,
    query: Readonly<Record<string, number>>,
    idName: string,
    pagesMax: number,
  ): Promise<RestRow[]> {
    const all: RestRow[] = [];
    let after: string | undefined;
    for (let page = 0; page < pagesMax; page++) {
      const rows = rowsOf(await this.#options.rest.get(path, { ...query, limit: PAGE_ROWS, after }, SIGNED));
      all.push(...rows);
      if (rows.length < PAGE_ROWS) break;
      after = textOf(rows.at(-1)!, idName);
    }
    return all;
  }

  #hear(): void {
    this.#heardNs = this.#options.clock.nowNs();
  }

  #up(): void {
    this.#isUp = true;
    this.#hear();
    this.#handler.onUp(this.#options.connection);
    if (this.#isUp) this.#options.onAlive(true, '');
  }

  #down(reason: string): void {
    this.#epoch++;
    if (!this.#isUp) return;
    this.#isUp = false;
    this.watch.clear();
    this.#positions.clear();
    this.#positionsNs = -Infinity;
    this.#balanceNs = -Infinity;
    this.#options.onAlive(false, reason);
    this.#handler.onDown(this.#options.connection, reason);
  }

  #push(
    channel: Channel,
    fields: Readonly<Record<string, unknown>>,
    connection = this.#options.connection,
  ): void {
    if (!this.#isUp) return;
    this.#recvNs[0] = this.#options.clock.nowNs();
    const bytes = Buffer.from(JSON.stringify({ arg: { channel, instType: 'ANY' }, ...fields }));
    this.#handler.onFrame(connection, bytes, 0, bytes.length, this.#recvNs);
  }
}

const SIGNED = { isSigned: true };
/** What the venue says of a push that has everything. */
const SNAPSHOT = { eventType: 'snapshot', curPage: 1, lastPage: true };

function rowsOf(data: readonly unknown[]): RestRow[] {
  return data.filter((row): row is RestRow => typeof row === 'object' && row !== null);
}
