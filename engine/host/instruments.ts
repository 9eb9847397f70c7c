import type { FeeRates } from '../base/fee-rates.ts';
import { Instrument, InstrumentState, InstrumentType } from '../base/instrument.ts';
import type { InstrumentFields } from '../base/instrument.ts';
import type { InstrumentConfig } from '../config/schema.ts';
import { parseInstruments, untradableReason } from '../okx/instrument-rows.ts';
import { DOLLARS } from '../okx/shapes.ts';
import type { InstType } from '../okx/shapes.ts';
import type { DiffTolerance } from '../orders/quote-diff.ts';
import type { RiskLimits } from '../risk/gate.ts';
import type { AccountRest } from '../venue/account-rest.ts';
import { RestError } from '../venue/rest-error.ts';

import type { FairValueParameters } from '../../workers/strategy/fair/fair-value-parameters.ts';
import type { StrategyParameters } from '../../workers/strategy/parameters.ts';
import { HostError } from './host-error.ts';
import { microPriceOf } from './micro-price-table.ts';

/** The venue's type of an instrument, from its name: BTC-USDT, BTC-USDT-SWAP, BTC-USDT-270326. */
export function instTypeOf(instId: string): InstType {
  if (instId.endsWith('-SWAP')) return 'SWAP';
  return instId.split('-').length > 2 ? 'FUTURES' : 'SPOT';
}

/** What this account may trade; where the venue does not offer that list, what the venue has. */
async function fetchInstruments(account: InstrumentSource, instType: InstType): Promise<unknown[]> {
  try {
    return await account.fetchInstruments(instType, '', true);
  } catch (error) {
    if (error instanceof RestError && error.httpStatus === 404) return account.fetchInstruments(instType);
    throw error;
  }
}

type InstrumentSource = Pick<AccountRest, 'fetchInstruments'>;

/** By name: instruments of the types of these, and why those that cannot be loaded cannot. */
export async function fetchFields(
  account: InstrumentSource,
  instIds: readonly string[],
): Promise<{ fields: Map<string, InstrumentFields>; refused: Map<string, string> }> {
  const fields = new Map<string, InstrumentFields>();
  const refused = new Map<string, string>();
  for (const instType of new Set(instIds.map(instTypeOf))) {
    const parsed = parseInstruments(await fetchInstruments(account, instType));
    for (const each of parsed.fields) fields.set(each.instId, each);
    for (const each of parsed.refused) refused.set(each.instId, each.reason);
  }
  return { fields, refused };
}

/** Whether prices, sizes and names mean what they meant when the instrument was loaded. No code is no news. */
export function isSameGrid(instrument: Instrument, fields: InstrumentFields): boolean {
  return (
    Number(fields.tickSz) === instrument.tick.value &&
    Number(fields.lotSz) === instrument.lot.value &&
    fields.contractValue === instrument.contractValue &&
    (fields.instIdCode === 0 || fields.instIdCode === instrument.instIdCode)
  );
}

/**
 * Loads the configured instruments from the venue.
 *
 * @throws HostError when one does not exist, cannot be traded, or is not yet supported; says which and why
 */
export async function loadInstruments(
  account: InstrumentSource,
  configs: readonly InstrumentConfig[],
): Promise<Instrument[]> {
  const { fields, refused } = await fetchFields(
    account,
    configs.map(({ instId }) => instId),
  );
  return configs.map(({ instId }, index) => {
    const found = fields.get(instId);
    if (found === undefined) {
      const reason = refused.get(instId) ?? 'this account cannot trade an instrument of that name';
      throw new HostError(
        'INSTRUMENT_REFUSED',
        `instruments[${index}].instId: expected a tradable instrument, was "${instId}": ${reason}`,
      );
    }
    const untradable = found.state === InstrumentState.live ? untradableReason(found) : '';
    if (untradable !== '') {
      throw new HostError(
        'INSTRUMENT_REFUSED',
        `instruments[${index}].instId: "${instId}" cannot be traded: ${untradable}`,
      );
    }
    const isSupported =
      found.type === InstrumentType.spot ||
      found.type === InstrumentType.swap ||
      found.type === InstrumentType.futures;
    if (
      !isSupported ||
      !(DOLLARS.includes(found.quoteCcy) || DOLLARS.includes(found.settleCcy) || instId.includes('-USD-'))
    ) {
      throw new HostError(
        'INSTRUMENT_REFUSED',
        `instruments[${index}].instId: expected spot, swap or futures in USD, USDT or USDC, was "${instId}"; others are not supported yet`,
      );
    }
    return new Instrument(index, found);
  });
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
    notionalRate: 1,
  };
}
