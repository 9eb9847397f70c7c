import { OFF_GRID } from '../base/decimal.ts';
import { ContractKind } from '../base/instrument.ts';
import { OrderCategory } from '../base/order-category.ts';
import { PositionSide } from '../base/position-side.ts';
import type { Instrument } from '../base/instrument.ts';
import type { OpenOrderFact, PositionFact, TradeFact } from '../loop/loop-options.ts';
import { ClientOrderId } from '../okx/client-order-id.ts';
import { categoryOfBill } from '../okx/bill-type.ts';
import { isPositionOf, legOf, positionLots } from '../okx/position-size.ts';
import { DOLLARS } from '../okx/shapes.ts';
import { TradeMark } from '../orders/trade-log.ts';
import type { TradeLog } from '../orders/trade-log.ts';
import type { FillRow, OrderRow, PositionRow } from '../venue/account-rows.ts';
import { RestError, RestErrorCode } from '../venue/rest-error.ts';

/** Digits of a bill id that stand in for a trade id where the venue gives none: they fit a whole number. */
const BILL_DIGITS = 15;

/** The runs whose orders are ours whatever tag they carry, and how this one writes its ids. */
export interface OwnRuns {
  /** Of this state, the newest last. */
  readonly runs: readonly number[];
  readonly prefixesIds: boolean;
}

const NO_RUNS: OwnRuns = { runs: [], prefixesIds: false };

/** What of a row says whose it is. */
interface Named {
  readonly tag: string;
  readonly clOrdId: string;
}

/**
 * Reads the venue's rows as facts about our instruments: names become indexes, decimals become ticks and lots.
 *
 * Ours is an order whose id is of our plan and that carries our tag, of whatever run; and one of this state's runs, whatever
 * it carries, because a venue may strip or change a tag. Nothing else is ever touched.
 */
export class AccountFacts {
  readonly #instruments: readonly Instrument[];
  readonly #byName = new Map<string, Instrument>();
  readonly #tag: string;
  readonly #trades: TradeLog;
  readonly #runs: ReadonlySet<number>;
  readonly #id: ClientOrderId;

  constructor(
    instruments: readonly Instrument[],
    tag: string,
    trades: TradeLog,
    { runs, prefixesIds }: OwnRuns = NO_RUNS,
  ) {
    this.#runs = new Set(runs);
    this.#id = new ClientOrderId(tag, prefixesIds);
    this.#instruments = instruments;
    this.#trades = trades;
    for (const instrument of instruments) this.#byName.set(instrument.instId, instrument);
    this.#tag = tag;
  }

  isOurs(row: Named): boolean {
    return this.#id.parseText(row.clOrdId) && (row.tag === this.#tag || this.#runs.has(this.#id.run));
  }

