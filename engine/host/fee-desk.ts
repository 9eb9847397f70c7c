/**
 * What the account pays for its trades: asked at the start and every hour, since the tier follows the volume of the last
 * month.
 *
 * Owner:      the engine thread.
 * Invariants: one question at a time; rates that cannot be had stay what they were.
 * Cost:       a comparison each timer; one call an hour for each type of instruments.
 */
import type { FeeRates } from '../base/fee-rates.ts';
import type { Instrument } from '../base/instrument.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import { Liquidity } from '../metrics/catalog.ts';
import type { MetricsWriter } from '../metrics/cells.ts';
import { INST_TYPES } from '../okx/instrument-rows.ts';
import type { TradeFees } from '../venue/account-rows.ts';
import { RestError, RestErrorCode } from '../venue/rest-error.ts';
import type { AccountPort } from './engine-world.ts';
import { textOf } from './text-of.ts';

type FeeSource = Pick<AccountPort, 'fetchTradeFees'>;

const PERIOD_NS: Nanoseconds = 3_600 * NS_PER_SECOND;
const RETRY_NS: Nanoseconds = 60 * NS_PER_SECOND;
const BPS = 1e-4;

/**
 * By instrument, one call for each of their types.
 *
 * @throws RestError when the venue does not answer, or tells no rate of an instrument
 */
export async function fetchFees(account: FeeSource, instruments: readonly Instrument[]): Promise<FeeRates[]> {
  const byType = new Map<string, TradeFees>();
  for (const instType of new Set(instruments.map(({ type }) => INST_TYPES[type]))) {
    byType.set(instType, await account.fetchTradeFees(instType));
  }
  return instruments.map((instrument) => feesOf(instrument, byType.get(INST_TYPES[instrument.type])!));
}

/** Of its group; else those of all; else the dearest, so that nothing is quoted below what it may cost. */
function feesOf({ instId, fields }: Instrument, { groups, all }: TradeFees): FeeRates {
  const own = groups.find(({ groupId }) => groupId === fields.groupId) ?? all;
  if (own !== undefined) return { makerRate: own.makerRate, takerRate: own.takerRate };
  if (groups.length === 0) {
    throw new RestError(RestErrorCode.malformed, `expected the fees of ${instId}, were not told`, {
      method: 'GET',
      path: '/api/v5/account/trade-fee',
    });
  }
  return {
    makerRate: Math.max(...groups.map(({ makerRate }) => makerRate)),
    takerRate: Math.max(...groups.map(({ takerRate }) => takerRate)),
  };
}

export interface FeeDeskOptions {
  readonly account: FeeSource;
  readonly instruments: readonly Instrument[];
  /** What the start was told. */
  readonly fees: readonly FeeRates[];
  readonly nowNs: Nanoseconds;
  readonly writer: MetricsWriter;
  readonly log: (line: string) => void;
  readonly onChanged: (fees: readonly FeeRates[]) => void;
}

export class FeeDesk {
  readonly #options: FeeDeskOptions;
  #fees: readonly FeeRates[];
  #dueNs: Nanoseconds;
  #isAsking = false;
  #isFailing = false;
  #isClosed = false;

  constructor(options: FeeDeskOptions) {
    this.#options = options;
    this.#fees = options.fees;
    this.#dueNs = options.nowNs + PERIOD_NS;
    this.#show();
  }

  /** What this rejects with is a mistake of ours. */
  async onTimer(nowNs: Nanoseconds): Promise<void> {
    if (nowNs < this.#dueNs || this.#isAsking || this.#isClosed) return;
    const { account, instruments, log, onChanged } = this.#options;
    this.#isAsking = true;
    let fees;
    try {
      fees = await fetchFees(account, instruments);
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      if (!this.#isFailing && !this.#isClosed)
        log(`fees: ${textOf(error)}; they are taken to be what they were`);
      this.#isFailing = true;
      this.#dueNs = nowNs + RETRY_NS;
      return;
    } finally {
      this.#isAsking = false;
    }
    this.#dueNs = nowNs + PERIOD_NS;
    if (this.#isClosed) return;
    if (this.#isFailing) log('fees: answered again');
    this.#isFailing = false;
    if (isSame(fees, this.#fees)) return;
    this.#fees = fees;
    this.#show();
    onChanged(fees);
  }

  close(): void {
    this.#isClosed = true;
  }

  #show(): void {
    const { writer, instruments } = this.#options;
    for (const { index } of instruments) {
      const { makerRate, takerRate } = this.#fees[index]!;
      writer.set(writer.cell('feeBps', index, Liquidity.maker), bpsOf(makerRate));
      writer.set(writer.cell('feeBps', index, Liquidity.taker), bpsOf(takerRate));
    }
  }
}

/** Without what a division leaves behind its twelfth digit. */
function bpsOf(rate: number): number {
  return Number((rate / BPS).toPrecision(12));
}

function isSame(one: readonly FeeRates[], other: readonly FeeRates[]): boolean {
  return one.every(
    ({ makerRate, takerRate }, index) =>
      makerRate === other[index]!.makerRate && takerRate === other[index]!.takerRate,
  );
}
