import { NS_PER_SECOND } from '../../../engine/base/units.ts';
import type { Nanoseconds } from '../../../engine/base/units.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../../engine/risk/kill-ladder.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import { engineOf } from './engine-view.ts';
import type { EngineView } from './engine-view.ts';
import type { Shared } from './shared.ts';
import type { SentItem } from './traffic.ts';
import { BUY, SELL } from './venue-truth.ts';
import type { InstrumentTruth, Way } from './venue-truth.ts';

const PERIOD_NS: Nanoseconds = NS_PER_SECOND;
/** Cancels, or failing them recovery by REST, have taken out what rests after this. */
const WITHDRAWN_NS: Nanoseconds = 20 * NS_PER_SECOND;
const LOTS_EPSILON = 1e-6;

/**
 * What is sent obeys the level at which the engine itself says that it stands: halted it only cancels, paused it places
 * nothing but what a flatten closes with, reduce only it sends nothing that could make a position larger, by the venue's
 * position and with everything in flight; and what rests is taken out. A level that was reached or left in this very step counts at the lower of the two.
 */
export class KillLevels implements Checker {
  readonly name = 'kill level';
  readonly #shared: Shared;
  #engine: EngineView | null = null;
  /** By instrument, and the count of changes that they belong to. */
  #now: readonly KillLevel[] = [];
  #changes = -1;
  #isFlattening = false;
  #nextNs: Nanoseconds = 0;
  /** By instrument: since when orders rest that should not, of the time in which the venue can be asked. */
  readonly #restingNs: Nanoseconds[] = [];
  #isHaltedNow = false;
  /** As of the step before. */
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
      this.#changes = ladder.changes;
      this.#now = levelsOf(engine);
      this.#isHaltedNow = isHalted(engine);
      this.#isHalted = false;
      // What a dead process left is the switch's, and has a checker of its own; this one has only begun to cancel.
      this.#restingNs.length = 0;
    }
    const before = this.#now;
    if (ladder.changes !== this.#changes) {
      this.#changes = ladder.changes;
      this.#now = levelsOf(engine);
      this.#isHaltedNow = isHalted(engine);
    }
    const wasFlattening = this.#isFlattening;
    this.#isFlattening = ladder.held(KillTrigger.flatten, ACCOUNT) > KillLevel.quoting;
    let wrong: string | null = null;
    for (const item of traffic.items) {
      if (item.op !== 'cancel') wrong ??= this.#check(world, engine, item, wasFlattening, before);
    }
    return wrong ?? this.#checkHalt(world, this.#isHaltedNow) ?? this.#checkWithdrawn(world);
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

  #check(
    world: SimWorldView,
    engine: EngineView,
    item: SentItem,
    wasFlattening: boolean,
    before: readonly KillLevel[],
  ): string | null {
    const each = this.#shared.truth.of(item.instId);
    const instrument = engine.instruments.find(({ instId }) => instId === item.instId);
    if (each === undefined || instrument === undefined)
      return `${item.op} on ${item.instId}, which is not configured`;
    const level = Math.min(this.#now[instrument.index]!, before[instrument.index]!);
    if (level < KillLevel.reduceOnly) return null;
    if (level === KillLevel.halted) return `halted, and yet ${textOf(item)}`;
    const isFlattening = wasFlattening || this.#isFlattening;
    const isClosing = isFlattening && item.op === 'place' && item.ordType === 'ioc';
    if (level === KillLevel.paused && !isClosing) return `paused, and yet ${textOf(item)}`;
    // Legs are closed one by one: what the other one is does not matter.
    if (isClosing && isOfClosedLeg(item)) return null;
    return this.#checkReducing(world, each, item);
  }

  /** Paused is not only to place nothing: what rests is taken out. */
  #checkWithdrawn(world: SimWorldView): string | null {
    if (world.nowNs < this.#nextNs) return null;
    this.#nextNs = world.nowNs + PERIOD_NS;
    const { truth, wire, patience } = this.#shared;
    patience.follow(world);
    truth.look(world);
    for (const each of truth.instruments) {
      const isPaused = this.#now[each.index]! >= KillLevel.paused;
      const orders = isPaused
        ? wire.exposure(world, each, BUY, true).orders + wire.exposure(world, each, SELL, true).orders
        : 0;
      if (orders === 0) this.#restingNs[each.index] = Infinity;
      else if (!(this.#restingNs[each.index]! < Infinity)) this.#restingNs[each.index] = patience.nowNs;
      else if (patience.nowNs - this.#restingNs[each.index]! > WITHDRAWN_NS)
        return `${each.instId}: paused or halted, and ${orders} orders rest on and on`;
    }
    return null;
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

/** Of every instrument, from what each trigger holds: not from what the ladder makes of it. */
function levelsOf({ instruments, loop }: EngineView): KillLevel[] {
  return instruments.map(({ index }) => {
    let level: KillLevel = KillLevel.quoting;
    for (const trigger of Object.values(KillTrigger)) {
      for (const scope of [ACCOUNT, index]) {
        const held = loop.ladder.held(trigger, scope);
        if (held > level) level = held;
      }
    }
    return level;
  });
}

function isHalted({ loop }: EngineView): boolean {
  return Object.values(KillTrigger).some(
    (trigger) => loop.ladder.held(trigger, ACCOUNT) === KillLevel.halted,
  );
}

/** The venue refuses more of it than the leg holds. */
function isOfClosedLeg({ side, posSide }: SentItem): boolean {
  return posSide === (side === 'buy' ? 'short' : 'long');
}

function textOf({ op, side, sz, px, clOrdId, instId }: SentItem): string {
  return `a ${op} of ${clOrdId} on ${instId} (${side} ${sz} at ${px})`;
}
