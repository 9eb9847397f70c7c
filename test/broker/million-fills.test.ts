import { describe, expect, it } from 'vitest';
import { CommissionLedger, netFeeOf } from '../../engine/broker/commission-ledger.ts';
import { OPEN_REASONS, Reason } from '../../engine/broker/difference-reason.ts';
import { ExactDecimal } from '../../engine/broker/exact-decimal.ts';
import type { RebateTerms } from '../../engine/broker/expected-rebate.ts';
import { fillEntry } from '../../engine/broker/fill-entry.ts';
import { parseReport } from '../../engine/broker/rebate-report.ts';
import { reconcile, sumsOf } from '../../engine/broker/reconciliation.ts';
import type { ReconciledRow } from '../../engine/broker/reconciliation.ts';
import type { RebateReport } from '../../engine/broker/report-store.ts';
import {
  decimalText,
  FillGenerator,
  FIRST_MS,
  OTHER_TAG,
  TAG,
  UNIT_DECIMALS,
  unitsText,
} from './generated-fills.ts';
import type { TrueOrder } from './generated-fills.ts';

const FILLS = 1_000_000;
const MINUTES = 60_000;
const DAY_MS = 86_400_000;
const CAP = 2_500;

const TERMS: RebateTerms = {
  tag: TAG,
  share: { spot: 0.4, derivatives: 0.5 },
  affiliatedShare: { spot: 0.1, derivatives: 0.1 },
  isMarketMaker: false,
  monthlyCap: CAP,
  eligibility: [],
};

/** Of the report's last digit. */
const SHOWN_DECIMALS = 10;

/** What was expected by the independent sums, and what has been done to the order's row of the report. */
interface Truth {
  readonly order: TrueOrder;
  /** In 10^-36 USDT. */
  readonly rebate: bigint;
  readonly reason: Reason;
}

/** Shares are tenths. */
function trueRebates(orders: readonly TrueOrder[]): { rebate: bigint; isCapped: boolean }[] {
  const cap = BigInt(CAP) * 10n ** BigInt(UNIT_DECIMALS);
  const earned = new Map<string, bigint>();
  return orders.map(({ trader, market, tag, fee }) => {
    if (tag !== TAG || fee >= 0n || trader.level === 'VIP7') return { rebate: 0n, isCapped: false };
    const full = (-fee * (market.instType === 'SPOT' ? 4n : 5n)) / 10n;
    if (trader.level !== 'VIP5') return { rebate: full, isCapped: false };
    const before = earned.get(trader.account) ?? 0n;
    const rebate = full < cap - before ? full : cap - before;
    earned.set(trader.account, before + rebate);
    return { rebate, isCapped: full > cap - before };
  });
}

const shown = (units: bigint): string => {
  const scale = 10n ** BigInt(UNIT_DECIMALS - SHOWN_DECIMALS);
  return decimalText(units / scale, SHOWN_DECIMALS);
};

/** Reports of each day with faults in them, and why each order then is what it is. */
class ReportMaker {
  readonly truths = new Map<string, Truth>();
  readonly #lines = new Map<number, string[]>();
  #extras = 0;

  constructor(orders: readonly TrueOrder[]) {
    const rebates = trueRebates(orders);
    orders.forEach((order, index) => this.#add(order, rebates[index]!, index));
    for (const day of this.#lines.keys()) {
      for (let each = 0; each < 3; each++) this.#extra(day, each);
    }
  }

  #add(order: TrueOrder, { rebate, isCapped }: { rebate: bigint; isCapped: boolean }, index: number): void {
    const { ordId, day, trader } = order;
    const [own, next] = [Date.parse(`${day}T00:00:00Z`), Date.parse(`${day}T00:00:00Z`) + DAY_MS];
    const note = (reason: Reason): void => void this.truths.set(`${ordId} ${day}`, { order, rebate, reason });
    if (order.tag !== TAG) return note(Reason.tagMissing);
    if (order.fee >= 0n) return note(Reason.noFee);
    if (trader.level === 'VIP7') {
      this.#line(own, order, { rebate: 0n, level: 'VIP7' });
      return note(Reason.vip);
    }
    const isLastDay = next >= FIRST_MS + 5 * DAY_MS;
    if (isCapped) {
      this.#line(own, order, { rebate, level: 'VIP5' });
      return note(Reason.capped);
    }
    if (index % 50 === 1) return note(Reason.missing);
    if (index % 50 === 2 && !isLastDay) {
      this.#line(next, order, { rebate, level: trader.level, tsMs: next + index });
      return note(Reason.late);
    }
    if (index % 50 === 3 && trader.level === 'VIP5') {
      this.#line(own, order, { rebate: rebate / 3n, level: 'VIP5' });
      return note(Reason.capped);
    }
    if (index % 50 === 4) {
      this.#line(own, order, { rebate: rebate * 2n, level: trader.level, fee: order.fee * 2n });
      return note(Reason.fee);
    }
    if (index % 50 === 5) {
      this.#line(own, order, {
        rebate: (rebate * 3n) / 4n,
        level: trader.level,
        base: (order.fee * 3n) / 4n,
      });
      return note(Reason.feeBase);
    }
    if (index % 50 === 6 && trader.level === 'Lv1') {
      this.#line(own, order, { rebate: (rebate * 9n) / 10n, level: trader.level });
      return note(Reason.share);
    }
    this.#line(own, order, { rebate, level: trader.level });
    // What has no more digits than the report shows is there to the last of them.
    return note(shown(rebate) === unitsText(rebate) ? Reason.matched : Reason.rounding);
  }

  #line(
    day: number,
    order: TrueOrder,
    {
      rebate,
      level,
      fee = order.fee,
      base = fee,
      tsMs = order.lastMs,
    }: { rebate: bigint; level: string; fee?: bigint; base?: bigint; tsMs?: number },
  ): void {
    const { trader, market, ordId, volume } = order;
    const amount = shown(volume);
    const amounts = market.instType === 'SPOT' ? [amount, '0'] : ['0', amount];
    const cells = [
      TAG,
      level,
      trader.account,
      market.instId,
      ordId,
      `c${ordId}`,
      ...amounts,
      shown(fee),
      shown(base),
      shown(base),
      shown(rebate),
      '0',
      '0',
      'false',
      tsMs,
    ];
    this.#linesOf(day).push(cells.join(','));
  }

  #extra(day: number, each: number): void {
    const ordId = String(9_000_000_000_000_000_000n + BigInt(++this.#extras));
    this.#linesOf(day).push(
      `${TAG},Lv1,1001,BTC-USDT,${ordId},,10,0,-0.01,-0.01,-0.01,0.004,0,0,false,${day + each}`,
    );
  }

  #linesOf(day: number): string[] {
    const lines = this.#lines.get(day) ?? [];
    this.#lines.set(day, lines);
    return lines;
  }

  get extras(): number {
    return this.#extras;
  }

  reports(): RebateReport[] {
    const head =
      'brokerCode,level,uid,instId,ordId,clOrdId,spotTradeAmt,derivativeTradeAmt,fee,netFee,settlementFee,brokerRebate,suBrokerRebate,userRebate,affiliated,ts';
    return [...this.#lines].map(([beginMs, lines], index) => {
      const name = `day ${index}`;
      const time = { name, beginMs, endMs: beginMs + DAY_MS, fetchedMs: beginMs + 3 * DAY_MS };
      return { ...time, ...parseReport(`${head}\n${lines.join('\n')}\n`, name) };
    });
  }
}

