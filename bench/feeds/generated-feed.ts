import { DecimalGrid } from '../../engine/base/decimal.ts';
import { Random } from '../../engine/base/random.ts';
import { benchInstrument } from './bench-instrument.ts';
import { BooksFrameWriter } from './books-frame.ts';
import type { FrameRow } from './books-frame.ts';
import { FeedBuilder } from './frame-feed.ts';
import type { FrameFeed } from './frame-feed.ts';

/** What kind of market is made up. */
export interface MarketShape {
  readonly name: string;
  readonly seed: number;
  /** Rows of a side beside those that a move of the price needs. */
  readonly rowsMin: number;
  readonly rowsMax: number;
  /** How often the best prices move, and at most by how many ticks. */
  readonly moveProbability: number;
  readonly moveTicksMax: number;
  /** How far from the best price sizes change, on average. */
  readonly depthTicksMean: number;
  readonly intervalMs: number;
  /** The best levels always have this size, so that the fair price moves by whole ticks; 0 for any size. */
  readonly bestLots: number;
}

/** About 700 B a frame, ten rows a side: 100 ms of a busy book in one message. */
export const GENERATED_BOOKS: MarketShape = {
  name: 'generated-books',
  seed: 20_240_808,
  rowsMin: 7,
  rowsMax: 13,
  moveProbability: 0.6,
  moveTicksMax: 3,
  depthTicksMean: 25,
  intervalMs: 100,
  bestLots: 0,
};

/** About 260 B a frame, one to three rows: every change by itself. */
export const GENERATED_TBT: MarketShape = {
  name: 'generated-tbt',
  seed: 20_260_824,
  rowsMin: 0,
  rowsMax: 2,
  moveProbability: 0.25,
  moveTicksMax: 1,
  depthTicksMean: 12,
  intervalMs: 10,
  bestLots: 0,
};

/** Every frame moves both best prices by whole ticks, so every frame has to be answered: for wire to wire. */
export const GENERATED_MOVES: MarketShape = {
  name: 'generated-moves',
  seed: 20_251_120,
  rowsMin: 0,
  rowsMax: 1,
  moveProbability: 1,
  moveTicksMax: 3,
  depthTicksMean: 12,
  intervalMs: 10,
  bestLots: 50_000,
};

export const MIDDLE_TICKS = 650_000;
/** Ticks from the first middle that the price may walk. */
const WALK_TICKS = 60;
/** Levels of a side at the start. With the walk a side has at most 360: the venue's window of 400 is never left. */
const LEVELS = 300;
const SPAN = LEVELS + WALK_TICKS + 8;
const LOTS_MAX = 40_000;
/** How often a changed level goes away instead. */
const DELETE_PROBABILITY = 0.25;
const TS_FIRST_MS = 1_763_676_600_000;
export const GENERATED_INST_ID = 'BTC-USDT-SWAP';

/** The generated market as it goes on, and its frames. */
class GeneratedMarket {
  readonly #shape: MarketShape;
  readonly #instId: string;
  readonly #random: Random;
  readonly #tick = new DecimalGrid('0.1');
  readonly #lot = new DecimalGrid('0.01');
  /** Size by tick, from MIDDLE_TICKS - SPAN: bids up to #bid, asks above it. */
  readonly #lots = new Int32Array(2 * SPAN + 2);
  /** The best bid; the best ask is the next tick. */
  #bid = MIDDLE_TICKS;
  /** Prices that changed their side in this frame. */
  readonly #gone = new Set<number>();
  #frames = 0;

  constructor(shape: MarketShape, instId = GENERATED_INST_ID, seed = shape.seed) {
    this.#shape = shape;
    this.#instId = instId;
    this.#random = new Random(seed);
    for (let level = 0; level < LEVELS; level++) {
      this.#set(MIDDLE_TICKS - level, this.#size(level === 0));
      this.#set(MIDDLE_TICKS + 1 + level, this.#size(level === 0));
    }
  }

