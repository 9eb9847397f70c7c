import { ManualClock } from '../../engine/base/clock.ts';
import { HedgePhase } from '../../engine/base/hedge-phase.ts';
import { Side } from '../../engine/base/side.ts';
import { BoardWriter } from '../../engine/metrics/board.ts';
import { EngineState, coinsOf } from '../../engine/metrics/catalog.ts';
import { createMetricsMemory, MetricsWriter } from '../../engine/metrics/cells.ts';
import type { MetricsMemory } from '../../engine/metrics/cells.ts';
import { SAMPLE_DIMENSIONS } from '../metrics/sample-dimensions.ts';

const SYNCED = 1;
const LIVE = 2;

export const START_MS = 1_790_000_000_000;

/** What an engine that quotes has in its memory: the real writers, and a clock that the test moves. */
export class SampleEngine {
  readonly clock = new ManualClock(START_MS);
  readonly memory: MetricsMemory = createMetricsMemory(SAMPLE_DIMENSIONS);
  readonly writer = new MetricsWriter(this.memory);
  readonly board = new BoardWriter(this.memory);

  /** Everything up, synced and quoting; one instrument long, the other short. */
  makeReady(): void {
    this.clock.advanceNs(1e9);
    const { writer } = this;
    writer.set(writer.cell('startTime'), START_MS / 1000);
    writer.set(writer.cell('engineState'), EngineState.quoting);
    this.beat();
    for (const connection of SAMPLE_DIMENSIONS.connections.keys()) {
      writer.set(writer.cell('sessionUp', connection), 1);
      writer.set(writer.cell('sessionSilence', connection), this.clock.nowNs());
    }
    for (let worker = 0; worker < SAMPLE_DIMENSIONS.workers; worker++) {
      writer.set(writer.cell('workerHeartbeat', worker), this.clock.nowNs());
    }
    for (const instrument of SAMPLE_DIMENSIONS.instruments.keys()) {
      writer.set(writer.cell('bookAge', instrument), this.clock.nowNs());
      writer.set(writer.cell('modelAge', instrument), this.clock.nowNs());
      this.post(instrument, SYNCED);
    }
    this.board.publishLimits({
      notionalMax: 100_000,
      openOrdersMax: 500,
      lossMax: 500,
      drawdownMax: Infinity,
      marginRatioMin: 3,
      liquidationDistanceBps: 200,
      orderToTradeMax: 0,
    });
    for (const [coin] of coinsOf(SAMPLE_DIMENSIONS).entries()) {
      writer.set(writer.cell('groupDelta', coin), 0.25);
      writer.set(writer.cell('groupDeltaMax', coin), 2);
      for (const side of [0, 1]) writer.set(writer.cell('groupWorst', coin, side), side === 0 ? 1 : -0.5);
      writer.set(writer.cell('hedgePhase', coin), HedgePhase.resting);
      writer.set(writer.cell('hedgeOrders', coin), 7);
      writer.set(writer.cell('hedgeCost', coin), 1.5);
      writer.set(writer.cell('hedgeCostMax', coin), 100);
    }
    writer.set(writer.cell('switchLeft'), this.clock.nowNs() + 9e9);
    writer.set(writer.cell('stateAge'), this.clock.nowNs());
    writer.set(writer.cell('auditAge'), this.clock.nowNs());
    writer.set(writer.cell('marginRatio'), 12.5);
    writer.set(writer.cell('accountProfit'), -20.5);
    writer.set(writer.cell('accountHeld'), 1_250);
  }

  beat(): void {
    this.writer.set(this.writer.cell('engineHeartbeat'), this.clock.nowNs());
  }

  post(instrument: number, bookState: number): void {
    const { board } = this;
    board.begin(instrument);
    board.setBook(bookState, 3, bookState === SYNCED, 650_001, 150_000_000, 650_003, 20_000_000);
    board.setFair(650_002.25);
    board.setPosition(instrument === 0 ? 1_000_000 : -3, 649_000.5, 12.5, -2.25, -0.75, 65_000, 9);
    board.setFunding(-0.5);
    board.setExposure(4_000_000, 5_000_000);
    board.setLimits(10_000_000, 2_000_000, 5000, Infinity, 40, Infinity, 250);
    board.setKill(0, 0);
    board.setWatches(4.5, instrument === 0 ? Number.NaN : 250, 12, -1.5, 0);
    board.addQuote(Side.buy, 649_990, 1_000_000);
    board.addQuote(Side.sell, 650_010, 1_000_000);
    board.addOrder(Side.buy, 649_990, 1_000_000, 250_000, LIVE);
    board.publish(this.clock.nowNs());
  }
}
