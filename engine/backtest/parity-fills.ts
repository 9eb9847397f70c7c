/** Fills of a run beside those of its model: which are the same, and by how much those are off. */
import type { Milliseconds } from '../base/units.ts';
import type { FillRow } from '../report/run-result.ts';

/** A fill of the model is the same as a real one when instrument and side are, and it is no further away than this. */
const MATCH_MS: Milliseconds = 1_000;
const BPS = 10_000;

/** What is kept of a fill: there may be a million of them. */
export interface ParityFill {
  /** By the venue's clock. */
  readonly timeMs: Milliseconds;
  readonly instId: string;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly size: number;
}

export interface MatchedFills {
  readonly withinMs: Milliseconds;
  readonly real: number;
  readonly model: number;
  /** Real fills of which the model has at least a part. */
  readonly matched: number;
  /** Shares of what was traded, by price times size, that the other one has, too. Null where nothing was traded. */
  readonly realShare: number | null;
  readonly modelShare: number | null;
  /** Of what both have: how much later the model fills, and at how much better a price for us. Null where nothing is. */
  readonly laterMs: number | null;
  readonly betterBps: number | null;
}

export function parityFill({ timeMs, instId, side, price, size }: FillRow): ParityFill {
  return { timeMs, instId, side, price, size };
}

/**
 * Gives each real fill of what the model has nearest to it in time, until it is used up: one order may fill in one piece
 * here and in three there. Shares are by price times size.
 */
export function matchFills(real: readonly ParityFill[], model: readonly ParityFill[]): MatchedFills {
  const groups = new Map<string, { real: ParityFill[]; model: ParityFill[] }>();
  const groupOf = ({ instId, side }: ParityFill): { real: ParityFill[]; model: ParityFill[] } => {
    const key = `${instId} ${side}`;
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { real: [], model: [] }));
    return group;
  };
  for (const fill of real) groupOf(fill).real.push(fill);
  for (const fill of model) groupOf(fill).model.push(fill);
  const sums = { matched: 0, value: 0, later: 0, better: 0 };
  for (const group of groups.values()) matchGroup(inTime(group.real), inTime(group.model), sums);
  const { matched, value, later, better } = sums;
  return {
    withinMs: MATCH_MS,
    real: real.length,
    model: model.length,
    matched,
    realShare: ratio(value, valueOf(real)),
    modelShare: ratio(value, valueOf(model)),
    laterMs: ratio(later, value),
    betterBps: ratio(better, value),
  };
}

interface Sums {
  matched: number;
  /** Real price times the size that both have. */
  value: number;
  /** Weighted by value. */
  later: number;
  better: number;
}

function matchGroup(real: readonly ParityFill[], model: readonly ParityFill[], sums: Sums): void {
  const free = model.map(({ size }) => size);
  let first = 0;
  for (const fill of real) {
    // What is too early for this one is for all that follow.
    while (first < model.length && model[first]!.timeMs < fill.timeMs - MATCH_MS) first++;
    let left = fill.size;
    let isMatched = false;
    while (left > 0) {
      const at = nearest(model, free, first, fill.timeMs);
      if (at < 0) break;
      const other = model[at]!;
      const size = Math.min(left, free[at]!);
      const value = size * fill.price;
      const better = fill.side === 'buy' ? fill.price - other.price : other.price - fill.price;
      free[at] = free[at]! - size > other.size * 1e-9 ? free[at]! - size : 0;
      left = left - size > fill.size * 1e-9 ? left - size : 0;
      isMatched = true;
      sums.value += value;
      sums.later += value * (other.timeMs - fill.timeMs);
      sums.better += (value * better * BPS) / fill.price;
    }
    if (isMatched) sums.matched++;
  }
}

/** The nearest that is not used up; -1 where there is none. */
function nearest(
  model: readonly ParityFill[],
  free: readonly number[],
  first: number,
  timeMs: Milliseconds,
): number {
  let best = -1;
  let bestAway = Infinity;
  for (let index = first; index < model.length && model[index]!.timeMs <= timeMs + MATCH_MS; index++) {
    const away = Math.abs(model[index]!.timeMs - timeMs);
    if (free[index]! > 0 && away < bestAway) {
      best = index;
      bestAway = away;
    }
  }
  return best;
}

function inTime(fills: readonly ParityFill[]): ParityFill[] {
  return fills.toSorted((a, b) => a.timeMs - b.timeMs);
}

function valueOf(fills: readonly ParityFill[]): number {
  return fills.reduce((sum, { price, size }) => sum + price * size, 0);
}

function ratio(a: number, b: number): number | null {
  return b === 0 ? null : a / b;
}
