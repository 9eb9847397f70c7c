/**
 * A walk over the segments of one run: block after block, and what is wrong between them.
 */
import type { BlockHead } from './journal-block.ts';
import { JournalError, JournalErrorCode } from './journal-error.ts';
import { readSegmentHead } from './journal-segment.ts';
import type { SegmentHead, SegmentSource } from './journal-segment.ts';
import { PieceKind, piecesOf } from './segment-blocks.ts';

export interface SegmentEntry {
  readonly run: number;
  readonly segment: number;
  readonly name: string;
  readonly open: () => SegmentSource;
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

/** A head that is not as it was written is damage like any other: what follows it may be whole. */
export function headOf(source: SegmentSource): SegmentHead | JournalError | undefined {
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
