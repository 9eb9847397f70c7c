import type { Instrument } from '../../engine/base/instrument.ts';
import { ASK_CLIENT_ID, BID_CLIENT_ID, PlainQuoter } from './message-peer.ts';
import type { MessagePeer } from './message-peer.ts';
import { PlainBook } from './plain-book.ts';
import type { DepthPush } from './plain-book.ts';

/** JSON.parse, a plain book, JSON.stringify: what a careful program without a library does. */
export class JsonPeer implements MessagePeer {
  readonly #instruments: readonly Instrument[];
  readonly #numbers = new Map<string, number>();
  readonly #books: readonly PlainBook[];
  readonly #quoter: PlainQuoter;
  #requests = 0;

  constructor(instruments: readonly Instrument[], halfSpreadTicks: readonly number[]) {
    this.#instruments = instruments;
    for (const { instId, index } of instruments) this.#numbers.set(instId, index);
    this.#books = instruments.map(() => new PlainBook());
    this.#quoter = new PlainQuoter(instruments, halfSpreadTicks);
  }

  take(text: string): number {
    return this.apply(JSON.parse(text) as DepthPush);
  }

  /** A push that a library has parsed. */
  apply(push: DepthPush): number {
    const instrument = this.#numbers.get(push.arg.instId)!;
    this.#books[instrument]!.apply(push);
    return instrument;
  }

  answer(instrument: number): string {
    const { bids, asks } = this.#books[instrument]!;
    const { bidTicks, askTicks } = this.#quoter.compute(instrument, bids[0]!, asks[0]!);
    const { instIdCode } = this.#instruments[instrument]!;
    const id = String(++this.#requests);
    const amend = (clOrdId: string, ticks: number) => ({
      instIdCode,
      clOrdId,
      reqId: id,
      newPx: String(this.#quoter.price(instrument, ticks)),
      cxlOnFail: false,
    });
    return JSON.stringify({
      id,
      op: 'batch-amend-orders',
      args: [amend(BID_CLIENT_ID, bidTicks), amend(ASK_CLIENT_ID, askTicks)],
    });
  }

  book(instrument: number): PlainBook {
    return this.#books[instrument]!;
  }
}