  /** What a fact says of one of ours that came back without our tag. */
  #tagOf({ tag }: Named): { readonly isTagForeign?: true } {
    return tag === this.#tag ? {} : { isTagForeign: true };
  }

  /** Our orders on our instruments; others of ours have no place in any table. */
  openOrders(rows: readonly OrderRow[]): OpenOrderFact[] {
    const facts: OpenOrderFact[] = [];
    for (const row of rows) {
      const instrument = this.#byName.get(row.instId);
      if (instrument === undefined || !this.isOurs(row)) continue;
      const { run, slot, generation } = this.#id;
      facts.push({
        instrument: instrument.index,
        run,
        slot,
        generation,
        ticks: Math.round(ticksOf(instrument, row.px)),
        lots: lotsOf(instrument, row.sz, 'an order'),
        filledLots: lotsOf(instrument, row.accFillSz, 'a filled size'),
        updatedMs: row.uTimeMs,
        createdMs: row.cTimeMs,
        instId: row.instId,
        ordId: row.ordId,
        ...this.#tagOf(row),
      });
    }
    return facts;
  }

  /** Trades on our instruments, by whatever order, in the order of the rows. */
  trades(rows: readonly FillRow[]): TradeFact[] {
    const facts: TradeFact[] = [];
    for (const row of rows) {
      const instrument = this.#byName.get(row.instId);
      if (instrument === undefined) continue;
      const tradeId = tradeIdOf(row);
      // Of before the venue made the lot coarser: it is booked, and no position of now is counted from it.
      const isFormer = instrument.lot.fromText(row.fillSz) === OFF_GRID;
      if (isFormer && this.#trades.look(instrument.index, tradeId) === TradeMark.withFee) continue;
      const isOurs = this.isOurs(row);
      const { run, slot, generation } = this.#id;
      facts.push({
        instrument: instrument.index,
        side: row.side,
        ...specialsOf(row),
        ticks: ticksOf(instrument, row.fillPx),
        lots: lotsOf(instrument, row.fillSz, 'a fill'),
        tradeId,
        tsMs: row.fillTimeMs > 0 ? row.fillTimeMs : row.tsMs,
        ...feeOf(instrument, row),
        run: isOurs ? run : -1,
        slot: isOurs ? slot : -1,
        generation: isOurs ? generation : 0,
        ...(isOurs ? this.#tagOf(row) : {}),
      });
    }
    return facts;
  }

  /** One for each contract, flat ones too. */
  positions(rows: readonly PositionRow[]): PositionFact[] {
    return this.#instruments
      .filter(({ kind }) => kind !== ContractKind.spot)
      .map((instrument) => positionOf(instrument, rows));
  }
}

/** Cross and isolated margin have a position each, and so has each leg of long/short mode. */
function positionOf(instrument: Instrument, rows: readonly PositionRow[]): PositionFact {
  const legLots = [0, 0, 0];
  const isInverse = instrument.kind === ContractKind.inverse;
  let lots = 0;
  let value = 0;
  for (const row of rows) {
    if (row.instId !== instrument.instId || !isPositionOf(instrument, row)) continue;
    const signed = positionLots(instrument, row);
    if (Number.isNaN(signed)) throw offGrid(instrument, row.pos, 'a position');
    legLots[legOf(row)]! += signed;
    lots += signed;
    const ticks = Number(row.avgPx) / instrument.tick.value;
    if (ticks > 0) value += isInverse ? signed / ticks : signed * ticks;
  }
  const entryTicks = meanEntry(isInverse, lots, value);
  const [, longLots = 0, shortLots = 0] = legLots;
  const hasLegs = longLots !== 0 || shortLots !== 0;
  const legs = hasLegs ? { longLots, shortLots: 0 - shortLots } : {};
  return { instrument: instrument.index, lots, entryTicks, ...legs };
}

/**
 * The price at which all of it breaks even, far from any that was traded where two legs nearly cancel out: by lots, and in
 * an inverse contract by what they are worth in coins. 0 where there is no such price.
 */
function meanEntry(isInverse: boolean, lots: number, value: number): number {
  if (lots === 0 || value * lots <= 0) return 0;
  return isInverse ? lots / value : value / lots;
}

/** Exact where the price is on the grid; with a fraction where it is not. */
function ticksOf(instrument: Instrument, price: string): number {
  const exact = instrument.tick.fromText(price);
  return exact === OFF_GRID ? Number(price) / instrument.tick.value : exact;
}

/** @throws RestError when the size is no whole number of lots: a position that cannot be counted cannot be kept */
function lotsOf(instrument: Instrument, size: string, what: string): number {
  const lots = instrument.lot.fromText(size);
  if (lots !== OFF_GRID) return lots;
  throw offGrid(instrument, size, what);
}

function offGrid(instrument: Instrument, size: string, what: string): RestError {
  return new RestError(
    RestErrorCode.malformed,
    `expected ${what} of ${instrument.instId} in lots of ${instrument.lot.step}, was ${size}`,
    { method: 'GET', path: '/api/v5/account' },
  );
}

/** What most trades have nothing of. */
function specialsOf(row: FillRow): Pick<TradeFact, 'leg' | 'category'> {
  const leg = legOf(row);
  const category = categoryOfBill(row.subType);
  return {
    ...(leg === PositionSide.net ? {} : { leg }),
    ...(category === OrderCategory.normal ? {} : { category }),
  };
}

function tradeIdOf(row: FillRow): number {
  const tradeId = Number(row.tradeId);
  if (row.tradeId !== '' && Number.isSafeInteger(tradeId) && tradeId !== 0) return tradeId;
  // Rows without a trade are told by REST only, so no other channel can give them another name.
  return -Number(row.billId.slice(-BILL_DIGITS));
}

/** As the decoder of the orders channel has it: settlement before base, dollars count alike, a third currency is none. */
function feeOf(instrument: Instrument, row: FillRow): { fee: number; isBaseFee: boolean } {
  const fee = Number(row.fee);
  const { feeCcy } = row;
  if (feeCcy === '' || feeCcy === instrument.settleCcy) return { fee, isBaseFee: false };
  if (feeCcy === instrument.baseCcy) return { fee, isBaseFee: true };
  const isDollar = DOLLARS.includes(instrument.settleCcy) && DOLLARS.includes(feeCcy);
  return { fee: feeCcy === instrument.quoteCcy || isDollar ? fee : 0, isBaseFee: false };
}
