import { describe, expect, it } from 'vitest';
import { CommissionLedger } from '../../engine/broker/commission-ledger.ts';
import { OPEN_REASONS, Reason } from '../../engine/broker/difference-reason.ts';
import type { Eligibility } from '../../engine/broker/eligibility.ts';
import type { RebateTerms } from '../../engine/broker/expected-rebate.ts';
import type { FillEntry } from '../../engine/broker/fill-entry.ts';
import { parseReport } from '../../engine/broker/rebate-report.ts';
import { reconcile, sumsOf } from '../../engine/broker/reconciliation.ts';
import type { ReconciledRow } from '../../engine/broker/reconciliation.ts';
import type { RebateReport } from '../../engine/broker/report-store.ts';
import { entry } from './entries.ts';

const DAY_MS = 86_400_000;
const DAY = Date.parse('2026-11-21T00:00:00Z');
const TEN = DAY + 10 * 3_600_000;

const TERMS: RebateTerms = {
  tag: 'OURCODE',
  share: { spot: 0.4, derivatives: 0.5 },
  affiliatedShare: { spot: 0.1, derivatives: 0.1 },
  isMarketMaker: false,
  monthlyCap: undefined,
  eligibility: [],
};

interface Line {
  readonly ordId?: string;
  readonly level?: string;
  readonly uid?: string;
  readonly fee?: string;
  readonly base?: string;
  readonly rebate?: string;
  readonly affiliated?: boolean;
  readonly tsMs?: number;
}

/** The row of `entry()`: a fee of 0.05, of which 0.4 is 0.02. */
function line(changes: Line = {}): string {
  const {
    ordId = '11',
    level = 'Lv1',
    uid = '1001',
    fee = '-0.05',
    base = fee,
    rebate = '0.02',
    affiliated = false,
    tsMs = TEN,
  } = changes;
  return `OURCODE,${level},${uid},BTC-USDT,${ordId},c,100,0,${fee},${base},${base},${rebate},0,0,${affiliated},${tsMs}`;
}

const HEAD =
  'brokerCode,level,uid,instId,ordId,clOrdId,spotTradeAmt,derivativeTradeAmt,fee,netFee,settlementFee,brokerRebate,suBrokerRebate,userRebate,affiliated,ts';

/** Of the day so many after the first, fetched two days later. */
function report(lines: readonly string[], day = 0, fetchedMs = DAY + (day + 3) * DAY_MS): RebateReport {
  const parsed = parseReport([HEAD, ...lines].join('\n'), `day ${day}`);
  return {
    name: `day ${day}`,
    beginMs: DAY + day * DAY_MS,
    endMs: DAY + (day + 1) * DAY_MS,
    fetchedMs,
    ...parsed,
  };
}

function rowsOf(
  entries: readonly FillEntry[],
  reports: readonly RebateReport[],
  terms: Partial<RebateTerms> = {},
): ReconciledRow[] {
  const ledger = new CommissionLedger();
  for (const each of entries) ledger.add(each);
  return reconcile(ledger.rows(), reports, { ...TERMS, ...terms }, 0);
}

/** [reason, expected, reported, difference] of the rows. */
function told(...args: Parameters<typeof rowsOf>): unknown[][] {
  return rowsOf(...args).map(({ reason, expected, reported, difference }) => [
    reason,
    expected.toString(),
    reported?.toString(),
    difference?.toString(),
  ]);
}

const said = (type: string, tsMs = DAY): Eligibility => ({
  tsMs,
  account: '1001',
  type,
  brokerCode: 'OURCODE',
  isAffiliated: false,
  clientRebateRatio: '0',
  lastRebate: '',
});

