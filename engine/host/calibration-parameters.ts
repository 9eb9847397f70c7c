import type { FeeRates } from '../base/fee-rates.ts';
import type { Config } from '../config/schema.ts';
import type { CalibrationParameters, StartModel } from '../../workers/calibration/calibration-parameters.ts';

const BPS = 1e-4;

/**
 * What calibration needs to know, by the configuration and the venue's fees.
 *
 * @param fees by instrument
 * @param starts by instrument, what `calibration.startFile` says of it; not given where there is none
 */
export function calibrationOf(
  config: Config,
  fees: readonly FeeRates[],
  starts: readonly (StartModel | undefined)[] = [],
): CalibrationParameters {
  const { fitFromBps, startFile: _, ...shared } = config.calibration;
  return {
    ...shared,
    instruments: fees.map(({ makerRate }, index) => {
      const start = starts[index];
      return {
        // Nobody quotes nearer than what a fill costs.
        fitFromBps: fitFromBps ?? Math.max(0, makerRate / BPS),
        ...(start === undefined ? {} : { start }),
      };
    }),
  };
}
