/**
 * The venue's lists of instruments: asked by type, and for options by family, until each wanted name is found. What an
 * instrument is, its row says; its name says nothing.
 */
import { InstrumentType } from '../base/instrument.ts';
import type { Instrument, InstrumentFields } from '../base/instrument.ts';
import { INST_TYPES, parseInstruments } from '../okx/instrument-rows.ts';
import { InstType } from '../okx/shapes.ts';
import { RestError } from '../venue/rest-error.ts';
import type { AccountPort } from './engine-world.ts';

export type InstrumentSource = Pick<AccountPort, 'fetchInstruments' | 'fetchTickBands' | 'fetchIndexPrice'>;

/** What is looked for, and where first. */
export interface WantedInstrument {
  readonly instId: string;
  /** Traded with borrowed money: stands in a list of its own, under the name of its spot pair. */
  readonly isMargin: boolean;
  /** Paid for in cash, as spot is: most often in that list. */
  readonly isCash: boolean;
}

export interface FoundInstruments {
  /** By name; of margin pairs by `marginKey`. */
  readonly fields: Map<string, InstrumentFields>;
  /** By the same: why one that is listed cannot be loaded. */
  readonly refused: Map<string, string>;
}

/** A margin pair has its spot pair's name. */
function marginKey(instId: string): string {
  return `margin ${instId}`;
}

export function keyOf({ instId, isMargin }: Pick<WantedInstrument, 'instId' | 'isMargin'>): string {
  return isMargin ? marginKey(instId) : instId;
}

/** Asks list after list until all are found; options last, family by family. */
export async function findInstruments(
  account: InstrumentSource,
  wanted: readonly WantedInstrument[],
): Promise<FoundInstruments> {
  const found: FoundInstruments = { fields: new Map(), refused: new Map() };
  const isMissing = (each: WantedInstrument): boolean =>
    !found.fields.has(keyOf(each)) && !found.refused.has(keyOf(each));
  const isAnyMissing = (): boolean => wanted.some((each) => !each.isMargin && isMissing(each));
  const [first] = wanted.filter(({ isMargin }) => !isMargin);
  const lists = first?.isCash === true ? CASH_FIRST : CONTRACTS_FIRST;
  for (const instType of lists) if (isAnyMissing()) await take(account, found, instType, '');
  if (wanted.some(({ isMargin }) => isMargin)) await take(account, found, InstType.margin, '');
  if (!isAnyMissing()) return found;
  for (const { instFamily } of await familiesOf(account)) {
    if (isAnyMissing()) await take(account, found, InstType.option, instFamily);
  }
  return found;
}

const CONTRACTS_FIRST = [InstType.swap, InstType.spot, InstType.futures];
const CASH_FIRST = [InstType.spot, InstType.swap, InstType.futures];

/** The same lists that these instruments were found in, and no others. */
export async function findAgain(
  account: InstrumentSource,
  instruments: readonly Instrument[],
): Promise<FoundInstruments> {
  const found: FoundInstruments = { fields: new Map(), refused: new Map() };
  const asked = new Set<string>();
  for (const { type, instFamily } of instruments) {
    const family = type === InstrumentType.option ? instFamily : '';
    const list = `${type} ${family}`;
    if (asked.has(list)) continue;
    asked.add(list);
    await take(account, found, INST_TYPES[type], family);
  }
  return found;
}

async function take(
  account: InstrumentSource,
  found: FoundInstruments,
  instType: InstType,
  instFamily: string,
): Promise<void> {
  const parsed = parseInstruments(await fetchList(account, instType, instFamily));
  const key = (instId: string): string => (instType === InstType.margin ? marginKey(instId) : instId);
  for (const each of parsed.fields) found.fields.set(key(each.instId), each);
  for (const each of parsed.refused) found.refused.set(key(each.instId), each.reason);
}

/** What this account may trade; where the venue does not offer that list, what the venue has. */
async function fetchList(
  account: InstrumentSource,
  instType: InstType,
  instFamily: string,
): Promise<unknown[]> {
  try {
    return await account.fetchInstruments(instType, instFamily, true);
  } catch (error) {
    if (isNotOffered(error)) return account.fetchInstruments(instType, instFamily);
    throw error;
  }
}

/** Families of options with their bands of prices; none where the venue has no such question. */
export async function familiesOf(
  account: Pick<AccountPort, 'fetchTickBands'>,
): ReturnType<AccountPort['fetchTickBands']> {
  try {
    return await account.fetchTickBands(InstType.option);
  } catch (error) {
    if (isNotOffered(error)) return [];
    throw error;
  }
}

function isNotOffered(error: unknown): boolean {
  return error instanceof RestError && error.httpStatus === 404;
}
