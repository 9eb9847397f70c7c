/**
 * One side of a ladder: from distances to whole ticks and lots, best first.
 *
 * Owner:      the quoter that made it.
 * Invariants: every row is passive against others' best price, prices strictly worsen, bids are rounded down and asks
 *             up; if the whole side filled, the position would stay within its limit; every size is at least the least
 *             order.
 * Cost:       one pass over the levels; nothing allocates.
 *
 * Both sides are one code: prices of asks are taken with their sign turned round, where an ask is a bid. Turning a sign is
 * exact, so that both sides are each other's mirror image to the last bit.
 */
import {
  EXPLAIN_LEVELS,
  ExplainField,
  LevelAbsence,
  LevelClamp,
  LevelField,
} from '../../../engine/base/explain-record.ts';
import { TICKS_MAX } from '../../../engine/base/units.ts';
import type { MarketView } from '../../../engine/handoff/market-slot.ts';
import type { QuoteView } from '../../../engine/handoff/quote-slot.ts';
import type { DistanceCurve } from '../models/distance-curve.ts';
import type { StrategyParameters } from '../parameters.ts';
import type { Lattice } from './lattice.ts';
import type { LevelSizes } from './level-sizes.ts';
import { QuoteCell } from './quote-cells.ts';

const BPS = 1e-4;

/** How levels behind the first are placed: what the configuration says, as numbers decided once. */
const Place = { curve: 0, arithmetic: 1, geometric: 2, bps: 3, sample: 4 } as const;
type Place = (typeof Place)[keyof typeof Place];

export class LadderSide {
  readonly #isBid: boolean;
  /** 1 for bids, −1 for asks. */
  readonly #sign: 1 | -1;
  readonly #parameters: StrategyParameters;
  readonly #place: Place;
  readonly #cells: Float64Array;
  readonly #explain: Float64Array;
  readonly #explainAt: number;
  readonly #curve: DistanceCurve;
  readonly #sizes: LevelSizes;
  readonly #lattice: Lattice;
  readonly #lots: Float64Array;
  readonly #question = new Float64Array(2);
  /** Of the level being placed: the model's price, and its price within limits, both with the side's sign. */
  readonly #price = new Float64Array(2);
  /** Bits of LevelClamp that hold for every level of this quote, and what moved the price of the one being placed. */
  #clamps = 0;
  #moved = 0;

  constructor(
    isBid: boolean,
    parameters: StrategyParameters,
    parts: {
      readonly cells: Float64Array;
      readonly explain: Float64Array;
      readonly curve: DistanceCurve;
      readonly sizes: LevelSizes;
      readonly lattice: Lattice;
    },
  ) {
    this.#isBid = isBid;
    this.#sign = isBid ? 1 : -1;
    this.#parameters = parameters;
    this.#place = placeOf(parameters);
    this.#cells = parts.cells;
    this.#explain = parts.explain;
    this.#explainAt = isBid ? ExplainField.bids : ExplainField.asks;
    this.#curve = parts.curve;
    this.#sizes = parts.sizes;
    this.#lattice = parts.lattice;
    this.#lots = new Float64Array(parameters.levels).fill(parameters.lots);
    for (let level = parameters.levels; level < EXPLAIN_LEVELS; level++) {
      this.#note(level, LevelAbsence.notQuoted);
    }
  }

