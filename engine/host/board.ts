/**
 * Posts the state of the engine to shared memory a few times a second, for the exporter to read.
 *
 * Owner:      the engine thread.
 * Invariants: it reads and decides nothing; what is not known is posted as NaN.
 * Cost:       an instrument is a copy of its orders and quotes, under a microsecond; cells are looked up at the start.
 */
import { CommandOp } from '../base/command-op.ts';
import type { Instrument } from '../base/instrument.ts';
import { REQUOTE_VERDICTS, RequoteVerdict } from '../base/requote-verdict.ts';
import { Side } from '../base/side.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import { LoopPhase } from '../loop.ts';
import type { Loop } from '../loop.ts';
import { BoardWriter } from '../metrics/board.ts';
import { AuditFinding, ConfigurationResult, EngineState, TagSource } from '../metrics/catalog.ts';
import type { MetricId } from '../metrics/catalog.ts';
import { MetricsWriter } from '../metrics/cells.ts';
import { NO_ORDER } from '../orders/order-table.ts';
import { KillLevel, KillTrigger } from '../risk/kill-ladder.ts';
import type { Engine } from './engine.ts';
import { PortfolioBoard } from './portfolio-board.ts';
import { TruthBoard } from './truth-board.ts';

/** How often the board is posted. */
export const BOARD_PERIOD_NS = NS_PER_SECOND / 4;

const STATE_OF_PHASE: Readonly<Record<LoopPhase, EngineState>> = {
  [LoopPhase.starting]: EngineState.starting,
  [LoopPhase.recovering]: EngineState.paused,
  [LoopPhase.quoting]: EngineState.quoting,
  [LoopPhase.halted]: EngineState.halted,
  [LoopPhase.stopping]: EngineState.stopping,
};

const OPS = Object.values(CommandOp);

/** What of an engine is shown. */
export type BoardEngine = Pick<
  Engine,
  'loop' | 'memory' | 'configuration' | 'explainer' | 'deadMansSwitch' | 'keeper' | 'desk'
>;

type Reading = readonly [cell: number, read: (nowNs: Nanoseconds) => number];

export class Board {
  readonly #engine: BoardEngine;
  readonly #writer: MetricsWriter;
  readonly #board: BoardWriter;
  readonly #truth: TruthBoard;
  readonly #portfolio: PortfolioBoard;
  readonly #readings: readonly Reading[];
  /** Of the configuration whose limits are posted. */
  #version = 0;
  /** By instrument × 3 + operation. */
  readonly #budgetLeft: readonly number[];

