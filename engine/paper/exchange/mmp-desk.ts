/**
 * Market maker protection: when orders of the types mmp and mmp_and_post_only of an option family are filled by `qtyLimit`
 * contracts within `timeInterval`, the rest of them is cancelled (mmp_canceled, cancelSource 39) and new ones are refused
 * (51034) for `frozenInterval`, or until the reset when that is 0. For options in portfolio margin (51036).
 */
import { CancelSource } from '../../okx/shapes.ts';
import type { Lots, Milliseconds } from '../../base/units.ts';
import type { Account } from './account.ts';
import { OrderState, type ClientOrder, type OrderType } from './client-order.ts';
import type { ExchangeRefusal, RequestItem, Row } from './exchange-contract.ts';
import { field, type Listing } from './listing.ts';
import type { Matcher } from './matcher.ts';
import { refusal, type OrderRefusal } from './refusals.ts';

const LOCK_MS_MAX = 10_000;

/** Of one account in one family. */
interface Protection {
  timeIntervalMs: number;
  frozenIntervalMs: number;
  /** Contracts. */
  qtyLimit: number;
  /** Infinity until it is reset by hand; 0 when it is not frozen. */
  frozenUntilMs: number;
  lockedUntilMs: number;
  /** False for one that is there for a lock alone. */
  isConfigured: boolean;
  /** Fills of the last interval, oldest first. */
  readonly fills: { readonly timeMs: Milliseconds; readonly contracts: number }[];
}

export class MmpDesk {
  readonly #matcher: Matcher;
  readonly #protections = new Map<string, Protection>();
  /** Accounts and families that have been filled too much, and whose orders are still there. */
  readonly #triggered = new Map<Account, Set<string>>();

  constructor(matcher: Matcher) {
    this.#matcher = matcher;
  }

  refuse(account: Account, listing: Listing, type: OrderType, nowMs: Milliseconds): OrderRefusal | null {
    if (!isProtected(type)) return null;
    if (!listing.isOption || account.options.accountLevel !== '4') return refusal('51036');
    const protection = this.#protections.get(keyOf(account, listing.instFamily));
    if (protection === undefined) return null;
    if (protection.frozenUntilMs > nowMs) return refusal('51034');
    return protection.lockedUntilMs > nowMs ? refusal('54008') : null;
  }

  configure(account: Account, request: RequestItem): Row[] | ExchangeRefusal {
    if (account.options.accountLevel !== '4') return refusal('51036');
    const instFamily = field(request, 'instFamily');
    if (instFamily === '') return refusal('50014', 'instFamily');
    const values = ['timeInterval', 'frozenInterval', 'qtyLimit'].map((name) => field(request, name));
    const wrong = values.findIndex((value) => !/^\d{1,12}$/.test(value));
    if (wrong >= 0) return refusal('51000', ['timeInterval', 'frozenInterval', 'qtyLimit'][wrong]!);
    const [timeInterval, frozenInterval, qtyLimit] = values as [string, string, string];
    if (Number(timeInterval) > 0 && Number(qtyLimit) === 0) return refusal('51000', 'qtyLimit');
    const protection = this.#of(account, instFamily);
    protection.timeIntervalMs = Number(timeInterval);
    protection.frozenIntervalMs = Number(frozenInterval);
    protection.qtyLimit = Number(qtyLimit);
    protection.isConfigured = true;
    protection.fills.length = 0;
    return [{ instFamily, timeInterval, frozenInterval, qtyLimit }];
  }

  /** Rows of GET /account/mmp-config; of one family when that is given. */
  rows(account: Account, family: string, nowMs: Milliseconds): Row[] {
    const rows: Row[] = [];
    for (const [key, protection] of this.#protections) {
      const [uid, instFamily] = key.split(' ') as [string, string];
      if (uid !== account.uid || !protection.isConfigured || (family !== '' && family !== instFamily))
        continue;
      const isFrozen = protection.frozenUntilMs > nowMs;
      rows.push({
        instFamily,
        mmpFrozen: isFrozen,
        mmpFrozenUntil:
          isFrozen && protection.frozenUntilMs < Infinity ? String(protection.frozenUntilMs) : '',
        timeInterval: String(protection.timeIntervalMs),
        frozenInterval: String(protection.frozenIntervalMs),
        qtyLimit: String(protection.qtyLimit),
      });
    }
    return rows;
  }

