/**
 * A recorded market as quote workers would see it: the best levels and the sums of order and trade flow, row by row. There
 * are no orders of ours in it.
 */
import { DepthAction } from '../../engine/base/depth-rows.ts';
import type { DepthRows } from '../../engine/base/depth-rows.ts';
import { Instrument } from '../../engine/base/instrument.ts';
import { microPrice } from '../../engine/base/micro-price.ts';
import { Side } from '../../engine/base/side.ts';
import { Book } from '../../engine/book/book.ts';
import type { BookSide } from '../../engine/book/book-side.ts';
import { FlowStatistics } from '../../engine/flow/flow-statistics.ts';
import { MarketDouble } from '../../engine/handoff/layout.ts';
import { MarketView } from '../../engine/handoff/market-slot.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import type { RecordedLevel, RecordingEvent } from '../../engine/recording/recording-event.ts';
import { RecordingReader } from '../../engine/recording/recording-reader.ts';

const OURS = 0;

/** The instrument by the recording's own row, or as OKX listed it. */
function instrumentOf(instId: string, row: Readonly<Record<string, unknown>> | undefined): Instrument {
  const known = row ?? recordedInstruments().find((each) => each['instId'] === instId);
  const [fields] = known === undefined ? [] : parseInstruments([known]).fields;
  if (fields === undefined) {
    throw new Error(
      `${instId}: expected an instrument row in the recording, or a known instrument, was none`,
    );
  }
  return new Instrument(OURS, fields);
}

function depthRows(event: RecordingEvent, { tick, lot }: Instrument): DepthRows {
  const ticks = (levels: readonly RecordedLevel[]) => Int32Array.from(levels, ([px]) => tick.fromText(px!));
  const lots = (levels: readonly RecordedLevel[]) => Float64Array.from(levels, ([, sz]) => lot.fromText(sz!));
  const { asks, bids, tsMs, seqId, prevSeqId } = event;
  return {
    action: event.kind === 'snapshot' ? DepthAction.snapshot : DepthAction.update,
    askTicks: ticks(asks),
    askLots: lots(asks),
    askCount: asks.length,
    bidTicks: ticks(bids),
    bidLots: lots(bids),
    bidCount: bids.length,
    tsMs,
    seqId,
    prevSeqId,
  };
}

function copySide(from: BookSide, ticks: Int32Array, lots: Float64Array): number {
  let count = 0;
  for (let price = from.bestTicks; price > 0 && count < ticks.length; price = from.nextTicks(price)) {
    ticks[count] = price;
    lots[count] = from.lotsAt(price);
    count++;
  }
  return count;
}

class RecordedMarket {
  readonly view: MarketView;
  readonly #instId: string;
  readonly #book = new Book();
  readonly #flow = new FlowStatistics(1);
  readonly #fair = new Float64Array(1);
  #instrument: Instrument | undefined;
  #row: Readonly<Record<string, unknown>> | undefined;

  constructor(instId: string, levels: number) {
    this.#instId = instId;
    this.view = new MarketView(levels);
  }

  /** Takes an event of the instrument in; returns whether there is a new market to look at. */
  take(event: RecordingEvent): boolean {
    switch (event.kind) {
      case 'instrument':
        this.#row = event.row;
        return false;
      case 'gap':
        this.view.isQuotable = false;
        this.#flow.onNone(OURS);
        return false;
      case 'trade':
        return this.#onTrade(event);
      case 'mark':
        this.view.doubles[MarketDouble.markTicks] = Number(event.px) / this.#grid().tick.value;
        return false;
      case 'snapshot':
      case 'update':
        return this.#onBook(event);
      default:
        return false;
    }
  }

  #grid(): Instrument {
    this.#instrument ??= instrumentOf(this.#instId, this.#row);
    return this.#instrument;
  }

  #onTrade(event: RecordingEvent): boolean {
    const { tick, lot } = this.#grid();
    const rows = {
      ticks: Float64Array.of(tick.fromText(event.px)),
      lots: Float64Array.of(lot.fromText(event.sz)),
      tsMs: Float64Array.of(event.tsMs),
    };
    this.#flow.onTrade(OURS, event.side === 'buy' ? Side.buy : Side.sell, rows, 0);
    return this.#publish(event);
  }

  #onBook(event: RecordingEvent): boolean {
    const rows = depthRows(event, this.#grid());
    if (event.kind === 'snapshot') {
      this.#book.replace(rows);
      this.view.isQuotable = true;
    } else this.#book.update(rows);
    return this.#publish(event);
  }

  #publish(event: RecordingEvent): boolean {
    const { view } = this;
    const flow = this.#flow;
    const book = this.#book;
    view.bidCount = copySide(book.bids, view.bidTicks, view.bidLots);
    view.askCount = copySide(book.asks, view.askTicks, view.askLots);
    const isWhole = view.isQuotable && view.bidCount > 0 && view.askCount > 0 && !book.isCrossed();
    this.#fair[0] = isWhole
      ? microPrice(view.bidTicks[0]!, view.bidLots[0]!, view.askTicks[0]!, view.askLots[0]!)
      : 0;
    flow.onMarket(OURS, view.bidTicks, view.bidLots, view.askTicks, view.askLots, this.#fair);
    view.doubles[MarketDouble.recvNs] = event.timeNs;
    view.doubles[MarketDouble.ofiLots] = flow.ofiLots[OURS]!;
    view.doubles[MarketDouble.boughtLots] = flow.boughtLots[OURS]!;
    view.doubles[MarketDouble.soldLots] = flow.soldLots[OURS]!;
    return isWhole;
  }
}

/** Plays files; `onMarket` sees every market of the first of the instruments, with the newest of the others. */
export async function playMarkets(
  files: readonly string[],
  instIds: readonly string[],
  levels: number,
  onMarket: (own: MarketView, others: readonly MarketView[]) => void,
): Promise<void> {
  const reader = await RecordingReader.open(files, { instIds, isMixed: true });
  const markets = new Map(instIds.map((instId) => [instId, new RecordedMarket(instId, levels)]));
  const [own, ...others] = [...markets.values()].map(({ view }) => view);
  try {
    for (;;) {
      if (reader.needsFill) await reader.fill();
      const event = reader.next();
      if (event === null) break;
      const isNew = markets.get(event.instId)?.take(event) === true;
      if (isNew && event.instId === instIds[0]) onMarket(own!, others);
    }
  } finally {
    await reader.close();
  }
}
