/**
 * Why an instrument's quotes are where they are, from the quoter's row (explain-record.ts) and the engine's beside it
 * (standing-record.ts): numbers for programs, and for each level a sentence for people. Plain JSON.
 */
import { DecimalGrid } from '../engine/base/decimal.ts';
import {
  ExplainField,
  FairPart,
  LevelAbsence,
  LevelClamp,
  LevelField,
  QuoteFallback,
} from '../engine/base/explain-record.ts';
import { CalibrationGate } from '../engine/base/model-record.ts';
import { MODEL_NAMES } from '../engine/base/fill-groups.ts';
import { Side } from '../engine/base/side.ts';
import {
  Hold,
  LevelState,
  STANDING_LEVELS,
  StandingField,
  StandingLevel,
} from '../engine/base/standing-record.ts';
import { NS_PER_MS } from '../engine/base/units.ts';
import type { MetricsDimensions } from '../engine/metrics/catalog.ts';
import { FALLBACK_TEXTS, HOLD_TEXTS, PART_TEXTS, TRIGGER_TEXTS, keyOf, keysIn } from './explanation-words.ts';
import { absentText, presentText } from './level-text.ts';
import { priceOf } from './price.ts';

export interface LevelExplanation {
  readonly side: 'buy' | 'sell';
  /** 0 is the best. */
  readonly level: number;
  /** The word for LevelState. */
  readonly state: string;
  /** The model's own price, before rounding and limits; null where it names none. */
  readonly idealPrice: number | null;
  /** What the engine wants; null while it wants nothing there. */
  readonly price: number | null;
  readonly size: string | null;
  /** What moved the quoter's price or size from the model's: names of LevelClamp. */
  readonly clamps: readonly string[];
  readonly order: {
    readonly price: number;
    readonly size: string;
    readonly filled: string;
    readonly secondsAtPrice: number;
    /** Of others, before it at its price; null while that is not known. */
    readonly sizeAhead: string | null;
  } | null;
  /** One sentence: how the price came about, and why there is no order if there is none. */
  readonly why: string;
}

export interface Explanation {
  readonly instrument: string;
  /** Since the engine looked, and since the quoter did; null while the quoter has not. */
  readonly ageSeconds: number;
  readonly quoterAgeSeconds: number | null;
  /** In one sentence. */
  readonly summary: string;
  /** Everything that keeps the engine from quoting it at all right now, the cause first; empty when nothing does. */
  readonly holds: readonly string[];
  readonly kill: { readonly level: string; readonly reason: string; readonly text: string };
  readonly configuration: { readonly version: number; readonly quoted: number };
  readonly market: {
    readonly bookState: string;
    readonly mid: number | null;
    /** The engine's own fair price of the book as it is now, by which it guards what rests. */
    readonly reference: number | null;
    /** What a resting order must keep from it. */
    readonly bidEdge: number;
    readonly askEdge: number;
    /** How far the guard has moved a side since the quote. */
    readonly bidStep: number;
    readonly askStep: number;
  };
  readonly position: {
    readonly size: string;
    readonly limit: string;
    readonly buyOpen: string;
    readonly sellOpen: string;
    readonly groupSize: number;
  };
  /** What the quoter made of it; null while it has a fair price for nothing. */
  readonly quote: QuoteExplanation | null;
  readonly levels: readonly LevelExplanation[];
}

export interface QuoteExplanation {
  readonly model: string;
  /** Why it is not the configured model's, '' when it is. */
  readonly fallback: string;
  /** Names of the calibration's gates that did not hold. */
  readonly gatesFailed: readonly string[];
  readonly modelVersion: number;
  readonly fairPrice: number;
  /** They add up to the fair price; in the price's own unit. */
  readonly parts: Readonly<Record<keyof typeof FairPart, number>>;
  /** Prices a square root of a second. */
  readonly sigma: number | null;
  readonly bid: QuoteSideExplanation;
  readonly ask: QuoteSideExplanation;
  readonly gamma: number | null;
  readonly fee: number;
  /** Mean of both sides, as the model has it and within its limits. */
  readonly halfSpread: number;
  readonly halfSpreadLimited: number;
  /** Both sides shift by it for each unit of inventory; the unit is the first level's size. */
  readonly skewPerUnit: number;
  readonly inventory: number;
  readonly groupInventory: number;
  /** Both together, as the model counts them: within the largest position. */
  readonly countedInventory: number;
  readonly driftInventory: number;
  /** By how much both sides are shifted in all, up when positive. */
  readonly skew: number;
}

export interface QuoteSideExplanation {
  /** Fills a second at no distance, how they thin out with every tick of it, and what they lose after it. */
  readonly rate: number | null;
  readonly decay: number | null;
  readonly adverse: number;
  /** Within its limits. */
  readonly halfSpread: number;
}

export class Explanations {
  readonly #dimensions: MetricsDimensions;
  readonly #grids: readonly { readonly tick: DecimalGrid; readonly lot: DecimalGrid }[];

