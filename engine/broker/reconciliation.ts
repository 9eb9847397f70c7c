/**
 * The ledger against the venue's reports, order by order and day by day: what was expected, what was reported, and why they
 * differ. Nothing is left out: the differences of all rows add up to the difference of the sums, to the last unit.
 *
 * Rows meet by ordId. A row of the report that tells of another day than the fills, or that came with the report of another
 * day, is late; of several reports the newest tells.
 */
import { dayOf } from './commission-ledger.ts';
import type { OrderDay } from './commission-ledger.ts';
import { reasonOf, Reason } from './difference-reason.ts';
import type { Told } from './difference-reason.ts';
import { ExactDecimal } from './exact-decimal.ts';
import { RebateExpectation } from './expected-rebate.ts';
import type { Expected, RebateTerms } from './expected-rebate.ts';
import type { ReportRow } from './rebate-report.ts';
import type { RebateReport } from './report-store.ts';

/** One order and day, on both sides. */
export interface ReconciledRow {
  readonly day: string;
  readonly account: string;
  readonly key: string;
  readonly instId: string;
  readonly ordId: string;
  readonly clOrdId: string;
  readonly tag: string;
  readonly product: string;
  readonly volume: ExactDecimal;
  /** The venue's sign: negative is paid. */
  readonly fee: ExactDecimal;
  readonly fills: number;
  readonly unpriced: number;
  readonly expected: ExactDecimal;
  /** Undefined while no report covers the day. */
  readonly reported: ExactDecimal | undefined;
  /** What was reported less what was expected. */
  readonly difference: ExactDecimal | undefined;
  readonly reason: Reason;
}

/**
 * @param ledger by time, as `CommissionLedger.rows` gives them: a month's cap is used up in their order
 * @param isElsewhere whether a row that names no account is for another ledger to tell of
 */
export function reconcile(
  ledger: readonly OrderDay[],
  reports: readonly RebateReport[],
  terms: RebateTerms,
  offsetHours: number,
  isElsewhere: (row: ReportRow) => boolean = () => false,
): ReconciledRow[] {
  const book = new ReportBook(reports, offsetHours);
  const expectation = new RebateExpectation(terms);
  const expected = ledger.map((row) => expectation.next(row));
  // First what meets on its day, then what has to be looked for on others: a late row must not take another's place.
  const told = ledger.map((row) => book.take(row.ordId, row.day));
  ledger.forEach((row, index) => {
    told[index] ??= book.takeLate(row.ordId);
  });
  const ofLedger = ledger.map((row, index) =>
    ledgerRow(row, expected[index]!, told[index], { terms, isCovered: book.covers(row.lastMs) }),
  );
  // A broker's report tells of all its clients; those whose fills are not ours to know are nobody's extras.
  // An account that was asked about is ours, also where nothing of its trades is in the ledger.
  const accounts = new Set([...ledger, ...terms.eligibility].map(({ account }) => account));
  const extras = book
    .rest()
    .filter(({ row }) => (row.uid === '' ? !isElsewhere(row) : accounts.has(row.uid)));
  return [...ofLedger, ...extras.map((each) => extraRow(each))];
}

function ledgerRow(
  row: OrderDay,
  expected: Expected,
  told: Told | undefined,
  { terms, isCovered }: { terms: RebateTerms; isCovered: boolean },
): ReconciledRow {
  const { day, account, key, instId, ordId, clOrdId, tag, product, volume, fee, fills, unpriced } = row;
  const reported = told?.row.brokerRebate ?? (isCovered ? ExactDecimal.zero : undefined);
  const difference = reported?.minus(expected.rebate);
  const reason = reasonOf({ row, expected, told, difference, terms });
  const own = { day, account, key, instId, ordId, clOrdId, tag, product, volume, fee, fills, unpriced };
  return { ...own, expected: expected.rebate, reported, difference, reason };
}

/** What the venue counts and we know nothing of. */
function extraRow({ row, day }: Told): ReconciledRow {
  return {
    day,
    account: row.uid,
    key: '',
    instId: row.instId,
    ordId: row.ordId,
    clOrdId: row.clOrdId,
    tag: row.brokerCode,
    product: '',
    volume: row.volume,
    fee: row.fee,
    fills: 0,
    unpriced: 0,
    expected: ExactDecimal.zero,
    reported: row.brokerRebate,
    difference: row.brokerRebate,
    reason: Reason.extra,
  };
}

