import { InstrumentType } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { Side } from '../base/side.ts';
import type { TradeFact } from '../loop/loop-options.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';
import { TradeMark } from '../orders/trade-log.ts';
import type { TradeLog } from '../orders/trade-log.ts';
import type { Balances } from '../venue/account-rows.ts';

/** Places after the point in the state. The venue's own have fewer. */
const PLACES = 12;

/**
 * What the account holds of base currencies beside our spot positions.
 *
 * A spot position is the sum of its trades, and nothing else: coins that come and go are no trades. But holding, position
 * and fees paid in coins must add up to the balance, so a difference tells that a trade is not known yet, or that somebody
 * moved coins. Recovery looks again because of the first, and takes the second as a new holding.
 */
export class Holdings {
  /** By base currency: its spot pairs, whose trades add up in one balance. */
  readonly #pairs: ReadonlyMap<string, readonly Instrument[]>;
  readonly #ledger: PositionLedger;
  readonly #log: TradeLog;
  /** By currency. Missing until its balance was seen for the first time. */
  readonly #bases = new Map<string, number>();

  constructor(instruments: readonly Instrument[], ledger: PositionLedger, log: TradeLog) {
    // Profit and funding of contracts in coin come and go all the time; so does what another spot is paid in, and what is
    // borrowed on margin.
    const margin = instruments.filter(({ type }) => type === InstrumentType.margin);
    const moving = new Set([
      ...instruments.map(({ settleCcy }) => settleCcy),
      ...margin.map(({ baseCcy }) => baseCcy),
    ]);
    const spots = instruments.filter(
      ({ type, baseCcy }) => type === InstrumentType.spot && !moving.has(baseCcy),
    );
    this.#pairs = grouped(spots);
    this.#ledger = ledger;
    this.#log = log;
  }

  state(): Record<string, string> {
    return Object.fromEntries([...this.#bases].map(([ccy, base]) => [ccy, base.toFixed(PLACES)]));
  }

  restore(state: Readonly<Record<string, string>>): void {
    for (const [ccy, text] of Object.entries(state)) {
      const base = Number(text);
      if (Number.isFinite(base)) this.#bases.set(ccy, base);
    }
  }

  /** The holding of a coin begins with what there is, when one of its instruments is new here. */
  forget(instrument: number): void {
    for (const [ccy, pairs] of this.#pairs) {
      if (pairs.some(({ index }) => index === instrument)) this.#bases.delete(ccy);
    }
  }

  /** Which balances are not what holdings, positions and these trades make them; '' when all are. */
  difference(trades: readonly TradeFact[], balances: Balances): string {
    const differences: string[] = [];
    for (const [ccy, pairs] of this.#pairs) {
      const base = this.#bases.get(ccy);
      if (base === undefined) continue;
      const off = balanceOf(ccy, balances) - base - this.#traded(pairs, trades);
      if (Math.abs(off) < leastLot(pairs) / 2) continue;
      differences.push(`${ccy} is ${off > 0 ? 'above' : 'below'} what trades make it by ${Math.abs(off)}`);
    }
    return differences.join(', ');
  }

  /** Takes the balances over, where they differ; every trade that they hold is booked. */
  settle(balances: Balances): void {
    for (const [ccy, pairs] of this.#pairs) {
      const base = this.#bases.get(ccy);
      const now = balanceOf(ccy, balances) - this.#traded(pairs, []);
      // Within half a lot the difference is one of rounding, which must not add up.
      if (base === undefined || Math.abs(now - base) >= leastLot(pairs) / 2) this.#bases.set(ccy, now);
    }
  }

  /** What trades have brought into the holding: those of the ledger, and those of these that it does not know yet. */
  #traded(pairs: readonly Instrument[], trades: readonly TradeFact[]): number {
    return pairs.reduce((sum, spot) => sum + this.#tradedOf(spot, trades), 0);
  }

  #tradedOf(spot: Instrument, trades: readonly TradeFact[]): number {
    let lots = this.#ledger.bookedLots[spot.index]!;
    let fees = this.#ledger.baseFees[spot.index]!;
    for (const trade of trades) {
      if (trade.instrument !== spot.index) continue;
      const mark = this.#log.look(trade.instrument, trade.tradeId);
      if (mark === TradeMark.none) lots += signedLots(trade);
      if (mark !== TradeMark.withFee && trade.isBaseFee) fees += trade.fee;
    }
    return lots * spot.lot.value + fees;
  }
}

function grouped(spots: readonly Instrument[]): Map<string, Instrument[]> {
  const pairs = new Map<string, Instrument[]>();
  for (const spot of spots) pairs.set(spot.baseCcy, [...(pairs.get(spot.baseCcy) ?? []), spot]);
  return pairs;
}

function leastLot(pairs: readonly Instrument[]): number {
  return Math.min(...pairs.map(({ lot }) => lot.value));
}

/** What a trade adds to the position. */
export function signedLots(trade: TradeFact): number {
  return trade.side === Side.buy ? trade.lots : -trade.lots;
}

function balanceOf(ccy: string, balances: Balances): number {
  const detail = balances.details.find((each) => each.ccy === ccy);
  return Number(detail?.cashBal ?? '0');
}