describe('a million fills', () => {
  const generator = new FillGenerator(20_261_121, FILLS);
  const ledger = new CommissionLedger();

  it(
    'come to what whole numbers say, to the last unit, however often each is told',
    { timeout: 5 * MINUTES },
    () => {
      let index = 0;
      let wrongs = 0;
      for (const { row, trader, market } of generator.fills()) {
        const entry = fillEntry(row, market.terms, trader);
        if (!ledger.add(entry)) wrongs++;
        if (++index % 10 === 0 && ledger.add({ ...entry })) wrongs++;
      }
      expect(wrongs).toBe(0);
      const rows = ledger.rows();
      expect(rows.length).toBe(generator.orders.size);
      expect(rows.reduce((sum, { fills }) => sum + fills, 0)).toBe(FILLS);
      let different = 0;
      for (const row of rows) {
        const order = generator.orders.get(`${row.ordId} ${row.day}`)!;
        const isSame =
          row.volume.toString() === unitsText(order.volume) &&
          row.fee.toString() === unitsText(order.fee) &&
          netFeeOf(row).toString() === unitsText(order.fee < 0n ? -order.fee : 0n) &&
          row.fills === order.fills &&
          row.unpriced === 0;
        if (!isSame) different++;
      }
      expect(different).toBe(0);
      const volume = rows.reduce((sum, row) => sum.plus(row.volume), ExactDecimal.zero);
      expect(volume.toString()).toBe(
        unitsText([...generator.orders.values()].reduce((sum, each) => sum + each.volume, 0n)),
      );
    },
  );

  it(
    'are reconciled with reports that miss, add, cap, delay and change some: each with its reason',
    { timeout: 5 * MINUTES },
    () => {
      const rows = ledger.rows();
      const orders = rows.map(({ ordId, day }) => generator.orders.get(`${ordId} ${day}`)!);
      const maker = new ReportMaker(orders);
      const reconciled = reconcile(rows, maker.reports(), TERMS, 0);
      expect(reconciled.length).toBe(rows.length + maker.extras);

      const wrong: string[] = [];
      for (const row of reconciled) {
        const truth = maker.truths.get(`${row.ordId} ${row.day}`);
        const expected = truth?.reason ?? Reason.extra;
        const isExact = truth === undefined || row.expected.toString() === unitsText(truth.rebate);
        if (row.reason !== expected || !isExact) wrong.push(`${row.ordId}: ${row.reason}, not ${expected}`);
      }
      expect(wrong.slice(0, 10)).toEqual([]);

      // Every reason that the reports were made to have is there, and by hundreds.
      const { byReason, expected, reported, difference } = sumsOf(reconciled);
      const counts = (reason: Reason): number => byReason.get(reason)?.rows ?? 0;
      for (const reason of [
        Reason.missing,
        Reason.late,
        Reason.capped,
        Reason.fee,
        Reason.feeBase,
        Reason.share,
        Reason.rounding,
        Reason.vip,
        Reason.noFee,
        Reason.tagMissing,
      ])
        expect(counts(reason), reason).toBeGreaterThan(100);
      expect(counts(Reason.extra)).toBe(maker.extras);
      expect(reported.minus(expected).toString()).toBe(difference.toString());
      const parts = [...byReason.values()].reduce(
        (sum, each) => sum.plus(each.difference),
        ExactDecimal.zero,
      );
      expect(parts.toString()).toBe(difference.toString());
      expect(expected.toString()).toBe(
        unitsText([...maker.truths.values()].reduce((sum, each) => sum + each.rebate, 0n)),
      );
      expect(reconciled.filter(({ reason }) => OPEN_REASONS.has(reason)).every((row) => isOpen(row))).toBe(
        true,
      );
    },
  );
});

function isOpen({ difference, tag }: ReconciledRow): boolean {
  return tag === OTHER_TAG || (difference !== undefined && !difference.isZero);
}
