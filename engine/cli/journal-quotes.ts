import { QuoteView } from '../handoff/quote-slot.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { DecimalGrid } from '../base/decimal.ts';
import type { JournalRecord } from '../journal/journal-block.ts';
import { RecordKind } from '../journal/record-kind.ts';
import { readQuoteRecord } from '../replay/quote-record.ts';
import type { JournalRun } from './journal-run.ts';
import { roundEpochMs, roundMs } from './journal-rows.ts';
import type { ExportRow, RowMaker } from './journal-rows.ts';

/** More levels a side than any engine quotes. */
const LEVELS_MAX = 256;

/** One row a quote that the core took from a worker. Prices and sizes in the instrument's own steps; NaN is empty. */
export class QuoteRows implements RowMaker {
  readonly columns = [
    'sequence',
    'timeMs',
    'instId',
    'bidPrice',
    'bidSize',
    'askPrice',
    'askSize',
    'bidLevels',
    'askLevels',
    'fairPrice',
    'bidEdge',
    'askEdge',
    'marketVersion',
    'epoch',
    'marketAgeMs',
    'quoteAgeMs',
  ];
  readonly #run: JournalRun;
  readonly #quote = new QuoteView(LEVELS_MAX);

  constructor(run: JournalRun) {
    this.#run = run;
  }

  onRecord(record: JournalRecord): readonly ExportRow[] {
    if (record.kind !== RecordKind.quoteTaken) return [];
    const instrument = this.#run.instruments[record.instrument];
    const quote = this.#quote;
    if (instrument === undefined || !readQuoteRecord(record.bytes, quote)) return [];
    const { tick, lot } = instrument;
    const { bidCount, askCount, fairTicks, bidEdgeTicks, askEdgeTicks } = quote;
    const ageMs = (ns: number): number | null => (ns > 0 ? roundMs((record.timeNs - ns) / NS_PER_MS) : null);
    return [
      {
        sequence: record.sequence,
        timeMs: roundEpochMs(this.#run.wallMs(record.timeNs)),
        instId: instrument.instId,
        bidPrice: bidCount > 0 ? tick.toText(quote.bidTicks[0]!) : null,
        bidSize: bidCount > 0 ? lot.toText(quote.bidLots[0]!) : null,
        askPrice: askCount > 0 ? tick.toText(quote.askTicks[0]!) : null,
        askSize: askCount > 0 ? lot.toText(quote.askLots[0]!) : null,
        bidLevels: levelsOf(quote.bidTicks, quote.bidLots, bidCount, tick, lot),
        askLevels: levelsOf(quote.askTicks, quote.askLots, askCount, tick, lot),
        fairPrice: Number.isFinite(fairTicks) ? fairTicks * tick.value : null,
        bidEdge: Number.isFinite(bidEdgeTicks) ? bidEdgeTicks * tick.value : null,
        askEdge: Number.isFinite(askEdgeTicks) ? askEdgeTicks * tick.value : null,
        marketVersion: quote.marketVersion,
        epoch: quote.epoch,
        marketAgeMs: ageMs(quote.recvNs),
        quoteAgeMs: ageMs(quote.computedNs),
      },
    ];
  }

  end(): readonly ExportRow[] {
    return [];
  }
}

/** "price×size" of every level, best first. */
function levelsOf(
  ticks: Int32Array,
  lots: Float64Array,
  count: number,
  tick: DecimalGrid,
  lot: DecimalGrid,
): string {
  const levels: string[] = [];
  for (let level = 0; level < count; level++) {
    levels.push(`${tick.toText(ticks[level]!)}×${lot.toText(lots[level]!)}`);
  }
  return levels.join(' ');
}
