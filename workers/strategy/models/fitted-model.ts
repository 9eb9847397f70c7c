/**
 * The model of one instrument as it is fitted now: the configured one where its calibration is trusted, else
 * volatility alone with a wider multiple, and before volatility is known, the half spread of the configuration.
 *
 * Owner:      the quoter that made it.
 * Invariants: the curve is sound, and its half spreads within their limits; γ is set once, at the first fit of the
 *             configured model, so that the skew breathes with volatility from then on.
 * Cost:       cold: a fit every few seconds; a look whether one is due, a few comparisons a quote.
 */
import { QuoteFallback } from '../../../engine/base/explain-record.ts';
import { MODEL_DOUBLES, ModelField } from '../../../engine/base/model-record.ts';
import { NS_PER_SECOND } from '../../../engine/base/units.ts';
import { MODEL_NAMES } from '../parameters.ts';
import type { StrategyParameters } from '../parameters.ts';
import { AvellanedaStoikov } from './avellaneda-stoikov.ts';
import { DistanceCurve } from './distance-curve.ts';
import { GlftExact } from './glft-exact.ts';
import { Glft } from './glft.ts';
import type { ModelInputs, QuotingModel } from './quoting-model.ts';
import { Volatility } from './volatility.ts';

/** Half spreads below this, in ticks, would drown in rounding at the largest prices. */
export const HALF_TICKS_MIN = 0.01;
/** Distances in ticks are of a price: they are computed anew when it has moved by this share. */
const PRICE_MOVE_RATIO = 0.005;
const SECONDS_PER_HOUR = 3_600;
const BPS = 1e-4;

/** Undefined for those that are no distances by inventory: `fixed` and `okx-sample`. */
function modelOf(parameters: StrategyParameters): QuotingModel | undefined {
  switch (parameters.model) {
    case 'glft':
      return new Glft();
    case 'glft-exact':
      return new GlftExact();
    case 'avellaneda-stoikov':
      return new AvellanedaStoikov(parameters.horizonSeconds);
    case 'volatility':
      return new Volatility(parameters.volatilitySeconds, 1);
    default:
      return undefined;
  }
}

/** A number that may be unknown, or worse than nothing. */
function atLeastZero(value: number): number {
  return value > 0 && Number.isFinite(value) ? value : 0;
}

export class FittedModel {
  readonly curve = new DistanceCurve();
  /** Whether quotes come from the curve. */
  readonly isCurve: boolean;
  /** The newest calibrated parameters. */
  readonly row = new Float64Array(MODEL_DOUBLES);
  fallback: QuoteFallback = QuoteFallback.none;
  /** Whether the row's intensities are believed. */
  isCalibrated = false;
  /** Whether the curve is made of the row. */
  usesRow = false;
  /** Number of the model that the curve is of. */
  model: number;
  /** Mean half spread within its limits, in [0]. */
  readonly halfTicks = new Float64Array(1);
  /** No half spread is less, in [0]. */
  readonly halfMin = new Float64Array(1);
  /** What a fill costs, in ticks: the fee, adverse moves of bids, of asks. */
  readonly costs = new Float64Array(3);
  readonly gamma = new Float64Array(1);
  readonly #parameters: StrategyParameters;
  readonly #model: QuotingModel | undefined;
  readonly #standIn: Volatility;
  readonly #inputs: ModelInputs;
  /** The price of the last fit, 0 to fit at the next look; and until when its row is fresh. */
  readonly #fitted = new Float64Array(2);
  #wasFresh = false;

