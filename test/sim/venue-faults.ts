import type { Random } from '../../engine/base/random.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import type { Nanoseconds } from '../../engine/base/units.ts';
import type { OrderKind } from '../../engine/paper/gateway/order-entry.ts';
import { StepKind } from './sim-types.ts';
import type { SimWorld } from './world.ts';

/** Refusals of one item: by price, size, balance, shape and state, as the venue gives them. */
const ITEM_CODES: Readonly<Record<OrderKind, readonly string[]>> = {
  place: ['51008', '51138', '51006', '51022', '51020', '51025', '51005'],
  amend: ['51508', '51513', '51502', '51138', '51500'],
  cancel: ['51404', '51410'],
};
/** Refusals of the whole request that leave open what became of it. */
const UNCERTAIN_CODES = ['50001', '50004', '50026', '51054', '51149'];
const BUSY_CODES = ['50011', '50013', '50061'];

/** A venue that is busy is so for a moment. */
const INTERRUPTION_NS: Nanoseconds = 5 * NS_PER_SECOND;

interface Interruption {
  readonly sCode: string;
  readonly isApplied: boolean;
  /** Items that it still meets, and until when. */
  left: number;
  readonly untilNs: Nanoseconds;
}

/** What goes wrong at the venue itself. */
export class VenueFaults {
  readonly #world: SimWorld;
  readonly #random: Random;
  readonly #untilNs: Nanoseconds;
  #interruption: Interruption | null = null;
  readonly #suspended = new Set<string>();
  readonly #moved = new Map<string, number>();

  constructor(world: SimWorld, random: Random, untilNs: Nanoseconds) {
    this.#world = world;
    this.#random = random;
    this.#untilNs = untilNs;
    world.venue.interfere = (kind) => this.#interfere(kind);
  }

