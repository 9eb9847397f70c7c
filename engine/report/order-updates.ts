/**
 * What the private frames tell of our trades and orders: rows of the orders, fills and positions channels. Cold: JSON. The
 * engine's own decoders have counted them when these are read; here only the details are taken from them.
 */
import { unitsOfText } from '../attribution/exact-money.ts';
import { objectOf, objectsOf, parseObject, textOf } from '../okx/message-fields.ts';
import type { Fields } from '../okx/message-fields.ts';
import { OkxMessageError } from '../okx/okx-message-error.ts';
import { Channel } from '../okx/shapes.ts';

/** A trade of ours as a frame tells it. */
export interface TradeTold {
  readonly instId: string;
  readonly tradeId: string;
  readonly clOrdId: string;
  readonly isBuy: boolean;
  /** Decimals, as told. */
  readonly price: string;
  readonly size: string;
  readonly venueMs: number;
  readonly isMaker: boolean;
  /** '' where the channel tells none. */
  readonly fee: string;
  readonly feeCcy: string;
}

export interface VenueCancel {
  readonly instId: string;
  readonly source: string;
}

export interface FundingTold {
  readonly instId: string;
  /** Of a leg, where the account holds them apart. */
  readonly posSide: string;
  /** Funding and penalties of the position since it was opened, in units. */
  readonly total: bigint;
  /** When that was; 0 where the venue does not say. */
  readonly openedMs: number;
}

export interface PrivateNews {
  readonly trades: readonly TradeTold[];
  readonly cancels: readonly VenueCancel[];
  readonly funding: readonly FundingTold[];
}

const NOTHING: PrivateNews = { trades: [], cancels: [], funding: [] };

/** Null for what cannot be read: the venue may say anything, and the engine asks again when it does. */
export function privateNewsOf(text: string): PrivateNews | null {
  try {
    return readNews(text);
  } catch (error) {
    if (error instanceof OkxMessageError) return null;
    throw error;
  }
}

function readNews(text: string): PrivateNews {
  if (!text.startsWith('{') || !text.includes('"arg"')) return NOTHING;
  const message = parseObject(text);
  if (!Array.isArray(message['data'])) return NOTHING;
  const channel = textOf(objectOf(message['arg'], 'arg'), 'channel');
  const rows = objectsOf(message, 'data');
  if (channel === Channel.orders) {
    return { trades: rows.flatMap(tradeOf), cancels: rows.flatMap(cancelOf), funding: [] };
  }
  if (channel === Channel.fills) return { trades: rows.flatMap(fillOf), cancels: [], funding: [] };
  if (channel === Channel.positions) return { trades: [], cancels: [], funding: rows.flatMap(fundingOf) };
  return NOTHING;
}

function tradeOf(row: Fields): TradeTold[] {
  const tradeId = textOf(row, 'tradeId');
  const size = textOf(row, 'fillSz');
  if (tradeId === '' || size === '' || Number(size) === 0) return [];
  return [
    {
      instId: textOf(row, 'instId'),
      tradeId,
      clOrdId: textOf(row, 'clOrdId'),
      isBuy: textOf(row, 'side') === 'buy',
      price: textOf(row, 'fillPx'),
      size,
      venueMs: Number(textOf(row, 'fillTime') || textOf(row, 'uTime')),
      isMaker: textOf(row, 'execType') === 'M',
      fee: textOf(row, 'fillFee'),
      feeCcy: textOf(row, 'fillFeeCcy'),
    },
  ];
}

/** Rows of takers are passed over, as the engine does: they are sums of several trades, and come by the orders channel. */
function fillOf(row: Fields): TradeTold[] {
  if (textOf(row, 'execType') !== 'M') return [];
  return [
    {
      instId: textOf(row, 'instId'),
      tradeId: textOf(row, 'tradeId'),
      clOrdId: textOf(row, 'clOrdId'),
      isBuy: textOf(row, 'side') === 'buy',
      price: textOf(row, 'fillPx'),
      size: textOf(row, 'fillSz'),
      venueMs: Number(textOf(row, 'ts')),
      isMaker: true,
      fee: '',
      feeCcy: '',
    },
  ];
}

/** Orders that ended for another reason than a cancel of ours ('1' is the user's). */
function cancelOf(row: Fields): VenueCancel[] {
  const source = textOf(row, 'cancelSource');
  if (textOf(row, 'state') !== 'canceled' || source === '' || source === '1') return [];
  return [{ instId: textOf(row, 'instId'), source }];
}

function fundingOf(row: Fields): FundingTold[] {
  const texts = [textOf(row, 'fundingFee'), textOf(row, 'liqPenalty')].filter((text) => text !== '');
  if (texts.length === 0) return [];
  const total = texts.reduce((sum, text) => sum + unitsOfText(text), 0n);
  const instId = textOf(row, 'instId');
  return [{ instId, posSide: textOf(row, 'posSide'), total, openedMs: Number(textOf(row, 'cTime')) }];
}
