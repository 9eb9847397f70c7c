/**
 * The fills of a run as rows, in a bounded number: when there are too many, every second one is left out, and so on. Who
 * wants all of them gives a listener.
 */
import { NS_PER_MS } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { TradeTold } from './order-updates.ts';
import type { FillRow } from './run-result.ts';

type Row = { -readonly [Name in keyof FillRow]: FillRow[Name] };

/** Rows that wait for their fee; of a trade whose fee comes later than so many others, the fee is not shown. */
const WAITING_MAX = 1_000;

export class FillRows {
  /** One of so many fills is kept. */
  every = 1;
  readonly #max: number;
  readonly #onFill: ((row: FillRow) => void) | undefined;
  #rows: Row[] = [];
  #count = 0;
  readonly #waiting = new Map<string, Row>();

  /** @param onFill told every fill when it is booked; the fee of one may follow later */
  constructor(max: number, onFill?: (row: FillRow) => void) {
    this.#max = max;
    this.#onFill = onFill;
  }

  add(trade: TradeTold, timeNs: Nanoseconds, value: number, mid: number | null, position: number): void {
    const row: Row = {
      timeMs: timeNs / NS_PER_MS,
      venueMs: trade.venueMs,
      instId: trade.instId,
      side: trade.isBuy ? 'buy' : 'sell',
      price: Number(trade.price),
      size: Number(trade.size),
      value,
      fee: trade.fee === '' ? null : Number(trade.fee),
      feeCcy: trade.feeCcy,
      isMaker: trade.isMaker,
      tradeId: trade.tradeId,
      clOrdId: trade.clOrdId,
      mid,
      position,
    };
    if (row.fee === null) this.#wait(row);
    this.#onFill?.(row);
    if (this.#count++ % this.every !== 0) return;
    this.#rows.push(row);
    if (this.#rows.length <= this.#max) return;
    this.#rows = this.#rows.filter((_, index) => index % 2 === 0);
    this.every *= 2;
  }

  setFee({ instId, tradeId, fee, feeCcy }: TradeTold): void {
    const key = `${instId}/${tradeId}`;
    const row = this.#waiting.get(key);
    if (row === undefined) return;
    row.fee = Number(fee);
    row.feeCcy = feeCcy;
    this.#waiting.delete(key);
  }

  /** @param msOf the time of the epoch at a time of the run */
  rows(msOf: (timeNs: Nanoseconds) => Milliseconds): FillRow[] {
    return this.#rows.map((row) => ({ ...row, timeMs: msOf(row.timeMs * NS_PER_MS) }));
  }

  #wait(row: Row): void {
    if (this.#waiting.size >= WAITING_MAX) this.#waiting.delete(this.#waiting.keys().next().value!);
    this.#waiting.set(`${row.instId}/${row.tradeId}`, row);
  }
}
