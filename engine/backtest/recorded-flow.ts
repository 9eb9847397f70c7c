/**
 * A recorded market through the statistics that calibration is made from, as the engine counts them live: sweeps by their
 * distance from the fair price of the book before them, moves of the fair price. Nothing is forgotten, so that any part
 * of the recording is the difference of two of its marks.
 *
 * Owner:      one thread.
 * Invariants: no clock: time is the recording's. A mark is taken every so many seconds of it, and the distance doubles when
 *             there would be too many.
 * Cost:       2 us an event; marks hold 5 MB an instrument at the most.
 */
import type { Instrument } from '../base/instrument.ts';
import { microPrice } from '../base/micro-price.ts';
import { FLOW_DOUBLES, FlowField, FlowHistogram } from '../base/flow-record.ts';
import { Side } from '../base/side.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds, TimeCell } from '../base/units.ts';
import { BookSide } from '../book/book-side.ts';
import { FlowStatistics } from '../flow/flow-statistics.ts';
import type { RecordedLevel, RecordingEvent } from '../recording/recording-event.ts';
import type { MicroPriceCounts } from '../../workers/strategy/fair/micro-price-fit.ts';
import { BacktestError, BacktestErrorCode } from './backtest-error.ts';

/** Sums over moves of the fair price. */
export interface MoveSums {
  readonly count: number;
  readonly squares: number;
  readonly fourths: number;
}

/** What had been counted at one time, from the beginning on. */
export interface FlowMark {
  /** On the recording's time line. */
  readonly timeNs: Nanoseconds;
  /** base/flow-record, without forgetting, by RANGES_BPS. */
  readonly rows: readonly Float64Array[];
  /** Moves over a tenth of a second, and over a whole one. */
  readonly tenths: MoveSums;
  readonly seconds: MoveSums;
  /** Trades; sides and venue times of theirs; and markets whose best prices met or crossed, of all markets. */
  readonly trades: number;
  readonly bursts: number;
  readonly crossed: number;
  readonly markets: number;
}

/**
 * What histograms of distances span, in basis points: one that is no wider than it must be is the finest. The engine has the
 * widest alone.
 */
const RANGES_BPS = [2, 8, 32] as const;
/** Seconds. */
const NO_FORGETTING = Infinity;
const SAMPLE_NS = 100 * NS_PER_MS;
const SAMPLES_A_SECOND = NS_PER_SECOND / SAMPLE_NS;
/** A silence longer than this is a hole in the recording: nothing is known of it. */
const HOLE_NS = 5 * NS_PER_SECOND;
const MARK_SECONDS = 5;
const MARKS_MAX = 256;
const ROWS_MAX = 4_096;

class Moves {
  count = 0;
  squares = 0;
  fourths = 0;
  #before = 0;

  observe(fair: number): void {
    if (this.#before > 0 && fair > 0) {
      const square = (fair - this.#before) ** 2;
      this.count++;
      this.squares += square;
      this.fourths += square * square;
    }
    this.#before = fair;
  }

  breakOff(): void {
    this.#before = 0;
  }

  sums(): MoveSums {
    const { count, squares, fourths } = this;
    return { count, squares, fourths };
  }
}

export class RecordedFlow {
  readonly instrument: Instrument;
  #marks: FlowMark[] = [];
  readonly #counts: MicroPriceCounts | undefined;
  readonly #statistics = RANGES_BPS.map((rangeBps) => new FlowStatistics(1, NO_FORGETTING, rangeBps));
  readonly #bids = new BookSide(true);
  readonly #asks = new BookSide(false);
  readonly #rowTicks = new Int32Array(ROWS_MAX);
  readonly #rowLots = new Float64Array(ROWS_MAX);
  readonly #best = {
    bidTicks: new Int32Array(1),
    bidLots: new Float64Array(1),
    askTicks: new Int32Array(1),
    askLots: new Float64Array(1),
  };
  /** 0 while there is none. */
  readonly #fair = new Float64Array(1);
  readonly #trade = { ticks: new Float64Array(1), lots: new Float64Array(1), tsMs: new Float64Array(1) };
  readonly #now: TimeCell = new Float64Array(1);
  readonly #tenths = new Moves();
  readonly #seconds = new Moves();
  /** Of the last trade by side, when the venue says that it was. */
  readonly #tradeMs = [NaN, NaN];
  /** The last one that there was. */
  #lastFair = 0;
  #isKnown = false;
  #samples = 0;
  #nextSampleNs: Nanoseconds = NaN;
  #lastNs: Nanoseconds = NaN;
  #markEvery = MARK_SECONDS * SAMPLES_A_SECOND;
  #trades = 0;
  #bursts = 0;
  #crossed = 0;
  #markets = 0;

