import { Instrument, InstrumentState, InstrumentType } from '../base/instrument.ts';
import type { InstrumentFields } from '../base/instrument.ts';
import type { Config, InstrumentConfig } from '../config/schema.ts';
import { parseInstruments, untradableReason } from '../okx/instrument-rows.ts';
import { DOLLARS } from '../okx/shapes.ts';
import type { InstType } from '../okx/shapes.ts';
import { ENDPOINTS } from '../okx/venue-limits.ts';
import type { Endpoints } from '../okx/venue-limits.ts';
import type { AccountRest } from '../venue/account-rest.ts';
import type { AccountConfig } from '../venue/account-rows.ts';
import { RestError, RestErrorCode } from '../venue/rest-error.ts';
import type { LadderParameters } from '../../workers/strategy/ladder.ts';
import { HostError } from './host-error.ts';

/** Where the venue is: the configured URLs, else the region's own hosts, else the embedded venue's port. */
export function endpointsOf(config: Config, embeddedPort: number): Endpoints {
  const { venue } = config;
  const defaults: Endpoints =
    venue.kind === 'paper'
      ? {
          rest: `http://127.0.0.1:${embeddedPort}`,
          publicWs: `ws://127.0.0.1:${embeddedPort}/ws/v5/public`,
          privateWs: `ws://127.0.0.1:${embeddedPort}/ws/v5/private`,
          businessWs: `ws://127.0.0.1:${embeddedPort}/ws/v5/business`,
        }
      : ENDPOINTS[venue.region][venue.kind];
  return {
    rest: venue.rest ?? defaults.rest,
    publicWs: venue.public ?? defaults.publicWs,
    privateWs: venue.private ?? defaults.privateWs,
    businessWs: venue.business ?? defaults.businessWs,
  };
}

/** Waits before a question of the start is put again; together they outlast the venue's windows of 2 s. */
const BUSY_WAITS_MS = [500, 1_000, 2_000];

/**
 * Asks again while the venue says that it is busy or asked too often, as when an engine was restarted a moment ago. What is
 * wrong with the connection, the key or the question is not tried again: a person is waiting for the answer.
 *
 * @throws RestError the last refusal
 */
