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
import { openSegment, parseSegmentName, readSegmentHead } from './journal-segment.ts';
import type { SegmentHead, SegmentSource } from './journal-segment.ts';
import { RecordKind } from './record-kind.ts';
import { PieceKind, piecesOf, recordsAt } from './segment-blocks.ts';

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

interface SegmentEntry {
  readonly run: number;
  readonly segment: number;
  readonly name: string;
  readonly open: () => SegmentSource;
}

/** What a walk over a run comes by. */
type Step =
  | { readonly source: SegmentSource; readonly offset: number; readonly head: BlockHead }
  | { readonly damage: JournalError; readonly lost: number }
  | { readonly tornAt: number };

export class JournalReader {
  readonly #list: () => readonly SegmentEntry[];
  readonly #options: JournalReaderOptions;

  private constructor(list: () => readonly SegmentEntry[], options: JournalReaderOptions) {
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
    return new JournalReader(list, options);
  }

  /** Over segments that are open already, in memory for one. */
  static of(sources: () => readonly SegmentSource[], options: JournalReaderOptions = {}): JournalReader {
    const list = (): readonly SegmentEntry[] =>
      sources().map((source) => {
        const { run, segment, name } = source;
        return { run, segment, name, open: () => source };
      });
    return new JournalReader(list, options);
  }

  /** Every run, oldest first. Quick: it looks at the heads of blocks alone. @throws JournalError */
  runs(): readonly RunInfo[] {
    const byRun = new Map<number, SegmentEntry[]>();
    for (const entry of this.#entries()) byRun.set(entry.run, [...(byRun.get(entry.run) ?? []), entry]);
    return [...byRun].map(([run, entries]) => this.#infoOf(run, entries));
  }

  /** @throws JournalError when it has no such run */
  run(run: number): RunInfo {
    return this.#infoOf(run, this.#entriesOf(run));
  }

  /** The number of the newest run. @throws JournalError when there is none */
  newestRun(): number {
    const entry = this.#entries().at(-1);
    if (entry !== undefined) return entry.run;
    const text =
      'journal: expected at least one run, was none; the engine writes one when journal.isOn is true';
    throw new JournalError(JournalErrorCode.noRun, text);
  }

  /**
   * The records of a run in order.
   *
   * @throws JournalError at damage, unless told to skip it
   */
  *records(run: number, range: RecordRange = {}): Generator<JournalRecord, void> {
    const { fromNs = -Infinity, toNs = Infinity } = range;
    for (const step of this.#steps(this.#entriesOf(run), false)) {
      if ('damage' in step) {
        if (this.#options.damage !== 'skip') throw step.damage;
        const { firstSequence } = step.damage.damage!;
        if (step.lost > 0) yield gapRecord(firstSequence, step.lost);
      } else if ('head' in step && isWithin(step.head, fromNs, toNs)) {
        yield* recordsAt(step.source, step.offset, step.head);
      }
    }
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
    for (const step of this.#steps(entries, true, (source, head) => {
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

  /** Walks over the blocks of a run, and says where they do not follow on each other. */
  *#steps(
    entries: readonly SegmentEntry[],
    isQuick: boolean,
    onSegment: (source: SegmentSource, head: SegmentHead) => void = () => {},
  ): Generator<Step, void> {
    /** Of the next record, as what was read says; -1 before the first. */
    let sequence = -1;
    /** Where the end of the segment before is torn: no harm when nothing is missing. */
    let torn: { file: string; offset: number } | undefined;
    for (const entry of entries) {
      const source = entry.open();
      try {
        const head = headOf(source);
        if (head === undefined) {
          torn ??= { file: source.name, offset: 0 };
          continue;
        }
        if (head instanceof JournalError) yield { damage: head, lost: 0 };
        else {
          onSegment(source, head);
          if (sequence === -1) sequence = head.firstSequence;
          if (head.firstSequence !== sequence) {
            yield missing(torn ?? { file: source.name, offset: 0 }, sequence, head.firstSequence);
            sequence = head.firstSequence;
          }
        }
        torn = undefined;
        for (const piece of piecesOf(source, isQuick)) {
          if (piece.kind === PieceKind.torn) torn = { file: source.name, offset: piece.offset };
          if (piece.kind !== PieceKind.block) continue;
          if (sequence === -1) sequence = piece.head.firstSequence;
          if (piece.head.firstSequence !== sequence) {
            yield missing({ file: source.name, offset: piece.offset }, sequence, piece.head.firstSequence);
          }
          yield { source, offset: piece.offset, head: piece.head };
          sequence = piece.head.nextSequence;
        }
      } finally {
        source.close();
      }
    }
    if (torn !== undefined) yield { tornAt: torn.offset };
  }
}

/** A block whose records have no times may be anywhere. */
function isWithin({ firstNs, lastNs }: BlockHead, fromNs: Nanoseconds, toNs: Nanoseconds): boolean {
  return firstNs > lastNs || (lastNs >= fromNs && firstNs <= toNs);
}

/** A head that is not as it was written is damage like any other: what follows it may be whole. */
function headOf(source: SegmentSource): SegmentHead | JournalError | undefined {
  try {
    return readSegmentHead(source);
  } catch (error) {
    if (error instanceof JournalError && error.code === JournalErrorCode.damaged) return error;
    throw error;
  }
}

function missing(place: { file: string; offset: number }, firstSequence: number, nextSequence: number): Step {
  const lost = nextSequence - firstSequence;
  const text =
    `${place.file}: expected the records ${firstSequence} to ${nextSequence - 1} at byte ${place.offset}, ` +
    'was something else: the file is damaged or one is missing; what is before and after can be read with --partial';
  const damage = { ...place, firstSequence, nextSequence };
  return { lost, damage: new JournalError(JournalErrorCode.damaged, text, { damage }) };
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
