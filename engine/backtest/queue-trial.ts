/**
 * Every order that really rested, held up against the queue models: each model is asked what would have become of it, and
 * the venue's own pushes say what did. What the strategy would have done otherwise does not matter here, so that it is the
 * queue alone that is judged.
 *
 * Source: models.md par. 6 (calibration: the exponent at which orders fill in the model as they did, by Brier score).
 */
import { Side } from '../base/side.ts';
import type { Lots, Milliseconds, Ticks } from '../base/units.ts';
import { QueueShape, filledLots, frontAfterLevel, frontAfterTrade } from '../base/queue-position.ts';
import type { QueueModel } from '../base/queue-position.ts';
import { EndedLives } from './queue-scores.ts';
import type { TrialResult } from './queue-scores.ts';

/** What is tried. */
const TRIED_MODELS: readonly QueueModel[] = [
  { shape: QueueShape.riskAverse, exponent: 1 },
  ...[QueueShape.power, QueueShape.power2, QueueShape.power3].flatMap((shape) =>
    [1, 2, 3, 5].map((exponent) => ({ shape, exponent })),
  ),
  { shape: QueueShape.log, exponent: 1 },
  { shape: QueueShape.log2, exponent: 1 },
];

/** Public news of what ended an order is no later than this behind the private, by the venue's clock. */
const LATE_MS: Milliseconds = 1_000;

/** An order from when it came to rest at a price until it left it. */
interface Life {
  readonly instrument: number;
  readonly side: Side;
  readonly ticks: Ticks;
  readonly frontAtStart: Lots;
  /** By the venue's clock; `untilMs` is Infinity while it rests. What the market did outside is not for it. */
  readonly fromMs: Milliseconds;
  untilMs: Milliseconds;
  /** What the venue says of its size, filled lots included. */
  size: Lots;
  /** What could fill at this place. */
  lots: Lots;
  /** The level without ours, at its last change. */
  level: Lots;
  traded: Lots;
  realLots: Lots;
  readonly fronts: Float64Array;
  readonly filled: Float64Array;
}

/**
 * Private pushes come before the public news of the same trade, on another connection: times are the venue's, and an order
 * is judged when the market has come past its end.
 */
export class QueueTrial {
  readonly #models: readonly QueueModel[];
  /** By the venue's name of the order. */
  readonly #resting = new Map<string, Life>();
  /** Resting ones, and those whose end the market has not come past; of one price in the order of its queue. */
  #open: Life[] = [];
  readonly #ended: EndedLives;
  /** By model: what of a trade has gone to our orders that stand before another one of ours. */
  readonly #used: Float64Array;

  constructor(models: readonly QueueModel[] = TRIED_MODELS) {
    this.#models = models;
    this.#ended = new EndedLives(models.length);
    this.#used = new Float64Array(models.length);
  }

  /**
   * An order rests at a price, behind everything that is there. A new price, or more size, is a new place.
   *
   * @param lots of it that are not filled
   * @param levelLots of others at the price
   * @param atMs by the venue's clock, as below
   */
  begin(
    id: string,
    instrument: number,
    side: Side,
    place: { readonly ticks: Ticks; readonly size: Lots; readonly lots: Lots },
    levelLots: Lots,
    atMs: Milliseconds,
  ): void {
    this.end(id, atMs);
    const count = this.#models.length;
    const life: Life = {
      instrument,
      side,
      ...place,
      frontAtStart: levelLots,
      fromMs: atMs,
      untilMs: Infinity,
      level: levelLots,
      traded: 0,
      realLots: 0,
      fronts: new Float64Array(count).fill(levelLots),
      filled: new Float64Array(count),
    };
    this.#resting.set(id, life);
    this.#open.push(life);
  }

  /** Where an order stands; undefined when it is not followed. */
  placeOf(id: string): { readonly ticks: Ticks; readonly size: Lots } | undefined {
    return this.#resting.get(id);
  }

  /** Less size keeps the place. */
  shrink(id: string, size: Lots): void {
    const life = this.#resting.get(id);
    if (life === undefined) return;
    life.lots = Math.max(0, life.lots - (life.size - size));
    life.size = size;
  }

