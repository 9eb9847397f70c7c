import { assert } from '../../engine/base/assert.ts';

/** Of one instrument. Plain numbers, so that they travel as JSON. */
export interface InstrumentCalibration {
  /** Where the fit begins, or up to half as far: where quotes can stand at the nearest. */
  readonly fitFromBps: number;
  /** What an earlier calibration found: taken until this run's own holds, or is as old as its memory. */
  readonly start?: StartModel;
}

/** Ticks and seconds, by side where it says so. */
export interface StartModel {
  readonly sigma: number;
  readonly bidRate: number;
  readonly bidDecay: number;
  readonly askRate: number;
  readonly askDecay: number;
  readonly rate: number;
  readonly decay: number;
}

/** `calibration` of the configuration, with what it comes to for each instrument. */
export interface CalibrationParameters {
  /** Between two fits. */
  readonly seconds: number;
  /** Time constant with which events are forgotten. */
  readonly memorySeconds: number;
  /** Fewer effective sweeps of both sides are not trusted: of all, and of those that reach where the fit begins. */
  readonly sweepsMin: number;
  readonly fitSweepsMin: number;
  /** A side with n sweeps weighs n / (n + this) against both together. */
  readonly sweepsShrink: number;
  readonly decayPerBpsMin: number;
  readonly decayPerBpsMax: number;
  readonly rSquaredMin: number;
  readonly ksDistanceMax: number;
  /** A trusted value moves by at most this share a fit. */
  readonly changeRatioMax: number;
  /** Counts that were published longer ago are of a market that nobody watches. */
  readonly flowSecondsMax: number;
  /** Fewer fills of ours on a side give no fit of our own. */
  readonly ownFillsMin: number;
  /** How long after a fill the fair price is looked at again: 1 or 5. */
  readonly adverseSeconds: number;
  /** By instrument. */
  readonly instruments: readonly InstrumentCalibration[];
}

/** @throws AssertionError for parameters that configuration must have refused */
export function assertParameters(parameters: CalibrationParameters): void {
  for (const value of Object.values(parameters)) {
    assert(
      Array.isArray(value) || (Number.isFinite(value) && value >= 0),
      'calibration parameters are finite and not negative',
    );
  }
  assert(parameters.seconds > 0 && parameters.memorySeconds > 0, 'calibration times are above zero');
}
