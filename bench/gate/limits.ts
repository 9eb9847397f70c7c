import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../engine/config/package-root.ts';
import { machineText } from '../report.ts';

/**
 * What the gate measures of a row:
 *
 *     ratio    median latency over the calibration work of the same process: the machine's speed is taken out
 *     bytes    left on the heap, a turn
 *     count    of things that are not to happen at all
 */
export const LimitKind = { ratio: 'ratio', bytes: 'bytes', count: 'count' } as const;
export type LimitKind = (typeof LimitKind)[keyof typeof LimitKind];

export interface Limit {
  readonly name: string;
  readonly feed: string;
  readonly kind: LimitKind;
  /** When the limit was set. */
  readonly measured: number;
  /** Times what was measured is allowed. */
  readonly factor: number;
  /** Allowed in any case: noise. */
  readonly least: number;
}

export interface Limits {
  readonly machine: string;
  readonly node: string;
  readonly date: string;
  readonly limits: readonly Limit[];
}

/** What was measured of one row now. */
export interface GateRow {
  readonly name: string;
  readonly feed: string;
  readonly kind: LimitKind;
  readonly value: number;
}

/**
 * How far a ratio may go before somebody has to look. Ratios repeat to a tenth on a quiet machine and to a third with both
 * cores busy (README.md). What takes less than this does not fail: bench:compare finds it.
 */
const FACTORS: Readonly<Record<LimitKind, number>> = { ratio: 1.6, bytes: 1.25, count: 1 };
/** A ratio of 0.002 calibrations is a nanosecond or ten: a clock reading's rounding. Bytes: what the meter itself reads. */
const LEAST: Readonly<Record<LimitKind, number>> = { ratio: 0.005, bytes: 0.5, count: 0 };

export function limitsFile(): string {
  return join(packageRoot(), 'bench/limits.json');
}

/** @throws Error when the file is not there or holds something else */
export function readLimits(file: string): Limits {
  const limits = JSON.parse(readFileSync(file, 'utf8')) as Limits;
  if (!Array.isArray(limits.limits)) throw new Error(`${file}: expected {limits: [...]}, was something else`);
  return limits;
}

export function limitsOf(rows: readonly GateRow[]): Limits {
  return {
    machine: machineText(),
    node: process.version,
    date: new Date().toISOString(),
    limits: rows.map(({ name, feed, kind, value }) => ({
      name,
      feed,
      kind,
      measured: rounded(value),
      factor: FACTORS[kind],
      least: LEAST[kind],
    })),
  };
}

export function writeLimits(file: string, limits: Limits): void {
  writeFileSync(file, `${JSON.stringify(limits, null, 2)}\n`);
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
