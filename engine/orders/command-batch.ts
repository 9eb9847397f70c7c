/**
 * The commands of one turn, grouped by operation because the venue takes one operation a message.
 *
 * Owner:      the engine thread; filled by the quote diff, emptied by the loop.
 * Invariants: an order stands at most once in a batch (the venue refuses the second, and two answers would race).
 * Cost:       adding writes one row of parallel arrays; nothing allocates once constructed.
 */
import { assert } from '../base/assert.ts';
import { CommandOp } from '../base/command-op.ts';
import type { Side } from '../base/side.ts';
import type { Lots, Ticks } from '../base/units.ts';

/** Why a command was asked for: a label of a metric. */
export const CommandReason = {
  newLevel: 0,
  price: 1,
  size: 2,
  surplus: 3,
  withdrawn: 4,
  unknownFate: 5,
  /** The guard's: the order was left without its edge by the book. */
  guard: 6,
  /** The gate struck the amend that would have moved it. */
  struck: 7,
} as const;
export type CommandReason = (typeof CommandReason)[keyof typeof CommandReason];

/** Slot of a place: it gets one when the gate has let it pass. */
const NO_SLOT = -1;

/** Size of an amend that changes the price only. */
export const KEEP_LOTS: Lots = 0;

/** The commands of one operation, oldest first. Rows 0 to count - 1 are valid. */
export class CommandGroup {
  readonly op: CommandOp;
  count = 0;
  readonly slot: Int32Array;
  readonly instrument: Int32Array;
  readonly side: Uint8Array;
  /** The new price; of a cancel, the price that is left. */
  readonly ticks: Int32Array;
  /** A place: the size. An amend: the new total with what is already filled, or KEEP_LOTS. A cancel: 0. */
  readonly lots: Float64Array;
  readonly reason: Uint8Array;
  /** Of places: the index in the ladder. */
  readonly level: Uint16Array;

  constructor(op: CommandOp, capacity: number) {
    this.op = op;
    this.slot = new Int32Array(capacity);
    this.instrument = new Int32Array(capacity);
    this.side = new Uint8Array(capacity);
    this.ticks = new Int32Array(capacity);
    this.lots = new Float64Array(capacity);
    this.reason = new Uint8Array(capacity);
    this.level = new Uint16Array(capacity);
  }
}

export class CommandBatch {
  readonly cancels: CommandGroup;
  readonly amends: CommandGroup;
  readonly places: CommandGroup;
  /** The groups in the order in which they are to be sent: what takes risk away goes first. */
  readonly inSendOrder: readonly CommandGroup[];
  /** Places that did not fit. They come back with the next diff. */
  droppedCount = 0;

  readonly #isTouched: Uint8Array;

  /** @param slotCapacity the order table's capacity: there is always room for a cancel of every order */
  constructor(slotCapacity: number) {
    this.cancels = new CommandGroup(CommandOp.cancel, slotCapacity);
    this.amends = new CommandGroup(CommandOp.amend, slotCapacity);
    this.places = new CommandGroup(CommandOp.place, slotCapacity);
    this.inSendOrder = [this.cancels, this.amends, this.places];
    this.#isTouched = new Uint8Array(slotCapacity);
  }

  /** @hot How many commands were asked for since it was emptied, and all that ever found no room. */
  get askedCount(): number {
    return this.cancels.count + this.amends.count + this.places.count + this.droppedCount;
  }

  /** @hot Empties the batch. */
  clear(): void {
    for (let row = 0; row < this.cancels.count; row++) this.#isTouched[this.cancels.slot[row]!] = 0;
    for (let row = 0; row < this.amends.count; row++) this.#isTouched[this.amends.slot[row]!] = 0;
    this.cancels.count = 0;
    this.amends.count = 0;
    this.places.count = 0;
  }

  /** @hot Whether the batch already holds a command for this order. */
  isTouched(slot: number): boolean {
    return this.#isTouched[slot] === 1;
  }

  /** @hot */
  addCancel(slot: number, instrument: number, side: Side, ticks: Ticks, reason: CommandReason): void {
    this.#touch(slot);
    write(this.cancels, slot, instrument, side, ticks, 0, reason);
  }

  /** @hot `lots` is the new total with what is already filled, or KEEP_LOTS. */
  addAmend(
    slot: number,
    instrument: number,
    side: Side,
    ticks: Ticks,
    lots: Lots,
    reason: CommandReason,
  ): void {
    this.#touch(slot);
    write(this.amends, slot, instrument, side, ticks, lots, reason);
  }

  /** @hot */
  addPlace(
    instrument: number,
    side: Side,
    ticks: Ticks,
    lots: Lots,
    reason: CommandReason,
    level: number,
  ): void {
    const { places } = this;
    if (places.count === places.slot.length) {
      this.droppedCount++;
      return;
    }
    places.level[places.count] = level;
    write(places, NO_SLOT, instrument, side, ticks, lots, reason);
  }

  /** @hot Takes an amend's order out instead: what may not be moved to where it should be must not stay. */
  cancelInstead(amendRow: number): void {
    const { amends } = this;
    const side = amends.side[amendRow]! as Side;
    const ticks = amends.ticks[amendRow]!;
    write(
      this.cancels,
      amends.slot[amendRow]!,
      amends.instrument[amendRow]!,
      side,
      ticks,
      0,
      CommandReason.struck,
    );
  }

  #touch(slot: number): void {
    assert(this.#isTouched[slot] === 0, 'an order stands at most once in a batch');
    this.#isTouched[slot] = 1;
  }
}

function write(
  group: CommandGroup,
  slot: number,
  instrument: number,
  side: Side,
  ticks: Ticks,
  lots: Lots,
  reason: CommandReason,
): void {
  const row = group.count++;
  group.slot[row] = slot;
  group.instrument[row] = instrument;
  group.side[row] = side;
  group.ticks[row] = ticks;
  group.lots[row] = lots;
  group.reason[row] = reason;
}
