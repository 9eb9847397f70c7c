/**
 * Reads a journal: which runs it has, and the records of one, with one block in memory at a time.
 *
 * A run's beginning may be gone: its oldest segments are deleted to keep within the bound (`firstSequence` is then above 0).
 * Its end may be torn: the process was killed, and what it had not written whole is not there. Both are said and are no
 * error. Anything else that is missing or not as it was written is one, with file, offset and sequence numbers; who wants
 * what is left all the same says `damage: 'skip'` and gets a gap record in its place.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { BlockHead, JournalRecord } from './journal-block.ts';
import { JournalError, JournalErrorCode } from './journal-error.ts';
import { openSegment, parseSegmentName } from './journal-segment.ts';
import type { SegmentSource } from './journal-segment.ts';
import { RecordKind } from './record-kind.ts';
import { headOf, preambleOf, stepsOf } from './run-walk.ts';
import type { SegmentEntry } from './run-walk.ts';
import { recordsAt } from './segment-blocks.ts';

/** How a run's records end. */
export const RunEnd = {
  /** With `end`: it was closed in an orderly way, and all of it is here. */
  complete: 'complete',
  /** After a whole block, without `end`: the process was killed, or still writes. */
  open: 'open',
  /** Within a block: likewise, while it wrote. What was in that block is not here. */
  torn: 'torn',
} as const;
export type RunEnd = (typeof RunEnd)[keyof typeof RunEnd];

/** What the heads of a run's blocks say. */
export interface RunInfo {
  readonly run: number;
  /** The files, in order. */
  readonly files: readonly string[];
  readonly storedBytes: number;
  /** Bytes of records. */
  readonly rawBytes: number;
  /** Records that are here, gap records not counted. */
  readonly records: number;
  /** Records that were lost when it was written, by a full ring or a disk that refused. */
  readonly lost: number;
  /** Above 0 when the run's beginning has been deleted: then it cannot be replayed from its start. */
  readonly firstSequence: number;
  readonly nextSequence: number;
  readonly firstNs: Nanoseconds;
  readonly lastNs: Nanoseconds;
  /** The wall clock less the records' time, as the first segment begun says. */
  readonly wallOffsetMs: Milliseconds;
  readonly end: RunEnd;
  /** Places where blocks are missing or bad, as far as the heads tell. */
  readonly damaged: number;
}

export interface RecordRange {
  /** Blocks without a record in [fromNs, toNs] are not read; records outside come where their block has others within. */
  readonly fromNs?: Nanoseconds;
  readonly toNs?: Nanoseconds;
}

export interface JournalReaderOptions {
  /** What becomes of damage: an error (the default), or a gap record and what follows. */
  readonly damage?: 'throw' | 'skip';
}

export class JournalReader {
  readonly #list: () => readonly SegmentEntry[];
  readonly #options: JournalReaderOptions;
  readonly #path: string;

  private constructor(path: string, list: () => readonly SegmentEntry[], options: JournalReaderOptions) {
    this.#path = path;
    this.#list = list;
    this.#options = options;
  }

  /**
   * @param path a journal's directory, or one segment's file (`.okxj`, `.okxj.gz`)
   * @throws JournalError when there is none
   */
  static open(path: string, options: JournalReaderOptions = {}): JournalReader {
    if (!existsSync(path)) {
      const text = `${path}: expected a journal's directory or one of its files, was nothing; give another path`;
      throw new JournalError(JournalErrorCode.notFound, text);
    }
    const list = (): readonly SegmentEntry[] => {
      const isDirectory = statSync(path).isDirectory();
      const paths = isDirectory ? readdirSync(path).map((name) => join(path, name)) : [path];
      return paths.flatMap((name) => {
        const parsed = parseSegmentName(basename(name));
        if (parsed === undefined && isDirectory) return [];
        const { run, segment } = parsed ?? { run: 0, segment: 0 };
        return [{ run, segment, name, open: () => openSegment(name) }];
      });
    };
    return new JournalReader(path, list, options);
  }

  /** Over segments that are open already, in memory for one. */
  static of(sources: () => readonly SegmentSource[], options: JournalReaderOptions = {}): JournalReader {
    const list = (): readonly SegmentEntry[] =>
      sources().map((source) => {
        const { run, segment, name } = source;
        return { run, segment, name, open: () => source };
      });
    return new JournalReader('in memory', list, options);
  }

  /** Every run, oldest first. Quick: it looks at the heads of blocks alone. @throws JournalError */
  runs(): readonly RunInfo[] {
    return this.#runs().map((entries) => this.#infoOf(entries[0]!.run, entries));
  }

  /** @throws JournalError when it has no such run */
  run(run: number): RunInfo {
    return this.#infoOf(run, this.#entriesOf(run));
  }

  /** The number of the newest run. @throws JournalError when there is none */
  newestRun(): number {
    const newest = this.#runs().at(-1);
    if (newest !== undefined) return newest[0]!.run;
    const text = `journal ${this.#path}: expected at least one run, was none; the engine writes them to the journal directory in its state directory when journal.isOn is true`;
    throw new JournalError(JournalErrorCode.noRun, text);
  }