  constructor(dimensions: MetricsDimensions) {
    this.#dimensions = dimensions;
    this.#grids = dimensions.instruments.map(({ tickSz, lotSz }) => ({
      tick: new DecimalGrid(tickSz),
      lot: new DecimalGrid(lotSz),
    }));
  }

  /**
   * @param quoter ExplainField; NaN throughout while the quoter has said nothing
   * @param standing StandingField
   */
  of(index: number, quoter: Float64Array, standing: Float64Array, nowNs: number): Explanation {
    const { killLevels, killTriggers, bookStates, connections } = this.#dimensions;
    const { tick, lot } = this.#grids[index]!;
    const price = (ticks: number): number => priceOf(ticks, tick);
    const reason = killTriggers[standing[StandingField.killReason]!]!;
    const kill = {
      level: killLevels[standing[StandingField.killLevel]!]!,
      reason,
      text: reason === 'none' ? '' : (TRIGGER_TEXTS[reason] ?? reason),
    };
    const down = connections.filter((_, each) => (standing[StandingField.sessionsDown]! & (1 << each)) !== 0);
    const bookState = bookStates[standing[StandingField.bookState]!]!;
    const holds = keysIn(Hold, standing[StandingField.holds]!).map((key) =>
      holdText(key as keyof typeof Hold, { down, kill, bookState }),
    );
    const hasQuote = quoter[ExplainField.fairTicks]! > 0;
    const levels = this.#levelsOf(index, quoter, standing, holds);
    const present = levels.filter(({ order }) => order !== null).length;
    return {
      instrument: this.#dimensions.instruments[index]!.name,
      ageSeconds: secondsSince(standing[StandingField.atNs]!, nowNs),
      quoterAgeSeconds: Number.isNaN(quoter[ExplainField.computedNs]!)
        ? null
        : secondsSince(quoter[ExplainField.computedNs]!, nowNs),
      summary: summaryOf(holds, kill, present, levels.length),
      holds,
      kill,
      configuration: {
        version: standing[StandingField.configVersion]!,
        quoted: standing[StandingField.quoteConfigVersion]!,
      },
      market: {
        bookState,
        mid: hasQuote ? price(quoter[ExplainField.midTicks]!) : null,
        reference: standing[StandingField.fairTicks]! > 0 ? price(standing[StandingField.fairTicks]!) : null,
        bidEdge: price(standing[StandingField.bidEdgeTicks]!),
        askEdge: price(standing[StandingField.askEdgeTicks]!),
        bidStep: price(standing[StandingField.bidStepTicks]!),
        askStep: price(standing[StandingField.askStepTicks]!),
      },
      position: {
        size: sizeText(lot, standing[StandingField.positionLots]!),
        limit: sizeText(lot, standing[StandingField.positionLotsMax]!),
        buyOpen: sizeText(lot, standing[StandingField.buyExposureLots]!),
        sellOpen: sizeText(lot, standing[StandingField.sellExposureLots]!),
        groupSize: Number((standing[StandingField.groupLots]! * lot.value).toPrecision(12)),
      },
      quote: hasQuote ? quoteOf(quoter, price) : null,
      levels,
    };
  }

  #levelsOf(
    index: number,
    quoter: Float64Array,
    standing: Float64Array,
    holds: readonly string[],
  ): LevelExplanation[] {
    const levels: LevelExplanation[] = [];
    for (const side of [Side.buy, Side.sell]) {
      for (let level = 0; level < STANDING_LEVELS; level++) {
        const each = this.#levelOf(index, side, level, quoter, standing, holds);
        if (each !== undefined) levels.push(each);
      }
    }
    return levels;
  }

  /** Undefined for one that is neither configured nor there. */
  #levelOf(
    index: number,
    side: Side,
    level: number,
    quoter: Float64Array,
    standing: Float64Array,
    holds: readonly string[],
  ): LevelExplanation | undefined {
    const { tick, lot } = this.#grids[index]!;
    const price = (ticks: number): number => priceOf(ticks, tick);
    const at = (side === Side.buy ? StandingField.bids : StandingField.asks) + level * StandingLevel.count;
    const from = (side === Side.buy ? ExplainField.bids : ExplainField.asks) + level * LevelField.count;
    const absence = quoter[from + LevelField.absence]!;
    const ticks = standing[at + StandingLevel.ticks]!;
    const orderTicks = standing[at + StandingLevel.orderTicks]!;
    const isThere = !Number.isNaN(ticks) || !Number.isNaN(orderTicks);
    const isConfigured = !Number.isNaN(absence) && absence !== LevelAbsence.notQuoted;
    if (!isThere && !isConfigured) return undefined;
    const ideal = quoter[from + LevelField.idealTicks]!;
    const clampBits = quoter[from + LevelField.clamps]!;
    const clamps = Number.isNaN(clampBits) ? [] : keysIn(LevelClamp, clampBits);
    const state = keyOf(LevelState, standing[at + StandingLevel.state]!);
    const order = Number.isNaN(orderTicks)
      ? null
      : {
          price: price(orderTicks),
          size: sizeText(lot, standing[at + StandingLevel.orderLots]!),
          filled: sizeText(lot, standing[at + StandingLevel.filledLots]!),
          secondsAtPrice: standing[at + StandingLevel.ageNs]! / 1e9,
          sizeAhead: Number.isNaN(standing[at + StandingLevel.aheadLots]!)
            ? null
            : sizeText(lot, Math.round(standing[at + StandingLevel.aheadLots]!)),
        };
    const words = { side, level, quoter, standing, at, from, clamps, price, lot, holds };
    return {
      side: side === Side.buy ? 'buy' : 'sell',
      level,
      state,
      idealPrice: Number.isNaN(ideal) ? null : price(ideal),
      price: Number.isNaN(ticks) ? null : price(ticks),
      size: Number.isNaN(ticks) ? null : sizeText(lot, standing[at + StandingLevel.lots]!),
      clamps,
      order,
      why:
        order === null
          ? absentText(words, this.#dimensions.gateReasons)
          : presentText(words, state as keyof typeof LevelState, order),
    };
  }
}