describe('an order of a fee of 0.05 and a share of 0.4', () => {
  it.each<[Reason, FillEntry, string[], Partial<RebateTerms>, unknown[]]>([
    [Reason.matched, entry(), [line()], {}, ['0.02', '0.02', '0']],
    // A unit of the last digit that the report shows: 0.4 x 0.0500001 = 0.02000004.
    [
      Reason.rounding,
      entry({ fee: '-0.0500001', feeValue: '-0.0500001' }),
      [line({ fee: '-0.0500001', rebate: '0.02000003' })],
      {},
      ['0.02000004', '0.02000003', '-0.00000001'],
    ],
    [Reason.missing, entry(), [line({ ordId: '77' })], {}, ['0.02', '0', '-0.02']],
    [Reason.noFee, entry({ fee: '0.05', feeValue: '0.05' }), [line({ ordId: '77' })], {}, ['0', '0', '0']],
    [Reason.tagMissing, entry({ tag: '' }), [line({ ordId: '77' })], {}, ['0', '0', '0']],
    [Reason.unexplained, entry({ tag: '' }), [line()], {}, ['0', '0.02', '0.02']],
    [Reason.vip, entry({ level: 'VIP7' }), [line({ level: 'VIP7', rebate: '0' })], {}, ['0', '0', '0']],
    // The tier was raised in between: by the report's word.
    [
      Reason.vip,
      entry({ level: 'VIP6' }),
      [line({ level: 'VIP8', rebate: '0' })],
      {},
      ['0.02', '0', '-0.02'],
    ],
    [Reason.marketMaker, entry(), [line({ rebate: '0' })], { isMarketMaker: true }, ['0', '0', '0']],
    [Reason.expired, entry(), [line({ ordId: '77' })], { eligibility: [said('1')] }, ['0', '0', '0']],
    [Reason.msa, entry(), [line({ rebate: '0' })], { eligibility: [said('4')] }, ['0', '0', '0']],
    // It was renewed before the order traded.
    [
      Reason.matched,
      entry(),
      [line()],
      { eligibility: [said('1'), said('0', DAY + 1)] },
      ['0.02', '0.02', '0'],
    ],
    [
      Reason.capped,
      entry({ level: 'VIP5' }),
      [line({ level: 'VIP5', rebate: '0' })],
      {},
      ['0.02', '0', '-0.02'],
    ],
    [
      Reason.capped,
      entry({ level: 'VIP6' }),
      [line({ level: 'VIP6', rebate: '0.013' })],
      {},
      ['0.02', '0.013', '-0.007'],
    ],
    [Reason.capped, entry(), [line({ rebate: '0' })], { eligibility: [said('2')] }, ['0.02', '0', '-0.02']],
    [Reason.capped, entry(), [line({ ordId: '77' })], { eligibility: [said('2')] }, ['0.02', '0', '-0.02']],
    [Reason.fee, entry(), [line({ fee: '-0.06', rebate: '0.024' })], {}, ['0.02', '0.024', '0.004']],
    // 0.4 of what was left of the fee, 0.03.
    [Reason.feeBase, entry(), [line({ base: '-0.03', rebate: '0.012' })], {}, ['0.02', '0.012', '-0.008']],
    [Reason.share, entry(), [line({ rebate: '0.015' })], {}, ['0.02', '0.015', '-0.005']],
    [
      Reason.affiliated,
      entry(),
      [line({ affiliated: true, rebate: '0.005' })],
      {},
      ['0.02', '0.005', '-0.015'],
    ],
    // The fee was 0.0000008 BTC, which we took at 62500 and the venue at 62000: 0.4 x 0.0496 = 0.01984.
    [
      Reason.conversion,
      entry({ feeCcy: 'BTC' }),
      [line({ fee: '-0.0496', rebate: '0.01984' })],
      {},
      ['0.02', '0.01984', '-0.00016'],
    ],
    // What came was not expected, since no price of the fee was known: not the same as no fee.
    [Reason.unpriced, entry({ feeCcy: 'OKB', feeValue: '' }), [line()], {}, ['0', '0.02', '0.02']],
    [
      Reason.fee,
      entry({ feeCcy: 'BTC' }),
      [line({ fee: '-0.02', rebate: '0.008' })],
      {},
      ['0.02', '0.008', '-0.012'],
    ],
  ])('is %s', (reason, fill, lines, terms, amounts) => {
    const [first] = told([fill], [report(lines)], terms);
    expect(first).toEqual([reason, ...amounts]);
  });

  it('is pending while no report is of its day, or one that was fetched before the day was over', () => {
    expect(told([entry()], [])).toEqual([[Reason.pending, '0.02', undefined, undefined]]);
    expect(told([entry()], [report([], 1)])).toEqual([[Reason.pending, '0.02', undefined, undefined]]);
    expect(told([entry()], [report([], 0, TEN)])).toEqual([[Reason.pending, '0.02', undefined, undefined]]);
    expect(told([entry()], [report([], 0, TEN + 1)])).toEqual([[Reason.missing, '0.02', '0', '-0.02']]);
  });

  it('is late with the report of the next day, by its time or by its place', () => {
    const late = [Reason.late, '0.02', '0.02', '0'];
    expect(told([entry()], [report([]), report([line({ tsMs: TEN + DAY_MS })], 1)])).toEqual([late]);
    expect(told([entry()], [report([]), report([line({ tsMs: TEN })], 1)])).toEqual([late]);
  });

  it('that comes late with less than is due is not explained by that', () => {
    const less = report([line({ rebate: '0.005', tsMs: TEN + DAY_MS })], 1);
    expect(told([entry()], [report([]), less])).toEqual([[Reason.share, '0.02', '0.005', '-0.015']]);
    const none = report([line({ rebate: '0', tsMs: TEN + DAY_MS })], 1);
    expect(told([entry()], [report([]), none]).map(([reason]) => reason)).toEqual([Reason.share]);
  });

  it('has all rows of an older download replaced by the one of a newer', () => {
    const half = line({ fee: '-0.025', rebate: '0.01' });
    const reports = [report([half, half]), report([line()])];
    expect(told([entry()], reports)).toEqual([[Reason.matched, '0.02', '0.02', '0']]);
    expect(told([entry()], reports.toReversed())).toEqual([[Reason.matched, '0.02', '0.02', '0']]);
  });

  it('is told by the newest of several reports of its day', () => {
    const [old, newer] = [report([line({ rebate: '0.015' })]), report([line()])];
    expect(told([entry()], [old, newer])).toEqual([[Reason.matched, '0.02', '0.02', '0']]);
  });
});

