import type { FeeRates } from '../base/fee-rates.ts';
import type { Instrument } from '../base/instrument.ts';
import { loadModels } from '../config/model-file.ts';
import type { FiledModel } from '../config/model-file.ts';
import type { Config } from '../config/schema.ts';
import type { CalibrationParameters, StartModel } from '../../workers/calibration/calibration-parameters.ts';

const BPS = 1e-4;

/**
 * What calibration needs to know, by the configuration and the venue's fees.
 *
 * @param fees by instrument
 * @param starts by instrument, as startsOf() has them; only a start needs them, a change while it runs does not
 */
export function calibrationOf(
  config: Config,
  fees: readonly FeeRates[],
  starts: readonly (StartModel | undefined)[] = [],
): CalibrationParameters {
  const { fitFromBps: _, startFile: __, ...shared } = config.calibration;
  return {
    ...shared,
    instruments: fees.map((rates, index) => {
      const start = starts[index];
      return { fitFromBps: fitFromOf(config, rates), ...(start === undefined ? {} : { start }) };
    }),
  };
}

/** Nobody quotes nearer than what a fill costs. */
function fitFromOf({ calibration }: Config, { makerRate }: FeeRates): number {
  return calibration.fitFromBps ?? Math.max(0, makerRate / BPS);
}

/**
 * By instrument, the model that its calibration begins with; undefined where there is none.
 *
 * @throws ConfigError when there is a start file and it cannot be read
 */
export function startsOf(
  config: Config,
  instruments: readonly Instrument[],
  fees: readonly FeeRates[],
): (StartModel | undefined)[] {
  const { startFile } = config.calibration;
  const models = startFile === undefined ? {} : loadModels(startFile);
  return instruments.map((instrument) =>
    startOf(models[instrument.instId], instrument, fitFromOf(config, fees[instrument.index]!)),
  );
}

/**
 * A model of another grid means nothing here, and one that was fitted much nearer than we quote says nothing of how often
 * takers reach us: both are left out, and calibration begins without.
 */
function startOf(
  model: FiledModel | undefined,
  instrument: Instrument,
  fitFromBps: number,
): StartModel | undefined {
  if (model === undefined || Number(model.tickSize) !== instrument.tick.value) return undefined;
  if (model.fitFromBps < fitFromBps / 2) return undefined;
  const { sigma, bid, ask, pooled } = model;
  return {
    sigma,
    bidRate: bid.rate,
    bidDecay: bid.decay,
    askRate: ask.rate,
    askDecay: ask.decay,
    rate: pooled.rate,
    decay: pooled.decay,
  };
}
