/** Rows of ledger and reconciliation, as CSV, JSON and tables. */
import { csvLine } from '../broker/csv-rows.ts';
import { ExactDecimal } from '../broker/exact-decimal.ts';
import { netFeeOf } from '../broker/commission-ledger.ts';
import type { ReconciledRow } from '../broker/reconciliation.ts';
import type { Config } from '../config/schema.ts';
import { UsageError } from './usage-error.ts';

/** The columns of an order's row, in their order: what other programs read. */
const COLUMNS = [
  'day',
  'account',
  'instId',
  'ordId',
  'clOrdId',
  'tag',
  'volume',
  'fee',
  'expectedRebate',
  'reportedRebate',
  'difference',
  'reason',
] as const;

export type LedgerRow = Readonly<Record<(typeof COLUMNS)[number], string>>;

/** Amounts to their last digit; "" for what no report has told yet. */
export function ledgerRow(row: ReconciledRow): LedgerRow {
  const { day, account, instId, ordId, clOrdId, tag, volume, fee, expected, reported, difference, reason } =
    row;
  return {
    day,
    account,
    instId,
    ordId,
    clOrdId,
    tag,
    volume: volume.toString(),
    fee: fee.toString(),
    expectedRebate: expected.toString(),
    reportedRebate: reported?.toString() ?? '',
    difference: difference?.toString() ?? '',
    reason,
  };
}

export function* csvLines(
  rows: readonly Readonly<Record<string, string>>[],
  columns: readonly string[],
): Generator<string> {
  yield csvLine(columns);
  for (const row of rows) yield csvLine(columns.map((name) => row[name] ?? ''));
}

export const ORDER_COLUMNS: readonly string[] = COLUMNS;

/** By what rows are added up. */
export const Grouping = {
  order: 'order',
  key: 'key',
  account: 'account',
  instrument: 'instrument',
  day: 'day',
  subBroker: 'subBroker',
} as const;
export type Grouping = (typeof Grouping)[keyof typeof Grouping];

/** @throws UsageError for what is none */
export function parseGrouping(text: string): Grouping {
  const found = Object.values(Grouping).find((each) => each === text);
  if (found !== undefined) return found;
  throw new UsageError(`--by: expected one of ${Object.values(Grouping).join(', ')}, was "${text}"`);
}

export const GROUP_COLUMNS: readonly string[] = [
  'group',
  'orders',
  'fills',
  'volume',
  'fee',
  'netFee',
  'expectedRebate',
  'pendingRebate',
  'subBrokerRebate',
  'ownRebate',
  'reportedRebate',
  'difference',
  'unpricedFills',
];

type SubBroker = Config['broker']['subBrokers'][number];

interface Sums {
  orders: number;
  fills: number;
  unpriced: number;
  volume: ExactDecimal;
  fee: ExactDecimal;
  netFee: ExactDecimal;
  expected: ExactDecimal;
  /** Expected of days that no report covers yet: expected less pending and reported differ by the difference. */
  pending: ExactDecimal;
  subBroker: ExactDecimal;
  reported: ExactDecimal;
  difference: ExactDecimal;
}

/** What a row's sub-broker is given of the rebate, and who that is; the first that it fits. */
function subBrokerOf(row: ReconciledRow, subBrokers: readonly SubBroker[]): SubBroker | undefined {
  return subBrokers.find(
    ({ code, uid }) =>
      (code !== undefined || uid !== undefined) &&
      (code === undefined || code === row.tag) &&
      (uid === undefined || uid === row.account),
  );
}

function groupOf(row: ReconciledRow, by: Grouping, subBroker: SubBroker | undefined): string {
  if (by === Grouping.key) return row.key;
  if (by === Grouping.account) return row.account;
  if (by === Grouping.instrument) return row.instId;
  if (by === Grouping.day) return row.day;
  if (subBroker === undefined) return 'own';
  // Clients of one code may have shares of their own: each is a sub-broker.
  return [subBroker.code, subBroker.uid].filter((part) => part !== undefined).join(' ');
}

/** Added up to the last unit, by name; the last row is the sum of all. */
export function groupRows(
  rows: readonly ReconciledRow[],
  by: Grouping,
  subBrokersOf: (row: ReconciledRow) => readonly SubBroker[],
): Readonly<Record<string, string>>[] {
  const groups = new Map<string, Sums>();
  const total = emptySums();
  for (const row of rows) {
    const subBroker = subBrokerOf(row, subBrokersOf(row));
    const name = groupOf(row, by, subBroker);
    let sums = groups.get(name);
    if (sums === undefined) groups.set(name, (sums = emptySums()));
    const part = row.expected.times(ExactDecimal.ofNumber(subBroker?.share ?? 0));
    add(sums, row, part);
    add(total, row, part);
  }
  const named = [...groups].toSorted(([left], [right]) => (left < right ? -1 : 1));
  return [...named, ['total', total] as const].map(([name, sums]) => groupRow(name, sums));
}

function emptySums(): Sums {
  const { zero } = ExactDecimal;
  const counts = { orders: 0, fills: 0, unpriced: 0 };
  return {
    ...counts,
    volume: zero,
    fee: zero,
    netFee: zero,
    expected: zero,
    pending: zero,
    subBroker: zero,
    reported: zero,
    difference: zero,
  };
}

function add(sums: Sums, row: ReconciledRow, subBroker: ExactDecimal): void {
  sums.orders++;
  sums.fills += row.fills;
  sums.unpriced += row.unpriced;
  sums.volume = sums.volume.plus(row.volume);
  sums.fee = sums.fee.plus(row.fee);
  sums.netFee = sums.netFee.plus(netFeeOf(row));
  sums.expected = sums.expected.plus(row.expected);
  if (row.reported === undefined) sums.pending = sums.pending.plus(row.expected);
  sums.subBroker = sums.subBroker.plus(subBroker);
  sums.reported = sums.reported.plus(row.reported ?? ExactDecimal.zero);
  sums.difference = sums.difference.plus(row.difference ?? ExactDecimal.zero);
}

function groupRow(group: string, sums: Sums): Readonly<Record<string, string>> {
  return {
    group,
    orders: String(sums.orders),
    fills: String(sums.fills),
    volume: sums.volume.toString(),
    fee: sums.fee.toString(),
    netFee: sums.netFee.toString(),
    expectedRebate: sums.expected.toString(),
    pendingRebate: sums.pending.toString(),
    subBrokerRebate: sums.subBroker.toString(),
    ownRebate: sums.expected.minus(sums.subBroker).toString(),
    reportedRebate: sums.reported.toString(),
    difference: sums.difference.toString(),
    unpricedFills: String(sums.unpriced),
  };
}
