import { NS_PER_MS } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { Clock } from '../base/clock.ts';
import type { CancelRequest } from '../venue/account-rest.ts';
import type { OrderRow } from '../venue/account-rows.ts';
import { RestError, RestErrorCode } from '../venue/rest-error.ts';
import type { AccountFacts } from './account-facts.ts';
import type { AccountPort } from './engine-world.ts';

/** Looks at the list of open orders, each after a round of cancels, before it is called hopeless. */
const ROUNDS_MAX = 10;
const ROUND_WAIT_MS = 50;
const ROUND_WAIT_MS_MAX = 1_000;
/** What an order had filled just before it was cancelled is in trades and positions after this. */
const SETTLE_MS = 500;
/**
 * How late an order may still arrive that carries no time of expiry: a network that holds a connection up delivers all of it
 * when it goes on, also what the engine has long given up.
 */
const EXPIRY_UNKNOWN_MS = 20_000;

const ACCEPTED = '0';
/** The order is over: filled, cancelled, or never was. */
const GONE_CODES: ReadonlySet<string> = new Set('51400 51405 51603'.split(' '));

/** An order that the table holds. */
export interface KnownOrder {
  readonly instId: string;
  readonly clOrdId: string;
  /** When its place left, if the venue has not said yet that it arrived; -Infinity otherwise. */
  readonly inFlightSinceNs: Nanoseconds;
}

export interface OpenOrdersOptions {
  readonly account: Pick<AccountPort, 'fetchOpenOrders' | 'cancelOrders'>;
  readonly facts: AccountFacts;
  readonly clock: Clock;
  /** The venue refuses an order that reaches it later than this after it left; 0 for never. */
  readonly orderExpiryMs: Milliseconds;
  readonly known: () => readonly KnownOrder[];
  readonly waitMs: (ms: Milliseconds) => Promise<void>;
}

/**
 * Takes our orders out of the venue by REST, and knows that none is left.
 *
 * The venue's list may be some seconds old, so neither a row of it nor a missing one is believed alone: what we know of is
 * cancelled by its name whether it is listed or not, and only the venue's word that an order is over, or that its cancel was
 * accepted and a later list without it, ends it. What is on its way to the venue cannot be seen there by any question: it
 * is waited for until it would be refused as too late.
 */
export class OpenOrders {
  readonly #options: OpenOrdersOptions;
  /** Orders of a former run may arrive until then. */
  #arrivesUntilNs: Nanoseconds = -Infinity;
  /** Of the known ones: over, by the venue's word, though the table was not told. Asking again would only cost budget. */
  readonly #over = new Set<string>();

  constructor(options: OpenOrdersOptions) {
    this.#options = options;
  }

  /** Another engine with our tag may have sent orders until now: it died, or it may have. */
  expectStrangers(nowNs: Nanoseconds): void {
    this.#arrivesUntilNs = nowNs + this.#flightNs;
  }

  get #flightNs(): Nanoseconds {
    const { orderExpiryMs } = this.#options;
    return ((orderExpiryMs === 0 ? EXPIRY_UNKNOWN_MS : orderExpiryMs) + SETTLE_MS) * NS_PER_MS;
  }

  /**
   * Cancels all of ours until none is left nor can arrive any more; returns how many cancels the venue accepted. Stops half
   * way when it is no longer wanted.
   *
   * @throws RestError when the venue does not answer, or orders remain after ten rounds
   */
  async cancelAll(isWanted: () => boolean): Promise<number> {
    const { clock, known, waitMs } = this.#options;
    const inFlightNs = Math.max(
      this.#arrivesUntilNs,
      ...known().map(({ inFlightSinceNs }) => inFlightSinceNs + this.#flightNs),
    );
    const first = await this.cancelArrived(isWanted);
    const settleMs = Math.max(first > 0 ? SETTLE_MS : 0, Math.ceil((inFlightNs - clock.nowNs()) / NS_PER_MS));
    if (!isWanted() || settleMs <= 0) return first;
    await waitMs(settleMs);
    return isWanted() ? first + (await this.cancelArrived(isWanted)) : first;
  }

  /** As `cancelAll`, of what has arrived at the venue. */
  async cancelArrived(isWanted: () => boolean): Promise<number> {
    const { account, waitMs } = this.#options;
    const arrived = new Set<string>();
    const left = this.#knownLeft(arrived);
    const accepted = new Set<string>();
    const gone = new Set<string>();
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const listed = await this.#ours();
      if (!isWanted()) return accepted.size;
      const names = new Set(listed.map(({ clOrdId }) => clOrdId));
      for (const name of accepted) if (!names.has(name)) left.delete(name);
      for (const { instId, ordId, clOrdId } of listed) {
        if (!gone.has(clOrdId)) left.set(clOrdId, { instId, ordId });
      }
      if (left.size === 0) return accepted.size;
      if (round > 0) await waitMs(Math.min(ROUND_WAIT_MS * 2 ** round, ROUND_WAIT_MS_MAX));
      if (!isWanted()) return accepted.size;
      const orders = [...left];
      const results = await account.cancelOrders(orders.map(([, request]) => request));
      for (const [index, [name]] of orders.entries()) {
        const code = results[index]?.sCode ?? '';
        if (code === ACCEPTED) accepted.add(name);
        if (!GONE_CODES.has(code)) continue;
        gone.add(name);
        left.delete(name);
        if (arrived.has(name)) this.#over.add(name);
      }
    }
    throw new RestError(
      RestErrorCode.malformed,
      `expected no order of ours after ${ROUNDS_MAX} rounds of cancels, ${left.size} may remain`,
      { method: 'GET', path: '/api/v5/trade/orders-pending' },
    );
  }

  /** Cancels these, once; how many of the cancels the venue accepted. */
  async cancelThese(orders: readonly CancelRequest[]): Promise<number> {
    if (orders.length === 0) return 0;
    const results = await this.#options.account.cancelOrders(orders);
    return results.filter(({ sCode }) => sCode === ACCEPTED).length;
  }

  /** The orders of the table that are not known to be over; those that cannot be on their way any more go into `arrived`. */
  #knownLeft(arrived: Set<string>): Map<string, CancelRequest> {
    const { known, clock } = this.#options;
    const left = new Map<string, CancelRequest>();
    const names = new Set<string>();
    for (const { instId, clOrdId, inFlightSinceNs } of known()) {
      names.add(clOrdId);
      if (inFlightSinceNs + this.#flightNs <= clock.nowNs()) arrived.add(clOrdId);
      if (!this.#over.has(clOrdId)) left.set(clOrdId, { instId, clOrdId });
    }
    for (const name of this.#over) if (!names.has(name)) this.#over.delete(name);
    return left;
  }

  async #ours(): Promise<OrderRow[]> {
    const { account, facts } = this.#options;
    return (await account.fetchOpenOrders()).filter((row) => facts.isOurs(row));
  }
}
