import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PaperWorld } from './paper-world.ts';
import type { Message } from './paper-world.ts';

/** The documentation's own examples, as of 2026-07-28. */
const EXAMPLES: readonly Message[] = readFileSync(
  new URL('../../fixtures/paper/doc-examples.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => (JSON.parse(line) as { json: Message }).json);

/** Paths of all fields, arrays of objects by their first element. */
function fieldsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) {
    return typeof value[0] === 'object' && !Array.isArray(value[0]) ? fieldsOf(value[0], path) : [path];
  }
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, field]) => fieldsOf(field, `${path}/${name}`));
}

function columnsOf(row: unknown): number {
  return Array.isArray(row) ? row.length : 0;
}

/** What a client sees of everything within a minute of a living market in which it trades. */
function heardMessages(): Message[] {
  const world = new PaperWorld({ flow: 'seeded' });
  const spot = 'BTC-USDT';
  const swap = 'BTC-USDT-SWAP';
  const market = world.connect('public');
  const args: Record<string, string>[] = [];
  for (const channel of ['books', 'bbo-tbt', 'tickers', 'trades']) args.push({ channel, instId: spot });
  for (const channel of ['price-limit', 'mark-price', 'funding-rate']) args.push({ channel, instId: swap });
  market.say({ op: 'subscribe', args });
  const business = world.connect('business').say({
    op: 'subscribe',
    args: [
      { channel: 'trades-all', instId: spot },
      { channel: 'candle1H', instId: spot },
    ],
  });
  const trader = world.trader(
    1,
    { channel: 'orders', instType: 'ANY' },
    { channel: 'fills', instId: swap },
    { channel: 'positions', instType: 'ANY' },
    { channel: 'account' },
    { channel: 'balance_and_position' },
  );
  const instIdCode = world.codeOf(swap);
  const order = {
    instIdCode,
    tdMode: 'cross',
    side: 'buy',
    ordType: 'market',
    sz: '1',
    clOrdId: '1',
    tag: 'T',
  };
  trader.say({ id: '1', op: 'order', args: [order] });
  const [ask] = world.venue.exchange.book(swap)!.asks;
  const low = String(Math.floor(Number(ask![0]) * 0.99));
  const resting = { ...order, ordType: 'post_only', px: low };
  trader.say({
    id: '2',
    op: 'batch-orders',
    args: [
      { ...resting, clOrdId: '2' },
      { ...resting, clOrdId: '3' },
    ],
  });
  trader.say({
    id: '3',
    op: 'amend-order',
    args: [{ instIdCode, clOrdId: '2', newSz: '2', reqId: 'b12344' }],
  });
  trader.say({ id: '4', op: 'cancel-order', args: [{ instIdCode, clOrdId: '2' }] });
  world.advance(12_000, 10);
  return [...market.heard(), ...business.heard(), ...trader.heard()].filter(({ data }) => data !== undefined);
}

/** The documentation's example of a push, from the collection that the engine's decoders are tested with. */
function exampleOf(channel: string): Message {
  const path = new URL('../../fixtures/okx/examples-2026-07-28.jsonl', import.meta.url);
  for (const line of readFileSync(path, 'utf8').trim().split('\n')) {
    const { json } = JSON.parse(line) as { json: Message };
    if (json.arg?.channel === channel && json.data !== undefined) return json;
  }
  throw new Error(`expected an example of ${channel}`);
}

/** Fields of REST answers (docs-v5 "Fills", "Account rate limit", "Cancel All After", read 2026-07-28). */
const REST_FIELDS: Readonly<Record<string, string>> = {
  fills:
    'instType instId tradeId ordId clOrdId billId subType tag fillPx fillSz fillIdxPx fillPnl fillPxVol fillPxUsd ' +
    'fillMarkVol fillFwdPx fillMarkPx side posSide execType feeCcy fee ts fillTime feeRate tradeQuoteCcy',
  'account-rate-limit': 'fillRatio mainFillRatio accRateLimit nextAccRateLimit ts',
  'cancel-all-after': 'triggerTime tag ts',
};

describe('the shapes of the documentation', () => {
  const heard = heardMessages();

  it.each(EXAMPLES.map((example) => [String(example.arg?.channel ?? example.op), example] as const))(
    'of %s are the venue’s',
    (name, example) => {
      // Candles come in every length; all have the same row.
      const isSame = (message: Message): boolean =>
        name.startsWith('candle')
          ? String(message.arg?.channel).startsWith('candle')
          : (message.arg?.channel ?? message.op) === name && message.action === example.action;
      const own = heard.filter(isSame);
      expect(own.length).toBeGreaterThan(0);
      const present = new Set(own.flatMap((message) => fieldsOf(message)));
      const missing = fieldsOf(example).filter(
        // Which instrument an arg names depends on the subscription; algo orders on positions are not modelled.
        (field) => !field.startsWith('/arg/') && !field.includes('closeOrderAlgo') && !present.has(field),
      );
      expect(missing).toEqual([]);
      expect(columnsOf(own[0]!.data![0])).toBe(columnsOf(example.data![0]));
    },
  );

  it('of status are those of a maintenance', () => {
    const world = new PaperWorld();
    const peer = world.connect('public').say({ op: 'subscribe', args: [{ channel: 'status' }] });
    world.venue.setMaintenance(true);
    const [push] = peer.pushes('status');
    expect(fieldsOf(push).toSorted()).toEqual(fieldsOf(exampleOf('status')).toSorted());
    const answer = world.rest('GET', '/api/v5/system/status').answer.data!;
    expect(fieldsOf(answer[0]).toSorted()).toEqual(fieldsOf(push!.data![0]).toSorted());
  });

  it.each(Object.entries(REST_FIELDS))('of %s by REST are the venue’s', (name, fields) => {
    const world = new PaperWorld({ startPrices: { 'BTC-USDT-SWAP': '50000' } });
    const order = { instId: 'BTC-USDT-SWAP', tdMode: 'cross', ordType: 'limit', px: '50000', sz: '1' };
    world.venue.exchange.place('uid1', { ...order, side: 'buy' });
    world.venue.exchange.place('uid2', { ...order, side: 'sell' });
    const isPost = name === 'cancel-all-after';
    const { answer } = world.rest(isPost ? 'POST' : 'GET', `/api/v5/trade/${name}`, {
      account: 1,
      body: isPost ? { timeOut: '60', tag: 'T' } : '',
    });
    expect(Object.keys(answer.data![0]!).toSorted()).toEqual(fields.split(' ').toSorted());
    for (const value of Object.values(answer.data![0]!)) expect(typeof value).toBe('string');
  });

  it('hold for the types of values: text, but for sequence numbers and checksums', () => {
    const numbers = new Set<string>();
    for (const message of heard) {
      for (const row of message.data!) {
        for (const [name, value] of Object.entries(row)) if (typeof value === 'number') numbers.add(name);
      }
    }
    expect([...numbers].toSorted()).toEqual(['checksum', 'prevSeqId', 'seqId']);
  });
});
