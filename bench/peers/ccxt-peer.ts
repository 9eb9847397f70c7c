import type { Instrument } from '../../engine/base/instrument.ts';
import { ASK_CLIENT_ID, BID_CLIENT_ID, PlainQuoter } from './message-peer.ts';
import type { MessagePeer, PeerBook } from './message-peer.ts';
import type { PlainLevel } from './plain-book.ts';

/** As much of ccxt pro's `okx` as is called. */
export interface CcxtExchange {
  urls: { api: { ws: string } };
  readonly orderbooks: Record<string, CcxtBook | undefined>;
  setMarkets(markets: readonly object[]): void;
  parseMarket(row: object): Record<string, unknown>;
  client(url: string): CcxtClient;
  getUrl(channel: string, access: string): string;
  requestId(): string;
  editOrderRequest(
    id: string,
    symbol: string,
    type: string,
    side: string,
    amount: number | undefined,
    price: number,
    params: object,
  ): Record<string, unknown>;
  watch(url: string, hash: string, request: object, subscription: string): Promise<unknown>;
  watchOrderBook(symbol: string): Promise<CcxtBook>;
  authenticate(): Promise<unknown>;
  loadHttpProxyAgent(): Promise<unknown>;
  close(): Promise<void>;
}

/** Levels are arrays of price and size; ccxt calls the sequence number `nonce`. */
export interface CcxtBook {
  readonly nonce: number;
  readonly bids: readonly PlainLevel[];
  readonly asks: readonly PlainLevel[];
}

interface CcxtClient {
  readonly subscriptions: Record<string, unknown>;
  onMessage(event: { data: string }): void;
}

export type CcxtConstructor = new (options: object) => CcxtExchange;

export async function loadCcxt(folderUrl: string): Promise<CcxtConstructor> {
  // The one exchange: the whole library brings a hundred others.
  const module = (await import(`${folderUrl}js/src/pro/okx.js`)) as { default: CcxtConstructor };
  return module.default;
}

/** The exchange with its markets given, so that it asks nobody for them. Credentials are for loopback. */
export function ccxtExchange(
  Exchange: CcxtConstructor,
  instruments: readonly Instrument[],
  wsUrl: string,
): CcxtExchange {
  const exchange = new Exchange({
    apiKey: 'bench',
    secret: 'bench',
    password: 'bench',
    enableRateLimit: false,
  });
  exchange.urls.api.ws = wsUrl;
  exchange.setMarkets(
    instruments.map((instrument) => ({ ...exchange.parseMarket(instrumentRow(instrument)) })),
  );
  return exchange;
}

/** The unified symbol of a linear perpetual such as BTC-USDT-SWAP. */
export function ccxtSymbol({ instId, settleCcy }: Instrument): string {
  const [base, quote] = instId.split('-');
  return `${base}/${quote}:${settleCcy}`;
}

interface CcxtRequest {
  readonly id: string;
  readonly op: string;
  readonly args: readonly Record<string, unknown>[];
}

/** The amend of both orders, each as ccxt's own `editOrderWs` makes it, in one message. */
export function ccxtAnswer(
  exchange: CcxtExchange,
  instrument: Instrument,
  symbol: string,
  quoter: PlainQuoter,
  { bids, asks }: Pick<CcxtBook, 'bids' | 'asks'>,
): CcxtRequest {
  const { index, instIdCode } = instrument;
  const { bidTicks, askTicks } = quoter.compute(index, bids[0]!, asks[0]!);
  const amend = (side: 'buy' | 'sell', clOrdId: string, ticks: number): Record<string, unknown> => {
    const price = quoter.price(index, ticks);
    const args = exchange.editOrderRequest('', symbol, 'limit', side, undefined, price, { clOrdId });
    delete args['instId'];
    args['instIdCode'] = instIdCode;
    return args;
  };
  const args = [amend('buy', BID_CLIENT_ID, bidTicks), amend('sell', ASK_CLIENT_ID, askTicks)];
  // Its own ids are the millisecond and four digits by chance: two frames of one millisecond may have the same, and then its
  // watch() takes the second for sent already.
  const id = `${exchange.requestId()}${++requests % REQUESTS}`;
  return { id, op: 'batch-amend-orders', args };
}

const REQUESTS = 100_000;
let requests = 0;

/** ccxt pro's way of a push from its client's `onMessage` to the changed book; nothing is connected. */
export function ccxtPeer(
  Exchange: CcxtConstructor,
  instruments: readonly Instrument[],
  halfSpreadTicks: readonly number[],
): MessagePeer {
  const exchange = ccxtExchange(Exchange, instruments, 'wss://127.0.0.1:9');
  const client = exchange.client(exchange.getUrl('books', 'public'));
  const symbols = instruments.map(ccxtSymbol);
  const numbers = new Map(instruments.map(({ instId, index }) => [instId, index]));
  const quoter = new PlainQuoter(instruments, halfSpreadTicks);
  for (const symbol of symbols) client.subscriptions[`books:${symbol}`] = true;
  return {
    take(text) {
      client.onMessage({ data: text });
      // The name stands at the same place in every push: which book changed is not part of what ccxt does.
      const at = text.indexOf('"instId":"') + '"instId":"'.length;
      return numbers.get(text.slice(at, text.indexOf('"', at)))!;
    },
    answer(index) {
      const book = exchange.orderbooks[symbols[index]!]!;
      return JSON.stringify(ccxtAnswer(exchange, instruments[index]!, symbols[index]!, quoter, book));
    },
    book(index): PeerBook | undefined {
      const book = exchange.orderbooks[symbols[index]!];
      return book === undefined ? undefined : { seqId: book.nonce, bids: book.bids, asks: book.asks };
    },
  };
}

/** A row of the venue's list of instruments, as ccxt's own parser takes it. */
function instrumentRow(instrument: Instrument): object {
  const { instId, instFamily, settleCcy, tick, lot } = instrument;
  const [base] = instId.split('-');
  return {
    instType: 'SWAP',
    instId,
    instFamily,
    uly: instFamily,
    settleCcy,
    ctValCcy: base,
    ctVal: '0.01',
    ctMult: '1',
    ctType: 'linear',
    tickSz: tick.step,
    lotSz: lot.step,
    minSz: lot.step,
    lever: '100',
    state: 'live',
    instIdCode: instrument.instIdCode,
  };
}