  constructor(parameters: StrategyParameters) {
    const { volatilitySeconds, fallbackRatio, positionLotsMax, lots } = parameters;
    this.#parameters = parameters;
    this.#model = modelOf(parameters);
    this.isCurve = this.#model !== undefined;
    this.model = MODEL_NAMES.indexOf(parameters.model);
    this.#standIn = new Volatility(volatilitySeconds, fallbackRatio);
    this.#inputs = {
      sigma: 0,
      rate: 0,
      decay: 0,
      bidDecay: 0,
      askDecay: 0,
      bidAdverse: 0,
      askAdverse: 0,
      feeTicks: 0,
      driftTicksPerSecond: 0,
      unitsMax: positionLotsMax / Math.max(1, lots),
      dialTicks: 0,
      halfMinTicks: 0,
      priceTicks: 0,
    };
  }

  /** Takes newly calibrated parameters; they are fitted to at the next look. */
  setRow(row: Float64Array): void {
    this.row.set(row);
    this.#fitted[0] = 0;
  }

  /**
   * @hot Fits when something has changed: the row, its age, or the price by much.
   *
   * @param times [timeIndex]: now, the market's receive time
   * @param prices [priceIndex]: the price
   */
  update(times: Float64Array, timeIndex: number, prices: Float64Array, priceIndex: number): void {
    const fitted = this.#fitted;
    const price = prices[priceIndex];
    const isFresh = times[timeIndex] <= fitted[1];
    const moved = Math.abs(price - fitted[0]);
    if (fitted[0] > 0 && isFresh === this.#wasFresh && moved <= fitted[0] * PRICE_MOVE_RATIO) return;
    this.#refit(times[timeIndex], price);
  }

  #refit(nowNs: number, priceTicks: number): void {
    const { row } = this;
    const ageNsMax = this.#parameters.calibrationAgeSecondsMax * NS_PER_SECOND;
    this.#fitted[0] = priceTicks;
    this.#fitted[1] = row[ModelField.version] > 0 ? row[ModelField.timeNs] + ageNsMax : 0;
    const isFresh = nowNs <= this.#fitted[1];
    this.#wasFresh = isFresh;
    this.#readInputs(priceTicks);
    const inputs = this.#inputs;
    const hasSigma = isFresh && inputs.sigma > 0;
    const { rate, decay, bidDecay, askDecay } = inputs;
    const isTrusted = row[ModelField.isTrusted] === 1;
    this.isCalibrated = hasSigma && isTrusted && rate > 0 && decay > 0 && bidDecay > 0 && askDecay > 0;
    const model = this.#model;
    if (model === undefined) return;
    this.#choose(model, hasSigma);
    const { curve } = this;
    this.halfMin[0] = inputs.halfMinTicks;
    curve.limit(this.halfMin[0], priceTicks * this.#parameters.halfSpreadBpsMax * BPS);
    this.halfTicks[0] = (curve.cells[0] + curve.cells[1]) / 2;
  }

  /** The configured model, or what stands in for it. */
  #choose(model: QuotingModel, hasSigma: boolean): void {
    const { curve } = this;
    const inputs = this.#inputs;
    const isReady = model.needsIntensity ? this.isCalibrated : hasSigma;
    if (isReady && model.fit(inputs, curve)) {
      this.fallback = QuoteFallback.none;
      this.usesRow = true;
      this.model = MODEL_NAMES.indexOf(model.name);
      this.gamma[0] = model.gamma;
      return;
    }
    const hadOne = this.row[ModelField.fittedNs] > 0 || this.gamma[0] > 0;
    this.fallback = hadOne ? QuoteFallback.calibrationStale : QuoteFallback.notCalibrated;
    if (hasSigma && this.#standIn.fit(inputs, curve)) {
      this.usesRow = true;
      this.model = MODEL_NAMES.indexOf('volatility');
      return;
    }
    const half = inputs.priceTicks * this.#parameters.halfSpreadBps * BPS;
    this.usesRow = false;
    this.model = MODEL_NAMES.indexOf('fixed');
    curve.setLinear(half, half, inputs.dialTicks / inputs.unitsMax, 0);
  }

  #readInputs(priceTicks: number): void {
    const { row, costs } = this;
    const parameters = this.#parameters;
    const inputs = this.#inputs;
    inputs.priceTicks = priceTicks;
    inputs.dialTicks = priceTicks * parameters.skewBpsAtMax * BPS;
    inputs.feeTicks = priceTicks * parameters.makerFeeRate;
    inputs.halfMinTicks = this.#halfMinAt(priceTicks);
    inputs.driftTicksPerSecond = (priceTicks * parameters.driftBpsPerHour * BPS) / SECONDS_PER_HOUR;
    inputs.sigma = atLeastZero(row[ModelField.sigma]);
    inputs.rate = atLeastZero(row[ModelField.rate]);
    inputs.decay = atLeastZero(row[ModelField.decay]);
    // A side without a fit of its own is taken as both together.
    inputs.bidDecay = atLeastZero(row[ModelField.bidDecay]) || inputs.decay;
    inputs.askDecay = atLeastZero(row[ModelField.askDecay]) || inputs.decay;
    inputs.bidAdverse = atLeastZero(row[ModelField.bidAdverse]);
    inputs.askAdverse = atLeastZero(row[ModelField.askAdverse]);
    costs[0] = inputs.feeTicks;
    costs[1] = inputs.bidAdverse;
    costs[2] = inputs.askAdverse;
  }

  /** No half spread is less: what the fee takes and the configuration wants beyond it, or a floor of its own. */
  #halfMinAt(priceTicks: number): number {
    const { profitBpsMin, halfSpreadBpsMin, halfSpreadTicksMin } = this.#parameters;
    return Math.max(
      this.#inputs.feeTicks + priceTicks * profitBpsMin * BPS,
      priceTicks * halfSpreadBpsMin * BPS,
      halfSpreadTicksMin,
      HALF_TICKS_MIN,
    );
  }
}
