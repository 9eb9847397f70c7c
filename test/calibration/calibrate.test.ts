import { describe, expect, it } from 'vitest';
import { FLOW_BUCKETS, FLOW_DOUBLES, FlowField, FlowHistogram } from '../../engine/base/flow-record.ts';
import { CalibrationGate, MODEL_DOUBLES, ModelField } from '../../engine/base/model-record.ts';
import { calibrate } from '../../workers/calibration/calibrate.ts';
import type {
  CalibrationParameters,
  InstrumentCalibration,
} from '../../workers/calibration/calibration-parameters.ts';
import { FLOW_TIME_NS, PARAMETERS, generateFlow } from './generated-flow.ts';
import type { GeneratedFlow } from './generated-flow.ts';

const NONE = new Float64Array(MODEL_DOUBLES);
const FROM_ZERO: InstrumentCalibration = { fitFromBps: 0 };
const SECOND = 1e9;
const PLAIN: GeneratedFlow = {
  seed: 1,
  seconds: 1_200,
  bid: { rate: 0.8, decay: 0.25 },
  ask: { rate: 0.8, decay: 0.25 },
  memorySeconds: 1_200,
};

interface Given {
  readonly previous?: Float64Array;
  readonly parameters?: Partial<CalibrationParameters>;
  readonly instrument?: InstrumentCalibration;
  readonly nowNs?: number;
}

function modelOf(flow: Float64Array, given: Given = {}): Float64Array {
  const out = new Float64Array(MODEL_DOUBLES).fill(7);
  const parameters = { ...PARAMETERS, ...given.parameters };
  calibrate(
    flow,
    given.previous ?? NONE,
    parameters,
    given.instrument ?? FROM_ZERO,
    given.nowNs ?? FLOW_TIME_NS,
    out,
  );
  return out;
}

/** The same flow some seconds later. */
function later(flow: Float64Array, seconds: number): Float64Array {
  const row = flow.slice();
  row[FlowField.timeNs] = FLOW_TIME_NS + seconds * SECOND;
  return row;
}

const INTENSITY = [
  ModelField.bidRate,
  ModelField.bidDecay,
  ModelField.askRate,
  ModelField.askDecay,
  ModelField.rate,
  ModelField.decay,
];
const pick = (row: Float64Array, fields: readonly number[]): number[] => fields.map((field) => row[field]!);

describe('a model of good flow', () => {
  const flow = generateFlow(PLAIN);
  const model = modelOf(flow);

  it('is trusted, with everything known and said', () => {
    expect(
      pick(model, [
        ModelField.version,
        ModelField.isTrusted,
        ModelField.gatesFailed,
        ModelField.staleSinceNs,
      ]),
    ).toEqual([1, 1, 0, 0]);
    expect(pick(model, [ModelField.timeNs, ModelField.fittedNs])).toEqual([FLOW_TIME_NS, FLOW_TIME_NS]);
    for (const [rate, error] of [
      [ModelField.bidRate, ModelField.bidRateError],
      [ModelField.askRate, ModelField.askRateError],
      [ModelField.rate, ModelField.rateError],
    ] as const) {
      expect(Math.abs(model[rate]! - 0.8)).toBeLessThan(3 * model[error]!);
      expect(Math.abs(model[rate + 1]! - 0.25)).toBeLessThan(3 * model[error + 1]!);
      expect(model[error + 1]!).toBeLessThan(0.03);
    }
    expect(model[ModelField.rSquared]).toBeGreaterThan(0.98);
    expect(model[ModelField.ksDistance]).toBeLessThan(0.05);
    expect(model[ModelField.sigma]).toBeCloseTo(2, 1);
    expect(model[ModelField.exposureS]).toBe(flow[FlowField.exposureS]);
  });

  it('is the same to the bit from the same figures', () => {
    expect(modelOf(flow)).toEqual(model);
  });

  it('takes the larger of fast and slow volatility', () => {
    const moved = flow.slice();
    moved[FlowField.varianceFast] = 9;
    moved[FlowField.varianceSlow] = 4;
    expect(modelOf(moved)[ModelField.sigma]).toBe(3);
    moved[FlowField.varianceSlow] = 16;
    expect(pick(modelOf(moved), [ModelField.sigma, ModelField.sigmaFast, ModelField.sigmaSlow])).toEqual([
      4, 3, 4,
    ]);
  });
});

