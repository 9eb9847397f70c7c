import { describe, expect, it } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { KEEP_LOTS } from '../../engine/orders/command-batch.ts';
import { Fills } from '../../engine/orders/fills.ts';
import { AckOutcome, AmendResult, UpdateState } from '../../engine/orders/order-state.ts';
import { OrderTable } from '../../engine/orders/order-table.ts';
import { PositionLedger } from '../../engine/orders/position-ledger.ts';
import { TradeLog } from '../../engine/orders/trade-log.ts';
import { ledgerInstruments } from './ledger-instruments.ts';
import { orderRows } from './order-rows.ts';
import { at } from '../time-cell.ts';

/** One order of 10 lots, and what has been asked of it before the venue says anything more. */
class Life {
  readonly table = new OrderTable(1, 2);
  readonly ledger = new PositionLedger(ledgerInstruments);
  readonly fills = new Fills(this.table, this.ledger, new TradeLog(50));
  readonly slot = this.table.open(0, Side.buy, 100, 10, at(0));
  readonly generation = this.table.generation[this.slot]!;
  readonly amendIds: number[] = [];

  /** @param amends totals that three amends at most ask for: the order rests by then */
  constructor(amends: readonly number[], isCancelled: boolean) {
    if (amends.length > 0) this.push(UpdateState.live, 0, 1);
    for (const lots of amends)
      this.amendIds.push(this.table.requestAmend(this.slot, 101 + this.amendIds.length, lots, at(1)));
    if (isCancelled) this.table.requestCancel(this.slot, at(2));
  }

  /** A push, with the trade by which the total came about if there was one. */
  push(state: UpdateState, filled: number, ms: number, fields: object = {}, tradeLots: number = 0): void {
    const { slot, generation } = this;
    if (tradeLots > 0) this.trade(filled, tradeLots, true);
    const rows = { slot, generation, state, ticks: 100, lots: 10, filled, updatedMs: ms, ...fields };
    this.fills.onUpdate(orderRows(rows), 0);
  }

  trade(tradeId: number, lots: number, hasFee: boolean): void {
    const { slot, generation } = this;
    const what = { instrument: 0, side: Side.buy, ticks: 100, lots, tradeId, tsMs: 1, isBaseFee: false };
    const trade = { ...what, slot, generation, isThisRun: true, hasFee, fee: hasFee ? -lots : 0 };
    this.fills.onTrade(Object.assign(this.fills.trade, trade));
  }
}

type Word = (life: Life) => void;

const placed: Word = (life) => life.table.onPlaceAck(life.slot, life.generation, AckOutcome.accepted);
const live: Word = (life) => life.push(UpdateState.live, 0, 1);
const cancelAck =
  (outcome: AckOutcome): Word =>
  (life) =>
    life.table.onCancelAck(life.slot, life.generation, outcome);
const amendAck =
  (index: number, outcome: AckOutcome): Word =>
  (life) =>
    life.table.onAmendAck(life.slot, life.generation, life.amendIds[index]!, outcome);
const amended =
  (index: number, result: number, state: UpdateState, filled: number, lots: number): Word =>
  (life) =>
    life.push(state, filled, 20 + index, {
      amendId: life.amendIds[index]!,
      amendResult: result,
      ticks: result === AmendResult.done ? 101 + index : 100,
      lots,
    });
const filledBy =
  (lots: number, total: number, state: UpdateState): Word =>
  (life) =>
    life.push(state, total, 3 + total, {}, lots);
const over =
  (filled: number): Word =>
  (life) =>
    life.push(UpdateState.cancelled, filled, 90);
/** The same trade on the fills channel. */
const early =
  (tradeId: number, lots: number): Word =>
  (life) =>
    life.trade(tradeId, lots, false);

interface Story {
  readonly what: string;
  readonly amends?: readonly number[];
  readonly isCancelled?: boolean;
  /** Answers to commands, each once: the request log forgets a request with its answer. */
  readonly answers: readonly Word[];
  readonly pushes: readonly Word[];
  readonly filled: number;
  /** Price and total size of one that rests in the end. */
  readonly rests?: readonly [ticks: number, lots: number];
}

const { filled, partiallyFilled, cancelled } = UpdateState;
const { accepted, rejected, gone } = AckOutcome;

