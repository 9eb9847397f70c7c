import type { Milliseconds } from '../../../engine/base/units.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import type { Shared } from './shared.ts';
import { ONE, inexact } from './units.ts';
import type { Exact } from './units.ts';
import type { InstrumentTruth } from './venue-truth.ts';

/** Funding is paid at multiples of this at the most often: it is in balances, and in no fill. */
const FUNDING_MS: Milliseconds = 3_600_000 * 4;
/** Each fill is rounded once to 10^-18. */
const TOLERANCE: Exact = 10n ** 6n;

/**
 * The venue's balances are what its fills make them: profit of closed positions, what spot trades moved, and fees. With it
 * the sums over fills, which the engine's profit is compared with, are proven to be the venue's ledger.
 */
export class Balances implements Checker {
  readonly name = 'balances';
  readonly #shared: Shared;
  #start: ReadonlyMap<string, Exact> | null = null;
  #startMs: Milliseconds = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): null {
    if (this.#start !== null) return null;
    this.#startMs = world.nowMs;
    this.#start = balancesOf(world, this.#shared);
    return null;
  }

  end(world: SimWorldView): string | null {
    const periods = Math.floor(world.nowMs / FUNDING_MS) - Math.floor(this.#startMs / FUNDING_MS);
    if (this.#start === null || periods > 0) return null;
    // A position on margin has balances of its own: what was bought, and what is owed for it.
    if (world.config.instruments.some(({ product }) => product === 'margin')) return null;
    const { truth } = this.#shared;
    truth.look(world);
    const expected = new Map(this.#start);
    const add = (ccy: string, amount: Exact): void => {
      expected.set(ccy, (expected.get(ccy) ?? 0n) + amount);
    };
    for (const each of truth.instruments) this.#addFills(world, each, add);
    for (const [ccy, cash] of balancesOf(world, this.#shared)) {
      const off = cash - (expected.get(ccy) ?? 0n);
      if (off > TOLERANCE || off < -TOLERANCE)
        return `${ccy}: the balance is ${inexact(off)} off what the fills of the account make it`;
    }
    return null;
  }

  #addFills(world: SimWorldView, each: InstrumentTruth, add: (ccy: string, amount: Exact) => void): void {
    const { money, settleCcy, baseCcy } = each;
    add(settleCcy, money.fees);
    if (!each.isContract) {
      add(settleCcy, money.cash / ONE);
      add(baseCcy, money.position + money.baseFees);
      return;
    }
    const unit = each.unitOf(world);
    // What an option costs is paid in full, and at once.
    if (each.isOption) {
      add(settleCcy, (money.cash * unit) / ONE / ONE);
      return;
    }
    // What trades have cost, less what of it stands in the open position, has been paid out or taken.
    let open = 0n;
    for (const { lots, cost } of this.#shared.truth.look(world).holdings.get(each.instId)?.positions ?? [])
      open += lots < 0 ? -cost : cost;
    add(settleCcy, (money.cash * unit) / ONE / ONE + (each.isInverse ? -open : open));
  }
}

function balancesOf(world: SimWorldView, { truth }: Shared): Map<string, Exact> {
  return new Map([...truth.look(world).balances.values()].map(({ ccy, cash }) => [ccy, cash]));
}
