import { Side } from '../base/side.ts';
import type { Milliseconds } from '../base/units.ts';
import type { FillRow } from '../venue/account-rows.ts';
import { fillValue } from './fill-value.ts';
import type { ValueTerms } from './fill-value.ts';

/** One fill of ours as the ledger keeps it: a line of JSON. Amounts are decimal text, in USDT where nothing else is said. */
export interface FillEntry {
  readonly timeMs: Milliseconds;
  /** The account's uid. */
  readonly account: string;
  /** Which API key traded: the first letters of a hash of it. */
  readonly key: string;
  /** The account's fee tier at that time: Lv1 to Lv9, VIP1 to VIP9. */
  readonly level: string;
  readonly instType: string;
  readonly instId: string;
  readonly ordId: string;
  readonly clOrdId: string;
  readonly tag: string;
  readonly tradeId: string;
  readonly billId: string;
  readonly side: 'buy' | 'sell';
  readonly price: string;
  readonly size: string;
  /** As the venue told it: negative is paid. */
  readonly fee: string;
  readonly feeCcy: string;
  readonly isMaker: boolean;
  /** "" where no price was known. */
  readonly volume: string;
  /** The fee in USDT, the venue's sign; "" where no price was known. */
  readonly feeValue: string;
}

/** Who traded. */
export interface Trader {
  readonly account: string;
  readonly key: string;
  readonly level: string;
}

/** @param terms undefined of an instrument that is not configured any more: its fills are kept without a value */
export function fillEntry(row: FillRow, terms: ValueTerms | undefined, trader: Trader): FillEntry {
  const figures = {
    price: row.fillPx,
    size: row.fillSz,
    fee: row.fee,
    feeCcy: row.feeCcy,
    indexPrice: row.fillIdxPx,
  };
  const { volume, fee } =
    terms === undefined ? { volume: undefined, fee: undefined } : fillValue(terms, figures);
  return {
    timeMs: row.fillTimeMs > 0 ? row.fillTimeMs : row.tsMs,
    ...trader,
    instType: row.instType,
    instId: row.instId,
    ordId: row.ordId,
    clOrdId: row.clOrdId,
    tag: row.tag,
    tradeId: row.tradeId,
    billId: row.billId,
    side: row.side === Side.buy ? 'buy' : 'sell',
    price: row.fillPx,
    size: row.fillSz,
    fee: row.fee,
    feeCcy: row.feeCcy,
    isMaker: row.isMaker,
    volume: volume === undefined ? '' : volume.toString(),
    feeValue: fee === undefined ? '' : fee.toString(),
  };
}

/**
 * One trade of one order, however often it is told. A trade id alone is not enough: an order of each side may have the same
 * one, and rows without a trade have none.
 */
export function identityOf(
  entry: Pick<FillEntry, 'account' | 'instId' | 'ordId' | 'tradeId' | 'billId' | 'side'>,
): string {
  const trade = entry.tradeId === '' || entry.tradeId === '0' ? `bill ${entry.billId}` : entry.tradeId;
  return `${entry.account} ${entry.instId} ${trade} ${entry.ordId} ${entry.side}`;
}

/** undefined when the line is none of the ledger's. */
export function readEntry(line: string): FillEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const entry = value as Partial<FillEntry>;
  return typeof entry.timeMs === 'number' && TEXTS.every((name) => typeof entry[name] === 'string')
    ? (entry as FillEntry)
    : undefined;
}

const TEXTS = [
  'account',
  'instId',
  'ordId',
  'tag',
  'tradeId',
  'billId',
  'side',
  'volume',
  'feeValue',
] as const;
