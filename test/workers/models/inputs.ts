import type { DistanceCurve } from '../../../workers/strategy/models/distance-curve.ts';
import type { ModelInputs } from '../../../workers/strategy/models/quoting-model.ts';

/** The parameters of models.md's vectors. */
export const PLAIN_INPUTS: ModelInputs = {
  sigma: 2,
  rate: 0.8,
  decay: 0.25,
  bidDecay: 0.25,
  askDecay: 0.25,
  bidAdverse: 0,
  askAdverse: 0,
  feeTicks: 0,
  driftTicksPerSecond: 0,
  unitsMax: 10,
  dialTicks: 5,
  halfMinTicks: 0,
  priceTicks: 10_000,
};

/** Distances at an inventory, and by how much a bid's grows with a unit more. */
export function distancesAt(curve: DistanceCurve, units: number) {
  const ask = (at: number, side: 'bid' | 'ask'): number => {
    const question = Float64Array.of(at, 0);
    curve[side](question);
    return question[1]!;
  };
  return {
    bid: ask(units, 'bid'),
    ask: ask(units, 'ask'),
    skew: (ask(units + 0.5, 'bid') - ask(units - 0.5, 'bid')) / 1,
  };
}