export async function answered<T>(ask: () => Promise<T>): Promise<T> {
  for (const waitMs of BUSY_WAITS_MS) {
    try {
      return await ask();
    } catch (error) {
      const isBusy = error instanceof RestError && error.code === RestErrorCode.rejected && error.isRetryable;
      if (!isBusy) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  return ask();
}

/** Why the venue's first answers were none or a refusal, with what to change. */
export function startError(error: RestError, rest: string): HostError {
  if (error.code === RestErrorCode.rejected && !error.isRetryable) {
    return new HostError(
      'ACCOUNT_REFUSED',
      `venue ${rest}: ${error.message}; check the API key, its secret and passphrase, and that it belongs to this venue.kind and venue.region`,
      { cause: error },
    );
  }
  return new HostError(
    'VENUE_UNREACHABLE',
    `venue ${rest}: ${error.message}; check the network, and venue.rest if the configuration sets it`,
    { cause: error },
  );
}

/** The venue's type of an instrument, from its name: BTC-USDT, BTC-USDT-SWAP, BTC-USDT-270326. */
export function instTypeOf(instId: string): InstType {
  if (instId.endsWith('-SWAP')) return 'SWAP';
  return instId.split('-').length > 2 ? 'FUTURES' : 'SPOT';
}

/** What this account may trade; where the venue does not offer that list, what the venue has. */
async function fetchInstruments(account: AccountRest, instType: InstType): Promise<unknown[]> {
  try {
    return await account.fetchInstruments(instType, '', true);
  } catch (error) {
    if (error instanceof RestError && error.httpStatus === 404) return account.fetchInstruments(instType);
    throw error;
  }
}

/**
 * Loads the configured instruments from the venue.
 *
 * @throws HostError when one does not exist, cannot be traded, or is not yet supported; says which and why
 */
export async function loadInstruments(
  account: AccountRest,
  configs: readonly InstrumentConfig[],
): Promise<Instrument[]> {
  const fields = new Map<string, InstrumentFields>();
  const refused = new Map<string, string>();
  for (const instType of new Set(configs.map(({ instId }) => instTypeOf(instId)))) {
    const parsed = parseInstruments(await fetchInstruments(account, instType));
    for (const each of parsed.fields) fields.set(each.instId, each);
    for (const each of parsed.refused) refused.set(each.instId, each.reason);
  }
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
 * Whether the account may trade what is configured.
 *
 * @throws HostError saying what to change at the venue or in the configuration
 */
export function checkAccount(
  account: AccountConfig,
  config: Config,
  instruments: readonly Instrument[],
): void {
  if (account.posMode !== 'net_mode') {
    throw new HostError(
      'ACCOUNT_REFUSED',
      `account: expected position mode net_mode, was ${account.posMode}; change it in the venue's trading settings while nothing is open`,
    );
  }
  if (!account.permissions.includes('trade')) {
    throw new HostError(
      'ACCOUNT_REFUSED',
      `account: expected an API key with trade permission, was "${account.permissions.join(',')}"; make a key that may trade`,
    );
  }
  if (account.permissions.includes('withdraw')) {
    throw new HostError(
      'ACCOUNT_REFUSED',
      'account: expected an API key without withdraw permission; make one that may only read and trade',
    );
  }
  config.instruments.forEach(({ instId, tradeMode }, index) => {
    const isSpot = instruments[index]!.type === InstrumentType.spot;
    const isCash = tradeMode === 'cash';
    const needsCash = isSpot && Number(account.acctLv) < 3;
    if (isCash !== needsCash) {
      const expected = needsCash ? '"cash"' : '"cross" or "isolated"';
      throw new HostError(
        'ACCOUNT_REFUSED',
        `instruments[${index}].tradeMode: expected ${expected} for ${instId} in account level ${account.acctLv}, was "${tradeMode}"`,
      );
    }
    if (!isSpot && account.acctLv === '1') {
      throw new HostError(
        'ACCOUNT_REFUSED',
        `instruments[${index}].instId: expected spot only in account level 1, was ${instId}; switch the account to futures mode`,
      );
    }
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

/** The strategy's parameters in ticks and lots. */
export function ladderOf(instrument: Instrument, config: InstrumentConfig): LadderParameters {
  const { strategy, limits } = config;
  const { index } = instrument;
  const lots = lotsOf(instrument, index, 'strategy.size', strategy.size);
  if (lots < instrument.minLots) {
    throw new HostError(
      'INSTRUMENT_REFUSED',
      `instruments[${index}].strategy.size: expected at least ${instrument.instId}'s least order ${instrument.lot.toText(instrument.minLots)}, was "${strategy.size}"`,
    );
  }
  return {
    levels: strategy.levels,
    halfSpreadBps: strategy.halfSpreadBps,
    halfSpreadTicksMin: strategy.halfSpreadTicksMin,
    levelStepBps: strategy.levelStepBps,
    lots,
    lotsStep: lotsOf(instrument, index, 'strategy.sizeStep', strategy.sizeStep),
    skewBpsAtMax: strategy.skewBpsAtMax,
    positionLotsMax: lotsOf(instrument, index, 'limits.position', limits.position),
    edgeMinRatio: strategy.edgeMinRatio,
    minLots: instrument.minLots,
  };
}

/** The gate's limits in lots. */
export function limitsOf(instrument: Instrument, config: InstrumentConfig) {
  const { limits } = config;
  return {
    positionLotsMax: lotsOf(instrument, instrument.index, 'limits.position', limits.position),
    orderLotsMax: lotsOf(instrument, instrument.index, 'limits.orderSize', limits.orderSize),
    orderNotionalMax: limits.orderNotional,
    openOrdersMax: limits.openOrders,
    collarBps: limits.collarBps,
    notionalRate: 1,
  };
}
