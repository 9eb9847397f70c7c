import { ContractKind, InstrumentType } from '../base/instrument.ts';
import type { InstrumentFields } from '../base/instrument.ts';
import { DOLLARS } from '../okx/shapes.ts';
import { ExactDecimal } from './exact-decimal.ts';

/** What of an instrument decides what a fill on it is worth. */
export type ValueTerms = Pick<
  InstrumentFields,
  'type' | 'kind' | 'baseCcy' | 'quoteCcy' | 'settleCcy' | 'contractValue'
>;

/** What of a fill decides what it is worth, as the venue tells it. */
export interface FillFigures {
  readonly price: string;
  readonly size: string;
  /** The venue's sign: negative is paid. */
  readonly fee: string;
  readonly feeCcy: string;
  /**
   * The index at that moment: of a contract its underlying's; of a spot pair that is not quoted in dollars the base coin's
   * in USDT (documentation of GET /trade/fills). "" where it was not told.
   */
  readonly indexPrice: string;
}

/** In USDT, dollars of every kind counting alike, as in the venue's report; undefined where no price is known. */
export interface FillValue {
  readonly volume: ExactDecimal | undefined;
  /** The venue's sign: negative is paid. */
  readonly fee: ExactDecimal | undefined;
}

/** Of the one value that a division gives: a fee in the quote coin of a pair that is not quoted in dollars. */
const QUOTIENT_DECIMALS = 18;
const ONE = ExactDecimal.unit(0);

/** Exact, but for the quotient above. */
export function fillValue(terms: ValueTerms, figures: FillFigures): FillValue {
  const price = ExactDecimal.of(figures.price);
  const size = ExactDecimal.of(figures.size);
  const index = ExactDecimal.of(figures.indexPrice);
  const coins = size.times(ExactDecimal.ofNumber(terms.contractValue));
  const basePrice = dollarsOfBase(terms, price, index);
  const isInverse = terms.kind === ContractKind.inverse && terms.type !== InstrumentType.option;
  // The contract value of an inverse contract is in dollars already.
  const volume = isInverse ? coins : basePrice === undefined ? undefined : coins.times(basePrice);
  return { volume, fee: feeValue(terms, figures, price, basePrice) };
}

/** What a base coin was worth: the trade's own price where it is in dollars, else the index. */
function dollarsOfBase(
  { type, kind, baseCcy, quoteCcy, settleCcy }: ValueTerms,
  price: ExactDecimal,
  index: ExactDecimal,
): ExactDecimal | undefined {
  // The price of an option is its premium; volume counts what it is an option on.
  const isInDollars = kind === ContractKind.inverse || isDollar(quoteCcy) || isDollar(settleCcy);
  if (type !== InstrumentType.option && isInDollars) return price;
  // USDT-EUR: the venue tells no index of it in dollars.
  if (isDollar(baseCcy)) return ONE;
  return index.isPositive ? index : undefined;
}

function feeValue(
  { quoteCcy, baseCcy }: ValueTerms,
  { fee, feeCcy }: FillFigures,
  price: ExactDecimal,
  basePrice: ExactDecimal | undefined,
): ExactDecimal | undefined {
  const amount = ExactDecimal.of(fee);
  if (amount.isZero || isDollar(feeCcy)) return amount;
  if (basePrice === undefined) return undefined;
  if (feeCcy === baseCcy) return amount.times(basePrice);
  // base in dollars / base in quote coins = a quote coin in dollars.
  if (feeCcy !== quoteCcy || price.isZero) return undefined;
  return amount.times(basePrice).dividedBy(price, QUOTIENT_DECIMALS);
}

function isDollar(currency: string): boolean {
  return DOLLARS.includes(currency);
}