function quoteOf(quoter: Float64Array, price: (ticks: number) => number): QuoteExplanation {
  const at = (field: number): number => quoter[field]!;
  const parts = Object.fromEntries(
    Object.entries(FairPart).map(([name, part]) => [name, price(at(ExplainField.parts + part))]),
  ) as QuoteExplanation['parts'];
  const model = MODEL_NAMES[at(ExplainField.model)] ?? String(at(ExplainField.model));
  return {
    model,
    fallback: fallbackText(keyOf(QuoteFallback, at(ExplainField.fallback)), model),
    gatesFailed: keysIn(CalibrationGate, at(ExplainField.gatesFailed)),
    modelVersion: at(ExplainField.modelVersion),
    fairPrice: price(at(ExplainField.fairTicks)),
    parts,
    sigma: orNull(price(at(ExplainField.sigma))),
    bid: {
      rate: orNull(at(ExplainField.bidRate)),
      decay: orNull(at(ExplainField.bidDecay)),
      adverse: price(at(ExplainField.bidAdverse)),
      halfSpread: price(at(ExplainField.bidHalfTicks)),
    },
    ask: {
      rate: orNull(at(ExplainField.askRate)),
      decay: orNull(at(ExplainField.askDecay)),
      adverse: price(at(ExplainField.askAdverse)),
      halfSpread: price(at(ExplainField.askHalfTicks)),
    },
    gamma: orNull(at(ExplainField.gamma)),
    fee: price(at(ExplainField.feeTicks)),
    halfSpread: price(at(ExplainField.halfTicks)),
    halfSpreadLimited: price(at(ExplainField.halfLimitedTicks)),
    skewPerUnit: price(at(ExplainField.skewTicks)),
    inventory: at(ExplainField.inventory),
    groupInventory: at(ExplainField.groupInventory),
    countedInventory: at(ExplainField.countedInventory),
    driftInventory: at(ExplainField.driftInventory),
    skew: price(at(ExplainField.shiftTicks)),
  };
}

/** @param model what quotes instead: `fixed` when not even the volatility is known */
function fallbackText(key: string, model: string): string {
  const isBlind = model === 'fixed' && (key === 'notCalibrated' || key === 'calibrationStale');
  return FALLBACK_TEXTS[isBlind ? 'noVolatility' : (key as keyof typeof QuoteFallback)] ?? '';
}

/** The parts that moved the fair price, for people. */
export function partsText({ parts }: Pick<QuoteExplanation, 'parts'>): string {
  return Object.entries(parts)
    .filter(([name, value]) => name === 'base' || value !== 0)
    .map(([name, value]) => `${PART_TEXTS[name as keyof typeof FairPart]} ${value}`)
    .join(', ');
}

function holdText(
  key: keyof typeof Hold,
  { down, kill, bookState }: { down: readonly string[]; kill: Explanation['kill']; bookState: string },
): string {
  if (key === 'sessionDown') return `${HOLD_TEXTS[key]}: ${down.join(', ')}`;
  if (key === 'killed') return `${kill.level}: ${kill.text} (${kill.reason})`;
  if (key === 'bookNotSynced') return `${HOLD_TEXTS[key]}: ${bookState}`;
  return HOLD_TEXTS[key];
}

function summaryOf(
  holds: readonly string[],
  kill: Explanation['kill'],
  present: number,
  levels: number,
): string {
  if (holds.length > 0)
    return `not quoted: ${holds[0]}${holds.length > 1 ? `; and ${holds.length - 1} more` : ''}`;
  const held = kill.level === 'quoting' ? '' : `; ${kill.level}: ${kill.text} (${kill.reason})`;
  return `${present} of ${levels} levels have their order${held}`;
}

function sizeText(lot: DecimalGrid, lots: number): string {
  return Number.isSafeInteger(lots) ? lot.toText(lots) : String(lots * lot.value);
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function secondsSince(thenNs: number, nowNs: number): number {
  return Math.max(0, nowNs - thenNs) / NS_PER_MS / 1_000;
}