  constructor(engine: BoardEngine) {
    const { loop, memory } = engine;
    const writer = new MetricsWriter(memory);
    this.#engine = engine;
    this.#writer = writer;
    this.#board = new BoardWriter(memory);
    this.#truth = new TruthBoard(loop.truth, writer);
    this.#portfolio = new PortfolioBoard(loop, memory, writer);
    this.#budgetLeft = loop.instruments.flatMap(({ index }) =>
      OPS.map((op) => writer.cell('budgetLeft', index, op)),
    );
    this.#readings = [
      ...bookReadings(loop, writer),
      ...requoteReadings(loop, writer),
      ...loopReadings(loop, writer),
      ...killReadings(loop, writer),
      ...accountReadings(engine, writer),
    ];
  }

  post(nowNs: Nanoseconds): void {
    const { version } = this.#engine.configuration;
    if (version !== this.#version) {
      this.#version = version;
      this.#postLimits();
    }
    for (const [cell, read] of this.#readings) this.#writer.set(cell, read(nowNs));
    for (const instrument of this.#engine.loop.instruments) this.#postInstrument(instrument, nowNs);
    this.#portfolio.post();
    this.#engine.explainer.post(nowNs);
  }

  #postLimits(): void {
    const writer = this.#writer;
    const { account } = this.#engine.configuration.config;
    const drawdownMax = account.drawdownMax ?? account.lossMax;
    this.#board.publishLimits({ ...account, drawdownMax });
    const limit = (id: MetricId, value: number): void =>
      writer.set(writer.cell(id), value > 0 && value < Infinity ? value : NaN);
    limit('accountLossMax', account.lossMax);
    limit('accountDrawdownMax', drawdownMax);
    limit('marginRatioMin', account.marginRatioMin);
  }

  #postInstrument(instrument: Instrument, nowNs: Nanoseconds): void {
    const { index } = instrument;
    const { market, ledger, gate, throttle, table, ladder, kill } = this.#engine.loop;
    const board = this.#board;
    const book = market.books[index]!;
    const mark = gate.markTicks(index);
    board.begin(index);
    board.setBook(
      book.state,
      book.epoch,
      book.isQuotable(),
      book.bids.bestTicks,
      book.bids.bestLots,
      book.asks.bestTicks,
      book.asks.bestLots,
    );
    if (market.fairTicks[index]! > 0) board.setFair(market.fairTicks[index]!);
    board.setPosition(
      ledger.positionLots[index]!,
      ledger.entryTicks[index]!,
      ledger.realised(index),
      ledger.positionLots[index] !== 0 && mark === 0 ? NaN : ledger.unrealised(index, mark),
      ledger.fees[index]! + ledger.baseFees[index]! * mark * instrument.tick.value,
      ledger.turnover[index]!,
      ledger.fillCount[index]!,
    );
    board.setFunding(ledger.funding[index]!);
    board.setExposure(table.exposureLots[index * 2]!, table.exposureLots[index * 2 + 1]!);
    board.setKill(ladder.level(index), ladder.reason(index));
    board.setWatches(
      kill.loss.instrumentLoss[index]!,
      kill.margin.distanceBps[index]!,
      kill.volatility.moveBps[index]!,
      kill.adverse.averageBps[index]!,
      ledger.untoldLots[index]!,
    );
    this.#setLimits(index);
    this.#addQuotes(index);
    this.#addOrders(index);
    board.publish(nowNs);
    this.#truth.post(index);
    const now = Float64Array.of(nowNs);
    for (const op of OPS) {
      const left = throttle.available(op, index, true, now);
      this.#writer.set(this.#budgetLeft[index * OPS.length + op]!, left);
    }
  }

  #setLimits(index: number): void {
    const { limits: all, config } = this.#engine.configuration;
    const limits = all[index]!;
    this.#board.setLimits(
      limits.positionLotsMax,
      limits.orderLotsMax,
      limits.orderNotionalMax,
      limits.notionalMax,
      limits.openOrdersMax,
      limits.collarBps,
      config.instruments[index]!.limits.loss ?? Infinity,
    );
  }

  #addQuotes(index: number): void {
    const { quote } = this.#engine.loop.wanted[index]!;
    for (let level = 0; level < quote.bidCount; level++) {
      this.#board.addQuote(Side.buy, quote.bidTicks[level]!, quote.bidLots[level]!);
    }
    for (let level = 0; level < quote.askCount; level++) {
      this.#board.addQuote(Side.sell, quote.askTicks[level]!, quote.askLots[level]!);
    }
  }

  #addOrders(index: number): void {
    const { table } = this.#engine.loop;
    for (const side of [Side.buy, Side.sell]) {
      for (let slot = table.first(index, side); slot !== NO_ORDER; slot = table.next(slot)) {
        this.#board.addOrder(
          side,
          table.priceTicks[slot]!,
          table.sizeLots[slot]!,
          table.filledLots[slot]!,
          table.state[slot]!,
        );
      }
    }
  }
}

function bookReadings(loop: Loop, writer: MetricsWriter): Reading[] {
  return loop.instruments.flatMap(({ index }): Reading[] => {
    const sync = loop.market.syncs[index]!;
    return [
      [writer.cell('bookUpdates', index), () => sync.updates],
      [writer.cell('bookSnapshots', index), () => sync.snapshots],
      [writer.cell('bookGaps', index), () => sync.gaps],
      [writer.cell('bookResets', index), () => sync.resets],
      [writer.cell('bookCrossed', index), () => sync.crossed],
      [writer.cell('mmpTriggers', index), () => loop.mmp.triggers[index]!],
    ];
  });
}

function requoteReadings({ instruments, requoteCounts }: Loop, writer: MetricsWriter): Reading[] {
  return instruments.flatMap(({ index }) =>
    Object.values(RequoteVerdict).map((verdict): Reading => {
      const at = index * REQUOTE_VERDICTS + verdict;
      return [writer.cell('requotes', index, verdict), () => requoteCounts[at]!];
    }),
  );
}

