import { NS_PER_SECOND } from '../../../engine/base/units.ts';
import type { Nanoseconds } from '../../../engine/base/units.ts';
import type { LedgerRow } from '../../../engine/orders/position-ledger.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import { engineOf } from './engine-view.ts';
import type { EngineView } from './engine-view.ts';
import { markOf, profitAt } from './profit.ts';
import type { Shared } from './shared.ts';
import { ONE, exact, inexact, ofFloat } from './units.ts';
import type { InstrumentTruth } from './venue-truth.ts';

/** A fill may be unknown to a living engine for so long, of the time in which the venue can be asked. */
const UNTOLD_NS: Nanoseconds = 60 * NS_PER_SECOND;
const PERIOD_NS: Nanoseconds = NS_PER_SECOND;
/** Fees are floats in the engine. */
const FEE_TOLERANCE = 1e-8;
/** Of money, 10^-36: less than any lot at any tick is worth. */
const CASH_TOLERANCE = 10n ** 24n;

/**
 * Fills count once, and profit and fees equal the sums over the venue's own rows to the last unit. The engine may know of
 * fewer fills than the venue for a while; of more never. Once both know as many, position and cash must be the same.
 */
export class Money implements Checker {
  readonly name = 'money';
  readonly #shared: Shared;
  #engine: EngineView | null = null;
  /** By instrument: the number of fills at which both were last found to be equal. */
  #equalAt: number[] = [];
  /** By instrument: since when something has been missing; Infinity when nothing is. */
  #missingNs: number[] = [];
  #nextNs: Nanoseconds = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): string | null {
    this.#shared.patience.follow(world);
    const engine = engineOf(world);
    if (engine !== this.#engine) {
      this.#engine = engine;
      this.#equalAt = world.config.instruments.map(() => -1);
      this.#missingNs = world.config.instruments.map(() => Infinity);
    }
    if (engine === null) return null;
    const { truth } = this.#shared;
    truth.look(world);
    const { fillCount } = engine.loop.ledger;
    for (const each of truth.instruments) {
      const told = fillCount[each.index]!;
      const { count } = each.money;
      if (told > count) return `${each.instId}: ${told} fills booked, of ${count} that the venue knows`;
      if (told !== count || this.#equalAt[each.index] === count) continue;
      const wrong = compareCash(each, engine);
      if (wrong !== null) return wrong;
      this.#equalAt[each.index] = count;
    }
    if (world.nowNs < this.#nextNs) return null;
    this.#nextNs = world.nowNs + PERIOD_NS;
    return this.#checkMissing(engine);
  }

  end(world: SimWorldView): string | null {
    const engine = engineOf(world);
    if (engine === null) return 'no engine runs';
    const { truth } = this.#shared;
    truth.look(world);
    for (const each of truth.instruments) {
      const wrong =
        missingOf(each, engine) ?? compareCash(each, engine) ?? compareProfit(world, each, engine);
      if (wrong !== null) return wrong;
    }
    return null;
  }

  #checkMissing(engine: EngineView): string | null {
    const { nowNs } = this.#shared.patience;
    for (const each of this.#shared.truth.instruments) {
      const missing = missingOf(each, engine);
      const sinceNs = this.#missingNs[each.index]!;
      if (missing === null) this.#missingNs[each.index] = Infinity;
      else if (sinceNs === Infinity) this.#missingNs[each.index] = nowNs;
      else if (nowNs - sinceNs > UNTOLD_NS) return `${missing}, for ${(nowNs - sinceNs) / NS_PER_SECOND} s`;
    }
    return null;
  }
}

/** What the engine does not know yet, or null. */
function missingOf(each: InstrumentTruth, engine: EngineView): string | null {
  const { ledger } = engine.loop;
  const { money, instId, index } = each;
  if (ledger.fillCount[index] !== money.count)
    return `${instId}: ${ledger.fillCount[index]} fills booked, of ${money.count} that the venue knows`;
  if (ledger.untoldLots[index] !== 0) return `${instId}: ${ledger.untoldLots[index]} lots without a trade`;
  const fees = ledger.fees[index]! - inexact(money.fees);
  if (Math.abs(fees) > FEE_TOLERANCE)
    return `${instId}: fees ${ledger.fees[index]}, of the venue's ${inexact(money.fees)}`;
  const baseFees = ledger.baseFees[index]! - inexact(money.baseFees);
  return Math.abs(baseFees) > FEE_TOLERANCE
    ? `${instId}: fees in coins ${ledger.baseFees[index]}, of the venue's ${inexact(money.baseFees)}`
    : null;
}

/** Position and cash when both know as many fills: the same ones, then. */
function compareCash(each: InstrumentTruth, engine: EngineView): string | null {
  const { ledger } = engine.loop;
  const row = ledger.rows().find(({ instId }) => instId === each.instId)!;
  const { money, instId, index } = each;
  const position = BigInt(ledger.bookedLots[index]!) * exact(row.lotSz);
  if (position !== money.position)
    return `${instId}: position ${inexact(position)}, of the venue's ${inexact(money.position)} by as many fills`;
  const difference = cashOf(each, row) - money.cash;
  const size = difference < 0n ? -difference : difference;
  // A trade of a finer grid than the present one has a price between two ticks, which a float holds to 16 digits.
  return size > CASH_TOLERANCE + money.turnover / 10n ** 15n
    ? `${instId}: cash off by ${Number(difference) / 1e36} after ${money.count} fills`
    : null;
}

/** The row's cash in money: of 10^-36. */
function cashOf({ isInverse }: InstrumentTruth, row: LedgerRow): bigint {
  const cash = ofFloat(row.cash) + ofFloat(row.cashRest);
  return isInverse
    ? (cash * exact(row.lotSz) * 10n ** 6n) / exact(row.tickSz)
    : (cash * exact(row.lotSz) * exact(row.tickSz)) / 10n ** 30n;
}

/** Everything together at a price: the engine's formula for it against the definition. */
function compareProfit(world: SimWorldView, each: InstrumentTruth, engine: EngineView): string | null {
  const { money, instId, index } = each;
  const mark = markOf(world, each);
  const profit = profitAt(world, each, mark);
  const { ledger } = engine.loop;
  // Funding is in no row of a fill.
  const told = ledger.netProfit(index, mark / engine.instruments[index]!.tick.value) - ledger.funding[index]!;
  const turnover = Number(money.turnover / ONE) / 1e18;
  return Math.abs(told - profit) > 1e-7 + turnover * inexact(each.unitOf(world)) * 1e-12
    ? `${instId}: profit ${told}, by the venue's rows ${profit}`
    : null;
}
