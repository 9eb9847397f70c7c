import { describe, expect, it } from 'vitest';
import { QuoteFallback } from '../../engine/base/explain-record.ts';
import { CurveCell } from '../../workers/strategy/models/distance-curve.ts';
import { FittedModel } from '../../workers/strategy/models/fitted-model.ts';
import { FIXED_STRATEGY, MODEL_NAMES } from '../../workers/strategy/parameters.ts';
import type { ModelName, StrategyParameters } from '../../workers/strategy/parameters.ts';
import { modelRow } from './model-rows.ts';

const PARAMETERS: StrategyParameters = {
  ...FIXED_STRATEGY,
  halfSpreadBps: 7,
  lots: 10,
  positionLotsMax: 100,
  skewBpsAtMax: 5,
  volatilitySeconds: 4,
  fallbackRatio: 3,
  calibrationAgeSecondsMax: 60,
};

class Fitted {
  readonly model: FittedModel;
  #nowNs = 2e9;

  constructor(name: ModelName, changes: Partial<StrategyParameters> = {}) {
    this.model = new FittedModel({ ...PARAMETERS, ...changes, model: name });
  }

  at(seconds: number): this {
    this.#nowNs = seconds * 1e9;
    return this;
  }

  with(row: Float64Array): this {
    this.model.setRow(row);
    return this;
  }

