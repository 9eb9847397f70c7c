/**
 * What became of each fill of a journaled run: which quote it was of, and how the market went on. No record says so: the run
 * is replayed, and its core tells again.
 */
import type { AttributedFill, Attribution, AttributionListener } from '../attribution/attribution.ts';
import { HORIZONS_SECONDS } from '../base/fill-groups.ts';
import { sideSign } from '../base/side.ts';
import type { Side } from '../base/side.ts';
import type { JournalReader } from '../journal/journal-reader.ts';
import { ReplayError } from '../replay/replay-error.ts';
import { replayRun } from '../replay/replay.ts';
import { roundMs } from './journal-rows.ts';

const MS_PER_SECOND = 1_000;
const MARKOUT_COLUMNS = HORIZONS_SECONDS.map((seconds) => `markoutBps${seconds}s`);

/** Columns of an export; what is not known is null. */
export type FillTruth = Readonly<Record<string, number | boolean | null>>;

export const TRUTH_COLUMNS: readonly string[] = [
  'level',
  'ageMs',
  'queueAhead',
  'modelVersion',
  'configVersion',
  'isHedge',
  'mid',
  'spreadBps',
  ...MARKOUT_COLUMNS,
];
export const NO_TRUTH: FillTruth = Object.fromEntries(TRUTH_COLUMNS.map((name) => [name, null]));

interface Told {
  readonly side: Side;
  readonly ticks: number;
  readonly row: Record<string, number | boolean | null>;
}

class FillTruths implements AttributionListener {
  readonly rows = new Map<string, FillTruth>();
  readonly #told = new Map<string, Told>();

  onFill({ instrument }: Attribution, fill: AttributedFill, midTicks: number): void {
    const { side, ticks } = fill;
    const isOfQuote = fill.level >= 0;
    const row: Told['row'] = {
      ...NO_TRUTH,
      level: isOfQuote ? fill.level : null,
      ageMs: Number.isNaN(fill.ageSeconds) ? null : roundMs(fill.ageSeconds * MS_PER_SECOND),
      queueAhead: Number.isNaN(fill.queueAhead) ? null : roundMs(fill.queueAhead),
      modelVersion: isOfQuote ? fill.modelVersion : null,
      configVersion: isOfQuote ? fill.configVersion : null,
      isHedge: fill.isHedge,
      mid: midTicks > 0 ? roundMs(midTicks * instrument.tick.value) : null,
      spreadBps: midTicks > 0 ? bpsOf(side, ticks, midTicks) : null,
    };
    const key = `${instrument.instId}/${fill.tradeId}`;
    this.#told.set(key, { side, ticks, row });
    this.rows.set(key, row);
  }

  onMarkout({ instrument }: Attribution, tradeId: number, horizon: number, midTicks: number): void {
    const told = this.#told.get(`${instrument.instId}/${tradeId}`);
    if (told !== undefined) told.row[MARKOUT_COLUMNS[horizon]!] = bpsOf(told.side, told.ticks, midTicks);
  }
}

/**
 * By instrument and trade id, as far as the run can be replayed: a run whose beginning is gone has none, and one that was
 * cut has them up to there. The error stream says so.
 */
export function fillTruths(reader: JournalReader, run: number): ReadonlyMap<string, FillTruth> {
  const truths = new FillTruths();
  try {
    const { detail } = replayRun(reader, run, {
      onStart: ({ truth }) => {
        for (const each of truth.instruments) each.listener = truths;
      },
    });
    if (detail !== '') process.stderr.write(`levels, ages and markouts of fills: ${detail}\n`);
  } catch (error) {
    if (!(error instanceof ReplayError)) throw error;
    process.stderr.write(`levels, ages and markouts of fills are empty: ${error.message}\n`);
  }
  return truths.rows;
}

/** What a fill gained by a middle, in bps of its price. */
function bpsOf(side: Side, ticks: number, midTicks: number): number {
  return roundMs((sideSign(side) * (midTicks - ticks) * 10_000) / ticks);
}
