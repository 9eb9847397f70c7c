/**
 * What becomes of each fill: the profit of every instrument in its parts, and how the market went on after fills.
 *
 * Owner:      the engine thread.
 * Invariants: it reads and decides nothing; it is told each trade once, after the ledger has booked it; every minute, and at
 *             the stop, the parts add up to the profit to the last unit, and that profit is the ledger's but for rounding
 *             (a minute in which nothing was booked needs no look).
 * Cost:       nothing on the path of a frame. A timer is a comparison an instrument; four times a second a walk of its
 *             orders. A fill costs some microseconds and allocates.
 *
 * The middle is that of the best prices of others, as the timer sees it: a fill is measured against the newest one before it
 * by the venue's clock, which may be a timer's period (20 ms) old.
 */
import { Attribution, AttributedFill } from '../attribution/attribution.ts';
import { numberOf } from '../attribution/exact-money.ts';
import { modelGroup } from '../base/fill-groups.ts';
import { OrderPurpose } from '../base/order-purpose.ts';
import { Side, sideSign } from '../base/side.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Lots } from '../base/units.ts';
import type { LoopMarket } from './loop-market.ts';
import type { LoopOptions } from './loop-options.ts';
import type { LoopState } from './loop-state.ts';
import type { Trade } from '../orders/fills.ts';
import { NO_ORDER } from '../orders/order-table.ts';
import type { OrderTable } from '../orders/order-table.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';

/** Time quoted is sampled so often; the sums are compared with the ledger so often. */
const SAMPLE_NS = NS_PER_SECOND / 4;
const CHECK_NS = 60 * NS_PER_SECOND;
/** Of everything that was added up, what floats may have rounded off. */
const ROUNDING = 2 ** -48;
const OTHER_MODEL = modelGroup('');
const MS_PER_SECOND = 1_000;
/** Fills and position of the ledger, changes of attribution. */
const BOOKED_CELLS = 3;

export interface TruthParts {
  readonly table: OrderTable;
  readonly ledger: PositionLedger;
  readonly market: LoopMarket;
  /** Lots of others before an order of ours; NaN where it is not known. */
  readonly queue?: { aheadLots(slot: number): number };
}

export class LoopTruth {
  readonly instruments: readonly Attribution[];
  /** By instrument: profit of the ledger that the parts do not explain, as of the last check; 0 when all is well. */
  readonly residuals: Float64Array;
  /** Positions that came or went by no trade. */
  foundCount = 0;

  readonly #state: LoopState;
  readonly #table: OrderTable;
  readonly #ledger: PositionLedger;
  readonly #market: LoopMarket;
  readonly #queue: TruthParts['queue'];
  readonly #models: Int32Array;
  readonly #fill = new AttributedFill();
  /** By instrument: version of the market that was noted last. */
  readonly #seen: Float64Array;
  /** By instrument: what the ledger had gained when counting began, and how many trades it had booked. */
  readonly #gainBefore: Float64Array;
  readonly #fillsBefore: Float64Array;
  readonly #isBegun: Uint8Array;
  readonly #sampledNs: Float64Array;
  readonly #checkedNs: Float64Array;
  /** By instrument × BOOKED_CELLS: what ledger and attribution had when they were compared last. */
  readonly #booked: Float64Array;
  readonly #bookMs = new Float64Array(1);
  readonly #venueMs = new Float64Array(1);
  readonly #bps = new Float64Array(2);

  constructor(options: LoopOptions, state: LoopState, parts: TruthParts) {
    const count = options.instruments.length;
    this.instruments = options.instruments.map((instrument) => new Attribution(instrument));
    this.residuals = new Float64Array(count);
    this.#state = state;
    this.#table = parts.table;
    this.#ledger = parts.ledger;
    this.#market = parts.market;
    this.#queue = parts.queue;
    this.#models = new Int32Array(count).fill(OTHER_MODEL);
    this.#seen = new Float64Array(count).fill(-1);
    this.#gainBefore = new Float64Array(count);
    this.#fillsBefore = new Float64Array(count);
    this.#isBegun = new Uint8Array(count);
    this.#sampledNs = new Float64Array(count).fill(-Infinity);
    this.#checkedNs = new Float64Array(count).fill(-Infinity);
    this.#booked = new Float64Array(count * BOOKED_CELLS).fill(NaN);
    this.configure(options);
  }

  /** Fills of an instrument's quotes count with the model that is configured now. */
  configure({ models }: Pick<LoopOptions, 'models'>): void {
    if (models === undefined) return;
    for (const [index, name] of models.entries()) this.#models[index] = modelGroup(name);
  }

  // ------------------------------------------------------------------------------------------------- booking

