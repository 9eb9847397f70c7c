import type { Lots } from '../base/units.ts';

/** What one instrument may hold and ask for. */
export interface RiskLimits {
  readonly positionLotsMax: Lots;
  readonly orderLotsMax: Lots;
  /** In the currency of Instrument.notional. */
  readonly orderNotionalMax: number;
  readonly openOrdersMax: number;
  /** Largest distance of a price from the middle of the book. */
  readonly collarBps: number;
  /** What one unit of Instrument.notional is worth in the account's currency. */
  readonly notionalRate: number;
}

/** What all instruments together may hold and lose. */
export interface AccountLimits {
  readonly notionalMax: number;
  /** Loss since the start, as a positive number in the account's currency, that halts the engine. */
  readonly lossMax: number;
}