  /** It is not judged: where it stands is not known. */
  drop(id: string): void {
    const life = this.#resting.get(id);
    this.#resting.delete(id);
    this.#open = this.#open.filter((each) => each !== life);
  }

  /** The venue's word. */
  fill(id: string, lots: Lots): void {
    const life = this.#resting.get(id);
    if (life !== undefined) life.realLots += lots;
  }

  end(id: string, atMs: Milliseconds): void {
    const life = this.#resting.get(id);
    if (life === undefined) return;
    this.#resting.delete(id);
    life.untilMs = atMs;
  }

  /** Nobody knows what becomes of our orders from here on. */
  dropAll(): void {
    for (const id of this.#resting.keys()) this.drop(id);
  }

  /** Nobody knows the level any more: what has not been judged is not. */
  forget(instrument: number): void {
    for (const [id, life] of this.#resting) if (life.instrument === instrument) this.#resting.delete(id);
    this.#open = this.#open.filter((life) => life.instrument !== instrument);
  }

  /** @param lots of others at the price */
  onLevel(instrument: number, side: Side, ticks: Ticks, lots: Lots, atMs: Milliseconds): void {
    for (const life of this.#open) {
      if (life.instrument !== instrument || !isWithin(life, atMs)) continue;
      if (life.side === side) {
        if (life.ticks === ticks) this.#move(life, lots);
      } else if (lots > 0 && isThrough(life, ticks)) this.#fillAll(life);
    }
  }

  /** @param taker who took */
  onTrade(instrument: number, taker: Side, ticks: Ticks, lots: Lots, atMs: Milliseconds): void {
    this.#used.fill(0);
    for (const life of this.#open) {
      if (life.instrument !== instrument || life.side === taker || !isWithin(life, atMs)) continue;
      if (life.ticks === ticks) this.#trade(life, lots);
      else if (isBeyond(life, ticks)) this.#fillAll(life);
    }
  }

  /** The market has come to this time. */
  onTime(atMs: Milliseconds): void {
    if (!this.#open.some(({ untilMs }) => untilMs + LATE_MS < atMs)) return;
    this.#judge((life) => life.untilMs + LATE_MS < atMs);
  }

  #judge(isOver: (life: Life) => boolean): void {
    for (const life of this.#open) if (isOver(life) && life.lots > 0) this.#ended.add(life);
    this.#open = this.#open.filter((life) => !isOver(life));
  }

  #move(life: Life, lots: Lots): void {
    for (const [index, model] of this.#models.entries()) {
      life.fronts[index] = frontAfterLevel(model, life.fronts[index]!, life.traded, life.level, lots);
    }
    life.level = lots;
    life.traded = 0;
  }

  #trade(life: Life, lots: Lots): void {
    life.traded += lots;
    for (let index = 0; index < this.#models.length; index++) {
      const front = frontAfterTrade(life.fronts[index]!, lots - this.#used[index]!);
      const filled = filledLots(front, life.lots - life.filled[index]!);
      life.filled[index]! += filled;
      this.#used[index]! += filled;
      life.fronts[index] = Math.max(0, front);
    }
  }

  #fillAll(life: Life): void {
    life.filled.fill(life.lots);
  }

  /** Of all orders that have ended, at the end of the journal. Null when there is none. */
  result(): TrialResult | null {
    this.#judge(({ untilMs }) => untilMs < Infinity);
    return this.#ended.result(this.#models);
  }
}

/** A trade at this price has gone through ours. */
function isBeyond({ side, ticks }: Life, tradeTicks: Ticks): boolean {
  return side === Side.buy ? tradeTicks < ticks : tradeTicks > ticks;
}

/** A level of the other side at this price would have traded with ours. */
function isThrough({ side, ticks }: Life, levelTicks: Ticks): boolean {
  return side === Side.buy ? levelTicks <= ticks : levelTicks >= ticks;
}

/** The venue's times are milliseconds: what happened in the same one as the end may be what ended it. */
function isWithin({ fromMs, untilMs }: Life, atMs: Milliseconds): boolean {
  return atMs >= fromMs && atMs <= untilMs;
}
