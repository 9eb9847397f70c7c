/**
 * Who falls short of margin. Looked at whenever the marks have moved, group by group: a currency's cross positions in
 * futures mode, all of the account where margin is shared, each isolated position by itself.
 *
 *     equity / maintenance margin
 *       below 3      `liquidation-warning`, and again every half minute
 *       below 1.1    orders that would add to a position are cancelled (cancelSource 2)
 *       1 or less    all its orders are cancelled (cancelSource 3), then the position with the most maintenance margin goes:
 *                    down to the next lower tier at the mark price for the taker's fee (partial_liquidation), or, in the
 *                    lowest, all of it without a fee at the price that its maintenance margin pays for (full_liquidation)
 *
 * One position a group and look: the next look sees what is left. When the equity does not cover that price, the insurance
 * fund does: the account ends at nothing, and not below. What is borrowed without a position is not called in. The levels of
 * warning and of cancelling, and both prices, are chosen; OKX documents the order of the steps.
 */
import { CancelSource } from '../../okx/shapes.ts';
import type { Lots, Milliseconds, Ticks } from '../../base/units.ts';
import type { Account, Valuation } from './account.ts';
import type { ClientOrder } from './client-order.ts';
import type { ExchangeSink } from './exchange-contract.ts';
import type { ForcedTrades } from './forced-trades.ts';
import type { Holding } from './holding.ts';
import { ListingKind } from './listing.ts';
import { crossMargin, marginOf, type Margin } from './margin-rows.ts';
import type { Position } from './position.ts';
import { positionRow } from './position-rows.ts';
import { tierOf } from './position-tiers.ts';

const WARNING_RATIO = 3;
const CANCEL_RATIO = 1.1;
const WARNING_REPEAT_MS = 30_000;

/** Positions that stand or fall together. */
interface Group {
  readonly margin: Margin;
  readonly members: readonly (readonly [Holding, Position])[];
  isOf(order: ClientOrder): boolean;
}

export class Liquidation {
  readonly #accounts: ReadonlyMap<string, Account>;
  readonly #trades: ForcedTrades;
  readonly #valuation: Valuation;
  readonly #sink: ExchangeSink;
  readonly #warnedMs = new Map<Position, Milliseconds>();

  constructor(
    accounts: ReadonlyMap<string, Account>,
    trades: ForcedTrades,
    valuation: Valuation,
    sink: ExchangeSink,
  ) {
    this.#accounts = accounts;
    this.#trades = trades;
    this.#valuation = valuation;
    this.#sink = sink;
  }

