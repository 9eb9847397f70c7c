import type { FeeRates } from '../base/fee-rates.ts';
import { Instrument, InstrumentState, InstrumentType } from '../base/instrument.ts';
import type { InstrumentFields } from '../base/instrument.ts';
import { DecimalGrid } from '../base/decimal.ts';
import type { PriceBandText } from '../base/price-bands.ts';
import type { InstrumentConfig } from '../config/schema.ts';
import { isQuotableState, untradableReason } from '../okx/instrument-rows.ts';
import { DOLLARS } from '../okx/shapes.ts';
import type { DiffTolerance } from '../orders/quote-diff.ts';
import type { RiskLimits } from '../risk/gate.ts';
import { RestError, RestErrorCode } from '../venue/rest-error.ts';
import type { FairValueParameters } from '../../workers/strategy/fair/fair-value-parameters.ts';
import type { StrategyParameters } from '../../workers/strategy/parameters.ts';
import { HostError } from './host-error.ts';
import { familiesOf, findInstruments, keyOf } from './instrument-lists.ts';
import type { FoundInstruments, InstrumentSource, WantedInstrument } from './instrument-lists.ts';
import { microPriceOf } from './micro-price-table.ts';

/** Whether prices, sizes and names mean what they meant when the instrument was loaded. No code is no news. */
export function isSameGrid(instrument: Instrument, fields: InstrumentFields): boolean {
  return (
    Number(fields.tickSz) === instrument.tick.value &&
    Number(fields.lotSz) === instrument.lot.value &&
    fields.contractValue === instrument.contractValue &&
    (fields.instIdCode === 0 || fields.instIdCode === instrument.instIdCode)
  );
}

/** The venue's code of an instrument outlives its name. By name, as runs before have known them. */
export type KnownCodes = Readonly<Record<string, number>>;

/**
 * Loads the configured instruments from the venue.
 *
 * @param codes of runs before: an instrument that the venue has renamed is found by its code
 * @throws HostError when one does not exist or cannot be traded; says which and why
 */
export async function loadInstruments(
  account: InstrumentSource,
  configs: readonly InstrumentConfig[],
  codes: KnownCodes = {},
): Promise<Instrument[]> {
  const wanted = configs.map(({ instId, product, tradeMode }) => ({
    instId,
    isMargin: product === 'margin',
    isCash: tradeMode === 'cash',
  }));
  const found = await findInstruments(account, wanted);
  const families = configs.some((_, index) => found.fields.get(keyOf(wanted[index]!))?.option !== undefined)
    ? await familiesOf(account)
    : [];
  const rates = new Map<string, number>();
  const instruments: Instrument[] = [];
  for (const [index, config] of configs.entries()) {
    const fields = fieldsOf(found, wanted[index]!, index, codes);
    const family = families.find(({ instFamily }) => instFamily === fields.instFamily)?.bands ?? [];
    const bands = family.filter((band) => isOnGrid(fields.tickSz, band));
    const usdRate = await usdRateOf(account, fields, config, index, rates);
    instruments.push(
      new Instrument(index, {
        ...fields,
        ...(fields.option !== undefined && bands.length > 0 ? { priceBands: bands } : {}),
        ...(usdRate === 1 ? {} : { usdRate }),
      }),
    );
  }
  return instruments;
}

/**
 * Whether an instrument's own tick can say a band of its family. One that is finer says nothing to it: a row with another
 * tick than its family's must not keep everything else from being traded.
 */
function isOnGrid(tickSz: string, { minPx, tickSz: step }: PriceBandText): boolean {
  const tick = new DecimalGrid(tickSz);
  return tick.fromText(step) > 0 && tick.fromText(minPx) >= 0;
}