  reset(account: Account, request: RequestItem): Row[] | ExchangeRefusal {
    const family = field(request, 'instFamily');
    if (family === '') return refusal('50014', 'instFamily');
    const protection = this.#protections.get(keyOf(account, family));
    if (protection?.isConfigured !== true) return refusal('51000', 'instFamily');
    protection.frozenUntilMs = 0;
    protection.fills.length = 0;
    return [{ result: true }];
  }

  /** Cancels all protected orders of a family (cancelSource 38), and keeps new ones off for `lockInterval`. */
  massCancel(account: Account, request: RequestItem, nowMs: Milliseconds): Row[] | ExchangeRefusal {
    if (account.options.accountLevel !== '4') return refusal('51411');
    if (request['instType'] !== 'OPTION') return refusal('51000', 'instType');
    const family = field(request, 'instFamily');
    if (family === '') return refusal('50014', 'instFamily');
    const lock = field(request, 'lockInterval') || '0';
    if (!/^\d{1,5}$/.test(lock) || Number(lock) > LOCK_MS_MAX) return refusal('51000', 'lockInterval');
    if (Number(lock) > 0) this.#of(account, family).lockedUntilMs = nowMs + Number(lock);
    this.#cancel(account, family, CancelSource.mmpMassCancel, nowMs);
    return [{ result: true }];
  }

  /** A fill of an account's order: `settle` cancels what has to go, when the taker is done. */
  filled(order: ClientOrder, lots: Lots, nowMs: Milliseconds): void {
    if (!isProtected(order.terms.type)) return;
    const { account, market } = order;
    const { listing } = market;
    const protection = this.#protections.get(keyOf(account, listing.instFamily));
    if (protection === undefined || protection.timeIntervalMs === 0) return;
    const { fills } = protection;
    fills.push({ timeMs: nowMs, contracts: lots * listing.lot.value });
    while (fills[0]!.timeMs <= nowMs - protection.timeIntervalMs) fills.shift();
    const contracts = fills.reduce((sum, fill) => sum + fill.contracts, 0);
    if (contracts < protection.qtyLimit) return;
    fills.length = 0;
    const { frozenIntervalMs } = protection;
    protection.frozenUntilMs = frozenIntervalMs === 0 ? Infinity : nowMs + frozenIntervalMs;
    const families = this.#triggered.get(account);
    if (families === undefined) this.#triggered.set(account, new Set([listing.instFamily]));
    else families.add(listing.instFamily);
  }

  settle(nowMs: Milliseconds): void {
    if (this.#triggered.size === 0) return;
    const triggered = [...this.#triggered];
    this.#triggered.clear();
    for (const [account, families] of triggered) {
      for (const family of families) this.#cancel(account, family, CancelSource.mmpTriggered, nowMs);
    }
  }

  #cancel(account: Account, family: string, source: number, nowMs: Milliseconds): void {
    const orders = [...account.openOrders.values()].filter(
      (order) => isProtected(order.terms.type) && order.market.listing.instFamily === family,
    );
    for (const order of orders) this.#matcher.cancel(order, source, nowMs, OrderState.mmpCanceled);
  }

  #of(account: Account, family: string): Protection {
    const key = keyOf(account, family);
    let protection = this.#protections.get(key);
    if (protection === undefined) {
      protection = {
        timeIntervalMs: 0,
        frozenIntervalMs: 0,
        qtyLimit: 0,
        frozenUntilMs: 0,
        lockedUntilMs: 0,
        isConfigured: false,
        fills: [],
      };
      this.#protections.set(key, protection);
    }
    return protection;
  }
}

export function isProtected(type: OrderType): boolean {
  return type === 'mmp' || type === 'mmp_and_post_only';
}

function keyOf(account: Account, family: string): string {
  return `${account.uid} ${family}`;
}
