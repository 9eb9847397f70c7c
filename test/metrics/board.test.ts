import { Side } from '../../engine/base/side.ts';
import { BoardReader, BoardWriter } from '../../engine/metrics/board.ts';
import { createMetricsMemory, MetricsMemory } from '../../engine/metrics/cells.ts';
import { SAMPLE_DIMENSIONS } from './sample-dimensions.ts';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';

/** A file of the engine's compiled code (`npm test` compiles first), for a thread that Node runs as it is. */
function compiled(file: string): string {
  return new URL(`../../dist/engine/metrics/${file}`, import.meta.url).href;
}

describe('the status board', () => {
  test('what was never posted reads as null', () => {
    const reader = new BoardReader(createMetricsMemory(SAMPLE_DIMENSIONS));
    expect(reader.instrument(0)).toBeNull();
    expect(reader.limits()).toBeNull();
  });

  test('an instrument reads as it was posted, and its neighbour is untouched', () => {
    const memory = createMetricsMemory(SAMPLE_DIMENSIONS);
    const writer = new BoardWriter(memory);
    writer.begin(1);
    writer.setBook(1, 4, true, 650_000, 12, 650_001, 7);
    writer.setFair(650_000.4);
    writer.setPosition(-30, 649_990.5, 0.01, -0.002, -0.0003, 9000, 17);
    writer.setFunding(0.004);
    writer.setExposure(5, 6);
    writer.setLimits(100, 10, 5000, 90_000, 40, 50, 250);
    writer.setKill(3, 2);
    writer.setWatches(12.5, 340, 15, -2, 4);
    writer.addQuote(Side.buy, 649_999, 3);
    writer.addQuote(Side.sell, 650_002, 4);
    writer.addOrder(Side.sell, 650_003, 5, 2, 3);
    writer.publish(123_456);
    const limits = {
      notionalMax: 100_000,
      openOrdersMax: 500,
      lossMax: Infinity,
      drawdownMax: 300,
      marginRatioMin: 3,
      liquidationDistanceBps: 200,
      orderToTradeMax: 0,
    };
    writer.publishLimits(limits);

    const reader = new BoardReader(new MetricsMemory(memory.share));
    expect(reader.instrument(0)).toBeNull();
    expect(reader.instrument(1)).toEqual({
      updatedNs: 123_456,
      bookState: 1,
      bookEpoch: 4,
      isQuotable: 1,
      bidTicks: 650_000,
      bidLots: 12,
      askTicks: 650_001,
      askLots: 7,
      fairTicks: 650_000.4,
      positionLots: -30,
      entryTicks: 649_990.5,
      realised: 0.01,
      unrealised: -0.002,
      fees: -0.0003,
      volumeQuote: 9000,
      fillCount: 17,
      buyExposureLots: 5,
      sellExposureLots: 6,
      positionLotsMax: 100,
      orderLotsMax: 10,
      orderNotionalMax: 5000,
      openOrdersMax: 40,
      collarBps: 50,
      notionalMax: 90_000,
      lossMax: 250,
      killLevel: 3,
      killReason: 2,
      loss: 12.5,
      liquidationDistanceBps: 340,
      fairMoveBps: 15,
      markoutLossBps: -2,
      untoldLots: 4,
      funding: 0.004,
      quoteCount: 2,
      orderCount: 1,
      buyOrderCount: 0,
      sellOrderCount: 1,
      quotes: [
        { side: Side.buy, ticks: 649_999, lots: 3 },
        { side: Side.sell, ticks: 650_002, lots: 4 },
      ],
      orders: [{ side: Side.sell, ticks: 650_003, lots: 5, filledLots: 2, state: 3 }],
    });
    expect(reader.limits()).toEqual(limits);
  });

  test('posting again forgets what is not set again', () => {
    const memory = createMetricsMemory(SAMPLE_DIMENSIONS);
    const writer = new BoardWriter(memory);
    writer.begin(0);
    writer.addOrder(Side.buy, 1, 1, 0, 2);
    writer.setFair(5);
    writer.setWatches(1, 2, 3, 4, 5);
    writer.publish(1);
    writer.begin(0);
    writer.publish(2);
    const row = new BoardReader(memory).instrument(0);
    expect(row).toMatchObject({ updatedNs: 2, orderCount: 0, orders: [], fairTicks: Number.NaN });
    expect(row).toMatchObject({ liquidationDistanceBps: Number.NaN, loss: 0, untoldLots: 0 });
  });

  test('rows past the capacity are counted but not shown', () => {
    const memory = createMetricsMemory(SAMPLE_DIMENSIONS);
    const writer = new BoardWriter(memory);
    writer.begin(1);
    for (let index = 0; index < 50; index++) {
      writer.addQuote(Side.buy, index, 1);
      writer.addOrder(index % 5 === 0 ? Side.sell : Side.buy, index, 1, 0, 2);
    }
    writer.publish(1);
    const reader = new BoardReader(memory);
    const row = reader.instrument(1)!;
    expect([row.quoteCount, row.quotes.length, row.quotes.at(-1)!.ticks]).toEqual([50, 20, 19]);
    expect([row.orderCount, row.orders.length, row.orders.at(-1)!.ticks]).toEqual([50, 40, 39]);
    expect([row.buyOrderCount, row.sellOrderCount]).toEqual([40, 10]);
    expect(reader.instrument(0)).toBeNull();
  });

  test('a reader in another thread never sees half of a posting', async () => {
    const memory = createMetricsMemory(SAMPLE_DIMENSIONS);
    // The engine's compiled code in a real thread, which posts rows whose every field has the same value.
    const source = `
      import { workerData, parentPort } from 'node:worker_threads';
      const { BoardWriter } = await import(workerData.board);
      const { MetricsMemory } = await import(workerData.cells);
      const writer = new BoardWriter(new MetricsMemory(workerData.share));
      for (let value = 1; value <= 200_000; value++) {
        writer.begin(0);
        writer.setBook(value, value, true, value, value, value, value);
        for (let row = 0; row < 40; row++) writer.addOrder(0, value, value, value, value);
        writer.publish(value);
        if (value === 1) parentPort.postMessage('posting');
      }
    `;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
      workerData: { share: memory.share, board: compiled('board.js'), cells: compiled('cells.js') },
    });
    const progress = { isPosting: true };
    worker.once('exit', () => {
      progress.isPosting = false;
    });
    await once(worker, 'message');
    const reader = new BoardReader(memory);
    const seen = new Set<number>();
    // Bounded by the writer's end; the event loop is let go of now and then so that the end is noticed.
    while (progress.isPosting) {
      for (let round = 0; round < 500; round++) {
        const row = reader.instrument(0);
        if (row === null) continue;
        const value = row.updatedNs;
        seen.add(value);
        const isWhole =
          row.bookState === value &&
          row.askLots === value &&
          row.orders.every((order) => order.ticks === value && order.state === value);
        if (!isWhole) throw new Error(`torn: expected ${value} everywhere, was ${JSON.stringify(row)}`);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(seen.size).toBeGreaterThan(10);
    expect(reader.instrument(0)!.updatedNs).toBe(200_000);
  });
});