/** @throws HostError when it does not exist or cannot be traded */
function fieldsOf(
  found: FoundInstruments,
  wanted: WantedInstrument,
  index: number,
  codes: KnownCodes,
): InstrumentFields {
  const { instId } = wanted;
  const key = keyOf(wanted);
  const named = found.fields.get(key);
  // What was renamed may still be listed by its former name, expired.
  const isGone = named === undefined || named.state === InstrumentState.expired;
  const fields =
    (isGone ? renamedOf(found, wanted, named?.instIdCode ?? codes[instId] ?? 0) : named) ?? named;
  const refuse = (reason: string): HostError =>
    new HostError('INSTRUMENT_REFUSED', `instruments[${index}].instId: ${reason}`);
  if (fields === undefined) {
    const reason = found.refused.get(key) ?? 'this account cannot trade an instrument of that name';
    throw refuse(`expected a tradable instrument, was "${instId}": ${reason}`);
  }
  if (fields.type === InstrumentType.events)
    throw refuse(`expected spot, margin, swap, futures or an option, was "${instId}", a bet on an event`);
  const untradable = isQuotableState(fields.state) ? untradableReason(fields) : '';
  if (untradable !== '') throw refuse(`"${instId}" cannot be traded: ${untradable}`);
  return fields;
}

/** The instrument of that code under another name; undefined where there is none. */
function renamedOf(
  { fields }: FoundInstruments,
  { instId, isMargin }: WantedInstrument,
  code: number,
): InstrumentFields | undefined {
  if (code === 0 || isMargin) return undefined;
  return [...fields.values()].find(
    (each) =>
      each.instIdCode === code &&
      each.instId !== instId &&
      each.type !== InstrumentType.margin &&
      each.state !== InstrumentState.expired,
  );
}

/**
 * What one of the quote currency is worth in dollars: 1 where it is a dollar, and where the underlying is what counts.
 *
 * @throws HostError when neither the configuration nor an index of the venue tells
 */
async function usdRateOf(
  account: InstrumentSource,
  fields: InstrumentFields,
  config: InstrumentConfig,
  index: number,
  rates: Map<string, number>,
): Promise<number> {
  const { quoteCcy } = fields;
  if (!needsRate(fields, config)) return config.limits.quoteUsd ?? 1;
  const known = rates.get(quoteCcy) ?? (await askRate(account, quoteCcy));
  if (known === 0) {
    throw new HostError(
      'INSTRUMENT_REFUSED',
      `instruments[${index}].limits.quoteUsd: expected what one ${quoteCcy} is worth in dollars, since the venue has no index that tells, was absent; set it`,
    );
  }
  rates.set(quoteCcy, known);
  return known;
}

/** Whether what its quote currency is worth must be asked for. */
export function needsRate(
  { quoteCcy, option }: Pick<InstrumentFields, 'quoteCcy' | 'option'>,
  { limits }: InstrumentConfig,
): boolean {
  return limits.quoteUsd === undefined && !DOLLARS.includes(quoteCcy) && option === undefined;
}

type IndexSource = Pick<InstrumentSource, 'fetchIndexPrice'>;

/** By the first index that the venue has; 0 where it has none. */
export async function askRate(account: IndexSource, ccy: string): Promise<number> {
  for (const dollar of ['USDT', 'USD']) {
    const price = await indexPrice(account, `${ccy}-${dollar}`);
    if (price > 0) return price;
    const inverse = await indexPrice(account, `${dollar}-${ccy}`);
    if (inverse > 0) return 1 / inverse;
  }
  return 0;
}

async function indexPrice(account: IndexSource, index: string): Promise<number> {
  try {
    return await account.fetchIndexPrice(index);
  } catch (error) {
    // A refusal says that there is none; anything else has the start tried again.
    if (error instanceof RestError && !error.isRetryable && error.code !== RestErrorCode.timeout) return 0;
    throw error;
  }
}

/**
 * A configured size in lots.
 *
 * @throws HostError when it is not a multiple of the lot, or below the instrument's least order
 */
