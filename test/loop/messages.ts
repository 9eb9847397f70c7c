import { EPOCH_MS, TAG } from './loop-world.ts';
import type { SentMessage } from './loop-world.ts';

/** Pushes and answers of the venue as text, hand-written: nothing here goes through the paper venue or the codecs. */

export type Level = readonly [price: string, size: string];

export interface DepthChange {
  readonly instId?: string;
  readonly action?: 'snapshot' | 'update';
  readonly asks?: readonly Level[];
  readonly bids?: readonly Level[];
  readonly seqId: number;
  readonly prevSeqId: number;
  readonly ts?: number;
}

const row = ([price, size]: Level): string => `["${price}","${size}","0","1"]`;

export function depth(change: DepthChange): string {
  const { instId = 'BTC-USDT-SWAP', action = 'update', asks = [], bids = [], seqId, prevSeqId } = change;
  return (
    `{"arg":{"channel":"books","instId":"${instId}"},"action":"${action}","data":[{` +
    `"asks":[${asks.map(row).join(',')}],"bids":[${bids.map(row).join(',')}],"ts":"${change.ts ?? EPOCH_MS}",` +
    `"checksum":0,"seqId":${seqId},"prevSeqId":${prevSeqId}}]}`
  );
}

export function priceLimit(buyLmt: string, sellLmt: string, enabled = true): string {
  return JSON.stringify({
    arg: { channel: 'price-limit', instId: 'BTC-USDT-SWAP' },
    data: [{ instType: 'SWAP', instId: 'BTC-USDT-SWAP', buyLmt, sellLmt, ts: String(EPOCH_MS), enabled }],
  });
}

export function instrumentsPush(...rows: object[]): string {
  return JSON.stringify({ arg: { channel: 'instruments', instType: 'SWAP' }, data: rows });
}

/** The answer to an order operation; `codes` by item, the last for all that follow. */
export function ack(message: SentMessage, codes: readonly number[] = [0]): string {
  const sCodes = message.args.map((_, item) => codes[Math.min(item, codes.length - 1)]!);
  const refused = sCodes.filter((code) => code !== 0).length;
  return JSON.stringify({
    id: message.id,
    op: message.op,
    code: refused === 0 ? '0' : refused === sCodes.length ? '1' : '2',
    msg: '',
    data: message.args.map(({ clOrdId }, item) => ({
      clOrdId,
      ordId: sCodes[item] === 0 ? `9${String(clOrdId).slice(9)}` : '',
      tag: TAG,
      ts: String(EPOCH_MS),
      sCode: String(sCodes[item]),
      sMsg: '',
      subCode: '',
    })),
    inTime: `${EPOCH_MS}000`,
    outTime: `${EPOCH_MS}100`,
  });
}

/** A request refused as a whole, without items. */
export function rootRefusal(message: SentMessage, code: number): string {
  return JSON.stringify({ id: message.id, op: message.op, code: String(code), msg: 'no', data: [] });
}

export function ordersPush(...rows: readonly object[]): string {
  return JSON.stringify({ arg: { channel: 'orders', instType: 'ANY', uid: '1' }, data: rows });
}

/** A row of the orders channel with the fields of the documentation that matter here. */
export function orderRow(changes: Readonly<Record<string, unknown>>): object {
  return {
    instType: 'SWAP',
    instId: 'BTC-USDT-SWAP',
    ccy: '',
    ordId: '1',
    tag: TAG,
    ordType: 'post_only',
    posSide: 'net',
    tdMode: 'cross',
    accFillSz: '0',
    fillSz: '0',
    fillPx: '',
    tradeId: '',
    fillTime: '',
    fillFee: '0',
    fillFeeCcy: '',
    execType: '',
    state: 'live',
    avgPx: '0',
    uTime: String(EPOCH_MS),
    reqId: '',
    amendResult: '',
    cancelSource: '',
    code: '0',
    msg: '',
    ...changes,
  };
}

export function fillsPush(...rows: readonly object[]): string {
  return JSON.stringify({ arg: { channel: 'fills', uid: '1' }, data: rows });
}

export function markPrice(markPx: string): string {
  return JSON.stringify({
    arg: { channel: 'mark-price', instId: 'BTC-USDT-SWAP' },
    data: [{ instType: 'SWAP', instId: 'BTC-USDT-SWAP', markPx, ts: String(EPOCH_MS) }],
  });
}

export function indexTicker(instId: string, idxPx: string): string {
  return JSON.stringify({
    arg: { channel: 'index-tickers', instId },
    data: [{ instId, idxPx, high24h: idxPx, low24h: idxPx, open24h: idxPx, ts: String(EPOCH_MS) }],
  });
}

/** One push of the trades channel, all of them at one time after the worlds' beginning. */
export function tradesPush(
  trades: readonly (readonly [side: 'buy' | 'sell', px: string, sz: string])[],
  afterMs = 0,
  instId = 'BTC-USDT-SWAP',
): string {
  const data = trades.map(([side, px, sz]) => ({
    instId,
    tradeId: '1',
    px,
    sz,
    side,
    ts: String(EPOCH_MS + afterMs),
    count: '1',
    source: '0',
    seqId: 1,
  }));
  return JSON.stringify({ arg: { channel: 'trades', instId }, data });
}

/** @param ratios by currency, as futures mode tells them */
export function accountPush(
  mgnRatio: string,
  ratios: Readonly<Record<string, string>> = {},
  page: { readonly eventType?: string; readonly lastPage?: boolean } = {},
): string {
  const details = Object.entries(ratios).map(([ccy, ratio]) => ({ ccy, eq: '1', mgnRatio: ratio }));
  return JSON.stringify({
    arg: { channel: 'account', uid: '1' },
    eventType: 'event_update',
    ...page,
    data: [{ uTime: String(EPOCH_MS), totalEq: '1000', mgnRatio, details }],
  });
}

export function positionPush(pos: string, liqPx = '', markPx = ''): string {
  return JSON.stringify({
    arg: { channel: 'positions', instType: 'ANY', uid: '1' },
    eventType: 'event_update',
    data: [
      {
        instType: 'SWAP',
        instId: 'BTC-USDT-SWAP',
        mgnMode: 'cross',
        posId: '7',
        posSide: 'net',
        pos,
        avgPx: '1000',
        liqPx,
        markPx,
        uTime: String(EPOCH_MS),
      },
    ],
  });
}

/** A row of the status channel; times in milliseconds after the worlds' beginning. */
export function statusPush(
  state: string,
  changes: { readonly serviceType?: string; readonly env?: string; readonly endMs?: number } = {},
): string {
  const { serviceType = '5', env = '1', endMs } = changes;
  return JSON.stringify({
    arg: { channel: 'status' },
    data: [
      {
        title: 'Trading system upgrade',
        state,
        begin: String(EPOCH_MS),
        end: endMs === undefined ? '' : String(EPOCH_MS + endMs),
        serviceType,
        maintType: '2',
        env,
        ts: String(EPOCH_MS),
      },
    ],
  });
}