describe('the gates', () => {
  const good = generateFlow(PLAIN);
  const failed = (flow: Float64Array, given: Given = {}): number => {
    const model = modelOf(flow, given);
    expect(model[ModelField.isTrusted]).toBe(model[ModelField.gatesFailed] === 0 ? 1 : 0);
    return model[ModelField.gatesFailed]!;
  };

  it('refuse nothing at all, and say all that is missing', () => {
    const { sweeps, decayRange, fitQuality, volatility, age } = CalibrationGate;
    expect(failed(new Float64Array(FLOW_DOUBLES))).toBe(sweeps | decayRange | fitQuality | volatility | age);
  });

  it('refuse too few sweeps', () => {
    expect(failed(generateFlow({ ...PLAIN, seconds: 60 }))).toBe(CalibrationGate.sweeps);
    // Plenty of them, and none where we quote.
    const failing = failed(good, { instrument: { fitFromBps: 12 } });
    expect(failing & CalibrationGate.sweeps).toBe(CalibrationGate.sweeps);
  });

  it('refuse a decay out of range, on either side', () => {
    // 0.25 a tick is 2.5 a basis point here.
    expect(failed(good, { parameters: { decayPerBpsMin: 3 } })).toBe(CalibrationGate.decayRange);
    expect(failed(good, { parameters: { decayPerBpsMax: 2 } })).toBe(CalibrationGate.decayRange);
    const ended = good.slice();
    // Sweeps that all end in one bucket have no decay.
    for (const at of [FlowHistogram.bidSweeps, FlowHistogram.askSweeps]) {
      ended.fill(0, at, at + FLOW_BUCKETS);
      ended[at] = 500;
    }
    expect(failed(ended)).toBe(CalibrationGate.decayRange | CalibrationGate.fitQuality);
  });

  it('refuse what is not exponential', () => {
    const lumps = good.slice();
    for (const at of [FlowHistogram.bidSweeps, FlowHistogram.askSweeps]) {
      lumps.fill(0, at, at + FLOW_BUCKETS);
      lumps[at] = 200;
      lumps[at + 9] = 300;
    }
    expect(failed(lumps)).toBe(CalibrationGate.fitQuality);
  });

  it('refuse a volatility that is not above zero, not a number, or of a moment', () => {
    for (const variance of [0, NaN, Infinity, -1]) {
      const still = good.slice();
      still[FlowField.varianceSlow] = variance;
      expect(failed(still), `variance ${variance}`).toBe(CalibrationGate.volatility);
    }
    const moment = good.slice();
    moment[FlowField.samples] = 99;
    expect(failed(moment)).toBe(CalibrationGate.volatility);
    expect(modelOf(moment)[ModelField.sigma]).toBe(0);
  });

  it('refuse counts that nobody has renewed', () => {
    expect(failed(good, { nowNs: FLOW_TIME_NS + 15 * SECOND })).toBe(0);
    expect(failed(good, { nowNs: FLOW_TIME_NS + 16 * SECOND })).toBe(CalibrationGate.age);
  });

  it('close only when it is a tenth worse than what opened them', () => {
    const parameters = {
      sweepsMin: Math.ceil(modelOf(good)[ModelField.bidSweeps]! + modelOf(good)[ModelField.askSweeps]!),
    };
    const open = modelOf(good, { parameters });
    expect(open[ModelField.isTrusted]).toBe(0);
    const trusted = modelOf(good);
    expect(modelOf(good, { parameters, previous: trusted })[ModelField.isTrusted]).toBe(1);
    const tenthMore = { sweepsMin: Math.ceil(parameters.sweepsMin * 1.12) };
    expect(modelOf(good, { parameters: tenthMore, previous: trusted })[ModelField.isTrusted]).toBe(0);
  });
});

