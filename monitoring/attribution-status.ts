import {
  AGE_NAMES,
  HORIZONS_SECONDS,
  LEVEL_NAMES,
  MODEL_NAMES,
  ProfitPart,
  QUEUE_NAMES,
  VERSION_ROW_NAMES,
} from '../engine/base/fill-groups.ts';
import type { MetricId } from '../engine/metrics/catalog.ts';
import type { MetricsMemory } from '../engine/metrics/cells.ts';

/** Of the fills that have reached the horizon; null while there are none. */
export interface MarkoutStatus {
  readonly bps: number | null;
  readonly profit: number;
  readonly value: number;
}

/** Fills of one group, such as a level. */
export interface GroupStatus {
  readonly group: string;
  readonly fills: number;
  readonly value: number;
  /**
   * What they captured against the middle just before them, in bps of their value; fees, above zero received; and what was
   * left after 5 s, without fees.
   */
  readonly spreadBps: number;
  readonly feeBps: number;
  readonly markoutBps: number;
}

export interface VersionStatus extends GroupStatus {
  readonly modelVersion: number | null;
  readonly configVersion: number | null;
}

/** Since the start of the process. Money is in the settlement currency, values and markouts in the quote currency. */
export interface AttributionStatus {
  readonly profit: Readonly<Record<keyof typeof ProfitPart, number>>;
  /** The sum of the parts. */
  readonly total: number;
  /** What of the ledger's profit no part explains: 0, or the accounting is wrong. */
  readonly residual: number;
  /** By horizon, such as '1s'. */
  readonly markouts: Readonly<
    Record<string, MarkoutStatus & { readonly buy: MarkoutStatus; readonly sell: MarkoutStatus }>
  >;
  /** Shares of the time, and the mean distance of the best order from the middle. */
  readonly quoted: {
    readonly both: number | null;
    readonly buy: number | null;
    readonly sell: number | null;
    readonly buyBps: number | null;
    readonly sellBps: number | null;
  };
  readonly sides: readonly GroupStatus[];
  readonly levels: readonly GroupStatus[];
  readonly ages: readonly GroupStatus[];
  readonly queues: readonly GroupStatus[];
  readonly models: readonly GroupStatus[];
  readonly versions: readonly VersionStatus[];
}

const SIDES = [0, 1] as const;
const SIDE_NAMES: readonly string[] = ['buy', 'sell'];
type GroupIds = readonly [
  fills: MetricId,
  value: MetricId,
  spread: MetricId,
  fees: MetricId,
  markout: MetricId,
];

/** Reads attribution out of the metrics' cells. */
export class AttributionStatuses {
  readonly #memory: MetricsMemory;

  constructor(memory: MetricsMemory) {
    this.#memory = memory;
  }

  of(instrument: number): AttributionStatus {
    const parts = Object.entries(ProfitPart).map(
      ([name, part]) => [name, this.#value('profitPart', instrument, part)] as const,
    );
    const group = (ids: GroupIds, names: readonly string[]): readonly GroupStatus[] =>
      names.map((name, row) => this.#group(ids, instrument, row, name)).filter(({ fills }) => fills > 0);
    return {
      profit: Object.fromEntries(parts) as AttributionStatus['profit'],
      total: parts.reduce((sum, [, value]) => sum + value, 0),
      residual: this.#value('profitResidual', instrument),
      markouts: Object.fromEntries(
        HORIZONS_SECONDS.map((seconds, horizon) => [`${seconds}s`, this.#markout(instrument, horizon)]),
      ),
      quoted: this.#quoted(instrument),
      sides: group(['sideFills', 'sideValue', 'sideSpread', 'sideFees', 'sideMarkout'], SIDE_NAMES),
      levels: group(['levelFills', 'levelValue', 'levelSpread', 'levelFees', 'levelMarkout'], LEVEL_NAMES),
      ages: group(['ageFills', 'ageValue', 'ageSpread', 'ageFees', 'ageMarkout'], AGE_NAMES),
      queues: group(['queueFills', 'queueValue', 'queueSpread', 'queueFees', 'queueMarkout'], QUEUE_NAMES),
      models: group(['modelFills', 'modelValue', 'modelSpread', 'modelFees', 'modelMarkout'], MODEL_NAMES),
      versions: this.#versions(instrument),
    };
  }

  #markout(instrument: number, horizon: number): AttributionStatus['markouts'][string] {
    const [buy, sell] = SIDES.map((side) =>
      markoutOf(
        this.#value('markoutProfit', instrument, side, horizon),
        this.#value('markoutValue', instrument, side, horizon),
      ),
    ) as [MarkoutStatus, MarkoutStatus];
    return { ...markoutOf(buy.profit + sell.profit, buy.value + sell.value), buy, sell };
  }

  #quoted(instrument: number): AttributionStatus['quoted'] {
    const total = this.#value('quotedSampledSeconds', instrument);
    const [buy, sell] = SIDES.map((side) => this.#value('quotedSeconds', instrument, side)) as [
      number,
      number,
    ];
    return {
      both: ratio(this.#value('quotedBothSeconds', instrument), total),
      buy: ratio(buy, total),
      sell: ratio(sell, total),
      buyBps: ratio(this.#value('quotedDistance', instrument, 0), buy),
      sellBps: ratio(this.#value('quotedDistance', instrument, 1), sell),
    };
  }

  #versions(instrument: number): readonly VersionStatus[] {
    const ids: GroupIds = ['versionFills', 'versionValue', 'versionSpread', 'versionFees', 'versionMarkout'];
    const known = (id: MetricId, row: number): number | null => {
      const version = this.#value(id, instrument, row);
      return row === 0 || Number.isNaN(version) ? null : version;
    };
    return VERSION_ROW_NAMES.map((name, row) => ({
      ...this.#group(ids, instrument, row, name),
      modelVersion: known('versionModel', row),
      configVersion: known('versionConfig', row),
    })).filter(({ fills }) => fills > 0);
  }

  #group(ids: GroupIds, instrument: number, row: number, group: string): GroupStatus {
    const [fills, value, spread, fees, markout] = ids.map((id) => this.#value(id, instrument, row)) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const bps = value > 0 ? 10_000 / value : 0;
    return {
      group,
      fills,
      value,
      spreadBps: spread * bps,
      feeBps: fees * bps,
      markoutBps: markout * bps,
    };
  }

  #value(id: MetricId, ...labels: readonly number[]): number {
    return this.#memory.cells[this.#memory.layout.cellOf(id, -1, labels)]!;
  }
}

function markoutOf(profit: number, value: number): MarkoutStatus {
  return { bps: value > 0 ? (profit * 10_000) / value : null, profit, value };
}

function ratio(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