  /** @param counts where best bids and offers are counted for a table of micro-prices, if one is wanted */
  constructor(instrument: Instrument, counts?: MicroPriceCounts) {
    this.instrument = instrument;
    this.#counts = counts;
  }

  /** In the order of time; the first and the last one are its beginning and its end. Empty while no book was seen. */
  get marks(): readonly FlowMark[] {
    return this.#marks;
  }

  /**
   * The next event of the instrument. Times never fall.
   *
   * @throws BacktestError for prices and sizes that are none of the instrument's
   */
  onEvent(event: RecordingEvent): void {
    const { kind, timeNs } = event;
    if (kind === 'mark' || kind === 'funding' || kind === 'instrument') return;
    this.#advance(timeNs);
    if (kind === 'trade') this.#onTrade(event);
    else if (kind === 'gap') this.#breakOff();
    else this.#onBook(event);
    if (this.#marks.length === 0 && this.#fair[0]! > 0) this.#begin(timeNs);
  }

  /** There is no more. */
  end(): void {
    if (this.#marks.length === 0) return;
    // Sweeps of the last moment wait for their rows no longer.
    this.#sample(this.#lastNs + SAMPLE_NS);
    this.#sample(this.#lastNs + 2 * SAMPLE_NS);
    this.#mark(this.#lastNs);
  }

  #begin(timeNs: Nanoseconds): void {
    this.#nextSampleNs = timeNs;
    this.#sample(timeNs);
    this.#mark(timeNs);
  }

  #advance(timeNs: Nanoseconds): void {
    if (this.#marks.length > 0) {
      if (timeNs - this.#lastNs > HOLE_NS) {
        this.#tenths.breakOff();
        this.#seconds.breakOff();
        this.#nextSampleNs = timeNs;
      }
      for (; this.#nextSampleNs <= timeNs; this.#nextSampleNs += SAMPLE_NS) this.#sample(this.#nextSampleNs);
    }
    this.#lastNs = timeNs;
  }

  #sample(timeNs: Nanoseconds): void {
    this.#now[0] = timeNs;
    for (const each of this.#statistics) each.sample(this.#now);
    this.#tenths.observe(this.#fair[0]!);
    if (this.#samples % SAMPLES_A_SECOND === 0) this.#seconds.observe(this.#fair[0]!);
    this.#samples++;
    if (this.#samples % this.#markEvery === 0) this.#mark(timeNs);
  }

  #mark(timeNs: Nanoseconds): void {
    this.#now[0] = timeNs;
    const rows = this.#statistics.map((each) => {
      const row = new Float64Array(FLOW_DOUBLES);
      each.writeRow(0, this.#now, row);
      row[FlowField.fairTicks] = this.#lastFair;
      return row;
    });
    this.#marks.push({
      timeNs,
      rows,
      tenths: this.#tenths.sums(),
      seconds: this.#seconds.sums(),
      trades: this.#trades,
      bursts: this.#bursts,
      crossed: this.#crossed,
      markets: this.#markets,
    });
    if (this.#marks.length < MARKS_MAX) return;
    this.#marks = this.#marks.filter((_, index) => index % 2 === 0);
    this.#markEvery *= 2;
  }

