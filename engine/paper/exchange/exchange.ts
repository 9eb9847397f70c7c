import { assert } from '../../base/assert.ts';
import { Random } from '../../base/random.ts';
import type { Milliseconds } from '../../base/units.ts';
import { Account, type Valuation } from './account.ts';
import { AccountDesk } from './account-desk.ts';
import { AlgoDesk, type AlgoItem } from './algo-desk.ts';
import type { AlgoFilter } from './algo-orders.ts';
import { AlgoWatch } from './algo-watch.ts';
import { amountText, type Amount } from './amount.ts';
import { accountRow, configRow, feeRow } from './account-rows.ts';
import { Background } from './background.ts';
import type {
  AccountOptions,
  BookImage,
  ExchangeOptions,
  ExchangeRefusal,
  ExchangeSink,
  FillFilter,
  InstrumentRow,
  ItemResult,
  OrderFilter,
  PositionFilter,
  Regrid,
  RequestItem,
  Row,
} from './exchange-contract.ts';
import { InstrumentLife, type AnnouncedField } from './instrument-life.ts';
import { field, Listing } from './listing.ts';
import { Market } from './market.ts';
import { Matcher } from './matcher.ts';
import { OrderDesk } from './order-desk.ts';
import type { TagFault } from './order-desk.ts';
import { queryFills, queryOrders } from './order-queries.ts';
import { orderQueryRow } from './order-rows.ts';
import { positionRow } from './position-rows.ts';
import { billRows, type BillFilter } from './bills.ts';
import { refusal } from './refusals.ts';
import { runRows, type RunFilter } from './position-run.ts';
import { ProductDesk } from './product-desk.ts';
import { FundingTicks, hasFunding, MarkTicks } from './public-ticks.ts';
import { isDollar, startTicks } from './start-prices.ts';
import { transferCash } from './transfers.ts';
import { TimerQueue, type Timed } from './timer-queue.ts';

export type {
  AccountLevel,
  AccountOptions,
  BalanceAndPositionEvent,
  BookImage,
  BookRow,
  ExchangeOptions,
  ExchangeRefusal,
  ExchangeSink,
  FillFilter,
  InstrumentRow,
  ItemResult,
  OrderFilter,
  PositionFilter,
  PositionMode,
  ProductArg,
  Regrid,
  RequestItem,
  Row,
} from './exchange-contract.ts';

/** An unfilled order that was cancelled can be asked about for this long (D, orders history). */
const UNFILLED_KEPT_MS = 7_200_000;

/**
 * The paper exchange without a socket: matching, accounts, ledger and flow in virtual time. The same seed and the same
 * calls give the same events, however `advance` is cut into pieces. The book at the start is there without events.
 *
 * Calls with an unknown uid are the caller's bug (see `hasAccount`); unknown instruments are answered as OKX does.
 */
export class Exchange {
  /** Virtual time, whole milliseconds since the epoch. */
  nowMs: Milliseconds;
  /** What only some products have: options, tiers, deliveries, protection of makers. */
  readonly products: ProductDesk;
  readonly #sink: ExchangeSink;
  readonly #timers = new TimerQueue();
  readonly #markets = new Map<string, Market>();
  readonly #accounts = new Map<string, Account>();
  readonly #background: Background;
  readonly #life: InstrumentLife;
  readonly #matcher: Matcher;
  readonly #orders: OrderDesk;
  readonly #desk: AccountDesk;
  readonly #algos: AlgoDesk;
  readonly #valuation: Valuation;
  #isRunning = false;

