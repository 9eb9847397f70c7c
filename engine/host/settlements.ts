/**
 * The ends of contracts that nobody has told us of: an option that expires leaves without a word, and the order by which a
 * future is delivered may have been pushed while nobody listened.
 *
 *     expired, and the ledger holds it ─▶ the venue's price of settlement, and its bill ─▶ a trade at that price
 *
 * Owner:      the engine thread; asked by recoveries and audits, which give the loop what is found as trades.
 * Invariants: one trade closes what the ledger holds of a leg, under an id of its own that every question gives again; the
 *             loop takes a delivery only as long as there is something to deliver, so that a push of the same counts once.
 * Cost:       nothing while no contract has expired.
 */
import { InstrumentState } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { OrderCategory } from '../base/order-category.ts';
import { PositionSide } from '../base/position-side.ts';
import { Side } from '../base/side.ts';
import type { Lots, Milliseconds } from '../base/units.ts';
import type { TradeFact } from '../loop/loop-options.ts';
import { INST_TYPES } from '../okx/instrument-rows.ts';
import { settlementTicks } from '../okx/settlement-price.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';
import { TradeMark } from '../orders/trade-log.ts';
import type { TradeLog } from '../orders/trade-log.ts';
import type { DeliveryBill } from '../venue/settlement-rest.ts';
import type { AccountPort } from './engine-world.ts';
import { signedLots } from './holdings.ts';

/** A bill that has not come by then will not: what leaves worthless may have none. */
const BILL_WAIT_MS = 10_000;

export interface SettlementsOptions {
  readonly account: Pick<AccountPort, 'fetchDeliveries' | 'fetchDeliveryBills'>;
  readonly instruments: readonly Instrument[];
  readonly ledger: PositionLedger;
  readonly trades: TradeLog;
  readonly venueMs: () => Milliseconds;
}

/** Of a leg, or net; signed. */
interface Held {
  readonly leg: PositionSide;
  readonly lots: Lots;
}

export class Settlements {
  readonly #options: SettlementsOptions;

  constructor(options: SettlementsOptions) {
    this.#options = options;
  }

  /**
   * These trades, and those that close what has ended, as far as the venue tells at which price.
   *
   * @param found trades that go to the loop before: what they bring ends too
   */
  async after(found: TradeFact[]): Promise<TradeFact[]> {
    const { instruments, venueMs } = this.#options;
    const nowMs = venueMs();
    const all = [...found];
    for (const instrument of instruments) {
      if (nowMs < instrument.expiryMs && instrument.state !== InstrumentState.expired) continue;
      const held = this.#heldOf(instrument, found);
      if (held.length > 0) all.push(...(await this.#closeOf(instrument, held, nowMs)));
    }
    return all;
  }

  async #closeOf(instrument: Instrument, held: readonly Held[], nowMs: Milliseconds): Promise<TradeFact[]> {
    const { account } = this.#options;
    const type = INST_TYPES[instrument.type];
    const rows = await account.fetchDeliveries(type, instrument.instFamily);
    const row = rows.find(({ instId }) => instId === instrument.instId);
    if (row === undefined) return [];
    const isOf = ({ instId }: DeliveryBill): boolean => instId === instrument.instId;
    const bills = (await account.fetchDeliveryBills(type)).filter(isOf);
    if (bills.length === 0 && nowMs < row.tsMs + BILL_WAIT_MS) return [];
    const fee = bills.reduce((sum, bill) => sum + Number(bill.fee), 0);
    const ticks = settlementTicks(instrument, Number(row.px));
    return held.map(({ leg, lots }, index) => ({
      instrument: instrument.index,
      side: lots > 0 ? Side.sell : Side.buy,
      ...(leg === PositionSide.net ? {} : { leg }),
      category: OrderCategory.delivery,
      ticks,
      lots: Math.abs(lots),
      // No trade of the venue's is so far below zero, and a contract ends once.
      tradeId: -(row.tsMs * 10 + leg),
      tsMs: row.tsMs,
      // What was charged for both legs is told with the first.
      fee: index === 0 ? fee : 0,
      isBaseFee: false,
      run: -1,
      slot: -1,
      generation: 0,
    }));
  }

  /** What the ledger holds once these trades are booked: net, or each leg. */
  #heldOf({ index }: Instrument, found: readonly TradeFact[]): Held[] {
    const { ledger, trades } = this.#options;
    // Without what totals alone have told: the trades of that are among these, or none.
    const lots = [
      0,
      ledger.bookedLegLots(index, PositionSide.long),
      -ledger.bookedLegLots(index, PositionSide.short),
    ];
    const isLegged = lots[PositionSide.long] !== 0 || lots[PositionSide.short] !== 0;
    if (!isLegged) lots[PositionSide.net] = ledger.bookedLots[index]!;
    for (const trade of found) {
      const isNew = trade.instrument === index && trades.look(index, trade.tradeId) === TradeMark.none;
      if (isNew) lots[trade.leg ?? PositionSide.net]! += signedLots(trade);
    }
    return Object.values(PositionSide).flatMap((leg) => (lots[leg] === 0 ? [] : [{ leg, lots: lots[leg]! }]));
  }
}
