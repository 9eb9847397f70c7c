import type { Milliseconds } from '../base/units.ts';
import { BrokerError, BrokerErrorCode } from './broker-error.ts';
import { csvRows } from './csv-rows.ts';
import { ExactDecimal } from './exact-decimal.ts';

/**
 * A rebate report: what the venue counts of one order on one day. Amounts in USDT. Documentation of GET
 * /broker/fd/rebate-per-orders, read 2026; columns come and go (uid and clOrdId on 2026-05-14) and are found by their names.
 */
export interface ReportRow {
  readonly brokerCode: string;
  /** Lv1, VIP1 ...; "" when not told. */
  readonly level: string;
  readonly uid: string;
  readonly instId: string;
  readonly ordId: string;
  readonly clOrdId: string;
  /** Of spot and of derivatives together. */
  readonly volume: ExactDecimal;
  readonly fee: ExactDecimal;
  /** The fee less what counterparties and cards took of it; undefined when not told. */
  readonly netFee: ExactDecimal | undefined;
  /** What the rebate is a share of; undefined when not told. */
  readonly settlementFee: ExactDecimal | undefined;
  readonly brokerRebate: ExactDecimal;
  readonly subBrokerRebate: ExactDecimal;
  readonly userRebate: ExactDecimal;
  readonly isAffiliated: boolean;
  /** Of the order's last trade that day; 0 when not told. */
  readonly tsMs: Milliseconds;
}

export interface ParsedReport {
  readonly rows: readonly ReportRow[];
  /** Digits after the point of the finest amount: what the venue rounds to. */
  readonly decimals: number;
}

/** Under which names, in small letters, a column is known. Older files had other ones. */
const NAMES = {
  brokerCode: ['brokercode'],
  level: ['level'],
  uid: ['uid'],
  instId: ['instid'],
  ordId: ['ordid', 'orderid'],
  clOrdId: ['clordid'],
  spotTradeAmt: ['spottradeamt'],
  derivativeTradeAmt: ['derivativetradeamt'],
  fee: ['fee'],
  netFee: ['netfee'],
  settlementFee: ['settlementfee'],
  brokerRebate: ['brokerrebate'],
  subBrokerRebate: ['subrokerrebate', 'subbrokerrebate', 'subrebate'],
  userRebate: ['userrebate'],
  affiliated: ['affiliated', 'affiliate'],
  ts: ['ts'],
} as const satisfies Record<string, readonly string[]>;
type Column = keyof typeof NAMES;

const NEEDED: readonly Column[] = ['ordId', 'brokerRebate'];

/** Amounts that happen to be round do not say that all are: nothing above a millionth of a dollar is rounding. */
const DECIMALS_MIN = 6;

/** @throws BrokerError naming the line and column that is not as documented */
export function parseReport(text: string, name: string): ParsedReport {
  const lines = csvRows(text);
  const heads = lines.next();
  // A day without a trade: a file of nothing, or of its head alone.
  if (heads.done === true) return { rows: [], decimals: DECIMALS_MIN };
  const places = placesOf(heads.value, name);
  const rows: ReportRow[] = [];
  let decimals = DECIMALS_MIN;
  let number = 1;
  for (const cells of lines) {
    number++;
    requireCells(cells, heads.value.length, `${name}, line ${number}`);
    const row = rowOf((column) => clean(cells[places.get(column) ?? -1]), `${name}, line ${number}`);
    decimals = Math.max(decimals, row.brokerRebate.scale, row.fee.scale);
    rows.push(row);
  }
  return { rows, decimals };
}

/** A line that is cut off would be read as an order of no rebate. */
function requireCells(cells: readonly string[], expected: number, where: string): void {
  if (cells.length === expected) return;
  if (cells.length > expected && cells.slice(expected).every((cell) => cell === '')) return;
  throw new BrokerError(
    BrokerErrorCode.report,
    `rebate report ${where}: expected ${expected} columns as in its first line, were ${cells.length}; download it again`,
  );
}

function placesOf(heads: readonly string[], name: string): Map<Column, number> {
  const found = heads.map((head) => clean(head).toLowerCase().replaceAll(/[_ ]/g, ''));
  const places = new Map<Column, number>();
  for (const [column, names] of Object.entries(NAMES) as [Column, readonly string[]][]) {
    const place = found.findIndex((head) => names.includes(head));
    if (place !== -1) places.set(column, place);
  }
  const missing = NEEDED.filter((column) => !places.has(column));
  if (missing.length === 0) return places;
  throw new BrokerError(
    BrokerErrorCode.report,
    `rebate report ${name}: expected the columns ${NEEDED.join(' and ')}, was without ${missing.join(', ')}: ${heads.slice(0, 20).join(', ').slice(0, 200)}; take a file of GET /broker/fd/rebate-per-orders`,
  );
}

function rowOf(cell: (column: Column) => string, where: string): ReportRow {
  const optional = (column: Column): ExactDecimal | undefined => {
    const text = cell(column);
    if (text === '') return undefined;
    const amount = ExactDecimal.parse(text);
    if (amount === undefined) throw malformed(where, column, 'a decimal', text);
    return amount;
  };
  const amount = (column: Column): ExactDecimal => optional(column) ?? ExactDecimal.zero;
  const ordId = cell('ordId');
  if (!/^\d{1,30}$/.test(ordId)) throw malformed(where, 'ordId', 'the number of an order', ordId);
  const ts = cell('ts');
  if (!/^\d{0,13}$/.test(ts)) throw malformed(where, 'ts', 'milliseconds since the epoch', ts);
  return {
    brokerCode: cell('brokerCode'),
    level: cell('level'),
    uid: cell('uid'),
    instId: cell('instId'),
    ordId,
    clOrdId: cell('clOrdId'),
    volume: amount('spotTradeAmt').plus(amount('derivativeTradeAmt')),
    fee: amount('fee'),
    netFee: optional('netFee'),
    settlementFee: optional('settlementFee'),
    brokerRebate: amount('brokerRebate'),
    subBrokerRebate: amount('subBrokerRebate'),
    userRebate: amount('userRebate'),
    isAffiliated: cell('affiliated').toLowerCase() === 'true',
    tsMs: Number(ts),
  };
}

function malformed(where: string, column: Column, expected: string, was: string): BrokerError {
  return new BrokerError(
    BrokerErrorCode.report,
    `rebate report ${where}: expected ${column} to be ${expected}, was "${was.slice(0, 40)}"; download it again`,
  );
}

/** Long numbers come with a tab or an apostrophe in front, so that a spreadsheet leaves their digits alone. */
function clean(cell: string | undefined): string {
  return (cell ?? '').trim().replace(/^['`]/, '');
}
