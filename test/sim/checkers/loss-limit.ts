import { NS_PER_SECOND } from '../../../engine/base/units.ts';
import type { Nanoseconds } from '../../../engine/base/units.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../../engine/risk/kill-ladder.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import { engineOf } from './engine-view.ts';
import type { Shared } from './shared.ts';
import { profitAt, valueAt } from './profit.ts';

const PERIOD_NS: Nanoseconds = NS_PER_SECOND;
/** An engine that is up and can ask has learnt of its losses within this. */
const NOTICED_NS: Nanoseconds = 60 * NS_PER_SECOND;
/** The engine marks at the middle of its own books, this at that of the venue's; of the position's value. */
const MARK_RATIO = 0.0005;

/**
 * A loss past the account's limit halts: by the venue's own fills and books, since the start or since an operator's last
 * word, which lets losses count anew.
 */
export class LossLimit implements Checker {
  readonly name = 'loss limit';
  readonly #shared: Shared;
  #nextNs: Nanoseconds = 0;
  #baseline = 0;
  #commands = 0;
  #lostNs = Infinity;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): string | null {
    if (world.nowNs < this.#nextNs) return null;
    this.#nextNs = world.nowNs + PERIOD_NS;
    const { truth, patience } = this.#shared;
    patience.follow(world);
    truth.look(world);
    let profit = 0;
    let value = 0;
    for (const each of truth.instruments) {
      const mark = middleOf(world, each.instId);
      if (!(mark > 0)) return null;
      const rate = each.isInverse ? mark : 1;
      // Funding counts as far as the engine has heard of it.
      const funding = engineOf(world)?.loop.ledger.funding[each.index] ?? 0;
      profit += (profitAt(world, each, mark) + funding) * rate;
      value += valueAt(world, each, mark) * rate;
    }
    const isWaiting = world.commandsGiven > 0 && world.commandDone === null;
    if (world.commandsGiven !== this.#commands || isWaiting) this.#baseline = profit;
    this.#commands = world.commandsGiven;
    const { lossMax } = world.config.account;
    const loss = this.#baseline - profit;
    const ladder = engineOf(world)?.loop.ladder;
    const isHalted =
      ladder !== undefined &&
      Object.values(KillTrigger).some((trigger) => ladder.held(trigger, ACCOUNT) === KillLevel.halted);
    if (ladder === undefined || isHalted || loss < lossMax + value * MARK_RATIO) this.#lostNs = Infinity;
    else if (this.#lostNs === Infinity) this.#lostNs = patience.nowNs;
    return patience.nowNs - this.#lostNs > NOTICED_NS
      ? `lost ${loss.toFixed(2)} of at most ${lossMax}, and not halted`
      : null;
  }

  end(): null {
    return null;
  }
}

/** The middle of the venue's book: its mark price runs ahead of a market in which little happens. */
function middleOf(world: SimWorldView, instId: string): number {
  const row = world.venue.exchange.ticker(instId);
  return (Number(row?.['bidPx'] ?? 0) + Number(row?.['askPx'] ?? 0)) / 2;
}
