import {
  ContractKind,
  InstrumentState,
  InstrumentType,
  RpiPermission,
  RuleType,
  type InstrumentFields,
  type OptionTerms,
} from '../base/instrument.ts';
import { OkxMessageError } from './okx-message-error.ts';
import type { InstType } from './shapes.ts';

/** What an instruments answer or push gives: instruments that can be loaded, and the others with the reason. */
export interface ParsedInstruments {
  readonly fields: readonly InstrumentFields[];
  readonly refused: readonly RefusedInstrument[];
}

export interface RefusedInstrument {
  readonly instId: string;
  readonly reason: string;
  /** What the row does name, though it is no whole one: pushes may name only what changed. */
  readonly state?: InstrumentState;
  readonly tickSz?: string;
  readonly lotSz?: string;
}

type Row = Record<string, unknown>;

/** Which list of the venue's an instrument stands in, and which its orders and fees are asked by. */
export const INST_TYPES: Readonly<Record<InstrumentType, InstType>> = {
  [InstrumentType.spot]: 'SPOT',
  [InstrumentType.margin]: 'MARGIN',
  [InstrumentType.swap]: 'SWAP',
  [InstrumentType.futures]: 'FUTURES',
  [InstrumentType.option]: 'OPTION',
  [InstrumentType.events]: 'EVENTS',
};

const TYPES: Readonly<Record<string, InstrumentType>> = {
  SPOT: InstrumentType.spot,
  MARGIN: InstrumentType.margin,
  SWAP: InstrumentType.swap,
  FUTURES: InstrumentType.futures,
  OPTION: InstrumentType.option,
  EVENTS: InstrumentType.events,
};

/** Unknown states become `other`, which is not quoted: OKX adds states, and three clients broke on that in 2026. */
const STATES: Readonly<Record<string, InstrumentState>> = {
  live: InstrumentState.live,
  post_only: InstrumentState.postOnly,
  preopen: InstrumentState.preopen,
  suspend: InstrumentState.suspended,
  rebase: InstrumentState.rebase,
  expired: InstrumentState.expired,
};

const RULES: Readonly<Record<string, RuleType>> = {
  '': RuleType.normal,
  normal: RuleType.normal,
  pre_market: RuleType.preMarket,
  rebase_contract: RuleType.rebaseContract,
  xperp: RuleType.perpetual,
};

/** Of GET /account/instruments only; the older name of the field goes with the older name of the orders. */
const RPI: Readonly<Record<string, RpiPermission>> = {
  '1': RpiPermission.pairOnly,
  '2': RpiPermission.allowed,
};

const DECIMAL = /^\d+(\.\d+)?$/;

/**
 * Reads the `data` rows of GET /public/instruments, GET /account/instruments or the instruments channel.
 *
 * A row that cannot be traded is refused with a reason instead of thrown at: rows appear half empty when a listing is
 * announced (change log 2025-05-06), and `instIdCode` can be null until it is generated.
 *
 * @param answer the parsed answer, the parsed push, or the rows themselves
 * @throws OkxMessageError when there are no rows at all
 */
export function parseInstruments(answer: unknown): ParsedInstruments {
  const rows = Array.isArray(answer) ? answer : (answer as { data?: unknown } | null)?.data;
  if (!Array.isArray(rows)) throw new OkxMessageError('data', 'an array of instrument rows', rows);
  const fields: InstrumentFields[] = [];
  const refused: RefusedInstrument[] = [];
  for (const row of rows as unknown[]) {
    const parsed = parseInstrumentRow(row);
    if ('reason' in parsed) refused.push(parsed);
    else fields.push(parsed);
  }
  return { fields, refused };
}

