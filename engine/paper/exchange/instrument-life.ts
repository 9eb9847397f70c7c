/**
 * What happens to an instrument while it is traded: other grids, another name, its end. Orders of accounts never live
 * through it: the venue cancels them (cancelSource 0).
 */
import { assert } from '../../base/assert.ts';
import { CancelSource } from '../../okx/shapes.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Account } from './account.ts';
import type { Background } from './background.ts';
import type { Delivery } from './delivery.ts';
import type { ExchangeSink, Regrid } from './exchange-contract.ts';
import { hasFunding } from './public-ticks.ts';
import type { Market } from './market.ts';
import type { Matcher } from './matcher.ts';
import { relisted } from './relisting.ts';
import type { Timed } from './timer-queue.ts';

export interface LifeParts {
  readonly markets: Map<string, Market>;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly matcher: Matcher;
  readonly background: Background;
  readonly delivery: Delivery;
  readonly sink: ExchangeSink;
  readonly schedule: (timeMs: number, item: Timed) => void;
}

/** The fields that the venue announces changes of (`upcChg`). */
export type AnnouncedField = 'tickSz' | 'minSz';

export class InstrumentLife {
  readonly #parts: LifeParts;

  constructor(parts: LifeParts) {
    this.#parts = parts;
  }

  /** @throws ListingError when the new grids are none, or a position does not fit the new lots */
  relist(instId: string, grid: Regrid, nowMs: Milliseconds): void {
    const { markets, matcher, background, sink } = this.#parts;
    const market = this.#market(instId);
    assert(!background.isRecorded(market), 'a recorded market keeps the grids of its recording');
    const next = relisted(market, grid, this.#accounts(), matcher, nowMs);
    const told = market.image(nowMs);
    markets.set(instId, next);
    background.moveTo(market, next);
    sink.instrument(next.listing.row);
    next.flushRegrid(told, nowMs);
  }

  /**
   * Gives an instrument another name, as the venue does: the old one expires, the new one has the same `instIdCode`, and
   * sequence, trades, prices and positions go on.
   */
  rename(instId: string, to: string, nowMs: Milliseconds): void {
    const { markets, matcher, background, sink } = this.#parts;
    const old = this.#market(instId);
    assert(!markets.has(to), 'a new name is not taken');
    assert(!background.isRecorded(old), 'a recorded market keeps its name');
    const next = relisted(old, { instId: to }, this.#accounts(), matcher, nowMs);
    old.listing.change({ state: 'expired' });
    old.hasFlow = false;
    markets.set(to, next);
    background.moveTo(old, next);
    next.flushQuietly();
    sink.instrument(old.listing.row);
    sink.instrument(next.listing.row);
    if (hasFunding(next.listing)) next.tellFunding(nowMs);
  }

  /** Announces another tick or least size (of contracts the lot with it), which comes into force at its time. */
  announce(
    instId: string,
    param: AnnouncedField,
    newValue: string,
    effMs: Milliseconds,
    nowMs: Milliseconds,
  ): void {
    const { schedule, sink } = this.#parts;
    const { listing } = this.#market(instId);
    listing.change({ upcChg: [{ param, newValue, effTime: String(effMs) }] });
    sink.instrument(listing.row);
    const lot = param === 'minSz' && listing.isContract ? { lotSz: newValue } : {};
    const run = (timeMs: number): void => {
      this.#market(instId).listing.change({ upcChg: [] });
      this.relist(instId, { [param]: newValue, ...lot }, Math.floor(timeMs));
    };
    schedule(Math.max(effMs, nowMs), { run });
  }

  /** Announces the end of an instrument; contracts are delivered at their mark price then. */
  delist(instId: string, atMs: Milliseconds, nowMs: Milliseconds): void {
    const { schedule, sink } = this.#parts;
    const { listing } = this.#market(instId);
    listing.change({ expTime: String(atMs) });
    sink.instrument(listing.row);
    schedule(Math.max(atMs, nowMs), { run: (timeMs) => this.#end(instId, Math.floor(timeMs)) });
  }

  #end(instId: string, nowMs: Milliseconds): void {
    const { delivery, matcher, sink } = this.#parts;
    const market = this.#market(instId);
    const { listing } = market;
    for (const account of this.#accounts()) {
      const orders = [...(account.holdings.get(instId)?.orders ?? [])];
      for (const order of orders) matcher.cancel(order, CancelSource.system, nowMs);
    }
    if (listing.isContract && !listing.isOption) {
      delivery.deliver(market, nowMs, market.markTicks * listing.tick.value);
      return;
    }
    listing.change({ state: 'expired' });
    sink.instrument(listing.row);
  }

  #market(instId: string): Market {
    const market = this.#parts.markets.get(instId);
    assert(market !== undefined, 'only a listed instrument changes');
    return market;
  }

  #accounts(): Account[] {
    return [...this.#parts.accounts.values()];
  }
}
