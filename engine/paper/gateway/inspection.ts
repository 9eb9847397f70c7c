import type { ItemResult } from '../exchange/exchange.ts';
import { fieldOf } from './instrument-directory.ts';

/** One order request that the venue received, whether it took it or not. */
export interface ReceivedRequest {
  readonly uid: string;
  readonly kind: 'place' | 'amend' | 'cancel';
  readonly instId: string;
  readonly ordId: string;
  readonly clOrdId: string;
  /** As the request gave it: '' when it gave none. */
  readonly tag: string;
  readonly ts: string;
  readonly sCode: string;
}

/** Requests kept for inspection; older ones are only counted. */
const REQUESTS_KEPT_MAX = 100_000;

/** More than any accepted name has: refused ones may be as long as a frame, and would be kept by the thousand. */
const TEXT_LENGTH_MAX = 64;

/** What the venue received, for tests and operators to look at: never part of OKX's protocol. */
export class Inspection {
  readonly #requests: ReceivedRequest[] = [];
  readonly #counts = { place: 0, amend: 0, cancel: 0, refused: 0, untaggedPlaces: 0, dropped: 0 };

  received(
    uid: string,
    kind: ReceivedRequest['kind'],
    instId: string,
    item: Readonly<Record<string, unknown>>,
    result: ItemResult,
  ): void {
    const tag = fieldOf(item, 'tag').slice(0, TEXT_LENGTH_MAX);
    this.#counts[kind]++;
    if (result.sCode !== '0') this.#counts.refused++;
    if (kind === 'place' && tag === '') this.#counts.untaggedPlaces++;
    const { ts, sCode } = result;
    const ordId = result.ordId.slice(0, TEXT_LENGTH_MAX);
    const clOrdId = result.clOrdId.slice(0, TEXT_LENGTH_MAX);
    this.#requests.push({ uid, kind, instId, ordId, clOrdId, tag, ts, sCode });
    // Half is let go at once, so that keeping the rest costs little.
    if (this.#requests.length > REQUESTS_KEPT_MAX) {
      this.#counts.dropped += this.#requests.splice(0, REQUESTS_KEPT_MAX / 2).length;
    }
  }

  /** Counts since the start, and the requests themselves if wanted. */
  report(withRequests: boolean): Readonly<Record<string, unknown>> {
    return withRequests ? { counts: this.#counts, received: this.#requests } : { counts: this.#counts };
  }
}
