import type { DecimalGrid } from '../engine/base/decimal.ts';
import { ExplainField, LevelAbsence, LevelField } from '../engine/base/explain-record.ts';
import type { LevelClamp } from '../engine/base/explain-record.ts';
import { Side } from '../engine/base/side.ts';
import type { LevelState } from '../engine/base/standing-record.ts';
import { StandingField, StandingLevel, Withheld } from '../engine/base/standing-record.ts';
import {
  ABSENCE_TEXTS,
  CLAMP_TEXTS,
  GATE_TEXTS,
  STATE_TEXTS,
  WITHHELD_TEXTS,
  keyOf,
} from './explanation-words.ts';

/** What one level is told from. */
export interface LevelWords {
  readonly side: Side;
  readonly level: number;
  readonly quoter: Float64Array;
  readonly standing: Float64Array;
  /** Where its fields begin in both rows. */
  readonly at: number;
  readonly from: number;
  readonly clamps: readonly string[];
  readonly price: (ticks: number) => number;
  readonly lot: DecimalGrid;
  readonly holds: readonly string[];
}

interface OrderWords {
  readonly price: number;
  readonly size: string;
  readonly secondsAtPrice: number;
  readonly sizeAhead: string | null;
}

/** A level that has its order: where that is, and how its price came about. */
export function presentText(words: LevelWords, state: keyof typeof LevelState, order: OrderWords): string {
  const ahead = order.sizeAhead === null ? '' : `, ${order.sizeAhead} before it`;
  const seconds = order.secondsAtPrice.toFixed(1);
  const wanted = words.standing[words.at + StandingLevel.ticks]!;
  const isElsewhere = state === 'kept' || state === 'moving';
  const to = isElsewhere && !Number.isNaN(wanted) ? `, wanted at ${words.price(wanted)}` : '';
  const held = words.holds.length > 0 ? `; it is being withdrawn: ${words.holds[0]}` : '';
  return `${STATE_TEXTS[state]}: ${order.size} at ${order.price} for ${seconds} s${ahead}${to}${held}${originText(words)}`;
}

/** A level that has none. */
export function absentText(words: LevelWords, gateReasons: readonly string[]): string {
  const { at, standing, holds } = words;
  const withheld = keyOf(Withheld, standing[at + StandingLevel.withheld]!) as keyof typeof Withheld;
  if (withheld === 'held') return `absent: ${holds.join('; ')}`;
  if (withheld === 'notWanted') return `absent: ${notWantedText(words)}`;
  return `absent: ${withheldText(words, withheld, gateReasons)}${originText(words)}`;
}

function notWantedText({ standing, at, lot }: LevelWords): string {
  const absence = keyOf(LevelAbsence, standing[at + StandingLevel.detail]!) as keyof typeof LevelAbsence;
  const text = `the quoter does not want it: ${ABSENCE_TEXTS[absence]}`;
  if (absence !== 'positionLimit' && absence !== 'softLimit') return text;
  const position = lot.toText(standing[StandingField.positionLots]!);
  return `${text} (position ${position} of ${lot.toText(standing[StandingField.positionLotsMax]!)})`;
}

function withheldText(
  words: LevelWords,
  withheld: keyof typeof Withheld,
  gateReasons: readonly string[],
): string {
  const { at, standing } = words;
  const detail = standing[at + StandingLevel.detail]!;
  const text = WITHHELD_TEXTS[withheld];
  if (withheld === 'rest') return `${text}; again in ${Math.ceil(detail)} ms`;
  if (withheld !== 'gate') return text;
  const reason = gateReasons[detail] ?? String(detail);
  return `${text}: ${GATE_TEXTS[reason] ?? reason} (${reason})${gateFigures(words, reason)}`;
}

/** What the limit was held against. */
function gateFigures({ side, standing, at, lot, price }: LevelWords, reason: string): string {
  if (reason !== 'positionMax') {
    return `: ${lot.toText(standing[at + StandingLevel.lots]!)} at ${price(standing[at + StandingLevel.ticks]!)}`;
  }
  const open = standing[side === Side.buy ? StandingField.buyExposureLots : StandingField.sellExposureLots]!;
  const size = lot.toText(standing[at + StandingLevel.lots]!);
  return `: position ${lot.toText(standing[StandingField.positionLots]!)}, ${lot.toText(open)} open on its side, ${size} more, limit ${lot.toText(standing[StandingField.positionLotsMax]!)}`;
}

/** From the fair price to the price that is wanted. */
function originText({ side, quoter, from, standing, at, clamps, price }: LevelWords): string {
  const ideal = quoter[from + LevelField.idealTicks]!;
  const quoted = quoter[from + LevelField.ticks]!;
  const isQuoted = quoter[from + LevelField.absence] === LevelAbsence.none;
  if (Number.isNaN(ideal) || !isQuoted) return '';
  const fair = quoter[ExplainField.fairTicks]!;
  const sign = ideal < fair || (ideal === fair && side === Side.buy) ? '−' : '+';
  const parts = [`fair ${price(fair)} ${sign} ${price(Math.abs(ideal - fair))} = ${price(ideal)}`];
  if (ideal !== quoted) parts.push(`${side === Side.buy ? 'down' : 'up'} to ${price(quoted)}`);
  for (const clamp of clamps) parts.push(CLAMP_TEXTS[clamp as keyof typeof LevelClamp]);
  const wanted = standing[at + StandingLevel.ticks]!;
  if (!Number.isNaN(wanted) && wanted !== quoted) {
    parts.push(`stepped to ${price(wanted)} by guard or kill ladder since`);
  }
  return `; ${parts.join(', ')}`;
}
