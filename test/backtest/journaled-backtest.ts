import type { Config } from '../../engine/config/schema.ts';
import { MemoryJournal } from '../../engine/journal/memory-journal.ts';
import type { RecordingEvent } from '../../engine/recording/recording-event.ts';
import type { RunResult } from '../../engine/report/run-result.ts';
import { runMarket } from '../../engine/backtest/run-backtest.ts';
import type { LoopWatcher } from '../../engine/backtest/backtest-world.ts';
import { Random } from '../../engine/base/random.ts';
import { BEGIN_NS, EventList, eventAt, priceText } from './market.ts';

/** A backtest that kept a journal as a live engine does: its market and its venue are known to the last lot. */
export interface JournaledBacktest {
  readonly run: number;
  readonly journal: MemoryJournal;
  readonly result: RunResult;
}

/** @param isClosed whether the run ended in good order; a killed one leaves no end */
export async function journaledBacktest(
  events: readonly RecordingEvent[],
  config: Config,
  isClosed = true,
): Promise<JournaledBacktest> {
  let run = 0;
  let journal: MemoryJournal | undefined;
  let lastNs = 0;
  const watcher: LoopWatcher = {
    onInput: () => {},
    onSend: () => {},
    onStep: (_, timeNs) => {
      lastNs = timeNs;
    },
  };
  const result = await runMarket(new EventList(events), {
    config,
    watcher,
    openJournal: (number) => {
      run = number;
      journal = new MemoryJournal({ run: number });
      return journal.writer;
    },
  });
  if (isClosed) journal!.close(lastNs);
  return { run, journal: journal!, result };
}

const LEVELS = 10;
const BID_TICKS = 600_000;
/** In which engines come up that do not start at the same time. */
const QUIET_NS = 2e9;
/** As wide as two of our half spreads, and more than all levels that may be gone at a time. */
const SPREAD_TICKS = 20;

/**
 * A market that moves by trades alone, as a real one does: what trades leaves the level in the same moment, a level that is
 * traded away comes back a while later. No level ever comes to where an order of the other side may rest.
 */
export function tradedMarket(seed: number, seconds: number): RecordingEvent[] {
  const random = new Random(seed);
  const sizes = { asks: new Map<number, number>(), bids: new Map<number, number>() };
  const any = (): number => 1 + random.below(40);
  for (let depth = 0; depth < LEVELS; depth++) {
    sizes.asks.set(BID_TICKS + SPREAD_TICKS + depth, any());
    sizes.bids.set(BID_TICKS - depth, any());
  }
  const rowsOf = (side: 'asks' | 'bids', prices: Iterable<number>): string[][] =>
    [...prices].map((ticks) => [priceText(ticks), lotsText(sizes[side].get(ticks) ?? 0), '1']);
  let timeNs = BEGIN_NS;
  const events = [
    eventAt(timeNs, 'snapshot', {
      asks: rowsOf('asks', sizes.asks.keys()),
      bids: rowsOf('bids', sizes.bids.keys()),
    }),
  ];
  timeNs += QUIET_NS;
  for (;;) {
    timeNs += 5_000_000 + random.below(60_000_000);
    if (timeNs >= BEGIN_NS + seconds * 1e9) return events;
    const side = random.unit() < 0.5 ? 'asks' : 'bids';
    const best = side === 'asks' ? Math.min(...sizes.asks.keys()) : Math.max(...sizes.bids.keys());
    const chance = random.unit();
    let ticks = best;
    if (chance < 0.4) {
      const lots = chance < 0.12 ? sizes[side].get(best)! : 1 + random.below(sizes[side].get(best)!);
      const taker = side === 'asks' ? 'buy' : 'sell';
      events.push(eventAt(timeNs, 'trade', { px: priceText(best), sz: lotsText(lots), side: taker }));
      sizes[side].set(best, sizes[side].get(best)! - lots);
    } else {
      const depth = random.below(LEVELS);
      ticks = side === 'asks' ? BID_TICKS + SPREAD_TICKS + depth : BID_TICKS - depth;
      sizes[side].set(ticks, any());
    }
    events.push(eventAt(timeNs, 'update', { [side]: rowsOf(side, [ticks]) }));
    if (sizes[side].get(ticks) === 0) sizes[side].delete(ticks);
  }
}

/** Lots of the market are 0.1. */
function lotsText(lots: number): string {
  return (lots / 10).toFixed(1);
}
