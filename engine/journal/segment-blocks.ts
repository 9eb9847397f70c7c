/**
 * The blocks of one segment, in order, and what is wrong between them.
 */
import {
  BLOCK_HEAD_BYTES,
  blockRecords,
  findBlock,
  isBlockWhole,
  readBlockHead,
  recordsOf,
} from './journal-block.ts';
import type { BlockHead, JournalRecord } from './journal-block.ts';
import { SEGMENT_HEAD_BYTES } from './journal-segment.ts';
import type { SegmentSource } from './journal-segment.ts';

/** Bytes looked at at once where the next block is searched behind a bad one. */
const SEARCH_BYTES = 1 << 20;

/** What comes next in a segment. */
export const PieceKind = {
  block: 0,
  /** What begins here is no whole block, but one follows at `nextOffset`. */
  bad: 1,
  /** What begins here is no whole block, and none follows. */
  torn: 2,
} as const;
export type PieceKind = (typeof PieceKind)[keyof typeof PieceKind];

export type Piece =
  | { readonly kind: typeof PieceKind.block; readonly offset: number; readonly head: BlockHead }
  | { readonly kind: typeof PieceKind.bad; readonly offset: number; readonly nextOffset: number }
  | { readonly kind: typeof PieceKind.torn; readonly offset: number };

function headAt(source: SegmentSource, offset: number): BlockHead | undefined {
  return readBlockHead(source.read(offset, BLOCK_HEAD_BYTES));
}

function isWholeAt(source: SegmentSource, offset: number): boolean {
  const head = headAt(source, offset);
  return head !== undefined && isBlockWhole(source.read(offset, BLOCK_HEAD_BYTES + head.storedBytes), head);
}

/** The next whole block after `offset`; -1 when none follows. */
function nextWhole(source: SegmentSource, offset: number): number {
  for (let from = offset + 1; from < source.size; from += SEARCH_BYTES) {
    // A few bytes more, for a magic that lies across the border.
    const bytes = Buffer.from(source.read(from, SEARCH_BYTES + 3));
    for (let at = findBlock(bytes, 0); at !== -1; at = findBlock(bytes, at + 1)) {
      if (isWholeAt(source, from + at)) return from + at;
    }
  }
  return -1;
}

/**
 * The segment's pieces in order.
 *
 * @param isQuick looks at heads alone, and at the whole of the last block: damage within blocks then stays unseen
 */
export function* piecesOf(source: SegmentSource, isQuick: boolean): Generator<Piece, void> {
  for (let offset = SEGMENT_HEAD_BYTES; offset < source.size;) {
    const head = headAt(source, offset);
    const end = head === undefined ? Infinity : offset + BLOCK_HEAD_BYTES + head.storedBytes;
    const isBelieved = isQuick && head !== undefined && end < source.size;
    if (head !== undefined && (isBelieved || isWholeAt(source, offset))) {
      yield { kind: PieceKind.block, offset, head };
      offset = end;
      continue;
    }
    const nextOffset = nextWhole(source, offset);
    if (nextOffset === -1) return yield { kind: PieceKind.torn, offset };
    yield { kind: PieceKind.bad, offset, nextOffset };
    offset = nextOffset;
  }
}

/** The records of the block at this place. */
export function* recordsAt(
  source: SegmentSource,
  offset: number,
  head: BlockHead,
): Generator<JournalRecord, void> {
  yield* recordsOf(blockRecords(source.read(offset, BLOCK_HEAD_BYTES + head.storedBytes), head), head);
}
