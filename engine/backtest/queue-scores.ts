/** Orders that were tried in the queue models, and how each model did on all of them. */
import type { Lots } from '../base/units.ts';
import type { QueueModel, QueueShape } from '../base/queue-position.ts';

/** Orders that joined behind others are told apart by how much that was: so many groups of equal number. */
const GROUPS = 4;
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

/** An order that is over. */
interface JudgedOrder {
  readonly frontAtStart: Lots;
  /** What could fill, and what did. */
  readonly lots: Lots;
  readonly realLots: Lots;
  /** By model. */
  readonly filled: Float64Array;
}

/** Orders that were judged: a few numbers each, since a day has hundreds of thousands of them. */
export class EndedLives {
  count = 0;
  /** What was in front of each when it joined, in sizes of its own. */
  fronts = new Float64Array(ROOM);
  realShares = new Float64Array(ROOM);
  /** By model. */
  readonly shares: Float64Array[];

  constructor(models: number) {
    this.shares = Array.from({ length: models }, () => new Float64Array(ROOM));
  }

  add({ frontAtStart, lots, realLots, filled }: JudgedOrder): void {
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

  /** Null when there is none. @param tried the models, in the order of `filled` */
  result(tried: readonly QueueModel[]): TrialResult | null {
    const { count, fronts, realShares } = this;
    if (count === 0) return null;
    const groups = this.#groups();
    const models = tried.map((model, index) => scoreOf(model, this, index, groups));
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

  /** Those with nobody in front, and the others in groups of equal number, least in front first. */
  #groups(): Int32Array[] {
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
