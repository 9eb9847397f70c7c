/**
 * A walk over the segments of one run: block after block, and what is wrong between them.
 */
import type { BlockHead, JournalRecord } from './journal-block.ts';
import { JournalError, JournalErrorCode } from './journal-error.ts';
import { readSegmentHead } from './journal-segment.ts';
import type { SegmentHead, SegmentSource } from './journal-segment.ts';
import { PieceKind, piecesOf, recordsAt } from './segment-blocks.ts';

export interface SegmentEntry {
  readonly run: number;
  readonly segment: number;
  readonly name: string;
  readonly open: () => SegmentSource;
}

interface Place {
  readonly file: string;
  readonly offset: number;
}

/** What a walk over a run comes by. */
export type Step =
  | { readonly source: SegmentSource; readonly offset: number; readonly head: BlockHead }
  | { readonly damage: JournalError; readonly lost: number }
  | { readonly tornAt: number };

/** Walks over the blocks of a run, and says where they do not follow on each other. */
export function* stepsOf(
  entries: readonly SegmentEntry[],
  isQuick: boolean,
  onSegment: (source: SegmentSource, head: SegmentHead) => void = () => {},
): Generator<Step, void> {
  /** Of the next record, as what was read says; -1 before the first. */
  let sequence = -1;
  /** Where the end of the segment before is torn: no harm when nothing is missing. */
  let torn: Place | undefined;
  /** Where what is no block began. */
  let bad: Place | undefined;
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
        const place: Place = { file: source.name, offset: piece.offset };
        if (piece.kind === PieceKind.torn) torn = place;
        if (piece.kind === PieceKind.bad) bad = place;
        if (piece.kind !== PieceKind.block || piece.head.isPreamble) continue;
        if (sequence === -1) sequence = piece.head.firstSequence;
        if (piece.head.firstSequence !== sequence) {
          yield missing(bad ?? place, sequence, piece.head.firstSequence);
        }
        bad = undefined;
        yield { source, offset: piece.offset, head: piece.head };
        sequence = piece.head.nextSequence;
      }
    } finally {
      source.close();
    }
  }
  if (torn !== undefined) yield { tornAt: torn.offset };
}

/** The run's first record as a later segment repeats it; undefined where none does. */
export function preambleOf(source: SegmentSource): JournalRecord | undefined {
  const piece = piecesOf(source, false).next().value;
  if (piece?.kind !== PieceKind.block || !piece.head.isPreamble) return undefined;
  const record = recordsAt(source, piece.offset, piece.head).next().value;
  return record === undefined ? undefined : { ...record, sequence: 0 };
}

/** A head that is not as it was written is damage like any other: what follows it may be whole. */
export function headOf(source: SegmentSource): SegmentHead | JournalError | undefined {
  try {
    return readSegmentHead(source);
  } catch (error) {
    if (error instanceof JournalError && error.code === JournalErrorCode.damaged) return error;
    throw error;
  }
}

function missing(place: Place, firstSequence: number, nextSequence: number): Step {
  const lost = nextSequence - firstSequence;
  const text =
    `${place.file}: expected the records ${firstSequence} to ${nextSequence - 1} at byte ${place.offset}, ` +
    'was something else: the file is damaged or one is missing; what is before and after can be read with --partial';
  const damage = { ...place, firstSequence, nextSequence };
  return { lost, damage: new JournalError(JournalErrorCode.damaged, text, { damage }) };
}
