import { Random } from '../../engine/base/random.ts';

/** One side's rows of a message: price and size as text, "0" to delete. */
export type FrameRow = readonly [price: string, size: string, orders: string];

const SEQ_SEED = 7;
const SEQ_FIRST = 41_000_000_000;
/** Numbers skip what other channels took: OKX's differences are between one and a few dozen. */
const SEQ_STEP_MAX = 24;

/** Writes pushes of `books` as the venue writes them, with sequence numbers that follow each other, by instrument. */
export class BooksFrameWriter {
  readonly #random = new Random(SEQ_SEED);
  readonly #seqIds = new Map<string, number>();

  write(
    instId: string,
    isSnapshot: boolean,
    asks: readonly FrameRow[],
    bids: readonly FrameRow[],
    ts: string,
  ): string {
    const last = this.#seqIds.get(instId) ?? SEQ_FIRST;
    const seqId = last + 1 + this.#random.below(SEQ_STEP_MAX);
    this.#seqIds.set(instId, seqId);
    const action = isSnapshot ? 'snapshot' : 'update';
    return (
      `{"arg":{"channel":"books","instId":"${instId}"},"action":"${action}","data":[{` +
      `"asks":[${rowsText(asks)}],"bids":[${rowsText(bids)}],"ts":"${ts}","checksum":0,` +
      `"seqId":${seqId},"prevSeqId":${isSnapshot ? -1 : last}}]}`
    );
  }
}

/** Rows have four columns at the venue; the third was the liquidated orders' and is always 0. */
function rowsText(rows: readonly FrameRow[]): string {
  return rows.map(([price, size, orders]) => `["${price}","${size}","0","${orders}"]`).join(',');
}