describe('a model after a trusted one', () => {
  const flow = generateFlow(PLAIN);
  const trusted = modelOf(flow);
  const poor = later(generateFlow({ ...PLAIN, seconds: 60, sigma: 5 }), 5);

  it('keeps the intensity while gates fail, says since when, and has the newest volatility', () => {
    const first = modelOf(poor, { previous: trusted, nowNs: FLOW_TIME_NS + 5 * SECOND });
    expect(pick(first, INTENSITY)).toEqual(pick(trusted, INTENSITY));
    expect(
      pick(first, [ModelField.version, ModelField.isTrusted, ModelField.staleSinceNs, ModelField.fittedNs]),
    ).toEqual([2, 0, FLOW_TIME_NS + 5 * SECOND, FLOW_TIME_NS]);
    expect(first[ModelField.sigma]).toBeGreaterThan(4);
    const second = modelOf(later(poor, 10), { previous: first, nowNs: FLOW_TIME_NS + 10 * SECOND });
    expect(pick(second, INTENSITY)).toEqual(pick(trusted, INTENSITY));
    expect(pick(second, [ModelField.version, ModelField.staleSinceNs])).toEqual([
      3,
      FLOW_TIME_NS + 5 * SECOND,
    ]);
    const healed = modelOf(later(flow, 15), { previous: second, nowNs: FLOW_TIME_NS + 15 * SECOND });
    expect(pick(healed, [ModelField.isTrusted, ModelField.staleSinceNs])).toEqual([1, 0]);
  });

  it('does not keep what is older than the memory of the counts', () => {
    const seconds = PARAMETERS.memorySeconds + 1;
    const model = modelOf(later(poor, seconds), {
      previous: trusted,
      nowNs: FLOW_TIME_NS + seconds * SECOND,
    });
    expect(model[ModelField.fittedNs]).toBe(0);
    expect(pick(model, INTENSITY)).not.toEqual(pick(trusted, INTENSITY));
  });

  it('keeps the volatility where there is none', () => {
    const blind = flow.slice();
    blind[FlowField.samples] = 0;
    expect(modelOf(blind, { previous: trusted })[ModelField.sigma]).toBe(trusted[ModelField.sigma]);
  });

  it('moves by a fifth a fit at most, until it is there', () => {
    const busy = generateFlow({
      ...PLAIN,
      seed: 2,
      bid: { rate: 1.4, decay: 0.17 },
      ask: { rate: 0.5, decay: 0.33 },
    });
    const wanted = modelOf(busy);
    let model = trusted;
    for (let fit = 1; fit <= 8; fit++) {
      const next = modelOf(later(busy, 5 * fit), { previous: model, nowNs: FLOW_TIME_NS + 5 * fit * SECOND });
      expect(next[ModelField.isTrusted]).toBe(1);
      for (const field of INTENSITY) {
        const ratio = next[field]! / model[field]!;
        expect(Math.max(ratio, 1 / ratio)).toBeLessThanOrEqual(1.2 + 1e-12);
      }
      model = next;
    }
    expect(pick(model, INTENSITY)).toEqual(pick(wanted, INTENSITY));
  });

  it('does not follow what is twice as high all at once', () => {
    const wild = generateFlow({ ...PLAIN, bid: { rate: 2.5, decay: 0.25 } });
    const model = modelOf(wild, { previous: trusted });
    expect(model[ModelField.gatesFailed]).toBe(CalibrationGate.changeLimit);
    expect(pick(model, INTENSITY)).toEqual(pick(trusted, INTENSITY));
  });

  it('follows step by step where the fit begins farther out, for it is of other distances then', () => {
    // Most sweeps take the best price and no more; those that do reach far.
    const mixed = generateFlow({
      ...PLAIN,
      bid: { rate: 0.5, decay: 0.04 },
      ask: { rate: 0.5, decay: 0.04 },
    });
    for (const at of [FlowHistogram.bidSweeps, FlowHistogram.askSweeps]) mixed[at]! += 250;
    const near = modelOf(mixed);
    expect(pick(near, [ModelField.isTrusted, ModelField.fromTicks])).toEqual([1, 0]);
    const instrument = { fitFromBps: 0.5 };
    const wanted = modelOf(mixed, { instrument });
    expect(wanted[ModelField.fromTicks]).toBe(5);
    expect(near[ModelField.decay]! / wanted[ModelField.decay]!).toBeGreaterThan(1.5);
    let model = near;
    for (let fit = 1; fit <= 30; fit++) {
      const next = modelOf(later(mixed, 5 * fit), {
        previous: model,
        instrument,
        nowNs: FLOW_TIME_NS + 5 * fit * SECOND,
      });
      expect(next[ModelField.gatesFailed]).toBe(0);
      expect(model[ModelField.decay]! / next[ModelField.decay]!).toBeLessThanOrEqual(1.2 + 1e-12);
      model = next;
    }
    expect(pick(model, INTENSITY)).toEqual(pick(wanted, INTENSITY));
  });
});