/** One row: its fields, or why it cannot be loaded. @testonly Others have whole answers: parseInstruments. */
export function parseInstrumentRow(row: unknown): InstrumentFields | RefusedInstrument {
  if (typeof row !== 'object' || row === null) return { instId: '', reason: 'row: expected an object' };
  const source = row as Row;
  const instId = text(source, 'instId');
  const refuse = (reason: string): RefusedInstrument => ({ instId, reason, ...partOf(source) });

  if (instId === '') return refuse('instId: expected a name, was absent or empty');
  const type = TYPES[text(source, 'instType')];
  if (type === undefined) return refuse(`instType: expected a known type, was "${text(source, 'instType')}"`);
  for (const name of ['tickSz', 'lotSz', 'minSz']) {
    const value = text(source, name);
    if (!DECIMAL.test(value) || Number(value) <= 0) {
      return refuse(`${name}: expected a positive decimal, was "${value}"`);
    }
  }
  const code = source['instIdCode'];
  const instIdCode = code === null || code === undefined || code === '' ? 0 : Number(code);
  if (!Number.isSafeInteger(instIdCode) || instIdCode < 0) {
    return refuse(`instIdCode: expected a whole number, was ${JSON.stringify(code)}`);
  }
  const contract = contractOf(source, type);
  if (typeof contract === 'string') return refuse(contract);

  const fields: InstrumentFields = {
    instId,
    instIdCode,
    type,
    kind: contract.kind,
    state: STATES[text(source, 'state')] ?? InstrumentState.other,
    baseCcy: contract.baseCcy,
    quoteCcy: contract.quoteCcy,
    settleCcy: contract.settleCcy,
    instFamily: text(source, 'instFamily'),
    tickSz: text(source, 'tickSz'),
    lotSz: text(source, 'lotSz'),
    minSz: text(source, 'minSz'),
    maxLmtSz: text(source, 'maxLmtSz'),
    contractValue: contract.value,
  };
  return { ...fields, ...termsOf(source), ...(contract.option === null ? {} : { option: contract.option }) };
}

/** The few fields of a row that is refused which somebody may still have to know. */
function partOf(row: Row): Omit<RefusedInstrument, 'instId' | 'reason'> {
  const state = text(row, 'state');
  const tickSz = text(row, 'tickSz');
  const lotSz = text(row, 'lotSz');
  return {
    ...(state === '' ? {} : { state: STATES[state] ?? InstrumentState.other }),
    ...(tickSz === '' ? {} : { tickSz }),
    ...(lotSz === '' ? {} : { lotSz }),
  };
}

/** When the first announced change of what orders must keep to takes effect; Infinity for none. */
function changeMsOf(row: Row): number {
  const changes = row['upcChg'];
  if (!Array.isArray(changes)) return Infinity;
  return changes.reduce<number>((first, change: unknown) => {
    const { param, effTime } = (change ?? {}) as Row;
    const isOfOrders = param === 'tickSz' || param === 'minSz' || param === 'lotSz';
    const atMs = Number(effTime);
    return isOfOrders && atMs > 0 ? Math.min(first, atMs) : first;
  }, Infinity);
}

/** What not every row states, and nobody needs who does not have it. */
function termsOf(row: Row): Partial<InstrumentFields> {
  const groupId = text(row, 'groupId');
  const underlying = text(row, 'uly');
  const listMs = Number(text(row, 'listTime'));
  const expiryMs = Number(text(row, 'expTime'));
  const ruleType = RULES[text(row, 'ruleType')] ?? RuleType.other;
  const changeMs = changeMsOf(row);
  const rpi = RPI[text(row, 'rpi') || text(row, 'elp')] ?? RpiPermission.none;
  return {
    ...(groupId === '' ? {} : { groupId }),
    ...(underlying === '' ? {} : { underlying }),
    ...(listMs > 0 ? { listMs } : {}),
    ...(expiryMs > 0 ? { expiryMs } : {}),
    ...(ruleType === RuleType.normal ? {} : { ruleType }),
    ...(row['futureSettlement'] === true ? { isFuturesSettled: true } : {}),
    ...(rpi === RpiPermission.none ? {} : { rpi }),
    ...(changeMs === Infinity ? {} : { changeMs }),
  };
}

/** The index that it follows, named by its underlying: a spot pair's own name, and never a part of a contract's. */
export function indexOf({
  baseCcy,
  quoteCcy,
  underlying,
}: Pick<InstrumentFields, 'baseCcy' | 'quoteCcy' | 'underlying'>): string {
  return underlying ?? `${baseCcy}-${quoteCcy}`;
}

