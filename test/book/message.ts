import { DepthAction, NO_SEQUENCE, type DepthRows } from '../../engine/base/depth-rows.ts';

type Row = readonly [ticks: number, lots: number];

/** A depth message from rows of [ticks, lots]. */
export function message(
  action: DepthAction,
  prevSeqId: number,
  seqId: number,
  asks: readonly Row[],
  bids: readonly Row[],
  tsMs = 0,
): DepthRows {
  return {
    action,
    askTicks: Int32Array.from(asks, (row) => row[0]),
    askLots: Float64Array.from(asks, (row) => row[1]),
    askCount: asks.length,
    bidTicks: Int32Array.from(bids, (row) => row[0]),
    bidLots: Float64Array.from(bids, (row) => row[1]),
    bidCount: bids.length,
    tsMs,
    seqId,
    prevSeqId,
  };
}

export function snapshot(
  seqId: number,
  asks: readonly Row[] = [[101, 5]],
  bids: readonly Row[] = [[99, 5]],
): DepthRows {
  return message(DepthAction.snapshot, -1, seqId, asks, bids);
}

export function update(
  prevSeqId: number,
  seqId: number,
  asks: readonly Row[] = [],
  bids: readonly Row[] = [],
  tsMs = 0,
): DepthRows {
  return message(DepthAction.update, prevSeqId, seqId, asks, bids, tsMs);
}

/** A full image, as books5 and bbo-tbt send. */
export function image(seqId: number, asks: readonly Row[], bids: readonly Row[], tsMs: number): DepthRows {
  return message(DepthAction.image, NO_SEQUENCE, seqId, asks, bids, tsMs);
}

/** The answer of REST: a snapshot without prevSeqId. */
export function restSnapshot(seqId: number, asks: readonly Row[], bids: readonly Row[], tsMs = 1): DepthRows {
  return message(DepthAction.snapshot, NO_SEQUENCE, seqId, asks, bids, tsMs);
}