  snapshot(writer: BooksFrameWriter): string {
    const asks: FrameRow[] = [];
    const bids: FrameRow[] = [];
    for (let offset = 0; offset < SPAN; offset++) {
      if (this.#at(this.#bid + 1 + offset) > 0) asks.push(this.#row(this.#bid + 1 + offset));
      if (this.#at(this.#bid - offset) > 0) bids.push(this.#row(this.#bid - offset));
    }
    return writer.write(this.#instId, true, asks, bids, this.#ts());
  }

  update(writer: BooksFrameWriter): string {
    const { rowsMin, rowsMax, moveProbability } = this.#shape;
    const changed = new Set<number>();
    if (this.#random.unit() < moveProbability) this.#move(changed);
    // A frame has at least one row: a message without any is a keep-alive.
    const isEmpty = changed.size === 0;
    for (const side of [0, 1]) {
      const rows = rowsMin + this.#random.below(rowsMax - rowsMin + 1);
      for (let row = 0; row < (isEmpty ? Math.max(1, rows) : rows); row++) this.#change(side, changed);
    }
    const sorted = [...changed].toSorted((a, b) => a - b);
    const asks = sorted.filter((ticks) => ticks > this.#bid);
    const bids = sorted.filter((ticks) => ticks <= this.#bid).toReversed();
    return this.#frame(writer, asks, bids);
  }

  /** What was an ask and is a bid now leaves one side and enters the other: two rows of one price. */
  #frame(writer: BooksFrameWriter, asks: readonly number[], bids: readonly number[]): string {
    const goneAsks = [...this.#gone].filter((ticks) => ticks <= this.#bid).toSorted((a, b) => a - b);
    const goneBids = [...this.#gone].filter((ticks) => ticks > this.#bid).toSorted((a, b) => b - a);
    const deletion = (ticks: number): FrameRow => [this.#tick.toText(ticks), '0', '0'];
    const askRows = [...goneAsks.map(deletion), ...asks.map((ticks) => this.#row(ticks))];
    const bidRows = [...goneBids.map(deletion), ...bids.map((ticks) => this.#row(ticks))];
    this.#gone.clear();
    return writer.write(this.#instId, false, askRows, bidRows, this.#ts());
  }

  #move(changed: Set<number>): void {
    const { moveTicksMax } = this.#shape;
    const steps = 1 + this.#random.below(moveTicksMax);
    const isAtTop = this.#bid + steps > MIDDLE_TICKS + WALK_TICKS;
    const isAtBottom = this.#bid - steps < MIDDLE_TICKS - WALK_TICKS;
    const isUp = !isAtTop && (isAtBottom || this.#random.unit() < 0.5);
    const formerBid = this.#bid;
    for (let step = 0; step < steps; step++) {
      const crossed = isUp ? this.#bid + 1 : this.#bid;
      if (this.#at(crossed) > 0) this.#gone.add(crossed);
      this.#bid += isUp ? 1 : -1;
      this.#set(crossed, this.#size(false));
      changed.add(crossed);
    }
    // The new best levels are there, and the former ones have an ordinary size again.
    for (const ticks of [this.#bid, this.#bid + 1]) this.#put(ticks, this.#size(true), changed);
    if (this.#shape.bestLots === 0) return;
    const former = isUp ? formerBid : formerBid + 1;
    this.#put(former, this.#size(false), changed);
  }

  #put(ticks: number, lots: number, changed: Set<number>): void {
    if (this.#at(ticks) === lots) return;
    this.#set(ticks, lots);
    changed.add(ticks);
  }

  /** Gives one level of a side another size, or none. */
  #change(side: number, changed: Set<number>): void {
    const { depthTicksMean, bestLots } = this.#shape;
    const depth = Math.min(LEVELS - WALK_TICKS, Math.floor(this.#random.exponential(depthTicksMean)));
    // The best level is deleted only by a move, so that both sides always touch.
    const isBest = depth === 0;
    const ticks = side === 0 ? this.#bid + 1 + depth : this.#bid - depth;
    const isDeleted = !isBest && this.#at(ticks) > 0 && this.#random.unit() < DELETE_PROBABILITY;
    const lots = isDeleted ? 0 : this.#size(isBest);
    if (isBest && bestLots > 0) return;
    this.#set(ticks, lots);
    changed.add(ticks);
  }

  #size(isBest: boolean): number {
    const { bestLots } = this.#shape;
    if (isBest && bestLots > 0) return bestLots;
    return 1 + this.#random.below(LOTS_MAX);
  }

  #at(ticks: number): number {
    return this.#lots[ticks - MIDDLE_TICKS + SPAN]!;
  }

  #set(ticks: number, lots: number): void {
    this.#lots[ticks - MIDDLE_TICKS + SPAN] = lots;
  }

  #row(ticks: number): FrameRow {
    const lots = this.#at(ticks);
    return [this.#tick.toText(ticks), this.#lot.toText(lots), lots === 0 ? '0' : String(1 + (lots % 9))];
  }

  #ts(): string {
    return String(TS_FIRST_MS + this.#frames++ * this.#shape.intervalMs);
  }
}

/** A market made up from its seed: the same shape gives the same bytes. */
export function generateFeed(shape: MarketShape, frames: number): FrameFeed {
  const market = new GeneratedMarket(shape);
  const writer = new BooksFrameWriter();
  const builder = new FeedBuilder();
  builder.add(market.snapshot(writer), true);
  for (let frame = 1; frame < frames; frame++) builder.add(market.update(writer), false);
  return builder.build(shape.name, [benchInstrument(0, GENERATED_INST_ID, 1, 2)]);
}

/**
 * As many markets as `count`, each with its own seed, their frames in an order by chance: all snapshots first, then
 * `frames` updates in all. As many frames whatever the number of markets, so that a frame's cost can be compared.
 */
export function generateFleet(shape: MarketShape, count: number, frames: number): FrameFeed {
  const instIds = Array.from({ length: count }, (_, index) => `C${index}-USDT-SWAP`);
  const markets = instIds.map((instId, index) => new GeneratedMarket(shape, instId, shape.seed + index));
  const random = new Random(shape.seed);
  const writer = new BooksFrameWriter();
  const builder = new FeedBuilder();
  for (const market of markets) builder.add(market.snapshot(writer), true);
  for (let frame = 0; frame < frames; frame++) {
    builder.add(markets[random.below(count)]!.update(writer), false);
  }
  return builder.build(
    fleetName(count),
    instIds.map((instId, index) => benchInstrument(index, instId, 1, 2)),
  );
}

function fleetName(count: number): string {
  return `${count} instrument${count === 1 ? '' : 's'}`;
}