// What OKX says of one order, by its documentation of 2026-07-28 and the change log of 2026-08-20. Told in every order,
// with any one push twice, it must come to the same.
const STORIES: readonly Story[] = [
  {
    what: 'post-only that would cross: acked, cancelled, never live',
    answers: [placed],
    pushes: [over(0)],
    filled: 0,
  },
  {
    what: 'filled at once',
    answers: [placed],
    pushes: [live, filledBy(10, 10, filled), early(10, 10)],
    filled: 10,
  },
  {
    what: 'filled in parts',
    answers: [placed],
    pushes: [live, filledBy(4, 4, partiallyFilled), filledBy(6, 10, filled), early(4, 4)],
    filled: 10,
  },
  {
    what: 'cancelled by the venue after a part',
    answers: [placed],
    pushes: [live, filledBy(4, 4, partiallyFilled), over(4)],
    filled: 4,
  },
  {
    what: 'cancelled by us',
    isCancelled: true,
    answers: [placed, cancelAck(accepted)],
    pushes: [live, over(0)],
    filled: 0,
  },
  {
    what: 'filled after the cancel was acked',
    isCancelled: true,
    answers: [placed, cancelAck(accepted)],
    pushes: [live, filledBy(10, 10, filled)],
    filled: 10,
  },
  {
    what: 'gone when the cancel came',
    isCancelled: true,
    answers: [placed, cancelAck(gone)],
    pushes: [live, filledBy(10, 10, filled), early(10, 10)],
    filled: 10,
  },
  {
    what: 'amended and filled',
    amends: [15],
    answers: [placed, amendAck(0, accepted)],
    pushes: [amended(0, AmendResult.done, UpdateState.live, 0, 15), filledBy(15, 15, filled)],
    filled: 15,
  },
  {
    what: 'amend acked, failed later; cancelled afterwards',
    amends: [KEEP_LOTS],
    isCancelled: true,
    answers: [amendAck(0, accepted), cancelAck(accepted)],
    pushes: [amended(0, AmendResult.failed, UpdateState.live, 0, 10), over(0)],
    filled: 0,
  },
  {
    what: 'amend acked, failed later, and took the order with it',
    amends: [KEEP_LOTS],
    answers: [placed, amendAck(0, accepted)],
    pushes: [amended(0, AmendResult.failedAndCancelled, cancelled, 0, 10)],
    filled: 0,
  },
  {
    what: 'amend to less than was filled: refused',
    amends: [5],
    answers: [amendAck(0, rejected)],
    pushes: [filledBy(6, 6, partiallyFilled), filledBy(4, 10, filled)],
    filled: 10,
  },
  {
    what: 'amend to what was filled: it ends as filled',
    amends: [4],
    answers: [amendAck(0, accepted)],
    pushes: [filledBy(4, 4, partiallyFilled), amended(0, AmendResult.done, filled, 4, 4), early(4, 4)],
    filled: 4,
  },
  {
    what: 'three amends in flight, of which one is refused and one fails',
    amends: [11, 12, 13],
    answers: [amendAck(0, accepted), amendAck(1, rejected)],
    pushes: [
      amended(0, AmendResult.done, UpdateState.live, 0, 11),
      amended(2, AmendResult.failed, UpdateState.live, 0, 11),
      filledBy(11, 11, filled),
    ],
    filled: 11,
  },
  {
    what: 'amended twice and filled in part: it rests',
    amends: [11, 12],
    answers: [amendAck(0, accepted), amendAck(1, accepted)],
    pushes: [
      filledBy(4, 4, partiallyFilled),
      amended(0, AmendResult.done, partiallyFilled, 4, 11),
      amended(1, AmendResult.done, partiallyFilled, 4, 12),
    ],
    filled: 4,
    rests: [102, 12],
  },
  {
    what: 'an amend that failed later: it rests as it was',
    amends: [15],
    answers: [placed, amendAck(0, accepted)],
    pushes: [amended(0, AmendResult.failed, UpdateState.live, 0, 10)],
    filled: 0,
    rests: [100, 10],
  },
];

function* permutations<Item>(items: readonly Item[]): Generator<Item[]> {
  if (items.length === 0) yield [];
  for (const [index, first] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [first, ...rest];
  }
}

/** Where a life stands: what is wrong with it on the way, and how it has ended. */
function wrongOnTheWay({ table, ledger, slot }: Life, total: number): boolean {
  const position = ledger.positionLots[0]!;
  return position + table.exposureLots[0]! < total || position !== table.filledLots[slot];
}

function end({ table, ledger, slot }: Life): object {
  return {
    rests: table.isResting[slot] === 1 ? [table.priceTicks[slot], table.sizeLots[slot]] : [],
    amendsInFlight: table.amendCount[slot],
    open: table.openTotal,
    exposure: table.exposureLots[0],
    inDoubt: table.doubtCount,
    contradictions: table.illegalCount,
    position: ledger.positionLots[0],
    booked: ledger.bookedLots[0],
    untold: ledger.untoldGrossLots[0],
    paid: 0 - ledger.fees[0]!,
  };
}

describe('what the venue says of one order, in any order and with any push twice', () => {
  it.each(STORIES)(
    '$what',
    ({ amends = [], isCancelled = false, answers, pushes, rests = [], filled: total }) => {
      const ends = new Set<string>();
      let wrongCount = 0;
      for (const twice of [[], ...pushes.map((push) => [push])]) {
        for (const told of permutations([...answers, ...pushes, ...twice])) {
          const life = new Life(amends, isCancelled);
          for (const word of told) {
            word(life);
            if (wrongOnTheWay(life, total)) wrongCount++;
          }
          ends.add(JSON.stringify(end(life)));
        }
      }
      expect(wrongCount, 'never below what was filled, with what is at risk').toBe(0);
      const order = rests.length === 0 ? { open: 0, exposure: 0 } : { open: 1, exposure: rests[1]! - total };
      const money = { position: total, booked: total, untold: 0, paid: total };
      expect([...ends].map((text) => JSON.parse(text) as object)).toEqual([
        { rests, amendsInFlight: 0, ...order, inDoubt: 0, contradictions: 0, ...money },
      ]);
    },
  );
});
