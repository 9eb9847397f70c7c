import {
  EMPTY_FEED_EVENT,
  type FeedEvent,
  type FeedSource,
} from '../../../engine/paper/exchange/feed-source.ts';

/** A recorded market that was written down by hand. */
export class ArraySource implements FeedSource {
  readonly #events: readonly FeedEvent[];
  #index = 0;

  constructor(events: readonly FeedEvent[]) {
    this.#events = events;
  }

  peek(): FeedEvent | null {
    return this.#events[this.#index] ?? null;
  }

  next(): FeedEvent | null {
    const event = this.peek();
    this.#index++;
    return event;
  }
}

export function feedEvent(
  offsetMs: number,
  kind: FeedEvent['kind'],
  fields: Partial<FeedEvent> = {},
): FeedEvent {
  return { ...EMPTY_FEED_EVENT, instId: 'BTC-USDT-SWAP', ...fields, offsetMs, kind };
}
