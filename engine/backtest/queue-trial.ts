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

/** What is tried. */
const TRIED_MODELS: readonly QueueModel[] = [
  { shape: QueueShape.riskAverse, exponent: 1 },
  ...[QueueShape.power, QueueShape.power2, QueueShape.power3].flatMap((shape) =>
    [1, 2, 3, 5].map((exponent) => ({ shape, exponent })),
  ),
  { shape: QueueShape.log, exponent: 1 },
  { shape: QueueShape.log2, exponent: 1 },
];

/** Orders that joined behind others are told apart by how much that was: so many groups of equal number. */
const GROUPS = 4;
/** Public news of what ended an order is no later than this behind the private, by the venue's clock. */
const LATE_MS: Milliseconds = 1_000;
/** Orders for which there is room at first. */
const ROOM = 1_024;

/** How a model did. */
export interface ModelScore {
  readonly model: QueueShape;
  /** Of the power shapes. */
  readonly exponent: number;
  /** Mean of (share filled in the model - share really filled)², 0 at best: a Brier score of shares. */
  readonly score: number;
  /** Mean share that the model fills. */
  readonly filledShare: number;
  /** Orders that filled at least in part: in both, in the model alone, in reality alone. */
  readonly both: number;
  readonly modelOnly: number;
  readonly realOnly: number;
  /** Mean share that it fills by group, as `groups` of the trial. */
  readonly groupShares: readonly number[];
}

export interface TrialResult {
  /** Orders by price: one that was moved counts again. */
  readonly orders: number;
  readonly filledShare: number;
  /** By lots in front when they joined, least first. */
  readonly groups: readonly {
    readonly orders: number;
    readonly frontMax: Lots;
    readonly filledShare: number;
  }[];
  /** Best first. */
  readonly models: readonly ModelScore[];
}

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
    const { count, fronts, realShares } = this.#ended;
    if (count === 0) return null;
    const groups = this.#ended.groups();
    const models = this.#models.map((model, index) => scoreOf(model, this.#ended, index, groups));
    return {
      orders: count,
      filledShare: mean(realShares.subarray(0, count)),
      groups: groups.map((group) => ({
        orders: group.length,
        frontMax: fronts[group.at(-1)!]!,
        filledShare: meanOf(realShares, group),
      })),
      models: models.toSorted((a, b) => a.score - b.score),
    };
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

/** Orders that were judged: a few numbers each, since a day has hundreds of thousands of them. */
class EndedLives {
  count = 0;
  /** What was in front of each when it joined, in sizes of its own. */
  fronts = new Float64Array(ROOM);
  realShares = new Float64Array(ROOM);
  /** By model. */
  readonly shares: Float64Array[];

  constructor(models: number) {
    this.shares = Array.from({ length: models }, () => new Float64Array(ROOM));
  }

  add({ frontAtStart, lots, realLots, filled }: Life): void {
    const at = this.count++;
    if (at === this.fronts.length) {
      this.fronts = grown(this.fronts);
      this.realShares = grown(this.realShares);
      for (const [index, shares] of this.shares.entries()) this.shares[index] = grown(shares);
    }
    this.fronts[at] = frontAtStart / lots;
    this.realShares[at] = Math.min(1, realLots / lots);
    for (const [index, shares] of this.shares.entries()) shares[at] = Math.min(1, filled[index]! / lots);
  }

  /** Those with nobody in front, and the others in groups of equal number, least in front first. */
  groups(): Int32Array[] {
    const { fronts, count } = this;
    const order = Int32Array.from({ length: count }, (_, index) => index);
    order.sort((a, b) => fronts[a]! - fronts[b]!);
    const first = order.findIndex((index) => fronts[index]! > 0);
    const behind = first < 0 ? order.subarray(count) : order.subarray(first);
    const groupCount = Math.min(GROUPS, behind.length);
    const groups = Array.from({ length: groupCount }, (_, index) =>
      behind.subarray(
        Math.floor((behind.length * index) / groupCount),
        Math.floor((behind.length * (index + 1)) / groupCount),
      ),
    );
    return [order.subarray(0, count - behind.length), ...groups].filter(({ length }) => length > 0);
  }
}

function grown(values: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2);
  larger.set(values);
  return larger;
}

function scoreOf(
  model: QueueModel,
  { count, realShares, shares: all }: EndedLives,
  index: number,
  groups: readonly Int32Array[],
): ModelScore {
  const shares = all[index]!;
  let squares = 0;
  let both = 0;
  let modelOnly = 0;
  let realOnly = 0;
  for (let at = 0; at < count; at++) {
    const share = shares[at]!;
    const real = realShares[at]!;
    squares += (share - real) ** 2;
    if (share > 0 && real > 0) both++;
    else if (share > 0) modelOnly++;
    else if (real > 0) realOnly++;
  }
  return {
    model: model.shape,
    exponent: model.exponent,
    score: squares / count,
    filledShare: mean(shares.subarray(0, count)),
    both,
    modelOnly,
    realOnly,
    groupShares: groups.map((group) => meanOf(shares, group)),
  };
}

function meanOf(values: Float64Array, group: Int32Array): number {
  let sum = 0;
  for (let index = 0; index < group.length; index++) sum += values[group[index]!]!;
  return sum / group.length;
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  return sum / values.length;
}
