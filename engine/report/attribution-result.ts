/**
 * What the core itself has found about its fills (engine/attribution), as a part of the result: the full split of the
 * profit, and fills by side, level, age of the quote, place in the queue, model and version.
 *
 * The core measures against middles that its timer notes (every 20 ms); the rest of the result against those of every frame.
 * Both are right, and differ by what the middle did within a timer's period.
 */
import type { Attribution } from '../attribution/attribution.ts';
import { UNITS_PER_COIN, addingUp } from '../attribution/exact-money.ts';
import { FILL_SUM_CELLS, FillRowOf, FillSum, FillSums, HorizonSum } from '../attribution/fill-sums.ts';
import {
  AGE_NAMES,
  HORIZONS_SECONDS,
  LEVEL_NAMES,
  MODEL_NAMES,
  QUEUE_NAMES,
  VERSION_ROWS,
} from '../base/fill-groups.ts';
import { ContractKind } from '../base/instrument.ts';
import type { Loop } from '../loop.ts';

/** The parts add up to the total exactly, in whatever order. */
export interface AttributedProfit {
  readonly total: number;
  readonly spread: number;
  /** What the market did in the second after fills. */
  readonly adverseSelection: number;
  /** What it did to the position later. */
  readonly inventory: number;
  readonly funding: number;
  /** Paid, and received. */
  readonly fees: number;
  readonly rebates: number;
  /** Spread and fees of orders that were to make a position smaller. */
  readonly hedging: number;
}

export interface FillGroup {
  readonly group: string;
  readonly fills: number;
  /** Value traded; what was captured, paid and left is in bps of it. */
  readonly value: number;
  readonly spreadBps: number;
  readonly feeBps: number;
  /** By horizon in seconds; null while no fill of the group has reached it. */
  readonly markoutBps: Readonly<Record<string, number | null>>;
}

export interface AttributionResult {
  /** In the result's currency, coins at the present middle. */
  readonly profit: AttributedProfit;
  /** Of the ledger's profit, what no part explains; by instId, in the settlement currency. 0, or the accounts are wrong. */
  readonly residuals: Readonly<Record<string, number>>;
  readonly sides: readonly FillGroup[];
  readonly levels: readonly FillGroup[];
  readonly ages: readonly FillGroup[];
  readonly queues: readonly FillGroup[];
  readonly models: readonly FillGroup[];
  /** By version of the calibrated model and of the parameters: "7/1". */
  readonly versions: readonly FillGroup[];
  /** Markouts that are not known: too many fills came within a horizon, or one was told long after. */
  readonly dropped: number;
}

/** @throws AssertionError when a unit of the profit is in none of its parts */
export function attributionOf({ truth }: Loop): AttributionResult {
  truth.onStop();
  const { instruments } = truth;
  const sums = new FillSums();
  for (const { sums: own } of instruments) {
    for (let cell = 0; cell < own.cells.length; cell++) sums.cells[cell]! += own.cells[cell]!;
  }
  const groups = (first: number, names: readonly string[]): readonly FillGroup[] =>
    names.map((name, row) => groupOf(sums.cells, first + row, name)).filter(({ fills }) => fills > 0);
  return {
    profit: profitOf(instruments),
    residuals: Object.fromEntries(
      instruments.map(({ instrument }, index) => [instrument.instId, truth.residuals[index]!]),
    ),
    sides: groups(FillRowOf.side, ['buy', 'sell']),
    levels: groups(FillRowOf.level, LEVEL_NAMES),
    ages: groups(FillRowOf.age, AGE_NAMES),
    queues: groups(FillRowOf.queue, QUEUE_NAMES),
    models: groups(FillRowOf.model, MODEL_NAMES),
    versions: versionsOf(instruments),
    dropped: instruments.reduce((sum, { pending }) => sum + pending.dropped, 0),
  };
}

/** All instruments together, on one binary grid. */
function profitOf(instruments: readonly Attribution[]): AttributedProfit {
  const units = [0n, 0n, 0n, 0n, 0n, 0n, 0n];
  for (const { instrument, parts } of instruments) {
    const own = [
      parts.spread,
      parts.adverse,
      parts.inventory,
      parts.funding,
      parts.fees,
      parts.rebates,
      parts.hedging,
    ];
    const isInverse = instrument.kind === ContractKind.inverse;
    for (const [index, part] of own.entries()) {
      units[index]! += isInverse ? (part * parts.mark) / UNITS_PER_COIN : part;
    }
  }
  const numbers = addingUp(units);
  const [spread, adverseSelection, inventory, funding, fees, rebates, hedging] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const total = numbers.reduce((sum, part) => sum + part, 0);
  return { total, spread, adverseSelection, inventory, funding, fees, rebates, hedging };
}

function groupOf(cells: Float64Array, row: number, group: string): FillGroup {
  const first = row * FILL_SUM_CELLS;
  const value = cells[first + FillSum.value]!;
  const bpsOf = (money: number, of: number): number => (of > 0 ? (money * 10_000) / of : 0);
  const markout = (horizon: number): number | null => {
    const cell = first + FillSum.horizons + horizon * HorizonSum.count;
    const reached = cells[cell + HorizonSum.value]!;
    return reached > 0 ? bpsOf(cells[cell + HorizonSum.money]!, reached) : null;
  };
  return {
    group,
    fills: cells[first + FillSum.fills]!,
    value,
    spreadBps: bpsOf(cells[first + FillSum.spread]!, value),
    feeBps: bpsOf(cells[first + FillSum.fees]!, value),
    markoutBps: Object.fromEntries(
      HORIZONS_SECONDS.map((seconds, horizon) => [String(seconds), markout(horizon)]),
    ),
  };
}

/** Of several instruments each has its own row: a version of the model is of one of them. */
function versionsOf(instruments: readonly Attribution[]): FillGroup[] {
  const prefix = (instId: string): string => (instruments.length > 1 ? `${instId} ` : '');
  return instruments.flatMap(({ instrument, versions }) =>
    Array.from({ length: VERSION_ROWS }, (_, row) => {
      const name = `${versions.modelVersion[row]!}/${versions.configVersion[row]!}`;
      return groupOf(versions.sums.cells, row, `${prefix(instrument.instId)}${row === 0 ? 'earlier' : name}`);
    }).filter(({ fills }) => fills > 0),
  );
}
