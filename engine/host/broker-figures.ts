/**
 * Commission as metrics.
 *
 * Owner:      the engine thread.
 * Cost:       some additions of numbers a fill, off the path.
 */
import type { Instrument } from '../base/instrument.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { productOf } from '../broker/commission-ledger.ts';
import { IfRebate } from '../broker/eligibility.ts';
import type { Eligibility } from '../broker/eligibility.ts';
import { VIP_NONE, vipOf } from '../broker/expected-rebate.ts';
import type { FillEntry } from '../broker/fill-entry.ts';
import type { Settlement as Settled } from '../broker/settlement.ts';
import type { Config } from '../config/schema.ts';
import { BrokerEligibility, Settlement } from '../metrics/catalog.ts';
import type { MetricsWriter } from '../metrics/cells.ts';

const ELIGIBILITY: Readonly<Record<string, BrokerEligibility>> = {
  [IfRebate.eligible]: BrokerEligibility.eligible,
  [IfRebate.expired]: BrokerEligibility.expired,
  [IfRebate.capped]: BrokerEligibility.capped,
  [IfRebate.vip]: BrokerEligibility.vip,
  [IfRebate.msa]: BrokerEligibility.msa,
};

export class BrokerFigures {
  readonly #writer: MetricsWriter;
  readonly #config: Config['broker'];
  readonly #tag: string;
  readonly #indexes: ReadonlyMap<string, number>;
  #eligibility: Eligibility | undefined;

  constructor(
    writer: MetricsWriter,
    config: Config['broker'],
    tag: string,
    instruments: readonly Instrument[],
  ) {
    this.#writer = writer;
    this.#config = config;
    this.#tag = tag;
    this.#indexes = new Map(instruments.map(({ instId, index }) => [instId, index]));
  }

  onFill(entry: FillEntry): void {
    const instrument = this.#indexes.get(entry.instId);
    if (instrument === undefined) return;
    this.#add('brokerFills', instrument, 1);
    if (entry.tag !== this.#tag) {
      this.#add('brokerForeign', instrument, 1);
      return;
    }
    if (entry.volume === '' || entry.feeValue === '') {
      this.#add('brokerUnpriced', instrument, 1);
      return;
    }
    const fee = Number(entry.feeValue);
    this.#add('brokerVolume', instrument, Number(entry.volume));
    this.#add(fee > 0 ? 'brokerMakerRebates' : 'brokerFees', instrument, Math.abs(fee));
    if (fee < 0) this.#add('brokerExpected', instrument, -fee * this.#shareOf(entry));
  }

  onEligibility(told: Eligibility, nowNs: Nanoseconds): void {
    this.#eligibility = told;
    const state = ELIGIBILITY[told.type] ?? BrokerEligibility.unknown;
    this.#writer.set(this.#writer.cell('brokerEligibility'), state);
    this.#writer.set(this.#writer.cell('brokerEligibilityAge'), nowNs);
  }

  onSettled({ madeMs, expected, reported, difference, open }: Settled): void {
    const set = (settlement: Settlement, amount: string): void =>
      this.#writer.set(this.#writer.cell('brokerSettled', settlement), Number(amount));
    set(Settlement.expected, expected);
    set(Settlement.reported, reported);
    set(Settlement.difference, difference);
    this.#writer.set(this.#writer.cell('brokerOpen'), open);
    this.#writer.set(this.#writer.cell('brokerReconciled'), toSeconds(madeMs));
  }

  onFailing(isFailing: boolean): void {
    this.#writer.set(this.#writer.cell('brokerFailing'), isFailing ? 1 : 0);
  }

  /** As `RebateExpectation` reckons orders, but for a month's cap. */
  #shareOf({ level, instType }: FillEntry): number {
    const { share, affiliatedShare, isMarketMaker } = this.#config;
    const type = this.#eligibility?.type ?? IfRebate.eligible;
    if (isMarketMaker || vipOf(level) >= VIP_NONE || type !== IfRebate.eligible) return 0;
    return (this.#eligibility?.isAffiliated === true ? affiliatedShare : share)[productOf(instType)];
  }

  #add(
    id:
      | 'brokerFills'
      | 'brokerForeign'
      | 'brokerUnpriced'
      | 'brokerVolume'
      | 'brokerFees'
      | 'brokerMakerRebates'
      | 'brokerExpected',
    instrument: number,
    amount: number,
  ): void {
    this.#writer.increment(this.#writer.cell(id, instrument), amount);
  }
}

function toSeconds(timeMs: Milliseconds): number {
  return timeMs / 1_000;
}