describe('several orders', () => {
  it('that trade on over midnight have a row for each day, and the report too', () => {
    const fills = [entry(), entry({ tradeId: '2', timeMs: TEN + DAY_MS, fee: '-0.1', feeValue: '-0.1' })];
    const reports = [
      report([line()]),
      report([line({ fee: '-0.1', rebate: '0.04', tsMs: TEN + DAY_MS })], 1),
    ];
    expect(told(fills, reports)).toEqual([
      [Reason.matched, '0.02', '0.02', '0'],
      [Reason.matched, '0.04', '0.04', '0'],
    ]);
    expect(rowsOf(fills, reports).map(({ day }) => day)).toEqual(['2026-11-21', '2026-11-22']);
  });

  it('of the second day that come late do not take the place of the first', () => {
    const fills = [entry(), entry({ tradeId: '2', timeMs: TEN + DAY_MS })];
    const reports = [report([]), report([line({ tsMs: TEN + DAY_MS })], 1)];
    expect(told(fills, reports).map(([reason]) => reason)).toEqual([Reason.missing, Reason.matched]);
  });

  it('that are in the report and not in the ledger are extra, unless they are of other clients', () => {
    const rows = told(
      [entry()],
      [report([line(), line({ ordId: '12' }), line({ ordId: '13', uid: '9999' })])],
    );
    expect(rows).toEqual([
      [Reason.matched, '0.02', '0.02', '0'],
      [Reason.extra, '0', '0.02', '0.02'],
    ]);
  });

  it('are extra also of an account whose ledger has nothing of those days, as after a lost disk', () => {
    const lines = [line(), line({ ordId: '12', uid: '9999' })];
    expect(told([], [report(lines)], { eligibility: [said('0')] })).toEqual([
      [Reason.extra, '0', '0.02', '0.02'],
    ]);
  });

  it('use up the month of a VIP5 account by their times: of 0.05 the third gets a half, the fourth nothing', () => {
    const fills = [0, 1, 2, 3].map((index) =>
      entry({ level: 'VIP5', ordId: `1${index}`, tradeId: `${index + 1}`, timeMs: TEN + index }),
    );
    const lines = ['0.02', '0.02', '0.01', '0'].map((rebate, index) =>
      line({ ordId: `1${index}`, level: 'VIP5', rebate, tsMs: TEN + index }),
    );
    expect(told(fills, [report(lines)], { monthlyCap: 0.05 })).toEqual([
      [Reason.matched, '0.02', '0.02', '0'],
      [Reason.matched, '0.02', '0.02', '0'],
      [Reason.capped, '0.01', '0.01', '0'],
      [Reason.capped, '0', '0', '0'],
    ]);
  });

  it('begin anew with the next month', () => {
    const next = Date.parse('2026-12-01T00:00:00Z');
    const fills = [
      entry({ level: 'VIP5' }),
      entry({ level: 'VIP5', tradeId: '2', ordId: '12', timeMs: next }),
    ];
    expect(rowsOf(fills, [], { monthlyCap: 0.02 }).map(({ expected }) => expected.toString())).toEqual([
      '0.02',
      '0.02',
    ]);
  });

  it('have differences that add up to that of the sums', () => {
    const fills = [
      entry(),
      entry({ ordId: '12', tradeId: '2' }),
      entry({ ordId: '13', tradeId: '3', tag: 'X' }),
    ];
    const rows = rowsOf(fills, [report([line({ rebate: '0.019999999999999' }), line({ ordId: '99' })])]);
    const { expected, reported, difference, byReason } = sumsOf(rows);
    // 0.019999999999999 + 0 + 0 + 0.02 of the extra one, less 2 x 0.02.
    expect([expected, reported, difference].map(String)).toEqual([
      '0.04',
      '0.039999999999999',
      '-0.000000000000001',
    ]);
    expect([...byReason.keys()].filter((reason) => OPEN_REASONS.has(reason))).toEqual([
      Reason.missing,
      Reason.tagMissing,
      Reason.extra,
    ]);
  });
});
