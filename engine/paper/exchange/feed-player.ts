/** A recorded feed as a sequence of market events for the exchange to live through. */
export class FeedPlayer {
  /** Instruments that the feed has. */
  readonly instIds: readonly string[] = [];
}
