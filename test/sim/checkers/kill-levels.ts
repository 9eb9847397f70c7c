import { ACCOUNT, KillLevel, KillTrigger } from '../../../engine/risk/kill-ladder.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import { engineOf } from './engine-view.ts';
import type { EngineView } from './engine-view.ts';
import type { Shared } from './shared.ts';
import type { SentItem } from './traffic.ts';
import { BUY, SELL } from './venue-truth.ts';
import type { InstrumentTruth, Way } from './venue-truth.ts';

const LOTS_EPSILON = 1e-6;

/**
 * What is sent obeys the level at which the engine itself says that it stands: halted it only cancels, paused it places
 * nothing but what a flatten closes with, reduce only it sends nothing that could make a position larger, by the venue's
 * position and with everything in flight. A level that was reached or left in this very step counts at the lower of the two.
 */
export class KillLevels implements Checker {
  readonly name = 'kill level';
  readonly #shared: Shared;
  #engine: EngineView | null = null;
  /** By instrument, as of the step before. */
  #levels: KillLevel[] = [];
  #isFlattening = false;
  #isHalted = false;
  #commandsDone = 0;
  #commandsAtHalt = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): string | null {
    const { traffic, wire } = this.#shared;
    const engine = engineOf(world);
    wire.follow(world);
    if (engine === null) return null;
    const { ladder } = engine.loop;
    if (engine !== this.#engine) {
      this.#engine = engine;
      this.#levels = engine.instruments.map(({ index }) => ladder.level(index));
      this.#isHalted = false;
    }
    const wasFlattening = this.#isFlattening;
    this.#isFlattening = ladder.held(KillTrigger.flatten, ACCOUNT) > KillLevel.quoting;
    let wrong: string | null = null;
    for (const item of traffic.items) {
      if (item.op !== 'cancel') wrong ??= this.#check(world, engine, item, wasFlattening);
    }
    for (const { index } of engine.instruments) this.#levels[index] = ladder.level(index);
    return wrong ?? this.#checkHalt(world, ladder.isHalted);
  }

  end(): null {
    return null;
  }

  /** Nobody but an operator takes a halt back. The word may have been given while the thread stood still. */
  #checkHalt(world: SimWorldView, isHalted: boolean): string | null {
    const { commandsGiven, commandDone } = world;
    const wasHalted = this.#isHalted;
    this.#isHalted = isHalted;
    if (isHalted && !wasHalted) this.#commandsAtHalt = this.#commandsDone;
    if (commandDone !== null) {
      this.#commandsDone = commandsGiven;
      if (isHalted) this.#commandsAtHalt = commandsGiven;
    }
    const isTakenBack = wasHalted && !isHalted && commandsGiven <= this.#commandsAtHalt;
    return isTakenBack ? 'the halt was taken back without an operator' : null;
  }

  #check(world: SimWorldView, engine: EngineView, item: SentItem, wasFlattening: boolean): string | null {
    const each = this.#shared.truth.of(item.instId);
    const instrument = engine.instruments.find(({ instId }) => instId === item.instId);
    if (each === undefined || instrument === undefined)
      return `${item.op} on ${item.instId}, which is not configured`;
    const now = engine.loop.ladder.level(instrument.index);
    const level = Math.min(now, this.#levels[instrument.index]!);
    if (level < KillLevel.reduceOnly) return null;
    if (level === KillLevel.halted) return `halted, and yet ${textOf(item)}`;
    const isFlattening = wasFlattening || this.#isFlattening;
    const isClosing = isFlattening && item.op === 'place' && item.ordType === 'ioc';
    if (level === KillLevel.paused && !isClosing) return `paused, and yet ${textOf(item)}`;
    return this.#checkReducing(world, each, item);
  }

  #checkReducing(world: SimWorldView, each: InstrumentTruth, item: SentItem): string | null {
    const { truth, wire } = this.#shared;
    const order = item.op === 'place' ? null : truth.look(world).openByClientId(item.clOrdId);
    if (item.op === 'amend' && order === null) return null;
    const isBuy = order === null ? item.side === 'buy' : order.terms.side === 0;
    const way: Way = isBuy ? BUY : SELL;
    const position = truth.positionLots(each);
    const { lots } = wire.exposure(world, each, way, false);
    return position * way + lots > LOTS_EPSILON
      ? `reduce only, and yet ${textOf(item)}: position ${position} lots, ${lots} in orders on that side`
      : null;
  }
}

function textOf({ op, side, sz, px, clOrdId, instId }: SentItem): string {
  return `a ${op} of ${clOrdId} on ${instId} (${side} ${sz} at ${px})`;
}