  /** @hot No level of this side is quoted, for one reason. */
  close(absence: LevelAbsence): void {
    for (let level = 0; level < this.#parameters.levels; level++) this.#note(level, absence);
  }

  /**
   * @hot Fills the side's rows from the cells; returns how many there are.
   *
   * @param clamps bits that hold for all levels
   */
  fill(market: MarketView, quote: QuoteView, clamps: number): number {
    this.#clamps = clamps;
    const cells = this.#cells;
    const parameters = this.#parameters;
    const sign = this.#sign;
    const rowTicks = this.#isBid ? quote.bidTicks : quote.askTicks;
    const rowLots = this.#isBid ? quote.bidLots : quote.askLots;
    const levels = Math.min(this.#levels(), rowTicks.length);
    const lattice = this.#lattice.step[0];
    // What may still be bought, or sold: far levels are trimmed first, so that the worst case stays within the limit.
    let room = Math.floor(parameters.positionLotsMax - sign * cells[QuoteCell.position]);
    let best = this.#bestAllowed(market, quote);
    if (lattice > 1) best = Math.floor(best / lattice) * lattice;
    // The sample's sizes are all the first one's.
    if (this.#place !== Place.sample) {
      this.#sizes.compute(cells, this.#isBid ? QuoteCell.bidShare : QuoteCell.askShare, this.#lots);
    }
    const isCurve = this.#place === Place.curve;
    let filled = 0;
    let count = 0;
    let absence: LevelAbsence = LevelAbsence.none;
    for (let level = 0; level < levels; level++) {
      const wanted = this.#lots[level];
      if (isCurve) {
        this.#question[0] = cells[QuoteCell.units] + (sign * filled) / Math.max(1, parameters.lots);
      }
      this.#idealOf(level);
      filled += wanted;
      const lots = Math.min(wanted, room);
      if (absence === LevelAbsence.none && lots < parameters.minLots) {
        if (wanted < parameters.minLots) {
          this.#note(level, LevelAbsence.belowLeastSize);
          continue;
        }
        absence = LevelAbsence.positionLimit;
      }
      const ticks = this.#ticksOf(level, best, lattice);
      if (absence === LevelAbsence.none && (sign * ticks < 1 || sign * ticks > TICKS_MAX)) {
        absence = LevelAbsence.priceRange;
      }
      if (absence !== LevelAbsence.none) {
        this.#note(level, absence);
        continue;
      }
      rowTicks[count] = sign * ticks;
      rowLots[count] = lots;
      count++;
      this.#noteRow(level, sign * ticks, lots, wanted);
      best = ticks - lattice;
      room -= lots;
    }
    for (let level = levels; level < parameters.levels; level++) this.#note(level, LevelAbsence.sideClosed);
    return count;
  }

  /** @hot The sample's rule: inventory lowers the number of levels on the side that adds to it, rounded up. */
  #levels(): number {
    const { levels } = this.#parameters;
    if (this.#place !== Place.sample) return levels;
    const share = this.#sign * this.#cells[QuoteCell.ownShare];
    return share > 0 ? Math.ceil(levels * Math.max(1 - share, 0)) : levels;
  }

  /** @hot The best price that rests: passive, and no better than others' best where it only joins. */
  #bestAllowed(market: MarketView, quote: QuoteView): number {
    let passive = this.#isBid ? market.askTicks[0] - 1 : -market.bidTicks[0] - 1;
    // Bids are filled first: no ask meets one of ours.
    if (!this.#isBid && quote.bidCount > 0) passive = Math.min(passive, -quote.bidTicks[0] - 1);
    if (this.#parameters.placement === 'improve') return passive;
    return Math.min(passive, this.#isBid ? market.bidTicks[0] : -market.askTicks[0]);
  }

  /** @hot Sets `#price`: where the model wants this level, by the inventory in `#question` that those before it lead to. */
  #idealOf(level: number): void {
    const price = this.#price;
    const cells = this.#cells;
    const parameters = this.#parameters;
    const fair = this.#sign * cells[QuoteCell.fair];
    const half = cells[this.#isBid ? QuoteCell.bidHalf : QuoteCell.askHalf];
    const first = cells[this.#isBid ? QuoteCell.bidFirst : QuoteCell.askFirst];
    const limit = fair - cells[this.#isBid ? QuoteCell.bidFloor : QuoteCell.askFloor];
    switch (this.#place) {
      case Place.curve: {
        const question = this.#question;
        if (this.#isBid) this.#curve.bid(question);
        else this.#curve.ask(question);
        price[0] = fair - question[1];
        const before = price[1] - cells[QuoteCell.step];
        price[1] = Math.min(price[0], limit);
        this.#moved = price[1] < price[0] ? LevelClamp.edge : 0;
        if (level > 0 && price[1] > before) {
          price[1] = before;
          this.#moved = LevelClamp.spacing;
        }
        return;
      }
      case Place.arithmetic:
        price[0] = first - level * cells[QuoteCell.step];
        price[1] = Math.min(first, limit) - level * cells[QuoteCell.step];
        this.#moved = price[1] < price[0] ? LevelClamp.edge : 0;
        return;
      case Place.geometric:
        price[0] = first - half * (parameters.levelRatio ** level - 1);
        break;
      case Place.bps: {
        const bps = parameters.halfSpreadBps + level * parameters.levelStepBps;
        price[0] = first + half - Math.max(Math.abs(fair) * bps * BPS, cells[QuoteCell.halfMin]);
        break;
      }
      default:
        price[0] = first - level * cells[QuoteCell.step];
    }
    price[1] = Math.min(price[0], limit);
    this.#moved = price[1] < price[0] ? LevelClamp.edge : 0;
  }

  /** @hot The price in whole ticks: away from the market, on the lattice, and worse than the level before it. */
  #ticksOf(level: number, best: number, lattice: number): number {
    const wanted = this.#price[1];
    const tick = Math.floor(wanted);
    let ticks = tick;
    let clamps = this.#clamps | this.#moved;
    if (lattice > 1) {
      ticks = Math.floor(wanted / lattice) * lattice;
      if (ticks !== tick) clamps |= LevelClamp.lattice;
    }
    if (ticks > best) {
      ticks = best;
      const first = this.#parameters.placement === 'join' ? LevelClamp.improve : LevelClamp.passive;
      clamps |= level === 0 ? first : LevelClamp.spacing;
    }
    const explain = this.#explain;
    if (level < EXPLAIN_LEVELS) {
      explain[this.#explainAt + level * LevelField.count + LevelField.clamps] = clamps;
    }
    return ticks;
  }

  /** @hot */
  #noteRow(level: number, ticks: number, lots: number, wanted: number): void {
    if (level >= EXPLAIN_LEVELS) return;
    const explain = this.#explain;
    const at = this.#explainAt + level * LevelField.count;
    explain[at + LevelField.idealTicks] = this.#sign * this.#price[0];
    explain[at + LevelField.ticks] = ticks;
    explain[at + LevelField.lots] = lots;
    if (lots < wanted) explain[at + LevelField.clamps] |= LevelClamp.positionLimit;
    explain[at + LevelField.absence] = LevelAbsence.none;
  }

  /** @hot A level that is not quoted; without a price where none was reckoned. */
  #note(level: number, absence: LevelAbsence): void {
    if (level >= EXPLAIN_LEVELS) return;
    const explain = this.#explain;
    const at = this.#explainAt + level * LevelField.count;
    const hasPrice = absence === LevelAbsence.positionLimit || absence === LevelAbsence.belowLeastSize;
    explain[at + LevelField.idealTicks] = hasPrice ? this.#sign * this.#price[0] : Number.NaN;
    explain[at + LevelField.ticks] = 0;
    explain[at + LevelField.lots] = 0;
    explain[at + LevelField.clamps] = 0;
    explain[at + LevelField.absence] = absence;
  }
}

function placeOf({ model, spacing }: StrategyParameters): Place {
  if (model === 'okx-sample') return Place.sample;
  if (spacing === 'geometric') return Place.geometric;
  if (spacing === 'bps') return Place.bps;
  // What is fixed has no curve to follow.
  return spacing === 'arithmetic' || model === 'fixed' ? Place.arithmetic : Place.curve;
}
