import { RestClient, WebsocketAPIClient, WebsocketClient } from 'okx-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../engine/base/clock.ts';
import { PaperVenue } from '../../engine/paper/gateway/venue.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import { createHttpServer, HttpChoice } from '../../engine/paper/server/create-server.ts';
import { PaperServer } from '../../engine/paper/server/paper-server.ts';
import { VenueTime } from '../../engine/paper/server/venue-time.ts';
import { accountOf } from './gateway/paper-world.ts';

/**
 * A public OKX client, unchanged but for its URLs, trades on the paper venue. It sets its own `tag` on every order:
 * that is its habit, not ours.
 */

const SPOT = 'BTC-USDT';
const SWAP = 'BTC-USDT-SWAP';
const WAIT_MS_MAX = 10_000;

const QUIET = { trace: () => {}, info: () => {}, error: () => {} };

interface Update {
  readonly arg: { readonly channel: string; readonly instId?: string };
  readonly action?: string;
  readonly data: readonly Record<string, unknown>[];
}

/** Keeps the client's updates and resolves when one is as wanted. */
class Updates {
  readonly #all: Update[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(client: WebsocketClient) {
    client.on('update', (update) => {
      this.#all.push(update as unknown as Update);
      for (const look of this.#waiting) look();
    });
  }

  first(what: string, isWanted: (update: Update) => boolean): Promise<Update> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`expected ${what} within ${WAIT_MS_MAX} ms`));
      }, WAIT_MS_MAX);
      const look = (): void => {
        const found = this.#all.find(isWanted);
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  ofOrder(clOrdId: string, state: string): Promise<Update> {
    return this.first(
      `${state} of ${clOrdId}`,
      ({ arg, data }) =>
        arg.channel === 'orders' && data.some((row) => row.clOrdId === clOrdId && row.state === state),
    );
  }
}

const CHOICES = [HttpChoice.auto, HttpChoice.node];

