/**
 * Questions about products that only some accounts trade: families of options with their bands of prices, index prices, and
 * market maker protection. Each rejects with RestError and nothing else.
 */
import type { InstType } from '../okx/shapes.ts';
import { RowReader } from './account-rows.ts';
import type { RestClient } from './rest-client.ts';

type ProductPort = Pick<RestClient, 'get' | 'post'>;

/** A family of options, and which prices are allowed in it. */
export interface TickBands {
  readonly instFamily: string;
  readonly bands: readonly { readonly minPx: string; readonly maxPx: string; readonly tickSz: string }[];
}

/** Market maker protection of a family: over `qtyLimit` within `timeIntervalMs`, its orders of that kind are cancelled. */
export interface MmpConfig {
  readonly instFamily: string;
  /** 0: switched off. */
  readonly timeIntervalMs: number;
  /** For how long no such order is taken then; 0: until it is reset by hand. */
  readonly frozenMs: number;
  /** In contracts, as decimal text. */
  readonly qtyLimit: string;
  /** Answers only: whether it has triggered, and until when. */
  readonly isFrozen: boolean;
  readonly frozenUntilMs: number;
}

const TICK_BANDS = '/api/v5/public/instrument-tick-bands';

/** Of every family of a type that has bands: the venue lists its families nowhere else. */
export async function fetchTickBands(rest: ProductPort, instType: InstType): Promise<TickBands[]> {
  const rows = await rest.get(TICK_BANDS, { instType });
  return rows.map((each) => {
    const row = new RowReader(each, 'GET', TICK_BANDS);
    const bands = row.rows('tickBand').map((band) => ({
      minPx: band.decimal('minPx'),
      maxPx: band.optionalDecimal('maxPx'),
      tickSz: band.decimal('tickSz'),
    }));
    return { instFamily: row.optionalText('instFamily'), bands };
  });
}

const INDEX = '/api/v5/market/index-tickers';

/** The price of an index such as EUR-USDT. */
export async function fetchIndexPrice(rest: ProductPort, index: string): Promise<number> {
  const rows = await rest.get(INDEX, { instId: index });
  return Number(new RowReader(rows[0], 'GET', INDEX).decimal('idxPx'));
}

const MMP_CONFIG = '/api/v5/account/mmp-config';

/** Undefined where nothing was ever set. */
export async function fetchMmpConfig(rest: ProductPort, instFamily: string): Promise<MmpConfig | undefined> {
  const rows = await rest.get(MMP_CONFIG, { instFamily }, { isSigned: true });
  const row = rows
    .map((each) => new RowReader(each, 'GET', MMP_CONFIG))
    .find((each) => each.optionalText('instFamily') === instFamily);
  if (row === undefined) return undefined;
  return {
    instFamily,
    timeIntervalMs: Number(row.decimal('timeInterval')),
    frozenMs: Number(row.decimal('frozenInterval')),
    qtyLimit: row.decimal('qtyLimit'),
    isFrozen: row.isTrue('mmpFrozen'),
    frozenUntilMs: Number(row.optionalDecimal('mmpFrozenUntil')),
  };
}

export async function setMmpConfig(
  rest: ProductPort,
  config: Pick<MmpConfig, 'instFamily' | 'timeIntervalMs' | 'frozenMs' | 'qtyLimit'>,
): Promise<void> {
  await rest.post(MMP_CONFIG, {
    instFamily: config.instFamily,
    timeInterval: String(config.timeIntervalMs),
    frozenInterval: String(config.frozenMs),
    qtyLimit: config.qtyLimit,
  });
}

/** After the protection has triggered: its orders are taken again. */
export async function resetMmp(rest: ProductPort, instFamily: string): Promise<void> {
  await rest.post('/api/v5/account/mmp-reset', { instType: 'OPTION', instFamily });
}

/** Cancels the account's MMP orders of a family, all at once. Five times in 2 s at most. */
export async function massCancel(rest: ProductPort, instFamily: string): Promise<void> {
  await rest.post('/api/v5/trade/mass-cancel', { instType: 'OPTION', instFamily });
}