/**
 * Why an instrument that loads can still not be quoted, or '' when it can. Order operations need the integer code, which
 * the venue may not have given yet.
 */
export function untradableReason(fields: Pick<InstrumentFields, 'instIdCode' | 'state'>): string {
  if (fields.instIdCode === 0)
    return 'instIdCode: expected a number, was null: the venue has not generated it yet';
  if (!isQuotableState(fields.state)) return 'state: expected "live" or "post_only"';
  return '';
}

/** Whether orders that rest may be placed. In `post_only` those that would take are refused, and ours never do. */
export function isQuotableState(state: InstrumentState): boolean {
  return state === InstrumentState.live || state === InstrumentState.postOnly;
}

interface Contract {
  readonly kind: ContractKind;
  readonly baseCcy: string;
  readonly quoteCcy: string;
  readonly settleCcy: string;
  readonly value: number;
  readonly option: OptionTerms | null;
}

function contractOf(row: Row, type: InstrumentType): Contract | string {
  if (type === InstrumentType.spot || type === InstrumentType.margin) {
    const baseCcy = text(row, 'baseCcy');
    const quoteCcy = text(row, 'quoteCcy');
    if (baseCcy === '' || quoteCcy === '') return 'baseCcy, quoteCcy: expected two currencies';
    return { kind: ContractKind.spot, baseCcy, quoteCcy, settleCcy: quoteCcy, value: 1, option: null };
  }
  const ctVal = text(row, 'ctVal');
  const ctMult = text(row, 'ctMult') === '' ? '1' : text(row, 'ctMult');
  if (!DECIMAL.test(ctVal) || !DECIMAL.test(ctMult) || Number(ctVal) * Number(ctMult) <= 0) {
    return `ctVal, ctMult: expected positive decimals, were "${ctVal}" and "${ctMult}"`;
  }
  const ctType = text(row, 'ctType');
  if (ctType !== 'linear' && ctType !== 'inverse') {
    return `ctType: expected "linear" or "inverse", was "${ctType}"`;
  }
  // The instrument's name cannot be split for this: BTC-USD_UM-SWAP and BTC-USD-SWAP differ in settlement only.
  const [baseCcy = '', underlyingQuote = ''] = text(row, 'uly').split('-');
  const settleCcy = text(row, 'settleCcy');
  const value = exactProduct(ctVal, ctMult);
  if (type === InstrumentType.option) {
    const option = optionOf(row);
    if (typeof option === 'string') return option;
    // Called inverse when it is priced and paid in the coin: its profit is still in proportion to that price.
    const quoteCcy = ctType === 'inverse' ? settleCcy : underlyingQuote;
    return { kind: ContractKind.linear, baseCcy, quoteCcy, settleCcy, value, option };
  }
  const kind = ctType === 'linear' ? ContractKind.linear : ContractKind.inverse;
  return { kind, baseCcy, quoteCcy: underlyingQuote, settleCcy, value, option: null };
}

function optionOf(row: Row): OptionTerms | string {
  const optType = text(row, 'optType');
  if (optType !== 'C' && optType !== 'P') return `optType: expected "C" or "P", was "${optType}"`;
  const stk = text(row, 'stk');
  if (!DECIMAL.test(stk) || Number(stk) <= 0) return `stk: expected a positive decimal, was "${stk}"`;
  const expTime = text(row, 'expTime');
  if (!(Number(expTime) > 0)) return `expTime: expected the time of expiry, was "${expTime}"`;
  return { isCall: optType === 'C', strike: Number(stk) };
}

/** The product of two decimals, rounded once: 0.1 × 0.01 must be 0.001 and not 0.001 plus a float's dust. */
function exactProduct(left: string, right: string): number {
  const decimals = (left.split('.')[1]?.length ?? 0) + (right.split('.')[1]?.length ?? 0);
  const product = BigInt(left.replace('.', '')) * BigInt(right.replace('.', ''));
  return Number(`${product}e-${decimals}`);
}

/** A field as text, '' when it is absent, null or not a scalar. */
function text(row: Row, name: string): string {
  const value = row[name];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}
