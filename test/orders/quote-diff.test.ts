import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { OrderPurpose } from '../../engine/base/order-purpose.ts';
import { REQUOTE_VERDICTS } from '../../engine/base/requote-verdict.ts';
import { Side } from '../../engine/base/side.ts';
import { CommandBatch, CommandReason, KEEP_LOTS } from '../../engine/orders/command-batch.ts';
import { AckOutcome, AmendResult, OrderState, UpdateState } from '../../engine/orders/order-state.ts';
import { NO_ORDER, OrderTable } from '../../engine/orders/order-table.ts';
import { QueueWatch } from '../../engine/orders/queue-watch.ts';
import { QuoteDiff } from '../../engine/orders/quote-diff.ts';
import { RequoteRule, RequoteTerm } from '../../engine/orders/requote-rule.ts';
import { orderRows } from './order-rows.ts';
import { at } from '../time-cell.ts';

type Level = readonly [ticks: number, lots: number];

const CAPACITY = 32;
const TOLERANCE = { priceToleranceTicks: 4, sizeToleranceRatio: 0.2 };

class Desk {
  readonly table = new OrderTable(1, CAPACITY);
  readonly batch = new CommandBatch(CAPACITY);
  readonly quoteDiff: QuoteDiff;
  #nowMs = 1;

  constructor(tolerance = TOLERANCE) {
    this.quoteDiff = new QuoteDiff(this.table, [tolerance], 10);
  }

  /** A resting order. */
  rest(side: Side, ticks: number, lots: number, filled = 0): number {
    const slot = this.table.open(0, side, ticks, lots, at(0));
    this.push(slot, ticks, lots, filled);
    return slot;
  }

