import { NS_PER_SECOND } from '../base/units.ts';
import type { Instrument } from '../base/instrument.ts';
import { Side } from '../base/side.ts';
import type { Nanoseconds } from '../base/units.ts';
import { LoopPhase } from '../loop.ts';
import type { Loop } from '../loop.ts';
import { BoardWriter } from '../metrics/board.ts';
import { EngineState } from '../metrics/catalog.ts';
import { MetricsWriter } from '../metrics/cells.ts';
import type { MetricsMemory } from '../metrics/cells.ts';
import { CommandOp } from '../base/command-op.ts';
import { NO_ORDER } from '../orders/order-table.ts';
import type { AccountLimits, RiskLimits } from '../risk/gate.ts';

const STATE_OF_PHASE: Readonly<Record<LoopPhase, EngineState>> = {
  [LoopPhase.starting]: EngineState.starting,
  [LoopPhase.recovering]: EngineState.paused,
  [LoopPhase.quoting]: EngineState.quoting,
  [LoopPhase.halted]: EngineState.halted,
  [LoopPhase.stopping]: EngineState.stopping,
};

const OPS = Object.values(CommandOp);

/** Posts the state of the loop to shared memory a few times a second, for the exporter to read. */
export class Board {
  readonly #loop: Loop;
  readonly #writer: MetricsWriter;
  readonly #board: BoardWriter;
  readonly #limits: readonly RiskLimits[];
  readonly #counters: readonly (readonly [cell: number, read: () => number])[];
  readonly #engineState: number;
  readonly #haltReason: number;
  readonly #heartbeat: number;
  readonly #accountBudget: number;
  /** By instrument × 3 + operation. */
  readonly #budgetLeft: readonly number[];

  constructor(loop: Loop, memory: MetricsMemory, limits: readonly RiskLimits[], account: AccountLimits) {
    const writer = new MetricsWriter(memory);
    this.#loop = loop;
    this.#writer = writer;
    this.#limits = limits;
    this.#board = new BoardWriter(memory);
    this.#board.publishLimits(account.notionalMax, account.lossMax);
    this.#engineState = writer.cell('engineState');
    this.#haltReason = writer.cell('haltReason');
    this.#heartbeat = writer.cell('engineHeartbeat');
    this.#accountBudget = writer.cell('accountBudgetLeft');
    this.#budgetLeft = loop.instruments.flatMap(({ index }) =>
      OPS.map((op) => writer.cell('budgetLeft', index, op)),
    );
    this.#counters = [
      ...loop.instruments.flatMap(({ index }) => {
        const sync = loop.market.syncs[index]!;
        return [
          [writer.cell('bookUpdates', index), () => sync.updates],
          [writer.cell('bookSnapshots', index), () => sync.snapshots],
          [writer.cell('bookGaps', index), () => sync.gaps],
          [writer.cell('bookResets', index), () => sync.resets],
          [writer.cell('bookCrossed', index), () => sync.crossed],
        ] as const;
      }),
      [writer.cell('illegalTransitions'), () => loop.table.illegalCount],
      [writer.cell('otherFees'), () => loop.commands.otherFees],
      [writer.cell('foreignOrders'), () => loop.commands.foreignUpdates],
    ];
  }

  post(nowNs: Nanoseconds): void {
    const loop = this.#loop;
    const writer = this.#writer;
    for (const [cell, read] of this.#counters) writer.set(cell, read());
    writer.set(this.#engineState, STATE_OF_PHASE[loop.phase]);
    writer.set(this.#haltReason, loop.commands.killSwitch.reason);
    writer.set(this.#heartbeat, nowNs);
    writer.set(this.#accountBudget, loop.commands.throttle.accountAvailable(nowNs));
    for (const instrument of loop.instruments) this.#postInstrument(instrument, nowNs);
  }

  #postInstrument(instrument: Instrument, nowNs: Nanoseconds): void {
    const { index } = instrument;
    const { market, table, commands, wanted } = this.#loop;
    const { ledger, gate, throttle } = commands;
    const board = this.#board;
    const book = market.books[index]!;
    const limits = this.#limits[index]!;
    const mark = gate.markTicks(index);
    board.begin(index);
    board.setBook(
      book.state,
      book.epoch,
      book.isQuotable(),
      book.bids.count > 0 ? book.bids.ticks[0]! : 0,
      book.bids.count > 0 ? book.bids.lots[0]! : 0,
      book.asks.count > 0 ? book.asks.ticks[0]! : 0,
      book.asks.count > 0 ? book.asks.lots[0]! : 0,
    );
    if (market.fairTicks[index]! > 0) board.setFair(market.fairTicks[index]!);
    board.setPosition(
      ledger.positionLots[index]!,
      ledger.entryTicks[index]!,
      ledger.realised[index]!,
      ledger.unrealised(index, mark),
      ledger.fees[index]! + ledger.baseFees[index]! * mark * instrument.tick.value,
      ledger.turnover[index]!,
      ledger.fillCount[index]!,
    );
    board.setExposure(table.exposureLots[index * 2]!, table.exposureLots[index * 2 + 1]!);
    board.setLimits(
      limits.positionLotsMax,
      limits.orderLotsMax,
      limits.orderNotionalMax,
      limits.openOrdersMax,
      limits.collarBps,
    );
    const { quote } = wanted[index]!;
    for (let level = 0; level < quote.bidCount; level++) {
      board.addQuote(Side.buy, quote.bidTicks[level]!, quote.bidLots[level]!);
    }
    for (let level = 0; level < quote.askCount; level++) {
      board.addQuote(Side.sell, quote.askTicks[level]!, quote.askLots[level]!);
    }
    for (const side of [Side.buy, Side.sell]) {
      for (let slot = table.first(index, side); slot !== NO_ORDER; slot = table.next(slot)) {
        board.addOrder(
          side,
          table.priceTicks[slot]!,
          table.sizeLots[slot]!,
          table.filledLots[slot]!,
          table.state[slot]!,
        );
      }
    }
    board.publish(nowNs);
    for (const op of OPS) {
      const left = throttle.available(op, index, true, nowNs);
      this.#writer.set(this.#budgetLeft[index * OPS.length + op]!, left);
    }
  }
}

/** How often the board is posted. */
export const BOARD_PERIOD_NS = NS_PER_SECOND / 4;