describe.each(CHOICES)('okx-api on the paper venue (--http %s)', (choice) => {
  const keys = { apiKey: 'key1', apiSecret: 'secret1', apiPass: 'pass1' };
  const time = new VenueTime(new SystemClock());
  const clients: { closeAll(force?: boolean): void }[] = [];
  let server: PaperServer;
  let port = 0;
  let rest: RestClient;

  beforeAll(async () => {
    const venue = new PaperVenue({
      instruments: recordedInstruments(),
      seed: 3,
      accounts: [accountOf(1)],
      flow: 'seeded',
      time: () => time.now(),
    });
    server = new PaperServer(
      venue,
      createHttpServer(choice, () => {}),
    );
    port = await server.listen('127.0.0.1', 0);
    rest = new RestClient({ ...keys, baseUrl: `http://127.0.0.1:${port}` });
  });

  afterAll(async () => {
    for (const client of clients) client.closeAll(true);
    await server.close();
  });

  const url = (path: string): string => `ws://127.0.0.1:${port}/ws/v5/${path}`;

  function connect(path: string): WebsocketClient {
    const client = new WebsocketClient({ wsUrl: url(path), accounts: [keys] }, QUIET);
    client.on('exception', () => {});
    clients.push(client);
    return client;
  }

  /** A price ten percent below the market, on the tick grid. */
  async function lowPrice(instId: string): Promise<string> {
    const [book] = await rest.getOrderBook({ instId, sz: '1' });
    return String(Math.floor(Number(book!.bids[0]![0]) * 0.99));
  }

  it('reads market data by REST', async () => {
    expect(Math.abs((await rest.getServerTime()) - time.now())).toBeLessThan(5_000);
    const instruments = await rest.getInstruments({ instType: 'SWAP' });
    expect(instruments.map(({ instId }) => instId)).toContain(SWAP);
    const tickers = await rest.getTickers({ instType: 'SWAP' });
    expect(tickers.map(({ instId }) => instId)).toContain(SWAP);
  });

  it('subscribes to books and trades', async () => {
    const client = connect('public');
    const updates = new Updates(client);
    await Promise.all(
      client.subscribe([
        { channel: 'books', instId: SPOT },
        { channel: 'trades', instId: SPOT },
      ]),
    );
    const snapshot = await updates.first('a snapshot', ({ action }) => action === 'snapshot');
    expect(snapshot.data[0]!.prevSeqId).toBe(-1);
    const update = await updates.first('an update', ({ action }) => action === 'update');
    expect(update.data[0]!.prevSeqId).toBe(snapshot.data[0]!.seqId);
    const trade = await updates.first('a trade', ({ arg }) => arg.channel === 'trades');
    expect(trade.data[0]).toMatchObject({
      instId: SPOT,
      side: expect.stringMatching(/^(buy|sell)$/) as string,
    });
  });

  it('places, amends and cancels by REST, and hears of it on orders', async () => {
    const client = connect('private');
    const updates = new Updates(client);
    const acked = new Promise<void>((resolve) => {
      client.on('response', (response) => {
        if ((response as { event?: string }).event === 'subscribe') resolve();
      });
    });
    client.subscribe({ channel: 'orders', instType: 'ANY' });
    await acked;
    const px = await lowPrice(SPOT);
    const [placed] = await rest.submitOrder({
      instId: SPOT,
      tdMode: 'cash',
      side: 'buy',
      ordType: 'post_only',
      px,
      sz: '0.01',
      clOrdId: 'rest1',
    });
    expect(placed).toMatchObject({ sCode: '0', clOrdId: 'rest1' });
    const live = await updates.ofOrder('rest1', 'live');
    expect(live.data[0]).toMatchObject({ ordId: placed!.ordId, instId: SPOT, px });
    const [amended] = await rest.amendOrder({ instId: SPOT, clOrdId: 'rest1', newSz: '0.02' });
    expect(amended).toMatchObject({ sCode: '0' });
    await updates.first('the amended size', ({ data }) => data.some((row) => row.sz === '0.02'));
    const open = await rest.getOrderList({ instType: 'SPOT' });
    expect(open).toMatchObject([{ clOrdId: 'rest1', sz: '0.02', state: 'live' }]);
    const [cancelled] = await rest.cancelOrder({ instId: SPOT, clOrdId: 'rest1' });
    expect(cancelled).toMatchObject({ sCode: '0' });
    await updates.ofOrder('rest1', 'canceled');
    expect(await rest.getOrderList({ instType: 'SPOT' })).toEqual([]);
  });

  it('places, amends and cancels by WebSocket', async () => {
    const api = new WebsocketAPIClient(
      { wsUrl: url('private'), accounts: [keys], attachEventListeners: false },
      QUIET,
    );
    const client = api.getWSClient();
    client.on('exception', () => {});
    clients.push(client);
    const [instrument] = await rest.getInstruments({ instType: 'SWAP', instId: SWAP });
    const { instIdCode } = instrument as unknown as { instIdCode: number };
    const px = await lowPrice(SWAP);
    const order = {
      instIdCode,
      tdMode: 'cross',
      side: 'buy',
      ordType: 'post_only',
      px,
      sz: '1',
      clOrdId: 'ws1',
    };
    const placed = await api.submitNewOrder(order as unknown as Parameters<typeof api.submitNewOrder>[0]);
    expect(placed).toMatchObject({ op: 'order', code: '0', data: [{ clOrdId: 'ws1', sCode: '0' }] });
    const amend = { instIdCode, clOrdId: 'ws1', newSz: '2', reqId: 'q1' };
    const amended = await api.amendOrder(amend as unknown as Parameters<typeof api.amendOrder>[0]);
    expect(amended).toMatchObject({ op: 'amend-order', code: '0', data: [{ reqId: 'q1', sCode: '0' }] });
    const batch = ['ws2', 'ws3'].map((clOrdId) => ({ ...order, clOrdId }));
    const many = await api.submitMultipleOrders(
      batch as unknown as Parameters<typeof api.submitMultipleOrders>[0],
    );
    expect(many).toMatchObject({
      op: 'batch-orders',
      code: '0',
      data: [{ clOrdId: 'ws2' }, { clOrdId: 'ws3' }],
    });
    const [first, ...others] = ['ws1', 'ws2', 'ws3'].map((clOrdId) => ({ instIdCode, clOrdId }));
    const cancelled = await api.cancelOrder(first as unknown as Parameters<typeof api.cancelOrder>[0]);
    expect(cancelled).toMatchObject({
      op: 'cancel-order',
      code: '0',
      data: [{ clOrdId: 'ws1', sCode: '0' }],
    });
    const rest3 = await api.cancelMultipleOrders(
      others as unknown as Parameters<typeof api.cancelMultipleOrders>[0],
    );
    expect(rest3).toMatchObject({ code: '0', data: [{ clOrdId: 'ws2' }, { clOrdId: 'ws3' }] });
    const refused = api.cancelOrder(first as unknown as Parameters<typeof api.cancelOrder>[0]);
    await expect(refused).rejects.toMatchObject({ code: '1', data: [{ sCode: '51400' }] });
  });

  it('places a stop, sees it wait, amends it and takes it back', async () => {
    await rest.submitOrder({ instId: SWAP, tdMode: 'cross', side: 'buy', ordType: 'market', sz: '1' });
    const px = (share: number): string => (Number(low) * share).toFixed(1);
    const low = await lowPrice(SWAP);
    const [placed] = await rest.placeAlgoOrder({
      instId: SWAP,
      tdMode: 'cross',
      side: 'sell',
      ordType: 'conditional',
      sz: '1',
      reduceOnly: true,
      algoClOrdId: 'algo1',
      slTriggerPx: px(0.98),
      slOrdPx: '-1',
    });
    expect(placed).toMatchObject({ sCode: '0', algoClOrdId: 'algo1' });
    const waiting = await rest.getAlgoOrderList({ ordType: 'conditional' });
    expect(waiting).toMatchObject([{ algoId: placed!.algoId, state: 'live', slTriggerPx: px(0.98) }]);
    const { algoId } = placed as unknown as { algoId: string };
    await rest.amendAlgoOrder({ instId: SWAP, algoId, newSlTriggerPx: px(0.97) });
    expect(await rest.getAlgoOrderList({ ordType: 'conditional' })).toMatchObject([
      { slTriggerPx: px(0.97) },
    ]);
    await rest.cancelAlgoOrder([{ instId: SWAP, algoId }]);
    expect(await rest.getAlgoOrderList({ ordType: 'conditional' })).toEqual([]);
    await rest.closePositions({ instId: SWAP, mgnMode: 'cross' });
  });

  it('is refused with a wrong secret', async () => {
    const wrong = new RestClient({ ...keys, apiSecret: 'wrong', baseUrl: `http://127.0.0.1:${port}` });
    await expect(wrong.getOrderList()).rejects.toMatchObject({ code: '50113' });
  });
});