  push(slot: number, ticks: number, lots: number, filled: number, amendId = -1): void {
    const generation = this.table.generation[slot]!;
    const state = filled === 0 ? UpdateState.live : UpdateState.partiallyFilled;
    const amendResult = amendId === -1 ? AmendResult.none : AmendResult.done;
    const fields = { slot, generation, state, ticks, lots, filled, amendId, amendResult };
    this.table.onUpdate(orderRows({ ...fields, updatedMs: this.#nowMs++ }), 0);
  }

  /** The commands as text, one side, from a cleared batch. */
  diff(side: Side, ladder: readonly Level[]): string[] {
    this.batch.clear();
    const ticks = Int32Array.from(ladder, (level) => level[0]);
    const lots = Float64Array.from(ladder, (level) => level[1]);
    this.quoteDiff.diff(0, side, ticks, lots, ladder.length, this.batch);
    const { cancels, amends, places } = this.batch;
    const rows = (count: number): number[] => Array.from({ length: count }, (_, row) => row);
    return [
      ...rows(cancels.count).map((row) => `cancel ${cancels.slot[row]}`),
      ...rows(amends.count).map((row) => {
        const total = amends.lots[row] === KEEP_LOTS ? 'keep' : amends.lots[row];
        return `amend ${amends.slot[row]} ${amends.ticks[row]} ${total}`;
      }),
      ...rows(places.count).map((row) => `place ${places.ticks[row]} ${places.lots[row]}`),
    ];
  }

  /** Sends the batch to a venue that does everything at once. */
  execute(): void {
    const { table, batch } = this;
    for (let row = 0; row < batch.cancels.count; row++) {
      const slot = batch.cancels.slot[row]!;
      table.requestCancel(slot, at(0));
      const generation = table.generation[slot]!;
      table.onUpdate(orderRows({ slot, generation, state: UpdateState.cancelled }), 0);
    }
    for (let row = 0; row < batch.amends.count; row++) {
      const slot = batch.amends.slot[row]!;
      const id = table.requestAmend(slot, batch.amends.ticks[row]!, batch.amends.lots[row]!, at(0));
      this.push(slot, table.wantTicks[slot]!, table.wantLots[slot]!, table.filledLots[slot]!, id);
    }
    for (let row = 0; row < batch.places.count; row++) {
      this.rest(batch.places.side[row]! as Side, batch.places.ticks[row]!, batch.places.lots[row]!);
    }
  }

  slots(side: Side): number[] {
    const slots: number[] = [];
    for (let slot = this.table.first(0, side); slot !== NO_ORDER; slot = this.table.next(slot))
      slots.push(slot);
    return slots;
  }
}

describe('the quote diff', () => {
  it('places what is missing', () => {
    const desk = new Desk();
    expect(
      desk.diff(Side.buy, [
        [100, 5],
        [97, 6],
      ]),
    ).toEqual(['place 100 5', 'place 97 6']);
    expect(desk.batch.places.slot[0]).toBe(-1);
    expect(desk.batch.places.reason[0]).toBe(CommandReason.newLevel);
  });

  it('keeps what is close enough, with less patience for what is too aggressive', () => {
    const desk = new Desk();
    desk.rest(Side.buy, 100, 5);
    expect(desk.diff(Side.buy, [[104, 5]]), '4 behind').toEqual([]);
    expect(desk.diff(Side.buy, [[105, 5]]), '5 behind').toEqual(['amend 0 105 keep']);
    expect(desk.diff(Side.buy, [[98, 5]]), '2 ahead').toEqual([]);
    expect(desk.diff(Side.buy, [[97, 5]]), '3 ahead').toEqual(['amend 0 97 keep']);
    desk.rest(Side.sell, 200, 5);
    expect(desk.diff(Side.sell, [[196, 5]]), '4 behind').toEqual([]);
    expect(desk.diff(Side.sell, [[203, 5]]), '3 ahead').toEqual(['amend 1 203 keep']);
  });

  it('keeps a size within tolerance, and asks for a total that has what was filled', () => {
    const desk = new Desk();
    const slot = desk.rest(Side.buy, 100, 10);
    expect(desk.diff(Side.buy, [[100, 12]])).toEqual([]);
    expect(desk.diff(Side.buy, [[100, 13]])).toEqual(['amend 0 100 13']);
    desk.push(slot, 100, 10, 4);
    expect(desk.diff(Side.buy, [[100, 10]])).toEqual(['amend 0 100 14']);
    expect(desk.diff(Side.buy, [[110, 10]])).toEqual(['amend 0 110 14']);
    expect(desk.diff(Side.buy, [[110, 6]])).toEqual(['amend 0 110 keep']);
  });

  it('moves one order when the ladder moves by a step', () => {
    const desk = new Desk({ priceToleranceTicks: 0, sizeToleranceRatio: 0 });
    for (const ticks of [100, 95, 90, 85]) desk.rest(Side.buy, ticks, 5);
    const moved: Level[] = [105, 100, 95, 90].map((ticks) => [ticks, 5]);
    expect(desk.diff(Side.buy, moved)).toEqual(['amend 3 105 keep']);
  });

  it('prefers an order at exactly the price to one that is only close', () => {
    const desk = new Desk();
    for (const ticks of [102, 99]) desk.rest(Side.buy, ticks, 5);
    const wanted: Level[] = [
      [104, 5],
      [102, 5],
    ];
    expect(desk.diff(Side.buy, wanted)).toEqual(['amend 1 104 keep']);
  });

  it('cancels what has no level, the least aggressive first to go', () => {
    const desk = new Desk();
    for (const ticks of [100, 90, 80]) desk.rest(Side.sell, ticks, 5);
    expect(desk.diff(Side.sell, [[60, 5]])).toEqual(['cancel 1', 'cancel 0', 'amend 2 60 keep']);
  });

  it('withdraws everything when nothing is wanted, once', () => {
    const desk = new Desk();
    desk.rest(Side.buy, 100, 5);
    desk.table.open(0, Side.buy, 99, 5, at(0));
    expect(desk.diff(Side.buy, [])).toEqual(['cancel 0', 'cancel 1']);
    expect(desk.batch.cancels.reason[0]).toBe(CommandReason.withdrawn);
    desk.table.requestCancel(0, at(0));
    expect(desk.diff(Side.buy, [])).toEqual(['cancel 1']);
  });

  it('lets an order on its way hold its level, and moves it when it has arrived', () => {
    const desk = new Desk();
    const slot = desk.table.open(0, Side.buy, 100, 5, at(0));
    expect(desk.diff(Side.buy, [[120, 5]]), 'behind: wait').toEqual([]);
    desk.table.onPlaceAck(slot, desk.table.generation[slot]!, AckOutcome.accepted);
    expect(desk.diff(Side.buy, [[120, 5]]), 'acked, not resting yet').toEqual([]);
    desk.push(slot, 100, 5, 0);
    expect(desk.diff(Side.buy, [[120, 5]])).toEqual(['amend 0 120 keep']);
  });

  it('cancels an order on its way that is too aggressive, and places anew', () => {
    const desk = new Desk();
    desk.table.open(0, Side.buy, 100, 5, at(0));
    expect(desk.diff(Side.buy, [[80, 5]])).toEqual(['cancel 0', 'place 80 5']);
  });

  it('judges an order at the price its amend asks for, and does not amend it again', () => {
    const desk = new Desk();
    const slot = desk.rest(Side.buy, 100, 5);
    desk.table.requestAmend(slot, 110, KEEP_LOTS, at(0));
    expect(desk.diff(Side.buy, [[110, 5]])).toEqual([]);
    expect(desk.diff(Side.buy, [[110, 9]]), 'the size waits').toEqual([]);
    expect(desk.diff(Side.buy, [[130, 5]]), 'behind: wait').toEqual([]);
    expect(desk.diff(Side.buy, [[100, 5]]), 'ahead: away with it').toEqual(['cancel 0', 'place 100 5']);
  });

  it('cancels an order whose fate is unknown, and leaves one that is gone alone', () => {
    const desk = new Desk();
    const slot = desk.rest(Side.buy, 100, 5);
    desk.table.requestCancel(slot, at(0));
    desk.table.doubtInFlight();
    expect(desk.diff(Side.buy, [[100, 5]])).toEqual(['cancel 0', 'place 100 5']);
    expect(desk.batch.cancels.reason[0]).toBe(CommandReason.unknownFate);
    desk.table.requestCancel(slot, at(0));
    desk.table.onCancelAck(slot, desk.table.generation[slot]!, AckOutcome.gone);
    expect(desk.table.state[slot]).toBe(OrderState.gone);
    expect(desk.diff(Side.buy, [])).toEqual([]);
  });

  it('holds one command an order, also for both of two calls', () => {
    const desk = new Desk();
    desk.rest(Side.buy, 100, 5);
    desk.diff(Side.buy, [[120, 5]]);
    desk.quoteDiff.diff(0, Side.buy, Int32Array.of(140), Float64Array.of(5), 1, desk.batch);
    desk.quoteDiff.diff(0, Side.buy, new Int32Array(0), new Float64Array(0), 0, desk.batch);
    expect([desk.batch.amends.count, desk.batch.cancels.count]).toEqual([1, 0]);
    expect(() => desk.batch.addCancel(0, 0, Side.buy, 100, CommandReason.surplus)).toThrow(AssertionError);
    desk.batch.clear();
    expect(desk.batch.isTouched(0)).toBe(false);
  });

  it('drops places that do not fit and counts them', () => {
    const batch = new CommandBatch(2);
    for (let count = 0; count < 3; count++) batch.addPlace(0, Side.buy, 100, 1, CommandReason.newLevel, 0);
    expect([batch.places.count, batch.droppedCount]).toEqual([2, 1]);
  });
});

const side = fc.constantFrom(Side.buy, Side.sell);
const ladder = fc
  // Levels lie further apart than any tolerance, so that it is clear which order is which level's.
  .uniqueArray(fc.integer({ min: 10, max: 22 }), { maxLength: 8 })
  .chain((prices) =>
    fc.tuple(...prices.map((ticks) => fc.tuple(fc.constant(ticks * 10), fc.integer({ min: 1, max: 40 })))),
  );
const orders = fc.array(
  fc.tuple(fc.integer({ min: 95, max: 225 }), fc.integer({ min: 2, max: 40 }), fc.boolean()),
  { maxLength: 10 },
);

/** A desk whose orders are weighed: an intensity, a guard far off, and messages enough. */
function weighing(
  orderLifeMsMin = 0,
): Desk & { now: Float64Array; queues: QueueWatch; rule: RequoteRule; counts: Float64Array } {
  const desk = new Desk();
  const rule = new RequoteRule();
  const queues = new QueueWatch(desk.table);
  const now = at(1e12);
  const counts = new Float64Array(REQUOTE_VERDICTS);
  const requotes = { rule, queues, now, counts };
  const quoteDiff = new QuoteDiff(desk.table, [{ ...TOLERANCE, orderLifeMsMin }], 10, requotes);
  rule.terms[RequoteTerm.fairTicks] = 110;
  rule.terms[RequoteTerm.rate] = 0.8;
  rule.terms[RequoteTerm.decay] = 0.25;
  rule.terms[RequoteTerm.limitTicks] = 109;
  rule.terms[RequoteTerm.takerLots] = 10;
  rule.terms[RequoteTerm.takerSquareLots] = 400;
  return Object.assign(desk, { quoteDiff, rule, queues, now, counts });
}

describe('the quote diff, where quotes say how often they would be filled', () => {
  it('keeps an order whose place is worth more than the better price, until it is not', () => {
    const desk = weighing();
    const slot = desk.rest(Side.buy, 95, 5);
    desk.queues.onLevel(slot, 200);
    desk.queues.onTrade(0, Side.sell, Float64Array.of(95), Float64Array.of(199), 0);
    expect(desk.diff(Side.buy, [[100, 5]]), 'at the front').toEqual([]);
    expect(desk.quoteDiff.keptCount).toBe(1);
    expect([...desk.counts]).toEqual([0, 0, 1, 0]);
    expect(desk.diff(Side.buy, [[106, 5]]), 'too far off').toEqual(['amend 0 106 keep']);
    desk.push(slot, 94, 5, 0);
    desk.queues.onLevel(slot, 200);
    expect(desk.diff(Side.buy, [[100, 5]]), 'at the back').toEqual(['amend 0 100 keep']);
  });

  it('goes by tolerance alone without an intensity', () => {
    const desk = weighing();
    const slot = desk.rest(Side.buy, 95, 5);
    desk.queues.onLevel(slot, 0);
    desk.rule.terms[RequoteTerm.rate] = 0;
    expect(desk.diff(Side.buy, [[100, 5]])).toEqual(['amend 0 100 keep']);
    expect(desk.quoteDiff.keptCount).toBe(0);
  });

  it('keeps a young order from following the market, and never from leaving it', () => {
    const desk = weighing(200);
    const slot = desk.table.open(0, Side.buy, 95, 5, desk.now);
    desk.push(slot, 95, 5, 0);
    desk.now[0]! += 199e6;
    expect(desk.diff(Side.buy, [[100, 5]])).toEqual([]);
    expect([...desk.counts]).toEqual([0, 1, 0, 0]);
    expect(desk.diff(Side.buy, [[90, 5]])).toEqual(['amend 0 90 keep']);
    desk.now[0]! += 1e6;
    expect(desk.diff(Side.buy, [[100, 5]])).toEqual(['amend 0 100 keep']);
    desk.table.requestAmend(slot, 100, KEEP_LOTS, desk.now);
    desk.push(slot, 100, 5, 0, 1);
    expect(desk.diff(Side.buy, [[105, 5]]), 'young again, at its new price').toEqual([]);
  });

  it('corrects the size of an order that keeps its price', () => {
    const desk = weighing(200);
    const slot = desk.table.open(0, Side.buy, 95, 5, desk.now);
    desk.push(slot, 95, 5, 0);
    expect(desk.diff(Side.buy, [[100, 3]])).toEqual(['amend 0 95 3']);
  });

  it('moves an order that the guard would pull, at the front of its queue and however young', () => {
    const desk = weighing(200);
    const slot = desk.table.open(0, Side.buy, 105, 5, desk.now);
    desk.push(slot, 105, 5, 0);
    desk.queues.onLevel(slot, 0);
    desk.rule.terms[RequoteTerm.limitTicks] = 104;
    expect(desk.diff(Side.buy, [[100, 5]])).toEqual(['amend 0 100 keep']);
  });

  it('gives a lone amend the price of lone amends, and two the price of a batch', () => {
    const desk = weighing();
    const first = desk.rest(Side.buy, 95, 5);
    desk.rule.terms[RequoteTerm.singleUsed] = 0.99;
    expect(desk.diff(Side.buy, [[100, 5]])).toEqual([]);
    expect([...desk.counts]).toEqual([0, 0, 0, 1]);
    const second = desk.rest(Side.buy, 85, 5);
    expect(
      desk.diff(Side.buy, [
        [100, 5],
        [90, 5],
      ]),
    ).toEqual([`amend ${first} 100 keep`, `amend ${second} 90 keep`]);
  });

  it('never asks for more than tolerance alone would', () => {
    let kept = 0;
    fc.assert(
      fc.property(
        side,
        orders,
        ladder,
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 10, maxLength: 10 }),
        fc.double({ min: 0, max: 0.6, noNaN: true }),
        (which, held, unsorted, levels, used) => {
          const wanted = [...unsorted].sort((a, b) => (which === Side.buy ? b[0] - a[0] : a[0] - b[0]));
          const plain = new Desk();
          const desk = weighing();
          desk.rule.terms[RequoteTerm.fairTicks] = which === Side.buy ? 230 : 90;
          desk.rule.terms[RequoteTerm.limitTicks] = which === Side.buy ? 1e9 : 0;
          desk.rule.terms[RequoteTerm.decay] = 0.02;
          desk.rule.terms[RequoteTerm.singleUsed] = used;
          held.forEach(([ticks, lots], index) => {
            plain.rest(which, ticks, lots);
            const slot = desk.rest(which, ticks, lots);
            // Behind it come three hundred more.
            desk.queues.onLevel(slot, levels[index]!);
            desk.queues.onLevel(slot, levels[index]! + 300);
          });
          const without = plain.diff(which, wanted);
          const commands = desk.diff(which, wanted);
          const places = (texts: string[]): string[] => texts.filter((text) => !text.startsWith('amend'));
          expect(places(commands)).toEqual(places(without));
          // Whatever moves, moves to where it would have moved; what does not, may change its size where it is.
          const moves = (texts: string[]): string[] =>
            texts.filter((text) => {
              const [op, slot, ticks] = text.split(' ');
              return op === 'amend' && Number(ticks) !== plain.table.wantTicks[Number(slot)];
            });
          for (const move of moves(commands)) expect(without).toContain(move);
          expect(moves(commands).length).toBe(moves(without).length - desk.quoteDiff.keptCount);
          kept += desk.quoteDiff.keptCount;
        },
      ),
      { numRuns: 500 },
    );
    expect(kept, 'orders that were kept').toBeGreaterThan(100);
  });
});

describe('what the diff leaves to others', () => {
  it('is every order that is no quote, as long as its fate is known', () => {
    const desk = new Desk();
    const hedge = desk.rest(Side.buy, 104, 5);
    desk.table.setOrigin(hedge, OrderPurpose.hedge, 0, 0, 0);
    const quote = desk.rest(Side.buy, 90, 5);
    expect(desk.diff(Side.buy, [[100, 5]])).toEqual([`amend ${quote} 100 keep`]);
    expect(desk.diff(Side.buy, [])).toEqual([`cancel ${quote}`]);
    desk.table.requestCancel(hedge, at(0));
    desk.table.doubtInFlight();
    expect(desk.diff(Side.buy, [[90, 5]])).toEqual([`cancel ${hedge}`]);
  });

  it('but not where nothing may rest', () => {
    const desk = new Desk();
    const hedge = desk.rest(Side.buy, 104, 5);
    desk.table.setOrigin(hedge, OrderPurpose.hedge, 0, 0, 0);
    const quote = desk.rest(Side.buy, 90, 5);
    desk.batch.clear();
    desk.quoteDiff.withdraw(0, Side.buy, desk.batch);
    expect([...desk.batch.cancels.slot.subarray(0, desk.batch.cancels.count)]).toEqual([hedge, quote]);
    desk.quoteDiff.withdraw(0, Side.buy, desk.batch);
    expect(desk.batch.cancels.count).toBe(2);
  });
});

it('an order says which level it holds, and a place which it is to hold', () => {
  const desk = new Desk();
  const kept = desk.rest(Side.sell, 100, 5);
  const close = desk.rest(Side.sell, 121, 5);
  const moved = desk.rest(Side.sell, 90, 5);
  desk.diff(Side.sell, [
    [100, 5],
    [110, 5],
    [120, 5],
    [130, 5],
  ]);
  expect([kept, moved, close].map((slot) => desk.table.level[slot])).toEqual([0, 1, 2]);
  expect(desk.batch.places.level[0]).toBe(3);
});

describe('the quote diff, for any orders and ladder', () => {
  it('brings the orders to the ladder with as few commands as exact prices allow, and then rests', () => {
    fc.assert(
      fc.property(
        side,
        orders,
        ladder,
        fc.integer({ min: 0, max: 6 }),
        (which, held, unsorted, tolerance) => {
          const desk = new Desk({ priceToleranceTicks: tolerance, sizeToleranceRatio: 0.25 });
          for (const [ticks, lots, isPartlyFilled] of held)
            desk.rest(which, ticks, lots, isPartlyFilled ? 1 : 0);
          const wanted = [...unsorted].sort((a, b) => (which === Side.buy ? b[0] - a[0] : a[0] - b[0]));
          const commands = desk.diff(which, wanted);
          const places = commands.filter((text) => text.startsWith('place')).length;
          const cancels = commands.filter((text) => text.startsWith('cancel')).length;
          expect(places).toBe(Math.max(0, wanted.length - held.length));
          expect(cancels).toBe(Math.max(0, held.length - wanted.length));
          const exact = new Set(held.map(([ticks]) => ticks));
          const priceAmends = [...desk.batch.amends.reason.subarray(0, desk.batch.amends.count)].filter(
            (reason) => reason === CommandReason.price,
          ).length;
          const unmatched = wanted.filter(([ticks]) => !exact.has(ticks)).length;
          expect(priceAmends + places).toBeLessThanOrEqual(unmatched);

          desk.execute();
          const slots = desk.slots(which);
          const sorted = slots.sort((a, b) => {
            const difference = desk.table.priceTicks[b]! - desk.table.priceTicks[a]!;
            return which === Side.buy ? difference : -difference;
          });
          expect(sorted.length).toBe(wanted.length);
          sorted.forEach((slot, level) => {
            const [ticks, lots] = wanted[level]!;
            const ahead = (desk.table.priceTicks[slot]! - ticks) * (which === Side.buy ? 1 : -1);
            expect(ahead).toBeGreaterThanOrEqual(-tolerance);
            expect(ahead).toBeLessThanOrEqual(tolerance / 2);
            const open = desk.table.sizeLots[slot]! - desk.table.filledLots[slot]!;
            expect(Math.abs(open - lots)).toBeLessThanOrEqual(0.25 * lots);
          });
          expect(desk.diff(which, wanted)).toEqual([]);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