  /** The ledger holds what a former run has left: it is no profit of this one. */
  onRestored(): void {
    for (let index = 0; index < this.instruments.length; index++) {
      this.#fillsBefore[index] = this.#ledger.fillCount[index]!;
      this.#find(index, this.#ledger.bookedLots[index]!, this.#ledger.baseFees[index]!);
    }
  }

  /** A trade that the ledger has booked just now, with its fee where it has one. */
  onFill(trade: Trade): void {
    const { instrument } = trade;
    const attribution = this.instruments[instrument]!;
    const signedLots = sideSign(trade.side) * trade.lots;
    this.#findOthers(instrument, signedLots, 1);
    this.#note(instrument);
    const { side, ticks, lots, tradeId, tsMs, fee, isBaseFee } = trade;
    const fill = this.#fill;
    fill.side = side;
    fill.ticks = ticks;
    fill.lots = lots;
    fill.tradeId = tradeId;
    fill.tsMs = tsMs;
    fill.fee = trade.hasFee ? fee : 0;
    fill.isBaseFee = isBaseFee;
    this.#setOrigin(trade);
    attribution.onFill(fill);
    if (this.#isBegun[instrument] === 0) this.#begin(instrument);
  }

  /** The fee of a trade that was booked without one. */
  onFee({ instrument, tradeId, side, fee, isBaseFee }: Trade): void {
    this.#note(instrument);
    this.instruments[instrument]!.onFee(tradeId, side, fee, isBaseFee);
  }

  /** Funding that the ledger has booked, in whole units of 10^-18. */
  onFunding(instrument: number, units: bigint): void {
    this.instruments[instrument]!.onFunding(units);
  }

  /** Of the order that traded: all of it is kept until its slot has another. */
  #setOrigin({ instrument, slot, generation, isThisRun, isOfVenue, tsMs }: Trade): void {
    const table = this.#table;
    const fill = this.#fill;
    const isKnown = isThisRun && slot < table.capacity && table.generation[slot] === generation;
    const purpose = isKnown ? table.purpose[slot]! : OrderPurpose.quote;
    const isQuote = isKnown && purpose === OrderPurpose.quote;
    // What ends a position earns nothing by its price, whoever asked for it.
    fill.isHedge = isOfVenue || purpose !== OrderPurpose.quote;
    fill.level = isQuote ? table.level[slot]! : -1;
    fill.model = isQuote ? this.#models[instrument]! : OTHER_MODEL;
    fill.modelVersion = isQuote ? table.modelVersion[slot]! : 0;
    fill.configVersion = isQuote ? table.configVersion[slot]! : 0;
    fill.ageSeconds = NaN;
    fill.queueAhead = NaN;
    if (!isQuote) return;
    const ageMs = tsMs - this.#state.venueMs(table.placedNs[slot]!);
    fill.ageSeconds = Math.max(0, ageMs) / MS_PER_SECOND;
    const ahead = this.#queue?.aheadLots(slot) ?? NaN;
    fill.queueAhead = ahead / Math.max(1, table.sizeLots[slot]!);
  }

  /**
   * What the ledger holds beside the trades that were told here came by none. Where it has booked a trade that was not told,
   * its lots stay missing, and the check finds them.
   *
   * @param lots of a trade that is told just now, and how many trades that is
   */
  #findOthers(instrument: number, lots: Lots, trades: number): void {
    const { fillCount, bookedLots } = this.#ledger;
    const { parts, fillCount: told } = this.instruments[instrument]!;
    if (fillCount[instrument]! - this.#fillsBefore[instrument]! !== told + trades) return;
    const found = bookedLots[instrument]! - lots - parts.lots;
    if (found !== 0) this.#find(instrument, found, 0);
  }

