/** The other thread of threads.test.ts; runs compiled, from dist/. */
import { parentPort, workerData } from 'node:worker_threads';
import { BellRinger, BellWaiter } from '../../engine/handoff/doorbell.ts';
import type { WaitStrategy } from '../../engine/handoff/doorbell.ts';
import { Handoff } from '../../engine/handoff/handoff-memory.ts';
import { MarketReader, MarketView } from '../../engine/handoff/market-slot.ts';
import { QuoteView, QuoteWriter } from '../../engine/handoff/quote-slot.ts';
import { READS_WORD, STOP_WORD, fillQuote, isMarketWhole, pause } from './slot-pattern.ts';

export interface SlotThreadData {
  readonly job: 'read-markets' | 'write-quotes' | 'echo';
  readonly memory: SharedArrayBuffer;
  /** Two words: how many reads are done, and whether to stop. */
  readonly progress: SharedArrayBuffer;
  readonly wait: WaitStrategy;
}

export interface SlotThreadResult {
  readonly reads: number;
  readonly broken: number;
  readonly backwards: number;
}

const data = workerData as SlotThreadData;
const handoff = new Handoff(data.memory);
const progress = new Int32Array(data.progress);

function readMarkets(): SlotThreadResult {
  const reader = new MarketReader(handoff, 0);
  const view = new MarketView(handoff.marketLevels);
  let reads = 0;
  let broken = 0;
  let backwards = 0;
  let last = 0;
  while (Atomics.load(progress, STOP_WORD) === 0) {
    if (!reader.read(view)) continue;
    if (!isMarketWhole(view)) broken++;
    if (view.version <= last) backwards++;
    last = view.version;
    reads++;
    Atomics.store(progress, READS_WORD, reads);
  }
  return { reads, broken, backwards };
}

function writeQuotes(): void {
  const writer = new QuoteWriter(handoff, 0);
  const quote = new QuoteView(handoff.quoteLevels);
  for (let number = 1; Atomics.load(progress, STOP_WORD) === 0; number++) {
    fillQuote(quote, number);
    writer.publish(quote);
    pause(progress, number);
  }
}

/** Answers every market with a quote of its version, until progress says stop; sleeps as long as it takes. */
function echo(): void {
  const bell = new BellWaiter(handoff, handoff.layout.marketBellAt(0));
  const ringer = new BellRinger(handoff, handoff.layout.quoteBellAt);
  const reader = new MarketReader(handoff, 0);
  const writer = new QuoteWriter(handoff, 0);
  const market = new MarketView(handoff.marketLevels);
  const quote = new QuoteView(handoff.quoteLevels);
  while (Atomics.load(progress, STOP_WORD) === 0) {
    if (!bell.wait(data.wait, 60_000)) continue;
    for (let instrument = bell.take(); instrument !== -1; instrument = bell.take()) {
      if (!reader.read(market)) continue;
      fillQuote(quote, market.version);
      writer.publish(quote);
      ringer.ring(0);
    }
  }
}

// The rule takes the port for a window, whose messages have an origin.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
if (data.job === 'read-markets') parentPort!.postMessage(readMarkets());
else if (data.job === 'write-quotes') writeQuotes();
else echo();
