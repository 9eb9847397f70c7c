import { InstrumentType } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { OFF_GRID } from '../base/decimal.ts';
import type { RecoveredPosition } from '../loop.ts';
import { ClientOrderId } from '../okx/client-order-id.ts';
import type { AccountRest, CancelRequest } from '../venue/account-rest.ts';
import type { OrderRow } from '../venue/account-rows.ts';
import { RestError, RestErrorCode } from '../venue/rest-error.ts';

/** Looks at the list of open orders, each after a round of cancels, before it is called hopeless. */
const ROUNDS_MAX = 10;
/** What was still on its way to the venue when recovery began has arrived after this. */
export const SETTLE_MS = 500;

/**
 * The one routine of start, reconnect and doubt: cancel what is left of ours, by whatever run, see that nothing is left,
 * and only then take the positions. With nothing of ours resting, no fill can come between the two answers.
 *
 * Ours is an order that carries our tag and an id after our plan; all others are never touched.
 */
export class Recovery {
  readonly #account: AccountRest;
  readonly #instruments: readonly Instrument[];
  readonly #tag: string;
  readonly #waitMs: (ms: number) => Promise<void>;
  /** Fees that spot fills of this run took out of the base currency, by instrument; negative when paid. */
  readonly #baseFees: Float64Array;
  /** Spot holdings at the first recovery, by instrument: positions of spot count from there. */
  readonly #baseLots = new Map<number, number>();

  constructor(
    account: AccountRest,
    instruments: readonly Instrument[],
    tag: string,
    baseFees: Float64Array,
    waitMs: (ms: number) => Promise<void>,
  ) {
    this.#account = account;
    this.#instruments = instruments;
    this.#tag = tag;
    this.#baseFees = baseFees;
    this.#waitMs = waitMs;
  }

  /** Our orders that rest at the venue, of this run and of any other. */
  async ours(): Promise<OrderRow[]> {
    const open = await this.#account.fetchOpenOrders();
    return open.filter((order) => order.tag === this.#tag && new ClientOrderId().parseText(order.clOrdId));
  }

  /**
   * Cancels all of ours until none is left, and sees a moment later that it is still so; returns how many there were.
   *
   * @param inFlightMs orders that were sent may still arrive at the venue for so long; 0 when none were
   * @throws RestError when the venue does not answer, or orders remain after ten rounds
   */
  async cancelOurs(inFlightMs: number): Promise<number> {
    const first = await this.cancelOnce();
    if (first === 0 && inFlightMs === 0) return 0;
    // What a cancelled order had filled just before may not be in the positions yet either.
    await this.#waitMs(Math.max(inFlightMs, SETTLE_MS));
    return first + (await this.cancelOnce());
  }

  /** Cancels all of ours until none is left, of what has arrived at the venue. Throws as `cancelOurs`. */
  async cancelOnce(): Promise<number> {
    let cancelled = 0;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const orders = await this.ours();
      if (orders.length === 0) return cancelled;
      if (round === 0) cancelled = orders.length;
      else await this.#waitMs(50 * 2 ** round);
      const requests: CancelRequest[] = orders.map(({ instId, ordId }) => ({ instId, ordId }));
      await this.#account.cancelOrders(requests);
    }
    throw new RestError(
      RestErrorCode.malformed,
      `expected no order of ours after ${ROUNDS_MAX} rounds of cancels, some remain`,
      {
        method: 'GET',
        path: '/api/v5/trade/orders-pending',
      },
    );
  }

  /** As `cancelOurs`, and then the positions. */
  async run(mayBeInFlight: boolean): Promise<RecoveredPosition[]> {
    await this.cancelOurs(mayBeInFlight ? SETTLE_MS : 0);
    return this.#positions();
  }

  async #positions(): Promise<RecoveredPosition[]> {
    const rows = await this.#account.fetchPositions();
    const balances = await this.#account.fetchBalances();
    return this.#instruments.map((instrument) => {
      if (instrument.type === InstrumentType.spot) {
        const detail = balances.details.find(({ ccy }) => ccy === instrument.baseCcy);
        // The ledger's position is what was traded; fees that were taken out of the holding are booked beside it.
        const traded = Number(detail?.cashBal ?? '0') - this.#baseFees[instrument.index]!;
        const held = Math.round(traded / instrument.lot.value);
        const base = this.#baseLots.get(instrument.index) ?? held;
        this.#baseLots.set(instrument.index, base);
        return { instrument: instrument.index, lots: held - base, entryTicks: 0 };
      }
      const row = rows.find(({ instId, posSide }) => instId === instrument.instId && posSide === 'net');
      if (row === undefined || row.pos === '' || Number(row.pos) === 0) {
        return { instrument: instrument.index, lots: 0, entryTicks: 0 };
      }
      const magnitude = instrument.lot.fromText(row.pos.replace('-', ''));
      if (magnitude === OFF_GRID) {
        throw new RestError(
          RestErrorCode.malformed,
          `expected a position in lots of ${instrument.lot.step}, was ${row.pos}`,
          {
            method: 'GET',
            path: '/api/v5/account/positions',
          },
        );
      }
      const lots = row.pos.startsWith('-') ? -magnitude : magnitude;
      return { instrument: instrument.index, lots, entryTicks: Number(row.avgPx) / instrument.tick.value };
    });
  }
}
