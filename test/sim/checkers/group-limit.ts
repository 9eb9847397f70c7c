import { ContractKind } from '../../../engine/base/instrument.ts';
import type { Instrument } from '../../../engine/base/instrument.ts';
import { KillLevel } from '../../../engine/risk/kill-ladder.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import { engineOf } from './engine-view.ts';
import type { EngineView } from './engine-view.ts';
import type { Shared } from './shared.ts';
import { BUY, SELL } from './venue-truth.ts';
import type { InstrumentTruth, Way } from './venue-truth.ts';

/** Of all that is held and in flight: inverse contracts are worth as many coins as their price of the moment says. */
const PRICE_SLACK = 0.01;

/**
 * Nothing is sent that could lead the net delta of a coin beyond its limit, by the venue's positions and with everything in
 * flight on that side, in every instrument of the coin. Reduce only, each instrument is left on its own.
 */
export class GroupLimit implements Checker {
  readonly name = 'group limit';
  readonly #shared: Shared;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): string | null {
    const { traffic, truth, wire } = this.#shared;
    const { groups } = world.config.portfolio;
    const engine = engineOf(world);
    if (groups.length === 0 || engine === null) return null;
    wire.follow(world);
    for (const { op, instId } of traffic.items) {
      if (op === 'cancel') continue;
      truth.look(world);
      const instrument = engine.instruments.find((each) => each.instId === instId);
      const group = groups.find(({ coin }) => coin === instrument?.baseCcy);
      if (instrument === undefined || group === undefined) continue;
      if (engine.loop.ladder.level(instrument.index) >= KillLevel.reduceOnly) continue;
      const wrong = this.#check(world, engine, group.coin, Number(group.delta));
      if (wrong !== null) return `${wrong}, after ${op} on ${instId}`;
    }
    return null;
  }

  end(): null {
    return null;
  }

  #check(world: SimWorldView, engine: EngineView, coin: string, max: number): string | null {
    const { truth } = this.#shared;
    const members = engine.instruments.filter(({ baseCcy }) => baseCcy === coin);
    // An option counts by its delta: what that was when an order was weighed, only the engine knows.
    if (members.some(({ option }) => option !== null)) return null;
    for (const way of [BUY, SELL] as const) {
      let worst = 0;
      let gross = 0;
      let inFlight = 0;
      for (const member of members) {
        const each = truth.instruments[member.index]!;
        const coins = coinsOf(engine, member);
        const { lots } = this.#exposure(world, each, way);
        const position = truth.positionLots(each);
        worst += (position * way + lots) * coins;
        gross += (Math.abs(position) + lots) * coins;
        inFlight += lots;
      }
      // What nothing is sent for was not made so by what was sent.
      if (inFlight === 0 || worst <= max + gross * PRICE_SLACK) continue;
      return `${coin}: ${worst} to ${way === BUY ? 'the long' : 'the short'} side with what is in flight, of at most ${max}`;
    }
    return null;
  }

  #exposure(world: SimWorldView, each: InstrumentTruth, way: Way): { lots: number } {
    return this.#shared.wire.exposure(world, each, way, false);
  }
}

function coinsOf(engine: EngineView, { index, kind, lotValue, tick }: Instrument): number {
  if (kind !== ContractKind.inverse) return lotValue;
  const { bids, asks } = engine.loop.market.books[index]!;
  return lotValue / (((bids.bestTicks + asks.bestTicks) / 2) * tick.value);
}