describe('a start model', () => {
  const start = {
    sigma: 3,
    bidRate: 0.7,
    bidDecay: 0.24,
    askRate: 0.9,
    askDecay: 0.26,
    rate: 0.8,
    decay: 0.25,
  };
  const instrument = { fitFromBps: 0, start };
  const young = generateFlow({ ...PLAIN, seconds: 60 });

  it('stands in before anything is counted, and while sweeps are too few', () => {
    const first = modelOf(new Float64Array(FLOW_DOUBLES), { instrument });
    expect(first[ModelField.isTrusted]).toBe(1);
    expect(pick(first, INTENSITY)).toEqual([0.7, 0.24, 0.9, 0.26, 0.8, 0.25]);
    expect(first[ModelField.sigma]).toBe(3);
    const second = modelOf(young, { instrument, previous: first });
    expect(pick(second, [ModelField.isTrusted, ModelField.gatesFailed])).toEqual([1, CalibrationGate.sweeps]);
    expect(pick(second, INTENSITY)).toEqual(pick(first, INTENSITY));
    expect(second[ModelField.sigma]).not.toBe(3);
    const own = modelOf(generateFlow(PLAIN), { instrument, previous: second });
    expect(pick(own, [ModelField.isTrusted, ModelField.gatesFailed])).toEqual([1, 0]);
    expect(pick(own, INTENSITY)).not.toEqual(pick(first, INTENSITY));
  });

  it('does not when the market is silent, nor once it has been watched for as long as the memory', () => {
    const first = modelOf(new Float64Array(FLOW_DOUBLES), { instrument });
    const silent = modelOf(young, { instrument, previous: first, nowNs: FLOW_TIME_NS + 60 * SECOND });
    expect(silent[ModelField.isTrusted]).toBe(0);
    const quiet = generateFlow({
      ...PLAIN,
      bid: { rate: 0.05, decay: 0.25 },
      ask: { rate: 0.05, decay: 0.25 },
      seconds: 1_201,
    });
    expect(modelOf(quiet, { instrument, previous: first })[ModelField.isTrusted]).toBe(0);
  });

  it('is refused by sweeps that tell otherwise', () => {
    const first = modelOf(new Float64Array(FLOW_DOUBLES), { instrument });
    const other = generateFlow({ ...PLAIN, bid: { rate: 4, decay: 0.25 } });
    const model = modelOf(other, { instrument, previous: first });
    expect(pick(model, [ModelField.isTrusted, ModelField.gatesFailed])).toEqual([
      0,
      CalibrationGate.changeLimit,
    ]);
  });
});

describe('what our own fills tell', () => {
  const flow = generateFlow(PLAIN);
  for (const [seconds, fills] of [
    [FlowHistogram.bidOwnSeconds, FlowHistogram.bidOwnFills],
    [FlowHistogram.askOwnSeconds, FlowHistogram.askOwnFills],
  ] as const) {
    for (let bucket = 1; bucket < 12; bucket++) {
      flow[seconds + bucket] = 600;
      // The queue leaves us a quarter of what the tape shows.
      flow[fills + bucket] = 600 * 0.25 * 0.8 * Math.exp(-0.25 * (bucket + 0.5));
    }
  }

  it('is an intensity of our own, and what part of the tape’s it is', () => {
    const model = modelOf(flow);
    expect(model[ModelField.ownBidDecay]).toBeCloseTo(0.25, 10);
    expect(model[ModelField.ownAskRate]).toBeCloseTo(0.2, 10);
    expect(model[ModelField.queueEfficiency]).toBeGreaterThan(0.2);
    expect(model[ModelField.queueEfficiency]).toBeLessThan(0.3);
    expect(modelOf(generateFlow(PLAIN))[ModelField.queueEfficiency]).toBeNaN();
  });

  it('is an adverse move, shrunk while there are few, and never to our good', () => {
    const filled = flow.slice();
    filled[FlowField.bidAdverse1s] = 2;
    filled[FlowField.bidAdverse5s] = 4;
    filled[FlowField.bidAdverseCount] = 20;
    filled[FlowField.askAdverse1s] = -3;
    filled[FlowField.askAdverseCount] = 1_000;
    expect(pick(modelOf(filled), [ModelField.bidAdverse, ModelField.askAdverse])).toEqual([1, 0]);
    expect(modelOf(filled, { parameters: { adverseSeconds: 5 } })[ModelField.bidAdverse]).toBe(2);
    expect(pick(modelOf(generateFlow(PLAIN)), [ModelField.bidAdverse, ModelField.askAdverse])).toEqual([
      0, 0,
    ]);
  });
});
