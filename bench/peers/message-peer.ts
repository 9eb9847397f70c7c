import type { Instrument } from '../../engine/base/instrument.ts';
import { microPrice } from '../../engine/base/micro-price.ts';
import type { PlainLevel } from './plain-book.ts';

/** A book as a peer keeps it: levels best first; more than 400 where it does not trim. */
export interface PeerBook {
  readonly seqId: number;
  readonly bids: readonly (readonly number[])[];
  readonly asks: readonly (readonly number[])[];
}

/** A library or a plain program that takes depth pushes as text, as the `ws` package hands them over. */
export interface MessagePeer {
  /** Takes one push, up to the changed book; gives the number of its instrument. */
  take(text: string): number;
  /** The message that amends both our orders of this instrument to follow its book. */
  answer(instrument: number): string;
  /** By instrument; undefined before its first snapshot. */
  book(instrument: number): PeerBook | undefined;
}

/** Client order ids of the two orders that every peer amends: the shape of the engine's own. */
export const BID_CLIENT_ID = '1000000420001000001';
export const ASK_CLIENT_ID = '1000000420002000001';

/** Prices in ticks of the two quotes: half a spread from the fair price, rounded away from it. */
export interface TwoQuotes {
  bidTicks: number;
  askTicks: number;
}

/** What a plain quoter makes of the best levels: the same prices as all the other peers. */
export class PlainQuoter {
  readonly quotes: TwoQuotes = { bidTicks: 0, askTicks: 0 };
  readonly #scales: readonly number[];
  readonly #halfSpreadTicks: readonly number[];

  constructor(instruments: readonly Instrument[], halfSpreadTicks: readonly number[]) {
    this.#scales = instruments.map(({ tick }) => 10 ** tick.decimals);
    this.#halfSpreadTicks = halfSpreadTicks;
  }

  compute(instrument: number, bid: Readonly<PlainLevel>, ask: Readonly<PlainLevel>): TwoQuotes {
    const scale = this.#scales[instrument]!;
    const half = this.#halfSpreadTicks[instrument]!;
    const fair = microPrice(Math.round(bid[0] * scale), bid[1], Math.round(ask[0] * scale), ask[1]);
    this.quotes.bidTicks = Math.floor(fair - half);
    this.quotes.askTicks = Math.ceil(fair + half);
    return this.quotes;
  }

  price(instrument: number, ticks: number): number {
    return ticks / this.#scales[instrument]!;
  }
}
