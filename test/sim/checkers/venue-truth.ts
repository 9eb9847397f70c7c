import type { Account } from '../../../engine/paper/exchange/account.ts';
import type { ClientOrder } from '../../../engine/paper/exchange/client-order.ts';
import type { SimWorldView } from '../sim-types.ts';
import { StepKind } from '../sim-types.ts';
import { ONE, exact } from './units.ts';
import type { Exact } from './units.ts';

export const BUY = 1;
export const SELL = -1;
export type Way = typeof BUY | typeof SELL;

/** What the venue's own fill rows of one instrument add up to; sizes and prices in the venue's units, exact. */
export interface MoneyTruth {
  count: number;
  /** Signed size, 10^-18. */
  position: Exact;
  /** Spot and linear: −Σ signed size × price, 10^-36. Inverse: +Σ signed size / price, 10^-36. */
  cash: bigint;
  fees: Exact;
  baseFees: Exact;
  /** Σ size × price or size / price without signs, for tolerances; 10^-36. */
  turnover: bigint;
}

/** One configured instrument at the venue. */
export class InstrumentTruth {
  readonly index: number;
  readonly instId: string;
  readonly isContract: boolean;
  readonly isInverse: boolean;
  readonly isOption: boolean;
  /** Of contracts that settle in dollars of the account's choice: that one. */
  readonly settleCcy: string;
  readonly baseCcy: string;
  readonly lotSz: string;
  /** Size of one lot. */
  readonly lot: number;
  readonly positionLotsMax: number;
  readonly orderLotsMax: number;
  readonly openOrdersMax: number;
  readonly money: MoneyTruth = { count: 0, position: 0n, cash: 0n, fees: 0n, baseFees: 0n, turnover: 0n };

  constructor(index: number, world: SimWorldView) {
    const { instId, limits } = world.config.instruments[index]!;
    const row = world.venue.exchange.instruments('', '', instId)[0]!;
    const text = (name: string): string => String(row[name] ?? '');
    this.index = index;
    this.instId = instId;
    this.isContract = text('instType') !== 'SPOT';
    this.isOption = text('instType') === 'OPTION';
    // An option is linear in the currency it is priced in.
    this.isInverse = this.isContract && !this.isOption && text('ctType') === 'inverse';
    this.baseCcy = text('baseCcy');
    const chosen = String(world.venue.exchange.accountConfig(world.uid)['settleCcy'] ?? '');
    const settleCcy = this.isContract ? text('settleCcy') : text('quoteCcy');
    this.settleCcy = settleCcy === 'USD' ? chosen : settleCcy;
    this.lotSz = text('lotSz');
    this.lot = Number(this.lotSz);
    this.positionLotsMax = this.lotsOf(limits.position);
    this.orderLotsMax = this.lotsOf(limits.orderSize);
    this.openOrdersMax = limits.openOrders;
  }

  /** A size as the bytes have it, in lots: whole, as the venue takes no other. */
  lotsOf(size: string): number {
    return Number((exact(size) * ONE) / exact(this.lotSz)) / 1e18;
  }

  /** Units of what is traded in one contract, 10^-18; one for spot. */
  unitOf(world: SimWorldView): Exact {
    if (!this.isContract) return ONE;
    const row = world.venue.exchange.instruments('', '', this.instId)[0]!;
    return (exact(String(row['ctVal'])) * exact(String(row['ctMult'] || '1'))) / ONE;
  }
}

/** By either plan of client order ids; of the second, what follows the tag. */
const PLAN = /^1\d{18}$/;
const BEHIND_TAG = /^[0-9a-z]{6}\d{10}$/;

/** The venue's books of our account, looked at in place. Shared by all checkers of a world. */
export class VenueTruth {
  readonly instruments: InstrumentTruth[] = [];
  readonly #byId = new Map<string, InstrumentTruth>();
  #account: Account | null = null;
  #rowCount = 0;
  #lastRow: unknown = null;
  #stepNumber = -1;

  /** To be called by whoever needs anything of it; cheap when it was called in this step before. */
  look(world: SimWorldView): Account {
    if (this.#account === null) {
      this.#account = world.venue.exchange.accountOf(world.uid);
      for (let index = 0; index < world.config.instruments.length; index++) {
        const truth = new InstrumentTruth(index, world);
        this.instruments.push(truth);
        this.#byId.set(truth.instId, truth);
      }
    }
    if (world.stepNumber !== this.#stepNumber) {
      this.#stepNumber = world.stepNumber;
      this.#readFills(this.#account);
    }
    return this.#account;
  }

  of(instId: string): InstrumentTruth | undefined {
    return this.#byId.get(instId);
  }

  /** Whether the step may have changed an order or a position at the venue. */
  mayHaveMoved(world: SimWorldView): boolean {
    return world.step === StepKind.toVenue || world.step === StepKind.venue || world.step === StepKind.fault;
  }

  /** An order of this engine or of one before it, whatever tag the venue has left it. Nobody else names orders as we do. */
  isOurs(order: ClientOrder, world: SimWorldView): boolean {
    return this.isOurId(order.terms.clOrdId, world);
  }

  isOurId(clOrdId: string, { tag }: SimWorldView): boolean {
    return PLAN.test(clOrdId) || (clOrdId.startsWith(tag) && BEHIND_TAG.test(clOrdId.slice(tag.length)));
  }

  /** Signed, in lots: of contracts the venue's position, of spot the sum of its fills. */
  positionLots(truth: InstrumentTruth): number {
    if (!truth.isContract) return Number((truth.money.position * ONE) / exact(truth.lotSz)) / 1e18;
    const holding = this.#account!.holdings.get(truth.instId);
    let lots = 0;
    for (const position of holding?.positions ?? []) lots += position.lots;
    return lots;
  }

  /** Rows are cut off at their old end at times: the newest one that was read marks where to go on. */
  #readFills(account: Account): void {
    const rows = account.fillRows;
    const newest = rows.length === 0 ? null : rows[rows.length - 1]!;
    if (newest === this.#lastRow) return;
    let from = rows.length;
    while (from > 0 && rows[from - 1] !== this.#lastRow) from--;
    for (let index = from; index < rows.length; index++) {
      const row = rows[index]! as Readonly<Record<string, string>>;
      const truth = this.#byId.get(row['instId']!);
      if (truth !== undefined) bookRow(truth, row);
    }
    this.#rowCount += rows.length - from;
    this.#lastRow = newest;
  }

  /** Fills of the account, of whatever instrument. */
  get fillCount(): number {
    return this.#rowCount;
  }
}

function bookRow(truth: InstrumentTruth, row: Readonly<Record<string, string>>): void {
  const { money } = truth;
  const size = exact(row['fillSz']!);
  const price = exact(row['fillPx']!);
  const signed = row['side'] === 'buy' ? size : -size;
  money.count++;
  money.position += signed;
  if (truth.isInverse) {
    money.cash += (signed * ONE * ONE) / price;
    money.turnover += (size * ONE * ONE) / price;
  } else {
    money.cash -= signed * price;
    money.turnover += size * price;
  }
  const fee = exact(row['fee']!);
  if (!truth.isContract && row['feeCcy'] === truth.baseCcy) money.baseFees += fee;
  else money.fees += fee;
}
