/**
 * What instruments of one underlying are together: their net delta in coins, and the worst that what is in flight can make
 * of it.
 *
 * A lot of spot or of a linear contract is lotValue coins. A lot of an inverse contract is lotValue dollars' worth of them,
 * that is lotValue / price: fewer, the dearer the coin is. Each is priced at what the gate has seen of its own market last,
 * before that at the entry of its position. A lot of an option is its delta of lotValue coins, less than none for a put.
 *
 * Owner:      the gate; the loop reads net deltas.
 * Invariants: the worst of a side is that all of one side fills, in every instrument of the group, and nothing of the other;
 *             a position whose price is not known makes the delta NaN, and NaN is beyond every limit.
 * Cost:       one pass over the group's instruments, a division for each inverse one that holds anything; nothing allocates
 *             once constructed. An instrument without a group costs one load.
 *
 * The sums are made anew with every question: a group has a handful of instruments, and a sum that is kept would drift.
 */
import { assert } from '../base/assert.ts';
import { ContractKind } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { Side } from '../base/side.ts';
import type { Lots } from '../base/units.ts';
import type { GateInputs } from './gate.ts';
import type { LotWorth } from './lot-worth.ts';

/** No group: its instrument knows nothing of the others. */
export const NO_GROUP = -1;

/** An option far out of the money would stand for hundreds of itself. */
const COUNTED_DELTA_MIN = 0.05;

/** Instruments of one underlying, and what they may hold together. */
export interface GroupLimits {
  readonly members: readonly number[];
  /** Largest net delta either way, with everything in flight. */
  readonly deltaCoinsMax: number;
}

export class GroupDelta {
  /** By instrument; NO_GROUP for most. */
  readonly groupOf: Int32Array;
  /** By group: the instruments. */
  readonly members: Int32Array[] = [];
  /** By group; there are never more groups than instruments. */
  readonly deltaCoinsMax: Float64Array;

  readonly #inputs: Pick<GateInputs, 'positionLots' | 'entryTicks' | 'exposureLots'>;
  readonly #seenTicks: Float64Array;
  readonly #lotValue: Float64Array;
  readonly #tickValue: Float64Array;
  readonly #isInverse: Uint8Array;
  readonly #isOption: Uint8Array;
  readonly #delta: Float64Array;

  /** @param seenTicks by instrument, what the gate values a lot at; 0 before its market was seen. Read in place. */
  constructor(
    instruments: readonly Instrument[],
    groups: readonly GroupLimits[],
    inputs: Pick<GateInputs, 'positionLots' | 'entryTicks' | 'exposureLots'>,
    seenTicks: Float64Array,
    worth: LotWorth,
  ) {
    this.groupOf = new Int32Array(instruments.length);
    this.deltaCoinsMax = new Float64Array(instruments.length);
    this.#inputs = inputs;
    this.#seenTicks = seenTicks;
    this.#lotValue = Float64Array.from(instruments, ({ lotValue }) => lotValue);
    this.#tickValue = Float64Array.from(instruments, ({ tick }) => tick.value);
    this.#isInverse = Uint8Array.from(instruments, ({ kind }) => (kind === ContractKind.inverse ? 1 : 0));
    this.#isOption = worth.isOption;
    this.#delta = worth.delta;
    this.setGroups(groups);
  }

  /** From now on. An instrument is in one group at most, and a group has an instrument at least. */
  setGroups(groups: readonly GroupLimits[]): void {
    this.groupOf.fill(NO_GROUP);
    this.members.length = 0;
    for (const [group, { members, deltaCoinsMax }] of groups.entries()) {
      assert(members.length > 0 && deltaCoinsMax > 0, 'a group has instruments and a limit');
      for (const instrument of members) {
        assert(this.groupOf[instrument] === NO_GROUP, 'an instrument is in one group');
        this.groupOf[instrument] = group;
      }
      this.deltaCoinsMax[group] = deltaCoinsMax;
      this.members.push(Int32Array.from(members));
    }
  }

  /**
   * @hot Whether the group of this instrument stays within its limit when the worst case of the side grows by `addedLots` of
   * it. What at its worst leads towards no delta always does.
   */
  isWithin(instrument: number, side: Side, addedLots: Lots): boolean {
    const group = this.groupOf[instrument]!;
    if (group === NO_GROUP) return true;
    const members = this.members[group]!;
    const { positionLots, exposureLots } = this.#inputs;
    // What a put is sold for, coins are bought for: the side counts by which way it moves the delta.
    const direction = this.coinsOf(instrument) < 0 ? other(side) : side;
    let coins = 0;
    for (let index = 0; index < members.length; index++) {
      const member = members[index]!;
      const each = this.coinsOf(member);
      const memberSide = each < 0 ? other(direction) : direction;
      const inFlight = exposureLots[member * 2 + memberSide]!;
      let lots =
        memberSide === Side.buy ? positionLots[member]! + inFlight : inFlight - positionLots[member]!;
      if (member === instrument) lots += addedLots;
      // What holds nothing has no price to wait for.
      if (lots !== 0) coins += lots * Math.abs(each);
    }
    return coins <= this.deltaCoinsMax[group]!;
  }

  /**
   * @hot Coins that a lot is worth, long: less than none for a put. NaN for an inverse contract without a price, and for an
   * option whose delta was not told yet.
   */
  coinsOf(instrument: number): number {
    const value = this.#lotValue[instrument]!;
    if (this.#isOption[instrument] === 1) return value * this.#delta[instrument]!;
    if (this.#isInverse[instrument] === 0) return value;
    const seen = this.#seenTicks[instrument]!;
    const ticks = seen > 0 ? seen : this.#inputs.entryTicks[instrument]!;
    return ticks > 0 ? value / (ticks * this.#tickValue[instrument]!) : NaN;
  }

  /** @hot How many lots of an instrument are so many coins; 0 for an option that moves too little to be counted in. */
  lotsOf(instrument: number, coins: number): number {
    const isFaint =
      this.#isOption[instrument] === 1 && Math.abs(this.#delta[instrument]!) < COUNTED_DELTA_MIN;
    return isFaint ? 0 : coins / this.coinsOf(instrument);
  }

  /** @hot The net delta of a group's positions into its cell, in coins; NaN where a price that it hangs on is not known. */
  readNet(group: number, into: Float64Array): void {
    const members = this.members[group]!;
    const { positionLots } = this.#inputs;
    let coins = 0;
    for (let index = 0; index < members.length; index++) {
      const lots = positionLots[members[index]!]!;
      if (lots !== 0) coins += lots * this.coinsOf(members[index]!);
    }
    into[group] = coins;
  }

  /** The worst that may become of a group when all of a side fills: above zero beyond flat on that side. For the board. */
  worst(group: number, side: Side): number {
    const members = this.members[group]!;
    const { positionLots, exposureLots } = this.#inputs;
    let coins = 0;
    for (const member of members) {
      const each = this.coinsOf(member);
      const memberSide = each < 0 ? other(side) : side;
      const inFlight = exposureLots[member * 2 + memberSide]!;
      const lots =
        memberSide === Side.buy ? positionLots[member]! + inFlight : inFlight - positionLots[member]!;
      if (lots !== 0) coins += lots * Math.abs(each);
    }
    return coins;
  }
}

function other(side: Side): Side {
  return side === Side.buy ? Side.sell : Side.buy;
}
