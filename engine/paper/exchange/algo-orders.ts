import type { Account } from './account.ts';
import type { AlgoOrder } from './algo-order.ts';

/** Ended algo orders that an account can still be asked about. */
const ENDED_MAX = 2_000;
const PAGE_MAX = 100;

/** Filters as OKX names them. */
export interface AlgoFilter {
  /** A list with commas. */
  readonly ordType?: string;
  readonly instType?: string;
  readonly instId?: string;
  readonly algoId?: string;
  readonly algoClOrdId?: string;
  readonly state?: string;
  /** Older than this algoId, newer than this one. */
  readonly after?: string;
  readonly before?: string;
  readonly limit?: string;
}

/** All algo orders, by account and by instrument. */
export class AlgoOrders {
  /** By algoId, oldest first: those that wait. */
  readonly #live = new Map<string, AlgoOrder>();
  readonly #ended = new Map<Account, AlgoOrder[]>();

  get hasLive(): boolean {
    return this.#live.size > 0;
  }

  /** As of now: some of them may end while one goes through them. */
  live(): AlgoOrder[] {
    return [...this.#live.values()];
  }

  hasLiveOf(instId: string): boolean {
    for (const algo of this.#live.values()) if (algo.instId === instId) return true;
    return false;
  }

  /** Waiting, or ended and still open in its orders. */
  byId(algoId: string): AlgoOrder | null {
    const live = this.#live.get(algoId);
    if (live !== undefined) return live;
    for (const ended of this.#ended.values()) {
      const found = ended.findLast((algo) => algo.algoId === algoId);
      if (found !== undefined) return found;
    }
    return null;
  }

  add(algo: AlgoOrder): void {
    this.#live.set(algo.algoId, algo);
  }

  end(algo: AlgoOrder): void {
    this.#live.delete(algo.algoId);
    let ended = this.#ended.get(algo.account);
    if (ended === undefined) {
      ended = [];
      this.#ended.set(algo.account, ended);
    }
    ended.push(algo);
    if (ended.length > 2 * ENDED_MAX) ended.splice(0, ENDED_MAX);
  }

  count(account: Account, instId: string, type: string): number {
    let count = 0;
    for (const algo of this.#live.values()) {
      if (algo.account === account && algo.instId === instId && algo.terms.type === type) count++;
    }
    return count;
  }

  /** The newest of that name, waiting or ended; the venue's name wins when both are given. */
  find(account: Account, algoId: string, algoClOrdId: string): AlgoOrder | null {
    const isNamed = (algo: AlgoOrder): boolean =>
      algo.account === account &&
      (algoId !== '' ? algo.algoId === algoId : algoClOrdId !== '' && algo.terms.algoClOrdId === algoClOrdId);
    return this.live().findLast(isNamed) ?? this.#ended.get(account)?.findLast(isNamed) ?? null;
  }

  query(account: Account, isPending: boolean, filter: AlgoFilter): AlgoOrder[] {
    const types = filter.ordType?.split(',');
    const all = isPending ? this.live() : (this.#ended.get(account) ?? []);
    const found = all.filter(
      (algo) =>
        algo.account === account &&
        (types === undefined || types.includes(algo.terms.type)) &&
        isAsked(filter.instId, algo.instId) &&
        isAsked(filter.algoId, algo.algoId) &&
        isAsked(filter.algoClOrdId, algo.terms.algoClOrdId) &&
        isAsked(filter.state, algo.state) &&
        (!filter.after || BigInt(algo.algoId) < wholeNumber(filter.after)) &&
        (!filter.before || BigInt(algo.algoId) > wholeNumber(filter.before)),
    );
    found.sort((left, right) => (BigInt(left.algoId) < BigInt(right.algoId) ? 1 : -1));
    const limit = Math.min(Number(filter.limit || PAGE_MAX) || PAGE_MAX, PAGE_MAX);
    return filter.before && !filter.after ? found.slice(-limit) : found.slice(0, limit);
  }
}

function isAsked(asked: string | undefined, value: string): boolean {
  return asked === undefined || asked === '' || asked === value;
}

function wholeNumber(text: string): bigint {
  return /^\d{1,30}$/.test(text) ? BigInt(text) : 0n;
}
