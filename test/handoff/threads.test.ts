/** The slots and bells between two real threads. The other thread runs compiled: `npm run build` first. */
import { setImmediate as loopTurned } from 'node:timers/promises';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../engine/base/clock.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { MarketBells, QuoteBell, BellWaiter, WaitStrategy } from '../../engine/handoff/doorbell.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { MarketWriter } from '../../engine/handoff/market-slot.ts';
import { QuoteReader, QuoteView } from '../../engine/handoff/quote-slot.ts';
import { READS_WORD, STOP_WORD, isQuoteWhole, pause, publishMarket } from './slot-pattern.ts';
import type { SlotThreadData, SlotThreadResult } from './slot-thread.ts';

/** Reads that are plenty; and what two threads on one busy core, who hardly ever meet, must manage all the same. */
const READS = 20_000;
const READS_MIN = 50;
const PATIENCE_NS = 5 * NS_PER_SECOND;

const clock = new SystemClock();

interface OtherThread {
  readonly handoff: Handoff;
  readonly progress: Int32Array;
  readonly thread: Worker;
}

function startThread(job: SlotThreadData['job'], wait: WaitStrategy = WaitStrategy.spin): OtherThread {
  const memory = createHandoff({ instrumentCount: 1, workerCount: 1, marketLevels: 20, quoteLevels: 10 });
  const progress = new SharedArrayBuffer(8);
  const workerData: SlotThreadData = { job, memory, progress, wait };
  const thread = new Worker(new URL('../../dist/test/handoff/slot-thread.js', import.meta.url), {
    workerData,
  });
  return { handoff: new Handoff(memory), progress: new Int32Array(progress), thread };
}

describe('between threads', () => {
  it('a market is never read in parts of two, and never an older one after a newer', async () => {
    const { handoff, progress, thread } = startThread('read-markets');
    const result = once(thread, 'message') as Promise<[SlotThreadResult]>;
    await once(thread, 'online');
    const writer = new MarketWriter(handoff, 0);
    const deadlineNs = clock.nowNs() + PATIENCE_NS;
    for (let number = 1; Atomics.load(progress, READS_WORD) < READS && clock.nowNs() < deadlineNs; number++) {
      publishMarket(writer, number);
      pause(progress, number);
    }
    Atomics.store(progress, STOP_WORD, 1);
    const [{ reads, broken, backwards }] = await result;
    expect({ broken, backwards }).toEqual({ broken: 0, backwards: 0 });
    expect(reads).toBeGreaterThan(READS_MIN);
  });

  it('a quote is never read in parts of two', async () => {
    const { handoff, progress, thread } = startThread('write-quotes');
    const exit = once(thread, 'exit');
    await once(thread, 'online');
    const reader = new QuoteReader(handoff, 0);
    const view = new QuoteView(handoff.quoteLevels);
    const expected = new QuoteView(handoff.quoteLevels);
    let reads = 0;
    let broken = 0;
    const deadlineNs = clock.nowNs() + PATIENCE_NS;
    while (reads < READS && clock.nowNs() < deadlineNs) {
      if (!reader.read(view)) continue;
      reads++;
      if (!isQuoteWhole(view, expected)) broken++;
    }
    Atomics.store(progress, STOP_WORD, 1);
    await exit;
    expect(broken).toBe(0);
    expect(reads).toBeGreaterThan(READS_MIN);
  });

  // A lost wake-up would show as a wait of 20 s here (and of a minute there), far beyond the fallbacks of production.
  it.each(Object.entries(WaitStrategy))('no wake-up is lost when the worker %ss', async (_, strategy) => {
    const { handoff, progress, thread } = startThread('echo', strategy);
    const exit = once(thread, 'exit');
    const writer = new MarketWriter(handoff, 0);
    const bells = new MarketBells(handoff);
    const bell = new BellWaiter(handoff, handoff.layout.quoteBellAt);
    const reader = new QuoteReader(handoff, 0);
    const view = new QuoteView(handoff.quoteLevels);
    let unanswered = 0;
    for (let number = 1; number <= 2_000; number++) {
      publishMarket(writer, number);
      bells.ring(0);
      if (!(await bell.waitAsync(20_000))) unanswered++;
      expect(bell.take()).toBe(0);
      expect(bell.take()).toBe(-1);
      expect(reader.read(view)).toBe(true);
      expect(view.marketVersion).toBe(number);
    }
    Atomics.store(progress, STOP_WORD, 1);
    bells.wake(0);
    await exit;
    expect(unanswered).toBe(0);
  });

  it('a listening engine hears a worker, in time and to the last quote', async () => {
    const { handoff, progress, thread } = startThread('echo', WaitStrategy.block);
    const exit = once(thread, 'exit');
    const writer = new MarketWriter(handoff, 0);
    const bells = new MarketBells(handoff);
    const bell = new QuoteBell(handoff);
    const reader = new QuoteReader(handoff, 0);
    const view = new QuoteView(handoff.quoteLevels);
    let number = 0;
    const publishNext = (): void => {
      publishMarket(writer, ++number);
      bells.ring(0);
    };
    const listening = bell.listen(() => {
      for (let instrument = bell.take(); instrument !== -1; instrument = bell.take()) reader.read(view);
      if (view.marketVersion < number) return;
      if (number < 500) publishNext();
      else bell.stop();
    }, loopTurned);
    publishNext();
    await listening;
    expect(view.marketVersion).toBe(500);
    Atomics.store(progress, STOP_WORD, 1);
    bells.wake(0);
    await exit;
  });
});