  /** Lots that no trade has brought, and coins that fees had taken before: they come in at the middle. */
  #find(instrument: number, signedLots: number, coins: number): void {
    if (signedLots === 0 && coins === 0) return;
    this.foundCount++;
    this.#note(instrument);
    this.instruments[instrument]!.onFound(signedLots, coins);
    // The ledger has booked them at another price.
    this.#isBegun[instrument] = 0;
  }

  // --------------------------------------------------------------------------------------------------- timer

  onTimer(): void {
    const { now, venueEpochMs } = this.#state;
    this.#venueMs[0] = venueEpochMs + now[0]! / NS_PER_MS;
    for (let instrument = 0; instrument < this.instruments.length; instrument++) {
      this.#note(instrument);
      // As soon as there is a middle, and not with the first fill: that is compared, too.
      if (this.#isBegun[instrument] === 0) this.#begin(instrument);
      this.instruments[instrument]!.onTime(this.#venueMs);
      if (now[0]! - this.#sampledNs[instrument]! >= SAMPLE_NS) this.#sample(instrument);
      if (this.#isCheckDue(instrument) && this.#hasBooked(instrument)) this.check(instrument);
    }
  }

  /** Once a minute, and not all instruments in one turn. */
  #isCheckDue(instrument: number): boolean {
    const { now } = this.#state;
    const checked = this.#checkedNs;
    if (checked[instrument] === -Infinity) {
      checked[instrument] = now[0]! - (CHECK_NS * instrument) / this.instruments.length;
    }
    if (now[0]! - checked[instrument]! < CHECK_NS) return false;
    checked[instrument] = now[0]!;
    return true;
  }

  /** Whether anything was booked since the last check, by anybody: nothing else can part the two accounts. */
  #hasBooked(instrument: number): boolean {
    const { fillCount, bookedLots } = this.#ledger;
    const seen = this.#booked;
    const first = instrument * BOOKED_CELLS;
    const { version } = this.instruments[instrument]!;
    const isSame =
      seen[first] === fillCount[instrument] &&
      seen[first + 1] === bookedLots[instrument] &&
      seen[first + 2] === version;
    seen[first] = fillCount[instrument]!;
    seen[first + 1] = bookedLots[instrument]!;
    seen[first + 2] = version;
    return !isSame;
  }

  /** The middle of the published market, where that has changed. */
  #note(instrument: number): void {
    const { version, fairTicks, bestTicks, books } = this.#market;
    if (version[instrument] === this.#seen[instrument]) return;
    this.#seen[instrument] = version[instrument]!;
    if (!(fairTicks[instrument]! > 0)) return;
    this.#bookMs[0] = books[instrument]!.tsMs;
    this.instruments[instrument]!.onMid(
      this.#bookMs,
      bestTicks[instrument * 2]! + bestTicks[instrument * 2 + 1]!,
    );
  }

  /** How far our best orders rest from the middle. */
  #sample(instrument: number): void {
    const { now } = this.#state;
    const { mids, quoted } = this.instruments[instrument]!;
    const mid = mids.ticksSum / 2;
    const isQuotable = this.#market.fairTicks[instrument]! > 0;
    this.#sampledNs[instrument] = now[0]!;
    const bid = isQuotable ? this.#bestResting(instrument, Side.buy) : 0;
    const ask = isQuotable ? this.#bestResting(instrument, Side.sell) : 0;
    this.#bps[0] = bid > 0 ? ((mid - bid) * 10_000) / mid : NaN;
    this.#bps[1] = ask > 0 ? ((ask - mid) * 10_000) / mid : NaN;
    quoted.sample(now, this.#bps);
  }

  /** The best price at which a quote of ours rests; 0 without one. */
  #bestResting(instrument: number, side: Side): number {
    const table = this.#table;
    let best = 0;
    for (let slot = table.first(instrument, side); slot !== NO_ORDER; slot = table.next(slot)) {
      if (table.isResting[slot] !== 1 || table.purpose[slot] !== OrderPurpose.quote) continue;
      const ticks = table.priceTicks[slot]!;
      if (best === 0 || (side === Side.buy ? ticks > best : ticks < best)) best = ticks;
    }
    return best;
  }

  // --------------------------------------------------------------------------------------------------- check

  /** The run ends. */
  onStop(): void {
    for (let instrument = 0; instrument < this.instruments.length; instrument++) this.check(instrument);
  }

  /**
   * Whether the parts add up, which is asserted, and whether they are what the ledger says, which goes into the residual:
   * the ledger adds up in floats, so that rounding is let pass.
   *
   * @throws AssertionError when a unit is missing
   */
  check(instrument: number): void {
    const ledger = this.#ledger;
    const attribution = this.instruments[instrument]!;
    const { parts, mids } = attribution;
    this.#findOthers(instrument, 0, 0);
    attribution.mark();
    parts.check();
    if (mids.ticksSum === 0) return;
    if (this.#isBegun[instrument] === 0) this.#begin(instrument);
    const gained = this.#gain(instrument) - this.#gainBefore[instrument]!;
    const off = gained - numberOf(parts.total);
    const scale =
      ledger.turnover[instrument]! + Math.abs(this.#gainBefore[instrument]!) + Math.abs(gained) + 1;
    this.residuals[instrument] = Math.abs(off) > scale * ROUNDING ? off : 0;
  }

  /** The ledger's profit is compared from here on; what was found to be missing before is missing still. */
  #begin(instrument: number): void {
    const attribution = this.instruments[instrument]!;
    if (attribution.mids.ticksSum === 0) return;
    attribution.mark();
    this.#isBegun[instrument] = 1;
    const gained = numberOf(attribution.parts.total) + this.residuals[instrument]!;
    this.#gainBefore[instrument] = this.#gain(instrument) - gained;
  }

  /** Of the ledger, at the newest middle. */
  #gain(instrument: number): number {
    return this.#ledger.netProfit(instrument, this.instruments[instrument]!.mids.ticksSum / 2);
  }
}