  look(price = 10_000) {
    this.model.update(Float64Array.of(this.#nowNs), 0, Float64Array.of(price), 0);
    const { cells } = this.model.curve;
    return {
      model: MODEL_NAMES[this.model.model],
      fallback: this.model.fallback,
      half: cells[CurveCell.bidHalf]!,
      skew: cells[CurveCell.skew]!,
      isCalibrated: this.model.isCalibrated,
    };
  }
}

const CALIBRATED: readonly ModelName[] = ['glft', 'glft-exact', 'avellaneda-stoikov'];

describe('the model in use', () => {
  it.each(CALIBRATED)('of %s is itself where its calibration is trusted', (name) => {
    const found = new Fitted(name).with(modelRow()).look();
    expect(found).toMatchObject({ model: name, fallback: QuoteFallback.none, isCalibrated: true });
    expect(found.half).toBeGreaterThan(4);
  });

  it.each(CALIBRATED)('of %s is the configured half spread before anything is known', (name) => {
    const found = new Fitted(name).look();
    expect(found).toMatchObject({
      model: 'fixed',
      fallback: QuoteFallback.notCalibrated,
      isCalibrated: false,
    });
    expect(found.half).toBeCloseTo(7, 12);
    expect(found.skew).toBeCloseTo(0.5, 12);
  });

  it.each(CALIBRATED)('of %s is volatility with a wider multiple where only that is known', (name) => {
    const found = new Fitted(name).with(modelRow({ isTrusted: 0, sigma: 3 })).look();
    expect(found).toMatchObject({ model: 'volatility', fallback: QuoteFallback.notCalibrated });
    // σ·√4·3
    expect(found.half).toBeCloseTo(18, 12);
  });

  it('volatility itself asks for no intensities, and is not widened', () => {
    const row = modelRow({ isTrusted: 0, sigma: 3, rate: Number.NaN, decay: Number.NaN });
    const found = new Fitted('volatility').with(row).look();
    expect(found).toMatchObject({ model: 'volatility', fallback: QuoteFallback.none });
    expect(found.half).toBeCloseTo(6, 12);
  });

  it('volatility shifts by what is quoted, also where its own half spread is less, or eaten by a rebate', () => {
    const quiet = modelRow({ sigma: 0.01 });
    expect(new Fitted('volatility').with(quiet).look().skew * 10).toBeCloseTo(0.02, 12);
    const found = new Fitted('volatility', { halfSpreadTicksMin: 3 }).with(quiet).look();
    expect(found.half).toBe(3);
    expect(found.skew * 10).toBeCloseTo(3, 12);
    const paid = new Fitted('volatility', { halfSpreadBpsMin: 8, makerFeeRate: -1e-4 }).with(quiet).look();
    expect(paid.half).toBeCloseTo(8, 12);
    expect(paid.skew * 10).toBeCloseTo(5, 12);
  });

  it('says that a calibration which was trusted is stale', () => {
    const fitted = new Fitted('glft').with(modelRow());
    fitted.look();
    const found = fitted.with(modelRow({ version: 2, isTrusted: 0, staleSinceNs: 1e9 })).look();
    expect(found).toMatchObject({ model: 'volatility', fallback: QuoteFallback.calibrationStale });
    expect(fitted.with(modelRow({ version: 3 })).look().model).toBe('glft');
  });

  it('believes no row that is older than its limit, not even its volatility', () => {
    const fitted = new Fitted('glft').with(modelRow());
    expect(fitted.at(60).look().model).toBe('glft');
    expect(fitted.at(61).look().model).toBe('glft');
    expect(fitted.at(61.001).look()).toMatchObject({
      model: 'fixed',
      fallback: QuoteFallback.calibrationStale,
    });
  });

  it.each([
    { sigma: Number.NaN },
    { sigma: 0 },
    { sigma: Infinity },
    { rate: 0 },
    { rate: -1 },
    { decay: Number.NaN, bidDecay: Number.NaN, askDecay: Number.NaN },
  ])('takes no row for trusted that says %o', (wrong) => {
    expect(new Fitted('glft').with(modelRow(wrong)).look()).toMatchObject({
      fallback: QuoteFallback.notCalibrated,
      isCalibrated: false,
    });
  });

  it('without a fit of a side takes both sides’ for it', () => {
    const both = new Fitted('glft').with(modelRow()).look();
    const row = modelRow({ bidDecay: Number.NaN, askDecay: Number.NaN });
    expect(new Fitted('glft').with(row).look().half).toBe(both.half);
  });

  it('widens by adverse moves, and never narrows by them', () => {
    const plain = new Fitted('glft').with(modelRow()).look().half;
    expect(new Fitted('glft').with(modelRow({ bidAdverse: 2 })).look().half).toBeGreaterThan(plain + 0.99);
    expect(new Fitted('glft').with(modelRow({ bidAdverse: -2 })).look().half).toBe(plain);
    expect(new Fitted('glft').with(modelRow({ bidAdverse: Number.NaN })).look().half).toBe(plain);
  });

  // mg-market-maker narrows its spread when flow is toxic: models.md par. 10.
  it('never quotes nearer because flow is toxic', () => {
    let before = 0;
    for (const bidAdverse of [0, 0.5, 1, 5, 20]) {
      const { half } = new Fitted('glft').with(modelRow({ bidAdverse, askAdverse: bidAdverse })).look();
      expect(half).toBeGreaterThan(before);
      before = half;
    }
  });

  it('is fitted anew when the price has moved by half a percent, and not before', () => {
    const fitted = new Fitted('glft');
    expect(fitted.look(10_000).half).toBeCloseTo(7, 12);
    expect(fitted.look(10_049).half).toBeCloseTo(7, 12);
    expect(fitted.look(10_051).half).toBeCloseTo(7.0357, 12);
  });

  it('keeps its γ over calibrations: the skew follows volatility', () => {
    const fitted = new Fitted('glft').with(modelRow());
    const calm = fitted.look().skew;
    expect(calm * 10).toBeCloseTo(5, 9);
    expect(fitted.with(modelRow({ version: 2, sigma: 4 })).look().skew).toBeCloseTo(2 * calm, 9);
  });

  it('reckons with the fee, and a rebate', () => {
    const at = (makerFeeRate: number): number =>
      new Fitted('glft', { makerFeeRate }).with(modelRow()).look().half;
    // And by what little of the mark-up the risk dial turns with it.
    expect(at(5e-5) - at(0)).toBeCloseTo(0.5, 1);
    expect(at(0) - at(-5e-5)).toBeCloseTo(0.5, 1);
  });
});
