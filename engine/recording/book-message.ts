import type { Milliseconds } from '../base/units.ts';
import type { RecordedLevel } from './recording-event.ts';
import type { RecordedRow } from './recorded-row.ts';
import { isLevel, isTime } from './row-values.ts';

/** A row of the venue's, of whatever channel. */
export type VenueRow = Readonly<Record<string, unknown>>;

/** Times of a receipt: on this machine's clock, since the epoch. */
export interface Receipt {
  /** Nanoseconds as text. */
  readonly recvNs: string;
  readonly ms: Milliseconds;
}

/** A book row of the venue's. */
export interface BookMessage {
  readonly row: RecordedRow;
  readonly seqId: number;
  readonly prevSeqId: number;
}

/** Undefined for what is no message of a book. */
export function bookMessage(
  instId: string,
  action: unknown,
  row: VenueRow,
  { recvNs }: Receipt,
): BookMessage | undefined {
  const { seqId, prevSeqId, ts } = row;
  const asks = levelsOf(row['asks']);
  const bids = levelsOf(row['bids']);
  const isMessage =
    (action === 'snapshot' || action === 'update') &&
    asks !== undefined &&
    bids !== undefined &&
    Number.isSafeInteger(seqId) &&
    Number.isSafeInteger(prevSeqId) &&
    isTime(ts);
  if (!isMessage) return undefined;
  const sequence = { seqId: seqId as number, prevSeqId: prevSeqId as number };
  return { row: { recvNs, instId, action, ts, asks, bids, ...sequence }, ...sequence };
}

/** Levels as historical files have them, [price, size, orders]: the feed's third column means nothing any more. */
export function levelsOf(levels: unknown): readonly RecordedLevel[] | undefined {
  if (!Array.isArray(levels) || !levels.every(isLevel)) return undefined;
  return (levels as RecordedLevel[]).map((level) => [level[0]!, level[1]!, level[3] ?? '0']);
}