/** The rows of all reports by their orders; each is taken once. */
class ReportBook {
  readonly #reports: readonly RebateReport[];
  /** Of an order its rows by day. */
  readonly #byOrder = new Map<string, Told[]>();

  constructor(reports: readonly RebateReport[], offsetHours: number) {
    this.#reports = reports;
    for (const report of reports) {
      for (const row of report.rows) this.#add(row, report, offsetHours);
    }
  }

  #add(row: ReportRow, report: RebateReport, offsetHours: number): void {
    const tsMs = row.tsMs === 0 ? report.beginMs : row.tsMs;
    const isLate = tsMs < report.beginMs || tsMs >= report.endMs;
    const told: Told = { row, report, day: dayOf(tsMs, offsetHours), isLate };
    const others = this.#byOrder.get(row.ordId);
    if (others === undefined) {
      this.#byOrder.set(row.ordId, [told]);
      return;
    }
    // What a later download tells of the order's day replaces all that one before told of it, be it one row or several.
    const kept = others.filter((other) => other.day !== told.day || other.report === report);
    this.#byOrder.set(row.ordId, [...kept, told]);
  }

  /** The row of that day; several of one report are added up. */
  take(ordId: string, day: string): Told | undefined {
    return this.#takeWhere(ordId, (each) => each.day === day);
  }

  takeLate(ordId: string): Told | undefined {
    const told = this.#takeWhere(ordId, () => true);
    return told === undefined ? undefined : { ...told, isLate: true };
  }

  #takeWhere(ordId: string, isWanted: (told: Told) => boolean): Told | undefined {
    const rows = this.#byOrder.get(ordId);
    if (rows === undefined) return undefined;
    const wanted = rows.filter(isWanted);
    const first = wanted[0];
    if (first === undefined) return undefined;
    const others = rows.filter((each) => !isWanted(each));
    if (others.length === 0) this.#byOrder.delete(ordId);
    else this.#byOrder.set(ordId, others);
    return wanted.slice(1).reduce(added, first);
  }

  /** Whether a report is of that time: one of a day that is not over ends when it was fetched. */
  covers(timeMs: number): boolean {
    return this.#reports.some(
      ({ beginMs, endMs, fetchedMs }) => timeMs >= beginMs && timeMs < Math.min(endMs, fetchedMs),
    );
  }

  rest(): Told[] {
    return [...this.#byOrder.values()].flat();
  }
}

function added(left: Told, right: Told): Told {
  const sum = (one: ExactDecimal | undefined, other: ExactDecimal | undefined): ExactDecimal | undefined =>
    one === undefined || other === undefined ? undefined : one.plus(other);
  const row: ReportRow = {
    ...left.row,
    volume: left.row.volume.plus(right.row.volume),
    fee: left.row.fee.plus(right.row.fee),
    netFee: sum(left.row.netFee, right.row.netFee),
    settlementFee: sum(left.row.settlementFee, right.row.settlementFee),
    brokerRebate: left.row.brokerRebate.plus(right.row.brokerRebate),
    subBrokerRebate: left.row.subBrokerRebate.plus(right.row.subBrokerRebate),
    userRebate: left.row.userRebate.plus(right.row.userRebate),
  };
  return { ...left, row, isLate: left.isLate || right.isLate };
}

/** What came of all, and by reason. */
export interface ReconciliationSums {
  /** Of what a report covers, like the two below. */
  readonly expected: ExactDecimal;
  readonly reported: ExactDecimal;
  /** Expected of days that no report covers yet. */
  readonly pending: ExactDecimal;
  readonly difference: ExactDecimal;
  readonly byReason: ReadonlyMap<Reason, { readonly rows: number; readonly difference: ExactDecimal }>;
}

export function sumsOf(rows: readonly ReconciledRow[]): ReconciliationSums {
  const { zero } = ExactDecimal;
  let [expected, reported, pending, difference] = [zero, zero, zero, zero];
  const byReason = new Map<Reason, { rows: number; difference: ExactDecimal }>();
  for (const row of rows) {
    const of = byReason.get(row.reason) ?? { rows: 0, difference: zero };
    of.rows++;
    byReason.set(row.reason, of);
    if (row.reported === undefined || row.difference === undefined) {
      pending = pending.plus(row.expected);
      continue;
    }
    expected = expected.plus(row.expected);
    reported = reported.plus(row.reported);
    difference = difference.plus(row.difference);
    of.difference = of.difference.plus(row.difference);
  }
  return { expected, reported, pending, difference, byReason };
}
