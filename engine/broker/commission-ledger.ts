/**
 * Fills added up by order and day: volume, fee and what they leave to earn on. Exact, and each fill once.
 *
 * Invariants: a fill that is added again changes nothing; sums do not depend on the order of adding.
 * Cost:       a few additions of BigInts a fill, and its name in a set.
 */
import type { Milliseconds } from '../base/units.ts';
import { DOLLARS } from '../okx/shapes.ts';
import { ExactDecimal } from './exact-decimal.ts';
import { identityOf } from './fill-entry.ts';
import type { FillEntry } from './fill-entry.ts';
import { DAY_MS } from './ledger-files.ts';

export const Product = { spot: 'spot', derivatives: 'derivatives' } as const;
export type Product = (typeof Product)[keyof typeof Product];

/** Spot and margin trades are one business of the programme, contracts and options the other. */
export function productOf(instType: string): Product {
  return instType === 'SPOT' || instType === 'MARGIN' ? Product.spot : Product.derivatives;
}

/** What one order traded on one day. Amounts in USDT. */
export interface OrderDay {
  /** YYYY-MM-DD by the ledger's days. */
  readonly day: string;
  readonly account: string;
  readonly key: string;
  readonly instId: string;
  readonly product: Product;
  readonly ordId: string;
  readonly clOrdId: string;
  readonly tag: string;
  /** The account's tier at the last of the fills. */
  level: string;
  lastMs: Milliseconds;
  fills: number;
  volume: ExactDecimal;
  /** The venue's sign: negative is paid, positive a rebate. */
  fee: ExactDecimal;
  /** Fills whose volume or fee no price was known for: they are in neither sum. */
  unpriced: number;
  /** A fee of it was paid in a coin. */
  isConverted: boolean;
}

/**
 * The day that a time belongs to.
 *
 * @param offsetHours days begin so many hours before midnight UTC
 */
export function dayOf(timeMs: Milliseconds, offsetHours: number): string {
  return new Date(timeMs + offsetHours * 3_600_000).toISOString().slice(0, 10);
}

/** When that day begins. */
export function dayBeginMs(day: string, offsetHours: number): Milliseconds {
  return Date.parse(`${day}T00:00:00Z`) - offsetHours * 3_600_000;
}

export class CommissionLedger {
  readonly #offsetHours: number;
  readonly #known = new Set<string>();
  readonly #rows = new Map<string, OrderDay>();
  /** The last day that was asked for: fills come in the order of their times, and making its text is dear. */
  #day = '';
  #dayFromMs: Milliseconds = Infinity;

  constructor(offsetHours = 0) {
    this.#offsetHours = offsetHours;
  }

  /** False when it was there already. */
  add(entry: FillEntry): boolean {
    const identity = identityOf(entry);
    if (this.#known.has(identity)) return false;
    this.#known.add(identity);
    const row = this.#rowOf(entry);
    row.fills++;
    if (entry.volume === '' || entry.feeValue === '') row.unpriced++;
    if (!DOLLARS.includes(entry.feeCcy) && entry.feeCcy !== '') row.isConverted = true;
    row.volume = row.volume.plus(ExactDecimal.of(entry.volume));
    row.fee = row.fee.plus(ExactDecimal.of(entry.feeValue));
    if (entry.timeMs >= row.lastMs) {
      row.lastMs = entry.timeMs;
      row.level = entry.level;
    }
    return true;
  }

  /** By time of their last fill. */
  rows(): OrderDay[] {
    return [...this.#rows.values()].toSorted(
      (left, right) => left.lastMs - right.lastMs || (left.ordId < right.ordId ? -1 : 1),
    );
  }

  #rowOf(entry: FillEntry): OrderDay {
    const day = this.#dayAt(entry.timeMs);
    const name = `${entry.account} ${entry.instId} ${entry.ordId} ${day}`;
    let row = this.#rows.get(name);
    if (row === undefined) {
      const { account, key, instId, ordId, clOrdId, tag, level } = entry;
      const product = productOf(entry.instType);
      const [volume, fee] = [ExactDecimal.zero, ExactDecimal.zero];
      row = {
        day,
        account,
        key,
        instId,
        product,
        ordId,
        clOrdId,
        tag,
        level,
        lastMs: 0,
        fills: 0,
        volume,
        fee,
        unpriced: 0,
        isConverted: false,
      };
      this.#rows.set(name, row);
    }
    return row;
  }

  #dayAt(timeMs: Milliseconds): string {
    if (!(timeMs >= this.#dayFromMs && timeMs < this.#dayFromMs + DAY_MS)) {
      this.#day = dayOf(timeMs, this.#offsetHours);
      this.#dayFromMs = dayBeginMs(this.#day, this.#offsetHours);
    }
    return this.#day;
  }
}

/** What of the fee is left to earn on: nothing of an order whose fills were paid for, on balance. */
export function netFeeOf({ fee }: Pick<OrderDay, 'fee'>): ExactDecimal {
  return fee.isPositive ? ExactDecimal.zero : fee.negated();
}