  look(nowMs: Milliseconds): void {
    for (const account of this.#accounts.values()) {
      for (const group of this.#groups(account)) this.#lookAt(account, group, nowMs);
    }
  }

  /** Takes a position out whatever its margin: all of it, or lots of it. */
  force(account: Account, holding: Holding, position: Position, lots: Lots, nowMs: Milliseconds): void {
    const isOf = (order: ClientOrder): boolean => order.holding === holding;
    this.#trades.cancel(account, isOf, CancelSource.risk, nowMs);
    if (lots < Math.abs(position.lots)) this.#reduce(account, holding, position, lots, nowMs);
    else
      this.#takeOver(
        account,
        holding,
        position,
        marginOf(account, holding, position, this.#valuation),
        nowMs,
      );
  }

  #groups(account: Account): Group[] {
    const cross = new Map<string, (readonly [Holding, Position])[]>();
    const groups: Group[] = [];
    for (const holding of account.holdings.values()) {
      for (const position of holding.positions) {
        if (position.lots === 0) continue;
        if (position.marginMode === 'isolated') groups.push(this.#alone(account, holding, position));
        else {
          const key = account.hasSharedMargin ? '' : position.ccy;
          const members = cross.get(key);
          if (members === undefined) cross.set(key, [[holding, position]]);
          else members.push([holding, position]);
        }
      }
    }
    for (const [ccy, members] of cross) {
      const isOf = (order: ClientOrder): boolean =>
        ccy === '' || (order.hasPosition && order.marginMode === 'cross' && order.marginCcy === ccy);
      groups.push({ margin: crossMargin(account, ccy, this.#valuation), members, isOf });
    }
    return groups;
  }

  #alone(account: Account, holding: Holding, position: Position): Group {
    const isOf = (order: ClientOrder): boolean =>
      order.holding === holding &&
      order.marginMode === 'isolated' &&
      order.terms.posSide === position.posSide;
    const margin = marginOf(account, holding, position, this.#valuation);
    return { margin, members: [[holding, position]], isOf };
  }

  #lookAt(account: Account, group: Group, nowMs: Milliseconds): void {
    const { equity, maintenance } = group.margin;
    if (maintenance === 0 || equity > maintenance * WARNING_RATIO) return;
    for (const [holding, position] of group.members) this.#warn(account, holding, position, nowMs);
    if (equity > maintenance * CANCEL_RATIO) return;
    const isAdding = (order: ClientOrder): boolean => group.isOf(order) && !order.isReducing;
    this.#trades.cancel(account, isAdding, CancelSource.preReduction, nowMs);
    if (equity > maintenance) return;
    this.#trades.cancel(account, (order) => group.isOf(order), CancelSource.risk, nowMs);
    const [holding, position] = this.#worst(group);
    const { tiers } = holding.market;
    const size = Math.abs(position.lots);
    const lower = tiers[tiers.indexOf(tierOf(tiers, size)) - 1];
    if (lower !== undefined && !holding.listing.isOption) {
      this.#reduce(account, holding, position, size - lower.maxLots, nowMs);
      return;
    }
    // Of a group in USD: in the currency of the position.
    const rate =
      account.hasSharedMargin && position.marginMode === 'cross' ? this.#valuation.usd(position.ccy) || 1 : 1;
    this.#takeOver(account, holding, position, { equity: equity / rate, maintenance }, nowMs);
  }

  #worst({ members }: Group): readonly [Holding, Position] {
    const needs = ([holding, position]: readonly [Holding, Position]): number =>
      holding.maintenanceOf(position) * (this.#valuation.usd(position.ccy) || 1);
    return members.reduce((worst, member) => (needs(member) > needs(worst) ? member : worst));
  }

  #reduce(account: Account, holding: Holding, position: Position, lots: Lots, nowMs: Milliseconds): void {
    const { taker } = account.fees.of(holding.listing);
    const { markTicks } = holding.market;
    this.#trades.close(account, holding, position, lots, markTicks, 'partial_liquidation', taker, nowMs);
  }

  #takeOver(
    account: Account,
    holding: Holding,
    position: Position,
    margin: Margin,
    nowMs: Milliseconds,
  ): void {
    const ticks = takeOverTicks(holding, position, margin.equity);
    const lots = Math.abs(position.lots);
    this.#trades.close(account, holding, position, lots, ticks, 'full_liquidation', 0n, nowMs);
  }

  #warn(account: Account, holding: Holding, position: Position, nowMs: Milliseconds): void {
    if (nowMs - (this.#warnedMs.get(position) ?? -Infinity) < WARNING_REPEAT_MS) return;
    this.#warnedMs.set(position, nowMs);
    const row = positionRow(account, holding, position, holding.market, this.#valuation, nowMs);
    this.#sink.liquidationWarning?.(account.uid, row);
  }
}

/** The price at which the position loses its maintenance margin against the mark, or the equity where that is less. */
function takeOverTicks(holding: Holding, position: Position, equity: number): Ticks {
  const { market, listing } = holding;
  const lots = Math.abs(position.lots);
  const sign = position.lots > 0 ? 1 : -1;
  const value = holding.valueIn(position.ccy, market.markTicks, lots);
  const part = Math.min(equity, holding.maintenanceOf(position)) / value;
  const ratio = listing.kind === ListingKind.inverse ? 1 / (1 + sign * part) : 1 - sign * part;
  const ticks = market.markTicks * ratio;
  // Never worse than what pays for it.
  return Math.max(1, sign > 0 ? Math.ceil(ticks - 1e-6) : Math.floor(ticks + 1e-6));
}
