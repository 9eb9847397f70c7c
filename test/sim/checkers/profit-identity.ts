import { NS_PER_SECOND } from '../../../engine/base/units.ts';
import type { Nanoseconds } from '../../../engine/base/units.ts';
import type { Attribution } from '../../../engine/attribution/attribution.ts';
import type { LoopTruth } from '../../../engine/loop/loop-truth.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import { engineOf } from './engine-view.ts';
import type { EngineView } from './engine-view.ts';
import type { Shared } from './shared.ts';
import { ONE, inexact } from './units.ts';
import type { Exact } from './units.ts';
import type { InstrumentTruth, MoneyTruth } from './venue-truth.ts';

const PERIOD_NS: Nanoseconds = NS_PER_SECOND;
/** Fees are floats in the engine: until both sides know the same ones they differ by more than this. */
const FEE_TOLERANCE = 1e-12;

/** What both sides say at one moment at which they know the same fills. */
interface Moment {
  readonly venue: Readonly<MoneyTruth>;
  readonly mark: Exact;
  /** Without funding, which is in no row of a fill. */
  readonly total: Exact;
  readonly grossLots: number;
}

/**
 * The parts of the profit add up to it to the last unit, at every change, and to the ledger's profit; and from one moment to
 * another the profit is what the venue's own rows make it, in whole numbers of 10^-18: marked at the engine's middle, which
 * is the only thing that is taken from it. That of a process that has died, too.
 */
export class ProfitIdentity implements Checker {
  readonly name = 'profit identity';
  /** How often an instrument was compared with the venue. */
  compared = 0;
  readonly #shared: Shared;
  #engine: EngineView | null = null;
  #versions: number[] = [];
  #bases: (Moment | null)[] = [];
  #nextNs: Nanoseconds = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): string | null {
    const engine = engineOf(world);
    if (engine !== this.#engine) {
      const wrong = this.#engine === null ? null : closing(this.#engine);
      this.#engine = engine;
      this.#versions = [];
      this.#bases = [];
      if (wrong !== null) return wrong;
    }
    const truth = engine?.loop.truth;
    if (engine === null || truth === undefined) return null;
    const isDue = world.nowNs >= this.#nextNs;
    if (isDue) this.#nextNs = world.nowNs + PERIOD_NS;
    for (const [index, attribution] of truth.instruments.entries()) {
      if (this.#versions[index] === attribution.version && !isDue) continue;
      this.#versions[index] = attribution.version;
      const wrong = inner(engine, truth, index) ?? this.#compare(world, engine, attribution, index);
      if (wrong !== null) return wrong;
    }
    return null;
  }

  end(world: SimWorldView): string | null {
    const engine = engineOf(world);
    return engine === null ? 'no engine runs' : closing(engine);
  }

  /** With the venue's rows, since a moment at which both knew the same. */
  #compare(world: SimWorldView, engine: EngineView, attribution: Attribution, index: number): string | null {
    const { truth } = this.#shared;
    truth.look(world);
    const each = truth.instruments[index]!;
    if (!isAligned(world, each, engine, attribution)) return null;
    const { ledger } = engine.loop;
    const now: Moment = {
      venue: { ...each.money },
      mark: attribution.parts.mark,
      total: attribution.parts.total - attribution.parts.funding,
      grossLots: ledger.boughtLots[index]! + ledger.soldLots[index]! + Math.abs(ledger.bookedLots[index]!),
    };
    const base = this.#bases[index] ?? null;
    if (base === null) {
      this.#bases[index] = now;
      return null;
    }
    this.compared++;
    const unit = each.unitOf(world);
    const gained = profitOf(each, now, unit) - profitOf(each, base, unit);
    const off = now.total - base.total - gained;
    // Of an inverse contract each price is rounded once, for all lots at it, and of coins that fees took each sum is.
    const isRounded = each.isInverse || now.venue.baseFees !== 0n;
    const allowed = isRounded ? BigInt(Math.ceil(now.grossLots + base.grossLots)) + 2n : 0n;
    return off > allowed || off < -allowed
      ? `${each.instId}: the parts make ${inexact(now.total - base.total)} of what the venue's rows make ${inexact(gained)}: ${off} units off, ${allowed} are rounding`
      : null;
  }
}

/** Of itself: the parts and their total, and that and the ledger. */
function inner({ instruments }: EngineView, truth: LoopTruth, index: number): string | null {
  const { parts } = truth.instruments[index]!;
  const { instId } = instruments[index]!;
  if (parts.residual !== 0n) return `${instId}: ${parts.residual} units of the profit are in no part of it`;
  const residual = truth.residuals[index]!;
  return residual === 0 ? null : `${instId}: the ledger's profit is ${residual} off what its parts make`;
}

/** A last look at a process that is over, or about to be. */
function closing(engine: EngineView): string | null {
  const { truth } = engine.loop;
  if (truth === undefined) return null;
  const first = (): string | null =>
    engine.instruments.reduce<string | null>(
      (wrong, { index }) => wrong ?? inner(engine, truth, index),
      null,
    );
  const wrong = first();
  if (wrong !== null) return wrong;
  truth.onStop();
  return first();
}

/** Whether engine and venue know the same fills, fees and position, and none of it changed by anything else. */
function isAligned(
  world: SimWorldView,
  each: InstrumentTruth,
  { loop }: EngineView,
  attribution: Attribution,
): boolean {
  const { ledger } = loop;
  const { index, money } = each;
  if (attribution.parts.mark === 0n || ledger.fillCount[index] !== money.count) return false;
  if (ledger.untoldLots[index] !== 0 || attribution.parts.lots !== ledger.bookedLots[index]) return false;
  if (Math.abs(ledger.fees[index]! - inexact(money.fees)) > FEE_TOLERANCE * world.config.instruments.length)
    return false;
  return Math.abs(ledger.baseFees[index]! - inexact(money.baseFees)) <= FEE_TOLERANCE;
}

/** What the rows have earned with the position at the mark, in units. */
function profitOf(each: InstrumentTruth, { venue, mark }: Moment, unit: Exact): Exact {
  const { position, cash, fees, baseFees } = venue;
  // In 10^-36 of what is traded.
  const worth = each.isInverse ? cash - (position * ONE * ONE) / mark : cash + position * mark;
  return divided(worth * unit, ONE * ONE) + fees + divided(baseFees * mark, ONE);
}

function divided(dividend: bigint, divisor: bigint): bigint {
  const half = dividend < 0n ? -divisor / 2n : divisor / 2n;
  return (dividend + half) / divisor;
}