  /** @throws ListingError when an instrument's row cannot be listed; FeedError when a feed does not fit its instruments */
  constructor(options: ExchangeOptions, sink: ExchangeSink) {
    this.nowMs = options.startMs;
    // Algo orders hear what is traded, and what becomes of the orders that they make.
    const watch = new AlgoWatch(sink, this.#markets);
    this.#sink = watch.sink;
    this.#valuation = { usd: (ccy) => this.#usd(ccy) };
    for (const row of options.instruments) this.#list(row, options);
    for (const account of options.accounts) {
      this.#accounts.set(account.uid, new Account(account, options.startMs));
    }
    const schedule = (timeMs: number, item: Timed): void => this.#timers.schedule(timeMs, item);
    this.#matcher = new Matcher(this.#sink, this.#valuation, options.startMs);
    const delayMs = options.matchDelayMs ?? 0;
    this.#orders = new OrderDesk(this.#matcher, this.#valuation, options.startMs, (run) => {
      if (delayMs === 0) run(this.nowMs);
      else schedule(this.nowMs + delayMs, { run: (timeMs) => run(Math.floor(timeMs)) });
    });
    this.#desk = new AccountDesk(
      this.#markets,
      this.#orders,
      this.#matcher,
      this.#valuation,
      this.#sink,
      schedule,
    );
    this.#algos = new AlgoDesk({
      markets: this.#markets,
      orders: this.#orders,
      matcher: this.#matcher,
      valuation: this.#valuation,
      watch,
      startMs: options.startMs,
      schedule,
      tell: (uid, row) => sink.algo?.(uid, row),
    });
    const settleFunding = (market: Market, nowMs: Milliseconds): void => this.#settleFunding(market, nowMs);
    this.products = new ProductDesk({
      options,
      markets: this.#markets,
      accounts: this.#accounts,
      matcher: this.#matcher,
      orders: this.#orders,
      valuation: this.#valuation,
      sink: this.#sink,
      schedule,
      ratioOf: (ccy) => (this.#background as Background | undefined)?.ratioOf(ccy) ?? 1,
    });
    this.#background = new Background(
      options,
      this.#markets,
      this.#matcher,
      this.#valuation,
      (market, nowMs) => this.products.optionMark(market, nowMs),
      settleFunding,
      schedule,
    );
    this.#life = new InstrumentLife({
      markets: this.#markets,
      accounts: this.#accounts,
      matcher: this.#matcher,
      background: this.#background,
      delivery: this.products.delivery,
      sink: this.#sink,
      schedule,
    });
    new MarkTicks(
      this.#markets,
      (market, nowMs) => this.#background.markOf(market, nowMs),
      options.flowPace ?? 1,
      (nowMs) => this.products.afterMarks(nowMs),
      schedule,
    ).start(options.startMs);
    new FundingTicks(
      this.#markets,
      typeof options.flow === 'string' ? new Random(options.seed ^ 0x66756e64) : null,
      options.fundingHours ?? {},
      settleFunding,
      schedule,
    ).start(options.startMs);
  }

  /** Runs everything that is due until `toMs`: flow, matching, funding, cancel-all-after. Earlier times do nothing. */
  advance(toMs: number): void {
    this.#running(() => {
      const timers = this.#timers;
      for (let dueMs = timers.nextMs; dueMs <= toMs; dueMs = timers.nextMs) {
        this.nowMs = Math.max(this.nowMs, Math.floor(dueMs));
        timers.pop().run(dueMs);
      }
      this.nowMs = Math.max(this.nowMs, Math.floor(toMs));
    });
  }

  /** When `advance` next has something to do, with a recorded feed to the fraction; Infinity when never. */
  nextEventMs(): number {
    return this.#timers.nextMs;
  }

  /** Opens an account while the exchange runs. */
  openAccount(options: AccountOptions): void {
    assert(!this.#accounts.has(options.uid), 'an account is opened once');
    this.#accounts.set(options.uid, new Account(options, this.nowMs));
  }

  /** Brings cash to an account, or takes it away: less than nothing; false when it has not so much free. */
  transfer(uid: string, ccy: string, amount: Amount): boolean {
    const nextBillId = (): string => this.#matcher.nextBillId();
    return transferCash(this.#account(uid), ccy, amount, this.#valuation, this.#sink, this.nowMs, nextBillId);
  }

  hasAccount(uid: string): boolean {
    return this.#accounts.has(uid);
  }

  /** The account itself, for those who look after every step of a simulation: live, and theirs to read only. */
  accountOf(uid: string): Account {
    return this.#account(uid);
  }

  place(uid: string, request: RequestItem): ItemResult {
    return this.#running(() =>
      this.#orders.place(this.#account(uid), this.#marketOf(request), request, this.nowMs),
    );
  }

  amend(uid: string, request: RequestItem): ItemResult {
    return this.#running(() =>
      this.#orders.amend(this.#account(uid), this.#marketOf(request), request, this.nowMs),
    );
  }

  cancel(uid: string, request: RequestItem): ItemResult {
    return this.#running(() =>
      this.#orders.cancel(this.#account(uid), this.#marketOf(request), request, this.nowMs),
    );
  }

  /** `timeOut` as on the wire: "0" disarms, "10" to "120" arms. */
  cancelAllAfter(
    uid: string,
    timeOut: string,
    tag: string,
  ): { triggerTime: string; tag: string; ts: string } | ExchangeRefusal {
    return this.#desk.cancelAllAfter(this.#account(uid), timeOut, tag, this.nowMs);
  }

  /** POST /trade/close-position: cancels the instrument's orders with autoCxl, then closes at market. */
  closePosition(
    uid: string,
    request: RequestItem,
  ): { instId: string; posSide: string; clOrdId: string; tag: string } | ExchangeRefusal {
    return this.#running(() => this.#desk.closePosition(this.#account(uid), request, this.nowMs));
  }

  /** The items of order-algo, amend-algos and cancel-algos, which REST alone takes. */
  placeAlgo(uid: string, request: RequestItem): AlgoItem {
    return this.#running(() => this.#algos.place(this.#account(uid), request, this.nowMs));
  }

  amendAlgo(uid: string, request: RequestItem): AlgoItem {
    return this.#running(() => this.#algos.amend(this.#account(uid), request, this.nowMs));
  }

  cancelAlgo(uid: string, request: RequestItem): AlgoItem {
    return this.#running(() => this.#algos.cancel(this.#account(uid), request, this.nowMs));
  }

  /** Rows of orders-algo-pending, or of orders-algo-history, newest first. */
  algoRows(uid: string, isPending: boolean, filter: AlgoFilter): Row[] {
    return this.#algos.query(this.#account(uid), isPending, filter);
  }

  /** One algo order by either of its names, waiting or ended; null (51603) when there is none. */
  algoRow(uid: string, name: { readonly algoId?: string; readonly algoClOrdId?: string }): Row | null {
    return this.#algos.row(this.#account(uid), name.algoId ?? '', name.algoClOrdId ?? '');
  }

  /** What a test or an operator does to products: liquidates, delivers, settles, holds a mark price. */
  act<Result>(operation: (products: ProductDesk, nowMs: Milliseconds) => Result): Result {
    return this.#running(() => operation(this.products, this.nowMs));
  }

  /** Cancels the protected orders of an option family. */
  massCancel(uid: string, request: RequestItem): Row[] | ExchangeRefusal {
    const { protection } = this.#matcher;
    return this.#running(() => protection.massCancel(this.#account(uid), request, this.nowMs));
  }

  /** Settings of market maker protection, by family. */
  mmpConfig(uid: string, family: string): Row[] {
    return this.#matcher.protection.rows(this.#account(uid), family, this.nowMs);
  }

  setMmpConfig(uid: string, request: RequestItem): Row[] | ExchangeRefusal {
    const family = field(request, 'instFamily');
    if (family !== '' && this.instruments('OPTION', family).length === 0)
      return refusal('51000', 'instFamily');
    return this.#matcher.protection.configure(this.#account(uid), request);
  }

  resetMmp(uid: string, request: RequestItem): Row[] | ExchangeRefusal {
    return this.#matcher.protection.reset(this.#account(uid), request);
  }

  pendingOrders(uid: string, filter: OrderFilter): Row[] {
    return queryOrders([...this.#account(uid).openOrders.values()], filter);
  }

  /** Orders that ended, newest first; those cancelled without a fill for two hours. */
  orderHistory(uid: string, filter: OrderFilter): Row[] {
    const oldestMs = this.nowMs - UNFILLED_KEPT_MS;
    const kept = this.#account(uid).ended.filter(
      (order) => order.filledLots > 0 || order.updatedMs >= oldestMs,
    );
    return queryOrders(kept, filter);
  }

  /** The newest order of that name, open or ended; null (51603) when there is none. */
  order(uid: string, instId: string, name: { ordId?: string; clOrdId?: string }): Row | null {
    const order = this.#account(uid).find(instId, name.ordId ?? '', name.clOrdId ?? '');
    if (order === null) return null;
    const isForgotten =
      !order.isOpen && order.filledLots === 0 && order.updatedMs < this.nowMs - UNFILLED_KEPT_MS;
    return isForgotten ? null : orderQueryRow(order);
  }

  /** ordId of the open order of that name, '' when there is none; ordId wins when both are given. */
  openOrderId(uid: string, instId: string, ordId: string, clOrdId: string): string {
    return this.#account(uid).findOpen(instId, ordId, clOrdId)?.ordId ?? '';
  }

  /**
   * Lots of a recorded market before an open order, by the queue model, with a fraction: for those who compare models with
   * what happened. -1 when no order of that name rests.
   */
  queueFront(uid: string, instId: string, name: { ordId?: string; clOrdId?: string }): number {
    const order = this.#account(uid).findOpen(instId, name.ordId ?? '', name.clOrdId ?? '');
    return order === null || order.entry.level === null ? -1 : order.entry.front;
  }

  openOrderCount(uid: string): number {
    return this.#account(uid).openOrders.size;
  }

  /** Cash by currency, as decimal text. */
  cash(uid: string): Record<string, string> {
    const balances = [...this.#account(uid).balances.values()];
    return Object.fromEntries(balances.map(({ ccy, cash }) => [ccy, amountText(cash)]));
  }

  fills(uid: string, filter: FillFilter): Row[] {
    return queryFills(this.#account(uid).fillRows, filter);
  }

  /** The `data` row of GET /account/balance and of the `account` channel; `details` only of `ccy` (a list) when given. */
  balances(uid: string, ccy?: string): Row {
    const only = ccy === undefined || ccy === '' ? undefined : new Set(ccy.split(','));
    return accountRow(this.#account(uid), this.#valuation, this.nowMs, only);
  }

  /** Rows of GET /account/positions and of the `positions` channel; positions that are zero are left out. */
  positions(uid: string, filter: PositionFilter): Row[] {
    const account = this.#account(uid);
    const instIds = filter.instId ? filter.instId.split(',') : null;
    const posIds = filter.posId ? filter.posId.split(',') : null;
    const rows: Row[] = [];
    for (const [holding, market] of account.markets) {
      const { listing } = holding;
      const instType = listing.isContract ? listing.instType : 'MARGIN';
      if (filter.instType && filter.instType !== 'ANY' && filter.instType !== instType) continue;
      if (filter.instFamily && filter.instFamily !== listing.instFamily) continue;
      if (instIds !== null && !instIds.includes(listing.instId)) continue;
      for (const position of holding.positions) {
        if (position.lots === 0 || (posIds !== null && !posIds.includes(position.posId))) continue;
        rows.push(positionRow(account, holding, position, market, this.#valuation, this.nowMs));
      }
    }
    return rows;
  }

  /** Rows of GET /account/bills. */
  bills(uid: string, filter: BillFilter): Row[] {
    return billRows(this.#account(uid).bills, filter);
  }

  /** Rows of GET /account/positions-history. */
  positionsHistory(uid: string, filter: RunFilter): Row[] {
    return runRows(this.#account(uid), filter);
  }

  /** The rows of one instrument for an event push, positions that have become zero included. */
  positionRows(uid: string, instId: string): Row[] {
    const account = this.#account(uid);
    const market = this.#markets.get(instId);
    const holding = account.holdings.get(instId);
    if (market === undefined || holding === undefined) return [];
    return holding.positions.map((position) =>
      positionRow(account, holding, position, market, this.#valuation, this.nowMs),
    );
  }

  accountConfig(uid: string): Row {
    return configRow(this.#account(uid));
  }

  tradeFee(uid: string, instType: string, instId?: string): Row {
    const groupIds = new Set<string>();
    for (const { listing } of this.#markets.values()) {
      // Pairs on margin pay what they pay in cash.
      const isOfType = listing.instType === (instType === 'MARGIN' ? 'SPOT' : instType);
      if (!isOfType || (instId && instId !== listing.instId)) continue;
      groupIds.add(field(listing.row, 'groupId'));
    }
    return feeRow(this.#account(uid), instType, [...groupIds], this.nowMs);
  }

  /** Rows of GET /account/leverage-info for a list of instIds with commas. */
  leverageInfo(uid: string, instIds: string, mgnMode: string): Row[] {
    return this.#desk.leverageInfo(this.#account(uid), instIds, mgnMode);
  }

  setLeverage(uid: string, request: RequestItem): Row[] | ExchangeRefusal {
    return this.#desk.setLeverage(this.#account(uid), request);
  }

  setSettleCcy(uid: string, settleCcy: string): Row[] | ExchangeRefusal {
    return this.#desk.setSettleCcy(this.#account(uid), settleCcy);
  }

  setFeeType(uid: string, feeType: string): Row[] | ExchangeRefusal {
    return this.#desk.setFeeType(this.#account(uid), feeType);
  }

  setAutoLoan(uid: string, isOn: boolean): Row[] | ExchangeRefusal {
    return this.#desk.setAutoLoan(this.#account(uid), isOn);
  }

  setPositionMode(uid: string, posMode: string): { posMode: string } | ExchangeRefusal {
    return this.#desk.setPositionMode(this.#account(uid), posMode);
  }

  /** Rows of GET /account/max-size for a list of instIds with commas. */
  maxSize(uid: string, instIds: string, tdMode: string): Row[] {
    return this.#desk.maxSize(this.#account(uid), instIds, tdMode);
  }

  /** Rows of GET /public/instruments. */
  instruments(instType?: string, instFamily?: string, instId?: string): InstrumentRow[] {
    const rows: InstrumentRow[] = [];
    for (const { listing } of this.#markets.values()) {
      if (instType && instType !== 'ANY' && instType !== listing.instType) continue;
      if (instFamily && instFamily !== listing.instFamily) continue;
      if (instId && instId !== listing.instId) continue;
      rows.push(listing.row);
    }
    return rows;
  }

  /** Changes fields of an instrument's row that do not touch its grids (such as `state`) and pushes it. */
  changeInstrument(instId: string, fields: Readonly<Record<string, unknown>>): void {
    const market = this.#markets.get(instId);
    assert(market !== undefined, 'only a listed instrument is changed');
    market.listing.change(fields);
    this.#sink.instrument(market.listing.row);
  }

  /**
   * Puts an instrument on other grids, as OKX does at the time that `upcChg` announced: the accounts' orders are cancelled
   * (cancelSource 0), what the background had is rounded to the new grid in one change of the book, the sequence goes on,
   * and the instrument's new row is pushed. Positions keep their size.
   *
   * @throws ListingError when the new grids are none, or a position does not fit the new lots
   */
  relist(instId: string, grid: Regrid): void {
    this.#running(() => this.#life.relist(instId, grid, this.nowMs));
  }

  /** Names an instrument anew: see `InstrumentLife.rename`. */
  rename(instId: string, to: string): void {
    this.#running(() => this.#life.rename(instId, to, this.nowMs));
  }

  /** Announces another `tickSz` or `minSz` (`upcChg`), which comes into force after that long. */
  announce(instId: string, param: AnnouncedField, newValue: string, inMs: Milliseconds): void {
    this.#running(() => this.#life.announce(instId, param, newValue, this.nowMs + inMs, this.nowMs));
  }

  /** Announces the end of an instrument after that long: see `InstrumentLife.delist`. */
  delist(instId: string, inMs: Milliseconds): void {
    this.#running(() => this.#life.delist(instId, this.nowMs + inMs, this.nowMs));
  }

  /**
   * Moves what a seeded market's coin is worth by basis points, and with it all markets of the coin: their books follow with
   * their next events. Like every move it fades over about six hours. False when the instrument has no seeded market.
   */
  movePrice(instId: string, bps: number): boolean {
    return this.#background.movePrice(instId, bps);
  }

  get tagFault(): TagFault {
    return this.#orders.tagFault;
  }

  /** What becomes of the tags of orders that are placed from now on. */
  setTagFault(fault: TagFault): void {
    this.#orders.tagFault = fault;
  }

  /** The whole book, or null for an unknown instrument (also below). */
  book(instId: string): BookImage | null {
    return this.#markets.get(instId)?.image(this.nowMs) ?? null;
  }

  /** The RPI orders of an instrument, which the book does not show. */
  rpiBook(instId: string): BookImage | null {
    return this.#markets.get(instId)?.rpiImage(this.nowMs) ?? null;
  }

  /** seqId of the instrument's newest change: one series for every channel. 0 for an unknown instrument. */
  sequence(instId: string): number {
    return this.#markets.get(instId)?.sequence ?? 0;
  }

  ticker(instId: string): Row | null {
    return this.#markets.get(instId)?.tickerRow(this.nowMs) ?? null;
  }

  /** Rows of GET /market/trades, newest first, at most `limit` (500 are kept). */
  trades(instId: string, limit: number): Row[] {
    return this.#markets.get(instId)?.tradeRows(limit) ?? [];
  }

  markPrice(instId: string): Row | null {
    return this.#markets.get(instId)?.markRow(this.nowMs) ?? null;
  }

  /** Null for instruments without funding too. */
  fundingRate(instId: string): Row | null {
    const market = this.#markets.get(instId);
    return market === undefined || !hasFunding(market.listing) ? null : market.fundingRow(this.nowMs);
  }

  priceLimit(instId: string): Row | null {
    return this.#markets.get(instId)?.limitRow(this.nowMs) ?? null;
  }

  #list(row: InstrumentRow, options: ExchangeOptions): void {
    const listing = new Listing(row);
    assert(!this.#markets.has(listing.instId), 'an instrument is listed once');
    const expiryMs = Number(field(row, 'expTime') || Infinity);
    if (expiryMs <= options.startMs && listing.state === 'live') listing.change({ state: 'expired' });
    const ticks = startTicks(listing, options.startPrices?.[listing.instId]);
    this.#markets.set(listing.instId, new Market(listing, ticks, options.startMs, this.#sink));
  }

  #settleFunding(market: Market, nowMs: Milliseconds): void {
    for (const account of this.#accounts.values()) {
      const holding = account.holdings.get(market.listing.instId);
      if (holding !== undefined) this.#desk.settleFunding(account, holding, market, nowMs);
    }
  }

  #usd(ccy: string): number {
    if (isDollar(ccy)) return 1;
    const market = this.#markets.get(`${ccy}-USDT`) ?? this.#markets.get(`${ccy}-USDT-SWAP`);
    return market === undefined ? 0 : market.markTicks * market.listing.tick.value;
  }

  #account(uid: string): Account {
    const account = this.#accounts.get(uid);
    assert(account !== undefined, 'calls name an account of the exchange');
    return account;
  }

  #marketOf(request: RequestItem): Market | undefined {
    return this.#markets.get(field(request, 'instId'));
  }

  /** Nothing may start while something runs: rows would come out of order, and the book be changed under a loop. */
  #running<Result>(operation: () => Result): Result {
    assert(!this.#isRunning, 'the sink does not trade or move time while the exchange runs');
    this.#isRunning = true;
    try {
      return operation();
    } finally {
      this.#isRunning = false;
    }
  }
}