function loopReadings(loop: Loop, writer: MetricsWriter): Reading[] {
  const { table, fills, throttle } = loop;
  return [
    [writer.cell('engineState'), () => stateOf(loop)],
    [writer.cell('engineHeartbeat'), (nowNs) => nowNs],
    [writer.cell('accountBudgetLeft'), (nowNs) => throttle.accountAvailable(Float64Array.of(nowNs))],
    [writer.cell('illegalTransitions'), () => table.illegalCount],
    [writer.cell('ordersInDoubt'), () => table.doubtCount],
    [writer.cell('doubtAge'), () => finiteOrNaN(table.oldestUnknownNs())],
    [writer.cell('otherFees'), () => fills.otherFees],
    [writer.cell('foreignOrders'), () => fills.foreignUpdates],
  ];
}

function killReadings({ kill, ladder, gate }: Loop, writer: MetricsWriter): Reading[] {
  const { loss, margin, adverse, orderToTrade, health } = kill;
  return [
    [writer.cell('killLevel'), () => ladder.accountLevel],
    [writer.cell('killReason'), () => ladder.accountReason],
    ...Object.values(KillTrigger).flatMap((trigger): Reading[] => [
      [writer.cell('killActive', trigger), () => ladder.active[trigger]!],
      [writer.cell('killRaised', trigger), () => ladder.raised[trigger]!],
    ]),
    [writer.cell('accountProfit'), () => loss.profit],
    [writer.cell('accountHeld'), () => gate.heldNotional()],
    [writer.cell('accountLoss'), () => loss.loss],
    [writer.cell('accountDrawdown'), () => loss.drawdown],
    [writer.cell('marginRatio'), () => margin.marginRatio],
    [writer.cell('fillsUnmarked'), () => adverse.unmarked],
    [writer.cell('ordersPerFill'), () => orderToTrade.ratio],
    [writer.cell('stalls'), () => health.stalls],
    [writer.cell('switchLeft'), () => (health.armedUntilNs > 0 ? health.armedUntilNs : NaN)],
  ];
}

function accountReadings(
  { loop, deadMansSwitch, keeper, desk, configuration }: BoardEngine,
  writer: MetricsWriter,
): Reading[] {
  const { account } = loop;
  return [
    [writer.cell('configurationVersion'), () => configuration.version],
    [writer.cell('configurationChanges', ConfigurationResult.applied), () => configuration.applied],
    [writer.cell('configurationChanges', ConfigurationResult.refused), () => configuration.refused],
    [writer.cell('switchBeats'), () => deadMansSwitch.beats],
    [writer.cell('switchFailures'), () => deadMansSwitch.failures],
    [writer.cell('stateSaves'), () => keeper.saves],
    [writer.cell('stateFailures'), () => keeper.failures],
    [writer.cell('stateUnsaved'), () => (keeper.isSaved ? 0 : 1)],
    [writer.cell('stateAge'), () => finiteOrNaN(keeper.savedNs)],
    [writer.cell('recoveries'), () => account.recoveries],
    [writer.cell('recoveryDifferences'), () => account.recoveryDifferences],
    [writer.cell('audits'), () => account.audits],
    [writer.cell('auditAge'), () => finiteOrNaN(desk.auditedNs)],
    [writer.cell('auditFindings', AuditFinding.strayOrder), () => account.auditStrays],
    [writer.cell('auditFindings', AuditFinding.missingOrder), () => account.auditMissing],
    [writer.cell('auditFindings', AuditFinding.untoldTrade), () => account.auditTrades],
    ...Object.values(TagSource).map((source): Reading => [
      writer.cell('tagMismatches', source),
      () => loop.kill.tags.mismatches[source]!,
    ]),
  ];
}

/** What the ladder leaves of quoting is part of the state that people and supervisors see. */
function stateOf({ phase, ladder }: Loop): EngineState {
  if (phase !== LoopPhase.quoting) return STATE_OF_PHASE[phase];
  if (ladder.accountLevel >= KillLevel.paused) return EngineState.paused;
  return ladder.accountLevel === KillLevel.reduceOnly ? EngineState.reducing : EngineState.quoting;
}

function finiteOrNaN(value: number): number {
  return Number.isFinite(value) ? value : NaN;
}