function lotsOf(instrument: Instrument, index: number, key: string, text: string): number {
  const lots = instrument.lot.fromText(text);
  if (lots < 0) {
    throw new HostError(
      'INSTRUMENT_REFUSED',
      `instruments[${index}].${key}: expected a multiple of ${instrument.instId}'s lot ${instrument.lot.step}, was "${text}"`,
    );
  }
  return lots;
}

/**
 * Of the fair value, in lots and with the number of the instrument that leads.
 *
 * @throws HostError when the lead is none of the configured instruments, or the instrument itself, or a file cannot be used
 */
function fairValueOf(
  instrument: Instrument,
  config: InstrumentConfig,
  instIds: readonly string[],
): FairValueParameters {
  const { fair } = config.strategy;
  const { index } = instrument;
  const { instrument: leader = '', ...lead } = fair.lead;
  const leads = leader === '' ? -1 : instIds.indexOf(leader);
  if (leader !== '' && (leads === -1 || leads === index)) {
    throw new HostError(
      'INSTRUMENT_REFUSED',
      `instruments[${index}].strategy.fair.lead.instrument: expected another of the configured instruments, was "${leader}"`,
    );
  }
  const { depthSize, microPriceFile: _, ...rest } = fair;
  return {
    ...rest,
    depthLots: lotsOf(instrument, index, 'strategy.fair.depthSize', depthSize),
    microPrice: microPriceOf(instrument, config),
    lead: { ...lead, instrument: leads },
  };
}

/**
 * The strategy's parameters in ticks and lots.
 *
 * @param fees what the account pays on this instrument
 * @param instIds of all configured instruments, in order
 */
export function strategyOf(
  instrument: Instrument,
  config: InstrumentConfig,
  fees: FeeRates,
  instIds: readonly string[],
): StrategyParameters {
  const { strategy, limits } = config;
  const { index } = instrument;
  const lots = lotsOf(instrument, index, 'strategy.size', strategy.size);
  if (lots < instrument.minLots) {
    throw new HostError(
      'INSTRUMENT_REFUSED',
      `instruments[${index}].strategy.size: expected at least ${instrument.instId}'s least order ${instrument.lot.toText(instrument.minLots)}, was "${strategy.size}"`,
    );
  }
  const {
    size: _,
    sizeStep,
    fair: __,
    priceToleranceTicks: ___,
    sizeToleranceRatio: ____,
    orderLifeMsMin: _____,
    ...rest
  } = strategy;
  return {
    ...rest,
    lots,
    lotsStep: lotsOf(instrument, index, 'strategy.sizeStep', sizeStep),
    minLots: instrument.minLots,
    orderLotsMax: lotsOf(instrument, index, 'limits.orderSize', limits.orderSize),
    positionLotsMax: lotsOf(instrument, index, 'limits.position', limits.position),
    makerFeeRate: fees.makerRate,
    fair: fairValueOf(instrument, config, instIds),
  };
}

/** How far orders may lie from what is wanted, and stay. */
export function toleranceOf({ strategy }: InstrumentConfig): DiffTolerance {
  const { priceToleranceTicks, sizeToleranceRatio, orderLifeMsMin } = strategy;
  return { priceToleranceTicks, sizeToleranceRatio, orderLifeMsMin };
}

/** The gate's limits in lots. */
export function limitsOf(instrument: Instrument, config: InstrumentConfig): RiskLimits {
  const { limits } = config;
  return {
    positionLotsMax: lotsOf(instrument, instrument.index, 'limits.position', limits.position),
    orderLotsMax: lotsOf(instrument, instrument.index, 'limits.orderSize', limits.orderSize),
    orderNotionalMax: limits.orderNotional,
    openOrdersMax: limits.openOrders,
    notionalMax: limits.notional ?? Infinity,
    collarBps: limits.collarBps,
    notionalRate: limits.quoteUsd ?? instrument.usdRate,
  };
}