  /**
   * The run's first record: what its core was built from. It is there even when the run's beginning is gone.
   *
   * @throws JournalError when there is no such run
   */
  start(run: number): JournalRecord | undefined {
    const entries = this.#entriesOf(run);
    const source = entries[0]!.open();
    try {
      const preamble = preambleOf(source);
      if (preamble !== undefined) return preamble;
    } finally {
      source.close();
    }
    const first = this.records(run).next().value;
    return first?.kind === RecordKind.start && first.sequence === 0 ? first : undefined;
  }

  /**
   * The records of a run in order.
   *
   * @throws JournalError at damage, unless told to skip it
   */
  *records(run: number, range: RecordRange = {}): Generator<JournalRecord, void> {
    const { fromNs = -Infinity, toNs = Infinity } = range;
    for (const step of stepsOf(this.#entriesOf(run), false)) {
      if ('damage' in step) {
        if (this.#options.damage !== 'skip') throw step.damage;
        const { firstSequence } = step.damage.damage!;
        if (step.lost > 0) yield gapRecord(firstSequence, step.lost);
      } else if ('head' in step && isWithin(step.head, fromNs, toNs)) {
        yield* recordsAt(step.source, step.offset, step.head);
      }
    }
  }

  /**
   * The segments of each run, runs by the time they began: their numbers follow the clock, modulo what fits into an order's
   * name, and begin again at 0 every three years.
   */
  #runs(): readonly (readonly SegmentEntry[])[] {
    const byRun = new Map<number, SegmentEntry[]>();
    for (const entry of this.#entries()) byRun.set(entry.run, [...(byRun.get(entry.run) ?? []), entry]);
    return [...byRun.values()]
      .map((entries) => ({ entries, beganMs: beganMs(entries[0]!) }))
      .sort((a, b) => a.beganMs - b.beganMs || a.entries[0]!.run - b.entries[0]!.run)
      .map(({ entries }) => entries);
  }

  #entries(): readonly SegmentEntry[] {
    return [...this.#list()].sort((a, b) => a.run - b.run || a.segment - b.segment);
  }

  #entriesOf(run: number): readonly SegmentEntry[] {
    const entries = this.#entries();
    const found = entries.filter((entry) => entry.run === run);
    if (found.length > 0) return found;
    const has = [...new Set(entries.map((entry) => entry.run))].join(', ');
    const text = `journal: expected run ${run}, was ${has === '' ? 'none' : `only ${has}`}; \`okx-mm journal ls\` lists them`;
    throw new JournalError(JournalErrorCode.noRun, text);
  }

  #infoOf(run: number, entries: readonly SegmentEntry[]): RunInfo {
    const info = {
      run,
      files: entries.map(({ name }) => name),
      storedBytes: 0,
      rawBytes: 0,
      records: 0,
      lost: 0,
      firstSequence: 0,
      nextSequence: 0,
      firstNs: Infinity,
      lastNs: -Infinity,
      wallOffsetMs: NaN,
      end: RunEnd.open as RunEnd,
      damaged: 0,
    };
    let isFirst = true;
    for (const step of stepsOf(entries, true, (source, head) => {
      info.storedBytes += source.size;
      if (Number.isNaN(info.wallOffsetMs)) info.wallOffsetMs = head.wallMs - head.wallNs / 1e6;
      if (isFirst) info.firstSequence = info.nextSequence = head.firstSequence;
      isFirst = false;
    })) {
      if ('damage' in step) info.damaged++;
      else if ('tornAt' in step) info.end = RunEnd.torn;
      else {
        const { head } = step;
        const counted = head.records - head.gaps;
        info.rawBytes += head.rawBytes;
        info.records += counted;
        info.lost += head.nextSequence - head.firstSequence - counted;
        info.nextSequence = head.nextSequence;
        info.firstNs = Math.min(info.firstNs, head.firstNs);
        info.lastNs = Math.max(info.lastNs, head.lastNs);
        if (head.hasEnd) info.end = RunEnd.complete;
      }
    }
    return info;
  }
}

/** When a segment was begun; what has no readable head may be the newest, of a process that was killed at once. */
function beganMs(entry: SegmentEntry): Milliseconds {
  const source = entry.open();
  try {
    const head = headOf(source);
    return head === undefined || head instanceof JournalError ? Number.MAX_VALUE : head.wallMs;
  } finally {
    source.close();
  }
}

/** A block whose records have no times may be anywhere. */
function isWithin({ firstNs, lastNs }: BlockHead, fromNs: Nanoseconds, toNs: Nanoseconds): boolean {
  return firstNs > lastNs || (lastNs >= fromNs && firstNs <= toNs);
}

function gapRecord(sequence: number, lost: number): JournalRecord {
  return {
    sequence,
    kind: RecordKind.gap,
    sub: 0,
    instrument: 0,
    timeNs: NaN,
    value: lost,
    bytes: new Uint8Array(0),
  };
}

/** The payload as text. */
export function recordText(record: JournalRecord): string {
  const { bytes } = record;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
