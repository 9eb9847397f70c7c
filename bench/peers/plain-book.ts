/** One level: price and size as floats, as a plain program keeps them. */
export type PlainLevel = [price: number, size: number];

/** A push of `books` as JSON.parse gives it. */
export interface DepthPush {
  readonly arg: { readonly channel: string; readonly instId: string };
  readonly action: string;
  readonly data: readonly {
    readonly asks: readonly (readonly string[])[];
    readonly bids: readonly (readonly string[])[];
    readonly seqId: number;
    readonly prevSeqId: number;
  }[];
}

const LEVELS_MAX = 400;

/** An order book as it is plainly written: two sorted arrays of levels, a binary search and a splice a row. */
export class PlainBook {
  readonly bids: PlainLevel[] = [];
  readonly asks: PlainLevel[] = [];
  seqId = -1;

  /** @throws Error when the push does not continue the book */
  apply(push: DepthPush): void {
    for (const message of push.data) {
      if (push.action === 'snapshot') {
        this.bids.length = 0;
        this.asks.length = 0;
      } else if (message.prevSeqId !== this.seqId) {
        throw new Error(
          `plain book: expected ${this.seqId} before ${message.seqId}, was ${message.prevSeqId}`,
        );
      }
      for (const row of message.asks) set(this.asks, Number(row[0]), Number(row[1]), 1);
      for (const row of message.bids) set(this.bids, Number(row[0]), Number(row[1]), -1);
      if (this.asks.length > LEVELS_MAX) this.asks.length = LEVELS_MAX;
      if (this.bids.length > LEVELS_MAX) this.bids.length = LEVELS_MAX;
      this.seqId = message.seqId;
    }
  }
}

/** `direction` is 1 for prices that rise from the best, -1 for prices that fall. */
function set(levels: PlainLevel[], price: number, size: number, direction: number): void {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((levels[middle]![0] - price) * direction < 0) low = middle + 1;
    else high = middle;
  }
  const isThere = low < levels.length && levels[low]![0] === price;
  if (size === 0) {
    if (isThere) levels.splice(low, 1);
  } else if (isThere) {
    levels[low]![1] = size;
  } else {
    levels.splice(low, 0, [price, size]);
  }
}