  #onTrade(event: RecordingEvent): void {
    if (!this.#isKnown) return;
    const taker = event.side === 'buy' ? Side.buy : Side.sell;
    this.#trades++;
    if (this.#tradeMs[taker] !== event.tsMs) this.#bursts++;
    this.#tradeMs[taker] = event.tsMs;
    this.#trade.ticks[0] = this.#onGrid(event, 'tick', event.px);
    this.#trade.lots[0] = this.#onGrid(event, 'lot', event.sz);
    this.#trade.tsMs[0] = event.tsMs;
    for (const each of this.#statistics) each.onTrade(0, taker, this.#trade, 0);
  }

  #onBook(event: RecordingEvent): void {
    if (event.kind === 'snapshot') {
      this.#bids.clear();
      this.#asks.clear();
      this.#isKnown = true;
    }
    this.#applySide(event, this.#bids, event.bids);
    this.#applySide(event, this.#asks, event.asks);
    this.#markets++;
    for (const { bookMs } of this.#statistics) bookMs[0] = event.tsMs;
    const { bidTicks, bidLots, askTicks, askLots } = this.#best;
    bidTicks[0] = this.#bids.bestTicks;
    bidLots[0] = this.#bids.bestLots;
    askTicks[0] = this.#asks.bestTicks;
    askLots[0] = this.#asks.bestLots;
    const isTwoSided = bidTicks[0] > 0 && askTicks[0] > 0;
    if (!isTwoSided || bidTicks[0] >= askTicks[0]) {
      if (isTwoSided) this.#crossed++;
      this.#withoutFair();
      return;
    }
    this.#fair[0] = microPrice(bidTicks[0], bidLots[0]!, askTicks[0], askLots[0]!);
    this.#lastFair = this.#fair[0];
    for (const each of this.#statistics) each.onMarket(0, bidTicks, bidLots, askTicks, askLots, this.#fair);
    this.#counts?.observe(bidTicks[0], bidLots[0]!, askTicks[0], askLots[0]!);
  }

  #applySide(event: RecordingEvent, side: BookSide, levels: readonly RecordedLevel[]): void {
    for (let from = 0; from < levels.length; from += ROWS_MAX) {
      const count = Math.min(ROWS_MAX, levels.length - from);
      for (let row = 0; row < count; row++) {
        const [px, sz] = levels[from + row]!;
        this.#rowTicks[row] = this.#onGrid(event, 'tick', px!);
        this.#rowLots[row] = this.#onGrid(event, 'lot', sz!);
      }
      side.apply(this.#rowTicks, this.#rowLots, 0, count);
    }
    side.trim();
  }

  #onGrid({ file, line, kind }: RecordingEvent, name: 'tick' | 'lot', text: string): number {
    const grid = this.instrument[name];
    const count = grid.fromText(text);
    // A level of no size is taken out; a trade of none is no trade.
    const isFine = name === 'lot' && kind !== 'trade' ? count >= 0 : count > 0;
    if (isFine) return count;
    throw new BacktestError(
      BacktestErrorCode.wrongGrid,
      `${file}:${line}: expected a multiple of ${this.instrument.instId}'s ${name} ${grid.step}, was "${text}"; give the instrument's own row with --instruments`,
    );
  }

  #breakOff(): void {
    this.#isKnown = false;
    this.#withoutFair();
  }

  #withoutFair(): void {
    this.#fair[0] = 0;
    for (const each of this.#statistics) each.onNone(0);
    this.#counts?.breakOff();
  }
}

/** What was counted from one mark to another, by RANGES_BPS: flow rows whose volatility is that of the whole part. */
export function flowsBetween(from: FlowMark, to: FlowMark): Float64Array[] {
  const { count, squares } = movesBetween(from.seconds, to.seconds);
  return to.rows.map((last, range) => {
    const first = from.rows[range]!;
    const row = last.slice();
    const counted = [
      FlowField.exposureS,
      FlowField.samples,
      FlowField.bidSweeps,
      FlowField.askSweeps,
    ] as const;
    for (const field of counted) row[field] = last[field]! - first[field]!;
    for (let cell: number = FlowHistogram.bidSweeps; cell < FLOW_DOUBLES; cell++)
      row[cell] = last[cell]! - first[cell]!;
    for (const field of [FlowField.varianceFast, FlowField.varianceMid, FlowField.varianceSlow] as const) {
      row[field] = squares / count;
    }
    return row;
  });
}

/** Sweeps that were counted until a mark. */
export function sweepsAt({ rows }: FlowMark): number {
  return rows[0]![FlowField.bidSweeps]! + rows[0]![FlowField.askSweeps]!;
}

export function movesBetween(from: MoveSums, to: MoveSums): MoveSums {
  return {
    count: to.count - from.count,
    squares: to.squares - from.squares,
    fourths: to.fourths - from.fourths,
  };
}