  stop(): void {
    this.#interruption = null;
    this.#world.venue.setMaintenance(false);
    for (const instId of this.#suspended)
      this.#world.venue.exchange.changeInstrument(instId, { state: 'live' });
    this.#suspended.clear();
  }

  list(): { readonly name: string; readonly weight: number; readonly cause: () => boolean }[] {
    return [
      { name: 'updateSkipped', weight: 2, cause: () => this.#publisher((each) => each.loseUpdate()) },
      { name: 'sequenceReset', weight: 2, cause: () => this.#publisher((each) => each.resetSequence()) },
      { name: 'itemsRefused', weight: 4, cause: () => this.#interrupt('', false, 1 + this.#random.below(8)) },
      { name: 'requestUncertain', weight: 4, cause: () => this.#uncertain() },
      { name: 'rateLimited', weight: 3, cause: () => this.#interrupt(this.#pick(BUSY_CODES), false, 20) },
      { name: 'upgradeNotice', weight: 1, cause: () => this.#announce() },
      { name: 'venueDropped', weight: 1, cause: () => this.#dropAll() },
      { name: 'tickChange', weight: 0.5, cause: () => this.#changeTick() },
      { name: 'suspended', weight: 1, cause: () => this.#suspend() },
      { name: 'maintenance', weight: 0.5, cause: () => this.#maintain() },
      { name: 'priceMove', weight: 2, cause: () => this.#movePrice() },
      ...(this.#world.options.hasVenueTrades ? this.#venueTrades() : []),
    ];
  }

  /** What the venue does to positions by itself. */
  #venueTrades(): ReturnType<VenueFaults['list']> {
    const { products } = this.#world.venue.exchange;
    const { uid } = this.#world;
    const half = (): boolean => this.#random.unit() < 0.5;
    return [
      {
        name: 'liquidated',
        weight: 1,
        cause: () =>
          this.#onHeld((instId, sz, nowMs) => products.liquidate(uid, instId, half() ? sz : '', nowMs)),
      },
      {
        name: 'deleveraged',
        weight: 1,
        cause: () =>
          this.#onHeld((instId, sz, nowMs) => products.deleverage(uid, instId, half() ? sz : '', nowMs)),
      },
      {
        name: 'settled',
        weight: 1,
        cause: () => this.#onHeld((instId, _, nowMs) => products.settle(instId, '', nowMs)),
      },
    ];
  }

  /** A contract of which a position is held, with the least order of it. */
  #onHeld(act: (instId: string, sz: string, nowMs: number) => boolean): boolean {
    const { venue, uid, config, nowMs } = this.#world;
    const { holdings } = venue.exchange.accountOf(uid);
    const held = config.instruments.filter(({ instId }) => {
      const holding = holdings.get(instId);
      return holding?.hasPosition() === true && holding.listing.isContract;
    });
    if (held.length === 0) return false;
    const { instId } = held[this.#random.below(held.length)]!;
    const sz = String(venue.exchange.instruments('', '', instId)[0]!['minSz']);
    const isDone = act(instId, sz, Math.floor(nowMs));
    return isDone;
  }

  #interfere(kind: OrderKind): { readonly sCode: string; readonly isApplied: boolean } | null {
    const interruption = this.#interruption;
    if (interruption === null) return null;
    if (this.#world.nowNs > interruption.untilNs) {
      this.#interruption = null;
      return null;
    }
    if (--interruption.left <= 0) this.#interruption = null;
    // Every other item: what a batch's siblings meet is no rule for it.
    if (interruption.sCode === '' && this.#random.unit() < 0.4) return null;
    const sCode = interruption.sCode === '' ? this.#pick(ITEM_CODES[kind]) : interruption.sCode;
    return { sCode, isApplied: interruption.isApplied };
  }

  #interrupt(sCode: string, isApplied: boolean, left: number): boolean {
    const untilNs = this.#world.nowNs + INTERRUPTION_NS;
    this.#interruption = { sCode, isApplied, left, untilNs };
    return true;
  }

  #uncertain(): boolean {
    return this.#interrupt(
      this.#pick(UNCERTAIN_CODES),
      this.#random.unit() < 0.5,
      1 + this.#random.below(10),
    );
  }

  #instId(): string {
    const { instruments } = this.#world.config;
    return instruments[this.#random.below(instruments.length)]!.instId;
  }

  #publisher(
    cause: (publisher: NonNullable<ReturnType<SimWorld['venue']['market']['publisher']>>) => void,
  ): boolean {
    const publisher = this.#world.venue.market.publisher(this.#instId());
    if (publisher === undefined) return false;
    cause(publisher);
    return true;
  }

  #announce(): boolean {
    this.#world.venue.announceUpgrade();
    return true;
  }

  #dropAll(): boolean {
    this.#world.venue.dropConnections(1006, '');
    return true;
  }

  /** Ten times as coarse, or as it was recorded. */
  #changeTick(): boolean {
    const { venue, options } = this.#world;
    const instId = this.#instId();
    if (this.#suspended.has(instId)) return false;
    const recorded = options.rows.find((row) => row.instId === instId)!;
    const now = String(venue.exchange.instruments('', '', instId)[0]!.tickSz);
    const coarse = String(Number((Number(recorded.tickSz) * 10).toPrecision(6)));
    venue.exchange.relist(instId, { tickSz: now === coarse ? String(recorded.tickSz) : coarse });
    return true;
  }

  #suspend(): boolean {
    const { venue } = this.#world;
    const instId = this.#instId();
    if (this.#suspended.has(instId)) return false;
    this.#suspended.add(instId);
    venue.exchange.changeInstrument(instId, { state: 'suspend' });
    this.#later(2, 60, () => {
      if (this.#suspended.delete(instId)) venue.exchange.changeInstrument(instId, { state: 'live' });
    });
    return true;
  }

  #maintain(): boolean {
    const { venue } = this.#world;
    venue.setMaintenance(true);
    this.#later(5, 90, () => venue.setMaintenance(false));
    return true;
  }

  /** Away and, on the whole, back: other programs' orders must stay out of reach. */
  #movePrice(): boolean {
    const instId = this.#instId();
    const moved = this.#moved.get(instId) ?? 0;
    const bps =
      Math.max(-60, Math.min(60, Math.round((this.#random.unit() * 2 - 1) * 40 + moved * -0.5 + moved))) -
      moved;
    if (bps === 0 || !this.#world.venue.exchange.movePrice(instId, bps)) return false;
    this.#moved.set(instId, moved + bps);
    return true;
  }

  #later(least: number, most: number, run: () => void): void {
    const { timeline } = this.#world;
    const delayNs = (least + this.#random.unit() * (most - least)) * NS_PER_SECOND;
    timeline.at(Math.min(timeline.nowNs + delayNs, this.#untilNs), StepKind.fault, run);
  }

  #pick<Value>(values: readonly Value[]): Value {
    return values[this.#random.below(values.length)]!;
  }
}
